//! Renews a lease beside the work that is done under it.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::{Lease, LeaseError, LeaseGuard};
use crate::store::{StoreError, StoreErrorKind, chain};

/// Renewals in a lease's length.
const RENEWALS_IN_LENGTH: u32 = 4;
/// Attempts in a lease's length once one has failed.
const ATTEMPTS_IN_LENGTH: u32 = 12;

/// A lease that renews itself until it is given back, lost or dropped.
#[derive(Debug)]
pub struct KeptLease {
    key: String,
    fence: u64,
    guard: LeaseGuard,
    stop: Option<oneshot::Sender<()>>,
    /// Gives the lease back when told to stop; nothing when it was lost.
    task: JoinHandle<Option<Lease>>,
}

impl Lease {
    /// Renews the lease in a task of its own. Call it in a tokio runtime.
    pub fn keep(self) -> KeptLease {
        let (stop, stopped) = oneshot::channel();
        let (key, fence, guard) = (self.key().to_owned(), self.fence(), self.guard());
        KeptLease { key, fence, guard, stop: Some(stop), task: tokio::spawn(renew_until(self, stopped)) }
    }
}

async fn renew_until(mut lease: Lease, mut stopped: oneshot::Receiver<()>) -> Option<Lease> {
    let mut pause = lease.length() / RENEWALS_IN_LENGTH;
    loop {
        let pace = std::sync::Arc::clone(&lease.guard.pace);
        tokio::select! {
            _ = &mut stopped => return Some(lease),
            () = pace.sleep(pause) => {}
        }
        pause = match lease.renew().await {
            Ok(()) => lease.length() / RENEWALS_IN_LENGTH,
            Err(LeaseError::Store(error)) => retry_after(&lease, &error),
            Err(error @ LeaseError::Lost { .. }) => {
                tracing::warn!(%error, "the work under it is given up; the other process does it");
                return None;
            }
        };
    }
}

fn retry_after(lease: &Lease, error: &StoreError) -> Duration {
    tracing::warn!(
        lease = lease.key(),
        error = chain(error),
        "cannot renew a lease, trying again until its time is up"
    );
    lease.length() / ATTEMPTS_IN_LENGTH
}

impl KeptLease {
    /// Greater than that of every holder before.
    pub fn fence(&self) -> u64 {
        self.fence
    }

    /// What those ask who work under the lease.
    pub fn guard(&self) -> LeaseGuard {
        self.guard.clone()
    }

    /// Gives the lease back. Errors: see [`Lease::release`].
    pub async fn release(mut self) -> Result<(), StoreError> {
        match self.stop().await? {
            Some(lease) => lease.release().await,
            None => Ok(()),
        }
    }

    /// Gives the lease back and deletes its object. Errors: see [`Lease::end`].
    pub async fn end(mut self) -> Result<(), StoreError> {
        match self.stop().await? {
            Some(lease) => lease.end().await,
            None => Ok(()),
        }
    }

    async fn stop(&mut self) -> Result<Option<Lease>, StoreError> {
        if let Some(stop) = self.stop.take() {
            // The task has ended when the lease was lost.
            let _ = stop.send(());
        }
        (&mut self.task).await.map_err(|cause| {
            let detail = "the runtime is shutting down";
            StoreError::new(StoreErrorKind::Unavailable, "put", &self.key, detail).caused_by(cause)
        })
    }
}

impl Drop for KeptLease {
    fn drop(&mut self) {
        // Without somebody who works under it, it shall not be renewed for ever.
        self.task.abort();
    }
}
