//! `regex_replace`: puts another text in the place of what a pattern matches.

use std::any::Any;

use crate::filter::change_texts::{Unchanged, change_texts};
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use crate::filter::replacing::Replacing;

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "regex_replace",
    description: "Puts another text in the place of what a regular expression matches.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "message",
            example: "\"url_path\"",
            description: "The field whose text is looked at.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "the source_field",
            example: "\"url_template\"",
            description: "The field that the new text is put into.",
        },
        FilterKey {
            name: "pattern",
            value_type: "string",
            default: "",
            example: "\"/([0-9]+)(/|$)\"",
            description: "The regular expression.",
        },
        FilterKey {
            name: "replacement",
            value_type: "string",
            default: "",
            example: "\"/:id$2\"",
            description: "The text in its place; $1 and ${name} stand for groups of the pattern, $$ for a $.",
        },
        FilterKey {
            name: "global",
            value_type: "boolean",
            default: "true",
            example: "false",
            description: "Every match is replaced; false: the first.",
        },
    ],
    compile,
};

/// Also a `gsub` of `mutate`.
#[derive(Debug)]
pub(super) struct RegexReplace {
    pub(super) source: FieldName,
    pub(super) target: Option<String>,
    pub(super) replacing: Replacing,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let source = config.usual_source("source_field")?;
    let target = config.optional_column("target_field")?;
    if target.is_none() {
        config.check_changeable("source_field", source.as_str())?;
    }
    let Some(pattern) = config.text("pattern")? else {
        return Err(config.key_error("pattern", "is needed: a regular expression"));
    };
    let pattern = config.regex("pattern", pattern)?;
    let replacement = config.text("replacement")?.unwrap_or("");
    let replacing = Replacing::new(pattern, replacement, config.switch_or("global", true)?)
        .map_err(|reason| config.key_error("replacement", reason))?;
    Ok(Box::new(RegexReplace { source, target, replacing }))
}

impl Filter for RegexReplace {
    fn apply(&self, events: &mut Events, rows: &Mask, _state: &mut dyn Any) -> Result<(), FilterFailure> {
        let fields = (&self.source, self.target.as_deref());
        change_texts(events, rows, fields, Unchanged::Stays, |text, made| self.replacing.replace(text, made))
    }
}
