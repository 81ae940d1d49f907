//! Time and chance, passed in so that a test can drive retries without waiting.

use async_trait::async_trait;
use rand::Rng;
use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// Where [`SystemPace`] begins to count.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Clocks, sleep and random numbers of the stores, the publisher and the leases.
#[async_trait]
pub trait Pace: Debug + Send + Sync {
    /// Now, in µs since the epoch, UTC.
    fn now_us(&self) -> i64;

    /// Time since some fixed moment, on a clock that never goes back.
    fn monotonic(&self) -> Duration;

    /// Waits.
    async fn sleep(&self, pause: Duration);

    /// A random duration from zero to `most`.
    fn jitter(&self, most: Duration) -> Duration;
}

/// The machine's clock and random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemPace;

#[async_trait]
impl Pace for SystemPace {
    fn now_us(&self) -> i64 {
        chrono::Utc::now().timestamp_micros()
    }

    fn monotonic(&self) -> Duration {
        START.elapsed()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }

    fn jitter(&self, most: Duration) -> Duration {
        most.mul_f64(rand::rng().random_range(0.0..=1.0))
    }
}

/// How often a call is repeated, and how long the pauses are: exponential, each a random part of the whole
/// ("full jitter"), so that many clients of a store that comes back do not meet at the same instant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetryPolicy {
    /// Attempts in all, the first included. At least one is made.
    pub max_attempts: u32,
    /// Upper bound of the first pause.
    pub first_pause: Duration,
    /// Upper bound of any pause.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            max_attempts: 6,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(5),
        }
    }
}

impl RetryPolicy {
    /// Upper bound of the pause after failed attempt number `attempt`, counted from 1.
    pub fn pause_bound(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(31);
        self.first_pause.saturating_mul(1 << doublings).min(self.longest_pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest_and_never_overflow() {
        let policy = RetryPolicy {
            max_attempts: 10,
            first_pause: Duration::from_millis(100),
            longest_pause: Duration::from_secs(1),
        };
        let bounds: Vec<u128> = (1..=6).map(|n| policy.pause_bound(n).as_millis()).collect();
        assert_eq!(bounds, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(policy.pause_bound(u32::MAX).as_millis(), 1000);
    }

    #[test]
    fn jitter_stays_within_its_bound() {
        for _ in 0..1000 {
            assert!(SystemPace.jitter(Duration::from_millis(5)) <= Duration::from_millis(5));
        }
        assert_eq!(SystemPace.jitter(Duration::ZERO), Duration::ZERO);
    }
}
