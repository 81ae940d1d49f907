//! Single fields of structures: from their encoding to their columns.

use super::structure::{Field, Kind, Names, Scratch};
use super::xdr::Xdr;
use crate::batch::{BatchBuilder, ColumnIndex, ShortText, Value};
use crate::cut::ColumnType;
use crate::decode::address_text::{hex_text, ipv4_text, ipv6_text, mac_text, push_hex, push_mac};
use crate::decode::text::utf8_or_escaped;

/// Reads a field and puts it into its columns; `None` where it is cut off.
pub(super) fn put_field(
    field: &Field,
    columns: &[ColumnIndex],
    xdr: &mut Xdr<'_>,
    scratch: &mut Scratch,
    rows: &mut BatchBuilder,
) -> Option<()> {
    let column = *columns.first()?;
    match field.kind {
        Kind::Number => rows.put_i64(column, i64::from(xdr.u32()?)),
        Kind::Counter => match xdr.u32()? {
            u32::MAX => {}
            count => rows.put_i64(column, i64::from(count)),
        },
        Kind::Hyper => put_hyper(field.name, column, xdr.u64()?, rows),
        Kind::HyperCounter => match xdr.u64()? {
            u64::MAX => {}
            count => put_hyper(field.name, column, count, rows),
        },
        Kind::Signed => rows.put_i64(column, i64::from(xdr.u32()?.cast_signed())),
        Kind::Percentage => match xdr.u32()?.cast_signed() {
            -1 => {}
            hundredths => rows.put_i64(column, i64::from(hundredths)),
        },
        Kind::Float => put_float(column, f32::from_bits(xdr.u32()?), rows),
        Kind::Text => put_string(column, xdr.opaque()?, scratch, rows),
        Kind::Opaque => rows.put_text(column, hex_text(xdr.opaque()?, &mut scratch.text)),
        Kind::Fixed(length) => rows.put_text(column, hex_text(xdr.fixed(length)?, &mut scratch.text)),
        Kind::Mac => rows.put_text(column, mac_text(mac(xdr)?).as_str()),
        Kind::Uuid => put_uuid(column, xdr.array()?, scratch, rows),
        Kind::Address => {
            if let Some(address) = xdr.address()? {
                rows.put_text(column, address.text().as_str());
            }
        }
        Kind::Ipv4 => rows.put_text(column, ipv4_text(xdr.array()?).as_str()),
        Kind::Ipv6 => rows.put_text(column, ipv6_text(xdr.array()?).as_str()),
        Kind::Named(names) => put_named(names, columns, xdr.u32()?, rows),
        Kind::InterfaceStatus => put_interface_status(columns, xdr.u32()?, rows),
        Kind::Octets(_) => {
            for (column, octet) in columns.iter().zip(xdr.array::<4>()?) {
                rows.put_i64(*column, i64::from(octet));
            }
        }
        Kind::SignedNumbers => {
            put_numbers(column, xdr.items(4)?, |number| i64::from(number.cast_signed()), scratch, rows);
        }
        // RFC 3032 section 2.1: the label is the upper 20 bits.
        Kind::Labels => put_numbers(column, xdr.items(4)?, |entry| i64::from(entry >> 12), scratch, rows),
        // The lower half is the tag control information, of which twelve bits are the identifier.
        Kind::VlanTags => put_numbers(column, xdr.items(4)?, |tag| i64::from(tag & 0xFFF), scratch, rows),
        Kind::Records(names) => put_records(columns, xdr.items(4 * names.len())?, scratch, rows),
        Kind::AsPath => put_as_path(columns, xdr, scratch, rows)?,
        Kind::Communities => put_communities(column, xdr.items(4)?, scratch, rows),
        Kind::Adapters => put_adapters(column, xdr, scratch, rows)?,
    }
    Some(())
}

/// opaque mac[6], which is padded.
pub(super) fn mac(xdr: &mut Xdr<'_>) -> Option<[u8; 6]> {
    xdr.fixed(6)?.try_into().ok()
}

/// A number that no column of integers holds is text in a column beside it.
fn put_hyper(name: &str, column: ColumnIndex, number: u64, rows: &mut BatchBuilder) {
    match i64::try_from(number) {
        Ok(number) => rows.put_i64(column, number),
        Err(_) => {
            let beside = rows.define_late(&format!("{name}__string"), &ColumnType::String);
            rows.put_text(beside, &number.to_string());
        }
    }
}

/// Seven digits is what a float of 32 bits holds; more of them would be those of its binary form.
fn put_float(column: ColumnIndex, number: f32, rows: &mut BatchBuilder) {
    if number.is_finite() {
        let rounded = (f64::from(number) * 1e6).round() / 1e6;
        rows.put(column, &Value::Double(rounded));
    }
}

/// Text, without the zeros that some agents end it with; empty is unknown.
pub(super) fn put_string(column: ColumnIndex, bytes: &[u8], scratch: &mut Scratch, rows: &mut BatchBuilder) {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    let bytes = bytes.get(..end).unwrap_or_default();
    if !bytes.is_empty() {
        rows.put_text(column, utf8_or_escaped(bytes, &mut scratch.text));
    }
}

/// RFC 9562 section 4.
fn put_uuid(column: ColumnIndex, uuid: [u8; 16], scratch: &mut Scratch, rows: &mut BatchBuilder) {
    if uuid == [0; 16] {
        return;
    }
    scratch.text.clear();
    for (position, octet) in uuid.into_iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            scratch.text.push('-');
        }
        push_hex(&[octet], &mut scratch.text);
    }
    rows.put_text(column, &scratch.text);
}

/// The name of a number, `None` for one that is not in the list.
pub(super) fn name_of(names: Names, number: u32) -> Option<&'static str> {
    names.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

fn put_named(names: Names, columns: &[ColumnIndex], number: u32, rows: &mut BatchBuilder) {
    let [column, name_column] = columns else { return };
    rows.put_i64(*column, i64::from(number));
    if let Some(name) = name_of(names, number) {
        rows.put_text(*name_column, name);
    }
}

/// ifStatus of `if_counters`: bit 0 is ifAdminStatus, bit 1 ifOperStatus.
fn put_interface_status(columns: &[ColumnIndex], status: u32, rows: &mut BatchBuilder) {
    const UP: ShortText = ShortText::new("up");
    const DOWN: ShortText = ShortText::new("down");
    let [column, admin, oper] = columns else { return };
    rows.put_i64(*column, i64::from(status));
    rows.put_short(*admin, if status & 1 != 0 { UP } else { DOWN });
    rows.put_short(*oper, if status & 2 != 0 { UP } else { DOWN });
}

/// The unsigned ints of a list.
fn numbers(items: &[u8]) -> impl Iterator<Item = u32> {
    items.as_chunks::<4>().0.iter().map(|number| u32::from_be_bytes(*number))
}

fn put_numbers(
    column: ColumnIndex,
    items: &[u8],
    meaning: impl Fn(u32) -> i64,
    scratch: &mut Scratch,
    rows: &mut BatchBuilder,
) {
    scratch.numbers.clear();
    scratch.numbers.extend(numbers(items).map(|number| Some(Value::Int64(meaning(number)))));
    if !scratch.numbers.is_empty() {
        rows.put(column, &Value::List(&scratch.numbers));
    }
}

/// Structures of as many numbers as there are columns.
fn put_records(columns: &[ColumnIndex], items: &[u8], scratch: &mut Scratch, rows: &mut BatchBuilder) {
    for (position, column) in columns.iter().enumerate() {
        scratch.numbers.clear();
        let of_field = numbers(items).skip(position).step_by(columns.len());
        scratch.numbers.extend(of_field.map(|number| Some(Value::Int64(i64::from(number)))));
        if !scratch.numbers.is_empty() {
            rows.put(*column, &Value::List(&scratch.numbers));
        }
    }
}

/// as_path_type of `extended_gateway`.
const AS_SEQUENCE: u32 = 2;

/// Reads the segments of an AS path. Sets are written as BGP implementations do: `64500 {64501,64502}`.
fn put_as_path(
    columns: &[ColumnIndex],
    xdr: &mut Xdr<'_>,
    scratch: &mut Scratch,
    rows: &mut BatchBuilder,
) -> Option<()> {
    let [path, first, last, segments] = columns else { return None };
    let count = xdr.u32()?;
    let mut has_sets = false;
    scratch.numbers.clear();
    scratch.text.clear();
    for _ in 0..count {
        let is_set = xdr.u32()? != AS_SEQUENCE;
        let members = xdr.items(4)?;
        has_sets |= is_set;
        scratch.numbers.extend(numbers(members).map(|number| Some(Value::Int64(i64::from(number)))));
        push_segment(members, is_set, &mut scratch.text);
    }
    if let (Some(Some(Value::Int64(peer))), Some(Some(Value::Int64(origin)))) =
        (scratch.numbers.first(), scratch.numbers.last())
    {
        rows.put_i64(*first, *peer);
        rows.put_i64(*last, *origin);
        rows.put(*path, &Value::List(&scratch.numbers));
    }
    if has_sets {
        rows.put_text(*segments, &scratch.text);
    }
    Some(())
}

fn push_segment(members: &[u8], is_set: bool, text: &mut String) {
    let (open, between, close) = if is_set { ("{", ",", "}") } else { ("", " ", "") };
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(open);
    for (position, number) in numbers(members).enumerate() {
        if position > 0 {
            text.push_str(between);
        }
        push_number(number, text);
    }
    text.push_str(close);
}

fn push_number(number: u32, text: &mut String) {
    use std::fmt::Write;
    // Writing to a String cannot fail.
    let _ = write!(text, "{number}");
}

/// RFC 1997: the autonomous system in the upper half, its value in the lower.
fn put_communities(column: ColumnIndex, items: &[u8], scratch: &mut Scratch, rows: &mut BatchBuilder) {
    scratch.text.clear();
    for community in numbers(items) {
        if !scratch.text.is_empty() {
            scratch.text.push(' ');
        }
        push_number(community >> 16, &mut scratch.text);
        scratch.text.push(':');
        push_number(community & 0xFFFF, &mut scratch.text);
    }
    if scratch.text.is_empty() {
        return;
    }
    let list: Vec<_> = scratch.text.split(' ').map(|community| Some(Value::Text(community))).collect();
    rows.put(column, &Value::List(&list));
}

/// host_adapters: `[{"if_index":2,"mac_addresses":["02:00:00:00:00:01"]}]`.
fn put_adapters(
    column: ColumnIndex,
    xdr: &mut Xdr<'_>,
    scratch: &mut Scratch,
    rows: &mut BatchBuilder,
) -> Option<()> {
    let count = xdr.u32()?;
    let text = &mut scratch.text;
    text.clear();
    for _ in 0..count {
        let (index, addresses) = (xdr.u32()?, xdr.items(8)?);
        text.push_str(if text.is_empty() { "[{\"if_index\":" } else { ",{\"if_index\":" });
        push_number(index, text);
        text.push_str(",\"mac_addresses\":[");
        for (position, [a, b, c, d, e, f, _, _]) in addresses.as_chunks::<8>().0.iter().copied().enumerate() {
            text.push_str(if position > 0 { ",\"" } else { "\"" });
            push_mac([a, b, c, d, e, f], text);
            text.push('"');
        }
        text.push_str("]}");
    }
    if !text.is_empty() {
        text.push(']');
        rows.put_text(column, text);
    }
    Some(())
}
