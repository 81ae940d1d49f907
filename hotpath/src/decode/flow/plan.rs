//! A template, compiled once: for each field where it lies, how it is read, and the column that it goes to.

use std::collections::HashMap;

use crate::batch::{BatchBuilder, ColumnIndex};
use crate::cut::ColumnType;

use super::columns::Columns;
use super::elements::{ElementType, ipfix_element, netflow_v9_element};
use super::header::Version;
use super::names::Named;
use super::roles::{Common, Roles, Usage};
use super::template::{FieldSpec, Template, VARIABLE_LENGTH};

/// Private enterprise number of the reverse elements of biflows (RFC 5103 section 6.1).
const REVERSE_ENTERPRISE: u32 = 29_305;
/// paddingOctets, which says nothing (RFC 7012).
const PADDING_OCTETS: u16 = 210;
/// Stands for an enterprise where a field of v7 has no element.
pub(super) const LOCAL_ENTERPRISE: u32 = u32::MAX;
/// The field of v7 that says which router a switch took a shortcut for.
pub(super) const ROUTER_SC: u16 = 1;

/// How the bytes of a field are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Unsigned,
    Signed,
    Float,
    Boolean,
    Ipv4,
    Ipv6,
    Mac,
    Text,
    Octets,
    Seconds,
    Milliseconds,
    Ntp,
    BasicList,
    SubTemplateList,
    SubTemplateMultiList,
}

impl Kind {
    fn of(element_type: ElementType) -> Self {
        match element_type {
            ElementType::Unsigned => Self::Unsigned,
            ElementType::Signed => Self::Signed,
            ElementType::Float => Self::Float,
            ElementType::Boolean => Self::Boolean,
            ElementType::Ipv4Address => Self::Ipv4,
            ElementType::Ipv6Address => Self::Ipv6,
            ElementType::MacAddress => Self::Mac,
            ElementType::String => Self::Text,
            ElementType::OctetArray => Self::Octets,
            ElementType::DateTimeSeconds => Self::Seconds,
            ElementType::DateTimeMilliseconds => Self::Milliseconds,
            ElementType::DateTimeMicroseconds | ElementType::DateTimeNanoseconds => Self::Ntp,
            ElementType::BasicList => Self::BasicList,
            ElementType::SubTemplateList => Self::SubTemplateList,
            ElementType::SubTemplateMultiList => Self::SubTemplateMultiList,
        }
    }

    fn column_type(self) -> ColumnType {
        match self {
            Self::Unsigned | Self::Signed => ColumnType::Int64,
            Self::Float => ColumnType::Double,
            Self::Boolean => ColumnType::Boolean,
            Self::Seconds | Self::Milliseconds | Self::Ntp => ColumnType::Timestamp,
            _ => ColumnType::String,
        }
    }

    /// The way to read a field of this length: octets where the type cannot have it. Numbers may be shorter than
    /// their type (reduced-size encoding, RFC 7011 section 6.2).
    pub(super) fn with_length(self, length: usize) -> Self {
        let fits = match self {
            Self::Unsigned | Self::Signed | Self::Seconds | Self::Milliseconds => (1..=8).contains(&length),
            Self::Float => length == 4 || length == 8,
            Self::Boolean => length == 1,
            // Some exporters use the element of the other family.
            Self::Ipv4 | Self::Ipv6 => match length {
                4 => return Self::Ipv4,
                16 => return Self::Ipv6,
                _ => false,
            },
            Self::Mac => length == 6,
            Self::Ntp => length == 8,
            _ => true,
        };
        if fits { self } else { Self::Octets }
    }
}

/// Where the values of a field go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Target {
    /// To a column for its type.
    Column(ColumnIndex),
    /// To the column of this name, whatever type it has.
    Named(Box<str>),
    /// Nowhere: padding, and what has no bytes.
    Nothing,
}

/// A field of a plan.
#[derive(Debug, Clone)]
pub(super) struct PlanField {
    /// Where it lies in a record, where all fields before it have a fixed length.
    pub(super) offset: usize,
    /// Bytes, or `None` for a field that says so in each record.
    pub(super) length: Option<usize>,
    pub(super) kind: Kind,
    pub(super) target: Target,
}

/// How to read the records of a template.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) fields: Vec<PlanField>,
    /// Bytes of a record, or the fewest that it may have where that is not fixed.
    pub(super) record_bytes: usize,
    pub(super) is_fixed: bool,
    pub(super) is_options: bool,
    /// The fields that more is made of than their own column.
    pub(super) roles: Roles,
    pub(super) has_named: bool,
    /// Fields whose numbers options may have named, and the columns of the names.
    pub(super) names: Vec<(Named, usize, ColumnIndex)>,
}

/// Compiles a template: its columns are made where there are none yet.
pub(super) fn compile(
    version: Version,
    template: &Template,
    columns: &Columns,
    rows: &mut BatchBuilder,
) -> Plan {
    let scope_fields = usize::from(template.scope_fields.unwrap_or(0));
    let is_options = template.scope_fields.is_some();
    let mut plan = Plan {
        fields: Vec::with_capacity(template.fields.len()),
        record_bytes: 0,
        is_fixed: true,
        is_options,
        roles: Roles::of(version, template),
        has_named: false,
        names: Vec::new(),
    };
    for (kind, position, name) in &plan.roles.named {
        // Without a column left there are no names.
        plan.names
            .extend(rows.field_column(name, &ColumnType::String).map(|column| (*kind, *position, column)));
    }
    let mut names = HashMap::new();
    for (position, spec) in template.fields.iter().enumerate() {
        let is_scope = position < scope_fields;
        let length = (spec.length != VARIABLE_LENGTH).then_some(usize::from(spec.length));
        let (name, kind) = name_and_kind(version, *spec, is_scope);
        let column_kind = kind;
        let kind = length.map_or(kind, |length| kind.with_length(length));
        let target = match plan.roles.usage(position) {
            _ if is_padding(*spec) => Target::Nothing,
            // What cannot be read as its type is kept as it is.
            Usage::Derived if kind != Kind::Octets => Target::Nothing,
            Usage::Common(common) => Target::Column(column_of(common, columns)),
            Usage::Derived | Usage::Own => own_target(name, column_kind, &mut names, rows),
        };
        plan.has_named |= matches!(target, Target::Named(_));
        plan.fields.push(PlanField { offset: plan.record_bytes, length, kind, target });
        plan.is_fixed &= length.is_some();
        // The length of a variable one takes at least a byte (RFC 7011 section 7).
        plan.record_bytes += length.unwrap_or(1);
    }
    plan
}

fn is_padding(spec: FieldSpec) -> bool {
    spec.enterprise == 0 && spec.id == PADDING_OCTETS
}

/// The column of a field by its own name; the second field of a name has `_2` behind it.
fn own_target(name: String, kind: Kind, names: &mut HashMap<String, u32>, rows: &mut BatchBuilder) -> Target {
    let count = names.entry(name.clone()).or_insert(0);
    *count += 1;
    let unique = if *count == 1 { name } else { format!("{name}_{count}") };
    match rows.field_column(&unique, &kind.column_type()) {
        Some(column) => Target::Column(column),
        None => Target::Named(unique.into()),
    }
}

/// The name of a field's own column, and how it is read.
pub(super) fn name_and_kind(version: Version, spec: FieldSpec, is_scope: bool) -> (String, Kind) {
    let FieldSpec { enterprise, id, .. } = spec;
    if is_scope && version != Version::Ipfix {
        return v9_scope(id);
    }
    let (name, kind) = if enterprise == LOCAL_ENTERPRISE && version == Version::V7 && id == ROUTER_SC {
        ("router_sc".to_owned(), Kind::Ipv4)
    } else if version == Version::Ipfix && enterprise == REVERSE_ENTERPRISE {
        match ipfix_element(0, id) {
            Some(element) => (format!("reverse_{}", element.name), Kind::of(element.element_type)),
            None => (format!("reverse_ie_0_{id}"), Kind::Octets),
        }
    } else {
        let element =
            if version == Version::Ipfix { ipfix_element(enterprise, id) } else { netflow_v9_element(id) };
        match element {
            Some(element) => (element.name.to_owned(), Kind::of(element.element_type)),
            None => (format!("ie_{enterprise}_{id}"), Kind::Octets),
        }
    };
    if is_scope { (format!("scope_{name}"), kind) } else { (name, kind) }
}

/// The scopes of options of NetFlow v9 (RFC 3954 section 6.1).
fn v9_scope(id: u16) -> (String, Kind) {
    let name = match id {
        1 => "scope_system",
        2 => "scope_interface",
        3 => "scope_line_card",
        4 => "scope_cache",
        5 => "scope_template",
        _ => return (format!("scope_{id}"), Kind::Octets),
    };
    (name.to_owned(), Kind::Unsigned)
}

pub(super) fn column_of(common: Common, columns: &Columns) -> ColumnIndex {
    match common {
        Common::SourceIp => columns.source_ip,
        Common::DestIp => columns.dest_ip,
        Common::SourcePort => columns.source_port,
        Common::DestPort => columns.dest_port,
        Common::Protocol => columns.protocol,
        Common::Bytes => columns.bytes,
        Common::Packets => columns.packets,
        Common::TcpFlags => columns.tcp_flags,
        Common::Tos => columns.tos,
        Common::InputInterface => columns.input_interface,
        Common::OutputInterface => columns.output_interface,
        Common::SourceAs => columns.source_as,
        Common::DestAs => columns.dest_as,
        Common::SourceMask => columns.source_mask,
        Common::DestMask => columns.dest_mask,
        Common::NextHop => columns.next_hop,
        Common::BgpNextHop => columns.bgp_next_hop,
        Common::SourceMac => columns.source_mac,
        Common::DestMac => columns.dest_mac,
        Common::VlanId => columns.vlan_id,
        Common::Direction => columns.direction,
        Common::RouterSc => columns.router_sc,
    }
}
