//! What an ext2, ext3 or ext4 file system keeps for itself and yet counts as used.
//!
//! `statfs` takes the *overhead* (bitmaps, inode tables, descriptors, the journal) off the size,
//! so none of it is in "used". What is: the blocks of inodes that have no name (quota, orphan
//! file, bad blocks), blocks that map the journal, the one block that maps the room kept for
//! growing, and the block that guards against mounting twice. All of these are read from the
//! superblock and the inode table (kernel documentation, `filesystems/ext4/`), which the kernel
//! keeps current in the device's own cache while the file system is mounted.
//!
//! Limits: values of extended attributes in inodes of their own are not counted here.

use std::collections::BTreeSet;
use std::io;

/// What is read from: fills the buffer from that byte on.
pub(super) type ReadAt<'a> = dyn Fn(&mut [u8], u64) -> io::Result<()> + 'a;

/// The superblock, as far as it is wanted.
pub(super) struct Ext4<'a> {
    device: &'a ReadAt<'a>,
    superblock: [u8; 1024],
}

const COMPAT_RESIZE_INODE: u32 = 0x10;
const INCOMPAT_META_BG: u32 = 0x10;
const INCOMPAT_64BIT: u32 = 0x80;
const INCOMPAT_MMP: u32 = 0x100;
const RESIZE_INODE: u32 = 7;
const ROOT_INODE: u32 = 2;
const HUGE_FILE: u32 = 0x4_0000;

impl<'a> Ext4<'a> {
    /// Reads the superblock; fails where there is none.
    pub(super) fn open(device: &'a ReadAt<'a>) -> io::Result<Self> {
        let mut superblock = [0; 1024];
        device(&mut superblock, 1024)?;
        let ext4 = Self { device, superblock };
        let sound = ext4.u16(0x38) == 0xef53
            && ext4.u32(0x18) <= 6
            && ext4.u32(0x1c) <= 20
            && ext4.u32(0x28) > 0;
        sound.then_some(ext4).ok_or_else(nonsense)
    }

    fn u16(&self, at: usize) -> u16 {
        le16(&self.superblock, at)
    }

    fn u32(&self, at: usize) -> u32 {
        le32(&self.superblock, at)
    }

    fn block(&self) -> u64 {
        1024 << self.u32(0x18)
    }

    /// What is allocated at once: a block, or with `bigalloc` several.
    fn cluster(&self) -> u64 {
        1024u64 << self.u32(0x1c).max(self.u32(0x18))
    }

    /// What is in use without a name. `minixdf`: the overhead is not taken off the size.
    pub(super) fn metadata(&self, minixdf: bool) -> io::Result<u64> {
        let mut parts = Vec::new();
        for inode in self.nameless() {
            parts.push(self.inode(inode)?.disk);
        }
        let journal = self.u32(0xe0);
        if journal != 0 {
            let journal = self.inode(journal)?;
            parts.push(journal.disk.saturating_sub(journal.apparent));
        }
        let (compat, incompat) = (self.u32(0x5c), self.u32(0x60));
        if compat & COMPAT_RESIZE_INODE != 0 && self.inode(RESIZE_INODE)?.disk > 0 {
            parts.push(self.cluster());
        }
        if incompat & INCOMPAT_MMP != 0 {
            parts.push(self.cluster());
        }
        if minixdf {
            let overhead = u64::from(self.u32(0x248));
            if overhead == 0 {
                return Err(nonsense());
            }
            parts.push(overhead * self.cluster());
        }
        Ok(parts.into_iter().fold(0, u64::saturating_add))
    }

    /// The inodes without a name all of whose blocks are in use: the reserved ones (bad blocks,
    /// boot loader, …), quota and orphan file, wherever these are.
    fn nameless(&self) -> BTreeSet<u32> {
        let journal = self.u32(0xe0);
        let first = if self.u32(0x4c) == 0 {
            11
        } else {
            self.u32(0x54)
        };
        let reserved =
            (1..first.min(64)).filter(|inode| ![ROOT_INODE, RESIZE_INODE].contains(inode));
        let named = [0x240, 0x244, 0x26c, 0x280].map(|at| self.u32(at));
        let mut all: BTreeSet<u32> = reserved.chain(named).collect();
        all.retain(|&inode| inode != 0 && inode != journal);
        all
    }

    /// The sizes of an inode, deleted or not.
    pub(super) fn inode(&self, number: u32) -> io::Result<Inode> {
        let index = number.checked_sub(1).ok_or_else(nonsense)?;
        if number > self.u32(0) {
            return Err(nonsense());
        }
        let (group, place) = (index / self.u32(0x28), index % self.u32(0x28));
        let size = match self.u32(0x4c) {
            0 => 128,
            _ => u64::from(self.u16(0x58)),
        };
        let table = self.inode_table(group)?;
        let mut raw = [0; 128];
        let at = u64::from(place).checked_mul(size);
        let at = at
            .and_then(|at| at.checked_add(table))
            .ok_or_else(nonsense)?;
        (self.device)(&mut raw, at)?;
        let count = u64::from(le32(&raw, 0x1c)) | u64::from(le16(&raw, 0x74)) << 32;
        let unit = match le32(&raw, 0x20) & HUGE_FILE {
            0 => 512,
            _ => self.block(),
        };
        Ok(Inode {
            apparent: u64::from(le32(&raw, 0x04)) | u64::from(le32(&raw, 0x6c)) << 32,
            disk: count.saturating_mul(unit),
        })
    }

    /// Where the inode table of a block group begins, in bytes.
    fn inode_table(&self, group: u32) -> io::Result<u64> {
        let incompat = self.u32(0x60);
        if group > 0 && incompat & INCOMPAT_META_BG != 0 {
            return Err(io::ErrorKind::Unsupported.into());
        }
        let wide = incompat & INCOMPAT_64BIT != 0;
        let size = if wide { u64::from(self.u16(0xfe)) } else { 32 };
        let mut descriptor = [0; 64];
        let wanted = if size >= 64 { 64 } else { 32 };
        let first = (u64::from(self.u32(0x14)) + 1) * self.block();
        (self.device)(&mut descriptor[..wanted], first + u64::from(group) * size)?;
        let block = u64::from(le32(&descriptor, 0x08)) | u64::from(le32(&descriptor, 0x28)) << 32;
        block.checked_mul(self.block()).ok_or_else(nonsense)
    }
}

/// An inode's two sizes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Inode {
    pub(super) apparent: u64,
    pub(super) disk: u64,
}

fn nonsense() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

fn le16(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn le32(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::os::unix::fs::FileExt as _;
    use std::process::Command;

    use proptest::prelude::*;

    use super::*;

    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn skipped(why: &str) {
        eprintln!("skipped: {why}");
    }

    /// What mkfs of e2fsprogs makes; the figures were compared with `df` of the same, mounted.
    #[test]
    fn the_real_tool_makes_what_is_expected() {
        let dir = tempfile::tempdir().unwrap();
        let image = dir.path().join("image");
        let quota = "quota -E quotatype=usrquota:grpquota:prjquota";
        for (options, metadata) in [
            ("-b 1024 -O ^orphan_file", 1024),
            ("-b 4096 -O ^orphan_file", 4096),
            ("-b 1024 -O ^resize_inode,^orphan_file", 0),
            ("-b 1024 -O ^has_journal,^orphan_file", 1024),
            ("-b 1024 -O orphan_file", 1024 + 65_536),
            ("-b 1024 -O mmp,^orphan_file", 2048),
            ("-b 4096 -O bigalloc,^orphan_file -C 65536", 65_536),
            ("-b 1024 -O ^extents,^64bit,^orphan_file", 1024 + 33 * 1024),
            (&format!("-b 1024 -O ^orphan_file,{quota}"), 1024 + 3 * 6144),
        ] {
            File::create(&image).unwrap().set_len(256 << 20).unwrap();
            let made = Command::new("mkfs.ext4")
                .args(["-q", "-F", "-J", "size=8"])
                .args(options.split(' '))
                .arg(&image)
                .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
                .output();
            let options_known = made.as_ref().is_ok_and(|made| made.status.success());
            if !options_known {
                skipped(&format!("no mkfs.ext4 {options}"));
                continue;
            }
            let file = File::open(&image).unwrap();
            let read = |into: &mut [u8], at: u64| file.read_exact_at(into, at);
            let ext4 = Ext4::open(&read).unwrap();
            assert_eq!(ext4.metadata(false).unwrap(), metadata, "{options}");
            // A fresh lost+found is the first inode that is not reserved.
            assert_eq!(ext4.inode(11).unwrap().disk % ext4.cluster(), 0);
            assert!(ext4.metadata(true).unwrap() > metadata, "{options}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(
            mut bytes in prop::collection::vec(any::<u8>(), 4096),
            magic: bool,
            sizes in any::<[u8; 2]>(),
        ) {
            if magic {
                bytes[1024 + 0x38..][..2].copy_from_slice(&[0x53, 0xef]);
                bytes[1024 + 0x18..][..4].copy_from_slice(&[sizes[0] % 8, 0, 0, 0]);
                bytes[1024 + 0x1c..][..4].copy_from_slice(&[sizes[1] % 24, 0, 0, 0]);
            }
            let read = |into: &mut [u8], at: u64| {
                let place = usize::try_from(at).map_err(|_| nonsense())?;
                let from = place.checked_add(into.len()).and_then(|end| bytes.get(place..end));
                into.copy_from_slice(from.ok_or_else(nonsense)?);
                Ok(())
            };
            if let Ok(ext4) = Ext4::open(&read) {
                let _some_answer = (ext4.metadata(true), ext4.inode(u32::MAX), ext4.inode(0));
            }
        }
    }
}
