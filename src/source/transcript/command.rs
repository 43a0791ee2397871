//! What was typed: a small splitter for shell words, and what the command does to a tree.
//!
//! Not a shell: words, quotes, `;` `&&` `||` `|` and redirections are read; whatever needs a
//! shell to be understood (substitutions, loops, here-documents) is [`Action::Unknown`].

use super::listing::du::Du;
use super::listing::find::Find;
use super::listing::format::Format;
use super::listing::ls::Ls;
use super::listing::store::Store;
use super::listing::tree::TreeCommand;
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
    Find(Find),
    /// `stat`, with the format that was asked for.
    Stat(Option<Format>),
    Tree(TreeCommand),
    /// A listing of an object store.
    Store(Store),
    /// A listing of Windows' shells; whether hidden files are in it.
    Windows(bool),
    /// Starts another shell: on what the command names, or on the same host.
    Enter(Option<Vec<u8>>),
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
    /// Moves all but the last, which is where they go.
    Move(Vec<Word>, Word),
    /// Gives these exactly this size.
    Resize(Vec<Word>, u64),
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

/// Whether a line ends where a shell would ask for more: inside of quotes, or after a backslash.
pub(super) fn is_open(line: &[u8]) -> bool {
    let mut quote = None;
    let mut bytes = line.iter();
    while let Some(&byte) = bytes.next() {
        match (quote, byte) {
            (None | Some(b'"'), b'\\') if bytes.next().is_none() => return true,
            (None | Some(b'"'), b'\\') => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'#') => return false,
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    quote.is_some()
}

/// Whether a line begins with a command that is known.
pub(super) fn is_known(line: &[u8]) -> bool {
    let steps = split(line).unwrap_or_default();
    steps
        .first()
        .is_some_and(|step| !step.words.is_empty() && !matches!(step.action(), Action::Unknown))
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
    "cp", "touch", "mkdir", "ln", "tee", "shred", "gzip", "gunzip", "xz", "unxz", "bzip2", "zstd",
    "install", "rsync", "chmod", "chown",
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
            "ls" | "ll" => match Ls::parse(name, operands) {
                Some(mut ls) => {
                    if !self.pipes.is_empty() {
                        ls.set_piped();
                    }
                    Action::Ls(ls)
                }
                None => Action::Unread("this form of ls"),
            },
            "du" => Du::parse(operands).map_or(Action::Unread("this form of du"), Action::Du),
            "df" => Action::Df,
            "la" | "l" | "dir" | "vdir" | "lsd" | "exa" | "eza" => {
                Action::Unread("this kind of listing")
            }
            "tree" => TreeCommand::parse(operands)
                .map_or(Action::Unread("this form of tree"), Action::Tree),
            "stat" => stat(operands),
            "aws" => Store::aws(operands).map_or(Action::Unknown, Action::Store),
            "hdfs" | "hadoop" => Store::hdfs(operands).map_or(Action::Unknown, Action::Store),
            "gsutil" => Store::gsutil(operands).map_or(Action::Unknown, Action::Store),
            "ncdu" | "dust" | "gdu" | "dua" => Action::Unread("this viewer"),
            "find" if !changes_by_find(operands) => {
                Find::parse(operands).map_or(Action::Unread("this form of find"), Action::Find)
            }
            "rm" | "rmdir" | "unlink" => removal(operands),
            "mv" => movement(operands),
            "truncate" => truncation(operands),
            "exit" | "logout" => Action::Leave,
            "ssh" if without_options(operands).len() > 1 => Action::Unknown,
            "docker" | "podman" | "kubectl" | "lxc" if !operands.iter().any(|w| w.is("exec")) => {
                Action::Unknown
            }
            _ if SHELLS.contains(&name) => Action::Enter(target(name, operands)),
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

    /// Whether the output goes through a pager.
    pub(super) fn is_paged(&self) -> bool {
        let is_pager = |w: &Word| ["less", "more", "most", "pg"].iter().any(|p| w.is(p));
        self.pipes
            .iter()
            .any(|member| member.first().is_some_and(is_pager))
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

/// `stat` of files: with `-f` or `-t` GNU's prints something else, and BSD's takes a format.
fn stat(operands: &[Word]) -> Action {
    let mut words = operands.iter();
    let mut format = None;
    while let Some(word) = words.next() {
        let text = word.text.as_slice();
        let given = match text {
            b"-c" | b"--format" | b"--printf" | b"-f" => words.next().map(|w| w.text.as_slice()),
            _ => text
                .strip_prefix(b"--format=")
                .or_else(|| text.strip_prefix(b"--printf="))
                .or_else(|| text.strip_prefix(b"-c").filter(|rest| !rest.is_empty())),
        };
        match given {
            Some(given) => {
                let compiled = Format::of_stat(given, text == b"-f");
                let Some(compiled) = compiled else {
                    return Action::Unread("this form of stat");
                };
                format = Some(compiled);
            }
            None if text == b"-L" || !text.starts_with(b"-") => {}
            None => return Action::Unread("this form of stat"),
        }
    }
    Action::Stat(format)
}

/// Splits a command line of cmd or PowerShell, which quote with `"` and escape nothing that
/// matters here; `None` for more than one command.
pub(super) fn split_windows(line: &[u8]) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let (text, tail) = match rest[0] {
            quote @ (b'"' | b'\'') => {
                let end = rest[1..].iter().position(|&b| b == quote)?;
                (&rest[1..=end], &rest[end + 2..])
            }
            _ => {
                let end = rest.iter().position(|b| matches!(b, b' ' | b'"'));
                rest.split_at(end.unwrap_or(rest.len()))
            }
        };
        if text
            .iter()
            .any(|b| matches!(b, b'|' | b'&' | b';' | b'>' | b'<' | b'$' | b'%'))
        {
            return None;
        }
        words.push(Word {
            text: text.to_vec(),
            expands: text.iter().any(|b| matches!(b, b'*' | b'?')),
        });
        rest = tail.trim_ascii_start();
    }
    Some(words)
}

/// What a command of cmd or PowerShell does.
pub(super) fn windows_action(words: &[Word]) -> Action {
    let Some((command, operands)) = words.split_first() else {
        return Action::Silent;
    };
    let name = command.text.to_ascii_lowercase();
    let is_switch = |w: &&Word| {
        matches!(
            w.text.as_slice(),
            [b'/', _] | [b'/', _, b':', ..] | [b'-', ..]
        )
    };
    let paths: Vec<Word> = operands.iter().filter(|w| !is_switch(w)).cloned().collect();
    let has = |switch: &str| {
        operands
            .iter()
            .any(|w| w.text.eq_ignore_ascii_case(switch.as_bytes()))
    };
    match name.as_slice() {
        b"cd" | b"chdir" | b"set-location" | b"sl" => match &paths[..] {
            [] => Action::Harmless,
            [one] => Action::Cd(Some(one.clone())),
            _ => Action::Unknown,
        },
        b"dir" | b"ls" | b"gci" | b"get-childitem" if has("/b") || has("/w") || has("-name") => {
            Action::Unread("names without sizes")
        }
        b"dir" | b"ls" | b"gci" | b"get-childitem" => {
            let filtered = operands.iter().any(|w| w.expands) || has("-filter") || has("-include");
            Action::Windows((has("/a") || has("-force")) && !filtered)
        }
        b"del" | b"erase" | b"rm" | b"rmdir" | b"rd" | b"remove-item" | b"ri" => {
            if paths.is_empty() || paths.iter().any(|w| w.expands) {
                Action::Change(paths)
            } else {
                Action::Remove(paths)
            }
        }
        b"cls" | b"clear" | b"clear-host" => Action::Silent,
        b"type" | b"echo" | b"ver" | b"vol" | b"whoami" | b"hostname" | b"get-content"
        | b"date" | b"get-date" | b"write-host" | b"write-output" | b"get-psdrive"
        | b"systeminfo" | b"tree" => Action::Harmless,
        b"exit" => Action::Leave,
        _ => Action::Unknown,
    }
}

/// What a shell is started on: a host, a container, a root directory; `None` for the same host.
fn target(name: &str, operands: &[Word]) -> Option<Vec<u8>> {
    let plain = without_options(operands);
    let word = match name {
        "ssh" => plain.first(),
        "chroot" | "nsenter" | "machinectl" | "vagrant" => plain.last(),
        "docker" | "podman" | "kubectl" | "lxc" => {
            let at = plain.iter().position(|w| w.is("exec"))?;
            plain.get(at + 1)
        }
        _ => None,
    }?;
    let host = word.text.rsplit(|&b| b == b'@').next().unwrap_or_default();
    Some(host.to_vec())
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

/// What `rm` asks and answers is read from what it prints.
fn removal(operands: &[Word]) -> Action {
    let paths = without_options(operands);
    let asks_once = |w: &Word| w.text.starts_with(b"-") && w.text.contains(&b'I');
    if paths.is_empty() || paths.iter().any(|w| w.expands) || operands.iter().any(asks_once) {
        return Action::Change(paths);
    }
    Action::Remove(paths)
}

/// `mv a b dir`, without options that may leave something where it is.
fn movement(operands: &[Word]) -> Action {
    let mut paths = without_options(operands);
    let plain = operands
        .iter()
        .all(|w| !w.text.starts_with(b"-") || w.is("-f") || w.is("-v"));
    let moved = plain && paths.len() > 1 && !paths.iter().any(|w| w.expands);
    match paths.pop() {
        Some(to) if moved => Action::Move(paths, to),
        last => {
            paths.extend(last);
            Action::Change(paths)
        }
    }
}

/// `truncate -s 100 file`, with a size in bytes.
fn truncation(operands: &[Word]) -> Action {
    match operands {
        [option, size, files @ ..] if option.is("-s") && !files.is_empty() => {
            let bytes = super::listing::number::digits(&size.text);
            let plain = files
                .iter()
                .all(|w| !w.expands && !w.text.starts_with(b"-"));
            match bytes.filter(|_| plain) {
                Some(bytes) => Action::Resize(files.to_vec(), bytes),
                None => Action::Change(files.to_vec()),
            }
        }
        _ => Action::Change(without_options(operands)),
    }
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
        assert!(matches!(&actions("rm -I x")[..], [Action::Change(_)]));
        assert_eq!(
            actions("mv a b"),
            [Action::Move(vec![word("a")], word("b"))]
        );
        assert!(matches!(&actions("mv -n a b")[..], [Action::Change(_)]));
        assert_eq!(
            actions("truncate -s 7 a"),
            [Action::Resize(vec![word("a")], 7)]
        );
        assert!(matches!(
            &actions("truncate -s +7 a")[..],
            [Action::Change(_)]
        ));
        assert!(matches!(&actions("/bin/ls -l")[..], [Action::Ls(_)]));
        assert_eq!(actions("find . -delete"), [Action::Unknown]);
        assert_eq!(actions("./cleanup.sh"), [Action::Unknown]);
        assert_eq!(actions("ls | xargs rm"), [Action::Unknown]);
        assert_eq!(actions("pwd; df -h"), [Action::Pwd, Action::Df]);
        assert_eq!(actions("# only a remark"), []);
    }
}
