//! What a command prints: its result to standard output, words about it to standard error.

use std::fmt;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::os::fd::AsFd;

use anyhow::{Context, Result};

/// Bytes gathered before they are written.
const BUFFER_BYTES: usize = 64 * 1024;

/// Standard output, buffered; a command opens it once and is the only one to write to it. Flush it at the end: what is
/// lost on drop is lost without a word.
///
/// Rust's own handle looks for line breaks in everything that goes through it, and its lock may not leave its thread.
/// When the reader has gone (`| head`), writing fails with [`ReaderGone`], which ends the command without an error.
#[derive(Debug)]
pub struct Output {
    buffer: BufWriter<File>,
}

/// Whoever read our output has seen enough.
#[derive(Debug)]
struct ReaderGone;

impl fmt::Display for ReaderGone {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("nobody reads the output any more")
    }
}

impl std::error::Error for ReaderGone {}

impl Output {
    /// Opens standard output.
    ///
    /// # Errors
    /// When the process has no descriptor left.
    pub fn open() -> Result<Self> {
        let descriptor =
            io::stdout().as_fd().try_clone_to_owned().context("cannot open the standard output")?;
        Ok(Self { buffer: BufWriter::with_capacity(BUFFER_BYTES, File::from(descriptor)) })
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.write(bytes).map_err(mark)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.buffer.flush().map_err(mark)
    }
}

fn mark(error: io::Error) -> io::Error {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return io::Error::new(io::ErrorKind::BrokenPipe, ReaderGone);
    }
    error
}

/// Whether an error says no more than that the reader of our output has gone.
pub fn is_reader_gone(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>());
    causes.any(|cause| cause.get_ref().is_some_and(<dyn std::error::Error + Send + Sync>::is::<ReaderGone>))
}

/// Writes a line to standard error. There is nobody to tell when that fails.
pub fn note(line: impl fmt::Display) {
    let _ = writeln!(io::stderr().lock(), "{line}");
}

/// Whether a character does something to a terminal, or turns its text around.
fn is_control(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text from outside as a terminal may show it: what controls a terminal is escaped.
pub fn printable(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_control(character) {
            shown.extend(character.escape_default());
        } else {
            shown.push(character);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context;

    #[test]
    fn a_reader_that_went_away_is_told_from_other_broken_pipes() {
        let gone = mark(io::ErrorKind::BrokenPipe.into());
        let error = Err::<(), _>(gone).context("cannot write the result").unwrap_err();
        assert!(is_reader_gone(&error));
        let network = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(!is_reader_gone(&network));
    }

    #[test]
    fn escape_sequences_do_not_reach_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\u{202e}ü"), "a\\u{1b}[2Jb\\u{202e}ü");
    }
}
