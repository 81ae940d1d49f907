//! From a text to the values in it, by simd-json with its buffers used again, and what simd-json lets pass refused.

use simd_json::{Buffers, Tape};

use super::document::{Document, Scratch};
use super::mend::{Mended, NoNumber, has_long_number, has_surrogate, mend};

/// Why a text is not read, in words for `parse_error`.
pub(crate) type Fault = &'static str;

const EMPTY: Fault = "an empty event";
const WITH_NUL: Fault = "JSON with a NUL byte in it (RFC 8259 section 2)";
const BROKEN: Fault = "broken JSON (RFC 8259)";
const NO_JSON: Fault = "no JSON (RFC 8259)";
const LONE_SURROGATE: Fault = "JSON with half of a surrogate pair (RFC 8259 section 8.2)";

/// What may stand around a value (RFC 8259 section 2).
pub(super) const WHITE_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

/// Reads texts; its memory is used again for the next one.
#[derive(Default)]
pub(crate) struct JsonReader {
    /// simd-json unescapes in place, so it works on a copy.
    copy: Vec<u8>,
    buffers: Buffers,
    tape: Option<Tape<'static>>,
    mended: String,
    scratch: Scratch,
}

impl std::fmt::Debug for JsonReader {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("JsonReader").field("copy_bytes", &self.copy.capacity()).finish_non_exhaustive()
    }
}

impl JsonReader {
    /// Reads a text that is one JSON value, and hands it to `take`.
    ///
    /// # Errors
    /// Why it is no JSON; `take` is not called then.
    pub(crate) fn read<R>(
        &mut self,
        text: &str,
        take: impl FnOnce(Document<'_>, &mut Scratch) -> R,
    ) -> Result<R, Fault> {
        let text = text.trim_matches(WHITE_SPACE);
        if text.is_empty() {
            return Err(EMPTY);
        }
        // simd-json takes a NUL for the end of a value, and does not look at what stands between it and the next comma
        // or bracket.
        if memchr::memchr(0, text.as_bytes()).is_some() {
            return Err(WITH_NUL);
        }
        // It makes doubles of long decimals, does not look at what touches a long number, and makes NUL of half a
        // surrogate pair.
        let must_mend = has_long_number(text.as_bytes()) || has_surrogate(text.as_bytes());
        let empty = self.tape.take().unwrap_or_else(|| Tape(Vec::new()));
        let first = if must_mend { Err(empty) } else { fill(text, &mut self.copy, &mut self.buffers, empty) };
        let mut mended = Mended::default();
        let filled = match first {
            Ok(filled) => Ok(filled),
            Err(empty) => match mend(text, &mut self.mended) {
                Ok(found) if found.is_changed => {
                    mended = found;
                    fill(&self.mended, &mut self.copy, &mut self.buffers, empty)
                }
                Ok(_) if must_mend => fill(text, &mut self.copy, &mut self.buffers, empty),
                // It was no JSON as it is, and there is nothing to mend.
                Ok(_) | Err(NoNumber) => Err(empty),
            },
        };
        let (tape, copy_start) = match filled {
            Ok(filled) => filled,
            Err(empty) => {
                self.tape = Some(empty);
                return Err(fault_of(text));
            }
        };
        let source = if mended.is_changed { self.mended.as_str() } else { text };
        let liberty = mended.has_lone_surrogate.then_some(LONE_SURROGATE);
        let document = Document::new(&tape.0, source, copy_start, mended.mark, liberty);
        let result = take(document, &mut self.scratch);
        self.tape = Some(tape.reset());
        Ok(result)
    }
}

/// The values of a text on a tape, and where the copy that their texts lie in begins; the tape as it was, empty, where
/// the text is no JSON.
fn fill<'a>(
    text: &str,
    copy: &'a mut Vec<u8>,
    buffers: &mut Buffers,
    tape: Tape<'static>,
) -> Result<(Tape<'a>, usize), Tape<'static>> {
    copy.clear();
    copy.extend_from_slice(text.as_bytes());
    let copy_start = copy.as_ptr() as usize;
    let mut tape = tape.reset();
    match simd_json::fill_tape(copy, buffers, &mut tape) {
        Ok(()) => Ok((tape, copy_start)),
        Err(_) => Err(tape.reset()),
    }
}

fn fault_of(text: &str) -> Fault {
    if text.starts_with(['{', '[']) { BROKEN } else { NO_JSON }
}
