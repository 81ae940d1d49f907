//! `mask`: takes what must not be seen out of texts, or puts a pseudonym in its place.

use std::any::Any;

use regex::Regex;
use ring::hmac;

use crate::decode::address_text::push_hex;
use crate::filter::change_texts::{Change, Unchanged, change_texts};
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::limits::{MAX_FIELD_TEMPLATE_BYTES, MIN_MASK_KEY_BYTES};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind, SECRET_TYPE};
use crate::filter::replacing::{Replacing, replace_matches};

const USUAL_REPLACEMENT: &str = "***";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "mask",
    description: "Puts a fixed text in the place of a field's text or of what a pattern matches in it, or a pseudonym that is the same for the same text.",
    keys: &[
        FilterKey {
            name: "field",
            value_type: "string",
            default: "",
            example: "\"message\"",
            description: "The field.",
        },
        FilterKey {
            name: "fields",
            value_type: "string[]",
            default: "",
            example: "[\"user_name\", \"source_ip\"]",
            description: "Several fields.",
        },
        FilterKey {
            name: "pattern",
            value_type: "string",
            default: "the whole text",
            example: "\"[0-9]{13,19}\"",
            description: "The regular expression whose matches are masked.",
        },
        FilterKey {
            name: "method",
            value_type: "string",
            default: "redact",
            example: "\"pseudonymise\"",
            description: "redact: replacement takes the place. pseudonymise: the HMAC-SHA256 of the text under key does, in hexadecimal digits.",
        },
        FilterKey {
            name: "replacement",
            value_type: "string",
            default: USUAL_REPLACEMENT,
            example: "\"(card)\"",
            description: "The text that redact puts in.",
        },
        FilterKey {
            name: "key",
            value_type: SECRET_TYPE,
            default: "",
            example: "\"0123456789abcdef\"",
            description: "What pseudonymise hashes with: at least 16 bytes, never shown. Another key gives other pseudonyms.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct MaskTexts {
    fields: Vec<FieldName>,
    what: What,
}

/// What takes the place of what. A key shows only its algorithm when it is printed.
#[derive(Debug)]
enum What {
    Whole { replacement: String },
    Matches(Replacing),
    WholeByPseudonym(hmac::Key),
    MatchesByPseudonym(Regex, hmac::Key),
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let names = match config.one_of(&["field", "fields"])? {
        "field" => vec![config.field("field")?],
        _ => config.fields("fields")?.unwrap_or_default(),
    };
    let mut fields = Vec::with_capacity(names.len());
    for name in names {
        config.check_changeable("fields", name)?;
        fields.push(FieldName::new(name));
    }
    let pattern = match config.text("pattern")? {
        Some(pattern) => Some(config.regex("pattern", pattern)?),
        None => None,
    };
    let what = match config.word("method", &["redact", "pseudonymise"])? {
        Some("pseudonymise") => pseudonymise(config, pattern)?,
        _ => redact(config, pattern)?,
    };
    Ok(Box::new(MaskTexts { fields, what }))
}

fn redact(config: &FilterConfig<'_>, pattern: Option<Regex>) -> Result<What, FilterError> {
    if config.value("key").is_some() {
        return Err(config.key_error("key", "goes with method: pseudonymise only"));
    }
    let replacement = config.text("replacement")?.unwrap_or(USUAL_REPLACEMENT);
    if replacement.len() > MAX_FIELD_TEMPLATE_BYTES {
        let reason = format!("a replacement has at most {MAX_FIELD_TEMPLATE_BYTES} bytes");
        return Err(config.key_error("replacement", reason));
    }
    Ok(match pattern {
        Some(pattern) => What::Matches(Replacing::by_text(pattern, replacement)),
        None => What::Whole { replacement: replacement.to_owned() },
    })
}

fn pseudonymise(config: &FilterConfig<'_>, pattern: Option<Regex>) -> Result<What, FilterError> {
    if config.value("replacement").is_some() {
        return Err(config.key_error("replacement", "goes with method: redact only"));
    }
    // An error never has what was written: that may be the key.
    let key = config.value("key").and_then(serde_json::Value::as_str);
    let Some(key) = key.filter(|key| key.len() >= MIN_MASK_KEY_BYTES) else {
        let reason = format!("is needed by pseudonymise: a text of at least {MIN_MASK_KEY_BYTES} bytes");
        return Err(config.key_error("key", reason));
    };
    let key = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    Ok(match pattern {
        Some(pattern) => What::MatchesByPseudonym(pattern, key),
        None => What::WholeByPseudonym(key),
    })
}

impl Filter for MaskTexts {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let before = events.batch().clone();
        for field in &self.fields {
            // What cannot be masked is taken away: it must not be stored as it is.
            let changed = change_texts(events, rows, (field, None), Unchanged::Goes, |text, made| {
                self.what.mask(text, made)
            });
            if changed.is_err() {
                events.replace(before);
                return changed;
            }
        }
        Ok(())
    }
}

impl What {
    fn mask(&self, text: &str, made: &mut String) -> Change {
        match self {
            Self::Whole { replacement } => {
                made.push_str(replacement);
                Change::Made
            }
            Self::Matches(replacing) => replacing.replace(text, made),
            Self::WholeByPseudonym(key) => {
                push_pseudonym(key, text, made);
                Change::Made
            }
            Self::MatchesByPseudonym(pattern, key) => {
                replace_matches(pattern, true, text, made, |captures, made| {
                    let matched = captures.get(0).map_or("", |matched| matched.as_str());
                    push_pseudonym(key, matched, made);
                })
            }
        }
    }
}

fn push_pseudonym(key: &hmac::Key, text: &str, out: &mut String) {
    push_hex(hmac::sign(key, text.as_bytes()).as_ref(), out);
}
