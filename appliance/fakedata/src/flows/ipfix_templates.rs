//! The templates of the invented IPFIX exporters (IANA, "IP Flow Information Export Entities").

use super::stamp::What;
use super::templated::{FlowTemplate, Time, Wanted, offset_of};
use super::v9_templates::{SAMPLING_INTERVAL, flow_label};
use crate::ipfix::REVERSE_ENTERPRISE;
use crate::templated::{Field, Template, VARIABLE_LENGTH, Value};
use crate::traffic::{Flow, INTERFACES, SERVICES};

/// Cisco's private enterprise number, whose AVC exporters count transactions.
const CISCO: u32 = 9;
/// ntop's, whose nProbe names servers.
const NTOP: u32 = 35_632;

const FLOW_START_SECONDS: u16 = 150;
const FLOW_END_SECONDS: u16 = 151;
const FLOW_START_MILLISECONDS: u16 = 152;
const FLOW_END_MILLISECONDS: u16 = 153;
const FLOW_START_MICROSECONDS: u16 = 154;
const FLOW_END_MICROSECONDS: u16 = 155;

/// Why a flow ended: it was over, or its time was (flowEndReason, RFC 5102, section 5.11.3).
const END_DETECTED: u8 = 3;
const IDLE_TIMEOUT: u8 = 1;

fn fields(fields: &[(u16, u16)]) -> Vec<Field> {
    fields.iter().map(|(element, length)| Field::new(*element, *length)).collect()
}

fn flow_template(
    wanted: Wanted,
    weight: u32,
    template: Template,
    times: [(u16, Time); 2],
    values: fn(&Flow) -> Vec<Value>,
) -> FlowTemplate {
    let times = times.into_iter().map(|(element, time)| (offset_of(&template, element), time)).collect();
    FlowTemplate { wanted, weight, template, values, times }
}

/// Flows of IPv4 with milliseconds, of IPv6 with fractions of NTP and reduced-size counters, of ICMP, and of the web with
/// names of variable length, enterprise elements and the other direction in the same record.
pub(super) fn flows() -> Vec<FlowTemplate> {
    let milliseconds: [(u16, Time); 2] = [
        (FLOW_START_MILLISECONDS, |flow| What::Milliseconds(flow.start_age_ms)),
        (FLOW_END_MILLISECONDS, |flow| What::Milliseconds(flow.end_age_ms)),
    ];
    let v4 = Template::new(256, fields(V4));
    let v6 = Template::new(257, fields(V6));
    let icmp = Template::new(258, fields(ICMP));
    let mut web = fields(WEB);
    web.extend([
        Field::of_enterprise(REVERSE_ENTERPRISE, 1, 8),
        Field::of_enterprise(REVERSE_ENTERPRISE, 2, 4),
        Field::of_enterprise(CISCO, 8_334, 4),
        Field::new(96, VARIABLE_LENGTH),
        Field::of_enterprise(NTOP, 188, VARIABLE_LENGTH),
    ]);
    vec![
        flow_template(Wanted::V4, 7, v4, milliseconds, v4_values),
        flow_template(
            Wanted::V6,
            2,
            v6,
            [
                (FLOW_START_MICROSECONDS, |flow| What::Ntp(flow.start_age_ms)),
                (FLOW_END_MICROSECONDS, |flow| What::Ntp(flow.end_age_ms)),
            ],
            v6_values,
        ),
        flow_template(Wanted::Icmp, 1, icmp, milliseconds, icmp_values),
        flow_template(
            Wanted::Web,
            1,
            Template::new(259, web),
            [
                (FLOW_START_SECONDS, |flow| What::Seconds(flow.start_age_ms)),
                (FLOW_END_SECONDS, |flow| What::Seconds(flow.end_age_ms)),
            ],
            web_values,
        ),
    ]
}

const V4: &[(u16, u16)] = &[
    (8, 4),
    (12, 4),
    (15, 4),
    (10, 4),
    (14, 4),
    (2, 8),
    (1, 8),
    (FLOW_START_MILLISECONDS, 8),
    (FLOW_END_MILLISECONDS, 8),
    (7, 2),
    (11, 2),
    (6, 2),
    (4, 1),
    (5, 1),
    (16, 4),
    (17, 4),
    (9, 1),
    (13, 1),
    (61, 1),
    (136, 1),
];

fn v4_values(flow: &Flow) -> Vec<Value> {
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
        number(flow.source_as),
        number(flow.dest_as),
        number(flow.source_mask),
        number(flow.dest_mask),
        number(flow.direction),
        number(end_reason(flow)),
    ]
}

const V6: &[(u16, u16)] = &[
    (27, 16),
    (28, 16),
    (10, 4),
    (14, 4),
    (2, 4),
    (1, 5),
    (FLOW_START_MICROSECONDS, 8),
    (FLOW_END_MICROSECONDS, 8),
    (7, 2),
    (11, 2),
    (6, 1),
    (4, 1),
    (5, 1),
    (29, 1),
    (30, 1),
    (31, 4),
    (136, 1),
];

fn v6_values(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        number(flow.input),
        number(flow.output),
        number(flow.packets as u32),
        number(flow.bytes & 0xff_ffff_ffff),
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
        number(end_reason(flow)),
    ]
}

const ICMP: &[(u16, u16)] = &[
    (8, 4),
    (12, 4),
    (176, 1),
    (177, 1),
    (4, 1),
    (5, 1),
    (2, 4),
    (1, 4),
    (FLOW_START_MILLISECONDS, 8),
    (FLOW_END_MILLISECONDS, 8),
    (58, 2),
    (56, 6),
    (80, 6),
];

fn icmp_values(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        number(flow.icmp_type),
        number(flow.icmp_code),
        number(flow.protocol),
        number(flow.tos),
        number(flow.packets as u32),
        number(flow.bytes as u32),
        number(0_u8),
        number(0_u8),
        number(flow.vlan_id),
        Value::Bytes(flow.source_mac.into()),
        Value::Bytes(flow.dest_mac.into()),
    ]
}

const WEB: &[(u16, u16)] = &[
    (8, 4),
    (12, 4),
    (7, 2),
    (11, 2),
    (4, 1),
    (6, 1),
    (1, 8),
    (2, 4),
    (FLOW_START_SECONDS, 4),
    (FLOW_END_SECONDS, 4),
    (95, 4),
];

fn web_values(flow: &Flow) -> Vec<Value> {
    vec![
        Value::address(flow.source_ip),
        Value::address(flow.dest_ip),
        number(flow.source_port),
        number(flow.dest_port),
        number(flow.protocol),
        number(flow.tcp_flags),
        number(flow.bytes),
        number(flow.packets as u32),
        number(0_u8),
        number(0_u8),
        number(flow.application.id),
        number(flow.bytes / 7),
        number(flow.packets as u32),
        number(1 + flow.packets as u32 / 8),
        Value::text(flow.application.name),
        Value::text(flow.server_name),
    ]
}

fn number(value: impl Into<u64>) -> Value {
    Value::Unsigned(value.into())
}

fn end_reason(flow: &Flow) -> u8 {
    if flow.tcp_flags & 1 != 0 { END_DETECTED } else { IDLE_TIMEOUT }
}

/// Sampling (RFC 5477, section 8.2), the names of interfaces, and the names of applications (RFC 6759, section 6.5).
pub(super) fn options() -> Vec<Template> {
    let options = |id, elements: &[(u16, u16)]| Template::of_options(id, 1, fields(elements));
    vec![
        options(512, &[(302, 4), (304, 2), (305, 4), (306, 4)]),
        options(513, &[(10, 4), (82, VARIABLE_LENGTH), (83, VARIABLE_LENGTH)]),
        options(514, &[(95, 4), (96, VARIABLE_LENGTH)]),
    ]
}

pub(super) fn option_records(domain: u16) -> Vec<Vec<Vec<Value>>> {
    // Systematic count-based sampling: one packet taken, the rest of the interval passed over.
    let space = if domain == 0 { 0 } else { SAMPLING_INTERVAL - 1 };
    let sampling = vec![number(1_u8), number(1_u8), number(1_u8), Value::Unsigned(space)];
    let interfaces = INTERFACES.iter().map(|interface| {
        vec![number(interface.index), Value::text(interface.name), Value::text(interface.description)]
    });
    let applications = SERVICES
        .iter()
        .map(|service| vec![number(service.application.id), Value::text(service.application.name)]);
    vec![vec![sampling], interfaces.collect(), applications.collect()]
}
