//! What only this machine can tell of a plan: its name, what a path is now, what is held open.

use std::fs;
use std::io;
use std::path::Path;
use std::time::SystemTime;

use crate::entry::{Kind, Trouble, Volume};
use crate::plan::shared::{Gain, Gains, Keeper};
use crate::plan::{Evidence, Witness};
use crate::risk::is_of_the_system;
use crate::source::quota::{Counts, Quota, quotas_of};
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
            handle: handle(path),
            entries: 1,
            digest: 0,
        })
    }

    #[cfg(not(unix))]
    fn look(&self, _path: &[u8]) -> Option<Evidence> {
        None
    }
}

#[cfg(target_os = "linux")]
fn handle(path: &[u8]) -> Option<(i32, Vec<u8>)> {
    let handle = sys::handle::handle(&as_path(path)).ok()?;
    Some((handle.kind, handle.bytes))
}

#[cfg(all(unix, not(target_os = "linux")))]
fn handle(_path: &[u8]) -> Option<(i32, Vec<u8>)> {
    None
}

/// The files of the tree that processes and the kernel hold open, ascending, and why there may be
/// more of them; a file that is mapped without being open is not seen.
pub(super) fn held(tree: &Tree) -> (Vec<NodeId>, Option<String>) {
    let root = tree.path(NodeId::ROOT);
    let below = root.strip_suffix(b"/").unwrap_or(&root);
    let is_below = |path: &[u8]| {
        let rest = path.strip_prefix(below);
        rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    let mut held = Vec::new();
    let mut closed = 0u64;
    let mut note = |path: Vec<u8>| {
        let node = Some(path).filter(|path| is_below(path));
        let node = node.and_then(|path| tree.find(&path));
        held.extend(node.filter(|&node| tree.kind(node) == Kind::File));
    };
    for process in processes() {
        match links(&process.join("fd")) {
            Ok(paths) => paths.into_iter().for_each(&mut note),
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                closed += u64::from(may_hold_files(&process));
            }
            // It has ended.
            Err(_) => {}
        }
    }
    kernel_holds().into_iter().for_each(&mut note);
    held.sort_unstable();
    held.dedup();
    (held, blind_spot(closed))
}

/// Files that the kernel itself uses, for a loop device or to swap to.
fn kernel_holds() -> Vec<Vec<u8>> {
    let devices = fs::read_dir("/sys/block").into_iter().flatten().flatten();
    let backing = |device: fs::DirEntry| fs::read(device.path().join("loop/backing_file")).ok();
    let mut held: Vec<Vec<u8>> = devices
        .filter_map(backing)
        .map(|mut path| {
            path.pop_if(|last| *last == b'\n');
            path
        })
        .collect();
    let swaps = fs::read("/proc/swaps").unwrap_or_default();
    let lines = swaps.split(|&b| b == b'\n').skip(1);
    held.extend(lines.filter_map(|line| Some(line.split(|&b| b == b' ').next()?.to_vec())));
    held
}

/// Whether a process that may not be looked into can hold a file: a thread of the kernel and a
/// process that has ended have no memory of their own.
fn may_hold_files(process: &Path) -> bool {
    let status = fs::read(process.join("status")).unwrap_or_default();
    status
        .split(|&b| b == b'\n')
        .any(|line| line.starts_with(b"VmSize:"))
}

/// Why not everything that is open can be seen; `closed` processes could not be looked into.
fn blind_spot(closed: u64) -> Option<String> {
    /// The first pid namespace's (`PROC_PID_INIT_INO`): who is in it sees every process.
    const WHOLE_MACHINE: &str = "pid:[4026531836]";
    let processes = if closed == 1 { "process" } else { "processes" };
    let user = user();
    if closed > 0 {
        return Some(format!(
            "user {user} may not look into {closed} {processes}"
        ));
    }
    let namespace = fs::read_link("/proc/self/ns/pid");
    let is_whole = namespace.is_ok_and(|name| name.as_os_str() == WHOLE_MACHINE);
    let sees_all = is_whole && Path::new("/proc/1").exists();
    (!sees_all).then(|| format!("user {user} sees a part of the machine's processes from here"))
}

#[cfg(target_os = "linux")]
fn user() -> u32 {
    sys::quota::acting().0
}

#[cfg(not(target_os = "linux"))]
fn user() -> u32 {
    0
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

/// File systems of this machine alone, where who opens a file is known to this kernel.
const LOCAL: [&str; 12] = [
    "ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "f2fs", "bcachefs", "zfs", "overlay", "jfs",
    "nilfs2",
];

/// What this machine gives back of a file of the tree whose name goes.
#[derive(Debug)]
pub(super) struct Returns {
    fstype: String,
    may_share: bool,
    /// Why `/proc` does not show all that is open, so that each file is asked.
    blind: Option<String>,
    /// The quota that leaves less than the volume has.
    limit: Option<Limit>,
}

impl Returns {
    /// For a tree that is not of this machine: everything comes back.
    pub(super) fn unasked() -> Self {
        Self {
            fstype: String::new(),
            may_share: false,
            blind: None,
            limit: None,
        }
    }

    /// For a tree on this volume.
    pub(super) fn of(volume: Option<&Volume>, blind: Option<String>, limit: Option<Limit>) -> Self {
        let fstype = volume.and_then(|volume| volume.fstype.clone());
        let fstype = fstype.unwrap_or_default();
        Self {
            may_share: SHARING.contains(&fstype.as_str()),
            fstype,
            blind,
            limit,
        }
    }

    /// The quota that leaves less than the volume has.
    pub(super) fn limit(&self) -> Option<&Limit> {
        self.limit.as_ref()
    }

    /// Whether the blocks of a file are its own.
    #[cfg(target_os = "linux")]
    fn shares(&self, path: &Path) -> Gain {
        if self.fstype == "overlay" && !is_in_upper_layer(path) {
            return Gain::Untold(Keeper::Sharing);
        }
        match sys::fiemap::shares_extents(path) {
            Ok(Some(true)) => Gain::Kept(Keeper::Sharing),
            Ok(Some(false)) => Gain::Comes,
            _ => Gain::Untold(Keeper::Sharing),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn shares(&self, _path: &Path) -> Gain {
        Gain::Untold(Keeper::Sharing)
    }

    /// Whether anybody has it open.
    #[cfg(target_os = "linux")]
    fn holds(&self, path: &Path) -> Gain {
        if !LOCAL.contains(&self.fstype.as_str()) {
            return Gain::Untold(Keeper::Open);
        }
        match sys::lease::is_open_elsewhere(path) {
            Ok(Some(true)) => Gain::Kept(Keeper::Open),
            Ok(Some(false)) => Gain::Comes,
            _ => Gain::Untold(Keeper::Open),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn holds(&self, _path: &Path) -> Gain {
        Gain::Untold(Keeper::Open)
    }
}

#[cfg(target_os = "linux")]
fn is_in_upper_layer(path: &Path) -> bool {
    matches!(sys::handle::is_in_upper_layer(path), Ok(Some(true)))
}

impl Gains for Returns {
    fn are_open(&self) -> bool {
        self.may_share || self.blind.is_some() || self.limit.is_some()
    }

    fn of(&self, path: &[u8]) -> Gain {
        let path = &*as_path(path);
        let counts = self.limit.as_ref().map(|limit| limit.counts(path));
        let asked = [
            counts,
            self.blind.as_ref().map(|_| self.holds(path)),
            self.may_share.then(|| self.shares(path)),
        ];
        // What certainly does not come back is no doubt.
        let asked = asked.into_iter().flatten();
        let kept = asked.clone().find(|gain| matches!(gain, Gain::Kept(_)));
        let told = kept.or_else(|| asked.into_iter().find(|&gain| gain != Gain::Comes));
        told.unwrap_or(Gain::Comes)
    }

    fn why(&self, keeper: Keeper) -> String {
        match (keeper, &self.blind) {
            (Keeper::Open, Some(blind)) => format!(": {blind}"),
            (Keeper::Sharing, _) if self.fstype == "overlay" => {
                ": what an overlay shows of a lower layer gives nothing back".to_owned()
            }
            (Keeper::Sharing, _) if self.fstype == "btrfs" => {
                ": btrfs does not say, or keeps them compressed".to_owned()
            }
            (Keeper::Sharing, _) => format!(": {} does not say", self.fstype),
            _ => String::new(),
        }
    }
}

/// The quota that leaves less than the volume has.
#[derive(Clone, Debug)]
pub(super) struct Limit {
    /// Whose it is: `the quota of user 1000`.
    pub(super) words: String,
    /// The bytes that it leaves, where it limits them.
    pub(super) bytes: Option<u64>,
    /// The inodes.
    pub(super) inodes: Option<u64>,
    counts: Counts,
}

impl Limit {
    /// The tightest quota of whoever runs this on the volume of `path`, where one leaves less
    /// than the volume itself.
    pub(super) fn of(path: &Path, volume: &Volume) -> Option<Self> {
        let binds = |quota: &Quota| {
            let fewer = |left: Option<u64>, has: u64| left.is_some_and(|left| left < has);
            let inodes = volume.inodes_available.unwrap_or(u64::MAX);
            fewer(quota.bytes, volume.available) || fewer(quota.inodes, inodes)
        };
        let quotas = quotas_of(path).into_iter().filter(binds);
        let tightest = quotas.min_by_key(|quota| {
            (
                quota.bytes.unwrap_or(u64::MAX),
                quota.inodes.unwrap_or(u64::MAX),
            )
        })?;
        Some(Self {
            words: format!("the quota of {}", tightest.whose),
            bytes: tightest.bytes,
            inodes: tightest.inodes,
            counts: tightest.counts,
        })
    }

    /// Whether a file counts towards it.
    #[cfg(unix)]
    fn counts(&self, path: &Path) -> Gain {
        use std::os::unix::fs::MetadataExt as _;
        let Ok(meta) = fs::symlink_metadata(path) else {
            return Gain::Untold(Keeper::Quota);
        };
        let counts = match self.counts {
            Counts::User(id) => meta.uid() == id,
            Counts::Group(id) => meta.gid() == id,
            Counts::Device(device) => meta.dev() == device,
        };
        if counts {
            Gain::Comes
        } else {
            Gain::Kept(Keeper::Quota)
        }
    }

    #[cfg(not(unix))]
    fn counts(&self, _path: &Path) -> Gain {
        Gain::Untold(Keeper::Quota)
    }
}

fn processes() -> impl Iterator<Item = std::path::PathBuf> {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let is_number = |name: &[u8]| name.iter().all(u8::is_ascii_digit);
    all.filter(move |entry| is_number(entry.file_name().as_encoded_bytes()))
        .map(|entry| entry.path())
}

/// Where the links of a directory lead; what is closed meanwhile leads nowhere.
fn links(dir: &Path) -> io::Result<Vec<Vec<u8>>> {
    let leads = |entry: fs::DirEntry| fs::read_link(entry.path()).ok();
    let paths = fs::read_dir(dir)?.flatten().filter_map(leads);
    Ok(paths
        .map(|path| path.into_os_string().into_encoded_bytes())
        .collect())
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
