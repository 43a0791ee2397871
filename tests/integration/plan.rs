//! What a plan promises to whoever carries it out: a script that removes what was seen and nothing
//! else, evidence for each pick, sums that add up, and no gain from what is held open.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Command, Output};

use jettison::audit::Audit;
use jettison::plan::{Reached, Request, Smallest};
use jettison::policy::{Policy, Risk};
use jettison::report::json;
use jettison::risk::{Context, classify};
use jettison::source::{Options, Source};
use jettison::survey::survey;

use crate::dir::{Dir, Run, age_to, jettison_in};

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
}

/// A recording of a real directory, in the manner of a puzzle, as `prompt` types it.
fn record(dir: &Path, prompt: &str, text: &mut String) {
    *text += &format!("{prompt}cd {}\n{prompt}ls\n", dir.display());
    let mut entries: Vec<_> = fs::read_dir(dir).unwrap().map(|e| e.unwrap()).collect();
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in &entries {
        let (name, meta) = (entry.file_name(), entry.metadata().unwrap());
        let name = name.to_str().unwrap();
        *text += &match meta.is_dir() {
            true => format!("dir {name}\n"),
            false => format!("{} {name}\n", meta.len()),
        };
    }
    for entry in entries.iter().filter(|entry| entry.path().is_dir()) {
        record(&entry.path(), prompt, text);
    }
}

/// A tree, its recording, and the script that is carried back to it.
fn carried(dir: &Dir, free: &str) -> String {
    dir.file("tree/go/d/deep/f", 9_000);
    dir.file("tree/go/d/it's", 800);
    dir.file("tree/go/d/a b", 70);
    dir.file("tree/stay", 5);
    let mut text = String::new();
    record(&dir.join("tree"), "$ ", &mut text);
    dir.write("session.txt", text);
    let asked = format!(
        "plan session.txt --free {free} --smallest directory --max-risk unknown --format sh"
    );
    run(dir, &asked).code(0).text()
}

#[test]
fn a_script_from_a_recording_removes_only_what_was_recorded() {
    type Change = fn(&Path);
    let changes: [(&str, Change); 6] = [
        ("a file in it is new", |go| {
            fs::write(go.join("d/.new"), "").unwrap();
        }),
        ("a file in it grew", |go| {
            fs::write(go.join("d/deep/f"), vec![1; 9001]).unwrap();
        }),
        ("a file in it has another name", |go| {
            fs::rename(go.join("d/a b"), go.join("d/a c")).unwrap();
        }),
        ("a file became a directory", |go| {
            fs::remove_file(go.join("d/a b")).unwrap();
            fs::create_dir(go.join("d/a b")).unwrap();
        }),
        ("the way to it is a link", |go| {
            fs::rename(go, go.join("../moved")).unwrap();
            std::os::unix::fs::symlink("moved", go).unwrap();
        }),
        ("it is gone", |go| {
            fs::rename(go.join("d"), go.join("../moved")).unwrap();
        }),
    ];
    for (what, change) in changes {
        let dir = Dir::new();
        dir.write("plan.sh", carried(&dir, "9600"));
        change(&dir.join("tree/go"));
        let Some(done) = shell("sh", &dir.path(), &["plan.sh", "--remove"]) else {
            return;
        };
        assert_eq!(done.status.code(), Some(1), "{what}: {done:?}");
        let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(stderr.starts_with("left alone: "), "{what}: {stderr}");
        let there = |path: &str| dir.join(path).symlink_metadata().is_ok();
        assert!(
            there("tree/go/d/deep/f") || there("tree/moved/d/deep/f") || there("tree/moved/deep/f"),
            "{what}: something was removed"
        );
    }
    for name in ["dash", "bash", "sh"] {
        let dir = Dir::new();
        let script = carried(&dir, "9600");
        assert!(script.contains("session.txt"), "{script}");
        dir.write("plan.sh", script);
        for words in [&["plan.sh"][..], &["plan.sh", "-n"]] {
            let Some(said) = shell(name, &dir.path(), words) else {
                continue;
            };
            assert_eq!(said.status.code(), Some(0), "{said:?}");
            let told = String::from_utf8_lossy(&said.stdout).into_owned();
            assert!(told.starts_with("would remove: "), "{told}");
            assert!(dir.join("tree/go/d/deep/f").exists());
        }
        if let Some(done) = shell(name, &dir.path(), &["plan.sh", "--remove"]) {
            assert_eq!(done.status.code(), Some(0), "{done:?}");
            assert!(!dir.join("tree/go/d").exists() && dir.join("tree/stay").exists());
        }
    }
}

#[test]
fn a_script_leaves_alone_what_a_recording_does_not_show_whole() {
    let here = fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let here = here.trim_end().split('.').next().unwrap();
    for (text, why) in [
        ("$ ls\n90 b\n".to_owned(), "does not say where it lies"),
        (
            "$ cd /nowhere\n$ ls\ndir a\n90 b\n".to_owned(),
            "not every name and size",
        ),
        (
            "$ cd /\n$ ls\n90 b\n".to_owned(),
            "does not say where it lies",
        ),
        (
            "u@one:/x$ ls -lan\ntotal 8\n-rw-r--r-- 1 0 0 90 Jan  2  2024 b\n\
             u@two:/x$ ls -lan\ntotal 8\n-rw-r--r-- 1 0 0 7 Jan  2  2024 b\n"
                .to_owned(),
            "it lies on another machine",
        ),
        (
            format!(
                "u@{here}:/x$ ls -lan\ntotal 8\n-rw-r--r-- 1 0 0 90 Jan  2  2024 b\n\
                 u@zz:/x$ ls -lan\ntotal 8\n-rw-r--r-- 1 0 0 7 Jan  2  2024 b\n"
            ),
            "it is not there",
        ),
    ] {
        let dir = Dir::new();
        dir.write("s.txt", &text);
        let script = run(&dir, "plan s.txt --free 80 --max-risk unknown --format sh");
        dir.write("plan.sh", script.text());
        let Some(done) = shell("sh", &dir.path(), &["plan.sh", "--remove"]) else {
            return;
        };
        let stderr = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(
            stderr.starts_with("left alone: ") && stderr.contains(why),
            "{text}\n{stderr}\n{}",
            script.story()
        );
        assert_eq!(done.status.code(), Some(1), "{stderr}");
    }
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
        ("mount", mount_of(&dir.join("tree/d"))),
    ] {
        assert_eq!(seen[key], value, "{key}: {plan:#}");
    }
    let ctime = i128::from(meta.ctime()) * 1_000_000_000 + i128::from(meta.ctime_nsec());
    assert_eq!(seen["ctime_ns"].as_i64().map(i128::from), Some(ctime));
    assert_eq!(seen["kind"], "dir");
    assert!(plan["host"].is_string());
    // A file that takes the place of another, and often its number, has another handle.
    dir.file("other/a", 9_000);
    let handle = || {
        let asked = "plan other --free 8K --max-risk unknown --rules . --format json";
        let plan = run(&dir, asked).code(0).json();
        plan["picks"][0]["evidence"]["handle"].clone()
    };
    let first = handle();
    assert_eq!(handle(), first);
    fs::remove_file(dir.join("other/a")).unwrap();
    dir.file("other/a", 9_000);
    assert!(first.is_null() || handle() != first, "{first}");
    // The digest is that of the same world, and of no other: not of other sizes, times or names.
    let digest = |dir: &Dir| {
        let plan = run(dir, asked).code(0).json();
        plan["picks"][0]["evidence"]["digest"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let first = digest(&dir);
    assert_eq!(seen["digest"], *first);
    assert_eq!(digest(&dir), first);
    for change in [
        |dir: &Dir| dir.file("tree/d/b", 9_001),
        |dir: &Dir| {
            fs::rename(dir.join("tree/d/a"), dir.join("tree/d/c")).unwrap();
            dir.join("tree/d/c")
        },
        |dir: &Dir| {
            age_to(&dir.join("tree/d/c"), 1_000_000_000);
            dir.join("tree/d/c")
        },
    ] {
        let before = digest(&dir);
        change(&dir);
        assert_ne!(digest(&dir), before);
    }
}

/// The number of a path's mount, as the kernel's table has it.
fn mount_of(path: &Path) -> u64 {
    let file = fs::File::open(path).unwrap();
    let info = format!(
        "/proc/self/fdinfo/{}",
        std::os::fd::AsRawFd::as_raw_fd(&file)
    );
    let info = fs::read_to_string(info).unwrap();
    let id = info.lines().find_map(|line| line.strip_prefix("mnt_id:"));
    id.unwrap().trim().parse().unwrap()
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
    let command = last.trim().strip_prefix("jettison ").unwrap();
    let expected = "plan tree --free 5GiB --max-risk regenerable --rules . --format sh";
    assert_eq!(command, expected);
    let script = run(&dir, command).code(2).text();
    assert!(script.starts_with("#!/bin/sh\n"), "{script}");
    // The same of a recording: a script to carry to that machine.
    dir.write("s.txt", "$ cd /\n$ ls\n10 b\n");
    let text = run(&dir, "report s.txt").text();
    let last = text.lines().last().unwrap();
    let command = last.trim().strip_prefix("jettison ").unwrap();
    let expected = "plan s.txt --free 5GiB --max-risk regenerable --format sh";
    assert_eq!(command, expected);
    let script = run(&dir, command).code(2).text();
    assert!(script.contains("nothing that may go is enough"), "{script}");
}

/// A flat export of files of these sizes.
fn flat(sizes: impl Iterator<Item = u64>) -> String {
    let files: Vec<String> = (0u32..)
        .zip(sizes)
        .map(|(n, size)| format!(r#"{{"name":"f{n:07}","asize":{size},"dsize":{size}}}"#))
        .collect();
    let files = files.join(",");
    format!(r#"[1,2,{{"progname":"ncdu"}},[{{"name":"/d","asize":0,"dsize":0}},{files}]]"#)
}

#[test]
fn a_need_of_nothing_deletes_nothing_and_a_negative_one_is_refused() {
    let dir = Dir::new();
    dir.write("e.json", flat([5, 0, 7].into_iter()));
    for smallest in ["paths", "bytes", "directory", "exposure"] {
        let asked = format!("plan e.json --free 0 --smallest {smallest} --format json");
        let plan = run(&dir, &asked).code(0).json();
        assert_eq!(
            (&plan["reached"], &plan["proven"]),
            (&true.into(), &true.into())
        );
        assert_eq!(
            (&plan["picks"], &plan["lost"]),
            (&serde_json::json!([]), &0.into())
        );
    }
    for wrong in [
        "--free=-5",
        "--need=-1",
        "--need=NaN",
        "--need=1e9",
        "--free-inodes=-1",
    ] {
        let refused = run(&dir, &format!("plan e.json {wrong}")).code(64);
        assert!(!refused.stderr.is_empty(), "{}", refused.story());
    }
    let percent = run(&dir, "plan e.json --need 45%").code(64);
    assert!(percent.stderr.contains("--capacity"), "{}", percent.story());
}

#[test]
fn what_cannot_be_reached_says_what_is_missing() {
    let dir = Dir::new();
    dir.write("e.json", flat([5, 0, 7].into_iter()));
    dir.write(
        "never.toml",
        "[[path]]\nmatch = [\"/**\"]\nrisk = \"never\"\n",
    );
    for (asked, missing, best) in [
        ("--free 13 --max-risk unknown", 1, 12),
        ("--free 100T --max-risk unknown", (100u64 << 40) - 12, 12),
        ("--free 5 --max-risk unknown --policy never.toml", 5, 0),
        ("--free 1 --max-risk regenerable", 1, 0),
    ] {
        let plan = run(&dir, &format!("plan e.json {asked} --format json"))
            .code(2)
            .json();
        assert_eq!(plan["missing"], missing, "{asked}: {plan:#}");
        assert_eq!(plan["best_achievable"], best, "{asked}");
        assert_eq!(plan["picks"], serde_json::json!([]), "{asked}");
    }
    let larger = run(
        &dir,
        "plan e.json --need 100 --capacity 50 --max-risk unknown",
    )
    .code(2);
    assert!(larger.text().contains("more than"), "{}", larger.story());
}

#[test]
fn empty_files_go_for_their_inodes_only() {
    let dir = Dir::new();
    dir.write("e.json", flat([0, 0, 0, 9, 0].into_iter()));
    let bytes = run(
        &dir,
        "plan e.json --free 9 --max-risk unknown --format json",
    );
    let picks = bytes.code(0).json()["picks"].clone();
    assert_eq!(picks.as_array().unwrap().len(), 1, "{picks:#}");
    let asked =
        "plan e.json --free 0 --free-inodes 3 --smallest bytes --max-risk unknown --format json";
    let inodes = run(&dir, asked).code(0).json();
    assert_eq!(
        (&inodes["key"], &inodes["proven"]),
        (&serde_json::json!([0, 3]), &true.into())
    );
}

#[test]
fn many_equal_files_and_sums_that_hardly_fit_stay_within_the_work() {
    let dir = Dir::new();
    dir.write(
        "never.toml",
        "[[path]]\nmatch = [\"/d\"]\nrisk = \"never\"\n",
    );
    let ask = |dir: &Dir, free: u64, smallest: &str| {
        let asked = format!(
            "plan e.json --policy never.toml --free {free} --smallest {smallest} \
             --max-risk unknown --format json"
        );
        run(dir, &asked).code(0).json()
    };
    dir.write("e.json", flat((0..20_000).map(|_| 28_672)));
    for smallest in ["paths", "bytes"] {
        let plan = ask(&dir, 28_672 * 700 - 1, smallest);
        assert_eq!(plan["lost"], 28_672 * 700, "{smallest}");
        assert_eq!(plan["proven"], true, "{smallest}");
        let paths: Vec<_> = plan["picks"].as_array().unwrap().iter().collect();
        let last = paths.last().unwrap()["path"].as_str().unwrap();
        assert_eq!(
            (paths.len(), last),
            (700, "/d/f0000699"),
            "the first by path"
        );
    }
    // Every size but one is even, and the need is odd: only the odd one closes it.
    let sizes = (0..3_000u64).map(|n| 4096 * (256 * (1 + n * n % 97) + u64::from(n == 1_234)));
    dir.write("e.json", flat(sizes));
    for (blocks, least) in [
        (256 * 20_000 + 1, 256 * 20_000 + 1),
        (256 * 20_000 + 2, 256 * 20_001),
    ] {
        let plan = ask(&dir, 4096 * blocks, "bytes");
        let lost = plan["lost"].as_u64().unwrap() / 4096;
        let gap = plan["gap"]["lost"].as_u64().unwrap_or(0) / 4096;
        assert!(lost >= least && lost - gap <= least, "{least}: {plan:#}");
    }
}

#[test]
fn sizes_at_the_edge_of_64_bits_are_no_panic_and_no_small_number() {
    let dir = Dir::new();
    let most = u64::MAX;
    for sizes in [
        vec![most, most, 3],
        vec![most - 1, 1, 1],
        vec![1 << 63, 1 << 63],
    ] {
        dir.write("e.json", flat(sizes.iter().copied()));
        for smallest in ["paths", "bytes", "directory", "exposure"] {
            for free in [1, most / 2, most] {
                let asked = format!(
                    "plan e.json --free {free} --smallest {smallest} --max-risk unknown --format json"
                );
                let made = run(&dir, &asked);
                assert!([0, 2, 3, 64].contains(&made.code), "{}", made.story());
                if made.code == 0 {
                    let plan = made.json();
                    let freed = plan["freed"].as_u64().or(plan["freed"]["lo"].as_u64());
                    assert!(freed >= Some(free), "{plan:#}");
                }
            }
        }
    }
}

/// A made-up tree as an export, its listings in whatever order `shuffle` gives.
fn export(seed: u64, shuffle: u64) -> String {
    let mut dice = Dice(seed);
    let mut children: Vec<Vec<String>> = vec![Vec::new()];
    let mut parent = vec![0usize];
    for dir in 1..6 + dice.roll(6) {
        parent.push(usize::try_from(dice.roll(dir)).unwrap());
        children.push(Vec::new());
    }
    for file in 0..20 + dice.roll(60) {
        let dir = usize::try_from(dice.roll(children.len() as u64)).unwrap();
        let size = 4096 * (1 + dice.roll(9));
        let end = ["log.1", "core", "x", "bak"][usize::try_from(dice.roll(4)).unwrap()];
        // Every tenth pair of files is one inode.
        let link = match file % 20 {
            0 | 1 => format!(r#","ino":{},"nlink":2,"hlnkc":true"#, 1 + file / 20),
            _ => String::new(),
        };
        let size = if link.is_empty() { size } else { 8 * 4096 };
        let entry = format!(r#"{{"name":"f{file}.{end}","asize":{size},"dsize":{size}{link}}}"#);
        children[dir].push(entry);
    }
    let mut order = Dice(shuffle);
    for dir in (0..children.len()).rev() {
        let mut list = std::mem::take(&mut children[dir]);
        for at in (1..list.len()).rev() {
            list.swap(at, usize::try_from(order.roll(at as u64 + 1)).unwrap());
        }
        list.insert(
            0,
            format!(r#"{{"name":"d{dir}","asize":4096,"dsize":4096}}"#),
        );
        let written = format!("[{}]", list.join(","));
        if dir == 0 {
            return format!(r#"[1,2,{{"progname":"ncdu"}},{written}]"#);
        }
        children[parent[dir]].push(written);
    }
    unreachable!("the root comes last")
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        // SplitMix64, Steele, Lea and Flood 2014.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }
}

/// The whole document of a plan, as bytes.
fn document(export: String, request: &Request) -> (Vec<u8>, Reached) {
    let source = Source::bytes(export.into_bytes());
    let survey = survey(&source, &Options::default()).unwrap();
    let nothing = Audit {
        families: vec![],
        rules: vec![],
        findings: vec![],
    };
    let tree = &survey.tree;
    let risks = classify(tree, &nothing, &Policy::default(), Context::default());
    let plan = jettison::plan::plan(tree, &risks, request);
    let mut bytes = Vec::new();
    let document = json::plan::document(&plan, survey.volume.as_ref());
    json::write(&document, &mut bytes).unwrap();
    (bytes, plan.reached)
}

#[test]
fn the_order_of_a_listing_changes_no_byte_of_a_plan() {
    let objectives = [
        Smallest::Paths,
        Smallest::Bytes,
        Smallest::Directory,
        Smallest::Exposure,
    ];
    let mut reached = 0;
    let mut differ = 0;
    for seed in 0..100 {
        let mut dice = Dice(1000 + seed);
        let request = Request {
            shortfall: 4096 * (1 + dice.roll(120)),
            inodes: if seed % 5 == 0 { dice.roll(12) } else { 0 },
            smallest: objectives[usize::try_from(seed % 4).unwrap()],
            max_risk: [Risk::Old, Risk::Unknown][usize::try_from(seed / 4 % 2).unwrap()],
            ..Request::default()
        };
        let first = document(export(seed, 1), &request);
        reached += u32::from(first.1 == Reached::Certain);
        for shuffle in 2..5 {
            differ += u32::from(export(seed, shuffle) != export(seed, 1));
            let again = document(export(seed, shuffle), &request);
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            assert_eq!(text(&again.0), text(&first.0), "seed {seed}, {request:?}");
        }
    }
    assert!(reached > 33, "only {reached} of them have an answer");
    assert!(differ > 290, "only {differ} listings differ");
}
