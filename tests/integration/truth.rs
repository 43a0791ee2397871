//! The numbers are true: on generated trees, for every node, by brute force and by `du`; at the
//! extremes of sizes and times; and while the tree changes under the walk.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use tempfile::TempDir;

use jettison::bytes::Interval;
use jettison::source::{Options, Source};
use jettison::survey::survey;
use jettison::tree::NodeId;

use crate::dir::{NOW, jettison, jettison_below};
use crate::grown::{Dice, Grower};
use crate::stage::{Lacks, du, du_of, has_tool, path_of, scratch, skipped};
use crate::told::{Fact, Told, assert_true, facts, run, scan, truth};

/// How many trees are grown in memory, and how many on a disk.
const TREES: u64 = 100;

/// The ways to walk that all have to print the same bytes.
const WAYS: [&[&str]; 4] = [
    &["--threads", "1"],
    &["--threads", "2"],
    &["--threads", "8"],
    &["--walker", "portable"],
];

#[test]
fn on_trees_in_memory() {
    let (_dir, base) = scratch();
    on_trees(&base, 0);
}

#[test]
fn on_trees_on_a_disk() {
    let dir = tempfile::tempdir().unwrap();
    on_trees(&dir.path().canonicalize().unwrap(), TREES);
}

/// Grows trees and looks at each in every way.
fn on_trees(base: &Path, first_seed: u64) {
    // In coreutils 9.2 and later, an apparent size is one of files and symbolic links only.
    let empty = base.join("empty");
    fs::create_dir(&empty).unwrap();
    let whole = du_of(&empty, &["--apparent-size"]);
    let counts_dirs = whole != Some(0);
    for seed in first_seed..first_seed + TREES {
        let tree = base.join(seed.to_string());
        let (root, outside) = (tree.join("t"), tree.join("outside"));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir(&outside).unwrap();
        let entries = 20 + Dice::new(seed).below(80);
        Grower::new(&root, Some(&outside), seed).grow(usize::try_from(entries).unwrap());
        let facts = facts(&root);
        as_defined(&root, &facts, seed);
        if whole.is_some() {
            as_du_says(&root, &facts, counts_dirs, &format!("seed {seed}"));
        }
    }
}

/// What a scan tells of every node is what the definitions give; and another way to walk, which
/// changes from tree to tree, prints the same.
fn as_defined(root: &Path, facts: &[Fact], seed: u64) {
    let first = run(root, WAYS[0]).code(0);
    assert_true(&Told::of(&first), &truth(facts), &format!("seed {seed}"));
    let other = WAYS[usize::try_from(1 + seed % 3).unwrap()];
    let second = run(root, other).code(0);
    let same = without_volume(&first.stdout) == without_volume(&second.stdout);
    assert!(same, "seed {seed}: {other:?} prints something else");
}

/// All that may differ between two scans of one tree is what the volume said in between.
fn without_volume(json: &[u8]) -> Vec<u8> {
    let find = |word: &[u8]| json.windows(word.len()).position(|w| w == word).unwrap();
    let (from, to) = (find(b",\"volume\":"), find(b",\"complete\":"));
    [&json[..from], &json[to..]].concat()
}

/// The sums of every directory are those of one `du` of it alone, and with every name counted
/// those of `du -l`.
fn as_du_says(root: &Path, facts: &[Fact], counts_dirs: bool, what: &str) {
    let options = Options::default();
    let survey = survey(&Source::named(root), &options).unwrap();
    let tree = &survey.tree;
    let dirs = facts.iter().filter(|fact| fact.meta.is_dir());
    let mut by_name = BTreeMap::new();
    for fact in dirs {
        let shown = || format!("{what}: {}", String::from_utf8_lossy(&fact.path));
        let id = tree.find(&fact.path).unwrap();
        let totals = tree.totals(id);
        let path = path_of(&fact.path);
        assert_eq!(du_of(path, &[]), Some(totals.disk.lo), "{}", shown());
        let below = || (id.0..tree.end(id).0).map(NodeId);
        let dirs_own: u64 = below()
            .filter(|&id| tree.is_dir(id) && !counts_dirs)
            .map(|id| tree.own_apparent(id).unwrap().lo)
            .sum();
        let apparent = du_of(path, &["--apparent-size"]).map(|bytes| bytes + dirs_own);
        assert_eq!(apparent, Some(totals.apparent.lo), "{}", shown());
        let own: u64 = below().map(|id| tree.own_disk(id).unwrap().lo).sum();
        by_name.insert(fact.path.clone(), own);
    }
    let lines = du(root, &["-l"]).unwrap().into_iter();
    let by_du: BTreeMap<_, _> = lines.map(|(bytes, path)| (path, bytes)).collect();
    assert_eq!(by_name, by_du, "{what}: every name counted");
}

/// The whole of a directory that others may write to: where `du` says the same before and after,
/// the scan in between has to say it too.
fn equals_du(root: &str) {
    if run(root.as_ref(), &["--depth", "0"]).code == 3 {
        return skipped(Lacks::Root, "this user may not read the whole of it");
    }
    for _ in 0..10 {
        let Some(before) = du_of(root.as_ref(), &[]) else {
            return;
        };
        let told = scan(root.as_ref(), &["--depth", "0"]);
        if du_of(root.as_ref(), &[]) == Some(before) {
            assert_eq!(told.top().disk, Interval::exactly(before));
            return;
        }
    }
    panic!("{root} never stays the same for the time of a scan");
}

#[test]
fn on_usr() {
    equals_du("/usr");
}

#[test]
#[ignore = "takes its time, and something always writes: run it where the machine rests"]
fn on_the_whole_machine() {
    equals_du("/");
}

/// The largest file that the kernel can name, without a byte of storage.
const LARGEST: u64 = i64::MAX.cast_unsigned();

/// Makes such files; `None`: the file system has a lower limit.
fn largest_files(names: &[&str]) -> Option<(TempDir, std::path::PathBuf)> {
    let (dir, root) = scratch();
    for name in names {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if File::create(path).unwrap().set_len(LARGEST).is_err() {
            skipped(
                Lacks::Kernel,
                "no file system in memory that holds a file of 8 EiB",
            );
            return None;
        }
    }
    Some((dir, root))
}

#[test]
fn sums_beyond_64_bits_are_open_bounds() {
    let names = ["one/a", "two/a", "two/b", "three/a", "three/b", "three/c"];
    let Some((_dir, root)) = largest_files(&names) else {
        return;
    };
    // On a file system in memory a directory's own size would be in the way.
    let own = |name: &str| fs::metadata(root.join(name)).unwrap().len();
    for way in WAYS {
        let told = scan(&root, way);
        for name in names {
            assert_eq!(told.at(name).apparent, Interval::exactly(LARGEST));
        }
        let one = LARGEST + own("one");
        assert_eq!(told.at("one").apparent, Interval::exactly(one));
        for beyond in [told.at("two"), told.at("three"), told.top()] {
            assert_eq!(beyond.apparent, Interval::at_least(u64::MAX));
        }
        assert_eq!(told.top().freed, told.top().disk);
    }
    let text = jettison([OsStr::new("scan"), root.as_os_str()]).code(0);
    assert!(text.text().contains("≥ 16.0 EiB"), "{}", text.story());
}

#[test]
fn names_of_one_inode_do_not_wear_a_full_sum_down() {
    let Some((_dir, root)) = largest_files(&["links/a"]) else {
        return;
    };
    for name in ["links/b", "links/c"] {
        fs::hard_link(root.join("links/a"), root.join(name)).unwrap();
    }
    let own = |path: &Path| fs::metadata(path).unwrap().len();
    let links = LARGEST + own(&root.join("links"));
    let told = scan(&root, &[]);
    assert_eq!(told.at("links").apparent, Interval::exactly(links));
    let all = Interval::exactly(links + own(&root));
    assert_eq!(told.top().apparent, all);
}

#[test]
fn times_are_told_as_they_are() {
    let (_dir, root) = scratch();
    // Before 1970, year 1, after 2038, after 2106, what ext4 takes at most, year 10000.
    let times = [
        -62_135_596_801,
        -2_147_483_649,
        -1,
        0,
        1 << 31,
        1 << 32,
        15_032_385_535,
        253_402_300_800,
    ];
    assert_times(&root, &times, |stored| stored);
}

#[test]
fn times_beyond_all_calendars_are_clamped_alike() {
    let (_dir, root) = scratch();
    let most = (1 << 39) - 1;
    let times = [i64::MIN, i64::MIN + 1, -(1 << 39), 1 << 39, i64::MAX];
    assert_times(&root, &times, |stored| stored.clamp(-most, most));
}

/// Sets each time on a file in a directory of its own; what the file system made of it is what
/// both have to show, and no text may fail on it.
fn assert_times(root: &Path, times: &[i64], shown: impl Fn(i64) -> i64) {
    use std::os::unix::fs::MetadataExt as _;
    for (number, &seconds) in times.iter().enumerate() {
        let dir = root.join(number.to_string());
        fs::create_dir(&dir).unwrap();
        let file = dir.join("file");
        File::create(&file).unwrap();
        let time = Timespec {
            tv_sec: seconds,
            tv_nsec: 0,
        };
        let times = Timestamps {
            last_access: time,
            last_modification: time,
        };
        utimensat(CWD, &file, &times, AtFlags::empty()).unwrap();
    }
    let told = scan(root, &[]);
    for (number, seconds) in times.iter().enumerate() {
        let file = format!("{number}/file");
        let stored = fs::metadata(root.join(&file)).unwrap().mtime();
        let expected = Some(shown(stored));
        assert_eq!(told.at(&file).mtime, expected, "set to {seconds}");
        assert_eq!(told.at(number.to_string()).mtime, expected, "{seconds}");
    }
    for now in [NOW, i64::MIN, 0, i64::MAX] {
        for sort in ["mtime", "disk"] {
            let now = format!("@{now}");
            let args = ["scan", "--depth", "2", "--sort", sort, "--now", &now].map(OsStr::new);
            let text = jettison(args.into_iter().chain([root.as_os_str()]));
            let lines = text.code(0).text();
            assert_eq!(lines.matches("file").count(), times.len() + 2, "{lines}");
        }
    }
}

/// Changes a directory as fast as it can, until told to stop: names come and go, change places
/// and kinds, files grow and shrink, and `linked` gets and loses a further name.
fn churn(dir: &Path, linked: &Path, stop: &AtomicBool) -> u64 {
    let mut dice = Dice::new(1);
    let mut rounds = 0;
    while !stop.load(Ordering::Relaxed) {
        rounds += 1;
        if rounds % 200 == 0 {
            clear(dir);
        }
        let path = dir.join(dice.below(40).to_string());
        let other = dir.join(dice.below(40).to_string());
        // Whatever stands there, half of these fail; that is what makes it a churn.
        let _failed = match dice.below(9) {
            0 | 1 => fs::create_dir(&path),
            2 => fs::write(path.join(dice.below(9).to_string()), [1; 5_000]),
            3 => fs::write(&path, vec![1; dice.below(50_000) as usize]),
            4 => fs::rename(&path, &other),
            5 => fs::rename(&path, other.join("within")),
            6 => fs::hard_link(linked, &path),
            7 => fs::remove_file(&path),
            _ => {
                for name in ["0", "3", "5", "within"] {
                    let _missing = fs::remove_file(path.join(name));
                }
                fs::remove_dir(&path)
            }
        };
    }
    rounds
}

/// Empties a directory, also of what was moved too deep below it to be met again.
#[expect(clippy::disallowed_methods, reason = "it is the test's own directory")]
fn clear(dir: &Path) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let removed = match path.is_dir() {
            true => fs::remove_dir_all(path),
            false => fs::remove_file(path),
        };
        removed.unwrap();
    }
}

/// Ends the churn, where an assertion failed too: the scope would wait for it for ever.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn while_the_tree_changes() {
    let (_dir, root) = scratch();
    let (stable, moving) = (root.join("stable"), root.join("moving"));
    for dir in [&stable, &moving] {
        fs::create_dir(dir).unwrap();
    }
    let linked = root.join("linked");
    fs::write(&linked, [1; 9_000]).unwrap();
    Grower::new(&stable, None, 4).grow(300);
    let facts = facts(&stable);
    let truth = truth(&facts);
    let stop = AtomicBool::new(false);
    let (rounds, incomplete) = std::thread::scope(|scope| {
        let churns = scope.spawn(|| churn(&moving, &linked, &stop));
        let stops = Stops(&stop);
        let begin = Instant::now();
        let mut incomplete = 0;
        while begin.elapsed() < Duration::from_secs(2) {
            for way in WAYS {
                let run = run(&root, way);
                let told = Told::of(&run);
                assert!(matches!(run.code, 0 | 3), "{}", run.story());
                assert_eq!(told.complete, run.code == 0, "{}", run.story());
                assert_eq!(
                    told.complete,
                    told.troubles.is_empty(),
                    "{way:?} {}",
                    run.story()
                );
                for (path, node) in &truth {
                    assert_eq!(told.nodes.get(path), Some(node), "{}", run.story());
                }
                changing(&told);
                incomplete += u32::from(!told.complete);
            }
        }
        drop(stops);
        (churns.join().unwrap(), incomplete)
    });
    assert!(rounds > 1_000, "{rounds} changes, {incomplete} incomplete");
}

/// What holds for every answer, whatever was seen: no more is freed than is there, and the parts
/// are in the whole.
fn changing(told: &Told) {
    assert_eq!(told.at("linked").kind, "file");
    for (path, node) in &told.nodes {
        let path = || String::from_utf8_lossy(path).into_owned();
        assert!(node.freed.lo <= node.disk.lo, "{}: {node:?}", path());
        assert!(node.disk.lo <= told.top().disk.lo, "{}: {node:?}", path());
        assert!(node.files <= told.top().files, "{}: {node:?}", path());
    }
    for (path, code) in &told.troubles {
        let below = path.starts_with(&[&told.root[..], b"/moving"].concat());
        let known = ["changed", "gone", "unreadable"].contains(&code.as_str());
        assert!(
            below && known,
            "{code} at {}",
            String::from_utf8_lossy(path)
        );
    }
}

/// Counts the calls of one kind in a summary of `strace -c`.
fn calls(summary: &str, name: &str) -> usize {
    let line = |line: &&str| line.split_whitespace().last() == Some(name);
    let found = summary.lines().find(line);
    found.map_or(0, |line| {
        line.split_whitespace().nth(3).unwrap().parse().unwrap()
    })
}

/// How often a scan asked about an entry, and how often for names; `None`: there is no `strace`.
fn calls_of_a_scan(root: &Path, threads: &str) -> Option<(usize, usize)> {
    if !has_tool("strace") {
        skipped(Lacks::Tool, "no strace");
        return None;
    }
    let (_dir, log) = scratch();
    let log = log.join("summary");
    let mut strace = ["strace", "-f", "-qq", "-c", "-o"].map(Into::into).to_vec();
    strace.push(log.clone().into_os_string());
    let args = ["scan", "--depth", "0", "--threads", threads].map(OsStr::new);
    let run = jettison_below(&strace, args.into_iter().chain([root.as_os_str()]));
    let story = run.story();
    assert_eq!(run.code, 0, "{story}");
    let summary = fs::read_to_string(&log).unwrap();
    let asked = ["statx", "newfstatat", "fstat", "lstat", "stat"].map(|name| calls(&summary, name));
    assert!(asked[0] > 0, "{summary}");
    Some((asked.iter().sum(), calls(&summary, "getdents64")))
}

#[test]
fn every_entry_is_asked_about_once() {
    let (_dir, base) = scratch();
    let (root, nothing) = (base.join("t"), base.join("nothing"));
    fs::create_dir(&nothing).unwrap();
    for dir in 0..40 {
        let dir = root.join(format!("d{}/e{dir}", dir % 4));
        fs::create_dir_all(&dir).unwrap();
        for file in 0..120 {
            fs::write(dir.join(format!("{file}.csv")), b"x").unwrap();
        }
    }
    let facts = facts(&root);
    let dirs = facts.iter().filter(|fact| fact.meta.is_dir()).count();
    for threads in ["1", "8"] {
        // What the start of the program costs, the root and its volume.
        let Some(start) = calls_of_a_scan(&nothing, threads) else {
            return;
        };
        let (asked, listed) = calls_of_a_scan(&root, threads).unwrap();
        let (asked, listed) = (asked - start.0, listed - start.1);
        // The root was asked about in both.
        let range = facts.len() - 1..=facts.len() * 102 / 100;
        assert!(
            range.contains(&asked),
            "{asked} questions, expected {range:?}"
        );
        // For each directory one call for its names, and one for their end.
        let range = dirs - 1..=2 * (dirs - 1);
        assert!(
            range.contains(&listed),
            "{listed} listings, expected {range:?}"
        );
    }
}
