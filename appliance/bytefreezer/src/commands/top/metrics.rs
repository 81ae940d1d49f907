//! The few lines of a metrics page that `top` needs.

/// All samples of a metric added up; `None` when there is none.
pub fn sum(page: &str, metric: &str) -> Option<f64> {
    let mut sum = None;
    for line in page.lines() {
        let Some(rest) = line.strip_prefix(metric) else { continue };
        // Another metric may begin with the same name.
        if !rest.starts_with(['{', ' ']) {
            continue;
        }
        let value = rest.rsplit_once('}').map_or(rest, |(_, value)| value);
        if let Some(value) = value.split_whitespace().next().and_then(|value| value.parse::<f64>().ok()) {
            *sum.get_or_insert(0.0) += value;
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_of_all_shards_are_added_up() {
        let page =
            "# TYPE c gauge\nc{shard=\"0\"} 2\nc{shard=\"1\"} 3\ncc{shard=\"0\"} 100\nc nonsense\nd 7\n";
        assert_eq!(sum(page, "c"), Some(5.0));
        assert_eq!(sum(page, "d"), Some(7.0));
        assert_eq!(sum(page, "e"), None);
    }
}
