//! Any stream, cut into any reads: the same messages as when it is read at once, none longer than the longest.
//!
//! Input: a byte that says the framing, the longest message less one, a number of reads (at most 15), a byte for each
//! read that says its length, and the stream.

use hotpath::framing::{Framed, Framer, FramerCounts, Framing, split_messages};

const FRAMINGS: [Framing; 3] = [Framing::Auto, Framing::Newline, Framing::OctetCounted];

#[derive(Debug, PartialEq, Eq)]
struct Read {
    messages: Vec<(Vec<u8>, bool)>,
    is_closed: bool,
    counts: FramerCounts,
}

pub fn check(input: &[u8]) {
    let [framing, longest, reads, rest @ ..] = input else { return };
    let Some((reads, stream)) = rest.split_at_checked(usize::from(*reads % 16)) else { return };
    let framing = FRAMINGS[usize::from(*framing) % FRAMINGS.len()];
    let longest = usize::from(*longest) + 1;

    let at_once = read(stream, framing, longest, &[]);
    assert_eq!(read(stream, framing, longest, reads), at_once);
    assert_eq!(read(stream, framing, longest, &[1]), at_once);
    let messages = &at_once.messages;
    assert!(messages.iter().all(|(message, _)| message.len() <= longest));
    let taken: usize = messages.iter().map(|(message, _)| message.len()).sum();
    assert!(taken <= stream.len(), "no byte is in two messages");

    let whole: Vec<_> =
        split_messages(stream, framing, longest).map(|(bytes, cut)| (bytes.to_vec(), cut)).collect();
    let expected_more = usize::from(at_once.is_closed);
    assert_eq!(&whole[..whole.len() - expected_more], messages, "a file is read as a stream is");
}

fn read(stream: &[u8], framing: Framing, longest: usize, read_bytes: &[u8]) -> Read {
    let mut framer = Framer::new(framing, longest);
    let (mut buffer, mut messages, mut at, mut turn) = (Vec::new(), Vec::new(), 0, 0);
    loop {
        match framer.next(&buffer) {
            Framed::Message(message) => {
                messages.push((buffer[message.range].to_vec(), message.truncated));
                continue;
            }
            Framed::Close(_) => return Read { messages, is_closed: true, counts: framer.counts() },
            Framed::NeedMore => {}
        }
        buffer.drain(..framer.discard_consumed());
        if at == stream.len() {
            break;
        }
        let free = framer.buffer_bytes_max() - buffer.len();
        assert!(free > 0, "a full buffer has a message");
        let wanted =
            read_bytes.get(turn % read_bytes.len().max(1)).map_or(usize::MAX, |byte| usize::from(*byte));
        let bytes = wanted.clamp(1, free).min(stream.len() - at);
        buffer.extend_from_slice(&stream[at..at + bytes]);
        (at, turn) = (at + bytes, turn + 1);
    }
    if let Some(last) = framer.finish(&buffer) {
        messages.push((buffer[last.range].to_vec(), last.truncated));
    }
    Read { messages, is_closed: false, counts: framer.counts() }
}
