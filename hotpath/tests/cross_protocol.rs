//! A datagram of every protocol to the decoder of every format, whole, cut at each byte, and with each byte changed:
//! it gives rows or is held, what is wrong is kept with a reason, and nothing falls over.
#![allow(clippy::unwrap_used, reason = "a test")]

mod batch_support;
#[path = "sflow_support/encoder.rs"]
mod sflow_encoder;

use batch_support::decode_datagrams;
use hotpath::block::SourceType;
use hotpath::decode::Format;

/// NetFlow v5: one flow of 192.0.2.1 to 198.51.100.2.
fn netflow_5() -> Vec<u8> {
    let mut datagram =
        vec![0, 5, 0, 1, 0, 0, 0x10, 0, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0];
    datagram.extend([192, 0, 2, 1, 198, 51, 100, 2, 192, 0, 2, 254, 0, 3, 0, 4, 0, 0, 0, 10, 0, 0, 4, 0]);
    datagram.extend([
        0, 0, 0x08, 0, 0, 0, 0x0C, 0, 0x1F, 0x90, 0x01, 0xBB, 0, 0x18, 6, 0, 0xFC, 0, 0xFC, 1, 24, 16, 0, 0,
    ]);
    datagram
}

/// A template of source, destination and bytes, and a flow of it: the sets of NetFlow v9 and IPFIX differ in the
/// number of the template's.
fn sets(template_set: u8) -> Vec<u8> {
    let mut sets = vec![0, template_set, 0, 20, 1, 0, 0, 3, 0, 8, 0, 4, 0, 12, 0, 4, 0, 1, 0, 4];
    sets.extend([1, 0, 0, 16, 192, 0, 2, 1, 198, 51, 100, 2, 0, 0, 4, 0]);
    sets
}

fn netflow_9() -> Vec<u8> {
    let mut datagram = vec![0, 9, 0, 2, 0, 0, 0x10, 0, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 9, 0, 0, 0, 7];
    datagram.extend(sets(0));
    datagram
}

fn ipfix() -> Vec<u8> {
    let mut message = vec![0, 10, 0, 52, 0x65, 0x53, 0xF1, 0, 0, 0, 0, 9, 0, 0, 0, 7];
    message.extend(sets(2));
    message
}

/// A datagram, or message, of each protocol.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    let texts = [
        ("rfc5424", "<34>1 2024-10-11T22:14:15.003Z host app 7 ID47 [a@1 k=\"v\"] text"),
        ("rfc3164", "<34>Oct 11 22:14:15 host app[7]: key=value text"),
        ("cef", "CEF:0|Vendor|Product|1.0|100|Name|7|src=192.0.2.1 spt=80 msg=a \\= b"),
        ("leef 1", "LEEF:1.0|Vendor|Product|1.0|100|src=192.0.2.1\tdst=198.51.100.2"),
        ("leef 2", "LEEF:2.0|Vendor|Product|1.0|100|^|src=192.0.2.1^dst=198.51.100.2"),
        ("json", "{\"time\":\"2024-10-11T22:14:15Z\",\"src\":{\"ip\":\"192.0.2.1\"},\"n\":[1,2.5,null]}"),
        ("hec", "{\"event\":{\"a\":1},\"time\":1728684855.5,\"host\":\"h\"}"),
        ("bulk", "{\"index\":{\"_index\":\"a\"}}\n{\"message\":\"text\"}"),
        ("csv", "time,host,\"quoted, value\"\n2024-10-11T22:14:15Z,h,1"),
        (
            "combined",
            "192.0.2.1 - user [11/Oct/2024:22:14:15 +0000] \"GET /a?b=c HTTP/1.1\" 200 12 \"-\" \"curl\"",
        ),
        ("w3c", "#Fields: date time c-ip cs-method\n2024-10-11 22:14:15 192.0.2.1 GET"),
        ("zeek", "#separator \\x09\n#fields\tts\tuid\n1728684855.5\tC1"),
        ("logfmt", "level=info msg=\"a text\" n=1"),
        ("influx", "cpu,host=a usage=0.5,count=1i 1728684855000000000"),
        ("statsd", "requests:1|c|@0.1|#env:test"),
        ("gelf", "{\"version\":\"1.1\",\"host\":\"h\",\"short_message\":\"text\",\"level\":5,\"_a\":1}"),
    ];
    let mut samples: Vec<_> = texts.iter().map(|(name, text)| (*name, text.as_bytes().to_vec())).collect();
    samples.push(("netflow 5", netflow_5()));
    samples.push(("netflow 9", netflow_9()));
    samples.push(("ipfix", ipfix()));
    samples.push(("sflow", sflow_encoder::mixed_datagram()));
    samples.push(("zeros", vec![0; 64]));
    samples.push(("ones", vec![0xFF; 64]));
    samples
}

/// Decodes the datagrams by every format: each gives a row or is held.
fn decode_by_every_format(what: &str, datagrams: &[Vec<u8>]) {
    for format in Format::names() {
        let rows = decode_datagrams(format, SourceType::Udp, datagrams);
        let accounted = rows.count() + rows.held as usize;
        assert!(accounted >= datagrams.len(), "{what} to {format}: {accounted} rows for {}", datagrams.len());
        let errors = (0..rows.count()).filter(|row| rows.value("parse_error", *row).is_some()).count();
        assert!(errors == 0 || rows.has("raw"), "{what} to {format}: what was not understood is kept");
    }
}

#[test]
fn every_format_takes_every_datagram() {
    for (name, sample) in samples() {
        decode_by_every_format(name, &[sample.clone(), Vec::new(), sample]);
    }
}

#[test]
fn every_format_takes_datagrams_that_are_cut_anywhere() {
    for (name, sample) in samples() {
        let cut: Vec<_> = (0..sample.len()).map(|end| sample[..end].to_vec()).collect();
        decode_by_every_format(name, &cut);
    }
}

#[test]
fn every_format_takes_datagrams_with_a_byte_that_is_wrong() {
    for (name, sample) in samples() {
        for wrong in [0, 0xFF] {
            let changed: Vec<_> = (0..sample.len())
                .map(|position| {
                    let mut changed = sample.clone();
                    changed[position] = wrong;
                    changed
                })
                .collect();
            decode_by_every_format(name, &changed);
        }
    }
}
