//! Where a walk ends: at the mounts that it does not enter.

use std::collections::BTreeSet;
use std::path::Path;

use crate::entry::Kind;
use crate::source::volume::{Mount, parse_mounts};
use crate::sys::{self, Meta};

/// Where the walk ends.
pub(super) struct Border {
    pub(super) cross: bool,
    pub(super) mounts: Vec<Mount>,
    /// Mounts of what the walk meets at another place anyway.
    shown_elsewhere: BTreeSet<u64>,
}

/// What a directory compares its entries with.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Ground {
    pub(super) mount: Option<u64>,
    pub(super) dev: u64,
}

impl Ground {
    pub(super) fn of(meta: &Meta) -> Self {
        Self {
            mount: meta.mount,
            dev: meta.dev,
        }
    }

    /// Whether the entry belongs to another mount than the directory that holds it.
    #[inline]
    pub(super) fn ends_at(self, entry: &Meta) -> bool {
        match (self.mount, entry.mount) {
            (Some(here), Some(there)) => here != there,
            _ => self.dev != entry.dev,
        }
    }
}

impl Border {
    pub(super) fn new(cross: bool, root: &Path, meta: &Meta) -> Self {
        Self::of(cross, parse_mounts(&sys::mount_table()), root, meta.mount)
    }

    fn of(cross: bool, mounts: Vec<Mount>, root: &Path, mount: Option<u64>) -> Self {
        let root = root.as_os_str().as_encoded_bytes();
        let shown_elsewhere = if cross {
            shown_elsewhere(&mounts, root, mount)
        } else {
            BTreeSet::new()
        };
        Self {
            cross,
            mounts,
            shown_elsewhere,
        }
    }

    /// What an entry is that is not to be counted because the file system ends at it; `None`: it
    /// counts. `magic` asks for the number of the entry's file system, where the table of mounts
    /// is too old.
    #[inline]
    pub(super) fn kind_beyond(
        &self,
        dir: Ground,
        entry: &Meta,
        magic: impl FnOnce() -> Option<u64>,
    ) -> Option<Kind> {
        if dir.ends_at(entry) {
            self.judge(entry, magic)
        } else {
            // What would only be mounted by opening it is not there yet.
            entry.automount.then_some(Kind::OtherFs)
        }
    }

    /// What an entry on another mount than its directory is, where it is not to be counted.
    #[cold]
    fn judge(&self, entry: &Meta, magic: impl FnOnce() -> Option<u64>) -> Option<Kind> {
        if self.kernel_type(entry, magic).is_some() {
            return Some(Kind::KernelFs);
        }
        let elsewhere = entry
            .mount
            .is_some_and(|mount| self.shown_elsewhere.contains(&mount));
        (!self.cross || elsewhere).then_some(Kind::OtherFs)
    }

    /// The type of the entry's file system, if the kernel makes it up.
    pub(super) fn kernel_type(
        &self,
        entry: &Meta,
        magic: impl FnOnce() -> Option<u64>,
    ) -> Option<&str> {
        let known = self.mounts.iter().find(|m| Some(m.id) == entry.mount);
        match known {
            Some(mount) => {
                (kind_of_mount(mount) == Kind::KernelFs).then_some(mount.fstype.as_str())
            }
            None => magic().and_then(|magic| {
                let same = KERNEL_FS.iter().find(|&&(_, number)| number == magic);
                same.map(|&(name, _)| name)
            }),
        }
    }
}

/// The mounts below `root` that show what another of them, or the mount of the root itself, shows
/// as well: a file must count, and be promised, once. The one that shows most is entered, of equal
/// ones the first by path; where the kernel's table does not know the root's mount, all are.
fn shown_elsewhere(mounts: &[Mount], root: &[u8], id: Option<u64>) -> BTreeSet<u64> {
    let own = mounts.iter().find(|mount| Some(mount.id) == id);
    let whole = own.and_then(|own| Some((own.device, join(&own.root, below(root, &own.point)?))));
    let mut entered: Vec<_> = whole.into_iter().collect();
    let mut inside: Vec<&Mount> = mounts
        .iter()
        .filter(|mount| below(&mount.point, root).is_some_and(|below| below.len() > 1))
        .collect();
    inside.sort_by_key(|mount| (mount.root.len(), &mount.point, mount.id));
    let mut elsewhere = BTreeSet::new();
    for mount in inside {
        let overlaps = |(device, shown): &((u32, u32), Vec<u8>)| {
            *device == mount.device
                && (below(shown, &mount.root).is_some() || below(&mount.root, shown).is_some())
        };
        if entered.iter().any(overlaps) {
            elsewhere.insert(mount.id);
        } else {
            entered.push((mount.device, mount.root.clone()));
        }
    }
    elsewhere
}

/// What comes after `above` in `path`: empty, or beginning with `/`.
fn below<'a>(path: &'a [u8], above: &[u8]) -> Option<&'a [u8]> {
    let above = above.strip_suffix(b"/").unwrap_or(above);
    let rest = path.strip_prefix(above)?;
    (rest.is_empty() || rest.starts_with(b"/")).then_some(rest)
}

fn join(above: &[u8], below: &[u8]) -> Vec<u8> {
    [above.strip_suffix(b"/").unwrap_or(above), below].concat()
}

/// How the root of a mount is shown that is not entered.
pub(super) fn kind_of_mount(mount: &Mount) -> Kind {
    if KERNEL_FS.iter().any(|&(name, _)| name == mount.fstype) {
        Kind::KernelFs
    } else {
        Kind::OtherFs
    }
}

/// File systems without any storage behind them, by name and magic number (linux/magic.h and the
/// sources of each). Those that hold users' bytes in memory (tmpfs, ramfs, hugetlbfs) and devtmpfs,
/// which is a tmpfs, are not among them.
const KERNEL_FS: &[(&str, u64)] = &[
    ("proc", 0x9fa0),
    ("sysfs", 0x6265_6572),
    ("cgroup", 0x0027_e0eb),
    ("cgroup2", 0x6367_7270),
    ("cpuset", 0x0027_e0eb),
    ("debugfs", 0x6462_6720),
    ("tracefs", 0x7472_6163),
    ("securityfs", 0x7363_6673),
    ("selinuxfs", 0xf97c_ff8c),
    ("smackfs", 0x4341_5d53),
    ("bpf", 0xcafe_4a11),
    ("pstore", 0x6165_676c),
    ("efivarfs", 0xde5e_81e4),
    ("configfs", 0x6265_6570),
    ("devpts", 0x1cd1),
    ("mqueue", 0x1980_0202),
    ("binfmt_misc", 0x4249_4e4d),
    ("fusectl", 0x6573_5543),
    ("nsfs", 0x6e73_6673),
    ("rpc_pipefs", 0x6759_6969),
    ("nfsd", 0x6e66_7364),
    ("resctrl", 0x0765_5821),
    ("binder", 0x6c6f_6f70),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::FileKind;

    #[test]
    fn kernel_file_systems_are_known() {
        let mounts =
            parse_mounts(b"1 0 0:1 / /p rw - proc proc rw\n2 0 0:2 / /t rw - tmpfs t rw\n");
        let border = Border::of(true, mounts, Path::new("/"), Some(9));
        let on = |mount| Meta {
            kind: FileKind::Dir,
            apparent: None,
            disk: None,
            mtime: None,
            dev: 1,
            ino: 1,
            nlink: 1,
            mount,
            automount: false,
        };
        assert_eq!(border.judge(&on(Some(1)), || None), Some(Kind::KernelFs));
        assert_eq!(border.judge(&on(Some(2)), || None), None);
        // A mount that is younger than the table is known by its number.
        let sysfs = || Some(0x6265_6572);
        assert_eq!(border.judge(&on(Some(3)), sysfs), Some(Kind::KernelFs));
        assert_eq!(border.judge(&on(None), || Some(0xef53)), None);
        let stays = Border {
            cross: false,
            ..border
        };
        assert_eq!(stays.judge(&on(Some(2)), || None), Some(Kind::OtherFs));
    }

    #[test]
    fn what_two_mounts_show_is_entered_once() {
        let table = b"20 1 254:0 / / rw - ext4 /dev/vda rw\n\
            21 20 254:0 /srv/data /mnt/bound rw - ext4 /dev/vda rw\n\
            22 20 0:40 /@ /btrfs rw - btrfs /dev/vdb rw\n\
            23 20 0:40 /@home /home rw - btrfs /dev/vdb rw\n\
            24 20 0:40 / /top rw - btrfs /dev/vdb rw\n\
            25 20 0:41 / /run rw - tmpfs t rw\n\
            26 20 0:42 / /dev/shm rw - tmpfs t rw\n";
        let elsewhere = |root: &str, id| {
            let border = Border::of(true, parse_mounts(table), Path::new(root), Some(id));
            border.shown_elsewhere.into_iter().collect::<Vec<_>>()
        };
        assert_eq!(elsewhere("/", 20), [21, 22, 23]);
        // What the mount shows lies outside the walk, so that only there it is met.
        assert!(elsewhere("/mnt", 20).is_empty());
        assert!(elsewhere("/home", 23).is_empty());
        let stays = Border::of(false, parse_mounts(table), Path::new("/"), Some(20));
        assert!(stays.shown_elsewhere.is_empty());
    }
}
