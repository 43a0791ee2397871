//! `scan` as people and scripts use it, with `du` as the judge of its totals.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::dir::{Dir, NOW, age_to, jettison};

/// What GNU `du` says, or nothing where there is none.
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn du(path: &Path, more: &[&str]) -> Option<u64> {
    let output = Command::new("du")
        .args(["-sx", "--block-size=1"])
        .args(more)
        .arg(path)
        .output();
    let Some(output) = output.ok().filter(|o| o.status.success()) else {
        eprintln!("skipped: no GNU du here to compare with");
        return None;
    };
    String::from_utf8(output.stdout)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap()
        .parse()
        .ok()
}

/// A tree with links within and across directories, to itself and to the outside, and holes.
fn build(dir: &Dir) {
    for n in 0..300usize {
        let path = dir.file(format!("t/d{}/e{}/f{n}", n % 7, n % 4), n * 137 % 9000);
        if n % 5 == 0 {
            fs::hard_link(
                &path,
                dir.folder(format!("t/d{}", (n + 3) % 7))
                    .join(format!("l{n}")),
            )
            .unwrap();
        }
        if n % 11 == 0 {
            fs::hard_link(&path, dir.folder("outside").join(format!("o{n}"))).unwrap();
        }
    }
    fs::File::create(dir.join("t/sparse"))
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    std::os::unix::fs::symlink("nowhere", dir.join("t/dangling")).unwrap();
}

fn scan(path: &Path, more: &[&str]) -> Value {
    let args = ["scan", "--format", "json"].map(AsRef::as_ref);
    let args = args
        .into_iter()
        .chain(more.iter().map(AsRef::as_ref))
        .chain([path.as_os_str()]);
    jettison(args).code(0).json()
}

#[test]
fn totals_are_those_of_du_with_either_walker() {
    let dir = Dir::new();
    build(&dir);
    let top = dir.join("t");
    for walker in [
        &["--walker", "linux"][..],
        &["--walker", "portable"],
        &["--walker", "portable", "--threads", "1"],
    ] {
        let scan = scan(&top, walker);
        let Some(whole) = du(&top, &[]) else { return };
        assert_eq!(scan["root"]["disk"], whole, "{walker:?}");
        for child in scan["root"]["children"]
            .as_array()
            .unwrap()
            .iter()
            .filter(|c| c["kind"] == "dir")
        {
            let path = child["path"].as_str().unwrap();
            assert_eq!(
                child["disk"].as_u64(),
                du(path.as_ref(), &[]),
                "{path} {walker:?}"
            );
        }
    }
}

#[test]
fn freed_is_what_deleting_gives_back() {
    let dir = Dir::new();
    build(&dir);
    let scan = scan(&dir.join("t"), &[]);
    for child in scan["root"]["children"].as_array().unwrap() {
        let path = child["path"].as_str().unwrap();
        let before = du(&dir.path(), &[]);
        // What is left of the whole when the child is looked away from, the outside included.
        let without = du(&dir.path(), &["--exclude", path]);
        let (Some(before), Some(without)) = (before, without) else {
            return;
        };
        assert_eq!(child["freed"].as_u64(), Some(before - without), "{path}");
    }
}

#[test]
fn depth_sort_top_and_rows_do_what_they_say() {
    let dir = Dir::new();
    for (name, len, age) in [
        ("big/a", 90_000, 5),
        ("big/deep/b", 50_000, 1),
        ("small/c", 10, 9),
        ("z", 20_000, 3),
    ] {
        age_to(&dir.file(name, len), NOW - age * 86_400);
    }
    let run = |more: &[&str]| {
        let now = format!("@{NOW}");
        let path = dir.path();
        let args = ["scan", "--now", &now]
            .into_iter()
            .chain(more.iter().copied())
            .map(AsRef::as_ref);
        jettison(args.chain([path.as_os_str()])).code(0).text()
    };
    let names = |text: &str| -> Vec<String> {
        text.lines()
            .skip(2)
            .map(|line| line.split_whitespace().last().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&run(&[])), ["big/", "z", "small/"]);
    assert_eq!(names(&run(&["--sort", "name"])), ["big/", "small/", "z"]);
    assert_eq!(names(&run(&["--sort", "count"])), ["big/", "small/", "z"]);
    assert_eq!(names(&run(&["--sort", "mtime"])), ["big/", "z", "small/"]);
    assert_eq!(
        names(&run(&["--depth", "2"])),
        ["big/", "a", "deep/", "z", "small/", "c"]
    );
    assert_eq!(names(&run(&["--top", "2"])).len(), 2);
    assert!(run(&["--rows", "1"]).contains("… 2 more (--rows all shows them)"));
    assert!(!run(&["--rows", "all"]).contains("more"));
    let depth = scan(&dir.path(), &["--depth", "1"]);
    assert_eq!(depth["root"]["children"][0]["children"], Value::Null);
    assert_eq!(
        depth["root"]["children"][2]["children"]
            .as_array()
            .map(Vec::len),
        Some(0)
    );
}

#[test]
fn what_is_left_out_is_shown_as_such() {
    let dir = Dir::new();
    dir.file("keep/a", 5000);
    dir.file("skip/b", 5000);
    dir.file("keep/c.tmp", 5000);
    dir.file("keep/sub/d", 5000);
    let scan = scan(
        &dir.path(),
        &[
            "--exclude",
            "*.tmp",
            "--exclude",
            "skip",
            "--exclude",
            "keep/sub",
        ],
    );
    let text = scan.to_string();
    assert_eq!(text.matches("\"excluded\"").count(), 3, "{scan:#}");
    assert_eq!(scan["root"]["files"], 1);
    assert_eq!(scan["complete"], true);
}
