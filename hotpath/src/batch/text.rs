//! Text of a batch: views into the block where it stands as received, and an arena for what had to change.

use std::fmt::Write;

use arrow::array::make_view;
use arrow::buffer::Buffer;

use crate::limits::ARENA_CHUNK_BYTES;

/// Longest text that lies in the view itself.
pub(super) const INLINE_BYTES_MAX: usize = 12;

/// Where the text of a batch lies: buffer 0 is the block, the others are chunks of changed text.
#[derive(Debug, Default)]
pub(crate) struct TextBuffers {
    block: Buffer,
    /// Address of the block's bytes as decoders see them.
    block_start: usize,
    full_chunks: Vec<Buffer>,
    chunk: Vec<u8>,
}

impl TextBuffers {
    /// Starts a batch over a block: `seen` is the slice that decoders take text from, `block` holds the same bytes.
    pub(crate) fn begin(&mut self, seen: &[u8], block: Buffer) {
        assert_eq!(seen.len(), block.len(), "a block's buffer has its bytes");
        self.block_start = seen.as_ptr() as usize;
        self.block = block;
        self.full_chunks.clear();
        self.chunk.clear();
    }

    /// The view of a text, which is copied only when it is short or does not lie in the block.
    #[inline(always)]
    pub(crate) fn view(&mut self, text: &str) -> u128 {
        // What lies before the block wraps around to an offset that is beyond any block.
        let offset = (text.as_ptr() as usize).wrapping_sub(self.block_start);
        if let Some(first) = self.first_bytes(offset, text.len()) {
            return block_view(first, text.len(), offset);
        }
        self.view_elsewhere(text, offset)
    }

    /// The four bytes at an offset of the block and the eight after them, as numbers, where the block goes on for
    /// as long, and for the length of the text that is there.
    #[inline]
    fn first_bytes(&self, offset: usize, length: usize) -> Option<(u32, u64)> {
        let text = self.block.get(offset..)?;
        if text.len() < length.max(INLINE_BYTES_MAX) {
            return None;
        }
        let (first, rest) = text.split_first_chunk()?;
        Some((u32::from_le_bytes(*first), u64::from_le_bytes(*rest.first_chunk()?)))
    }

    /// What tells short texts apart: the view, which holds all of one that has at most 12 bytes, and of a longer
    /// one the length and the first four bytes.
    #[inline]
    pub(crate) fn key(&self, text: &str) -> u128 {
        let offset = (text.as_ptr() as usize).wrapping_sub(self.block_start);
        match self.first_bytes(offset, text.len()) {
            Some(first) => block_view(first, text.len(), 0),
            None => make_view(text.as_bytes(), 0, 0),
        }
    }

    /// The view of a text that does not lie in the block, or at its very end.
    #[cold]
    fn view_elsewhere(&mut self, text: &str, offset: usize) -> u128 {
        if text.len() <= INLINE_BYTES_MAX {
            return make_view(text.as_bytes(), 0, 0);
        }
        if text.len() <= self.block.len() && offset <= self.block.len() - text.len() {
            return make_view(text.as_bytes(), 0, offset as u32);
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
        buffers.push(std::mem::take(&mut self.block));
        buffers.append(&mut self.full_chunks);
        buffers
    }
}

/// The view of a text that begins with the four bytes and the eight bytes `first`, of which those behind its end
/// do not count: one way for all lengths, because those of fields cannot be foretold.
#[inline]
fn block_view(first: (u32, u64), length: usize, offset: usize) -> u128 {
    let (first_mask, next_mask) = INLINE_MASKS[length.min(INLINE_BYTES_MAX)];
    let lower = length as u64 | u64::from(first.0 & first_mask) << 32;
    let inline = first.1 & next_mask;
    // A longer text is in buffer 0.
    let upper = if length <= INLINE_BYTES_MAX { inline } else { (offset as u64) << 32 };
    u128::from(lower) | u128::from(upper) << 64
}

/// For each length of a text in a view, the bits of its first four bytes and of the eight after them.
const INLINE_MASKS: [(u32, u64); INLINE_BYTES_MAX + 1] = {
    let mut masks = [(0, 0); INLINE_BYTES_MAX + 1];
    let mut length = 0;
    while length <= INLINE_BYTES_MAX {
        let bits = (1u128 << (8 * length)) - 1;
        masks[length] = (bits as u32, (bits >> 32) as u64);
        length += 1;
    }
    masks
};

/// The view of a text that is known before any block comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShortText(u128);

impl ShortText {
    /// # Panics
    /// When the text is longer than 12 bytes: in a constant, the build fails.
    pub const fn new(text: &'static str) -> Self {
        assert!(text.len() <= INLINE_BYTES_MAX, "a short text has at most 12 bytes");
        let bytes = text.as_bytes();
        let mut view = bytes.len() as u128;
        let mut position = 0;
        while position < bytes.len() {
            view |= (bytes[position] as u128) << (32 + 8 * position);
            position += 1;
        }
        Self(view)
    }

    #[inline]
    pub(crate) fn view(self) -> u128 {
        self.0
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
