//! States of decoders on disk, one file for each cut before which a decoder had learned something.
//!
//! The file of a cut is durable before the intent of the cut is, and names the last position that the state knows of.
//! So a replay of what is not committed begins with exactly the state that the first decoding of it began with.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::limits::DECODER_STATE_BYTES_MAX;
use crate::names::DatasetKey;

/// First bytes of the file; the checksum (CRC-32C) of all that follows it comes next, in little endian.
const MAGIC: [u8; 8] = *b"BFSTATE1";
const HEADER_BYTES: usize = MAGIC.len() + size_of::<u32>();

/// A state that was read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedState {
    /// The last position that the decoder had decoded.
    pub last_position: u64,
    /// What the decoder gave.
    pub bytes: Vec<u8>,
}

/// The file of a state.
pub fn path(folder: &Path, dataset: &DatasetKey, last_position: u64) -> PathBuf {
    folder.join(format!("{}--{}--{last_position:020}.state", dataset.tenant(), dataset.dataset()))
}

/// Writes a state and makes it durable.
///
/// # Errors
/// What the system says; there is no file of this name then, or the one of before.
pub fn save(folder: &Path, dataset: &DatasetKey, last_position: u64, state: &[u8]) -> io::Result<()> {
    let path = path(folder, dataset, last_position);
    // One name for a dataset: what an interrupted save left is written over by the next.
    let unfinished = folder.join(format!("{}--{}.state.tmp", dataset.tenant(), dataset.dataset()));
    let mut file = File::create(&unfinished)?;
    file.write_all(&MAGIC)?;
    file.write_all(&crc32c::crc32c(state).to_le_bytes())?;
    file.write_all(state)?;
    file.sync_all()?;
    fs::rename(&unfinished, &path)?;
    File::open(folder)?.sync_all()
}

/// The newest state of a dataset that knows of no position from `end` on; newer ones are removed, because what they
/// know is decoded again. A file that is damaged is passed over and told to `report`.
///
/// # Errors
/// When the folder cannot be read.
pub fn load(
    folder: &Path,
    dataset: &DatasetKey,
    end: u64,
    mut report: impl FnMut(&Path, &str),
) -> io::Result<Option<SavedState>> {
    let mut positions = positions(folder, dataset)?;
    positions.sort_unstable_by(|a, b| b.cmp(a));
    for last_position in positions {
        let path = path(folder, dataset, last_position);
        if last_position >= end {
            fs::remove_file(&path)?;
            continue;
        }
        match read(&path) {
            Ok(bytes) => return Ok(Some(SavedState { last_position, bytes })),
            Err(reason) => report(&path, &reason),
        }
    }
    Ok(None)
}

fn positions(folder: &Path, dataset: &DatasetKey) -> io::Result<Vec<u64>> {
    let prefix = format!("{}--{}--", dataset.tenant(), dataset.dataset());
    let mut positions = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let name = name.to_str().and_then(|name| name.strip_prefix(&prefix)?.strip_suffix(".state"));
        positions.extend(name.and_then(|digits| digits.parse::<u64>().ok()));
    }
    Ok(positions)
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let bytes_max = HEADER_BYTES + DECODER_STATE_BYTES_MAX;
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > bytes_max as u64 {
        return Err(format!("{length} bytes, more than a state has"));
    }
    let mut bytes = fs::read(path).map_err(|error| error.to_string())?;
    let Some((header, state)) = bytes.split_at_checked(HEADER_BYTES) else {
        return Err("shorter than its header".to_owned());
    };
    let (magic, checksum) = header.split_at(MAGIC.len());
    if magic != MAGIC || checksum != crc32c::crc32c(state).to_le_bytes() {
        return Err("its checksum is wrong".to_owned());
    }
    bytes.drain(..HEADER_BYTES);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dataset() -> DatasetKey {
        DatasetKey::new("acme", "flows").unwrap()
    }

    fn load_all(folder: &Path, end: u64) -> (Option<SavedState>, usize) {
        let mut damaged = 0;
        let found = load(folder, &dataset(), end, |_, _| damaged += 1).unwrap();
        (found, damaged)
    }

    #[test]
    fn the_newest_state_before_what_is_decoded_again_counts() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(load_all(folder.path(), 10), (None, 0));
        for position in [3, 9, 12] {
            save(folder.path(), &dataset(), position, &position.to_le_bytes()).unwrap();
        }
        let other = DatasetKey::new("acme", "other").unwrap();
        save(folder.path(), &other, 8, b"of another dataset").unwrap();
        let expected = SavedState { last_position: 9, bytes: 9_u64.to_le_bytes().to_vec() };
        assert_eq!(load_all(folder.path(), 10), (Some(expected.clone()), 0));
        // What lay behind is gone: it is made again.
        assert_eq!(load_all(folder.path(), u64::MAX), (Some(expected), 0));
        assert!(path(folder.path(), &other, 8).exists());
    }

    #[test]
    fn a_damaged_state_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        save(folder.path(), &dataset(), 3, b"old").unwrap();
        save(folder.path(), &dataset(), 9, b"new").unwrap();
        let newest = path(folder.path(), &dataset(), 9);
        let intact = fs::read(&newest).unwrap();
        for bit in 0..intact.len() * 8 {
            let mut flipped = intact.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&newest, &flipped).unwrap();
            let (found, damaged) = load_all(folder.path(), 10);
            assert_eq!((found.unwrap().bytes.as_slice(), damaged), (&b"old"[..], 1), "bit {bit}");
        }
        fs::write(&newest, b"BF").unwrap();
        assert_eq!(load_all(folder.path(), 10).1, 1);
    }
}
