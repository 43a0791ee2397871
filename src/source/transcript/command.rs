//! What was typed: a small splitter for shell words, and what the command does to a tree.
//!
//! Not a shell: words, quotes, `;` `&&` `||` `|` and redirections are read; whatever needs a
//! shell to be understood (substitutions, loops, here-documents) is [`Action::Unknown`].

use super::listing::du::Du;
use super::listing::ls::Ls;
use super::word::Word;

/// How a step depends on the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Joint {
    /// It is the first, or it runs anyway.
    Always,
    /// Only when the one before worked.
    IfWorked,
    /// Only when the one before failed, or in the background.
    Other,
}

/// A pipeline: the first member's words, what it is piped through, what it writes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) joint: Joint,
    pub(super) words: Vec<Word>,
    pub(super) pipes: Vec<Vec<Word>>,
    pub(super) writes: Vec<Word>,
    /// Whether its output went to a file.
    pub(super) hidden: bool,
}

/// What a step does, as far as it matters here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// `cd`, with its operand.
    Cd(Option<Word>),
    /// `pwd`.
    Pwd,
    /// `date`: its output says when this was.
    Date,
    /// `ls -l` and its kin, or the bare `ls` of the puzzle.
    Ls(Ls),
    Du(Du),
    Df,
    /// Starts another shell, perhaps elsewhere.
    Enter,
    /// Ends the shell.
    Leave,
    /// Prints nothing and changes no file.
    Silent,
    /// Prints something, changes no file, says nothing of sizes that is read here.
    Harmless,
    /// Lists files in a form that is not read: what it is.
    Unread(&'static str),
    /// Removes exactly these.
    Remove(Vec<Word>),
    /// Changes these, in a way that is not followed.
    Change(Vec<Word>),
    /// May have done anything.
    Unknown,
}

/// Splits a command line into its steps; `None` where only a shell could.
pub(super) fn split(line: &[u8]) -> Option<Vec<Step>> {
    let mut splitter = Splitter::default();
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        rest = splitter.take(byte, tail)?;
    }
    splitter.finish()
}

/// The operand of a `cd` as it was typed, blanks, quotes and all; `None` when it is no `cd`.
pub(super) fn cd_operand(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"cd ").filter(|rest| !rest.is_empty())
}

/// Whether a shell would understand a `cd`, and go to one place by it.
pub(super) fn is_plain_cd(line: &[u8]) -> bool {
    split(line).is_some_and(|steps| {
        let goes = |action| matches!(action, Action::Cd(Some(Word { expands: false, .. })));
        steps.first().is_some_and(|step| goes(step.action()))
    })
}

#[derive(Default)]
struct Splitter {
    steps: Vec<Step>,
    joint: Option<Joint>,
    members: Vec<Vec<Word>>,
    words: Vec<Word>,
    word: Option<Word>,
    writes: Vec<Word>,
    hidden: bool,
    redirect: Option<Redirect>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Redirect {
    Input,
    Output,
    Errors,
}

impl Splitter {
    fn push(&mut self, byte: u8) {
        self.current().text.push(byte);
    }

    fn current(&mut self) -> &mut Word {
        self.word.get_or_insert_with(|| Word {
            text: Vec::new(),
            expands: false,
        })
    }

    fn take<'a>(&mut self, byte: u8, tail: &'a [u8]) -> Option<&'a [u8]> {
        let next = tail.first().copied();
        match byte {
            b' ' | b'\t' => self.end_word(),
            b'#' if self.word.is_none() => return Some(&[]),
            b'\'' => {
                let end = tail.iter().position(|&b| b == b'\'')?;
                self.current().text.extend_from_slice(&tail[..end]);
                return Some(&tail[end + 1..]);
            }
            b'"' => return self.double_quoted(tail),
            b'\\' => {
                let (&next, tail) = tail.split_first()?;
                self.push(next);
                return Some(tail);
            }
            b'$' | b'`' | b'(' | b')' | b'{' | b'}' if byte != b'$' || next == Some(b'(') => {
                return None;
            }
            b'*' | b'?' | b'[' | b'$' | b'!' => {
                self.push(byte);
                self.current().expands = true;
            }
            b';' => self.end_step(Joint::Always)?,
            b'&' if next == Some(b'&') => {
                self.end_step(Joint::IfWorked)?;
                return Some(&tail[1..]);
            }
            b'&' => self.end_step(Joint::Other)?,
            b'|' if next == Some(b'|') => {
                self.end_step(Joint::Other)?;
                return Some(&tail[1..]);
            }
            b'|' => {
                self.end_word();
                let words = std::mem::take(&mut self.words);
                if words.is_empty() {
                    return None;
                }
                self.members.push(words);
            }
            b'>' | b'<' => return self.redirection(byte, tail),
            _ => self.push(byte),
        }
        Some(tail)
    }

    fn double_quoted<'a>(&mut self, text: &'a [u8]) -> Option<&'a [u8]> {
        self.current();
        let mut rest = text;
        loop {
            let (&byte, tail) = rest.split_first()?;
            rest = tail;
            match byte {
                b'"' => return Some(tail),
                b'`' => return None,
                b'$' => {
                    self.push(byte);
                    self.current().expands = true;
                }
                b'\\' if matches!(tail.first(), Some(b'"' | b'\\' | b'$' | b'`')) => {
                    self.push(tail[0]);
                    rest = &tail[1..];
                }
                _ => self.push(byte),
            }
        }
    }

    fn redirection<'a>(&mut self, byte: u8, tail: &'a [u8]) -> Option<&'a [u8]> {
        let descriptor = match &self.word {
            Some(word) if word.is("1") || word.is("2") || word.is("&") => self.word.take(),
            _ => None,
        };
        self.end_word();
        let errors = descriptor.is_some_and(|word| word.is("2"));
        self.redirect = Some(match byte {
            b'<' => Redirect::Input,
            _ if errors => Redirect::Errors,
            _ => Redirect::Output,
        });
        match tail.first() {
            Some(b'<') => None,
            Some(b'>') => Some(&tail[1..]),
            Some(b'&') => {
                // `2>&1`: a descriptor, not a file.
                self.redirect = None;
                Some(tail.get(2..).unwrap_or(&[]))
            }
            _ => Some(tail),
        }
    }

    fn end_word(&mut self) {
        let Some(word) = self.word.take() else {
            return;
        };
        match self.redirect.take() {
            None => self.words.push(word),
            Some(Redirect::Input) => {}
            Some(kind) => {
                self.hidden |= kind == Redirect::Output;
                if !word.text.starts_with(b"/dev/") {
                    self.writes.push(word);
                }
            }
        }
    }

    fn end_step(&mut self, next: Joint) -> Option<()> {
        self.end_word();
        let words = std::mem::take(&mut self.words);
        if words.is_empty() && self.members.is_empty() && self.writes.is_empty() {
            return if next == Joint::Always {
                Some(())
            } else {
                None
            };
        }
        let mut members = std::mem::take(&mut self.members);
        members.push(words);
        let first = members.remove(0);
        self.steps.push(Step {
            joint: self.joint.unwrap_or(Joint::Always),
            words: first,
            pipes: members,
            writes: std::mem::take(&mut self.writes),
            hidden: std::mem::take(&mut self.hidden),
        });
        self.joint = Some(next);
        Some(())
    }

    fn finish(mut self) -> Option<Vec<Step>> {
        if self.redirect.is_some() && self.word.is_none() {
            return None;
        }
        self.end_step(Joint::Always)?;
        Some(self.steps)
    }
}

const SILENT: &[&str] = &[
    "", "clear", "reset", "true", "false", ":", "export", "set", "unset", "alias", "stty",
];

const HARMLESS: &[&str] = &[
    "echo",
    "printf",
    "whoami",
    "id",
    "who",
    "w",
    "last",
    "cal",
    "uptime",
    "uname",
    "hostname",
    "cat",
    "zcat",
    "head",
    "tail",
    "less",
    "more",
    "grep",
    "zgrep",
    "egrep",
    "wc",
    "sort",
    "uniq",
    "file",
    "md5sum",
    "sha256sum",
    "cmp",
    "diff",
    "ps",
    "top",
    "htop",
    "free",
    "vmstat",
    "iostat",
    "lsof",
    "lsblk",
    "blkid",
    "mount",
    "findmnt",
    "env",
    "printenv",
    "history",
    "which",
    "type",
    "man",
    "help",
    "sleep",
    "journalctl",
    "dmesg",
    "ip",
    "ifconfig",
    "ss",
    "netstat",
    "ping",
    "dpkg-query",
    "quota",
    "jobs",
    "fg",
    "test",
    "[",
    "tty",
    "arch",
    "nproc",
    "lscpu",
    "readlink",
    "realpath",
    "basename",
    "dirname",
];

/// What gives another prompt; on which host or in which directory, only that prompt can say.
const SHELLS: &[&str] = &[
    "ssh",
    "su",
    "-i",
    "-s",
    "sh",
    "bash",
    "zsh",
    "ksh",
    "dash",
    "fish",
    "screen",
    "tmux",
    "chroot",
    "nsenter",
    "docker",
    "podman",
    "kubectl",
    "lxc",
    "vagrant",
    "newgrp",
    "machinectl",
];

/// Tools whose words are, but for options, what they change.
const CHANGERS: &[&str] = &[
    "mv", "cp", "truncate", "touch", "mkdir", "ln", "tee", "shred", "unlink", "gzip", "gunzip",
    "xz", "unxz", "bzip2", "zstd", "install", "rsync", "chmod", "chown",
];

impl Step {
    /// What the step does.
    pub(super) fn action(&self) -> Action {
        let words = self.bare_words();
        let Some((command, operands)) = words.split_first() else {
            return Action::Silent;
        };
        if command.expands {
            return Action::Unknown;
        }
        let name = command
            .text
            .rsplit(|&b| b == b'/')
            .next()
            .unwrap_or_default();
        let Ok(name) = std::str::from_utf8(name) else {
            return Action::Unknown;
        };
        if self.pipes.iter().any(|member| !is_filter(member)) {
            return Action::Unknown;
        }
        match name {
            "cd" => match operands {
                [] => Action::Cd(None),
                [one] => Action::Cd(Some(one.clone())),
                [dashes, one] if dashes.is("--") || dashes.is("-L") => {
                    Action::Cd(Some(one.clone()))
                }
                // An error to most shells, a substitution to some: where it leads is not known.
                [one, ..] => Action::Cd(Some(Word {
                    expands: true,
                    ..one.clone()
                })),
            },
            "pwd" => Action::Pwd,
            "date" => Action::Date,
            "ls" | "ll" => {
                Ls::parse(name, operands).map_or(Action::Unread("this form of ls"), Action::Ls)
            }
            "du" => Du::parse(operands).map_or(Action::Unread("this form of du"), Action::Du),
            "df" => Action::Df,
            "la" | "l" | "dir" | "vdir" | "lsd" | "exa" | "eza" => {
                Action::Unread("this kind of listing")
            }
            "tree" => Action::Unread("tree"),
            "stat" => Action::Unread("stat"),
            "ncdu" | "dust" | "gdu" | "dua" => Action::Unread("this viewer"),
            "find" if !changes_by_find(operands) => Action::Unread("find"),
            "rm" | "rmdir" => removal(operands),
            "exit" | "logout" => Action::Leave,
            "ssh" if without_options(operands).len() > 1 => Action::Unknown,
            "docker" | "podman" | "kubectl" | "lxc" if !operands.iter().any(|w| w.is("exec")) => {
                Action::Unknown
            }
            _ if SHELLS.contains(&name) => Action::Enter,
            _ if SILENT.contains(&name) => Action::Silent,
            _ if HARMLESS.contains(&name) => Action::Harmless,
            _ if CHANGERS.contains(&name) => Action::Change(without_options(operands)),
            "systemctl" if operands.first().is_some_and(|w| w.is("status")) => Action::Harmless,
            _ => Action::Unknown,
        }
    }

    /// The words without what only says how to run the command.
    fn bare_words(&self) -> &[Word] {
        let mut words = &self.words[..];
        while let Some((first, rest)) = words.split_first() {
            let is_setting = first
                .text
                .iter()
                .position(|&b| b == b'=')
                .is_some_and(|at| {
                    at > 0
                        && first.text[..at]
                            .iter()
                            .all(|b| b.is_ascii_alphanumeric() || *b == b'_')
                });
            let wraps = [
                "sudo", "time", "nice", "command", "nohup", "busybox", "doas", "ionice",
            ];
            if is_setting || (!rest.is_empty() && wraps.iter().any(|w| first.is(w))) {
                words = rest;
            } else {
                break;
            }
        }
        words
    }

    /// Whether the output shows all that the command printed, in whatever order.
    pub(super) fn shows_all(&self) -> bool {
        let keeps = |member: &Vec<Word>| {
            let is_whole = |w: &Word| w.is("cat") || w.is("sort");
            member.first().is_some_and(is_whole)
                && !member
                    .iter()
                    .any(|w| w.text.starts_with(b"-") && w.text.contains(&b'u'))
        };
        self.pipes.iter().all(keeps)
    }
}

/// Whether a member of a pipeline only passes lines on.
fn is_filter(member: &[Word]) -> bool {
    let filters = [
        "sort", "head", "tail", "grep", "egrep", "less", "more", "cat", "wc", "nl", "column",
        "uniq",
    ];
    member
        .first()
        .is_some_and(|word| filters.iter().any(|f| word.is(f)))
}

/// Whether what reaches the screen are still the lines of the first command.
pub(super) fn keeps_lines(step: &Step) -> bool {
    step.pipes.iter().all(|member| {
        member
            .first()
            .is_some_and(|w| !["wc", "nl", "column", "uniq"].iter().any(|f| w.is(f)))
            && !member.iter().any(|w| {
                ["-n", "-c", "-o", "-v"].iter().any(|f| w.is(f))
                    && member[0].text.ends_with(b"grep")
            })
    })
}

fn changes_by_find(operands: &[Word]) -> bool {
    let acts = [
        "-delete", "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fls", "-fprintf",
    ];
    operands.iter().any(|w| acts.iter().any(|a| w.is(a)))
}

fn without_options(operands: &[Word]) -> Vec<Word> {
    let is_operand = |w: &&Word| !w.text.starts_with(b"-");
    operands.iter().filter(is_operand).cloned().collect()
}

fn removal(operands: &[Word]) -> Action {
    let paths = without_options(operands);
    let asks =
        |w: &Word| w.text.starts_with(b"-") && w.text.iter().any(|b| matches!(b, b'i' | b'I'));
    if paths.is_empty() || paths.iter().any(|w| w.expands) || operands.iter().any(asks) {
        return Action::Change(paths);
    }
    Action::Remove(paths)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actions(line: &str) -> Vec<Action> {
        split(line.as_bytes())
            .unwrap_or_default()
            .iter()
            .map(Step::action)
            .collect()
    }

    fn word(text: &str) -> Word {
        Word {
            text: text.as_bytes().to_vec(),
            expands: false,
        }
    }

    #[test]
    fn commands_are_split() {
        let steps = split(b"cd 'a b' && du -a | sort -n 2>/dev/null; x > out").unwrap();
        assert_eq!(steps.len(), 3);
        assert_eq!(steps[0].words, [word("cd"), word("a b")]);
        assert_eq!(steps[1].joint, Joint::IfWorked);
        assert_eq!(steps[1].pipes, [vec![word("sort"), word("-n")]]);
        assert!(!steps[1].hidden && steps[1].shows_all());
        assert!(steps[2].hidden);
        assert_eq!(steps[2].writes, [word("out")]);
        for line in [
            "cd $(x)",
            "ls `y`",
            "for i in a; do (x); done",
            "cat <<E",
            "echo 'open",
            "a | | b",
        ] {
            assert_eq!(split(line.as_bytes()), None, "{line}");
        }
    }

    #[test]
    fn actions_are_told_apart() {
        assert_eq!(actions("cd"), [Action::Cd(None)]);
        assert_eq!(
            actions("sudo LC_ALL=C \\cd x"),
            [Action::Cd(Some(word("x")))]
        );
        assert_eq!(
            actions("rm -rf a b"),
            [Action::Remove(vec![word("a"), word("b")])]
        );
        assert!(matches!(&actions("rm *.log")[..], [Action::Change(_)]));
        assert!(matches!(&actions("rm -i x")[..], [Action::Change(_)]));
        assert!(matches!(&actions("/bin/ls -l")[..], [Action::Ls(_)]));
        assert_eq!(actions("find . -delete"), [Action::Unknown]);
        assert_eq!(actions("./cleanup.sh"), [Action::Unknown]);
        assert_eq!(actions("ls | xargs rm"), [Action::Unknown]);
        assert_eq!(actions("pwd; df -h"), [Action::Pwd, Action::Df]);
        assert_eq!(actions("# only a remark"), []);
    }
}
