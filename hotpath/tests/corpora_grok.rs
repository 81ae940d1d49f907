//! The assertions that a public project makes on named grok patterns, held against ours of the same names.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, reason = "a test")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringViewArray};
use arrow::json::LineDelimitedWriter;
use hotpath::batch::column_name;
use hotpath::filter::{FilterPipelineDefinition, FilterSurroundings, Filters};
use serde_json::{Map, Value, json};

fn corpora(kind: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/corpora");
    let folder = std::env::var_os("BYTEFREEZER_CORPORA").map_or(beside, PathBuf::from).join(kind);
    if !folder.is_dir() {
        println!("skipped: no corpora");
        return None;
    }
    Some(folder)
}

fn lines_of(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What a pattern made of a message.
struct Event {
    message: String,
    fields: Map<String, Value>,
    matched: bool,
}

/// `None` where we have no pattern of the name.
fn grok(case: &Value, naming: &str) -> Option<Event> {
    let (name, message) = (case["pattern"].as_str().unwrap(), case["message"].as_str().unwrap());
    // `NAGIOSLOGLINE - HOST NOTIFICATION` is the former, in a test of the latter.
    let name = name.split(' ').next().unwrap();
    let reference = format!("%{{{name}}}");
    let pattern = if case["exact"] == true { format!("^(?:{reference})$") } else { reference };
    let config = json!({"pattern": pattern, "ecs_compatibility": naming});
    let text = json!({"filters": [{"type": "grok", "config": config}]}).to_string();
    let pipeline = FilterPipelineDefinition::from_json(&text).unwrap();
    let filters = match Filters::compile(&pipeline.filters, &FilterSurroundings::default()) {
        Ok(filters) => filters,
        Err(error) if error.to_string().contains("unknown pattern") => return None,
        Err(error) => panic!("{name}: {error}"),
    };
    let column: ArrayRef = Arc::new(StringViewArray::from(vec![message]));
    let batch = RecordBatch::try_from_iter([("message", column)]).unwrap();
    let outcome = filters.apply(batch, &mut filters.new_state(), 0);
    let mut json = LineDelimitedWriter::new(Vec::new());
    json.write(&outcome.batch).unwrap();
    let fields = serde_json::from_slice(&json.into_inner()).unwrap();
    Some(Event { message: message.to_owned(), fields, matched: outcome.faulty.is_none() })
}

impl Event {
    /// Whether an assertion holds; `None` where it says too little to be checked.
    fn satisfies(&self, assertion: &Value) -> Option<bool> {
        let positive = assertion["positive"].as_bool().unwrap();
        let holds = self.holds(assertion)?;
        Some(holds == positive)
    }

    fn holds(&self, assertion: &Value) -> Option<bool> {
        let path: Vec<String> = assertion["path"].as_array().unwrap().iter().map(plain).collect();
        let expected = &assertion["expected"];
        let assert = assertion["assert"].as_str().unwrap();
        if path.first().is_some_and(|first| first == "tags") {
            // The one tag there is says that no pattern matched.
            return Some(if matches!(assert, "BeNil" | "Equal") { self.matched } else { !self.matched });
        }
        if path == ["message", "0"] {
            // The whole message, beside which there is the part that was caught.
            return Some(is_same(&json!(self.message), expected));
        }
        match assert {
            "pass" | "match" => Some(self.matched),
            "BeNil" => Some(self.value(&path).is_none()),
            "Eq" | "Eql" => Some(self.value(&path).is_some_and(|found| is_same(found, expected))),
            "StartWith" | "EndWith" => {
                let found = self.value(&path).map(plain).unwrap_or_default();
                let part = plain(expected.as_array().map_or(expected, |parts| &parts[0]));
                Some(if assert == "StartWith" { found.starts_with(&part) } else { found.ends_with(&part) })
            }
            "Include" => Some(expected.as_array().unwrap().iter().all(|item| self.includes(&path, item))),
            _ => None,
        }
    }

    fn includes(&self, path: &[String], item: &Value) -> bool {
        match item {
            Value::Object(members) => members.iter().all(|(name, value)| {
                let mut path = path.to_vec();
                path.push(name.clone());
                match value {
                    Value::Object(_) => self.includes(&path, value),
                    // A matcher that was not written out: that there is something is all that is known.
                    Value::String(text) if text.contains("HashIncludingMatcher") => self.has_any(&path),
                    value => self.value(&path).is_some_and(|found| is_same(found, value)),
                }
            }),
            Value::String(text) => {
                let is_text = self.value(path).is_some_and(|found| plain(found).contains(text.as_str()));
                let mut path = path.to_vec();
                path.push(text.clone());
                is_text || self.has_any(&path)
            }
            _ => false,
        }
    }

    /// The field at a path. There, a message that was caught stands beside the whole one.
    fn value(&self, path: &[String]) -> Option<&Value> {
        let path: Vec<&str> =
            path.iter().map(String::as_str).filter(|part| !matches!(*part, "0" | "1")).collect();
        self.fields.get(&column_name(&path.join("_"))?)
    }

    fn has_any(&self, path: &[String]) -> bool {
        let name = column_name(&path.join("_")).unwrap();
        let inside = format!("{name}_");
        self.fields.keys().any(|field| *field == name || field.starts_with(&inside))
    }
}

/// Texts and numbers are the same when they are written so, or are the same number; a list of values has those that were
/// caught for one field, of which we keep the last.
fn is_same(found: &Value, expected: &Value) -> bool {
    if let Value::Array(items) = expected {
        return items.last().is_some_and(|last| is_same(found, last));
    }
    let (found, expected) = (plain(found), plain(expected));
    let numbers = || Some(found.parse::<f64>().ok()? == expected.parse::<f64>().ok()?);
    found == expected || numbers().unwrap_or(false)
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[derive(Default)]
struct Count {
    covered: usize,
    passed: usize,
}

#[test]
fn named_patterns_catch_what_is_asserted_of_them() {
    let Some(folder) = corpora("grok/logstash-patterns-core/assertions-a") else { return };
    let cases = lines_of(&folder.join("messages.ndjson"));
    let assertions = lines_of(&folder.join("expected.assertions.ndjson"));
    let mut counts: BTreeMap<&str, Count> = BTreeMap::new();
    let mut unknown: Vec<&str> = Vec::new();
    for case in &cases {
        let (Some(ecs), Some(classic)) = (grok(case, "v1"), grok(case, "disabled")) else {
            unknown.push(case["pattern"].as_str().unwrap());
            continue;
        };
        for assertion in assertions.iter().filter(|assertion| assertion["n"] == case["n"]) {
            let (mode, holds) = match assertion["mode"].as_str() {
                Some("ecs-v1") => ("ecs-v1", ecs.satisfies(assertion)),
                Some(_) => ("legacy", classic.satisfies(assertion)),
                // Said of both: names of fields are those of one.
                None => ("both", ecs.satisfies(assertion).max(classic.satisfies(assertion))),
            };
            let Some(holds) = holds else { continue };
            let count = counts.entry(mode).or_default();
            count.covered += 1;
            if holds {
                count.passed += 1;
            } else {
                println!("{} {}: {assertion}\n  {:?}", case["n"], case["pattern"], ecs.message);
                println!("  ecs {}\n  legacy {}", json!(ecs.fields), json!(classic.fields));
            }
        }
    }
    println!("patterns that we do not have: {unknown:?}");
    for (mode, count) in &counts {
        println!("{mode}: {} of {} assertions hold", count.passed, count.covered);
    }
    assert_eq!(unknown, Vec::<&str>::new());
    let passed = |mode: &str| counts[mode].passed;
    assert!(passed("ecs-v1") >= 385, "{}", passed("ecs-v1"));
    assert!(passed("legacy") >= 295, "{}", passed("legacy"));
    assert!(passed("both") >= 72, "{}", passed("both"));
}
