//! What tools print of sizes, against the sizes: every rounded figure must hold the truth.
//!
//! The oracle is the tools themselves, run on sparse files between nothing and a tebibyte.

use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;

use jettison::bytes::Interval;
use jettison::tree::{NodeId, Tree};

use crate::recorded::recorded;

/// Sizes around every step at which some rule rounds another way.
fn sizes() -> Vec<u64> {
    let mut sizes: Vec<u64> = (0..8).collect();
    for (base, powers) in [(1024u64, 1..=4u32), (1000, 1..=4)] {
        for power in powers {
            let unit = base.pow(power);
            let tenth = unit / 10;
            let parts = [
                1, 2, 9, 10, 11, 14, 15, 16, 19, 20, 45, 94, 95, 96, 99, 100, 101, 104, 105, 106,
                500, 995, 1004, 1005, 5120, 9994, 9995, 10234,
            ];
            for at in parts.map(|tenths| tenth * tenths) {
                sizes.extend([at.saturating_sub(1), at, at + 1]);
            }
            // Rounded to a tenth first these are a half.
            sizes.extend([145, 1404, 1405].map(|tenths| tenth * tenths + tenth / 2 - 1));
        }
    }
    sizes.retain(|&size| size <= 1 << 40);
    sizes.sort_unstable();
    sizes.dedup();
    sizes
}

/// What a shell would have shown; `None` where the tool is not there.
fn output(directory: &Path, command: &str) -> Option<String> {
    let mut words = command.split(' ');
    let made = Command::new(words.next()?)
        .args(words)
        .current_dir(directory)
        .env("LC_ALL", "C.UTF-8")
        .output();
    match made {
        Ok(made) if made.status.success() => Some(String::from_utf8(made.stdout).unwrap()),
        Ok(made) => panic!("{command}: {}", String::from_utf8_lossy(&made.stderr)),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => panic!("{command}: {error}"),
    }
}

fn tree(command: &str, output: &str) -> Tree {
    let text = format!("root@vm:/x# {command}\n{output}root@vm:/x# exit\n");
    recorded(text.as_bytes()).0
}

/// Whether a file's size is shown as another quantity than its apparent one.
fn shows_disk(command: &str) -> bool {
    command.contains("du -a") && !command.contains("--apparent-size") && !command.contains("-ab")
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn every_rounded_figure_holds_the_size() {
    let directory = tempfile::tempdir().unwrap();
    let sizes = sizes();
    assert!(sizes.len() >= 300, "{}", sizes.len());
    for &size in &sizes {
        let path = directory.path().join(format!("f{size}"));
        File::create(path).unwrap().set_len(size).unwrap();
    }
    let must = std::env::var_os("JETTISON_TEST_TOOLS").is_some();
    for command in [
        "ls -l",
        "ls -lh",
        "ls -l --si",
        "ls -lsh",
        "ls -l --block-size=K",
        "ls -l --block-size=1M",
        "ls -l --block-size=KiB",
        "ls -ls --block-size=1",
        "dir -l",
        "dir -lh",
        "vdir --si",
        "du -a --apparent-size",
        "du -a --apparent-size -B 1000",
        "du -a --time --apparent-size -h",
        "find . -ls",
        "du -ab",
        "du -ah",
        "du -ak",
        "du -ah --apparent-size",
        "du -a --apparent-size --si",
        "du -am --apparent-size",
        "tree -s",
        "tree -h",
        "tree -ps --si",
        "tree --du -s",
        "tree --du -h",
        "tree --du --si",
        "busybox ls -l",
        "busybox ls -lh",
        "busybox ls -lsh",
        "busybox du -ah",
        "exa -l",
        "exa -lb",
        "exa -lB",
        "lsd -l --icon never",
        "lsd -l --icon never --size short",
        "dust -b -s -n 9999",
        "dust -b -s -n 9999 -o si",
        "dust -b -s -n 9999 -o k",
        "dua -A",
        "dua -A -f metric",
        "pdu -m 0 -q apparent-size -w 99",
        "pdu -m 0 -q apparent-size -w 99 -b binary",
        "gdu -npa",
        "gdu -npa --si",
    ] {
        let Some(output) = output(directory.path(), command) else {
            // Few systems have packages of these.
            let is_rare =
                ["dust", "dua", "pdu", "gdu"].contains(&&command[..command.find(' ').unwrap()]);
            assert!(!must || is_rare, "{command}: not installed");
            eprintln!("skipped: {command} (not installed)");
            continue;
        };
        let tree = tree(command, &output);
        for &size in &sizes {
            let name = format!("f{size}");
            let node = tree.find(format!("/x/{name}").as_bytes());
            let node = node.unwrap_or_else(|| panic!("{command}: {name} is missing"));
            let meta = directory.path().join(&name).metadata().unwrap();
            let (truth, shown) = if shows_disk(command) {
                (meta.blocks() * 512, tree.own_disk(node))
            } else {
                (size, tree.own_apparent(node))
            };
            let shown = shown.unwrap_or(Interval::UNKNOWN);
            let holds = shown.lo <= truth && shown.hi.is_some_and(|hi| truth <= hi);
            assert!(holds, "{command}: {name} is {truth} and not {shown:?}");
            // A figure says something: at most a tenth, or one unit, is in doubt.
            let doubt = shown.hi.unwrap_or(u64::MAX) - shown.lo;
            let unit = if command.contains('m') || command.contains("1M") {
                1 << 20
            } else {
                1024
            };
            assert!(
                doubt <= (truth / 6).max(unit + 512),
                "{command}: {name} {shown:?}"
            );
        }
    }
}

/// The rule of GNU's tools: up to the next tenth below ten, up to the next whole one above.
fn gnu(size: u64, base: u64) -> String {
    let Some((unit, letter)) = unit_of(size, base) else {
        return size.to_string();
    };
    let tenths = (u128::from(size) * 10).div_ceil(u128::from(unit));
    match tenths {
        // What is rounded up to a whole unit is shown in the next.
        _ if tenths > u128::from(base - 1) * 10 => {
            let next = "KMGTP".chars().zip("MGTPE".chars());
            let next = next.into_iter().find(|(this, _)| *this == letter);
            format!("1.0{}", next.unwrap().1)
        }
        0..=99 => format!("{}.{}{letter}", tenths / 10, tenths % 10),
        _ => format!("{}{letter}", u128::from(size).div_ceil(u128::from(unit))),
    }
}

fn unit_of(size: u64, base: u64) -> Option<(u64, char)> {
    let units = (1..=5u32).map(|power| base.pow(power)).zip("KMGTP".chars());
    units.take_while(|(unit, _)| *unit <= size).last()
}

/// The tenths of a unit next to a size, as `printf("%.1f")` has them.
fn tenths(size: u64, unit: u64) -> String {
    format!("{:.1}", size as f64 / unit as f64)
}

/// As busybox shows a size: always a tenth, once it is a whole unit.
fn busybox(size: u64) -> String {
    match unit_of(size, 1024) {
        None => size.to_string(),
        Some((unit, letter)) => format!("{}{letter}", tenths(size, unit)),
    }
}

/// As the client of Amazon's S3 does.
fn aws(size: u64) -> String {
    match size {
        1 => return "1 Byte".to_owned(),
        0..1024 => return format!("{size} Bytes"),
        _ => {}
    }
    let steps = (1..=5u32)
        .map(|power| 1024u64.pow(power))
        .zip("KMGTP".chars());
    let (unit, letter) = steps
        .into_iter()
        .find(|(unit, _)| (size as f64 / *unit as f64).round() < 1024.0)
        .unwrap();
    format!("{} {letter}iB", tenths(size, unit))
}

/// As Hadoop does: whole where it is, with one decimal where it is not.
fn hadoop(size: u64) -> String {
    match unit_of(size, 1024) {
        None => size.to_string(),
        Some((unit, letter)) if size.is_multiple_of(unit) => format!("{} {letter}", size / unit),
        Some((unit, letter)) => format!("{} {letter}", tenths(size, unit)),
    }
}

/// Tools that are not at hand, by the rule that their sources have.
#[test]
fn figures_made_by_the_rule_hold_the_size() {
    let row = |tool: &str, size: u64| match tool {
        "aws s3 ls --human-readable s3://b/" => {
            format!("2026-11-22 06:02:11 {:>10} f{size}\n", aws(size))
        }
        "hdfs dfs -ls -h /x" => format!(
            "-rw-r--r--   3 a b {:>10} 2026-11-22 06:02 /x/f{size}\n",
            hadoop(size)
        ),
        _ => format!("{}  {}  /x/f{size}\n", hadoop(size), hadoop(3 * size)),
    };
    for command in [
        "aws s3 ls --human-readable s3://b/",
        "hdfs dfs -du -h /x",
        "hdfs dfs -ls -h /x",
    ] {
        let output: String = sizes().iter().map(|&size| row(command, size)).collect();
        let tree = tree(command, &output);
        let mut found = 0;
        let mut stack = vec![NodeId::ROOT];
        while let Some(id) = stack.pop() {
            stack.extend(tree.children_by_name(id));
            let path = String::from_utf8(tree.path(id)).unwrap();
            let Some((_, size)) = path.rsplit_once("/f") else {
                continue;
            };
            let size: u64 = size.parse().unwrap();
            let shown = tree.own_apparent(id).unwrap();
            found += 1;
            let hi = shown.hi.unwrap();
            assert!(
                shown.lo <= size && size <= hi,
                "{command}: {size} {shown:?}"
            );
            assert!(
                hi - shown.lo <= (size / 6).max(1536),
                "{command}: {size} {shown:?}"
            );
        }
        assert_eq!(
            found,
            sizes().len(),
            "{command}: {:?}",
            String::from_utf8_lossy(&tree.path(NodeId::ROOT))
        );
    }
}

/// The figures of `df`, of which the least of what is free counts.
#[test]
fn figures_of_df_hold_the_truth() {
    type Rule = fn(u64) -> String;
    let rules: [(&str, &str, Rule); 4] = [
        ("df -h", "Size  Used Avail", |size| gnu(size, 1024)),
        ("df -H", "Size  Used Avail", |size| gnu(size, 1000)),
        ("busybox df -h", "Size  Used Available", busybox),
        ("df -k", "1K-blocks Used Available", |size| {
            size.div_ceil(1024).to_string()
        }),
    ];
    for (command, header, shown) in rules {
        for size in sizes().into_iter().filter(|&size| size > 1 << 14) {
            // File systems count in blocks.
            let [size, used, free] = [size, size / 3, size / 2].map(|bytes| bytes & !4095);
            let text = format!(
                "root@vm:/x# {command} /x\nFilesystem {header} Use% Mounted on\n\
                 /dev/vda1 {} {} {} 40% /x\nroot@vm:/x# ls -la\ntotal 0\n\
                 -rw-r--r-- 1 a a 5 Nov 22 06:02 f\nroot@vm:/x# exit\n",
                shown(size),
                shown(used),
                shown(free)
            );
            let (_, read) = recorded(text.as_bytes());
            let volume = read.volume.unwrap_or_else(|| panic!("{command}: {text}"));
            let name = format!("{command} {size}: {volume:?}");
            assert!(volume.size >= size && volume.used >= used, "{name}");
            assert!(volume.available <= free, "{name}");
            // Rounded by a tenth at the most, or by a block.
            assert!(volume.size - size <= (size / 6).max(1536), "{name}");
            assert!(free - volume.available <= (free / 6).max(1536), "{name}");
        }
    }
}

/// What a row says of a file and of its directory: the other quantity is never a number.
#[test]
fn a_tool_says_nothing_of_the_quantity_that_it_does_not_show() {
    const LONG: &str = "-rw-r--r-- 1 a a 5 Nov 22 06:02 f\n";
    let exactly = |n| Some(Interval::exactly(n));
    let (four, half) = (
        Some(Interval::between(3584, 4096)),
        Some(Interval::between(3994, 4147)),
    );
    for (command, output, apparent, disk) in [
        ("ls -l", format!("total 4\n{LONG}"), exactly(5), None),
        ("ls -ls", format!("total 4\n4 {LONG}"), exactly(5), four),
        ("ls -s1", "total 4\n4 f\n".to_owned(), None, four),
        ("ls -1", "f\n".to_owned(), None, None),
        (
            "find . -printf '%s %p\\n'",
            "5 ./f\n".to_owned(),
            exactly(5),
            None,
        ),
        (
            "find . -printf '%b %p\\n'",
            "8 ./f\n".to_owned(),
            None,
            exactly(4096),
        ),
        (
            "find . -printf '%k %p\\n'",
            "4 ./f\n".to_owned(),
            None,
            four,
        ),
        (
            "find . -ls",
            format!(" 77 4 {}", LONG.replace(" f", " ./f")),
            exactly(5),
            four,
        ),
        (
            "stat -c '%s %b %n' f",
            "5 8 f\n".to_owned(),
            exactly(5),
            exactly(4096),
        ),
        ("du -a", "4\t./f\n8\t.\n".to_owned(), None, four),
        ("du -ah", "4.0K\t./f\n8.0K\t.\n".to_owned(), None, half),
        ("du -ab", "5\t./f\n4101\t.\n".to_owned(), exactly(5), None),
        (
            "tree -s",
            ".\n└── [          5]  f\n\n0 directories, 1 file\n".to_owned(),
            exactly(5),
            None,
        ),
        (
            "exa -lB",
            ".rw-r--r-- 5 op 22 Nov 06:02 f\n".to_owned(),
            exactly(5),
            None,
        ),
    ] {
        let tree = tree(command, &output);
        let node = tree
            .find(b"/x/f")
            .unwrap_or_else(|| panic!("{command}: no file"));
        let known = |size: Option<Interval>| size.filter(|&size| size != Interval::UNKNOWN);
        assert_eq!(
            known(tree.own_apparent(node)),
            apparent,
            "{command}: apparent"
        );
        let shown = known(tree.own_disk(node));
        let holds = |(all, one): (Interval, Interval)| all.lo <= one.lo && one.hi <= all.hi;
        assert_eq!(shown.is_some(), disk.is_some(), "{command}: disk {shown:?}");
        assert!(
            shown.zip(disk).is_none_or(holds) || shown == disk,
            "{command}: disk {shown:?}"
        );
        let above = tree.totals(tree.find(b"/x").unwrap());
        assert!(
            apparent.is_some() || above.apparent.hi.is_none(),
            "{command}: {above:?}"
        );
        let reckons = disk.is_some();
        assert!(
            reckons || command.contains("du") || above.disk.lo == 0,
            "{command}: {above:?}"
        );
    }
}
