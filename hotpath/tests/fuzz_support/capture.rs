//! Capture files: whatever they say, datagrams lie inside them, reading ends, and damage is told where it begins.

use hotpath::pcap::{Capture, CaptureError, is_capture};

/// A datagram has the header of its record before it.
const RECORD_BYTES_MIN: usize = 16;

pub fn check(input: &[u8]) {
    let Ok(mut capture) = Capture::new(input) else {
        assert!(!is_capture(input));
        return;
    };
    assert!(is_capture(input));
    let (datagrams, end) = read(input, &mut capture);
    assert!(datagrams * RECORD_BYTES_MIN <= input.len(), "no byte is in two datagrams");
    let Err(CaptureError::Damaged(at)) = end else { return };
    assert!(at < input.len());
    if let Ok(mut before) = Capture::new(&input[..at]) {
        assert_eq!(read(&input[..at], &mut before), (datagrams, Ok(())), "all before the damage is read");
    }
}

/// Reads to the end or the first damage: how many datagrams there were.
fn read(input: &[u8], capture: &mut Capture<'_>) -> (usize, Result<(), CaptureError>) {
    let inside = input.as_ptr_range();
    let mut datagrams = 0;
    loop {
        match capture.next_datagram() {
            Ok(None) => return (datagrams, Ok(())),
            Err(error) => return (datagrams, Err(error)),
            Ok(Some(datagram)) => {
                let payload = datagram.payload.as_ptr_range();
                assert!(inside.start <= payload.start && payload.end <= inside.end);
                datagrams += 1;
            }
        }
    }
}
