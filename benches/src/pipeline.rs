//! The stages of the hot path one after another on the calling thread, as a shard and its encoder thread run them.

use std::path::Path;
use std::sync::Arc;

use arrow::array::RecordBatch;
use hotpath::batch::{BatchBuilder, ColumnRegistry, RowOptions};
use hotpath::block::SealedBlock;
use hotpath::decode::{Decoder, DecoderOptions, Format, decode_block, decoder};
use hotpath::encode::thread::EncoderSurroundings;
use hotpath::encode::{DatasetOptions, Encoder, EncoderEvent, EncoderIdentity, EncoderMessage};
use hotpath::filter::{FilterDefinition, FilterState, FilterSurroundings, Filters};
use hotpath::names::DatasetKey;

/// Blocks to batches.
pub struct Parser {
    decoder: Box<dyn Decoder>,
    rows: BatchBuilder,
}

impl Parser {
    /// A parser of `format` with a dataset's defaults.
    pub fn new(format: Format) -> Self {
        let mut rows = BatchBuilder::new(Arc::new(ColumnRegistry::default()), RowOptions::default());
        let decoder = decoder(format, &DecoderOptions::default(), &mut rows);
        Self { decoder, rows }
    }

    /// The rows of a block.
    pub fn parse(&mut self, block: &SealedBlock) -> RecordBatch {
        decode_block(block, self.decoder.as_mut(), &mut self.rows)
    }
}

/// One filter with a condition.
pub struct OneCondition {
    filters: Filters,
    state: FilterState,
}

impl OneCondition {
    /// Drops the rows for which `condition` holds.
    ///
    /// # Errors
    /// When the condition is none.
    pub fn drop_where(condition: &str) -> anyhow::Result<Self> {
        let definition = serde_json::json!({"type": "drop", "config": {"condition": condition}});
        let definition: FilterDefinition = serde_json::from_value(definition)?;
        let filters = Filters::compile(&[definition], &FilterSurroundings::default())?;
        let state = filters.new_state();
        Ok(Self { filters, state })
    }

    /// The rows that stay.
    ///
    /// # Errors
    /// When the filter failed on the batch.
    pub fn apply(&mut self, batch: RecordBatch) -> anyhow::Result<RecordBatch> {
        let outcome = self.filters.apply(batch, &mut self.state, 0);
        anyhow::ensure!(
            outcome.faulty.is_none(),
            "the filter failed on {} events",
            outcome.faulty.selected()
        );
        Ok(outcome.batch)
    }
}

/// Batches to Parquet files in `spool`.
pub struct ToParquet {
    encoder: Encoder,
    position: u64,
}

impl ToParquet {
    /// An encoder with a dataset's defaults: zstd 1, row groups of a million rows.
    ///
    /// # Errors
    /// Never in practice: the dataset's name is one.
    pub fn new(spool: &Path) -> anyhow::Result<Self> {
        let identity = EncoderIdentity {
            instance: "bench".to_owned(),
            shard: 0,
            spool: spool.to_path_buf(),
            decoder_states: spool.to_path_buf(),
        };
        let mut encoder = Encoder::new(EncoderSurroundings {
            identity,
            held_bytes_max: usize::MAX,
            clock_ms: Box::new(|| 0),
            pool_is_low: Box::new(|| false),
            cpu: None,
        });
        let key = DatasetKey::new("bench", "syslog")?;
        encoder.handle(EncoderMessage::Configure { dataset: 0, key, options: DatasetOptions::default() });
        Ok(Self { encoder, position: 0 })
    }

    /// Adds a block's rows to the open file.
    ///
    /// # Errors
    /// When the encoder closed its files, for whatever reason: the bench measures whole row groups.
    pub fn push(&mut self, batch: RecordBatch) -> anyhow::Result<()> {
        let events = batch.num_rows() as u64;
        let message = EncoderMessage::Rows {
            dataset: 0,
            batch,
            dead_letters: None,
            first_position: self.position,
            last_position: self.position + events - 1,
            events,
            decoder_state: None,
            hold_cut: None,
        };
        self.position += events;
        let happened = self.encoder.handle(message);
        anyhow::ensure!(happened.is_empty(), "the files were closed before the end: {happened:?}");
        Ok(())
    }

    /// Closes the file and removes it; returns its rows and bytes.
    ///
    /// # Errors
    /// When there is no finished file.
    pub fn close(&mut self) -> anyhow::Result<(u64, u64)> {
        let events = self.encoder.handle(EncoderMessage::Cut { dataset: 0 });
        let [EncoderEvent::Cut { cut, .. }] = events.as_slice() else { anyhow::bail!("no cut: {events:?}") };
        for file in &cut.cut.files {
            std::fs::remove_file(&file.path)?;
        }
        Ok((cut.rows, cut.cut.files.iter().map(|file| file.bytes).sum()))
    }
}
