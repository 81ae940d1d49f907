//! The roles of the staged route, `receiver`, `piper` and `packer`: each in a process of its own, or all in that of `run`.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use bytefreezer_core::config::Config;
use bytefreezer_core::health::{HealthState, health_router};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::logging::LogHandle;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_core::shutdown::{Signal, Signals, shutdown};
use bytefreezer_core::systemd::{feed_watchdog, notify_ready, notify_reloading, notify_stopping};
use bytefreezer_packer::Packer;
use bytefreezer_piper::Piper;
use bytefreezer_receiver::Receiver;
use tokio::runtime::Builder;
use tracing::{error, info, warn};

use super::known_columns::known_columns;
use super::servers::Servers;
use super::{announce, begin};
use crate::lake_access::{open_stage, open_store_of};
use crate::settings::ConfigArgs;

/// Which of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StageRole {
    /// Takes batches over HTTP.
    Receiver,
    /// Takes them through filters.
    Piper,
    /// Makes Parquet of them.
    Packer,
}

impl StageRole {
    /// All of them, in the order of the way.
    pub(super) const ALL: [Self; 3] = [Self::Receiver, Self::Piper, Self::Packer];

    fn name(self) -> &'static str {
        match self {
            Self::Receiver => "receiver",
            Self::Piper => "piper",
            Self::Packer => "packer",
        }
    }

    fn health_listen(self, config: &Config) -> SocketAddr {
        match self {
            Self::Receiver => config.receiver.health_listen,
            Self::Piper => config.piper.listen,
            Self::Packer => config.packer.listen,
        }
    }

    /// What `systemctl status` shows while it works.
    fn status(self) -> &'static str {
        match self {
            Self::Receiver => "taking batches in",
            Self::Piper => "taking batches through filters",
            Self::Packer => "making Parquet of batches",
        }
    }
}

/// One of them while it runs.
pub(super) enum RunningStage {
    Receiver(Receiver),
    Piper(Piper),
    Packer(Packer),
}

impl RunningStage {
    /// Starts a role, with its health at its own address.
    pub(super) async fn start(
        role: StageRole,
        config: &Config,
        file: Option<&Path>,
        progress: &Progress,
        servers: &mut Servers,
    ) -> Result<Self> {
        // An account of its own: what a proxy has handed on is received here once more.
        let ledger = Arc::new(Ledger::default());
        let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
        let health = HealthState {
            progress: progress.clone(),
            ledger: Arc::clone(&ledger),
            metrics: Arc::clone(&metrics),
        };
        servers.start(role.name(), role.health_listen(config), health_router(health)).await?;
        let progress = progress.clone();
        Ok(match role {
            StageRole::Receiver => {
                let intake = open_stage(&config.stages.intake, "stages.intake", file).await?;
                let surroundings = bytefreezer_receiver::Surroundings { ledger, progress, metrics, intake };
                Self::Receiver(Receiver::start(config, surroundings).await?)
            }
            StageRole::Piper => {
                let intake = open_stage(&config.stages.intake, "stages.intake", file).await?;
                let output = open_stage(&config.stages.piper, "stages.piper", file).await?;
                let registries = known_columns(open_store_of(config, file).await?.as_ref(), config).await;
                let surroundings =
                    bytefreezer_piper::Surroundings { ledger, progress, intake, output, registries };
                Self::Piper(Piper::start(config, surroundings).await?)
            }
            StageRole::Packer => {
                let stage = open_stage(&config.stages.piper, "stages.piper", file).await?;
                let lake = open_store_of(config, file).await?;
                let surroundings =
                    bytefreezer_packer::Surroundings { ledger, progress, metrics, stage, lake };
                Self::Packer(Packer::start(config.clone(), surroundings).await?)
            }
        })
    }

    /// Where it takes batches; nothing but for a receiver.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        match self {
            Self::Receiver(receiver) => receiver.addresses(),
            Self::Piper(_) | Self::Packer(_) => Vec::new(),
        }
    }

    /// Takes over the datasets of another configuration. Errors: then everything goes on as it was.
    pub(super) async fn reload(&mut self, config: &Config) -> Result<()> {
        match self {
            Self::Receiver(receiver) => receiver.reload(config),
            Self::Piper(piper) => piper.reload(config),
            Self::Packer(packer) => packer.reload(config),
        }
    }

    /// Ends it.
    pub(super) async fn drain(self) {
        match self {
            Self::Receiver(receiver) => receiver.drain().await,
            Self::Piper(piper) => piper.drain().await,
            Self::Packer(packer) => packer.drain().await,
        }
    }
}

/// Runs one role until SIGTERM.
pub fn stage(args: &ConfigArgs, role: StageRole) -> Result<()> {
    let (config, log) = begin(args)?;
    let threads = Builder::new_multi_thread()
        .thread_name(role.name())
        .enable_all()
        .build()
        .context("cannot start threads")?;
    let done = threads.block_on(serve_until_told(args, config, &log, role));
    threads.shutdown_background();
    done
}

async fn serve_until_told(args: &ConfigArgs, config: Config, log: &LogHandle, role: StageRole) -> Result<()> {
    let mut signals = Signals::take_over().context("cannot take the signals over")?;
    let progress = Progress::default();
    let (trigger, token) = shutdown();
    let mut servers = Servers::new(token.clone());
    let watchdog = tokio::spawn(feed_watchdog(progress.clone(), token));
    let file = args.config.as_deref();
    let mut running = RunningStage::start(role, &config, file, &progress, &mut servers).await?;
    for address in running.addresses() {
        announce(&format!("listening on batches {address}"))?;
    }
    for (what, address) in &servers.addresses {
        announce(&format!("listening on health of {what} http://{address}"))?;
    }
    announce("ready")?;
    notify_ready(role.status());
    info!("ready");
    while signals.next().await == Signal::Reload {
        notify_reloading();
        reload(args, log, &mut running).await;
        notify_ready(role.status());
    }
    notify_stopping("draining");
    info!("draining");
    running.drain().await;
    trigger.stop();
    servers.join().await?;
    watchdog.await.context("the watchdog's task broke down")
}

/// Loads the configuration again. A wrong one is reported, and everything stays as it is.
async fn reload(args: &ConfigArgs, log: &LogHandle, running: &mut RunningStage) {
    let config = match args.load() {
        Ok(config) => config,
        Err(problems) => return error!(%problems, "the configuration is wrong, the one before stays"),
    };
    if let Err(error) = running.reload(&config).await {
        return error!(error = format!("{error:#}"), "cannot reload, the configuration before stays");
    }
    if let Err(error) = log.set_level(&config.log) {
        warn!(%error, "the level of the log stays");
    }
    info!("reloaded; what concerns addresses, stages and storage takes effect at the next start");
}
