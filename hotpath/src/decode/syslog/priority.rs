//! The PRI part: facility and severity (RFC 5424 section 6.2.1, RFC 3164 section 4.1.1).

use crate::batch::ShortText;

/// Largest PRI: facility 23, severity 7.
const PRIORITY_MAX: u32 = 191;

/// Words of RFC 5424 table 1, as the programs that print them have them.
const FACILITY_NAMES: [ShortText; 24] = short_texts([
    "kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp",
    "ntp", "audit", "alert", "clock", "local0", "local1", "local2", "local3", "local4", "local5", "local6",
    "local7",
]);

/// Words of RFC 5424 table 2, likewise.
const SEVERITY_NAMES: [ShortText; 8] =
    short_texts(["emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"]);

const fn short_texts<const COUNT: usize>(words: [&'static str; COUNT]) -> [ShortText; COUNT] {
    let mut texts = [ShortText::new(""); COUNT];
    let mut number = 0;
    while number < COUNT {
        texts[number] = ShortText::new(words[number]);
        number += 1;
    }
    texts
}

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

    pub(super) fn facility_name(self) -> ShortText {
        // `split` lets no value above PRIORITY_MAX through.
        FACILITY_NAMES[usize::from(self.0 >> 3)]
    }

    pub(super) fn severity_name(self) -> ShortText {
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
        assert_eq!(priority.facility_name(), ShortText::new("local4"));
        assert_eq!(priority.severity_name(), ShortText::new("notice"));
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
