//! The shell itself as the oracle: scripts are run on a tree, and what is gone is what was read.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::model::Tri;
use super::*;
use crate::rules::coverage::{self, Ground};

/// Files by path and age in days.
const FILES: [(&str, u64); 12] = [
    ("a/one.gz", 1),
    ("a/two.gz", 9),
    ("a/three.gz", 20),
    ("a/four.log", 30),
    ("a/.five.gz", 40),
    ("a/sub/six.gz", 50),
    ("b/s p.gz", 9),
    ("b/keep.gz", 60),
    ("b/old.log", 70),
    ("c/x/1.tmp", 2),
    ("c/y/2.tmp", 12),
    ("list", 0),
];

const SCRIPTS: [&str; 22] = [
    "for d in R/a R/b; do find \"$d\" -name '*.gz' -delete; done",
    "D=(R/a R/b); for d in \"${D[@]}\"; do rm -f \"$d\"/*.log; done",
    "find R/a -type f | while read -r f; do rm -f \"$f\"; done",
    "find R/b -type f -print0 | while IFS= read -r -d '' f; do [ -f \"$f\" ] && rm \"$f\"; done",
    "while read -r f; do rm \"$f\"; done < <(find R/a -name '*.log')",
    "while read d p; do rm -f R/$d/$p; done <<E\na *.gz\nb *.log\nE",
    "rm -f $(find R/a -name '*.gz')",
    "old=$(find R/a -type f); for f in $old; do rm $f; done",
    "mapfile -t f < <(find R/a -name '*.gz'); rm \"${f[@]}\"",
    "find R -type f | grep '\\.gz$' | grep -v keep | tr '\\n' '\\0' | xargs -0 rm",
    "find R -type f | grep -E '/(one|two)\\.' | xargs rm -f",
    "cd R/a && ls -t | grep gz | tail -n +2 | xargs rm -f",
    "ls -t R/a/*.gz | tail -n +2 | xargs rm",
    "ls -1 R/a/*.gz | sort -r | tail -n +3 | xargs rm",
    "ls -t R/a | grep '^t' | tail -n +2 | while read f; do rm R/a/$f; done",
    "ls R/c | xargs -I{} rm -rf R/c/{}",
    "p() { local d=$1; shift; find \"$d\" \"$@\" -delete; }; p R/a -name '*.gz'; p R/c -name '*.tmp'",
    "for n in {1..2}; do rm -f R/c/*/$n.tmp; done",
    "for d in R/c/*/; do rm -f \"${d}\"*.tmp; done",
    "case b in a) rm -f R/a/*;; b) rm -f R/b/*;; esac",
    "x=2; rm -f R/c/y/$((x*1)).tmp",
    "find R/c -type f -delete; find R/c -mindepth 1 -depth -type d -exec rmdir {} \\; 2>/dev/null",
];

fn plant(root: &Path) {
    for (path, age) in FILES {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "x").unwrap();
        let time = oracle::clock() - Duration::from_secs(age * 86_400);
        fs::File::open(&path).unwrap().set_modified(time).unwrap();
    }
}

#[test]
fn bash_agrees() {
    if Command::new("bash").arg("--version").output().is_err() {
        let text = b"skipped: bash is not installed\n";
        let _ignored = std::io::Write::write_all(&mut std::io::stderr(), text);
        return;
    }
    for script in SCRIPTS {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("r");
        plant(&root);
        let (tree, now) = oracle::read_back(&root);
        let script = script.replace("R/", &format!("{}/", root.display()));
        let script = script.replace("R ", &format!("{} ", root.display()));
        let set = daily(&format!("#!/bin/bash\n{script}\n"));
        let mut run = Command::new("bash");
        run.args(["-c", &script])
            .env("LC_ALL", "C")
            .current_dir("/");
        run.output().unwrap();
        let ground = Ground::new(&tree, None);
        let hits = set
            .rules
            .iter()
            .filter(|rule| !rule.gates.iter().any(model::Gate::is_closed))
            .flat_map(|rule| coverage::takes(rule, &ground, now).hits);
        let taken: BTreeSet<_> = hits
            .filter(|hit| hit.eligible == Tri::True)
            .map(|hit| hit.node)
            .collect();
        for node in tree.nodes().filter(|&node| !tree.is_dir(node)) {
            let path = tree.path(node);
            let is_gone = Path::new(OsStr::from_bytes(&path))
                .symlink_metadata()
                .is_err();
            assert_eq!(
                taken.contains(&node),
                is_gone,
                "{script}: {}",
                String::from_utf8_lossy(&path)
            );
        }
    }
}
