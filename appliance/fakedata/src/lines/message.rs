//! Log lines of programs, and JSON objects as applications post them.

use clap::ValueEnum;
use rand::Rng;
use rand::rngs::SmallRng;

use super::syslog::{host, pick};
use super::template::Template;
use super::time_text::TimeStyle;
use super::words::{ACTIONS, METHODS, PATHS, PUBLIC_NETS, STATUSES, USERS};
use super::{LineKind, Rendered, SyslogKind};

/// What the messages of a plain input look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum MessageKind {
    /// A JSON object each: a request of an application, with a nested object
    Json,
    /// Lines as a program writes them: time, level, component, text
    Lines,
}

impl LineKind for MessageKind {
    fn render(self, rng: &mut SmallRng) -> Rendered {
        Rendered(match self {
            Self::Json => json(rng),
            Self::Lines => line(rng),
        })
    }
}

/// What the messages in a batch look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum HttpKind {
    /// A JSON object each (NDJSON): a request of an application, with a nested object
    Ndjson,
    /// Lines as a program writes them: time, level, component, text
    Lines,
    /// RFC 5424 with structured data and prose
    Rfc5424,
    /// RFC 3164: sshd, sudo, kernel and others
    Rfc3164,
    /// RFC 5424 with key=value pairs, as firewalls send them
    Firewall,
    /// RFC 5424 with a JSON object as its text
    Json,
    /// Of ten messages four firewall, three rfc5424, two rfc3164, one json
    Mixed,
}

impl LineKind for HttpKind {
    fn render(self, rng: &mut SmallRng) -> Rendered {
        match self {
            Self::Ndjson => MessageKind::Json.render(rng),
            Self::Lines => MessageKind::Lines.render(rng),
            Self::Rfc5424 => SyslogKind::Rfc5424.render(rng),
            Self::Rfc3164 => SyslogKind::Rfc3164.render(rng),
            Self::Firewall => SyslogKind::Firewall.render(rng),
            Self::Json => SyslogKind::Json.render(rng),
            Self::Mixed => SyslogKind::Mixed.render(rng),
        }
    }
}

fn json(rng: &mut SmallRng) -> Template {
    let mut object = Template::new();
    object.text("{\"time\":\"").time(TimeStyle::Rfc5424).text("\",\"seq\":").number();
    object.text(",\"host\":\"").text(&host(rng)).text("\",\"service\":\"");
    object.text(pick(&["checkout", "search", "accounts", "gateway"], rng)).text("\",\"level\":\"");
    object.text(pick(&["info", "info", "info", "warn", "error"], rng)).text("\",\"user\":\"");
    object.text(pick(&USERS, rng)).text("\",\"client\":{\"ip\":\"").text(pick(&PUBLIC_NETS, rng));
    object.text(".").varying(1, 1).text("\",\"port\":").varying(rng.random_range(1..6), 2);
    object.text("},\"request\":{\"method\":\"").text(pick(&METHODS, rng)).text("\",\"path\":\"");
    object.text(pick(&PATHS, rng)).text("\",\"status\":").text(pick(&STATUSES, rng)).text(",\"bytes\":");
    object.varying(rng.random_range(1..10), rng.random_range(1..=3)).text("},\"duration_ms\":");
    object.varying(rng.random_range(1..10), 1).text(".25,\"cached\":").text(pick(&["true", "false"], rng));
    object.text(",\"message\":\"").text(pick(&ACTIONS, rng)).filler(b' ').text("\"}");
    object
}

fn line(rng: &mut SmallRng) -> Template {
    let mut line = Template::new();
    line.time(TimeStyle::Rfc5424).text(" ").text(pick(&["INFO", "INFO", "WARN", "ERROR"], rng)).text(" [");
    line.text(pick(&["http", "worker", "scheduler", "db"], rng)).text("-").varying(1, 1).text("] ");
    line.text(&host(rng)).text(" user=").text(pick(&USERS, rng)).text(" took ");
    line.varying(rng.random_range(1..10), 1).text(" ms, ").text(pick(&ACTIONS, rng)).text(" ");
    line.text(pick(&PATHS, rng)).text(" seq=").number().filler(b' ');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::Generator;
    use crate::lines::LineGenerator;

    #[test]
    fn objects_and_lines_carry_their_number_and_time() {
        let mut generator = LineGenerator::with_ring(9, MessageKind::Json, 400, 1, Some(200));
        for index in 0..200 {
            let mut out = Vec::new();
            generator.append_next(1_763_616_896_500_900, &mut out);
            let object: serde_json::Value = serde_json::from_slice(&out).unwrap();
            assert_eq!(object["seq"], 100_000_000_000_u64 + index);
            assert!(object["time"].as_str().unwrap().starts_with("2025-11-20T05:34:56.500"), "{object}");
            assert!(object["client"]["port"].is_u64() && object["cached"].is_boolean());
        }
        let mut lines = LineGenerator::with_ring(9, HttpKind::Lines, 200, 1, Some(10));
        let mut out = Vec::new();
        lines.append_next(0, &mut out);
        assert!(String::from_utf8(out).unwrap().contains("seq=100000000000"));
    }
}
