//! `find` itself says which entries an expression fits, now and whatever their age.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use jettison::rules;
use jettison::rules::model::Tri;
use jettison::time::Timestamp;

use super::{Draw, clock, eligible, has_tool, rule_file, scan, shown, takes};
use crate::dir::{Dir, age_to};

const TREES: u64 = 25;
const EXPRESSIONS: usize = 44;

/// A condition with its negations at the leaves.
enum Condition {
    Leaf {
        text: String,
        negated: bool,
        moves: bool,
    },
    All(Vec<Self>),
    Any(Vec<Self>),
}

impl Condition {
    fn draw(draw: &mut Draw, root: &str, depth: usize) -> Self {
        if depth > 0 && draw.chance(60) {
            let parts = (0..=draw.below(3)).map(|_| Self::draw(draw, root, depth - 1));
            let parts = parts.collect();
            return if draw.chance(50) {
                Self::All(parts)
            } else {
                Self::Any(parts)
            };
        }
        let n = 1 + draw.below(14);
        let sign = draw.pick(&["+", "-", ""]);
        let (text, moves) = match draw.below(11) {
            0 | 1 => (
                format!(
                    "-name '{}'",
                    draw.pick(&[
                        "*.csv",
                        "a*",
                        "?",
                        "[ab]*",
                        "*",
                        ".h*",
                        "x y",
                        "[!a]*",
                        "*.cs[v-z]"
                    ])
                ),
                false,
            ),
            2 => (
                format!("-iname '{}'", draw.pick(&["*.CSV", "A*", "KEEP"])),
                false,
            ),
            3 => (
                format!(
                    "-path '{root}/{}'",
                    draw.pick(&["*.csv", "a/*", "*/b*", "?", "*"])
                ),
                false,
            ),
            4 => (
                format!("-type {}", draw.pick(&["f", "d", "l", "f,l"])),
                false,
            ),
            5 | 6 => (format!("-mtime {sign}{n}"), true),
            7 => (format!("-mmin {sign}{}", n * 700), true),
            8 => (
                format!(
                    "-size {sign}{}{}",
                    draw.below(4),
                    draw.pick(&["k", "c", "", "M"])
                ),
                false,
            ),
            9 => ("-empty".to_owned(), true),
            _ if draw.chance(50) => (format!("-newermt '{n} days ago'"), true),
            _ => (
                format!(
                    "-regex '{}'",
                    draw.pick(&[".*/[ab]\\.csv", ".*\\(a\\|keep\\)", ".*y+"])
                ),
                false,
            ),
        };
        Self::Leaf {
            text,
            negated: draw.chance(25),
            moves,
        }
    }

    /// As it is written; with `ever`, what time may change counts as changed.
    fn text(&self, ever: bool) -> String {
        let join = |parts: &[Self], word: &str| {
            let texts: Vec<String> = parts.iter().map(|part| part.text(ever)).collect();
            format!("\\( {} \\)", texts.join(word))
        };
        match self {
            // A directory may come to be empty, a file that is not stays as it is.
            Self::Leaf {
                text,
                negated: false,
                ..
            } if ever && text == "-empty" => "\\( ! -type f -o -empty \\)".to_owned(),
            Self::Leaf { moves: true, .. } if ever => "-true".to_owned(),
            Self::Leaf {
                text,
                negated: true,
                ..
            } => format!("! {text}"),
            Self::Leaf { text, .. } => text.clone(),
            Self::All(parts) => join(parts, " "),
            Self::Any(parts) => join(parts, " -o "),
        }
    }
}

/// Some files, folders and links of many ages and sizes.
fn build(draw: &mut Draw, dir: &Dir, now: i64) {
    const NAMES: [&str; 10] = [
        "a",
        "b.csv",
        "tick-1.csv",
        ".hid.csv",
        "A.CSV",
        "x y",
        "[z]",
        "keep",
        "é",
        "b",
    ];
    for _ in 0..14 {
        let depth = 1 + draw.below(3);
        let parts: Vec<&str> = (0..depth).map(|_| draw.pick(&NAMES)).collect();
        let path = dir.join("top").join(parts.join("/"));
        let age = [
            draw.below(15 * 24) as i64 * 3600 + 1800,
            8 * 86_400 + 40,
            8 * 86_400 - 40,
        ];
        let age = age[draw.below(3)];
        let blocked = path
            .ancestors()
            .skip(1)
            .any(|above| above.is_file() || above.is_symlink());
        if blocked || path.symlink_metadata().is_ok() {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match draw.below(6) {
            0 => fs::create_dir(&path).unwrap(),
            1 => symlink("nowhere", &path).unwrap(),
            _ => {
                let size = [0, 1, 512, 513, 1024, 5000][draw.below(6)];
                fs::write(&path, vec![b'x'; size]).unwrap();
                age_to(&path, now - age);
            }
        }
    }
    fs::create_dir_all(dir.join("top")).unwrap();
}

fn found(command: &str) -> BTreeSet<Vec<u8>> {
    let output = Command::new("sh")
        .args(["-c", command])
        .env("LC_ALL", "C")
        .env("TZ", "UTC")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{command}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let paths = output.stdout.split(|&b| b == 0);
    paths
        .filter(|path| !path.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

#[test]
fn scope_and_eligible_are_what_find_answers() {
    if !has_tool("find", false) {
        return;
    }
    for seed in 0..TREES {
        let mut draw = Draw::new(seed);
        let dir = Dir::new();
        let now = clock();
        build(&mut draw, &dir, now);
        let top = dir.join("top");
        let tree = scan(&top);
        for _ in 0..EXPRESSIONS {
            compare(&mut draw, &top, &tree, now);
        }
    }
}

fn compare(draw: &mut Draw, top: &Path, tree: &jettison::tree::Tree, now: i64) {
    let root = top.to_str().unwrap();
    let condition = Condition::draw(draw, root, 3);
    let mut limits = String::new();
    if draw.chance(30) {
        limits += &format!(" -maxdepth {}", draw.below(4));
    }
    // The start itself, when it is not empty, stays whatever it fits.
    limits += &format!(" -mindepth {}", 1 + draw.below(2));
    let script = format!("find {root}{limits} {} -delete\n", condition.text(false));
    let set = rules::read(&[rule_file("/etc/cron.daily/x", &script)], &mut |_| None);
    let [rule] = set.rules.as_slice() else {
        panic!("{script}: {:?} {:?}", set.rules, set.troubles);
    };
    let taken = takes(rule, tree, Timestamp(now));
    let theirs = found(&format!(
        "find {root}{limits} {} -print0",
        condition.text(false)
    ));
    let ours = eligible(&taken, tree);
    assert_eq!(shown(&ours), shown(&theirs), "eligible: {script}");
    let theirs = found(&format!(
        "find {root}{limits} {} -print0",
        condition.text(true)
    ));
    let ours = taken.hits.iter().filter(|hit| hit.scope == Tri::True);
    let ours = ours.map(|hit| tree.path(hit.node)).collect();
    assert_eq!(shown(&ours), shown(&theirs), "scope: {script}");
}
