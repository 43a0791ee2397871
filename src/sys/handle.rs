//! The kernel's own name for an inode: unlike its number, the next file to get that number has
//! another one. This is one of the few calls that rustix does not have.

use std::ffi::{CString, c_char, c_int};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// The longest handle (`MAX_HANDLE_SZ`).
const MOST: usize = 128;
/// `AT_FDCWD`, and `AT_HANDLE_FID` (Linux 6.5): only to tell inodes apart, which more file systems
/// can do than open by it.
const HERE: c_int = -100;
const TO_COMPARE: c_int = 0x200;

/// A handle: its type, which its file system knows, and its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// The type.
    pub kind: i32,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// `struct file_handle` with room for the longest.
#[repr(C)]
struct Raw {
    bytes: u32,
    kind: c_int,
    handle: [u8; MOST],
}

#[expect(unsafe_code, reason = "rustix has none of these")]
unsafe extern "C" {
    fn name_to_handle_at(
        dir: c_int,
        path: *const c_char,
        handle: *mut Raw,
        mount: *mut c_int,
        flags: c_int,
    ) -> c_int;
}

/// The handle of what `path` names; a symbolic link is not followed, and nothing is opened.
///
/// # Errors
/// When there is nothing, or its file system has no handles.
pub fn handle(path: &Path) -> io::Result<Handle> {
    let path = CString::new(path.as_os_str().as_bytes())?;
    match ask(&path, 0) {
        Err(_) => ask(&path, TO_COMPARE),
        known => known,
    }
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn ask(path: &CString, flags: c_int) -> io::Result<Handle> {
    let mut raw = Raw {
        bytes: MOST as u32,
        kind: 0,
        handle: [0; MOST],
    };
    let mut mount = 0;
    // SAFETY: the path ends in a NUL, and the call writes the mount's number and at most as many
    // bytes of the handle as `bytes` says there is room for.
    let done =
        unsafe { name_to_handle_at(HERE, path.as_ptr(), &raw mut raw, &raw mut mount, flags) };
    if done != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(Handle {
        kind: raw.kind,
        bytes: raw.handle[..MOST.min(raw.bytes as usize)].to_vec(),
    })
}

/// Whether an overlay keeps the file in its upper layer alone, so that deleting it gives its room
/// back; `None` where it does not tell. By the handle that overlays make to compare inodes
/// (`struct ovl_fh`, fs/overlayfs/overlayfs.h): three bytes of padding, the version, a magic
/// number, the length, and flags of which one says that the upper layer's inode is meant.
///
/// # Errors
/// When there is nothing of that name.
pub fn is_in_upper_layer(path: &Path) -> io::Result<Option<bool>> {
    const MAGIC: u8 = 0xfb;
    const IS_UPPER: u8 = 0x04;
    path.symlink_metadata()?;
    let Ok(known) = handle(path) else {
        return Ok(None);
    };
    Ok(match known.bytes.get(3..7) {
        // What was copied up keeps the handle of the layer that it came from.
        Some(&[0, MAGIC, _, flags]) => (flags & IS_UPPER != 0).then_some(true),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_names_of_a_file_have_one_handle_and_its_successor_another() {
        let dir = tempfile::tempdir().unwrap();
        let (a, b) = (dir.path().join("a"), dir.path().join("b"));
        std::fs::write(&a, "x").unwrap();
        std::fs::hard_link(&a, &b).unwrap();
        let Ok(first) = handle(&a) else {
            // Not every file system has them.
            return assert!(handle(dir.path()).is_err());
        };
        assert!(!first.bytes.is_empty());
        assert_eq!(handle(&b).unwrap(), first);
        std::fs::remove_file(&a).unwrap();
        std::fs::remove_file(&b).unwrap();
        // The next file often gets the same number, and never the same handle.
        std::fs::write(&a, "x").unwrap();
        assert_ne!(handle(&a).unwrap(), first);
        assert!(handle(&b).is_err());
        std::os::unix::fs::symlink("nowhere", &b).unwrap();
        assert!(handle(&b).is_ok(), "a link has one of its own");
    }
}
