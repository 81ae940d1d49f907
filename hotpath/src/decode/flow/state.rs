//! What a decoder has learned, as bytes: templates, sampling rates, names, starts of exporters and held datagrams.
//!
//! All numbers in network byte order; a version number first. What is written depends on what was learned and in which
//! order alone.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::domains::{Domain, DomainKey, Domains};
use super::header::Version;
use super::hold::{Held, HeldSet, Hold};
use super::names::Named;
use super::reader::Reader;
use super::sampling::{Rate, Sampled};
use super::template::{FieldSpec, Template};
use crate::block::{Peer, SourceType};
use crate::limits::FLOW_TEMPLATE_FIELDS_MAX;

/// The version of what is written here. Another one is no state.
const STATE_VERSION: u8 = 1;
/// Stands for "flows" where options have the number of their scope fields.
const NO_SCOPE: u16 = u16::MAX;
/// Bits of a held datagram.
const TRUNCATED: u8 = 1;
const HAS_ROWS: u8 = 2;

/// All that is known, as bytes.
pub(super) fn write(domains: &Domains, hold: &Hold) -> Vec<u8> {
    let mut out = Writer(vec![STATE_VERSION]);
    out.count(domains.len());
    for (key, domain) in domains.iter() {
        out.key(key);
        write_domain(domain, &mut out);
    }
    out.count(hold.iter().len());
    for held in hold.iter() {
        write_held(held, &mut out);
    }
    out.0
}

fn write_domain(domain: &Domain, out: &mut Writer) {
    out.u64(domain.started_us.unwrap_or(i64::MIN) as u64);
    out.count(domain.templates().count());
    for (id, template) in domain.templates() {
        out.u16(id);
        out.u16(template.scope_fields.unwrap_or(NO_SCOPE));
        out.count(template.fields.len());
        for field in &template.fields {
            out.u32(field.enterprise);
            out.u16(field.id);
            out.u16(field.length);
        }
    }
    out.count(domain.samplers.iter().len());
    for (sampled, rate) in domain.samplers.iter() {
        let (kind, id) = match sampled {
            Sampled::Whole => (0, 0),
            Sampled::Sampler(id) => (1, id),
            Sampled::Interface(id) => (2, id),
            Sampled::Template(id) => (3, id),
        };
        out.u8(kind);
        out.u64(id);
        out.u64(rate.numerator);
        out.u64(rate.denominator);
    }
    out.count(domain.names.len());
    for ((kind, number), name) in domain.names.sorted() {
        out.u8(match kind {
            Named::Interface => 0,
            Named::Vrf => 1,
            Named::Application => 2,
        });
        out.u64(number);
        out.count(name.len());
        out.0.extend(name.as_bytes());
    }
}

fn write_held(held: &Held, out: &mut Writer) {
    out.0.extend(held.peer.ip_octets());
    out.u16(held.peer.port);
    out.u8(held.peer.source_type as u8);
    out.u64(held.received_us as u64);
    out.u8(if held.truncated { TRUNCATED } else { 0 } | if held.has_rows { HAS_ROWS } else { 0 });
    out.count(held.bytes.len());
    out.0.extend(&held.bytes);
    out.count(held.sets.len());
    for (key, set) in &held.sets {
        out.key(key);
        out.u16(set.template_id);
        out.u32(set.message_start);
        out.u32(set.start);
        out.u32(set.length);
    }
}

/// What [`write`] wrote; `None` for anything else.
pub(super) fn read(bytes: &[u8]) -> Option<(Domains, Hold)> {
    let mut reader = Reader::new(bytes);
    if reader.u8()? != STATE_VERSION {
        return None;
    }
    let (mut domains, mut hold) = (Domains::default(), Hold::default());
    for _ in 0..reader.u32()? {
        let key = read_key(&mut reader)?;
        read_domain(key, &mut reader, &mut domains)?;
    }
    for _ in 0..reader.u32()? {
        hold.push(read_held(&mut reader)?);
    }
    // It is as it was stored.
    domains.take_changed();
    hold.take_changed();
    reader.rest().is_empty().then_some((domains, hold))
}

fn read_domain(key: DomainKey, reader: &mut Reader<'_>, domains: &mut Domains) -> Option<()> {
    let started_us = reader.u64()? as i64;
    domains.entry(key).started_us = (started_us != i64::MIN).then_some(started_us);
    for _ in 0..reader.u32()? {
        let id = reader.u16()?;
        let scope_fields = Some(reader.u16()?).filter(|scope| *scope != NO_SCOPE);
        let count = usize::try_from(reader.u32()?).ok()?;
        let scope_count = usize::from(scope_fields.unwrap_or(0));
        if count == 0 || count > FLOW_TEMPLATE_FIELDS_MAX || scope_count > count {
            return None;
        }
        let mut fields = Vec::with_capacity(count);
        for _ in 0..count {
            let field = FieldSpec { enterprise: reader.u32()?, id: reader.u16()?, length: reader.u16()? };
            if field.length == 0 {
                return None;
            }
            fields.push(field);
        }
        domains.learn(key, id, Template { fields, scope_fields });
    }
    for _ in 0..reader.u32()? {
        let (kind, id) = (reader.u8()?, reader.u64()?);
        let sampled = match kind {
            0 => Sampled::Whole,
            1 => Sampled::Sampler(id),
            2 => Sampled::Interface(id),
            3 => Sampled::Template(id),
            _ => return None,
        };
        let rate = Rate::new(reader.u64()?, reader.u64()?)?;
        domains.tell(key, |domain, has_room| domain.samplers.learn(sampled, rate, has_room));
    }
    for _ in 0..reader.u32()? {
        let kind = match reader.u8()? {
            0 => Named::Interface,
            1 => Named::Vrf,
            2 => Named::Application,
            _ => return None,
        };
        let number = reader.u64()?;
        let length = usize::try_from(reader.u32()?).ok()?;
        let name = std::str::from_utf8(reader.take(length)?).ok()?;
        domains.tell(key, |domain, has_room| domain.names.learn((kind, number), name, has_room));
    }
    Some(())
}

fn read_held(reader: &mut Reader<'_>) -> Option<Held> {
    let octets: [u8; 16] = reader.take(16)?.try_into().ok()?;
    let port = reader.u16()?;
    let source_type = SourceType::from_number(reader.u8()?)?;
    let received_us = reader.u64()? as i64;
    let flags = reader.u8()?;
    let length = usize::try_from(reader.u32()?).ok()?;
    let bytes = reader.take(length)?.into();
    let mut sets = Vec::new();
    for _ in 0..reader.u32()? {
        let key = read_key(reader)?;
        let set = HeldSet {
            template_id: reader.u16()?,
            message_start: reader.u32()?,
            start: reader.u32()?,
            length: reader.u32()?,
        };
        sets.push((key, set));
    }
    Some(Held {
        bytes,
        received_us,
        peer: Peer::from_octets(octets, port, source_type),
        truncated: flags & TRUNCATED != 0,
        has_rows: flags & HAS_ROWS != 0,
        sets,
    })
}

fn read_key(reader: &mut Reader<'_>) -> Option<DomainKey> {
    let exporter = match reader.u8()? {
        4 => IpAddr::from(Ipv4Addr::from(reader.u32()?)),
        6 => IpAddr::from(Ipv6Addr::from(<[u8; 16]>::try_from(reader.take(16)?).ok()?)),
        _ => return None,
    };
    let version = Version::of(u16::from(reader.u8()?))?;
    Some(DomainKey { exporter, version, domain: reader.u32()? })
}

struct Writer(Vec<u8>);

impl Writer {
    fn u8(&mut self, number: u8) {
        self.0.push(number);
    }

    fn u16(&mut self, number: u16) {
        self.0.extend(number.to_be_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.0.extend(number.to_be_bytes());
    }

    fn u64(&mut self, number: u64) {
        self.0.extend(number.to_be_bytes());
    }

    /// A number of things, all of which have limits far below 32 bits.
    fn count(&mut self, count: usize) {
        self.u32(count as u32);
    }

    fn key(&mut self, key: &DomainKey) {
        match key.exporter {
            IpAddr::V4(ip) => {
                self.u8(4);
                self.0.extend(ip.octets());
            }
            IpAddr::V6(ip) => {
                self.u8(6);
                self.0.extend(ip.octets());
            }
        }
        self.u8(key.version.number());
        self.u32(key.domain);
    }
}
