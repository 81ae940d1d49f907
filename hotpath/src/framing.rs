//! Messages in a stream of bytes: RFC 6587, octet counting (section 3.4.1) and lines (section 3.4.2); IPFIX, whose
//! messages have their length in their header (RFC 7011 section 10.4).
//!
//! Does no I/O: the owner of a connection reads into its buffer, asks for messages until there are none, and moves
//! what is left to the front. The result does not depend on how the stream was cut into reads.

use std::ops::Range;

use crate::limits::OCTET_COUNT_DIGITS_MAX;

/// How the messages of a stream are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Framing {
    /// Each stream says it by its first bytes: a number, a space and `<` begin a counted message, anything else a line.
    Auto,
    /// Each message ends with LF or NUL; CR before it is no part of the message. Blank lines are not messages.
    Newline,
    /// Each message follows its length in digits and a space.
    OctetCounted,
    /// Each message is an IPFIX message (RFC 7011 section 3.1).
    Ipfix,
}

/// Version of an IPFIX message, its first two bytes (RFC 7011 section 3.1).
const IPFIX_VERSION: u16 = 10;

/// Bytes of the header of an IPFIX message; its length, in bytes 2 and 3, counts them (RFC 7011 section 3.1).
const IPFIX_HEADER_BYTES: usize = 16;

/// A message in the buffer that [`Framer::next`] was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Where it lies.
    pub range: Range<usize>,
    /// It was longer than the longest, and was cut.
    pub truncated: bool,
}

/// What comes next in a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Framed {
    /// A message.
    Message(Message),
    /// Nothing is whole yet: discard what is consumed, read more, ask again.
    NeedMore,
    /// Where the next message begins can no longer be told: close the connection, so that the sender starts afresh.
    Close(CloseReason),
}

/// Why a stream cannot be followed any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CloseReason {
    /// A frame of a counted stream has no count, and no line end either.
    #[error("no octet count where a message must begin, and no line end within the longest message")]
    LostCount,
    /// What stands where an IPFIX message must begin is none.
    #[error("version {0} where an ipfix message, version 10, must begin")]
    IpfixVersion(u16),
    /// The length of an IPFIX message does not even hold its header.
    #[error("an ipfix message of {0} bytes: its header alone has 16")]
    IpfixLength(u16),
}

/// What a framer met beside whole messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FramerCounts {
    /// Messages that were cut at the longest.
    pub cut_messages: u64,
    /// Bytes of cut messages that were thrown away.
    pub skipped_bytes: u64,
    /// Frames of a counted stream without a count, which were taken as lines.
    pub uncounted_frames: u64,
}

/// Finds messages in one stream.
#[derive(Debug)]
pub struct Framer {
    framing: Framing,
    message_bytes_max: usize,
    /// First byte of the buffer that is not consumed.
    position: usize,
    /// First byte that was not looked at for a line end.
    scanned: usize,
    skip: Skip,
    counts: FramerCounts,
}

/// What is left of a message that was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Skip {
    Nothing,
    ToLineEnd,
    Bytes(usize),
}

/// What a frame begins with.
enum Start {
    /// A counted message: bytes of the count and its space, and of the message.
    Count(usize, usize),
    Line,
    NeedMore,
}

impl Framer {
    /// A framer for a new stream. Messages longer than `message_bytes_max` are cut.
    pub fn new(framing: Framing, message_bytes_max: usize) -> Self {
        Self {
            framing,
            message_bytes_max: message_bytes_max.max(1),
            position: 0,
            scanned: 0,
            skip: Skip::Nothing,
            counts: FramerCounts::default(),
        }
    }

    /// Bytes that the buffer must be able to hold for the longest message with its count and line end.
    pub fn buffer_bytes_max(&self) -> usize {
        self.message_bytes_max + OCTET_COUNT_DIGITS_MAX + 2
    }

    /// What was met beside whole messages so far.
    pub fn counts(&self) -> FramerCounts {
        self.counts
    }

    /// The next message of the stream; `buffer` is what was read and not discarded yet.
    pub fn next(&mut self, buffer: &[u8]) -> Framed {
        loop {
            if !self.skip_rest(buffer) {
                return Framed::NeedMore;
            }
            if self.framing == Framing::Ipfix {
                return self.ipfix(buffer);
            }
            if self.framing == Framing::Newline {
                match self.line(buffer) {
                    Some(message) if is_blank(&buffer[message.range.clone()]) && !message.truncated => {
                        continue;
                    }
                    Some(message) => return Framed::Message(message),
                    None => return Framed::NeedMore,
                }
            }
            self.skip_blanks(buffer);
            match start(&buffer[self.position..], self.framing == Framing::Auto) {
                Start::NeedMore => return Framed::NeedMore,
                Start::Count(count_bytes, message_bytes) => {
                    self.framing = Framing::OctetCounted;
                    return match self.counted(buffer, count_bytes, message_bytes) {
                        Some(message) => Framed::Message(message),
                        None => Framed::NeedMore,
                    };
                }
                Start::Line if self.framing == Framing::Auto => self.framing = Framing::Newline,
                Start::Line => return self.uncounted(buffer),
            }
        }
    }

    /// How many bytes at the front of the buffer are done with. The caller removes them before it asks again.
    pub fn discard_consumed(&mut self) -> usize {
        let consumed = self.position;
        self.scanned = self.scanned.saturating_sub(consumed);
        self.position = 0;
        consumed
    }

    /// The last message of a stream that has ended without its line end or before its count was full. To be asked
    /// once, after [`Framer::next`] gave [`Framed::NeedMore`].
    pub fn finish(&mut self, buffer: &[u8]) -> Option<Message> {
        if self.skip != Skip::Nothing {
            self.position = buffer.len();
            return None;
        }
        if self.framing == Framing::Ipfix {
            return self.rest(buffer);
        }
        let mut start = self.position;
        self.position = buffer.len();
        let mut short = false;
        if self.framing == Framing::OctetCounted
            && let Start::Count(count_bytes, _) = start_of(&buffer[start..])
        {
            start += count_bytes;
            short = true;
        }
        let length = without_line_end(&buffer[start..]).len();
        // Digits that might have become a count may be more than the longest message.
        let kept = length.min(self.message_bytes_max);
        let range = start..start + kept;
        if is_blank(&buffer[range.clone()]) {
            return None;
        }
        self.counts.cut_messages += u64::from(kept < length);
        self.counts.skipped_bytes += (length - kept) as u64;
        Some(Message { range, truncated: short || kept < length })
    }

    /// What is in the buffer where a stream cannot be followed any further, as one message, cut at the longest. To be
    /// asked once, after [`Framer::next`] gave [`Framed::Close`].
    pub fn rest(&mut self, buffer: &[u8]) -> Option<Message> {
        let start = self.position;
        self.position = buffer.len();
        let end = buffer.len().min(start + self.message_bytes_max);
        self.counts.skipped_bytes += (buffer.len() - end) as u64;
        (start < end).then_some(Message { range: start..end, truncated: true })
    }

    /// An IPFIX message (RFC 7011 section 3.1): version and length, then the rest of it.
    fn ipfix(&mut self, buffer: &[u8]) -> Framed {
        let rest = &buffer[self.position..];
        let Some(([version_high, version_low, length_high, length_low], _)) = rest.split_first_chunk::<4>()
        else {
            return Framed::NeedMore;
        };
        let version = u16::from_be_bytes([*version_high, *version_low]);
        if version != IPFIX_VERSION {
            return Framed::Close(CloseReason::IpfixVersion(version));
        }
        let length = u16::from_be_bytes([*length_high, *length_low]);
        if usize::from(length) < IPFIX_HEADER_BYTES {
            return Framed::Close(CloseReason::IpfixLength(length));
        }
        match self.counted(buffer, 0, usize::from(length)) {
            Some(message) => Framed::Message(message),
            None => Framed::NeedMore,
        }
    }

    /// Goes past what is left of a cut message; `false` when its end has not come.
    fn skip_rest(&mut self, buffer: &[u8]) -> bool {
        let rest = &buffer[self.position..];
        let (bytes, is_done) = match self.skip {
            Skip::Nothing => return true,
            Skip::Bytes(left) => (left.min(rest.len()), left <= rest.len()),
            Skip::ToLineEnd => {
                memchr::memchr2(b'\n', 0, rest).map_or((rest.len(), false), |found| (found + 1, true))
            }
        };
        self.skip = match self.skip {
            Skip::Bytes(left) if !is_done => Skip::Bytes(left - bytes),
            skip if !is_done => skip,
            _ => Skip::Nothing,
        };
        self.counts.skipped_bytes += bytes as u64;
        self.position += bytes;
        self.scanned = self.position;
        is_done
    }

    /// Goes past line ends and spaces that some senders put between counted messages.
    fn skip_blanks(&mut self, buffer: &[u8]) {
        let blanks = buffer[self.position..].iter().take_while(|byte| is_blank_byte(**byte)).count();
        self.position += blanks;
        self.scanned = self.scanned.max(self.position);
    }

    /// A message up to its line end, or cut at the longest.
    fn line(&mut self, buffer: &[u8]) -> Option<Message> {
        let start = self.position;
        let from = self.scanned.max(start);
        // The line end may be one byte behind the longest message.
        let until = buffer.len().min(start + self.message_bytes_max + 1);
        if let Some(found) = memchr::memchr2(b'\n', 0, &buffer[from..until]) {
            let end = from + found;
            self.position = end + 1;
            self.scanned = self.position;
            let length = without_line_end(&buffer[start..end]).len();
            return Some(Message { range: start..start + length, truncated: false });
        }
        self.scanned = until;
        if until - start <= self.message_bytes_max {
            return None;
        }
        self.skip = Skip::ToLineEnd;
        Some(self.cut(start))
    }

    fn counted(&mut self, buffer: &[u8], count_bytes: usize, message_bytes: usize) -> Option<Message> {
        let start = self.position + count_bytes;
        let kept = message_bytes.min(self.message_bytes_max);
        if buffer.len() < start + kept {
            return None;
        }
        if kept < message_bytes {
            self.skip = Skip::Bytes(message_bytes - kept);
            return Some(self.cut(start));
        }
        self.position = start + kept;
        self.scanned = self.position;
        Some(Message { range: start..start + kept, truncated: false })
    }

    /// The first bytes of a message that is too long.
    fn cut(&mut self, start: usize) -> Message {
        self.counts.cut_messages += 1;
        self.position = start + self.message_bytes_max;
        self.scanned = self.position;
        Message { range: start..self.position, truncated: true }
    }

    /// A frame of a counted stream that has no count: a line, if it ends.
    fn uncounted(&mut self, buffer: &[u8]) -> Framed {
        let Some(message) = self.line(buffer) else { return Framed::NeedMore };
        if message.truncated {
            self.position = message.range.start;
            self.skip = Skip::Nothing;
            self.counts.cut_messages -= 1;
            return Framed::Close(CloseReason::LostCount);
        }
        self.counts.uncounted_frames += 1;
        Framed::Message(message)
    }
}

/// What a frame begins with. A stream that has not shown its framing must show a PRI behind the count: lines
/// begin with numbers too.
fn start(rest: &[u8], undecided: bool) -> Start {
    match start_of(rest) {
        Start::Count(count_bytes, _) if undecided => match rest.get(count_bytes) {
            None => Start::NeedMore,
            Some(b'<') => start_of(rest),
            Some(_) => Start::Line,
        },
        other => other,
    }
}

fn start_of(rest: &[u8]) -> Start {
    let digits =
        rest.iter().take(OCTET_COUNT_DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
    if digits == rest.len() && digits <= OCTET_COUNT_DIGITS_MAX {
        return Start::NeedMore;
    }
    if digits == 0 || digits > OCTET_COUNT_DIGITS_MAX || rest[0] == b'0' || rest[digits] != b' ' {
        return Start::Line;
    }
    let message_bytes = rest[..digits].iter().fold(0, |count, digit| count * 10 + usize::from(digit - b'0'));
    Start::Count(digits + 1, message_bytes)
}

fn without_line_end(mut line: &[u8]) -> &[u8] {
    while let [before @ .., b'\r' | b'\n' | 0] = line {
        line = before;
    }
    line
}

fn is_blank(line: &[u8]) -> bool {
    line.iter().all(|byte| is_blank_byte(*byte))
}

fn is_blank_byte(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r' | 0)
}

/// All messages of bytes that are whole, a file for instance. What follows where a counted stream cannot be
/// followed any further is taken as one more message, cut at the longest.
pub fn split_messages(
    bytes: &[u8],
    framing: Framing,
    message_bytes_max: usize,
) -> impl Iterator<Item = (&[u8], bool)> {
    let mut framer = Framer::new(framing, message_bytes_max);
    let mut is_done = false;
    std::iter::from_fn(move || {
        if is_done {
            return None;
        }
        let message = match framer.next(bytes) {
            Framed::Message(message) => message,
            Framed::NeedMore => {
                is_done = true;
                framer.finish(bytes)?
            }
            Framed::Close(_) => {
                is_done = true;
                framer.rest(bytes)?
            }
        };
        Some((&bytes[message.range], message.truncated))
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Messages = Vec<(Vec<u8>, bool)>;

    fn whole(stream: &[u8], framing: Framing, max: usize) -> Messages {
        split_messages(stream, framing, max).map(|(message, cut)| (message.to_vec(), cut)).collect()
    }

    fn texts(stream: &str, framing: Framing) -> Vec<String> {
        let messages = whole(stream.as_bytes(), framing, 1000);
        messages.into_iter().map(|(message, _)| String::from_utf8(message).unwrap()).collect()
    }

    /// Reads a stream as a connection does, `reads` bytes at a time.
    fn by_reads(
        stream: &[u8],
        framing: Framing,
        max: usize,
        reads: &[usize],
    ) -> (Messages, bool, FramerCounts) {
        let mut framer = Framer::new(framing, max);
        let (mut buffer, mut messages) = (Vec::new(), Vec::new());
        let (mut at, mut turn) = (0, 0);
        loop {
            match framer.next(&buffer) {
                Framed::Message(message) => {
                    messages.push((buffer[message.range].to_vec(), message.truncated));
                    continue;
                }
                Framed::Close(_) => return (messages, true, framer.counts()),
                Framed::NeedMore => {}
            }
            buffer.drain(..framer.discard_consumed());
            assert!(buffer.len() < framer.buffer_bytes_max(), "the buffer never needs more than it may have");
            if at == stream.len() {
                break;
            }
            let free = framer.buffer_bytes_max() - buffer.len();
            let read = reads[turn % reads.len()].clamp(1, free).min(stream.len() - at);
            buffer.extend_from_slice(&stream[at..at + read]);
            (at, turn) = (at + read, turn + 1);
        }
        if let Some(last) = framer.finish(&buffer) {
            messages.push((buffer[last.range].to_vec(), last.truncated));
        }
        (messages, false, framer.counts())
    }

    #[test]
    fn lines_end_with_lf_nul_or_the_stream() {
        assert_eq!(texts("<1>a\n<2>b\r\n\n  \n<3>c\0<4>d", Framing::Auto), ["<1>a", "<2>b", "<3>c", "<4>d"]);
        assert_eq!(texts("2024 a\n12 <b\n", Framing::Newline), ["2024 a", "12 <b"]);
    }

    #[test]
    fn counted_messages_may_hold_anything() {
        let expected = ["<1>a\nb", "<2>12 <c", "x"];
        assert_eq!(texts("6 <1>a\nb8 <2>12 <c1 x", Framing::Auto), expected);
        assert_eq!(
            texts("6 <1>a\nb\n8 <2>12 <c\r\n1 x\n", Framing::Auto),
            expected,
            "line ends between frames"
        );
    }

    #[test]
    fn a_line_that_begins_with_a_number_is_a_line() {
        for line in ["2024 Mar 5 x", "12", "123456789012 <", "0 <1>a", "17 a"] {
            assert_eq!(texts(&format!("{line}\n<1>b\n"), Framing::Auto), [line, "<1>b"]);
        }
    }

    #[test]
    fn a_count_that_is_lost_is_found_again_behind_the_line() {
        let stream = b"3 <1><2>oops\n4 <3>b";
        let (messages, closed, counts) = by_reads(stream, Framing::Auto, 100, &[3]);
        let found: Vec<&[u8]> = messages.iter().map(|(message, _)| message.as_slice()).collect();
        assert_eq!(found, [&b"<1>"[..], b"<2>oops", b"<3>b"]);
        assert_eq!((closed, counts.uncounted_frames), (false, 1));
    }

    #[test]
    fn a_counted_stream_without_counts_or_lines_is_closed() {
        let stream = format!("3 <1>{}", "x".repeat(50));
        let (messages, closed, _) = by_reads(stream.as_bytes(), Framing::Auto, 20, &[7]);
        assert_eq!((messages.len(), closed), (1, true));
        assert_eq!(whole(stream.as_bytes(), Framing::Auto, 20).len(), 2, "a file keeps what is left");
    }

    #[test]
    fn a_message_that_is_too_long_is_cut_and_its_rest_counted() {
        let (messages, _, counts) = by_reads(b"<1>0123456789\n<2>b\n", Framing::Auto, 8, &[4]);
        assert_eq!(messages, [(b"<1>01234".to_vec(), true), (b"<2>b".to_vec(), false)]);
        assert_eq!((counts.cut_messages, counts.skipped_bytes), (1, 6));
        let (messages, _, counts) = by_reads(b"13 <1>01234567894 <2>b", Framing::Auto, 8, &[4]);
        assert_eq!(messages, [(b"<1>01234".to_vec(), true), (b"<2>b".to_vec(), false)]);
        assert_eq!((counts.cut_messages, counts.skipped_bytes), (1, 5));
        let exact = b"<1>01234\n";
        assert_eq!(by_reads(exact, Framing::Auto, 8, &[4]).0, [(b"<1>01234".to_vec(), false)]);
    }

    #[test]
    fn the_end_in_the_middle_of_a_counted_message_keeps_what_came() {
        assert_eq!(whole(b"10 <1>abc", Framing::Auto, 100), [(b"<1>abc".to_vec(), true)]);
        assert_eq!(whole(b"10", Framing::OctetCounted, 100), [(b"10".to_vec(), false)]);
        assert_eq!(whole(b"1011", Framing::OctetCounted, 3), [(b"101".to_vec(), true)]);
    }

    /// An IPFIX message with `filling` bytes behind its header.
    fn ipfix(filling: usize) -> Vec<u8> {
        let length = (16 + filling) as u16;
        let header = [[0, 10], length.to_be_bytes()].concat();
        [header, vec![b'\n'; 12 + filling]].concat()
    }

    #[test]
    fn ipfix_messages_are_as_long_as_their_header_says() {
        let stream = [ipfix(0), ipfix(30), ipfix(1)].concat();
        let expected: Messages = [ipfix(0), ipfix(30), ipfix(1)].map(|message| (message, false)).into();
        for reads in [1, 3, 16, 1000] {
            let (messages, closed, _) = by_reads(&stream, Framing::Ipfix, 65_535, &[reads]);
            assert_eq!((messages, closed), (expected.clone(), false), "{reads} bytes a read");
        }
        let in_the_middle = whole(&stream[..40], Framing::Ipfix, 65_535);
        assert_eq!(in_the_middle, [(ipfix(0), false), (ipfix(30)[..24].to_vec(), true)]);
    }

    #[test]
    fn a_stream_that_is_not_ipfix_is_closed_and_what_came_is_kept() {
        let mut v9 = ipfix(0);
        v9[1] = 9;
        let mut short = ipfix(0);
        short[3] = 15;
        let cases = [(v9, CloseReason::IpfixVersion(9)), (short, CloseReason::IpfixLength(15))];
        for (wrong, reason) in cases {
            let stream = [ipfix(2), wrong.clone(), ipfix(3)].concat();
            let mut framer = Framer::new(Framing::Ipfix, 65_535);
            assert!(matches!(framer.next(&stream), Framed::Message(_)));
            assert_eq!(framer.next(&stream), Framed::Close(reason));
            let rest = framer.rest(&stream).unwrap();
            assert_eq!((&stream[rest.range], rest.truncated), (&[wrong, ipfix(3)].concat()[..], true));
        }
    }

    fn stream() -> impl Strategy<Value = Vec<u8>> {
        let piece = prop_oneof![
            (0usize..20).prop_map(ipfix),
            "[<a-c1-9 \\n\\x00]{0,12}".prop_map(String::into_bytes),
            "<[0-9]{1,3}>[a-z\\n ]{0,20}".prop_map(|text| format!("{} {text}", text.len()).into_bytes()),
            "<[0-9]{1,3}>[a-z ]{0,20}\\n".prop_map(String::into_bytes),
            proptest::collection::vec(any::<u8>(), 0..8),
        ];
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn reads_do_not_change_the_messages(
            stream in stream(),
            reads in proptest::collection::vec(1usize..20, 1..8),
            max in 1usize..30,
            framing in prop::sample::select(vec![
                Framing::Auto, Framing::Newline, Framing::OctetCounted, Framing::Ipfix,
            ]),
        ) {
            let cut_up = by_reads(&stream, framing, max, &reads);
            let at_once = by_reads(&stream, framing, max, &[usize::MAX]);
            prop_assert_eq!(&cut_up, &at_once);
            let mut split = whole(&stream, framing, max);
            if cut_up.1 {
                split.pop();
            }
            prop_assert_eq!(cut_up.0, split);
        }
    }
}
