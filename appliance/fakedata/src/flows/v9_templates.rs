//! The templates of the invented NetFlow v9 exporters (RFC 3954, section 8, and Cisco's numbers above it).

use super::stamp::What;
use super::templated::{FlowTemplate, Time, Wanted, offset_of};
use crate::netflow::v9::scope;
use crate::templated::{Field, Template, Value};
use crate::traffic::{Flow, INTERFACES, SERVICES};

const FIRST_SWITCHED: u16 = 22;
const LAST_SWITCHED: u16 = 21;

/// Bytes of the names in the options, which v9 cannot make variable.
const INTERFACE_NAME_BYTES: u16 = 16;
const INTERFACE_DESCRIPTION_BYTES: u16 = 32;
const APPLICATION_NAME_BYTES: u16 = 24;

/// Packets of which one is sampled in every domain but the first.
pub(super) const SAMPLING_INTERVAL: u64 = 100;

fn fields(fields: &[(u16, u16)]) -> Vec<Field> {
    fields.iter().map(|(element, length)| Field::new(*element, *length)).collect()
}

fn flow_template(
    id: u16,
    wanted: Wanted,
    weight: u32,
    elements: &[(u16, u16)],
    values: fn(&Flow) -> Vec<Value>,
) -> FlowTemplate {
    let template = Template::new(id, fields(elements));
    let times: Vec<(usize, Time)> = vec![
        (offset_of(&template, FIRST_SWITCHED), |flow| What::UptimeMs(flow.start_age_ms)),
        (offset_of(&template, LAST_SWITCHED), |flow| What::UptimeMs(flow.end_age_ms)),
    ];
    FlowTemplate { wanted, weight, template, values, times }
}

/// Flows of IPv4 and IPv6, of ICMP with MAC addresses, and with the application.
pub(super) fn flows() -> Vec<FlowTemplate> {
    vec![
        flow_template(
            256,
            Wanted::V4,
            7,
            &[
                (8, 4),
                (12, 4),
                (15, 4),
                (10, 4),
                (14, 4),
                (2, 4),
                (1, 4),
                (FIRST_SWITCHED, 4),
                (LAST_SWITCHED, 4),
                (7, 2),
                (11, 2),
                (6, 1),
                (4, 1),
                (5, 1),
                (16, 4),
                (17, 4),
                (9, 1),
                (13, 1),
                (61, 1),
            ],
            v4,
        ),
        flow_template(
            257,
            Wanted::V6,
            2,
            &[
                (27, 16),
                (28, 16),
                (62, 16),
                (10, 4),
                (14, 4),
                (2, 8),
                (1, 8),
                (FIRST_SWITCHED, 4),
                (LAST_SWITCHED, 4),
                (7, 2),
                (11, 2),
                (6, 1),
                (4, 1),
                (5, 1),
                (29, 1),
                (30, 1),
                (31, 3),
                (61, 1),
            ],
            v6,
        ),
        flow_template(
            258,
            Wanted::Icmp,
            1,
            &[
                (8, 4),
                (12, 4),
                (32, 2),
                (4, 1),
                (5, 1),
                (2, 4),
                (1, 4),
                (FIRST_SWITCHED, 4),
                (LAST_SWITCHED, 4),
                (10, 4),
                (14, 4),
                (58, 2),
                (56, 6),
                (80, 6),
            ],
            icmp,
        ),
        flow_template(
            259,
            Wanted::Web,
            1,
            &[
                (8, 4),
                (12, 4),
                (7, 2),
                (11, 2),
                (4, 1),
                (6, 1),
                (2, 4),
                (1, 4),
                (FIRST_SWITCHED, 4),
                (LAST_SWITCHED, 4),
                (95, 4),
            ],
            web,
        ),
    ]
}

fn number(value: impl Into<u64>) -> Value {
    Value::Unsigned(value.into())
}

/// What four bytes hold of a counter.
fn counter32(value: u64) -> Value {
    Value::Unsigned(value.min(u64::from(u32::MAX)))
}

fn v4(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        Value::address(flow.next_hop),
        number(flow.input),
        number(flow.output),
        counter32(flow.packets),
        counter32(flow.bytes),
        number(0_u8),
        number(0_u8),
        number(flow.source_port),
        number(flow.dest_port),
        number(flow.tcp_flags),
        number(flow.protocol),
        number(flow.tos),
        number(flow.source_as),
        number(flow.dest_as),
        number(flow.source_mask),
        number(flow.dest_mask),
        number(flow.direction),
    ]
}

fn v6(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        Value::address(flow.next_hop),
        number(flow.input),
        number(flow.output),
        number(flow.packets),
        number(flow.bytes),
        number(0_u8),
        number(0_u8),
        number(flow.source_port),
        number(flow.dest_port),
        number(flow.tcp_flags),
        number(flow.protocol),
        number(flow.tos),
        number(flow.source_mask),
        number(flow.dest_mask),
        number(flow_label(flow)),
        number(flow.direction),
    ]
}

/// 20 bits that belong to the flow (RFC 6437).
pub(super) fn flow_label(flow: &Flow) -> u32 {
    (u32::from(flow.source_port) * 31 + u32::from(flow.dest_port)) & 0xf_ffff
}

fn icmp(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        number(u16::from(flow.icmp_type) << 8 | u16::from(flow.icmp_code)),
        number(flow.protocol),
        number(flow.tos),
        counter32(flow.packets),
        counter32(flow.bytes),
        number(0_u8),
        number(0_u8),
        number(flow.input),
        number(flow.output),
        number(flow.vlan_id),
        Value::Bytes(flow.source_mac.into()),
        Value::Bytes(flow.dest_mac.into()),
    ]
}

fn web(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        number(flow.source_port),
        number(flow.dest_port),
        number(flow.protocol),
        number(flow.tcp_flags),
        counter32(flow.packets),
        counter32(flow.bytes),
        number(0_u8),
        number(0_u8),
        number(flow.application.id),
    ]
}

/// Sampling, the names of interfaces, and the names of applications.
pub(super) fn options() -> Vec<Template> {
    vec![
        Template::of_options(512, 1, fields(&[(scope::SYSTEM, 4), (34, 4), (35, 1)])),
        Template::of_options(
            513,
            1,
            fields(&[(scope::INTERFACE, 4), (82, INTERFACE_NAME_BYTES), (83, INTERFACE_DESCRIPTION_BYTES)]),
        ),
        Template::of_options(514, 1, fields(&[(scope::SYSTEM, 4), (95, 4), (96, APPLICATION_NAME_BYTES)])),
    ]
}

pub(super) fn option_records(domain: u16) -> Vec<Vec<Vec<Value>>> {
    let interval = if domain == 0 { 1 } else { SAMPLING_INTERVAL };
    let sampling = vec![number(0_u8), Value::Unsigned(interval), number(2_u8)];
    let interfaces = INTERFACES.iter().map(|interface| {
        vec![
            number(interface.index),
            padded(interface.name, INTERFACE_NAME_BYTES),
            padded(interface.description, INTERFACE_DESCRIPTION_BYTES),
        ]
    });
    let applications = SERVICES.iter().map(|service| {
        vec![
            number(0_u8),
            number(service.application.id),
            padded(service.application.name, APPLICATION_NAME_BYTES),
        ]
    });
    vec![vec![sampling], interfaces.collect(), applications.collect()]
}

/// Text with zeros behind it.
fn padded(text: &str, length: u16) -> Value {
    let mut bytes = text.as_bytes().to_vec();
    bytes.resize(usize::from(length), 0);
    Value::Bytes(bytes)
}
