//! What is sent arrives whole, once, and is what the report says.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, UdpSocket};

use bytefreezer_fakedata::{FakedataArgs, run};
use clap::Parser;
use nix::sys::socket::setsockopt;
use nix::sys::socket::sockopt::{RcvBuf, RcvBufForce};
use serde_json::Value;

/// The command line as users write it.
#[derive(Parser)]
struct Cli {
    #[command(flatten)]
    fakedata: FakedataArgs,
}

const RECEIVE_BUFFER_BYTES: usize = 4 << 20;
const FIRST: u64 = 100_000_000_000;

fn report(arguments: &str) -> Value {
    let cli = Cli::try_parse_from(format!("fakedata {arguments}").split_whitespace()).unwrap();
    let mut out = Vec::new();
    run(&cli.fakedata, &mut out).unwrap();
    assert_eq!(out.iter().filter(|&&byte| byte == b'\n').count(), 1);
    serde_json::from_slice(&out).unwrap()
}

/// The number a message carries.
fn number(message: &str) -> u64 {
    let (_, rest) = message.split_once("seq=").unwrap();
    rest.trim_start_matches('"')[..12].parse().unwrap()
}

fn assert_each_once<'a>(messages: impl IntoIterator<Item = &'a str>, count: u64) {
    let mut numbers = BTreeSet::new();
    for message in messages {
        assert!(message.starts_with('<'), "{message}");
        assert!(numbers.insert(number(message)), "twice: {message}");
    }
    assert_eq!(numbers.len() as u64, count);
    assert_eq!(numbers.first(), Some(&FIRST));
    assert_eq!(numbers.last(), Some(&(FIRST + count - 1)));
}

fn udp(options: &str) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    // All of them at once, for a machine that has no time for the receiver. Beyond the system's limit only root may.
    if setsockopt(&socket, RcvBufForce, &RECEIVE_BUFFER_BYTES).is_err() {
        setsockopt(&socket, RcvBuf, &RECEIVE_BUFFER_BYTES).unwrap();
    }
    let target = socket.local_addr().unwrap();
    let receiver = std::thread::spawn(move || {
        let mut messages = Vec::new();
        let mut buffer = [0; 65_536];
        loop {
            let length = socket.recv(&mut buffer).unwrap();
            if &buffer[..length] == b"end" {
                break;
            }
            messages.push(String::from_utf8(buffer[..length].to_vec()).unwrap());
        }
        messages
    });
    let report = report(&format!("syslog --target {target} --rate 2000 --count 300 {options}"));
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"end", target).unwrap();
    let messages = receiver.join().unwrap();
    assert_each_once(messages.iter().map(String::as_str), 300);
    assert_eq!(report["events"], 300);
    assert_eq!(report["bytes"], messages.iter().map(String::len).sum::<usize>());
}

#[test]
fn datagrams_arrive_once_with_segmentation_offload() {
    udp("--transport udp");
    udp("--transport udp --kind json --size 1200");
}

#[test]
fn datagrams_arrive_once_without_segmentation_offload() {
    udp("--no-gso --connections 3");
}

/// What `connections` connections sent, each apart.
fn tcp(options: &str, connections: usize) -> (Vec<Vec<u8>>, Value) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let receiver = std::thread::spawn(move || {
        let accepted: Vec<_> = (0..connections).map(|_| listener.accept().unwrap().0).collect();
        let mut streams = Vec::new();
        for mut stream in accepted {
            let mut bytes = Vec::new();
            stream.read_to_end(&mut bytes).unwrap();
            streams.push(bytes);
        }
        streams
    });
    let report =
        report(&format!("syslog --transport tcp --target {target} --connections {connections} {options}"));
    (receiver.join().unwrap(), report)
}

#[test]
fn a_stream_has_a_message_a_line() {
    let (streams, report) = tcp("--count 5000 --kind mixed", 2);
    let lines: Vec<&str> =
        streams.iter().flat_map(|bytes| std::str::from_utf8(bytes).unwrap().lines()).collect();
    assert_each_once(lines, 5_000);
    assert_eq!(report["events"], 5_000);
    assert_eq!(report["bytes"], streams.iter().map(Vec::len).sum::<usize>());
}

#[test]
fn a_stream_has_lengths_before_messages() {
    let (streams, _) = tcp("--count 1000 --framing octet-counted --rate 100000", 1);
    let mut rest = std::str::from_utf8(&streams[0]).unwrap();
    let mut messages = Vec::new();
    while let Some((length, after)) = rest.split_once(' ') {
        let (message, following) = after.split_at(length.parse().unwrap());
        messages.push(message);
        rest = following;
    }
    assert_each_once(messages, 1_000);
}

/// Answers each POST of one connection with the next status, and returns the bodies.
fn http_server(
    statuses: &'static [&'static str],
) -> (std::net::SocketAddr, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let mut bodies = Vec::new();
        let mut connection = None;
        for status in statuses {
            let reader = connection.get_or_insert_with(|| BufReader::new(listener.accept().unwrap().0));
            let mut length = 0;
            let mut line = String::new();
            while reader.read_line(&mut line).unwrap() > 2 {
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                line.clear();
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            bodies.push(String::from_utf8(body).unwrap());
            if *status == "gone" {
                connection = None;
                continue;
            }
            let answer = format!("HTTP/1.1 {status}\r\ncontent-length: 2\r\n\r\nok");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
        }
        bodies
    });
    (address, server)
}

#[test]
fn a_batch_is_posted_once_and_written_down_when_it_is_acknowledged() {
    let (address, server) =
        http_server(&["200 OK", "429 Too Many Requests", "gone", "200 OK", "503 Service Unavailable"]);
    let directory = tempfile::tempdir().unwrap();
    let acknowledged = directory.path().join("acknowledged");
    let target = format!("http://{address}/ingest/default/syslog");
    let report = report(&format!(
        "http --target {target} --batch 10 --count 45 --acknowledged {}",
        acknowledged.display()
    ));

    let bodies = server.join().unwrap();
    assert_each_once(bodies.iter().flat_map(|body| body.lines()), 45);
    assert_eq!(bodies.iter().map(|body| body.lines().count()).collect::<Vec<_>>(), [10, 10, 10, 10, 5]);
    let ranges = format!("{} {}\n{} {}\n", FIRST, FIRST + 9, FIRST + 30, FIRST + 39);
    assert_eq!(std::fs::read_to_string(acknowledged).unwrap(), ranges);
    for (name, value) in [
        ("events", 45),
        ("acknowledged", 20),
        ("unacknowledged", 25),
        ("answers_200", 2),
        ("answers_429", 1),
        ("answers_503", 1),
        ("unanswered", 1),
    ] {
        assert_eq!(report[name], value, "{name}");
    }
    assert!(report["ack_ms_p99"].as_f64().is_some_and(|milliseconds| milliseconds > 0.0));
}

#[test]
fn a_run_needs_an_end() {
    let refused =
        |arguments: &str| Cli::try_parse_from(format!("fakedata {arguments}").split_whitespace()).is_err();
    assert!(refused("syslog --target 127.0.0.1:1"));
    assert!(refused("syslog --target 127.0.0.1:1 --endless --count 1"));
    assert!(!refused("syslog --target 127.0.0.1:1 --endless"));
    assert!(!refused("syslog --target 127.0.0.1:1 --count 1 --seconds 0.5"));
    assert!(refused("syslog --target 127.0.0.1:1 --seconds 0"));
    assert!(refused("syslog --target 127.0.0.1:1 --count 1 --size 70000"));
}

#[test]
fn an_end_by_time_and_rate_is_a_number_of_messages() {
    let (streams, report) = tcp("--rate 10000 --seconds 0.2", 1);
    assert_eq!(report["events"], 2_000);
    assert_eq!(streams[0].iter().filter(|&&byte| byte == b'\n').count(), 2_000);
}

#[test]
fn a_target_that_is_not_there_is_an_error() {
    let cli = Cli::try_parse_from(
        "fakedata syslog --transport tcp --target 127.0.0.1:1 --count 5".split_whitespace(),
    )
    .unwrap();
    let error = run(&cli.fakedata, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
}

/// The datagrams that arrived, and the report. A receive buffer that nobody empties meanwhile holds some 70 of 1,500 bytes.
fn datagrams(what: &str, options: &str) -> (Vec<Vec<u8>>, Value) {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let target = socket.local_addr().unwrap();
    let receiver = std::thread::spawn(move || {
        let mut datagrams = Vec::new();
        let mut buffer = [0; 65_536];
        loop {
            let length = socket.recv(&mut buffer).unwrap();
            if &buffer[..length] == b"end" {
                return datagrams;
            }
            datagrams.push(buffer[..length].to_vec());
        }
    });
    let report = report(&format!("{what} --target {target} --rate 2000 {options}"));
    UdpSocket::bind("127.0.0.1:0").unwrap().send_to(b"end", target).unwrap();
    (receiver.join().unwrap(), report)
}

#[test]
fn flows_arrive_as_datagrams_of_their_version() {
    for (what, version) in
        [("netflow5", &[0, 5][..]), ("netflow9", &[0, 9]), ("ipfix", &[0, 10]), ("sflow", &[0, 0, 0, 5])]
    {
        for options in ["--count 40", "--count 40 --no-gso --connections 2 --domains 3 --size 700"] {
            let (datagrams, report) = datagrams(what, options);
            assert_eq!(datagrams.len(), 40, "{what}");
            assert!(datagrams.iter().all(|datagram| datagram.starts_with(version)), "{what}");
            assert_eq!(report["events"], 40);
            assert_eq!(report["bytes"], datagrams.iter().map(Vec::len).sum::<usize>());
            assert!(report["records"].as_u64().is_some_and(|records| records > 80), "{what}: {report}");
        }
    }
}

#[test]
fn ipfix_over_tcp_is_message_after_message() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = listener.local_addr().unwrap();
    let receiver = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        listener.accept().unwrap().0.read_to_end(&mut bytes).unwrap();
        bytes
    });
    let report = report(&format!("ipfix --transport tcp --target {target} --count 500"));
    let bytes = receiver.join().unwrap();
    assert_eq!(report["bytes"], bytes.len());
    let (mut rest, mut messages) = (&bytes[..], 0);
    while let [0, 10, high, low, ..] = rest {
        (_, rest) = rest.split_at(usize::from(u16::from_be_bytes([*high, *low])));
        messages += 1;
    }
    assert_eq!((messages, rest.len()), (500, 0));
}

#[test]
fn sensors_and_applications_send_json() {
    for what in ["ebpf", "udp", "ebpf --kind falco --no-gso"] {
        let (datagrams, report) = datagrams(what, "--count 40");
        for datagram in &datagrams {
            let event: Value = serde_json::from_slice(datagram).unwrap();
            assert!(event.is_object());
        }
        assert_eq!((datagrams.len(), &report["records"]), (40, &Value::from(40)));
    }
}
