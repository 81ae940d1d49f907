//! The way to an encoder thread: bounded by messages, and by the memory that the rows on it hold.

use std::time::Duration;

use async_channel::{Receiver, RecvError, SendError, Sender};

use super::memory::held_bytes;
use super::park::receive_within;
use super::thread::EncoderMessage;
use crate::limits::{ENCODER_MESSAGES_MAX, ENCODER_QUEUE_BYTES_MAX, ENCODER_QUEUE_UNIT_BYTES};

/// Units of memory that all rows on the way may hold together.
const UNITS_MAX: usize = ENCODER_QUEUE_BYTES_MAX / ENCODER_QUEUE_UNIT_BYTES;

#[derive(Debug)]
struct Weighed {
    message: EncoderMessage,
    units: usize,
}

/// Takes messages for an encoder thread.
#[derive(Debug, Clone)]
pub struct MessageSender {
    messages: Sender<Weighed>,
    /// Has an item for each unit that is taken.
    room: Sender<()>,
    /// Has an item while one takes room: two that each wait for the room which the other has begun to take would wait
    /// for ever.
    turn: (Sender<()>, Receiver<()>),
}

/// Whose turn it is; ends with it.
struct Turn<'a>(&'a Receiver<()>);

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let _ = self.0.try_recv();
    }
}

/// Gives them to it.
#[derive(Debug)]
pub(super) struct MessageReceiver {
    messages: Receiver<Weighed>,
    room: Receiver<()>,
}

pub(super) fn channel() -> (MessageSender, MessageReceiver) {
    let (messages, incoming) = async_channel::bounded(ENCODER_MESSAGES_MAX);
    let (room, taken) = async_channel::bounded(UNITS_MAX);
    (
        MessageSender { messages, room, turn: async_channel::bounded(1) },
        MessageReceiver { messages: incoming, room: taken },
    )
}

impl MessageSender {
    /// Hands a message over, when there is room for it.
    ///
    /// # Errors
    /// When the thread has ended.
    pub async fn send(&self, message: EncoderMessage) -> Result<(), SendError<()>> {
        let units = units(&message);
        if units > 0 {
            self.take_room(units).await?;
        }
        self.messages.send(Weighed { message, units }).await.map_err(|_| SendError(()))
    }

    async fn take_room(&self, units: usize) -> Result<(), SendError<()>> {
        self.turn.0.send(()).await?;
        let _turn = Turn(&self.turn.1);
        for _ in 0..units {
            self.room.send(()).await?;
        }
        Ok(())
    }
}

impl MessageReceiver {
    /// The next message.
    ///
    /// # Errors
    /// When there is none and all senders are gone.
    pub(super) fn receive(&self) -> Result<EncoderMessage, RecvError> {
        self.messages.recv_blocking().map(|weighed| self.give_room(weighed))
    }

    /// The next message; `None` when none came in time.
    ///
    /// # Errors
    /// When there is none and all senders are gone.
    pub(super) fn receive_within(&self, time_limit: Duration) -> Result<Option<EncoderMessage>, RecvError> {
        let received = receive_within(&self.messages, time_limit)?;
        Ok(received.map(|weighed| self.give_room(weighed)))
    }

    fn give_room(&self, weighed: Weighed) -> EncoderMessage {
        for _ in 0..weighed.units {
            // They were put there before the message was.
            let _ = self.room.try_recv();
        }
        weighed.message
    }
}

/// Units of memory that a message holds. Rows that hold more than all of them go when nothing else is on the way.
fn units(message: &EncoderMessage) -> usize {
    let EncoderMessage::Rows { batch, dead_letters, .. } = message else { return 0 };
    let held_bytes = held_bytes(batch) + dead_letters.as_ref().map_or(0, held_bytes);
    (held_bytes / ENCODER_QUEUE_UNIT_BYTES).min(UNITS_MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, Int64Array, RecordBatch};
    use futures::{FutureExt, executor::block_on};

    use super::*;

    fn rows(bytes: usize) -> EncoderMessage {
        let column: ArrayRef = Arc::new(Int64Array::from(vec![0; bytes / 8]));
        EncoderMessage::Rows {
            dataset: 0,
            batch: RecordBatch::try_from_iter([("n", column)]).unwrap(),
            first_position: 0,
            last_position: 0,
            dead_letters: None,
            events: 1,
            decoder_state: None,
            hold_cut: None,
        }
    }

    #[test]
    fn rows_wait_for_the_memory_of_those_before_them() {
        let (sender, receiver) = channel();
        let half = ENCODER_QUEUE_BYTES_MAX / 2;
        for _ in 0..2 {
            block_on(sender.send(rows(half))).unwrap();
        }
        let mut third = Box::pin(sender.send(rows(half)));
        assert!((&mut third).now_or_never().is_none(), "there is no room");
        block_on(sender.send(EncoderMessage::CutAll)).unwrap();
        receiver.receive().unwrap();
        assert!((&mut third).now_or_never().is_some(), "there is room again");
    }

    #[test]
    fn rows_that_are_larger_than_the_room_go_alone() {
        let (sender, receiver) = channel();
        block_on(sender.send(rows(2 * ENCODER_QUEUE_BYTES_MAX))).unwrap();
        assert!(sender.send(rows(ENCODER_QUEUE_UNIT_BYTES)).now_or_never().is_none());
        receiver.receive().unwrap();
        block_on(sender.send(rows(ENCODER_QUEUE_UNIT_BYTES))).unwrap();
    }

    #[test]
    fn messages_are_bounded_by_their_number_too() {
        let (sender, _receiver) = channel();
        for _ in 0..ENCODER_MESSAGES_MAX {
            block_on(sender.send(rows(8))).unwrap();
        }
        assert!(sender.send(rows(8)).now_or_never().is_none());
    }

    #[test]
    fn several_senders_share_the_room_without_waiting_for_each_other_for_ever() {
        let (sender, receiver) = channel();
        let half_and_a_bit = ENCODER_QUEUE_BYTES_MAX / 2 + ENCODER_QUEUE_UNIT_BYTES;
        let senders: Vec<_> = (0..4)
            .map(|_| {
                let sender = sender.clone();
                std::thread::spawn(move || block_on(sender.send(rows(half_and_a_bit))).unwrap())
            })
            .collect();
        for _ in 0..senders.len() {
            receiver.receive().unwrap();
        }
        for sender in senders {
            sender.join().unwrap();
        }
    }
}
