//! `date_parse`: reads the time in a field.

mod format;
mod go_layout;
mod layout;
mod strftime;

use std::any::Any;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch};
use chrono_tz::Tz;
use serde_json::Value as Json;

use crate::batch::{ColumnRegistry, RowOptions};
use crate::cut::ColumnType;
use crate::decode::instants::Instants;
use crate::filter::columns::{Columns, FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::distinct::Distinct;
use crate::filter::error::FilterError;
use crate::filter::event_time::{
    EVENT_TIME_COLUMN, ReceivedTimes, as_times, is_time, set_event_time, times_column,
};
use crate::filter::events::Events;
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};
use format::Format;

/// What other programs call the time of an event.
const EVENT_TIME_ALIAS: &str = "@timestamp";

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "date_parse",
    description: "Reads the time in a field, and makes it the time of the event or puts it into another field.",
    keys: &[
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "\"timestamp\"",
            example: "\"timestamp\"",
            description: "The field with the time: a text or a number.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "\"event_time\"",
            example: "\"event_time\"",
            description: "The field for the time; event_time (@timestamp means the same) is the time of the event.",
        },
        FilterKey {
            name: "format",
            value_type: "string",
            default: "",
            example: "\"2006-01-02 15:04:05\"",
            description: "How the time is written: a Go layout, strftime (%Y-%m-%d), unix, unix_ms, unix_us, unix_ns, iso8601 or rfc3339; without it, the usual ways.",
        },
        FilterKey {
            name: "formats",
            value_type: "string[]",
            default: "",
            example: "[\"unix_ms\", \"2006-01-02T15:04:05Z07:00\"]",
            description: "Several formats, tried in their order, in place of one.",
        },
        FilterKey {
            name: "timezone",
            value_type: "string",
            default: "\"UTC\"",
            example: "\"Europe/Berlin\"",
            description: "The zone of times that name none, by its IANA name.",
        },
        FilterKey {
            name: "locale",
            value_type: "string",
            default: "\"en\"",
            example: "\"en\"",
            description: "The language of months and weekdays: English is read, and no other.",
        },
    ],
    compile,
};

#[derive(Debug)]
struct DateParse {
    source: FieldName,
    /// None: the time of the event.
    target: Option<String>,
    formats: Vec<Format>,
    time_zone: Tz,
    columns: Arc<ColumnRegistry>,
    rows: RowOptions,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    check_locale(config)?;
    let target = match config.text("target_field")? {
        None | Some(EVENT_TIME_COLUMN | EVENT_TIME_ALIAS) => None,
        Some(_) => Some(config.new_column("target_field")?.to_owned()),
    };
    Ok(Box::new(DateParse {
        source: FieldName::new(config.field_or("source_field", "timestamp")?),
        target,
        formats: formats(config)?,
        time_zone: config.time_zone("timezone")?,
        columns: Arc::clone(&config.surroundings().columns),
        rows: config.surroundings().rows,
    }))
}

fn formats(config: &FilterConfig<'_>) -> Result<Vec<Format>, FilterError> {
    if config.value("format").is_none() && config.value("formats").is_none() {
        return Ok(vec![Format::Usual]);
    }
    let key = config.one_of(&["format", "formats"])?;
    if key == "format" {
        let text = config.text(key)?.unwrap_or_default();
        let format = Format::compile(text).map_err(|reason| config.key_error(key, reason))?;
        return Ok(vec![format]);
    }
    let mut formats = Vec::new();
    for item in config.items(key, config.value(key).unwrap_or(&Json::Null))? {
        let Json::String(text) = item else {
            return Err(config.key_error(key, format!("expected texts, found {item}")));
        };
        formats.push(Format::compile(text).map_err(|reason| config.key_error(key, reason))?);
    }
    Ok(formats)
}

fn check_locale(config: &FilterConfig<'_>) -> Result<(), FilterError> {
    let locale = config.text("locale")?.unwrap_or("en");
    let language = locale.split(['_', '-', '.']).next().unwrap_or_default().to_ascii_lowercase();
    if matches!(language.as_str(), "en" | "english" | "c" | "posix") {
        return Ok(());
    }
    let reason = format!(
        "names of months in `{locale}` are not read, only English ones: leave it out, or write months as numbers"
    );
    Err(config.key_error("locale", reason))
}

/// The times that were read.
struct Read {
    times_us: Vec<i64>,
    rows: Mask,
    failed: Mask,
}

impl Filter for DateParse {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let instants = state.downcast_mut::<Instants>().ok_or(FilterFailure::ForeignState)?;
        let Some(column) = self.source.column_in(events.batch()) else { return Ok(()) };
        let Some(read) = self.read(events.batch(), column, rows, instants) else {
            let with_value = rows.with_value(column);
            events.fault(&with_value, "the field is a list, not a time");
            return Ok(());
        };
        if !read.rows.is_none() {
            let changed = self.put(events.batch(), read.times_us, &read.rows)?;
            events.replace(changed);
        }
        events.fault(&read.failed, "not a time of the given formats");
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        Box::new(Instants::new(self.time_zone))
    }
}

impl DateParse {
    fn read(
        &self,
        batch: &RecordBatch,
        column: &ArrayRef,
        rows: &Mask,
        instants: &mut Instants,
    ) -> Option<Read> {
        let row_count = batch.num_rows();
        if let Some(times) = as_times(column) {
            let times_us = times.values().to_vec();
            return Some(Read { times_us, rows: rows.with_value(column), failed: Mask::none(row_count) });
        }
        let texts = as_texts(column)?;
        let received = ReceivedTimes::of(batch);
        let distinct = Distinct::of(&texts, rows);
        let read: Vec<Option<i64>> = distinct
            .first_rows
            .iter()
            .zip(distinct.texts(&texts))
            .map(|(row, text)| {
                let received_us = received.of_row_us(*row as usize).unwrap_or(0);
                self.formats.iter().find_map(|format| format.read(text, instants, received_us))
            })
            .collect();
        let mut times_us = vec![0; row_count];
        let (mut good, mut bad) = (Vec::new(), Vec::new());
        for (row, number) in &distinct.rows {
            let row = *row as usize;
            let time_us = read.get(*number as usize).copied().flatten();
            match (time_us, times_us.get_mut(row)) {
                (Some(time_us), Some(place)) => {
                    *place = time_us;
                    good.push(row);
                }
                _ => bad.push(row),
            }
        }
        Some(Read { times_us, rows: Mask::of_rows(row_count, good), failed: Mask::of_rows(row_count, bad) })
    }

    fn put(
        &self,
        batch: &RecordBatch,
        times_us: Vec<i64>,
        rows: &Mask,
    ) -> Result<RecordBatch, FilterFailure> {
        let Some(target) = &self.target else {
            return Ok(set_event_time(batch, times_us, rows, &self.rows)?);
        };
        let mut columns = Columns::of(batch);
        // What other batches and files have under the name counts as well as what this one has.
        let here = columns.get(target).is_none_or(|column| is_time(column.data_type()));
        let agreed = self.columns.resolve(target, &ColumnType::Timestamp);
        if here && agreed == Some(ColumnType::Timestamp) {
            columns.set_in_rows(target, &times_column(times_us), rows)?;
        } else {
            columns.set_in_rows(&format!("{target}__timestamp"), &times_column(times_us), rows)?;
        }
        Ok(columns.into_batch()?)
    }
}
