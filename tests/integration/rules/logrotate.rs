//! logrotate says which copies of a log it removes, sooner or later, and which never.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use jettison::entry::RuleFile;
use jettison::rules;
use jettison::rules::machine::Machine;
use jettison::rules::model::Tri;
use jettison::time::Timestamp;

use super::{Draw, clock, has_tool, rule_file, scan, shown, takes};
use crate::dir::{Dir, age_to};

const ROUNDS: u64 = 21;
const BLOCKS: usize = 10;

/// One folder with a log, old copies of it and the block for it.
struct Case {
    folder: String,
    dated: bool,
    keep: usize,
    text: String,
}

fn case(draw: &mut Draw, dir: &Dir, index: usize, now: i64) -> Case {
    let folder = format!("l/{index}");
    let root = dir.folder(&folder);
    let dated = draw.chance(30);
    let keep = draw.below(4);
    let extension = draw.chance(25);
    let compress = draw.chance(50);
    let mut lines = vec!["  daily".to_owned(), "  nocreate".to_owned()];
    lines.push(format!("  rotate {keep}"));
    if dated {
        lines.push("  dateext".to_owned());
    }
    if dated && draw.chance(30) {
        lines.push("  dateformat .%Y-%m-%d".to_owned());
    }
    if compress {
        lines.push("  compress".to_owned());
        if draw.chance(50) {
            lines.push("  delaycompress".to_owned());
        }
    }
    if extension {
        lines.push("  extension .log".to_owned());
    }
    if draw.chance(20) {
        lines.push("  start 0".to_owned());
    }
    if draw.chance(25) {
        lines.push("  maxage 7".to_owned());
    }
    // What changes nothing of what is kept.
    let idle = [
        "  sharedscripts\n  postrotate\n    true } {\n  endscript",
        "  weekly",
        "  monthly",
        "  ifempty",
        "  ignoreduplicates",
        "  noolddir",
        "  minsize 1",
        "  size 1",
        "  nosuchdirective 7",
        "  # a comment",
    ];
    lines.push(draw.pick(&idle).to_owned());
    lines.push("  missingok".to_owned());
    for _ in 0..2 + draw.below(6) {
        let label = if draw.chance(50) {
            format!(".{}", draw.below(8))
        } else {
            let day = 10 + draw.below(15);
            draw.pick(&["-202401DD", ".2024-01-DD"])
                .replace("DD", &day.to_string())
        };
        let packed = draw.pick(&["", "", ".gz", ".xz"]);
        let name = if extension {
            format!("app{label}.log{packed}")
        } else {
            format!("app.log{label}{packed}")
        };
        let path = root.join(&name);
        // Marked by its name: copies are renamed, and seldom packed.
        fs::write(&path, format!("was {name}\n")).unwrap();
        age_to(&path, now - 86_400 * [1, 6, 9, 30][draw.below(4)] - 3600);
    }
    let pattern = draw.pick(&["app.log", "*.log"]);
    // A pattern that copies fit as well is another story.
    let pattern = if extension { "app.log" } else { pattern };
    let head = format!("{}/{pattern}", root.display());
    if !draw.chance(15) {
        fs::write(root.join("app.log"), b"live\n").unwrap();
    }
    Case {
        folder,
        dated,
        keep,
        text: format!("{head} {{\n{}\n}}\n", lines.join("\n")),
    }
}

/// Which of the first copies are still there, by the mark in them.
fn marks(root: &Path) -> BTreeSet<Vec<u8>> {
    let mut marks = BTreeSet::new();
    for entry in fs::read_dir(root).unwrap() {
        let path = entry.unwrap().path();
        let mut text = fs::read(&path).unwrap();
        if text.starts_with(b"\x1f\x8b") {
            text = Command::new("gzip")
                .arg("-dc")
                .stdin(fs::File::open(&path).unwrap())
                .output()
                .unwrap()
                .stdout;
        }
        if let Some(name) = text.strip_prefix(b"was ") {
            marks.insert(name.trim_ascii().to_vec());
        }
    }
    marks
}

/// Words of which each must come up.
const WORDS: &[&str] = &[
    "rotate 0",
    "rotate 1",
    "rotate 2",
    "rotate 3",
    "dateext",
    "dateformat",
    "  compress",
    "delaycompress",
    "extension",
    "start 0",
    "maxage",
    "sharedscripts",
    "weekly",
    "monthly",
    "ifempty",
    "ignoreduplicates",
    "noolddir",
    "minsize",
    "size 1",
    "nosuchdirective",
    "# a",
    "*.log",
];

#[test]
fn what_is_kept_for_ever_is_what_logrotate_keeps() {
    if !has_tool("logrotate", true) {
        return;
    }
    let mut drawn = String::new();
    for seed in 0..ROUNDS {
        let mut draw = Draw::new(seed);
        let dir = Dir::new();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let now = clock();
        let cases: Vec<Case> = (0..BLOCKS).map(|i| case(&mut draw, &dir, i, now)).collect();
        let text: String = cases.iter().map(|case| case.text.as_str()).collect();
        drawn += &text;
        let set = rules::read(&[rule_file("/etc/logrotate.conf", &text)], &mut |_| None);
        assert_eq!(set.rules.len(), BLOCKS, "{text}\n{:?}", set.troubles);
        let tree = scan(&dir.join("l"));
        let verdicts: Vec<Verdicts> = set
            .rules
            .iter()
            .map(|rule| {
                assert!(rule.broken.is_none(), "{:?}", rule.broken);
                let taken = takes(rule, &tree, Timestamp(now));
                let name = |node| tree.name(node).to_vec();
                Verdicts {
                    covered: taken
                        .hits
                        .iter()
                        .map(|h| (name(h.node), h.eligible))
                        .collect(),
                    orphans: taken.orphans.iter().map(|(node, _)| name(*node)).collect(),
                }
            })
            .collect();
        let conf = dir.write("conf", &text);
        fs::set_permissions(&conf, fs::Permissions::from_mode(0o644)).unwrap();
        let rotate = || {
            for case in &cases {
                let log = dir.join(&case.folder).join("app.log");
                // What was not there is not made, so that a log that is gone stays gone.
                if case.folder_has_log(&tree, &dir) {
                    fs::write(&log, b"live\n").unwrap();
                }
            }
            Command::new("logrotate")
                .arg("-f")
                .arg("-s")
                .arg(dir.join("state"))
                .arg(&conf)
                .output()
                .unwrap()
        };
        let first = rotate();
        let after_one: Vec<_> = cases
            .iter()
            .map(|case| marks(&dir.join(&case.folder)))
            .collect();
        for _ in 0..6 {
            rotate();
        }
        for ((case, verdicts), after_one) in cases.iter().zip(&verdicts).zip(after_one) {
            let at_last = marks(&dir.join(&case.folder));
            let context = format!(
                "seed {seed}\n{}{}",
                case.text,
                String::from_utf8_lossy(&first.stderr)
            );
            verdicts.check(case, &after_one, &at_last, &context);
        }
    }
    for word in WORDS {
        let count = drawn.matches(word).count();
        assert!(count >= 8, "{word} drawn {count} times");
    }
}

impl Case {
    fn folder_has_log(&self, tree: &jettison::tree::Tree, dir: &Dir) -> bool {
        let log = dir.join(&self.folder).join("app.log");
        tree.find(log.to_str().unwrap().as_bytes()).is_some()
    }
}

/// What is said of the files of one folder.
struct Verdicts {
    covered: BTreeMap<Vec<u8>, Tri>,
    orphans: BTreeSet<Vec<u8>>,
}

impl Verdicts {
    fn check(
        &self,
        case: &Case,
        after_one: &BTreeSet<Vec<u8>>,
        at_last: &BTreeSet<Vec<u8>>,
        context: &str,
    ) {
        for orphan in &self.orphans {
            let name = String::from_utf8_lossy(orphan);
            assert!(at_last.contains(orphan), "{name} is gone: {context}");
        }
        let copies = self
            .covered
            .iter()
            .filter(|(name, _)| name.as_slice() != b"app.log");
        for (copy, eligible) in copies {
            let name = String::from_utf8_lossy(copy);
            if case.dated {
                // All rotations of one day make the same name, so only the first one counts.
                let goes = *eligible == Tri::True;
                assert!(
                    !goes || !after_one.contains(copy),
                    "{name} stays ({}): {context}",
                    case.keep
                );
            } else {
                assert!(
                    !at_last.contains(copy),
                    "{name} stays: {context}\n{:?}",
                    shown(at_last)
                );
            }
        }
    }
}

/// A machine whose logrotate has a state, and runs.
struct Running(Vec<u8>);

impl Machine for Running {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        let is_state = path == b"/var/lib/logrotate/status";
        is_state.then(|| RuleFile {
            contents: self.0.clone(),
            ..rule_file("/var/lib/logrotate/status", "")
        })
    }

    fn list(&mut self, _folder: &[u8]) -> Vec<Vec<u8>> {
        Vec::new()
    }

    fn is_there(&mut self, _path: &[u8]) -> Tri {
        Tri::True
    }

    fn is_live(&self) -> bool {
        true
    }
}

/// When a log is rotated, and how often each was drawn.
const WHEN: &[&str] = &[
    "hourly",
    "daily",
    "weekly",
    "weekly 3",
    "monthly",
    "yearly",
    "size 1000",
    "size 100k",
    "size 2M",
    "daily\n  size 1k",
    "size 1k\n  daily",
    "",
];
const BESIDES: &[&str] = &[
    "",
    "",
    "minsize 1000",
    "minsize 1M",
    "maxsize 1000",
    "maxsize 100k",
    "minage 3",
    "notifempty",
    "ifempty",
    "minsize 1\n  minage 1",
];

/// Whether a log is due is asked of a logrotate that is not forced.
#[test]
fn what_is_due_is_rotated() {
    if !has_tool("logrotate", true) {
        return;
    }
    let (mut due, mut spared, mut exact) = (0, 0, 0);
    for round in 0..3 {
        let mut draw = Draw::new(round + 70);
        let dir = Dir::new();
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let now = clock();
        let (mut conf, mut state) = (String::new(), "logrotate state -- version 2\n".to_owned());
        let mut cases = Vec::new();
        for (index, (when, besides)) in WHEN
            .iter()
            .flat_map(|when| BESIDES.iter().map(move |besides| (when, besides)))
            .enumerate()
        {
            let log = dir.join(format!("l{index}/app.log"));
            let size = [0, 999, 1000, 1001, 100 << 10, (100 << 10) + 1, 3 << 20];
            dir.file(&log, size[draw.below(size.len())]);
            age_to(&log, now - [60, 86_400 + 60, 5 * 86_400][draw.below(3)]);
            let days = [0, 1, 2, 8, 40, 400][draw.below(6)];
            let last = Timestamp(now - days * 86_400 - 7_300);
            let [year, month, day, hour, minute, second] = last.civil().unwrap();
            let time = format!("{year}-{month}-{day}-{hour}:{minute}:{second}");
            state += &format!("\"{}\" {time}\n", log.display());
            conf += &format!(
                "{} {{\n  {when}\n  {besides}\n  rotate 2\n}}\n",
                log.display()
            );
            cases.push((log, format!("{when} {besides}, {days} days")));
        }
        let mut machine = Running(state.clone().into_bytes());
        let set = rules::read_on(&[rule_file("/etc/logrotate.conf", &conf)], &mut machine);
        let tree = scan(&dir.path());
        let conf = dir.write("conf", &conf);
        fs::set_permissions(&conf, fs::Permissions::from_mode(0o644)).unwrap();
        let state = dir.write("state", &state);
        let output = Command::new("logrotate")
            .env("TZ", "UTC")
            .arg("-s")
            .args([&state, &conf])
            .output()
            .unwrap();
        assert_eq!(set.rules.len(), cases.len());
        for (rule, (log, text)) in set.rules.iter().zip(&cases) {
            let hits = takes(rule, &tree, Timestamp(now)).hits;
            let [hit] = hits.as_slice() else {
                panic!("{text}: {hits:?}");
            };
            let rotated = log.with_file_name("app.log.1").exists();
            let context = format!("{text}\n{}", String::from_utf8_lossy(&output.stderr));
            let is_due = hit.eligible == Tri::True;
            assert!(rotated || !is_due, "not rotated: {context}");
            // By the calendar it may be rotated sooner; by its size it is at once, or never.
            let by_size = rule.rotation.as_ref().unwrap().wants.size.is_some();
            assert!(
                !by_size || rotated == is_due,
                "rotated {rotated}: {context}"
            );
            due += usize::from(is_due);
            spared += usize::from(!rotated);
            exact += usize::from(by_size);
        }
    }
    assert!(
        due >= 60 && spared >= 60 && exact >= 100,
        "{due} {spared} {exact}"
    );
}
