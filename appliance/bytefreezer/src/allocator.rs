//! The allocator of the process, and what it is told.

use std::ffi::c_long;

use libmimalloc_sys::{mi_option_set_default, mi_option_t};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// `mi_option_purge_delay` of mimalloc 3 (`mimalloc.h`); the crate does not name it.
const PURGE_DELAY_MS: mi_option_t = 15;

/// Row groups are filled and freed every second or so. With mimalloc's own second their memory went back to the
/// system in between, and clearing it anew took a tenth of the encoder's time.
const KEPT_MS: c_long = 10_000;

/// Lets freed memory wait for its next use. `MIMALLOC_PURGE_DELAY` in the environment goes before it.
pub fn keep_freed_memory() {
    // SAFETY: the option is one of the library's own, and no other thread runs yet that could read it meanwhile.
    unsafe { mi_option_set_default(PURGE_DELAY_MS, KEPT_MS) };
}

#[cfg(test)]
mod tests {
    use libmimalloc_sys::mi_option_get;

    use super::*;

    #[test]
    fn the_option_is_the_one_that_is_meant() {
        let purge_delay_ms = || {
            // SAFETY: reads one of the library's own options.
            unsafe { mi_option_get(PURGE_DELAY_MS) }
        };
        // mimalloc 3 begins with a second; another number means that the options were given other places.
        if std::env::var_os("MIMALLOC_PURGE_DELAY").is_none() {
            assert_eq!(purge_delay_ms(), 1_000);
            keep_freed_memory();
            assert_eq!(purge_delay_ms(), KEPT_MS);
        }
    }
}
