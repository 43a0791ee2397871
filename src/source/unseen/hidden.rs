//! What lies in directories on which something else is mounted.
//!
//! A private copy of the mount without the mounts on top of it (`open_tree(2)`) shows these
//! directories as they were. Only they are read, by handles, and the copy is seen by nobody else.
//! The covered directory's own blocks belong here too: a walk shows only the root of what covers it.

use std::collections::BTreeSet;
use std::ffi::{CString, OsStr};
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use crate::reconcile::Part;
use crate::sys::unseen::Uncovered;
use crate::sys::{self, Dir, Fault, FileKind, Meta};

use super::{Ground, part};

/// Looks below everything that covers a part of the mount.
pub(super) fn look(ground: &Ground, counted: &dyn Fn(u64, u64) -> bool) -> Part {
    let partial = (ground.mount.root != b"/").then(|| {
        let root = String::from_utf8_lossy(&ground.mount.root).into_owned();
        format!(
            "the mount shows only {} of its file system",
            root.escape_debug()
        )
    });
    if ground.on_top.is_empty() {
        return part(0, partial);
    }
    let mut sum = Sum {
        counted,
        disk: 0,
        links: BTreeSet::new(),
        unread: 0,
    };
    match Uncovered::of(&ground.root) {
        Ok(uncovered) => {
            for place in &ground.on_top {
                sum.place(&uncovered.path(Path::new(OsStr::from_bytes(place))));
            }
        }
        Err(cause) => return Part::unknown(refused(&cause)),
    }
    let unread = (sum.unread > 0).then(|| "some of it could not be read".to_owned());
    part(sum.disk, unread.or(partial))
}

fn refused(cause: &std::io::Error) -> String {
    match Fault::of(cause) {
        Fault::Denied => "only root may look under mounts".to_owned(),
        _ => format!("no look under mounts: {cause}"),
    }
}

/// The blocks of what is hidden, each inode once and none that the tree holds already.
struct Sum<'a> {
    counted: &'a dyn Fn(u64, u64) -> bool,
    disk: u64,
    links: BTreeSet<(u64, u64)>,
    unread: u64,
}

/// A directory between the covered one and the one that is read: which it is, and which of its
/// sub-directories are still to be read.
struct Level {
    inode: (u64, u64),
    names: Vec<CString>,
}

impl Sum<'_> {
    /// Adds one covered directory, or file.
    fn place(&mut self, path: &Path) {
        let found = sys::stat_path(path).and_then(|meta| {
            self.add(&meta);
            match meta.kind {
                FileKind::Dir => Dir::open(path).map(Some),
                _ => Ok(None),
            }
        });
        match found {
            Ok(Some(dir)) => self.directory(dir),
            Ok(None) => {}
            Err(cause) => self.fail(&cause),
        }
    }

    /// Adds everything below a directory. One directory is open at a time, and the way back up is
    /// by `..`, so neither depth nor length of a path is limited.
    fn directory(&mut self, mut dir: Dir) {
        let mut levels = vec![self.list(&dir)];
        while let Some(level) = levels.last_mut() {
            if let Some(name) = level.names.pop() {
                let quiet = dir.open_child(&name, true);
                match quiet.or_else(|_| dir.open_child(&name, false)) {
                    Ok(child) => {
                        dir = child;
                        levels.push(self.list(&dir));
                    }
                    Err(cause) => self.fail(&cause),
                }
                continue;
            }
            levels.pop();
            let Some(above) = levels.last() else { break };
            let back = dir.open_parent().and_then(|up| Ok((up.stat_self()?, up)));
            match back {
                Ok((meta, up)) if (meta.dev, meta.ino) == above.inode => dir = up,
                // It was moved away meanwhile: what was still to be read is out of reach.
                _ => {
                    self.unread += 1;
                    break;
                }
            }
        }
    }

    /// Adds what one directory holds.
    fn list(&mut self, dir: &Dir) -> Level {
        let mut level = Level {
            inode: (0, 0),
            names: Vec::new(),
        };
        match dir.stat_self() {
            Ok(meta) => level.inode = (meta.dev, meta.ino),
            Err(cause) => self.fail(&cause),
        }
        let mut buffer = vec![MaybeUninit::uninit(); 1 << 15];
        let mut names = dir.names(&mut buffer);
        while let Some(name) = names.next() {
            let name = match name {
                Ok(name) => name,
                Err(cause) if Fault::of(&cause) == Fault::Interrupted => continue,
                Err(cause) => {
                    self.fail(&cause);
                    break;
                }
            };
            if name.is_dots() {
                continue;
            }
            match dir.stat(name.as_c_str()) {
                Ok(meta) => {
                    self.add(&meta);
                    if meta.kind == FileKind::Dir {
                        level.names.push(name.as_c_str().to_owned());
                    }
                }
                Err(cause) => self.fail(&cause),
            }
        }
        level
    }

    fn add(&mut self, meta: &Meta) {
        let linked = meta.kind != FileKind::Dir && meta.nlink > 1;
        let known = linked
            && ((self.counted)(meta.dev, meta.ino) || !self.links.insert((meta.dev, meta.ino)));
        if !known {
            self.disk = self.disk.saturating_add(meta.disk.unwrap_or(0));
            self.unread += u64::from(meta.disk.is_none());
        }
    }

    fn fail(&mut self, cause: &std::io::Error) {
        // What is gone by now takes no room either.
        self.unread += u64::from(Fault::of(cause) != Fault::Gone);
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn each_inode_is_counted_once() {
        let temp = tempfile::tempdir().unwrap();
        let root = temp.path();
        fs::create_dir_all(root.join("a/b/c")).unwrap();
        fs::create_dir_all(root.join("a/d")).unwrap();
        for (name, len) in [("a/f", 9000), ("a/b/g", 20_000), ("a/b/c/h", 1)] {
            fs::write(root.join(name), vec![1; len]).unwrap();
        }
        fs::hard_link(root.join("a/f"), root.join("a/d/again")).unwrap();
        fs::hard_link(root.join("a/b/g"), root.join("a/d/counted")).unwrap();
        let outside = fs::metadata(root.join("a/b/g")).unwrap();
        let counted = |dev, ino| (dev, ino) == (outside.dev(), outside.ino());
        let mut sum = Sum {
            counted: &counted,
            disk: 0,
            links: BTreeSet::new(),
            unread: 0,
        };
        sum.place(&root.join("a"));
        let of = |name: &str| fs::metadata(root.join(name)).unwrap().blocks() * 512;
        let names = ["a", "a/b", "a/b/c", "a/d", "a/f", "a/b/c/h"];
        assert_eq!(sum.disk, names.map(of).into_iter().sum::<u64>());
        assert_eq!(sum.unread, 0);
        sum.disk = 0;
        sum.place(&root.join("a/b/c/h"));
        sum.place(&root.join("gone"));
        assert_eq!((sum.disk, sum.unread), (of("a/b/c/h"), 0));
    }
}
