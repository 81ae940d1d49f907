//! The roles `run` and `proxy`: taking in, with health beside it, and for `run` SQL in the same process.

use std::path::Path;
use std::sync::{Arc, LazyLock};

use anyhow::{Context, Result};
use bytefreezer_core::config::{Config, ReceiverToken, Route, Secret};
use bytefreezer_core::health::{HealthState, health_router};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::logging::LogHandle;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{ComponentState, Progress};
use bytefreezer_core::shutdown::{Signal, Signals, shutdown};
use bytefreezer_core::systemd::{feed_watchdog, notify_ready, notify_reloading, notify_stopping};
use bytefreezer_proxy::cpus::{CpuPlan, bind_thread};
use bytefreezer_proxy::{Proxy, Surroundings};
use tokio::runtime::{Builder, Handle, Runtime};
use tracing::{error, info, warn};
use uuid::Uuid;

use super::known_columns::known_columns;
use super::query::{BEAT_DEADLINE, Routes, beat, query_routes};
use super::servers::Servers;
use super::stages::{RunningStage, StageRole};
use super::{announce, begin};
use crate::lake_access::open_store_of;
use crate::settings::ConfigArgs;

/// What `systemctl status` shows while the role works.
const STATUS: &str = "taking events in";
/// Threads for uploads, HTTP inputs, health.
const SERVING_THREADS: usize = 2;

/// Every role in one process, until SIGTERM.
pub fn run(args: &ConfigArgs) -> Result<()> {
    start(args, true)
}

/// The role that takes events in, until SIGTERM.
pub fn proxy(args: &ConfigArgs) -> Result<()> {
    start(args, false)
}

fn start(args: &ConfigArgs, with_query: bool) -> Result<()> {
    let (config, log) = begin(args)?;
    let plan = CpuPlan::new(&config.shards.cpus)?;
    let serving = threads("serve", &plan)?;
    // Apart, so that a query that takes all CPUs it may have does not hold up uploads and health.
    let working = if with_query { Some(threads("query", &plan)?) } else { None };
    let query_handle = working.as_ref().map(|working| working.handle().clone());
    let done = serving.block_on(serve_until_told(args, config, &log, &plan, query_handle));
    if let Some(working) = working {
        working.shutdown_background();
    }
    serving.shutdown_background();
    done
}

/// Threads beside the shards; where CPUs are left over by the shards, they keep to those.
fn threads(name: &str, plan: &CpuPlan) -> Result<Runtime> {
    let rest = plan.rest.clone();
    Builder::new_multi_thread()
        .thread_name(name)
        .worker_threads(SERVING_THREADS)
        .on_thread_start(move || bind_thread(&rest))
        .enable_all()
        .build()
        .context("cannot start threads")
}

async fn serve_until_told(
    args: &ConfigArgs,
    config: Config,
    log: &LogHandle,
    plan: &CpuPlan,
    working: Option<Handle>,
) -> Result<()> {
    let mut signals = Signals::take_over().context("cannot take the signals over")?;
    let file = args.config.as_deref();
    let store = open_store_of(&config, file).await?;
    let ledger = Arc::new(Ledger::default());
    let progress = Progress::default();
    let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
    let health = HealthState {
        progress: progress.clone(),
        ledger: Arc::clone(&ledger),
        metrics: Arc::clone(&metrics),
    };
    let (trigger, token) = shutdown();
    // Health answers while the log is taken up: that may take long, and somebody will ask.
    let mut servers = Servers::new(token.clone());
    servers.start("health", config.health.listen, health_router(health.clone())).await?;
    let watchdog = tokio::spawn(feed_watchdog(progress.clone(), token.clone()));
    let mut config = config;
    let mut stages = match &working {
        Some(_) => start_stages(&mut config, file, &progress, &mut servers).await?,
        None => Vec::new(),
    };
    let surroundings = Surroundings {
        ledger,
        progress: progress.clone(),
        metrics,
        registries: known_columns(store.as_ref(), &config).await,
        store,
    };
    let mut proxy = Proxy::start(config.clone(), plan, surroundings).await?;
    let query = match working {
        None => None,
        Some(working) => {
            let component = progress.register("query", Some(BEAT_DEADLINE))?;
            let routes = Routes::new(query_routes(&config, file, working.clone())?);
            let app = health_router(health).fallback_service(routes.service());
            servers.start("query", config.query.listen, app).await?;
            component.set(ComponentState::Ready);
            servers.tasks.push(tokio::spawn(async move {
                beat(component, token).await;
                Ok(())
            }));
            Some((working, routes))
        }
    };
    for address in proxy.addresses() {
        announce(&format!("listening on {} {} for {}", address.what, address.address, address.dataset))?;
    }
    for (what, address) in &servers.addresses {
        announce(&format!("listening on {what} http://{address}"))?;
    }
    announce("ready")?;
    notify_ready(STATUS);
    info!("ready");
    while signals.next().await == Signal::Reload {
        notify_reloading();
        let query = query.as_ref().map(|(working, routes)| (working, routes));
        reload(args, log, &mut proxy, query, &mut stages).await;
        notify_ready(STATUS);
    }
    notify_stopping("draining");
    info!("draining");
    // In the order of the way, so that what one hands on is still taken.
    proxy.drain().await;
    for stage in stages {
        stage.drain().await;
    }
    trigger.stop();
    servers.join().await?;
    watchdog.await.context("the watchdog's task broke down")
}

/// Starts the roles of the staged route, where a dataset takes it. A proxy without receivers gets the one that is started.
async fn start_stages(
    config: &mut Config,
    file: Option<&Path>,
    progress: &Progress,
    servers: &mut Servers,
) -> Result<Vec<RunningStage>> {
    if !config.datasets.iter().any(|dataset| dataset.route == Route::Staged) {
        return Ok(Vec::new());
    }
    let has_receivers = !config.forward.receivers.is_empty();
    share_own_token(config);
    let mut stages = Vec::new();
    for role in StageRole::ALL {
        let stage = RunningStage::start(role, config, file, progress, servers).await?;
        if let (false, Some(address)) = (has_receivers, stage.addresses().first()) {
            config.forward.receivers = vec![format!("http://{address}")];
            announce(&format!("listening on batches {address}"))?;
        }
        stages.push(stage);
    }
    Ok(stages)
}

/// What the proxy of this process shows to the receiver of this process.
static OWN_TOKEN: LazyLock<Secret> = LazyLock::new(|| Secret::new(Uuid::new_v4().to_string()));

/// Where the proxy has no receivers set, it and the receiver beside it know a token of their own.
fn share_own_token(config: &mut Config) {
    if config.forward.receivers.is_empty() {
        let token = OWN_TOKEN.clone();
        config.receiver.tokens.push(ReceiverToken { token: token.clone(), tenant: None, dataset: None });
        config.forward.token = Some(token);
    }
}

/// Loads the configuration again. A wrong one is reported, and everything stays as it is.
async fn reload(
    args: &ConfigArgs,
    log: &LogHandle,
    proxy: &mut Proxy,
    query: Option<(&Handle, &Routes)>,
    stages: &mut [RunningStage],
) {
    let mut config = match args.load() {
        Ok(config) => config,
        Err(problems) => return error!(%problems, "the configuration is wrong, the one before stays"),
    };
    if let Err(error) = proxy.reload(&config).await {
        return error!(error = format!("{error:#}"), "cannot reload, the configuration before stays");
    }
    share_own_token(&mut config);
    for stage in stages {
        if let Err(error) = stage.reload(&config).await {
            error!(
                error = format!("{error:#}"),
                "a role of the staged route goes on with the configuration before"
            );
        }
    }
    if let Some((working, routes)) = query {
        match query_routes(&config, args.config.as_deref(), working.clone()) {
            Ok(new) => routes.replace(new),
            Err(error) => error!(error = format!("{error:#}"), "queries go on with the configuration before"),
        }
    }
    if let Err(error) = log.set_level(&config.log) {
        warn!(%error, "the level of the log stays");
    }
    info!("reloaded; what concerns shards, storage and directories takes effect at the next start");
}
