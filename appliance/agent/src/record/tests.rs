//! Records as the C structures lay them out.

use super::*;

fn process_bytes() -> Vec<u8> {
    let mut bytes = 5_000_000_000_u64.to_ne_bytes().to_vec();
    for number in [4321_u32, 1, 1000, 100] {
        bytes.extend(number.to_ne_bytes());
    }
    bytes.extend(b"curl\0garbage\0\0\0\0");
    bytes
}

fn process() -> Process {
    Process {
        time: Duration::from_secs(5),
        pid: 4321,
        parent: 1,
        uid: 1000,
        gid: 100,
        name: "curl".to_owned(),
    }
}

fn exec_bytes(length: u32, arguments: &[u8]) -> Vec<u8> {
    let mut bytes = KIND_EXEC.to_ne_bytes().to_vec();
    bytes.extend(length.to_ne_bytes());
    bytes.extend(process_bytes());
    bytes.extend(b"/usr/bin/curl\0");
    bytes.resize(48 + FILE_NAME_BYTES_MAX, 0xff);
    bytes.extend(arguments);
    bytes.resize(48 + FILE_NAME_BYTES_MAX + COMMAND_LINE_BYTES_MAX, 0xff);
    bytes
}

fn connect_bytes(family: u16, source: &[u8], destination: &[u8]) -> Vec<u8> {
    let mut bytes = KIND_CONNECT.to_ne_bytes().to_vec();
    bytes.extend(family.to_ne_bytes());
    bytes.extend([1, 0]);
    bytes.extend(process_bytes());
    bytes.extend(40_000_u16.to_be_bytes());
    bytes.extend(443_u16.to_be_bytes());
    bytes.extend([0; 4]);
    bytes.extend(source);
    bytes.resize(72, 0);
    bytes.extend(destination);
    bytes.resize(88, 0);
    bytes
}

fn connect(bytes: &[u8]) -> Connect {
    match parse(bytes) {
        Some(Record::Connect(connect)) => connect,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_execution_is_read() {
    let record = parse(&exec_bytes(25, b"curl\0-s\0http://127.0.0.1/\0")).unwrap();
    let expected = Exec {
        process: process(),
        file_name: "/usr/bin/curl".to_owned(),
        command_line: "curl -s http://127.0.0.1/".to_owned(),
        truncated: false,
    };
    assert_eq!(record, Record::Exec(expected));
}

#[test]
fn a_long_command_line_is_cut_and_says_so() {
    let Some(Record::Exec(exec)) = parse(&exec_bytes(5000, &[b'a'; COMMAND_LINE_BYTES_MAX])) else {
        panic!("not read");
    };
    assert_eq!(exec.command_line.len(), COMMAND_LINE_BYTES_MAX);
    assert!(exec.truncated);
}

#[test]
fn a_connection_over_ipv4_is_read() {
    let record = connect(&connect_bytes(2, &[192, 0, 2, 1], &[198, 51, 100, 7]));
    assert_eq!(record.process, process());
    assert_eq!(record.source, ("192.0.2.1".parse().unwrap(), 40_000));
    assert_eq!(record.destination, ("198.51.100.7".parse().unwrap(), 443));
    assert!(record.established);
}

#[test]
fn a_connection_over_ipv6_is_read_and_mapped_addresses_are_ipv4() {
    let source: Ipv6Addr = "2001:db8::1".parse().unwrap();
    let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
    let record = connect(&connect_bytes(10, &source.octets(), &mapped.octets()));
    assert_eq!(record.source.0, IpAddr::from(source));
    assert_eq!(record.destination.0, "192.0.2.1".parse::<IpAddr>().unwrap());
}

#[test]
fn what_is_no_record_is_none() {
    assert_eq!(parse(&[]), None);
    assert_eq!(parse(&7_u32.to_ne_bytes()), None);
    assert_eq!(parse(&connect_bytes(1, &[], &[])), None, "a family that is not of the internet");
    for whole in [exec_bytes(3, b"abc"), connect_bytes(2, &[], &[])] {
        for length in 0..whole.len() {
            assert_eq!(parse(&whole[..length]), None, "cut at {length}");
        }
    }
}
