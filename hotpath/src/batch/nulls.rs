//! Where a column has no value, while it is built.

use std::ops::Range;

use arrow::array::BooleanBufferBuilder;
use arrow::buffer::NullBuffer;

/// The rows of a column that are null, as runs in ascending order: a row with a value costs nothing here.
#[derive(Debug, Default)]
pub(crate) struct NullRuns {
    runs: Vec<Range<u32>>,
}

impl NullRuns {
    /// Adds the rows from `start` to before `end`, which lie behind all others.
    pub(crate) fn push(&mut self, start: usize, end: usize) {
        // A batch has the rows of one block, which are far fewer than 32 bits count.
        let (start, end) = (start as u32, end as u32);
        match self.runs.last_mut() {
            Some(last) if last.end == start => last.end = end,
            _ => self.runs.push(start..end),
        }
    }

    /// Fills a column up with nulls to `row`; `None`, and nothing is done, where it has more.
    #[cold]
    pub(crate) fn pad<T: Clone + Default>(&mut self, values: &mut Vec<T>, row: usize) -> Option<()> {
        if values.len() > row {
            return None;
        }
        self.push(values.len(), row);
        values.resize(row, T::default());
        Some(())
    }

    /// Forgets the rows from `length` on.
    pub(crate) fn truncate(&mut self, length: usize) {
        let length = length as u32;
        self.runs.retain(|run| run.start < length);
        if let Some(last) = self.runs.last_mut() {
            last.end = last.end.min(length);
        }
    }

    /// The nulls of a column of `rows` rows, `None` when there are none; it is empty afterwards.
    pub(crate) fn finish(&mut self, rows: usize) -> Option<NullBuffer> {
        if self.runs.is_empty() {
            return None;
        }
        let mut bits = BooleanBufferBuilder::new(rows);
        for run in self.runs.drain(..) {
            bits.append_n(run.start as usize - bits.len(), true);
            bits.append_n(run.len(), false);
        }
        bits.append_n(rows - bits.len(), true);
        Some(NullBuffer::new(bits.finish()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nulls_of(buffer: Option<&NullBuffer>) -> Vec<bool> {
        buffer.into_iter().flat_map(|nulls| nulls.iter().map(|valid| !valid).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn runs_become_bits() {
        let mut nulls = NullRuns::default();
        nulls.push(1, 2);
        nulls.push(2, 3);
        nulls.push(4, 5);
        assert_eq!(nulls_of(nulls.finish(6).as_ref()), [false, true, true, false, true, false]);
        assert!(nulls.finish(6).is_none(), "a finished column starts afresh");
    }

    #[test]
    fn rows_that_are_taken_back_are_not_null() {
        let mut nulls = NullRuns::default();
        nulls.push(0, 3);
        nulls.push(5, 6);
        nulls.truncate(2);
        assert_eq!(nulls_of(nulls.finish(4).as_ref()), [true, true, false, false]);
    }
}
