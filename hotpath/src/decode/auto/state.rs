//! The states of several decoders as one: for each a name and its bytes, with their lengths before them.

/// Writes the parts that are not empty.
pub(super) fn write<'a>(parts: impl Iterator<Item = (&'a str, &'a [u8])>) -> Vec<u8> {
    let mut out = Vec::new();
    for (name, state) in parts.filter(|(_, state)| !state.is_empty()) {
        for bytes in [name.as_bytes(), state] {
            out.extend_from_slice(&(bytes.len() as u64).to_le_bytes());
            out.extend_from_slice(bytes);
        }
    }
    out
}

/// The parts, `None` where the bytes are not what [`write`] makes.
pub(super) fn read(state: &[u8]) -> Option<Vec<(&str, &[u8])>> {
    let mut parts = Vec::new();
    let mut rest = state;
    while !rest.is_empty() {
        let name = std::str::from_utf8(take(&mut rest)?).ok()?;
        parts.push((name, take(&mut rest)?));
    }
    Some(parts)
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, behind) = rest.split_first_chunk()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (bytes, behind) = behind.split_at_checked(length)?;
    *rest = behind;
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nothing_else() {
        let state = write([("a", &b"one"[..]), ("b", b""), ("c", b"\0")].into_iter());
        assert_eq!(read(&state).unwrap(), [("a", &b"one"[..]), ("c", b"\0")]);
        assert_eq!(read(b"").unwrap(), []);
        for length in 1..state.len() {
            let is_whole = read(&state[..length]).is_some_and(|parts| parts.len() == 1);
            assert_eq!(read(&state[..length]).is_some(), is_whole, "{length}");
        }
        assert_eq!(read(&[0xff; 16]), None);
    }
}
