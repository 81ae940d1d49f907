//! A name server on a loopback address that answers as the test says: RFC 1035 over UDP, the least that a client needs.
#![allow(dead_code, reason = "each test uses its part")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::{IpAddr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex};

/// What is answered to a question.
#[derive(Debug, Clone)]
pub enum Reply {
    /// These names, for so many seconds.
    Names(u32, Vec<&'static str>),
    /// These addresses, for so many seconds.
    Addresses(u32, Vec<IpAddr>),
    /// There is no such name; that holds for so many seconds.
    NoName(u32),
    /// There is such a name, without records of this type.
    NoRecord,
    /// An error: 2 is a failed server, 5 a refusal.
    Error(u8),
    /// Bytes that are no message.
    Garbage,
    /// Nothing at all.
    Silence,
}

pub const A: u16 = 1;
pub const PTR: u16 = 12;
pub const AAAA: u16 = 28;
const SOA: u16 = 6;

/// A name server that runs until the test ends.
#[derive(Debug)]
pub struct NameServer {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, u16)>>>,
}

impl NameServer {
    /// Starts one; `reply` is asked for a name, in lower case and without the last dot, and a type.
    pub fn start(reply: impl Fn(&str, u16) -> Reply + Send + 'static) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        let address = socket.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<(String, u16)>>>::default();
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok((length, client)) = socket.recv_from(&mut buffer) {
                let (name, kind, end) = question_of(&buffer[..length]);
                seen.lock().unwrap().push((name.clone(), kind));
                if let Some(message) = message(&buffer[..end], &reply(&name, kind)) {
                    socket.send_to(&message, client).unwrap();
                }
            }
        });
        Self { address, asked }
    }

    /// The names that were asked for, in their order, those asked for again too.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().iter().map(|(name, _)| name.clone()).collect()
    }

    /// How often anything was asked.
    pub fn queries(&self) -> usize {
        self.asked.lock().unwrap().len()
    }
}

/// The name and type of the question, and where it ends.
fn question_of(message: &[u8]) -> (String, u16, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while message[at] != 0 {
        let length = usize::from(message[at]);
        labels.push(String::from_utf8(message[at + 1..at + 1 + length].to_vec()).unwrap().to_lowercase());
        at += 1 + length;
    }
    (labels.join("."), u16::from_be_bytes([message[at + 1], message[at + 2]]), at + 5)
}

fn message(query: &[u8], reply: &Reply) -> Option<Vec<u8>> {
    let (code, records) = match reply {
        Reply::Silence => return None,
        Reply::Garbage => return Some(vec![0xff; 7]),
        Reply::Names(ttl, names) => {
            (0, names.iter().map(|name| record(PTR, *ttl, &wire_name(name))).collect::<Vec<_>>())
        }
        Reply::Addresses(ttl, addresses) => {
            (0, addresses.iter().map(|ip| address_record(*ttl, *ip)).collect())
        }
        Reply::NoName(_) => (3, vec![]),
        Reply::NoRecord => (0, vec![]),
        Reply::Error(code) => (*code, vec![]),
    };
    let authority = match reply {
        Reply::NoName(ttl) => vec![soa_record(*ttl)],
        Reply::NoRecord => vec![soa_record(300)],
        _ => vec![],
    };
    let counts = [1, records.len() as u16, authority.len() as u16, 0];
    let mut message = query[..2].to_vec();
    // A response, recursion desired and available.
    message.extend([0x81, 0x80 | code]);
    message.extend(counts.iter().flat_map(|count| count.to_be_bytes()));
    message.extend(&query[12..]);
    message.extend(records.into_iter().chain(authority).flatten());
    Some(message)
}

/// A record of the name that was asked for.
fn record(kind: u16, ttl: u32, data: &[u8]) -> Vec<u8> {
    let mut record = vec![0xc0, 12];
    record.extend(kind.to_be_bytes());
    record.extend([0, 1]);
    record.extend(ttl.to_be_bytes());
    record.extend((data.len() as u16).to_be_bytes());
    record.extend(data);
    record
}

fn address_record(ttl: u32, address: IpAddr) -> Vec<u8> {
    match address {
        IpAddr::V4(v4) => record(A, ttl, &v4.octets()),
        IpAddr::V6(v6) => record(AAAA, ttl, &v6.octets()),
    }
}

/// The record that says how long it holds that there is nothing (RFC 2308).
fn soa_record(ttl: u32) -> Vec<u8> {
    let numbers = [1, 3600, 600, 86_400, ttl];
    let data = [0, 0].into_iter().chain(numbers.iter().flat_map(|number: &u32| number.to_be_bytes()));
    record(SOA, ttl, &data.collect::<Vec<u8>>())
}

fn wire_name(name: &str) -> Vec<u8> {
    let labels = name.split('.').flat_map(|label| [&[label.len() as u8], label.as_bytes()].concat());
    labels.chain([0]).collect()
}
