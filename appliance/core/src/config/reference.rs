//! The reference page of the configuration, written from its schema.

use std::fmt::{self, Write};

use serde_json::Value;

use super::ByteSize;
use super::check::{allowed_words, bounds, in_backticks, type_name, without_null};
use super::expand::join;
use super::schema::schema;

const HEAD: &str = "\
# Configuration

<!-- Made from the structs in appliance/core/src/config by
     BYTEFREEZER_GENERATE=1 cargo test -p bytefreezer-core --test generated_documents
     A test holds it against them. Do not edit. -->

A configuration is one YAML file. Every key may be left out, and an empty file works. `bytefreezer validate FILE` says what is
wrong with a file, with line, reason and advice. The JSON Schema for editors is
[schema/config.schema.json](schema/config.schema.json).

- **Environment.** `${NAME}` in a value (not in a key) is replaced by the variable of the environment, `${NAME:-otherwise}`
  has a value for when it is not set or empty. A variable that is not set is an error. `$${` is a `${` that is meant as it is.
- **Sizes** are a number of bytes, or a number with a unit: `64 KiB`, `256 MiB`, `10 GiB`, `500 MB`.
- **Secrets** are the value itself, `{file: PATH}`, `{env: NAME}`, or `{credential: NAME}` for a systemd credential
  (`LoadCredential=` in the unit). They are never printed.
- **Names** of instances, tenants and datasets have `a-z`, `0-9`, `_` and `-` (no `--`), a letter or digit at both
  ends, and 64 characters at most.
- **Addresses** are an IP address and a port. Port 0 is a free one, chosen at start. No two listeners may share a port
  (`0.0.0.0` overlaps with every address).
- YAML aliases and tags are not supported.
";

/// The reference page of the configuration, in Markdown.
pub fn reference_page() -> String {
    let mut page = HEAD.to_owned();
    // Writing to a String does not fail.
    let written = section(&mut page, "The whole file", "", schema());
    debug_assert!(written.is_ok());
    page
}

/// A table of the keys of one map, then a section for each map or list of maps among them.
fn section(page: &mut String, title: &str, path: &str, schema: &Value) -> fmt::Result {
    // Several kinds of input have the same keys below them.
    if page.contains(&format!("\n## {title}\n")) {
        return Ok(());
    }
    write!(page, "\n## {title}\n\n")?;
    if let Some(description) = schema["description"].as_str() {
        writeln!(page, "{description}\n")?;
    }
    writeln!(page, "| key | value | default | meaning |\n|---|---|---|---|")?;
    let Some(properties) = schema["properties"].as_object() else {
        return Ok(());
    };
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for (key, property) in properties {
        row(page, key, property, required.contains(&key.as_str()))?;
    }
    for (key, property) in properties {
        below(page, &join(path, key), property)?;
    }
    Ok(())
}

fn below(page: &mut String, path: &str, property: &Value) -> fmt::Result {
    let schema = without_null(property);
    if schema["format"] == "secret" {
        return Ok(());
    }
    if type_name(schema) == Some("array") {
        return below(page, &format!("{path}[]"), &schema["items"]);
    }
    if schema["properties"].is_object() {
        return section(page, &format!("`{path}`"), path, schema);
    }
    for branch in schema["oneOf"].as_array().into_iter().flatten() {
        if let Some(tag) = branch["properties"]["type"]["const"].as_str() {
            section(page, &format!("`{path}` with `type: {tag}`"), path, branch)?;
        }
    }
    Ok(())
}

fn row(page: &mut String, key: &str, property: &Value, required: bool) -> fmt::Result {
    let schema = without_null(property);
    let default = match &property["default"] {
        _ if required => "(required)".to_owned(),
        Value::Null => String::new(),
        Value::Array(_) | Value::Object(_) => "see below".to_owned(),
        Value::String(text) => format!("`{text}`"),
        value => format!("`{value}`"),
    };
    let default = if default == "see below" && property["default"] == serde_json::json!([]) {
        "none".to_owned()
    } else {
        default
    };
    let mut meaning = property["description"].as_str().unwrap_or("Which kind this is.").replace('\n', " ");
    for branch in schema["oneOf"].as_array().into_iter().flatten() {
        if let (Some(word), Some(text)) = (branch["const"].as_str(), branch["description"].as_str()) {
            let text = text.strip_suffix('.').unwrap_or(text);
            write!(meaning, " `{word}`: {text}.")?;
        }
    }
    writeln!(page, "| `{key}` | {} | {default} | {} |", value_kind(schema), meaning.replace('|', "\\|"))
}

fn value_kind(schema: &Value) -> String {
    let format = schema["format"].as_str().unwrap_or_default();
    if let Some(words) = allowed_words(schema) {
        return in_backticks(words.into_iter());
    }
    let name = match (format, type_name(schema)) {
        ("secret", _) => "secret",
        ("byte-size", _) => return with_bounds("size", schema, |bound| ByteSize(bound).to_string()),
        ("name" | "instance", _) => "name",
        ("time-zone", _) => "time zone",
        ("socket-address", _) => "address",
        ("path", _) => "path",
        ("http-path", _) => "path of a URL",
        ("network", _) => "network",
        ("http-header", _) => "name of a header",
        ("http-url", _) => "URL",
        (_, Some("integer")) => return with_bounds("number", schema, |bound| bound.to_string()),
        (_, Some("boolean")) => "`true` or `false`",
        (_, Some("array")) => "list",
        (_, Some("object")) => "keys, see below",
        (_, Some("string")) => "text",
        _ => return branches_kind(schema),
    };
    name.to_owned()
}

fn branches_kind(schema: &Value) -> String {
    let branches = schema["oneOf"].as_array().or_else(|| schema["anyOf"].as_array());
    let kinds: Vec<String> = branches.into_iter().flatten().map(value_kind).collect();
    match kinds.as_slice() {
        [first, rest @ ..] if rest.iter().all(|kind| kind == first) => first.clone(),
        _ => kinds.join(" or "),
    }
}

fn with_bounds(name: &str, schema: &Value, show: impl Fn(u64) -> String) -> String {
    let (min, max) = bounds(schema);
    let show = |bound: i128| show(u64::try_from(bound).unwrap_or_default());
    match (min, max) {
        (Some(min), Some(max)) => format!("{name}, {} to {}", show(min), show(max)),
        (Some(min), None) if min > 0 => format!("{name}, {} or more", show(min)),
        _ => name.to_owned(),
    }
}
