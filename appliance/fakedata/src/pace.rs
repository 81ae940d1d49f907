//! How fast and how long: what is due at a time, and which numbers are still to be sent.

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::limits::MESSAGE_NUMBER_MAX;

/// Time between two looks at what is due.
const TICK: Duration = Duration::from_millis(1);

/// The numbers of the messages of a run; its connections take them from here.
#[derive(Debug)]
pub(crate) struct Numbers {
    next: AtomicU64,
    end: u64,
}

impl Numbers {
    /// `count` numbers from `first` on, or all that there are.
    pub(crate) fn new(first: u64, count: Option<u64>) -> Self {
        let end = first.saturating_add(count.unwrap_or(u64::MAX)).min(MESSAGE_NUMBER_MAX + 1);
        Self { next: AtomicU64::new(first), end }
    }

    /// Whether there is none left.
    pub(crate) fn are_taken(&self) -> bool {
        self.next.load(Ordering::Relaxed) >= self.end
    }

    /// Takes up to `most` numbers in a row, or none when all are taken.
    pub(crate) fn take(&self, most: u64) -> Option<Range<u64>> {
        let start = self.next.fetch_add(most, Ordering::Relaxed);
        if start >= self.end {
            return None;
        }
        Some(start..self.end.min(start + most))
    }
}

/// When the messages of one connection are due.
#[derive(Debug)]
pub(crate) struct Pace {
    start: Instant,
    /// Messages a second; 0 for no limit.
    per_second: f64,
    end: Option<Instant>,
    sent: u64,
    late_max: Duration,
}

impl Pace {
    pub(crate) fn new(start: Instant, per_second: f64, seconds: Option<f64>) -> Self {
        let end = seconds.map(|seconds| start + Duration::from_secs_f64(seconds));
        Self { start, per_second, end, sent: 0, late_max: Duration::ZERO }
    }

    /// Sleeps until something is due, and returns how much, up to `most`; `None` when the time is over.
    pub(crate) fn wait(&mut self, most: u64) -> Option<u64> {
        loop {
            let now = Instant::now();
            if self.end.is_some_and(|end| now >= end) {
                return None;
            }
            if self.per_second <= 0.0 {
                return Some(most);
            }
            let ticks = (now - self.start).as_micros() / TICK.as_micros();
            let due = (ticks as f64 * TICK.as_secs_f64() * self.per_second) as u64;
            if due > self.sent {
                return Some(most.min(due - self.sent));
            }
            std::thread::sleep((self.start + TICK * (ticks as u32 + 1)).saturating_duration_since(now));
        }
    }

    /// Takes note that `count` messages were sent just now.
    pub(crate) fn sent(&mut self, count: u64) {
        if self.per_second > 0.0 {
            let first_due = self.start + Duration::from_secs_f64(self.sent as f64 / self.per_second);
            self.late_max = self.late_max.max(Instant::now().saturating_duration_since(first_due));
        }
        self.sent += count;
    }

    /// How long after it was due a message was sent, at most.
    pub(crate) fn late_max(&self) -> Duration {
        self.late_max
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_taken_once_and_end_with_the_count() {
        let numbers = Numbers::new(10, Some(5));
        assert_eq!(numbers.take(3), Some(10..13));
        assert_eq!(numbers.take(3), Some(13..15));
        assert_eq!(numbers.take(3), None);
    }

    #[test]
    fn what_is_due_follows_the_rate() {
        let start = Instant::now().checked_sub(Duration::from_millis(1_500)).unwrap();
        let mut pace = Pace::new(start, 1_000.0, None);
        assert!(pace.wait(u64::MAX).is_some_and(|due| due >= 1_499));
        assert_eq!(pace.wait(10), Some(10));
        pace.sent(10);
        assert!(pace.late_max() >= Duration::from_millis(1_499));
    }

    #[test]
    fn after_its_time_nothing_is_due() {
        let start = Instant::now().checked_sub(Duration::from_secs(2)).unwrap();
        assert_eq!(Pace::new(start, 0.0, Some(1.0)).wait(5), None);
        assert_eq!(Pace::new(start, 0.0, Some(60.0)).wait(5), Some(5));
    }
}
