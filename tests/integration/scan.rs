//! `scan` as people and scripts use it, with `du` as the judge of its totals.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::dir::{Dir, NOW, age_to, jettison, jettison_in};

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

/// An export of a tree that has everything a table can show: the sizes are the same everywhere.
const EXPORT: &str = r#"[1,2,{"progname":"ncdu","progver":"2.8","timestamp":1718258400},
[{"name":"/srv","asize":4096,"dsize":4096,"dev":1,"mtime":1718200000},
[{"name":"db","asize":4096,"dsize":4096,"mtime":1718200000},
{"name":"data.bin","asize":5368709120,"dsize":5368709120,"mtime":1718254800},
{"name":"wal","asize":73400320,"dsize":73400320,"mtime":1718258100}],
[{"name":"mirror","asize":4096,"dsize":4096,"mtime":1718200000},
{"name":"a.img","asize":1073741824,"dsize":1073741824,"ino":7,"hlnkc":true,"nlink":2,"mtime":1715000000},
{"name":"b.img","asize":2147483648,"dsize":2147483648,"ino":8,"hlnkc":true,"nlink":3,"mtime":1715000000}],
[{"name":"copy","asize":4096,"dsize":4096,"mtime":1718200000},
{"name":"a.img","asize":1073741824,"dsize":1073741824,"ino":7,"hlnkc":true,"nlink":2,"mtime":1715000000},
{"name":"undated","asize":100,"dsize":4096}],
[{"name":"secret","asize":4096,"dsize":4096,"read_error":true}],
{"name":"cache","excluded":"pattern"},
{"name":"nfs","excluded":"otherfs"},
{"name":"proc","excluded":"kernfs"},
{"name":"new\u001bname","asize":10,"dsize":4096,"mtime":1718258390}]]"#;

fn table(line: &str) -> String {
    let dir = Dir::new();
    dir.write("export.json", EXPORT);
    jettison_in(&dir.path(), line.split(' '), b"")
        .code(3)
        .text()
}

#[test]
fn the_table_says_where_the_space_is_and_what_is_not_counted() {
    assert_eq!(
        table("scan export.json"),
        "\
≥ 8.1 GiB in /srv  (≥ 8.1 GiB apparent, 7 files, 5 directories)
     disk   apparent      freed  files  newest  path
  5.1 GiB    5.1 GiB    5.1 GiB      2   5 min  db/
  3.0 GiB    3.0 GiB    4.0 KiB      2    37 d  mirror/
  1.0 GiB    1.0 GiB    8.0 KiB      2    37 d  copy/
  4.0 KiB       10 B    4.0 KiB      1    10 s  new\\x1bname
≥ 4.0 KiB  ≥ 4.0 KiB  ≥ 4.0 KiB      0       -  secret/      (not read)
        -          -          -      -       -  cache        (excluded)
        -          -          -      -       -  nfs          (other fs)
        -          -          -      -       -  proc         (kernel fs)
  not counted: 1 excluded, 1 other fs (--cross-file-systems), 1 kernel fs
? 1 place was not read, so sums above are lower bounds (≥)
"
    );
}

#[test]
fn the_rows_of_a_cut_table_are_the_largest() {
    assert_eq!(
        table("scan export.json --depth 2 --rows 3 --sort name"),
        "\
≥ 8.1 GiB in /srv  (≥ 8.1 GiB apparent, 7 files, 5 directories)
   disk  apparent    freed  files  newest  path
5.1 GiB   5.1 GiB  5.1 GiB      2   5 min  db/
5.0 GiB   5.0 GiB  5.0 GiB      1     1 h    data.bin
3.0 GiB   3.0 GiB  4.0 KiB      2    37 d  mirror/
  … 11 more (--rows all shows them)
  not counted: 1 excluded, 1 other fs (--cross-file-systems), 1 kernel fs
? 1 place was not read, so sums above are lower bounds (≥)
"
    );
}

#[test]
fn since_shows_what_grew() {
    assert_eq!(
        table("scan export.json --since 24h --depth 2"),
        "\
≥ 5.1 GiB of ≥ 8.1 GiB in /srv changed since 2024-06-12T06:00:00Z  (3 files)
  by mtime: a file that grew by one byte counts whole; deletions are not seen
? 1 file has no known time, and may have changed as well
    changed         of  files  newest  path
    5.1 GiB    5.1 GiB      2   5 min  db/
    5.0 GiB    5.0 GiB      1     1 h    data.bin
   70.0 MiB   70.0 MiB      1   5 min    wal
    4.0 KiB    4.0 KiB      1    10 s  new\\x1bname
0 B…4.0 KiB    1.0 GiB      0    37 d  copy/
0 B…4.0 KiB    4.0 KiB      0       -    undated
          ?  ≥ 4.0 KiB      0       -  secret/      (not read)
  not counted: 1 excluded, 1 other fs (--cross-file-systems), 1 kernel fs
? 1 place was not read, so sums above are lower bounds (≥)
"
    );
    assert_eq!(
        table("scan export.json --since 1m --sort count"),
        "\
≥ 4.0 KiB of ≥ 8.1 GiB in /srv changed since 2024-06-13T05:59:00Z  (1 file)
  by mtime: a file that grew by one byte counts whole; deletions are not seen
? 1 file has no known time, and may have changed as well
    changed         of  files  newest  path
    4.0 KiB    4.0 KiB      1    10 s  new\\x1bname
0 B…4.0 KiB    1.0 GiB      0    37 d  copy/
          ?  ≥ 4.0 KiB      0       -  secret/      (not read)
  not counted: 1 excluded, 1 other fs (--cross-file-systems), 1 kernel fs
? 1 place was not read, so sums above are lower bounds (≥)
"
    );
}

/// What GNU `du` says of several directories together: each inode once, nested ones once.
#[expect(clippy::print_stderr, reason = "a test that skips says so")]
fn du_of_all(folder: &Path, paths: &[&str]) -> Option<u64> {
    let output = Command::new("du")
        .args(["-scx", "--block-size=1"])
        .args(paths)
        .current_dir(folder)
        .output();
    let Some(output) = output.ok().filter(|o| o.status.success()) else {
        eprintln!("skipped: no GNU du here to compare with");
        return None;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().last()?.split_whitespace().next()?.parse().ok()
}

#[test]
fn several_sources_are_one_set() {
    let dir = Dir::new();
    build(&dir);
    for paths in [
        &["t/d0", "t/d1"][..],
        &["t", "t/d1/e2"],
        &["t/d1/e2", "t", "t"],
        &["t/d1/e2", "t/d1", "outside", "t/d2"],
    ] {
        let line = ["scan", "--format", "json"].into_iter();
        let run = jettison_in(&dir.path(), line.chain(paths.iter().copied()), b"").code(0);
        let union = &run.json()["union"];
        let Some(disk) = du_of_all(&dir.path(), paths) else {
            return;
        };
        assert_eq!(union["disk"], disk, "{paths:?}");
        // What is left of the whole when they are looked away from.
        let mut without: Vec<String> = paths.iter().map(|p| format!("--exclude=./{p}")).collect();
        without.push(".".to_owned());
        let without: Vec<&str> = without.iter().map(String::as_str).collect();
        let (before, after) = (
            du_of_all(&dir.path(), &["."]),
            du_of_all(&dir.path(), &without),
        );
        let freed = before.unwrap() - after.unwrap();
        assert_eq!(union["freed"].as_u64(), Some(freed), "{paths:?}");
        let text = jettison_in(&dir.path(), ["scan"].iter().chain(paths), b"")
            .code(0)
            .text();
        assert!(text.contains(" together"), "{text}");
    }
}

#[test]
fn recordings_are_not_summed_up() {
    let dir = Dir::new();
    dir.write("export.json", EXPORT);
    dir.file("t/a", 100);
    let text = jettison_in(&dir.path(), ["scan", "export.json", "t"], b"")
        .code(3)
        .text();
    assert!(text.contains("? no sum of them all"), "{text}");
    let line = ["scan", "export.json", "t", "--format", "json"];
    let json = jettison_in(&dir.path(), line, b"").code(3).json();
    assert_eq!(json["union"], Value::Null);
    assert_eq!(json["scans"].as_array().map(Vec::len), Some(2));
}

#[test]
fn users_own_the_whole_tree() {
    let dir = Dir::new();
    build(&dir);
    let whole = scan(&dir.join("t"), &["--by", "user"]);
    let shares = whole["users"]["shares"].as_array().unwrap();
    let sum = |key: &str| shares.iter().map(|s| s[key].as_u64().unwrap()).sum::<u64>();
    assert_eq!(whole["root"]["disk"], sum("disk"));
    assert_eq!(whole["root"]["apparent"], sum("apparent"));
    assert_eq!(whole["root"]["files"], sum("files"));
    assert_eq!(whole["root"]["dirs"].as_u64(), Some(sum("dirs") - 1));
    for key in ["changed", "gone", "refused"] {
        assert_eq!(whole["users"][key], 0, "{key}");
    }
    let text = jettison([
        "scan".as_ref(),
        "--by".as_ref(),
        "user".as_ref(),
        dir.path().as_os_str(),
    ]);
    let text = text.code(0).text();
    assert!(
        text.lines().nth(1).unwrap().ends_with("newest  user"),
        "{text}"
    );
    dir.write("export.json", EXPORT);
    let run = jettison_in(&dir.path(), ["scan", "export.json", "--by", "user"], b"").code(64);
    assert!(run.stderr.contains("does not tell whose"), "{}", run.stderr);
}
