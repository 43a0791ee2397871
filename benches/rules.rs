//! Many rules over many files: `jettison audit` with two thousand rules beside `jettison scan`
//! of the same tree.
//!
//! ```sh
//! cargo bench --bench rules                       # 1,000,000 files, 2,000 rules, made and removed
//! cargo bench --bench rules -- 100000 500         # 100,000 files, 500 rules
//! cargo bench --bench rules -- make DIR 1000 200  # only makes DIR/tree and DIR/host, and leaves them
//! ```
//!
//! The rules are of all kinds: `find` in cron tables with names, paths and ages, `rm` with
//! patterns at the end and in the middle, logrotate's blocks, lines of tmpfiles.d. Most look into
//! one application's directories, some share theirs, and some begin at the top of the tree and go
//! by a name alone. What the audit costs must not be rules × files, so it is measured without
//! rules too: the difference is what the rules cost. Rounds run all commands one after the other;
//! shown are medians of five after one that warms up, and ratios to `scan` in the same round.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::expect_used,
    reason = "a program of its own, whose printed table is all that it is for"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const ROUNDS: usize = 5;
const APPS: usize = 400;
const HINT: &str = "FILES RULES, or make DIR FILES RULES";

fn main() {
    // `cargo bench` adds a `--bench` of its own.
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let number = |text: &str| text.parse::<usize>().expect(HINT);
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", dir, files, rules] => make(Path::new(dir), number(files), number(rules)),
        [] => race(1_000_000, 2_000),
        [files, rules] => race(number(files), number(rules)),
        _ => eprintln!("{HINT}"),
    }
}

fn make(dir: &Path, files: usize, rules: usize) {
    fs::create_dir_all(dir).expect("a directory");
    let dir = dir.canonicalize().expect("a directory");
    grow(&dir.join("tree"), files);
    write_rules(&dir.join("host"), &dir.join("tree"), rules);
    fs::create_dir_all(dir.join("bare/etc")).expect("a directory");
}

fn race(files: usize, rules: usize) {
    let temp = tempfile::Builder::new()
        .prefix("jettison-rules-")
        .tempdir()
        .expect("a scratch directory");
    eprintln!(
        "making {files} files and {rules} rules in {}",
        temp.path().display()
    );
    make(temp.path(), files, rules);
    let at = |name: &str| temp.path().join(name).display().to_string();
    let tree = at("tree");
    let runs: [(&str, Vec<String>); 3] = [
        ("scan", vec!["scan".into(), tree.clone()]),
        (
            "audit, no rules",
            vec!["audit".into(), "--rules".into(), at("bare"), tree.clone()],
        ),
        (
            "audit, all rules",
            vec!["audit".into(), "--rules".into(), at("host"), tree],
        ),
    ];
    let mut walls: Vec<Vec<f64>> = vec![Vec::new(); runs.len()];
    for round in 0..=ROUNDS {
        for (wall, (_, args)) in walls.iter_mut().zip(&runs) {
            let seconds = run(args);
            // The first round warms up.
            if round > 0 {
                wall.push(seconds);
            }
        }
    }
    println!("{files} files, {rules} rules, medians of {ROUNDS}");
    for ((name, _), wall) in runs.iter().zip(&walls) {
        let ratios = wall.iter().zip(&walls[0]).map(|(own, scan)| own / scan);
        println!(
            "{name:18} {:8.3} s {:6.2} x scan",
            median(wall.iter().copied()),
            median(ratios)
        );
    }
    eprintln!("removing them");
}

fn run(args: &[String]) -> f64 {
    let begin = Instant::now();
    let status = Command::new(env!("CARGO_BIN_EXE_jettison"))
        .args(args)
        .arg("--no-progress")
        .stdout(Stdio::null())
        .status()
        .expect("jettison runs");
    // An audit that has findings exits with 1.
    assert!(
        matches!(status.code(), Some(0 | 1 | 3)),
        "{args:?}: {status}"
    );
    begin.elapsed().as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The same numbers every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap_or(0) % end
    }

    fn of<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.below(all.len())]
    }
}

const KINDS: [&str; 5] = ["spool", "cache", "logs", "export", "work"];
const ENDINGS: [&str; 8] = ["csv", "log", "json", "tmp", "gz", "parquet", "bak", "dat"];

/// Applications with a directory of each kind, and below it one for every day; each holds a few
/// dozen files of a few kinds.
fn grow(tree: &Path, files: usize) {
    let mut dice = Dice(88_172_645_463_325_252);
    let day_files = 50;
    let days = files.div_ceil(APPS * KINDS.len() * day_files).max(1);
    let mut left = files;
    for app in 0..APPS {
        for kind in KINDS {
            for day in 0..days {
                if left == 0 {
                    return;
                }
                let dir = tree.join(format!("app{app:03}/{kind}/2024-06-{:02}", day % 30 + 1));
                fs::create_dir_all(&dir).expect("a directory");
                let ending = dice.of(&ENDINGS);
                for number in 0..day_files.min(left) {
                    let ending = if number % 10 == 9 {
                        dice.of(&ENDINGS)
                    } else {
                        ending
                    };
                    let name = dir.join(format!("part-{number:04}.{ending}"));
                    let file = fs::File::create(name).expect("a file");
                    file.set_len(dice.below(100_000) as u64).expect("a size");
                    left -= 1;
                }
            }
        }
    }
}

/// A host's `etc` with so many rules about the tree.
fn write_rules(host: &Path, tree: &Path, rules: usize) {
    let mut dice = Dice(2_463_534_242);
    let tree = tree.display().to_string();
    let (mut cron, mut rotate, mut tmpfiles) = (String::new(), String::new(), String::new());
    for number in 0..rules {
        let app = format!("{tree}/app{:03}", number % APPS);
        let kind = dice.of(&KINDS);
        let ending = dice.of(&ENDINGS);
        let days = 1 + dice.below(60);
        let hour = number % 24;
        let written = match number % 20 {
            // By a name alone, from the top.
            0 => writeln!(
                cron,
                "7 {hour} * * * root find {tree} -name '*-{number}.{ending}' -mtime +{days} -delete"
            ),
            1 => writeln!(
                cron,
                "7 {hour} * * * root find {tree} -type f -path '*/{kind}-{number}/*' -mtime +{days} -delete"
            ),
            2 => writeln!(
                cron,
                "7 {hour} * * * root find {tree} -name 'core.{number}*' -o -name '*~{number}~*' -delete"
            ),
            3 => writeln!(
                cron,
                "7 {hour} * * * root find {tree} -path '{app}/*/tmp*.{ending}' -mtime +{days} -exec rm -f {{}} +"
            ),
            // Below one application, several rules over the same files.
            4..=8 => writeln!(
                cron,
                "7 {hour} * * * root find {app}/{kind} -type f -name '*.{ending}' -mtime +{days} -delete"
            ),
            9 => writeln!(
                cron,
                "7 {hour} * * * root find {app} -maxdepth 2 -name '*.{ending}' -mtime +{days} -delete"
            ),
            10 => writeln!(
                cron,
                "7 {hour} * * * root find {app} -mindepth 2 -type d -name '2023-*' -exec rm -rf {{}} +"
            ),
            11 => writeln!(
                cron,
                "7 {hour} * * * root find {app}/{kind} -type f -mtime +{days} ! -name '*.{ending}' -delete"
            ),
            // A shell's patterns, at the end and in the middle.
            12 => writeln!(
                cron,
                "7 {hour} * * * root rm -f {app}/{kind}/*/part-{number:04}*.{ending}"
            ),
            13 => writeln!(cron, "7 {hour} * * * root rm -f {app}/*/*.{ending}"),
            14 => writeln!(
                cron,
                "7 {hour} * * * root rm -f {tree}/app*/{kind}/old-{number}*.{ending}"
            ),
            // logrotate.
            15 | 16 => writeln!(
                rotate,
                "{app}/{kind}/*.log {{\n    daily\n    rotate {days}\n    compress\n    missingok\n}}"
            ),
            // tmpfiles.d.
            17 => writeln!(tmpfiles, "d {app}/{kind} - - - mM:{days}d"),
            18 => writeln!(
                tmpfiles,
                "e {app}/{kind}/*-{:02} - - - mM:{days}d",
                number % 30 + 1
            ),
            _ => writeln!(tmpfiles, "r {app}/{kind}/*.{ending}.{number}"),
        };
        written.expect("text has room");
    }
    for (path, text) in [
        ("etc/cron.d/clean", cron),
        (
            "etc/logrotate.conf",
            "include /etc/logrotate.d\n".to_owned(),
        ),
        ("etc/logrotate.d/apps", rotate),
        ("etc/tmpfiles.d/apps.conf", tmpfiles),
    ] {
        let path = host.join(path);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a rule file");
    }
}
