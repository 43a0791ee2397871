//! What a mount holds that no walk from its root sees, for `df` against the tree.
//!
//! A walk counts what has a name below the root. `df` counts more, and each kind of it has its own
//! detector here: `processes` finds files without a name that somebody holds, `kernel` those
//! that the kernel itself holds, `hidden` what lies below a directory on which something else is
//! mounted, `metadata` what the file system keeps for itself. Nothing is written or synced, and
//! nothing of the tree is walked a second time.
//!
//! What may not be looked at is said, and makes its line a lower bound: most of this needs root.
//!
//! Limits: Linux with mount ids (5.8) only. A file that is only in flight through a socket, or
//! registered with `io_uring`, is held by nobody that `/proc` shows; nor are snapshots looked for.

mod ext4;
mod hidden;
mod kernel;
mod metadata;
mod processes;

use std::path::{Path, PathBuf};

use crate::reconcile::{Part, Unseen};
use crate::source::volume::{self, Mount, parse_mounts};
use crate::sys::{self, FileKind};

/// A mount that is going to be walked from its root: what it is, and what `df` says before.
#[derive(Debug)]
pub struct Ground {
    root: PathBuf,
    mount: Mount,
    /// The device numbers that its files may have.
    devices: [u64; 2],
    /// The mounts that cover parts of it, by where they lie below its root.
    on_top: Vec<Vec<u8>>,
    used_before: u64,
}

impl Ground {
    /// The mount whose root is `path`, or nothing: because it is no mount's root, because its file
    /// system has no room to tell of, or because the kernel does not tell mounts apart.
    ///
    /// ```
    /// use jettison::source::unseen::Ground;
    ///
    /// assert!(Ground::at("src".as_ref()).is_none());
    /// ```
    #[must_use]
    pub fn at(path: &Path) -> Option<Self> {
        let root = path.canonicalize().ok()?;
        let meta = sys::stat_path(&root).ok()?;
        if meta.kind != FileKind::Dir {
            return None;
        }
        let mounts = parse_mounts(&sys::mount_table());
        let mount = mounts.iter().find(|mount| Some(mount.id) == meta.mount)?;
        let point = root.as_os_str().as_encoded_bytes();
        if mount.point != point {
            return None;
        }
        let volume = volume::volume_of(&root).ok()?;
        (volume.size > 0).then(|| Self {
            devices: [meta.dev, sys::unseen::device_number(mount.device)],
            on_top: on_top(&mounts, mount),
            mount: mount.clone(),
            used_before: volume.used,
            root,
        })
    }

    /// Looks for everything that the walk did not see; `used` is what `df` says after it, and
    /// `counted` tells whether an inode, by device and number, is in the tree already.
    #[must_use]
    pub fn look(&self, used: u64, counted: &dyn Fn(u64, u64) -> bool) -> Unseen {
        let found = processes::look(self);
        let known = |dev, ino| found.holds(dev, ino);
        Unseen {
            mount: self.mount.point.clone(),
            used_before: self.used_before,
            used,
            kernel: kernel::look(self, &known),
            hidden: hidden::look(self, counted),
            metadata: metadata::look(self),
            mounts_on_top: self.on_top.len() as u64,
            foreign: foreign(&self.mount),
            deleted_files: found.files(),
            deleted_open: found.part(),
            closed_processes: found.closed,
            largest: found.largest(),
        }
    }

    /// Whether a file of that device, opened through that mount, lies on this file system.
    fn owns(&self, dev: u64, mount: u64) -> bool {
        self.devices.contains(&dev) || mount == self.mount.id
    }

    /// Whether a path, as the kernel prints it, lies below this mount's root and not visibly on
    /// another mount.
    fn contains(&self, path: &[u8]) -> bool {
        below(path, &self.mount.point).is_some_and(|rest| {
            let covered = |point: &Vec<u8>| rest == point || below(rest, point).is_some();
            !self.on_top.iter().any(covered)
        })
    }
}

/// The mounts that cover a part of `mount`, by their places below its root, ascending. What lies
/// below another one of them is part of what that one covers.
fn on_top(mounts: &[Mount], mount: &Mount) -> Vec<Vec<u8>> {
    let children = mounts.iter().filter(|child| child.parent == mount.id);
    let places = children.filter_map(|child| below(&child.point, &mount.point));
    let mut places: Vec<Vec<u8>> = places.map(<[u8]>::to_vec).collect();
    places.sort_unstable_by(|a, b| a.split(|&b| b == b'/').cmp(b.split(|&b| b == b'/')));
    places.dedup_by(|next, last| next == last || below(next, last).is_some());
    places
}

/// What follows `above` in a path that lies below it.
fn below<'a>(path: &'a [u8], above: &[u8]) -> Option<&'a [u8]> {
    let rest = path.strip_prefix(above)?;
    let rest = match above.ends_with(b"/") {
        true => rest,
        false => rest.strip_prefix(b"/")?,
    };
    (!rest.is_empty()).then_some(rest)
}

/// Why `df` and the tree do not speak of the same bytes.
fn foreign(mount: &Mount) -> Option<String> {
    const ELSEWHERE: [&str; 11] = [
        "9p",
        "afs",
        "ceph",
        "cifs",
        "fuse",
        "glusterfs",
        "nfs",
        "nfs4",
        "smb3",
        "virtiofs",
        "vboxsf",
    ];
    let name = mount.fstype.as_str();
    if name == "overlay" || name == "ecryptfs" {
        return Some(format!("df of {name} is that of the file system below it"));
    }
    let elsewhere = ELSEWHERE.contains(&name) || name.starts_with("fuse.");
    elsewhere.then(|| format!("{name} is kept elsewhere"))
}

/// A lower bound where there is a doubt, else the exact sum.
fn part(bytes: u64, doubt: Option<String>) -> Part {
    match doubt {
        Some(doubt) => Part::at_least(bytes, doubt),
        None => Part::exactly(bytes),
    }
}

/// The text that the kernel adds to the path of a file without a name.
const DELETED: &[u8] = b" (deleted)";

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &[u8] = b"27 1 254:0 / / rw - ext4 /dev/vda rw\n\
        28 27 0:25 / /a/b rw - tmpfs none rw\n\
        29 27 0:26 / /a rw - tmpfs none rw\n\
        30 27 0:26 / /a-b rw - tmpfs none rw\n\
        31 27 0:26 / /c\\040d rw - tmpfs none rw\n\
        32 31 0:27 / /c\\040d/e rw - tmpfs none rw\n\
        33 27 0:28 / / rw - tmpfs none rw\n\
        34 27 0:28 / /a rw - tmpfs none rw\n";

    #[test]
    fn what_covers_a_mount() {
        let mounts = parse_mounts(TABLE);
        let places = |mount| on_top(&mounts, &mounts[mount]);
        assert_eq!(places(0), [&b"a"[..], b"a-b", b"c d"]);
        assert_eq!(places(4), [&b"e"[..]]);
        assert_eq!(places(5), Vec::<Vec<u8>>::new());
    }

    #[test]
    fn what_lies_below() {
        for (path, above, rest) in [
            ("/a/b", "/a", Some("b")),
            ("/a/b", "/", Some("a/b")),
            ("/a", "/a", None),
            ("/ab", "/a", None),
            ("/", "/", None),
        ] {
            let found = below(path.as_bytes(), above.as_bytes());
            assert_eq!(found, rest.map(str::as_bytes), "{path} {above}");
        }
    }

    #[test]
    fn some_file_systems_are_not_here() {
        for (name, is_foreign) in [
            ("ext4", false),
            ("fuseblk", false),
            ("tmpfs", false),
            ("overlay", true),
            ("fuse.sshfs", true),
            ("nfs4", true),
        ] {
            let line = format!("1 0 0:1 / / rw - {name} none rw");
            let mount = &parse_mounts(line.as_bytes())[0];
            assert_eq!(foreign(mount).is_some(), is_foreign, "{name}");
        }
    }

    #[test]
    fn only_the_root_of_a_mount_is_ground() {
        let ground = Ground::at(Path::new("/"));
        let dir = tempfile::tempdir().unwrap();
        assert!(Ground::at(dir.path()).is_none());
        assert!(Ground::at(&dir.path().join("missing")).is_none());
        let Some(ground) = ground else { return };
        let unseen = ground.look(ground.used_before, &|_, _| false);
        assert_eq!(unseen.mount, b"/");
        assert_eq!(
            unseen.hidden.bytes.hi.is_none(),
            unseen.hidden.doubt.is_some()
        );
    }
}
