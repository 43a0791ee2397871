//! Recorded terminals, read whole: every fixture against its expectation, the puzzle against a
//! brute force, and anything at all against the promise that no path is made up.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jettison::bytes::Interval;
use jettison::entry::{Listing, Volume};
use jettison::error::Error;
use jettison::source::transcript::{Options, Recording};
use jettison::tree::{NodeId, Tree};
use proptest::prelude::*;

use crate::recorded::{self, size_text};

fn load(text: &[u8], name: &str, options: &Options<'_>) -> Result<(Tree, Recording), Error> {
    let (mut tree, recording) = recorded::load(text, name, options)?;
    if !recording.evidence.reckons_in_disk() {
        tree.reckon_in_apparent();
    }
    Ok((tree, recording))
}

fn tree(text: &str) -> Tree {
    load(text.as_bytes(), "t.txt", &Options::default())
        .unwrap_or_else(|error| panic!("{error}: {text}"))
        .0
}

// ---- fixtures -----------------------------------------------------------------------------------

/// One line a node: kind and listing, own sizes, sums of directories, time, lines, path.
fn dump(tree: &Tree, recording: &Recording) -> String {
    let mut text = format!(
        "{:?}, reckoned in {}\n",
        tree.rooting(),
        tree.quantity().word()
    );
    let mut stack = vec![NodeId::ROOT];
    while let Some(id) = stack.pop() {
        let path = tree.path(id);
        assert_eq!(tree.find(&path), Some(id), "{}", path.escape_ascii());
        let kind = match tree.listing(id) {
            Listing::Complete => tree.kind(id).word().to_owned(),
            listing => format!("dir/{listing:?}").to_lowercase(),
        };
        let totals = tree.totals(id);
        let sums = if tree.is_dir(id) {
            format!(
                "  Σ {} | {}",
                size_text(Some(totals.apparent)),
                size_text(Some(totals.disk))
            )
        } else {
            String::new()
        };
        let lines: BTreeSet<u64> = recording
            .evidence
            .of(&path)
            .iter()
            .map(|p| p.line)
            .collect();
        let lines: Vec<String> = lines.iter().map(u64::to_string).collect();
        writeln!(
            text,
            "{kind:<12} {} | {}{sums}  {}  [{}]  {}",
            size_text(tree.own_apparent(id)),
            size_text(tree.own_disk(id)),
            tree.mtime(id).map_or("-".to_owned(), |t| t.to_string()),
            lines.join(" "),
            path.escape_ascii()
        )
        .unwrap();
        stack.extend(tree.children_by_name(id).into_iter().rev());
    }
    if let Some(volume) = &recording.volume {
        writeln!(text, "volume {}", volume_text(volume)).unwrap();
    }
    for trouble in &recording.troubles {
        writeln!(
            text,
            "trouble {} {} {}: {}",
            trouble.line.map_or("-".to_owned(), |line| line.to_string()),
            trouble.code,
            trouble.path.escape_ascii(),
            trouble.message
        )
        .unwrap();
    }
    text
}

fn volume_text(volume: &Volume) -> String {
    format!(
        "{} size {} used {} available {} reserved {} inodes {:?} {:?} {}",
        volume.mount.escape_ascii(),
        volume.size,
        volume.used,
        volume.available,
        volume.reserved,
        volume.inodes,
        volume.inodes_available,
        volume.measured.word()
    )
}

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/transcripts")
}

/// A fixture's options stand in its name: `NAME.assume-empty.txt`, `NAME.at-12.txt`.
fn options_of(name: &str) -> Options<'static> {
    let at_line = name
        .split('.')
        .find_map(|part| part.strip_prefix("at-"))
        .map(|line| line.parse().unwrap());
    Options {
        assume_empty: name.contains(".assume-empty."),
        at_line,
        ..Options::default()
    }
}

#[test]
fn every_fixture_reads_as_expected() {
    let update = std::env::var_os("UPDATE").is_some();
    let mut paths: Vec<PathBuf> = std::fs::read_dir(fixtures())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext != "expect"))
        .collect();
    paths.sort();
    assert!(paths.len() >= 16, "fixtures are missing");
    let mut wrong = Vec::new();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let text = std::fs::read(&path).unwrap();
        let got = match load(&text, &name, &options_of(&name)) {
            Ok((tree, recording)) => dump(&tree, &recording),
            Err(error) => format!("error: {error}\nhint: {}\n", error.hint().unwrap_or("-")),
        };
        let expectation = path.with_extension("expect");
        if update {
            std::fs::write(&expectation, &got).unwrap();
        } else if std::fs::read_to_string(&expectation).unwrap_or_default() != got {
            wrong.push(format!("{name}:\n{got}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "differs from what is expected (UPDATE=1 rewrites):\n{}",
        wrong.join("\n")
    );
}

// ---- the puzzle, against a brute force ----------------------------------------------------------

/// A small generator of random numbers, so that a failure can be repeated.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

/// A made-up file system: directories by path, each with its files.
fn made_up(seed: &mut Seeded, dirs: usize) -> BTreeMap<Vec<String>, Vec<(String, u64)>> {
    let mut world = BTreeMap::from([(Vec::new(), Vec::new())]);
    while world.len() < dirs {
        let at = usize::try_from(seed.below(world.len() as u64)).unwrap();
        let mut path = world.keys().nth(at).unwrap().clone();
        path.push(format!("d{}", seed.below(40)));
        world.entry(path).or_default();
    }
    for files in world.values_mut() {
        for n in 0..seed.below(6) {
            files.push((format!("f{n}.x"), seed.below(300_000)));
        }
    }
    world
}

/// A session that lists everything: depth first, but with detours, jumps to `/`, paths of several
/// parts and listings that come twice.
fn session(seed: &mut Seeded, world: &BTreeMap<Vec<String>, Vec<(String, u64)>>) -> String {
    let mut text = "$ cd /\n".to_owned();
    let mut at: Vec<String> = Vec::new();
    for (path, files) in world {
        let common = at.iter().zip(path).take_while(|(a, b)| a == b).count();
        match seed.below(4) {
            0 => {
                text.push_str("$ cd /\n");
                for part in path {
                    writeln!(text, "$ cd {part}").unwrap();
                }
            }
            1 => writeln!(text, "$ cd /{}", path.join("/")).unwrap(),
            2 => {
                let mut parts = vec!["..".to_owned(); at.len() - common];
                parts.extend(path[common..].iter().cloned());
                parts.push(".".to_owned());
                writeln!(text, "$ cd {}", parts.join("/")).unwrap();
            }
            _ => {
                text.push_str(&"$ cd ..\n".repeat(at.len() - common));
                for part in &path[common..] {
                    writeln!(text, "$ cd {part}").unwrap();
                }
            }
        }
        at.clone_from(path);
        for _ in 0..=seed.below(2) {
            text.push_str("$ ls\n");
            let below = world
                .keys()
                .filter(|p| p.len() == path.len() + 1 && p.starts_with(path));
            for dir in below {
                writeln!(text, "dir {}", dir.last().unwrap()).unwrap();
            }
            for (name, size) in files {
                writeln!(text, "{size} {name}").unwrap();
            }
        }
    }
    text
}

#[test]
fn the_puzzles_totals_equal_a_brute_force() {
    for seed in 1..=20 {
        let mut seed = Seeded(seed * 0x9e37_79b9);
        let world = made_up(&mut seed, 180);
        let tree = tree(&session(&mut seed, &world));
        assert_eq!(tree.directories().len(), world.len());
        for path in world.keys() {
            let expected: u64 = world
                .iter()
                .filter(|(other, _)| other.starts_with(path))
                .flat_map(|(_, files)| files)
                .map(|(_, size)| size)
                .sum();
            let id = tree
                .find(format!("/{}", path.join("/")).as_bytes())
                .unwrap();
            let got = tree.totals(id).apparent;
            assert_eq!(got, Interval::exactly(expected), "/{}", path.join("/"));
        }
    }
}

// ---- anything at all ----------------------------------------------------------------------------

/// Every name in the tree stands in the input, but for the root and the starting points.
fn assert_nothing_is_made_up(text: &[u8]) {
    let Ok((tree, _)) = load(text, "\u{1}root", &Options::default()) else {
        return;
    };
    // A screen may have broken a name in two, and it shows no control characters.
    let unbroken: Vec<u8> = text
        .iter()
        .copied()
        .filter(|&b| (b >= 32 && b != 127) || b == b'\t')
        .collect();
    for id in tree.nodes().skip(1) {
        let name = tree.name(id);
        let shown = name == b"?"
            || name.ends_with(b":?")
            // Where `cd` alone leads.
            || name == b"~"
            || name.ends_with(b":~")
            || name.ends_with(b"/")
            || text.windows(name.len()).any(|w| w == name)
            || unbroken.windows(name.len()).any(|w| w == name)
            // Assumed for `~`, as is documented; quoted names are spelt differently,
            // and the cursor may have gone back to write over something.
            || name == b"root"
            || name == b"home"
            || text.iter().any(|b| matches!(b, b'\\' | b'\'' | b'"' | 0x1b | 8 | b'\r'));
        assert!(shown, "{} is made up", name.escape_ascii());
        assert!(!name.is_empty() && name != b"." && name != b"..");
    }
}

/// Pieces that recordings are made of, to be thrown together.
const PIECES: &[&str] = &[
    "$ cd /\n",
    "$ cd a\n",
    "$ cd ..\n",
    "$ cd a/../b\n",
    "$ ls\n",
    "dir a\n",
    "dir b\n",
    "12 f\n",
    "99999999999999999999 g\n",
    "root@vm:/srv# ls -la\n",
    "root@vm:/srv/a# ls -lR\n",
    "root@vm:~# cd -\n",
    "[op@db x]$ cd a\n",
    "[op@db ~]$ ls -lA x y\n",
    "total 8\n",
    "total 0\n",
    "./a:\n",
    "x:\n",
    "\n",
    "drwxr-xr-x 2 a a 4096 Nov 22 06:02 .\n",
    "drwxr-xr-x 2 a a 4096 Nov 22 06:02 sub\n",
    "-rw-r--r-- 2 a a 77 Nov 22 06:02 file\n",
    "-rw-r--r-- 1 a a 77 Nov 22 06:02  pad\n",
    "-rw-r--r-- 1 a a 77 Nov 22 06:02 'q q'\n",
    "root@vm:/srv# du -ab\n",
    "77\t./file\n",
    "5000\t.\n",
    "root@vm:/srv# du -sk *\n",
    "8\tsub\n",
    "ls: cannot open directory 'sub': Permission denied\n",
    "du: cannot read directory './sub': Permission denied\n",
    "-bash: cd: a: No such file or directory\n",
    "root@vm:/srv# rm file\n",
    "root@vm:/srv# mv file sub\n",
    "root@vm:/srv# x $(y)\n",
    "/srv/a\n",
    "root@vm:/srv# pwd\n",
    "root@vm:/srv# df -B1\n",
    "Filesystem 1B-blocks Used Available Use% Mounted on\n",
    "/dev/a 10 9 1 90% /srv\n",
    "a\u{8}b\n",
    "\u{1b}[31mred\n",
    "\u{1b}[2J\n",
    "^C\n",
    "\0\n",
    "::\n",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn pieces_in_any_order_are_read(order in prop::collection::vec(0..PIECES.len(), 0..40)) {
        let text: String = order.iter().map(|&i| PIECES[i]).collect();
        assert_nothing_is_made_up(text.as_bytes());
    }

    #[test]
    fn damaged_recordings_are_read(
        which in 0usize..8,
        at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let names = [
            "puzzle-again", "long-listing", "quoted-names", "du-sums", "two-hosts", "recursive",
            "typescript", "wrapped-command",
        ];
        let path = fixtures().join(names[which]).with_extension("txt");
        let mut text = std::fs::read(path).unwrap();
        for (index, byte) in at {
            let index = index.index(text.len());
            text[index] = byte;
        }
        text.truncate(cut.index(text.len()) + 1);
        assert_nothing_is_made_up(&text);
    }

    #[test]
    fn any_bytes_are_read_or_refused(text in prop::collection::vec(any::<u8>(), 0..400)) {
        assert_nothing_is_made_up(&text);
    }
}

#[test]
fn hostile_recordings_take_bounded_time() {
    let deep = format!("$ cd /\n{}$ ls\n1 leaf\n", "$ cd a\n".repeat(100_000));
    let tree = tree(&deep);
    assert_eq!(tree.directories().len(), 100_001);
    let wide = format!("$ cd /\n$ ls\n{}", "x".repeat(3 << 20));
    assert!(load(wide.as_bytes(), "t", &Options::default()).is_ok());
    let escapes = format!("$ cd /\n$ ls\n1 a\n{}", "\u{1b}]0;".repeat(20_000));
    assert!(load(escapes.as_bytes(), "t", &Options::default()).is_ok());
    // Many listings of a directory with many names must not cost their product.
    let names: String = (0..20_000).map(|n| format!("1 .f{n}\n")).collect();
    let again = format!("$ cd /\n$ ls\n{names}{}", "$ ls\n".repeat(20_000));
    assert!(load(again.as_bytes(), "t", &Options::default()).is_ok());
}

#[test]
fn what_is_no_recording_is_refused_with_a_hint() {
    for (text, cause) in [
        (&b""[..], "is empty"),
        (b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0", "not text"),
        (
            b"{\"version\": 2, \"width\": 80, \"height\": 24}\n",
            "no listing was recognised",
        ),
        (b"{\"version\": 1, \"width\": 80", "not an asciicast"),
        (b"\xff\xfeh\0i\0", "no listing was recognised"),
        (b"nothing of the kind\n", "no listing was recognised"),
    ] {
        let error = load(text, "x", &Options::default()).unwrap_err();
        assert!(error.is_source() && error.hint().is_some());
        assert!(error.to_string().contains(cause), "{error}");
    }
}

/// A typescript of a recorder that was killed ends anywhere: a name that is cut is no name.
#[test]
fn a_recording_that_ends_within_a_row_shows_no_half_names() {
    let whole = std::fs::read(fixtures().join("no-room.typescript")).unwrap();
    let known: BTreeSet<Vec<u8>> = {
        let (tree, recording) = load(&whole, "t", &Options::default()).unwrap();
        let gone = [&b"base.new"[..], b".trash", b"core.812", b"mnt"];
        assert!(recording.evidence.names() > 20);
        let names = tree.nodes().map(|id| tree.name(id).to_vec());
        names.chain(gone.iter().map(|name| name.to_vec())).collect()
    };
    for end in (200..whole.len()).step_by(7) {
        if let Ok((tree, _)) = load(&whole[..end], "t", &Options::default()) {
            for id in tree.nodes() {
                let name = tree.name(id).to_vec();
                assert!(
                    known.contains(&name) || name == b"?" || name == b"t",
                    "{end}: {}",
                    name.escape_ascii()
                );
            }
        }
    }
}
