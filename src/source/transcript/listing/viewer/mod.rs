//! The newer listers: `exa`, `eza` and `lsd`.
//!
//! With `-l`, a row has a mode (a file's begins with a dot), then size, owner and date in this order,
//! or owner, size and date. The size is the one word that can be one, and the date ends the columns.
//! Figures are rounded to the nearest; `exa`'s letters are powers of 1000, `lsd`'s of 1024. Where
//! dates are left out the columns are counted, which only `exa` and `eza` allow.

mod short;

use crate::bytes::Interval;

use super::super::word::Word;
use super::date::{Tokens, date};
use super::ls::{Shape, shape_of};
use super::{name, number};

/// An invocation whose output can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Viewer {
    pub(in super::super) all: bool,
    pub(in super::super) recursive: bool,
    pub(in super::super) tree: bool,
    pub(in super::super) themselves: bool,
    /// Something was left out: by depth, by pattern, by git.
    pub(in super::super) cut: bool,
    /// Blanks may fill up the last column before the names.
    pub(in super::super) filled: bool,
    long: bool,
    /// The number of the inode stands before the mode.
    inodes: bool,
    /// Figures before the size, and after it: names of the inode, blocks.
    links: bool,
    blocks: bool,
    /// Columns that were asked for, or left out.
    group: bool,
    git: bool,
    no_user: bool,
    no_size: bool,
    no_time: bool,
    /// The time shown is not the last modification.
    other_time: bool,
    in_one_column: bool,
    grid: bool,
    classified: bool,
    /// How wide a level of a tree is drawn.
    step: usize,
    /// Names with blanks stand in quotes.
    quotes: bool,
    /// What letters are powers of, where that is known: `exa` has an `i` behind those of 1024.
    base: Option<u64>,
    pub(in super::super) operands: Vec<Word>,
}

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct ViewerRow {
    /// How deep in a tree; 0 in a list, or for the tree's root.
    pub(in super::super) depth: usize,
    pub(in super::super) shape: Shape,
    pub(in super::super) size: Option<Interval>,
    pub(in super::super) mtime: Option<i64>,
    pub(in super::super) name: Vec<u8>,
}

impl Viewer {
    /// Reads the options; `None` where the output would be in a form that is not read.
    pub(in super::super) fn parse(command: &str, words: &[Word]) -> Option<Self> {
        let mut viewer = Self {
            quotes: command != "exa",
            base: Some(if command == "lsd" { 1024 } else { 1000 }),
            step: if command == "lsd" { 4 } else { 3 },
            ..Self::default()
        };
        let is_lsd = command == "lsd";
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                // Sizes of what links lead to, and columns in another order.
                b"-L" | b"--blocks" if is_lsd => return None,
                b"-L" | b"--level" | b"--depth" | b"-I" | b"--ignore-glob" => {
                    viewer.cut = true;
                    words.next()?;
                }
                b"--size" if is_lsd => {
                    words.next()?;
                }
                b"--icons" => {
                    words.next_if(|next| {
                        [b"always".as_slice(), b"auto", b"never"].contains(&next.text.as_slice())
                    });
                }
                b"-s" | b"--sort" | b"--time-style" | b"--icon" | b"--color" | b"--date" => {
                    words.next()?;
                }
                [b'-', b'-', long @ ..] => viewer.long_option(long)?,
                [b'-', letters @ ..] if !letters.is_empty() => {
                    // Which time is shown: the rest of the word, or the next one.
                    let time = letters.iter().position(|&b| b == b't' && !is_lsd);
                    let (letters, rest) = letters.split_at(time.unwrap_or(letters.len()));
                    let is_letter = |&letter: &u8| viewer.letter(letter, is_lsd);
                    letters.iter().try_for_each(is_letter)?;
                    if let [_, value @ ..] = rest {
                        let value = if value.is_empty() {
                            &words.next()?.text
                        } else {
                            value
                        };
                        viewer.other_time |= !b"modified".starts_with(value);
                    }
                }
                _ => viewer.operands.push(word.clone()),
            }
        }
        // Without a date nothing but the order of the columns says where the name begins.
        let is_told = command != "lsd" || !(viewer.no_time || viewer.no_size);
        let is_one = !(viewer.long && viewer.grid);
        (is_told && is_one).then_some(viewer)
    }

    /// What an alias of a name of `ls` stands for, when rows show that it was none.
    pub(in super::super) fn guessed(operands: &[Word]) -> Self {
        Self {
            long: true,
            classified: true,
            quotes: true,
            cut: true,
            step: 3,
            operands: operands.to_vec(),
            ..Self::default()
        }
    }

    fn letter(&mut self, letter: u8, is_lsd: bool) -> Option<()> {
        match letter {
            b'i' => self.inodes = true,
            b'H' if !is_lsd => self.links = true,
            b'S' if !is_lsd => self.blocks = true,
            b'l' => self.long = true,
            b'a' | b'A' => self.all = true,
            b'R' => self.recursive = true,
            b'T' => self.tree = true,
            b'd' => self.themselves = true,
            b'F' => self.classified = true,
            b'D' => self.cut = true,
            b'1' => self.in_one_column = true,
            b'g' if !is_lsd => self.group = true,
            b'b' | b'B' | b'g' | b'h' | b'n' | b'm' | b'r' | b't' | b'S' | b'@' => {}
            b'G' | b'x' if !is_lsd => self.grid = true,
            _ => return None,
        }
        Some(())
    }

    fn long_option(&mut self, option: &[u8]) -> Option<()> {
        match option {
            b"long" => self.long = true,
            b"all" | b"almost-all" => self.all = true,
            b"recurse" | b"recursive" => self.recursive = true,
            b"tree" => self.tree = true,
            b"classify" => self.classified = true,
            b"inode" => self.inodes = true,
            b"links" => self.links = true,
            b"blocks" | b"blocksize" => self.blocks = true,
            b"only-dirs" | b"only-files" | b"git-ignore" => self.cut = true,
            b"oneline" => self.in_one_column = true,
            b"grid" | b"across" => self.grid = true,
            b"group" => self.group = true,
            b"git" => self.git = true,
            b"no-user" => self.no_user = true,
            b"no-filesize" => self.no_size = true,
            b"no-time" => self.no_time = true,
            b"binary"
            | b"bytes"
            | b"header"
            | b"numeric"
            | b"icons"
            | b"reverse"
            | b"group-directories-first"
            | b"classic"
            | b"no-symlink"
            | b"group-dirs=first" => {}
            _ if [
                "icon",
                "icons",
                "color",
                "colour",
                "sort",
                "time-style",
                "date",
                "size",
            ]
            .iter()
            .any(|known| option.starts_with(format!("{known}=").as_bytes())) => {}
            _ if option.starts_with(b"level=") || option.starts_with(b"ignore-glob=") => {
                self.cut = true;
            }
            _ => return None,
        }
        Some(())
    }

    /// Reads one row.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<ViewerRow> {
        if !self.long {
            return self.branch(line);
        }
        let mut tokens = Tokens { line, at: 0 };
        if self.inodes {
            number::digits(tokens.next()?)?;
        }
        let bits = tokens.next()?;
        let shape = mode(bits)?;
        // Numbers of a device stand where others have a size.
        let is_device = matches!(bits[0], b'b' | b'c');
        let (size, mtime) = match self.no_time {
            true => (self.counted(&mut tokens)?, None),
            false => self.dated(&mut tokens)?,
        };
        let rest = tokens.rest().strip_prefix(b" ")?;
        let rest = if self.git { without_git(rest)? } else { rest };
        let (depth, name) = self.name(rest, shape)?;
        Some(ViewerRow {
            depth,
            shape,
            size: size.filter(|_| shape != Shape::Dir && !is_device),
            mtime: mtime.filter(|_| !self.other_time),
            name,
        })
    }

    /// The path above the rows of a directory, without its quotes.
    pub(in super::super) fn header(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.bare(path, Shape::Unknown)
    }

    /// Size and date of a row, which the date ends.
    fn dated(&self, tokens: &mut Tokens<'_>) -> Option<(Option<Interval>, Option<i64>)> {
        let mut size = None;
        let mut sizes = 0;
        let before_size = usize::from(self.links);
        let expected = before_size + usize::from(!self.no_size) + usize::from(self.blocks);
        for _ in 0..8 {
            let before = tokens.at;
            if let Some((mtime, len)) = date(tokens.rest()) {
                tokens.at += len;
                // A figure that could be two things is none.
                return (sizes == expected).then_some((size, mtime));
            }
            tokens.at = before;
            let word = tokens.next()?;
            if let Some(found) = figure(word, tokens, self.base) {
                if sizes == before_size && !self.no_size {
                    size = found;
                }
                sizes += 1;
            }
        }
        None
    }

    /// The size of a row without a date, whose columns are counted.
    fn counted(&self, tokens: &mut Tokens<'_>) -> Option<Option<Interval>> {
        if self.links {
            number::digits(tokens.next()?)?;
        }
        let mut size = None;
        if !self.no_size {
            let word = tokens.next()?;
            size = figure(word, tokens, self.base)?;
        }
        let others = [self.blocks, !self.no_user, self.group];
        for _ in others.iter().filter(|&&shown| shown) {
            tokens.next()?;
        }
        Some(size)
    }

    /// Depth and name, without drawings, icons, marks and targets.
    fn name(&self, text: &[u8], shape: Shape) -> Option<(usize, Vec<u8>)> {
        let (depth, text) = match self.tree {
            true => branches(text, self.step),
            false => (0, text),
        };
        let text = if self.filled {
            text.trim_ascii_start()
        } else {
            text
        };
        let text = without_icon(text);
        let text = match shape {
            Shape::Symlink => &text[..target(text)?],
            _ => text,
        };
        Some((depth, self.bare(text, shape)?))
    }

    /// A name without the marks around it.
    fn bare(&self, text: &[u8], shape: Shape) -> Option<Vec<u8>> {
        let text = text.trim_ascii_end();
        let is_quoted = self.quotes
            && text.len() > 2
            && matches!(text[0], b'\'' | b'"')
            && text.last() == text.first();
        let mut name = match is_quoted {
            true => name::shell(text).filter(|(_, rest)| rest.is_empty())?.0,
            // A control character is shown as it would be typed, which is a name's right, too.
            false if is_escaped(text) => return None,
            false => text.to_vec(),
        };
        let marks: &[u8] = match shape {
            Shape::Dir => b"/",
            Shape::File if self.classified => b"*",
            Shape::Symlink if self.classified => b"@",
            Shape::Other if self.classified => b"|=",
            _ => b"",
        };
        if name.last().is_some_and(|last| marks.contains(last)) {
            name.pop();
        }
        (!name.is_empty()).then_some(name)
    }
}

/// `.rw-r--r--`, `drwxr-xr-x@`
fn mode(word: &[u8]) -> Option<Shape> {
    match word {
        [b'.', bits @ ..] => shape_of(&[b"-", bits].concat()),
        // A pipe.
        [b'|', bits @ ..] => shape_of(&[b"p", bits].concat()),
        _ => shape_of(word),
    }
}

/// `\t`, `\u{1b}`
fn is_escaped(text: &[u8]) -> bool {
    let after = |pair: &[u8]| matches!(pair, [b'\\', b't' | b'n' | b'r' | b'u' | b'x']);
    text.windows(2).any(after)
}

/// A size, with its unit where that is a word of its own: outside `None`, it is none; inside, the
/// row has none (`-`).
fn figure(word: &[u8], tokens: &mut Tokens<'_>, base: Option<u64>) -> Option<Option<Interval>> {
    let rounded = |text: &[u8]| {
        let letter = text.strip_suffix(b"B").unwrap_or(text);
        match base {
            Some(base) if !letter.ends_with(b"i") => number::human(letter, base),
            _ => number::any_human(text),
        }
        .map(|size| {
            if base == Some(1000) {
                size
            } else {
                twice_rounded(size, letter)
            }
        })
    };
    if word == b"-" {
        return Some(None);
    }
    if !word.first()?.is_ascii_digit() {
        return None;
    }
    let mut ahead = Tokens { ..*tokens };
    let unit = ahead.next().unwrap_or_default();
    if matches!(
        unit,
        b"B" | b"KB" | b"MB" | b"GB" | b"TB" | b"KiB" | b"MiB" | b"GiB" | b"TiB"
    ) {
        let size = match unit {
            b"B" => number::exact(word),
            _ => rounded(&[word, unit].concat()),
        };
        tokens.at = ahead.at;
        return size.map(Some);
    }
    let size = number::exact(word)
        .or_else(|| number::grouped(word).map(Interval::exactly))
        .or_else(|| rounded(word))?;
    Some(Some(size))
}

/// `lsd` rounds to a tenth first, and a half of that to the even figure: 140.54 is shown as 140.
fn twice_rounded(size: Interval, shown: &[u8]) -> Interval {
    let whole = shown.iter().take_while(|b| b.is_ascii_digit()).count();
    let figure = number::digits(&shown[..whole]).unwrap_or_default();
    let is_whole = shown.get(whole).is_some_and(u8::is_ascii_alphabetic);
    // Half a unit over the figure are these many twentieths.
    let twentieths = figure.saturating_mul(20).saturating_add(10);
    let more = |hi: u64| hi.saturating_add(hi / twentieths + 1);
    Interval {
        lo: size.lo,
        hi: size.hi.map(|hi| if is_whole { more(hi) } else { hi }),
    }
}

/// How many levels deep a name is drawn where each takes `step` columns, and what follows.
fn branches(text: &[u8], step: usize) -> (usize, &[u8]) {
    let mut rest = text;
    let mut columns = 0;
    while let Some(tail) = ["│", " "]
        .iter()
        .find_map(|s| rest.strip_prefix(s.as_bytes()))
    {
        (columns, rest) = (columns + 1, tail);
    }
    let drawn = ["├── ", "└── "];
    match drawn.iter().find_map(|s| rest.strip_prefix(s.as_bytes())) {
        // A column that its title has widened is filled up with fewer blanks than a level takes.
        Some(tail) => (columns / step.max(1) + 1, tail),
        None => (0, text),
    }
}

/// What stands behind the two letters of a repository: `N- name`. Outside of one there are none, so
/// that `MD card` may be a name, and gives nothing.
fn without_git(text: &[u8]) -> Option<&[u8]> {
    let is_letter = |b: &u8| b"-NMDRTIU".contains(b);
    match text {
        [b'-', two, b' ', rest @ ..] if is_letter(two) => Some(rest),
        [one, b'-', b' ', rest @ ..] if is_letter(one) => Some(rest),
        [one, two, b' ', ..] if is_letter(one) && is_letter(two) => None,
        _ => Some(text),
    }
}

/// A sign of the private use area before a name is an icon.
fn without_icon(text: &[u8]) -> &[u8] {
    let text = text
        .strip_prefix(b" ")
        .filter(|rest| is_icon(rest))
        .unwrap_or(text);
    let Some(length) = text.first().map(|b| if *b >= 0xf0 { 4 } else { 3 }) else {
        return text;
    };
    if is_icon(text) {
        return text.get(length..).unwrap_or_default().trim_ascii_start();
    }
    text
}

fn is_icon(text: &[u8]) -> bool {
    let first = text.get(..4.min(text.len())).unwrap_or_default();
    let first = match std::str::from_utf8(first) {
        Ok(whole) => whole,
        Err(error) => std::str::from_utf8(&first[..error.valid_up_to()]).unwrap_or_default(),
    };
    first
        .chars()
        .next()
        .is_some_and(|c| matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}'))
}

/// Where a link's name ends: before its only arrow.
fn target(text: &[u8]) -> Option<usize> {
    let arrows = [" -> ", " ⇒ ", " => "];
    let is_arrow = |at: &usize| arrows.iter().any(|a| text[*at..].starts_with(a.as_bytes()));
    let mut found = (0..text.len()).filter(is_arrow);
    let first = found.next().unwrap_or(text.len());
    found.next().is_none().then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn words(line: &str) -> Vec<Word> {
        line.split_whitespace()
            .map(|text| Word {
                text: text.as_bytes().to_vec(),
                expands: false,
            })
            .collect()
    }

    /// A command, a row of it, and what that says: depth, kind, size, name.
    const ROWS: &str = "\
exa -la: .rw-r--r--  123 op 29 Nov  2025 .x => 0 File 123 .x
exa -l: drwxr-xr-x    - op  9 Jul 14:13 my docs => 0 Dir - my docs
exa -l: lrwxrwxrwx    6 op 10 Aug  2025 last -> syslog => 0 Symlink 6 last
eza -l: .rw-r--r-- 5 op 10 Aug  2025 'a b' => 0 File 5 a b
eza -lB: .rw-r--r-- 5,368,709 op op 2025-08-10 09:00 x => 0 File 5368709 x
lsd -l: .rw-r--r-- op op 1023 B  Sat Nov 29 14:13:20 2025 \u{f016} x => 0 File 1023 x
lsd -l: lrwxrwxrwx op op 6  Sun Aug 10 14:13:20 2025 last ⇒ y => 0 Symlink 6 last
exa -lT: .rw-r--r--   9 op 31 Dec  2024 │     ├── a.tmp => 3 File 9 a.tmp
exa -lT: .rw-r--r--   9 op 31 Dec  2024 └── a => 1 File 9 a
lsd -l --tree: .rwxr-xr-x a b 2 B  Mon Nov 23 05:22:51 2026     │   └── \u{f489} y => 3 File 2 y
exa -l --git: .rw-r--r-- 2 op 23 Nov 05:22 N- -x log => 0 File 2 -x log
exa -lHS --no-time: .rw-r--r-- 1 500 8 op a b => 0 File 500 a b
exa -lg --no-user --no-time: drwxr-xr-x - op x => 0 Dir - x
exa -l --no-filesize: .rw-r--r-- op 23 Nov 05:22 x => 0 File - x
";

    #[test]
    fn rows_are_read() {
        for case in ROWS.lines() {
            let (command, rest) = case.split_once(": ").unwrap();
            let (line, told) = rest.rsplit_once(" => ").unwrap();
            let (program, options) = command.split_once(' ').unwrap();
            let viewer = Viewer::parse(program, &words(options)).unwrap();
            let row = viewer
                .row(line.as_bytes())
                .unwrap_or_else(|| panic!("{line}"));
            let size = row.size.map_or("-".to_owned(), |size| {
                assert_eq!(size.hi, Some(size.lo), "{line}");
                size.lo.to_string()
            });
            let name = String::from_utf8_lossy(&row.name);
            let got = format!("{} {:?} {size} {name}", row.depth, row.shape);
            assert_eq!(got, told, "{command}: {line}");
        }
    }

    #[test]
    fn letters_stand_for_intervals_that_hold_the_truth() {
        let exa = Viewer::parse("exa", &words("-l")).unwrap();
        for (shown, truth) in [
            ("3.5k", 3526),
            ("1000k", 999_999),
            ("5.4G", 5_368_709_120u64),
            ("3.4Ki", 3526),
        ] {
            let row = exa
                .row(format!(".rw-r--r-- {shown} op 9 Jul 14:13 x").as_bytes())
                .unwrap();
            let size = row.size.unwrap();
            assert!(
                size.lo <= truth && truth <= size.hi.unwrap(),
                "{shown} {size:?}"
            );
        }
    }

    #[test]
    fn what_is_no_row_is_refused() {
        let exa = Viewer::parse("exa", &words("-l")).unwrap();
        for line in [
            "Permissions Size User Date Modified Name",
            ".rw-r--r-- 3.5k op x",
            ".rw-r--r-- 3 4 9 Jul 14:13 x",
            "lrwxrwxrwx 6 op 10 Aug  2025 a -> b -> c",
            "total 12",
        ] {
            assert_eq!(exa.row(line.as_bytes()), None, "{line}");
        }
        for options in ["--blocks name", "-l -L x"] {
            assert_eq!(Viewer::parse("lsd", &words(options)), None, "{options}");
        }
        for options in ["-l -t accessed x", "-ltaccessed x", "-lt modified x"] {
            let viewer = Viewer::parse("exa", &words(options)).unwrap();
            assert_eq!(viewer.operands.len(), 1, "{options}");
            let row = viewer.row(b".rw-r--r-- 3 op 9 Jul  2025 a").unwrap();
            assert_eq!(row.mtime.is_some(), options.contains("mod"), "{options}");
        }
        for options in ["-lG", "-lO", "--total-size -l", "-l --no-permissions"] {
            assert_eq!(Viewer::parse("exa", &words(options)), None, "{options}");
        }
    }

    #[test]
    fn more_columns_are_told_apart() {
        for (command, line, size) in [
            (
                "exa -lH",
                ".rw-r--r-- 2 12k root 22 Nov 23:07 x",
                Some((11_001, 12_500)),
            ),
            (
                "exa -lS",
                ".rw-r--r-- 500 8 root 22 Nov 23:07 x",
                Some((500, 500)),
            ),
            (
                "exa -lHS",
                ".rw-r--r-- 1 500 - root 22 Nov 23:07 x",
                Some((500, 500)),
            ),
            (
                "exa -li",
                "77 .rw-r--r-- 500 root 22 Nov 23:07 x",
                Some((500, 500)),
            ),
            ("exa -la", "crw-rw----  10,232 root 22 Nov 23:07 kvm", None),
            ("exa -l", "|rw-r--r-- 0 root 22 Nov 23:07 x", Some((0, 0))),
            ("exa -l", ".rw-r--r-- 2 500 root 22 Nov 23:07 x", None),
            ("exa -l", ".rw-r--r-- 5 root 22 Nov 23:07 a\\tb", None),
            (
                "lsd -lS",
                "-rw-r--r-- op op 500 B Sun Nov 22 23:07:04 2026 x",
                Some((500, 500)),
            ),
        ] {
            let words = words(command);
            let name = String::from_utf8(words[0].text.clone()).unwrap();
            let viewer = Viewer::parse(&name, &words[1..]).unwrap();
            let got = viewer.row(line.as_bytes()).and_then(|row| row.size);
            let size = size.map(|(lo, hi)| Interval::between(lo, hi));
            assert_eq!(got, size, "{command}: {line}");
        }
    }
}
