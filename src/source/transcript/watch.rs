//! One path, watched while a recording is read: every line that says something of it.
//!
//! The evidence keeps of each name what the tree needs, which is the last word of each kind. Whoever
//! asks about one path wants them all, with the command that printed each, what came later and what
//! contradicts it. So that path, and no other, is watched: what is claimed of it is noted as it
//! comes, and after each command its state is compared with the one before. Memory is bounded: of
//! more than [`MOST`] lines the first half and the last stay, and the rest is counted.

use std::collections::VecDeque;

use crate::bytes::Interval;
use crate::entry::{Command, Observation};

use super::evidence::{DirFacts, Id, LineNo, Size};

/// As many observations are kept.
const MOST: usize = 2000;

/// As much of a command is kept.
const LONGEST_COMMAND: usize = 400;

#[derive(Clone, Debug)]
struct Note {
    id: Id,
    line: LineNo,
    what: &'static str,
    size: Option<Interval>,
    /// Nothing happened since the last of its kind that could have changed it.
    quiet: bool,
    command: Option<Command>,
}

/// What is compared after each command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct State {
    /// It, or something above, was removed or may have changed.
    pub(super) gone: LineNo,
    pub(super) doubt: LineNo,
    /// A whole listing of the directory above that does not show it.
    pub(super) missed: LineNo,
    pub(super) entered: LineNo,
    pub(super) denied: LineNo,
    pub(super) listed_all: LineNo,
    pub(super) listed_visible: LineNo,
    pub(super) listed_some: LineNo,
    pub(super) summed: LineNo,
}

impl State {
    pub(super) fn with(self, facts: Option<&DirFacts>) -> Self {
        let Some(facts) = facts else {
            return self;
        };
        Self {
            doubt: self.doubt.max(facts.doubt),
            entered: facts.entered,
            denied: facts.denied,
            listed_all: facts.listed_all,
            listed_visible: facts.listed_visible,
            listed_some: facts.listed_some,
            summed: facts.summed,
            ..self
        }
    }

    fn lines(&self) -> [(LineNo, &'static str); 9] {
        [
            (self.gone, "removed"),
            (self.doubt, "may have changed"),
            (self.missed, "missing"),
            (self.entered, "entered"),
            (self.denied, "could not be opened"),
            (self.listed_all, "listed"),
            (self.listed_visible, "listed without hidden names"),
            (self.listed_some, "listed in part"),
            (self.summed, "summed by du -a"),
        ]
    }
}

/// The path that is watched, and what was seen of it.
pub(super) struct Watch {
    /// The names below the place where the path begins.
    names: Vec<Vec<u8>>,
    /// On each host that has such a path.
    pub(super) nodes: Vec<(Id, State)>,
    command: Option<Command>,
    first: Vec<Note>,
    last: VecDeque<Note>,
    dropped: u64,
}

impl Watch {
    /// Watches a path as the tree writes it: `/srv/x`, `?/x`, `web:/srv/x`.
    pub(super) fn new(path: &[u8]) -> Self {
        let slash = path.iter().position(|&b| b == b'/');
        let below = slash.map_or(&b""[..], |at| &path[at..]);
        let names = below.split(|&b| b == b'/').filter(|name| !name.is_empty());
        Self {
            names: names.map(<[u8]>::to_vec).collect(),
            nodes: Vec::new(),
            command: None,
            first: Vec::new(),
            last: VecDeque::new(),
            dropped: 0,
        }
    }

    /// Whether a name that begins a path, or one with these names above it (the nearest first), is
    /// watched.
    pub(super) fn is_path<'a>(&self, mut names: impl Iterator<Item = &'a [u8]>) -> bool {
        let mut ours = self.names.iter().rev();
        loop {
            match (ours.next(), names.next()) {
                (None, None) => return true,
                (Some(a), Some(b)) if a.as_slice() == b => {}
                _ => return false,
            }
        }
    }

    /// Whether a name can be the last of the path.
    pub(super) fn ends_in(&self, name: &[u8]) -> bool {
        self.names.last().is_some_and(|last| last == name)
    }

    /// Whether the path is the place itself where paths begin.
    pub(super) fn is_start(&self) -> bool {
        self.names.is_empty()
    }

    pub(super) fn has(&self, id: Id) -> bool {
        self.nodes.iter().any(|&(watched, _)| watched == id)
    }

    /// What is printed from now on is this command's.
    pub(super) fn begin(&mut self, line: LineNo, typed: &[u8]) {
        self.command = Some(Command {
            line: u64::from(line),
            text: typed[..typed.len().min(LONGEST_COMMAND)].to_vec(),
        });
    }

    /// Notes what a line claims.
    pub(super) fn claim(
        &mut self,
        id: Id,
        (line, what): (LineNo, &'static str),
        size: Option<Interval>,
        quiet: bool,
    ) {
        let note = Note {
            id,
            line,
            what,
            size,
            quiet,
            command: self.command.clone(),
        };
        if self.first.len() < MOST / 2 {
            self.first.push(note);
            return;
        }
        if self.last.len() >= MOST / 2 {
            self.last.pop_front();
            self.dropped += 1;
        }
        self.last.push_back(note);
    }

    /// What comes before the next command is nobody's.
    pub(super) fn end(&mut self) {
        self.command = None;
    }

    /// Notes what has become of a path since the last command.
    pub(super) fn compare(&mut self, id: Id, now: State) {
        let Some((_, before)) = self.nodes.iter_mut().find(|(watched, _)| *watched == id) else {
            return;
        };
        let before = std::mem::replace(before, now);
        for ((line, what), (old, _)) in now.lines().into_iter().zip(before.lines()) {
            if line > old {
                self.claim(id, (line, what), None, false);
            }
        }
    }

    /// How many observations are not kept.
    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// What was seen of a path, in the order of the lines.
    pub(super) fn observations(&self, id: Id) -> Vec<Observation> {
        let notes = self.first.iter().chain(&self.last);
        let mut notes: Vec<&Note> = notes.filter(|note| note.id == id).collect();
        notes.sort_by_key(|note| note.line);
        let mut all: Vec<Observation> = notes.iter().map(|note| shown(note)).collect();
        for (at, note) in notes.iter().enumerate() {
            let later = notes[at + 1..].iter().find(|later| ends(note, later));
            all[at].superseded_by = later.map(|later| u64::from(later.line));
            let same = |other: &&Note| other.what == note.what;
            let Some(next) = (at + 1..notes.len()).find(|&next| same(&notes[next])) else {
                continue;
            };
            if notes[next].quiet && differ(note, notes[next]) {
                all[at].conflicts.push(u64::from(notes[next].line));
                all[next].conflicts.push(u64::from(note.line));
            }
        }
        all.dedup_by(|later, earlier| {
            (later.line, later.what, later.size) == (earlier.line, earlier.what, earlier.size)
        });
        all
    }
}

fn shown(note: &Note) -> Observation {
    Observation {
        line: u64::from(note.line),
        what: note.what,
        size: note.size,
        complete: match note.what {
            "listed" | "summed by du -a" => Some(true),
            "listed without hidden names" | "listed in part" => Some(false),
            _ => None,
        },
        command: note.command.clone(),
        superseded_by: None,
        conflicts: Vec::new(),
    }
}

/// Whether not both sizes can be true.
fn differ(a: &Note, b: &Note) -> bool {
    let both = a.size.zip(b.size);
    both.is_some_and(|(a, b)| a.intersect(b).is_none())
}

/// Whether the later of two notes takes the place of the earlier.
fn ends(note: &Note, later: &Note) -> bool {
    let is_event = matches!(later.what, "removed" | "missing" | "may have changed");
    let was_event = matches!(note.what, "removed" | "missing" | "may have changed");
    match (note.what, later.what) {
        _ if is_event && !was_event => later.line > note.line,
        ("removed" | "missing", "named") => true,
        (a, b) if a == b && note.size.is_some() => !later.quiet || differ(note, later),
        (a, b) => a == b && !was_event && note.size.is_none() && a != "named",
    }
}

/// The word for a size of a name itself.
pub(super) fn own(size: Size) -> &'static str {
    match size {
        Size::Apparent => "apparent size",
        Size::Disk => "disk size",
    }
}

/// The word for what a directory sums up to.
pub(super) fn total(size: Size) -> &'static str {
    match size {
        Size::Apparent => "sum of apparent sizes",
        Size::Disk => "sum of disk sizes",
    }
}
