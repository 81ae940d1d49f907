//! `geoip`: what it finds in databases of both forms, and what it makes of broken ones.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod filter_support;

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use arrow::array::{ArrayRef, ListBuilder, RecordBatch, StringViewBuilder};
use filter_support::mmdb::{Double, Float, List, Map, Text, U32, Value, database};
use filter_support::{
    Memory, apply, bare, batch, batch_of, compile, corpora, errors, integer_column, names, number, refusal,
    run, surroundings, text, text_column, texts,
};
use hotpath::filter::{FilterSurroundings, Resources};
use ipnet::IpNet;

const SHORT: &str = r#"{"type":"geoip","config":{"field":"source_ip"}}"#;

fn named(name: &'static str) -> Value {
    Map(vec![("names", Map(vec![("de", Text("auf deutsch")), ("en", Text(name))]))])
}

/// A record as MaxMind's city databases have it.
fn berlin() -> Value {
    let country = Map(vec![("iso_code", Text("DE")), ("names", Map(vec![("en", Text("Germany"))]))]);
    let continent = Map(vec![("code", Text("EU")), ("names", Map(vec![("en", Text("Europe"))]))]);
    let state = Map(vec![("iso_code", Text("BE")), ("names", Map(vec![("en", Text("State of Berlin"))]))]);
    let location = Map(vec![
        ("accuracy_radius", Value::U16(20)),
        ("latitude", Double(52.5)),
        ("longitude", Double(13.4)),
        ("time_zone", Text("Europe/Berlin")),
    ]);
    Map(vec![
        ("city", named("Berlin")),
        ("continent", continent),
        ("country", country),
        ("location", location),
        ("postal", Map(vec![("code", Text("10115"))])),
        ("subdivisions", List(vec![state, named("a district")])),
    ])
}

fn city_database() -> Vec<u8> {
    let france = Map(vec![("country", Map(vec![("iso_code", Text("FR"))]))]);
    database(6, &[("192.0.2.0/24", france), ("192.0.2.128/25", berlin()), ("2001:db8::/32", berlin())])
}

fn asn_database() -> Vec<u8> {
    let of = |number, name| {
        Map(vec![("autonomous_system_number", U32(number)), ("autonomous_system_organization", Text(name))])
    };
    database(6, &[("192.0.2.0/24", of(64500, "Example Net")), ("198.51.100.0/24", of(64501, "Other Net"))])
}

fn both() -> FilterSurroundings {
    surroundings(&[("GeoLite2-City.mmdb", city_database()), ("GeoLite2-ASN.mmdb", asn_database())])
}

fn addresses(addresses: &[Option<&str>]) -> RecordBatch {
    batch_of("source_ip", addresses)
}

#[test]
fn the_short_form_gives_the_ten_documented_columns() {
    let outcome = run(SHORT, &both(), addresses(&[Some("192.0.2.200")]));
    let found = &outcome.batch;
    for (name, value) in [
        ("country", "Germany"),
        ("country_code", "DE"),
        ("region", "State of Berlin"),
        ("city", "Berlin"),
        ("continent", "Europe"),
        ("timezone", "Europe/Berlin"),
        ("as_org", "Example Net"),
    ] {
        assert_eq!(text(found, &format!("source_ip_geo_{name}"), 0).as_deref(), Some(value), "{name}");
    }
    for (name, value) in [("lat", 52.5), ("lon", 13.4), ("asn", 64500.0)] {
        assert_eq!(number(found, &format!("source_ip_geo_{name}"), 0), Some(value), "{name}");
    }
    assert_eq!(names(found).len(), 11, "{:?}", names(found));
}

#[test]
fn each_address_has_its_own_record_and_what_has_none_stays_as_it_is() {
    let asked = [
        Some("192.0.2.1"),
        Some("192.0.2.129"),
        None,
        Some("2001:db8::1"),
        Some("10.0.0.1"),
        Some("::ffff:192.0.2.129"),
        Some("198.51.100.7"),
        Some("192.0.2.129"),
    ];
    let outcome = run(SHORT, &both(), addresses(&asked));
    let codes = texts(&outcome.batch, "source_ip_geo_country_code");
    let codes: Vec<Option<&str>> = codes.iter().map(Option::as_deref).collect();
    assert_eq!(codes, [Some("FR"), Some("DE"), None, Some("DE"), None, Some("DE"), None, Some("DE")]);
    assert_eq!(text(&outcome.batch, "source_ip_geo_country", 0), None);
    assert_eq!(number(&outcome.batch, "source_ip_geo_asn", 6), Some(64501.0));
    assert!(outcome.faulty.is_none());
    assert_eq!(&outcome.batch["source_ip"], &addresses(&asked)["source_ip"]);
}

#[test]
fn what_is_no_address_says_so_and_a_missing_field_is_no_fault() {
    let huge = "1".repeat(100_000);
    let asked = [
        Some("192.0.2.129"),
        Some("localhost"),
        Some(""),
        Some("übergröße"),
        Some(&huge),
        Some("192.0.2.1:443"),
    ];
    let outcome = run(SHORT, &both(), addresses(&asked));
    assert_eq!(outcome.faulty.rows(), [1, 2, 3, 4, 5]);
    assert_eq!(errors(&outcome.batch, 1), ["filter 1 (geoip): not an address"]);

    let other = batch_of("host", &[Some("a")]);
    assert_eq!(run(SHORT, &both(), other.clone()).batch, other);
    let numbers = batch(vec![("source_ip", integer_column(&[Some(7), None]))]);
    assert_eq!(run(SHORT, &both(), numbers).faulty.rows(), [0]);
    let mut lists = ListBuilder::new(StringViewBuilder::new());
    lists.append_value([Some("192.0.2.129")]);
    let lists: ArrayRef = Arc::new(lists.finish());
    let outcome = run(SHORT, &both(), batch(vec![("source_ip", lists)]));
    assert_eq!(errors(&outcome.batch, 0), ["filter 1 (geoip): a list is no address"]);
}

#[test]
fn the_keys_of_the_reference_name_columns_as_they_are_written() {
    let filter = r#"{"type":"geoip","config":{"source_field":"source_ip","target_field":"src_geo","database":"GeoLite2-City.mmdb",
        "fields":["country_name","city_name","latitude","location","postal_code","region_code","continent_code","accuracy_radius"]}}"#;
    let outcome = run(filter, &both(), addresses(&[Some("192.0.2.200")]));
    let expected = [
        "source_ip",
        "src_geo_country_name",
        "src_geo_city_name",
        "src_geo_latitude",
        "src_geo_location_lat",
        "src_geo_location_lon",
        "src_geo_postal_code",
        "src_geo_region_code",
        "src_geo_continent_code",
        "src_geo_accuracy_radius",
    ];
    assert_eq!(names(&outcome.batch), expected);
    assert_eq!(text(&outcome.batch, "src_geo_city_name", 0).as_deref(), Some("Berlin"));
    assert_eq!(number(&outcome.batch, "src_geo_location_lat", 0), Some(52.5));
}

#[test]
fn flat_databases_in_a_file_for_each_family_are_read_too() {
    let flat = |code, city, latitude| {
        Map(vec![
            ("city", Text(city)),
            ("country_code", Text(code)),
            ("latitude", latitude),
            ("longitude", Text("-0.12")),
            ("postcode", Text("")),
            ("state1", Text("England")),
            ("timezone", Text("Europe/London")),
        ])
    };
    let ipv4 = database(4, &[("192.0.2.0/24", flat("GB", "London", Float(51.51)))]);
    let ipv6 = database(6, &[("2001:db8::/32", flat("GB", "Leeds", U32(53)))]);
    let surroundings = surroundings(&[("city-ipv4.mmdb", ipv4), ("city-ipv6.mmdb", ipv6)]);
    let filter = r#"{"type":"geoip","config":{"field":"source_ip","database":["city-ipv4.mmdb","city-ipv6.mmdb"],
        "fields":["country","country_code","region","city","lat","lon","timezone","postal_code"]}}"#;
    let outcome =
        run(filter, &surroundings, addresses(&[Some("192.0.2.1"), Some("2001:db8::1"), Some("2001:db9::1")]));
    assert!(outcome.faulty.is_none());
    for (row, city, latitude) in [(0, "London", 51.51), (1, "Leeds", 53.0)] {
        assert_eq!(text(&outcome.batch, "source_ip_geo_city", row).as_deref(), Some(city));
        assert_eq!(text(&outcome.batch, "source_ip_geo_region", row).as_deref(), Some("England"));
        assert_eq!(text(&outcome.batch, "source_ip_geo_country_code", row).as_deref(), Some("GB"));
        assert_eq!(number(&outcome.batch, "source_ip_geo_lat", row), Some(latitude));
        assert_eq!(number(&outcome.batch, "source_ip_geo_lon", row), Some(-0.12));
    }
    assert_eq!(text(&outcome.batch, "source_ip_geo_city", 2), None);
    // There is no name of the country, and no postal code, in any row.
    assert!(
        !names(&outcome.batch).iter().any(|name| name.ends_with("_country") || name.ends_with("postal_code"))
    );
}

#[test]
fn a_condition_leaves_other_events_alone_and_a_column_that_is_there_keeps_what_is_not_found() {
    let filter = r#"{"type":"geoip","config":{"field":"source_ip","target_field":"geo","fields":["country_code"]},"condition":"zone == 'out'"}"#;
    let before = batch(vec![
        ("source_ip", text_column(&[Some("192.0.2.1"), Some("192.0.2.1"), Some("10.0.0.1")])),
        ("zone", text_column(&[Some("out"), Some("in"), Some("out")])),
        ("geo_country_code", text_column(&[Some("XX"), Some("YY"), Some("ZZ")])),
    ]);
    let outcome = run(filter, &both(), before);
    let codes: Vec<String> = texts(&outcome.batch, "geo_country_code").into_iter().flatten().collect();
    assert_eq!(codes, ["FR", "YY", "ZZ"]);
}

#[test]
fn a_database_is_swapped_while_the_filter_lives() {
    let memory = Arc::new(Memory::default());
    let resources = Arc::new(Resources::awaiting(memory.clone()));
    let surroundings = FilterSurroundings { resources: Arc::clone(&resources), ..Default::default() };
    let filters = compile(SHORT, &surroundings);
    let mut state = filters.new_state();
    let mut code = || {
        let outcome = apply(&filters, &mut state, addresses(&[Some("192.0.2.1")]));
        text(&outcome.batch, "source_ip_geo_country_code", 0)
            .ok_or_else(|| errors(&outcome.batch, 0).concat())
    };
    assert_eq!(code(), Err("filter 1 (geoip): `GeoLite2-City.mmdb` cannot be used: no such file".to_owned()));
    memory.write("GeoLite2-City.mmdb", city_database());
    resources.refresh();
    assert_eq!(code().as_deref(), Ok("FR"));
    memory.write("GeoLite2-City.mmdb", database(4, &[("192.0.2.0/24", berlin())]));
    resources.refresh();
    assert_eq!(code().as_deref(), Ok("DE"));
    memory.write("GeoLite2-City.mmdb", "broken");
    assert!(resources.refresh().iter().any(|change| change.refused.is_some()));
    assert_eq!(code().as_deref(), Ok("DE"));
}

#[test]
fn a_wrong_configuration_says_what_to_write() {
    for (config, part) in [
        (r#"{"database":"x.mmdb"}"#, "one of the keys source_field, field is needed"),
        (r#"{"field":"a","source_field":"a"}"#, "exclude each other"),
        (r#"{"field":"a","database":"x.mmdb"}"#, "key `database`: `x.mmdb` cannot be used: no such file"),
        (r#"{"field":"a","database":["a","b","c","d","e"]}"#, "at most 4 are taken"),
        (r#"{"field":"a","fields":["contry"]}"#, "unknown field `contry`, did you mean `country`?"),
        (r#"{"field":"a","fields":["country_code3"]}"#, "write `country_code`"),
        (r#"{"field":"a","target_field":"srcGeo"}"#, "write `src_geo`"),
    ] {
        let message = refusal(&format!(r#"{{"type":"geoip","config":{config}}}"#), &both());
        assert!(message.contains(part), "{config}: {message}");
    }
    let broken = surroundings(&[("GeoLite2-City.mmdb", "no database")]);
    assert!(refusal(SHORT, &broken).contains("it is no MaxMind database"));
    // Without resources it compiles, and says so in each event that needs one.
    let outcome = run(SHORT, &bare(), addresses(&[Some("192.0.2.1"), None]));
    assert_eq!(outcome.faulty.rows(), [0]);
}

/// The value at a path of a record in the corpora.
fn at<'a>(record: &'a serde_json::Value, path: &str) -> &'a serde_json::Value {
    record.pointer(path).unwrap_or(&serde_json::Value::Null)
}

/// The networks of a source file with their records.
fn source_records(text: &str) -> BTreeMap<String, serde_json::Value> {
    let items: Vec<BTreeMap<String, serde_json::Value>> = serde_json::from_str(text).unwrap();
    items.into_iter().flatten().collect()
}

#[test]
fn every_network_of_the_public_test_databases_has_its_record() {
    let Some(folder) = corpora("geoip") else { return };
    let text_fields = [
        ("country", "/country/names/en"),
        ("country_code", "/country/iso_code"),
        ("region", "/subdivisions/0/names/en"),
        ("region_code", "/subdivisions/0/iso_code"),
        ("city", "/city/names/en"),
        ("continent", "/continent/names/en"),
        ("continent_code", "/continent/code"),
        ("timezone", "/location/time_zone"),
        ("postal_code", "/postal/code"),
        ("as_org", "/autonomous_system_organization"),
    ];
    let number_fields = [
        ("lat", "/location/latitude"),
        ("lon", "/location/longitude"),
        ("metro_code", "/location/metro_code"),
        ("accuracy_radius", "/location/accuracy_radius"),
        ("asn", "/autonomous_system_number"),
    ];
    let fields: Vec<&str> = text_fields.iter().chain(&number_fields).map(|(field, _)| *field).collect();
    for name in ["GeoLite2-City-Test", "GeoLite2-Country-Test", "GeoIP2-Country-Test", "GeoLite2-ASN-Test"] {
        let folder = folder.join("maxmind-test-data").join(name);
        let bytes = std::fs::read(folder.join(format!("{name}.mmdb"))).unwrap();
        let source = std::fs::read_to_string(folder.join(format!("expected.{name}.json"))).unwrap();
        let records = source_records(&source);
        // Of each network the first and the last address; the smallest network that has it counts.
        let networks: Vec<(IpNet, &serde_json::Value)> =
            records.iter().map(|(network, record)| (network.parse().unwrap(), record)).collect();
        let mut asked: Vec<(String, &serde_json::Value)> = Vec::new();
        for (network, _) in &networks {
            for address in [network.network(), network.broadcast()] {
                let around = networks.iter().filter(|(network, _)| network.contains::<&IpAddr>(&address));
                let (_, record) = around.max_by_key(|(network, _)| network.prefix_len()).unwrap();
                asked.push((address.to_string(), record));
            }
        }
        let asked_texts: Vec<Option<&str>> =
            asked.iter().map(|(address, _)| Some(address.as_str())).collect();
        let filter = serde_json::json!({"type": "geoip", "config": {"field": "ip", "database": "db", "fields": fields}});
        let outcome = run(&filter.to_string(), &surroundings(&[("db", bytes)]), batch_of("ip", &asked_texts));
        assert!(outcome.faulty.is_none(), "{name}");
        for (row, (address, record)) in asked.iter().enumerate() {
            for (field, path) in text_fields {
                let found = text(&outcome.batch, &format!("ip_geo_{field}"), row);
                assert_eq!(found.as_deref(), at(record, path).as_str(), "{name} {address} {field}");
            }
            for (field, path) in number_fields {
                let found = number(&outcome.batch, &format!("ip_geo_{field}"), row);
                assert_eq!(found, at(record, path).as_f64(), "{name} {address} {field}");
            }
        }
        println!("{name}: {} networks, {} addresses", networks.len(), asked.len());
        assert!(networks.len() > 200, "{name}");
    }
}

/// Files of the corpora that are called corrupt and are not: an empty map or list at the end of the metadata is sound.
const SOUND: [&str; 2] =
    ["libmaxminddb-empty-array-last-in-metadata", "libmaxminddb-empty-map-last-in-metadata"];

#[test]
fn every_public_database_is_asked_and_the_corrupt_ones_are_refused_or_say_so() {
    let Some(folder) = corpora("geoip") else { return };
    let manifest = std::fs::read_to_string(folder.join("MANIFEST.tsv")).unwrap();
    let asked = "0.0.0.0 1.1.1.1 1.1.1.16 1.1.1.32 81.2.69.160 255.255.255.255 :: 2001:218:: 2002::1 ffff::";
    let asked: Vec<Option<&str>> = asked.split(' ').map(Some).collect();
    let filter = r#"{"type":"geoip","config":{"field":"ip","database":"db"}}"#;
    let (mut corrupt, mut sound) = (0, 0);
    for line in manifest.lines().filter(|line| line.contains(".mmdb\t")) {
        let file = line.split('\t').next().unwrap();
        let resources = surroundings(&[("db", std::fs::read(folder.join(file)).unwrap())]);
        let is_well = match filter_support::try_compile(filter, &resources) {
            Err(reason) => {
                println!("{file}: {reason}");
                false
            }
            Ok(filters) => {
                let outcome = apply(&filters, &mut filters.new_state(), batch_of("ip", &asked));
                assert_eq!(outcome.batch.num_rows(), asked.len());
                println!("{file}: damaged at {:?}", outcome.faulty.rows());
                outcome.faulty.is_none()
            }
        };
        let is_corrupt =
            line.contains("deliberately corrupt") && !SOUND.iter().any(|sound| file.contains(sound));
        assert_eq!(is_well, !is_corrupt, "{file}");
        corrupt += usize::from(is_corrupt);
        sound += usize::from(!is_corrupt);
    }
    assert!(corrupt >= 10 && sound >= 15, "{corrupt} corrupt, {sound} sound");
}
