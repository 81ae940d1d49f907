//! What systemd is told: ready, status, reloading, stopping, and that the process gets on.
//!
//! Without systemd (no `NOTIFY_SOCKET`) all of this does nothing.

use std::time::Duration;

use sd_notify::NotifyState;
use tracing::{debug, warn};

use crate::progress::Progress;
use crate::shutdown::Shutdown;

/// Says that the process can take durable data. `status` is the line that `systemctl status` shows.
pub fn notify_ready(status: &str) {
    send(&[NotifyState::Ready, NotifyState::Status(&one_line(status))]);
}

/// Changes the line that `systemctl status` shows.
pub fn notify_status(status: &str) {
    send(&[NotifyState::Status(&one_line(status))]);
}

/// Says that a reload begins; [`notify_ready`] ends it.
pub fn notify_reloading() {
    match NotifyState::monotonic_usec_now() {
        // With `Type=notify-reload` systemd takes the reload only with the time.
        Ok(now) => send(&[NotifyState::Reloading, now]),
        Err(error) => warn!(%error, "cannot read the monotonic clock for systemd"),
    }
}

/// Says that the process drains and ends. `status` is the line that `systemctl status` shows.
pub fn notify_stopping(status: &str) {
    send(&[NotifyState::Stopping, NotifyState::Status(&one_line(status))]);
}

/// Feeds systemd's watchdog while every component gets on, until `ended`: a token that is set off when the process has
/// drained, not when it begins to, because systemd watches until then. Returns at once where no watchdog is set
/// (`WatchdogSec=`).
pub async fn feed_watchdog(progress: Progress, ended: Shutdown) {
    let Some(timeout) = sd_notify::watchdog_enabled() else {
        debug!("no systemd watchdog is set");
        return;
    };
    feed(progress, ended, timeout / 3, || send(&[NotifyState::Watchdog])).await;
}

async fn feed(progress: Progress, mut ended: Shutdown, interval: Duration, mut ping: impl FnMut()) {
    let mut ticks = tokio::time::interval(interval.max(Duration::from_millis(1)));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut was_moving = true;
    loop {
        tokio::select! {
            () = ended.wait() => return,
            _ = ticks.tick() => {}
        }
        let moving = progress.is_moving();
        if moving {
            ping();
        } else if was_moving {
            let stalled: Vec<String> = stalled_names(&progress);
            warn!(?stalled, "not feeding the watchdog: a component makes no progress");
        }
        was_moving = moving;
    }
}

fn stalled_names(progress: &Progress) -> Vec<String> {
    let reports = progress.report().into_iter();
    reports.filter(|report| report.state == "stalled").map(|report| report.name).collect()
}

fn send(states: &[NotifyState<'_>]) {
    // The work does not depend on whether systemd listens.
    if let Err(error) = sd_notify::notify(states) {
        warn!(%error, "cannot reach systemd");
    }
}

/// A line break would begin another message to systemd.
fn one_line(status: &str) -> String {
    status.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::tests::hand_clock;
    use crate::shutdown::shutdown;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn a_status_is_one_line() {
        assert_eq!(one_line("2 shards\nREADY=1"), "2 shards READY=1");
    }

    #[tokio::test(start_paused = true)]
    async fn the_watchdog_is_fed_only_while_every_component_gets_on() {
        let (time_ms, progress) = hand_clock();
        let component = progress.register("shard 0", Some(Duration::from_secs(1))).unwrap();
        let (trigger, token) = shutdown();
        let pings = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&pings);
        let interval = Duration::from_secs(1);
        let feeder = tokio::spawn(feed(progress, token, interval, move || {
            counted.fetch_add(1, Ordering::Relaxed);
        }));

        tokio::time::sleep(interval * 10).await;
        let while_moving = pings.load(Ordering::Relaxed);
        assert!(while_moving >= 9, "{while_moving}");

        time_ms.fetch_add(5_000, Ordering::Relaxed);
        tokio::time::sleep(interval * 10).await;
        let while_stalled = pings.load(Ordering::Relaxed);
        assert!(while_stalled <= while_moving + 1, "{while_moving} {while_stalled}");

        component.beat();
        tokio::time::sleep(interval * 10).await;
        assert!(pings.load(Ordering::Relaxed) >= while_stalled + 9);

        trigger.stop();
        feeder.await.unwrap();
    }
}
