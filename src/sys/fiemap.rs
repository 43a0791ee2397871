//! Which extents of a file other files or snapshots use as well: they stay when the file goes.

use std::io;
use std::path::Path;

use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;

/// Extents in one answer.
const AT_ONCE: usize = 128;
/// `FIEMAP_EXTENT_LAST`, `_ENCODED` and `_SHARED` (linux/fiemap.h).
const LAST: u32 = 0x1;
const ENCODED: u32 = 0x8;
const SHARED: u32 = 0x2000;

/// `struct fiemap` with room for so many answers.
#[repr(C)]
struct Map {
    start: u64,
    length: u64,
    flags: u32,
    mapped: u32,
    count: u32,
    reserved: u32,
    extents: [Extent; AT_ONCE],
}

/// `struct fiemap_extent`.
#[repr(C)]
#[derive(Clone, Copy)]
struct Extent {
    logical: u64,
    physical: u64,
    length: u64,
    reserved64: [u64; 2],
    flags: u32,
    reserved: [u32; 3],
}

/// Whether any extent of the regular file `path` is shared; `None` where its file system does not
/// tell, or where an extent is compressed, so that less comes back than `st_blocks` says. Nothing
/// is flushed: what was written only just now is not shared yet.
///
/// # Errors
/// When the file cannot be opened or asked.
pub fn shares_extents(path: &Path) -> io::Result<Option<bool>> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let file = rustix::io::retry_on_intr(|| open(path, flags, Mode::empty()))?;
    let none = Extent {
        logical: 0,
        physical: 0,
        length: 0,
        reserved64: [0; 2],
        flags: 0,
        reserved: [0; 3],
    };
    let mut start = 0;
    let mut is_encoded = false;
    loop {
        let mut map = Map {
            start,
            length: u64::MAX - start,
            flags: 0,
            mapped: 0,
            count: AT_ONCE as u32,
            reserved: 0,
            extents: [none; AT_ONCE],
        };
        match ask(&file, &mut map) {
            Err(Errno::OPNOTSUPP | Errno::NOTTY | Errno::INVAL) => return Ok(None),
            asked => asked?,
        }
        let mut mapped = map.extents.iter().take(map.mapped as usize);
        if mapped.clone().any(|extent| extent.flags & SHARED != 0) {
            return Ok(Some(true));
        }
        is_encoded |= mapped.clone().any(|extent| extent.flags & ENCODED != 0);
        match mapped.next_back() {
            Some(last) if last.flags & LAST == 0 && last.length > 0 => {
                start = last.logical.saturating_add(last.length);
            }
            _ if is_encoded => return Ok(None),
            _ => return Ok(Some(false)),
        }
    }
}

#[expect(unsafe_code, reason = "rustix has no call of its own for this one")]
fn ask(file: &rustix::fd::OwnedFd, map: &mut Map) -> Result<(), Errno> {
    const FS_IOC_FIEMAP: rustix::ioctl::Opcode = 0xC020_660B;
    const _: () = assert!(size_of::<Extent>() == 56);
    const _: () = assert!(size_of::<Map>() == 32 + AT_ONCE * 56);
    // SAFETY: the request reads the 32 bytes of `struct fiemap` and writes them and as many
    // `struct fiemap_extent` behind them as `count` says, for all of which there is room.
    unsafe {
        let request = rustix::ioctl::Updater::<FS_IOC_FIEMAP, Map>::new(map);
        rustix::ioctl::ioctl(file, request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_its_own_shares_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("f");
        std::fs::write(&file, vec![7; 1 << 20]).unwrap();
        // Where the file system does not tell, nothing is claimed.
        assert_ne!(shares_extents(&file).unwrap(), Some(true));
        assert!(shares_extents(&dir.path().join("gone")).is_err());
        std::os::unix::fs::symlink(&file, dir.path().join("l")).unwrap();
        assert!(
            shares_extents(&dir.path().join("l")).is_err(),
            "a link is not followed"
        );
    }
}
