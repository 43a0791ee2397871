//! What a quota leaves of a volume: to a user or a group by `quotactl`, to a btrfs subvolume by
//! what the kernel shows of its group. Everything only reads.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, Mode, OFlags, openat};

/// Whose limit is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// A user's, by number.
    User(u32),
    /// A group's.
    Group(u32),
}

/// Limits in bytes and inodes, and what counts towards them. A limit of 0 is none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// The bytes that may not be exceeded, and those that may for a while.
    pub bytes: [u64; 2],
    /// The bytes in use.
    pub bytes_used: u64,
    /// The inodes, likewise.
    pub inodes: [u64; 2],
    /// The inodes in use.
    pub inodes_used: u64,
}

/// `struct if_dqblk` (linux/quota.h).
#[repr(C)]
#[derive(Default)]
struct Raw {
    bytes_hard: u64,
    bytes_soft: u64,
    bytes_used: u64,
    inodes_hard: u64,
    inodes_soft: u64,
    inodes_used: u64,
    bytes_time: u64,
    inodes_time: u64,
    valid: u32,
}

#[expect(unsafe_code, reason = "rustix has none of these")]
unsafe extern "C" {
    fn syscall(number: c_long, ...) -> c_long;
    fn quotactl(command: c_int, special: *const c_char, id: c_int, address: *mut c_char) -> c_int;
}

/// The limits of a user or a group on the file system that holds `path`, whose device is
/// `special`: asked for by the path where the kernel can (5.14), else by the device.
///
/// # Errors
/// When the file system keeps no quotas, or this user may not ask.
pub fn limits(path: &Path, special: &[u8], whose: Whose) -> io::Result<Limits> {
    let raw = match by_path(path, whose) {
        Err(error) if error.kind() == io::ErrorKind::Unsupported => by_device(special, whose)?,
        asked => asked?,
    };
    // Limits are counted in KiB (`QIF_DQBLKSIZE`), what is used in bytes.
    let kib = |n: u64| n.saturating_mul(1024);
    Ok(Limits {
        bytes: [kib(raw.bytes_hard), kib(raw.bytes_soft)],
        bytes_used: raw.bytes_used,
        inodes: [raw.inodes_hard, raw.inodes_soft],
        inodes_used: raw.inodes_used,
    })
}

/// `QCMD(Q_GETQUOTA, type)`, and the number.
fn command(whose: Whose) -> (c_uint, c_uint) {
    const GET: c_uint = 0x80_0007;
    match whose {
        Whose::User(id) => (GET << 8, id),
        Whose::Group(id) => ((GET << 8) | 1, id),
    }
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn by_path(path: &Path, whose: Whose) -> io::Result<Raw> {
    // `quotactl_fd` has this number wherever numbers begin at 0.
    const QUOTACTL_FD: c_long = 443;
    if cfg!(any(target_arch = "mips", target_arch = "mips64")) {
        return Err(io::ErrorKind::Unsupported.into());
    }
    let file = openat(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty())?;
    let (command, id) = command(whose);
    let mut raw = Raw::default();
    // SAFETY: the call reads the numbers and writes one `struct if_dqblk`.
    let done = unsafe {
        let address = (&raw mut raw).cast::<c_void>();
        syscall(QUOTACTL_FD, file.as_raw_fd(), command, id, address)
    };
    match done {
        0 => Ok(raw),
        _ => Err(io::Error::last_os_error()),
    }
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn by_device(special: &[u8], whose: Whose) -> io::Result<Raw> {
    let special = std::ffi::CString::new(special)?;
    let (command, id) = command(whose);
    let mut raw = Raw::default();
    // SAFETY: the name ends in a NUL, and the call writes one `struct if_dqblk`.
    let done = unsafe {
        let address = (&raw mut raw).cast::<c_char>();
        quotactl(
            command.cast_signed(),
            special.as_ptr(),
            id.cast_signed(),
            address,
        )
    };
    match done {
        0 => Ok(raw),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The user and the group that this process acts as on files.
#[must_use]
pub fn acting() -> (u32, u32) {
    use rustix::process::{getegid, geteuid};
    (geteuid().as_raw(), getegid().as_raw())
}

/// A btrfs subvolume: the file system that it is a part of, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subvolume {
    /// The file system's own name.
    pub fsid: [u8; 16],
    /// The number.
    pub id: u64,
}

/// `struct btrfs_ioctl_fs_info_args`; only the name is read.
#[repr(C)]
struct FsInfo {
    counts: [u64; 2],
    fsid: [u8; 16],
    rest: [u64; 124],
}

/// `struct btrfs_ioctl_ino_lookup_args`.
#[repr(C)]
struct Lookup {
    tree: u64,
    object: u64,
    name: [u8; 4080],
}

/// The subvolume that holds the directory `path`, which lies on btrfs.
///
/// # Errors
/// When it cannot be opened, or lies elsewhere.
pub fn subvolume(path: &Path) -> io::Result<Subvolume> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = openat(CWD, path, flags, Mode::empty())?;
    Ok(Subvolume {
        fsid: fs_info(&dir)?.fsid,
        id: lookup(&dir)?.tree,
    })
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn fs_info(dir: &OwnedFd) -> io::Result<FsInfo> {
    const BTRFS_IOC_FS_INFO: rustix::ioctl::Opcode = 0x8400_941F;
    const _: () = assert!(size_of::<FsInfo>() == 1024);
    // SAFETY: the request writes one `struct btrfs_ioctl_fs_info_args`, which is 1024 bytes of
    // plain integers.
    let found = unsafe {
        let request = rustix::ioctl::Getter::<BTRFS_IOC_FS_INFO, FsInfo>::new();
        rustix::ioctl::ioctl(dir, request)
    };
    Ok(found?)
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn lookup(dir: &OwnedFd) -> io::Result<Lookup> {
    const BTRFS_IOC_INO_LOOKUP: rustix::ioctl::Opcode = 0xD000_9412;
    const _: () = assert!(size_of::<Lookup>() == 4096);
    // With no tree named, that of the directory; with this object, its root.
    let mut asked = Lookup {
        tree: 0,
        object: 256,
        name: [0; 4080],
    };
    // SAFETY: the request reads and writes one `struct btrfs_ioctl_ino_lookup_args`, which is
    // 4096 bytes of plain integers.
    unsafe {
        let request = rustix::ioctl::Updater::<BTRFS_IOC_INO_LOOKUP, Lookup>::new(&mut asked);
        rustix::ioctl::ioctl(dir, request)?;
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_system_without_quotas_says_so() {
        for whose in [Whose::User(0), Whose::Group(0)] {
            assert!(limits(Path::new("/proc"), b"proc", whose).is_err());
            assert!(by_device(b"/nowhere", whose).is_err());
        }
        assert_eq!(command(Whose::User(7)), (0x8000_0700, 7));
        assert_eq!(command(Whose::Group(7)), (0x8000_0701, 7));
        assert!(subvolume(Path::new("/proc")).is_err());
    }
}
