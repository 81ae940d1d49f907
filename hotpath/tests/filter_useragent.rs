//! `useragent`: browsers, systems and devices by the rules of uap-core.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod filter_support;

use std::sync::Arc;

use arrow::array::RecordBatch;
use filter_support::{
    Memory, apply, bare, batch, batch_of, compile, corpora, errors, integer_column, names, refusal, run,
    surroundings, text, texts,
};
use hotpath::filter::{FilterSurroundings, Resources};

const DEFAULT: &str = r#"{"type":"useragent","config":{}}"#;
const CHROME: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/114.0.5735.199 Safari/537.36";
const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 16_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/16.5 Mobile/15E148 Safari/604.1";

fn agents(agents: &[Option<&str>]) -> RecordBatch {
    batch_of("user_agent", agents)
}

#[test]
fn browser_system_and_device_are_named() {
    let found = run(DEFAULT, &bare(), agents(&[Some(CHROME), Some(IPHONE)])).batch;
    for (column, of_chrome, of_iphone) in [
        ("ua_name", Some("Chrome"), Some("Mobile Safari")),
        ("ua_version", Some("114.0.5735.199"), Some("16.5")),
        ("ua_major", Some("114"), Some("16")),
        ("ua_minor", Some("0"), Some("5")),
        ("ua_patch", Some("5735"), None),
        ("ua_os", Some("Windows"), Some("iOS")),
        ("ua_os_version", Some("10"), Some("16.5")),
        ("ua_os_major", Some("10"), Some("16")),
        ("ua_os_minor", None, Some("5")),
        ("ua_device", Some("Other"), Some("iPhone")),
        ("ua_device_brand", None, Some("Apple")),
        ("ua_device_model", None, Some("iPhone")),
    ] {
        assert_eq!(text(&found, column, 0).as_deref(), of_chrome, "{column}");
        assert_eq!(text(&found, column, 1).as_deref(), of_iphone, "{column}");
    }
}

#[test]
fn what_no_rule_knows_is_other_and_what_is_too_long_says_so() {
    let huge = CHROME.repeat(100);
    let outcome =
        run(DEFAULT, &bare(), agents(&[Some("näher unbekannt"), None, Some(""), Some(&huge), Some(CHROME)]));
    let found: Vec<Option<String>> = texts(&outcome.batch, "ua_name");
    let found: Vec<Option<&str>> = found.iter().map(Option::as_deref).collect();
    assert_eq!(found, [Some("Other"), None, Some("Other"), None, Some("Chrome")]);
    assert_eq!(outcome.faulty.rows(), [3]);
    assert_eq!(errors(&outcome.batch, 3), ["filter 1 (useragent): a user agent of more than 4096 bytes"]);
}

#[test]
fn field_and_prefix_are_the_configurations() {
    let filter = r#"{"type":"useragent","config":{"source_field":"agent","target_field":"client"}}"#;
    let found = run(filter, &bare(), batch_of("agent", &[Some(CHROME)])).batch;
    assert_eq!(text(&found, "client_name", 0).as_deref(), Some("Chrome"));
    // No row has a brand, so there is no column of brands.
    assert!(!names(&found).contains(&"client_device_brand".to_owned()));
    let other = batch_of("host", &[Some("a")]);
    assert_eq!(run(filter, &bare(), other.clone()).batch, other);
    let numbers = batch(vec![("agent", integer_column(&[Some(7)]))]);
    assert_eq!(text(&run(filter, &bare(), numbers).batch, "client_name", 0).as_deref(), Some("Other"));
}

#[test]
fn newer_rules_are_swapped_in_and_known_agents_are_parsed_anew() {
    let rules = |name: &str| {
        let rule = format!(r#"[{{"regex":"(?:x)","family_replacement":"{name}"}}]"#);
        format!(r#"{{"user_agent_parsers":{rule},"os_parsers":[],"device_parsers":[]}}"#)
    };
    let memory = Arc::new(Memory::default());
    memory.write("rules", rules("First"));
    let resources = Arc::new(Resources::new(memory.clone()));
    let surroundings = FilterSurroundings { resources: Arc::clone(&resources), ..Default::default() };
    let filters = compile(r#"{"type":"useragent","config":{"regexes":"rules"}}"#, &surroundings);
    let mut state = filters.new_state();
    let mut name = || text(&apply(&filters, &mut state, agents(&[Some("x")])).batch, "ua_name", 0).unwrap();
    assert_eq!((name(), name()), ("First".to_owned(), "First".to_owned()));
    memory.write("rules", rules("Second"));
    assert_eq!(resources.refresh().len(), 1);
    assert_eq!(name(), "Second");
}

#[test]
fn a_wrong_configuration_is_refused() {
    let broken = surroundings(&[(
        "rules",
        r#"{"user_agent_parsers":[{"regex":"("}],"os_parsers":[],"device_parsers":[]}"#,
    )]);
    let filter = r#"{"type":"useragent","config":{"regexes":"rules"}}"#;
    assert!(refusal(filter, &broken).contains("a regular expression of the rules does not compile"));
    assert!(refusal(filter, &surroundings(&[("rules", "[")])).contains("no rules of uap-core"));
    assert!(refusal(filter, &surroundings::<&str>(&[])).contains("no such file"));
}

/// How many cases there were, how many families were right, and how many whole expectations.
#[derive(Debug, Default)]
struct Score {
    cases: usize,
    families: usize,
    all: usize,
}

impl Score {
    fn of(file: &std::path::Path, family: &str, others: &[(&str, &str)]) -> Self {
        let text_of_file = std::fs::read_to_string(file).unwrap();
        let cases: Vec<serde_json::Value> =
            text_of_file.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let asked: Vec<Option<&str>> = cases.iter().map(|case| case["user_agent_string"].as_str()).collect();
        let found = run(DEFAULT, &bare(), agents(&asked)).batch;
        let mut score = Self::default();
        for (row, case) in cases.iter().enumerate() {
            let is_right = |column: &str, key: &str| {
                let expected = case[key].as_str().filter(|text| !text.is_empty());
                text(&found, column, row).as_deref() == expected
            };
            let family_is_right = is_right(family, "family");
            score.cases += 1;
            score.families += usize::from(family_is_right);
            score.all +=
                usize::from(family_is_right && others.iter().all(|(column, key)| is_right(column, key)));
        }
        score
    }

    fn check(&self, what: &str) {
        println!("{what}: {self:?}");
        let least = self.cases * 95 / 100;
        assert!(self.cases > 200 && self.families >= least && self.all >= least, "{what}: {self:?}");
    }
}

#[test]
fn the_public_cases_of_uap_core_are_told_apart() {
    let Some(folder) = corpora("useragent") else { return };
    let folder = folder.join("uap-core");
    let versions = [("ua_major", "major"), ("ua_minor", "minor"), ("ua_patch", "patch")];
    Score::of(&folder.join("test_ua-a/test_ua.ndjson"), "ua_name", &versions).check("browsers");
    let versions = [("ua_os_major", "major"), ("ua_os_minor", "minor")];
    Score::of(&folder.join("test_os-a/test_os.ndjson"), "ua_os", &versions).check("systems");
    let device = [("ua_device_brand", "brand"), ("ua_device_model", "model")];
    Score::of(&folder.join("test_device-a/test_device.ndjson"), "ua_device", &device).check("devices");
}
