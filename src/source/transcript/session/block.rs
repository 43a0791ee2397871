//! One command line: what it will do, and who reads what it prints.

use std::collections::VecDeque;

use super::super::command::{Joint, Matches};
use super::super::evidence::{Id, LineNo};
use super::super::moment;
use super::super::readers::{
    DfRows, DuRows, End, FindRows, HdfsRows, Long, MeterRows, NameRows, Puzzle, Scene, StatRows,
    StoreRows, TreeRows, ViewerRows, WindowsRows,
};

/// A command and the state of its output.
pub(super) struct Block {
    pub(super) line: LineNo,
    /// The prompt's whole line, kept while the next one may continue it.
    pub(super) typed: Vec<u8>,
    pub(super) width: usize,
    /// Where in that line the command begins.
    pub(super) typed_at: usize,
    /// The prompt, without the command.
    pub(super) shown: Vec<u8>,
    /// The command, as it was typed.
    pub(super) command: Vec<u8>,
    /// The prompt goes on from the row above, as the last line of two does.
    pub(super) carried: bool,
    pub(super) reader: Reader,
    /// Whether `reader` was chosen for a command of the line.
    pub(super) chosen: bool,
    /// The readers of commands that come later in the same line.
    pub(super) later: VecDeque<Reader>,
    /// Lines that are not blank: of the whole output, and of the reader's.
    pub(super) lines: u64,
    pub(super) own_lines: u64,
    /// Lines that are no rows of listings: a command may have said that it did not do something.
    pub(super) said: u64,
    /// The output goes through a pager, which adds lines of its own.
    pub(super) paged: bool,
    pub(super) cd: Option<Move>,
    pub(super) changes: Vec<Change>,
    /// How many of them come before the last command of the line that prints.
    pub(super) earlier: usize,
    /// The last line of the output.
    pub(super) last: LineNo,
    pub(super) interrupted: bool,
    /// What `rm` has said that it did not remove, or was told not to.
    pub(super) spared: Vec<Id>,
    /// It prints what it does, as `rm -v`.
    pub(super) tells: bool,
    /// It prints what stands in files, which may be anything.
    pub(super) shows_text: bool,
    /// It prints a part of them, or one page after another until the user has seen enough.
    pub(super) shows_part: bool,
    /// How many troubles there were before it.
    pub(super) troubles: usize,
}

/// A `cd` on its way.
pub(super) struct Move {
    pub(super) from: Option<Id>,
    pub(super) to: Option<Id>,
    /// Whether the target was typed, rather than `-`, `~` or nothing.
    pub(super) literal: bool,
    /// Whether it goes back: `-`.
    pub(super) back: bool,
    /// Whether what follows in the same line also ran when it failed.
    pub(super) chained: Option<Joint>,
    pub(super) several: bool,
    /// Whether it prints the stack of directories, the new one first.
    pub(super) prints: bool,
}

pub(super) enum Change {
    Remove(Vec<Id>),
    /// The names in a directory that match; below it, too, where that is said.
    RemoveMatching(Id, Matches, bool),
    /// From one path to another.
    Move(Id, Id),
    /// One file in the place of another, or beside it where both are kept.
    Replace(Id, Id, bool),
    Resize(Vec<Id>, u64),
    /// A file that has grown, to a size of this at least.
    Extend(Id, u64),
    /// One more file like another.
    Copy(Id, Id),
    /// A file that is empty from here on, and there if it was not.
    Empty(Id),
    Doubt(Vec<Doubt>),
}

#[derive(Clone, Copy)]
pub(super) enum Doubt {
    Of(Id),
    Below(Id),
}

pub(super) enum Reader {
    /// Output before the first prompt.
    Before,
    /// Output that says nothing.
    Skip,
    /// A listing in a form that is not read.
    Unread(&'static str),
    Puzzle(Puzzle),
    Long(Long),
    Du(DuRows),
    Df(DfRows),
    Find(FindRows),
    Names(NameRows),
    Stat(StatRows),
    Store(StoreRows),
    Hdfs(HdfsRows),
    Meter(MeterRows),
    Tree(TreeRows),
    Viewer(ViewerRows),
    Windows(WindowsRows),
    Pwd,
    Date,
}

impl Block {
    pub(super) fn new(line: LineNo) -> Self {
        Self {
            line,
            typed: Vec::new(),
            width: 0,
            typed_at: 0,
            shown: Vec::new(),
            command: Vec::new(),
            carried: false,
            reader: Reader::Skip,
            chosen: false,
            later: VecDeque::new(),
            lines: 0,
            own_lines: 0,
            said: 0,
            paged: false,
            cd: None,
            changes: Vec::new(),
            earlier: usize::MAX,
            last: line,
            interrupted: false,
            spared: Vec::new(),
            tells: false,
            shows_text: false,
            shows_part: false,
            troubles: usize::MAX,
        }
    }
}

impl Block {
    /// Has the output of one more command of the line read.
    pub(super) fn read_by(&mut self, reader: Reader) {
        self.earlier = self.changes.len();
        if self.chosen {
            self.later.push_back(reader);
        } else {
            (self.reader, self.chosen) = (reader, true);
        }
    }

    /// What prints a directory stands in a shell of its own.
    pub(super) fn leave_place(&mut self) {
        for reader in std::iter::once(&mut self.reader).chain(&mut self.later) {
            if matches!(reader, Reader::Pwd) {
                *reader = Reader::Skip;
            }
        }
    }

    /// The line was never run: what stands below it are the names that could complete it.
    pub(super) fn take_back(&mut self) {
        self.reader = Reader::Skip;
        self.later.clear();
        self.changes.clear();
        self.cd = None;
    }

    /// Which of the later readers a line is for, when the present one cannot have it.
    pub(super) fn next_for(&self, text: &[u8]) -> Option<usize> {
        if self.later.is_empty() || text.trim_ascii().is_empty() || self.accepts(text) {
            return None;
        }
        let sure = self.later.iter().position(|reader| reader.accepts(text, 0));
        let other = || matches!(self.later.front(), Some(Reader::Skip)).then_some(0);
        sure.or_else(other)
    }

    /// Whether a line is a row of a listing that the line's commands print, and not what such a
    /// command may say; of names alone that cannot be told.
    pub(super) fn lists(&self, text: &[u8]) -> bool {
        let mut readers = std::iter::once(&self.reader).chain(&self.later);
        readers.any(|reader| {
            let is_sure = !matches!(reader, Reader::Names(_) | Reader::Puzzle(_));
            is_sure && reader.accepts(text, 0)
        })
    }

    fn accepts(&self, text: &[u8]) -> bool {
        self.reader.accepts(text, self.own_lines)
    }
}

impl Reader {
    /// Whether a line looks like one of this reader's, of which it has had some.
    pub(super) fn accepts(&self, text: &[u8], lines: u64) -> bool {
        match self {
            Self::Before | Self::Skip | Self::Unread(_) => false,
            Self::Puzzle(_) => true,
            Self::Long(long) => long.accepts(text),
            Self::Du(rows) => rows.accepts(text),
            Self::Df(rows) => rows.accepts(text),
            Self::Find(rows) => rows.accepts(text),
            Self::Names(rows) => rows.accepts(text),
            Self::Stat(rows) => rows.accepts(text),
            Self::Store(rows) => rows.accepts(text),
            Self::Hdfs(rows) => rows.accepts(text),
            Self::Meter(rows) => rows.accepts(text),
            Self::Tree(rows) => rows.accepts(text),
            Self::Viewer(rows) => rows.accepts(text),
            Self::Windows(rows) => rows.accepts(text),
            Self::Pwd => lines == 0 && text.starts_with(b"/"),
            Self::Date => lines == 0 && moment::of_date(text).is_some(),
        }
    }

    /// The directory from which operands count, found out only now.
    pub(super) fn rebase(&mut self, base: Option<Id>) {
        match self {
            Self::Long(long) => long.rebase(base),
            Self::Du(rows) => rows.rebase(base),
            Self::Find(rows) => rows.rebase(base),
            Self::Meter(rows) => rows.rebase(base),
            Self::Stat(rows) => rows.rebase(base),
            Self::Tree(rows) => rows.rebase(base),
            Self::Puzzle(_) | Self::Names(_) | Self::Viewer(_) => *self = Self::Skip,
            _ => {}
        }
    }

    /// The lines that follow do not continue those before.
    pub(super) fn break_off(&mut self, scene: &mut Scene) {
        match self {
            Self::Long(long) => long.break_off(scene),
            Self::Du(rows) => rows.break_off(),
            Self::Find(rows) => rows.break_off(),
            Self::Tree(rows) => rows.break_off(),
            _ => {}
        }
    }

    /// Ends a command's output.
    pub(super) fn end(self, scene: &mut Scene, end: End) {
        match self {
            Self::Puzzle(mut puzzle) => puzzle.end(scene, end),
            Self::Long(mut long) => long.end(scene, end),
            Self::Du(mut rows) => rows.end(scene, end),
            Self::Find(mut rows) => rows.end(scene, end),
            Self::Names(mut rows) => rows.end(scene, end),
            Self::Stat(mut rows) => rows.end(scene, end),
            Self::Hdfs(mut rows) => rows.end(scene, end),
            Self::Meter(mut rows) => rows.end(scene, end),
            Self::Tree(mut rows) => rows.end(scene, end),
            Self::Viewer(mut rows) => rows.end(scene, end),
            Self::Windows(mut rows) => rows.end(scene, end),
            _ => {}
        }
    }
}
