//! What was typed: a small splitter for shell words, and what the command does to a tree.
//!
//! Not a shell: words, quotes, `;` `&&` `||` `|` and redirections are read; whatever needs a
//! shell to be understood (substitutions, loops, here-documents) is [`Action::Unknown`].
//! What only says how or where a command runs (`sudo -u x`, `ssh host`, `xargs`) is in `wrapper`.

mod brace;
mod change;
mod known;
mod split;
mod windows;
mod wrapper;

use super::listing::df;
use super::listing::du::Du;
use super::listing::find::Find;
use super::listing::format::Format;
use super::listing::hdfs::Hdfs;
use super::listing::ls::Ls;
use super::listing::meter::Meter;
use super::listing::store::Store;
use super::listing::tree::TreeCommand;
use super::listing::viewer::Viewer;
use super::word::Word;

pub(super) use change::{Matches, emptied, is_message, tells};
use change::{allocation, compression, copy, movement, removal, truncation};
use known::{CHANGERS, COMPRESSORS, HARMLESS, SHELLS, SILENT};
pub(super) use split::{cd_operand, is_open, split};
pub(super) use windows::{split_windows, windows_action};
pub(super) use wrapper::{Elsewhere, elsewhere};

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
    /// Whether it was added to what stood there.
    pub(super) appends: bool,
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
    /// `ls -l` in another dress.
    Viewer(Viewer),
    Du(Du),
    /// `dust` and other tools that sum up.
    Meter(Meter),
    /// The base of figures with letters, where the command says it.
    Df(Option<u64>),
    Find(Find),
    /// `stat`, with the format that was asked for.
    Stat(Option<Format>),
    /// `wc -c`.
    Counts,
    Tree(TreeCommand),
    /// A listing of an object store.
    Store(Store),
    Hdfs(Hdfs),
    /// A listing of Windows' shells; whether hidden files are in it.
    Windows(bool),
    /// Starts another shell: on what the command names, or on the same host.
    Enter(Option<Vec<u8>>),
    /// Starts another shell on the same host, in the same directory.
    Below,
    /// Ends the shell.
    Leave,
    /// Prints nothing and changes no file.
    Silent,
    /// Prints something, changes no file, says nothing of sizes that is read here.
    Harmless,
    /// Lists files in a form that is not read: what it is.
    Unread(&'static str),
    /// `pushd`, with its operand, and `popd`.
    Push(Option<Word>),
    Pop,
    /// Sets variables, or aliases.
    Set(Vec<Word>),
    Alias(Vec<Word>),
    /// Has every command traced, or no longer.
    Trace(bool),
    /// Removes exactly these.
    Remove(Vec<Word>),
    /// Removes what lies below these and matches.
    RemoveBelow(Vec<Word>, Option<Matches>),
    /// Puts a file of another size in the place of each: of which name, and whether both are kept.
    Replace(Vec<(Word, Word)>, bool),
    /// Moves all but the last, which is where they go.
    Move(Vec<Word>, Word),
    /// Gives these exactly this size.
    Resize(Vec<Word>, u64),
    /// Makes files at least this large.
    Extend(Vec<Word>, u64),
    /// Makes one file like another.
    Copy(Word, Word),
    /// Changes these, in a way that is not followed.
    Change(Vec<Word>),
    /// May have done anything.
    Unknown,
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

impl Step {
    /// What the step does.
    pub(super) fn action(&self) -> Action {
        let words = wrapper::bare(&self.words);
        let Some((command, operands)) = words.split_first() else {
            return match self.words.is_empty() {
                true => Action::Silent,
                false => Action::Set(self.words.clone()),
            };
        };
        if command.expands {
            return Action::Unknown;
        }
        let Some(name) = base_name(command) else {
            return Action::Unknown;
        };
        if let Some(inner) = wrapper::delegated(name, operands, &self.pipes) {
            return self.for_each(&inner, operands);
        }
        if self.pipes.iter().any(|member| !is_filter(member)) {
            return Action::Unknown;
        }
        self.listing(name, operands)
            .or_else(|| changing(name, operands))
            .unwrap_or_else(|| other(name, operands))
    }

    /// `find … -exec ls -l {} +`, `… | xargs du -h`: the inner command, of names that are not typed.
    fn for_each(&self, inner: &[Word], operands: &[Word]) -> Action {
        let found = Word {
            text: Vec::new(),
            expands: true,
        };
        // Commands in commands in commands are nobody's.
        if inner
            .iter()
            .any(|w| w.is("-exec") || w.is("xargs") || w.is("find"))
        {
            return Action::Unknown;
        }
        let mut words: Vec<Word> = inner.iter().filter(|w| !w.is("{}")).cloned().collect();
        words.push(found);
        let action = Self {
            words,
            pipes: Vec::new(),
            ..self.clone()
        }
        .action();
        match action {
            // What `xargs` runs writes to the terminal again.
            Action::Ls(mut ls) => {
                let last = self.pipes.last().and_then(|member| member.first());
                if last.is_some_and(|word| !word.is("xargs")) {
                    ls.set_piped();
                }
                // `-exec … ;` runs it anew for every name.
                if last.is_none() && !operands.last().is_some_and(|w| w.is("+")) {
                    ls.set_each();
                }
                Action::Ls(ls)
            }
            Action::Du(_) | Action::Stat(_) | Action::Viewer(_) | Action::Harmless => action,
            Action::Remove(_) | Action::Change(_) | Action::Replace(..) => {
                Action::RemoveBelow(starts_of_find(operands), None)
            }
            _ => Action::Unknown,
        }
    }

    /// Commands that list files, and those that say where they are.
    fn listing(&self, name: &str, operands: &[Word]) -> Option<Action> {
        Some(match name {
            "cd" | "chdir" => cd(operands),
            "pushd" => Action::Push(operands.first().cloned()),
            "popd" => Action::Pop,
            "pwd" => Action::Pwd,
            "date" => Action::Date,
            "ls" | "gls" | "ll" | "la" | "l" | "lh" | "lla" | "lsa" | "dir" | "vdir" => {
                match Ls::parse(name, operands) {
                    Some(mut ls) => {
                        if !self.pipes.is_empty() {
                            ls.set_piped();
                        }
                        Action::Ls(ls)
                    }
                    None => Action::Unread("this form of ls"),
                }
            }
            "lsd" | "exa" | "eza" => match Viewer::parse(name, operands) {
                Some(mut viewer) => {
                    if !self.pipes.is_empty() {
                        viewer.set_piped();
                    }
                    Action::Viewer(viewer)
                }
                None => Action::Unread("this kind of listing"),
            },
            "du" | "gdu" if name == "du" || operands.iter().any(|w| w.is("-sh") || w.is("-s")) => {
                Du::parse(operands).map_or(Action::Unread("this form of du"), Action::Du)
            }
            "df" => Action::Df(df::base_of(operands)),
            "tree" => TreeCommand::parse(operands)
                .map_or(Action::Unread("this form of tree"), Action::Tree),
            "stat" => stat(operands),
            "wc" if operands.len() > 1 && counts_bytes(operands) => Action::Counts,
            "aws" => Store::aws(operands).map_or(Action::Unknown, Action::Store),
            "hdfs" | "hadoop" => Hdfs::parse(operands).map_or(Action::Unknown, Action::Hdfs),
            "gsutil" => Store::gsutil(operands).map_or(Action::Unknown, Action::Store),
            "ncdu" => Action::Unread("this viewer"),
            "dust" | "gdu" | "dua" | "pdu" => {
                Meter::parse(name, operands).map_or(Action::Unread("this viewer"), Action::Meter)
            }
            "find" if !changes_by_find(operands) => {
                Find::parse(operands).map_or(Action::Unread("this form of find"), Action::Find)
            }
            _ => return None,
        })
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
            let is_whole = |w: &Word| ["cat", "sort", "tee"].iter().any(|f| w.is(f));
            member.first().is_some_and(is_whole)
                && !member
                    .iter()
                    .any(|w| w.text.starts_with(b"-") && w.text.contains(&b'u'))
        };
        self.pipes.iter().all(keeps)
    }
}

/// The name of a program, without its directory.
fn base_name(command: &Word) -> Option<&str> {
    let name = command.text.rsplit(|&b| b == b'/').next()?;
    std::str::from_utf8(name).ok()
}

fn cd(operands: &[Word]) -> Action {
    match operands {
        [] => Action::Cd(None),
        [one] => Action::Cd(Some(one.clone())),
        [option, one] if ["--", "-L", "-P"].iter().any(|o| option.is(o)) => {
            Action::Cd(Some(one.clone()))
        }
        // An error to most shells, a substitution to some: where it leads is not known.
        [one, ..] => Action::Cd(Some(Word {
            expands: true,
            ..one.clone()
        })),
    }
}

/// Commands that change files, as far as it is followed how.
fn changing(name: &str, operands: &[Word]) -> Option<Action> {
    Some(match name {
        "rm" | "rmdir" | "unlink" => removal(operands),
        "mv" => movement(operands),
        "truncate" => truncation(operands),
        "fallocate" => allocation(operands),
        "cp" | "install" | "ln" | "rsync" => copy(name, operands),
        "find" => {
            let deletes = operands.last().is_some_and(|w| w.is("-delete"));
            let matches = deletes.then(|| Matches::of_find(operands)).flatten();
            Action::RemoveBelow(starts_of_find(operands), matches)
        }
        "dd" => {
            let to = operands.iter().find_map(|w| w.text.strip_prefix(b"of="));
            Action::Change(to.map(Word::plain).into_iter().collect())
        }
        _ if COMPRESSORS.iter().any(|(program, ..)| *program == name) => {
            compression(name, operands)
        }
        _ if CHANGERS.contains(&name) => Action::Change(without_options(operands)),
        _ => return None,
    })
}

fn other(name: &str, operands: &[Word]) -> Action {
    let first = operands.first();
    match name {
        "exit" | "logout" => Action::Leave,
        // `sudo -iu user`
        _ if name.starts_with("-i") => Action::Enter(None),
        _ if name.starts_with("-s") => Action::Below,
        "set" if operands.iter().any(|w| w.is("-x") || w.is("xtrace")) => {
            Action::Trace(!operands.iter().any(|w| w.is("+o")))
        }
        "set" if first.is_some_and(|w| w.is("+x")) => Action::Trace(false),
        "alias" => Action::Alias(operands.to_vec()),
        "export" | "declare" | "typeset" | "local" | "readonly" => Action::Set(operands.to_vec()),
        "docker" | "podman" | "kubectl" | "lxc" if !operands.iter().any(|w| w.is("exec")) => {
            Action::Unknown
        }
        _ if SHELLS.contains(&name) && stays(name, operands) => Action::Below,
        _ if SHELLS.contains(&name) => Action::Enter(target(name, operands)),
        _ if SILENT.contains(&name) => Action::Silent,
        _ if HARMLESS.contains(&name) => Action::Harmless,
        "systemctl" if first.is_some_and(|w| w.is("status")) => Action::Harmless,
        "apt-cache" | "dpkg" | "rpm"
            if first
                .is_some_and(|w| w.text.starts_with(b"-l") || w.is("policy") || w.is("-qa")) =>
        {
            Action::Harmless
        }
        "git"
            if first.is_some_and(|w| {
                ["log", "status", "diff", "show", "branch"]
                    .iter()
                    .any(|c| w.is(c))
            }) =>
        {
            Action::Harmless
        }
        _ => Action::Unknown,
    }
}

/// Whether a shell begins in the directory of the one that starts it: all do but those of a login,
/// of another host or of another tree.
fn stays(name: &str, operands: &[Word]) -> bool {
    let is_login = |w: &Word| w.is("-") || w.is("-l") || w.is("--login");
    match name {
        "sh" | "bash" | "zsh" | "ksh" | "dash" | "fish" | "newgrp" => {
            operands.iter().all(|w| w.text.starts_with(b"-"))
        }
        "su" => !operands.iter().any(is_login),
        _ => false,
    }
}

/// The starting points of a `find`.
fn starts_of_find(operands: &[Word]) -> Vec<Word> {
    let is_start = |w: &&Word| !w.text.starts_with(b"-") && !w.is("!") && !w.is("(");
    let starts: Vec<Word> = operands.iter().take_while(is_start).cloned().collect();
    match starts.is_empty() {
        true => vec![Word::plain(b".")],
        false => starts,
    }
}

/// `stat` of files: with `-f` GNU's prints something else, and BSD's takes a format.
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
            None if text == b"-t" || text == b"--terse" => format = Format::of_terse_stat(),
            None if text == b"-L" || text == b"-x" || !text.starts_with(b"-") => {}
            None => return Action::Unread("this form of stat"),
        }
    }
    Action::Stat(format)
}

/// Whether `wc` prints sizes of files, and nothing else.
fn counts_bytes(operands: &[Word]) -> bool {
    let mut options = operands.iter().filter(|w| w.text.starts_with(b"-"));
    let is_bytes = |w: &Word| w.is("-c") || w.is("--bytes");
    options.next().is_some_and(is_bytes) && options.all(is_bytes)
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
        "sort", "head", "tail", "grep", "egrep", "less", "more", "most", "cat", "wc", "nl",
        "column", "uniq", "tee", "ts", "sponge",
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
            .is_some_and(|w| !["wc", "nl", "column", "uniq", "ts"].iter().any(|f| w.is(f)))
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
        assert!(matches!(&actions("rm *.log")[..], [Action::Remove(_)]));
        for (line, says) in [
            ("rm -v a", true),
            ("sudo mv -fv a b", true),
            ("cp --verbose a b", true),
            ("rm a", false),
            ("mv -f a v", false),
            ("sort -v a", false),
        ] {
            let steps = split(line.as_bytes()).unwrap();
            assert_eq!(tells(&steps[0].words), says, "{line}");
        }
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
        assert_eq!(
            actions("truncate --size=2K a"),
            [Action::Resize(vec![word("a")], 2048)]
        );
    }

    #[test]
    fn actions_within_other_commands_are_told_apart() {
        assert!(matches!(
            &actions("find . -delete")[..],
            [Action::RemoveBelow(_, Some(_))]
        ));
        assert!(matches!(
            &actions("find a -exec rm {} +")[..],
            [Action::RemoveBelow(_, None)]
        ));
        assert!(matches!(
            &actions("find a -exec ls -l {} +")[..],
            [Action::Ls(_)]
        ));
        assert!(matches!(
            &actions("find a -print0 | xargs -0 -r du -h")[..],
            [Action::Du(_)]
        ));
        assert!(matches!(
            &actions("find a | xargs rm -f")[..],
            [Action::RemoveBelow(_, None)]
        ));
        assert!(matches!(&actions("sudo -u op ls -l")[..], [Action::Ls(_)]));
        assert!(matches!(&actions("sudo -iu op")[..], [Action::Enter(None)]));
        assert!(matches!(
            &actions("nice -n 5 timeout 9 du -a")[..],
            [Action::Du(_)]
        ));
        assert!(matches!(&actions("ls {a,b} | tee x")[..], [Action::Ls(_)]));
        assert!(matches!(
            &actions("X=/a; export Y=b")[..],
            [Action::Set(_), Action::Set(_)]
        ));
        assert_eq!(
            actions("gzip a"),
            [Action::Replace(vec![(word("a"), word("a.gz"))], false)]
        );
        assert!(matches!(&actions("gzip -l a.gz")[..], [Action::Harmless]));
        assert_eq!(actions("./cleanup.sh"), [Action::Unknown]);
        assert!(matches!(
            &actions("ls | xargs rm")[..],
            [Action::RemoveBelow(..)]
        ));
        assert_eq!(actions("pwd; df -h"), [Action::Pwd, Action::Df(Some(1024))]);
        assert_eq!(actions("# only a remark"), []);
    }
}
