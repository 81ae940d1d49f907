//! Text of a batch: views into the block where it stands as received, and an arena for what had to change.

use std::fmt::Write;

use arrow::array::make_view;
use arrow::buffer::Buffer;

use crate::limits::ARENA_CHUNK_BYTES;

/// Longest text that lies in the view itself.
const INLINE_BYTES_MAX: usize = 12;

/// Where the text of a batch lies: buffer 0 is the block, the others are chunks of changed text.
#[derive(Debug, Default)]
pub(crate) struct TextBuffers {
    block: Option<Buffer>,
    /// Address range of the block's bytes as decoders see them.
    block_start: usize,
    block_end: usize,
    full_chunks: Vec<Buffer>,
    chunk: Vec<u8>,
}

impl TextBuffers {
    /// Starts a batch over a block: `seen` is the slice that decoders take text from, `block` holds the same bytes.
    pub(crate) fn begin(&mut self, seen: &[u8], block: Buffer) {
        assert_eq!(seen.len(), block.len(), "a block's buffer has its bytes");
        self.block_start = seen.as_ptr() as usize;
        self.block_end = self.block_start + seen.len();
        self.block = Some(block);
        self.full_chunks.clear();
        self.chunk.clear();
    }

    /// The view of a text, which is copied only when it is short or does not lie in the block.
    pub(crate) fn view(&mut self, text: &str) -> u128 {
        if text.len() <= INLINE_BYTES_MAX {
            return make_view(text.as_bytes(), 0, 0);
        }
        let start = text.as_ptr() as usize;
        if start >= self.block_start && start + text.len() <= self.block_end {
            return make_view(text.as_bytes(), 0, (start - self.block_start) as u32);
        }
        self.copy(text)
    }

    fn copy(&mut self, text: &str) -> u128 {
        if self.chunk.len() + text.len() > self.chunk.capacity() {
            self.close_chunk();
            self.chunk.reserve(text.len().max(ARENA_CHUNK_BYTES));
        }
        let offset = self.chunk.len() as u32;
        self.chunk.extend_from_slice(text.as_bytes());
        make_view(text.as_bytes(), self.full_chunks.len() as u32 + 1, offset)
    }

    fn close_chunk(&mut self) {
        if !self.chunk.is_empty() {
            self.full_chunks.push(Buffer::from_vec(std::mem::take(&mut self.chunk)));
        }
    }

    /// Ends the batch: the buffers that its views name.
    pub(crate) fn finish(&mut self) -> Vec<Buffer> {
        self.close_chunk();
        let mut buffers = Vec::with_capacity(1 + self.full_chunks.len());
        buffers.push(self.block.take().unwrap_or_else(|| Buffer::from(&[] as &[u8])));
        buffers.append(&mut self.full_chunks);
        buffers
    }
}

/// Writes bytes that are not all UTF-8 as text from which they can be had back: a byte that is not part of a
/// character becomes `\xHH`, and a backslash before an `x` is doubled.
pub fn escape_invalid_utf8(bytes: &[u8], out: &mut String) {
    out.clear();
    for chunk in bytes.utf8_chunks() {
        let mut rest = chunk.valid();
        while let Some(found) = rest.find("\\x") {
            out.push_str(&rest[..found]);
            out.push_str("\\\\x");
            rest = &rest[found + 2..];
        }
        out.push_str(rest);
        for byte in chunk.invalid() {
            // Writing to a String cannot fail.
            let _ = write!(out, "\\x{byte:02x}");
        }
    }
}

/// Writes text as a JSON string.
pub fn push_json_text(text: &str, out: &mut String) {
    out.push('"');
    let mut written = 0;
    for (position, byte) in text.bytes().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        // The byte is ASCII, so both ends are boundaries of characters.
        out.push_str(&text[written..position]);
        written = position + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            // Writing to a String cannot fail.
            other => {
                let _ = write!(out, "\\u{other:04x}");
            }
        }
    }
    out.push_str(&text[written..]);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invalid_bytes_are_escaped_and_a_written_escape_is_told_apart() {
        let mut out = String::new();
        escape_invalid_utf8(b"caf\xe9 \\xe9 \xc3\xa9", &mut out);
        assert_eq!(out, "caf\\xe9 \\\\xe9 \u{e9}");
    }
}
