//! What directives have said of the lines that follow them, for each sender.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::fields::FieldList;
use crate::decode::StateError;
use crate::limits::{W3C_DIRECTIVE_BYTES_MAX, W3C_PEERS_MAX};

/// What one sender's directives have said.
#[derive(Debug, Default)]
pub(super) struct Stream {
    /// The names of `#Fields` as they were sent, and what they mean.
    names: String,
    pub(super) fields: FieldList,
    /// The day of `#Date`, for lines that have a time alone.
    pub(super) date: Option<String>,
    /// Counts directives of all senders, so that the one that has been silent longest is known.
    changed: u64,
}

/// The streams of all senders.
#[derive(Debug, Default)]
pub(super) struct Streams {
    by_peer: BTreeMap<IpAddr, Stream>,
    directives: u64,
    has_changed: bool,
}

/// A stream as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    peer: IpAddr,
    #[serde(default)]
    fields: String,
    #[serde(default)]
    date: Option<String>,
    changed: u64,
}

impl Streams {
    /// The stream of a sender, if it has sent directives.
    pub(super) fn get(&self, peer: IpAddr) -> Option<&Stream> {
        self.by_peer.get(&peer)
    }

    /// Takes the names of a `#Fields` directive.
    pub(super) fn set_fields(&mut self, peer: IpAddr, names: &str, fields: FieldList) {
        let stream = self.stream(peer);
        if stream.names != names {
            names.clone_into(&mut stream.names);
            stream.fields = fields;
            self.has_changed = true;
        }
    }

    /// Takes the day of a `#Date` directive.
    pub(super) fn set_date(&mut self, peer: IpAddr, date: &str) {
        let stream = self.stream(peer);
        if stream.date.as_deref() != Some(date) {
            stream.date = Some(date.to_owned());
            self.has_changed = true;
        }
    }

    /// The stream of a sender, made where there is none; the one that was changed longest ago makes room.
    fn stream(&mut self, peer: IpAddr) -> &mut Stream {
        if !self.by_peer.contains_key(&peer) && self.by_peer.len() >= W3C_PEERS_MAX {
            let oldest = self.by_peer.iter().min_by_key(|(_, stream)| stream.changed).map(|(peer, _)| *peer);
            if let Some(oldest) = oldest {
                self.by_peer.remove(&oldest);
            }
        }
        self.directives += 1;
        let stream = self.by_peer.entry(peer).or_default();
        stream.changed = self.directives;
        stream
    }

    /// The streams as bytes, if they have changed since this was asked last.
    pub(super) fn take_changed(&mut self) -> Option<Vec<u8>> {
        if !std::mem::take(&mut self.has_changed) {
            return None;
        }
        let kept: Vec<Kept> = self
            .by_peer
            .iter()
            .map(|(peer, stream)| Kept {
                peer: *peer,
                fields: stream.names.clone(),
                date: stream.date.clone(),
                changed: stream.changed,
            })
            .collect();
        // Addresses, texts and numbers always have a JSON form.
        serde_json::to_vec(&kept).ok()
    }

    /// Takes over what [`Streams::take_changed`] gave.
    pub(super) fn restore(&mut self, state: &[u8]) -> Result<(), StateError> {
        *self = Self::default();
        if state.is_empty() {
            return Ok(());
        }
        let kept: Vec<Kept> =
            serde_json::from_slice(state).map_err(|_| StateError("it is not a list of streams"))?;
        if kept.len() > W3C_PEERS_MAX || kept.iter().any(|kept| kept.fields.len() > W3C_DIRECTIVE_BYTES_MAX) {
            return Err(StateError("it has more than a decoder keeps"));
        }
        for kept in kept {
            let fields = FieldList::parse(&kept.fields).map_err(|_| StateError("it has too many fields"))?;
            self.directives = self.directives.max(kept.changed);
            let Kept { peer, fields: names, date, changed } = kept;
            self.by_peer.insert(peer, Stream { names, fields, date, changed });
        }
        Ok(())
    }
}
