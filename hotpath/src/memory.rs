//! The memory of blocks: aligned, bounded by its pool, and given back to it on drop.
//!
//! This is the one module of the block that is unsafe: Arrow buffers and the log read the memory by address.

use std::alloc::{Layout, alloc_zeroed, dealloc, handle_alloc_error};
use std::ptr::NonNull;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use arrow::buffer::Buffer;
use crossbeam_queue::ArrayQueue;

use crate::limits::BLOCK_ALIGNMENT_BYTES;

#[derive(Debug)]
struct RawMemory {
    pointer: NonNull<u8>,
    layout: Layout,
}

// SAFETY: RawMemory owns its allocation alone; nothing in it is bound to a thread.
unsafe impl Send for RawMemory {}
// SAFETY: all access through a shared reference only reads.
unsafe impl Sync for RawMemory {}

impl RawMemory {
    fn allocate(bytes: usize) -> Self {
        let bytes = bytes.max(1).next_multiple_of(BLOCK_ALIGNMENT_BYTES);
        #[expect(
            clippy::expect_used,
            reason = "the alignment is a power of two and no block is near isize::MAX"
        )]
        let layout = Layout::from_size_align(bytes, BLOCK_ALIGNMENT_BYTES).expect("valid layout");
        // SAFETY: the layout has a size above zero.
        let pointer = unsafe { alloc_zeroed(layout) };
        let Some(pointer) = NonNull::new(pointer) else { handle_alloc_error(layout) };
        Self { pointer, layout }
    }
}

impl Drop for RawMemory {
    fn drop(&mut self) {
        // SAFETY: the pointer came from `alloc_zeroed` with this layout and is freed only here.
        unsafe { dealloc(self.pointer.as_ptr(), self.layout) }
    }
}

#[derive(Debug)]
struct PoolShared {
    free: ArrayQueue<RawMemory>,
    block_bytes: usize,
    blocks_max: usize,
    allocated: AtomicUsize,
}

/// A bounded set of blocks' memory. Cloning shares it; blocks may be given back from any thread.
#[derive(Debug, Clone)]
pub struct BlockPool {
    shared: Arc<PoolShared>,
}

impl BlockPool {
    /// A pool of at most `blocks_max` blocks of `block_bytes` each. Memory is taken as it is needed, and kept.
    pub fn new(block_bytes: usize, blocks_max: usize) -> Self {
        let blocks_max = blocks_max.max(1);
        let free = ArrayQueue::new(blocks_max);
        Self {
            shared: Arc::new(PoolShared { free, block_bytes, blocks_max, allocated: AtomicUsize::new(0) }),
        }
    }

    /// Memory for one block, or `None` when all of it is in use.
    pub fn take(&self) -> Option<BlockMemory> {
        if let Some(raw) = self.shared.free.pop() {
            return Some(BlockMemory { raw: Some(raw), pool: Some(Arc::clone(&self.shared)) });
        }
        let reserved = self.shared.allocated.fetch_update(Ordering::AcqRel, Ordering::Acquire, |count| {
            (count < self.shared.blocks_max).then_some(count + 1)
        });
        reserved.ok()?;
        let raw = RawMemory::allocate(self.shared.block_bytes);
        Some(BlockMemory { raw: Some(raw), pool: Some(Arc::clone(&self.shared)) })
    }

    /// Blocks that can still be taken.
    pub fn available(&self) -> usize {
        let allocated = self.shared.allocated.load(Ordering::Acquire);
        self.shared.blocks_max.saturating_sub(allocated) + self.shared.free.len()
    }

    /// The most blocks there may be.
    pub fn blocks_max(&self) -> usize {
        self.shared.blocks_max
    }
}

/// Memory of one block.
#[derive(Debug)]
pub struct BlockMemory {
    /// `None` only while it is dropped.
    raw: Option<RawMemory>,
    pool: Option<Arc<PoolShared>>,
}

impl BlockMemory {
    /// Memory outside any pool, for one use (tests, tools).
    pub fn unpooled(bytes: usize) -> Self {
        Self { raw: Some(RawMemory::allocate(bytes)), pool: None }
    }

    /// Bytes that fit.
    pub fn capacity_bytes(&self) -> usize {
        self.raw.as_ref().map_or(0, |raw| raw.layout.size())
    }

    /// All of the memory; what was not written since it was allocated is zero or of an earlier use.
    pub fn as_slice(&self) -> &[u8] {
        match &self.raw {
            // SAFETY: the allocation has this size and was initialised by `alloc_zeroed`.
            Some(raw) => unsafe { std::slice::from_raw_parts(raw.pointer.as_ptr(), raw.layout.size()) },
            None => &[],
        }
    }

    /// All of the memory, to write to.
    pub fn as_mut_slice(&mut self) -> &mut [u8] {
        match &mut self.raw {
            // SAFETY: as in `as_slice`, and `&mut self` is the only access.
            Some(raw) => unsafe { std::slice::from_raw_parts_mut(raw.pointer.as_ptr(), raw.layout.size()) },
            None => &mut [],
        }
    }

    /// Copies `bytes` to `offset`.
    ///
    /// # Panics
    /// When they do not fit: the caller checks against [`BlockMemory::capacity_bytes`].
    pub fn write_at(&mut self, offset: usize, bytes: &[u8]) {
        self.as_mut_slice()[offset..offset + bytes.len()].copy_from_slice(bytes);
    }

    /// The first `length` bytes as an Arrow buffer that holds this memory.
    pub fn arrow_buffer(this: &Arc<Self>, length: usize) -> Buffer {
        let Some(raw) = &this.raw else { return Buffer::from(&[] as &[u8]) };
        assert!(length <= raw.layout.size(), "a buffer reaches outside its block");
        let owner: Arc<Self> = Arc::clone(this);
        // SAFETY: the pointer is valid for `length` bytes as long as `owner` lives, and shared memory is never written.
        unsafe { Buffer::from_custom_allocation(raw.pointer, length, owner) }
    }
}

impl Drop for BlockMemory {
    fn drop(&mut self) {
        let (Some(raw), Some(pool)) = (self.raw.take(), self.pool.take()) else { return };
        // The queue has room for every block of the pool; were it full, the memory would just be freed.
        if pool.free.push(raw).is_err() {
            pool.allocated.fetch_sub(1, Ordering::AcqRel);
        }
    }
}
