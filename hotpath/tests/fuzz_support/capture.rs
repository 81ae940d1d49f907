//! Capture files: whatever they say, datagrams lie inside them, and reading ends.

use hotpath::pcap::{Capture, CaptureError, is_capture};

/// A datagram has the headers of a record, of IP and of UDP before it.
const DATAGRAM_BYTES_MIN: usize = 16;

pub fn check(input: &[u8]) {
    let Ok(mut capture) = Capture::new(input) else {
        assert!(!is_capture(input));
        return;
    };
    assert!(is_capture(input));
    let inside = input.as_ptr_range();
    let mut datagrams = 0;
    loop {
        match capture.next_datagram() {
            Ok(Some(datagram)) => {
                let payload = datagram.payload.as_ptr_range();
                assert!(inside.start <= payload.start && payload.end <= inside.end);
                datagrams += 1;
            }
            Ok(None) => break,
            Err(error) => {
                assert!(matches!(error, CaptureError::Damaged(at) if at < input.len()));
                break;
            }
        }
        assert!(datagrams * DATAGRAM_BYTES_MIN <= input.len(), "no byte is in two datagrams");
    }
    assert!(capture.skipped_packets() <= input.len() as u64);
}
