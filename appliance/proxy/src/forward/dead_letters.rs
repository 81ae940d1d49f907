//! Batches that no receiver takes: files in a folder, each with its reason beside it.

use std::path::{Path, PathBuf};

use anyhow::Context;
use hotpath::layout::{intake_key, parse_intake_key};
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;

use super::batch::Batch;
use crate::limits::DEAD_LETTERS_BYTES_MAX;

/// The folder under `data_dir`.
const FOLDER: &str = "dead_letters";
/// How the file with the reason ends, instead of the batch's ending.
const NOTE_EXTENSION: &str = "json";

/// The folder of dead letters.
#[derive(Debug)]
pub struct DeadLetters {
    folder: PathBuf,
}

/// A batch that no receiver took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Its key in `intake`, were it taken.
    pub key: String,
    /// Its rows.
    pub rows: u64,
    /// Why the last receiver did not take it.
    pub reason: String,
    /// When it was tried last, RFC 3339.
    pub tried_at: String,
}

impl DeadLetters {
    /// The dead letters of a data directory, which need not have any.
    ///
    /// # Errors
    /// When the folder cannot be made.
    pub fn open(data_dir: &Path) -> anyhow::Result<Self> {
        let folder = data_dir.join(FOLDER);
        std::fs::create_dir_all(&folder).with_context(|| format!("cannot make {}", folder.display()))?;
        Ok(Self { folder })
    }

    /// Keeps a batch; it is on disk when this returns.
    ///
    /// # Errors
    /// Why it cannot be kept; then it must not be given up.
    pub(super) async fn put(&self, batch: &Batch, reason: &str) -> Result<(), String> {
        let letter = DeadLetter {
            key: intake_key(&batch.key),
            rows: batch.rows,
            reason: reason.to_owned(),
            tried_at: now(),
        };
        if self.bytes().await? + batch.packed.len() as u64 > DEAD_LETTERS_BYTES_MAX {
            return Err(format!(
                "{} is full: retry or remove what is there (`bytefreezer dead-letters`)",
                self.folder.display()
            ));
        }
        let written = async {
            write_durably(&self.batch_path(&letter), &batch.packed).await?;
            self.write_note(&letter).await
        };
        written
            .await
            .map_err(|error| format!("cannot keep a dead letter in {}: {error}", self.folder.display()))
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub async fn list(&self) -> anyhow::Result<Vec<DeadLetter>> {
        let unreadable = || format!("cannot read {}", self.folder.display());
        let mut letters = Vec::new();
        let mut entries = tokio::fs::read_dir(&self.folder).await.with_context(unreadable)?;
        while let Some(entry) = entries.next_entry().await.with_context(unreadable)? {
            let path = entry.path();
            if path.extension().is_none_or(|extension| extension != NOTE_EXTENSION) {
                continue;
            }
            let text = tokio::fs::read(&path).await.with_context(unreadable)?;
            let letter: DeadLetter =
                serde_json::from_slice(&text).with_context(|| format!("{} is damaged", path.display()))?;
            letters.push(letter);
        }
        letters.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(letters)
    }

    /// The batch of a dead letter.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub(super) async fn read(&self, letter: &DeadLetter) -> Result<Batch, String> {
        let Some(key) = parse_intake_key(&letter.key) else {
            return Err(format!("{} is no key of a batch", letter.key));
        };
        Batch::read(&self.batch_path(letter), key, letter.rows).await
    }

    /// Notes why it was not taken again.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub(super) async fn note(&self, letter: &DeadLetter) -> anyhow::Result<()> {
        let noted = DeadLetter { tried_at: now(), ..letter.clone() };
        self.write_note(&noted).await.with_context(|| format!("cannot write in {}", self.folder.display()))
    }

    /// Removes one that was taken: the note first, so that nothing is left that names no batch.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub(super) async fn remove(&self, letter: &DeadLetter) -> anyhow::Result<()> {
        for path in [self.note_path(letter), self.batch_path(letter)] {
            tokio::fs::remove_file(&path)
                .await
                .with_context(|| format!("cannot remove {}", path.display()))?;
        }
        Ok(())
    }

    async fn write_note(&self, letter: &DeadLetter) -> std::io::Result<()> {
        write_durably(&self.note_path(letter), &serde_json::to_vec_pretty(letter)?).await
    }

    fn batch_path(&self, letter: &DeadLetter) -> PathBuf {
        let name = letter.key.rsplit('/').next().unwrap_or_default();
        self.folder.join(name)
    }

    fn note_path(&self, letter: &DeadLetter) -> PathBuf {
        let name = letter.key.rsplit('/').next().unwrap_or_default();
        let name = name.strip_suffix(".ndjson.gz").unwrap_or(name);
        self.folder.join(format!("{name}.{NOTE_EXTENSION}"))
    }

    async fn bytes(&self) -> Result<u64, String> {
        let failed = |error: std::io::Error| format!("cannot read {}: {error}", self.folder.display());
        let mut bytes = 0;
        let mut entries = tokio::fs::read_dir(&self.folder).await.map_err(failed)?;
        while let Some(entry) = entries.next_entry().await.map_err(failed)? {
            bytes += entry.metadata().await.map_err(failed)?.len();
        }
        Ok(bytes)
    }
}

fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

/// Writes a file whole or not at all, and durably.
async fn write_durably(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let unfinished = path.with_extension("tmp");
    let mut file = tokio::fs::File::create(&unfinished).await?;
    file.write_all(bytes).await?;
    file.sync_all().await?;
    tokio::fs::rename(&unfinished, path).await?;
    if let Some(folder) = path.parent() {
        tokio::fs::File::open(folder).await?.sync_all().await?;
    }
    Ok(())
}
