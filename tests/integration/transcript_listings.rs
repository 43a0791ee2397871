//! Recorded listings, one table per tool: what a session prints, and the tree that it must give.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use jettison::bytes::Interval;
use jettison::entry::Listing;
use jettison::tree::{NodeId, Tree};

use crate::recorded::{recorded, size_text};

/// Every path with what it is worth: of a file its own size, of a directory its sum, and a `+`
/// where the listing of that is not complete.
fn shown(tree: &Tree) -> Vec<String> {
    let mut lines = Vec::new();
    let mut stack = vec![NodeId::ROOT];
    while let Some(id) = stack.pop() {
        let path = String::from_utf8_lossy(&tree.path(id)).into_owned();
        let whole = match tree.listing(id) {
            Listing::Complete => "",
            _ => "+",
        };
        let size = match tree.is_dir(id) {
            true => format!("Σ{}{whole}", size_text(Some(tree.totals(id).apparent))),
            false => size_text(tree.own_apparent(id)),
        };
        lines.push(format!("{path} {size}"));
        let mut children = tree.children_by_name(id);
        children.reverse();
        stack.extend(children);
    }
    lines
}

/// A session of commands and what each of them printed.
fn session(steps: &[(&str, &str)]) -> String {
    let mut text = String::new();
    for (command, output) in steps {
        text.push_str(&format!("ann@edge:/srv$ {command}\n{output}"));
    }
    text + "ann@edge:/srv$ exit\n"
}

/// What a session shows of the only host but the shell's own, without its root.
fn expect(steps: &[(&str, &str)], expected: &[&str]) {
    let (tree, recording) = recorded(session(steps).as_bytes());
    let below = |line: &String| {
        let (host, path) = line.rsplit_once(":/")?;
        (host != "edge" && !path.starts_with(' ')).then(|| format!("/{path}"))
    };
    let found: Vec<String> = shown(&tree).iter().filter_map(below).collect();
    assert_eq!(found, expected, "{steps:?}: {:?}", recording.troubles);
}

// ---- hdfs ---------------------------------------------------------------------------------------

const WAREHOUSE: &str = "\
24/05/11 08:00:01 WARN util.NativeCodeLoader: Unable to load native-hadoop library
Found 3 items
-rw-r--r--   3 etl  warehouse       1234 2024-05-10 23:15 /wh/part-0 of 2
drwxr-xr-x   - etl  dom users          0 2024-05-10 23:15 /wh/2024
drwxr-xr-x+  - hive warehouse          0 2024-05-01 00:00 /wh/tmp
";

#[test]
fn a_directory_of_hdfs_is_whole_when_its_count_is_reached() {
    let cut = &WAREHOUSE[..WAREHOUSE.rfind("drwx").unwrap()];
    let all = [
        "/wh Σ1234..",
        "/wh/2024 Σ?+",
        "/wh/part-0 of 2 1234",
        "/wh/tmp Σ?+",
    ];
    expect(&[("hdfs dfs -ls /wh", WAREHOUSE)], &all);
    expect(
        &[("hdfs dfs -ls /wh", cut)],
        &["/wh Σ1234..+", all[1], all[2]],
    );
    expect(
        &[("hdfs dfs -ls /wh | grep -v hive", cut)],
        &["/wh Σ1234..+", all[1], all[2]],
    );
}

#[test]
fn a_later_listing_of_hdfs_proves_what_is_gone() {
    let first = "Found 2 items\n\
        -rw-r--r--   3 etl wh 700 2024-05-10 23:15 /a/old\n\
        -rw-r--r--   3 etl wh  70 2024-05-10 23:15 /a/new\n";
    let second = "Found 1 items\n-rw-r--r--   3 etl wh  70 2024-05-10 23:15 /a/new\n";
    expect(
        &[("hadoop fs -ls /a", first), ("hadoop fs -ls -t /a", second)],
        &["/a Σ70", "/a/new 70"],
    );
}

const ALL: &str = "\
drwxr-xr-x   - etl wh          0 2024-05-10 23:15 /a/b
-rw-r--r--   2 etl wh      128 M 2024-05-10 23:15 /a/b/x
-rw-r--r--   2 etl wh      1.5 K 2024-05-10 23:15 /a/b/y
drwxr-xr-x   - etl wh          0 2024-05-10 23:15 /a/c
";

#[test]
fn a_recursive_listing_of_hdfs_is_whole_unless_it_was_denied_something() {
    let sums = "134219264  268438528  /a/b\n0          0          /a/c\n";
    let denied = "ls: Permission denied: user=ann, access=READ_EXECUTE, inode=\"/a/c\"\n";
    let files = ["/a/b/x 134217728", "/a/b/y 1434..1587"];
    expect(
        &[("hdfs dfs -ls -R -h /a", ALL), ("hdfs dfs -du /a", sums)],
        &[
            "/a Σ134219162..134219315",
            "/a/b Σ134219162..134219315",
            files[0],
            files[1],
            "/a/c Σ0",
        ],
    );
    expect(
        &[("hdfs dfs -lsr -h /a", &format!("{ALL}{denied}"))],
        &[
            "/a Σ134219162..+",
            "/a/b Σ134219162..+",
            files[0],
            files[1],
            "/a/c Σ?+",
        ],
    );
}

#[test]
fn what_hdfs_breaks_or_hides_is_no_name() {
    let row = |path: &str| format!("-rw-r--r--   3 etl wh 7 2024-05-10 23:15 {path}\n");
    let (x, z, mine) = (row("/a/x"), row("/a/z"), row("mine"));
    let broken = format!("Found 2 items\n{x}y\n{z}");
    let relative = format!("Found 1 items\n{mine}");
    let hidden = format!("Found 2 items\n{}{}", row("/b/o?o"), row("/b/p"));
    let bucket = format!("Found 1 items\n{}", row("s3a://lake/raw/k"));
    expect(
        &[
            ("hdfs dfs -ls /a", &broken),
            ("hdfs dfs -ls", &relative),
            ("hdfs dfs -ls -q /b", &hidden),
        ],
        &["/a Σ7..+", "/a/z 7", "/b Σ7..+", "/b/p 7"],
    );
    expect(
        &[("hdfs dfs -ls s3a://lake/raw", &bucket)],
        &["/raw Σ7", "/raw/k 7"],
    );
}

// ---- thousands ----------------------------------------------------------------------------------

/// Figures in groups of digits, of which only the environment says what they count.
#[test]
fn figures_in_groups_are_sizes_or_bounds() {
    let row = |size: &str| format!("-rw-r--r-- 1 ann users {size} Nov 22 01:02 f\n");
    for (total, size, expected) in [
        ("57,344", "29,123", "29123"),
        ("57,856", "29,123", "29123.."),
        ("57.344", "29.123", "29123"),
        ("57\u{a0}344", "29\u{a0}123", "29123"),
        ("57\u{202f}344", "1\u{202f}029\u{202f}123", "1029123"),
        ("1,26,976", "1,22,880", "122880"),
        ("57,344", "98", "98"),
        // No disk is made of such blocks: the unit is larger, and nobody says how large.
        ("57,345", "29,123", "29123.."),
        ("57,345", "98", "98.."),
        // In a copy the blank may be any, and it may be one of a group's name.
        ("57 344", "29 123", "123..29123"),
        ("57,344", "29 123", "123..29123"),
        ("60", "29 123", "123"),
        ("0", "29,123", "29123.."),
    ] {
        let output = format!("total {total}\n{}", row(size));
        let (tree, _) = recorded(session(&[("ls -l", &output)]).as_bytes());
        let file = tree
            .find(b"/srv/f")
            .unwrap_or_else(|| panic!("{total} {size}"));
        assert_eq!(
            size_text(tree.own_apparent(file)),
            expected,
            "{total} {size}"
        );
    }
}

#[test]
fn sums_in_groups_are_sums_or_bounds() {
    for (command, figure, expected) in [
        ("du -s f", "16,777,216\t", "16777216"),
        ("du -s f", "16\u{a0}777\u{a0}216\t", "16777216"),
        ("du -s f", "16 777 216\t", "16777216"),
        ("du -s f", "16.777.216\t", "16777216"),
        ("du -s f", "16,777,217\t", "16777217.."),
        ("du -sB \"'1\" f", "16,777,216\t", "16777216"),
        (
            "du -s --block-size=\"'1KB\" f",
            "16,777\t",
            "16776512..16777000",
        ),
    ] {
        let output = format!("{figure}f\n");
        let (tree, recording) = recorded(session(&[(command, &output)]).as_bytes());
        let node = tree
            .find(b"/srv/f")
            .unwrap_or_else(|| panic!("{command} {figure}"));
        let sum = tree.totals(node).disk;
        assert_eq!(
            size_text(Some(sum)),
            expected,
            "{command} {figure}: {:?}",
            recording.troubles
        );
    }
}

/// The same with the real tools, in every locale that is installed and that has groups.
#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn figures_in_groups_hold_the_truth_of_the_real_tools() {
    let directory = tempfile::tempdir().unwrap();
    let sizes: [usize; 6] = [0, 98, 999, 1000, 29_123, 1_234_567];
    for size in sizes {
        std::fs::write(directory.path().join(format!("f{size}")), vec![7; size]).unwrap();
    }
    let mut grouped = 0;
    for (locale, setting) in ["en_GB", "de_DE", "fr_FR", "es_ES", "ja_JP", "C"]
        .iter()
        .flat_map(|locale| ["'1", "'1K", "'1kB"].map(|setting| (*locale, setting)))
    {
        for command in ["ls -l", "ls -ls", "du -a"] {
            let mut tool = Command::new("sh");
            tool.args(["-c", command]).current_dir(directory.path());
            tool.env("LC_ALL", format!("{locale}.UTF-8"))
                .env("BLOCK_SIZE", setting);
            let output = String::from_utf8(tool.output().unwrap().stdout).unwrap();
            // Where nothing is in groups, nothing tells them from what the tool prints by itself.
            let in_groups = |word: &str| {
                word.starts_with(|c: char| c.is_ascii_digit())
                    && word.contains([',', '.', '\u{a0}', '\u{202f}'])
            };
            if !output.split([' ', '\t', '\n']).any(in_groups) {
                continue;
            }
            grouped += 1;
            let (tree, _) = recorded(session(&[(command, &output)]).as_bytes());
            for size in sizes {
                let path = format!("/srv/f{size}");
                let Some(node) = tree.find(path.as_bytes()) else {
                    panic!("{locale} {setting} {command}: {path} is missing from\n{output}");
                };
                let meta = directory
                    .path()
                    .join(format!("f{size}"))
                    .metadata()
                    .unwrap();
                let blocks = meta.blocks() * 512;
                let (shown, truth) = match command {
                    "du -a" => (tree.own_disk(node), blocks),
                    _ => (tree.own_apparent(node), size as u64),
                };
                let holds =
                    shown.is_none_or(|s| s.lo <= truth && s.hi.is_none_or(|hi| truth <= hi));
                assert!(
                    holds,
                    "{locale} {setting} {command}: {path} is {truth}, not {shown:?} in\n{output}"
                );
            }
        }
    }
    if grouped == 0 {
        eprintln!("skipped: no locale is installed that parts thousands");
    }
}

// ---- tools that sum up --------------------------------------------------------------------------

/// What a tool prints in a directory; `None` where it is not there.
fn run(directory: &Path, command: &str) -> Option<String> {
    let output = run_in(directory, command, "C.UTF-8")?;
    Some(String::from_utf8(output).unwrap())
}

fn run_in(directory: &Path, command: &str, locale: &str) -> Option<Vec<u8>> {
    let mut words = command.split(' ');
    let mut tool = Command::new(words.next()?);
    let tool = tool.args(words).current_dir(directory);
    let made = tool.env("LC_ALL", locale).output().ok()?;
    made.status.success().then_some(made.stdout)
}

/// The sum below a path, each directory's own blocks included: apparent, allocated.
fn sums(path: &Path) -> [u64; 2] {
    let meta = path.symlink_metadata().unwrap();
    let mut sums = [meta.len(), meta.blocks() * 512];
    if meta.is_dir() {
        for entry in std::fs::read_dir(path).unwrap() {
            let below = self::sums(&entry.unwrap().path());
            sums = [sums[0] + below[0], sums[1] + below[1]];
        }
    }
    sums
}

fn fill(directory: &Path) {
    let names = [
        "a b/c/big",
        "a b/x y",
        "d/small",
        "top",
        "-dash",
        "a b/c/back\\slash",
        "d/esc\u{1b}[1mx",
        "d/tab\tx",
        "d/\u{fc}ber",
        "wide/l1/l2/l3/l4/deep",
        "d/pipe │ x",
        "d/two  blanks",
        "100%",
        "d/total",
    ];
    for (name, at) in names.iter().zip(1u32..) {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, vec![1; 7usize.pow(at % 8) + 13 * at as usize]).unwrap();
    }
    let sparse = std::fs::File::create(directory.join("wide/sparse")).unwrap();
    sparse.set_len(3_221_225_999).unwrap();
}

/// Whatever such a tool shows of a path must hold what is there, and no path is made up.
#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn sums_of_other_tools_hold_the_truth() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    for (command, least) in [
        ("dust -b -n 100", 14),
        ("dust -n 100 -w 90", 14),
        ("dust -s -n 100 -w 90", 14),
        ("dust -r -b -s -o si", 14),
        ("dust -p -b -n 50", 14),
        ("dust -d 1 wide", 2),
        ("dust -b -s -o b d", 4),
        ("dua", 6),
        ("dua a -A", 6),
        ("dua a -f metric -A wide", 2),
        ("dua a -f bytes d wide", 2),
        ("pdu -m 0", 14),
        ("pdu -m 0 -b binary -q apparent-size -w 90", 14),
        ("pdu -m 0 -b plain --top-down", 14),
        ("pdu -m 0 d wide", 8),
        ("gdu -np", 6),
        ("gdu -npa --si", 6),
        ("gdu -npc wide", 2),
    ] {
        let Some(output) = run(directory.path(), command) else {
            eprintln!("skipped: {command} (not installed)");
            continue;
        };
        let (tree, recording) = recorded(session(&[(command, &output)]).as_bytes());
        let shows_apparent = ["-s", "-A", "apparent", "-npa"]
            .iter()
            .any(|option| command.contains(option));
        let start = tree
            .find(b"/srv")
            .unwrap_or_else(|| panic!("{command}: {output}"));
        let mut stack = tree.children_by_name(start);
        let mut found = 0;
        while let Some(id) = stack.pop() {
            stack.extend(tree.children_by_name(id));
            let path = String::from_utf8(tree.path(id)).unwrap();
            let real = directory.path().join(path.strip_prefix("/srv/").unwrap());
            assert!(
                real.symlink_metadata().is_ok(),
                "{command}: {path} is made up:\n{output}"
            );
            let (totals, [apparent, disk]) = (tree.totals(id), sums(&real));
            let (shown, truth) = match shows_apparent {
                true => (totals.apparent, apparent),
                false => (totals.disk, disk),
            };
            let holds = shown.lo <= truth && shown.hi.is_none_or(|hi| truth <= hi);
            assert!(
                holds,
                "{command}: {path} is {truth}, not {shown:?}:\n{output}"
            );
            found += usize::from(shown.hi.is_some());
        }
        assert!(
            found >= least,
            "{command}: {found} sums: {:?}\n{output}",
            recording.troubles
        );
    }
}

// ---- tree ---------------------------------------------------------------------------------------

/// Names of which some look like drawings or escapes.
fn fill_oddly(directory: &Path) {
    fill(directory);
    for odd in [
        "d/a -> b",
        "d/nl\nz",
        "d/\u{2514}\u{2500}\u{2500} x",
        "w -> v/below",
        "q?m",
        "d/back\\nslash",
        "\"q\"",
    ] {
        let path = directory.join(odd);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "odd").unwrap();
    }
    std::os::unix::fs::symlink("a b", directory.join("link")).unwrap();
}

/// How many names an output of `tree` has given: none that is not there, and each with the size
/// that is shown.
fn names_of_tree(directory: &Path, command: &str, output: &[u8]) -> usize {
    let prompt = &b"ann@edge:/srv$ "[..];
    let text = [prompt, command.as_bytes(), b"\n", output, prompt, b"exit\n"].concat();
    let (tree, _) = recorded(&text);
    let sized = ["s", "h"].iter().any(|letter| {
        let mut words = command.split(' ').skip(1);
        words.any(|word| !word.starts_with("--") && word.contains(letter))
    });
    let mut stack = tree.children_by_name(tree.find(b"/srv").unwrap());
    let mut found = 0;
    while let Some(id) = stack.pop() {
        stack.extend(tree.children_by_name(id));
        let path = tree.path(id);
        let below = OsStr::from_bytes(path.strip_prefix(b"/srv/").unwrap());
        let meta = directory.join(below).symlink_metadata();
        let meta = meta.unwrap_or_else(|_| {
            let output = String::from_utf8_lossy(output);
            panic!("{command}: {below:?} is made up:\n{output}")
        });
        if sized && !meta.is_dir() {
            let size = tree.own_apparent(id).unwrap_or(Interval::UNKNOWN);
            let holds = size.lo <= meta.len() && size.hi.is_some_and(|hi| meta.len() <= hi);
            assert!(
                holds,
                "{command}: {below:?} is {}, not {size:?}",
                meta.len()
            );
        }
        found += 1;
    }
    found
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn tree_in_every_dress_gives_the_names_that_are_there() {
    let directory = tempfile::tempdir().unwrap();
    fill_oddly(directory.path());
    let all = 30;
    for (command, lost) in [
        ("tree -a", 4),
        ("tree -as", 6),
        ("tree -ah --si", 4),
        ("tree -aD", 4),
        ("tree -apugsD", 4),
        ("tree -aD --timefmt %F", 4),
        ("tree -aif", 4),
        ("tree -aifs", 6),
        ("tree -af", 6),
        ("tree -aQ", 0),
        ("tree -aN", 9),
        ("tree -aF", 4),
        ("tree -a --charset=ascii", 4),
        ("tree -a --charset ascii -ps", 4),
        ("tree -a --inodes -p", 4),
        ("tree -aJ", 0),
        ("tree -aJs", 0),
        ("tree -aJh", 0),
        ("tree -aJfpug", 0),
        ("tree -aJ --du", 0),
    ] {
        for locale in ["C.UTF-8", "C"] {
            let Some(output) = run_in(directory.path(), command, locale) else {
                eprintln!("skipped: {command} (not installed)");
                continue;
            };
            let found = names_of_tree(directory.path(), command, &output);
            // In the C locale a backslash may be an escape or one of the name.
            let least = if locale == "C" {
                all - 12
            } else {
                all - 1 - lost
            };
            let output = String::from_utf8_lossy(&output);
            assert!(
                found >= least,
                "{locale} {command}: {found} of {all}:\n{output}"
            );
        }
    }
}

// ---- wc, stat, find, lsof -------------------------------------------------------------------------

/// The paths below the directory of the session, with exact sizes.
fn exact(command: &str, output: &str) -> Vec<(String, u64)> {
    let (tree, _) = recorded(session(&[(command, output)]).as_bytes());
    let mut stack = tree.children_by_name(tree.find(b"/srv").unwrap());
    let mut found = Vec::new();
    while let Some(id) = stack.pop() {
        stack.extend(tree.children_by_name(id));
        let path = String::from_utf8(tree.path(id)).unwrap();
        let size = tree.own_apparent(id).filter(|size| size.is_exact());
        found.extend(
            size.filter(|_| !tree.is_dir(id))
                .map(|size| (path, size.lo)),
        );
    }
    found.sort();
    found
}

#[test]
fn counts_of_bytes_are_sizes() {
    let at = |path: &str, size| (format!("/srv/{path}"), size);
    let denied = "  12 a\nwc: d: Is a directory\n   0 d\n 700 b/c d\n 712 total\n";
    for (command, output, expected) in [
        (
            "wc -c a b/c",
            "  12 a\n 700 b/c\n 712 total\n",
            vec![at("a", 12), at("b/c", 700)],
        ),
        ("wc -c *", denied, vec![at("a", 12), at("b/c d", 700)]),
        ("wc --bytes a", "12 a\n", vec![at("a", 12)]),
        ("wc -c < a", "12\n", vec![]),
        ("wc -lc a", " 1 12 a\n", vec![]),
        ("wc a", " 1  3 12 a\n", vec![]),
    ] {
        assert_eq!(exact(command, output), expected, "{command}");
    }
}

#[test]
fn stat_of_a_bsd_is_read() {
    let block = "  File: \"a \"b\"\n  Size: 5242880      FileType: Regular File\n  \
        Mode: (0644/-rw-r--r--)         Uid: (  501/     ann)  Gid: (   20/   staff)\n\
        Device: 1,4   Inode: 12345    Links: 1\nAccess: Sat Jan  1 12:00:00 2022\n\
        Modify: Sat Jan  1 12:00:00 2022\nChange: Sat Jan  1 12:00:00 2022\n";
    let at = |path: &str, size| vec![(format!("/srv/{path}"), size)];
    for (command, output, expected) in [
        ("stat -x 'a \"b'", block, at("a \"b", 5_242_880)),
        ("stat -f '%z %N' *", "700 a b\n", at("a b", 700)),
        (
            "stat -f '%N: %z bytes' *",
            "a: b: 700 bytes\n",
            at("a: b", 700),
        ),
    ] {
        assert_eq!(exact(command, output), expected, "{command}");
    }
}

#[test]
fn what_find_has_run_is_read_and_what_is_deleted_is_no_name() {
    let at = |path: &str, size| vec![(format!("/srv/{path}"), size)];
    let row = "-rw-r--r-- 1 root root 5242880 Nov 22 03:21 './a b/big'\n";
    let lsof = "COMMAND PID USER FD TYPE DEVICE SIZE/OFF NLINK NODE NAME\n\
        java 1234 app 7w REG 8,1 52428800 0 1024 /srv/app.log (deleted)\n";
    for (command, output, expected) in [
        (
            "find . -size +1M -exec ls -l {} \\;",
            row,
            at("a b/big", 5_242_880),
        ),
        (
            "find . -type f -exec du -b {} +",
            "700\t./d/small\n",
            at("d/small", 700),
        ),
        (
            "find . -printf '%s %p\\n'",
            "700 ./d/x y\n",
            at("d/x y", 700),
        ),
        (
            "find . -printf '%10s|%TY-%Tm|%u|%p\\n'",
            "       700|2026-11|ann|./d/x|y\n",
            at("d/x|y", 700),
        ),
        (
            "find . -type f -printf '%P\\t%s\\n'",
            "d/x y\t700\n",
            at("d/x y", 700),
        ),
        (
            "find . -printf '%h/%f %k %s\\n'",
            "./d/x y 4 700\n",
            at("d/x y", 700),
        ),
        ("lsof +L1", lsof, vec![]),
    ] {
        assert_eq!(exact(command, output), expected, "{command}");
    }
}
