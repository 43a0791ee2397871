//! What stands before every line of a text and is not the terminal's: the times of a CI log, the
//! marks of a quotation, an indentation, the fences of a code block.

/// How lines are to be unwrapped, judged by the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in super::super) struct Wrapping {
    /// `2026-11-22T06:02:11.1234567Z ` before each line.
    timed: bool,
    /// Marks of quotations, blanks or a tab before each line.
    prefix: Vec<u8>,
    /// Lines of three backquotes stand around.
    fenced: bool,
    /// In a block that a CI log shows before it runs.
    pub(in super::super) in_group: bool,
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
        let timed = most(lines.iter().filter(|line| stamp(line).is_some()).count());
        let mut wrapping = Self {
            timed,
            fenced: lines.iter().any(|line| is_fence(line)),
            ..Self::default()
        };
        if !timed {
            let bodies: Vec<&[u8]> = lines.iter().copied().filter(|l| !is_fence(l)).collect();
            wrapping.prefix = common_prefix(&bodies);
        }
        wrapping
    }

    /// The part of a line that is the terminal's; `None` when nothing of it is.
    pub(in super::super) fn strip<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        if self.timed {
            let rest = match stamp(line) {
                Some(length) => &line[length..],
                None => line,
            };
            return self.of_log(rest);
        }
        if self.fenced && is_fence(line) {
            return None;
        }
        if self.prefix.is_empty() {
            return Some(line);
        }
        let kept = self.prefix.trim_ascii_end();
        Some(
            line.strip_prefix(self.prefix.as_slice())
                .or_else(|| line.strip_prefix(kept).filter(|_| !kept.is_empty()))
                .unwrap_or(line),
        )
    }

    /// Scripts that a CI log shows before it runs them are no commands, nor are its own marks.
    fn of_log<'a>(&mut self, line: &'a [u8]) -> Option<&'a [u8]> {
        if line.starts_with(b"##[group]") {
            self.in_group = true;
            return None;
        }
        if line.starts_with(b"##[endgroup]") {
            self.in_group = false;
            return None;
        }
        (!self.in_group && !line.starts_with(b"##[")).then_some(line)
    }
}

fn is_fence(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    (line.starts_with(b"```") || line.starts_with(b"~~~"))
        && line[3..].iter().all(u8::is_ascii_alphanumeric)
}

/// The length of a time at the start of a line, its blank included.
fn stamp(line: &[u8]) -> Option<usize> {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    let shape = b"dddd-dd-ddTdd:dd:dd";
    let fits = |(b, s): (&u8, &u8)| {
        if *s == b'd' {
            b.is_ascii_digit()
        } else {
            b == s
        }
    };
    if line.len() < shape.len() || !line.iter().zip(shape).all(fits) {
        return None;
    }
    let rest = &line[shape.len()..];
    let end = rest.iter().position(|&b| b == b'Z')?;
    let fraction = rest[..end].iter().all(|b| b.is_ascii_digit() || *b == b'.');
    let blank = rest.get(end + 1) == Some(&b' ');
    (fraction && blank).then_some(shape.len() + end + 2)
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
    let quoted = prefix.starts_with(b">") && lines.len() > 2 && !lines.iter().all(|l| l.len() < 3);
    let indented = prefix.starts_with(b"\t") || prefix.starts_with(b"    ");
    if quoted || indented {
        prefix
    } else {
        Vec::new()
    }
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
            .map(|l| String::from_utf8_lossy(l).into_owned())
            .collect();
        lines.join("\n")
    }

    #[test]
    fn lines_are_unwrapped() {
        for (text, expected) in [
            ("$ ls\n  1 a\n", "$ ls\n  1 a"),
            ("> > $ du\n> > 12 a\n> >\n> > 4 b\n", "$ du\n12 a\n\n4 b"),
            ("\t$ du\n\t12\ta\n\n\t4\tb\n", "$ du\n12\ta\n\n4\tb"),
            ("    $ du\n    12\ta\n", "$ du\n12\ta"),
            ("```console\n$ du\n12\ta\n```\n", "$ du\n12\ta"),
            (
                "2026-11-22T06:02:11.1234567Z ##[group]Run du\n2026-11-22T06:02:11.1234567Z du -a\n\
                 2026-11-22T06:02:11.1234567Z ##[endgroup]\n2026-11-22T06:02:12.1234567Z + du -a\n\
                 2026-11-22T06:02:12.1234567Z 4\ta\n",
                "+ du -a\n4\ta",
            ),
        ] {
            assert_eq!(stripped(text), expected, "{text}");
        }
    }
}
