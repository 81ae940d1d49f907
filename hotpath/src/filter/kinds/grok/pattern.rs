//! From a grok pattern to one regular expression: references are replaced by what they name, once, when the
//! configuration is compiled.

use std::collections::BTreeMap;

use regex::{CaptureLocations, Regex, RegexBuilder};

use super::families;
use super::reference::{CaughtType, Naming, Reference, Target, beginning};
use crate::filter::limits::{
    MAX_GROK_AUTOMATON_BYTES, MAX_GROK_DEPTH, MAX_GROK_FIELDS, MAX_GROK_PATTERN_BYTES, MAX_GROK_PROGRAM_BYTES,
};

/// The groups of the regular expression that we name are called so, with a number behind it: names of fields may be
/// there twice, and hold what no name of a group may.
const GROUP_PREFIX: &str = "caught";

/// What patterns are compiled with.
#[derive(Debug)]
pub(super) struct PatternOptions {
    /// Patterns of the configuration, which go before the built-in ones.
    pub(super) custom: BTreeMap<String, String>,
    pub(super) naming: Naming,
    /// Whether a reference without a field is caught under the pattern's name.
    pub(super) catches_unnamed: bool,
    /// What stands before the name of each field.
    pub(super) prefix: String,
}

/// A field and the groups that may hold its text.
#[derive(Debug)]
pub(super) struct CaughtField {
    pub(super) name: String,
    pub(super) caught_type: CaughtType,
    /// In the order in which they stand in the pattern.
    groups: Vec<usize>,
}

/// A pattern that is ready to be matched.
#[derive(Debug)]
pub(super) struct CompiledPattern {
    regex: Regex,
    pub(super) fields: Vec<CaughtField>,
}

impl CompiledPattern {
    /// Compiles a pattern; the reason is for the person who wrote it.
    pub(super) fn new(pattern: &str, options: &PatternOptions) -> Result<Self, String> {
        let mut expansion =
            Expansion { options, text: String::new(), targets: Vec::new(), inside: Vec::new() };
        expansion.expand(pattern)?;
        let Expansion { text, targets, .. } = expansion;
        // A point is any character, as in the programs that such patterns are written for: messages of several lines are
        // matched whole.
        let regex = RegexBuilder::new(&text)
            .dot_matches_new_line(true)
            .size_limit(MAX_GROK_PROGRAM_BYTES)
            .dfa_size_limit(MAX_GROK_AUTOMATON_BYTES)
            .build()
            .map_err(|error| reason_of(&error))?;
        let mut fields: Vec<CaughtField> = Vec::new();
        for (group, name) in regex.capture_names().enumerate() {
            let number = name.and_then(|name| name.strip_prefix(GROUP_PREFIX)?.parse::<usize>().ok());
            let Some(target) = number.and_then(|number| targets.get(number)) else { continue };
            let name = format!("{}{}", options.prefix, target.field);
            match fields.iter_mut().find(|field| field.name == name) {
                Some(known) => known.groups.push(group),
                None => {
                    let caught_type = target.caught_type;
                    fields.push(CaughtField { name, caught_type, groups: vec![group] });
                }
            }
        }
        Ok(Self { regex, fields })
    }

    /// Where the groups of a match are noted.
    pub(super) fn new_locations(&self) -> CaptureLocations {
        self.regex.capture_locations()
    }

    /// Whether the pattern occurs in a text; `locations` says then where its groups are. What does not match costs one
    /// way of an automaton through the text, so that patterns that are tried one after the other need no common one.
    pub(super) fn matches(&self, text: &str, locations: &mut CaptureLocations) -> bool {
        self.regex.captures_read(locations, text).is_some()
    }
}

impl CaughtField {
    /// What was caught: of several groups the first that has a text, and an empty one only if that is wanted.
    pub(super) fn caught<'t>(
        &self,
        text: &'t str,
        locations: &CaptureLocations,
        keep_empty: bool,
    ) -> Option<&'t str> {
        let mut texts = self.groups.iter().filter_map(|group| {
            let (start, end) = locations.get(*group)?;
            text.get(start..end)
        });
        texts.clone().find(|caught| !caught.is_empty()).or_else(|| texts.next().filter(|_| keep_empty))
    }
}

/// A pattern while its references are replaced.
struct Expansion<'o> {
    options: &'o PatternOptions,
    text: String,
    targets: Vec<Target>,
    /// The patterns that are being replaced, the innermost last.
    inside: Vec<String>,
}

impl Expansion<'_> {
    fn expand(&mut self, pattern: &str) -> Result<(), String> {
        let mut rest = pattern;
        // How many brackets of character classes are open; nothing but them is special there.
        let mut classes = 0usize;
        while let Some(first) = rest.chars().next() {
            let length = match first {
                '\\' => first.len_utf8() + rest.chars().nth(1).map_or(0, char::len_utf8),
                '[' => {
                    classes += 1;
                    class_opening(rest)
                }
                ']' => {
                    classes = classes.saturating_sub(1);
                    1
                }
                '%' if classes == 0 && rest.starts_with("%{") => {
                    let (reference, after) = Reference::parse(rest)?;
                    self.refer(reference)?;
                    rest = after;
                    continue;
                }
                '(' if classes == 0 && rest.starts_with("(?") => {
                    rest = self.open_group(rest)?;
                    continue;
                }
                _ => first.len_utf8(),
            };
            let (taken, after) = rest.split_at(length);
            self.push(taken)?;
            rest = after;
        }
        Ok(())
    }

    fn push(&mut self, text: &str) -> Result<(), String> {
        if self.text.len() + text.len() > MAX_GROK_PATTERN_BYTES {
            return Err(format!(
                "with its references replaced the pattern is longer than {MAX_GROK_PATTERN_BYTES} bytes"
            ));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Puts what a reference names in its place.
    fn refer(&mut self, reference: Reference<'_>) -> Result<(), String> {
        let name = reference.name;
        if self.inside.iter().any(|outer| outer == name) {
            return Err(format!("a pattern cannot contain itself: {} -> {name}", self.inside.join(" -> ")));
        }
        if self.inside.len() == MAX_GROK_DEPTH {
            return Err(format!("patterns stand deeper in one another than {MAX_GROK_DEPTH}: at `{name}`"));
        }
        let options = self.options;
        let custom = options.custom.get(name).map(String::as_str);
        let Some(definition) = custom.or_else(|| families::definition(name)) else {
            return Err(unknown_pattern(name, options));
        };
        let is_of_the_user = self.inside.is_empty();
        let unnamed = (is_of_the_user && options.catches_unnamed).then_some(name);
        let target = match reference.target.or(unnamed) {
            Some(target) => Target::parse(target, options.naming)?,
            None => None,
        };
        self.open_target(target)?;
        self.inside.push(name.to_owned());
        self.expand(definition)?;
        self.inside.pop();
        self.push(")")
    }

    /// Opens a group that is caught, or one that is not.
    fn open_target(&mut self, target: Option<Target>) -> Result<(), String> {
        let Some(target) = target else { return self.push("(?:") };
        if self.targets.len() == MAX_GROK_FIELDS {
            return Err(format!("the pattern catches more than {MAX_GROK_FIELDS} fields"));
        }
        self.push(&format!("(?P<{GROUP_PREFIX}{}>", self.targets.len()))?;
        self.targets.push(target);
        Ok(())
    }

    /// Takes the beginning of a group that has a `?`; returns what follows.
    fn open_group<'p>(&mut self, rest: &'p str) -> Result<&'p str, String> {
        for look_around in ["(?=", "(?!", "(?<=", "(?<!"] {
            if rest.starts_with(look_around) {
                return Err(format!(
                    "`{look_around}` at `{}` looks around, which takes more than linear time: match what stands there, outside of a field",
                    beginning(rest)
                ));
            }
        }
        if rest.starts_with("(?>") {
            return Err(format!("`(?>` at `{}` is not known: write `(?:`", beginning(rest)));
        }
        let named = rest.strip_prefix("(?<").or_else(|| rest.strip_prefix("(?P<"));
        let Some(named) = named else {
            self.push("(?")?;
            return Ok(rest.strip_prefix("(?").unwrap_or_default());
        };
        let Some((name, after)) = named.split_once('>') else {
            return Err(format!("`{}` is not closed: write `(?<field>...)`", beginning(rest)));
        };
        let target = Target::parse(name, self.options.naming)?;
        self.open_target(target)?;
        Ok(after)
    }
}

/// The bytes of `[`, `[^`, `[]` or `[^]`: a bracket that closes is a character where it comes first.
fn class_opening(text: &str) -> usize {
    let after = text.get(1..).unwrap_or_default();
    let negated = usize::from(after.starts_with('^'));
    let bracket = usize::from(after.get(negated..).is_some_and(|after| after.starts_with(']')));
    1 + negated + bracket
}

fn unknown_pattern(name: &str, options: &PatternOptions) -> String {
    /// The least likeness (Jaro-Winkler, 0 to 1) for a suggestion.
    const LEAST_LIKENESS: f64 = 0.85;
    let mut best = (LEAST_LIKENESS, None);
    for known in
        options.custom.keys().map(String::as_str).chain(families::names().map(|name| -> &str { name }))
    {
        let likeness = strsim::jaro_winkler(&name.to_uppercase(), known);
        if likeness > best.0 {
            best = (likeness, Some(known));
        }
    }
    let hint = best.1.map_or_else(String::new, |known| format!(", did you mean `{known}`?"));
    format!("unknown pattern `{name}`{hint}; define it in `custom_patterns`")
}

/// Why a regular expression does not compile, in a line.
fn reason_of(error: &regex::Error) -> String {
    if matches!(error, regex::Error::CompiledTooBig(_)) {
        return format!(
            "with its references replaced the pattern takes more than {MAX_GROK_PROGRAM_BYTES} bytes: make its repetitions smaller"
        );
    }
    let shown = error.to_string();
    let last_line = shown.lines().last().unwrap_or_default().trim_start_matches("error: ");
    format!("not a regular expression: {last_line}")
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn options(naming: Naming) -> PatternOptions {
        PatternOptions { custom: BTreeMap::new(), naming, catches_unnamed: false, prefix: String::new() }
    }

    fn first(name: &str, text: &str) -> Option<String> {
        let pattern = CompiledPattern::new(&format!("%{{{name}:found}}"), &options(Naming::Ecs)).unwrap();
        let mut locations = pattern.new_locations();
        let matches = pattern.matches(text, &mut locations);
        matches.then(|| pattern.fields[0].caught(text, &locations, true).unwrap_or_default().to_owned())
    }

    #[test]
    fn every_built_in_pattern_compiles() {
        for name in families::names() {
            let compiled = CompiledPattern::new(&format!("%{{{name}}}"), &options(Naming::Ecs));
            assert!(compiled.is_ok(), "{name}: {:?}", compiled.err());
        }
    }

    #[test]
    fn every_built_in_pattern_catches_something_in_the_classic_naming_too() {
        for name in families::names() {
            let options = options(Naming::Classic);
            let mut expansion =
                Expansion { options: &options, text: String::new(), targets: Vec::new(), inside: Vec::new() };
            assert_eq!(expansion.expand(&format!("%{{{name}:all}}")), Ok(()), "{name}");
            assert!(!expansion.targets.is_empty());
        }
    }

    #[test]
    fn ipv6_is_found_in_all_its_forms() {
        for address in [
            "2001:db8:0:0:8:800:200c:417a",
            "2001:DB8::8:800:200C:417A",
            "ff01::101",
            "::1",
            "::",
            "1::",
            "fe80::1%eth0",
            "2001:db8::",
            "1:2:3:4:5:6:7::",
            "::2:3:4:5:6:7:8",
            "::ffff:192.0.2.128",
            "64:ff9b::192.0.2.33",
            "0:0:0:0:0:ffff:129.144.52.38",
            "1:2:3:4:5::192.0.2.1",
        ] {
            for name in ["IPV6", "IP"] {
                let text = format!("from [{address}]:443 x");
                assert_eq!(first(name, &text).as_deref(), Some(address), "{name} {address}");
            }
        }
        for text in ["12:34:56", "00:1b:44:11:3a:b7", "std::string", "1:2:3:4:5:6:7", "g::1x"] {
            assert_eq!(first("IPV6", text), None, "{text}");
        }
    }

    #[test]
    fn well_known_names_match_what_they_say() {
        for (name, text, expected) in [
            ("IPV4", "at 10.0.0.255, then", Some("10.0.0.255")),
            ("IPV4", "192.300.300.300", None),
            ("IPV4", "1.2.3.256", None),
            ("NUMBER", "is -1.5e", Some("-1.5")),
            ("POSINT", "a 0 12", Some("12")),
            ("BASE16NUM", "0xDEADbeef", Some("0xDEADbeef")),
            ("WORD", "été, hiver", Some("été")),
            ("QUOTEDSTRING", r#"say "a \" b" now"#, Some(r#""a \" b""#)),
            (
                "UUID",
                "id 0188d1b2-7b6c-7e3f-8a9b-0c1d2e3f4a5b.",
                Some("0188d1b2-7b6c-7e3f-8a9b-0c1d2e3f4a5b"),
            ),
            ("MAC", "0011.2233.4455", Some("0011.2233.4455")),
            ("MAC", "00-11-22-33-44-55", Some("00-11-22-33-44-55")),
            ("MAC", "00:11:22:33:44:55", Some("00:11:22:33:44:55")),
            ("EMAILADDRESS", "to first.last+tag@example.org ok", Some("first.last+tag@example.org")),
            (
                "URI",
                "see https://u:p@example.org:8443/a/b?c=d#e now",
                Some("https://u:p@example.org:8443/a/b?c=d#e"),
            ),
            ("URI", "http://[2001:db8::1]:80/x", Some("http://[2001:db8::1]:80/x")),
            ("HOSTPORT", "to db-1.example.org:5432.", Some("db-1.example.org:5432")),
            ("TTY", "on /dev/pts/8", Some("/dev/pts/8")),
            ("PATH", r"C:\Windows\a.exe", Some(r"C:\Windows\a.exe")),
            ("MONTH", "in Sept.", Some("Sept")),
            ("MONTH", "Map", None),
            ("MONTHNUM", "12", Some("12")),
            ("MONTHDAY", "31", Some("31")),
            ("DAY", "Tuesday", Some("Tuesday")),
            ("TIME", "at 23:59:60.123", Some("23:59:60.123")),
            ("TIMESTAMP_ISO8601", "x 2024-03-05T06:07:08.123+01:00 y", Some("2024-03-05T06:07:08.123+01:00")),
            ("TIMESTAMP_ISO8601", "2024-03-05 06:07", Some("2024-03-05 06:07")),
            ("DATE_US", "03/05/2024", Some("03/05/2024")),
            ("DATE_EU", "05.03.2024", Some("05.03.2024")),
            ("HTTPDATE", "[17/Oct/2023:05:57:49 +1100]", Some("17/Oct/2023:05:57:49 +1100")),
            ("SYSLOGTIMESTAMP", "Mar  5 06:07:08 h", Some("Mar  5 06:07:08")),
            ("DATESTAMP_RFC822", "Tue Mar 5 2024 06:07:08 UTC", Some("Tue Mar 5 2024 06:07:08 UTC")),
            ("DATESTAMP_RFC2822", "Tue, 5 Mar 2024 06:07:08 +0100", Some("Tue, 5 Mar 2024 06:07:08 +0100")),
            ("DATESTAMP_OTHER", "Tue Mar 5 06:07:08 CET 2024", Some("Tue Mar 5 06:07:08 CET 2024")),
            ("DATESTAMP_EVENTLOG", "20240305060708", Some("20240305060708")),
            ("LOGLEVEL", "Information:", Some("Information")),
            ("HTTPMETHOD", "\"GET /", Some("GET")),
            ("HTTPVERSION", "HTTP/1.1", Some("HTTP/1.1")),
        ] {
            assert_eq!(first(name, text).as_deref(), expected, "{name} {text}");
        }
    }

    #[test]
    fn brackets_and_escapes_hide_what_looks_like_a_reference() {
        let found = |pattern: &str, text: &str| {
            let pattern = CompiledPattern::new(pattern, &options(Naming::Ecs)).unwrap();
            pattern.matches(text, &mut pattern.new_locations())
        };
        assert!(found(r"[%{]x", "{x"));
        assert!(found(r"\(?a\)?[(?<]", "a<"));
        assert!(found(r"[]%{]y[[:digit:]%{]", "%y7"));
        assert!(found(r"100%", "100%"));
    }
}
