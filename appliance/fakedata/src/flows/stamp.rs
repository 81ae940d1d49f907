//! What is written anew in a datagram each time it is sent.

/// NTP counts from 1900 (RFC 5905, section 6).
const NTP_EPOCH_OFFSET_S: i64 = 2_208_988_800;

/// What stands at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// 4 bytes: milliseconds since the exporter started, some milliseconds ago.
    UptimeMs(u32),
    /// 4 bytes: seconds since 1970.
    Seconds(u32),
    /// 8 bytes: milliseconds since 1970.
    Milliseconds(u32),
    /// 8 bytes: seconds since 1900, and a fraction (RFC 7011, section 6.1.9).
    Ntp(u32),
    /// 4 bytes: nanoseconds of the second.
    Nanoseconds,
    /// 4 bytes: the sequence of the domain.
    Sequence,
    /// 4 bytes: number of the domain.
    Domain,
    /// 1 byte: number of the domain.
    Engine,
    /// 4 bytes: the sequence of samples of this source.
    SampleSequence(u8),
    /// 4 bytes: packets that samples of this source were taken from, at this rate.
    SamplePool(u8, u32),
    /// 8 bytes: a counter that grows by so much a second.
    Counter64(u64),
    /// 4 bytes: the same, and wraps.
    Counter32(u64),
}

/// A place in a datagram.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) at: u32,
    pub(super) what: What,
}

impl Stamp {
    pub(super) fn new(at: usize, what: What) -> Self {
        Self { at: at as u32, what }
    }
}

/// Sources of samples that an exporter tells apart.
pub(super) const SOURCES: usize = 8;

/// How far a domain has come.
#[derive(Debug, Clone, Default)]
pub(super) struct Exporter {
    pub(super) sequence: u32,
    /// Datagrams until the templates are sent again.
    pub(super) templates_due: u32,
    samples: [u32; SOURCES],
}

impl Exporter {
    /// Writes the stamps over a datagram that is made at `now_us`.
    pub(super) fn write(
        &mut self,
        stamps: &[Stamp],
        domain: u32,
        now_us: i64,
        boot_us: i64,
        datagram: &mut [u8],
    ) {
        let uptime_us = now_us - boot_us;
        for stamp in stamps {
            let out = &mut datagram[stamp.at as usize..];
            match stamp.what {
                What::UptimeMs(age_ms) => put_u32((uptime_us / 1000 - i64::from(age_ms)) as u32, out),
                What::Seconds(age_ms) => put_u32(((now_us / 1000 - i64::from(age_ms)) / 1000) as u32, out),
                What::Milliseconds(age_ms) => put_u64((now_us / 1000 - i64::from(age_ms)) as u64, out),
                What::Ntp(age_ms) => put_u64(ntp(now_us - i64::from(age_ms) * 1000), out),
                What::Nanoseconds => put_u32((now_us.rem_euclid(1_000_000) * 1000) as u32, out),
                What::Sequence => put_u32(self.sequence, out),
                What::Domain => put_u32(domain, out),
                What::Engine => out[0] = domain as u8,
                What::SampleSequence(source) => {
                    let count = &mut self.samples[usize::from(source) % SOURCES];
                    *count = count.wrapping_add(1);
                    put_u32(*count, out);
                }
                What::SamplePool(source, rate) => {
                    put_u32(self.samples[usize::from(source) % SOURCES].wrapping_mul(rate), out);
                }
                What::Counter64(a_second) => put_u64(counter(a_second, uptime_us), out),
                What::Counter32(a_second) => put_u32(counter(a_second, uptime_us) as u32, out),
            }
        }
    }
}

fn counter(a_second: u64, uptime_us: i64) -> u64 {
    (u128::from(a_second) * uptime_us.max(0) as u128 / 1_000_000) as u64
}

fn ntp(time_us: i64) -> u64 {
    let seconds = (time_us.div_euclid(1_000_000) + NTP_EPOCH_OFFSET_S) as u64;
    // Rounded up, so that a reader that rounds down finds the same microsecond.
    let fraction = ((time_us.rem_euclid(1_000_000) as u64) << 32).div_ceil(1_000_000);
    seconds << 32 | fraction
}

fn put_u32(value: u32, out: &mut [u8]) {
    out[..4].copy_from_slice(&value.to_be_bytes());
}

fn put_u64(value: u64, out: &mut [u8]) {
    out[..8].copy_from_slice(&value.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_the_moment_of_sending() {
        let stamps = [
            Stamp::new(0, What::UptimeMs(1_500)),
            Stamp::new(4, What::Seconds(1_500)),
            Stamp::new(8, What::Milliseconds(1_500)),
            Stamp::new(16, What::Nanoseconds),
            Stamp::new(20, What::Ntp(0)),
        ];
        let mut out = [0; 28];
        let now_us = 1_763_616_896_500_000;
        Exporter::default().write(&stamps, 1, now_us, now_us - 10_000_000, &mut out);
        assert_eq!(out[..4], 8_500_u32.to_be_bytes());
        assert_eq!(out[4..8], 1_763_616_895_u32.to_be_bytes());
        assert_eq!(out[8..16], 1_763_616_895_000_u64.to_be_bytes());
        assert_eq!(out[16..20], 500_000_000_u32.to_be_bytes());
        assert_eq!(out[20..24], ((1_763_616_896 + NTP_EPOCH_OFFSET_S) as u32).to_be_bytes());
        assert_eq!(out[24..28], [0x80, 0, 0, 0]);
    }

    #[test]
    fn samples_are_counted_for_each_source() {
        let stamps = [Stamp::new(0, What::SampleSequence(2)), Stamp::new(4, What::SamplePool(2, 512))];
        let (mut exporter, mut out) = (Exporter::default(), [0; 8]);
        exporter.write(&stamps, 1, 0, 0, &mut out);
        exporter.write(&stamps, 1, 0, 0, &mut out);
        assert_eq!(out, [0, 0, 0, 2, 0, 0, 4, 0]);
    }
}
