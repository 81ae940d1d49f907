//! From the kernel's clock, which counts from boot, to the time of day.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use nix::time::{ClockId, clock_gettime};

/// The time of day of something that happened `since_boot` (suspension included), as this machine sees it now.
pub fn time_of_day(since_boot: Duration) -> DateTime<Utc> {
    let now = Utc::now();
    let Ok(boot_clock) = clock_gettime(ClockId::CLOCK_BOOTTIME) else {
        return now;
    };
    before(now, Duration::from(boot_clock).saturating_sub(since_boot))
}

fn before(now: DateTime<Utc>, ago: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(ago).ok().and_then(|ago| now.checked_sub_signed(ago)).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happened_before_has_an_earlier_time() {
        let now = DateTime::from_timestamp(1_000_000, 0).unwrap();
        assert_eq!(before(now, Duration::from_secs(10)).timestamp(), 999_990);
        assert_eq!(before(now, Duration::MAX), now, "a time that cannot be is not made up");
    }
}
