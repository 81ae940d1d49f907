//! `parse`: decodes the text in a field, as a dataset's decoder does with whole events.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, AsArray, RecordBatch, RecordBatchOptions, StringViewArray};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Int64Type, Schema};

use crate::batch::{BatchBuilder, ColumnRegistry, DOUBLE_EXACT_MAX, RowOptions, column_type, side_type_name};
use crate::block::{Event, Peer, SourceType};
use crate::cut::ColumnType;
use crate::decode::delimited::{DelimitedOptions, HeaderLine};
use crate::decode::syslog::SyslogOptions;
use crate::decode::{DecoderOptions, Format, decoder};
use crate::filter::columns::{FieldName, as_texts};
use crate::filter::config::FilterConfig;
use crate::filter::error::FilterError;
use crate::filter::event_time::{ReceivedTimes, set_event_time};
use crate::filter::events::Events;
use crate::filter::field_rows::{EXTRA_COLUMN, Present, merge_placed};
use crate::filter::mask::Mask;
use crate::filter::registry::{Filter, FilterFailure, FilterKey, FilterKind};

pub(in crate::filter) static KIND: FilterKind = FilterKind {
    name: "parse",
    description: "Decodes the text in a field by one of the formats that datasets have, and puts what it says into fields.",
    keys: &[
        FilterKey {
            name: "format",
            value_type: "string",
            default: "",
            example: "\"csv\"",
            description: "The format: syslog, cef, leef, json, suricata, cloudtrail, windows, gelf, ebpf, weblog, csv, tsv, vpcflow, logfmt, influx, statsd or lines.",
        },
        FilterKey {
            name: "parser_name",
            value_type: "string",
            default: "",
            example: "\"json\"",
            description: "The same as format.",
        },
        FilterKey {
            name: "source_field",
            value_type: "string",
            default: "\"message\"",
            example: "\"message\"",
            description: "The field with the text.",
        },
        FilterKey {
            name: "target_field",
            value_type: "string",
            default: "",
            example: "\"inner\"",
            description: "What stands before the name of each field: inner gives inner_status of status.",
        },
        FilterKey {
            name: "on_parse_failure",
            value_type: "string",
            default: "\"tag\"",
            example: "\"tag\"",
            description: "What becomes of an event whose text is not of the format: tag (it goes on and says so in _errors), pass_through (it goes on as it is) or skip (it is dropped).",
        },
        FilterKey {
            name: "preserve_raw",
            value_type: "boolean",
            default: "false",
            example: "false",
            description: "Whether the text is kept in raw as it was.",
        },
        FilterKey {
            name: "columns",
            value_type: "string[]",
            default: "",
            example: "[\"user\", \"action\", \"bytes\"]",
            description: "The names of the values of csv, tsv and vpcflow, in their order.",
        },
        FilterKey {
            name: "timezone",
            value_type: "string",
            default: "\"UTC\"",
            example: "\"Europe/Berlin\"",
            description: "The zone of times that name none, by its IANA name.",
        },
    ],
    compile,
};

/// What other programs call our formats.
const ALIASES: [(&str, &str); 8] = [
    ("ndjson", "json"),
    ("ndjson-logs", "json"),
    ("syslog-rfc3164", "syslog"),
    ("syslog-rfc5424", "syslog"),
    ("apache", "weblog"),
    ("nginx", "weblog"),
    ("plaintext", "lines"),
    ("raw", "lines"),
];

/// Formats that no text of one event can have, and why.
const REFUSED: [(&str, &str); 6] = [
    (
        "netflow",
        "is sent in datagrams that need the templates of others: receive it with a dataset of this format",
    ),
    (
        "ipfix",
        "is sent in datagrams that need the templates of others: receive it with a dataset of this format",
    ),
    ("sflow", "is sent in datagrams, which are no text: receive it with a dataset of this format"),
    (
        "zeek",
        "has its columns in lines before the records: receive it with a dataset of this format, or write json for Zeek's JSON",
    ),
    ("w3c", "has its columns in lines before the records: receive it with a dataset of this format"),
    ("auto", "would find a format by the texts before: name the format"),
];

/// Columns that say how an event came to us. What a decoder says there of a text in a field is not of the event.
const RECEIPT_COLUMNS: [&str; 7] = [
    "event_time",
    "event_time_raw",
    "ingest_time",
    "peer_ip",
    "peer_port",
    "source_type",
    PARSE_ERROR_COLUMN,
];
const PARSE_ERROR_COLUMN: &str = "parse_error";
const RAW_COLUMN: &str = "raw";

/// What becomes of an event whose text is not of the format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum OnFailure {
    Tag,
    PassThrough,
    Skip,
}

#[derive(Debug)]
struct Parse {
    source: FieldName,
    format: Format,
    options: DecoderOptions,
    prefix: String,
    on_failure: OnFailure,
    preserve_raw: bool,
    columns: Arc<ColumnRegistry>,
    rows: RowOptions,
}

fn compile(config: &FilterConfig<'_>) -> Result<Box<dyn Filter>, FilterError> {
    let format = format(config)?;
    let options = DecoderOptions {
        syslog: SyslogOptions { time_zone: config.time_zone("timezone")? },
        delimited: DelimitedOptions {
            columns: columns(config, format)?,
            delimiter: None,
            header: HeaderLine::Absent,
        },
        ..DecoderOptions::default()
    };
    let on_failure = match config.text("on_parse_failure")?.unwrap_or("tag") {
        "tag" => OnFailure::Tag,
        "pass_through" => OnFailure::PassThrough,
        "skip" => OnFailure::Skip,
        other => {
            let reason = format!("`{other}` is not known: write tag, pass_through or skip");
            return Err(config.key_error("on_parse_failure", reason));
        }
    };
    Ok(Box::new(Parse {
        source: config.usual_source("source_field")?,
        format,
        options,
        prefix: match config.value("target_field") {
            Some(_) => format!("{}_", config.new_column("target_field")?),
            None => String::new(),
        },
        on_failure,
        preserve_raw: config.switch("preserve_raw")?,
        columns: Arc::clone(&config.surroundings().columns),
        rows: config.surroundings().rows,
    }))
}

fn format(config: &FilterConfig<'_>) -> Result<Format, FilterError> {
    let key = config.one_of(&["format", "parser_name"])?;
    let name = config.text(key)?.unwrap_or_default();
    let name = ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, format)| *format);
    if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == name) {
        return Err(config.key_error(key, format!("{name} {reason}")));
    }
    name.parse().map_err(|error| config.key_error(key, format!("{error}")))
}

fn columns(config: &FilterConfig<'_>, format: Format) -> Result<Vec<String>, FilterError> {
    const KEY: &str = "columns";
    let columns = config.fields(KEY)?;
    match (format.name(), &columns) {
        ("csv" | "tsv", None) => {
            Err(config.key_error(KEY, format!("is needed for {format}: a list of the names of its values")))
        }
        ("csv" | "tsv" | "vpcflow", _) | (_, None) => {
            Ok(columns.unwrap_or_default().into_iter().map(str::to_owned).collect())
        }
        _ => Err(config.key_error(KEY, format!("does not go with {format}, which names its values itself"))),
    }
}

/// What the decoder made of the texts.
struct Decoded {
    found: RecordBatch,
    /// Each row of the batch with the row that was found for it.
    places: Vec<(u32, u32)>,
    times_us: Vec<i64>,
    timed: Mask,
    /// Rows whose text holds several records.
    several: Mask,
}

impl Filter for Parse {
    fn apply(&self, events: &mut Events, rows: &Mask, state: &mut dyn Any) -> Result<(), FilterFailure> {
        let types = state.downcast_mut::<Arc<ColumnRegistry>>().ok_or(FilterFailure::ForeignState)?;
        let Some(column) = self.source.column_in(events.batch()) else { return Ok(()) };
        let Some(texts) = as_texts(column) else {
            let with_value = rows.with_value(column);
            events.fault(&with_value, "the field is a list, not a text");
            return Ok(());
        };
        let mut decoded = self.decode(&texts, rows, events.batch(), types);
        let failures = failures(&decoded);
        let failed = Mask::of_rows(rows.row_count(), failures.iter().map(|(row, _)| *row));
        if self.on_failure != OnFailure::Tag {
            decoded.places.retain(|(row, _)| !failed.contains(*row as usize));
            decoded.timed = decoded.timed.minus(&failed);
        }
        let homeless = self.merge(&decoded, events)?;
        match self.on_failure {
            OnFailure::Tag => {
                for (reason, of) in by_reason(failures) {
                    events.failure(&Mask::of_rows(rows.row_count(), of), &reason);
                }
            }
            OnFailure::PassThrough => {}
            OnFailure::Skip => events.drop_rows(&failed),
        }
        events.fault(&decoded.several, "the text holds several records: split it first");
        events.fault(&homeless, "fields are left out: the dataset has all the columns it may have");
        Ok(())
    }

    fn new_state(&self) -> Box<dyn Any + Send> {
        // Types as the decoder defines them; how they agree with the dataset's is settled when they are merged.
        Box::<Arc<ColumnRegistry>>::default()
    }
}

impl Parse {
    /// Decodes the texts of `rows`. The decoder is made anew for each batch: what a text gives must not depend on what
    /// other batches held.
    fn decode(
        &self,
        texts: &StringViewArray,
        rows: &Mask,
        batch: &RecordBatch,
        types: &Arc<ColumnRegistry>,
    ) -> Decoded {
        let options = RowOptions { keep_raw: self.preserve_raw, ..self.rows };
        let mut builder = BatchBuilder::new(Arc::clone(types), options);
        let mut decoder = decoder(self.format, &self.options, &mut builder);
        builder.begin_detached();
        let received = ReceivedTimes::of(batch);
        let peer = Peer::new(SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0), SourceType::Tcp);
        let mut places = Vec::with_capacity(rows.selected());
        let mut times_us = vec![0; rows.row_count()];
        let (mut timed, mut several) = (Vec::new(), Vec::new());
        for row in rows.with_value(texts).rows() {
            let first = builder.rows();
            let received_us = received.of_row_us(row).unwrap_or(0);
            decoder.decode(&Event::new(texts.value(row).as_bytes(), received_us, peer, false), &mut builder);
            if builder.rows() != first + 1 {
                several.push(row);
                continue;
            }
            places.push((row as u32, first as u32));
            if let (Some(time_us), Some(place)) = (builder.last_event_time_us(), times_us.get_mut(row)) {
                *place = time_us;
                timed.push(row);
            }
        }
        Decoded {
            found: builder.finish(),
            places,
            times_us,
            timed: Mask::of_rows(rows.row_count(), timed),
            several: Mask::of_rows(rows.row_count(), several),
        }
    }

    /// Puts what was found into the columns of the batch. The rows that hold a field for which no column is left.
    fn merge(&self, decoded: &Decoded, events: &mut Events) -> Result<Mask, FilterFailure> {
        let row_count = events.batch().num_rows();
        let mut homeless = Mask::none(row_count);
        let (mut fields, mut columns) = (Vec::new(), Vec::new());
        let (mut raw_fields, mut raw_columns) = (Vec::new(), Vec::new());
        for (field, column) in decoded.found.schema_ref().fields().iter().zip(decoded.found.columns()) {
            let name = field.name().as_str();
            if RECEIPT_COLUMNS.contains(&name) {
                continue;
            }
            if name == RAW_COLUMN {
                if self.preserve_raw {
                    raw_fields.push(Field::new(name, column.data_type().clone(), true));
                    raw_columns.push(Arc::clone(column));
                }
                continue;
            }
            match self.agree(name, column) {
                Some((name, column)) => {
                    fields.push(Field::new(name, column.data_type().clone(), true));
                    columns.push(column);
                }
                None => {
                    let of = decoded.places.iter().filter(|(_, found)| column.is_valid(*found as usize));
                    homeless = homeless.or(&Mask::of_rows(row_count, of.map(|(row, _)| *row as usize)));
                }
            }
        }
        let mut places = vec![None; row_count];
        for (row, found) in &decoded.places {
            if let Some(place) = places.get_mut(*row as usize) {
                *place = Some(*found);
            }
        }
        let places = places.into();
        // The raw text first: it is what the fields may replace.
        for (fields, columns, present) in
            [(raw_fields, raw_columns, Present::Kept), (fields, columns, Present::Replaced)]
        {
            let options = RecordBatchOptions::new().with_row_count(Some(decoded.found.num_rows()));
            let schema = Arc::new(Schema::new(fields));
            let found = RecordBatch::try_new_with_options(schema, columns, &options)?;
            merge_placed(&found, Some(&places), events, present)?;
        }
        if !decoded.timed.is_none() {
            let times_us = decoded.times_us.clone();
            let changed = set_event_time(events.batch(), times_us, &decoded.timed, &self.rows)?;
            events.replace(changed);
        }
        Ok(homeless)
    }

    /// The name and the form that a column has in the dataset; `None` where there can be no such column.
    fn agree(&self, name: &str, column: &ArrayRef) -> Option<(String, ArrayRef)> {
        if name == EXTRA_COLUMN {
            return Some((name.to_owned(), Arc::clone(column)));
        }
        let name = format!("{}{name}", self.prefix);
        let own = column_type(column.data_type())?;
        let agreed = self.columns.resolve(&name, &own)?;
        if agreed == own {
            return Some((name, Arc::clone(column)));
        }
        if agreed == ColumnType::Double
            && let Some(doubles) = exact_doubles(column)
        {
            return Some((name, doubles));
        }
        if (&agreed, &own) == (&ColumnType::Int64, &ColumnType::Double) && self.columns.widen_to_double(&name)
        {
            return Some((name, Arc::clone(column)));
        }
        let side_name = format!("{name}__{}", side_type_name(&own));
        let agreed = self.columns.resolve(&side_name, &own)?;
        (agreed == own).then(|| (side_name, Arc::clone(column)))
    }
}

/// Whole numbers as doubles, where each is one exactly.
fn exact_doubles(column: &ArrayRef) -> Option<ArrayRef> {
    let numbers = column.as_primitive_opt::<Int64Type>()?;
    if numbers.iter().flatten().any(|number| number.unsigned_abs() > DOUBLE_EXACT_MAX) {
        return None;
    }
    cast(column, &DataType::Float64).ok()
}

/// The rows of the batch whose text is not of the format, with the decoder's reasons.
fn failures(decoded: &Decoded) -> Vec<(usize, String)> {
    let errors =
        decoded.found.column_by_name(PARSE_ERROR_COLUMN).and_then(|errors| errors.as_string_view_opt());
    let Some(errors) = errors else { return Vec::new() };
    let failed = decoded.places.iter().filter(|(_, found)| errors.is_valid(*found as usize));
    failed.map(|(row, found)| (*row as usize, errors.value(*found as usize).to_owned())).collect()
}

/// The rows of each reason.
fn by_reason(failures: Vec<(usize, String)>) -> Vec<(String, Vec<usize>)> {
    let mut reasons: Vec<(String, Vec<usize>)> = Vec::new();
    for (row, reason) in failures {
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, rows)) => rows.push(row),
            None => reasons.push((reason, vec![row])),
        }
    }
    reasons
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_is_either_taken_or_refused_with_a_reason() {
        for name in Format::names() {
            let is_refused = REFUSED.iter().any(|(refused, _)| *refused == name);
            let described = KIND.keys[0].description.contains(name);
            assert!(is_refused != described, "{name}");
        }
        assert!(ALIASES.iter().all(|(_, format)| format.parse::<Format>().is_ok()));
    }
}
