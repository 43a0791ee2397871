//! `systemd-tmpfiles --clean` says which files of a random tree its lines remove.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use jettison::rules;
use jettison::time::Timestamp;

use super::{Draw, clock, eligible, has_tool, listing, rule_file, scan, shown, takes};
use crate::dir::{Dir, age_to};

const ROUNDS: u64 = 100;

const NAMES: [&str; 8] = ["a", "b.log", "c", ".hid", "x y", "d", "e.lock", "s"];

fn build(draw: &mut Draw, dir: &Dir, now: i64) {
    for _ in 0..18 {
        let depth = 1 + draw.below(4);
        let parts: Vec<&str> = (0..depth).map(|_| draw.pick(&NAMES)).collect();
        let path = dir.join("t").join(parts.join("/"));
        let blocked = path.ancestors().skip(1).any(std::path::Path::is_file);
        if blocked || path.exists() {
            continue;
        }
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, b"x").unwrap();
        age_to(
            &path,
            now - 86_400 * [1, 5, 9, 11, 40][draw.below(5)] - 3600,
        );
    }
    fs::create_dir_all(dir.join("t")).unwrap();
}

/// Some lines; the times other than that of modification cannot be set, so ages ask for that one.
fn lines(draw: &mut Draw, root: &str) -> String {
    let mut text = String::new();
    for _ in 0..1 + draw.below(5) {
        let kind = draw.pick(&[
            "d", "d", "d", "D", "e", "q", "x", "X", "z", "r", "r!", "f", "d!", "v",
        ]);
        let path = draw.pick(&[
            "", "", "/a", "/d", "/s", "/a/b.log", "/d/s", "/*", "/*/s", "/d/*.log", "/.h*",
            "/{a,d}", "/a/", "//d", "/x y", "/[a-d]", "/s/*/*",
        ]);
        let age = draw.pick(&[
            "-", "m:10d", "m:10d", "mM:4d", "~m:4d", "0", "m:1w3d", "10d",
        ]);
        text += &format!("{kind} \"{root}{path}\" - - - {age}\n");
    }
    text
}

#[test]
fn what_is_cleaned_is_what_systemd_cleans() {
    if !has_tool("systemd-tmpfiles", true) {
        return;
    }
    let mut counted = 0;
    for seed in 0..ROUNDS {
        let mut draw = Draw::new(seed);
        let dir = Dir::new();
        let now = clock();
        build(&mut draw, &dir, now);
        let root = dir.join("t");
        let text = lines(&mut draw, root.to_str().unwrap());
        counted += text.lines().count();
        let set = rules::read(&[rule_file("/etc/tmpfiles.d/x.conf", &text)], &mut |_| None);
        let tree = scan(&root);
        let mut ours = BTreeSet::new();
        for rule in set
            .rules
            .iter()
            .filter(|r| r.disabled.is_none() && r.in_name.is_none())
        {
            ours.extend(eligible(&takes(rule, &tree, Timestamp(now)), &tree));
        }
        let files = |paths: &BTreeSet<Vec<u8>>| -> BTreeSet<Vec<u8>> {
            let is_file = |path: &&Vec<u8>| tree.find(path).is_some_and(|node| !tree.is_dir(node));
            paths.iter().filter(is_file).cloned().collect()
        };
        let before = listing(&root);
        let conf = dir.write("x.conf", &text);
        let output = Command::new("systemd-tmpfiles")
            .arg("--clean")
            .arg(&conf)
            .output()
            .unwrap();
        let left = if root.exists() {
            listing(&root)
        } else {
            BTreeSet::new()
        };
        let gone: BTreeSet<Vec<u8>> = before.difference(&left).cloned().collect();
        assert_eq!(
            shown(&files(&ours)),
            shown(&files(&gone)),
            "seed {seed}\n{text}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    assert!(counted >= 200, "{counted} lines");
}
