//! The PRI part: facility and severity (RFC 5424 section 6.2.1, RFC 3164 section 4.1.1).

/// Largest PRI: facility 23, severity 7.
const PRIORITY_MAX: u32 = 191;

/// Words of RFC 5424 table 1, as the programs that print them have them.
const FACILITY_NAMES: [&str; 24] = [
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
];

/// Words of RFC 5424 table 2, likewise.
const SEVERITY_NAMES: [&str; 8] = ["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"];

/// Facility and severity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Priority(u8);

impl Priority {
    pub(super) fn facility(self) -> i64 {
        i64::from(self.0 >> 3)
    }

    pub(super) fn severity(self) -> i64 {
        i64::from(self.0 & 7)
    }

    pub(super) fn facility_name(self) -> &'static str {
        // `split` lets no value above PRIORITY_MAX through.
        FACILITY_NAMES[usize::from(self.0 >> 3)]
    }

    pub(super) fn severity_name(self) -> &'static str {
        SEVERITY_NAMES[usize::from(self.0 & 7)]
    }
}

/// What a message begins with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pri {
    /// A PRI and the bytes it takes.
    Valid(Priority, usize),
    /// `<digits>` of a number that no PRI has, and the bytes it takes.
    TooLarge(usize),
    /// Something else.
    Missing,
}

/// Looks for `<digits>` at the beginning of a message.
pub(super) fn find(text: &[u8]) -> Pri {
    if text.first() != Some(&b'<') {
        return Pri::Missing;
    }
    let mut value = 0;
    for (position, byte) in text.iter().enumerate().take(5).skip(1) {
        match byte {
            b'0'..=b'9' if position <= 3 => value = value * 10 + u32::from(byte - b'0'),
            b'>' if position > 1 && value <= PRIORITY_MAX => {
                return Pri::Valid(Priority(value as u8), position + 1);
            }
            b'>' if position > 1 => return Pri::TooLarge(position + 1),
            _ => break,
        }
    }
    Pri::Missing
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facility_and_severity_are_eight_to_one() {
        let Pri::Valid(priority, length) = find(b"<165>1 ") else { panic!("valid") };
        assert_eq!((priority.facility(), priority.severity(), length), (20, 5, 5));
        assert_eq!((priority.facility_name(), priority.severity_name()), ("local4", "notice"));
    }

    #[test]
    fn what_is_no_pri_is_told_apart() {
        assert_eq!(find(b"<0>"), Pri::Valid(Priority(0), 3));
        assert_eq!(find(b"<191>"), Pri::Valid(Priority(191), 5));
        assert_eq!(find(b"<192>"), Pri::TooLarge(5));
        for text in [&b"<>"[..], b"<1", b"<1234>", b"<a>", b"", b"13>", b"<-1>"] {
            assert_eq!(find(text), Pri::Missing);
        }
    }
}
