//! The HTTP servers of a process.

use std::net::SocketAddr;

use anyhow::{Context, Result};
use axum::Router;
use bytefreezer_core::http_server::{ServeLimits, serve};
use bytefreezer_core::shutdown::Shutdown;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Servers that stop when it is time to.
pub(super) struct Servers {
    pub(super) token: Shutdown,
    pub(super) tasks: Vec<JoinHandle<std::io::Result<()>>>,
    /// What is served, and where, in the order of the starts.
    pub(super) addresses: Vec<(&'static str, SocketAddr)>,
}

impl Servers {
    /// None yet.
    pub(super) fn new(token: Shutdown) -> Self {
        Self { token, tasks: Vec::new(), addresses: Vec::new() }
    }

    /// Begins to serve. Errors: when the address cannot be listened on.
    pub(super) async fn start(
        &mut self,
        what: &'static str,
        listen: SocketAddr,
        router: Router,
    ) -> Result<()> {
        let listener =
            TcpListener::bind(listen).await.with_context(|| format!("cannot listen on {listen}"))?;
        self.addresses.push((what, listener.local_addr()?));
        self.tasks.push(tokio::spawn(serve(listener, router, ServeLimits::default(), self.token.clone())));
        Ok(())
    }

    /// Waits until all of them have stopped.
    pub(super) async fn join(self) -> Result<()> {
        for task in self.tasks {
            task.await.context("a server's task broke down")??;
        }
        Ok(())
    }
}
