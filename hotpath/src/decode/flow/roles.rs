//! What the fields of a template are for: which of them go to the columns that all flows have, and which are needed to
//! make such columns (times, scaled counters, types of ICMP).

use super::header::Version;
use super::names::{JOINED, Named, ToldName, told};
use super::plan::{LOCAL_ENTERPRISE, ROUTER_SC};
use super::template::{FieldSpec, Template};

/// A column that all flows have, which takes the values of a field as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Common {
    SourceIp,
    DestIp,
    SourcePort,
    DestPort,
    Protocol,
    Bytes,
    Packets,
    TcpFlags,
    Tos,
    InputInterface,
    OutputInterface,
    SourceAs,
    DestAs,
    SourceMask,
    DestMask,
    NextHop,
    BgpNextHop,
    SourceMac,
    DestMac,
    VlanId,
    Direction,
    RouterSc,
}

/// The elements of each, the best first: the first one that a template has is taken.
const COMMON: [(Common, &[u16]); 21] = [
    (Common::SourceIp, &[8, 27]),
    (Common::DestIp, &[12, 28]),
    (Common::SourcePort, &[7]),
    (Common::DestPort, &[11]),
    (Common::Protocol, &[4]),
    (Common::Bytes, &[1]),
    (Common::Packets, &[2]),
    (Common::TcpFlags, &[6]),
    (Common::Tos, &[5]),
    (Common::InputInterface, &[10]),
    (Common::OutputInterface, &[14]),
    (Common::SourceAs, &[16]),
    (Common::DestAs, &[17]),
    (Common::SourceMask, &[9, 29]),
    (Common::DestMask, &[13, 30]),
    (Common::NextHop, &[15, 62]),
    (Common::BgpNextHop, &[18, 63]),
    (Common::SourceMac, &[56, 81]),
    (Common::DestMac, &[80, 57]),
    (Common::VlanId, &[58, 243]),
    (Common::Direction, &[61]),
];

/// Columns with an element for each family of addresses: a template that has both means the one that is not 0, and
/// the first where neither is.
const OF_BOTH_FAMILIES: [(Common, u16, u16); 6] = [
    (Common::SourceIp, 8, 27),
    (Common::DestIp, 12, 28),
    (Common::SourceMask, 9, 29),
    (Common::DestMask, 13, 30),
    (Common::NextHop, 15, 62),
    (Common::BgpNextHop, 18, 63),
];

/// What stands for the counters of a flow where it has no delta: its total, what left, what its initiator sent.
const OTHER_BYTES: [u16; 3] = [85, 23, 231];
const OTHER_PACKETS: [u16; 3] = [86, 24, 298];

/// How a time is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TimeRole {
    /// Milliseconds since the exporter started.
    Uptime,
    Seconds,
    Milliseconds,
    Ntp,
    /// Microseconds before the export (RFC 7011 section 3.1).
    Delta,
}

/// The elements that say when a flow began, ended and was seen, the most exact first.
const START: [(u16, TimeRole); 6] = [
    (156, TimeRole::Ntp),
    (154, TimeRole::Ntp),
    (152, TimeRole::Milliseconds),
    (150, TimeRole::Seconds),
    (22, TimeRole::Uptime),
    (158, TimeRole::Delta),
];
const END: [(u16, TimeRole); 6] = [
    (157, TimeRole::Ntp),
    (155, TimeRole::Ntp),
    (153, TimeRole::Milliseconds),
    (151, TimeRole::Seconds),
    (21, TimeRole::Uptime),
    (159, TimeRole::Delta),
];
const OBSERVED: [(u16, TimeRole); 4] =
    [(325, TimeRole::Ntp), (324, TimeRole::Ntp), (323, TimeRole::Milliseconds), (322, TimeRole::Seconds)];

/// Elements of ICMP, as positions of fields.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct IcmpFields {
    /// Type times 256 plus code.
    pub(super) type_code: Option<usize>,
    pub(super) kind: Option<usize>,
    pub(super) code: Option<usize>,
}

/// Elements that tell a sampling rate, as positions of fields.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RateFields {
    /// One packet of so many (34, 50).
    pub(super) interval: Option<usize>,
    /// So many packets looked at (305), so many left out (306).
    pub(super) packet_interval: Option<usize>,
    pub(super) packet_space: Option<usize>,
    /// So many packets (309) of so many (310).
    pub(super) size: Option<usize>,
    pub(super) population: Option<usize>,
    /// With this probability (311).
    pub(super) probability: Option<usize>,
}

impl RateFields {
    /// Whether a record may tell a rate.
    pub(super) fn any(&self) -> bool {
        self.interval.is_some()
            || self.packet_interval.is_some()
            || self.population.is_some()
            || self.probability.is_some()
    }
}

/// What becomes of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Usage {
    /// It has the column of its own name.
    Own,
    /// It goes to a column that all flows have.
    Common(Common),
    /// A column is made of it, and it has none itself.
    Derived,
}

/// A column whose value comes from one of two fields: the first, unless it is 0.
#[derive(Debug, Clone, Copy)]
pub(super) struct OneOfTwo {
    pub(super) common: Common,
    pub(super) first: usize,
    pub(super) second: usize,
    /// Which of them stands for none where both are 0.
    pub(super) is_ipv4_first: bool,
}

/// What the fields of a template are for; positions count from 0.
#[derive(Debug, Default)]
pub(super) struct Roles {
    usages: Vec<Usage>,
    pub(super) one_of_two: Vec<OneOfTwo>,
    pub(super) bytes: Option<usize>,
    pub(super) packets: Option<usize>,
    /// The counters have columns of their own name, and `bytes` and `packets` are copies.
    pub(super) copies_bytes: bool,
    pub(super) copies_packets: bool,
    pub(super) protocol: Option<usize>,
    pub(super) dest_port: Option<usize>,
    pub(super) start: Option<(usize, TimeRole)>,
    pub(super) end: Option<(usize, TimeRole)>,
    pub(super) observed: Option<(usize, TimeRole)>,
    /// Position, and microseconds of its unit.
    pub(super) duration: Option<(usize, i64)>,
    /// When the exporter started.
    pub(super) started: Option<usize>,
    pub(super) icmp_v4: IcmpFields,
    pub(super) icmp_v6: IcmpFields,
    pub(super) sampler: Option<usize>,
    pub(super) input_interface: Option<usize>,
    pub(super) rate: RateFields,
    /// What options hold for.
    pub(super) scope_interface: Option<usize>,
    pub(super) scope_template: Option<usize>,
    /// Names in records of options.
    pub(super) told_names: Vec<ToldName>,
    /// Fields of flows that options may have named, and the columns of these names.
    pub(super) named: Vec<(Named, usize, &'static str)>,
}

impl Roles {
    /// The roles of the fields of a template.
    pub(super) fn of(version: Version, template: &Template) -> Self {
        let mut roles = Self { usages: vec![Usage::Own; template.fields.len()], ..Self::default() };
        let scope_fields = usize::from(template.scope_fields.unwrap_or(0));
        let (scope, fields) = template.fields.split_at(scope_fields.min(template.fields.len()));
        let fields = Elements::of(fields, scope.len());
        roles.take_sampling(&fields);
        if template.scope_fields.is_some() {
            roles.take_scope(version, scope);
            roles.told_names = told(version, &template.fields, scope_fields);
            return roles;
        }
        roles.take_common(&fields);
        roles.take_times(&fields);
        let named = JOINED.iter().filter(|(_, _, _, own)| fields.get(*own).is_none());
        roles.named =
            named.filter_map(|(kind, id, column, _)| Some((*kind, fields.get(*id)?, *column))).collect();
        roles.icmp_v4 =
            IcmpFields { type_code: fields.get(32), kind: fields.get(176), code: fields.get(177) };
        roles.icmp_v6 =
            IcmpFields { type_code: fields.get(139), kind: fields.get(178), code: fields.get(179) };
        if version == Version::V7
            && let Some(position) = template
                .fields
                .iter()
                .position(|spec| spec.enterprise == LOCAL_ENTERPRISE && spec.id == ROUTER_SC)
        {
            roles.set(position, Usage::Common(Common::RouterSc));
        }
        roles
    }

    /// What becomes of the field at a position.
    pub(super) fn usage(&self, position: usize) -> Usage {
        self.usages.get(position).copied().unwrap_or(Usage::Own)
    }

    fn set(&mut self, position: usize, usage: Usage) {
        if let Some(known) = self.usages.get_mut(position) {
            *known = usage;
        }
    }

    fn take_common(&mut self, fields: &Elements) {
        for (common, elements) in COMMON {
            if let Some(position) = elements.iter().find_map(|id| fields.get(*id)) {
                self.set(position, Usage::Common(common));
            }
        }
        for (common, first, second) in OF_BOTH_FAMILIES {
            if let (Some(one), Some(other)) = (fields.get(first), fields.get(second)) {
                let (first, second) = (one.min(other), one.max(other));
                self.set(first, Usage::Derived);
                // It may be the address inside of a tunnel.
                self.set(second, Usage::Own);
                self.one_of_two.push(OneOfTwo { common, first, second, is_ipv4_first: first == one });
            }
        }
        self.bytes = fields.get(1);
        if self.bytes.is_none() {
            self.bytes = OTHER_BYTES.iter().find_map(|id| fields.get(*id));
            self.copies_bytes = self.bytes.is_some();
        }
        self.packets = fields.get(2);
        if self.packets.is_none() {
            self.packets = OTHER_PACKETS.iter().find_map(|id| fields.get(*id));
            self.copies_packets = self.packets.is_some();
        }
        self.protocol = fields.get(4);
        self.dest_port = fields.get(11);
        self.input_interface = fields.get(10);
    }

    fn take_times(&mut self, fields: &Elements) {
        let first_of =
            |times: &[(u16, TimeRole)]| times.iter().find_map(|(id, role)| Some((fields.get(*id)?, *role)));
        self.start = first_of(&START);
        self.end = first_of(&END);
        self.observed = first_of(&OBSERVED);
        for (position, _) in [self.start, self.end].into_iter().flatten() {
            self.set(position, Usage::Derived);
        }
        self.duration = fields.get(161).map(|position| (position, 1_000));
        self.duration = self.duration.or_else(|| fields.get(162).map(|position| (position, 1)));
        self.started = fields.get(160);
    }

    fn take_sampling(&mut self, fields: &Elements) {
        self.sampler = fields.get(302).or_else(|| fields.get(48));
        self.rate = RateFields {
            interval: fields.get(34).or_else(|| fields.get(50)),
            packet_interval: fields.get(305),
            packet_space: fields.get(306),
            size: fields.get(309),
            population: fields.get(310),
            probability: fields.get(311),
        };
        self.started = fields.get(160);
    }

    /// The scope of options that tell of sampling: a sampler, an interface, a template, or all.
    fn take_scope(&mut self, version: Version, scope: &[FieldSpec]) {
        let scope = Elements::of(scope, 0);
        if version == Version::Ipfix {
            self.sampler = scope.get(302).or(self.sampler);
            self.scope_interface = scope.get(10);
            self.scope_template = scope.get(145);
        } else {
            // RFC 3954 section 6.1.
            self.scope_interface = scope.get(2);
            self.scope_template = scope.get(5);
        }
    }
}

/// Where the first field of each of IANA's elements is.
struct Elements {
    positions: Vec<(u16, usize)>,
}

impl Elements {
    fn of(fields: &[FieldSpec], first_position: usize) -> Self {
        let with_bytes =
            fields.iter().enumerate().filter(|(_, spec)| spec.enterprise == 0 && spec.length > 0);
        let mut positions: Vec<(u16, usize)> =
            with_bytes.map(|(number, spec)| (spec.id, first_position + number)).collect();
        positions.sort_unstable();
        positions.dedup_by_key(|(id, _)| *id);
        Self { positions }
    }

    fn get(&self, id: u16) -> Option<usize> {
        let found = self.positions.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        self.positions.get(found).map(|(_, position)| *position)
    }
}
