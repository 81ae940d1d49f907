//! The role as a whole: starts, changes and drains what takes batches in and brings them to the storage.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use arc_swap::ArcSwap;
use bytefreezer_core::config::{Config, ReceiverConfig};
use bytefreezer_core::http_body::{BodyLimits, RequestMemory};
use bytefreezer_core::http_server::{ServeLimits, serve_over};
use bytefreezer_core::ledger::Ledger;
use bytefreezer_core::metrics::Metrics;
use bytefreezer_core::progress::Progress;
use bytefreezer_core::shutdown::{Shutdown, ShutdownTrigger, shutdown};
use bytefreezer_core::tls::http_tls_config;
use bytefreezer_lake::Store;
use hotpath::clock::{Clock, SystemClock};
use rustls::ServerConfig;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep, timeout};
use tracing::{error, info};

use crate::account::Accounts;
use crate::events::EventTaker;
use crate::gather::GatherParts;
use crate::limits::{
    DRAIN_SECONDS_MAX, EVENTS_BODY_BYTES_MAX, EVENTS_BYTES_MAX, UPLOADS_AT_A_TIME, WATCH_INTERVAL_MS,
};
use crate::naming::BatchNames;
use crate::requests::{Requests, routes};
use crate::rows::RowTaker;
use crate::spool::{Opened, Spool};
use crate::table::Table;
use crate::upload::{UploadState, Uploader};
use crate::watch::{Counts, Watch};

/// What the process gives to the role.
pub struct Surroundings {
    /// The account of events.
    pub ledger: Arc<Ledger>,
    /// Where the role says that it makes progress.
    pub progress: Progress,
    /// Where its figures go.
    pub metrics: Arc<Metrics>,
    /// The stage `intake`.
    pub intake: Arc<dyn Store>,
}

/// The role while it runs. Dropped without [`Receiver::drain`], it ends as if killed: what was answered is on disk.
pub struct Receiver {
    requests: Arc<Requests>,
    parts: GatherParts,
    uploads: Arc<UploadState>,
    address: SocketAddr,
    stop: ShutdownTrigger,
    server: JoinSet<()>,
    gatherings: JoinSet<()>,
    others: JoinSet<()>,
}

impl Receiver {
    /// Takes up what the spool holds and begins to listen. Call it in a tokio runtime.
    ///
    /// # Errors
    /// Whatever keeps the role from taking durable data; nothing runs then.
    pub async fn start(config: &Config, surroundings: Surroundings) -> anyhow::Result<Self> {
        let Surroundings { ledger, progress, metrics, intake } = surroundings;
        let settings = &config.receiver;
        let listener = TcpListener::bind(settings.listen)
            .await
            .with_context(|| format!("cannot listen on {}", settings.listen))?;
        let tls = settings.tls.as_ref().map(http_tls_config).transpose()?.map(Arc::new);
        let folder = config.data_dir.join("receiver");
        let bytes_max = settings.spool_bytes_max.bytes();
        let opened = spawn_blocking(move || Spool::open(&folder, bytes_max)).await;
        let Opened { spool, waiting, found } = opened.context("the spool cannot be taken up")??;
        let accounts = Arc::new(Accounts::new(ledger));
        for (dataset, rows) in &found {
            accounts.find(dataset, *rows);
        }
        let clock: Arc<dyn Clock> = Arc::new(SystemClock::default());
        let names = Arc::new(BatchNames::new(&config.instance, clock.wall_us()));
        let parts = GatherParts { spool: Arc::clone(&spool), accounts: Arc::clone(&accounts), names };
        let mut gatherings = JoinSet::new();
        let table = Table::new(config, &Table::empty(), &parts, |gathering| {
            gatherings.spawn(gathering);
        })?;
        let counts = Counts::default();
        let uploads = Arc::new(UploadState::default());
        let watch = Watch::new(&progress, &metrics, &counts, Arc::clone(&spool), Arc::clone(&uploads))?;
        let mut others = JoinSet::new();
        others.spawn(watch.run());
        let state = Arc::clone(&uploads);
        let uploader = Uploader { waiting, spool, intake, accounts, state };
        for _ in 0..UPLOADS_AT_A_TIME {
            others.spawn(uploader.clone().run());
        }
        let requests = Arc::new(requests(settings, table, &parts, clock, counts));
        let address = listener.local_addr()?;
        let limits =
            ServeLimits { connections_max: settings.max_connections as usize, ..ServeLimits::default() };
        let (stop, token) = shutdown();
        let mut server = JoinSet::new();
        server.spawn(serve(listener, tls, Arc::clone(&requests), limits, token));
        Ok(Self { requests, parts, uploads, address, stop, server, gatherings, others })
    }

    /// Where the role takes batches: the real ports.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        vec![self.address]
    }

    /// Takes over the datasets and tokens of another configuration. What concerns addresses, limits and the spool takes
    /// effect at the next start.
    ///
    /// # Errors
    /// When the new configuration cannot be used; then everything goes on as it was.
    pub fn reload(&mut self, config: &Config) -> anyhow::Result<()> {
        let before = self.requests.table.load_full();
        let gatherings = &mut self.gatherings;
        let table = Table::new(config, &before, &self.parts, |gathering| {
            gatherings.spawn(gathering);
        })?;
        self.requests.table.store(Arc::new(table));
        Ok(())
    }

    /// Ends: no requests any more, open batches are closed, and what is in the spool is uploaded as far as time allows and
    /// the storage takes it. The rest is there for the next start.
    pub async fn drain(mut self) {
        self.stop.stop();
        self.server.join_next().await;
        let deadline = Instant::now() + Duration::from_secs(DRAIN_SECONDS_MAX);
        // The datasets' gatherers end when nobody can give them anything any more.
        self.requests.table.store(Arc::new(Table::empty()));
        let closed = async { while self.gatherings.join_next().await.is_some() {} };
        let is_closed = timeout(deadline - Instant::now(), closed).await.is_ok();
        let spool = &self.parts.spool;
        while spool.waiting_files() > 0 && self.uploads.trouble().is_none() && Instant::now() < deadline {
            sleep(Duration::from_millis(WATCH_INTERVAL_MS / 10)).await;
        }
        self.others.shutdown().await;
        info!(open_batches_closed = is_closed, waiting_files = spool.waiting_files(), "drained");
    }
}

fn requests(
    settings: &ReceiverConfig,
    table: Table,
    parts: &GatherParts,
    clock: Arc<dyn Clock>,
    counts: Counts,
) -> Requests {
    let limits = BodyLimits {
        received_bytes_max: settings.max_body_bytes.bytes() as usize,
        unpacked_bytes_max: settings.max_unpacked_bytes.bytes() as usize,
    };
    let (spool, accounts) = (Arc::clone(&parts.spool), Arc::clone(&parts.accounts));
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    let events = EventTaker {
        spool: Arc::clone(&spool),
        accounts: Arc::clone(&accounts),
        limits: BodyLimits {
            unpacked_bytes_max: limits.unpacked_bytes_max.min(EVENTS_BODY_BYTES_MAX),
            ..limits
        },
        memory: RequestMemory::new(EVENTS_BYTES_MAX),
        decoding: Arc::new(Semaphore::new(cpus)),
        clock,
    };
    let rows = RowTaker { spool: Arc::clone(&spool), accounts: Arc::clone(&accounts), limits };
    Requests { table: ArcSwap::from_pointee(table), rows, events, accounts, spool, counts }
}

async fn serve(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    requests: Arc<Requests>,
    limits: ServeLimits,
    token: Shutdown,
) {
    if let Err(error) = serve_over(listener, tls, routes(requests), limits, token).await {
        error!(%error, "the receiver does not listen any more");
    }
}
