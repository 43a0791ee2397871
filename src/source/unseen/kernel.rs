//! Files without a name that the kernel itself holds: behind loop devices, and as swap.
//!
//! No process has such a file open, so `/proc` shows none of them. A loop device tells which inode
//! it stands for; how large that is, only ext4's own table tells, as the inode can be reached by
//! no path. Of a swap file the kernel tells the size.
//!
//! Limits: files held by process accounting, by a file server in the kernel, or as the upper
//! directory of an overlay are not looked for.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use crate::reconcile::Part;
use crate::source::volume::unescape;
use crate::sys;

use super::ext4::Ext4;
use super::{DELETED, Ground, part};

/// Adds up what the kernel holds; `known` tells whether a process holds the inode as well.
pub(super) fn look(ground: &Ground, known: &dyn Fn(u64, u64) -> bool) -> Part {
    let mut bytes = 0u64;
    let mut doubt = None;
    let mut inodes = Vec::new();
    for (number, path) in deleted_loops(Path::new("/sys/block")) {
        match sys::unseen::loop_file(number) {
            Ok((dev, ino)) if !ground.owns(dev, 0) || known(dev, ino) => {}
            Ok((_, ino)) => inodes.push((ino, number)),
            Err(_) if ground.contains(&path) => doubt = Some(unmeasured(number)),
            Err(_) => {}
        }
    }
    inodes.sort_unstable();
    inodes.dedup_by_key(|&mut (ino, _)| ino);
    for (ino, number) in inodes {
        match disk_of(ground, ino) {
            Some(disk) => bytes = bytes.saturating_add(disk),
            None => doubt = Some(unmeasured(number)),
        }
    }
    let swaps = fs::read("/proc/swaps").unwrap_or_default();
    for size in deleted_swaps(&swaps, ground) {
        bytes = bytes.saturating_add(size);
        doubt = Some("a deleted swap file takes a little more than its size".to_owned());
    }
    part(bytes, doubt)
}

fn unmeasured(number: u32) -> String {
    format!("loop{number} holds a deleted file of unknown size")
}

/// The loop devices whose file has no name any more, by number, and where its last name was.
fn deleted_loops(blocks: &Path) -> Vec<(u32, Vec<u8>)> {
    let Ok(devices) = fs::read_dir(blocks) else {
        return Vec::new();
    };
    let deleted = |device: fs::DirEntry| {
        let name = device.file_name();
        let number = std::str::from_utf8(name.as_bytes().strip_prefix(b"loop")?);
        let mut file = fs::read(device.path().join("loop/backing_file")).ok()?;
        file.pop_if(|last| *last == b'\n');
        let path = file.strip_suffix(DELETED)?.to_vec();
        Some((number.ok()?.parse().ok()?, path))
    };
    let mut found: Vec<_> = devices.filter_map(|device| deleted(device.ok()?)).collect();
    found.sort_unstable();
    found
}

/// The blocks of an inode that no path leads to.
fn disk_of(ground: &Ground, ino: u64) -> Option<u64> {
    if !matches!(ground.mount.fstype.as_str(), "ext2" | "ext3" | "ext4") {
        return None;
    }
    let device = sys::unseen::open_device(ground.mount.device).ok()?;
    let read = |into: &mut [u8], at: u64| device.read_exact_at(into, at);
    let inode = Ext4::open(&read).ok()?.inode(u32::try_from(ino).ok()?);
    Some(inode.ok()?.disk)
}

/// The sizes of swap files without a name, from `/proc/swaps` (in KiB there).
fn deleted_swaps(table: &[u8], ground: &Ground) -> Vec<u64> {
    let size = |line: &[u8]| {
        let mut fields = line
            .split(u8::is_ascii_whitespace)
            .filter(|field| !field.is_empty());
        let path = unescape(fields.next()?);
        let is_file = fields.next()? == b"file";
        let size: u64 = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
        let here = ground.contains(path.strip_suffix(DELETED)?);
        (is_file && here).then(|| size.saturating_mul(1024))
    };
    table.split(|&b| b == b'\n').filter_map(size).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_deleted_files_count() {
        let temp = tempfile::tempdir().unwrap();
        for (device, file) in [
            ("loop12", "/srv/a b.img (deleted)\n"),
            ("loop2", "/srv/image (deleted)\n"),
            ("loop3", "/srv/image\n"),
            ("loopy", "/srv/image (deleted)\n"),
            ("sda", "/srv/image (deleted)\n"),
        ] {
            let folder = temp.path().join(device).join("loop");
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("backing_file"), file).unwrap();
        }
        fs::create_dir(temp.path().join("loop4")).unwrap();
        let found = deleted_loops(temp.path());
        let expected = [(2, &b"/srv/image"[..]), (12, b"/srv/a b.img")];
        assert_eq!(
            found,
            expected.map(|(number, path)| (number, path.to_vec()))
        );
        assert!(deleted_loops(Path::new("/nowhere")).is_empty());
    }

    #[test]
    fn swap_files_without_a_name() {
        let Some(ground) = Ground::at(Path::new("/")) else {
            return;
        };
        let table = b"Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n\
            /swap\\040one\\040(deleted)                      file\t\t65532\t\t0\t\t-2\n\
            /swap\\040two                      file\t\t65532\t\t0\t\t-2\n\
            /dev/zram0\\040(deleted)           partition\t65532\t\t0\t\t-2\n\
            /x\\040(deleted) file many 0 0\n";
        assert_eq!(deleted_swaps(table, &ground), [65532 * 1024]);
        assert!(deleted_swaps(b"", &ground).is_empty());
    }
}
