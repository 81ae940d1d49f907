//! GELF as it is sent: JSON by itself, ended by a NUL in a stream, or compressed in a datagram.

use std::io::Read;

use flate2::bufread::{MultiGzDecoder, ZlibDecoder};

use super::{JsonDecoder, formats};
use crate::batch::BatchBuilder;
use crate::block::Event;
use crate::decode::{Decoder, DecoderOptions};
use crate::limits::GELF_UNPACKED_BYTES_MAX;

const CHUNK: [u8; 2] = [0x1e, 0x0f];
/// RFC 1952 section 2.3.1.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// The compression method of a zlib stream, deflate (RFC 1950 section 2.2).
const ZLIB_DEFLATE: u8 = 8;

const NOT_JOINED: &str = "a chunk of a GELF message: chunks are not put together";
const NOT_UNPACKED: &str = "a compressed GELF datagram that cannot be unpacked";
const TOO_LONG: &str = "a compressed GELF datagram that unpacks to more than is taken";

/// Decodes GELF, a row for each message.
#[derive(Debug)]
pub struct GelfDecoder {
    json: JsonDecoder,
    unpacked: Vec<u8>,
}

/// How a datagram is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Plain,
    Gzip,
    Zlib,
    Chunk,
}

impl GelfDecoder {
    /// A decoder that writes to `rows`.
    pub fn new(options: &DecoderOptions, rows: &mut BatchBuilder) -> Self {
        Self { json: JsonDecoder::of_profile(&formats::GELF, options, rows), unpacked: Vec::new() }
    }

    fn unpack(&mut self, event: &Event<'_>, form: Form) -> Result<(), &'static str> {
        self.unpacked.clear();
        let limit = GELF_UNPACKED_BYTES_MAX as u64 + 1;
        let read = match form {
            Form::Gzip => MultiGzDecoder::new(event.bytes).take(limit).read_to_end(&mut self.unpacked),
            _ => ZlibDecoder::new(event.bytes).take(limit).read_to_end(&mut self.unpacked),
        };
        match read {
            Ok(length) if length > GELF_UNPACKED_BYTES_MAX => Err(TOO_LONG),
            Ok(_) => Ok(()),
            Err(_) => Err(NOT_UNPACKED),
        }
    }
}

impl Decoder for GelfDecoder {
    fn decode(&mut self, event: &Event<'_>, rows: &mut BatchBuilder) {
        let form = form_of(event.bytes);
        let fault = match form {
            // What was cut is kept, and said to be.
            _ if event.truncated => return self.json.decode(event, rows),
            Form::Plain => {
                let bytes = event.bytes.strip_suffix(&[0]).unwrap_or(event.bytes);
                return self.json.decode_bytes(bytes, event, rows);
            }
            Form::Chunk => NOT_JOINED,
            Form::Gzip | Form::Zlib => match self.unpack(event, form) {
                Ok(()) => {
                    let unpacked = std::mem::take(&mut self.unpacked);
                    self.json.decode_bytes(&unpacked, event, rows);
                    self.unpacked = unpacked;
                    return;
                }
                Err(fault) => fault,
            },
        };
        rows.begin_row(event);
        rows.parse_error(fault);
        rows.put_raw(event.bytes);
        rows.end_row();
    }
}

fn form_of(bytes: &[u8]) -> Form {
    let Some(first) = bytes.first_chunk::<2>() else { return Form::Plain };
    match *first {
        CHUNK => Form::Chunk,
        GZIP => Form::Gzip,
        // RFC 1950 section 2.2: the two bytes together are a multiple of 31, which `{"` is not.
        [method, _] if method & 0xf == ZLIB_DEFLATE && u16::from_be_bytes(*first).is_multiple_of(31) => {
            Form::Zlib
        }
        _ => Form::Plain,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{GzEncoder, ZlibEncoder};

    use super::*;
    use crate::block::SourceType;
    use crate::decode::json::test_rows::{decode_by, text};

    const MESSAGE: &[u8] = br#"{"version":"1.1","host":"web1","short_message":"a short message","_n":1}"#;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn zlib(bytes: &[u8], level: Compression) -> Vec<u8> {
        let mut encoder = ZlibEncoder::new(Vec::new(), level);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    fn row_of(event: &[u8]) -> arrow::array::RecordBatch {
        let batch = decode_by("gelf", SourceType::Udp, &DecoderOptions::default(), &[event]);
        assert_eq!(batch.num_rows(), 1);
        batch
    }

    #[test]
    fn compressed_or_ended_by_nul_it_is_the_same_message() {
        let levels = [Compression::none(), Compression::fast(), Compression::best()];
        let mut forms = vec![MESSAGE.to_vec(), [MESSAGE, b"\0"].concat(), gzip(MESSAGE)];
        forms.extend(levels.map(|level| zlib(MESSAGE, level)));
        for form in forms {
            let batch = row_of(&form);
            assert_eq!(text(&batch, "message", 0), Some("a short message"));
            assert_eq!(text(&batch, "hostname", 0), Some("web1"));
            assert!(batch.column_by_name("parse_error").is_none());
        }
    }

    #[test]
    fn what_cannot_be_unpacked_is_kept_as_it_came() {
        let broken = &gzip(MESSAGE)[..30];
        let bomb = gzip(&vec![b' '; GELF_UNPACKED_BYTES_MAX + 1]);
        let chunk = [b"\x1e\x0f12345678\x00\x02".as_slice(), MESSAGE].concat();
        let no_json = gzip(b"hello");
        for (event, reason) in [
            (broken, NOT_UNPACKED),
            (bomb.as_slice(), TOO_LONG),
            (chunk.as_slice(), NOT_JOINED),
            (no_json.as_slice(), "no JSON (RFC 8259)"),
        ] {
            let batch = row_of(event);
            assert_eq!(text(&batch, "parse_error", 0), Some(reason));
            assert!(text(&batch, "raw", 0).is_some());
        }
    }
}
