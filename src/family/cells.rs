//! Cells: the members' names cut at the same places, and what varies in each.
//!
//! Names that agree in their runs are cut run by run; where they do not, what they have in common
//! is a frame around one text. A table holds at most [`SAMPLE`] rows, evenly spread over the
//! members; whether a column ever changes is asked of every member.

use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::VariableKind;
use super::date::{Civil, Reading};
use super::name::{self, Frame, Run, RunKind, Scan, cells_of, letters_agree, may_be_dated, pieces};
use super::profile::Group;
use super::rows::Rows;

/// Rows that a column is typed on.
const SAMPLE: usize = 2048;

/// What a cell holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CellKind {
    Digits,
    Letters,
    Mixed,
    Uuid,
    Whole,
}

/// One position in the members' paths.
#[derive(Clone, Debug)]
pub(super) struct Column<'t> {
    /// Which name of the path, the first varying or literal one below the tree's root being 0.
    pub(super) level: usize,
    pub(super) kind: CellKind,
    /// What stands between it and the cell before it in the same name.
    pub(super) before: Vec<u8>,
    /// Whether all members have the same here.
    pub(super) constant: bool,
    /// The sample's values.
    pub(super) rows: Vec<&'t [u8]>,
    /// How it is read as part of a date.
    pub(super) reading: Option<(usize, Reading)>,
}

impl Column<'_> {
    fn new(level: usize, kind: CellKind, before: Vec<u8>, rows: usize) -> Self {
        Self {
            level,
            kind,
            before,
            constant: true,
            rows: Vec::with_capacity(rows),
            reading: None,
        }
    }
}

/// How a name is cut into cells.
#[derive(Clone, Debug)]
enum Cut {
    /// Run by run; `true`: the run is cut between letters and digits.
    Runs(Vec<(RunKind, usize)>),
    /// One text within a frame of runs.
    Framed(Frame),
}

/// A family's columns, and how to read any member's.
pub(super) struct Table<'t> {
    pub(super) columns: Vec<Column<'t>>,
    /// The modification times of the sample's rows.
    pub(super) modified: Vec<Option<Timestamp>>,
    /// What stands behind the last cell of each level.
    pub(super) ends: Vec<Vec<u8>>,
    cuts: Vec<Cut>,
    /// Compression suffixes of the sample: the common one, or the one that some have.
    pub(super) compression: (Vec<u8>, bool),
    pub(super) clock: Option<Vec<(usize, Reading)>>,
    /// The length of the period that the clock names.
    pub(super) grain: u64,
    /// Which columns are one variable: index of the column that speaks for it.
    pub(super) spans: Vec<Span>,
}

/// Columns that are one variable together.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) first: usize,
    pub(super) last: usize,
    pub(super) kind: VariableKind,
}

/// Reads members one after the other; what directories' names say is kept while they stay.
pub(super) struct Reader<'t> {
    tree: &'t Tree,
    names: Vec<&'t [u8]>,
    row: Option<u32>,
    cells: Vec<&'t [u8]>,
    /// How many of the cells are the directories'.
    above: usize,
    scan: Scan,
    /// What the last member's names said about its time.
    moment: Option<Timestamp>,
}

impl<'t> Reader<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            names: Vec::new(),
            row: None,
            cells: Vec::new(),
            above: 0,
            scan: Scan::default(),
            moment: None,
        }
    }

    /// Fills in the last `depth` names of a member's path; true where its directory is another.
    fn names(&mut self, rows: &Rows, depth: u8, member: (NodeId, u32)) -> bool {
        let depth = usize::from(depth);
        let moved = self.row != Some(member.1);
        if moved {
            self.row = Some(member.1);
            self.names.clear();
            self.names.resize(depth, b"");
            let mut row = member.1 as usize;
            for at in (0..depth - 1).rev() {
                self.names[at] = self.tree.name(rows.id[row]);
                row = rows.parent[row] as usize;
            }
        }
        self.names[depth - 1] = self.tree.name(member.0);
        moved
    }

    /// Cuts one member's names; false where they do not fit.
    fn cells(&mut self, table: &Table<'_>, rows: &Rows, member: (NodeId, u32)) -> bool {
        let moved = self.names(
            rows,
            u8::try_from(table.cuts.len()).unwrap_or(u8::MAX),
            member,
        );
        let Some((leaf, above)) = table.cuts.split_last() else {
            return false;
        };
        if moved {
            self.cells.clear();
            for (name, cut) in self.names.iter().zip(above) {
                cut.apply(name, &mut self.scan, &mut self.cells);
            }
            self.above = self.cells.len();
        }
        self.cells.truncate(self.above);
        let name = self.names[above.len()];
        let body = &name[..name.len() - name::compression(name).len()];
        leaf.apply(body, &mut self.scan, &mut self.cells);
        self.cells.len() == table.columns.len()
    }
}

impl<'t> Table<'t> {
    /// Cuts the members' names and finds out what varies.
    pub(super) fn of(tree: &'t Tree, rows: &Rows, group: &Group) -> Self {
        let depth = usize::from(group.depth);
        let step = group.members.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<(NodeId, u32)> = group.members.iter().copied().step_by(step).collect();
        let mut levels: Vec<Vec<&'t [u8]>> = vec![Vec::with_capacity(sample.len()); depth];
        let mut reader = Reader::new(tree);
        for &member in &sample {
            reader.names(rows, group.depth, member);
            for (level, name) in levels.iter_mut().zip(&reader.names) {
                level.push(name);
            }
        }
        let suffixes: Vec<&[u8]> = levels[depth - 1]
            .iter()
            .map(|n| name::compression(n))
            .collect();
        let some = suffixes
            .iter()
            .copied()
            .find(|s| !s.is_empty())
            .unwrap_or(b"");
        let compression = (some.to_vec(), suffixes.iter().any(|s| *s != some));
        for name in &mut levels[depth - 1] {
            *name = &name[..name.len() - name::compression(name).len()];
        }
        let mut table = Self {
            columns: Vec::new(),
            modified: sample.iter().map(|&(id, _)| tree.mtime(id)).collect(),
            ends: Vec::new(),
            cuts: Vec::new(),
            compression,
            clock: None,
            grain: 0,
            spans: Vec::new(),
        };
        for (level, names) in levels.iter().enumerate() {
            let whole = group.whole >> (depth - 1 - level) & 1 == 1;
            table.add_level(level, names, whole);
        }
        table.find_constants(tree, rows, group);
        table
    }

    fn add_level(&mut self, level: usize, names: &[&'t [u8]], whole: bool) {
        let mut scan = Scan::default();
        scan.read(names[0], &[]);
        let shape: Vec<Run> = scan.runs.clone();
        let mut alike = true;
        let mut splits: Vec<usize> = shape.iter().map(|run| pieces(run.of(names[0]))).collect();
        let mut words: Vec<bool> = vec![true; shape.len()];
        let mut digits = false;
        for name in names {
            scan.read(name, &[]);
            let same = scan.runs.len() == shape.len()
                && scan.runs.iter().zip(&shape).all(|(a, b)| {
                    a.kind == b.kind && (a.kind != RunKind::Mark || a.of(name) == b.of(names[0]))
                });
            if !same {
                alike = false;
                break;
            }
            for (at, run) in scan.runs.iter().enumerate() {
                let (cell, first) = (run.of(name), shape[at].of(names[0]));
                digits |= cell.iter().any(u8::is_ascii_digit);
                if pieces(cell) != splits[at]
                    || cell[0].is_ascii_digit() != first[0].is_ascii_digit()
                {
                    splits[at] = 1;
                }
                words[at] &= letters_agree(cell, first);
            }
        }
        if !alike || whole && !digits {
            self.add_framed(level, names);
            return;
        }
        for (at, run) in shape.iter().enumerate() {
            let first = run.of(names[0]);
            let identifier = splits[at] > 2 && name::is_identifier(first) && !words[at];
            if run.kind != RunKind::Text || identifier || !(words[at] || may_be_dated(first)) {
                splits[at] = 1;
            }
        }
        self.add_runs(level, names, &shape, &splits);
    }

    /// One text within what the names have in common.
    fn add_framed(&mut self, level: usize, names: &[&'t [u8]]) {
        let frame = Frame::of(names);
        let mut scan = Scan::default();
        scan.split(names[0]);
        let (head, tail) = (frame.head.len(), scan.runs.len() - frame.tail.len());
        let mut before = Vec::new();
        let first = self.columns.len();
        for (at, run) in scan.runs.iter().enumerate() {
            if at == head {
                let before = std::mem::take(&mut before);
                self.columns
                    .push(Column::new(level, CellKind::Whole, before, names.len()));
            }
            let split = match (frame.head.get(at), at.checked_sub(tail)) {
                (Some(part), _) => part.1,
                (_, Some(behind)) => frame.tail[behind].1,
                _ => continue,
            };
            self.push_run(level, run, split, names, &mut before);
        }
        self.ends.push(before);
        self.fill(first, Cut::Framed(frame), names);
    }

    fn add_runs(&mut self, level: usize, names: &[&'t [u8]], shape: &[Run], splits: &[usize]) {
        let cut = Cut::Runs(
            shape
                .iter()
                .map(|r| r.kind)
                .zip(splits.iter().copied())
                .collect(),
        );
        let first = self.columns.len();
        let mut before = Vec::new();
        for (run, &split) in shape.iter().zip(splits) {
            self.push_run(level, run, split, names, &mut before);
        }
        self.ends.push(before);
        self.fill(first, cut, names);
    }

    /// Adds the columns of one run.
    fn push_run(
        &mut self,
        level: usize,
        run: &Run,
        split: usize,
        names: &[&'t [u8]],
        before: &mut Vec<u8>,
    ) {
        if run.kind == RunKind::Mark {
            before.extend_from_slice(run.of(names[0]));
            return;
        }
        for piece in cells_of(run.of(names[0]), split) {
            let kind = match run.kind {
                RunKind::Uuid => CellKind::Uuid,
                _ if piece.iter().all(u8::is_ascii_digit) => CellKind::Digits,
                _ if piece.iter().any(u8::is_ascii_digit) => CellKind::Mixed,
                _ => CellKind::Letters,
            };
            self.columns.push(Column::new(
                level,
                kind,
                std::mem::take(before),
                names.len(),
            ));
        }
    }

    /// Fills a level's columns, and keeps how it is cut.
    fn fill(&mut self, first: usize, cut: Cut, names: &[&'t [u8]]) {
        let mut cells = Vec::new();
        let mut scan = Scan::default();
        for name in names {
            cells.clear();
            cut.apply(name, &mut scan, &mut cells);
            for (column, cell) in self.columns[first..].iter_mut().zip(&cells) {
                column.rows.push(cell);
            }
        }
        // A column that was letters in the first row may hold digits in others.
        for column in &mut self.columns[first..] {
            if column.kind == CellKind::Letters
                && column
                    .rows
                    .iter()
                    .any(|cell| cell.iter().any(u8::is_ascii_digit))
            {
                column.kind = CellKind::Mixed;
            }
        }
        self.cuts.push(cut);
    }

    fn find_constants(&mut self, tree: &'t Tree, rows: &Rows, group: &Group) {
        for column in &mut self.columns {
            column.constant = column.rows.iter().all(|cell| *cell == column.rows[0]);
        }
        if self.modified.len() == group.members.len() {
            return;
        }
        let mut reader = Reader::new(tree);
        for &member in &group.members {
            if reader.cells(self, rows, member) {
                for (column, cell) in self.columns.iter_mut().zip(&reader.cells) {
                    column.constant = column.constant && *cell == column.rows[0];
                }
            }
        }
    }

    /// What a member's name says about its time.
    pub(super) fn moment(
        &self,
        reader: &mut Reader<'t>,
        rows: &Rows,
        member: (NodeId, u32),
    ) -> Option<Timestamp> {
        let clock = self.clock.as_ref()?;
        let above = clock.iter().all(|&(column, _)| column < reader.above);
        if above && reader.row == Some(member.1) {
            return reader.moment;
        }
        reader.moment = self.moment_of_cells(clock, reader, rows, member);
        reader.moment
    }

    fn moment_of_cells(
        &self,
        clock: &[(usize, Reading)],
        reader: &mut Reader<'t>,
        rows: &Rows,
        member: (NodeId, u32),
    ) -> Option<Timestamp> {
        if !reader.cells(self, rows, member) {
            return None;
        }
        let mut civil = Civil::default();
        for &(column, reading) in clock {
            civil.read(reader.cells[column], reading)?;
        }
        civil.moment()
    }
}

impl Cut {
    fn apply<'n>(&self, name: &'n [u8], scan: &mut Scan, cells: &mut Vec<&'n [u8]>) {
        match self {
            Self::Framed(frame) => {
                scan.split(name);
                let Some(text) = frame.text(name, &scan.runs) else {
                    return;
                };
                let (head, tail) = (frame.head.len(), scan.runs.len() - frame.tail.len());
                for (run, part) in scan.runs[..head].iter().zip(&frame.head) {
                    part_cells(name, run, *part, cells);
                }
                cells.push(text);
                for (run, part) in scan.runs[tail..].iter().zip(&frame.tail) {
                    part_cells(name, run, *part, cells);
                }
            }
            Self::Runs(shape) => {
                scan.split(name);
                if scan.runs.len() != shape.len() {
                    return;
                }
                for (run, part) in scan.runs.iter().zip(shape) {
                    part_cells(name, run, *part, cells);
                }
            }
        }
    }
}

/// The cells of one run, if it is of the kind that stands here.
fn part_cells<'n>(name: &'n [u8], run: &Run, part: (RunKind, usize), cells: &mut Vec<&'n [u8]>) {
    if run.kind == part.0 && run.kind != RunKind::Mark {
        cells.extend(cells_of(run.of(name), part.1));
    }
}
