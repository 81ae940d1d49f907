//! Times of flows, in microseconds since 1970.

/// Seconds from 1900 to 1970, and those of an era of NTP.
const NTP_UNIX_S: i64 = 2_208_988_800;
const NTP_ERA_S: i64 = 1 << 32;

/// How far a flow may lie before its export for its uptime to be taken for one from before the counter wrapped around.
const WRAPPED_MS_MAX: u32 = 86_400_000;
/// How far it may lie after its export.
const AHEAD_MS_MAX: u32 = 3_600_000;

/// The time of an uptime in milliseconds, by the uptime and time of its export (RFC 3954 section 8, types 21 and 22).
///
/// Uptimes have 32 bits and begin again after 49.7 days: what lies within a day before the export is taken to do so
/// whichever side of the wrap it is on, what is larger otherwise is taken as it stands.
#[inline]
pub(super) fn of_uptime(uptime_ms: u32, export_uptime_ms: u32, export_us: i64) -> i64 {
    let behind_ms = export_uptime_ms.wrapping_sub(uptime_ms);
    if behind_ms <= WRAPPED_MS_MAX {
        return export_us - i64::from(behind_ms) * 1_000;
    }
    let ahead_ms = uptime_ms.wrapping_sub(export_uptime_ms);
    if ahead_ms <= AHEAD_MS_MAX {
        return export_us + i64::from(ahead_ms) * 1_000;
    }
    export_us + (i64::from(uptime_ms) - i64::from(export_uptime_ms)) * 1_000
}

/// Seconds since 1970 (RFC 7011 section 6.1.7); `None` where the column cannot hold them.
#[inline]
pub(super) fn of_seconds(seconds: u64) -> Option<i64> {
    i64::try_from(seconds).ok()?.checked_mul(1_000_000)
}

/// Milliseconds since 1970 (RFC 7011 section 6.1.8).
#[inline]
pub(super) fn of_milliseconds(milliseconds: u64) -> Option<i64> {
    i64::try_from(milliseconds).ok()?.checked_mul(1_000)
}

/// A time stamp of NTP, 32 bits of seconds since 1900 and 32 of their fraction (RFC 7011 sections 6.1.9 and 6.1.10);
/// `None` for 0, which is none.
///
/// Without its highest bit a number of seconds is one of the era that begins in 2036 (RFC 4330 section 3). A fraction
/// of dateTimeMicroseconds has no meaning in its lowest 11 bits, which is less than a microsecond.
#[inline]
pub(super) fn of_ntp(stamp: u64) -> Option<i64> {
    if stamp == 0 {
        return None;
    }
    let seconds = (stamp >> 32) as i64;
    let era_s = if seconds < 1 << 31 { NTP_ERA_S } else { 0 };
    // 2^32 * 10^6 is far below 2^63. Rounded: a fraction is never longer than what it was made of.
    let fraction_us = (((stamp & 0xFFFF_FFFF) * 1_000_000 + (1 << 31)) >> 32) as i64;
    Some((seconds + era_s - NTP_UNIX_S) * 1_000_000 + fraction_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EXPORT_US: i64 = 1_700_000_000_000_000;

    #[test]
    fn an_uptime_is_told_by_that_of_its_export() {
        assert_eq!(of_uptime(1_000, 61_000, EXPORT_US), EXPORT_US - 60_000_000);
        assert_eq!(of_uptime(61_000, 61_000, EXPORT_US), EXPORT_US);
        assert_eq!(of_uptime(62_000, 61_000, EXPORT_US), EXPORT_US + 1_000_000, "clocks differ a little");
        assert_eq!(of_uptime(u32::MAX, 999, EXPORT_US), EXPORT_US - 1_000_000, "the counter wrapped around");
        assert_eq!(of_uptime(999, u32::MAX, EXPORT_US), EXPORT_US + 1_000_000);
        assert_eq!(
            of_uptime(0, 3_000_000_000, EXPORT_US),
            EXPORT_US - 3_000_000_000_000,
            "34 days of uptime"
        );
        assert_eq!(of_uptime(3_000_000_000, 0, EXPORT_US), EXPORT_US + 3_000_000_000_000, "as it stands");
    }

    #[test]
    fn ntp_stamps() {
        let stamp = |seconds: u64, fraction: u64| of_ntp(seconds << 32 | fraction);
        assert_eq!(stamp(NTP_UNIX_S as u64, 0), Some(0));
        assert_eq!(stamp(NTP_UNIX_S as u64 + 1, 1 << 31), Some(1_500_000));
        assert_eq!(stamp(0x8000_0000, 0), Some((0x8000_0000 - NTP_UNIX_S) * 1_000_000));
        assert_eq!(stamp(0, 1), Some((NTP_ERA_S - NTP_UNIX_S) * 1_000_000), "2036");
        assert_eq!(of_ntp(0), None);
        // 0.999999 s, as an exporter cuts it.
        assert_eq!(stamp(NTP_UNIX_S as u64, (999_999 << 32) / 1_000_000), Some(999_999));
    }

    #[test]
    fn times_that_no_column_holds_are_none() {
        assert_eq!(of_seconds(u64::MAX), None);
        assert_eq!(of_milliseconds(u64::MAX / 2), None);
        assert_eq!((of_seconds(1), of_milliseconds(1)), (Some(1_000_000), Some(1_000)));
    }
}
