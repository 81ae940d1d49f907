//! A stream of lines in pieces of whole lines, as [`super::RowReader`] takes them.

use std::io::{self, Read};

use crate::limits::{ROW_BYTES_MAX, ROW_PIECE_BYTES};

/// Cuts a stream into pieces of whole lines. Where it cuts follows from the content alone, not from how it came in, so
/// that a second reading gives the same pieces.
#[derive(Debug)]
pub struct LinePieces<R> {
    input: R,
    /// The beginning of the line that the last piece ended before.
    rest: Vec<u8>,
    is_over: bool,
}

impl<R: Read> LinePieces<R> {
    /// The lines of a stream.
    pub fn new(input: R) -> Self {
        Self { input, rest: Vec::new(), is_over: false }
    }

    /// The next piece, `None` at the end. Only the last one may lack the line break at its end.
    ///
    /// # Errors
    /// Those of the stream; `InvalidData` for a line that is longer than rows may be.
    pub fn next_piece(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut piece = std::mem::take(&mut self.rest);
        let mut bytes_wanted = ROW_PIECE_BYTES;
        while !self.is_over {
            let known = piece.len();
            let missing = bytes_wanted.saturating_sub(known);
            let read = self.input.by_ref().take(missing as u64).read_to_end(&mut piece)?;
            self.is_over = read < missing;
            let fresh = piece.get(known..).unwrap_or_default();
            if let Some(end) = memchr::memrchr(b'\n', fresh) {
                self.rest = piece.split_off(known + end + 1);
                return Ok(Some(piece));
            }
            if piece.len() > ROW_BYTES_MAX {
                let reason = format!("a line has more than {ROW_BYTES_MAX} bytes");
                return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
            }
            // A line that is longer than pieces are.
            bytes_wanted = piece.len() + ROW_PIECE_BYTES;
        }
        // What was left behind the last line break, which may be whole lines of a stream that was over by then.
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }

    /// The stream.
    pub fn input(&self) -> &R {
        &self.input
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Gives its bytes in portions of a size.
    struct Portions<'a>(&'a [u8], usize);

    impl Read for Portions<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let length = into.len().min(self.1);
            self.0.read(&mut into[..length])
        }
    }

    fn pieces(bytes: &[u8], portion: usize) -> Vec<Vec<u8>> {
        let mut lines = LinePieces::new(Portions(bytes, portion));
        std::iter::from_fn(|| lines.next_piece().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn pieces_are_whole_lines_whatever_the_portions(
            lengths in prop::collection::vec(prop_oneof![0..200_usize, 100_000..900_000_usize], 0..12),
            has_end in any::<bool>(),
        ) {
            let mut bytes = Vec::new();
            for length in lengths {
                bytes.extend(std::iter::repeat_n(b'x', length));
                bytes.push(b'\n');
            }
            if !has_end {
                bytes.pop();
            }
            let first = pieces(&bytes, 1 << 20);
            prop_assert_eq!(first.concat(), bytes.clone());
            prop_assert_eq!(&pieces(&bytes, 4_097), &first);
            for piece in first.iter().rev().skip(1) {
                prop_assert!(piece.ends_with(b"\n"));
            }
        }
    }

    #[test]
    fn a_line_without_end_is_refused_before_it_fills_the_memory() {
        let error = LinePieces::new(io::repeat(b'x')).next_piece().unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
    }
}
