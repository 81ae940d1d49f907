//! The disk that the spool may take.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Bytes of all files of the spool, of those that are being written too.
#[derive(Debug, Clone)]
pub struct SpoolSpace(Arc<State>);

#[derive(Debug)]
struct State {
    used_bytes: AtomicU64,
    bytes_max: u64,
    /// Somebody was refused, and no file has gone since.
    is_full: AtomicBool,
}

/// Bytes that a file has or will have; given back when it is dropped.
#[derive(Debug)]
pub struct Reserved {
    space: SpoolSpace,
    bytes: u64,
}

/// The spool has no room for so much.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSpace;

impl SpoolSpace {
    /// So many bytes, all of them free.
    pub fn new(bytes_max: u64) -> Self {
        let state = State { used_bytes: AtomicU64::new(0), bytes_max, is_full: AtomicBool::new(false) };
        Self(Arc::new(state))
    }

    /// Bytes in use.
    pub fn used_bytes(&self) -> u64 {
        self.0.used_bytes.load(Ordering::Relaxed)
    }

    /// Whether somebody had to be refused, and no file has gone since.
    pub fn is_full(&self) -> bool {
        self.0.is_full.load(Ordering::Relaxed)
    }

    /// Notes that a file has gone, so that there is room again.
    pub fn note_room(&self) {
        self.0.is_full.store(false, Ordering::Relaxed);
    }

    /// Notes that there is no room, as the file system says itself.
    pub fn note_full(&self) {
        self.0.is_full.store(true, Ordering::Relaxed);
    }

    /// The part of one file: nothing yet.
    pub fn open(&self) -> Reserved {
        Reserved { space: self.clone(), bytes: 0 }
    }

    /// The part of a file that is there already, whether there is room for it or not.
    pub fn of_file(&self, bytes: u64) -> Reserved {
        self.0.used_bytes.fetch_add(bytes, Ordering::Relaxed);
        Reserved { space: self.clone(), bytes }
    }
}

impl Reserved {
    /// Bytes that it has.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Takes so many bytes more.
    ///
    /// # Errors
    /// [`NoSpace`]; what it had it keeps.
    pub fn grow(&mut self, bytes: u64) -> Result<(), NoSpace> {
        let state = &self.space.0;
        let grown = |used: u64| used.checked_add(bytes).filter(|used| *used <= state.bytes_max);
        if state.used_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, grown).is_err() {
            self.space.note_full();
            return Err(NoSpace);
        }
        self.bytes += bytes;
        Ok(())
    }

    /// Gives back what it has beyond so many bytes.
    pub fn shrink_to(&mut self, bytes: u64) {
        let surplus = self.bytes.saturating_sub(bytes);
        self.space.0.used_bytes.fetch_sub(surplus, Ordering::Relaxed);
        self.bytes -= surplus;
    }
}

impl Drop for Reserved {
    fn drop(&mut self) {
        self.shrink_to(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_share_the_space_and_give_it_back() {
        let space = SpoolSpace::new(100);
        let (mut first, mut second) = (space.open(), space.open());
        first.grow(60).unwrap();
        assert!(!space.is_full());
        assert_eq!(second.grow(41), Err(NoSpace));
        assert!(space.is_full());
        second.grow(40).unwrap();
        assert_eq!(space.used_bytes(), 100);
        first.shrink_to(10);
        assert_eq!(space.used_bytes(), 50);
        drop((first, second));
        assert_eq!(space.used_bytes(), 0);
    }

    #[test]
    fn files_of_before_count_even_beyond_the_space() {
        let space = SpoolSpace::new(100);
        let found = space.of_file(150);
        assert_eq!(space.open().grow(1), Err(NoSpace));
        assert_eq!(space.open().grow(u64::MAX), Err(NoSpace));
        drop(found);
        space.open().grow(100).unwrap();
    }
}
