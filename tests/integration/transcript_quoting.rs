//! Hostile names in every way in which `ls` writes names: the real tool lists a real directory, and
//! what is read back must be names that are there. Where a style loses nothing, it must be all.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::Command;

use jettison::entry::Listing;
use jettison::tree::Tree;

use crate::recorded;

/// Names that some style or other makes something else of.
const NAMES: [&[u8]; 30] = [
    b"plain",
    b"a b",
    b"two  blanks",
    b"tab\tx",
    b"nl\ny",
    b"two\n\nlines",
    b"q'uote",
    b"dq\"x",
    b"both'\"",
    b"back\\s",
    b"\\n",
    b"esc\x1b[31mx",
    b"dollar$x",
    b"$'x'",
    b"q?m",
    b"star*",
    b" lead",
    b"trail ",
    b"bad\xff",
    b"\xc3\xa9t\xc3\xa9",
    b"bt`x",
    b"a -> b",
    b"x=y",
    b"#h",
    b"~t",
    b"{b}",
    b"slash\\",
    b"colon:",
    b"\xe2\x80\x98marks\xe2\x80\x99",
    b"total 12",
];

fn fill(directory: &Path) {
    for (at, name) in NAMES.iter().enumerate() {
        fs::write(directory.join(OsStr::from_bytes(name)), vec![0; at + 1]).unwrap();
    }
    let below = directory.join("sub dir");
    fs::create_dir(&below).unwrap();
    fs::write(below.join("in\tner"), [0; 77]).unwrap();
    std::os::unix::fs::symlink("a b", directory.join("ln k")).unwrap();
}

/// The paths below `/x`, each with its exact size, where one is known.
fn seen(tree: &Tree) -> BTreeSet<(Vec<u8>, Option<u64>)> {
    let mut found = BTreeSet::new();
    let Some(start) = tree.find(b"vm:/x").or_else(|| tree.find(b"/x")) else {
        return found;
    };
    let depth = tree.path(start).len() + 1;
    let mut stack = tree.children_by_name(start);
    while let Some(id) = stack.pop() {
        stack.extend(tree.children_by_name(id));
        let size = tree.own_apparent(id).filter(|size| size.is_exact());
        let size = size.filter(|_| !tree.is_dir(id)).map(|size| size.lo);
        found.insert((tree.path(id)[depth..].to_vec(), size));
    }
    found
}

/// What is there, with sizes where a listing shows them.
fn there(sizes: bool, recursive: bool) -> BTreeSet<(Vec<u8>, Option<u64>)> {
    let size = |size: u64| sizes.then_some(size);
    let mut all: BTreeSet<_> = NAMES
        .iter()
        .zip(1..)
        .map(|(name, at)| (name.to_vec(), size(at)))
        .collect();
    all.insert((b"sub dir".to_vec(), None));
    all.insert((b"ln k".to_vec(), size(3)));
    if recursive {
        all.insert((b"sub dir/in\tner".to_vec(), size(77)));
    }
    all
}

/// What was read, and whether the listing counts as complete.
fn recorded(command: &str, output: &[u8], terminal: bool) -> (Tree, bool) {
    let mut text = Vec::new();
    if terminal {
        text.extend_from_slice(b"Script started on 2026-11-22 06:10:00+00:00 [COLUMNS=\"500\"]\n");
    }
    let end: &[u8] = if terminal { b"\r\n" } else { b"\n" };
    text.extend_from_slice(format!("root@vm:/x# {command}").as_bytes());
    text.extend_from_slice(end);
    for line in output.split_inclusive(|&b| b == b'\n') {
        text.extend_from_slice(line.strip_suffix(b"\n").unwrap_or(line));
        text.extend_from_slice(end);
    }
    text.extend_from_slice(b"root@vm:/x# exit");
    text.extend_from_slice(end);
    let (tree, _) = recorded::recorded(&text);
    let start = tree.find(b"/x").or_else(|| tree.find(b"vm:/x"));
    let whole = start.is_some_and(|id| tree.listing(id) == Listing::Complete);
    (tree, whole)
}

/// What a style makes of names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// Every name can be told.
    Whole,
    /// What cannot be printed is a `?`.
    Garbling,
    /// Blanks stand for themselves: in columns they part names, too, and at the end they may be
    /// those of a copy.
    Bare,
}

const STYLES: [(&str, Style); 13] = [
    ("--quoting-style=shell-escape", Style::Whole),
    ("--quoting-style=shell-escape-always", Style::Whole),
    ("--quoting-style=c", Style::Whole),
    ("--quoting-style=escape", Style::Whole),
    ("--quoting-style=locale", Style::Whole),
    ("--quoting-style=clocale", Style::Whole),
    ("-Q", Style::Whole),
    ("-b", Style::Whole),
    ("-q --quoting-style=shell", Style::Garbling),
    ("-q --quoting-style=shell-always", Style::Garbling),
    ("--quoting-style=c-maybe", Style::Bare),
    ("-qN", Style::Bare),
    ("-q --quoting-style=literal", Style::Bare),
];

const FORMS: [&str; 9] = [
    "-lA", "-lAR", "-lAF", "-1A", "-1AR", "-sA1", "-Am", "-Ap", "-Ax",
];

/// What a listing of the directory makes up, and what it loses and should not.
fn faults(command: &str, output: &[u8], terminal: bool, style: Style) -> Vec<String> {
    let (tree, whole) = recorded(command, output, terminal);
    let there = there(command.contains(" -l"), command.contains('R'));
    let found = seen(&tree);
    let made_up = found.difference(&there).map(|one| ("made up", one));
    let missed = there.difference(&found).map(|one| ("lost", one));
    let counts = whole || style == Style::Whole;
    let say = |(what, (name, size)): (&str, &(Vec<u8>, Option<u64>))| {
        format!(
            "{command} (terminal: {terminal}): {what} {} {size:?}",
            name.escape_ascii()
        )
    };
    made_up.chain(missed.filter(|_| counts)).map(say).collect()
}

#[test]
#[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
fn every_style_gives_the_names_that_are_there() {
    let directory = tempfile::tempdir().unwrap();
    fill(directory.path());
    for locale in ["C.UTF-8", "C"] {
        for ((style, kind), form) in STYLES.iter().flat_map(|s| FORMS.map(|form| (*s, form))) {
            if kind == Style::Bare && ["-Ap", "-Ax"].contains(&form) {
                continue;
            }
            let command = format!("ls -w 400 {form} {style}");
            let mut shell = Command::new("sh");
            shell.args(["-c", &command]).current_dir(directory.path());
            let made = shell.env("LC_ALL", locale).output().unwrap();
            if !made.status.success() {
                eprintln!("skipped: {command}: not the ls of GNU");
                continue;
            }
            for terminal in [false, true] {
                let faults = faults(&command, &made.stdout, terminal, kind);
                assert!(faults.is_empty(), "{locale}: {}", faults.join("\n"));
            }
        }
    }
}
