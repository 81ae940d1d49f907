//! A regular expression with what takes the place of its matches, and a bound on the text that becomes of it.

use regex::{Captures, Regex};

use super::change_texts::Change;
use super::limits::MAX_MADE_TEXT_BYTES;

const TOO_LONG: &str = "the text would be longer than the limit after the replacement";

/// Replaces the matches of a pattern.
#[derive(Debug)]
pub(super) struct Replacing {
    pattern: Regex,
    parts: Vec<Part>,
    /// Every match, not just the first.
    global: bool,
}

/// A part of what takes the place of a match.
#[derive(Debug, PartialEq, Eq)]
enum Part {
    Text(String),
    /// What a group of the pattern matched.
    Group(usize),
}

impl Replacing {
    /// Matches of `pattern` give way to `replacement`, in which `$1` and `${name}` stand for groups and `$$` for `$`.
    ///
    /// # Errors
    /// What is wrong with the replacement, for the person who wrote it.
    pub(super) fn new(pattern: Regex, replacement: &str, global: bool) -> Result<Self, String> {
        let parts = parts_of(&pattern, replacement)?;
        Ok(Self { pattern, parts, global })
    }

    /// Matches of `pattern` give way to `text` as it is.
    pub(super) fn by_text(pattern: Regex, text: &str) -> Self {
        Self { pattern, parts: vec![Part::Text(text.to_owned())], global: true }
    }

    /// Writes what `text` becomes to `made`, which is empty.
    pub(super) fn replace(&self, text: &str, made: &mut String) -> Change {
        replace_matches(&self.pattern, self.global, text, made, |captures, made| {
            for part in &self.parts {
                match part {
                    Part::Text(text) => made.push_str(text),
                    Part::Group(group) => {
                        made.push_str(captures.get(*group).map_or("", |matched| matched.as_str()));
                    }
                }
                if made.len() > MAX_MADE_TEXT_BYTES {
                    return;
                }
            }
        })
    }
}

/// Writes `text` to `made`, with what `write` makes of the matches of `pattern` in their place.
pub(super) fn replace_matches(
    pattern: &Regex,
    global: bool,
    text: &str,
    made: &mut String,
    mut write: impl FnMut(&Captures<'_>, &mut String),
) -> Change {
    let mut copied = 0;
    let mut is_matched = false;
    for captures in pattern.captures_iter(text) {
        let Some(whole) = captures.get(0) else { continue };
        is_matched = true;
        made.push_str(text.get(copied..whole.start()).unwrap_or_default());
        write(&captures, made);
        copied = whole.end();
        if made.len() > MAX_MADE_TEXT_BYTES {
            return Change::Fault(TOO_LONG);
        }
        if !global {
            break;
        }
    }
    if !is_matched {
        return Change::Same;
    }
    made.push_str(text.get(copied..).unwrap_or_default());
    if made.len() > MAX_MADE_TEXT_BYTES.max(text.len()) {
        return Change::Fault(TOO_LONG);
    }
    if made.as_str() == text { Change::Same } else { Change::Made }
}

fn parts_of(pattern: &Regex, replacement: &str) -> Result<Vec<Part>, String> {
    let mut parts = Vec::new();
    let mut rest = replacement;
    while let Some(dollar) = rest.find('$') {
        let (before, behind) = rest.split_at(dollar);
        push_text(&mut parts, before);
        let behind = behind.strip_prefix('$').unwrap_or(behind);
        if let Some(after) = behind.strip_prefix('$') {
            push_text(&mut parts, "$");
            rest = after;
            continue;
        }
        let (name, after) = reference(behind)?;
        parts.push(Part::Group(group_of(pattern, name)?));
        rest = after;
    }
    push_text(&mut parts, rest);
    Ok(parts)
}

fn push_text(parts: &mut Vec<Part>, text: &str) {
    if text.is_empty() {
        return;
    }
    match parts.last_mut() {
        Some(Part::Text(before)) => before.push_str(text),
        _ => parts.push(Part::Text(text.to_owned())),
    }
}

/// The name of the group that stands behind a `$`, and what follows.
fn reference(behind: &str) -> Result<(&str, &str), String> {
    if let Some(braced) = behind.strip_prefix('{') {
        return braced.split_once('}').ok_or_else(|| "`${` without its `}`; a `$` itself is `$$`".to_owned());
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let end = behind.find(|character| !is_name(character)).unwrap_or(behind.len());
    match behind.split_at(end) {
        ("", _) => Err("a `$` that names no group; a `$` itself is `$$`".to_owned()),
        found => Ok(found),
    }
}

fn group_of(pattern: &Regex, name: &str) -> Result<usize, String> {
    let by_number = name.parse().ok().filter(|number: &usize| *number < pattern.captures_len());
    let found = by_number.or_else(|| pattern.capture_names().position(|known| known == Some(name)));
    if let Some(group) = found {
        return Ok(group);
    }
    let digits = name.bytes().take_while(u8::is_ascii_digit).count();
    let (number, text) = name.split_at(digits);
    if number.is_empty() || text.is_empty() {
        return Err(format!("the pattern has no group `{name}`"));
    }
    Err(format!(
        "the pattern has no group `{name}`: write `${{{number}}}{text}` for group {number} before `{text}`"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn replaced(pattern: &str, replacement: &str, text: &str) -> String {
        let replacing = Replacing::new(Regex::new(pattern).unwrap(), replacement, true).unwrap();
        let mut made = String::new();
        match replacing.replace(text, &mut made) {
            Change::Same => text.to_owned(),
            Change::Made => made,
            Change::Fault(reason) => reason.to_owned(),
        }
    }

    #[test]
    fn groups_are_put_in_by_number_and_name() {
        assert_eq!(replaced(r"(\w+)@(?P<host>\w+)", "${host}:$1", "a@b c@d"), "b:a d:c");
        assert_eq!(replaced("a", "$$1", "banana"), "b$1n$1n$1");
        assert_eq!(replaced("(x)?y", "[$1]", "y xy"), "[] [x]");
        assert_eq!(replaced("", "-", "é"), "-é-");
    }

    #[test]
    fn it_does_what_the_regex_crate_does() {
        for (pattern, replacement, text) in
            [("a*", "<$0>", "baac"), (r"\b", "|", "two words"), ("(a)(b)?", "$2$1", "abaa"), ("é", "", "éaé")]
        {
            let expected = Regex::new(pattern).unwrap().replace_all(text, replacement).into_owned();
            assert_eq!(replaced(pattern, replacement, text), expected, "{pattern}");
        }
    }

    #[test]
    fn a_reference_to_no_group_is_refused() {
        let pattern = Regex::new("(a)").unwrap();
        for (replacement, part) in [
            ("$2", "no group `2`"),
            ("$1st", "write `${1}st`"),
            ("${name}", "no group `name`"),
            ("${1", "without its `}`"),
            ("5 $", "names no group"),
        ] {
            let error = Replacing::new(pattern.clone(), replacement, true).unwrap_err();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn a_text_that_would_grow_beyond_the_limit_is_a_fault() {
        let text = "a".repeat(MAX_MADE_TEXT_BYTES / 2);
        assert_eq!(replaced("(a+)", "$1$1$1", &text), TOO_LONG);
        assert_eq!(replaced("a+", "b", &text), "b");
    }
}
