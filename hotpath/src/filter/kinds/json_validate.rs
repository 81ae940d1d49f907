//! `json_validate`: says of texts that they are no JSON, or drops them.

use std::any::Any;

use arrow::array::Array;

use super::json_rows::json_texts;
use crate::decode::json::JsonReader;
use crate::filter::columns::FieldName;
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "json_validate",
    description: "Notes in _errors that a text is not JSON, or drops the event.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "message",
            example: "\"message\"",
            description: "The field whose text is to be one JSON value.",
        },
        FilterKey {
            name: "fail_on_invalid",
            value_type: "boolean",
            default: "true",
            example: "true",
            description: "An invalid text is noted in _errors; false: it passes without a word.",
        },
        FilterKey {
            name: "on_invalid",
            value_type: "string",
            default: "note",
            example: "\"drop\"",
            description: "note: the event goes on with the reason in _errors. drop: it is dropped.",
        },
    ],
    compile,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnInvalid {
    Pass,
    Note,
    Drop,
}

#[derive(Debug)]
struct JsonValidate {
    source: FieldName,
    on_invalid: OnInvalid,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let source = config.usual_source("source_field")?;
    let fails = config.switch_or("fail_on_invalid", true)?;
    let on_invalid = match (fails, config.word("on_invalid", &["note", "drop"])?) {
        (true, Some("drop")) => OnInvalid::Drop,
        (true, _) => OnInvalid::Note,
        (false, None) => OnInvalid::Pass,
        (false, Some(_)) => {
            let reason = "does not go with fail_on_invalid: false, which lets every text pass";
            return Err(config.key_error("on_invalid", reason));
        }
    };
    Ok(Box::new(JsonValidate { source, on_invalid }))
}

impl Filter for JsonValidate {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let reader = state.downcast_mut::<JsonReader>().ok_or(FilterFailure::ForeignState)?;
        if self.on_invalid == OnInvalid::Pass {
            return Ok(());
        }
        let Some((_, texts)) = json_texts(&self.source, events, rows) else {
            return Ok(());
        };
        let distinct = Distinct::of(&texts, rows);
        let faults: Vec<Option<&'static str>> =
            distinct.texts(&texts).map(|text| reader.read(text, |_, _| ()).err()).collect();
        if self.on_invalid == OnInvalid::Drop {
            events.drop_rows(&distinct.rows_where(texts.len(), |number| faults[number].is_some()));
            return Ok(());
        }
        let mut reasons: Vec<&'static str> = faults.iter().copied().flatten().collect();
        reasons.sort_unstable();
        reasons.dedup();
        for reason in reasons {
            events.fault(&distinct.rows_where(texts.len(), |number| faults[number] == Some(reason)), reason);
        }
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(JsonReader::default())
    }
}
