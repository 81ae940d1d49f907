//! Serves an axum router with limits: connections, time and size of a request's head, time to drain.
//!
//! `axum::serve` has none of them, so that a few connections that send nothing could hold the health page for ever.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{ConnectInfo, Extension};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tracing::{debug, warn};

use crate::limits;
use crate::shutdown::{Shutdown, shutdown as cut_off};

/// The limits of one server.
#[derive(Clone, Copy, Debug)]
pub struct ServeLimits {
    /// Connections at a time. More wait in the kernel's accept queue.
    pub connections_max: usize,
    /// Time for the head of a request to arrive, idle time before it included.
    pub head_time_max: Duration,
    /// Time for a TLS handshake.
    pub handshake_time_max: Duration,
    /// Time for open requests to end after the server was told to stop.
    pub drain_time_max: Duration,
}

impl Default for ServeLimits {
    fn default() -> Self {
        Self {
            connections_max: limits::HTTP_CONNECTIONS_MAX,
            head_time_max: Duration::from_secs(limits::HTTP_HEAD_SECONDS_MAX),
            handshake_time_max: Duration::from_secs(limits::HTTP_HANDSHAKE_SECONDS_MAX),
            drain_time_max: Duration::from_secs(limits::HTTP_DRAIN_SECONDS_MAX),
        }
    }
}

/// Serves `router` until it is time to stop, then lets open requests end. Handlers may extract
/// `ConnectInfo<SocketAddr>`, the caller's address.
///
/// # Errors
/// None of a connection's: those end that connection. One of the listener's when it cannot be used at all.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServeLimits,
    shutdown: Shutdown,
) -> io::Result<()> {
    serve_over(listener, None, router, limits, shutdown).await
}

/// As [`serve`], over TLS where there is a configuration for it.
///
/// # Errors
/// As [`serve`].
pub async fn serve_over(
    listener: TcpListener,
    tls: Option<Arc<ServerConfig>>,
    router: Router,
    limits: ServeLimits,
    mut shutdown: Shutdown,
) -> io::Result<()> {
    let acceptor = tls.map(TlsAcceptor::from);
    let address = listener.local_addr()?;
    let places = Arc::new(Semaphore::new(limits.connections_max));
    let graceful = GracefulShutdown::new();
    // Dropped with this function; then what still runs is cut off.
    let (_cut, cut_token) = cut_off();
    loop {
        let accepted = tokio::select! {
            () = shutdown.wait() => break,
            accepted = accept(&listener, &places) => accepted,
        };
        match accepted {
            Ok((stream, peer, place)) => {
                let router = router.clone().layer(Extension(ConnectInfo(peer)));
                let connection =
                    serve_connection(stream, acceptor.clone(), router, limits, graceful.watcher());
                let mut cut_token = cut_token.clone();
                tokio::spawn(async move {
                    tokio::select! {
                        () = cut_token.wait() => {}
                        () = connection => {}
                    }
                    drop(place);
                });
            }
            Err(error) => {
                warn!(%address, %error, "cannot accept a connection");
                // Out of descriptors, most likely: trying again at once would only burn the CPU.
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.drain_time_max, graceful.shutdown()).await.is_err() {
        warn!(%address, "requests did not end in time and are cut off");
    }
    Ok(())
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> io::Result<(TcpStream, SocketAddr, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(io::Error::other)?;
    let (stream, peer) = listener.accept().await?;
    Ok((stream, peer, place))
}

async fn serve_connection(
    stream: TcpStream,
    acceptor: Option<TlsAcceptor>,
    router: Router,
    limits: ServeLimits,
    watcher: Watcher,
) {
    if let Err(error) = stream.set_nodelay(true) {
        debug!(%error, "cannot switch off delays");
    }
    let Some(acceptor) = acceptor else { return serve_requests(stream, router, limits, watcher).await };
    match timeout(limits.handshake_time_max, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => serve_requests(stream, router, limits, watcher).await,
        Ok(Err(error)) => debug!(%error, "a tls handshake failed"),
        Err(_) => debug!("a tls handshake took too long"),
    }
}

async fn serve_requests<S>(stream: S, router: Router, limits: ServeLimits, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head_time_max)
        .max_buf_size(limits::HTTP_HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    if let Err(error) = watcher.watch(connection).await {
        debug!(%error, "connection ended with an error");
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::shutdown::{ShutdownTrigger, shutdown};
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::task::JoinHandle;

    pub(crate) struct TestServer {
        pub(crate) address: SocketAddr,
        pub(crate) trigger: ShutdownTrigger,
        pub(crate) task: JoinHandle<io::Result<()>>,
    }

    pub(crate) async fn start(router: Router, limits: ServeLimits) -> TestServer {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (trigger, token) = shutdown();
        TestServer { address, trigger, task: tokio::spawn(serve(listener, router, limits, token)) }
    }

    /// The answer to one request, head and body.
    pub(crate) async fn get_text(address: SocketAddr, path: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    }

    fn who() -> Router {
        Router::new().route(
            "/",
            get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.ip().to_string() }),
        )
    }

    #[tokio::test]
    async fn a_handler_knows_its_caller_and_the_server_stops_when_told() {
        let server = start(who(), ServeLimits::default()).await;
        assert!(get_text(server.address, "/").await.ends_with("\r\n\r\n127.0.0.1"));
        server.trigger.stop();
        server.task.await.unwrap().unwrap();
        assert!(TcpStream::connect(server.address).await.is_err());
    }

    #[tokio::test]
    async fn connections_that_send_nothing_give_their_place_up() {
        let limits = ServeLimits {
            connections_max: 2,
            head_time_max: Duration::from_millis(50),
            ..ServeLimits::default()
        };
        let server = start(who(), limits).await;
        let _first = TcpStream::connect(server.address).await.unwrap();
        let _second = TcpStream::connect(server.address).await.unwrap();
        assert!(get_text(server.address, "/").await.contains("200 OK"));
    }

    #[tokio::test]
    async fn a_request_without_end_does_not_hold_the_server_up() {
        let router = Router::new().route("/", get(std::future::pending::<&'static str>));
        let limits = ServeLimits { drain_time_max: Duration::from_millis(50), ..ServeLimits::default() };
        let server = start(router, limits).await;
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        server.trigger.stop();
        server.task.await.unwrap().unwrap();
        let mut answer = Vec::new();
        // Cut off: the end of the stream or a reset, but no answer.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty());
    }
}
