//! What only this machine can tell of a plan: its name, what a path is now, what is held open.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::entry::{Kind, Trouble, Volume};
use crate::plan::shared::Extents;
use crate::plan::{Evidence, Witness};
use crate::risk::is_of_the_system;
use crate::sys;
use crate::tree::{NodeId, Tree};

use super::updater;
use super::wanted::as_path;

/// The present moment in nanoseconds since 1970: when a walk began.
#[expect(clippy::disallowed_methods, reason = "the clock is asked in cli only")]
pub(super) fn moment() -> i128 {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    since.map_or(0, |d| i128::try_from(d.as_nanos()).unwrap_or(i128::MAX))
}

/// The name of this machine, where the kernel tells it.
pub(super) fn name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim_end().to_owned()).filter(|name| !name.is_empty())
}

/// Looks at paths by `lstat`.
pub(super) struct Lstat;

impl Witness for Lstat {
    #[cfg(unix)]
    fn look(&self, path: &[u8]) -> Option<Evidence> {
        use std::os::unix::fs::MetadataExt as _;
        let meta = fs::symlink_metadata(as_path(path)).ok()?;
        let nanos =
            |seconds: i64, nanos: i64| i128::from(seconds) * 1_000_000_000 + i128::from(nanos);
        let born = meta
            .created()
            .ok()
            .and_then(|at| at.duration_since(SystemTime::UNIX_EPOCH).ok());
        let kind = match meta.file_type() {
            kind if kind.is_dir() => Kind::Dir,
            kind if kind.is_file() => Kind::File,
            kind if kind.is_symlink() => Kind::Symlink,
            _ => Kind::Other,
        };
        Some(Evidence {
            dev: meta.dev(),
            ino: meta.ino(),
            kind,
            uid: meta.uid(),
            mode: meta.mode(),
            nlink: meta.nlink(),
            size: meta.size(),
            blocks: meta.blocks(),
            mtime_ns: nanos(meta.mtime(), meta.mtime_nsec()),
            ctime_ns: nanos(meta.ctime(), meta.ctime_nsec()),
            btime_ns: born.and_then(|d| i128::try_from(d.as_nanos()).ok()),
            mount: sys::stat_path(&as_path(path))
                .ok()
                .and_then(|meta| meta.mount),
            entries: 1,
            digest: 0,
        })
    }

    #[cfg(not(unix))]
    fn look(&self, _path: &[u8]) -> Option<Evidence> {
        None
    }
}

/// The files of the tree that running processes hold open, ascending: as far as this user may see
/// other processes. A file that is mapped without being open is not seen.
pub(super) fn held(tree: &Tree) -> Vec<NodeId> {
    let root = tree.path(NodeId::ROOT);
    let below = root.strip_suffix(b"/").unwrap_or(&root);
    let open = processes().flat_map(|process| links(&process.join("fd")));
    let mut held: Vec<NodeId> = open
        .filter(|path| {
            path.strip_prefix(below)
                .is_some_and(|rest| rest.starts_with(b"/"))
        })
        .filter_map(|path| tree.find(&path))
        .filter(|&node| tree.kind(node) == Kind::File)
        .collect();
    held.sort_unstable();
    held.dedup();
    held
}

/// Where dpkg keeps the list of each package's files.
const DPKG_LISTS: &str = "/var/lib/dpkg/info";

/// The files of the tree that the package databases of this machine speak of, ascending, and what
/// of the databases could not be read: then some file may be taken for one that nobody needs. What
/// lies in the system's own directories is left out: it is protected as it is.
pub(super) fn owned(tree: &Tree) -> (Vec<NodeId>, Vec<Trouble>) {
    if is_of_the_system(&tree.path(NodeId::ROOT)) {
        return (Vec::new(), Vec::new());
    }
    let mut troubles = Vec::new();
    let mut owned = listed(tree, Path::new(DPKG_LISTS), &mut troubles);
    match updater::rpm() {
        Ok(list) => owned.extend(found(tree, list.unwrap_or_default().as_bytes())),
        Err(error) => troubles.push(unprotected(b"/usr/bin/rpm", &error.to_string())),
    }
    owned.retain(|&node| !tree.is_dir(node));
    owned.sort_unstable();
    owned.dedup();
    (owned, troubles)
}

/// What dpkg's lists speak of. A machine without dpkg has none; a package that is removed
/// meanwhile has no list any more.
fn listed(tree: &Tree, lists: &Path, troubles: &mut Vec<Trouble>) -> Vec<NodeId> {
    let mut owned = Vec::new();
    let mut doubt = |path: &Path, error: &io::Error| {
        if error.kind() != io::ErrorKind::NotFound {
            troubles.push(unprotected(
                path.as_os_str().as_encoded_bytes(),
                &error.to_string(),
            ));
        }
    };
    let entries = match fs::read_dir(lists) {
        Ok(entries) => entries,
        Err(error) => {
            doubt(lists, &error);
            return owned;
        }
    };
    for entry in entries {
        let list = match entry {
            Ok(entry) => entry.path(),
            Err(error) => {
                doubt(lists, &error);
                break;
            }
        };
        if list.extension().is_some_and(|end| end == "list") {
            match fs::read(&list) {
                Ok(text) => owned.extend(found(tree, &text)),
                Err(error) => doubt(&list, &error),
            }
        }
    }
    troubles.sort_by(|a, b| a.path.cmp(&b.path));
    owned
}

/// The nodes of a list of paths, one a line, that lie outside the system's own directories.
fn found(tree: &Tree, list: &[u8]) -> Vec<NodeId> {
    let root = tree.path(NodeId::ROOT);
    let paths = list.split(|&b| b == b'\n');
    let outside = paths.filter(|path| path.starts_with(&root) && !is_of_the_system(path));
    outside.filter_map(|path| tree.find(path)).collect()
}

fn unprotected(path: &[u8], cause: &str) -> Trouble {
    Trouble {
        path: path.to_vec(),
        line: None,
        code: "packages-unread",
        message: format!("which files are installed is not known: {cause}"),
    }
}

/// File systems on which files, or a file and a snapshot, may share blocks.
const SHARING: [&str; 7] = [
    "btrfs", "xfs", "bcachefs", "ocfs2", "overlay", "zfs", "apfs",
];

/// Asks the file system that a tree lies on which files share their blocks.
pub(super) struct Blocks {
    may_share: bool,
}

impl Blocks {
    /// For a tree on this volume.
    pub(super) fn of(live: bool, volume: Option<&Volume>) -> Self {
        let fstype = volume.and_then(|volume| volume.fstype.as_deref());
        Self {
            may_share: live && fstype.is_some_and(|fstype| SHARING.contains(&fstype)),
        }
    }
}

impl Extents for Blocks {
    #[cfg(target_os = "linux")]
    fn are_shared(&self, path: &[u8]) -> Option<bool> {
        if !self.may_share {
            return Some(false);
        }
        sys::fiemap::shares_extents(&as_path(path)).ok()?
    }

    #[cfg(not(target_os = "linux"))]
    fn are_shared(&self, _path: &[u8]) -> Option<bool> {
        (!self.may_share).then_some(false)
    }
}

fn processes() -> impl Iterator<Item = std::path::PathBuf> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_number = |name: &[u8]| name.iter().all(u8::is_ascii_digit);
    all.filter(move |entry| is_number(entry.file_name().as_encoded_bytes()))
        .map(|entry| entry.path())
}

/// Where the links of a directory lead; a process may end meanwhile, and then has none.
fn links(dir: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let leads = |entry: fs::DirEntry| fs::read_link(entry.path()).ok();
    entries
        .filter_map(leads)
        .map(|path| path.into_os_string().into_encoded_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survey::survey;

    #[test]
    fn a_list_that_cannot_be_read_is_a_doubt_and_not_an_empty_one() {
        let text = b"$ cd /\n$ ls\ndir srv\n$ cd srv\n$ ls\n3 a\n4 b\n".to_vec();
        let source = crate::source::Source::bytes(text);
        let survey = survey(&source, &crate::source::Options::default()).expect("a recording");
        let dir = tempfile::tempdir().expect("a directory");
        let lists = dir.path().join("info");
        let ask = |lists: &Path| {
            let mut troubles = Vec::new();
            let owned = listed(&survey.tree, lists, &mut troubles);
            (owned, troubles.iter().map(|t| t.code).collect::<Vec<_>>())
        };
        assert_eq!(ask(&lists), (vec![], vec![]), "there is no dpkg");
        fs::create_dir(&lists).expect("a directory");
        fs::write(lists.join("x.list"), "/.\n/srv/b\n/usr/bin/x\n").expect("a file");
        fs::write(lists.join("x.md5sums"), "/srv/a\n").expect("a file");
        let b = survey.tree.find(b"/srv/b").expect("it is listed");
        assert_eq!(ask(&lists), (vec![b], vec![]));
        // Root too can not read a directory as a list.
        fs::create_dir(lists.join("y.list")).expect("a directory");
        assert_eq!(ask(&lists), (vec![b], vec!["packages-unread"]));
        assert_eq!(
            ask(&lists.join("x.list")),
            (vec![], vec!["packages-unread"])
        );
    }
}
