//! Forms written as the reference time `Mon Jan 2 15:04:05 MST 2006`, as Go has them.

use super::layout::{Layout, Part};
use super::strftime::items_of;

/// What stands for what, longer ones before those that they begin with, and the directive of strftime that is the same.
const ELEMENTS: [(&str, &str); 33] = [
    ("January", "%B"),
    ("Jan", "%b"),
    ("Monday", "%A"),
    ("Mon", "%A"),
    ("MST", "%Z"),
    ("2006", "%Y"),
    ("-07:00:00", "%z"),
    ("-07:00", "%z"),
    ("-070000", "%z"),
    ("-0700", "%z"),
    ("-07", "%z"),
    ("Z07:00:00", "%z"),
    ("Z07:00", "%z"),
    ("Z070000", "%z"),
    ("Z0700", "%z"),
    ("Z07", "%z"),
    ("002", "%j"),
    ("__2", "%j"),
    ("01", "%m"),
    ("02", "%d"),
    ("03", "%I"),
    ("04", "%M"),
    ("05", "%S"),
    ("06", "%y"),
    ("15", "%H"),
    ("PM", "%p"),
    ("pm", "%p"),
    ("_2", "%d"),
    ("1", "%m"),
    ("2", "%d"),
    ("3", "%I"),
    ("4", "%M"),
    ("5", "%S"),
];

/// Compiles a form; the reason is for the person who wrote it.
pub(super) fn compile(text: &str) -> Result<Layout, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if let Some(length) = fraction_length(rest) {
            parts.push(Part::Fraction);
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        if let Some((element, directive)) = element_at(rest) {
            parts.extend(items_of(directive)?);
            rest = rest.get(element.len()..).unwrap_or_default();
            continue;
        }
        match parts.last_mut() {
            Some(Part::Text(literal)) => literal.push(first),
            _ => parts.push(Part::Text(first.to_string())),
        }
        rest = rest.get(first.len_utf8()..).unwrap_or_default();
    }
    Layout::new(parts).map_err(|reason| {
        format!(
            "`{text}` {reason}: write a Go layout (2006-01-02 15:04:05), strftime (%Y-%m-%d %H:%M:%S), or one of unix, unix_ms, unix_us, unix_ns, iso8601, rfc3339"
        )
    })
}

fn element_at(rest: &str) -> Option<(&'static str, &'static str)> {
    let found = ELEMENTS.iter().find(|(element, _)| rest.starts_with(*element))?;
    // `Month` is no `Mon`.
    let after = rest.get(found.0.len()..).unwrap_or_default();
    let is_name =
        matches!(found.0, "Jan" | "Mon") && after.starts_with(|next: char| next.is_ascii_lowercase());
    (!is_name).then_some(*found)
}

/// The length of `.000` or `,999` at the beginning of a text.
fn fraction_length(text: &str) -> Option<usize> {
    let digits = text.strip_prefix(['.', ','])?;
    let digit = digits.bytes().next().filter(|digit| matches!(digit, b'0' | b'9'))?;
    let length = digits.bytes().take_while(|other| *other == digit).count();
    let goes_on = digits.as_bytes().get(length).is_some_and(u8::is_ascii_digit);
    (!goes_on).then_some(length + 1)
}
