//! `${NAME}` and `${NAME:-otherwise}` in the values of a configuration (never in its keys).

use super::problem::{Complaint, Problems};
use super::tree::{Content, Node};

/// Looks a variable of the environment up.
pub(super) type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Expands every scalar of the tree. `$${` stands for a `${` that is meant as it is.
pub(super) fn expand_tree(node: &mut Node, path: &str, lookup: Lookup<'_>, problems: &mut Problems) {
    let location = node.location;
    match &mut node.content {
        Content::Scalar { text, plain } => match expand(text, lookup) {
            Ok(Some(expanded)) => {
                // `token: ${TOKEN}` with an empty variable is an empty token, not a token left out.
                *plain = *plain && !expanded.is_empty();
                *text = expanded;
            }
            Ok(None) => {}
            Err(complaint) => {
                problems.add(Some(location), path, complaint);
                // What could not be expanded is not to be found wrong a second time.
                text.clear();
            }
        },
        Content::List(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                expand_tree(item, &format!("{path}[{index}]"), lookup, problems);
            }
        }
        Content::Map(entries) => {
            for entry in entries {
                expand_tree(&mut entry.value, &join(path, &entry.key), lookup, problems);
            }
        }
    }
}

/// The path of a key below `path`.
pub(super) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

/// `None` where there is nothing to expand.
fn expand(text: &str, lookup: Lookup<'_>) -> Result<Option<String>, Complaint> {
    if !text.contains("${") {
        return Ok(None);
    }
    let mut expanded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (before, after) = (&rest[..start], &rest[start + 2..]);
        if let Some(literal) = before.strip_suffix('$') {
            expanded.push_str(literal);
            expanded.push_str("${");
            rest = after;
            continue;
        }
        expanded.push_str(before);
        let Some(end) = after.find('}') else {
            let advice = "close it, or write `$${` for a `${` that is meant as it is";
            return Err(Complaint::advise("`${` has no closing `}`", advice));
        };
        expanded.push_str(&variable(&after[..end], lookup)?);
        rest = &after[end + 1..];
    }
    expanded.push_str(rest);
    Ok(Some(expanded))
}

fn variable(inner: &str, lookup: Lookup<'_>) -> Result<String, Complaint> {
    let (name, otherwise) = match inner.split_once(":-") {
        Some((name, otherwise)) => (name, Some(otherwise)),
        None => (inner, None),
    };
    let well_formed = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !well_formed || name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        let reason = format!("`${{{inner}}}` does not name a variable of the environment");
        let advice = "write `${NAME}`, `${NAME:-otherwise}`, or `$${` for a `${` that is meant as it is";
        return Err(Complaint::advise(reason, advice));
    }
    // As in a shell, `:-` also stands in for a variable that is set to nothing.
    match (lookup(name), otherwise) {
        (Some(value), None) => Ok(value),
        (Some(value), Some(_)) if !value.is_empty() => Ok(value),
        (_, Some(otherwise)) => Ok(otherwise.to_owned()),
        (None, None) => {
            let reason = format!("the variable `{name}` of the environment is not set");
            Err(Complaint::advise(reason, format!("set it, or write `${{{name}:-otherwise}}`")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("box-1".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_are_put_in() {
        let table = [
            ("plain $HOST text", None),
            ("${HOST}", Some("box-1")),
            ("a-${HOST}-b-${HOST}", Some("a-box-1-b-box-1")),
            ("${MISSING:-7}", Some("7")),
            ("${MISSING:-}", Some("")),
            ("${EMPTY}", Some("")),
            ("${EMPTY:-x}", Some("x")),
            ("$${HOST} is ${HOST}", Some("${HOST} is box-1")),
        ];
        for (text, expected) in table {
            assert_eq!(expand(text, &lookup).unwrap().as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_put_in_is_an_error() {
        for text in ["${MISSING}", "${", "${HOST", "${}", "${1}", "${A B}"] {
            assert!(expand(text, &lookup).is_err(), "{text}");
        }
    }
}
