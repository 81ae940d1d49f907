//! Any format: each message is decoded by the decoder of the format that it has. See `docs/protocols/auto.md`.

mod detect;
mod json_kind;
mod kind;
mod shapes;
mod state;

use super::format::{DecoderOptions, decoder};
use super::learned::LearnedHeaders;
use super::{Decoder, StateError};
use crate::batch::{BatchBuilder, ColumnIndex, ShortText};
use crate::block::{Event, Peer, SourceType};
use crate::cut::ColumnType;
use detect::{Sender, detect};
use kind::Kind;

/// The state of what senders announced, beside those of the decoders.
const ANNOUNCED: &str = "announced";
/// What a sender announced whose first message was no header.
const NOTHING: &str = "";

/// A decoder for a kind.
struct Entry {
    kind: Kind,
    decoder: Box<dyn Decoder>,
    name: ShortText,
    /// What the decoder knew when it was asked last.
    state: Vec<u8>,
}

/// Decodes messages of any format. All decoders are made at once, so that which columns there are does not depend on what
/// came first.
pub struct AutoDecoder {
    detected_format: ColumnIndex,
    entries: Vec<Entry>,
    /// For each kind its entry, or that of what stands in for it.
    by_kind: Vec<usize>,
    /// The format whose header a sender sent, by name.
    announced: LearnedHeaders<Option<Kind>>,
    announced_state: Vec<u8>,
}

impl std::fmt::Debug for AutoDecoder {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("AutoDecoder").field("decoders", &self.entries.len()).finish_non_exhaustive()
    }
}

impl AutoDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        let detected_format = rows.define("detected_format", ColumnType::String);
        let mut entries: Vec<Entry> = Vec::new();
        for kind in Kind::ALL {
            let Some(format) = kind.format() else { continue };
            let decoder = decoder(format, options, rows);
            entries.push(Entry { kind, decoder, name: ShortText::new(kind.name()), state: Vec::new() });
        }
        let by_kind = Kind::ALL.iter().map(|kind| place_of(*kind, &entries)).collect();
        Self {
            detected_format,
            entries,
            by_kind,
            announced: LearnedHeaders::default(),
            announced_state: Vec::new(),
        }
    }

    /// What is known of who sent an event.
    fn sender(&self, peer: &Peer) -> Sender {
        let of_sender = self.announced.of_sender(peer);
        let has_connections = matches!(peer.source_type, SourceType::Tcp | SourceType::Http);
        let of_address = || self.announced.of_address(peer).and_then(|(_, kind)| *kind);
        Sender {
            source_type: peer.source_type,
            announced: of_sender.map_or_else(of_address, |kind| *kind),
            is_first: has_connections && of_sender.is_none(),
        }
    }

    /// Remembers that a sender sent a header, or that its connection did not begin with one.
    fn note(&mut self, kind: Kind, sender: Sender, event: &Event<'_>) {
        let announced = kind.announces(event.bytes).then_some(kind).or(sender.announced);
        if announced == sender.announced && !sender.is_first {
            return;
        }
        let name = announced.map_or(NOTHING, Kind::name);
        // No name is longer than what is remembered.
        self.announced.learn(&event.peer, name, &announced);
    }
}

/// The entry of a kind, or of what stands in for it.
fn place_of(kind: Kind, entries: &[Entry]) -> usize {
    let mut kind = kind;
    loop {
        if let Some(place) = entries.iter().position(|entry| entry.kind == kind) {
            return place;
        }
        let stand_in = kind.stand_in();
        if stand_in == kind {
            return 0;
        }
        kind = stand_in;
    }
}

impl Decoder for AutoDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let sender = self.sender(&event.peer);
        let kind = detect(event.bytes, event.text(), sender);
        self.note(kind, sender, event);
        let place = self.by_kind.get(kind as usize).copied().unwrap_or_default();
        let Some(entry) = self.entries.get_mut(place) else { return };
        rows.begin_mark(self.detected_format, entry.name);
        entry.decoder.decode(event, rows);
        rows.end_mark();
    }

    fn held_events(&self) -> u64 {
        self.entries.iter().map(|entry| entry.decoder.held_events()).sum()
    }

    fn take_changed_state(&mut self) -> Option<Vec<u8>> {
        let mut has_changed = false;
        if let Some(state) = self.announced.take_changed_state() {
            self.announced_state = state;
            has_changed = true;
        }
        for entry in &mut self.entries {
            if let Some(state) = entry.decoder.take_changed_state() {
                entry.state = state;
                has_changed = true;
            }
        }
        if !has_changed {
            return None;
        }
        let parts = self.entries.iter().map(|entry| (entry.kind.name(), entry.state.as_slice()));
        Some(state::write(parts.chain([(ANNOUNCED, self.announced_state.as_slice())])))
    }

    fn restore_state(&mut self, state: &[u8]) -> Result<(), StateError> {
        let parts = state::read(state);
        let part = |name: &str| {
            let parts = parts.as_deref().unwrap_or_default();
            parts.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, part)| *part)
        };
        let mut result = Ok(());
        self.announced_state = part(ANNOUNCED).to_vec();
        result = result.and(self.announced.restore(&self.announced_state, Kind::of_name));
        for entry in &mut self.entries {
            entry.state = part(entry.kind.name()).to_vec();
            result = result.and(entry.decoder.restore_state(&entry.state));
        }
        parts.map(|_| ()).ok_or(StateError("no list of states")).and(result)
    }
}

#[cfg(test)]
mod tests;
