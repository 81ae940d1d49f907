//! The kinds of syslog messages, one function each.

use rand::Rng;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;

use super::template::Template;
use super::time_text::TimeStyle;
use super::words::{
    ACTIONS, METHODS, PATHS, POLICIES, PORTS, PUBLIC_NETS, ROLES, SITES, STATUSES, STRANGERS, USERS, ZONES,
};
use super::{LineKind, Rendered};

/// What the messages look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum SyslogKind {
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

impl LineKind for SyslogKind {
    fn render(self, rng: &mut SmallRng) -> Rendered {
        Rendered(match self {
            Self::Rfc5424 => rfc5424(rng),
            Self::Rfc3164 => rfc3164(rng),
            Self::Firewall => firewall(rng),
            Self::Json => json(rng),
            Self::Mixed => match rng.random_range(0..10) {
                0..4 => firewall(rng),
                4..7 => rfc5424(rng),
                7..9 => rfc3164(rng),
                _ => json(rng),
            },
        })
    }
}

pub(super) fn pick(choices: &[&'static str], rng: &mut SmallRng) -> &'static str {
    choices.choose(rng).copied().unwrap_or("-")
}

pub(super) fn host(rng: &mut SmallRng) -> String {
    format!("{}-{}-{:02}", pick(&ROLES, rng), pick(&SITES, rng), rng.random_range(1..=12))
}

/// The header of RFC 5424, and structured data with the message's number.
fn header(app: &str, host: &str, message_id: &str, data: &str, rng: &mut SmallRng) -> Template {
    let priority = [4, 10, 16, 17, 20].choose(rng).unwrap_or(&16) * 8 + rng.random_range(2..=6);
    let process = rng.random_range(300..32_000);
    let mut message = Template::new();
    message.text(&format!("<{priority}>1 ")).time(TimeStyle::Rfc5424);
    message.text(&format!(" {host} {app} {process} {message_id} [origin@32473 seq=\"")).number();
    message.text(&format!("\"{data}] "));
    message
}

fn rfc5424(rng: &mut SmallRng) -> Template {
    let (app, message_id) =
        [("sshd", "auth"), ("systemd", "-"), ("postfix/smtp", "delivery"), ("nginx", "access")]
            .choose(rng)
            .copied()
            .unwrap_or(("sshd", "auth"));
    let host = format!("{}.example.net", host(rng));
    let data = format!(" env=\"prod\" zone=\"{}\"", pick(&ZONES, rng));
    let mut message = header(app, &host, message_id, &data, rng);
    match app {
        "systemd" => systemd_text(&mut message, rng),
        "postfix/smtp" => mail_text(&mut message, rng),
        "nginx" => access_text(&mut message, rng),
        _ => ssh_text(&mut message, rng),
    }
    message.filler(b' ');
    message
}

fn rfc3164(rng: &mut SmallRng) -> Template {
    let mut message = Template::new();
    let priority = [4, 10].choose(rng).unwrap_or(&4) * 8 + rng.random_range(3..=6);
    message.text(&format!("<{priority}>")).time(TimeStyle::Rfc3164);
    message.text(&format!(" {} ", host(rng)));
    match rng.random_range(0..4) {
        0 => {
            message.text("kernel: [").varying(rng.random_range(1..90), 2).text(".").varying(0, 2);
            message.text("] IN=eth0 OUT= SRC=").text(pick(&PUBLIC_NETS, rng)).text(".").varying(1, 1);
            message.text(" DST=10.0.0.").varying(1, 1).text(" PROTO=TCP SPT=").varying(4, 2);
            message.text(" DPT=").text(pick(&PORTS, rng));
        }
        1 => {
            let user = pick(&USERS, rng);
            message.text("sudo: ").text(user).text(" : TTY=pts/1 ; PWD=/home/").text(user);
            message.text(" ; USER=root ; COMMAND=/usr/bin/systemctl restart nginx");
        }
        2 => {
            message.text("CRON[").varying(1, 2).text("]: (root) CMD (run-parts /etc/cron.hourly)");
        }
        _ => {
            message.text("sshd[").varying(2, 2).text("]: ");
            ssh_text(&mut message, rng);
        }
    }
    message.text(" seq=").number().filler(b' ');
    message
}

fn firewall(rng: &mut SmallRng) -> Template {
    let host = format!("fw-{}-{:02}", pick(&SITES, rng), rng.random_range(1..=8));
    let data = format!(" zone=\"{}\"", pick(&ZONES, rng));
    let mut message = header("filterlog", &host, &format!("ID{}", rng.random_range(1..=60)), &data, rng);
    message.text("connection ").text(pick(&ACTIONS, rng));
    message.text(&format!(" src=10.{}.", rng.random_range(0..32))).varying(1, 1).text(".").varying(1, 1);
    message.text(" spt=").varying(rng.random_range(1..6), 2);
    message.text(" dst=").text(pick(&PUBLIC_NETS, rng)).text(".").varying(1, 1);
    message.text(" dpt=").text(pick(&PORTS, rng)).text(" proto=").text(pick(&["tcp", "udp"], rng));
    message
        .text(" rule=")
        .varying(rng.random_range(1..4), 1)
        .text(" sid=")
        .varying(rng.random_range(1..10), 4);
    message.text(" bytes=").varying(rng.random_range(1..10), rng.random_range(1..=2));
    message.text(" policy=").text(pick(&POLICIES, rng)).filler(b'-');
    message
}

fn json(rng: &mut SmallRng) -> Template {
    let host = host(rng);
    let mut message = header("portal", &host, "request", "", rng);
    message.text("{\"user\":\"").text(pick(&USERS, rng));
    message.text("\",\"client_ip\":\"10.").varying(1, 1).text(".").varying(1, 1).text(".7");
    message.text("\",\"path\":\"").text(pick(&PATHS, rng)).text("\",\"status\":").text(pick(&STATUSES, rng));
    message.text(",\"bytes\":").varying(rng.random_range(1..10), 2);
    message.text(",\"ok\":").text(pick(&["true", "false"], rng));
    message
        .text(",\"took_ms\":")
        .varying(rng.random_range(1..10), 1)
        .text(".5,\"detail\":\"")
        .text(pick(&ACTIONS, rng));
    message.filler(b' ').text("\"}");
    message
}

fn ssh_text(message: &mut Template, rng: &mut SmallRng) {
    if rng.random_range(0..3) == 0 {
        message.text("Failed password for invalid user ").text(pick(&STRANGERS, rng));
        message.text(" from ").text(pick(&PUBLIC_NETS, rng)).text(".").varying(1, 1);
    } else {
        message
            .text("Accepted publickey for ")
            .text(pick(&USERS, rng))
            .text(" from 10.3.")
            .varying(1, 1)
            .text(".")
            .varying(1, 1);
    }
    message.text(" port ").varying(rng.random_range(1..6), 2).text(" ssh2");
}

fn systemd_text(message: &mut Template, rng: &mut SmallRng) {
    message
        .text("Started Session ")
        .varying(rng.random_range(1..10), 2)
        .text(" of user ")
        .text(pick(&USERS, rng))
        .text(".");
}

fn mail_text(message: &mut Template, rng: &mut SmallRng) {
    message.text("4F").varying(rng.random_range(1..10), 4).text(": to=<").text(pick(&USERS, rng));
    message
        .text("@example.org>, relay=mx1.example.org, delay=0.")
        .varying(1, 1)
        .text(", status=sent (250 Ok)");
}

fn access_text(message: &mut Template, rng: &mut SmallRng) {
    message
        .text(pick(&PUBLIC_NETS, rng))
        .text(".")
        .varying(1, 1)
        .text(" \"")
        .text(pick(&METHODS, rng))
        .text(" ");
    message
        .text(pick(&PATHS, rng))
        .text(" HTTP/1.1\" ")
        .text(pick(&STATUSES, rng))
        .text(" ")
        .varying(rng.random_range(1..10), 2);
}
