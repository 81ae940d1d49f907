//! What an earlier process left in the spool.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek};
use std::path::Path;

use flate2::bufread::GzDecoder;
use hotpath::layout::BatchKey;
use hotpath::names::DatasetKey;
use tracing::{info, warn};

use super::names::{file_name, parse_file_name, parse_group_name};
use super::{Part, Spool, WaitingFile, sync_folder};

/// Bytes that are unpacked at once.
const STEP_BYTES: usize = 64 << 10;

/// Takes up what is there: the batches' datasets and rows. Blocks.
///
/// # Errors
/// What the system says.
pub(super) fn recover(spool: &Spool) -> io::Result<Vec<(DatasetKey, u64)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(spool.part(Part::Arriving))? {
        fs::remove_file(entry?.path())?;
    }
    for entry in fs::read_dir(spool.part(Part::Gathering))? {
        let path = entry?.path();
        match path.file_name().and_then(|name| parse_group_name(name.to_str()?)) {
            Some(key) => close(spool, &path, &key)?,
            None => warn!(path = %path.display(), "a file that is no batch is left where it is"),
        }
    }
    sync_folder(&spool.part(Part::Waiting))?;
    for entry in fs::read_dir(spool.part(Part::Waiting))? {
        let path = entry?.path();
        let Some((key, rows)) = path.file_name().and_then(|name| parse_file_name(name.to_str()?)) else {
            warn!(path = %path.display(), "a file that is no batch is left where it is");
            continue;
        };
        let bytes = fs::metadata(&path)?.len();
        found.push((key.dataset.clone(), rows));
        spool.wait_for_upload(WaitingFile { key, rows, bytes, path, reserved: spool.space.of_file(bytes) });
    }
    let (files, bytes) = (spool.waiting_files(), spool.space.used_bytes());
    if files > 0 {
        info!(files, bytes, "batches of before wait for the storage");
    }
    Ok(found)
}

/// Closes a batch that was open. What was told to be kept is whole; behind it may lie what was just being written.
fn close(spool: &Spool, path: &Path, key: &BatchKey) -> io::Result<()> {
    let (bytes, rows) = whole_pieces(path)?;
    let file = OpenOptions::new().write(true).open(path)?;
    let surplus = file.metadata()?.len().saturating_sub(bytes);
    if surplus > 0 {
        warn!(path = %path.display(), surplus_bytes = surplus, "the end of an open batch was not whole; its sender was not told that it is kept");
    }
    if bytes == 0 {
        return fs::remove_file(path);
    }
    file.set_len(bytes)?;
    file.sync_all()?;
    fs::rename(path, spool.part(Part::Waiting).join(file_name(key, rows)))
}

/// Bytes of the packed pieces at the beginning of a file that are whole, and their lines.
fn whole_pieces(path: &Path) -> io::Result<(u64, u64)> {
    let mut file = BufReader::new(File::open(path)?);
    let (mut bytes, mut lines) = (0, 0);
    while !file.fill_buf()?.is_empty() {
        let Some(lines_of_piece) = lines_of_piece(&mut file)? else { break };
        lines += lines_of_piece;
        bytes = file.stream_position()?;
    }
    Ok((bytes, lines))
}

/// The lines of the next piece; `None` when it is not whole.
fn lines_of_piece(file: &mut BufReader<File>) -> io::Result<Option<u64>> {
    let mut piece = GzDecoder::new(file);
    let mut text = vec![0; STEP_BYTES];
    let mut lines = 0;
    loop {
        match piece.read(&mut text) {
            Ok(0) => return Ok(Some(lines)),
            Ok(length) => {
                lines += memchr::memchr_iter(b'\n', text.get(..length).unwrap_or_default()).count() as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            // What the disk says, and not what lies on it.
            Err(error) if error.raw_os_error().is_some() => return Err(error),
            Err(_) => return Ok(None),
        }
    }
}
