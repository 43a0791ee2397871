//! Prompts that no template knows: learned from how a recording begins.
//!
//! A prompt recurs: the same signs stand between words that change, and a command follows. From
//! the first screens of a recording each line in which a known command follows a sign is reduced
//! to its *shape* (`vm|srv|> ls` has `□|□|> `, where `□` is any word). A shape that recurs is a prompt.
//! In the same way the line above is learned, where prompts take two (`~/x on main` and `❯ ls`),
//! and that prompts show one directory after every `cd`: then it is a text and no directory. A line
//! above that shows no path (`x on \u{e0a0} main`) is one where nothing else can have printed it:
//! above the first prompt, or after a `cd`.
//!
//! Limits: one occurrence is none, and a shape of which little is sign (`□: `) needs a known
//! command behind it each time, as output is full of such lines.

use super::super::command;
use super::{Family, Prompt, parse};

/// Stands for a word in a shape.
const WORD: u8 = 1;

/// Longer prompts are none.
const LONGEST: usize = 256;

/// Shapes that are remembered, at most.
const MOST: usize = 8;

/// A line of a recording, as far as it is looked at.
pub(in super::super) struct Sample<'a> {
    pub(in super::super) text: &'a [u8],
    /// A line editor marked it as a prompt.
    pub(in super::super) marked: bool,
    /// Where it says that the typed text begins.
    pub(in super::super) input: Option<usize>,
}

/// What the prompts of a recording look like.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Learned {
    shapes: Vec<Vec<u8>>,
    /// Texts that stand before every command without a change.
    fixed: Vec<Vec<u8>>,
    /// The shapes of lines that stand above prompts.
    heads: Vec<Vec<u8>>,
    /// How those begin that show no path.
    bare_heads: Vec<Vec<u8>>,
    /// The directory in the prompts never changes, whatever `cd` does.
    pub(in super::super) constant: bool,
}

/// A line that seems to be a prompt.
struct Candidate<'a> {
    at: usize,
    shown: &'a [u8],
    prompt: Prompt<'a>,
    /// No template knows it.
    new: bool,
}

impl Learned {
    /// Learns from the lines with which a recording begins.
    pub(in super::super) fn of(lines: &[Sample<'_>]) -> Self {
        let mut found: Vec<Candidate<'_>> = lines
            .iter()
            .enumerate()
            .filter_map(|(at, line)| candidate(at, line))
            .collect();
        let mut learned = Self::default();
        learned.learn_shapes(&found);
        found.retain(|one| !one.new || learned.matches(lines[one.at].text).is_some());
        learned.learn_heads(lines, &found);
        learned.learn_bare_heads(lines, &found);
        learned.constant = is_constant(&found);
        learned
    }

    fn learn_shapes(&mut self, found: &[Candidate<'_>]) {
        let known = found.iter().filter(|one| !one.new).count();
        let begins_known = found.first().is_some_and(|one| !one.new);
        // What output may look like must not outvote the prompts with which a recording begins.
        let fewest = if begins_known {
            known + 1
        } else {
            2.max(known / 4)
        };
        let mut counts: Vec<(Vec<u8>, &[u8], usize, bool)> = Vec::new();
        for one in found.iter().filter(|one| one.new) {
            let shape = shape_of(one.shown);
            if let Some(at) = counts.iter().position(|(known, ..)| *known == shape) {
                let (_, text, count, same) = &mut counts[at];
                *count += 1;
                *same &= *text == one.shown;
            } else if counts.len() < 64 {
                counts.push((shape, one.shown, 1, true));
            }
        }
        counts.retain(|&(_, _, count, _)| count >= fewest);
        counts.sort_by_key(|&(_, _, count, _)| std::cmp::Reverse(count));
        for (shape, text, count, same) in counts.into_iter().take(MOST) {
            if same && count > 2 && text.len() > 3 {
                self.fixed.push(text.to_vec());
            }
            self.shapes.push(shape);
        }
    }

    /// The line above a prompt is a part of it where it stands above them all.
    fn learn_heads(&mut self, lines: &[Sample<'_>], found: &[Candidate<'_>]) {
        let above = |one: &Candidate<'_>| one.at.checked_sub(1).map(|at| &lines[at]);
        let says_where = |one: &&Candidate<'_>| {
            one.prompt.directory.is_empty()
                && one.prompt.base.is_empty()
                && above(one).is_some_and(|line| line.text.len() <= LONGEST && has_place(line.text))
        };
        let with: Vec<&Candidate<'_>> = found.iter().filter(says_where).collect();
        if with.len() < 2 || with.len() * 5 < found.len() * 4 {
            return;
        }
        for one in with {
            let shape = above(one).map(|line| shape_of(line.text));
            if let Some(shape) = shape.filter(|shape| !self.heads.contains(shape))
                && self.heads.len() < MOST
            {
                self.heads.push(shape);
            }
        }
        // Above one prompt only stood what the command before it printed.
        if self.heads.len() == MOST {
            self.heads.clear();
        }
    }

    /// The same for lines that show no path, so that only where they stand tells them from output.
    fn learn_bare_heads(&mut self, lines: &[Sample<'_>], found: &[Candidate<'_>]) {
        if !self.heads.is_empty() {
            return;
        }
        let start = |one: &Candidate<'_>| {
            let line = lines[..one.at].last()?.text;
            (line.len() <= LONGEST).then(|| bare_head(line)).flatten()
        };
        let starts: Vec<Option<Vec<u8>>> = found.iter().map(start).collect();
        let Some(head) = starts.iter().flatten().next() else {
            return;
        };
        let count = starts.iter().flatten().filter(|one| *one == head).count();
        let is_blank = |at: usize| lines[at].text.trim_ascii().is_empty();
        let is_silent = |i: &usize| {
            let head_at = found[*i].at - 1;
            match i.checked_sub(1).map(|before| &found[before]) {
                None => (0..head_at).all(is_blank),
                Some(before) => {
                    command::is_plain_cd(before.prompt.command)
                        && before.at < head_at
                        && (before.at + 1..head_at).all(is_blank)
                }
            }
        };
        let mut with = (0..found.len()).filter(|&i| starts[i].as_ref() == Some(head));
        if count >= 2 && count * 5 >= found.len() * 4 && with.any(|i| is_silent(&i)) {
            self.bare_heads.push(head.clone());
        }
    }

    /// Whether a line is the first of a prompt of two.
    pub(in super::super) fn is_head(&self, line: &[u8]) -> bool {
        if line.len() > LONGEST {
            return false;
        }
        let mut heads = self.heads.iter();
        let mut bare = self.bare_heads.iter();
        let is_bare = |head: &Vec<u8>| bare_head(line).is_some_and(|start| start == *head);
        !self.heads.is_empty() && has_place(line) && heads.any(|head| is_whole(head, line))
            || bare.any(is_bare)
    }

    /// What the first line of a prompt of two says.
    pub(in super::super) fn head<'a>(&self, line: &'a [u8]) -> Prompt<'a> {
        placed(&self.heads, line)
    }

    /// What a prompt says behind which nothing was typed.
    pub(in super::super) fn shown<'a>(&self, shown: &'a [u8]) -> Prompt<'a> {
        placed(&self.shapes, shown)
    }

    /// Reads a line as a prompt of a shape that was learned.
    pub(in super::super) fn matches<'a>(&self, line: &'a [u8]) -> Option<Prompt<'a>> {
        if self.shapes.is_empty() {
            return None;
        }
        let described = |at: usize| Prompt {
            command: line[at..].trim_ascii(),
            ..self.shown(&line[..at])
        };
        let fixed = |text: &Vec<u8>| {
            let is_bare = line == text.trim_ascii_end();
            let begins = is_bare || line.starts_with(text.as_slice());
            begins.then(|| text.len().min(line.len()))
        };
        if let Some(at) = self.fixed.iter().find_map(fixed) {
            return Some(described(at));
        }
        let knows = |at: &usize| command::is_known(super::without_right(&line[*at..]));
        self.shapes.iter().find_map(|shape| {
            let strict = strictly(shape, line).filter(|at| !is_weak(shape) || knows(at));
            let at = strict.or_else(|| loosely(shape, line, &mut |_| {}).filter(knows))?;
            Some(described(at))
        })
    }
}

/// Whether a shape, in which words may hold anything, is that of a whole line.
fn is_whole(shape: &[u8], line: &[u8]) -> bool {
    loosely(shape, line, &mut |_| {}) == Some(line.len())
}

/// How the shape of a line begins that may be the first of a prompt of two, up to a sign that
/// output has not.
fn bare_head(line: &[u8]) -> Option<Vec<u8>> {
    let shape = shape_of(line);
    let text = String::from_utf8_lossy(&shape);
    let is_sign = |c: char| !c.is_ascii() && !c.is_alphanumeric() && !('─'..='╿').contains(&c);
    let (at, sign) = text.char_indices().find(|&(_, c)| is_sign(c))?;
    shape.get(..at + sign.len_utf8()).map(<[u8]>::to_vec)
}

/// Whether a word of a line can be a directory.
fn has_place(line: &[u8]) -> bool {
    let mut words = line.split(|&b| matches!(b, b' ' | b':' | b'[' | b'('));
    words.any(|word| matches!(word, b"~" | [b'~', b'/', ..] | [b'/', ..]))
}

/// The directory in a line of a shape: the one word that can be its path, blanks and all.
fn place_in<'a>(shape: &[u8], line: &'a [u8]) -> Option<&'a [u8]> {
    let mut found = None;
    let mut each = |word: &'a [u8]| {
        let is_place = matches!(word, b"~" | [b'~', b'/', ..] | [b'/', ..]);
        if found.is_none() && is_place && !super::is_abbreviated(word) {
            found = Some(word);
        }
    };
    let end = loosely(shape, line, &mut each)?;
    // Where only blanks part words, a blank may as well be one of a name.
    let inner = shape.split(|&b| b == WORD).skip(1);
    let parted = inner
        .filter(|piece| !piece.is_empty())
        .all(|piece| piece.trim_ascii() != b"");
    let sure = parted || strictly(shape, line) == Some(line.len());
    found.filter(|_| end == line.len() && sure)
}

/// What a prompt without a command says, where it has one of some shapes.
fn placed<'a>(shapes: &[Vec<u8>], line: &'a [u8]) -> Prompt<'a> {
    let prompt = Prompt::described(line);
    let directory = shapes.iter().find_map(|shape| place_in(shape, line));
    let directory = directory.unwrap_or(prompt.directory);
    // `/srv/old logs $`: the word behind the blank is one of the prompt, or of the name.
    let end = super::start_of(directory, line).map_or(line.len(), |at| at + directory.len());
    let next = String::from_utf8_lossy(&line[end..line.len().min(end + 8)]);
    let goes_on = next.starts_with(' ') && next.chars().nth(1).is_some_and(char::is_alphanumeric);
    Prompt {
        directory,
        sure: !goes_on,
        ..prompt
    }
}

/// Whether a shape is such that any line of output may have it.
fn is_weak(shape: &[u8]) -> bool {
    let mut signs: Vec<u8> = shape
        .iter()
        .copied()
        .filter(|&b| b != WORD && b != b' ')
        .collect();
    let count = signs.len();
    signs.sort_unstable();
    signs.dedup();
    let begins_with_word = shape.first() == Some(&WORD);
    count < 2 || begins_with_word && shape.is_ascii() && signs.len() < 2
}

fn candidate<'a>(at: usize, line: &Sample<'a>) -> Option<Candidate<'a>> {
    let text = line.text;
    if text.is_empty() || text.len() > 2048 {
        return None;
    }
    let known = parse(text).filter(|p| p.family > Family::Weak || line.marked);
    if let Some(prompt) = known.filter(|p| line.marked || command::is_known(p.command)) {
        let shown = &text[..text.len() - prompt.command.len()];
        return Some(Candidate {
            at,
            shown,
            prompt,
            new: false,
        });
    }
    let end = match line.input.filter(|_| line.marked) {
        Some(input) => input.min(text.len()),
        None => boundary(text)?,
    };
    let (shown, command) = text.split_at(end);
    let prompt = Prompt {
        command,
        ..Prompt::described(shown)
    };
    Some(Candidate {
        at,
        shown,
        prompt,
        new: true,
    })
}

/// Where a known command begins behind a sign and a blank.
fn boundary(text: &[u8]) -> Option<usize> {
    let ends = |&at: &usize| {
        let shown = text[..at].trim_ascii_end();
        text[at - 1] == b' ' && text[at] != b' ' && ends_in_sign(shown)
    };
    let places = (1..text.len().min(LONGEST)).filter(ends).take(16);
    places
        .into_iter()
        .find(|&at| command::is_known(super::without_right(&text[at..])))
}

fn ends_in_sign(shown: &[u8]) -> bool {
    match shown.last() {
        Some(b'$' | b'#' | b'%' | b'>' | b':' | b'|' | b']' | b')' | b'}') => true,
        Some(last) if last.is_ascii() => false,
        // A corner from the line above.
        Some(_) if shown == "╰─".as_bytes() => true,
        Some(_) => {
            let start = shown.iter().rposition(|&b| b & 0xc0 != 0x80).unwrap_or(0);
            let last = std::str::from_utf8(&shown[start..]).ok();
            last.and_then(|text| text.chars().next())
                .is_some_and(|c| !c.is_alphanumeric() && !('─'..='╿').contains(&c))
        }
        None => false,
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '/' | '~' | '.' | '_' | '-' | '+')
}

/// A text with a mark in the place of each of its words.
fn shape_of(text: &[u8]) -> Vec<u8> {
    let mut shape = Vec::with_capacity(text.len());
    for c in String::from_utf8_lossy(text).chars() {
        if !is_word(c) {
            shape.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
        } else if shape.last() != Some(&WORD) {
            shape.push(WORD);
        }
    }
    shape
}

/// Where a line that begins with a shape goes on, where each word of it is one word.
fn strictly(shape: &[u8], line: &[u8]) -> Option<usize> {
    let mut at = 0;
    for (i, &sign) in shape.iter().enumerate() {
        if sign == WORD {
            let text = &line[at..line.len().min(at + LONGEST)];
            let valid = text.utf8_chunks().next().map_or("", |chunk| chunk.valid());
            let length = valid.find(|c| !is_word(c)).unwrap_or(valid.len());
            if length == 0 {
                return None;
            }
            at += length;
        } else if line.get(at) == Some(&sign) {
            at += 1;
        } else {
            // The blank behind a prompt is not there where nothing was typed.
            return (at == line.len() && shape[i..] == b" "[..]).then_some(at);
        }
    }
    Some(at)
}

/// The same, where words may hold anything; `each` is given what stands in the place of each.
fn loosely<'a>(shape: &[u8], line: &'a [u8], each: &mut dyn FnMut(&'a [u8])) -> Option<usize> {
    let mut pieces = shape.split(|&b| b == WORD);
    let mut at = pieces.next().filter(|first| line.starts_with(first))?.len();
    for piece in pieces {
        let text = &line[at..line.len().min(at + LONGEST)];
        let length = match piece {
            // A word at the end takes all that there is.
            b"" => text.len(),
            _ => {
                1 + text
                    .get(1..)?
                    .windows(piece.len())
                    .position(|w| w == piece)?
            }
        };
        if length == 0 {
            return None;
        }
        each(&text[..length]);
        at += length + piece.len();
    }
    Some(at.min(line.len()))
}

/// Whether prompts show one directory although a `cd` between them worked: it printed nothing.
fn is_constant(found: &[Candidate<'_>]) -> bool {
    let shown = |one: &Candidate<'_>| one.prompt.directory.to_vec();
    let Some(first) = found.first().map(shown).filter(|first| !first.is_empty()) else {
        return false;
    };
    let moves = found.windows(2).any(|pair| {
        let follows = pair[1].at == pair[0].at + 1;
        let target = command::cd_operand(pair[0].prompt.command);
        let elsewhere = target.is_some_and(|to| {
            let to = to.strip_suffix(b"/").unwrap_or(to);
            !matches!(to, b"." | b"-" | b"~" | b"") && to != first.as_slice()
        });
        follows && elsewhere && command::is_plain_cd(pair[0].prompt.command)
    });
    moves && found.iter().all(|one| shown(one) == first)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn learned(text: &str) -> Learned {
        let lines: Vec<Sample<'_>> = text
            .lines()
            .map(|line| Sample {
                text: line.as_bytes(),
                marked: false,
                input: None,
            })
            .collect();
        Learned::of(&lines)
    }

    #[test]
    fn prompts_that_recur_are_learned() {
        for (text, line, command) in [
            (
                "vm|srv|> ls\na\nvm|etc|> ls -l\n",
                "vm|home|> ./run",
                "./run",
            ),
            ("srv → ls\na\netc → ls -l\n", "my dir → ls", "ls"),
            (
                "[06:02:11] o@vm:/x$ ls\n[06:02:12] o@vm:/y$ df\n",
                "[06:03:00] o@vm:/z$ x",
                "x",
            ),
            ("<o@vm ~> ls\n<o@vm /srv> du\n", "<o@vm /a b> ls", "ls"),
            ("db-1> ls\ndb-1> ls -l\ndb-1> pwd\n", "db-1> ./run", "./run"),
            ("{srv} % ls\n{etc} % df\n", "{x} %", ""),
            ("[0] ~ » ls\n[0] /srv » df\n", "[1] /srv » du", "du"),
            ("101 o ~/x: ls\n102 o ~/x: df\n", "103 o ~/y: du", "du"),
            (
                "srv: ls          (main) 06:02\netc: df      (main) 06:03\n",
                "x: du          (main) 06:04",
                "du          (main) 06:04",
            ),
        ] {
            let prompt = learned(text).matches(line.as_bytes());
            let prompt = prompt.unwrap_or_else(|| panic!("{text:?}: {line}"));
            assert_eq!(prompt.command, command.as_bytes(), "{line}");
        }
    }

    #[test]
    fn output_is_not_learned() {
        for (text, line) in [
            ("srv → ls\na\n", "etc → ls"),
            ("101 o ~/x: ls\n102 o ~/x: df\n", "ls x: no such file"),
            ("vm|srv|> ls\nvm|etc|> ls -l\n", "vm|home|no"),
            ("note: see below\nnote: see above\n", "note: ls"),
        ] {
            assert_eq!(learned(text).matches(line.as_bytes()), None, "{text:?}");
        }
    }

    #[test]
    fn lines_above_prompts_are_learned() {
        let heads = learned("~/x on main\n❯ ls\na\n~/y on main\n❯ ls -l\n");
        assert!(heads.is_head(b"~/z on main") && !heads.is_head(b"a"));
        let none = learned("~/x on main\n❯ ls\na\n❯ ls -l\nb\n❯ df\n");
        assert!(!none.is_head(b"~/x on main"));
    }

    #[test]
    fn lines_above_prompts_without_a_path_are_learned_where_nothing_else_is() {
        let first = "x on \u{e0a0} main\n❯ ls\na\nx on \u{e0a0} main [!]\n❯ ls -l\n";
        assert!(learned(first).is_head("x/y on \u{e0a0} dev".as_bytes()));
        let cd = "motd\n\nx on \u{e0a0} a\n❯ cd y\n\ny on \u{e0a0} a\n❯ ls\na\n";
        assert!(learned(cd).is_head("z on \u{e0a0} a".as_bytes()));
        let output = "❯ cat x\na → b\n❯ cat y\nb → c\n❯ ls\nc → d\n❯ ls\n";
        assert!(!learned(output).is_head("d → e".as_bytes()));
    }

    #[test]
    fn a_directory_that_never_changes_is_a_text() {
        assert!(learned("/srv # cd a\n/srv # ls\n/srv # df\n").constant);
        assert!(!learned("/srv # cd a\n/srv/a # ls\n").constant);
        assert!(!learned("/srv # cd a\nsh: cd: a: not found\n/srv # ls\n").constant);
    }
}
