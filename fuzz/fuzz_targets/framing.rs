//! Any stream, cut into any reads: the same messages as when it is read at once.
#![no_main]

use hotpath::framing::{Framed, Framer, Framing};
use libfuzzer_sys::fuzz_target;

type Messages = Vec<(Vec<u8>, bool)>;

fn read(stream: &[u8], framing: Framing, max: usize, read_bytes: &[u8]) -> (Messages, bool) {
    let mut framer = Framer::new(framing, max);
    let (mut buffer, mut messages, mut at, mut turn) = (Vec::new(), Vec::new(), 0, 0);
    loop {
        match framer.next(&buffer) {
            Framed::Message(message) => {
                messages.push((buffer[message.range].to_vec(), message.truncated));
                continue;
            }
            Framed::Close(_) => return (messages, true),
            Framed::NeedMore => {}
        }
        buffer.drain(..framer.discard_consumed());
        if at == stream.len() {
            break;
        }
        let free = framer.buffer_bytes_max() - buffer.len();
        let wanted =
            read_bytes.get(turn % read_bytes.len().max(1)).map_or(usize::MAX, |byte| usize::from(*byte));
        let bytes = wanted.clamp(1, free).min(stream.len() - at);
        buffer.extend_from_slice(&stream[at..at + bytes]);
        (at, turn) = (at + bytes, turn + 1);
    }
    if let Some(last) = framer.finish(&buffer) {
        messages.push((buffer[last.range].to_vec(), last.truncated));
    }
    (messages, false)
}

fuzz_target!(|input: (u8, u8, Vec<u8>, Vec<u8>)| {
    let (framing, max, reads, stream) = input;
    let framing = [Framing::Auto, Framing::Newline, Framing::OctetCounted][usize::from(framing) % 3];
    let max = usize::from(max) + 1;
    let reads = &reads[..reads.len().min(16)];
    assert_eq!(read(&stream, framing, max, reads), read(&stream, framing, max, &[]));
});
