//! What a sender asks of those who make events.

/// Makes events without end. The same seed and the same times give the same events.
pub trait Generator: Send {
    /// Bytes of the next event.
    fn next_len(&self) -> usize;

    /// How many events from the next one on have one length, as UDP segmentation offload needs it. At least 1.
    fn group_left(&self) -> usize;

    /// Sets the number that the next event carries, where events carry one; further ones count up.
    fn set_number(&mut self, number: u64);

    /// Appends the next event to `out`, without an end mark, as made just before `now_us` (microseconds since 1970).
    /// Returns how many records it holds.
    fn append_next(&mut self, now_us: i64, out: &mut Vec<u8>) -> u64;
}
