//! The open files of one dataset, and the rules that close them.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;

use super::columns::ColumnKnowledge;
use super::decoder_state;
use super::error::EncodeError;
use super::file::{FileContext, Finish, HourFile};
use super::memory::compact_if_sparse;
use super::open_files::{OpenFile, OpenFiles};
use super::options::{DatasetOptions, EncoderIdentity};
use super::partition::{HourPart, split_by_hour};
use super::rows_file::RowsFile;
use super::schema::ColumnSet;
use crate::cut::{FileKind, FinishedCut, FinishedFile};
use crate::limits::{DECODER_STATE_BYTES_MAX, OPEN_HOURS_MAX};
use crate::names::DatasetKey;

/// Why all files of a dataset were closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CutReason {
    /// A file has reached its greatest size.
    Size,
    /// The first event of the cut has waited as long as the dataset allows.
    Age,
    /// Rows came with a column that an open file does not have.
    Schema,
    /// Rows came for more hours than may be open.
    Hours,
    /// Rows go to files of another kind from here on.
    Kind,
    /// The shard asked for it.
    Asked,
    /// The thread ends.
    Stop,
}

/// Rows of a dataset as the shard sends them.
#[derive(Debug, Clone)]
pub struct Rows {
    /// What filters left of the events; may have no rows.
    pub batch: RecordBatch,
    /// Rows that a filter failed on, where the dataset wants them apart.
    pub dead_letters: Option<RecordBatch>,
    /// First position that the batch comes from.
    pub first_position: u64,
    /// Last position that the batch comes from, itself included.
    pub last_position: u64,
    /// Events between them that belong to this dataset.
    pub events: u64,
    /// The state of the decoder behind the last position, if it has changed since the rows before.
    pub decoder_state: Option<Arc<[u8]>>,
}

/// A cut, and the account of what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountedCut {
    /// Files and positions.
    pub cut: FinishedCut,
    /// Rows in all files, dead letters too.
    pub rows: u64,
    /// Events that the positions stand for.
    pub events: u64,
    /// Why it was made.
    pub reason: CutReason,
    /// The state of the decoder behind its last position, if it has changed since the cut before. It is on disk.
    pub decoder_state: Option<Arc<[u8]>>,
}

/// Positions that the open files hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OpenRange {
    pub(super) first_position: u64,
    pub(super) last_position: u64,
    /// What its files are.
    kind: FileKind,
    events: u64,
    opened_ms: u64,
}

/// One dataset of the thread.
#[derive(Debug)]
pub(super) struct DatasetEncoder {
    key: DatasetKey,
    options: DatasetOptions,
    identity: Arc<EncoderIdentity>,
    files: OpenFiles,
    /// Rows that a filter failed on.
    dead_letters: Option<RowsFile>,
    range: Option<OpenRange>,
    /// The newest state of the decoder that no cut has saved.
    decoder_state: Option<Arc<[u8]>>,
    knowledge: ColumnKnowledge,
    /// Columns of the cut before, of this one so far, and both together.
    columns_before: ColumnSet,
    columns_now: ColumnSet,
}

impl DatasetEncoder {
    pub(super) fn new(key: DatasetKey, options: DatasetOptions, identity: Arc<EncoderIdentity>) -> Self {
        Self {
            key,
            options,
            identity,
            files: OpenFiles::new(),
            dead_letters: None,
            range: None,
            decoder_state: None,
            knowledge: ColumnKnowledge::default(),
            columns_before: ColumnSet::default(),
            columns_now: ColumnSet::default(),
        }
    }

    /// Takes other options; open files go on under them, but for what they are.
    pub(super) fn set_options(&mut self, options: DatasetOptions) {
        self.options = options;
    }

    /// Takes columns that rows are likely to have: a file that gets more than one row group has them from the start, and
    /// need not be written anew for them.
    pub(super) fn expect_columns(&mut self, columns: ColumnSet) {
        self.columns_before = columns;
    }

    /// Whether the open files are not what files shall be from now on.
    pub(super) fn has_files_of_another_kind(&self) -> bool {
        self.range.is_some_and(|range| range.kind != self.options.kind)
    }

    /// What files the next rows go to; `wanted` says it for a range of which the log says it.
    pub(super) fn kind(&self, wanted: Option<FileKind>) -> FileKind {
        self.range.map_or(wanted.unwrap_or(self.options.kind), |range| range.kind)
    }

    pub(super) fn range(&self) -> Option<OpenRange> {
        self.range
    }

    /// When the open range becomes too old, in milliseconds of the thread's clock.
    pub(super) fn due_ms(&self) -> Option<u64> {
        self.range.map(|range| range.opened_ms.saturating_add(self.options.file_age_max_ms))
    }

    /// The rows by the files that they go to, ready for [`DatasetEncoder::push`].
    pub(super) fn divide(rows: &Rows, kind: FileKind) -> Result<Vec<HourPart>, EncodeError> {
        if kind == FileKind::Rows {
            let has_rows = rows.batch.num_rows() > 0;
            return Ok(has_rows
                .then(|| HourPart { hour: 0, rows: rows.batch.clone() })
                .into_iter()
                .collect());
        }
        let mut parts = split_by_hour(rows.batch.clone())?;
        for part in &mut parts {
            part.rows = compact_if_sparse(part.rows.clone(), rows.events)?;
        }
        Ok(parts)
    }

    /// The rule by which the open files must be closed before these rows are added, if one holds.
    pub(super) fn cut_before(&self, parts: &[HourPart]) -> Option<CutReason> {
        if self.files.is_empty() {
            return None;
        }
        let new_hours = parts.iter().filter(|part| !self.files.contains_key(&part.hour)).count();
        if self.files.len() + new_hours > OPEN_HOURS_MAX {
            return Some(CutReason::Hours);
        }
        let fits = parts
            .iter()
            .all(|part| self.files.get(&part.hour).is_none_or(|file| file.takes(part.rows.schema_ref())));
        (!fits).then_some(CutReason::Schema)
    }

    /// The rule by which the open files must be closed now, if one holds.
    pub(super) fn cut_now(&self, now_ms: u64) -> Option<CutReason> {
        self.range?;
        if self.files.len() > OPEN_HOURS_MAX {
            return Some(CutReason::Hours);
        }
        let dead_bytes = self.dead_letters.as_ref().map_or(0, RowsFile::bytes);
        let mut sizes = self.files.values().map(OpenFile::estimated_bytes).chain([dead_bytes]);
        if sizes.any(|bytes| bytes >= self.options.file_bytes_max) {
            return Some(CutReason::Size);
        }
        self.due_ms().is_some_and(|due_ms| now_ms >= due_ms).then_some(CutReason::Age)
    }

    /// Adds rows.
    ///
    /// # Errors
    /// Any; the caller calls [`DatasetEncoder::discard`].
    pub(super) fn push(
        &mut self,
        rows: &Rows,
        (kind, parts): (FileKind, Vec<HourPart>),
        now_ms: u64,
    ) -> Result<(), EncodeError> {
        let range = self.range.get_or_insert(OpenRange {
            first_position: rows.first_position,
            last_position: rows.last_position,
            kind,
            events: 0,
            opened_ms: now_ms,
        });
        range.last_position = range.last_position.max(rows.last_position);
        range.events += rows.events;
        let first_position = range.first_position;
        if let Some(state) = &rows.decoder_state {
            self.decoder_state = Some(Arc::clone(state));
        }
        if let Some(dead_letters) = &rows.dead_letters {
            let path = self.path(0, &format!("{first_position}.{DEAD_LETTERS_EXTENSION}.tmp"));
            self.dead_letters.get_or_insert_with(|| RowsFile::new(path)).push(dead_letters)?;
        }
        if parts.is_empty() {
            return Ok(());
        }
        let mut arrived = ColumnSet::default();
        arrived.add(rows.batch.schema_ref())?;
        self.columns_now.add_what_fits(&arrived);
        let mut recent = self.columns_now.clone();
        recent.add_what_fits(&self.columns_before);
        for HourPart { hour, rows } in parts {
            let path = self.path(hour, &format!("{first_position}.{}.tmp", extension(kind)));
            let file = self.files.entry(hour).or_insert_with(|| match kind {
                FileKind::Parquet => OpenFile::Parquet(HourFile::new(hour, path)),
                FileKind::Rows => OpenFile::Rows(RowsFile::new(path)),
            });
            let mut context =
                FileContext { options: &self.options, knowledge: &mut self.knowledge, recent: &recent };
            file.push(rows, &mut context)?;
        }
        Ok(())
    }

    /// The hour whose open row group holds the most memory, and how much.
    pub(super) fn largest_row_group(&self) -> Option<(i64, usize)> {
        let held = self.files.iter().map(|(hour, file)| (*hour, file.held_bytes()));
        held.filter(|(_, bytes)| *bytes > 0).max_by_key(|(_, bytes)| *bytes)
    }

    /// Writes the open row group of an hour, so that its memory is free.
    ///
    /// # Errors
    /// Any; the caller calls [`DatasetEncoder::discard`].
    pub(super) fn write_row_group(&mut self, hour: i64) -> Result<(), EncodeError> {
        let mut recent = self.columns_now.clone();
        recent.add_what_fits(&self.columns_before);
        let Some(file) = self.files.get_mut(&hour) else { return Ok(()) };
        let mut context =
            FileContext { options: &self.options, knowledge: &mut self.knowledge, recent: &recent };
        file.write_row_group(&mut context)
    }

    /// The hour whose open row group pins the most memory of blocks, and how much.
    pub(super) fn most_pinning_row_group(&self) -> Option<(i64, usize)> {
        let pinned = self.files.iter().map(|(hour, file)| (*hour, file.pinned_bytes()));
        pinned.filter(|(_, bytes)| *bytes > 0).max_by_key(|(_, bytes)| *bytes)
    }

    /// Copies the open row group of an hour out of its blocks.
    ///
    /// # Errors
    /// Any; the caller calls [`DatasetEncoder::discard`].
    pub(super) fn copy_row_group(&mut self, hour: i64) -> Result<(), EncodeError> {
        self.files.get_mut(&hour).map_or(Ok(()), OpenFile::copy_row_group)
    }

    /// Memory that open row groups hold.
    pub(super) fn held_bytes(&self) -> usize {
        self.files.values().map(OpenFile::held_bytes).sum()
    }

    /// Closes all files. `None` when no event has come since the last cut.
    ///
    /// # Errors
    /// Any; no file of the cut is left then, and the caller calls [`DatasetEncoder::discard`].
    pub(super) fn cut(&mut self, reason: CutReason) -> Result<Option<AccountedCut>, EncodeError> {
        let Some(range) = self.range else { return Ok(None) };
        let mut finished = Vec::with_capacity(self.files.len());
        let dead_letters = match self.finish_files(range, &mut finished) {
            Ok(dead_letters) => dead_letters,
            Err(error) => {
                for file in &finished {
                    let _ = std::fs::remove_file(&file.path);
                }
                return Err(error);
            }
        };
        self.range = None;
        let decoder_state = self.decoder_state.take();
        self.columns_before = std::mem::take(&mut self.columns_now);
        let columns_before = &self.columns_before;
        self.knowledge.retain(|name| columns_before.contains(name));
        Ok(Some(AccountedCut {
            rows: finished.iter().chain(&dead_letters).map(|file| file.rows).sum(),
            events: range.events,
            reason,
            decoder_state,
            cut: FinishedCut {
                dataset: self.key.clone(),
                shard: self.identity.shard,
                first_position: range.first_position,
                last_position: range.last_position,
                kind: range.kind,
                files: finished,
                dead_letters,
            },
        }))
    }

    fn finish_files(
        &mut self,
        range: OpenRange,
        finished: &mut Vec<FinishedFile>,
    ) -> Result<Option<FinishedFile>, EncodeError> {
        self.save_decoder_state(range.last_position)?;
        let metadata = self.metadata(range);
        let nothing = ColumnSet::default();
        while let Some((hour, file)) = self.files.pop_first() {
            let name = format!("{}-{}.{}", range.first_position, range.last_position, extension(range.kind));
            let path = self.path(hour, &name);
            let mut context =
                FileContext { options: &self.options, knowledge: &mut self.knowledge, recent: &nothing };
            let finish = Finish { path: &path, metadata: &metadata };
            finished.extend(file.finish(&finish, &mut context)?);
        }
        let name = format!("{}-{}.{DEAD_LETTERS_EXTENSION}", range.first_position, range.last_position);
        let path = self.path(0, &name);
        let dead_letters = match self.dead_letters.take() {
            Some(file) => file.finish(&path)?,
            None => None,
        };
        if !finished.is_empty() || dead_letters.is_some() {
            sync_directory(&self.identity.spool)?;
        }
        Ok(dead_letters)
    }

    /// Makes the state durable that whoever decodes what follows the cut has to begin with.
    fn save_decoder_state(&self, last_position: u64) -> Result<(), EncodeError> {
        let Some(state) = &self.decoder_state else { return Ok(()) };
        let folder = &self.identity.decoder_states;
        if state.len() > DECODER_STATE_BYTES_MAX {
            tracing::error!(dataset = %self.key, bytes = state.len(), limit = DECODER_STATE_BYTES_MAX, "the state of a decoder is too large to be kept for a restart");
            return Ok(());
        }
        decoder_state::save(folder, &self.key, last_position, state).map_err(|error| {
            EncodeError::io("write", &decoder_state::path(folder, &self.key, last_position), error)
        })
    }

    fn metadata(&self, range: OpenRange) -> Vec<(&'static str, String)> {
        vec![
            ("bytefreezer.version", env!("CARGO_PKG_VERSION").to_owned()),
            ("bytefreezer.dataset", self.key.to_string()),
            ("bytefreezer.instance", self.identity.instance.clone()),
            ("bytefreezer.shard", self.identity.shard.to_string()),
            ("bytefreezer.first_position", range.first_position.to_string()),
            ("bytefreezer.last_position", range.last_position.to_string()),
        ]
    }

    fn path(&self, hour: i64, name: &str) -> PathBuf {
        let (tenant, dataset, shard) = (self.key.tenant(), self.key.dataset(), self.identity.shard);
        self.identity.spool.join(format!("{tenant}--{dataset}--{hour}--{shard}-{name}"))
    }

    /// Forgets everything since the last cut; files that were begun are removed.
    pub(super) fn discard(&mut self) {
        self.files.clear();
        self.dead_letters = None;
        self.range = None;
        self.decoder_state = None;
        self.columns_now = ColumnSet::default();
    }
}

/// How the file of rows is called that a filter failed on.
const DEAD_LETTERS_EXTENSION: &str = "dead.ndjson.gz";

/// How the files are called.
fn extension(kind: FileKind) -> &'static str {
    match kind {
        FileKind::Parquet => "parquet",
        FileKind::Rows => "ndjson.gz",
    }
}

/// Makes the names in a directory durable.
fn sync_directory(path: &Path) -> Result<(), EncodeError> {
    std::fs::File::open(path)
        .and_then(|directory| directory.sync_all())
        .map_err(|error| EncodeError::io("sync", path, error))
}
