//! Whether anybody else has a file open, asked of the file itself: a lease for writing is given
//! only where nobody has. Unlike a look into `/proc` this needs no right to look into other
//! processes, and sees a file that is only mapped, or that a loop device stands for.

use std::ffi::c_int;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

/// `F_SETSIG` and `F_SETLEASE` (linux/fcntl.h), with their arguments.
const SET_SIGNAL: c_int = 10;
const SET_LEASE: c_int = 1024;
const FOR_WRITING: c_int = 1;
/// `SIGURG`, which nobody has to handle: whoever opens the file while it is asked about makes the
/// kernel send it to this process. Without a say it would be one that ends the process.
const SIGNAL: c_int = 23;

#[expect(unsafe_code, reason = "rustix has none of these")]
unsafe extern "C" {
    fn fcntl(file: c_int, command: c_int, ...) -> c_int;
}

/// Whether some process or the kernel has the regular file open or mapped; `None` where nobody
/// tells: only its owner and root may ask, and only of a file system of this machine.
///
/// # Errors
/// When the file cannot be opened.
pub fn is_open_elsewhere(path: &Path) -> io::Result<Option<bool>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::io::retry_on_intr(|| open(path, flags, Mode::empty()))?;
    if set(&file, SET_SIGNAL, SIGNAL).is_err() {
        return Ok(None);
    }
    // The lease ends with the handle.
    Ok(match set(&file, SET_LEASE, FOR_WRITING) {
        Ok(()) => Some(false),
        Err(error) if Errno::from_io_error(&error) == Some(Errno::AGAIN) => Some(true),
        Err(_) => None,
    })
}

#[expect(unsafe_code, reason = "rustix has no call of its own for these two")]
fn set(file: &OwnedFd, command: c_int, value: c_int) -> io::Result<()> {
    // SAFETY: both commands take one number and touch no memory of this process.
    match unsafe { fcntl(file.as_raw_fd(), command, value) } {
        -1 => Err(io::Error::last_os_error()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_it_open_is_told_from_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a");
        std::fs::write(&path, "x").unwrap();
        let alone = is_open_elsewhere(&path).unwrap();
        let reader = std::fs::File::open(&path).unwrap();
        let read = is_open_elsewhere(&path).unwrap();
        // Where the file system does not tell, it tells neither way.
        assert!(matches!(
            (alone, read),
            (Some(false), Some(true)) | (None, None)
        ));
        drop(reader);
        assert_eq!(is_open_elsewhere(&path).unwrap(), alone);
        assert!(is_open_elsewhere(&dir.path().join("gone")).is_err());
        assert_eq!(is_open_elsewhere(dir.path()).unwrap(), None, "a directory");
    }
}
