//! What `bytefreezer fakedata` sends: every datagram is understood, and every record gives a row.

use bytefreezer_fakedata::{FlowFormat, FlowGenerator, FlowPlan, Generator};

use super::rows::{Row, read};

fn sent(format: FlowFormat) -> (Vec<Vec<u8>>, u64) {
    let plan = FlowPlan { format, seed: 11, datagram_bytes: 1_464, domains: 2, templates_every: 40 };
    let mut generator = FlowGenerator::new(&plan, Some(400));
    let (mut datagrams, mut records) = (Vec::new(), 0);
    for number in 0..400 {
        let mut datagram = Vec::new();
        records += generator.append_next(super::rows::RECEIVED_US + number * 1_000, &mut datagram);
        datagrams.push(datagram);
    }
    (datagrams, records)
}

/// The rows, all of them understood.
fn understood(format: FlowFormat, name: &str) -> (Vec<Row>, u64) {
    let (datagrams, records) = sent(format);
    let rows = read(name, &datagrams);
    for row in &rows {
        assert!(!row.contains_key("parse_error"), "{row:?}");
        assert!(!row.contains_key("sequence_gap"), "{row:?}");
        assert!(!row.contains_key("event_time_raw"), "{row:?}");
    }
    (rows, records)
}

#[test]
fn netflow_and_ipfix() {
    for format in [FlowFormat::Netflow5, FlowFormat::Netflow9, FlowFormat::Ipfix] {
        let (rows, records) = understood(format, "netflow");
        let flows: Vec<&Row> = rows.iter().filter(|row| row["record_type"] == "flow").collect();
        assert_eq!(flows.len() as u64, records, "{format:?}");
        for flow in flows {
            for column in ["source_ip", "dest_ip", "bytes", "packets", "protocol", "start_time", "end_time"] {
                assert!(flow.contains_key(column), "{format:?} {column}: {flow:?}");
            }
            assert!(flow["start_time"].as_i64() <= flow["end_time"].as_i64(), "{flow:?}");
        }
    }
}

#[test]
fn the_domain_that_samples_is_scaled() {
    for format in [FlowFormat::Netflow9, FlowFormat::Ipfix] {
        let (rows, _) = understood(format, "netflow");
        let scaled = rows.iter().filter(|row| row.get("sampling_rate").is_some_and(|rate| rate == 100));
        assert!(scaled.count() > 1_000, "{format:?}");
    }
}

#[test]
fn sflow() {
    let (rows, records) = understood(FlowFormat::Sflow, "sflow");
    assert_eq!(rows.len() as u64, records);
    for kind in ["flow", "if_counters", "ethernet_counters", "host_cpu"] {
        assert!(rows.iter().any(|row| row["record_type"] == kind), "{kind}");
    }
}
