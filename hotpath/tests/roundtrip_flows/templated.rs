//! NetFlow v9 and IPFIX.

use bytefreezer_fakedata::ipfix::{self, ListSemantic, basic_list};
use bytefreezer_fakedata::netflow::v9::{self, scope};
use bytefreezer_fakedata::templated::{Field, Set, Template, VARIABLE_LENGTH, Value};
use proptest::prelude::*;
use serde_json::json;

use super::elements::{EXPORTED_US, UPTIME_MS};
use super::rows::{Reading, assert_holds, read};
use super::scenario::{Exporter, Scenario, Version};

const VERSIONS: [Version; 2] = [Version::V9, Version::Ipfix];

proptest! {
    #[test]
    fn values_come_out_as_they_went_in(seed: u64) {
        for version in VERSIONS {
            let scenario = Scenario::random(seed, version);
            assert_holds(&read("netflow", &scenario.datagrams), &scenario.rows());
        }
    }

    #[test]
    fn a_restart_in_the_middle_changes_nothing(seed: u64, cut: prop::sample::Index) {
        for version in VERSIONS {
            let scenario = Scenario::random(seed, version);
            let whole = read("netflow", &scenario.datagrams);
            let (before, after) = scenario.datagrams.split_at(cut.index(scenario.datagrams.len() + 1));
            let mut reading = Reading::new("netflow");
            let mut rows = reading.read(before);
            let mut reading = reading.restarted("netflow", &mut Vec::new());
            rows.extend(reading.read(after));
            assert_eq!(rows, whole);
        }
    }

    #[test]
    fn a_restart_after_each_datagram_changes_nothing(seed: u64) {
        let scenario = Scenario::random(seed, Version::Ipfix);
        let mut state = Vec::new();
        let mut reading = Reading::new("netflow");
        let mut rows = Vec::new();
        for datagram in &scenario.datagrams {
            rows.extend(reading.read(std::slice::from_ref(datagram)));
            reading = reading.restarted("netflow", &mut state);
        }
        assert_eq!(rows, read("netflow", &scenario.datagrams));
    }

    #[test]
    fn data_before_its_template_waits_for_it(seed: u64, restarts: bool) {
        for version in VERSIONS {
            let (told, data, expected) = Exporter::new(seed, version).template_and_data();
            let mut reading = Reading::new("netflow");
            prop_assert_eq!(reading.read(&[data]), vec![]);
            if restarts {
                reading = reading.restarted("netflow", &mut Vec::new());
            }
            let rows = reading.read(&[told]);
            let flows: Vec<_> = rows.into_iter().filter(|row| row["record_type"] == "flow").collect();
            assert_holds(&flows, &expected);
        }
    }

    #[test]
    fn domains_and_versions_do_not_know_each_others_templates(seed: u64) {
        let (told, _, _) = Exporter::new(seed, Version::Ipfix).template_and_data();
        let mut other = Exporter::new(seed, Version::Ipfix);
        other.domain ^= 1;
        let (_, of_other_domain, _) = other.template_and_data();
        let (_, of_other_version, _) = Exporter::new(seed, Version::V9).template_and_data();
        let rows = read("netflow", &[told, of_other_domain, of_other_version]);
        prop_assert!(rows.iter().all(|row| row["record_type"] == "template"), "{rows:?}");
    }
}

/// One IPFIX message with a template and one record of it.
fn one_record(fields: Vec<Field>, values: Vec<Value>) -> Vec<u8> {
    let template = Template::new(256, fields);
    let data = Set::of_records(&template, &[values], 0).unwrap();
    let header = ipfix::Header { export_time: (EXPORTED_US / 1_000_000) as u32, ..ipfix::Header::default() };
    ipfix::encode(&header, &[Set::Templates(vec![template]), data]).unwrap()
}

#[test]
fn the_other_direction_of_a_biflow_has_columns_of_its_own() {
    let reverse = |element, length| Field::of_enterprise(ipfix::REVERSE_ENTERPRISE, element, length);
    let rows = read(
        "netflow",
        &[one_record(
            vec![Field::new(1, 8), Field::new(2, 4), reverse(1, 8), reverse(2, 4)],
            [900, 9, 77, 7].map(Value::Unsigned).into(),
        )],
    );
    assert_eq!((&rows[0]["bytes"], &rows[0]["packets"]), (&json!(900), &json!(9)));
    let others: Vec<_> =
        rows[0].iter().filter(|(name, _)| name.starts_with("reverse")).map(|(_, value)| value).collect();
    assert_eq!(others, [&json!(77), &json!(7)], "{rows:?}");
}

#[test]
fn a_list_of_one_element_is_a_list() {
    let list = basic_list(ListSemantic::AllOf, Field::new(10, 4), &[3, 5, 8].map(Value::Unsigned)).unwrap();
    let rows = read("netflow", &[one_record(vec![Field::new(291, VARIABLE_LENGTH)], vec![list])]);
    let found = rows[0].iter().find(|(name, _)| name.contains("basic_list")).unwrap().1;
    // A LIST, or its JSON.
    let list = found.as_str().map_or_else(|| found.clone(), |text| serde_json::from_str(text).unwrap());
    assert!(list.to_string().contains("[3,5,8]"), "{list}");
}

/// Options that say that one packet of 100 is looked at, and a flow of 5 packets and 500 bytes behind them.
fn sampled(version: Version) -> Vec<u8> {
    let flows = Template::new(256, vec![Field::new(1, 4), Field::new(2, 4)]);
    let record = vec![Value::Unsigned(500), Value::Unsigned(5)];
    let data = Set::of_records(&flows, &[record], 0).unwrap();
    let unix_seconds = (EXPORTED_US / 1_000_000) as u32;
    match version {
        Version::V9 => {
            let options = Template::of_options(
                512,
                1,
                vec![Field::new(scope::SYSTEM, 4), Field::new(34, 4), Field::new(35, 1)],
            );
            let rate = vec![Value::Unsigned(0), Value::Unsigned(100), Value::Unsigned(2)];
            let rates = Set::of_records(&options, &[rate], 0).unwrap();
            let sets = [Set::Templates(vec![flows]), Set::OptionsTemplates(vec![options]), rates, data];
            let header = v9::Header { uptime_ms: UPTIME_MS, unix_seconds, ..v9::Header::default() };
            v9::encode(&header, &sets).unwrap()
        }
        Version::Ipfix => {
            let fields = [(302, 4), (304, 2), (305, 4), (306, 4)].map(|(id, length)| Field::new(id, length));
            let options = Template::of_options(512, 1, fields.into());
            let rates = Set::of_records(&options, &[[1, 1, 1, 99].map(Value::Unsigned).into()], 0).unwrap();
            let sets = [Set::Templates(vec![flows]), Set::OptionsTemplates(vec![options]), rates, data];
            let header = ipfix::Header { export_time: unix_seconds, ..ipfix::Header::default() };
            ipfix::encode(&header, &sets).unwrap()
        }
    }
}

#[test]
fn sampling_that_options_tell_scales_the_flows() {
    for version in VERSIONS {
        let rows = read("netflow", &[sampled(version)]);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert_eq!(rows[0]["record_type"], "options");
        let flow = &rows[1];
        assert_eq!((&flow["bytes"], &flow["packets"]), (&json!(500), &json!(5)));
        assert_eq!(flow["sampling_rate"], 100, "{version:?} {flow:?}");
        assert_eq!((&flow["bytes_scaled"], &flow["packets_scaled"]), (&json!(50_000), &json!(500)));
    }
}
