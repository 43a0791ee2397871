//! What only this machine can tell of a plan: its name, what a path is now, what is held open.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::entry::Kind;
use crate::plan::{Evidence, Witness};
use crate::risk::is_of_the_system;
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
            entries: 1,
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

/// The files of the tree that the package databases of this machine speak of, ascending. What lies
/// in the system's own directories is left out: it is protected as it is.
pub(super) fn owned(tree: &Tree) -> Vec<NodeId> {
    let root = tree.path(NodeId::ROOT);
    if is_of_the_system(&root) {
        return Vec::new();
    }
    let mut owned = Vec::new();
    let mut note = |list: &[u8]| {
        let paths = list.split(|&b| b == b'\n');
        let outside = paths.filter(|path| path.starts_with(&root) && !is_of_the_system(path));
        owned.extend(outside.filter_map(|path| tree.find(path)));
    };
    // dpkg keeps a list for each package; rpm's database only rpm itself can read.
    let lists = fs::read_dir("/var/lib/dpkg/info")
        .into_iter()
        .flatten()
        .flatten();
    let lists = lists.map(|entry| entry.path());
    for list in lists.filter(|path| path.extension().is_some_and(|end| end == "list")) {
        // A package that is removed meanwhile has no list any more.
        note(&fs::read(list).unwrap_or_default());
    }
    // Where rpm fails, as it may on a full disk, there is nothing to go by.
    if let Some(list) = updater::rpm() {
        note(list.as_bytes());
    }
    owned.retain(|&node| !tree.is_dir(node));
    owned.sort_unstable();
    owned.dedup();
    owned
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
