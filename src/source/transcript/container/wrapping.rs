//! What stands before every line of a text and is not the terminal's: the times of a CI log, the
//! marks of a quotation, an indentation, the fences of a code block.

use std::borrow::Cow;

use super::super::command;
use super::super::prompt;
use super::job::Step;
use super::{page, stamp};

/// How lines are to be unwrapped, judged by the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Wrapping {
    /// `2026-11-22T06:02:11.1234567Z ` before each line.
    timed: bool,
    /// Who a log says that the lines are of, behind the time: `host unit[1]: `, `worker-1  | `.
    tag: Vec<u8>,
    /// Marks of quotations, blanks or a tab before each line.
    prefix: Vec<u8>,
    /// Lines of three backquotes stand around.
    fenced: bool,
    /// Prompts stand between fences only: what stands outside of them is a letter's.
    only_fenced: bool,
    /// The fence that is open.
    fence: Option<u8>,
    /// Prompts stand behind an indentation only: lines without it are a letter's.
    only_indented: bool,
    /// What parts the number of each line from the line.
    numbered: Option<Vec<u8>>,
    /// `&gt;` stands for `>`: a copy of a page's source.
    escaped: bool,
    /// Blanks are such as do not break: a copy of a page.
    hard_blanks: bool,
    /// No two blanks stand together anywhere: what was a column is none any more.
    pub(in super::super) collapsed: bool,
    /// The script that a CI log shows before it runs.
    step: Option<Step>,
}

impl Wrapping {
    /// Judges by the start of a text without any terminal's sequences.
    pub(in super::super) fn of(head: &[u8]) -> Self {
        let lines: Vec<&[u8]> = head
            .split(|&b| b == b'\n')
            .filter(|line| !line.trim_ascii().is_empty())
            .take(400)
            .collect();
        let most = |n: usize| !lines.is_empty() && n * 5 > lines.len() * 4;
        // A log has its times before commands, too: rows alone may be those of an object store.
        let is_timed = |line: &&&[u8]| stamp::time(line).is_some();
        let is_prompt = |line: &&&[u8]| {
            let rest = &line[stamp::time(line).unwrap_or(0)..];
            prompt::parse(rest.trim_ascii_end()).is_some()
        };
        let of_all = lines.iter().find(is_prompt).is_none_or(|l| is_timed(&l));
        let timed = of_all && most(lines.iter().filter(is_timed).count());
        let is_hard = |line: &&&[u8]| {
            let has = |what: &str| line.windows(what.len()).any(|w| w == what.as_bytes());
            has("\u{a0}") && !has("│") && !has("─")
        };
        let hard = lines.iter().filter(is_hard).count();
        let is_apart = |line: &&[u8]| line.contains(&b'\t') || line.windows(2).any(|w| w == b"  ");
        let mut wrapping = Self {
            timed,
            escaped: page::is_escaped(head),
            hard_blanks: hard > 2 && hard * 5 > lines.len(),
            collapsed: lines.len() > 3 && hard == 0 && !lines.iter().any(is_apart),
            fenced: lines.iter().any(|line| is_fence(line)),
            ..Self::default()
        };
        let untimed = |line: &&'_ [u8]| -> usize {
            if timed {
                stamp::time(line).unwrap_or(0)
            } else {
                0
            }
        };
        let rest: Vec<&[u8]> = lines.iter().map(|l| &l[untimed(l)..]).collect();
        wrapping.tag = tag(&rest);
        if !timed && wrapping.tag.is_empty() {
            let bodies: Vec<&[u8]> = lines.iter().copied().filter(|l| !is_fence(l)).collect();
            wrapping.only_fenced = wrapping.fenced && has_prompts_in_fences_only(&lines);
            wrapping.numbered = stamp::numbers(&bodies);
            if wrapping.numbered.is_none() {
                wrapping.prefix = common_prefix(&bodies);
                if wrapping.prefix.is_empty() {
                    wrapping.prefix = quotation(&bodies);
                }
                if wrapping.prefix.is_empty() {
                    wrapping.prefix = indentation(&bodies);
                    wrapping.only_indented = !wrapping.prefix.is_empty();
                }
            }
        }
        wrapping
    }

    /// The part of a line that is the terminal's; `None` when nothing of it is.
    pub(in super::super) fn strip<'a>(&mut self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        let line = match self.bare(line)? {
            Cow::Borrowed(line) => line,
            Cow::Owned(line) => return Some(Cow::Owned(line)),
        };
        Some(match (self.escaped, self.hard_blanks) {
            (true, _) => Cow::Owned(page::unescaped(line)),
            (false, true) => Cow::Owned(page::softened(line)),
            (false, false) => Cow::Borrowed(line),
        })
    }

    fn bare<'a>(&mut self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if self.timed {
            let rest = match stamp::time(line) {
                Some(length) => &line[length..],
                None => line,
            };
            return self.of_log(self.untagged(rest)?);
        }
        let line = self.untagged(line)?;
        if self.fenced && is_fence(line) {
            self.fence = after_fence(self.fence, line);
            return None;
        }
        if self.only_fenced && self.fence.is_none() {
            return None;
        }
        if let Some(apart) = &self.numbered {
            let rest = stamp::number(line).map_or(line, |(_, length)| &line[length..]);
            let rest = match rest.strip_prefix(apart.as_slice()) {
                Some(rest) => rest,
                None if apart.starts_with(rest.trim_ascii_end()) => b"",
                None => rest,
            };
            return Some(Cow::Borrowed(rest));
        }
        if self.prefix.is_empty() {
            return Some(Cow::Borrowed(line));
        }
        let is_apart = self.only_indented && !line.starts_with(&self.prefix);
        if is_apart && !line.trim_ascii().is_empty() && prompt::parse(line).is_none() {
            return None;
        }
        let kept = self.prefix.trim_ascii_end();
        let kept = line
            .strip_prefix(self.prefix.as_slice())
            .or_else(|| line.strip_prefix(kept).filter(|_| !kept.is_empty()))
            .unwrap_or(line);
        Some(Cow::Borrowed(kept))
    }

    /// A line without its tag; `None` where it is of somebody else.
    fn untagged<'a>(&self, line: &'a [u8]) -> Option<&'a [u8]> {
        if self.tag.is_empty() {
            return Some(line);
        }
        // A line without any text may have lost the blank behind the tag.
        let bare = self.tag.trim_ascii_end();
        let rest = line.strip_prefix(self.tag.as_slice());
        rest.or_else(|| {
            line.strip_prefix(bare)
                .filter(|rest| rest.trim_ascii().is_empty())
        })
    }

    /// Scripts that a CI log shows before it runs them are commands where that ends; its own marks
    /// are none.
    fn of_log<'a>(&mut self, line: &'a [u8]) -> Option<Cow<'a, [u8]>> {
        if let Some(title) = line.strip_prefix(b"##[group]") {
            self.step = Step::begin(title);
            return None;
        }
        if line.starts_with(b"##[endgroup]") {
            return self.step.take().map(|step| Cow::Owned(step.command()));
        }
        if let Some(step) = &mut self.step {
            step.take(line);
            return None;
        }
        (!line.starts_with(b"##[")).then_some(Cow::Borrowed(line))
    }
}

fn is_fence(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    (line.starts_with(b"```") || line.starts_with(b"~~~"))
        && line[3..].iter().all(u8::is_ascii_alphanumeric)
}

/// The fence that is open behind a line that is one: only its own kind closes it, and not one that
/// names a language.
fn after_fence(open: Option<u8>, line: &[u8]) -> Option<u8> {
    let line = line.trim_ascii();
    match open {
        Some(mark) if line[0] != mark || line.len() > 3 => open,
        Some(_) => None,
        None => Some(line[0]),
    }
}

/// Whether there are prompts between fences, and none elsewhere.
fn has_prompts_in_fences_only(lines: &[&[u8]]) -> bool {
    let mut fence = None;
    let mut inside = 0;
    for line in lines {
        if is_fence(line) {
            fence = after_fence(fence, line);
        } else if prompt::parse(line.trim_ascii()).is_some_and(|prompt| prompt.is_strong()) {
            if fence.is_none() {
                return false;
            }
            inside += 1;
        }
    }
    inside > 0
}

/// Whether a line is a prompt with nothing before it; the shortest ones must have a known command
/// behind them, as prose has such signs too.
fn is_sure_prompt(line: &[u8]) -> bool {
    let line = line.trim_ascii_end();
    prompt::parse(line).is_some_and(|prompt| {
        let typed = prompt.command.trim_ascii();
        prompt.is_strong() || !typed.is_empty() && command::is_known(typed)
    })
}

/// What a log puts before the lines of one program: most lines have it, prompts and others.
fn tag(lines: &[&[u8]]) -> Vec<u8> {
    const LONGEST: usize = 80;
    let candidate = |line: &&[u8]| {
        let head = &line[..line.len().min(LONGEST)];
        let is_end = |w: &[u8]| matches!(w, [b':' | b'|' | b']', b' ']);
        let at = head.windows(2).position(is_end)?;
        Some(head[..at + 2].to_vec())
    };
    let of = |tag: &[u8]| lines.iter().filter(|line| line.starts_with(tag)).count();
    let first = lines.iter().take(8).filter_map(candidate);
    let most = first.max_by_key(|tag| of(tag)).unwrap_or_default();
    let tagged = lines
        .iter()
        .filter_map(|line| line.strip_prefix(most.as_slice()));
    let prompts = tagged.filter(|line| is_sure_prompt(line)).count();
    let count = of(&most);
    // A prompt that has such a part itself stands before commands only.
    let is_tag = lines.len() > 5 && count * 3 > lines.len() * 2 && prompts > 0;
    if is_tag && prompts * 2 < count && !lines.iter().any(|line| is_sure_prompt(line)) {
        most
    } else {
        Vec::new()
    }
}

/// The indentation of a block in a letter: all prompts have the same, and other lines have none.
fn indentation(lines: &[&[u8]]) -> Vec<u8> {
    let blanks = |line: &[u8]| {
        let length = line
            .iter()
            .take(40)
            .take_while(|b| matches!(b, b' ' | b'\t'));
        line[..length.count()].to_vec()
    };
    let prompts: Vec<Vec<u8>> = lines
        .iter()
        .filter(|l| is_sure_prompt(l.trim_ascii()))
        .map(|l| blanks(l))
        .collect();
    match prompts.first() {
        Some(shared)
            if prompts.len() > 1
                && (shared.starts_with(b"\t") || shared.starts_with(b"  "))
                && prompts.iter().all(|other| other == shared) =>
        {
            shared.clone()
        }
        _ => Vec::new(),
    }
}

/// What all lines begin with: marks of quotations, then one kind of indentation.
fn common_prefix(lines: &[&[u8]]) -> Vec<u8> {
    let Some(first) = lines.first() else {
        return Vec::new();
    };
    let allowed = |b: &u8| matches!(b, b'>' | b' ' | b'\t' | b'|');
    let longest = first.iter().take(40).take_while(|b| allowed(b)).count();
    let shared = lines.iter().fold(longest, |most, line| {
        let same = line.iter().zip(*first).take_while(|(a, b)| a == b).count();
        // A quoted line without any text has lost the blank after its mark.
        if line.trim_ascii_end().len() < most && first.starts_with(line.trim_ascii_end()) {
            most
        } else {
            same.min(most)
        }
    });
    let prefix = first[..shared].to_vec();
    // `> ` alone may be a prompt, and one blank or two are the padding of figures.
    let is_mark = prefix.starts_with(b">") || prefix.starts_with(b"| ");
    let quoted = is_mark && lines.len() > 2 && !lines.iter().all(|l| l.len() < 3);
    let indented = prefix.starts_with(b"\t") || prefix.starts_with(b"    ");
    if quoted || indented {
        prefix
    } else {
        Vec::new()
    }
}

/// The marks of a quotation in a letter: some lines have them, and only there are prompts.
fn quotation(lines: &[&[u8]]) -> Vec<u8> {
    let marks = |line: &[u8]| {
        let length = line
            .iter()
            .take(40)
            .take_while(|b| matches!(b, b'>' | b' '))
            .count();
        let end = line[..length]
            .iter()
            .rposition(|&b| b == b'>')
            .map_or(0, |at| at + 1);
        line[..(end + usize::from(line.get(end) == Some(&b' '))).min(line.len())].to_vec()
    };
    let is_prompt = |line: &[u8]| prompt::parse(line.trim_ascii_end()).is_some();
    let mut quoted = lines.iter().filter(|line| line.starts_with(b">"));
    let Some(first) = quoted.find(|line| is_prompt(&line[marks(line).len()..])) else {
        return Vec::new();
    };
    let prefix = marks(first);
    let (inside, outside): (Vec<&[u8]>, Vec<&[u8]>) = lines
        .iter()
        .partition(|line| line.starts_with(prefix.trim_ascii_end()));
    let is_quotation = inside.len() > 2
        && !outside
            .iter()
            .any(|line| !line.starts_with(b">") && is_prompt(line));
    if is_quotation { prefix } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(text: &str) -> String {
        let mut wrapping = Wrapping::of(text.as_bytes());
        let lines = text
            .lines()
            .filter_map(|line| wrapping.strip(line.as_bytes()));
        let lines: Vec<_> = lines
            .map(|l| String::from_utf8_lossy(&l).into_owned())
            .collect();
        lines.join("\n")
    }

    #[test]
    fn lines_are_unwrapped() {
        for (text, expected) in [
            ("$ ls\n  1 a\n", "$ ls\n  1 a"),
            (
                "Hi,\n\n> > $ du -a x\n> > 12 x/a\n> >\n> > 4 b\n\nWhat now?\n",
                "Hi,\n\n$ du -a x\n12 x/a\n\n4 b\n\nWhat now?",
            ),
            ("$ cat x\n> a\n> b\n> c\n", "$ cat x\n> a\n> b\n> c"),
            ("[06:02:11] $ du\n[06:02:11] 4 a\n", "$ du\n4 a"),
            (
                "$ aws s3 ls s3://b\n2026-11-22 06:02:11 7 a\n2026-11-22 06:02:11 7 b\n2026-11-22 06:02:11 7 c\n2026-11-22 06:02:11 7 d\n2026-11-22 06:02:11 7 e\n",
                "$ aws s3 ls s3://b\n2026-11-22 06:02:11 7 a\n2026-11-22 06:02:11 7 b\n2026-11-22 06:02:11 7 c\n2026-11-22 06:02:11 7 d\n2026-11-22 06:02:11 7 e",
            ),
            ("1: $ du\n2: 4 a\n3: 4 b\n4: 8 .\n", "$ du\n4 a\n4 b\n8 ."),
            (
                "     1\t$ du\n     2\t4 a\n     3\t\n     4\t8 .\n",
                "$ du\n4 a\n\n8 .",
            ),
            ("1: $ du\n2: 4 a\n3:\n4: 8 .\n", "$ du\n4 a\n\n8 ."),
            ("| $ du\n| 12 a\n|\n| 4 b\n", "$ du\n12 a\n\n4 b"),
            (
                "Session\n=======\n\n.. code::\n\n   $ du x\n   4\tx\n\n   $ ls -l\n   total 0\n\nDone.\n",
                "\n\n$ du x\n4\tx\n\n$ ls -l\ntotal 0\n",
            ),
            (
                "Nov 23 02:00:26 box tty[8]: $ du\nNov 23 02:00:27 box tty[8]: 4\ta\n\
                 Nov 23 02:00:27 box cron[9]: (root) CMD (true)\nNov 23 02:00:27 box tty[8]: 4\tb\n\
                 Nov 23 02:00:27 box tty[8]: \nNov 23 02:00:27 box tty[8]: 8\t.\n",
                "$ du\n4\ta\n4\tb\n\n8\t.",
            ),
            (
                "web-1  | + du\nweb-1  | 4\ta\nweb-1  | 4\tb\nweb-1  | 4\tc\nweb-1  | 4\td\nweb-1  | 20\t.\n",
                "+ du\n4\ta\n4\tb\n4\tc\n4\td\n20\t.",
            ),
            // A prompt with such a part.
            (
                "[a@b ~] $ cd x\n[a@b ~] $ du\n4\ta\n[a@b ~] $ rm a\n[a@b ~] $ rm b\n[a@b ~] $ rm c\n",
                "[a@b ~] $ cd x\n[a@b ~] $ du\n4\ta\n[a@b ~] $ rm a\n[a@b ~] $ rm b\n[a@b ~] $ rm c",
            ),
            ("> > $ du\n> > 12 a\n> >\n> > 4 b\n", "$ du\n12 a\n\n4 b"),
            ("\t$ du\n\t12\ta\n\n\t4\tb\n", "$ du\n12\ta\n\n4\tb"),
            ("    $ du\n    12\ta\n", "$ du\n12\ta"),
            ("```console\n$ du\n12\ta\n```\n", "$ du\n12\ta"),
            (
                "2026-11-22T06:02:11.1234567Z ##[group]Run du\n2026-11-22T06:02:11.1234567Z du -a\n\
                 2026-11-22T06:02:11.1234567Z ##[endgroup]\n2026-11-22T06:02:12.1234567Z + du -a\n\
                 2026-11-22T06:02:12.1234567Z 4\ta\n",
                "+ (./step)\n\n+ du -a\n4\ta",
            ),
        ] {
            assert_eq!(stripped(text), expected, "{text}");
        }
    }
}
