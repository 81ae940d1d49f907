//! Checks that what streams by is rows: whole lines, as many as announced, each of which begins as an object does.
//!
//! What stands inside a line is not looked at: the piper reads it, and keeps what is no row with the reason.

use hotpath::limits::ROW_BYTES_MAX;

/// What has been seen of a batch.
#[derive(Debug, Default)]
pub struct RowCheck {
    lines: u64,
    /// Bytes of the line that has begun.
    line_bytes: usize,
}

/// Why something is not a batch of rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RowsError {
    /// A line begins with something else than `{`.
    #[error("line {0} is no row: it does not begin with {{; nothing of the batch was taken")]
    NoObject(u64),
    /// A line is longer than rows may be.
    #[error("line {0} is longer than 16 MiB; nothing of the batch was taken")]
    TooLong(u64),
    /// The last line has no line break.
    #[error("the batch ends within line {0}; nothing of it was taken")]
    Unfinished(u64),
    /// There are more or fewer lines than announced.
    #[error("the batch has {found} lines, and {announced} were announced; nothing of it was taken")]
    Count {
        /// Lines in the header.
        announced: u64,
        /// Lines in the body.
        found: u64,
    },
    /// There is nothing in it.
    #[error("the batch has no rows")]
    Empty,
}

impl RowCheck {
    /// Looks at the next bytes.
    ///
    /// # Errors
    /// [`RowsError`] as soon as a line is no row; nothing more must be given to it then.
    pub fn take(&mut self, mut text: &[u8]) -> Result<(), RowsError> {
        while let Some(first) = text.first() {
            if self.line_bytes == 0 && *first != b'{' {
                return Err(RowsError::NoObject(self.lines + 1));
            }
            let end = memchr::memchr(b'\n', text);
            self.line_bytes += end.unwrap_or(text.len());
            if self.line_bytes > ROW_BYTES_MAX {
                return Err(RowsError::TooLong(self.lines + 1));
            }
            let Some(end) = end else { return Ok(()) };
            self.lines += 1;
            self.line_bytes = 0;
            text = text.get(end + 1..).unwrap_or_default();
        }
        Ok(())
    }

    /// Ends it: the rows of the batch.
    ///
    /// # Errors
    /// When it is not whole.
    pub fn finish(self, announced: u64) -> Result<u64, RowsError> {
        if self.line_bytes > 0 {
            return Err(RowsError::Unfinished(self.lines + 1));
        }
        if self.lines != announced {
            return Err(RowsError::Count { announced, found: self.lines });
        }
        if self.lines == 0 { Err(RowsError::Empty) } else { Ok(self.lines) }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The outcome when so many bytes come at a time.
    fn check(text: &[u8], announced: u64, step: usize) -> Result<u64, RowsError> {
        let mut check = RowCheck::default();
        for piece in text.chunks(step) {
            check.take(piece)?;
        }
        check.finish(announced)
    }

    #[test]
    fn rows_are_whole_lines_as_many_as_announced() {
        for step in [1, 2, 5, 100] {
            assert_eq!(check(b"{}\n{\"a\":1}\n", 2, step), Ok(2));
            assert_eq!(check(b"{}\n{}", 2, step), Err(RowsError::Unfinished(2)));
            assert_eq!(check(b"{}\n{}\n", 3, step), Err(RowsError::Count { announced: 3, found: 2 }));
            assert_eq!(check(b"{}\n\n{}\n", 3, step), Err(RowsError::NoObject(2)));
            assert_eq!(check(b"{}\n[]\n", 2, step), Err(RowsError::NoObject(2)));
            assert_eq!(check(b"", 0, step), Err(RowsError::Empty));
        }
    }

    #[test]
    fn a_line_without_end_is_left_when_it_is_too_long() {
        let mut check = RowCheck::default();
        check.take(b"{}\n{").unwrap();
        let piece = vec![b'x'; 1 << 20];
        let taken = (0..100).take_while(|_| check.take(&piece).is_ok()).count();
        assert_eq!(taken, (ROW_BYTES_MAX >> 20) - 1);
    }

    proptest! {
        #[test]
        fn how_the_bytes_come_in_changes_nothing(
            text in "(\\{[a-z]{0,3}\\}?\n?|x|\n){0,12}", announced in 0_u64..6, step in 1_usize..9
        ) {
            let whole = check(text.as_bytes(), announced, usize::MAX);
            prop_assert_eq!(check(text.as_bytes(), announced, step), whole);
            let is_right = text.ends_with('\n')
                && text.lines().all(|line| line.starts_with('{'))
                && text.lines().count() as u64 == announced;
            prop_assert_eq!(whole.is_ok(), is_right);
        }
    }
}
