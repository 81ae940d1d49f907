//! Lines that are no rows, with the reason: written beside the files of a plan, and put into the lake before it is committed.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::error::PackError;

/// A line that is no row.
#[derive(Debug, Serialize)]
struct DeadLetter<'a> {
    /// The batch that it came in.
    batch: &'a str,
    reason: &'a str,
    /// The line, where it is text.
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<&'a str>,
    /// The line's bytes in hexadecimal, where it is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    line_hex: Option<String>,
}

/// The dead letters of a plan. There is no file before the first.
#[derive(Debug)]
pub(crate) struct DeadLetters {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    count: u64,
}

impl DeadLetters {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, file: None, count: 0 }
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn push(&mut self, batch: &str, reason: &str, line: &[u8]) -> Result<(), PackError> {
        let path = &self.path;
        let file = match &mut self.file {
            Some(file) => file,
            None => {
                let file = File::create(path).map_err(|error| PackError::spool("create", path, error))?;
                self.file.insert(BufWriter::new(file))
            }
        };
        let text = std::str::from_utf8(line).ok();
        let line_hex = text.is_none().then(|| hexadecimal(line));
        let letter = DeadLetter { batch, reason, line: text, line_hex };
        serde_json::to_writer(&mut *file, &letter)
            .map_err(std::io::Error::from)
            .and_then(|()| file.write_all(b"\n"))
            .map_err(|error| PackError::spool("write", path, error))?;
        self.count += 1;
        Ok(())
    }

    /// Ends the file, if there is one.
    pub(crate) fn finish(self) -> Result<Option<PathBuf>, PackError> {
        let Some(mut file) = self.file else { return Ok(None) };
        file.flush().map_err(|error| PackError::spool("write", &self.path, error))?;
        Ok(Some(self.path))
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digit = |value: u8| char::from(DIGITS[usize::from(value & 15)]);
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// Where the dead letters of the plan under way are written.
pub(crate) fn path_in(folder: &Path) -> PathBuf {
    folder.join("dead_letters.ndjson")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_kept_with_batch_and_reason_whatever_its_bytes() {
        let folder = tempfile::tempdir().unwrap();
        let mut letters = DeadLetters::new(path_in(folder.path()));
        letters.push("t/d/batch", "no object", b"[1, \"a\"]").unwrap();
        letters.push("t/d/batch", "no text", b"\xff\x00z").unwrap();
        assert_eq!(letters.count(), 2);
        let path = letters.finish().unwrap().unwrap();
        assert_eq!(
            std::fs::read_to_string(path).unwrap(),
            "{\"batch\":\"t/d/batch\",\"reason\":\"no object\",\"line\":\"[1, \\\"a\\\"]\"}\n\
             {\"batch\":\"t/d/batch\",\"reason\":\"no text\",\"line_hex\":\"ff007a\"}\n"
        );
        let nothing = DeadLetters::new(folder.path().join("other"));
        assert_eq!(nothing.finish().unwrap(), None);
    }
}
