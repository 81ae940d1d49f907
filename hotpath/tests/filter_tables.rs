//! `enricher`, `cidr` and `threat_intel`: values looked up in tables, networks and lists.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod filter_support;

use std::sync::Arc;

use arrow::array::{ArrayRef, AsArray, ListBuilder, RecordBatch, StringViewBuilder};
use arrow::datatypes::TimestampMicrosecondType;
use filter_support::{
    Memory, WRITTEN_US, apply, bare, batch, batch_of, compile, corpora, errors, files_in, integer_column,
    names, refusal, run, surroundings, text, text_column, texts, try_compile,
};
use hotpath::filter::{FilterSurroundings, Resources};

fn found(batch: &RecordBatch, name: &str) -> Vec<Option<String>> {
    (0..batch.num_rows()).map(|row| text(batch, name, row)).collect()
}

fn some(texts: &[&str]) -> Vec<Option<String>> {
    texts.iter().map(|text| (!text.is_empty()).then(|| (*text).to_owned())).collect()
}

fn lists_of(name: &str) -> RecordBatch {
    let mut lists = ListBuilder::new(StringViewBuilder::new());
    lists.append_value([Some("10.0.0.1")]);
    batch(vec![(name, Arc::new(lists.finish()) as ArrayRef)])
}

const ASSETS: &str = "\u{feff}Host Name,Owner,Site\nweb1,Ann,Berlin\n\"db, main\",Bo,\"Zürich\nWest\"\nweb1,Cem,\n,nobody,nowhere\n";

fn enricher(config: &str) -> String {
    format!(r#"{{"type":"enricher","config":{{{config}}}}}"#)
}

#[test]
fn a_table_gives_its_columns_to_the_rows_that_have_its_key() {
    let assets = surroundings(&[("assets.csv", ASSETS)]);
    let hosts = [Some("db, main"), Some("web1"), None, Some("WEB1"), Some(""), Some("größer")];
    let outcome =
        run(&enricher(r#""enrichment":"assets.csv","field":"host""#), &assets, batch_of("host", &hosts));
    assert_eq!(names(&outcome.batch), ["host", "host_owner", "host_site"]);
    // Of two rows with one key, the last counts; an empty cell is no value.
    assert_eq!(found(&outcome.batch, "host_owner"), some(&["Bo", "Cem", "", "", "", ""]));
    assert_eq!(found(&outcome.batch, "host_site"), some(&["Zürich\nWest", "", "", "", "", ""]));
    assert!(outcome.faulty.is_none());
    assert_eq!(texts(&outcome.batch, "host"), hosts.map(|host| host.map(str::to_owned)));
}

#[test]
fn key_columns_and_prefix_can_be_named() {
    let assets = surroundings(&[("assets", ASSETS)]);
    let config = r#""enricher_id":"assets","source_field":"who","target_field":"asset","key":"Owner","columns":["Host Name"]"#;
    let outcome = run(&enricher(config), &assets, batch_of("who", &[Some("Ann"), Some("Dan")]));
    assert_eq!(names(&outcome.batch), ["who", "asset_host_name"]);
    assert_eq!(found(&outcome.batch, "asset_host_name"), some(&["web1", ""]));
    let by_snake_case = config.replace("Host Name", "host_name");
    assert_eq!(
        run(&enricher(&by_snake_case), &assets, batch_of("who", &[Some("Ann")])).batch.num_columns(),
        2
    );
}

#[test]
fn a_table_of_networks_is_searched_by_the_longest_prefix() {
    let zones = "network,zone\n10.0.0.0/8,inside\n10.1.0.0/16,office\n10.1.2.3,printer\n2001:db8::/32,v6\nguest,named\n";
    let surroundings = surroundings(&[("zones", zones)]);
    let asked = ["10.9.9.9", "10.1.9.9", "10.1.2.3", "2001:DB8::1", "guest", "192.0.2.1", "::ffff:10.9.9.9"]
        .map(Some);
    let outcome =
        run(&enricher(r#""enrichment":"zones","field":"ip""#), &surroundings, batch_of("ip", &asked));
    let expected = some(&["inside", "office", "printer", "v6", "named", "", "inside"]);
    assert_eq!(found(&outcome.batch, "ip_zone"), expected);
}

#[test]
fn numbers_are_looked_up_as_they_are_written_and_lists_are_not() {
    let ports = surroundings(&[("ports", "port,name\n22,ssh\n443,https\n")]);
    let filter = enricher(r#""enrichment":"ports","field":"dest_port""#);
    let outcome =
        run(&filter, &ports, batch(vec![("dest_port", integer_column(&[Some(443), None, Some(1)]))]));
    assert_eq!(found(&outcome.batch, "dest_port_name"), some(&["https", "", ""]));
    let outcome = run(&filter, &ports, lists_of("dest_port"));
    assert_eq!(errors(&outcome.batch, 0), ["filter 1 (enricher): a list is no key of a table"]);
    let other = batch_of("host", &[Some("a")]);
    assert_eq!(run(&filter, &ports, other.clone()).batch, other);
}

#[test]
fn a_table_is_swapped_and_a_broken_one_is_not_taken() {
    let memory = Arc::new(Memory::default());
    memory.write("t", "k,v\na,1\n");
    let resources = Arc::new(Resources::new(memory.clone()));
    let surroundings = FilterSurroundings { resources: Arc::clone(&resources), ..Default::default() };
    let filters = compile(&enricher(r#""enrichment":"t","field":"host""#), &surroundings);
    let mut state = filters.new_state();
    let mut value = || text(&apply(&filters, &mut state, batch_of("host", &[Some("a")])).batch, "host_v", 0);
    assert_eq!(value().as_deref(), Some("1"));
    memory.write("t", "k,v\na,2\n");
    resources.refresh();
    assert_eq!(value().as_deref(), Some("2"));
    memory.write("t", "k,v\na,3,4\n");
    assert!(resources.refresh()[0].refused.as_ref().unwrap().contains("it is no CSV"));
    assert_eq!(value().as_deref(), Some("2"));
}

#[test]
fn a_wrong_table_or_configuration_is_refused() {
    for (table, part) in [
        ("", "the table is empty"),
        ("k\na\n", "no column beside its key"),
        ("k,v,V\na,1,2\n", "two columns are called `v`"),
        ("k,--\na,1\n", "`--` is no name"),
        ("k,v\na\n", "it is no CSV"),
        ("k,v\n10.0.0.0/33,1\n", "line 2: '10.0.0.0/33' is no network"),
    ] {
        let message = refusal(&enricher(r#""enrichment":"t","field":"a""#), &surroundings(&[("t", table)]));
        assert!(message.contains(part), "{table:?}: {message}");
    }
    let latin = surroundings(&[("t", b"k,v\na,\xe4\n".to_vec())]);
    assert!(refusal(&enricher(r#""enrichment":"t","field":"a""#), &latin).contains("no CSV in UTF-8"));
    let table = surroundings(&[("t", "k,v\na,1\n")]);
    for (config, part) in [
        (r#""enrichment":"t""#, "one of the keys source_field, field is needed"),
        (r#""field":"a""#, "one of the keys enrichment, enricher_id is needed"),
        (r#""enrichment":"t","field":"a","key":"x""#, "the table has no column `x`; it has k, v"),
        (r#""enrichment":"t","field":"a","columns":["x"]"#, "the table has no column `x`"),
        (r#""enrichment":"t","field":"a","target_field":"event""#, "cannot be changed"),
        (r#""enrichment":"t","field":"a","cache_ttl":300"#, "unknown key `cache_ttl`"),
    ] {
        let message = refusal(&enricher(config), &table);
        assert!(message.contains(part), "{config}: {message}");
    }
}

const ZONES: &str = r#"{"type":"cidr","config":{"field":"ip","networks":{"inside":["10.0.0.0/8","2001:db8::/32"],"office":["10.1.0.0/16"],"printer":["10.1.2.3"]}}}"#;

#[test]
fn cidr_names_the_longest_network() {
    let asked = [
        Some("10.9.9.9"),
        Some("10.1.9.9"),
        None,
        Some("10.1.2.3"),
        Some("2001:db8::1"),
        Some("192.0.2.1"),
        Some("ß"),
    ];
    let outcome = run(ZONES, &bare(), batch_of("ip", &asked));
    assert_eq!(
        found(&outcome.batch, "ip_network"),
        some(&["inside", "office", "", "printer", "inside", "", ""])
    );
    assert_eq!(outcome.faulty.rows(), [6]);
    assert_eq!(errors(&outcome.batch, 6), ["filter 1 (cidr): not an address"]);
    let with_target = ZONES.replace(r#""field":"ip""#, r#""source_field":"ip","target_field":"zone""#);
    let outcome = run(&with_target, &bare(), batch_of("ip", &asked));
    assert_eq!(names(&outcome.batch), ["ip", "zone", "_errors"]);
    assert_eq!(run(ZONES, &bare(), batch_of("host", &asked)).batch, batch_of("host", &asked));
    assert_eq!(
        errors(&run(ZONES, &bare(), lists_of("ip")).batch, 0),
        ["filter 1 (cidr): a list is no address"]
    );
}

#[test]
fn wrong_networks_are_refused() {
    for (networks, part) in [
        (r#"{}"#, "1 to 65536 networks are taken, these are 0"),
        (r#"["10.0.0.0/8"]"#, "an object of names"),
        (r#"{"a":"10.0.0.0/8"}"#, "expected a list"),
        (r#"{"a":["10.0.0.0/33"]}"#, "its prefix length is a whole number from 0 to 32"),
        (r#"{"a":["inside"]}"#, "`inside` of `a` is neither a network nor an address"),
        (r#"{"a":["10.0.0.0/8"],"b":["10.0.0.1/8"]}"#, "10.0.0.1/8 is named twice: `a` and `b`"),
        (r#"{"":["10.0.0.0/8"]}"#, "a name has 1 to"),
    ] {
        let message =
            refusal(&format!(r#"{{"type":"cidr","config":{{"field":"a","networks":{networks}}}}}"#), &bare());
        assert!(message.contains(part), "{networks}: {message}");
    }
}

const EVIL: &str = "# a comment\n192.0.2.1\n198.51.100.0/24\t12 sightings\nEvil.example. # inline\n*.worse.example\n\
    44D88612FEA8A8F36DE82E1278ABB02F\n0.0.0.0 hosts.example\n2001:DB8::/48\n\n;x\n//y\nhttp://bad.example/Path\n";
const MISP: &str =
    r#"{"name":"known","type":"hostname","version":1,"list":["well-known.example",".example.org"]}"#;
const CSV: &str = "# of the day\nfirst,dst ip,port\nnow,203.0.113.9,443\nthen, 203.0.113.10 ,80\n";

fn threat(config: &str) -> String {
    format!(r#"{{"type":"threat_intel","config":{{{config}}}}}"#)
}

#[test]
fn a_list_has_addresses_networks_domains_and_hashes() {
    let lists = surroundings(&[("evil.txt", EVIL), ("misp.json", MISP)]);
    let cases = [
        ("192.0.2.1", "evil.txt"),
        ("::ffff:192.0.2.1", "evil.txt"),
        ("192.0.2.2", ""),
        ("198.51.100.255", "evil.txt"),
        ("2001:db8:0:ffff::1", "evil.txt"),
        ("2001:db8:1::1", ""),
        ("evil.example", "evil.txt"),
        ("EVIL.EXAMPLE.", "evil.txt"),
        ("sub.evil.example", ""),
        ("worse.example", "evil.txt"),
        ("a.b.worse.example", "evil.txt"),
        ("hosts.example", "evil.txt"),
        ("0.0.0.0", ""),
        ("44d88612fea8a8f36de82e1278abb02f", "evil.txt"),
        ("HTTP://bad.example/path", "evil.txt"),
        ("www.well-known.example", "misp.json"),
        ("example.org", "misp.json"),
        ("example", ""),
        ("inline", ""),
        ("", ""),
        ("größe.example", ""),
    ];
    let asked: Vec<Option<&str>> = cases.iter().map(|(asked, _)| Some(*asked)).collect();
    let expected: Vec<&str> = cases.iter().map(|(_, list)| *list).collect();
    let filter = threat(r#""field":"query","lists":["evil.txt","misp.json"]"#);
    let outcome = run(&filter, &lists, batch_of("query", &asked));
    let named = found(&outcome.batch, "query_threat_list");
    for ((asked, list), named) in cases.iter().zip(&named) {
        assert_eq!(named.as_deref().unwrap_or_default(), *list, "{asked}");
    }
    let times = outcome.batch["query_threat_time"].as_primitive::<TimestampMicrosecondType>();
    let expected_times: Vec<Option<i64>> =
        expected.iter().map(|list| (!list.is_empty()).then_some(WRITTEN_US)).collect();
    assert_eq!(times.iter().collect::<Vec<_>>(), expected_times);

    let filter = threat(r#""field":"query","lists":"evil.txt","subdomains":true"#);
    let outcome =
        run(&filter, &lists, batch_of("query", &[Some("a.b.evil.example"), Some("notevil.example")]));
    assert_eq!(found(&outcome.batch, "query_threat_list"), some(&["evil.txt", ""]));
}

#[test]
fn several_fields_have_columns_of_their_own() {
    let lists = surroundings(&[("day.csv", CSV)]);
    let rows = batch(vec![
        ("source_ip", text_column(&[Some("203.0.113.9"), Some("10.0.0.1")])),
        ("dest_ip", text_column(&[Some("10.0.0.1"), Some("10.0.0.2")])),
        ("dest_port", integer_column(&[Some(443), Some(80)])),
    ]);
    let filter = threat(r#""fields":["source_ip","dest_ip","absent"],"lists":["day.csv"],"column":"dst ip""#);
    let outcome = run(&filter, &lists, rows.clone());
    // What nothing was found for has no columns.
    assert_eq!(names(&outcome.batch)[3..], ["source_ip_threat_list", "source_ip_threat_time"]);
    assert_eq!(found(&outcome.batch, "source_ip_threat_list"), some(&["day.csv", ""]));
    let by_number = threat(r#""field":"dest_port","lists":["day.csv"],"column":3"#);
    let outcome = run(&by_number, &lists, rows);
    assert_eq!(found(&outcome.batch, "dest_port_threat_list"), some(&["day.csv", "day.csv"]));
    let filter = threat(r#""field":"tags","lists":["day.csv"],"column":2"#);
    assert_eq!(run(&filter, &lists, lists_of("tags")).faulty.rows(), [0]);
}

#[test]
fn a_list_that_came_to_nothing_or_has_another_form_is_refused() {
    for (list, part) in [
        ("", "the list has no entry"),
        ("# only a comment\n", "the list has no entry"),
        ("1.2.3.4,malware\n", "line 1 has a comma: if the list is CSV, write its `column`"),
        (r#"{"type":"regex","list":["/x/"]}"#, "a list of type regex is not taken"),
        (r#"{"type":"substring","list":["x"]}"#, "a list of type substring is not taken"),
        (r#"{"values":["x"]}"#, "neither a JSON list of texts nor a warning list of MISP"),
    ] {
        let message = refusal(&threat(r#""field":"a","lists":"l""#), &surroundings(&[("l", list)]));
        assert!(message.contains(part), "{list}: {message}");
    }
    let csv = surroundings(&[("l", CSV)]);
    for (config, part) in [
        (r#""field":"a""#, "key `lists`: is needed"),
        (r#""lists":"l""#, "one of the keys fields, field is needed"),
        (r#""field":"a","lists":"l","column":"ip""#, "the first row has no column `ip`"),
        (r#""field":"a","lists":"l","column":0"#, "a whole number from 1"),
        (r#""field":"a","lists":"other""#, "no such file"),
    ] {
        let message = refusal(&threat(config), &csv);
        assert!(message.contains(part), "{config}: {message}");
    }
}

#[test]
fn a_missing_list_is_said_in_the_events_that_have_a_field_for_it() {
    let filter = threat(r#""fields":["a","b"],"lists":"l""#);
    let outcome = run(&filter, &bare(), batch_of("a", &[Some("x"), None]));
    let expected =
        "filter 1 (threat_intel): `l` cannot be used: these filters are compiled without resources";
    assert_eq!((errors(&outcome.batch, 0), errors(&outcome.batch, 1).len()), (vec![expected.to_owned()], 0));
}

#[test]
fn the_public_lists_are_read_and_have_what_is_in_them() {
    let Some(folder) = corpora("threatintel") else { return };
    let (mut taken, mut refused, mut entries) = (0, Vec::new(), 0);
    for path in files_in(&folder).into_iter().filter(|path| !path.ends_with("MANIFEST.tsv")) {
        let content = std::fs::read_to_string(&path).unwrap();
        let lists = surroundings(&[("list", content.as_str())]);
        let filter = threat(r#""field":"value","lists":"list""#);
        if let Err(reason) = try_compile(&filter, &lists) {
            refused.push((path, reason));
            continue;
        }
        let written = entries_as_written(&content);
        let asked: Vec<Option<&str>> = written.iter().map(|entry| Some(entry.as_str())).collect();
        let outcome = run(&filter, &lists, batch_of("value", &asked));
        for (row, entry) in written.iter().enumerate() {
            assert!(text(&outcome.batch, "value_threat_list", row).is_some(), "{}: {entry}", path.display());
        }
        taken += 1;
        entries += written.len();
    }
    println!("{taken} lists with {entries} entries taken, {} refused", refused.len());
    for (path, reason) in &refused {
        assert!(reason.contains("regex") || reason.contains("substring"), "{}: {reason}", path.display());
    }
    assert!(taken > 75 && refused.len() <= 4);
}

/// What a list has, read in another way than the product does; of a network its first address.
fn entries_as_written(content: &str) -> Vec<String> {
    let entries: Vec<String> = match serde_json::from_str::<serde_json::Value>(content) {
        Ok(list) => {
            list["list"].as_array().unwrap().iter().map(|item| item.as_str().unwrap().to_owned()).collect()
        }
        Err(_) => {
            let lines = content.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
            let lines = lines.filter(|line| !line.is_empty() && !line.starts_with("//"));
            lines.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
        }
    };
    entries
        .into_iter()
        .map(|entry| {
            entry
                .split_once('/')
                .filter(|(address, _)| address.parse::<std::net::IpAddr>().is_ok())
                .map_or(entry.trim_start_matches('.').to_owned(), |(address, _)| address.to_owned())
        })
        .collect()
}
