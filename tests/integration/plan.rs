//! What a plan promises to whoever carries it out: a script that removes what was seen and nothing
//! else, evidence for each pick, sums that add up, and no gain from what is held open.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output};

use crate::dir::{Dir, Run, jettison_in};

const HOSTILE: [&[u8]; 16] = [
    b"it's",
    b"a b\n",
    b"\n\n",
    b"$(touch pwned)",
    b"`touch pwned`",
    b"\"; touch pwned; \"",
    b"-rf",
    b"*",
    b"bad\xff\xfe",
    b"esc\x1b[2J\x07",
    "rtl\u{202e}gpj.exe".as_bytes(),
    "caf\u{e9}".as_bytes(),
    b"back\\slash\\0101",
    b"%s%n%b",
    b"tab\tcr\r",
    b"#!~{a,b}",
];

fn run(dir: &Dir, line: &str) -> Run {
    jettison_in(&dir.path(), line.split(' '), b"")
}

#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn shell(shell: &str, dir: &Path, words: &[&str]) -> Option<Output> {
    let run = Command::new(shell).args(words).current_dir(dir).output();
    if let Err(e) = &run {
        eprintln!("skipped: {shell} cannot be run: {e}");
    }
    run.ok()
}

/// Files and directories with hostile names, all of which go, beside what stays.
fn hostile() -> Dir {
    let dir = Dir::new();
    for (at, name) in HOSTILE.iter().enumerate() {
        let name = std::ffi::OsStr::from_bytes(name);
        let path = dir.join("tree/go").join(name);
        if at % 2 == 0 {
            dir.file(&path, 5_000);
        } else {
            dir.file(path.join(name), 5_000);
        }
    }
    dir.file("tree/stay/kept", 5_000);
    dir.file("tree/go/kept", 5_000);
    let root = dir.join("tree");
    let root = root.to_str().unwrap();
    let policy = format!(
        "[[path]]\nmatch = [\"{root}/stay\", \"{root}/stay/**\", \"{root}/go/kept\"]\nrisk = \"never\"\n\
         note = \"kept\\nrm -rf /nonexistent\"\n"
    );
    dir.write("policy.toml", policy);
    dir
}

/// The script for everything that may go.
fn script(dir: &Dir) -> Run {
    let asked = "plan tree --max-risk unknown --rules . --policy policy.toml";
    let all = run(dir, &format!("{asked} --free 100T --format json"))
        .code(2)
        .json();
    let all = all["best_achievable"].as_u64().unwrap();
    run(dir, &format!("{asked} --free {all} --format sh")).code(0)
}

#[test]
fn the_script_removes_every_name_and_nothing_else() {
    for name in ["dash", "bash", "sh"] {
        let dir = hostile();
        let script = script(&dir);
        let text = script.text();
        assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
        dir.write("plan.sh", &script.stdout);
        let Some(said) = shell(name, &dir.path(), &["plan.sh", "-n"]) else {
            continue;
        };
        assert_eq!(said.status.code(), Some(0), "{said:?}");
        let before = fs::read_dir(dir.join("tree/go")).unwrap().count();
        assert_eq!(before, HOSTILE.len() + 1, "-n removes nothing");
        let done = shell(name, &dir.path(), &["plan.sh"]).unwrap();
        assert_eq!(done.status.code(), Some(0), "{name}: {done:?}\n{text}");
        let left: Vec<_> = fs::read_dir(dir.join("tree/go"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        assert_eq!(left, ["kept"], "{name}: {text}");
        assert!(dir.join("tree/stay/kept").exists());
        assert!(!dir.join("pwned").exists() && !dir.join("tree/go/pwned").exists());
        // What is gone is not what was seen: a second run finds nothing to do, and says so.
        let again = shell(name, &dir.path(), &["plan.sh"]).unwrap();
        assert_eq!(again.status.code(), Some(1), "{again:?}");
    }
}

#[test]
fn what_is_not_as_it_was_seen_is_left_alone() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("a file in it is new", |go| {
            fs::write(go.join("d/new"), "x").unwrap();
        }),
        ("a file in it grew", |go| {
            fs::write(go.join("d/deep/f"), vec![1; 9000]).unwrap();
        }),
        ("a file in it was replaced", |go| {
            fs::write(go.join("d/deep/g"), vec![b'x'; 9_000]).unwrap();
            fs::rename(go.join("d/deep/g"), go.join("d/deep/f")).unwrap();
        }),
        ("the directory is another one", |go| {
            fs::rename(go.join("d"), go.join("../moved")).unwrap();
            fs::create_dir_all(go.join("d/deep")).unwrap();
            fs::write(go.join("d/deep/f"), vec![b'x'; 9_000]).unwrap();
        }),
        ("it is a link to another place", |go| {
            fs::rename(go.join("d"), go.join("../moved")).unwrap();
            std::os::unix::fs::symlink("../moved", go.join("d")).unwrap();
        }),
        ("it is gone", |go| {
            fs::rename(go.join("d"), go.join("../moved")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let dir = Dir::new();
        dir.file("tree/go/d/deep/f", 9_000);
        dir.file("tree/go/d/beside", 9_000);
        let asked =
            "plan tree --free 20000 --smallest directory --max-risk unknown --rules . --format sh";
        let planned = run(&dir, asked).code(0);
        dir.write("plan.sh", &planned.stdout);
        change(&dir.join("tree/go"));
        let Some(done) = shell("sh", &dir.path(), &["plan.sh"]) else {
            return;
        };
        assert_eq!(done.status.code(), Some(1), "{what}: {done:?}");
        let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(stderr.starts_with("left alone: "), "{what}: {stderr}");
        let there = |path: &str| dir.join(path).symlink_metadata().is_ok();
        let is_there = there("tree/go/d/deep/f") || there("tree/moved/deep/f");
        assert!(is_there, "{what}: something was removed");
    }
    let dir = Dir::new();
    dir.write("s.txt", "$ cd /\n$ ls\n10 b\n");
    let refused = run(&dir, "plan s.txt --free 1 --max-risk unknown --format sh").code(64);
    assert!(
        refused.stderr.contains("nothing to hold a path against"),
        "{}",
        refused.story()
    );
}

#[test]
fn each_pick_has_its_evidence() {
    let dir = Dir::new();
    dir.file("tree/d/a", 9_000);
    dir.file("tree/d/b", 9_000);
    let asked = "plan tree --free 20K --max-risk unknown --rules . --format json";
    let plan = run(&dir, asked).code(0).json();
    let pick = &plan["picks"][0];
    let meta = fs::symlink_metadata(dir.join("tree/d")).unwrap();
    let seen = &pick["evidence"];
    for (key, value) in [
        ("dev", meta.dev()),
        ("ino", meta.ino()),
        ("uid", u64::from(meta.uid())),
        ("mode", u64::from(meta.mode())),
        ("nlink", meta.nlink()),
        ("size", meta.size()),
        ("blocks", meta.blocks()),
        ("entries", 3),
    ] {
        assert_eq!(seen[key], value, "{key}: {plan:#}");
    }
    let ctime = i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec());
    assert_eq!(seen["ctime_ns"].as_i64().map(i128::from), Some(ctime));
    assert_eq!(seen["kind"], "dir");
    assert!(plan["host"].is_string());
}

#[test]
fn the_picks_add_up_to_what_the_set_frees() {
    let dir = Dir::new();
    let first = dir.file("tree/a/one", 40_000);
    dir.folder("tree/b");
    fs::hard_link(&first, dir.join("tree/b/two")).unwrap();
    dir.file("tree/keep", 10);
    let root = dir.join("tree");
    let root = root.to_str().unwrap();
    let policy = format!("[[path]]\nmatch = \"{root}/keep\"\nrisk = \"never\"\n");
    dir.write("policy.toml", policy);
    let asked =
        "plan tree --free 40000 --max-risk unknown --rules . --policy policy.toml --format json";
    let plan = run(&dir, asked).code(0).json();
    let picks = plan["picks"].as_array().unwrap();
    assert_eq!(picks.len(), 2, "{plan:#}");
    let sum: u64 = picks
        .iter()
        .map(|pick| pick["freed"].as_u64().unwrap())
        .sum();
    assert_eq!(Some(sum), plan["freed"].as_u64(), "{plan:#}");
}

#[test]
fn what_a_process_holds_open_is_no_gain() {
    let dir = Dir::new();
    let big = dir.file("tree/big", 400_000);
    dir.file("tree/small", 50_000);
    let asked = "plan tree --free 50000 --max-risk unknown --rules . --format json";
    let free = run(&dir, asked).code(0).json();
    assert!(
        free["picks"][0]["path"]
            .as_str()
            .unwrap()
            .ends_with("/small"),
        "{free:#}"
    );
    let asked = "plan tree --free 100000 --max-risk unknown --rules . --format json";
    assert_eq!(run(&dir, asked).code(0).json()["reached"], true);
    let holder = fs::File::open(&big).unwrap();
    let held = run(&dir, asked).code(2).json();
    assert_eq!(held["reached"], false, "{held:#}");
    drop(holder);
    assert_eq!(run(&dir, asked).code(0).json()["reached"], true);
}

#[test]
fn a_report_ends_with_the_line_for_5_gib_now() {
    let dir = Dir::new();
    dir.file("tree/a", 5_000);
    let text = run(&dir, "report tree --rules .").text();
    let last = text.lines().last().unwrap();
    let command = last.strip_prefix("5 GiB now: jettison ").unwrap();
    let expected = "plan tree --free 5368709120 --max-risk regenerable --rules . --format sh";
    assert_eq!(command, expected);
    let script = run(&dir, command).code(2).text();
    assert!(script.starts_with("#!/bin/sh\n"), "{script}");
}
