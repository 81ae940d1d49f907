//! The documents that are made from the configuration's structs are checked in; they must be what the structs say.
//!
//! After a change: `BYTEFREEZER_GENERATE=1 cargo test -p bytefreezer-core --test generated_documents` writes them anew.

use std::path::Path;

use bytefreezer_core::config::{config_schema, reference_page};

fn hold_against_tree(relative_path: &str, expected: &str) -> std::io::Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(relative_path);
    if std::env::var_os("BYTEFREEZER_GENERATE").is_some() {
        std::fs::write(&path, expected)?;
    }
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        found == expected,
        "{relative_path} is not what the structs say; run this test with BYTEFREEZER_GENERATE=1 and check it in"
    );
    Ok(())
}

#[test]
fn the_json_schema_is_up_to_date() {
    let schema = serde_json::to_string_pretty(&config_schema()).unwrap();
    hold_against_tree("docs/schema/config.schema.json", &format!("{schema}\n")).unwrap();
}

#[test]
fn the_reference_page_is_up_to_date() {
    hold_against_tree("docs/configuration.md", &reference_page()).unwrap();
}

#[test]
fn the_reference_page_names_every_key_of_the_schema() {
    fn keys(schema: &serde_json::Value, found: &mut Vec<String>) {
        if schema["format"] == "secret" {
            return;
        }
        for (key, property) in schema["properties"].as_object().into_iter().flatten() {
            found.push(key.clone());
            keys(property, found);
        }
        keys_below(schema, found);
    }
    fn keys_below(schema: &serde_json::Value, found: &mut Vec<String>) {
        if schema["items"].is_object() {
            keys(&schema["items"], found);
        }
        for branches in ["oneOf", "anyOf"] {
            for branch in schema[branches].as_array().into_iter().flatten() {
                keys(branch, found);
            }
        }
    }
    let mut found = Vec::new();
    keys(&config_schema(), &mut found);
    assert!(found.len() > 50, "{found:?}");
    let page = reference_page();
    for key in found {
        assert!(page.contains(&format!("| `{key}` |")), "{key}");
    }
}
