//! The memory that the bodies of requests may take together.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::HTTP_BODIES_BYTES_MAX;

/// Unit in which memory is given out, in bytes.
const UNIT_BYTES: usize = 64 << 10;

/// Memory for the bodies of all requests that are under way; [`HTTP_BODIES_BYTES_MAX`] at most.
#[derive(Debug, Clone)]
pub struct RequestMemory(Arc<Semaphore>);

impl Default for RequestMemory {
    fn default() -> Self {
        Self::new(HTTP_BODIES_BYTES_MAX)
    }
}

impl RequestMemory {
    /// So many bytes, in whole units.
    pub fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT_BYTES)))
    }

    /// The part of one request: nothing yet.
    pub fn open(&self) -> Room {
        Room { memory: self.clone(), permit: None }
    }
}

/// What one request has of it; given back when it is dropped.
#[derive(Debug)]
pub struct Room {
    memory: RequestMemory,
    permit: Option<OwnedSemaphorePermit>,
}

/// There is no room now; there will be when other requests have been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoRoom;

impl Room {
    /// Makes it large enough for `bytes`.
    ///
    /// # Errors
    /// [`NoRoom`] when other requests have the rest; what it had it keeps.
    pub fn grow_to(&mut self, bytes: usize) -> Result<(), NoRoom> {
        let held = self.permit.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = bytes.div_ceil(UNIT_BYTES).saturating_sub(held);
        if missing == 0 {
            return Ok(());
        }
        let units = u32::try_from(missing).map_err(|_| NoRoom)?;
        let more = Arc::clone(&self.memory.0).try_acquire_many_owned(units).map_err(|_| NoRoom)?;
        match &mut self.permit {
            Some(permit) => permit.merge(more),
            None => self.permit = Some(more),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_share_the_memory_and_give_it_back() {
        let memory = RequestMemory::new(3 * UNIT_BYTES);
        let (mut first, mut second) = (memory.open(), memory.open());
        first.grow_to(1).unwrap();
        first.grow_to(UNIT_BYTES + 1).unwrap();
        second.grow_to(UNIT_BYTES).unwrap();
        assert_eq!(second.grow_to(UNIT_BYTES + 1), Err(NoRoom));
        drop(first);
        second.grow_to(3 * UNIT_BYTES).unwrap();
        assert_eq!(memory.open().grow_to(1), Err(NoRoom));
    }
}
