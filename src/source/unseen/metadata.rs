//! How much a file system keeps for itself and counts as used.
//!
//! * ext2, ext3, ext4: read from the device, which needs root; see `ext4`.
//! * tmpfs: nothing. Its directories take no blocks, and everything else is in `st_blocks`.
//! * btrfs: what `/sys/fs/btrfs` says of metadata and system chunks, and the global reserve, as
//!   the kernel's `statfs` counts them: raw bytes by the number of copies of data. Files that are
//!   kept inside the metadata have blocks of their own in `st_blocks`, so the rest can be below 0.
//! * xfs keeps reserves for its trees that it tells nobody of, and the others are not known.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::reconcile::Part;
use crate::sys::{self, Fault};

use super::Ground;
use super::ext4::Ext4;

pub(super) fn look(ground: &Ground) -> Part {
    let name = ground.mount.fstype.as_str();
    match name {
        "tmpfs" => Part::exactly(0),
        "ext2" | "ext3" | "ext4" => ext(ground),
        "btrfs" => match btrfs(&ground.mount.source) {
            Some(bytes) => Part::exactly(bytes),
            None => Part::unknown("the metadata of btrfs could not be read in /sys"),
        },
        _ => Part::unknown(format!("{name} does not tell what it keeps for itself")),
    }
}

fn ext(ground: &Ground) -> Part {
    let minixdf = ground
        .mount
        .options
        .split(|&b| b == b',')
        .any(|o| o == b"minixdf");
    let found = sys::unseen::open_device(ground.mount.device).and_then(|device| {
        let read = |into: &mut [u8], at: u64| device.read_exact_at(into, at);
        Ext4::open(&read)?.metadata(minixdf)
    });
    match found {
        Ok(bytes) => Part::exactly(bytes),
        Err(cause) if Fault::of(&cause) == Fault::Denied => {
            Part::unknown("this user may not read the device")
        }
        Err(cause) => Part::unknown(format!("the device cannot be read: {cause}")),
    }
}

/// The folder in `/sys` of the btrfs file system that lies on this device.
fn btrfs(device: &[u8]) -> Option<u64> {
    let device = fs::canonicalize(OsStr::from_bytes(device)).ok()?;
    let lies_on_it = |folder: &PathBuf| {
        folder
            .join("devices")
            .join(device.file_name()?)
            .exists()
            .then_some(())
    };
    let folders = fs::read_dir("/sys/fs/btrfs").ok()?;
    let mut folders = folders.filter_map(|folder| Some(folder.ok()?.path()));
    btrfs_kept(&folders.find(|folder| lies_on_it(folder).is_some())?)
}

/// What `allocation` in a btrfs file system's folder says of its own use.
fn btrfs_kept(folder: &Path) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        let path: PathBuf = folder.join("allocation").join(name);
        fs::read_to_string(path).ok()?.trim().parse().ok()
    };
    let raw = number("metadata/disk_used")?.checked_add(number("system/disk_used")?)?;
    let (data, data_raw) = (number("data/bytes_used")?, number("data/disk_used")?);
    let copies = data_raw.checked_div(data).unwrap_or(1).max(1);
    (raw / copies).checked_add(number("global_rsv_size")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_btrfs_keeps_is_counted_as_statfs_does() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("allocation");
        for (name, value) in [
            ("metadata/disk_used", 2_000),
            ("system/disk_used", 100),
            ("global_rsv_size", 30),
            ("data/bytes_used", 500),
            ("data/disk_used", 1_000),
        ] {
            assert_eq!(btrfs_kept(temp.path()), None, "without {name}");
            let file = folder.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, format!("{value}\n")).unwrap();
        }
        assert_eq!(btrfs_kept(temp.path()), Some(1_080));
        fs::write(folder.join("data/bytes_used"), "0\n").unwrap();
        assert_eq!(
            btrfs_kept(temp.path()),
            Some(2_130),
            "no data, no copies of it"
        );
    }
}
