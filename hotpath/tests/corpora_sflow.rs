//! The public sFlow corpora: no panic, no broken datagram, and what sflowtool made of them.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test")]

mod batch_support;

use std::path::{Path, PathBuf};

use batch_support::{Rows, corpora, decode_datagrams};
use hotpath::block::SourceType;
use hotpath::pcap::{Capture, is_capture};
use serde_json::Value;

/// sflowtool's name of a field of a flow sample, and our column.
const SAMPLE_FIELDS: &[(&str, &str)] = &[
    ("meanSkipCount", "sampling_rate"),
    ("samplePool", "sample_pool"),
    ("dropEvents", "drops"),
    ("inputPort", "input_interface"),
    ("outputPort", "output_interface"),
    ("sampleSequenceNo", "sample_sequence_number"),
];

/// The same of a record of a flow sample.
const FLOW_FIELDS: &[(&str, &str)] = &[
    ("srcIP", "source_ip"),
    ("dstIP", "dest_ip"),
    ("srcIP6", "source_ip"),
    ("dstIP6", "dest_ip"),
    ("IPProtocol", "protocol"),
    ("IPTOS", "tos"),
    ("IPTTL", "ip_ttl"),
    ("TCPSrcPort", "source_port"),
    ("TCPDstPort", "dest_port"),
    ("UDPSrcPort", "source_port"),
    ("UDPDstPort", "dest_port"),
    ("TCPFlags", "tcp_flags"),
    ("ethernet_type", "ethertype"),
    ("headerProtocol", "header_protocol"),
    ("strippedBytes", "stripped"),
    ("decodedVLAN", "vlan_id"),
    ("decodedPriority", "dot1q_priority"),
    ("decodedVLAN.1", "dot1q_customer_vlan_id"),
    ("in_vlan", "src_vlan"),
    ("out_vlan", "dst_vlan"),
    ("in_priority", "src_priority"),
    ("out_priority", "dst_priority"),
    ("nextHop", "next_hop"),
    ("srcSubnetMask", "source_mask"),
    ("dstSubnetMask", "dest_mask"),
    ("bgp_nexthop", "bgp_next_hop"),
    ("my_as", "router_as"),
    ("src_as", "source_as"),
    ("src_peer_as", "source_peer_as"),
    ("BGP_localpref", "local_pref"),
    ("src_user", "src_user"),
    ("dst_user", "dst_user"),
    ("url", "url"),
    ("host", "host"),
    ("tunnel_ipv4_in_srcIP", "ipv4_tunnel_ingress_src_ip"),
    ("tunnel_ipv4_in_IPProtocol", "ipv4_tunnel_ingress_protocol"),
];

/// The same of a record of a counter sample, where it is not our name with capitals.
const COUNTER_FIELDS: &[(&str, &str)] = &[
    ("networkType", "if_type"),
    ("in_vlan", "vlan_id"),
    ("ifName", "name"),
    ("openflow_datapath_id", "datapath_id"),
    ("openflow_port", "port_no"),
    ("UUID", "uuid"),
    ("attachedAggID", "dot3ad_agg_port_attached_agg_id"),
    ("actorAdminPortState", "dot3ad_agg_port_actor_admin_state"),
    ("actorOperPortState", "dot3ad_agg_port_actor_oper_state"),
    ("LACPDUsRx", "dot3ad_agg_port_stats_lacpdus_rx"),
    ("illegalRx", "dot3ad_agg_port_stats_illegal_rx"),
    ("cpu_uptime", "uptime"),
    ("cpuinterrupts", "interrupts"),
    ("cpuintr", "cpu_intr"),
    ("cpu_contexts", "contexts"),
    ("cpu_proc_run", "proc_run"),
    ("disk_reads", "reads"),
    ("disk_bytes_written", "bytes_written"),
    ("nio_bytes_in", "bytes_in"),
    ("nio_pkts_out", "packets_out"),
    ("memory_used", "mem_used"),
    ("connections_open", "conn_open"),
    ("OVS_dp_hits", "n_hit"),
    ("OVS_dp_mask_hits", "n_mask_hit"),
    ("system_time", "system_time"),
];

/// Not fields of the record.
const NO_FIELDS: &[&str] = &["counterBlock_tag", "ifDirection_name"];

fn datagrams_of(file: &Path) -> Vec<Vec<u8>> {
    let bytes = std::fs::read(file).unwrap();
    if !is_capture(&bytes) {
        return vec![bytes];
    }
    let mut capture = Capture::new(&bytes).unwrap();
    let mut datagrams = Vec::new();
    while let Some(datagram) = capture.next_datagram().unwrap() {
        datagrams.push(datagram.payload.to_vec());
    }
    datagrams
}

/// The folders of cases, with their datagrams.
fn cases(corpora: &Path) -> Vec<(PathBuf, Vec<Vec<u8>>)> {
    let mut cases = Vec::new();
    for source in folders_in(corpora) {
        for case in folders_in(&source) {
            let mut files: Vec<PathBuf> =
                std::fs::read_dir(&case).unwrap().map(|entry| entry.unwrap().path()).collect();
            files.sort();
            files.retain(|file| {
                file.extension()
                    .is_some_and(|ending| ["dat", "bin", "pcap"].iter().any(|known| ending == *known))
            });
            cases.push((case, files.iter().flat_map(|file| datagrams_of(file)).collect()));
        }
    }
    cases
}

fn folders_in(folder: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// What sflowtool printed of a case, `None` where it printed something that is not JSON.
fn expected(case: &Path) -> Option<Vec<Value>> {
    let text = std::fs::read_to_string(case.join("oracle.sflowtool.ndjson")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).ok()).collect()
}

/// One spelling for numbers and addresses.
fn plain(text: &str) -> String {
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return address.to_string();
    }
    text.to_lowercase()
}

/// Fields that agree, and those that do not.
#[derive(Default)]
struct Account {
    agree: usize,
    differ: Vec<String>,
}

impl Account {
    fn compare(&mut self, what: &str, expected: &str, given: Option<&str>) {
        if given.map(plain) == Some(plain(expected)) {
            self.agree += 1;
        } else {
            self.differ.push(format!("{what}: expected {expected}, got {given:?}"));
        }
    }
}

fn compare_flow(sample: &Value, rows: &Rows, row: usize, account: &mut Account) {
    let elements = sample["elements"].as_array().unwrap();
    let of_sample = SAMPLE_FIELDS.iter().map(|field| (sample, field));
    let of_records =
        elements.iter().flat_map(|element| FLOW_FIELDS.iter().map(move |field| (element, field)));
    for (object, (name, column)) in of_sample.chain(of_records) {
        let Some(value) = object[*name].as_str() else { continue };
        // Not a number: the kind of interface that is in a column of its own.
        if name.ends_with("Port")
            && !name.starts_with("TCP")
            && !name.starts_with("UDP")
            && value.parse::<u64>().is_err()
        {
            continue;
        }
        // The type of a sampled_ethernet is printed in hexadecimal.
        if *name == "ethernet_type" && object["flowBlock_tag"] == "0:2" {
            continue;
        }
        account.compare(name, value, rows.value(column, row).as_deref());
    }
}

fn compare_counters(element: &Value, rows: &Rows, row: usize, account: &mut Account) {
    for (name, value) in element.as_object().unwrap() {
        let Some(value) = value.as_str().filter(|_| !NO_FIELDS.contains(&name.as_str())) else { continue };
        let renamed =
            COUNTER_FIELDS.iter().find(|(theirs, _)| theirs == name).map(|(_, ours)| (*ours).to_owned());
        let column = renamed.or_else(|| hotpath::batch::column_name(name)).unwrap();
        let Some(given) = rows.value(&column, row) else {
            // Counters that are not available are null with us.
            if value != "4294967295" && value != "18446744073709551615" && rows.has(&column) {
                account.compare(name, value, None);
            }
            continue;
        };
        account.compare(name, value, Some(&given));
    }
}

/// The first row from `row` on that is of the datagram; sflowtool has not printed all datagrams of every capture.
fn row_of(datagram: &Value, rows: &Rows, row: usize) -> usize {
    let is_of = |row: &usize| {
        rows.value("sequence_number", *row).as_deref() == datagram["packetSequenceNo"].as_str()
            && rows.value("sub_agent_id", *row).as_deref() == datagram["agentSubId"].as_str()
    };
    (row..rows.count()).find(is_of).unwrap_or(row)
}

/// The rows of a case, sample by sample as sflowtool has them.
fn compare_case(expected: &[Value], rows: &Rows, account: &mut Account) {
    let mut row = 0;
    for datagram in expected {
        row = row_of(datagram, rows, row);
        for sample in datagram["samples"].as_array().into_iter().flatten() {
            let kind = sample["sampleType"].as_str().unwrap();
            let Some(elements) = sample["elements"].as_array() else { continue };
            if kind.contains("FLOW") {
                let agent = rows.value("exporter_ip", row);
                account.compare("agent", datagram["agent"].as_str().unwrap(), agent.as_deref());
                compare_flow(sample, rows, row, account);
                row += 1;
            } else if kind.contains("COUNTERS") {
                for element in elements {
                    compare_counters(element, rows, row, account);
                    row += 1;
                }
            } else {
                row += 1;
            }
        }
    }
}

#[test]
fn the_corpora_are_decoded_as_sflowtool_decodes_them() {
    let Some(folder) = corpora("sflow") else {
        println!("skipped: no corpora");
        return;
    };
    let mut account = Account::default();
    let mut compared = 0;
    for (case, datagrams) in cases(&folder) {
        let rows = decode_datagrams("sflow", SourceType::Sflow, &datagrams);
        for row in 0..rows.count() {
            if let Some(error) = rows.value("parse_error", row) {
                println!("{}: {error}", case.display());
            }
        }
        let Some(expected) = expected(&case) else {
            println!("{}: sflowtool printed something that is not JSON", case.display());
            continue;
        };
        let before = account.differ.len();
        println!("{}: {} rows", case.display(), rows.count());
        compare_case(&expected, &rows, &mut account);
        for difference in &account.differ[before..] {
            println!("    {difference}");
        }
        compared += 1;
    }
    let total = account.agree + account.differ.len();
    println!("{} of {total} fields agree in {compared} cases", account.agree);
    assert!(compared >= 20 && total > 5_000, "{total} fields in {compared} cases");
    assert!(account.agree * 100 >= total * 99, "{} of {total} fields agree", account.agree);
}
