//! `systemd-tmpfiles --clean` says which files of a random tree its lines remove.
//!
//! Kinds, paths, ages, modifiers and specifiers are drawn, in two files whose order is drawn as
//! well; how often each was drawn is counted, and none may be missed. What cannot be decided (an
//! escape in a path) lies between what is certain and what is possible. What replaces and masks
//! a file is put where systemd looks for it, below a root of its own.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::Command;

use jettison::entry::RuleFile;
use jettison::rules;
use jettison::rules::coverage::{self, Ground, Stamped, Stamps};
use jettison::rules::model::Tri;
use jettison::time::Timestamp;
use jettison::tree::{NodeId, Tree};

use super::{Draw, clock, has_tool, listing, rule_file, scan, shown};
use crate::dir::{Dir, age_to};

const ROUNDS: u64 = 140;

const NAMES: [&str; 11] = [
    "a", "b.log", "c", ".hid", "x y", "d", "e.lock", "s", "a*", "é", "q'",
];

/// Kinds of lines; those that clean come up more often.
const KINDS: &[&str] = &[
    "d", "d", "d", "d", "D", "e", "e", "q", "Q", "v", "C", "x", "x", "X", "z", "Z", "r", "R", "r!",
    "R!", "f", "F", "w", "L", "p", "t", "a", "h", "d!", "d-", "d=", "e!", "x!",
];

const PATHS: &[&str] = &[
    "", "", "", "/a", "/d", "/s", "/a/b.log", "/d/s", "/*", "/*/s", "/d/*.log", "/.h*", "/{a,d}",
    "/a/", "//d", "/x y", "/[a-d]", "/s/*/*", "/a*", "/%%", "/é", "/[!a]*", "/?", "/s/./a",
    "/q\\x27", "/*/",
];

const AGES: &[&str] = &[
    "-",
    "m:10d",
    "m:10d",
    "mM:4d",
    "~m:4d",
    "0",
    "m:1w3d",
    "10d",
    "m:240h",
    "m:1month",
    "a:10d",
    "A:1d",
    "c:1d",
    "b:1s",
    "aAmM:8d",
    "m:10days2hours",
    "~0",
    "m:14400min",
    "m:864000",
    "m:1y",
    "mM:6d12h30min",
    "1x",
    "k:1d",
];

#[derive(Debug)]
struct Disk;

impl Stamps for Disk {
    fn of(&self, tree: &Tree, node: NodeId) -> Option<Stamped> {
        use std::os::unix::ffi::OsStrExt as _;
        let path = tree.path(node);
        let metadata = Path::new(std::ffi::OsStr::from_bytes(&path))
            .symlink_metadata()
            .ok()?;
        let born = metadata.created().ok()?;
        let born = born.duration_since(std::time::SystemTime::UNIX_EPOCH);
        Some(Stamped {
            accessed: Some(Timestamp(metadata.atime())),
            changed: Some(Timestamp(metadata.ctime())),
            born: Some(Timestamp(born.ok()?.as_secs().try_into().ok()?)),
        })
    }
}

fn build(draw: &mut Draw, dir: &Dir, now: i64) {
    for _ in 0..18 {
        let depth = 1 + draw.below(4);
        let parts: Vec<&str> = (0..depth).map(|_| draw.pick(&NAMES)).collect();
        let path = dir.join("t").join(parts.join("/"));
        let is_other = |above: &Path| above.symlink_metadata().is_ok_and(|m| !m.is_dir());
        let blocked = path.ancestors().skip(1).any(is_other);
        if blocked || path.symlink_metadata().is_ok() {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        if draw.chance(8) {
            symlink(draw.pick(&["nowhere", "."]), &path).unwrap();
            continue;
        }
        fs::write(&path, b"x").unwrap();
        let age = 86_400 * [1, 5, 9, 11, 40][draw.below(5)] + 3600;
        if draw.chance(50) {
            age_both(&path, now - age);
        } else {
            age_to(&path, now - age);
        }
    }
    fs::create_dir_all(dir.join("t")).unwrap();
}

fn age_both(path: &Path, time: i64) {
    let at = std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(time as u64);
    let times = fs::FileTimes::new().set_modified(at).set_accessed(at);
    fs::File::open(path).unwrap().set_times(times).unwrap();
}

/// How often each word was drawn.
type Counts = BTreeMap<&'static str, usize>;

fn count(counts: &mut Counts, word: &'static str) -> &'static str {
    *counts.entry(word).or_default() += 1;
    word
}

fn lines(draw: &mut Draw, counts: &mut Counts, root: &str) -> String {
    let mut text = String::new();
    for _ in 0..1 + draw.below(5) {
        // One of the start of the list comes with every line of its end.
        let kind = count(counts, KINDS[draw.below(KINDS.len())]);
        let path = count(counts, PATHS[draw.below(PATHS.len())]);
        let age = count(counts, AGES[draw.below(AGES.len())]);
        let quote = if path.contains(' ') || draw.chance(30) {
            "\""
        } else {
            ""
        };
        text += &format!("{kind} {quote}{root}{path}{quote} - - - {age}");
        text += &format!("{}\n", argument(draw, kind));
        text += draw.pick(&["", "", "", "# d /comment\n", "\n"]);
    }
    text
}

/// What may stand at the end of a line of a kind; some need it.
fn argument(draw: &mut Draw, kind: &str) -> &'static str {
    let own = match &kind[..1] {
        "h" => " +C",
        "t" => " user.a=b",
        "a" => " u::rw-",
        "w" | "f" | "F" => "\tsome text",
        "L" => " /nowhere",
        "C" => " /etc",
        _ => " ",
    };
    if draw.chance(85) { own } else { "" }
}

fn is_below(path: &[u8], root: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt as _;
    path.starts_with(root.as_os_str().as_bytes())
}

#[test]
fn what_is_cleaned_is_what_systemd_cleans() {
    if !has_tool("systemd-tmpfiles", true) {
        return;
    }
    let (mut counted, mut removed) = (0, 0);
    let mut counts = Counts::new();
    for seed in 0..ROUNDS {
        let mut draw = Draw::new(seed);
        let dir = Dir::new();
        let now = clock();
        build(&mut draw, &dir, now);
        let root = dir.join("t");
        let texts = [(); 2].map(|()| lines(&mut draw, &mut counts, root.to_str().unwrap()));
        counted += texts.iter().map(|text| text.lines().count()).sum::<usize>();
        // By their names, wherever they lie.
        let files = [
            rule_file("/usr/lib/tmpfiles.d/a.conf", &texts[0]),
            rule_file("/etc/tmpfiles.d/b.conf", &texts[1]),
        ];
        let before = listing(&root);
        let said = Said::of(&files, &root, now);
        let conf: Vec<_> = ["a.conf", "b.conf"]
            .iter()
            .zip(&texts)
            .map(|(name, text)| dir.write(name, text))
            .collect();
        let output = Command::new("systemd-tmpfiles")
            .arg("--clean")
            .args(&conf)
            .output()
            .unwrap();
        let context = format!(
            "seed {seed}\n{}--\n{}{}",
            texts[0],
            texts[1],
            String::from_utf8_lossy(&output.stderr)
        );
        removed += said.check(&before, &root, &context);
    }
    assert!(counted >= 700, "{counted} lines");
    assert!(removed >= 150, "{removed} files removed");
    for word in KINDS.iter().chain(PATHS).chain(AGES) {
        let drawn = counts.get(word).copied().unwrap_or_default();
        assert!(drawn >= 8, "{word:?} drawn {drawn} times: {counts:?}");
    }
}

/// What is said of the files below a root.
struct Said {
    sure: BTreeSet<Vec<u8>>,
    possible: BTreeSet<Vec<u8>>,
    exact: bool,
    files: BTreeSet<Vec<u8>>,
}

impl Said {
    fn of(rule_files: &[RuleFile], root: &Path, now: i64) -> Self {
        let set = rules::read(rule_files, &mut |_| None);
        let tree = scan(root);
        let disk = Disk;
        let ground = Ground::new(&tree, None).with_stamps(Some(&disk));
        let (mut sure, mut possible) = (BTreeSet::new(), BTreeSet::new());
        let works = |r: &&rules::model::Rule| r.disabled.is_none() && r.in_name.is_none();
        for rule in set.rules.iter().filter(works) {
            for hit in coverage::takes(rule, &ground, Timestamp(now)).hits {
                if hit.eligible >= Tri::Unknown {
                    possible.insert(tree.path(hit.node));
                }
                if hit.eligible == Tri::True {
                    sure.insert(tree.path(hit.node));
                }
            }
        }
        let plain = tree.nodes().filter(|&node| !tree.is_dir(node));
        let files = plain.map(|node| tree.path(node)).collect();
        // An escape is read differently by different versions, and may spare what others take.
        let exact = rule_files
            .iter()
            .all(|file| !file.contents.contains(&b'\\'));
        Self {
            sure,
            possible,
            exact,
            files,
        }
    }

    /// Compares with what is gone; how many files that are.
    fn check(&self, before: &BTreeSet<Vec<u8>>, root: &Path, context: &str) -> usize {
        let left = if root.exists() {
            listing(root)
        } else {
            BTreeSet::new()
        };
        let of_files = |paths: &BTreeSet<Vec<u8>>| -> BTreeSet<Vec<u8>> {
            let wanted = paths.iter().filter(|path| is_below(path, root));
            wanted
                .filter(|p| self.files.contains(*p))
                .cloned()
                .collect()
        };
        let gone = of_files(&before.difference(&left).cloned().collect());
        let (sure, possible) = (of_files(&self.sure), of_files(&self.possible));
        if self.exact {
            assert_eq!(shown(&sure), shown(&gone), "{context}");
        }
        let wrong: BTreeSet<Vec<u8>> = sure.difference(&gone).cloned().collect();
        assert_eq!(shown(&wrong), [""; 0], "stays: {context}");
        let missed: BTreeSet<Vec<u8>> = gone.difference(&possible).cloned().collect();
        assert_eq!(shown(&missed), [""; 0], "goes: {context}");
        gone.len()
    }
}

/// Files of one name in several folders, below a root of their own: which of them counts.
#[test]
fn which_file_counts_is_systemds_choice() {
    if !has_tool("systemd-tmpfiles", true) {
        return;
    }
    let folders = ["etc", "run", "usr/lib"];
    let (mut masked, mut replaced) = (0, 0);
    for seed in 0..60 {
        let mut draw = Draw::new(seed + 5000);
        let dir = Dir::new();
        let now = clock();
        let target = dir.join("t");
        for name in ["a", "d", "s"] {
            let file = dir.write(format!("t/{name}/f"), b"x");
            age_to(&file, now - 20 * 86_400);
        }
        let mut files = Vec::new();
        for name in ["10.conf", "20.conf", "30.txt"] {
            for folder in folders {
                if draw.chance(40) {
                    continue;
                }
                let path = format!("/{folder}/tmpfiles.d/{name}");
                let at = dir.join(format!("root{path}"));
                fs::create_dir_all(at.parent().unwrap()).unwrap();
                let text = match draw.below(5) {
                    0 => {
                        symlink("/dev/null", &at).unwrap();
                        masked += 1;
                        String::new()
                    }
                    1 => String::new(),
                    _ => one_line(&mut draw, &target),
                };
                if at.symlink_metadata().is_err() {
                    fs::write(&at, &text).unwrap();
                }
                replaced += 1;
                files.push(rule_file(&path, &text));
            }
        }
        let before = listing(&target);
        let said = Said::of(&files, &target, now);
        let copies = copied(&dir, &folders);
        let shown: Vec<String> = files
            .iter()
            .map(|f| {
                format!(
                    "{:?} {:?}",
                    String::from_utf8_lossy(&f.path),
                    String::from_utf8_lossy(&f.contents)
                )
            })
            .collect();
        if !copies.is_empty() {
            Command::new("systemd-tmpfiles")
                .arg("--clean")
                .args(&copies)
                .output()
                .unwrap();
        }
        said.check(
            &before,
            &target,
            &format!("seed {seed}\n{}", shown.join("\n")),
        );
    }
    assert!(masked >= 20 && replaced >= 100, "{masked} {replaced}");
}

fn one_line(draw: &mut Draw, target: &Path) -> String {
    let below = draw.pick(&["a", "d", "s", "*"]);
    let kind = draw.pick(&["d", "e", "x", "D"]);
    let age = draw.pick(&["m:10d", "m:30d", "-", "0"]);
    format!("{kind} {}/{below} - - - {age}\n", target.display())
}

/// The files that count, in a folder of their own: their lines mean paths of the machine, and only
/// the choice among the files is that of the root.
fn copied(dir: &Dir, folders: &[&str]) -> Vec<std::path::PathBuf> {
    fs::create_dir_all(dir.join("conf")).unwrap();
    let copy = |from: std::path::PathBuf| {
        let to = dir.join("conf").join(from.file_name().unwrap());
        fs::copy(from, &to).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o644)).unwrap();
        to
    };
    counting(&dir.join("root"), folders)
        .into_iter()
        .map(copy)
        .collect()
}

/// The files that `systemd-tmpfiles --cat-config` reads below a root, in its order.
fn counting(root: &Path, folders: &[&str]) -> Vec<std::path::PathBuf> {
    if !folders.iter().any(|folder| root.join(folder).exists()) {
        return Vec::new();
    }
    let output = Command::new("systemd-tmpfiles")
        .arg("--cat-config")
        .arg(format!("--root={}", root.display()))
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.strip_prefix("# /"));
    names
        .filter(|name| name.ends_with(".conf") && Path::new(&format!("/{name}")).starts_with(root))
        .map(|name| Path::new("/").join(name))
        .filter(|path| path.is_file())
        .collect()
}
