//! Whether the kernel lets this process use io_uring.

use std::io;
use std::os::fd::{FromRawFd, OwnedFd};

/// Bytes of `struct io_uring_params`.
const PARAMS_BYTES: usize = 120;

/// Sets up the smallest ring and closes it.
///
/// # Errors
/// What the kernel says: EPERM where io_uring is disabled or blocked, ENOSYS where it is not there.
pub(super) fn io_uring() -> io::Result<()> {
    let mut params = [0_u64; PARAMS_BYTES / 8];
    // SAFETY: io_uring_setup reads and writes `io_uring_params`, for which there is room, and nothing else.
    let descriptor = unsafe { libc::syscall(libc::SYS_io_uring_setup, 1, params.as_mut_ptr()) };
    if descriptor < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call gave a new descriptor that nobody else owns.
    drop(unsafe { OwnedFd::from_raw_fd(descriptor as i32) });
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn io_uring_is_there_or_the_error_says_why() {
        if let Err(error) = super::io_uring() {
            assert!(error.raw_os_error().is_some());
        }
    }
}
