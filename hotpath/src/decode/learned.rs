//! Headers that senders announced for the records behind them: a bounded memory of them, and its form as state.

use std::net::IpAddr;

use hashbrown::HashMap;
use serde::{Deserialize, Serialize};

use super::StateError;
use crate::block::{Peer, SourceType};
use crate::limits::{LEARNED_HEADER_BYTES_MAX, LEARNED_HEADERS_BYTES_MAX, LEARNED_HEADERS_MAX};

/// Who announced a header: an address, and where it has connections of its own, one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Sender {
    ip: IpAddr,
    port: Option<u16>,
}

/// A header with the text that it was made from.
#[derive(Debug)]
struct Known<H> {
    text: String,
    header: H,
    /// Grows with each header that is learned.
    learned: u64,
}

/// How a header is remembered in a state.
#[derive(Serialize, Deserialize)]
struct Remembered {
    sender: Sender,
    text: String,
}

/// The headers of senders. What was learned longest ago is forgotten when there is no room.
#[derive(Debug)]
pub(super) struct LearnedHeaders<H> {
    known: HashMap<Sender, Known<H>, foldhash::fast::RandomState>,
    bytes: usize,
    learned: u64,
    changed: bool,
}

impl<H> Default for LearnedHeaders<H> {
    fn default() -> Self {
        Self { known: HashMap::default(), bytes: 0, learned: 0, changed: false }
    }
}

impl<H: Clone> LearnedHeaders<H> {
    /// The header that this very sender announced: a connection where the input has such, else an address.
    pub(super) fn of_sender(&self, peer: &Peer) -> Option<&H> {
        self.known.get(&sender_of(peer)).map(|known| &known.header)
    }

    /// The header that was announced last from the sender's address, on whatever connection, with its text.
    pub(super) fn of_address(&self, peer: &Peer) -> Option<(&str, &H)> {
        let known = self.known.get(&Sender { ip: peer.ip, port: None })?;
        Some((&known.text, &known.header))
    }

    /// Remembers a header and the text that makes it again. `false`, and nothing changes, where the text is too long.
    pub(super) fn learn(&mut self, peer: &Peer, text: &str, header: &H) -> bool {
        if text.len() > LEARNED_HEADER_BYTES_MAX {
            return false;
        }
        let sender = sender_of(peer);
        if sender.port.is_some() {
            self.put(Sender { port: None, ..sender }, text, header);
        }
        self.put(sender, text, header);
        true
    }

    fn put(&mut self, sender: Sender, text: &str, header: &H) {
        if self.known.get(&sender).is_some_and(|known| known.text == text) {
            return;
        }
        self.changed = true;
        self.forget(sender);
        while self.known.len() >= LEARNED_HEADERS_MAX || self.bytes + text.len() > LEARNED_HEADERS_BYTES_MAX {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.learned).map(|(sender, _)| *sender);
            let Some(oldest) = oldest else { break };
            self.forget(oldest);
        }
        self.learned += 1;
        self.bytes += text.len();
        let known = Known { text: text.to_owned(), header: header.clone(), learned: self.learned };
        self.known.insert(sender, known);
    }

    fn forget(&mut self, sender: Sender) {
        if let Some(gone) = self.known.remove(&sender) {
            self.bytes -= gone.text.len();
        }
    }

    /// What is known, if that has changed since it was asked last.
    pub(super) fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.changed) {
            return None;
        }
        let mut known: Vec<_> = self.known.iter().collect();
        known.sort_unstable_by_key(|(_, known)| known.learned);
        let remembered: Vec<Remembered> = known
            .into_iter()
            .map(|(sender, known)| Remembered { sender: *sender, text: known.text.clone() })
            .collect();
        // Addresses, numbers and text always have a JSON form.
        Some(serde_json::to_vec(&remembered).unwrap_or_default())
    }

    /// Takes over a state instead of what is known; `header` makes a header of its text.
    pub(super) fn restore(&mut self, state: &[u8], header: impl Fn(&str) -> H) -> Result<(), StateError> {
        *self = Self::default();
        if state.is_empty() {
            return Ok(());
        }
        let remembered: Vec<Remembered> =
            serde_json::from_slice(state).map_err(|_| StateError("no list of headers"))?;
        for Remembered { sender, text } in remembered {
            if text.len() <= LEARNED_HEADER_BYTES_MAX {
                self.put(sender, &text, &header(&text));
            }
        }
        self.changed = false;
        Ok(())
    }
}

/// Connections of one address may send different files; datagrams come from any port.
fn sender_of(peer: &Peer) -> Sender {
    let has_connections = matches!(peer.source_type, SourceType::Tcp | SourceType::Http);
    Sender { ip: peer.ip, port: has_connections.then_some(peer.port) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(port: u16, source_type: SourceType) -> Peer {
        Peer::new(([192, 0, 2, 1], port).into(), source_type)
    }

    #[test]
    fn a_connection_has_its_own_header_and_else_that_of_its_address() {
        let mut headers = LearnedHeaders::default();
        assert!(headers.learn(&peer(1, SourceType::Tcp), "one", &1));
        assert!(headers.learn(&peer(2, SourceType::Tcp), "two", &2));
        assert_eq!(headers.of_sender(&peer(1, SourceType::Tcp)), Some(&1));
        assert_eq!(headers.of_sender(&peer(3, SourceType::Tcp)), None);
        assert_eq!(headers.of_address(&peer(3, SourceType::Tcp)), Some(("two", &2)), "the last one");
        assert_eq!(headers.of_sender(&peer(9, SourceType::Udp)), Some(&2), "datagrams come from any port");
    }

    #[test]
    fn a_state_makes_the_same_headers_and_is_given_once_for_each_change() {
        let mut headers = LearnedHeaders::default();
        assert_eq!(headers.take_changed_state(), None);
        headers.learn(&peer(1, SourceType::Tcp), "ab", &2);
        let state = headers.take_changed_state().unwrap();
        headers.learn(&peer(1, SourceType::Tcp), "ab", &2);
        assert_eq!(headers.take_changed_state(), None, "nothing new");
        let mut again = LearnedHeaders::default();
        again.restore(&state, str::len).unwrap();
        assert_eq!(again.of_sender(&peer(1, SourceType::Tcp)), Some(&2));
        assert_eq!(again.take_changed_state(), None);
        again.changed = true;
        assert_eq!(again.take_changed_state(), Some(state));
        assert!(again.restore(b"[1]", str::len).is_err());
        assert_eq!(again.of_sender(&peer(1, SourceType::Tcp)), None, "it knows nothing then");
    }

    #[test]
    fn what_was_learned_longest_ago_is_forgotten_first() {
        let mut headers = LearnedHeaders::default();
        let text = "x".repeat(LEARNED_HEADER_BYTES_MAX);
        for port in 0..=LEARNED_HEADERS_MAX as u16 {
            headers.learn(&peer(port, SourceType::Tcp), &format!("{port}"), &port);
        }
        assert_eq!(headers.known.len(), LEARNED_HEADERS_MAX);
        assert_eq!(headers.of_sender(&peer(0, SourceType::Tcp)), None);
        for port in 0..1_000 {
            headers.learn(&peer(port, SourceType::Tcp), &text, &port);
            assert!(headers.bytes <= LEARNED_HEADERS_BYTES_MAX);
        }
        assert!(!headers.learn(&peer(1, SourceType::Tcp), &format!("{text}x"), &0), "too long");
        assert_eq!(headers.of_sender(&peer(999, SourceType::Tcp)), Some(&999));
    }
}
