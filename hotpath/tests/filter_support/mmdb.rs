//! Writes small MaxMind databases (MaxMind DB File Format 2.0, record size 24).

use std::net::IpAddr;

use ipnet::IpNet;

/// A value of a record.
#[derive(Debug, Clone)]
pub enum Value {
    Map(Vec<(&'static str, Value)>),
    List(Vec<Value>),
    Text(&'static str),
    Double(f64),
    Float(f32),
    U16(u16),
    U32(u32),
    U64(u64),
    Bool(bool),
}

#[allow(unused_imports, reason = "each test uses its part")]
pub use Value::{Double, Float, List, Map, Text, U32};

/// Types with a number in the control byte itself, and those with one in a byte of its own.
const TEXT: u8 = 2;
const DOUBLE: u8 = 3;
const UINT16: u8 = 5;
const UINT32: u8 = 6;
const MAP: u8 = 7;
const UINT64: u8 = 9;
const ARRAY: u8 = 11;
const BOOLEAN: u8 = 14;
const FLOAT: u8 = 15;

fn control(kind: u8, size: usize, out: &mut Vec<u8>) {
    let (short, longer) = if size < 29 { (size as u8, None) } else { (29, Some((size - 29) as u8)) };
    if kind <= MAP {
        out.push(kind << 5 | short);
    } else {
        out.extend([short, kind - MAP]);
    }
    out.extend(longer);
}

fn put_text(text: &str, out: &mut Vec<u8>) {
    control(TEXT, text.len(), out);
    out.extend(text.as_bytes());
}

pub fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Map(members) => {
            control(MAP, members.len(), out);
            for (key, value) in members {
                put_text(key, out);
                encode(value, out);
            }
        }
        Value::List(items) => {
            control(ARRAY, items.len(), out);
            items.iter().for_each(|item| encode(item, out));
        }
        Value::Text(text) => put_text(text, out),
        Value::Double(double) => {
            control(DOUBLE, 8, out);
            out.extend(double.to_be_bytes());
        }
        Value::Float(float) => {
            control(FLOAT, 4, out);
            out.extend(float.to_be_bytes());
        }
        Value::U16(number) => {
            control(UINT16, 2, out);
            out.extend(number.to_be_bytes());
        }
        Value::U32(number) => {
            control(UINT32, 4, out);
            out.extend(number.to_be_bytes());
        }
        Value::U64(number) => {
            control(UINT64, 8, out);
            out.extend(number.to_be_bytes());
        }
        Value::Bool(boolean) => control(BOOLEAN, usize::from(*boolean), out),
    }
}

#[derive(Clone, Copy)]
enum Record {
    Empty,
    Node(usize),
    Data(usize),
}

/// A database of `ip_version` 4 or 6 with a record for each network. Of networks in one another the outer come first.
pub fn database(ip_version: u16, networks: &[(&str, Value)]) -> Vec<u8> {
    let mut nodes = vec![[Record::Empty; 2]];
    let mut data = Vec::new();
    for (network, value) in networks {
        let offset = data.len();
        encode(value, &mut data);
        insert(&mut nodes, &bits(network.parse().unwrap(), ip_version), offset);
    }
    let node_count = nodes.len();
    let mut file = Vec::new();
    for record in nodes.iter().flatten() {
        let number = match record {
            Record::Empty => node_count,
            Record::Node(node) => *node,
            Record::Data(offset) => node_count + 16 + offset,
        };
        file.extend(&(number as u32).to_be_bytes()[1..]);
    }
    file.extend([0; 16]);
    file.extend(data);
    file.extend(b"\xab\xcd\xefMaxMind.com");
    let metadata = Map(vec![
        ("binary_format_major_version", Value::U16(2)),
        ("binary_format_minor_version", Value::U16(0)),
        ("build_epoch", Value::U64(1_700_000_000)),
        ("database_type", Text("Test")),
        ("description", Map(vec![("en", Text("a test"))])),
        ("ip_version", Value::U16(ip_version)),
        ("languages", List(vec![Text("en")])),
        ("node_count", U32(node_count as u32)),
        ("record_size", Value::U16(24)),
    ]);
    encode(&metadata, &mut file);
    file
}

/// The bits of a network's prefix. In a tree for IPv6, IPv4 lies under 96 zeros.
fn bits(network: IpNet, ip_version: u16) -> Vec<usize> {
    let (number, width, length) = match network.network() {
        IpAddr::V4(address) if ip_version == 6 => {
            (u128::from(address.to_bits()), 128, usize::from(network.prefix_len()) + 96)
        }
        IpAddr::V4(address) => (u128::from(address.to_bits()), 32, usize::from(network.prefix_len())),
        IpAddr::V6(address) => (address.to_bits(), 128, usize::from(network.prefix_len())),
    };
    (0..length).map(|bit| (number >> (width - 1 - bit) & 1) as usize).collect()
}

fn insert(nodes: &mut Vec<[Record; 2]>, bits: &[usize], offset: usize) {
    let (last, path) = bits.split_last().expect("a network smaller than everything");
    let mut node = 0;
    for bit in path {
        node = match nodes[node][*bit] {
            Record::Node(next) => next,
            record => {
                nodes.push([record; 2]);
                nodes[node][*bit] = Record::Node(nodes.len() - 1);
                nodes.len() - 1
            }
        };
    }
    nodes[node][*last] = Record::Data(offset);
}
