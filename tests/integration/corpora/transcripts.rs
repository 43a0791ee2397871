//! Recordings with the true tree: what is seen is found, what is found is true.
//!
//! The truth beside each recording is what `lstat` said of the whole tree before and after it. What
//! a reader may be asked for is only what was *shown*, so this file reads the recording once more,
//! in a plain way of its own: which names stand in a block that lists their directory, and with
//! which figures. It knows nothing of the program's readers.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::dir::jettison;

/// A thing as `lstat` saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Truth {
    kind: String,
    size: u64,
    disk: u64,
    ino: u64,
}

type Tree = BTreeMap<String, Truth>;

/// What the program says of a path.
#[derive(Clone, Debug)]
struct Said {
    kind: String,
    apparent: (u64, Option<u64>),
    disk: (u64, Option<u64>),
}

struct Case {
    name: String,
    recording: PathBuf,
    truth: Value,
    after: Tree,
    before: Option<Tree>,
    /// The lines that stood on the screen, without what colours and moves.
    text: String,
}

fn trees(roots: &Value) -> Option<Tree> {
    let mut all = Tree::new();
    for (root, entries) in roots.as_object()? {
        for entry in entries.as_array()? {
            let relative = entry["path"].as_str()?;
            let path = if relative == "." {
                root.clone()
            } else {
                format!("{root}/{relative}")
            };
            let number = |key: &str| entry[key].as_u64().unwrap_or(0);
            let truth = Truth {
                kind: entry["type"].as_str()?.to_owned(),
                size: number("size"),
                disk: number("disk"),
                ino: number("ino"),
            };
            all.insert(path, truth);
        }
    }
    Some(all)
}

/// Takes out what a terminal does not print: enough to look for names, and no more.
fn plain(bytes: &[u8]) -> String {
    // Where a line editor reaches the edge it goes on with a blank that it writes over at once.
    let text = String::from_utf8_lossy(bytes)
        .replace("\r\n", "\n")
        .replace(" \r", "");
    let sequences = regex::Regex::new(
        r"\x1b\[[0-9;?>]*[A-Za-z@`]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()][0-9A-Za-z]|\x1b[=>M78]|\x07|.\x08|\r",
    )
    .unwrap();
    sequences.replace_all(&text, "").into_owned()
}

fn cases() -> Vec<Case> {
    let Some(folder) = super::kind("transcripts") else {
        return Vec::new();
    };
    let mut recordings: Vec<PathBuf> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let is_other = [
                ".truth.json",
                ".gold.txt",
                ".gold-joined.txt",
                ".md",
                ".timing",
                ".stdin",
            ];
            !is_other.iter().any(|end| name.ends_with(end))
        })
        .collect();
    recordings.sort();
    assert!(recordings.len() >= 10, "recordings are missing");
    recordings.iter().map(|path| case(&folder, path)).collect()
}

/// Recordings that were derived from another have its truth: the name up to the first letter
/// behind the number tells.
fn case(folder: &Path, recording: &Path) -> Case {
    let name = recording
        .file_stem()
        .unwrap()
        .to_string_lossy()
        .into_owned();
    let beside = |end: &str| folder.join(format!("{name}{end}"));
    let sibling = |end: &str| {
        let start = &name[..3.min(name.len())];
        let found = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
        let mut found: Vec<PathBuf> = found
            .filter(|path| {
                let other = path.file_name().unwrap().to_string_lossy().into_owned();
                other.starts_with(&format!("{start}-")) && other.ends_with(end)
            })
            .collect();
        found.sort();
        found.into_iter().next()
    };
    let of = |end: &str| {
        Some(beside(end))
            .filter(|path| path.exists())
            .or_else(|| sibling(end))
    };
    let truth = of(".truth.json").unwrap_or_else(|| panic!("{name}: no truth"));
    let truth: Value = serde_json::from_slice(&fs::read(truth).unwrap()).unwrap();
    let bytes = fs::read(recording).unwrap();
    let forgets = [&b"\x1b[?1049h"[..], b"\x1b[2J"]
        .iter()
        .any(|sign| bytes.windows(sign.len()).any(|w| w == *sign));
    let text = match of(".gold-joined.txt").filter(|_| !forgets) {
        Some(gold) => String::from_utf8_lossy(&fs::read(gold).unwrap()).into_owned(),
        None => plain(&bytes),
    };
    Case {
        after: trees(&truth["roots"]).unwrap(),
        before: trees(&truth["roots_before"]),
        name,
        recording: recording.to_owned(),
        truth,
        text,
    }
}

/// What the program makes of it, by the path on the recorded machine.
fn read(case: &Case, at: Option<usize>) -> BTreeMap<String, Said> {
    let mut args = vec!["scan".to_owned(), case.recording.display().to_string()];
    args.extend(["--format".to_owned(), "json".to_owned()]);
    args.extend(
        at.iter()
            .flat_map(|line| ["--at".to_owned(), line.to_string()]),
    );
    let run = jettison(&args);
    // Up to an early line there may be nothing to read yet.
    if at.is_some() && run.stdout.is_empty() {
        return BTreeMap::new();
    }
    assert!(matches!(run.code, 0 | 3), "{}", run.story());
    let mut all = BTreeMap::new();
    let document = run.json();
    let mut open = vec![&document["root"]];
    while let Some(node) = open.pop() {
        open.extend(node["children"].as_array().into_iter().flatten());
        let Some(path) = node["path"].as_str() else {
            continue;
        };
        let bounds = |size: &Value| match size.as_u64() {
            Some(n) => (n, Some(n)),
            None => (size["lo"].as_u64().unwrap_or(0), size["hi"].as_u64()),
        };
        let said = Said {
            kind: node["kind"].as_str().unwrap().to_owned(),
            apparent: bounds(&node["apparent"]),
            disk: bounds(&node["disk"]),
        };
        all.insert(on_machine(case, path), said);
    }
    all
}

/// A path that starts with `?` begins where the recording began; one with a host, where the case
/// says that the host's tree lies.
fn on_machine(case: &Case, path: &str) -> String {
    if let Some(rest) = path.strip_prefix('?') {
        return format!("{}{rest}", case.truth["start_cwd"].as_str().unwrap_or("?"));
    }
    let mounts = case.truth["mount"].as_object().into_iter().flatten();
    for (seen, real) in mounts {
        if let Some(rest) = path.strip_prefix(seen.as_str()) {
            return format!("{}{rest}", real.as_str().unwrap());
        }
    }
    path.to_owned()
}

// ---- what was shown -----------------------------------------------------------------------------

/// Every file of the truth that some line shows, with the lines that do.
fn shown(case: &Case, tree: &Tree) -> BTreeMap<String, Vec<String>> {
    let mut by_name: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (path, truth) in tree {
        if truth.kind != "d"
            && let Some((_, name)) = path.rsplit_once('/')
        {
            by_name.entry(name).or_default().push(path);
        }
    }
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // The directories that the lines may be of, by their last names, and those around a tree's row.
    let mut listed: BTreeSet<String> = BTreeSet::new();
    let mut branch: Vec<String> = Vec::new();
    let prompt = regex::Regex::new(r"^\S*[^#$%>]*[#$%] (.*)$").unwrap();
    let commands = regex::Regex::new(r"\b(ls|ll|cd|du|tree|find|stat)\b").unwrap();
    for line in case.text.lines().map(str::trim_end) {
        if let Some(typed) = prompt.captures(line).filter(|c| commands.is_match(&c[1])) {
            let _ = typed;
            listed = line
                .split([' ', ';', ':', '$', '#', '[', ']', '>'])
                .map(last_name)
                .collect();
            branch.clear();
            continue;
        }
        if let Some(header) = line.strip_suffix(':') {
            listed = BTreeSet::from([last_name(header.trim_matches('\''))]);
            continue;
        }
        // `-rw-r--r-- 1` is none.
        let signs = ["── ", "|-- ", "`-- "];
        let row = signs.iter().find_map(|sign| line.rsplit_once(sign));
        let mut around = None;
        if let Some((stem, rest)) = row {
            let depth = stem.chars().count() / 4 + 1;
            let name = rest.rsplit(['\u{a0}', ' ']).next().unwrap_or(rest);
            branch.resize(depth, String::new());
            around = branch.get(depth - 1).cloned();
            branch.push(name.trim_end_matches('/').to_owned());
        } else if line.starts_with('[') || !line.contains(' ') {
            branch = vec![last_name(line.rsplit(' ').next().unwrap_or(line))];
        }
        let line = line.split(" -> ").next().unwrap_or(line);
        let last = line.rsplit([' ', '\t', '\u{a0}']).next().unwrap_or(line);
        let last = last.trim_end_matches(['*', '@', '|', '=']);
        let base = last_name(last);
        for path in by_name.get(base.as_str()).into_iter().flatten() {
            let above = Path::new(path).parent().unwrap();
            let above = above.file_name().unwrap().to_string_lossy().into_owned();
            let is_of = match (last.rsplit_once('/'), &around) {
                (Some((dir, _)), _) if last_name(dir) != "." => last_name(dir) == above,
                (_, Some(around)) => *around == above,
                _ => listed.contains(&above),
            };
            // A bare word is no row unless it stands alone or behind a figure.
            let is_row = line.len() == last.len() || line.chars().any(|c| c.is_ascii_digit());
            if is_of && is_row {
                all.entry((*path).to_owned())
                    .or_default()
                    .push(line.to_owned());
            }
        }
    }
    all
}

fn last_name(path: &str) -> String {
    let path = path.trim_matches(['\'', '"']).trim_end_matches('/');
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// How far from the truth a figure as printed may be: none for digits.
fn doubt(figure: &str) -> Option<u64> {
    let letter = figure.chars().last()?;
    let number = figure.strip_suffix(letter)?;
    let power = "KMGT".find(letter)? + 1;
    let unit = 1024u64.pow(u32::try_from(power).unwrap());
    number.parse::<f64>().ok()?;
    // One line does not say which tool rounds: up, or to the nearest, and trees lose a little more.
    let slack = if power > 1 { unit / 1000 } else { 0 };
    Some(
        slack
            + if number.contains(['.', ',']) {
                unit * 15 / 100
            } else {
                unit * 3 / 2
            },
    )
}

fn holds((lo, hi): (u64, Option<u64>), truth: u64) -> bool {
    lo <= truth && hi.is_none_or(|hi| truth <= hi)
}

// ---- the bars -----------------------------------------------------------------------------------

/// Everything said of a thing that is there is true, and nothing is said of what never was.
fn unsound(case: &Case, said: &BTreeMap<String, Said>, trees: &[&Tree]) -> Vec<String> {
    let mut wrong = Vec::new();
    let roots: Vec<&String> = case.truth["roots"].as_object().unwrap().keys().collect();
    for (path, one) in said {
        let inside = roots.iter().any(|root| path.starts_with(root.as_str()));
        let known: Vec<&Truth> = trees.iter().filter_map(|tree| tree.get(path)).collect();
        // Outside of the labelled trees only what leads to them, or stands on the screen, may be.
        let leads = roots
            .iter()
            .any(|root| root.starts_with(path.trim_end_matches('/')));
        let itself = case.recording.to_str() == Some(path);
        let is_shown = || {
            path.trim_end_matches('/')
                .rsplit('/')
                .next()
                .is_some_and(|name| stands_alone(&case.text, name))
        };
        if (inside && known.is_empty())
            || (!inside && !leads && !itself && !is_assumed(path) && !is_shown())
        {
            wrong.push(format!("{}: phantom {path} {one:?}", case.name));
        }
        let is_file = |truth: &&&Truth| truth.kind != "d";
        let files: Vec<_> = known.iter().filter(is_file).collect();
        let fits = |t: &&&&Truth| {
            (holds(one.apparent, t.size) || t.kind != "f") && holds(one.disk, t.disk)
        };
        if !files.is_empty() && !files.iter().any(|t| fits(&t)) {
            wrong.push(format!(
                "{}: {path} is {files:?} and not {one:?}",
                case.name
            ));
        }
        let sums: Vec<(u64, u64, u64)> = trees.iter().map(|tree| sum(tree, path)).collect();
        let fits = |&(each, once, disk): &(u64, u64, u64)| {
            one.apparent.0 <= each
                && one.apparent.1.is_none_or(|hi| once <= hi)
                && holds(one.disk, disk)
        };
        if inside && one.kind == "dir" && !sums.iter().any(fits) {
            wrong.push(format!(
                "{}: {path}/ sums up to {sums:?} and not {one:?}",
                case.name
            ));
        }
    }
    wrong
}

/// Whether a name stands in a text by itself, and not as a part of a longer one.
fn stands_alone(text: &str, name: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric() && !"._-".contains(c));
    !name.is_empty()
        && text.match_indices(name).any(|(at, _)| {
            is_edge(text[..at].chars().next_back())
                && is_edge(text[at + name.len()..].chars().next())
        })
}

/// The homes that `~` stands for, as is documented.
fn is_assumed(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.is_empty() || path == "?" || path == "/root" || path.starts_with("/home")
}

/// What lies at and below a path: apparent by name, and once an inode; disk once an inode.
fn sum(tree: &Tree, path: &str) -> (u64, u64, u64) {
    let mut seen = BTreeSet::new();
    let below = format!("{path}/");
    let mut all = (0, 0, 0);
    for (_, truth) in tree
        .iter()
        .filter(|(p, _)| *p == path || p.starts_with(&below))
    {
        all.0 += truth.size;
        if seen.insert(truth.ino) {
            all.1 += truth.size;
            all.2 += truth.disk;
        }
    }
    all
}

#[test]
fn what_is_said_is_true_and_nothing_is_made_up() {
    let mut wrong = Vec::new();
    let cases = cases();
    for case in &cases {
        wrong.extend(unsound(case, &read(case, None), &[&case.after]));
    }
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
#[expect(clippy::print_stderr, reason = "a count is worth more than a dot")]
fn what_was_shown_is_found_as_exactly_as_it_was_shown() {
    let (mut all, mut missed, mut vague) = (0, Vec::new(), Vec::new());
    for case in &cases() {
        let said = read(case, None);
        let shown = shown(case, &case.after);
        eprintln!("{}: {} files are shown", case.name, shown.len());
        for (path, lines) in shown {
            all += 1;
            let Some(one) = said.get(&path) else {
                missed.push(format!("{}: {path} in {lines:?}", case.name));
                continue;
            };
            let truth = &case.after[&path];
            let figures: Vec<&str> = lines
                .iter()
                .flat_map(|l| l.split([' ', '\t', '[', ']']))
                .collect();
            let is_long = |l: &&String| l.contains("rw") || l.contains("──");
            let exact = lines
                .iter()
                .filter(is_long)
                .flat_map(|l| l.split([' ', '[', ']']));
            let mut exact = exact.filter(|figure| *figure == truth.size.to_string());
            if truth.kind == "f" && exact.next().is_some() {
                if one.apparent != (truth.size, Some(truth.size)) {
                    vague.push(format!(
                        "{}: {path} is printed exactly, not {one:?}",
                        case.name
                    ));
                }
                continue;
            }
            let rounded = lines
                .iter()
                .filter(is_long)
                .flat_map(|l| l.split([' ', '[', ']']));
            let rounded = rounded.filter_map(doubt).min();
            let width = |(lo, hi): (u64, Option<u64>)| hi.map(|hi| hi - lo);
            if let Some(most) = rounded
                && width(one.apparent).is_none_or(|width| width > most)
            {
                vague.push(format!(
                    "{}: {path} is in doubt by {most}, not {one:?}",
                    case.name
                ));
            }
            let has_size = figures
                .iter()
                .any(|f| doubt(f).is_some() || f.parse::<u64>().is_ok());
            if has_size && one.apparent.1.is_none() && one.disk.1.is_none() {
                vague.push(format!(
                    "{}: {path} has a size in {lines:?}, not {one:?}",
                    case.name
                ));
            }
        }
    }
    eprintln!("{all} files are shown, {} of them not found", missed.len());
    assert!(
        vague.is_empty(),
        "{} vague:\n{}",
        vague.len(),
        vague.join("\n")
    );
    let bar = all / 100;
    assert!(
        missed.len() <= bar,
        "{} of {all}:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

// ---- deletions, step by step ----------------------------------------------------------------------

/// What the commands of a recording do to the tree: those that remove, move out or resize.
fn carry_out(tree: &mut Tree, cwd: &str, typed: &str) {
    let words: Vec<&str> = typed.split_whitespace().collect();
    let place = |word: &str| {
        let mut path = if word.starts_with('/') {
            String::new()
        } else {
            cwd.to_owned()
        };
        for part in word
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
        {
            match part {
                ".." => path.truncate(path.rfind('/').unwrap_or(0)),
                name => path = format!("{path}/{name}"),
            }
        }
        path
    };
    match words.as_slice() {
        // Its question was answered with no.
        ["rm", "-i", ..] => {}
        ["rm", names @ ..] => {
            for name in names.iter().filter(|name| !name.starts_with('-')) {
                let gone = place(name);
                tree.retain(|path, _| *path != gone && !path.starts_with(&format!("{gone}/")));
            }
        }
        ["mv", from, _] => {
            tree.remove(&place(from));
        }
        [">", name] => {
            tree.entry(place(name))
                .and_modify(|t| (t.size, t.disk) = (0, 0));
        }
        ["truncate", "-s", size, name] => {
            tree.entry(place(name))
                .and_modify(|t| t.size = size.parse().unwrap());
        }
        _ => {}
    }
}

/// The commands of a recording with whole paths in its prompts: line, directory, what was typed.
fn commands(case: &Case) -> Vec<(usize, String, String)> {
    let text = plain(&fs::read(&case.recording).unwrap());
    let prompt = regex::Regex::new(r"^\w+@\w+:(/[^#$]*)[#$] (.*)$").unwrap();
    let lines = text.lines().enumerate();
    let found = lines.filter_map(|(at, line)| {
        let parts = prompt.captures(line.trim_end())?;
        Some((at + 1, parts[1].to_owned(), parts[2].trim().to_owned()))
    });
    found.collect()
}

#[test]
fn after_each_removal_the_tree_is_what_it_was_then() {
    for case in cases()
        .iter()
        .filter(|case| case.name.contains("deletions"))
    {
        let mut now = case.before.clone().unwrap();
        let commands = commands(case);
        assert!(
            commands.len() > 10,
            "{}: prompts are not understood",
            case.name
        );
        let mut seen = 0;
        for (at, (line, cwd, typed)) in commands.iter().enumerate() {
            let before = now.clone();
            carry_out(&mut now, cwd, typed);
            let next = commands.get(at + 1).map_or(line + 1, |(next, ..)| *next);
            for line in *line..next {
                let said = read(case, Some(line));
                // Up to the next prompt it may have run or not; from there on the next one may.
                let wrong = unsound(case, &said, &[&before, &now]);
                assert!(
                    wrong.is_empty(),
                    "--at {line}, after `{typed}`:\n{}",
                    wrong.join("\n")
                );
                seen += said.len();
            }
        }
        assert!(seen > 0, "{}", case.name);
        let kept =
            |(path, truth): (&String, &Truth)| (path.clone(), truth.kind.clone(), truth.size);
        let files = |tree: &Tree| -> Vec<_> {
            tree.iter()
                .filter(|(_, t)| t.kind == "f")
                .map(kept)
                .collect()
        };
        assert_eq!(
            files(&now),
            files(&case.after),
            "the steps do not lead to the end"
        );
        let end = read(case, None);
        for path in case.before.iter().flatten().map(|(path, _)| path) {
            assert!(
                case.after.contains_key(path) || !end.contains_key(path),
                "{path} is gone"
            );
        }
    }
}

#[test]
fn two_hosts_are_kept_apart() {
    for case in cases()
        .iter()
        .filter(|case| case.truth["mount"].is_object())
    {
        let said = read(case, None);
        for (host, root) in case.truth["mount"].as_object().unwrap() {
            let root = root.as_str().unwrap();
            let files = said
                .iter()
                .filter(|(path, s)| path.starts_with(root) && s.kind == "file");
            assert!(files.count() > 0, "{}: nothing of {host}", case.name);
        }
    }
}

/// What was cleared away or stood in a pager only is found all the same: the terminal's own last
/// screen shows less than the program does.
#[test]
fn nothing_is_lost_to_clear_and_the_pager() {
    for case in cases() {
        let bytes = fs::read(&case.recording).unwrap();
        let has = |sign: &[u8]| bytes.windows(sign.len()).any(|w| w == sign);
        if !(has(b"\x1b[?1049h") || has(b"\x1b[2J")) {
            continue;
        }
        let gold = case
            .recording
            .with_file_name(format!("{}.gold-joined.txt", case.name));
        let last = fs::read_to_string(&gold).unwrap_or_default();
        let said = read(&case, None);
        let mut cleared = 0;
        for (path, truth) in case.after.iter().filter(|(_, truth)| truth.kind == "f") {
            let end = format!(" {}", path.rsplit('/').next().unwrap());
            let size = truth.size.to_string();
            let is_row = |line: &str| {
                let line = line.trim_end();
                line.contains("rw") && line.ends_with(&end) && line.split(' ').any(|w| w == size)
            };
            if case.text.lines().any(is_row) && !last.lines().any(is_row) {
                cleared += 1;
                let exact = said.get(path).map(|one| one.apparent);
                assert_eq!(
                    exact,
                    Some((truth.size, Some(truth.size))),
                    "{}: {path}",
                    case.name
                );
            }
        }
        assert!(
            cleared > 4,
            "{}: only {cleared} files were cleared away",
            case.name
        );
    }
}
