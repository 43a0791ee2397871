//! The Linux walk, the portable walk with several threads and with one, and a plain walk by
//! `walkdir` give the same tree; and where paths end, the Linux walk goes on.
//!
//! Some cases need another user, private mounts or a low limit of open files: these tests start
//! this binary again as a stage of themselves, and say so when they have to skip.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags};

use jettison::bytes::Interval;
use jettison::entry::{Batch, Entry, Kind, Listing, Progress, Rooting, Sink, Skip};
use jettison::source::walk::{WalkOptions, Walked, Walker, walk};
use jettison::tree::build::Builder;
use jettison::tree::{NodeId, Tree};

use crate::grown::Grower;
use crate::stage::{
    Lacks, again, among_own_mounts, assert_passed, du_of, mount, scratch, skipped, stage,
};

/// What is compared of every entry, in the order of its path.
type Row = (
    Vec<u8>,
    Kind,
    Option<Interval>,
    Option<Interval>,
    Option<i64>,
    Option<(u64, u64)>,
);

/// The walks that are compared: which, and with how many threads.
const WALKS: [(Walker, usize); 4] = [
    (Walker::Linux, 1),
    (Walker::Linux, 8),
    (Walker::Portable, 4),
    (Walker::Portable, 1),
];

/// A builder that insists on what a source promises.
#[derive(Default)]
struct Strict {
    builder: Builder,
    known: HashSet<u32>,
    parts: HashSet<(u32, u32)>,
}

impl Sink for Strict {
    fn root(&mut self, root: Entry<'_>, rooting: Rooting) {
        assert!(self.known.insert(0), "one root");
        self.builder.root(root, rooting);
    }

    fn listing(&mut self, batch: &Batch) {
        assert!(
            self.known.contains(&batch.dir.0),
            "a parent's batch comes first"
        );
        assert!(
            self.parts.insert((batch.dir.0, batch.part)),
            "a part comes once"
        );
        let mut last = batch.dir;
        for token in batch.entries().filter_map(|entry| entry.token) {
            assert!(token > last, "tokens rise");
            assert!(self.known.insert(token.0), "a token names one directory");
            last = token;
        }
        self.builder.listing(batch);
    }
}

fn walked(root: &Path, options: &WalkOptions<'_>) -> (Tree, Walked) {
    let mut sink = Strict::default();
    let walked = walk(root, options, &mut sink).unwrap();
    (sink.builder.finish().unwrap(), walked)
}

fn walked_by(root: &Path, (walker, threads): (Walker, usize)) -> (Tree, Walked) {
    let progress = Progress::default();
    let found = walked(
        root,
        &WalkOptions {
            walker,
            threads,
            ..WalkOptions::new(&progress)
        },
    );
    assert_eq!(progress.entries() + 1, found.0.len() as u64);
    found
}

fn rows(tree: &Tree) -> Vec<Row> {
    let mut links = HashMap::new();
    for group in tree.links().groups() {
        links.extend(group.names().map(|name| (name, group.inode())));
    }
    // A parent comes before what it holds, so its path is there already.
    let mut rows: Vec<Row> = Vec::with_capacity(tree.len());
    for id in tree.nodes() {
        let above = tree.parent(id).map(|parent| &rows[parent.0 as usize].0[..]);
        let path = match above {
            Some(above) => [above, tree.name(id)].join(&b'/'),
            None => tree.name(id).to_vec(),
        };
        rows.push((
            path,
            tree.kind(id),
            tree.own_apparent(id),
            tree.own_disk(id),
            tree.mtime(id).map(|t| t.0),
            links.get(&id).copied(),
        ));
    }
    rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// The same by `walkdir` and the standard library alone.
fn plain_rows(root: &Path) -> Vec<Row> {
    let row = |found: walkdir::DirEntry| {
        let meta = found.metadata().unwrap();
        let kind = match meta.file_type() {
            t if t.is_dir() => Kind::Dir,
            t if t.is_file() => Kind::File,
            t if t.is_symlink() => Kind::Symlink,
            _ => Kind::Other,
        };
        (
            found.path().as_os_str().as_bytes().to_vec(),
            kind,
            Some(Interval::exactly(meta.len())),
            Some(Interval::exactly(meta.blocks() * 512)),
            Some(meta.mtime()),
            (!meta.is_dir() && meta.nlink() > 1).then(|| (meta.dev(), meta.ino())),
        )
    };
    let walk = walkdir::WalkDir::new(root).into_iter();
    let mut rows: Vec<Row> = walk.map(|found| row(found.unwrap())).collect();
    rows.sort_unstable_by(|a, b| a.0.cmp(&b.0));
    rows
}

/// The sums of the rows, each inode once: disk and apparent.
fn plain_sums(rows: &[Row]) -> (u64, u64) {
    let mut seen = HashSet::new();
    let once = rows
        .iter()
        .filter(|row| row.5.is_none_or(|inode| seen.insert(inode)));
    let value = |size: Option<Interval>| size.map_or(0, |size| size.lo);
    once.fold((0, 0), |sums, row| {
        (sums.0 + value(row.3), sums.1 + value(row.2))
    })
}

fn assert_same(left: &[Row], right: &[Row], what: &str) {
    for (a, b) in left.iter().zip(right) {
        assert_eq!(a, b, "{what}: {}", String::from_utf8_lossy(&a.0));
    }
    assert_eq!(left.len(), right.len(), "{what}");
}

fn assert_all_agree(root: &Path) -> Tree {
    let plain = plain_rows(root);
    let sums = plain_sums(&plain);
    let sums = (Interval::exactly(sums.0), Interval::exactly(sums.1));
    let [first, ..] = WALKS.map(|how| {
        let (tree, walked) = walked_by(root, how);
        assert_same(&rows(&tree), &plain, &format!("{how:?}"));
        assert!(walked.troubles.is_empty(), "{:?}", walked.troubles);
        let totals = tree.totals(NodeId::ROOT);
        assert_eq!(
            (totals.disk, totals.apparent, totals.unread),
            (sums.0, sums.1, 0)
        );
        tree
    });
    first
}

fn this_binary() -> Command {
    Command::new(std::env::current_exe().unwrap())
}

/// A tree of some 1,500 entries of every kind, with names of every kind.
fn grow(root: &Path, seed: u64) {
    Grower::new(root, None, seed).grow(1_500);
}

#[test]
fn on_generated_trees() {
    for seed in [1, 0x9e37_79b9_7f4a_7c15] {
        let (_dir, root) = scratch();
        grow(&root, seed);
        let tree = assert_all_agree(&root);
        assert!(tree.links().groups().count() > 20);
        let kinds: BTreeSet<Kind> = tree.nodes().map(|id| tree.kind(id)).collect();
        assert_eq!(
            kinds.into_iter().collect::<Vec<_>>(),
            [Kind::Dir, Kind::File, Kind::Symlink, Kind::Other]
        );
    }
}

#[test]
fn on_a_disk_as_du_counts_it() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    grow(&root, 7);
    let tree = assert_all_agree(&root);
    let Some(bytes) = du_of(&root, &[]) else {
        return;
    };
    assert_eq!(tree.totals(NodeId::ROOT).disk.lo, bytes);
}

#[test]
fn on_hostile_names() {
    let (_dir, root) = scratch();
    let names: [&[u8]; 6] = [
        b"a\nb",
        b"\xff\xfe",
        b"\x1b]0;x\x07",
        &[b'x'; 255],
        b" ",
        b"-",
    ];
    for name in names {
        let dir = root.join(OsStr::from_bytes(name));
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join(OsStr::from_bytes(name)), name).unwrap();
    }
    let tree = assert_all_agree(&root);
    for name in names {
        let path = [root.as_os_str().as_bytes(), name, name].join(&b'/');
        assert!(tree.find(&path).is_some(), "{name:?}");
    }
}

#[test]
fn on_a_wide_directory() {
    let (_dir, root) = scratch();
    let first = root.join("first");
    File::create(&first).unwrap();
    let handle = rustix::fs::open(&root, OFlags::PATH, Mode::empty()).unwrap();
    for number in 0..100_000 {
        let name = format!("shard-{number:06}.csv");
        if number % 250 == 0 {
            rustix::fs::mkdirat(&handle, &name, Mode::RWXU).unwrap();
            File::create(root.join(&name).join("below")).unwrap();
        } else {
            rustix::fs::linkat(CWD, &first, &handle, &name, AtFlags::empty()).unwrap();
        }
    }
    let tree = assert_all_agree(&root);
    assert_eq!(tree.children(NodeId::ROOT).count(), 100_001);
}

/// A chain of directories; with `siblings`, each level holds a further one with a file in it.
fn deepen(root: &Path, levels: usize, siblings: bool) {
    let open = |dir: &_, name| rustix::fs::openat(dir, name, OFlags::PATH, Mode::empty()).unwrap();
    let mut dir = rustix::fs::open(root, OFlags::PATH, Mode::empty()).unwrap();
    for _ in 0..levels {
        rustix::fs::mkdirat(&dir, "d", Mode::RWXU).unwrap();
        if siblings {
            rustix::fs::mkdirat(&dir, "s", Mode::RWXU).unwrap();
            let sibling = open(&dir, "s");
            let flags = OFlags::CREATE | OFlags::WRONLY;
            rustix::fs::openat(&sibling, "f", flags, Mode::RUSR).unwrap();
        }
        dir = open(&dir, "d");
    }
}

/// Removes what [`deepen`] made, from the bottom: by path it could not be reached.
struct Flattens(PathBuf, usize, bool);

impl Drop for Flattens {
    fn drop(&mut self) {
        let open = |dir: &_, name| rustix::fs::openat(dir, name, OFlags::PATH, Mode::empty());
        let Ok(mut dir) = rustix::fs::open(&self.0, OFlags::PATH, Mode::empty()) else {
            return;
        };
        for _ in 0..self.1 {
            dir = open(&dir, "d").unwrap();
        }
        for _ in 0..self.1 {
            dir = open(&dir, "..").unwrap();
            rustix::fs::unlinkat(&dir, "d", AtFlags::REMOVEDIR).unwrap();
            if self.2 {
                let sibling = open(&dir, "s").unwrap();
                rustix::fs::unlinkat(&sibling, "f", AtFlags::empty()).unwrap();
                rustix::fs::unlinkat(&dir, "s", AtFlags::REMOVEDIR).unwrap();
            }
        }
    }
}

#[test]
fn on_1500_levels() {
    let (_dir, root) = scratch();
    deepen(&root, 1_500, true);
    let tree = assert_all_agree(&root);
    assert_eq!(tree.totals(NodeId::ROOT).dirs, 3_000);
}

#[test]
fn at_100000_levels() {
    const LEVELS: usize = 100_000;
    let (_dir, root) = scratch();
    let _flattens = Flattens(root.clone(), LEVELS, false);
    deepen(&root, LEVELS, false);
    let (tree, walked) = walked_by(&root, (Walker::Linux, 4));
    assert!(walked.troubles.is_empty());
    assert_eq!(tree.totals(NodeId::ROOT).dirs, LEVELS as u64);
    for threads in [1, 4] {
        let (tree, walked) = walked_by(&root, (Walker::Portable, threads));
        assert!(walked.troubles.iter().any(|t| t.code == "path-too-long"));
        let totals = tree.totals(NodeId::ROOT);
        assert!(totals.unread > 0 && totals.disk.hi.is_none());
        assert!((1_900..2_100).contains(&totals.dirs), "{}", totals.dirs);
    }
}

/// More levels than handles, and on every level something that waits: what was closed has to be
/// found again, at a cost that does not grow with the depth.
#[test]
fn in_a_comb_of_20000_levels() {
    const LEVELS: usize = 20_000;
    let (_dir, root) = scratch();
    let _flattens = Flattens(root.clone(), LEVELS, true);
    deepen(&root, LEVELS, true);
    for threads in [1, 8] {
        let (tree, walked) = walked_by(&root, (Walker::Linux, threads));
        assert!(walked.troubles.is_empty());
        let totals = tree.totals(NodeId::ROOT);
        assert_eq!(
            (totals.dirs, totals.files),
            (2 * LEVELS as u64, LEVELS as u64)
        );
    }
}

#[test]
fn with_few_handles() {
    const TEST: &str = "walkers_agree::with_few_handles";
    if let Some(root) = stage() {
        let expected = plain_rows(&root.join("bushy"));
        let (tree, walked) = walked_by(&root.join("bushy"), (Walker::Linux, 8));
        assert!(walked.troubles.is_empty(), "{:?}", walked.troubles);
        assert_same(&rows(&tree), &expected, "few handles");
        let (tree, walked) = walked_by(&root.join("comb"), (Walker::Linux, 8));
        assert!(walked.troubles.is_empty(), "{:?}", walked.troubles);
        assert_eq!(tree.totals(NodeId::ROOT).dirs, 6_000);
        return;
    }
    let (_dir, root) = scratch();
    for name in ["bushy", "comb"] {
        fs::create_dir(root.join(name)).unwrap();
    }
    grow(&root.join("bushy"), 3);
    let _flattens = Flattens(root.join("comb"), 3_000, true);
    deepen(&root.join("comb"), 3_000, true);
    let mut sh = Command::new("sh");
    sh.args(["-c", "ulimit -n 24 && exec \"$0\" \"$@\""]);
    sh.arg(std::env::current_exe().unwrap());
    assert_passed(&again(TEST, &root, sh).unwrap());
}

#[test]
fn on_unreadable_directories() {
    const TEST: &str = "walkers_agree::on_unreadable_directories";
    let Some(root) = stage() else {
        let (_dir, root) = scratch();
        fs::set_permissions(&root, fs::Permissions::from_mode(0o755)).unwrap();
        for (name, mode) in [("closed", 0o000), ("listed", 0o744), ("entered", 0o711)] {
            fs::create_dir(root.join(name)).unwrap();
            fs::write(root.join(name).join("file"), [1; 5_000]).unwrap();
            fs::create_dir(root.join(name).join("dir")).unwrap();
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        if rustix::process::geteuid().is_root() {
            // Root may read them all, so another user looks.
            let copy = root.join("binary");
            fs::copy(std::env::current_exe().unwrap(), &copy).unwrap();
            fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).unwrap();
            let mut nobody = Command::new(&copy);
            nobody.uid(65_534).gid(65_534).current_dir("/");
            match again(TEST, &root, nobody) {
                Ok(output) => assert_passed(&output),
                Err(cause) => skipped(Lacks::Root, &format!("no other user: {cause}")),
            }
        } else {
            fs::set_permissions(root.join("listed"), fs::Permissions::from_mode(0o444)).unwrap();
            fs::set_permissions(root.join("entered"), fs::Permissions::from_mode(0o111)).unwrap();
            assert_passed(&again(TEST, &root, this_binary()).unwrap());
        }
        for name in ["closed", "listed", "entered"] {
            fs::set_permissions(root.join(name), fs::Permissions::from_mode(0o700)).unwrap();
        }
        return;
    };
    let mut all = Vec::new();
    for how in WALKS {
        let (tree, walked) = walked_by(&root, how);
        let path = |name: &str| root.join(name).into_os_string().into_vec();
        let node = |name: &str| tree.find(&path(name)).unwrap();
        for closed in ["closed", "entered"] {
            assert_eq!(tree.listing(node(closed)), Listing::Unread);
            let own = fs::symlink_metadata(root.join(closed)).unwrap();
            assert_eq!(
                tree.own_disk(node(closed)),
                Some(Interval::exactly(own.blocks() * 512))
            );
        }
        assert_eq!(tree.kind(node("listed/file")), Kind::Unread);
        assert_eq!(tree.own_apparent(node("listed/file")), None);
        let told: Vec<_> = walked
            .troubles
            .iter()
            .map(|t| (t.path.clone(), t.code))
            .collect();
        let denied = |name| (path(name), "permission-denied");
        assert_eq!(
            told,
            [denied("closed"), denied("entered"), denied("listed")],
            "{how:?}"
        );
        all.push(rows(&tree));
    }
    assert!(all.iter().all(|rows| *rows == all[0]));
}

#[test]
fn where_file_systems_end() {
    among_own_mounts("walkers_agree::where_file_systems_end", mounts_and_binds);
}

fn mounts_and_binds(root: &Path) {
    for name in ["real/sub", "bound", "memory", "kernel", "plain"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    fs::write(root.join("real/file"), [1; 10_000]).unwrap();
    fs::write(root.join("covered"), b"").unwrap();
    let real = root.join("real").into_os_string().into_string().unwrap();
    mount(&["--bind", &real], &root.join("bound"));
    mount(&["--bind", &format!("{real}/file")], &root.join("covered"));
    mount(&["-t", "tmpfs", "none"], &root.join("memory"));
    mount(&["--rbind", "/proc"], &root.join("kernel"));
    fs::write(root.join("memory/inside"), [1; 5_000]).unwrap();
    for cross in [false, true] {
        compare_mounts(root, cross);
    }
}

fn compare_mounts(root: &Path, cross_file_systems: bool) {
    let mut all = Vec::new();
    for (walker, threads) in WALKS {
        let progress = Progress::default();
        let options = WalkOptions {
            threads,
            walker,
            cross_file_systems,
            ..WalkOptions::new(&progress)
        };
        let (tree, walked) = walked(root, &options);
        assert!(walked.troubles.is_empty());
        let kind = |name: &str| {
            let path = root.join(name).into_os_string().into_vec();
            tree.find(&path).map(|id| tree.kind(id))
        };
        // What the bind mounts show is met where it lies, and counts there alone.
        let elsewhere = [kind("bound"), kind("covered"), kind("bound/file")];
        assert_eq!(elsewhere, [Some(Kind::OtherFs), Some(Kind::OtherFs), None]);
        let memory = match cross_file_systems {
            true => Kind::Dir,
            false => Kind::OtherFs,
        };
        assert_eq!(kind("memory"), Some(memory));
        assert_eq!(kind("kernel"), Some(Kind::KernelFs));
        assert_eq!(kind("real/file"), Some(Kind::File));
        assert_eq!(kind("memory/inside").is_some(), cross_file_systems);
        assert_eq!(kind("kernel/self"), None);
        assert_eq!(tree.totals(NodeId::ROOT).unread, 0);
        all.push(rows(&tree));
    }
    assert!(all.iter().all(|rows| *rows == all[0]));
    let progress = Progress::default();
    let kernel = walk(
        &root.join("kernel"),
        &WalkOptions::new(&progress),
        &mut Builder::new(),
    );
    assert!(kernel.unwrap_err().is_source());
}

/// Leaves out one name everywhere, and one path.
struct Leaves;

impl Skip for Leaves {
    fn skips(&self, name: &[u8], relative: &[u8]) -> bool {
        assert!(relative == name || relative.ends_with(&[b"/", name].concat()));
        assert!(name != b"panic");
        name == b"cache" || relative == b"a/b/c"
    }
}

#[test]
fn what_is_left_out() {
    let (_dir, root) = scratch();
    for name in ["a/b/c/d", "b/c", "cache/x", "a/cache/x", "a/b/cache"] {
        fs::create_dir_all(root.join(name)).unwrap();
    }
    fs::write(root.join("b/cache"), b"").unwrap();
    let mut all = Vec::new();
    for (walker, threads) in WALKS {
        let progress = Progress::default();
        let options = WalkOptions {
            threads,
            walker,
            skip: Some(Arc::new(Leaves)),
            ..WalkOptions::new(&progress)
        };
        let (tree, _) = walked(&root, &options);
        let out = tree.nodes().filter(|&id| tree.kind(id) == Kind::Excluded);
        let mut out: Vec<_> = out.map(|id| tree.path(id)).collect();
        out.sort_unstable();
        let below = ["a/b/c", "a/b/cache", "a/cache", "b/cache", "cache"];
        assert_eq!(
            out,
            below.map(|name| root.join(name).into_os_string().into_vec())
        );
        all.push(rows(&tree));
    }
    assert!(all.iter().all(|rows| *rows == all[0]));
}

/// Cancels the walk at its third batch.
struct Cancels<'a>(Builder, u32, &'a Progress);

impl Sink for Cancels<'_> {
    fn root(&mut self, root: Entry<'_>, rooting: Rooting) {
        self.0.root(root, rooting);
    }

    fn listing(&mut self, batch: &Batch) {
        self.0.listing(batch);
        self.1 += 1;
        if self.1 == 3 {
            self.2.cancel();
        }
    }
}

#[test]
fn when_it_is_cancelled() {
    let (_dir, root) = scratch();
    for number in 0..3_000 {
        fs::create_dir_all(root.join(format!("{}/{number}", number % 60))).unwrap();
    }
    for (walker, threads) in WALKS {
        let progress = Progress::default();
        let options = WalkOptions {
            walker,
            threads,
            ..WalkOptions::new(&progress)
        };
        let mut sink = Cancels(Builder::new(), 0, &progress);
        let walked = walk(&root, &options, &mut sink).unwrap();
        let tree = sink.0.finish().unwrap();
        let codes: Vec<_> = walked.troubles.iter().map(|t| t.code).collect();
        assert_eq!(codes, ["interrupted"]);
        assert_eq!(tree.children(NodeId::ROOT).count(), 60);
        let totals = tree.totals(NodeId::ROOT);
        assert!(totals.unread > 0 && totals.disk.hi.is_none());
    }
}

/// Fails at its second batch.
struct Panics(u32);

impl Sink for Panics {
    fn root(&mut self, _root: Entry<'_>, _rooting: Rooting) {}

    fn listing(&mut self, _batch: &Batch) {
        self.0 += 1;
        assert!(self.0 < 2, "on purpose");
    }
}

#[test]
fn when_somebody_panics() {
    let (_dir, root) = scratch();
    for number in 0..600 {
        fs::create_dir_all(root.join(format!("{}/{number}", number % 60))).unwrap();
    }
    fs::write(root.join("7/panic"), b"").unwrap();
    let ends = |skip: Option<Arc<dyn Skip>>, sink: &mut dyn Sink| {
        let progress = Progress::default();
        let options = WalkOptions {
            skip,
            threads: 4,
            walker: Walker::Linux,
            ..WalkOptions::new(&progress)
        };
        let run = std::panic::AssertUnwindSafe(|| walk(&root, &options, sink).map(drop));
        std::panic::catch_unwind(run).is_err()
    };
    assert!(ends(None, &mut Panics(0)), "in the sink");
    assert!(
        ends(Some(Arc::new(Leaves)), &mut Builder::new()),
        "in a worker"
    );
}

#[test]
fn when_names_are_swapped() {
    let (_dir, root) = scratch();
    let (seen, secret) = (root.join("seen"), root.join("secret"));
    fs::create_dir_all(seen.join("dir/sub/deep")).unwrap();
    fs::create_dir_all(secret.join("sub/deep")).unwrap();
    fs::write(secret.join("sub/deep/never"), b"").unwrap();
    fs::write(secret.join("sub/never"), b"").unwrap();
    symlink(&secret, root.join("link")).unwrap();
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let (link, dir) = (root.join("link"), seen.join("dir"));
            while !stop.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(CWD, &link, CWD, &dir, RenameFlags::EXCHANGE).unwrap();
            }
        });
        for _ in 0..300 {
            let (tree, _) = walked_by(&seen, (Walker::Linux, 2));
            assert!(tree.nodes().all(|id| tree.name(id) != b"never"));
        }
        stop.store(true, Ordering::Relaxed);
    });
}
