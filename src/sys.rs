//! What the standard library lacks, as safe functions: directory handles, raw listings, `statx`,
//! mounts and volumes. This is the one door to `rustix`.
//!
//! The hot ones are inlined on purpose. A function that makes a system call and then returns costs
//! some processors more than the call's own work, so between two `statx` calls of a walk there
//! must be no other return: `#[inline]` here, and whole-program optimisation in release builds.
//!
//! Limits: `dev` is the kernel's number, which network file systems may choose anew at each mount.
//! Kernels before 5.8 do not tell mounts apart; [`Meta::mount`] is `None` there.

use std::io;
use std::path::Path;
use std::time::Duration;

#[cfg(target_os = "linux")]
pub use linux::{Dir, Name, Names, handle_limit};
#[cfg(target_os = "linux")]
pub mod fiemap;
#[cfg(target_os = "linux")]
pub mod handle;
#[cfg(target_os = "linux")]
pub mod lease;
#[cfg(target_os = "linux")]
pub mod quota;
pub mod stamps;
#[cfg(target_os = "linux")]
pub mod unseen;

/// What an inode is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// A directory.
    Dir,
    /// A regular file.
    File,
    /// A symbolic link.
    Symlink,
    /// A socket, a pipe or a device.
    Other,
}

/// One inode's facts, taken in one call: they agree with each other, not with the neighbours'.
/// What the file system did not say is `None`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meta {
    /// What it is.
    pub kind: FileKind,
    /// `st_size`.
    pub apparent: Option<u64>,
    /// `st_blocks * 512`.
    pub disk: Option<u64>,
    /// Last modification, whole seconds.
    pub mtime: Option<i64>,
    /// The device it lies on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// How many names it has.
    pub nlink: u32,
    /// Which mount it was reached through.
    pub mount: Option<u64>,
    /// Whether opening it would mount something there.
    pub automount: bool,
}

/// Why a system call failed, as far as a walk cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    /// There is nothing of that name (any more).
    Gone,
    /// A signal came in between: ask again.
    Interrupted,
    /// This user may not.
    Denied,
    /// It is not a directory, or a symbolic link stands there (any more).
    NotDir,
    /// The process, or the machine, has no room for another open file.
    NoHandles,
    /// The path is longer than the system takes.
    TooLong,
    /// The server no longer knows the file.
    Stale,
    /// The device failed.
    Io,
    /// Anything else.
    Other,
}

impl Fault {
    /// What the error of a failed call means.
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::Gone,
            io::ErrorKind::Interrupted => Self::Interrupted,
            io::ErrorKind::PermissionDenied => Self::Denied,
            io::ErrorKind::NotADirectory => Self::NotDir,
            io::ErrorKind::InvalidFilename => Self::TooLong,
            io::ErrorKind::StaleNetworkFileHandle => Self::Stale,
            _ => Self::of_code(error),
        }
    }

    #[cfg(unix)]
    fn of_code(error: &io::Error) -> Self {
        use rustix::io::Errno;
        match Errno::from_io_error(error) {
            Some(Errno::LOOP) => Self::NotDir,
            Some(Errno::MFILE | Errno::NFILE) => Self::NoHandles,
            Some(Errno::IO) => Self::Io,
            _ => Self::Other,
        }
    }

    #[cfg(not(unix))]
    fn of_code(_error: &io::Error) -> Self {
        Self::Other
    }
}

/// The facts of the inode that `path` names; a symbolic link is not followed, nothing is mounted.
///
/// # Errors
/// When the call fails.
#[cfg(target_os = "linux")]
pub fn stat_path(path: &Path) -> io::Result<Meta> {
    linux::stat_path(path)
}

/// The facts of the inode that `path` names; a symbolic link is not followed.
///
/// # Errors
/// When the call fails.
#[cfg(not(target_os = "linux"))]
pub fn stat_path(path: &Path) -> io::Result<Meta> {
    stat_path_by_std(path)
}

/// As the standard library tells it: without mounts.
#[cfg(any(not(target_os = "linux"), test))]
fn stat_path_by_std(path: &Path) -> io::Result<Meta> {
    let found = std::fs::symlink_metadata(path)?;
    let kind = match found.file_type() {
        kind if kind.is_dir() => FileKind::Dir,
        kind if kind.is_file() => FileKind::File,
        kind if kind.is_symlink() => FileKind::Symlink,
        _ => FileKind::Other,
    };
    let meta = Meta {
        kind,
        apparent: Some(found.len()),
        disk: None,
        mtime: None,
        dev: 0,
        ino: 0,
        nlink: 1,
        mount: None,
        automount: false,
    };
    #[cfg(unix)]
    let meta = {
        use std::os::unix::fs::MetadataExt as _;
        Meta {
            disk: Some(found.blocks().saturating_mul(512)),
            mtime: Some(found.mtime()),
            dev: found.dev(),
            ino: found.ino(),
            nlink: u32::try_from(found.nlink()).unwrap_or(u32::MAX),
            ..meta
        }
    };
    Ok(meta)
}

/// What a file system says of its room, in its own units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// Bytes in one block of the counts below (`f_frsize`).
    pub unit: u64,
    /// Blocks in all.
    pub blocks: u64,
    /// Blocks that are free.
    pub free: u64,
    /// Blocks that are free for everybody.
    pub available: u64,
    /// Inodes in all; 0: the file system has no fixed number.
    pub inodes: u64,
    /// Inodes that are free for everybody.
    pub inodes_available: u64,
}

/// The room of the file system that holds `path`.
///
/// # Errors
/// When the call fails.
#[cfg(unix)]
pub fn room(path: &Path) -> io::Result<Room> {
    let found = rustix::io::retry_on_intr(|| rustix::fs::statvfs(path))?;
    // Some file systems leave f_frsize at 0 and mean f_bsize.
    let unit = match found.f_frsize {
        0 => found.f_bsize,
        unit => unit,
    };
    Ok(Room {
        unit,
        blocks: found.f_blocks,
        free: found.f_bfree,
        available: found.f_bavail,
        inodes: found.f_files,
        inodes_available: found.f_favail,
    })
}

/// The room of the file system that holds `path`: not known on this system.
///
/// # Errors
/// Always.
#[cfg(not(unix))]
pub fn room(_path: &Path) -> io::Result<Room> {
    Err(io::ErrorKind::Unsupported.into())
}

/// The processors' time that all threads of this process have used; zero where nobody counts it.
#[must_use]
pub fn processor_time() -> Duration {
    #[cfg(target_os = "linux")]
    {
        let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
        Duration::try_from(used).unwrap_or_default()
    }
    #[cfg(not(target_os = "linux"))]
    Duration::ZERO
}

/// The kernel's table of mounts, as it prints it; empty where there is none.
#[must_use]
pub fn mount_table() -> Vec<u8> {
    std::fs::read("/proc/self/mountinfo").unwrap_or_default()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::CStr;
    use std::io;
    use std::mem::MaybeUninit;
    use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
    use std::path::Path;

    use rustix::fs::{
        AtFlags, CWD, FileType, Mode, OFlags, RawDir, RawDirEntry, RawMode, Statx, StatxAttributes,
        StatxFlags, makedev, openat, statat, statx,
    };
    use rustix::io::{Errno, retry_on_intr};
    use rustix::path::Arg as _;
    use rustix::process::{Resource, getrlimit};

    use super::{FileKind, Meta};

    const WANTED: StatxFlags = StatxFlags::TYPE
        .union(StatxFlags::NLINK)
        .union(StatxFlags::INO)
        .union(StatxFlags::SIZE)
        .union(StatxFlags::BLOCKS)
        .union(StatxFlags::MTIME)
        .union(StatxFlags::MNT_ID);
    /// What the client of a network file system has at hand will do (`DONT_SYNC`).
    const STAT: AtFlags = AtFlags::SYMLINK_NOFOLLOW
        .union(AtFlags::NO_AUTOMOUNT)
        .union(AtFlags::STATX_DONT_SYNC);
    const OPEN: OFlags = OFlags::RDONLY
        .union(OFlags::DIRECTORY)
        .union(OFlags::NOFOLLOW)
        .union(OFlags::CLOEXEC);

    /// An open directory. What is asked through it cannot be redirected by swapping a name above.
    #[derive(Debug)]
    pub struct Dir(OwnedFd);

    impl Dir {
        /// Opens the directory that `path` names; its last component may not be a symbolic link.
        ///
        /// # Errors
        /// When the call fails.
        pub fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(retry_on_intr(|| {
                openat(CWD, path, OPEN, Mode::empty())
            })?))
        }

        /// Opens the sub-directory `name`, not following a symbolic link. With `quiet`, reading
        /// it will not touch its time of last access, which only its owner may ask for.
        ///
        /// # Errors
        /// When the call fails.
        pub fn open_child(&self, name: &CStr, quiet: bool) -> io::Result<Self> {
            let flags = if quiet { OPEN | OFlags::NOATIME } else { OPEN };
            Ok(Self(retry_on_intr(|| {
                openat(&self.0, name, flags, Mode::empty())
            })?))
        }

        /// Opens the directory that holds this one now.
        ///
        /// # Errors
        /// When the call fails.
        pub fn open_parent(&self) -> io::Result<Self> {
            self.open_child(c"..", false)
        }

        /// The facts of the entry `name`; a symbolic link is not followed, nothing is mounted.
        ///
        /// # Errors
        /// When the call fails.
        #[inline(always)]
        pub fn stat(&self, name: &CStr) -> io::Result<Meta> {
            stat(self.0.as_fd(), name, STAT)
        }

        /// The facts of the directory itself.
        ///
        /// # Errors
        /// When the call fails.
        #[inline]
        pub fn stat_self(&self) -> io::Result<Meta> {
            stat(self.0.as_fd(), c"", STAT | AtFlags::EMPTY_PATH)
        }

        /// The names that it holds, as many at a time as fit into `buffer`.
        pub fn names<'a>(&'a self, buffer: &'a mut [MaybeUninit<u8>]) -> Names<'a> {
            Names(RawDir::new(self.0.as_fd(), buffer))
        }

        /// The magic number of its file system; its type differs between architectures.
        ///
        /// # Errors
        /// When the call fails.
        pub fn magic(&self) -> io::Result<u64> {
            Ok(rustix::fs::fstatfs(&self.0)?.f_type as u64)
        }

        /// A handle to the entry `name` that can only be asked about, not read. Nothing is mounted.
        ///
        /// # Errors
        /// When the call fails.
        pub fn point(&self, name: &CStr) -> io::Result<Self> {
            let flags = OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(Self(openat(&self.0, name, flags, Mode::empty())?))
        }
    }

    /// The names in a directory, as the kernel lists them.
    pub struct Names<'a>(RawDir<'a, BorrowedFd<'a>>);

    /// One name of a listing.
    pub struct Name<'a>(RawDirEntry<'a>);

    impl Names<'_> {
        /// The next name; it lives until the one after it is asked for. After
        /// [`Fault::Interrupted`](super::Fault::Interrupted), ask again.
        #[inline]
        #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend")]
        pub fn next(&mut self) -> Option<io::Result<Name<'_>>> {
            match self.0.next()? {
                Ok(entry) => Some(Ok(Name(entry))),
                Err(error) => Some(Err(error.into())),
            }
        }

        /// Whether the next name needs another call to the kernel.
        #[inline]
        #[must_use]
        pub fn is_at_border(&self) -> bool {
            self.0.is_buffer_empty()
        }
    }

    impl Name<'_> {
        /// The name itself.
        #[inline]
        #[must_use]
        pub fn as_c_str(&self) -> &CStr {
            self.0.file_name()
        }

        /// The number of its inode, as the directory has it.
        #[inline]
        #[must_use]
        pub fn ino(&self) -> u64 {
            self.0.ino()
        }

        /// Whether the directory says that it is one itself; some file systems never say.
        #[inline]
        #[must_use]
        pub fn is_dir(&self) -> bool {
            self.0.file_type() == FileType::Directory
        }

        /// Whether it is `.` or `..`, which every directory holds.
        #[inline]
        #[must_use]
        pub fn is_dots(&self) -> bool {
            matches!(self.0.file_name().to_bytes(), b"." | b"..")
        }
    }

    /// Inlined whatever its callers are: see the top of this file.
    #[inline(always)]
    fn stat(dir: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> io::Result<Meta> {
        match statx(dir, name, flags, WANTED) {
            Ok(found) => Ok(Meta {
                kind: kind_of(RawMode::from(found.stx_mode)),
                apparent: given(&found, StatxFlags::SIZE, found.stx_size),
                disk: given(
                    &found,
                    StatxFlags::BLOCKS,
                    found.stx_blocks.saturating_mul(512),
                ),
                mtime: given(&found, StatxFlags::MTIME, found.stx_mtime.tv_sec),
                dev: makedev(found.stx_dev_major, found.stx_dev_minor),
                ino: found.stx_ino,
                nlink: found.stx_nlink,
                mount: given(&found, StatxFlags::MNT_ID, found.stx_mnt_id),
                automount: found.stx_attributes.contains(StatxAttributes::AUTOMOUNT),
            }),
            Err(error) => stat_again(dir, name, flags, error),
        }
    }

    /// A value that the file system really filled in.
    #[inline]
    fn given<T>(found: &Statx, field: StatxFlags, value: T) -> Option<T> {
        (found.stx_mask & field.bits() != 0).then_some(value)
    }

    /// What to do when `statx` fails: ask again where it was interrupted, ask the older call where
    /// the kernel is older than 4.11 or a sandbox knows no `statx`.
    #[cold]
    #[inline(never)]
    fn stat_again(
        dir: BorrowedFd<'_>,
        name: &CStr,
        flags: AtFlags,
        error: Errno,
    ) -> io::Result<Meta> {
        if error == Errno::INTR {
            return stat(dir, name, flags);
        }
        if error != Errno::NOSYS {
            return Err(error.into());
        }
        let flags = flags.difference(AtFlags::STATX_DONT_SYNC);
        let found = retry_on_intr(|| statat(dir, name, flags))?;
        Ok(Meta {
            kind: kind_of(found.st_mode),
            apparent: u64::try_from(found.st_size).ok(),
            disk: u64::try_from(found.st_blocks)
                .ok()
                .map(|blocks| blocks.saturating_mul(512)),
            mtime: Some(found.st_mtime),
            dev: found.st_dev,
            ino: found.st_ino,
            nlink: u32::try_from(found.st_nlink).unwrap_or(u32::MAX),
            mount: None,
            automount: false,
        })
    }

    #[inline]
    fn kind_of(mode: RawMode) -> FileKind {
        match FileType::from_raw_mode(mode) {
            FileType::Directory => FileKind::Dir,
            FileType::RegularFile => FileKind::File,
            FileType::Symlink => FileKind::Symlink,
            _ => FileKind::Other,
        }
    }

    pub(super) fn stat_path(path: &Path) -> io::Result<Meta> {
        path.into_with_c_str(|path| Ok(stat(CWD, path, STAT)))?
    }

    /// How many files this process may hold open.
    #[must_use]
    pub fn handle_limit() -> usize {
        let limit = getrlimit(Resource::Nofile).current;
        limit
            .and_then(|limit| usize::try_from(limit).ok())
            .unwrap_or(usize::MAX)
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_asking_agree() {
        for path in ["/", "/proc/self", "/dev/null", "/etc/hostname"] {
            let Ok(known) = stat_path_by_std(Path::new(path)) else {
                continue;
            };
            let asked = stat_path(Path::new(path)).unwrap();
            let unmounted = Meta {
                mount: None,
                ..asked
            };
            assert_eq!(unmounted, known, "{path}");
        }
    }

    #[test]
    fn failures_have_a_meaning() {
        let long = "x".repeat(300);
        for (path, fault) in [
            ("/nowhere/at/all", Fault::Gone),
            ("/dev/null/x", Fault::NotDir),
            (&format!("/{long}"), Fault::TooLong),
            (&"/x".repeat(3000), Fault::TooLong),
        ] {
            assert_eq!(Fault::of(&stat_path(Path::new(path)).unwrap_err()), fault);
        }
    }
}
