//! The calls that look behind a mount: what processes hold open, what a mount covers, which file a
//! loop device stands for, and the device below a file system. Everything only reads.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, StatxFlags, makedev, statx};
use rustix::mount::{OpenTreeFlags, open_tree};

/// What an open file, a working directory or a mapping is, as the magic link in `/proc` leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The device it lies on.
    pub dev: u64,
    /// Its number there.
    pub ino: u64,
    /// How many names it has left.
    pub nlink: u32,
    /// `st_blocks * 512`.
    pub disk: u64,
    /// Which mount it was opened through, in its own process's eyes.
    pub mount: u64,
}

/// The facts of what a magic link (`/proc/812/fd/3`) leads to. A file server is not asked: what
/// its client knows will do, so that a dead server hangs nobody.
///
/// # Errors
/// When the call fails.
pub fn stat_held(link: &Path) -> io::Result<Held> {
    let wanted = StatxFlags::INO | StatxFlags::NLINK | StatxFlags::BLOCKS | StatxFlags::MNT_ID;
    let flags = AtFlags::NO_AUTOMOUNT | AtFlags::STATX_DONT_SYNC;
    let found = rustix::io::retry_on_intr(|| statx(CWD, link, flags, wanted))?;
    Ok(Held {
        dev: makedev(found.stx_dev_major, found.stx_dev_minor),
        ino: found.stx_ino,
        nlink: found.stx_nlink,
        disk: found.stx_blocks.saturating_mul(512),
        mount: found.stx_mnt_id,
    })
}

/// A private view of one mount without anything that is mounted on top of it. Nobody else sees
/// it, and it is gone with the value.
#[derive(Debug)]
pub struct Uncovered(OwnedFd);

impl Uncovered {
    /// Looks below whatever covers parts of the mount whose root is `mount`.
    ///
    /// # Errors
    /// When the call fails: only root may (`CAP_SYS_ADMIN`), and kernels before 5.2 cannot.
    pub fn of(mount: &Path) -> io::Result<Self> {
        let flags = OpenTreeFlags::OPEN_TREE_CLONE | OpenTreeFlags::OPEN_TREE_CLOEXEC;
        Ok(Self(open_tree(CWD, mount, flags)?))
    }

    /// A path by which this process reaches `below`, a path relative to the mount's root.
    #[must_use]
    pub fn path(&self, below: &Path) -> PathBuf {
        Path::new("/proc/self/fd")
            .join(self.0.as_raw_fd().to_string())
            .join(below)
    }
}

/// The number under which `stat` gives a device.
#[must_use]
pub fn device_number((major, minor): (u32, u32)) -> u64 {
    makedev(major, minor)
}

/// Opens the block device of that number for reading.
///
/// # Errors
/// When there is none, when its name stands for something else, or when this user may not.
pub fn open_device((major, minor): (u32, u32)) -> io::Result<File> {
    let told = std::fs::read_to_string(format!("/sys/dev/block/{major}:{minor}/uevent"))?;
    let name = told.lines().find_map(|line| line.strip_prefix("DEVNAME="));
    let path = Path::new("/dev").join(name.ok_or(io::ErrorKind::NotFound)?);
    let meta = std::fs::metadata(&path)?;
    if !meta.file_type().is_block_device() || meta.rdev() != makedev(major, minor) {
        return Err(io::ErrorKind::NotFound.into());
    }
    File::open(path)
}

/// The file that a loop device stands for: its device and inode number.
///
/// # Errors
/// When the device may not be opened or is not in use.
pub fn loop_file(number: u32) -> io::Result<(u64, u64)> {
    let file = File::open(format!("/dev/loop{number}"))?;
    let info = loop_info(&file)?;
    Ok((info.device, info.inode))
}

/// The kernel's `struct loop_info64` (linux/loop.h); what is not read is only room.
#[repr(C)]
struct LoopInfo {
    device: u64,
    inode: u64,
    rest: [u64; 27],
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn loop_info(file: &File) -> io::Result<LoopInfo> {
    const LOOP_GET_STATUS64: rustix::ioctl::Opcode = 0x4C05;
    const _: () = assert!(size_of::<LoopInfo>() == 232);
    // SAFETY: the request writes one `struct loop_info64`, which is 232 bytes of plain integers
    // and characters, and touches nothing else.
    let found = unsafe {
        let request = rustix::ioctl::Getter::<LOOP_GET_STATUS64, LoopInfo>::new();
        rustix::ioctl::ioctl(file, request)
    };
    Ok(found?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_open_file_is_told_by_its_link() {
        let mut file = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut file, &[1; 10_000]).unwrap();
        let meta = file.metadata().unwrap();
        let link = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        let held = stat_held(&link).unwrap();
        assert_eq!((held.dev, held.ino), (meta.dev(), meta.ino()));
        assert_eq!(held.nlink, 0);
        assert!(held.disk >= 10_000, "{held:?}");
    }

    #[test]
    fn what_is_no_device_is_not_opened() {
        assert!(open_device((0, 1)).is_err());
        assert!(loop_file(u32::MAX).is_err());
        let null = std::fs::metadata("/dev/null").unwrap().rdev();
        let number = (rustix::fs::major(null), rustix::fs::minor(null));
        assert!(open_device(number).is_err(), "of a character device");
    }
}
