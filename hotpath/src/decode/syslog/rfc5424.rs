//! The header of RFC 5424 section 6.2: `VERSION SP TIMESTAMP SP HOSTNAME SP APP-NAME SP PROCID SP MSGID`.

use super::iso_time::{IsoParser, IsoStamp};
use super::structured_data::Fault;
use crate::decode::byte_masks::{MASK_BYTES, header_masks};

/// Longest HOSTNAME, APP-NAME, PROCID and MSGID (ABNF in section 6).
const FIELD_BYTES_MAX: [usize; 4] = [255, 48, 128, 32];

/// A header; fields that are NILVALUE are `None`.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Header<'a> {
    pub(super) stamp: Option<IsoStamp>,
    pub(super) hostname: Option<&'a str>,
    pub(super) app_name: Option<&'a str>,
    pub(super) proc_id: Option<&'a str>,
    pub(super) msg_id: Option<&'a str>,
    /// What follows the header and its space.
    pub(super) rest: &'a str,
    /// A liberty that was let pass.
    pub(super) liberty: Option<Fault>,
}

impl Header<'_> {
    /// Whether a CEF or LEEF body stands where a field should: many devices leave out the fields before it.
    #[inline]
    pub(super) fn has_marker(&self) -> bool {
        let begins = |field: Option<&str>| {
            matches!(
                field.map(str::as_bytes),
                Some([b'C', b'E', b'F', b':', ..] | [b'L', b'E', b'E', b'F', b':', ..])
            )
        };
        begins(self.hostname) || begins(self.app_name) || begins(self.proc_id) || begins(self.msg_id)
    }
}

/// Bytes of VERSION and its space (section 6.2.2), `None` where the text has none.
pub(super) fn version_bytes(text: &[u8]) -> Option<usize> {
    if !matches!(text.first(), Some(b'1'..=b'9')) {
        return None;
    }
    let digits = text.iter().take(4).take_while(|byte| byte.is_ascii_digit()).count();
    (digits <= 3 && text.get(digits) == Some(&b' ')).then_some(digits + 1)
}

/// Parses what follows VERSION and its space.
///
/// # Errors
/// What keeps the text from being a header.
pub(super) fn parse<'a>(text: &'a str, times: &mut IsoParser) -> Result<Header<'a>, Fault> {
    let mut liberty = None;
    let (stamp, at) = timestamp(text, times, &mut liberty)?;
    if let Some(([hostname, app_name, proc_id, msg_id], rest)) = plain_fields(&text[at..]) {
        return Ok(Header { stamp, hostname, app_name, proc_id, msg_id, rest, liberty });
    }
    let mut rest = &text[at..];
    let mut fields = [None; 4];
    for (field, bytes_max) in fields.iter_mut().zip(FIELD_BYTES_MAX) {
        if rest.is_empty() {
            return Err("the header ends before the fields of RFC 5424 section 6.2 do");
        }
        let end = word_bytes(rest.as_bytes());
        let word = &rest[..end];
        if end > bytes_max {
            liberty = Some("a field of the header is longer than RFC 5424 section 6 allows");
        } else if end == 0 {
            liberty = Some("a field of the header is empty");
        }
        *field = (end > 0 && word != "-").then_some(word);
        rest = rest.get(end + 1..).unwrap_or("");
    }
    let header_bytes = text.len() - rest.len();
    if !text.as_bytes()[..header_bytes].is_ascii() {
        liberty = Some("a field of the header is not ASCII");
    }
    let [hostname, app_name, proc_id, msg_id] = fields;
    Ok(Header { stamp, hostname, app_name, proc_id, msg_id, rest, liberty })
}

/// The four fields behind TIMESTAMP and what follows them, `None` where they are longer than 64 bytes together, or
/// one of them is empty or not as section 6 has it.
fn plain_fields(text: &str) -> Option<([Option<&str>; 4], &str)> {
    let masks = header_masks(text.as_bytes().first_chunk()?);
    let mut spaces = masks.space;
    let mut start = 0;
    let mut fields = [None; 4];
    for (field, bytes_max) in fields.iter_mut().zip(FIELD_BYTES_MAX) {
        let end = spaces.trailing_zeros() as usize;
        if spaces == 0 || end == start || end - start > bytes_max {
            return None;
        }
        spaces &= spaces - 1;
        *field = Some(&text[start..end]).filter(|word| *word != "-");
        start = end + 1;
    }
    // The bits of the header's bytes; its last one is a space, which is below the 64th or the 64th itself.
    let header = u64::MAX >> (MASK_BYTES - start);
    (masks.not_ascii & header == 0).then_some((fields, &text[start..]))
}

/// TIMESTAMP (section 6.2.3) and its space: the stamp and the bytes taken.
fn timestamp(
    text: &str,
    times: &mut IsoParser,
    liberty: &mut Option<Fault>,
) -> Result<(Option<IsoStamp>, usize), Fault> {
    if text.starts_with("- ") {
        return Ok((None, 2));
    }
    let Some(stamp) = times.parse(text.as_bytes()) else {
        return Err("no time stamp as RFC 5424 section 6.2.3 has it");
    };
    if text.as_bytes().get(stamp.length) != Some(&b' ') {
        return Err("a time stamp that does not end");
    }
    if !stamp.by_the_book {
        *liberty = Some("a time stamp that is not of RFC 5424 section 6.2.3");
    }
    Ok((Some(stamp), stamp.length + 1))
}

/// Bytes before the next space.
#[inline]
pub(super) fn word_bytes(text: &[u8]) -> usize {
    text.iter().position(|byte| *byte == b' ').unwrap_or(text.len())
}
