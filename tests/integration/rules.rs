//! Rules against the programs that carry them out: random trees, random rules, the real tool.
//!
//! A test whose tool is missing says so and passes; with `JETTISON_TEST_TOOLS=1` it fails.

mod find;
mod logrotate;
mod tmpfiles;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::process::Command;

use jettison::entry::RuleFile;
use jettison::rules::coverage::{self, Ground, Taken};
use jettison::rules::model::Rule;
use jettison::source::{self, Source};
use jettison::survey::survey;
use jettison::time::Timestamp;
use jettison::tree::Tree;

/// A small generator of its own, so that a seed means the same draw for ever.
pub(crate) struct Draw(pub(crate) u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % n as u64).unwrap()
    }

    pub(crate) fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }

    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }
}

/// Whether a tool can be used; where not, says why, or fails where the tools are demanded.
pub(crate) fn has_tool(tool: &str, needs_root: bool) -> bool {
    let there = Command::new(tool)
        .arg("--version")
        .output()
        .is_ok_and(|output| output.status.success());
    let is_root = !needs_root || rustix_euid() == 0;
    if there && is_root {
        return true;
    }
    let why = if there {
        "needs root"
    } else {
        "is not installed"
    };
    assert!(
        std::env::var_os("JETTISON_TEST_TOOLS").is_none_or(|v| v != "1"),
        "{tool} {why}"
    );
    let text = format!("skipped: {tool} {why}\n");
    let _ignored = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    false
}

/// The user that the tests run as, by who owns a new file.
pub(crate) fn rustix_euid() -> u32 {
    use std::os::unix::fs::MetadataExt as _;
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::metadata(file.path()).unwrap().uid()
}

pub(crate) fn rule_file(path: &str, contents: &str) -> RuleFile {
    RuleFile {
        path: path.as_bytes().to_vec(),
        read_from: path.as_bytes().to_vec(),
        contents: contents.as_bytes().to_vec(),
        mode: None,
        uid: None,
        mtime: None,
    }
}

pub(crate) fn scan(root: &Path) -> Tree {
    survey(&Source::named(root), &source::Options::default())
        .unwrap()
        .tree
}

pub(crate) fn takes(rule: &Rule, tree: &Tree, now: Timestamp) -> Taken {
    coverage::takes(rule, &Ground::new(tree, None), now)
}

/// Every path below a folder, the folder itself among them.
pub(crate) fn listing(root: &Path) -> BTreeSet<Vec<u8>> {
    let mut found = BTreeSet::from([root.as_os_str().as_bytes().to_vec()]);
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let entry = entry.unwrap();
            if entry.file_type().unwrap().is_dir() {
                folders.push(entry.path());
            }
            found.insert(entry.path().into_os_string().into_vec());
        }
    }
    found
}

pub(crate) fn shown(paths: &BTreeSet<Vec<u8>>) -> Vec<String> {
    paths
        .iter()
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect()
}

/// Now, as the tools reckon.
#[expect(
    clippy::disallowed_methods,
    reason = "the tools reckon from the real clock"
)]
pub(crate) fn clock() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::SystemTime::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_secs()).unwrap()
}
