//! Carries a plan out: encode, put the dead letters, publish, commit, delete the batches. Each step can be done again.

use std::collections::HashSet;
use std::sync::Arc;

use bytefreezer_lake::keys::{data_prefix, parse_object_key, rfc3339_us};
use bytefreezer_lake::schema::known_columns;
use bytefreezer_lake::{Publisher, Store, StoreError, StoreErrorKind};
use futures::stream::{self, StreamExt, TryStreamExt};
use hotpath::account::{Aside, Movement, RejectReason};
use hotpath::cut::FinishedCut;
use tracing::{error, info, warn};

use crate::book::StoredPlan;
use crate::dataset::{DatasetPacker, Fenced, delete_all, empty_folder, is_other_version};
use crate::encode::{EncodeJob, Encoded, encode};
use crate::error::PackError;
use crate::limits::{CALLS_IN_FLIGHT, REBINDINGS_MAX};
use crate::plan::{Plan, PlanResult, PlanSource, PlanState, WRITER, dead_letters_key};

impl DatasetPacker {
    /// Carries a plan out to its end. `is_repetition`: somebody has tried before.
    ///
    /// # Errors
    /// The plan stays open then, and is carried out again later.
    pub(crate) async fn carry_out(
        &mut self,
        mut stored: StoredPlan,
        is_repetition: bool,
        stores: &Fenced,
    ) -> Result<(), PackError> {
        let encoded = self.encode_as_it_is(&mut stored, stores).await?;
        let plan = &stored.plan;
        self.put_dead_letters(plan, &encoded, is_repetition, stores).await?;
        self.publish(&encoded.cuts, stores).await?;
        // Under an older version or with other batches the rows may have been divided in another way.
        if is_repetition && (plan.rebound || plan.version != env!("CARGO_PKG_VERSION")) {
            self.retract_others(plan.number, &encoded.cuts, stores).await?;
        }
        let committed = self.commit(stored, &encoded, stores).await?;
        self.count(&committed, &encoded);
        delete_all(stores.stage.as_ref(), committed.sources.into_iter().map(|source| source.key).collect())
            .await;
        self.columns = encoded.columns;
        // What is left there is only in the way; the next plan empties it.
        drop(empty_folder(&self.site.spool, self.key()));
        Ok(())
    }

    /// Encodes the batches of a plan. Where they are not as the plan says, the plan is changed first: nobody has them
    /// as they were any more.
    async fn encode_as_it_is(
        &mut self,
        stored: &mut StoredPlan,
        stores: &Fenced,
    ) -> Result<Encoded, PackError> {
        for _ in 0..REBINDINGS_MAX {
            let failure = match self.encode(&stored.plan, stores).await {
                Ok(encoded) => return Ok(encoded),
                Err(failure) => failure,
            };
            let sources = match &failure {
                PackError::Source { key, reason } => {
                    error!(dataset = %self.key(), batch = key, reason, "a batch cannot be read; it is left in the stage `piper` and not tried again before the next start: look at it, mend or move it");
                    self.without(&stored.plan, key)
                }
                failure if is_other_version(failure) => self.look_again(&stored.plan, stores).await?,
                _ => return Err(failure),
            };
            let plan = Plan { sources, rebound: true, ..stored.plan.clone() };
            *stored = self.book.change(stores.lake.as_ref(), stored.etag.clone(), plan).await?;
        }
        Err(PackError::Changing { number: stored.plan.number })
    }

    async fn encode(&self, plan: &Plan, stores: &Fenced) -> Result<Encoded, PackError> {
        let job = EncodeJob {
            dataset: self.key().clone(),
            number: plan.number,
            part_bytes: plan.part_bytes,
            batches: plan.sources.iter().map(PlanSource::object).collect(),
            registry: Arc::new(known_columns(stores.lake.as_ref(), self.key()).await?),
            expected: self.columns.clone(),
            folder: empty_folder(&self.site.spool, self.key())?,
            options: self.settings.options.clone(),
            memory_bytes_max: self.site.memory_bytes_max,
        };
        let on_progress = Arc::clone(&self.site.on_progress);
        encode(&stores.stage, job, &stores.guard, &move || on_progress()).await
    }

    /// The plan's batches without one that cannot be read.
    fn without(&mut self, plan: &Plan, key: &str) -> Vec<PlanSource> {
        let (bad, sources): (Vec<_>, Vec<_>) =
            plan.sources.iter().cloned().partition(|source| source.key == key);
        for source in bad {
            self.set_source_aside(source);
        }
        sources
    }

    /// The plan's batches as they are now.
    async fn look_again(&self, plan: &Plan, stores: &Fenced) -> Result<Vec<PlanSource>, PackError> {
        let heads = stream::iter(plan.sources.clone())
            .map(|source| head_again(stores.stage.as_ref(), source))
            .buffered(CALLS_IN_FLIGHT);
        let found: Vec<Option<PlanSource>> = heads.try_collect().await?;
        for (source, found) in plan.sources.iter().zip(&found) {
            let (dataset, batch, number) = (self.key(), &source.key, plan.number);
            match found {
                Some(found) if found == source => {}
                Some(_) => {
                    warn!(%dataset, batch, plan = number, "a batch was put anew before it was packed; it is packed as it is now");
                }
                None => {
                    error!(%dataset, batch, plan = number, "a batch is gone that no packer has deleted; its rows are not packed");
                }
            }
        }
        Ok(found.into_iter().flatten().collect())
    }

    async fn put_dead_letters(
        &self,
        plan: &Plan,
        encoded: &Encoded,
        is_repetition: bool,
        stores: &Fenced,
    ) -> Result<(), PackError> {
        let key = dead_letters_key(self.key(), plan.number);
        match &encoded.dead_letters {
            Some(path) => {
                warn!(dataset = %self.key(), lines = encoded.refused_lines, key, "lines of batches are no rows; they are kept as dead letters");
                stores.lake.put_file(&key, path).await?;
            }
            // Of an attempt with other batches.
            None if is_repetition && plan.rebound => stores.lake.delete(&key).await?,
            None => {}
        }
        Ok(())
    }

    async fn publish(&self, cuts: &[FinishedCut], stores: &Fenced) -> Result<(), PackError> {
        let publisher = self.publisher(stores)?;
        for published in publisher.publish_batch(cuts).await {
            published.map_err(PackError::Publish)?;
        }
        (self.site.on_progress)();
        Ok(())
    }

    fn publisher(&self, stores: &Fenced) -> Result<Publisher, StoreError> {
        let pace = Arc::clone(&self.site.pace);
        Publisher::with_pace(Arc::clone(&stores.lake), WRITER, pace).map_err(|cause| {
            StoreError::new(StoreErrorKind::Invalid, "put", WRITER, "not a name").caused_by(cause)
        })
    }

    /// Takes objects of a plan back that this attempt has not made.
    async fn retract_others(
        &self,
        number: u64,
        cuts: &[FinishedCut],
        stores: &Fenced,
    ) -> Result<(), PackError> {
        let publisher = self.publisher(stores)?;
        let own: HashSet<String> = cuts.iter().flat_map(|cut| publisher.keys_of(cut)).collect();
        let mut others = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = stores.lake.list(&data_prefix(self.key()), cursor.as_deref()).await?;
            others.extend(page.objects.into_iter().map(|object| object.key).filter(|key| {
                !own.contains(key)
                    && parse_object_key(key)
                        .is_some_and(|parsed| parsed.instance == WRITER && parsed.first == number)
            }));
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        if !others.is_empty() {
            info!(dataset = %self.key(), plan = number, objects = others.len(), "removing objects of an earlier attempt");
        }
        Ok(publisher.retract(self.key(), &others).await?)
    }

    async fn commit(
        &mut self,
        stored: StoredPlan,
        encoded: &Encoded,
        stores: &Fenced,
    ) -> Result<Plan, PackError> {
        let files = encoded.cuts.iter().flat_map(|cut| &cut.files);
        let result = PlanResult {
            committed_at: rfc3339_us(self.site.pace.now_us()),
            files: files.clone().count() as u64,
            rows: files.clone().map(|file| file.rows).sum(),
            bytes: files.map(|file| file.bytes).sum(),
            refused_lines: encoded.refused_lines,
        };
        let plan = Plan {
            state: PlanState::Committed,
            packer: self.site.instance.clone(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            fence: stores.fence,
            result: Some(result),
            ..stored.plan
        };
        Ok(self.book.change(stores.lake.as_ref(), stored.etag, plan).await?.plan)
    }

    /// Notes a committed plan in the account and in the metrics.
    fn count(&mut self, plan: &Plan, encoded: &Encoded) {
        let Some(result) = &plan.result else { return };
        let (rows, refused) = (encoded.rows, encoded.refused_lines);
        let source_bytes = plan.source_bytes();
        self.account.executor.record(&Movement::receive(rows + refused, source_bytes));
        self.account.encoder.record(&Movement::refuse_held(RejectReason::Malformed, refused));
        let stored = Movement::store(result.rows, rows)
            .and(Aside::BytesStored, result.bytes)
            .and(Aside::FilesStored, result.files);
        self.account.uploader.record(&stored);
        self.metrics.count_plan(plan.sources.len() as u64, source_bytes);
        info!(
            dataset = %self.key(),
            plan = plan.number,
            batches = plan.sources.len(),
            rows = result.rows,
            files = result.files,
            bytes = result.bytes,
            "packed"
        );
    }
}

/// A batch as it is now, `None` when it is gone.
async fn head_again(stage: &dyn Store, source: PlanSource) -> Result<Option<PlanSource>, PackError> {
    match stage.head(&source.key).await {
        Ok(object) => Ok(Some(PlanSource { etag: object.etag, bytes: object.bytes, ..source })),
        Err(error) if error.kind() == StoreErrorKind::NotFound => Ok(None),
        Err(error) => Err(error.into()),
    }
}
