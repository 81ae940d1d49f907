//! Sample rows and events to one batch, by the decoders that datasets have.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use arrow::array::RecordBatch;
use arrow::compute::cast;
use arrow::datatypes::{Field, Schema};
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions, arrow_type, column_type};
use hotpath::block::{Block, BlockMemory, Peer, SourceType};
use hotpath::decode::{DecoderOptions, Format, Unit, decoder};
use hotpath::limits::MESSAGE_BYTES_MAX;
use serde_json::{Map, Value};

use super::error::TrialError;
use super::receipt::{self, Receipt};
use crate::limits::TRIAL_SAMPLE_BYTES_MAX;

/// A sample's own time stands, however far it is from now.
pub(super) const ROWS_OF_SAMPLES: RowOptions =
    RowOptions { keep_raw: false, event_time_past_max_us: i64::MAX, event_time_future_max_us: i64::MAX };

/// What filters are tried on.
#[derive(Debug)]
pub enum Samples {
    /// Rows as JSON objects; the columns of receipt (`peer_ip`, `ingest_time`, ...) may be among their members.
    Rows(Vec<Map<String, Value>>),
    /// Events as an input takes them, in the format of a dataset. Blank ones are no events.
    Lines {
        /// The format.
        format: Format,
        /// The events.
        lines: Vec<String>,
    },
    /// Rows that are stored already.
    Stored(RecordBatch),
}

/// The rows of samples.
#[derive(Debug)]
pub(super) struct Decoded {
    pub(super) batch: RecordBatch,
    /// For each row the sample that it came of, counted from 1.
    pub(super) samples: Vec<usize>,
}

impl Samples {
    /// The columns that are known before anything is decoded.
    pub(super) fn known_columns(&self) -> ColumnRegistry {
        let Self::Stored(batch) = self else { return ColumnRegistry::default() };
        let fields = batch.schema_ref().fields().iter();
        let known = fields.filter_map(|field| Some((field.name().clone(), column_type(field.data_type())?)));
        ColumnRegistry::new(known)
    }

    /// The rows, at most `rows_max`. Types are agreed on through `registry`; `received_us` is the time of receipt.
    pub(super) fn decode(
        self,
        registry: &Arc<ColumnRegistry>,
        received_us: i64,
        rows_max: usize,
    ) -> Result<Decoded, TrialError> {
        match self {
            Self::Rows(rows) => {
                check_count(rows.len(), rows_max)?;
                decode_rows(rows, registry, received_us, rows_max)
            }
            Self::Lines { format, lines } => {
                if format.unit() == Unit::Datagram {
                    return Err(TrialError::NoLines { format: format.name() });
                }
                let lines: Vec<(usize, String)> = lines
                    .into_iter()
                    .enumerate()
                    .filter(|(_, line)| !line.trim().is_empty())
                    .map(|(index, line)| (index + 1, line))
                    .collect();
                check_count(lines.len(), rows_max)?;
                decode_events(format, &lines, registry, received_us, rows_max)
            }
            Self::Stored(batch) => {
                check_count(batch.num_rows(), rows_max)?;
                let samples = (1..=batch.num_rows()).collect();
                Ok(Decoded { batch: in_memory_types(&batch)?, samples })
            }
        }
    }
}

fn check_count(samples: usize, max: usize) -> Result<(), TrialError> {
    if samples > max { Err(TrialError::TooManySamples { max }) } else { Ok(()) }
}

fn decode_rows(
    rows: Vec<Map<String, Value>>,
    registry: &Arc<ColumnRegistry>,
    received_us: i64,
    rows_max: usize,
) -> Result<Decoded, TrialError> {
    let (mut texts, mut receipts) = (Vec::with_capacity(rows.len()), Vec::with_capacity(rows.len()));
    for (index, mut row) in rows.into_iter().enumerate() {
        receipts.push(Receipt::take(&mut row));
        texts.push((index + 1, Value::Object(row).to_string()));
    }
    let decoded = decode_events(Format::JSON, &texts, registry, received_us, rows_max)?;
    let of_row = |row: usize| receipts.get(decoded.samples.get(row)?.checked_sub(1)?);
    let batch = receipt::put(&decoded.batch, of_row)?;
    Ok(Decoded { batch, ..decoded })
}

/// The rows of `events`, each with the number of its sample, as if they came in one block.
fn decode_events(
    format: Format,
    events: &[(usize, String)],
    registry: &Arc<ColumnRegistry>,
    received_us: i64,
    rows_max: usize,
) -> Result<Decoded, TrialError> {
    let mut bytes = 0_usize;
    for (sample, event) in events {
        if event.len() > MESSAGE_BYTES_MAX {
            let (sample, bytes) = (*sample, event.len());
            return Err(TrialError::SampleTooLong { sample, bytes, max: MESSAGE_BYTES_MAX });
        }
        bytes += event.len();
    }
    let too_large = TrialError::SamplesTooLarge { max: TRIAL_SAMPLE_BYTES_MAX };
    if bytes > TRIAL_SAMPLE_BYTES_MAX {
        return Err(too_large);
    }
    let mut rows = BatchBuilder::new(Arc::clone(registry), ROWS_OF_SAMPLES);
    let mut decoder = decoder(format, &DecoderOptions::default(), &mut rows);
    let peer = Peer::new(SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0)), SourceType::Tcp);
    let mut block = Block::new(BlockMemory::unpooled(bytes), received_us);
    for (_, event) in events {
        if block.push(event.as_bytes(), &peer, received_us, false).is_err() {
            return Err(too_large);
        }
    }
    let block = block.seal();
    rows.begin_block(&block);
    let mut samples = Vec::with_capacity(events.len());
    for ((sample, _), event) in events.iter().zip(block.events_as_text()) {
        decoder.decode(&event, &mut rows);
        // Each event has its rows now, but for one that is several.
        check_count(rows.rows(), rows_max)?;
        samples.resize(rows.rows(), *sample);
    }
    Ok(Decoded { batch: rows.finish(), samples })
}

/// The batch with the types that filters work on. A column of a type that batches do not have is left out.
fn in_memory_types(batch: &RecordBatch) -> Result<RecordBatch, TrialError> {
    let (mut fields, mut columns) = (Vec::new(), Vec::new());
    for (field, column) in batch.schema_ref().fields().iter().zip(batch.columns()) {
        let Some(column_type) = column_type(field.data_type()) else { continue };
        let data_type = arrow_type(&column_type);
        columns.push(cast(column, &data_type)?);
        fields.push(Field::new(field.name(), data_type, true));
    }
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    Ok(RecordBatch::try_new_with_options(Arc::new(Schema::new(fields)), columns, &options)?)
}
