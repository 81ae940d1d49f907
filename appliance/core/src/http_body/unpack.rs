//! Unpacks a body while it comes in: gzip, zstd, deflate (RFC 9110 section 8.4.1, RFC 8878), never more than is wanted.

use axum::http::{HeaderMap, header};
use flate2::{Decompress, FlushDecompress, Status};
use zstd::stream::raw::{Decoder, InBuffer, Operation, OutBuffer};
use zstd::zstd_safe::DParameter;

use crate::limits::ZSTD_WINDOW_LOG_MAX;

/// How a body is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// Not at all.
    None,
    /// RFC 1952.
    Gzip,
    /// RFC 1950 or RFC 1951.
    Deflate,
    /// RFC 8878.
    Zstd,
}

impl Packing {
    /// What `Content-Encoding` says (RFC 9110 section 8.4).
    ///
    /// # Errors
    /// The coding that is not taken, or that there is more than one.
    pub fn of(headers: &HeaderMap) -> Result<Self, String> {
        let mut packing = Self::None;
        for value in headers.get_all(header::CONTENT_ENCODING) {
            let value = value.to_str().map_err(|_| "which is no text".to_owned())?;
            for coding in value.split(',').map(str::trim).filter(|coding| !coding.is_empty()) {
                let named = match coding.to_ascii_lowercase().as_str() {
                    "identity" => continue,
                    "gzip" | "x-gzip" => Self::Gzip,
                    "deflate" => Self::Deflate,
                    "zstd" => Self::Zstd,
                    _ => return Err(format!("{:?}", coding.chars().take(40).collect::<String>())),
                };
                if packing != Self::None {
                    return Err("more than one".to_owned());
                }
                packing = named;
            }
        }
        Ok(packing)
    }
}

/// The bytes are not what their packing says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Damaged;

/// Bytes that are unpacked at once.
const STEP_BYTES: usize = 32 << 10;

/// The state of unpacking one body.
pub struct Unpacker {
    codec: Codec,
    output: Box<[u8]>,
    /// Something began that has not ended: a stream, a frame.
    is_inside: bool,
}

enum Codec {
    Gzip(Decompress),
    /// zlib (RFC 1950), as the name means, or bare deflate (RFC 1951), as some understand it: the first byte tells.
    Deflate(Option<Decompress>),
    Zstd(Decoder<'static>),
}

impl Unpacker {
    /// For a body that is packed so; `None` for one that is not packed.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn new(packing: Packing) -> std::io::Result<Option<Self>> {
        let codec = match packing {
            Packing::None => return Ok(None),
            Packing::Gzip => Codec::Gzip(Decompress::new_gzip(15)),
            Packing::Deflate => Codec::Deflate(None),
            Packing::Zstd => {
                let mut decoder = Decoder::new()?;
                decoder.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG_MAX))?;
                Codec::Zstd(decoder)
            }
        };
        // An empty body is no stream of any of these.
        Ok(Some(Self { codec, output: vec![0; STEP_BYTES].into(), is_inside: true }))
    }

    /// Unpacks the next bytes of the body; gives what comes out to `take`, piece by piece.
    ///
    /// # Errors
    /// [`Damaged`], or what `take` says.
    pub fn unpack<E: From<Damaged>>(
        &mut self,
        mut input: &[u8],
        mut take: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        loop {
            let (read, written) = self.step(input)?;
            take(self.output.get(..written).unwrap_or_default())?;
            input = input.get(read..).unwrap_or_default();
            let is_dry = written < self.output.len();
            if input.is_empty() && is_dry {
                return Ok(());
            }
            if read == 0 && written == 0 {
                return Err(Damaged.into());
            }
        }
    }

    /// Whether the body is whole. To be asked once, after its last bytes.
    pub fn is_whole(&self) -> bool {
        !self.is_inside
    }

    /// Unpacks as much as fits the output; bytes read and written.
    fn step(&mut self, input: &[u8]) -> Result<(usize, usize), Damaged> {
        match &mut self.codec {
            Codec::Zstd(decoder) => {
                // Asked behind the end of a frame, it would wait for the next one.
                if input.is_empty() && !self.is_inside {
                    return Ok((0, 0));
                }
                let (mut source, mut sink) =
                    (InBuffer::around(input), OutBuffer::around(&mut self.output[..]));
                let left = decoder.run(&mut source, &mut sink).map_err(|_| Damaged)?;
                self.is_inside = left > 0;
                Ok((source.pos(), sink.pos()))
            }
            Codec::Gzip(state) => {
                if !self.is_inside && !input.is_empty() {
                    // RFC 1952 section 2.2: a file consists of members, one after the other.
                    state.reset(true);
                    self.is_inside = true;
                }
                inflate(state, input, &mut self.output, &mut self.is_inside)
            }
            Codec::Deflate(state) => {
                let Some(first) = input.first() else {
                    return match state {
                        Some(state) => inflate(state, input, &mut self.output, &mut self.is_inside),
                        None => Ok((0, 0)),
                    };
                };
                // RFC 1950 section 2.2: CM is 8. As bare deflate that would be a stored block with padding that is not 0.
                let state = state.get_or_insert_with(|| Decompress::new(first & 0xf == 8));
                inflate(state, input, &mut self.output, &mut self.is_inside)
            }
        }
    }
}

fn inflate(
    state: &mut Decompress,
    input: &[u8],
    output: &mut [u8],
    is_inside: &mut bool,
) -> Result<(usize, usize), Damaged> {
    if !*is_inside {
        return Ok((0, 0));
    }
    let (read, written) = (state.total_in(), state.total_out());
    let status = state.decompress(input, output, FlushDecompress::None).map_err(|_| Damaged)?;
    *is_inside = status != Status::StreamEnd;
    Ok(((state.total_in() - read) as usize, (state.total_out() - written) as usize))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn text() -> Vec<u8> {
        (0..20_000).flat_map(|number: u32| format!("line {number}\n").into_bytes()).collect()
    }

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn packed() -> Vec<(Packing, Vec<u8>)> {
        let text = text();
        let (mut zlib, mut bare) = (
            ZlibEncoder::new(Vec::new(), Compression::default()),
            DeflateEncoder::new(Vec::new(), Compression::default()),
        );
        zlib.write_all(&text).unwrap();
        bare.write_all(&text).unwrap();
        let (first, second) = text.split_at(1000);
        vec![
            (Packing::Gzip, gzip(&text)),
            (Packing::Gzip, [gzip(first), gzip(second)].concat()),
            (Packing::Deflate, zlib.finish().unwrap()),
            (Packing::Deflate, bare.finish().unwrap()),
            (Packing::Zstd, zstd::encode_all(&text[..], 1).unwrap()),
            (
                Packing::Zstd,
                [zstd::encode_all(first, 1).unwrap(), zstd::encode_all(second, 1).unwrap()].concat(),
            ),
        ]
    }

    /// What comes out, and whether it was whole, when `reads` bytes come in at a time.
    fn unpack(packing: Packing, packed: &[u8], reads: usize) -> Result<(Vec<u8>, bool), Damaged> {
        let mut unpacker = Unpacker::new(packing).unwrap().unwrap();
        let mut text = Vec::new();
        for piece in packed.chunks(reads) {
            unpacker.unpack(piece, |bytes| {
                text.extend_from_slice(bytes);
                Ok::<(), Damaged>(())
            })?;
        }
        Ok((text, unpacker.is_whole()))
    }

    #[test]
    fn what_was_packed_comes_out_however_it_was_cut_up() {
        for (packing, packed) in packed() {
            for reads in [1, 7, 1000, usize::MAX] {
                assert_eq!(
                    unpack(packing, &packed, reads),
                    Ok((text(), true)),
                    "{packing:?}, {reads} bytes a read"
                );
            }
        }
    }

    #[test]
    fn a_body_that_ends_too_early_is_not_whole() {
        for (packing, packed) in packed() {
            for length in [0, 1, 10, packed.len() / 2, packed.len() - 1] {
                let is_whole = unpack(packing, &packed[..length], 1000).map(|(_, is_whole)| is_whole);
                assert_ne!(is_whole, Ok(true), "{packing:?}, {length} bytes");
            }
        }
    }

    #[test]
    fn what_is_not_packed_so_is_damaged() {
        for packing in [Packing::Gzip, Packing::Deflate, Packing::Zstd] {
            let is_whole = unpack(packing, b"{\"a\": 1}\n{\"a\": 2}\n", 1000).map(|(_, is_whole)| is_whole);
            assert_ne!(is_whole, Ok(true), "{packing:?}");
        }
        let behind_the_end = [&packed()[2].1[..], b"more"].concat();
        assert_eq!(unpack(Packing::Deflate, &behind_the_end, 1000), Err(Damaged));
    }

    #[test]
    fn unpacking_ends_as_soon_as_nothing_more_is_wanted() {
        #[derive(Debug, PartialEq)]
        enum Refused {
            Damaged,
            TooMuch,
        }
        impl From<Damaged> for Refused {
            fn from(_: Damaged) -> Self {
                Self::Damaged
            }
        }
        let zeros = vec![0; 50 << 20];
        for (packing, bomb) in
            [(Packing::Gzip, gzip(&zeros)), (Packing::Zstd, zstd::encode_all(&zeros[..], 1).unwrap())]
        {
            assert!(bomb.len() < 100_000);
            let mut unpacker = Unpacker::new(packing).unwrap().unwrap();
            let mut seen = 0;
            let refused = unpacker.unpack(&bomb, |bytes| {
                seen += bytes.len();
                if seen > 100_000 { Err(Refused::TooMuch) } else { Ok(()) }
            });
            assert_eq!(refused, Err(Refused::TooMuch), "{packing:?}");
            assert!(seen <= 100_000 + STEP_BYTES, "{seen}");
        }
    }

    fn of(values: &[&str]) -> Result<Packing, String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::CONTENT_ENCODING, value.parse().unwrap());
        }
        Packing::of(&headers)
    }

    #[test]
    fn one_coding_is_taken() {
        assert_eq!(of(&[]), Ok(Packing::None));
        assert_eq!(of(&["identity"]), Ok(Packing::None));
        assert_eq!(of(&["GZIP"]), Ok(Packing::Gzip));
        assert_eq!(of(&["x-gzip, identity"]), Ok(Packing::Gzip));
        assert_eq!(of(&["zstd"]), Ok(Packing::Zstd));
        assert_eq!(of(&["br"]), Err("\"br\"".to_owned()));
        assert_eq!(of(&["gzip, gzip"]), Err("more than one".to_owned()));
        assert_eq!(of(&["gzip", "zstd"]), Err("more than one".to_owned()));
    }
}
