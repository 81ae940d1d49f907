//! Stopping and reloading: one token that everybody waits for, and the signals that set it off.

use tokio::signal::unix::{Signal as SignalStream, SignalKind, signal};
use tokio::sync::watch;

/// Tells everybody to stop. Dropping it tells them too.
#[derive(Debug)]
pub struct ShutdownTrigger {
    sender: watch::Sender<bool>,
}

/// Whether to stop. Clone it for everybody who has to know.
#[derive(Clone, Debug)]
pub struct Shutdown {
    receiver: watch::Receiver<bool>,
}

/// A trigger and its token.
pub fn shutdown() -> (ShutdownTrigger, Shutdown) {
    let (sender, receiver) = watch::channel(false);
    (ShutdownTrigger { sender }, Shutdown { receiver })
}

impl ShutdownTrigger {
    /// Tells everybody to stop. Calling it again changes nothing.
    pub fn stop(&self) {
        self.sender.send_replace(true);
    }
}

impl Shutdown {
    /// Waits until it is time to stop; at once when it already is.
    pub async fn wait(&mut self) {
        // An error says that the trigger is gone, and with it whoever could want us to go on.
        let _ = self.receiver.wait_for(|stop| *stop).await;
    }

    /// Whether it is time to stop. Callable from a thread without a runtime.
    pub fn is_requested(&self) -> bool {
        *self.receiver.borrow() || self.receiver.has_changed().is_err()
    }
}

/// What the operator wants of the process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Drain and end (SIGTERM, SIGINT).
    Stop,
    /// Load the configuration again (SIGHUP).
    Reload,
}

/// The signals of the process. While it exists, none of them ends the process by itself.
#[derive(Debug)]
pub struct Signals {
    terminate: SignalStream,
    interrupt: SignalStream,
    hang_up: SignalStream,
}

impl Signals {
    /// Takes the signals over. Call it within a tokio runtime, before anything that must be drained starts.
    ///
    /// # Errors
    /// When the system refuses a handler.
    pub fn take_over() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hang_up: signal(SignalKind::hangup())?,
        })
    }

    /// The next signal. Cancel safe.
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.terminate.recv() => Signal::Stop,
            _ = self.interrupt.recv() => Signal::Stop,
            _ = self.hang_up.recv() => Signal::Reload,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::signal::{Signal as Number, raise};

    #[tokio::test]
    async fn everybody_learns_that_it_is_time_to_stop() {
        let (trigger, mut first) = shutdown();
        let mut second = first.clone();
        assert!(!first.is_requested());
        let waiter = tokio::spawn(async move { second.wait().await });
        trigger.stop();
        waiter.await.unwrap();
        first.wait().await;
        assert!(first.is_requested());
        first.clone().wait().await;
    }

    #[tokio::test]
    async fn a_trigger_that_is_gone_stops_too() {
        let (trigger, mut token) = shutdown();
        drop(trigger);
        token.wait().await;
        assert!(token.is_requested());
    }

    #[tokio::test]
    async fn signals_say_what_the_operator_wants() {
        let mut signals = Signals::take_over().unwrap();
        for (number, wanted) in [
            (Number::SIGHUP, Signal::Reload),
            (Number::SIGTERM, Signal::Stop),
            (Number::SIGINT, Signal::Stop),
        ] {
            raise(number).unwrap();
            assert_eq!(signals.next().await, wanted);
        }
    }
}
