//! Information elements as IANA lists them, with the column that each must come out in, and random values of them.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use bytefreezer_fakedata::templated::{Field, VARIABLE_LENGTH, Value};
use rand::Rng;
use rand::rngs::SmallRng;
use serde_json::{Value as Json, json};

use super::rows::RECEIVED_US;

/// The data types of RFC 7011, section 6.1, as far as the elements below have them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// An unsigned number of so many bytes, or fewer (reduced-size encoding).
    Unsigned(u16),
    Signed(u16),
    Float64,
    Boolean,
    Ipv4,
    Ipv6,
    Mac,
    Text,
    /// Octets that have no better form: hexadecimal digits.
    Octets,
    /// Milliseconds since the exporter started.
    Uptime,
    Seconds,
    Milliseconds,
    /// Seconds since 1900 and a fraction.
    Ntp,
}

/// An element.
#[derive(Debug, Clone, Copy)]
pub struct Element {
    pub id: u16,
    pub enterprise: Option<u32>,
    pub kind: Type,
    pub column: &'static str,
}

const fn element(id: u16, kind: Type, column: &'static str) -> Element {
    Element { id, enterprise: None, kind, column }
}

const fn of_enterprise(enterprise: u32, id: u16, kind: Type, column: &'static str) -> Element {
    Element { id, enterprise: Some(enterprise), kind, column }
}

/// Of each list a template has one at most: the others would write to the same columns.
pub const SOURCES: &[Element] = &[element(8, Type::Ipv4, "source_ip"), element(27, Type::Ipv6, "source_ip")];
pub const DESTS: &[Element] = &[element(12, Type::Ipv4, "dest_ip"), element(28, Type::Ipv6, "dest_ip")];
pub const HOPS: &[Element] = &[element(15, Type::Ipv4, "next_hop"), element(62, Type::Ipv6, "next_hop")];
pub const V9_TIMES: &[[Element; 2]] =
    &[[element(22, Type::Uptime, "start_time"), element(21, Type::Uptime, "end_time")]];
pub const IPFIX_TIMES: &[[Element; 2]] = &[
    [element(150, Type::Seconds, "start_time"), element(151, Type::Seconds, "end_time")],
    [element(152, Type::Milliseconds, "start_time"), element(153, Type::Milliseconds, "end_time")],
    [element(154, Type::Ntp, "start_time"), element(155, Type::Ntp, "end_time")],
];

/// A template may have any of these beside.
pub const BOTH: &[Element] = &[
    element(1, Type::Unsigned(8), "bytes"),
    element(2, Type::Unsigned(8), "packets"),
    element(4, Type::Unsigned(1), "protocol"),
    element(5, Type::Unsigned(1), "tos"),
    element(6, Type::Unsigned(2), "tcp_flags"),
    element(7, Type::Unsigned(2), "source_port"),
    element(9, Type::Unsigned(1), "source_mask"),
    element(10, Type::Unsigned(4), "input_interface"),
    element(11, Type::Unsigned(2), "dest_port"),
    element(13, Type::Unsigned(1), "dest_mask"),
    element(14, Type::Unsigned(4), "output_interface"),
    element(16, Type::Unsigned(4), "source_as"),
    element(17, Type::Unsigned(4), "dest_as"),
    element(18, Type::Ipv4, "bgp_next_hop"),
    element(31, Type::Unsigned(4), "flow_label_ipv6"),
    element(56, Type::Mac, "source_mac"),
    element(58, Type::Unsigned(2), "vlan_id"),
    element(61, Type::Unsigned(1), "direction"),
    element(80, Type::Mac, "dest_mac"),
    element(82, Type::Text, "interface_name"),
    element(96, Type::Text, "application_name"),
    element(136, Type::Unsigned(1), "flow_end_reason"),
    element(148, Type::Unsigned(8), "flow_id"),
    element(225, Type::Ipv4, "post_nat_source_ipv4_address"),
    element(227, Type::Unsigned(2), "post_napt_source_transport_port"),
    element(233, Type::Unsigned(1), "firewall_event"),
    element(282, Type::Ipv6, "post_nat_destination_ipv6_address"),
    element(371, Type::Text, "user_name"),
];

/// And of these where the format is IPFIX.
pub const IPFIX_ONLY: &[Element] = &[
    element(276, Type::Boolean, "data_records_reliability"),
    element(320, Type::Float64, "absolute_error"),
    element(434, Type::Signed(4), "mib_object_value_integer"),
    of_enterprise(32_473, 7, Type::Octets, "ie_32473_7"),
    of_enterprise(32_473, 32_767, Type::Octets, "ie_32473_32767"),
];

impl Element {
    /// The element in a template, with a length that it may have.
    pub fn random_field(&self, is_ipfix: bool, rng: &mut SmallRng) -> Field {
        let length = match self.kind {
            Type::Unsigned(natural) | Type::Signed(natural) => rng.random_range(1..=natural),
            Type::Float64 => [4, 8][rng.random_range(0..2)],
            Type::Boolean => 1,
            Type::Ipv4 | Type::Uptime | Type::Seconds => 4,
            Type::Ipv6 => 16,
            Type::Mac => 6,
            Type::Milliseconds | Type::Ntp => 8,
            Type::Text | Type::Octets if is_ipfix && rng.random() => VARIABLE_LENGTH,
            Type::Text | Type::Octets => rng.random_range(1..40),
        };
        Field { element: self.id, enterprise: self.enterprise, length }
    }

    /// A value, and what the column must say.
    pub fn random_value(&self, field: &Field, rng: &mut SmallRng) -> (Value, Json) {
        match self.kind {
            Type::Unsigned(_) => {
                let bits = (8 * u32::from(field.length)).min(63);
                let number = rng.random::<u64>() >> (64 - bits);
                (Value::Unsigned(number), json!(number))
            }
            Type::Signed(_) => {
                let number = rng.random::<i64>() >> (64 - 8 * u32::from(field.length));
                (Value::Signed(number), json!(number))
            }
            Type::Float64 => {
                // Exact in four bytes too.
                let number = f64::from(rng.random_range(-1_000_000..1_000_000)) / 64.0;
                (Value::Float(number), json!(number))
            }
            Type::Boolean => {
                let is_true: bool = rng.random();
                (Value::Unsigned(if is_true { 1 } else { 2 }), json!(is_true))
            }
            Type::Ipv4 => address(Ipv4Addr::from(rng.random::<u32>()).into()),
            Type::Ipv6 => address(Ipv6Addr::from(rng.random::<u128>() | 1 << 127).into()),
            Type::Mac => {
                let octets: [u8; 6] = rng.random();
                let text: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
                (Value::Bytes(octets.into()), json!(text.join(":")))
            }
            Type::Text => random_text(field.length, rng),
            Type::Octets => {
                let length = if field.length == VARIABLE_LENGTH {
                    rng.random_range(1..20)
                } else {
                    usize::from(field.length)
                };
                let octets: Vec<u8> = (0..length).map(|_| rng.random()).collect();
                let digits: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
                (Value::Bytes(octets), json!(digits))
            }
            Type::Uptime => {
                let uptime_ms: u32 = rng.random_range(0..=UPTIME_MS);
                let age_us = i64::from(UPTIME_MS - uptime_ms) * 1_000;
                (Value::Unsigned(uptime_ms.into()), json!(EXPORTED_US - age_us))
            }
            Type::Seconds => {
                let time_us = random_time_us(rng) / 1_000_000 * 1_000_000;
                (Value::Unsigned((time_us / 1_000_000) as u64), json!(time_us))
            }
            Type::Milliseconds => {
                let time_us = random_time_us(rng) / 1_000 * 1_000;
                (Value::Unsigned((time_us / 1_000) as u64), json!(time_us))
            }
            Type::Ntp => {
                let seconds = random_time_us(rng) / 1_000_000;
                // Eighths of a second are exact in both forms.
                let eighths = rng.random_range(0..8_u64);
                let ntp = (seconds as u64 + 2_208_988_800) << 32 | eighths << 29;
                (Value::Unsigned(ntp), json!(seconds * 1_000_000 + eighths as i64 * 125_000))
            }
        }
    }
}

/// When datagrams are exported: a whole second.
pub const EXPORTED_US: i64 = RECEIVED_US;
/// How long the exporter had been up by then, in milliseconds.
pub const UPTIME_MS: u32 = 86_400_000;

fn random_time_us(rng: &mut SmallRng) -> i64 {
    EXPORTED_US - rng.random_range(0..3_600_000_000)
}

fn address(address: IpAddr) -> (Value, Json) {
    (Value::address(address), json!(address.to_string()))
}

/// Text, filled up with zeros where its field has a length of its own.
fn random_text(length: u16, rng: &mut SmallRng) -> (Value, Json) {
    const LETTERS: [char; 8] = ['a', 'Z', '0', '/', ' ', '"', 'é', '漢'];
    let is_variable = length == VARIABLE_LENGTH;
    // One in ten needs the long form.
    let bytes_max = if !is_variable {
        usize::from(length)
    } else if rng.random_range(0..10) == 0 {
        400
    } else {
        60
    };
    let mut text = String::from("t");
    for _ in 0..rng.random_range(0..bytes_max) {
        let letter = LETTERS[rng.random_range(0..LETTERS.len())];
        if text.len() + letter.len_utf8() <= bytes_max {
            text.push(letter);
        }
    }
    let mut bytes = text.as_bytes().to_vec();
    if !is_variable {
        bytes.resize(usize::from(length), 0);
    }
    let is_long = is_variable && rng.random_range(0..5) == 0;
    (if is_long { Value::LongBytes(bytes) } else { Value::Bytes(bytes) }, json!(text))
}
