//! NetFlow v1, v5 and v7.

use std::net::Ipv4Addr;

use bytefreezer_fakedata::netflow::fixed::{Header, Record, encode_v1, encode_v5, encode_v7};
use proptest::prelude::*;
use serde_json::json;

use super::elements::{EXPORTED_US, UPTIME_MS};
use super::rows::{Row, assert_holds, read};

prop_compose! {
    fn record()(
        addresses: [[u8; 4]; 4],
        interfaces: [u16; 2],
        counts: [u32; 2],
        uptimes in prop::array::uniform2(0..=UPTIME_MS),
        ports: [u16; 2],
        ases: [u16; 2],
        small: [u8; 5],
    ) -> Record {
        let [source, dest, hop, router] = addresses.map(Ipv4Addr::from);
        Record {
            source_ip: source,
            dest_ip: dest,
            next_hop: hop,
            input: interfaces[0],
            output: interfaces[1],
            packets: counts[0],
            bytes: counts[1],
            first_ms: uptimes[0],
            last_ms: uptimes[1],
            source_port: ports[0],
            dest_port: ports[1],
            tcp_flags: small[0],
            protocol: small[1],
            tos: small[2],
            source_as: ases[0],
            dest_as: ases[1],
            source_mask: small[3],
            dest_mask: small[4],
            router,
        }
    }
}

fn header() -> Header {
    Header { uptime_ms: UPTIME_MS, unix_seconds: (EXPORTED_US / 1_000_000) as u32, ..Header::default() }
}

fn time_us(uptime_ms: u32) -> i64 {
    EXPORTED_US - i64::from(UPTIME_MS - uptime_ms) * 1_000
}

/// What all versions have.
fn common(record: &Record, format: &str) -> Row {
    let columns = [
        ("record_type", json!("flow")),
        ("flow_format", json!(format)),
        ("source_ip", json!(record.source_ip)),
        ("dest_ip", json!(record.dest_ip)),
        ("input_interface", json!(record.input)),
        ("output_interface", json!(record.output)),
        ("packets", json!(record.packets)),
        ("bytes", json!(record.bytes)),
        ("start_time", json!(time_us(record.first_ms))),
        ("end_time", json!(time_us(record.last_ms))),
        ("source_port", json!(record.source_port)),
        ("dest_port", json!(record.dest_port)),
        ("tcp_flags", json!(record.tcp_flags)),
        ("protocol", json!(record.protocol)),
        ("tos", json!(record.tos)),
    ];
    columns.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// What v5 and v7 have beside.
fn with_routing(record: &Record, format: &str) -> Row {
    let mut row = common(record, format);
    let more = [
        ("source_as", json!(record.source_as)),
        ("dest_as", json!(record.dest_as)),
        ("source_mask", json!(record.source_mask)),
        ("dest_mask", json!(record.dest_mask)),
    ];
    row.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    row
}

proptest! {
    #[test]
    fn v5(records in prop::collection::vec(record(), 1..=30)) {
        let rows = read("netflow", &[encode_v5(&header(), &records).unwrap()]);
        let expected: Vec<Row> = records.iter().map(|record| with_routing(record, "netflow_v5")).collect();
        assert_holds(&rows, &expected);
    }

    #[test]
    fn v1(records in prop::collection::vec(record(), 1..=24)) {
        let rows = read("netflow", &[encode_v1(&header(), &records).unwrap()]);
        let expected: Vec<Row> = records.iter().map(|record| common(record, "netflow_v1")).collect();
        assert_holds(&rows, &expected);
    }

    #[test]
    fn v7(records in prop::collection::vec(record(), 1..=27)) {
        let rows = read("netflow", &[encode_v7(&header(), &records).unwrap()]);
        let expected: Vec<Row> = records.iter().map(|record| with_routing(record, "netflow_v7")).collect();
        assert_holds(&rows, &expected);
    }
}
