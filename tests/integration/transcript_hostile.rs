//! Recordings made to do harm: lines and sequences without an end, screens of any size, listings
//! whose names look like prompts, recordings within recordings, files that end in the middle.
//!
//! Sizes are small here; what is asserted is what was read, and that work stays in proportion.

use std::fmt::Write as _;

use jettison::bytes::Interval;
use jettison::source::transcript::{Options, Recording};
use jettison::tree::Tree;

use crate::recorded::load;

const HEAD: &str = "Script started on 2026-11-22 06:10:00+00:00 [COLUMNS=\"120\" LINES=\"40\"]\r\n";
const LISTED: &str =
    "op@edge:/srv# ls -l /srv\r\ntotal 4\r\n-rw-r--r-- 1 op op 5 Nov 22 06:02 a\r\n";
const EXIT: &str = "op@edge:/srv# exit\r\n";

fn reading(text: &[u8]) -> Option<(Tree, Recording)> {
    load(text, "hostile", &Options::default()).ok()
}

fn size(tree: &Tree, path: &[u8]) -> Option<Interval> {
    tree.find(path).map(|at| tree.totals(at).apparent)
}

fn files(tree: &Tree) -> usize {
    tree.nodes().filter(|&id| !tree.is_dir(id)).count()
}

/// All that a terminal can be told to do, again and again: the file that was listed before stays
/// what it is, and no other name comes up. A piece that took work out of proportion to its bytes
/// would not come to an end here.
#[test]
fn what_is_shown_after_a_listing_takes_nothing_from_it() {
    let pieces: [&[u8]; 22] = [
        b"q83vEjRWeJCrze8SNFZ4kA",
        b"q83vEjRWeJCrze8SNFZ4kA\0",
        b"\x1b]0;title without an end ",
        b"\x1bP1$q without an end ",
        b"\x1b[1;2;",
        b"\x1b_application ",
        b"\xf0\x9f",
        "e\u{301}\u{301}".as_bytes(),
        "日本".as_bytes(),
        b"\t\x08",
        b"\x1b[2147483648;2147483648Hx\x1b[1;1Hy",
        b"x\x1b[4294967295b",
        "ü\x1b[65535b".as_bytes(),
        b"\x1b[1;65535r\x1b[65535S\x1b[65535T\x1b[65535L\x1b[65535M",
        b"\x1b[2;39r\x1b[20;1H\x1b[S\x1b[T\x1b[L\x1b[M\x1bM",
        b"x\r\ny\x1b[2J\x1b[H",
        b"\x1b[?1049hx\r\n\x1b[?1049l",
        b"abc\r\x1b[K\x1b[J\x1b[1K",
        b"\x1b[65535@\x1b[65535P\x1b[65535Xab",
        b"\x1b[65535Bx\x1b[65535A",
        b"\x1bc",
        b"\r\n",
    ];
    for (columns, rows) in [(120, 40), (65535, 65535)] {
        for piece in pieces {
            let mut text = HEAD
                .replace("120", &columns.to_string())
                .replace("40", &rows.to_string())
                .into_bytes();
            text.extend_from_slice(LISTED.as_bytes());
            text.extend_from_slice(b"op@edge:/srv# cat x\r\n");
            let times = 60_000 / piece.len();
            text.extend(piece.iter().copied().cycle().take(times * piece.len()));
            let shown = piece.escape_ascii().to_string();
            let (tree, recording) = reading(&text).expect(&shown);
            assert_eq!(
                size(&tree, b"/srv/a"),
                Some(Interval::exactly(5)),
                "{shown}"
            );
            assert_eq!(files(&tree), 1, "{shown}");
            assert!(
                recording
                    .evidence
                    .of(b"/srv/a")
                    .iter()
                    .all(|proof| proof.line == 4),
                "{shown}"
            );
        }
    }
}

/// A file that ends anywhere: what was whole before is read, and nothing panics.
#[test]
fn what_ends_in_the_middle_is_read_up_to_there() {
    let listed = format!(
        "{HEAD}{LISTED}op@edge:/srv# ls -l /srv/\u{65e5}\r\n\x1b[1;31mx\x1b[0m\x1b]7;file://edge/srv\x07{EXIT}"
    );
    let cast = |text: &str| {
        let mut cast = "{\"version\": 2, \"width\": 120, \"height\": 40}\n".to_owned();
        for line in text.split_inclusive('\n') {
            let _ = writeln!(cast, "[1.5, \"o\", {}]", serde_json::Value::from(line));
        }
        cast.into_bytes()
    };
    let windows = "PS C:\\x> dir\r\n\r\n    Directory: C:\\x\r\n\r\nMode                 LastWriteTime         Length Name\r\n----                 -------------         ------ ----\r\n-a----        22/11/2026     06:02              5 a\u{65e5}.txt\r\n\r\nPS C:\\x> ";
    let mut wide = vec![0xff, 0xfe];
    wide.extend(windows.encode_utf16().flat_map(u16::to_le_bytes));
    // From the prompt after its row on, the file is there in whatever is left.
    for (text, path, row) in [
        (
            listed.as_bytes().to_vec(),
            &b"/srv/a"[..],
            &b"/\xe6\x97\xa5\r\n"[..],
        ),
        (cast(&listed), b"/srv/a", "/日\\r\\n\"]\n".as_bytes()),
        (wide, "/C:/x/a\u{65e5}.txt".as_bytes(), b"x\0>\0 \0"),
    ] {
        let at = text.windows(row.len()).rposition(|w| w == row).unwrap();
        for end in 0..=text.len() {
            let found = reading(&text[..end]).and_then(|(tree, _)| size(&tree, path));
            if end >= at + row.len() || found.is_some() {
                assert_eq!(found, Some(Interval::exactly(5)), "{end} of {}", text.len());
            }
        }
    }
}

/// Names that look like prompts, headers, rows and sequences are names.
#[test]
fn names_that_look_like_anything_else_are_names() {
    let text = format!(
        "{HEAD}op@edge:/srv# ls -la /srv\r\ntotal 4\r\n\
         drwxr-xr-x 2 op op 4096 Nov 22 06:02  .\r\n\
         drwxr-xr-x 9 op op 4096 Nov 22 06:02  ..\r\n\
         -rw-r--r-- 1 op op    1 Nov 22 06:02 '$ ls'\r\n\
         -rw-r--r-- 1 op op    2 Nov 22 06:02 'op@edge:~# rm -rf .'\r\n\
         -rw-r--r-- 1 op op    3 Nov 22 06:02 'total 12'\r\n\
         -rw-r--r-- 1 op op    4 Nov 22 06:02 'a'$'\\n''$ cd ..'\r\n\
         -rw-r--r-- 1 op op    5 Nov 22 06:02 ''$'\\033''[2J'\r\n\
         -rw-r--r-- 1 op op    6 Nov 22 06:02 '-rw-r--r-- 1 op op 9 Nov 22 06:02 x'\r\n\
         -rw-r--r-- 1 op op    7 Nov 22 06:02 'Script done on 2026-11-22'\r\n\
         -rw-r--r-- 1 op op    8 Nov 22 06:02  plain:\r\n{EXIT}"
    );
    let (tree, recording) = reading(text.as_bytes()).unwrap();
    for (name, bytes) in [
        (&b"/srv/$ ls"[..], 1),
        (b"/srv/total 12", 3),
        (b"/srv/a\n$ cd ..", 4),
        (b"/srv/\x1b[2J", 5),
        (b"/srv/-rw-r--r-- 1 op op 9 Nov 22 06:02 x", 6),
        (b"/srv/Script done on 2026-11-22", 7),
        (b"/srv/plain:", 8),
    ] {
        let shown = name.escape_ascii().to_string();
        assert_eq!(size(&tree, name), Some(Interval::exactly(bytes)), "{shown}");
    }
    assert!(recording.troubles.is_empty(), "{:?}", recording.troubles);
    assert_eq!(files(&tree), 8, "nothing is a file that is not listed");
}

/// A recording that is shown gives no facts, however it is shown.
#[test]
fn a_recording_within_a_recording_is_text() {
    let inner = "Script started on 2026-11-01 06:10:00+00:00 [COLUMNS=\"120\" LINES=\"40\"]\r\n\
         op@edge:/srv# ls -l /old\r\ntotal 4\r\n-rw-r--r-- 1 op op 9 Nov 22 06:02 phantom\r\n\
         op@edge:/srv# rm -rf /srv/a\r\nop@edge:/srv# exit\r\n\
         Script done on 2026-11-01 06:20:00+00:00 [COMMAND_EXIT_CODE=\"0\"]\r\n"
        .to_owned();
    let after = "op@edge:/srv# ls -l /srv/b\r\n-rw-r--r-- 1 op op 7 Nov 22 06:02 /srv/b\r\n";
    for (command, shown) in [
        ("cat old.typescript", inner.clone()),
        ("cat one.typescript two.typescript", inner.repeat(2)),
        (
            "less old.typescript",
            format!("\x1b[?1049h{inner}\x1b[?1049l"),
        ),
    ] {
        let text = format!("{HEAD}{LISTED}op@edge:/srv# {command}\r\n{shown}{after}{EXIT}");
        let (tree, _) = reading(text.as_bytes()).unwrap();
        assert_eq!(
            size(&tree, b"/srv/a"),
            Some(Interval::exactly(5)),
            "{command}: a file is gone"
        );
        assert_eq!(
            size(&tree, b"/old/phantom"),
            None,
            "{command}: what was never there"
        );
        assert_eq!(
            size(&tree, b"/srv/b"),
            Some(Interval::exactly(7)),
            "{command}: what follows is lost"
        );
    }
}

/// Commands that a shell would refuse leave the directory that all lies in a directory.
#[test]
fn what_a_session_starts_in_stays_a_directory() {
    for command in [
        "> /",
        ">> /",
        "truncate -s 5 /",
        "cp a /",
        "mv a /",
        "rm /",
        "fallocate -l 9 /",
    ] {
        let text = format!("$ {command}\n$ cd /\n$ ls\n5 a\ndir b\n$ {command}\n$ cd b\n");
        for text in [format!("$ {command}\n$ ls\n1 a\n$ cd ..\n$ cd ..\n"), text] {
            if let Some((tree, _)) = reading(text.as_bytes()) {
                assert!(tree.is_dir(jettison::tree::NodeId::ROOT), "{text}");
            }
        }
    }
    let (tree, _) =
        reading(b"$ >  /\n$ ls\n40120 boot.img\ndir saves\n$ cd ..\n$ cd ..\n").unwrap();
    assert!(tree.is_dir(jettison::tree::NodeId::ROOT));
}
