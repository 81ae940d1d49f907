//! The few lines of a metrics page that `top` needs.

use std::collections::BTreeMap;

/// The samples of a metric added up by dataset (`tenant/dataset`); those without a dataset stand under the empty name.
pub fn sum_by_dataset(page: &str, metric: &str) -> BTreeMap<String, f64> {
    let mut sums = BTreeMap::new();
    for line in page.lines() {
        let Some(rest) = line.strip_prefix(metric) else { continue };
        // Another metric may begin with the same name.
        if !rest.starts_with(['{', ' ']) {
            continue;
        }
        let (labels, value) = match rest.rsplit_once('}') {
            Some((labels, value)) => (labels, value),
            None => ("", rest),
        };
        let Some(value) = value.split_whitespace().next().and_then(|value| value.parse::<f64>().ok()) else {
            continue;
        };
        let name = match (label(labels, "tenant"), label(labels, "dataset")) {
            (Some(tenant), Some(dataset)) => format!("{tenant}/{dataset}"),
            _ => String::new(),
        };
        *sums.entry(name).or_default() += value;
    }
    sums
}

/// The value of a label. Names of tenants and datasets have nothing in them that would be escaped.
fn label<'a>(labels: &'a str, name: &str) -> Option<&'a str> {
    let mut parts = labels.trim_start_matches('{').split(',');
    parts.find_map(|part| part.strip_prefix(name)?.strip_prefix("=\"")?.strip_suffix('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_are_added_up_by_dataset() {
        let page = "# TYPE c gauge\n\
            c{tenant=\"acme\",dataset=\"fw\",shard=\"0\"} 2\n\
            c{tenant=\"acme\",dataset=\"fw\",shard=\"1\"} 3\n\
            c{shard=\"1\"} 7\n\
            cc{tenant=\"acme\",dataset=\"fw\"} 100\n\
            c nonsense\n";
        let sums = sum_by_dataset(page, "c");
        assert_eq!(sums.into_iter().collect::<Vec<_>>(), [(String::new(), 7.0), ("acme/fw".into(), 5.0)]);
        assert!(sum_by_dataset(page, "d").is_empty());
    }
}
