//! Information elements: what the numbers in a template of NetFlow v9 or IPFIX are called, and their types.
//!
//! A table for each enterprise, sorted by number. `iana.rs`, `cert.rs` and `vmware.rs` are made from the
//! registries by `scripts/flow-elements.py`; the others are written by hand from the vendors' manuals and from what
//! other collectors know. Names are column names: the registered name in lower snake case. A name has one type
//! in all tables; where two vendors differ, one of the names has its vendor before it.

mod barracuda;
mod cert;
mod cisco;
mod gigamon;
mod iana;
mod ixia;
mod juniper;
mod netflow_v9;
mod netscaler;
mod niagara;
mod nokia;
mod ntop;
mod plixer;
mod riverbed;
#[cfg(test)]
mod tests;
mod vmware;

/// The abstract data types of information elements (RFC 7012 section 3.1, lists RFC 6313), without their sizes:
/// a template may give an element fewer bytes than its type has (RFC 7011 section 6.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// unsigned8 to unsigned64.
    Unsigned,
    /// signed8 to signed64.
    Signed,
    /// float32, float64.
    Float,
    /// 1 is true, 2 is false (RFC 7011 section 6.1.5).
    Boolean,
    /// Four bytes.
    Ipv4Address,
    /// Sixteen bytes.
    Ipv6Address,
    /// Six bytes.
    MacAddress,
    /// UTF-8.
    String,
    /// Bytes without a meaning of their own; unsigned256 too.
    OctetArray,
    /// Seconds since 1970.
    DateTimeSeconds,
    /// Milliseconds since 1970.
    DateTimeMilliseconds,
    /// An NTP timestamp whose lowest 11 bits mean nothing (RFC 7011 section 6.1.9).
    DateTimeMicroseconds,
    /// An NTP timestamp (RFC 7011 section 6.1.10).
    DateTimeNanoseconds,
    /// Values of one element (RFC 6313 section 4.5.1).
    BasicList,
    /// Records of one template (RFC 6313 section 4.5.2).
    SubTemplateList,
    /// Records of several templates (RFC 6313 section 4.5.3).
    SubTemplateMultiList,
}

/// An information element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Element {
    /// The name of its column.
    pub name: &'static str,
    /// How its bytes are read.
    pub element_type: ElementType,
}

/// The enterprise number of the elements of the IANA registry.
const IANA: u32 = 0;
const CISCO: u32 = 9;
const NTOP: u32 = 35632;

/// Where NetFlow v9 has Cisco's elements, and all vendors': numbers from here are not the IANA's.
const V9_PRIVATE: u16 = 32768;
/// Where NetFlow v9 has ntop's elements (nProbe since 5.5.6).
const V9_NTOP: u16 = 57472;

/// A number and its element.
type Row = (u16, Element);

const fn row(id: u16, name: &'static str, element_type: ElementType) -> Row {
    (id, Element { name, element_type })
}

/// The table of each private enterprise number, sorted by it.
static ENTERPRISES: &[(u32, &[Row])] = &[
    (IANA, iana::ELEMENTS),
    (CISCO, cisco::ELEMENTS),
    (637, nokia::ELEMENTS),
    (2636, juniper::ELEMENTS),
    (3054, ixia::ELEMENTS),
    (5951, netscaler::ELEMENTS),
    (6871, cert::ELEMENTS),
    (6876, vmware::ELEMENTS),
    (10704, barracuda::ELEMENTS),
    (13745, plixer::ELEMENTS),
    (26866, gigamon::ELEMENTS),
    (32622, riverbed::ELEMENTS),
    (NTOP, ntop::ELEMENTS),
    (47729, niagara::ELEMENTS),
];

/// The element `id` of an enterprise, 0 for the IANA's: `id` is without the enterprise bit (RFC 7011 section 3.2).
///
/// Reverse elements (RFC 5103, enterprise 29305) are those of the IANA: ask for these.
pub fn ipfix_element(enterprise: u32, id: u16) -> Option<&'static Element> {
    let place = ENTERPRISES.binary_search_by_key(&enterprise, |(number, _)| *number).ok()?;
    find(ENTERPRISES.get(place)?.1, id)
}

/// The element of a field type of NetFlow v9 (RFC 3954 section 8, and what vendors added).
pub fn netflow_v9_element(id: u16) -> Option<&'static Element> {
    if let Some(element) = find(netflow_v9::ELEMENTS, id) {
        return Some(element);
    }
    if id < V9_PRIVATE {
        return ipfix_element(IANA, id);
    }
    if let Some(element) = id.checked_sub(V9_NTOP).and_then(|ntop| ipfix_element(NTOP, ntop)) {
        return Some(element);
    }
    ipfix_element(CISCO, id - V9_PRIVATE)
}

fn find(table: &'static [Row], id: u16) -> Option<&'static Element> {
    let place = table.binary_search_by_key(&id, |(number, _)| *number).ok()?;
    table.get(place).map(|(_, element)| element)
}
