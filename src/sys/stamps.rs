//! When a file was last read, last changed and made: the times that a walk does not keep.

use std::io;
use std::path::Path;

/// Seconds since the epoch; `None` where the file system does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    /// Last access.
    pub accessed: Option<i64>,
    /// Last change of the inode.
    pub changed: Option<i64>,
    /// Birth.
    pub born: Option<i64>,
}

/// A directory whose entries are asked for their times, by name below a handle.
#[derive(Debug)]
pub struct Folder(
    #[cfg(target_os = "linux")] std::os::fd::OwnedFd,
    #[cfg(not(target_os = "linux"))] std::path::PathBuf,
);

#[cfg(target_os = "linux")]
impl Folder {
    /// Opens it without the right to read it: only its entries are asked about.
    ///
    /// # Errors
    /// When the call fails.
    pub fn open(path: &Path) -> io::Result<Self> {
        use rustix::fs::{CWD, Mode, OFlags, openat};
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let open = || openat(CWD, path, flags, Mode::empty());
        Ok(Self(rustix::io::retry_on_intr(open)?))
    }

    /// The times of one entry; a symbolic link is not followed, nothing is mounted, and what the
    /// client of a network file system has at hand will do.
    ///
    /// # Errors
    /// When the call fails.
    pub fn times(&self, name: &[u8]) -> io::Result<Times> {
        use rustix::fs::{AtFlags, StatxFlags, statx};
        let flags = AtFlags::SYMLINK_NOFOLLOW | AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
        let wanted = StatxFlags::ATIME | StatxFlags::CTIME | StatxFlags::BTIME;
        let found = rustix::io::retry_on_intr(|| statx(&self.0, name, flags, wanted))?;
        let given = |field: StatxFlags, seconds: i64| {
            (found.stx_mask & field.bits() != 0).then_some(seconds)
        };
        Ok(Times {
            accessed: given(StatxFlags::ATIME, found.stx_atime.tv_sec),
            changed: given(StatxFlags::CTIME, found.stx_ctime.tv_sec),
            born: given(StatxFlags::BTIME, found.stx_btime.tv_sec),
        })
    }
}

#[cfg(not(target_os = "linux"))]
impl Folder {
    /// Notes where it is.
    ///
    /// # Errors
    /// Never.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(path.to_owned()))
    }

    /// The times of one entry; a symbolic link is not followed.
    ///
    /// # Errors
    /// When the call fails.
    pub fn times(&self, name: &[u8]) -> io::Result<Times> {
        use std::os::unix::ffi::OsStrExt as _;
        times_by_std(&self.0.join(std::ffi::OsStr::from_bytes(name)))
    }
}

/// What the standard library says of a path.
#[cfg(any(test, not(target_os = "linux")))]
fn times_by_std(path: &Path) -> io::Result<Times> {
    use std::os::unix::fs::MetadataExt as _;
    use std::time::SystemTime;
    let found = std::fs::symlink_metadata(path)?;
    let born = found.created().ok();
    let born = born.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok());
    Ok(Times {
        accessed: Some(found.atime()),
        changed: Some(found.ctime()),
        born: born.and_then(|since| i64::try_from(since.as_secs()).ok()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_asking_agree() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), b"x").unwrap();
        std::fs::create_dir(folder.path().join("b")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("c")).unwrap();
        let open = Folder::open(folder.path()).unwrap();
        for name in ["a", "b", "c"] {
            let known = times_by_std(&folder.path().join(name)).unwrap();
            assert_eq!(open.times(name.as_bytes()).unwrap(), known, "{name}");
        }
        assert!(open.times(b"d").is_err());
    }
}
