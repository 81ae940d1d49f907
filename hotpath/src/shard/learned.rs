//! What a dataset's decoder has learned, at each of the places from which it may have to begin again.

use std::collections::VecDeque;
use std::sync::Arc;

use tracing::{error, warn};

use super::Shard;
use super::intake::DatasetIndex;
use crate::account::{Aside, DropReason, Movement};
use crate::decode::Decoder;
use crate::encode::decoder_state;

/// States of one decoder.
#[derive(Default)]
pub(super) struct Learned {
    /// Behind the last block that was decoded.
    latest: Arc<[u8]>,
    /// Behind the last finished cut.
    at_cut: Arc<[u8]>,
    /// The last positions that the states on disk know of, oldest first.
    saved: VecDeque<u64>,
}

impl Learned {
    /// Takes the decoder's state behind a block; what is new in it goes to the encoder with the block's rows.
    pub(super) fn note(&mut self, decoder: &mut dyn Decoder) -> Option<Arc<[u8]>> {
        let state: Arc<[u8]> = decoder.take_changed_state()?.into();
        self.latest = Arc::clone(&state);
        Some(state)
    }

    /// Takes the state that a finished cut has saved.
    pub(super) fn note_cut(&mut self, last_position: u64, state: Option<Arc<[u8]>>) {
        let Some(state) = state else { return };
        self.at_cut = state;
        self.saved.push_back(last_position);
    }

    /// Positions of the saved states that nothing begins with any more, now that a cut is committed.
    pub(super) fn take_outdated(&mut self, committed_position: u64) -> Vec<u64> {
        let known = self.saved.iter().take_while(|position| **position <= committed_position).count();
        self.saved.drain(..known.saturating_sub(1)).collect()
    }

    /// Sets the decoder back to the last finished cut.
    pub(super) fn go_back(&mut self, decoder: &mut dyn Decoder) {
        self.latest = Arc::clone(&self.at_cut);
        if let Err(error) = decoder.restore_state(&self.latest) {
            error!(%error, "a decoder does not take its own state; it begins anew");
        }
    }

    /// Gives what is known to a decoder that takes the place of another one of the same format.
    pub(super) fn hand_over(&self, decoder: &mut dyn Decoder) {
        if let Err(error) = decoder.restore_state(&self.latest) {
            error!(%error, "a decoder does not take the state of the one before it; it begins anew");
        }
    }
}

impl Shard {
    /// Reads back what the decoder of a dataset had learned before the first block that is decoded again.
    pub(super) fn load_learned(&self, index: DatasetIndex) {
        let mut datasets = self.datasets.borrow_mut();
        let Some(dataset) = datasets.get_mut(index) else { return };
        let shard = self.settings.shard;
        let end = dataset.uncut.front().map_or(u64::MAX, |place| place.first_position);
        let folder = &self.settings.decoder_state_directory;
        let loaded = decoder_state::load(folder, &dataset.key, end, |path, reason| {
            error!(shard, path = %path.display(), reason, "a decoder's state is damaged, an older one is taken");
        });
        let saved = match loaded {
            Ok(Some(saved)) => saved,
            Ok(None) => return,
            Err(error) => {
                error!(shard, dataset = %dataset.key, %error, "cannot read what the decoder had learned; it begins anew");
                return;
            }
        };
        if let Err(error) = dataset.decoder.restore_state(&saved.bytes) {
            // Another version, or another format since: what was learned then is of no use.
            warn!(shard, dataset = %dataset.key, %error, "a decoder's saved state is not taken; it begins anew");
            return;
        }
        let state: Arc<[u8]> = saved.bytes.into();
        dataset.learned =
            Learned { latest: Arc::clone(&state), at_cut: state, saved: [saved.last_position].into() };
        let held = dataset.decoder.held_events();
        let replayed = Movement::receive(held, 0).and(Aside::Replayed, held);
        dataset.encoder_tally.record(&replayed);
    }

    /// Puts another decoder into the place of a dataset's; what the old one had learned goes to it if it is of the
    /// same format.
    pub(super) fn replace_decoder(
        &self,
        index: DatasetIndex,
        mut decoder: Box<dyn Decoder>,
        same_format: bool,
    ) {
        let mut datasets = self.datasets.borrow_mut();
        let Some(dataset) = datasets.get_mut(index) else { return };
        if same_format {
            dataset.learned.hand_over(decoder.as_mut());
        } else {
            let held = dataset.decoder.held_events();
            dataset.encoder_tally.record(&Movement::lose_held(DropReason::FormatChanged, held));
            dataset.learned = Learned::default();
        }
        dataset.decoder = decoder;
    }

    /// Removes the states on disk that a commit has made useless.
    pub(super) fn remove_outdated(&self, index: DatasetIndex, committed_position: u64) {
        let mut datasets = self.datasets.borrow_mut();
        let Some(dataset) = datasets.get_mut(index) else { return };
        for position in dataset.learned.take_outdated(committed_position) {
            let path = decoder_state::path(&self.settings.decoder_state_directory, &dataset.key, position);
            // One that stays is removed at the next start.
            glommio::spawn_local(async move { glommio::io::remove(path).await }).detach();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_state_that_is_committed_stays_and_all_behind_it() {
        let mut learned = Learned::default();
        for position in [10, 20, 30, 40] {
            learned.note_cut(position, Some(Arc::from(&b"state"[..])));
        }
        learned.note_cut(45, None);
        assert!(learned.take_outdated(9).is_empty());
        assert!(learned.take_outdated(19).is_empty());
        assert_eq!(learned.take_outdated(30), [10, 20]);
        assert_eq!(learned.take_outdated(45), [30]);
        assert!(learned.take_outdated(1_000).is_empty());
    }
}
