//! Forms written as for `strftime`: `%Y-%m-%d %H:%M:%S`.

use chrono::format::StrftimeItems;

use super::layout::{Layout, Part};

/// Compiles a form; the reason is for the person who wrote it.
pub(super) fn compile(text: &str) -> Result<Layout, String> {
    let mut parts: Vec<Part> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        if first != '%' {
            push_text(&mut parts, first);
            rest = rest.get(first.len_utf8()..).unwrap_or_default();
            continue;
        }
        let end = rest.char_indices().skip(1).find(|(_, character)| ends_directive(*character));
        let Some((end, last)) = end else {
            return Err(format!("`{rest}` at the end of `{text}` is no directive"));
        };
        let (directive, after) = rest.split_at(end + last.len_utf8());
        rest = after;
        match last {
            '%' => push_text(&mut parts, '%'),
            'n' | 't' => push_text(&mut parts, ' '),
            'f' => push_fraction(&mut parts, directive),
            _ => parts.extend(items_of(directive)?),
        }
    }
    Layout::new(parts).map_err(|reason| format!("`{text}` {reason}"))
}

fn ends_directive(character: char) -> bool {
    character.is_alphabetic() || matches!(character, '%' | '+')
}

/// The parts that a directive stands for.
pub(super) fn items_of(directive: &str) -> Result<Vec<Part>, String> {
    match directive {
        "%a" | "%A" => return Ok(vec![Part::Weekday]),
        "%Z" => return Ok(vec![Part::ZoneName]),
        _ => {}
    }
    // Of zones each spelling is taken, with and without colon and minutes.
    let directive = if directive.ends_with('z') { "%#z" } else { directive };
    let items = StrftimeItems::new(directive).parse_to_owned();
    let items = items.map_err(|_| format!("`{directive}` is no directive of strftime that can be read"))?;
    Ok(items.into_iter().map(Part::Item).collect())
}

fn push_text(parts: &mut Vec<Part>, character: char) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push(character),
        _ => parts.push(Part::Text(character.to_string())),
    }
}

/// `%f`, `%.f`, `%3f`: digits of a second, as many as there are. A point or comma before them is part of it.
fn push_fraction(parts: &mut Vec<Part>, directive: &str) {
    if directive.starts_with("%.") {
        parts.push(Part::Fraction);
        return;
    }
    let Some(Part::Text(before)) = parts.last_mut() else {
        parts.push(Part::FractionDigits);
        return;
    };
    if !before.ends_with(['.', ',']) {
        parts.push(Part::FractionDigits);
        return;
    }
    before.pop();
    if before.is_empty() {
        parts.pop();
    }
    parts.push(Part::Fraction);
}
