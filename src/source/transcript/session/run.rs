//! Commands as they are run: what each does to the session, and who reads what it prints.

use super::super::Base;
use super::super::command::{self, Action, Joint, Step};
use super::super::evidence::{LineNo, Origin};
use super::super::listing::ls::Ls;
use super::super::listing::number::Unit;
use super::super::prompt::Family;
use super::super::readers::{
    DfRows, DuRows, FindRows, HdfsRows, Long, MeterRows, NameRows, Puzzle, StatRows, StoreRows,
    TreeRows, ViewerRows, WindowsRows,
};
use super::super::word::Word;
use super::block::{Change, Move, Reader};
use super::{Frame, MOST_TYPED, Passage, Session};

/// Shells that run commands in shells, at most.
const MOST_INSIDE: usize = 3;

impl Session {
    pub(super) fn command(&mut self, typed: &[u8], line: LineNo) {
        if typed.is_empty() || typed.ends_with(b"^C") {
            return;
        }
        if command::is_open(typed) && typed.len() < MOST_TYPED {
            self.open = Some((typed.to_vec(), line));
            return;
        }
        self.run(typed, line);
    }

    pub(super) fn run(&mut self, typed: &[u8], line: LineNo) {
        self.scene.world.begin_command(line, typed);
        if self.family == Some(Family::Windows) && !self.frame.shown.starts_with(b"/") {
            self.run_windows(typed, line);
            return;
        }
        if let Some(to) = self.puzzle_cd(typed) {
            self.block.cd = Some(Move {
                from: self.frame.cwd,
                to: Some(to),
                literal: true,
                back: false,
                chained: None,
                several: false,
                prints: false,
            });
            return;
        }
        self.note_tool(typed);
        if let Some(inner) = subshell(typed) {
            self.run_inside(&inner, typed, line);
            return;
        }
        match command::split(typed) {
            // `cd x &`: the shell itself goes nowhere.
            Some(steps) if steps.len() == 1 && typed.trim_ascii_end().ends_with(b"&") => {
                self.run_inside(&steps, typed, line);
            }
            Some(steps) => self.run_steps(&steps, typed, line, 0),
            None => {
                self.frame.strayed = true;
                self.unknown(typed, line);
            }
        }
    }

    /// `(cd x && ls)`: where it goes, the shell around does not follow.
    fn run_inside(&mut self, steps: &[Step], typed: &[u8], line: LineNo) {
        let cwd = self.frame.cwd;
        self.run_steps(steps, typed, line, 0);
        self.block.leave_place();
        if self.block.cd.take().is_some() {
            self.frame.cwd = cwd;
        }
    }

    fn run_steps(&mut self, steps: &[Step], typed: &[u8], line: LineNo, inside: usize) {
        let mut joint_of_cd = None;
        for step in steps {
            let step = &self.expanded(step);
            if let Some(other) = command::elsewhere(step).filter(|_| inside < MOST_INSIDE) {
                self.foreign = true;
                self.note_writes(step, line);
                if step.joint == Joint::Other {
                    self.unknown(typed, line);
                    return;
                }
                self.run_elsewhere(&other, typed, line, inside);
                continue;
            }
            let action = step.action();
            let quiet = matches!(
                action,
                Action::Harmless
                    | Action::Silent
                    | Action::Pwd
                    | Action::Date
                    | Action::Df(_)
                    | Action::Set(_)
            );
            if step.joint == Joint::Other && !quiet {
                let moved = self.block.cd.is_some();
                self.unknown(typed, line);
                if moved {
                    self.frame.cwd = None;
                }
                return;
            }
            if let Some(cd) = &mut self.block.cd
                && joint_of_cd.is_none()
                && !matches!(action, Action::Silent | Action::Cd(_))
            {
                cd.chained = Some(step.joint);
                joint_of_cd = cd.chained;
            }
            self.note_writes(step, line);
            self.act(action, step, typed, line);
        }
    }

    /// Commands for another host or a container, where nothing says in which directory they run
    /// but that it is always the same; or for a shell of their own.
    fn run_elsewhere(
        &mut self,
        other: &command::Elsewhere,
        typed: &[u8],
        line: LineNo,
        inside: usize,
    ) {
        let outer = self.block.cd.take();
        let cwd = match &outer {
            Some(cd) => cd.to,
            None => self.frame.cwd,
        };
        let left = other.host.as_ref().map(|host| {
            let start = self.scene.world.start(host, Origin::Here);
            let start = self.named(Origin::Here, host, b"").unwrap_or(start);
            let frame = Frame {
                cwd: Some(start),
                begun: true,
                ..Frame::default()
            };
            let who = std::mem::replace(&mut self.who, (host.clone(), Vec::new()));
            (who, std::mem::replace(&mut self.frame, frame))
        });
        if left.is_none() {
            self.frame.cwd = cwd;
        }
        self.run_steps(&other.steps, typed, line, inside + 1);
        self.block.leave_place();
        if let Some((who, frame)) = left {
            (self.who, self.frame) = (who, frame);
        }
        // An outer `cd` that failed took nothing of this with it that could be told.
        self.block.cd = outer;
        self.passage = None;
    }

    /// A step with its aliases and variables put in, as far as they are known.
    fn expanded(&mut self, step: &Step) -> Step {
        let mut step = step.clone();
        if let Some(first) = step.words.first().filter(|first| !first.expands)
            && let Some(words) = self.aliases.get(&first.text)
        {
            step.words.splice(..1, words.iter().cloned());
        }
        let with_variables = |words: &mut Vec<Word>| {
            for word in words.iter_mut().filter(|w| w.text.contains(&b'$')) {
                self.substitute(word);
            }
        };
        let mut all = std::mem::take(&mut step.words);
        let mut writes = std::mem::take(&mut step.writes);
        let mut with_variables = with_variables;
        with_variables(&mut all);
        with_variables(&mut writes);
        (step.words, step.writes) = (all, writes);
        step
    }

    /// Puts in what variables stand for: those that were set, and the two of every shell.
    fn substitute(&mut self, word: &mut Word) {
        if !word.expands {
            return;
        }
        let mut text = Vec::with_capacity(word.text.len());
        let mut rest = word.text.as_slice();
        while let Some(at) = rest.iter().position(|&b| b == b'$') {
            text.extend_from_slice(&rest[..at]);
            let tail = &rest[at + 1..];
            let is_name = |b: &u8| b.is_ascii_alphanumeric() || *b == b'_';
            let (name, after) = match tail.strip_prefix(b"{") {
                Some(inner) => {
                    let end = inner.iter().take_while(|b| is_name(b)).count();
                    (
                        &inner[..end],
                        inner[end..].strip_prefix(b"}").unwrap_or_default(),
                    )
                }
                None => tail.split_at(tail.iter().take_while(|b| is_name(b)).count()),
            };
            let Some(value) = self
                .value_of(name)
                .filter(|v| text.len() + v.len() < MOST_TYPED)
            else {
                return;
            };
            text.extend_from_slice(&value);
            rest = after;
        }
        text.extend_from_slice(rest);
        let special = |b: &u8| matches!(b, b'*' | b'?' | b'[' | b'{' | b'!' | b' ');
        word.expands = text.iter().any(special);
        word.text = text;
    }

    fn value_of(&mut self, name: &[u8]) -> Option<Vec<u8>> {
        if let Some(value) = self.variables.get(name) {
            return Some(value.clone());
        }
        let place = match name {
            b"PWD" => self.here(),
            b"HOME" => self.home(),
            _ => None,
        }?;
        let path = super::super::path_of(&self.scene.world, place);
        path.starts_with(b"/").then_some(path)
    }

    fn set(&mut self, words: &[Word]) {
        for word in words {
            let at = word.text.iter().position(|&b| b == b'=');
            let Some(at) = at.filter(|&at| at > 0 && self.variables.len() < super::MOST_VARIABLES)
            else {
                continue;
            };
            let name = word.text[..at].to_vec();
            let mut value = Word {
                text: word.text[at + 1..].to_vec(),
                expands: word.expands,
            };
            self.substitute(&mut value);
            match value.expands {
                true => self.variables.remove(&name),
                false => self.variables.insert(name, value.text),
            };
        }
    }

    fn set_aliases(&mut self, words: &[Word]) {
        for word in words {
            let Some(at) = word.text.iter().position(|&b| b == b'=') else {
                continue;
            };
            let steps = command::split(&word.text[at + 1..]).unwrap_or_default();
            let name = word.text[..at].to_vec();
            match &steps[..] {
                [one] if one.pipes.is_empty() && self.aliases.len() < super::MOST_VARIABLES => {
                    self.aliases.insert(name, one.words.clone());
                }
                // Whatever it is, it is no command of that name.
                _ => {
                    self.aliases.insert(name, vec![Word::plain(b"alias")]);
                }
            }
        }
    }

    /// What blocks are counted in where a command does not say: as the environment asks, as the
    /// system's tools do, or, as long as nothing tells which those are, one of both.
    fn default_unit(&self, step: &Step, names: [&str; 3]) -> (Unit, bool) {
        let setting = |name: &str| {
            let own = step.words.iter().find_map(|w| {
                let value = w.text.strip_prefix(name.as_bytes())?;
                value.strip_prefix(b"=").map(<[u8]>::to_vec)
            });
            own.or_else(|| self.variables.get(name.as_bytes()).cloned())
        };
        for name in names {
            if let Some(value) = setting(name) {
                let value = value.strip_prefix(b"'").unwrap_or(&value);
                return match super::super::listing::number::unit(value) {
                    Some(unit) => (unit, name == "BLOCK_SIZE"),
                    None => (Unit::Either, false),
                };
            }
        }
        if setting("POSIXLY_CORRECT").is_some() {
            return (Unit::Of(512), false);
        }
        let unit = match self.bsd {
            Some(true) => Unit::Of(512),
            Some(false) => Unit::Of(1024),
            None => Unit::Either,
        };
        (unit, false)
    }

    pub(super) fn base(&mut self) -> Base {
        Base {
            root: self.root(),
            cwd: self.here(),
            home: self.home(),
        }
    }

    /// Runs a command of Windows' shells.
    fn run_windows(&mut self, typed: &[u8], line: LineNo) {
        self.foreign = true;
        let Some(words) = command::split_windows(typed) else {
            return self.unknown(typed, line);
        };
        let cwd = self.here();
        match command::windows_action(&words) {
            Action::Cd(target) => self.cd(target.as_ref(), line),
            Action::Silent => {}
            Action::Harmless => self.block.read_by(Reader::Skip),
            Action::Unread(what) => self.block.read_by(Reader::Unread(what)),
            Action::Leave => self.passage = Some(Passage::OutOf),
            Action::Windows(all) => {
                let root = self.root();
                self.block
                    .read_by(Reader::Windows(WindowsRows::new(root, line, all, true)));
            }
            Action::Remove(words) => {
                let ids = words
                    .iter()
                    .filter_map(|word| self.resolve_word(cwd, word))
                    .collect();
                self.block.changes.push(Change::Remove(ids));
            }
            Action::Change(words) => self.doubt(&words, typed, line),
            _ => self.unknown(typed, line),
        }
    }

    fn act(&mut self, action: Action, step: &Step, typed: &[u8], line: LineNo) {
        let pure_before = !self.foreign;
        self.foreign |= !matches!(&action, Action::Cd(_) | Action::Silent)
            && !matches!(&action, Action::Ls(ls) if ls.is_bare());
        self.block.tells |= command::tells(&step.words);
        // A program of that path moves no shell; a function, an alias or `.` may.
        let is_program = step.words.first().is_some_and(|w| w.text.contains(&b'/'));
        self.frame.strayed |= matches!(action, Action::Unknown) && !is_program;
        let Some(action) = self.change(action, typed, line) else {
            return;
        };
        self.block.shows_text |= matches!(action, Action::Harmless);
        self.block.shows_part |= shows_part(step);
        let reader = if step.hidden {
            Reader::Skip
        } else {
            self.reader_of(action, step, line, pure_before)
        };
        self.block.paged |= step.is_paged();
        self.block.read_by(reader);
    }

    /// What changes the session or files, and prints nothing that is read; gives back the rest.
    fn change(&mut self, action: Action, typed: &[u8], line: LineNo) -> Option<Action> {
        let cwd = self.here();
        match action {
            Action::Below => self.passage = Some(Passage::Below),
            Action::Enter(target) => self.passage = Some(Passage::Into(target)),
            Action::Leave => self.passage = Some(Passage::OutOf),
            Action::Cd(target) => self.cd(target.as_ref(), line),
            Action::Push(target) => self.push(target.as_ref(), line),
            Action::Pop => self.pop(),
            Action::Silent => {}
            Action::Set(words) => self.set(&words),
            Action::Alias(words) => self.set_aliases(&words),
            Action::Trace(on) => self.traced = on,
            Action::Remove(words) => self.remove(&words, typed, line),
            Action::RemoveBelow(starts, matches) => {
                self.remove_below(&starts, matches.as_ref(), typed, line);
            }
            Action::Replace(pairs, keeps) => {
                for (from, to) in &pairs {
                    let ids = (self.resolve_word(cwd, from), self.resolve_word(cwd, to));
                    if let (Some(from), Some(to)) = ids {
                        self.block.changes.push(Change::Replace(from, to, keeps));
                    }
                }
            }
            Action::Move(words, to) => self.moves(&words, &to, typed, line),
            Action::Resize(words, size) => {
                let ids = words
                    .iter()
                    .filter_map(|word| self.resolve_word(cwd, word))
                    .collect();
                self.block.changes.push(Change::Resize(ids, size));
            }
            Action::Extend(words, size) => {
                let ids = words
                    .iter()
                    .filter_map(|word| self.resolve_word(cwd, word))
                    .map(|id| Change::Extend(id, size));
                let changes: Vec<_> = ids.collect();
                self.block.changes.extend(changes);
            }
            Action::Copy(from, to) => self.copies(&from, &to, typed, line),
            Action::Change(words) => self.doubt(&words, typed, line),
            Action::Unknown => self.unknown(typed, line),
            other => return Some(other),
        }
        None
    }

    fn reader_of(
        &mut self,
        action: Action,
        step: &Step,
        line: LineNo,
        pure_before: bool,
    ) -> Reader {
        let base = self.base();
        let whole = step.shows_all();
        let is_listing = matches!(
            action,
            Action::Ls(_)
                | Action::Du(_)
                | Action::Find(_)
                | Action::Stat(_)
                | Action::Counts
                | Action::Tree(_)
                | Action::Viewer(_)
                | Action::Meter(_)
        );
        if is_listing && !command::keeps_lines(step) {
            return Reader::Unread("a listing piped through a filter");
        }
        match action {
            Action::Unread(what) => Reader::Unread(what),
            Action::Pwd => Reader::Pwd,
            Action::Date => Reader::Date,
            Action::Df(base) => Reader::Df(DfRows::new(base)),
            Action::Ls(ls) => self.reader_of_ls(ls, step, line, (whole, pure_before)),
            Action::Viewer(viewer) => {
                let sole = self.sole(&viewer.operands);
                Reader::Viewer(ViewerRows::new(viewer, base, sole, line, whole))
            }
            Action::Find(find) => Reader::Find(FindRows::new(find, base, line, whole)),
            Action::Counts => Reader::Stat(StatRows::of_counts(base)),
            Action::Stat(format) => Reader::Stat(StatRows::new(format, base)),
            Action::Tree(tree) => Reader::Tree(TreeRows::new(tree, base, line, whole)),
            Action::Store(store) => Reader::Store(StoreRows::new(store)),
            Action::Meter(meter) => Reader::Meter(MeterRows::new(meter, base, line, whole)),
            Action::Hdfs(hdfs) => Reader::Hdfs(HdfsRows::new(hdfs, line, whole)),
            Action::Du(mut du) => {
                let names = ["DU_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"];
                du.set_default(self.default_unit(step, names).0);
                Reader::Du(DuRows::new(du, base, line, whole))
            }
            _ => Reader::Skip,
        }
    }

    fn reader_of_ls(
        &mut self,
        mut ls: Ls,
        step: &Step,
        line: LineNo,
        (whole, pure_before): (bool, bool),
    ) -> Reader {
        if ls.is_bare() && self.family == Some(Family::Bare) {
            return Reader::Puzzle(Puzzle::new(self.base(), line, pure_before));
        }
        let names = ["LS_BLOCK_SIZE", "BLOCK_SIZE", "BLOCKSIZE"];
        let (unit, of_sizes) = self.default_unit(step, names);
        ls.set_default(unit);
        if of_sizes
            || names
                .iter()
                .take(1)
                .any(|n| self.variables.contains_key(n.as_bytes()))
        {
            ls.set_unit(unit);
        }
        let base = self.base();
        if ls.long {
            return Reader::Long(Long::new(ls, base, whole));
        }
        let sole = if ls.themselves {
            None
        } else {
            self.sole(&ls.operands)
        };
        Reader::Names(NameRows::new(ls, base, sole, line, whole))
    }

    /// The one directory that a listing is of, where that is known.
    fn sole(&mut self, operands: &[Word]) -> Option<super::Id> {
        let cwd = self.here();
        match operands {
            [] => cwd,
            [one] => self.resolve_word(cwd, one),
            _ => None,
        }
    }
}

/// Whether a command prints parts of files only: words of the command itself tell, as those of
/// `sudo` and of pipes come before them.
fn shows_part(step: &Step) -> bool {
    const TOOLS: [&[u8]; 12] = [
        b"head", b"tail", b"sed", b"awk", b"grep", b"egrep", b"zgrep", b"cut", b"less", b"more",
        b"strings", b"dd",
    ];
    let mut words = step.words.iter().chain(step.pipes.iter().flatten());
    words.any(|word| TOOLS.contains(&word.text.as_slice()))
}

/// The steps within `( … )`, when that is all that a line has.
fn subshell(typed: &[u8]) -> Option<Vec<Step>> {
    let inner = typed.trim_ascii().strip_prefix(b"(")?.strip_suffix(b")")?;
    command::split(inner)
}
