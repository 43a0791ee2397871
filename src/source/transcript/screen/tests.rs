//! The screen against `avt`, asciinema's own terminal, and against what it must not lose.

use std::convert::Infallible;
use std::path::Path;

use avt::Terminal as Oracle;
use proptest::prelude::*;

use super::*;

fn lines(bytes: &[u8], columns: usize, height: usize) -> Vec<Line> {
    lines_by(bytes, columns, height, Screen::feed)
}

/// Without any of the short ways: the parser gets every byte.
fn lines_by_the_parser(bytes: &[u8], columns: usize, height: usize) -> Vec<Line> {
    lines_by(bytes, columns, height, |screen, bytes, line| {
        screen.terminal.line = line;
        screen.parse(&stand_in(bytes));
    })
}

fn lines_by(
    bytes: &[u8],
    columns: usize,
    height: usize,
    mut feed: impl FnMut(&mut Screen, &[u8], u64),
) -> Vec<Line> {
    let mut screen = Screen::new(columns, height);
    let mut lines = Vec::new();
    for (number, piece) in (1..).zip(bytes.split_inclusive(|&b| b == b'\n')) {
        feed(&mut screen, piece, number);
        let _ = screen.drain(|line| {
            lines.push(line.clone());
            Ok::<(), Infallible>(())
        });
    }
    screen.finish();
    let _ = screen.drain(|line| {
        lines.push(line.clone());
        Ok::<(), Infallible>(())
    });
    lines
}

fn texts(bytes: &str, columns: usize, height: usize) -> Vec<String> {
    let text = |line: Line| String::from_utf8_lossy(&line.text).into_owned();
    lines(bytes.as_bytes(), columns, height)
        .into_iter()
        .map(text)
        .collect()
}

/// Tabs as blanks, and nothing at the end: what a terminal without a memory for them shows.
fn as_shown(line: &str) -> String {
    let mut shown = String::new();
    let mut column = 0;
    for c in line.chars() {
        if c == '\t' {
            let next = (column / 8 + 1) * 8;
            shown.extend(std::iter::repeat_n(' ', next - column));
            column = next;
        } else {
            shown.push(c);
            column += width::columns(c);
        }
    }
    shown.trim_end().to_owned()
}

fn by_oracle(bytes: &str, columns: usize, height: usize) -> Vec<String> {
    let mut oracle = Oracle::with_scrollback(columns, height, None).unwrap();
    oracle.feed(bytes);
    let mut lines: Vec<String> = oracle.primary_screen().text();
    lines
        .iter_mut()
        .for_each(|line| *line = line.trim_end().to_owned());
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

fn by_us(bytes: &str, columns: usize, height: usize) -> Vec<String> {
    let mut lines: Vec<String> = texts(bytes, columns, height)
        .iter()
        .map(|l| as_shown(l))
        .collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

/// What shells and tools send, but for what makes a terminal forget.
const PIECES: &[&str] = &[
    "total 12\r\n",
    "-rw-r--r-- 1 root root 183422 Nov 22 06:02 syslog\r\n",
    "\r\n12\tvar/log\r\n",
    "root@vm:/srv# ",
    "ls -l",
    "a name that is long enough to wrap",
    "\x08\x08",
    "\x08 \x08",
    "\x1b[K",
    "\x1b[4D",
    "\x1b[2C",
    "\x1b[1P",
    "\x1b[2@",
    "\r",
    "\r\n",
    " \r",
    "\x1b[01;34mdir\x1b[0m",
    // At the start of a row: where one does not fit at the end, the oracle joins with a blank.
    "\r\n日本語",
    "\x1b]0;title\x07",
    "\x1b[?2004h",
    "\x1b[?2004l\r",
    "x",
];

/// What only the short ways could get wrong.
const ODD_PIECES: &[&[u8]] = &[
    b"\x1b",
    b"\x1b[",
    b"\x1b[1\x18",
    b"\x1b[3\r4m",
    b"\x1b]0;x\x07",
    b"\x1b]7;file://h/x\x1b\\",
    b"\x1b]0;open",
    b"\x1bPq",
    b"\x1b(B",
    b"\x1b%",
    b"\x1bM",
    b"\x1b[2K",
    b"\x1b[1K",
    b"\x1b[5G",
    b"\x1b[2A",
    b"\x1b[?7l",
    b"\x1b[?7h",
    b"\x1b[3;1H",
    b"\x1b[2J",
    b"\x1b[9X",
    b"\x1b[4b",
    b"\x1b[6n",
    b"\t",
    b"\x7f",
    b"\0",
    b"\xe9",
    b"e\xcc\x81",
    "\u{85}".as_bytes(),
    "\u{10ff41}".as_bytes(),
    b"    10%\r    20%\r",
];

proptest! {
    #[test]
    fn the_short_ways_change_nothing(
        order in prop::collection::vec((0..PIECES.len() + ODD_PIECES.len(), any::<u8>()), 0..60),
        columns in 8usize..40,
    ) {
        let mut bytes = Vec::new();
        for (which, byte) in order {
            match which.checked_sub(PIECES.len()) {
                None => bytes.extend_from_slice(PIECES[which].as_bytes()),
                Some(odd) => bytes.extend_from_slice(ODD_PIECES[odd]),
            }
            if byte < 8 {
                bytes.push(byte << 5 | 0xd);
            }
        }
        let (short, whole) = (lines(&bytes, columns, 5), lines_by_the_parser(&bytes, columns, 5));
        prop_assert_eq!(short, whole, "{}", bytes.escape_ascii());
    }

    #[test]
    fn the_oracle_agrees(
        order in prop::collection::vec(0..PIECES.len(), 0..40),
        columns in 17usize..60,
    ) {
        let bytes: String = order.iter().map(|&i| PIECES[i]).collect();
        prop_assert_eq!(by_us(&bytes, columns, 6), by_oracle(&bytes, columns, 6), "{:?}", bytes);
    }

    #[test]
    fn any_bytes_leave_a_screen(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        lines(&bytes, 20, 5);
    }

    #[test]
    fn sequences_in_any_order_leave_a_screen(
        parts in prop::collection::vec((0u16..30, 0u16..30, any::<u8>()), 0..80),
    ) {
        let finals = b"ABCDEFGHJKLMPSTX@bdefrsu`alhm";
        let mut bytes = Vec::new();
        for (a, b, which) in parts {
            let end = finals[usize::from(which) % finals.len()];
            bytes.extend_from_slice(format!("x\x1b[{a};{b}").as_bytes());
            bytes.push(end);
            bytes.extend_from_slice([&b"\x1bM"[..], b"\x1b7", b"\x1b8", b"\n", b"\x1b[?1049h", b"\x1b[?1049l"][usize::from(which) % 6]);
        }
        lines(&bytes, 12, 5);
    }
}

#[test]
fn a_mark_on_nothing_shows_nothing() {
    let bytes = b"-\x1b[5G\n\xcc\x81\r12\tvar\r\n";
    let short = lines(bytes, 80, 24);
    assert_eq!(short, lines_by_the_parser(bytes, 80, 24));
    assert_eq!(short[1].text, b"12\tvar");
}

#[test]
fn a_line_feed_over_a_wrapped_line_leaves_it_one_line() {
    // An editor goes up into a long command, and down over it when that is entered.
    let told = texts("$ du -ab one two three\x1b[A\r\nfour\r\nout", 10, 6);
    assert_eq!(told, ["$ du -ab one two thrfour", "out"]);
    // What replaced the wrapped line is a line of its own.
    let told = texts("$ du -ab one two\x1b[A\r\x1b[Jls\r\nout", 10, 6);
    assert_eq!(told.last().map(String::as_str), Some("out"));
    assert!(told.contains(&"ls".to_owned()), "{told:?}");
}

#[test]
fn nothing_is_lost_to_a_clear() {
    let bytes = "one\r\ntwo\r\n\x1b[H\x1b[2J\x1b[3Jthree\r\n";
    assert_eq!(texts(bytes, 80, 24), ["one", "two", "three"]);
    // A line that is still typed when the screen is cleared is shown again by the shell.
    let bytes = "one\r\n$ ls\x1b[H\x1b[2J$ ls -l\r\n";
    assert_eq!(texts(bytes, 80, 24), ["one", "$ ls -l"]);
    let bytes = "one\r\ntwo\r\nthree\x1b[H\x1b[Jfour";
    assert_eq!(texts(bytes, 80, 24), ["one", "two", "four"]);
    // What stands above the cursor is cleared.
    let bytes = "one\r\ntwo\r\n\x1b[1J\x1b[Hthree\r\n";
    assert_eq!(texts(bytes, 80, 24), ["one", "two", "three"]);
}

#[test]
fn nothing_is_lost_to_a_program_that_goes_back() {
    let bytes = "one\r\ntwo\r\nthree\r\n\x1b[2;1HTWO\r\n";
    assert_eq!(texts(bytes, 80, 24), ["one", "two", "three", "TWO"]);
    let all = lines(bytes.as_bytes(), 80, 24);
    assert!(all[3].broken && !all[2].broken);
}

#[test]
fn a_pager_shows_its_pages_in_order() {
    let bytes = "$ ls | less\r\n\x1b[?1049ha\r\nb\r\nc\r\n:\x1b[K\r\x1b[Kd\r\ne\r\n:\x1b[K\r\x1b[K\x1b[?1049l$ exit\r\n";
    let all = lines(bytes.as_bytes(), 20, 4);
    let shown: Vec<(&[u8], bool)> = all
        .iter()
        .map(|l| (l.text.as_slice(), l.alternate))
        .collect();
    assert_eq!(
        shown,
        [
            (&b"$ ls | less"[..], false),
            (b"a", true),
            (b"b", true),
            (b"c", true),
            (b"d", true),
            (b"e", true),
            (b"$ exit", false),
        ]
    );
    // Going back puts rows in above: what was below is handed on first.
    let back = "\x1b[?1049ha\r\nb\r\nc\r\nd\r\ne\x1b[H\x1bMz\r\n\x1b[?1049l";
    let all = lines(back.as_bytes(), 20, 5);
    let shown: Vec<&[u8]> = all.iter().map(|l| l.text.as_slice()).collect();
    assert_eq!(shown[..5], [b"a", b"b", b"c", b"d", b"e"]);
    assert!(shown.contains(&&b"z"[..]));
}

#[test]
fn a_page_goes_before_what_a_pager_shows_above_it() {
    let page = "\x1b[?1049hd\r\ne\r\nf\r\n:\x1b[K\r\x1b[K";
    let back = "\x1b[H\x1bMc\r\n\x1b[H\x1bMb\r\n";
    let seen = lines(format!("{page}{back}").as_bytes(), 20, 4);
    let seen: Vec<(&str, bool)> = seen
        .iter()
        .map(|line| (std::str::from_utf8(&line.text).unwrap(), line.broken))
        .filter(|line| !line.0.is_empty())
        .collect();
    let page = [("d", true), ("e", false), ("f", false)];
    assert_eq!(seen, [&page[..], &[("c", true), ("b", true)]].concat());
}

#[test]
fn tabs_and_wraps_and_bytes_are_kept() {
    let bytes = b"12\t lead\r\n\xe9t\xe9\r\nabcdefghijklmnop\r\n";
    let all = lines(bytes, 10, 4);
    let shown: Vec<&[u8]> = all.iter().map(|l| l.text.as_slice()).collect();
    assert_eq!(
        shown,
        [&b"12\t lead"[..], b"\xe9t\xe9", b"abcdefghijklmnop"]
    );
    assert_eq!(all.iter().map(|l| l.number).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn marks_stay_with_their_rows() {
    let bytes = "\x1b]7;file://web/srv\x1b\\\x1b[?2004hme$ ls\r\n\x1b[?2004l\rtotal 0\r\n% \x1b[?2004hdu\x1b[?2004l\r\r\n";
    let all = lines(bytes.as_bytes(), 80, 24);
    let mark = |n: usize| all[n].mark.as_deref().cloned();
    let first = mark(0).unwrap();
    assert!(first.prompt && first.input.is_none());
    assert_eq!(first.place.as_deref(), Some(&b"file://web/srv"[..]));
    assert_eq!(mark(1), None);
    assert_eq!(mark(2).unwrap().input, Some(2));
    let prompt = "┌ me\r\n└ $ ls";
    let two = format!("\x1b[?2004h{prompt}\r\n\x1b[?2004l\rtotal 0\r\n");
    let all = lines(two.as_bytes(), 80, 24);
    let carried: Vec<_> = all
        .iter()
        .map(|l| l.mark.as_ref().map(|m| m.carried))
        .collect();
    assert_eq!(carried, [Some(false), Some(true), None]);
}

#[test]
fn a_long_line_is_cut_and_the_next_is_not() {
    let mut bytes = vec![b'x'; 3 * LONGEST];
    bytes.extend_from_slice(b"\r\nshort\r\n");
    let all = lines(&bytes, 80, 24);
    assert!(all[0].cut && all[0].text.len() <= LONGEST + 80);
    assert_eq!(all[1].text, b"short");
    assert!(!all[1].cut);
}

/// What a terminal was sent, and how wide and high it was; nothing of what its program wrote about.
fn sent(path: &Path) -> Option<(String, usize, usize)> {
    let text = String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let (head, rest) = text.split_once('\n')?;
    if path.extension()? == "cast" {
        let head: serde_json::Value = serde_json::from_str(head).ok()?;
        let size = if head["term"].is_object() {
            &head["term"]
        } else {
            &head
        };
        let of = |long: &str, short: &str| size[long].as_u64().or(size[short].as_u64());
        let (columns, height) = (of("width", "cols")?, of("height", "rows")?);
        let events = rest.lines().filter_map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).ok()?;
            (event[1] == "o").then(|| event[2].as_str().map(str::to_owned))?
        });
        let number = |n: u64| usize::try_from(n).ok();
        return Some((events.collect(), number(columns)?, number(height)?));
    }
    let (body, _) = rest.split_once("\nScript done")?;
    let said = |key: &str| {
        let (_, rest) = head.split_once(&format!("{key}=\""))?;
        rest.split_once('"')?.0.parse().ok()
    };
    head.starts_with("Script started")
        .then(|| Some((body.to_owned(), said("COLUMNS")?, said("LINES")?)))?
}

/// Real recordings, as far as nothing is wiped off the screen in them: the repository's own, and
/// those that `JETTISON_CORPORA` names.
#[test]
fn recordings_look_as_the_oracle_shows_them() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/transcripts");
    let more = std::env::var_os("JETTISON_CORPORA").map(|all| Path::new(&all).join("transcripts"));
    let mut paths: Vec<_> = std::iter::once(own)
        .chain(more)
        .flat_map(|folder| std::fs::read_dir(folder).unwrap())
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|e| e == "typescript" || e == "cast")
        })
        .collect();
    paths.sort();
    let mut compared = 0;
    for path in paths {
        let Some((bytes, columns, height)) = sent(&path) else {
            continue;
        };
        let wipes = [
            "\x1b[2J",
            "\x1b[3J",
            "\x1b[J",
            "\x1b[H",
            "\x1b[?1049",
            "\x1bc",
        ];
        if wipes.iter().any(|wipe| bytes.contains(wipe)) {
            continue;
        }
        let (ours, theirs) = (
            by_us(&bytes, columns, height),
            by_oracle(&bytes, columns, height),
        );
        // How wide a TAB is beyond the first of several rows, the joined text does not tell.
        let even = |line: &str| match line.chars().count() > columns {
            true => line.split_whitespace().collect::<Vec<_>>().join(" "),
            false => line.to_owned(),
        };
        for (number, (our, their)) in ours.iter().zip(&theirs).enumerate() {
            let row = format!("{}: row {number}", path.display());
            assert_eq!(even(our), even(their), "{row}");
        }
        assert_eq!(ours.len(), theirs.len(), "{}", path.display());
        compared += 1;
    }
    assert!(compared >= 1, "no recording is compared");
}

#[test]
fn a_prompt_that_its_editor_clears_the_screen_for_is_marked_again() {
    let typed = "\x1b[?2004h/srv # \x1b[H\x1b[2J\x1b[J/srv # ls\x1b[?2004l\r\nout\r\n";
    let marked = |line: &Line| line.mark.as_ref().is_some_and(|mark| mark.prompt);
    let seen = lines(typed.as_bytes(), 20, 4);
    let seen: Vec<(&[u8], bool)> = seen
        .iter()
        .map(|line| (line.text.as_slice(), marked(line)))
        .collect();
    assert_eq!(seen, [(&b"/srv # ls"[..], true), (b"out", false)]);
}
