//! The steps of a GitHub Actions log: the script that stands in the group before what it prints.
//!
//! ```text
//! ##[group]Run df -h
//! \e[36;1mdf -h\e[0m
//! \e[36;1mls -l /srv\e[0m
//! shell: /usr/bin/bash -e {0}
//! ##[endgroup]
//! Filesystem …
//! ```
//!
//! The group is shown before anything of it runs; where it ends, the whole script runs, and ends at
//! the first command that fails (`-e`): that is `(df -h && ls -l /srv)`. Of a script that is more
//! than commands one after the other, it is only said that it ran.

/// No more lines of a script are kept, and no more bytes of one.
const MOST_LINES: usize = 64;
const LONGEST: usize = 1024;

/// A script that was shown and did not run yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    lines: Vec<Vec<u8>>,
    /// Whether the lines of the script are over.
    closed: bool,
    runs: bool,
    too_long: bool,
}

impl Step {
    /// Begins where a group has the title of a step; other groups hold what was printed.
    pub(super) fn begin(title: &[u8]) -> Option<Self> {
        title.starts_with(b"Run ").then(Self::default)
    }

    /// Takes a line of the group.
    pub(super) fn take(&mut self, line: &[u8]) {
        let line = uncoloured(line.trim_ascii_end());
        if let Some(shell) = line.strip_prefix(b"shell: ") {
            self.runs |= shell.windows(2).any(|w| w == b"sh");
            self.closed = true;
        } else if line == b"env:" || line == b"with:" {
            self.closed = true;
        }
        if self.closed {
            return;
        }
        if self.lines.len() < MOST_LINES && line.len() < LONGEST {
            self.lines.push(line.to_vec());
        } else {
            self.too_long = true;
        }
    }

    /// The line that stands for the script, as a trace shows one.
    pub(super) fn command(&self) -> Vec<u8> {
        let mut typed = b"+ (".to_vec();
        match self.commands() {
            Some(commands) => typed.extend_from_slice(&commands.join(&b" && "[..])),
            None => typed.extend_from_slice(b"./step"),
        }
        typed.extend_from_slice(b")\n");
        typed
    }

    /// The commands of the script, where it is nothing but commands.
    fn commands(&self) -> Option<Vec<&[u8]>> {
        let lines = self.lines.iter().map(|line| line.trim_ascii());
        let commands: Vec<&[u8]> = lines
            .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
            .collect();
        let usable = self.runs && !self.too_long && !commands.is_empty();
        (usable && commands.iter().all(|line| is_whole(line))).then_some(commands)
    }
}

/// Whether a line is a command of its own, that prints no trace of what follows.
fn is_whole(line: &[u8]) -> bool {
    const WORDS: [&[u8]; 17] = [
        b"for",
        b"while",
        b"until",
        b"if",
        b"then",
        b"else",
        b"elif",
        b"fi",
        b"do",
        b"done",
        b"case",
        b"esac",
        b"select",
        b"function",
        b"set",
        b"exec",
        b"source",
    ];
    let end = line.iter().position(|b| matches!(b, b' ' | b';'));
    let first = &line[..end.unwrap_or(line.len())];
    let has = |sign: &[u8]| line.windows(sign.len()).any(|w| w == sign);
    let joined = [&b"\\"[..], b"&&", b"||", b"|", b"{", b"("];
    !WORDS.contains(&first)
        && !has(b"<<")
        && !has(b"() ")
        && !has(b" #")
        && !first.starts_with(b"}")
        && !first.starts_with(b"{")
        && !joined.iter().any(|end| line.ends_with(end))
        && !line.ends_with(b";")
        && !line.ends_with(b"&")
}

/// A line of a script without the colour around it.
fn uncoloured(line: &[u8]) -> &[u8] {
    let line = line.strip_prefix(b"\x1b[36;1m").unwrap_or(line);
    line.strip_suffix(b"\x1b[0m").unwrap_or(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_a_chain_of_its_commands() {
        for (script, typed) in [
            ("df -h", "(df -h)"),
            ("cd /x\n# all\n\nls -l", "(cd /x && ls -l)"),
            ("for d in a b; do\n  ls $d\ndone", "(./step)"),
            ("ls -l \\\n  /x", "(./step)"),
            ("set -x\nls -l", "(./step)"),
            ("cat <<END\na\nEND", "(./step)"),
        ] {
            let mut step = Step::begin(b"Run it").unwrap();
            for line in script.lines() {
                step.take(format!("\x1b[36;1m{line}\x1b[0m\n").as_bytes());
            }
            for line in ["shell: /usr/bin/bash -e {0}", "env:", "  CI: true"] {
                step.take(line.as_bytes());
            }
            let expected = format!("+ {typed}\n");
            assert_eq!(step.command(), expected.as_bytes(), "{script}");
        }
        assert_eq!(Step::begin(b"Operating System"), None);
        let mut action = Step::begin(b"Run actions/checkout@v4").unwrap();
        action.take(b"with:");
        assert_eq!(action.command(), b"+ (./step)\n");
    }
}
