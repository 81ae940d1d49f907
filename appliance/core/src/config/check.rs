//! Holds a tree against the schema: keys, types, bounds and kinds, every problem with its place and advice.

use serde_json::Value;

use super::expand::{Lookup, join};
use super::format;
use super::problem::{Complaint, Location, Problems};
use super::secret;
use super::size::ByteSize;
use super::tree::{Content, Entry, Node};

/// Checks a tree and makes it ready for serde: keys without a value are taken away, secrets are fetched.
pub(super) struct Checker<'a> {
    pub(super) variable: Lookup<'a>,
    pub(super) problems: &'a mut Problems,
}

impl Checker<'_> {
    pub(super) fn check_root(&mut self, root: &mut Node, schema: &Value) {
        self.check(root, schema, "");
    }

    fn check(&mut self, node: &mut Node, schema: &Value, path: &str) {
        let schema = without_null(schema);
        match schema["format"].as_str() {
            Some("secret") => return self.check_secret(node, path),
            Some("byte-size") => return self.check_size(node, schema, path),
            _ => {}
        }
        if let Some(words) = allowed_words(schema) {
            return self.check_word(node, &words, path);
        }
        if let Some(branches) = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array()) {
            return self.check_branches(node, branches, path);
        }
        match type_name(schema) {
            Some("object") => self.check_map(node, schema, path),
            Some("array") => self.check_list(node, schema, path),
            Some("string") => self.check_text(node, schema, path),
            Some("integer") => self.check_integer(node, schema, path),
            Some("boolean") => self.check_boolean(node, path),
            // A free form: the filters' own business.
            _ => {}
        }
    }

    fn check_map(&mut self, node: &mut Node, schema: &Value, path: &str) {
        let location = node.location;
        let Content::Map(entries) = &mut node.content else {
            return self.wrong_type(node, "keys and values", path);
        };
        let Some(properties) = schema["properties"].as_object() else {
            return;
        };
        for entry in entries.iter_mut() {
            let entry_path = join(path, &entry.key);
            match properties.get(&entry.key) {
                Some(_) if entry.value.is_null() => {}
                Some(property) => self.check(&mut entry.value, property, &entry_path),
                None => self.unknown_key(entry, properties.keys(), path),
            }
        }
        entries.retain(|entry| !entry.value.is_null());
        let required = schema["required"].as_array().map(Vec::as_slice).unwrap_or_default();
        for key in required.iter().filter_map(Value::as_str) {
            if entries.iter().all(|entry| entry.key != key) {
                let complaint = Complaint::advise(format!("key `{key}` is missing"), format!("add `{key}:`"));
                self.add(location, path, complaint);
            }
        }
    }

    fn unknown_key<'k>(
        &mut self,
        entry: &Entry,
        known: impl Iterator<Item = &'k String> + Clone,
        path: &str,
    ) {
        let reason = format!("unknown key `{}`", entry.key);
        let advice = match format::nearest(&entry.key, known.clone().map(String::as_str)) {
            Some(key) => format!("did you mean `{key}`?"),
            None => format!("known here: {}", in_backticks(known.map(String::as_str))),
        };
        self.add(entry.key_location, &join(path, &entry.key), Complaint::advise(reason, advice));
    }

    fn check_list(&mut self, node: &mut Node, schema: &Value, path: &str) {
        let location = node.location;
        let Content::List(items) = &mut node.content else {
            return self.wrong_type(node, "a list", path);
        };
        if let Some(min) = schema["minItems"].as_u64()
            && (items.len() as u64) < min
        {
            let complaint = Complaint::advise(format!("the list has fewer than {min} items"), "add some");
            self.add(location, path, complaint);
        }
        if let Some(max) = schema["maxItems"].as_u64()
            && items.len() as u64 > max
        {
            let complaint = Complaint::advise(format!("the list has more than {max} items"), "remove some");
            self.add(location, path, complaint);
        }
        for (index, item) in items.iter_mut().enumerate() {
            self.check(item, &schema["items"], &format!("{path}[{index}]"));
        }
    }

    fn check_text(&mut self, node: &mut Node, schema: &Value, path: &str) {
        let Content::Scalar { text, plain } = &mut node.content else {
            return self.wrong_type(node, "text", path);
        };
        // Where text is expected, `0123` and `no` are text, without quotes too.
        *plain = false;
        let complaint = match schema["format"].as_str() {
            Some(format) => format::check(format, text).err(),
            None if text.is_empty() => {
                Some(Complaint::advise("the text is empty", "give it, or remove the key"))
            }
            None => None,
        };
        if let Some(complaint) = complaint {
            self.add(node.location, path, complaint);
        }
    }

    fn check_integer(&mut self, node: &mut Node, schema: &Value, path: &str) {
        let value = as_if_plain(node);
        // Every bound of the configuration and every sensible value fits; what does not is out of bounds anyway.
        let Some(number) = value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from)) else {
            return self.wrong_type(node, "a whole number", path);
        };
        let (min, max) = bounds(schema);
        if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
            self.out_of_bounds(node, &number.to_string(), min, max, i128::to_string, path);
        }
    }

    fn check_size(&mut self, node: &Node, schema: &Value, path: &str) {
        let Content::Scalar { text, .. } = &node.content else {
            return self.wrong_type(node, "a size", path);
        };
        let size = match ByteSize::parse(text) {
            Ok(size) => size,
            Err(complaint) => return self.add(node.location, path, complaint),
        };
        let number = i128::from(size.bytes());
        let (min, max) = bounds(schema);
        if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
            let show = |bound: &i128| ByteSize(u64::try_from(*bound).unwrap_or_default()).to_string();
            self.out_of_bounds(node, &size.to_string(), min, max, show, path);
        }
    }

    fn out_of_bounds(
        &mut self,
        node: &Node,
        value: &str,
        min: Option<i128>,
        max: Option<i128>,
        show: impl Fn(&i128) -> String,
        path: &str,
    ) {
        let advice = match (min, max) {
            (Some(min), Some(max)) => format!("from {} to {} is allowed", show(&min), show(&max)),
            (Some(min), None) => format!("{} or more is allowed", show(&min)),
            (None, Some(max)) => format!("{} or less is allowed", show(&max)),
            (None, None) => return,
        };
        self.add(node.location, path, Complaint::advise(format!("{value} is out of bounds"), advice));
    }

    fn check_boolean(&mut self, node: &mut Node, path: &str) {
        if as_if_plain(node).is_boolean() {
            return;
        }
        let meant = match &node.content {
            Content::Scalar { text, .. } => match text.to_ascii_lowercase().as_str() {
                "yes" | "on" | "y" | "true" | "1" => Some("true"),
                "no" | "off" | "n" | "false" | "0" => Some("false"),
                _ => None,
            },
            _ => None,
        };
        let reason = format!("expected true or false, found {}", kind(node));
        let complaint = match meant {
            Some(meant) => Complaint::advise(reason, format!("write `{meant}`")),
            None => Complaint::new(reason),
        };
        self.add(node.location, path, complaint);
    }

    fn check_secret(&mut self, node: &mut Node, path: &str) {
        if let Err(complaint) = secret::resolve(node, self.variable) {
            self.add(node.location, path, complaint);
        }
    }

    fn check_word(&mut self, node: &mut Node, words: &[&str], path: &str) {
        let Content::Scalar { text, plain } = &mut node.content else {
            return self.wrong_type(node, &format!("one of {}", in_backticks(words.iter().copied())), path);
        };
        *plain = false;
        if words.contains(&text.as_str()) {
            return;
        }
        let reason = format!("`{text}` is not known here");
        let advice = match format::nearest(text, words.iter().copied()) {
            Some(word) => format!("did you mean `{word}`?"),
            None => format!("one of {}", in_backticks(words.iter().copied())),
        };
        self.add(node.location, path, Complaint::advise(reason, advice));
    }

    /// A choice: by the key `type` where the branches have one, otherwise by whether a list, a map or a scalar is there.
    fn check_branches(&mut self, node: &mut Node, branches: &[Value], path: &str) {
        let tags: Vec<&str> =
            branches.iter().filter_map(|branch| branch["properties"]["type"]["const"].as_str()).collect();
        if tags.len() == branches.len() {
            return self.check_tagged(node, branches, &tags, path);
        }
        match branches.iter().find(|branch| takes(branch, &node.content)) {
            Some(branch) => self.check(node, branch, path),
            None => {
                let expected: Vec<String> = branches.iter().map(describe).collect();
                self.wrong_type(node, &expected.join(" or "), path);
            }
        }
    }

    fn check_tagged(&mut self, node: &mut Node, branches: &[Value], tags: &[&str], path: &str) {
        if !matches!(node.content, Content::Map(_)) {
            return self.wrong_type(node, "keys and values", path);
        }
        let tag_path = join(path, "type");
        let tag = match node.get("type") {
            Some(Node { content: Content::Scalar { text, .. }, .. }) => text.clone(),
            Some(other) => {
                let location = other.location;
                let reason = format!("expected one of {}", in_backticks(tags.iter().copied()));
                return self.add(location, &tag_path, Complaint::new(reason));
            }
            None => {
                let advice = format!("add `type:` with one of {}", in_backticks(tags.iter().copied()));
                return self.add(node.location, path, Complaint::advise("key `type` is missing", advice));
            }
        };
        let branch = branches.iter().find(|branch| branch["properties"]["type"]["const"] == tag.as_str());
        match branch {
            Some(branch) => self.check_map(node, branch, path),
            None => {
                let mut tag_node = node.get("type").cloned().unwrap_or_else(Node::empty_map);
                self.check_word(&mut tag_node, tags, &tag_path);
            }
        }
    }

    fn wrong_type(&mut self, node: &Node, expected: &str, path: &str) {
        self.add(node.location, path, Complaint::new(format!("expected {expected}, found {}", kind(node))));
    }

    fn add(&mut self, location: Location, path: &str, complaint: Complaint) {
        self.problems.add(Some(location), path, complaint);
    }
}

/// Where no text is expected, `"7"` is 7: a `"${NAME}"` needs the quotes inside `{}`.
fn as_if_plain(node: &mut Node) -> Value {
    if let Content::Scalar { text, plain } = &mut node.content {
        *plain = !text.is_empty();
    }
    node.to_json()
}

/// The schema of what may be left out, without the "or null" that stands for leaving it out.
pub(super) fn without_null(schema: &Value) -> &Value {
    if let Some(branches) = schema["anyOf"].as_array()
        && let [value, null] = branches.as_slice()
        && null["type"] == "null"
    {
        return value;
    }
    schema
}

/// The type a schema asks for; `["string", "null"]` asks for a string that may be left out.
pub(super) fn type_name(schema: &Value) -> Option<&str> {
    match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).find(|name| *name != "null"),
        name => name.as_str(),
    }
}

/// The words a schema allows, where it is a choice of words.
pub(super) fn allowed_words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(word) = schema["const"].as_str() {
        return Some(vec![word]);
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::as_str).collect();
    }
    schema["oneOf"].as_array()?.iter().map(|branch| branch["const"].as_str()).collect()
}

/// Whether a branch of a choice is for this kind of value.
fn takes(branch: &Value, content: &Content) -> bool {
    match content {
        Content::List(_) => branch["type"] == "array",
        Content::Map(_) => branch["type"] == "object",
        Content::Scalar { .. } => branch["type"] != "array" && branch["type"] != "object",
    }
}

fn describe(branch: &Value) -> String {
    match (allowed_words(branch), branch["type"].as_str()) {
        (Some(words), _) => in_backticks(words.into_iter()),
        (None, Some("array")) => "a list".to_owned(),
        (None, Some("object")) => "keys and values".to_owned(),
        _ => "a value".to_owned(),
    }
}

/// The bounds of a number; an integer in the schema, whatever the way it is written.
pub(super) fn bounds(schema: &Value) -> (Option<i128>, Option<i128>) {
    let bound = |key: &str| {
        let bound = &schema[key];
        bound.as_i64().map(i128::from).or_else(|| bound.as_u64().map(i128::from))
    };
    (bound("minimum"), bound("maximum"))
}

fn kind(node: &Node) -> String {
    match &node.content {
        Content::List(_) => "a list".to_owned(),
        Content::Map(_) => "keys and values".to_owned(),
        Content::Scalar { text, plain } => match node.to_json() {
            Value::Bool(_) | Value::Number(_) => format!("`{text}`"),
            Value::Null if *plain => "nothing".to_owned(),
            _ => format!("the text `{text}`"),
        },
    }
}

pub(super) fn in_backticks<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    words.join(", ")
}
