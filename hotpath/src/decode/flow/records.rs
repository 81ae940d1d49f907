//! The records of a set of data, and where their fields lie (RFC 7011 sections 3.4.3 and 7, RFC 3954 section 5.3).

use super::plan::{Plan, PlanField};

/// Where a field lies in the bytes of its set.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    start: u32,
    length: u32,
}

#[derive(Debug, Clone, Copy)]
enum Layout<'a> {
    /// Every record has this many bytes, and its fields their offsets.
    Fixed(usize),
    /// The fields of all records, one record after the other.
    Listed(&'a [Place]),
}

/// Whole records.
#[derive(Debug, Clone, Copy)]
pub(super) struct Records<'a> {
    bytes: &'a [u8],
    count: usize,
    fields: usize,
    layout: Layout<'a>,
}

/// What is left of a set when its records are taken from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// Nothing, or padding: fewer bytes than a record has (RFC 7011 section 3.3.1).
    Padding,
    /// Records beyond the most that were asked for.
    Records,
    /// A field that says that it goes on beyond the set.
    Broken,
}

impl<'a> Records<'a> {
    /// Takes at most `count_max` records from the bytes of a set; `places` is memory for where their fields are.
    pub(super) fn take(
        plan: &Plan,
        bytes: &'a [u8],
        count_max: usize,
        places: &'a mut Vec<Place>,
    ) -> (Self, Rest) {
        if !plan.is_fixed {
            return Self::walk(plan, bytes, count_max, places);
        }
        // A template has at least a byte in its records, see `template`.
        let whole = bytes.len() / plan.record_bytes.max(1);
        let count = whole.min(count_max);
        let bytes = bytes.get(..count * plan.record_bytes).unwrap_or_default();
        let layout = Layout::Fixed(plan.record_bytes.max(1));
        let rest = if whole > count { Rest::Records } else { Rest::Padding };
        (Self { bytes, count, fields: plan.fields.len(), layout }, rest)
    }

    /// The same field by field, for any template.
    pub(super) fn walk(
        plan: &Plan,
        bytes: &'a [u8],
        count_max: usize,
        places: &'a mut Vec<Place>,
    ) -> (Self, Rest) {
        places.clear();
        let (mut count, mut start) = (0, 0);
        let mut rest = Rest::Padding;
        while bytes.len() - start >= plan.record_bytes.max(1) {
            if count == count_max {
                rest = Rest::Records;
                break;
            }
            let before = places.len();
            match walk_record(plan, bytes, start, places) {
                Some(end) => start = end,
                None => {
                    places.truncate(before);
                    // What does not make a record may be zeros that fill up the set.
                    let is_zero = bytes.get(start..).is_none_or(|rest| rest.iter().all(|byte| *byte == 0));
                    rest = if is_zero { Rest::Padding } else { Rest::Broken };
                    break;
                }
            }
            count += 1;
        }
        (Self { bytes, count, fields: plan.fields.len(), layout: Layout::Listed(places) }, rest)
    }

    /// How many there are.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Bytes of all records and of each, where all have the same.
    pub(super) fn fixed(&self) -> Option<(&'a [u8], usize)> {
        match self.layout {
            Layout::Fixed(stride) => Some((self.bytes, stride)),
            Layout::Listed(_) => None,
        }
    }

    /// The bytes of a field, the one at `position` of the plan; none where there is no such record.
    #[inline]
    pub(super) fn cell(&self, field: &PlanField, position: usize, record: usize) -> &'a [u8] {
        let (start, length) = match self.layout {
            Layout::Fixed(stride) => (record * stride + field.offset, field.length.unwrap_or(0)),
            Layout::Listed(places) => {
                let place = places.get(record * self.fields + position).copied().unwrap_or_default();
                (place.start as usize, place.length as usize)
            }
        };
        self.bytes.get(start..start + length).unwrap_or_default()
    }
}

/// Notes where the fields of a record lie; returns where it ends, `None` where it is not whole.
fn walk_record(plan: &Plan, bytes: &[u8], start: usize, places: &mut Vec<Place>) -> Option<usize> {
    let mut position = start;
    for field in &plan.fields {
        let length = match field.length {
            Some(length) => length,
            None => {
                let (length, length_bytes) = variable_length(bytes.get(position..)?)?;
                position += length_bytes;
                length
            }
        };
        let end = position + length;
        if end > bytes.len() {
            return None;
        }
        // A set has at most 64 KiB.
        places.push(Place { start: position as u32, length: length as u32 });
        position = end;
    }
    Some(position)
}

/// The length at the beginning of a field of variable length, and the bytes that it takes (RFC 7011 section 7).
pub(super) fn variable_length(bytes: &[u8]) -> Option<(usize, usize)> {
    match bytes {
        [255, high, low, ..] => Some((usize::from(u16::from_be_bytes([*high, *low])), 3)),
        [255, ..] | [] => None,
        [length, ..] => Some((usize::from(*length), 1)),
    }
}
