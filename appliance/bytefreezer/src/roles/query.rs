//! The role `query`: SQL over HTTP, with health and metrics on the same address.

use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use bytefreezer_core::config::{Config, QueryConfig};
use bytefreezer_core::health::{HealthState, health_router};
use bytefreezer_core::http_server::{ServeLimits, serve};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::logging::LogHandle;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::{Component, ComponentState, Progress};
use bytefreezer_core::resources::ResourceFolder;
use bytefreezer_core::shutdown::{Shutdown, Signal, Signals, shutdown};
use bytefreezer_core::systemd::{feed_watchdog, notify_ready, notify_reloading, notify_stopping};
use bytefreezer_query::{Access, Caller, TokenGrant, router};
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Handle, Runtime};
use tower::ServiceExt;
use tracing::{error, info, warn};

use super::{announce, begin};
use crate::lake_access::open_engine;
use crate::settings::ConfigArgs;

/// Time between two signs of progress of the threads that serve HTTP.
const BEAT_INTERVAL: Duration = Duration::from_secs(1);
/// Without a sign of progress for so long, the role is not ready and the watchdog is not fed.
pub(super) const BEAT_DEADLINE: Duration = Duration::from_secs(15);
/// What `systemctl status` shows while the role works.
const STATUS: &str = "answering queries";

/// Runs the role until SIGTERM.
pub fn query(args: &ConfigArgs) -> Result<()> {
    let (config, log) = begin(args)?;
    // Apart, so that a query that takes all CPUs it may have does not hold up health and other answers.
    let serving = threads("serve", Some(1))?;
    let working = threads("query", None)?;
    let done = serving.block_on(run(args, config, &log, working.handle().clone()));
    working.shutdown_background();
    done
}

fn threads(name: &str, count: Option<usize>) -> Result<Runtime> {
    let mut builder = Builder::new_multi_thread();
    builder.thread_name(name).enable_all();
    if let Some(count) = count {
        builder.worker_threads(count);
    }
    builder.build().context("cannot start threads")
}

async fn run(args: &ConfigArgs, config: Config, log: &LogHandle, working: Handle) -> Result<()> {
    let mut signals = Signals::take_over().context("cannot take the signals over")?;
    let file = args.config.as_deref();
    let routes = Routes::new(query_routes(&config, file, working.clone())?);

    let progress = Progress::default();
    let component = progress.register("query", Some(BEAT_DEADLINE))?;
    let ledger = Arc::new(Ledger::default());
    let metrics = Arc::new(Metrics::new(Arc::clone(&ledger), progress.clone()));
    let health = health_router(HealthState { progress: progress.clone(), ledger, metrics });

    let listen = config.query.listen;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
    let address = listener.local_addr().context("cannot read the address listened on")?;
    let (trigger, token) = shutdown();
    let app = health.fallback_service(routes.service());
    let server = tokio::spawn(serve(listener, app, ServeLimits::default(), token.clone()));
    let watchdog = tokio::spawn(feed_watchdog(progress, token.clone()));
    component.set(ComponentState::Ready);
    let beats = tokio::spawn(beat(component, token));

    announce(&format!("query: http://{address}"))?;
    announce("ready")?;
    notify_ready(STATUS);
    info!(%address, "the query role is ready");
    while signals.next().await == Signal::Reload {
        notify_reloading();
        reload(args, &config, log, &working, &routes);
        notify_ready(STATUS);
    }
    notify_stopping("waiting for open requests");
    info!("stopping");
    trigger.stop();
    server.await.context("the HTTP server broke down")??;
    watchdog.await.context("the watchdog's task broke down")?;
    beats.await.context("the progress task broke down")
}

/// The routes of a configuration.
pub(super) fn query_routes(config: &Config, file: Option<&Path>, working: Handle) -> Result<Router> {
    let engine = open_engine(config, file, Some(working))?;
    let resources = Arc::new(ResourceFolder::new(&config.resources_dir));
    Ok(router(engine, access(&config.query), resources))
}

/// Who may ask: the holder of the token, or everybody who reaches the port (a loopback one, as the configuration sees to).
pub fn access(config: &QueryConfig) -> Access {
    let caller = Caller::everything();
    match &config.token {
        Some(token) => Access::Tokens(vec![TokenGrant { token: token.expose().to_owned(), caller }]),
        None => Access::Open(caller),
    }
}

/// Loads the configuration again. A wrong one is reported, and everything stays as it is.
fn reload(args: &ConfigArgs, running: &Config, log: &LogHandle, working: &Handle, routes: &Routes) {
    let config = match args.load() {
        Ok(config) => config,
        Err(problems) => return error!(%problems, "the configuration is wrong, the one before stays"),
    };
    if config.query.listen != running.query.listen {
        warn!(listen = %config.query.listen, "another address is used only after a restart");
    }
    match query_routes(&config, args.config.as_deref(), working.clone()) {
        Ok(new) => routes.replace(new),
        Err(error) => {
            return error!(error = format!("{error:#}"), "cannot reload, the configuration before stays");
        }
    }
    if let Err(error) = log.set_level(&config.log) {
        warn!(%error, "the level of the log stays");
    }
    info!("reloaded");
}

pub(super) async fn beat(component: Component, mut token: Shutdown) {
    let mut ticks = tokio::time::interval(BEAT_INTERVAL);
    loop {
        tokio::select! {
            () = token.wait() => return,
            _ = ticks.tick() => component.beat(),
        }
    }
}

/// Routes that can be replaced while they are served; a request that has begun ends on those it began on.
#[derive(Clone, Debug)]
pub(super) struct Routes {
    current: Arc<RwLock<Router>>,
}

impl Routes {
    pub(super) fn new(router: Router) -> Self {
        Self { current: Arc::new(RwLock::new(router)) }
    }

    pub(super) fn replace(&self, router: Router) {
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = router;
    }

    pub(super) fn service(&self) -> Router {
        let routes = self.clone();
        Router::new().fallback(move |request: Request| routes.answer(request))
    }

    async fn answer(self, request: Request) -> Response {
        let router = self.current.read().unwrap_or_else(PoisonError::into_inner).clone();
        match router.oneshot(request).await {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }
}
