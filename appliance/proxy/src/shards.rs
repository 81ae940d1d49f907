//! Starts the shards: each has a CPU, folders, a log, memory and its part of every dataset's account.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use bytefreezer_core::config::Config;
use bytefreezer_core::ledger::Ledger;
use hotpath::account::DatasetWriters;
use hotpath::batch::ColumnRegistry;
use hotpath::block::BlockPool;
use hotpath::clock::Clock;
use hotpath::filter::Resources;
use hotpath::limits::BLOCK_BYTES;
use hotpath::log::LogOptions;
use hotpath::names::DatasetKey;
use hotpath::shard::{
    DatasetSettings, ShardCommand, ShardHandle, ShardSettings, ShardStatus, UnknownDataset, Upload, start,
};
use tracing::warn;

use crate::cpus::CpuPlan;
use crate::limits::{SHARD_COMMANDS_MAX, SHARDS_MAX};
use crate::settings::{dataset_settings, default_dataset_settings};

/// The shards that run, in the order of their numbers, and the column types that they agree on.
pub(crate) struct Shards {
    pub(crate) handles: Vec<ShardHandle>,
    pub(crate) commands: Vec<async_channel::Sender<ShardCommand>>,
    pub(crate) statuses: Vec<Arc<ShardStatus>>,
    pub(crate) registries: HashMap<DatasetKey, Arc<ColumnRegistry>>,
    pub(crate) resources: Arc<Resources>,
}

impl Shards {
    /// None yet; columns of datasets are known from earlier files, and filters name `resources`.
    pub(crate) fn new(
        registries: HashMap<DatasetKey, Arc<ColumnRegistry>>,
        resources: Arc<Resources>,
    ) -> Self {
        Self { handles: Vec::new(), commands: Vec::new(), statuses: Vec::new(), registries, resources }
    }

    /// Starts the next shard and waits until its log is open.
    ///
    /// # Errors
    /// Whatever keeps it from taking durable data.
    pub(crate) fn start(
        &mut self,
        config: &Config,
        number: u16,
        cpu: usize,
        ledger: &Arc<Ledger>,
        clock: &Arc<dyn Clock>,
        finished_cuts: &async_channel::Sender<Upload>,
    ) -> anyhow::Result<()> {
        let (sender, commands) = async_channel::bounded(SHARD_COMMANDS_MAX);
        let status = Arc::new(ShardStatus::default());
        let folders = Folders::make(&config.data_dir, number)?;
        let settings = ShardSettings {
            shard: number,
            instance: config.instance.clone(),
            cpu: Some(cpu),
            log_directory: folders.log,
            log: log_options(config, number),
            spool_directory: folders.spool,
            decoder_state_directory: folders.decoder_state,
            spool_disk_bytes_max: config.shards.spool_disk_bytes_max.bytes(),
            flush_interval: Duration::from_millis(config.shards.log_flush_interval_ms),
            pool: block_pool(config),
            row_groups_bytes_max: 2 * config.shards.row_group_memory_bytes.bytes() as usize,
            datasets: self.datasets(config, number, ledger)?,
            unknown_dataset: unknown_dataset(config, ledger, number),
            clock: Arc::clone(clock),
            status: Arc::clone(&status),
            finished_cuts: finished_cuts.clone(),
            commands,
        };
        self.handles.push(tokio::task::block_in_place(|| start(settings))?);
        self.commands.push(sender);
        self.statuses.push(status);
        Ok(())
    }

    /// The configured datasets, with the parts of their accounts that this shard writes.
    fn datasets(
        &mut self,
        config: &Config,
        shard: u16,
        ledger: &Ledger,
    ) -> anyhow::Result<Vec<(DatasetSettings, DatasetWriters)>> {
        let mut datasets = Vec::new();
        for dataset in &config.datasets {
            let key = dataset.key()?;
            let registry = Arc::clone(self.registries.entry(key.clone()).or_default());
            let writers = ledger.open(&key, shard)?;
            datasets.push((dataset_settings(config, dataset, registry, &self.resources)?, writers));
        }
        Ok(datasets)
    }
}

fn block_pool(config: &Config) -> BlockPool {
    BlockPool::new(BLOCK_BYTES, config.shards.block_pool_bytes.bytes() as usize / BLOCK_BYTES)
}

fn log_options(config: &Config, shard: u16) -> LogOptions {
    LogOptions {
        instance: config.instance.clone(),
        shard,
        segment_bytes: config.shards.log_segment_bytes.bytes(),
        disk_bytes_max: config.shards.log_disk_bytes_max.bytes(),
        random_seed: rand::random(),
    }
}

/// What a shard does with a dataset that only its log knows.
fn unknown_dataset(config: &Config, ledger: &Arc<Ledger>, shard: u16) -> UnknownDataset {
    let (config, ledger) = (config.clone(), Arc::clone(ledger));
    Box::new(move |key| {
        let writers = ledger.open(key, shard)?;
        Ok((default_dataset_settings(&config, key)?, writers))
    })
}

/// The CPU of each shard. Where an earlier start had more shards, so has this one, sharing CPUs: their logs may hold
/// events that are not stored yet.
pub(crate) fn shard_cpus(plan: &CpuPlan, data_dir: &Path) -> Vec<usize> {
    let logs = std::fs::read_dir(data_dir.join("log")).into_iter().flatten().flatten();
    let numbers = logs.filter_map(|entry| entry.file_name().to_str()?.parse::<usize>().ok());
    let earlier = numbers.max().map_or(0, |highest| highest + 1).min(SHARDS_MAX);
    if earlier > plan.shards.len() {
        warn!(
            earlier,
            configured = plan.shards.len(),
            "an earlier start had more shards; their logs are taken up too"
        );
    }
    plan.shards.iter().copied().cycle().take(earlier.max(plan.shards.len())).collect()
}

/// The folders of one shard.
struct Folders {
    log: PathBuf,
    spool: PathBuf,
    decoder_state: PathBuf,
}

impl Folders {
    /// Makes them. The spool is emptied: the log has every row of what lay there.
    fn make(data_dir: &Path, shard: u16) -> anyhow::Result<Self> {
        let log = data_dir.join("log").join(shard.to_string());
        let spool = data_dir.join("spool").join(shard.to_string());
        let decoder_state = data_dir.join("decoder-state").join(shard.to_string());
        if let Err(error) = std::fs::remove_dir_all(&spool)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            return Err(error).with_context(|| format!("cannot empty {}", spool.display()));
        }
        for folder in [&log, &spool, &decoder_state] {
            std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
        }
        Ok(Self { log, spool, decoder_state })
    }
}
