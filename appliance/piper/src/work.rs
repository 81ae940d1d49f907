//! One batch: its lease, its way through the filters, its result, its release.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, anyhow};
use bytefreezer_lake::store::chain;
use bytefreezer_lake::{
    FencedStore, LeaseBoard, LeaseGuard, ObjectInfo, ObjectReader, PutCondition, Store, StoreErrorKind,
};
use hotpath::layout::{BatchKey, intake_key, piper_key};
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tracing::{debug, warn};

use crate::dead_letters::{batch_key, failed_key, lines_key, reason_key};
use crate::pipe::{PipeError, Piped, pipe};
use crate::pipeline::Pipeline;
use crate::release::{is_done, release};
use crate::source::{self, OnProgress, Source};

/// What every batch needs.
#[derive(Clone)]
pub(crate) struct Workshop {
    pub(crate) intake: Arc<dyn Store>,
    pub(crate) output: Arc<dyn Store>,
    pub(crate) board: Arc<LeaseBoard>,
    /// Who works here, in leases.
    pub(crate) instance: String,
    pub(crate) lease_length: Duration,
    pub(crate) keep_days: u64,
    /// A large batch takes its time; each piece of it is a sign of life.
    pub(crate) on_progress: OnProgress,
    /// For files until they are put.
    pub(crate) folder: PathBuf,
}

/// What became of a batch.
pub(crate) enum Outcome {
    /// It went through.
    Done(Piped),
    /// It cannot be read, and is kept as a dead letter.
    Dead,
    /// Somebody else has it, or had it.
    Elsewhere,
}

impl Workshop {
    /// Works on a batch, if nobody else does.
    ///
    /// # Errors
    /// What went wrong; the batch is as it was, to be tried again.
    pub(crate) async fn work_on(
        &self,
        batch: &BatchKey,
        pipeline: &Arc<Pipeline>,
    ) -> anyhow::Result<Outcome> {
        let lease_key = format!("{}/leases/{}--{}.json", batch.dataset, batch.received_ns, batch.batch);
        let taken = self.board.take(&lease_key, &self.instance, self.lease_length).await?;
        let Some(lease) = taken else { return Ok(Outcome::Elsewhere) };
        let lease = lease.keep();
        let worked = self.work_under(lease.guard(), batch, pipeline).await;
        // A batch that is done does not come again, and its lease need not be remembered.
        let given_back = match &worked {
            Ok(_) => lease.end().await,
            Err(_) => lease.release().await,
        };
        if let Err(error) = given_back {
            debug!(batch = batch.batch, error = chain(&error), "a lease ends by itself");
        }
        worked
    }

    async fn work_under(
        &self,
        guard: LeaseGuard,
        batch: &BatchKey,
        pipeline: &Arc<Pipeline>,
    ) -> anyhow::Result<Outcome> {
        let key = intake_key(batch);
        let object = match self.intake.head(&key).await {
            Ok(object) => object,
            // Somebody had it before us.
            Err(error) if error.kind() == StoreErrorKind::NotFound => return Ok(Outcome::Elsewhere),
            Err(error) => return Err(error.into()),
        };
        if self.keep_days > 0 && is_done(self.intake.as_ref(), batch).await? {
            return Ok(Outcome::Elsewhere);
        }
        let intake: Arc<dyn Store> = Arc::new(FencedStore::new(Arc::clone(&self.intake), guard.clone()));
        let output: Arc<dyn Store> = Arc::new(FencedStore::new(Arc::clone(&self.output), guard));
        let outcome = match self.pipe(&object, batch, pipeline).await? {
            Ok(piped) => {
                self.put(output.as_ref(), batch, &piped).await?;
                Outcome::Done(piped)
            }
            Err(reason) => {
                warn!(batch = batch.batch, dataset = %batch.dataset, reason, "a batch cannot be read; it is kept as a dead letter");
                self.set_aside(output.as_ref(), &object, batch, &reason).await?;
                Outcome::Dead
            }
        };
        release(intake.as_ref(), batch, self.keep_days).await?;
        Ok(outcome)
    }

    /// Takes the batch through its filters; the inner error is why it never will come through.
    async fn pipe(
        &self,
        object: &ObjectInfo,
        batch: &BatchKey,
        pipeline: &Arc<Pipeline>,
    ) -> anyhow::Result<Result<Piped, String>> {
        let (source, failure) = Source::begin(
            ObjectReader::of(Arc::clone(&self.intake), object.clone()),
            Arc::clone(&self.on_progress),
        );
        let (pipeline, folder, name) = (Arc::clone(pipeline), self.folder.clone(), batch.batch.clone());
        let piped = tokio::task::spawn_blocking(move || pipe(source, &name, &pipeline, &folder));
        let error = match piped.await.context("a batch's thread broke down")? {
            Ok(piped) => return Ok(Ok(piped)),
            Err(error) => error,
        };
        match (source::take(&failure), error) {
            (Some(failure), _) => Err(failure.into()),
            (None, PipeError::Unreadable(error)) => Ok(Err(error.to_string())),
            (None, error) => Err(error.into()),
        }
    }

    async fn put(&self, output: &dyn Store, batch: &BatchKey, piped: &Piped) -> anyhow::Result<()> {
        if let Some(refused) = &piped.refused {
            output.put_file(&lines_key(batch), refused).await?;
        }
        if let Some(failed) = &piped.failed {
            output.put_file(&failed_key(batch), failed).await?;
        }
        if let Some(rows) = &piped.output {
            output.put_file(&piper_key(batch), rows).await?;
        }
        Ok(())
    }

    /// Keeps a batch that cannot be read, as it is, with the reason.
    async fn set_aside(
        &self,
        output: &dyn Store,
        object: &ObjectInfo,
        batch: &BatchKey,
        reason: &str,
    ) -> anyhow::Result<()> {
        let copy =
            tempfile::NamedTempFile::new_in(&self.folder).context("cannot make a file for a dead letter")?;
        let mut file = tokio::fs::File::from_std(copy.reopen()?);
        let mut reader = ObjectReader::of(Arc::clone(&self.intake), object.clone());
        while let Some(piece) = reader.next_piece().await? {
            file.write_all(&piece).await?;
        }
        file.flush().await?;
        output.put_file(&batch_key(batch), copy.path()).await?;
        let note = json!({ "key": intake_key(batch), "reason": reason });
        let note = serde_json::to_vec_pretty(&note).map_err(|error| anyhow!(error))?;
        output.put_bytes(&reason_key(batch), note.into(), PutCondition::None).await?;
        Ok(())
    }
}
