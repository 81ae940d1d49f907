//! How long a UDP socket is left alone between two drains.
//!
//! Waking up costs more than receiving a datagram in a full batch. So a busy socket is polled by a timer, the rarer
//! the more room its buffer has, and only one where little comes is waited for.

use std::time::Duration;

use crate::limits::{
    UDP_POLL_INTERVAL_US_MAX, UDP_POLL_INTERVAL_US_MIN, UDP_POLL_RATE_PER_S, UDP_POLL_WINDOW_MS,
};

/// What the kernel charges a receive buffer for a small datagram, in bytes.
const SMALL_DATAGRAM_BYTES: usize = 1_280;
/// Of the buffer's room, one part in so many may fill between two drains.
const ROOM_SHARE: usize = 16;

/// Decides after each drain what comes before the next one.
#[derive(Debug)]
pub struct Pace {
    /// Datagrams that may wait in the buffer between two drains.
    waiting_max: usize,
    interval_us: u64,
    is_busy: bool,
    window_start: Duration,
    window_datagrams: u64,
}

impl Pace {
    /// For a socket with a receive buffer of so many bytes; `now` is that of a monotonic clock.
    pub fn new(buffer_bytes: usize, now: Duration) -> Self {
        Self {
            waiting_max: buffer_bytes / SMALL_DATAGRAM_BYTES / ROOM_SHARE,
            interval_us: UDP_POLL_INTERVAL_US_MIN,
            is_busy: false,
            window_start: now,
            window_datagrams: 0,
        }
    }

    /// The sleep after a drain that brought so many datagrams; `None` to wait for the next one.
    pub fn after(&mut self, datagrams: usize, now: Duration) -> Option<Duration> {
        self.window_datagrams += datagrams as u64;
        let window = now.saturating_sub(self.window_start);
        if window >= Duration::from_millis(UDP_POLL_WINDOW_MS) {
            let busy_from = u128::from(UDP_POLL_RATE_PER_S) * window.as_micros() / 1_000_000;
            self.is_busy = u128::from(self.window_datagrams) >= busy_from;
            (self.window_start, self.window_datagrams) = (now, 0);
        }
        if !self.is_busy {
            self.interval_us = UDP_POLL_INTERVAL_US_MIN;
            return None;
        }
        if datagrams > self.waiting_max {
            self.interval_us = (self.interval_us / 2).max(UDP_POLL_INTERVAL_US_MIN);
        } else if datagrams * 2 < self.waiting_max {
            self.interval_us = (self.interval_us * 2).min(UDP_POLL_INTERVAL_US_MAX);
        }
        Some(Duration::from_micros(self.interval_us))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LARGE_BUFFER: usize = 64 << 20;
    const SMALL_BUFFER: usize = 208 << 10;

    /// The last sleeps, in microseconds, when datagrams come at a rate for 100 ms; 0 where the socket is waited for.
    fn sleeps(buffer_bytes: usize, rate_per_s: u64) -> Vec<u64> {
        let mut now = Duration::ZERO;
        let mut pace = Pace::new(buffer_bytes, now);
        let mut sleeps = Vec::new();
        let mut left_over = 0;
        while now < Duration::from_millis(100) {
            let slept = sleeps.last().copied().filter(|slept| *slept > 0).unwrap_or(1_000_000 / rate_per_s);
            now += Duration::from_micros(slept);
            left_over += slept * rate_per_s;
            let datagrams = left_over / 1_000_000;
            left_over %= 1_000_000;
            sleeps.push(pace.after(datagrams as usize, now).map_or(0, |sleep| sleep.as_micros() as u64));
        }
        sleeps.split_off(sleeps.len() - 3)
    }

    #[test]
    fn a_quiet_socket_is_waited_for() {
        assert_eq!(sleeps(LARGE_BUFFER, UDP_POLL_RATE_PER_S / 2), [0, 0, 0]);
    }

    #[test]
    fn a_busy_socket_with_room_is_polled_rarely() {
        assert_eq!(sleeps(LARGE_BUFFER, 200_000), [UDP_POLL_INTERVAL_US_MAX; 3]);
    }

    #[test]
    fn a_busy_socket_with_a_small_buffer_is_polled_often() {
        assert_eq!(sleeps(SMALL_BUFFER, 200_000), [UDP_POLL_INTERVAL_US_MIN; 3]);
    }

    #[test]
    fn a_socket_that_has_become_quiet_is_waited_for_again() {
        let mut pace = Pace::new(LARGE_BUFFER, Duration::ZERO);
        let window = Duration::from_millis(UDP_POLL_WINDOW_MS);
        assert!(pace.after(10_000, window).is_some());
        assert!(pace.after(0, window * 2).is_none());
    }
}
