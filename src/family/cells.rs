//! Cells: the members' names cut at the same places, and what varies in each.
//!
//! Names that agree in their runs are cut run by run; where they do not, what they have in common
//! is a frame around one text. A table is made of some [`SAMPLE`] rows, drawn by
//! the hashes of the members' names; then every member is read, and those that do not fit are added to the sample.

use std::ops::{Index, Range};
use std::rc::Rc;

use crate::time::Timestamp;
use crate::tree::{NodeId, Tree};

use super::VariableKind;
use super::date::{Civil, Reading};
use super::name::{self, Frame, Run, RunKind, Scan, cells_of, letters_agree, may_be_dated, pieces};
use super::packed::Moments;
use super::profile::Group;
use super::rows::Rows;
use super::suffix;

/// Rows that a column is typed on.
const SAMPLE: usize = 256;
/// Members that do not fit and are added to the sample at a time.
const STRANGERS: usize = 64;

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
    pub(super) rows: Cells<'t>,
    /// How it is read as part of a date.
    pub(super) reading: Option<(usize, Reading)>,
}

impl Column<'_> {
    fn new(level: usize, kind: CellKind, before: Vec<u8>, names: &Names<'_>) -> Self {
        Self {
            level,
            kind,
            before,
            constant: true,
            rows: Cells {
                values: Vec::with_capacity(names.each.len()),
                places: names.places.clone(),
            },
            reading: None,
        }
    }

    /// Whether all its cells are hexadecimal and of one length, some with letters and some perhaps
    /// without.
    pub(super) fn is_hex(&self) -> bool {
        let len = self.rows[0].len();
        let hex = |cell: &&[u8]| cell.len() == len && cell.iter().all(u8::is_ascii_hexdigit);
        len >= 8 && self.rows.values().iter().all(hex)
    }
}

/// The sample's names at one level of the path. Members of one directory share its name, so that
/// it stands here once.
struct Names<'t> {
    /// The names, the first row's first.
    each: Vec<&'t [u8]>,
    /// Which of them each row has; `None` where each row has its own.
    places: Option<Rc<[u32]>>,
}

/// What stands at one position in the rows of the sample.
#[derive(Clone, Debug)]
pub(super) struct Cells<'t> {
    values: Vec<&'t [u8]>,
    places: Option<Rc<[u32]>>,
}

impl<'t> Cells<'t> {
    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.places
            .as_ref()
            .map_or(self.values.len(), |places| places.len())
    }

    /// What the rows hold, row by row.
    pub(super) fn iter(&self) -> impl Iterator<Item = &&'t [u8]> {
        (0..self.len()).map(|row| &self[row])
    }

    /// What some row holds: the first row's first, none left out, few of them twice.
    pub(super) fn values(&self) -> &[&'t [u8]] {
        &self.values
    }

    /// Every row's place among the values, where it is not its own.
    pub(super) fn places(&self) -> Option<&[u32]> {
        self.places.as_deref()
    }

    /// Whether the rows of both are cut from the same names.
    fn is_beside(&self, other: &Self) -> bool {
        match (&self.places, &other.places) {
            (Some(a), Some(b)) => Rc::ptr_eq(a, b),
            (a, b) => a.is_none() && b.is_none(),
        }
    }
}

impl<'t> Index<usize> for Cells<'t> {
    type Output = &'t [u8];

    fn index(&self, row: usize) -> &&'t [u8] {
        match &self.places {
            Some(places) => &self.values[places[row] as usize],
            None => &self.values[row],
        }
    }
}

impl PartialEq for Cells<'_> {
    fn eq(&self, other: &Self) -> bool {
        if self.is_beside(other) {
            return self.values == other.values;
        }
        self.iter().eq(other.iter())
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
    /// Which members the rows of the sample are.
    places: Vec<u32>,
    pub(super) columns: Vec<Column<'t>>,
    /// The modification times of the sample's rows.
    pub(super) modified: Vec<Option<Timestamp>>,
    /// What stands behind the last cell of each level.
    pub(super) ends: Vec<Vec<u8>>,
    cuts: Vec<Cut>,
    /// Compression suffixes of the sample: the common one, or the one that some have.
    pub(super) compression: (Vec<u8>, bool),
    pub(super) clock: Option<Vec<(usize, Reading)>>,
    /// Whether a date may as well be read with day and month changed round.
    pub(super) is_ambiguous: bool,
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
struct Reader<'t> {
    tree: &'t Tree,
    names: Vec<&'t [u8]>,
    row: Option<u32>,
    cells: Vec<&'t [u8]>,
    /// How many of the cells are the directories'.
    above: usize,
    scan: Scan,
}

impl<'t> Reader<'t> {
    fn new(tree: &'t Tree) -> Self {
        Self {
            tree,
            names: Vec::new(),
            row: None,
            cells: Vec::new(),
            above: 0,
            scan: Scan::default(),
        }
    }

    /// Fills in the last `depth` names of a member's path; true where its directory is another.
    fn names(&mut self, rows: &Rows, depth: usize, member: (NodeId, u32)) -> bool {
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

    /// Cuts the names of a member's directories; true where these are others than before.
    fn enter(&mut self, cuts: &[Cut], rows: &Rows, member: (NodeId, u32)) -> bool {
        let moved = self.names(rows, cuts.len(), member);
        if moved {
            self.cells.clear();
            for (name, cut) in self.names.iter().zip(&cuts[..cuts.len() - 1]) {
                cut.apply(name, &mut self.scan, &mut self.cells);
            }
            self.above = self.cells.len();
        }
        moved
    }

    /// Cuts the name of the member itself, behind the cells of its directories.
    fn leaf(&mut self, cuts: &[Cut]) {
        self.cells.truncate(self.above);
        let name = self.names[cuts.len() - 1];
        let body = &name[..name.len() - suffix::compression(name).len()];
        cuts[cuts.len() - 1].apply(body, &mut self.scan, &mut self.cells);
    }
}

impl<'t> Table<'t> {
    /// Cuts the names of a sample and of these other members, and finds out what varies.
    pub(super) fn of(
        tree: &'t Tree,
        rows: &Rows,
        group: &Group<'_>,
        drawn: &[Drawn],
        others: &[(NodeId, u32)],
    ) -> Self {
        let depth = usize::from(group.depth);
        let places = drawn.iter().map(|drawn| drawn.0).collect();
        let drawn = drawn.iter().map(|drawn| drawn.1);
        let sample: Vec<(NodeId, u32)> = drawn.chain(others.iter().copied()).collect();
        let mut levels = levels(tree, rows, depth, &sample);
        let leaves = &mut levels[depth - 1].each;
        let suffixes: Vec<&[u8]> = leaves.iter().map(|n| suffix::compression(n)).collect();
        let some = suffixes
            .iter()
            .copied()
            .find(|s| !s.is_empty())
            .unwrap_or(b"");
        let compression = (some.to_vec(), suffixes.iter().any(|s| *s != some));
        for (name, suffix) in leaves.iter_mut().zip(&suffixes) {
            *name = &name[..name.len() - suffix.len()];
        }
        let mut table = Self {
            places,
            columns: Vec::new(),
            modified: sample.iter().map(|&(id, _)| tree.mtime(id)).collect(),
            ends: Vec::new(),
            cuts: Vec::new(),
            compression,
            clock: None,
            is_ambiguous: false,
            grain: 0,
            spans: Vec::new(),
        };
        for (level, names) in levels.iter().enumerate() {
            let whole = group.whole >> (depth - 1 - level) & 1 == 1;
            table.add_level(level, names, whole);
        }
        for column in &mut table.columns {
            let first = column.rows[0];
            column.constant = column.rows.values().iter().all(|cell| *cell == first);
        }
        table
    }

    fn add_level(&mut self, level: usize, names: &Names<'t>, whole: bool) {
        let mut scan = Scan::default();
        let first_name = names.each[0];
        scan.split(first_name);
        let shape: Vec<Run> = scan.runs.clone();
        // The names' runs, which are cut here once for all.
        let mut runs: Vec<Run> = Vec::with_capacity(names.each.len() * shape.len());
        let mut alike = true;
        let mut splits: Vec<usize> = shape.iter().map(|run| pieces(run.of(first_name))).collect();
        let mut words: Vec<bool> = vec![true; shape.len()];
        let mut digits = false;
        digits |= first_name.iter().any(u8::is_ascii_digit);
        for name in &names.each {
            scan.split(name);
            let same = scan.runs.len() == shape.len()
                && scan.runs.iter().zip(&shape).all(|(a, b)| {
                    a.kind == b.kind && (a.kind != RunKind::Mark || a.of(name) == b.of(first_name))
                        || are_long_hex(a.of(name), b.of(first_name))
                });
            if !same {
                alike = false;
                break;
            }
            runs.extend_from_slice(&scan.runs);
            for (at, run) in scan.runs.iter().enumerate() {
                let (cell, first) = (run.of(name), shape[at].of(first_name));
                digits |= run.mixed;
                if run.kind != shape[at].kind {
                    splits[at] = HEX;
                }
                if run.kind != RunKind::Text || cell == first || splits[at] == HEX {
                    continue;
                }
                if !run.mixed && !shape[at].mixed {
                    words[at] = false;
                    continue;
                }
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
            let first = run.of(first_name);
            if splits[at] == HEX {
                continue;
            }
            let identifier = splits[at] > 2 && name::is_identifier(first) && !words[at];
            if run.kind != RunKind::Text || identifier || !(words[at] || may_be_dated(first)) {
                splits[at] = 1;
            }
        }
        self.add_runs(level, names, &runs, &splits);
    }

    /// One text within what the names have in common.
    fn add_framed(&mut self, level: usize, names: &Names<'t>) {
        let mut frame = Frame::of(&names.each);
        if names.each.iter().all(|name| name::key_of(name).is_some()) {
            // Of `key=value` the value is one text to its end.
            frame.tail.clear();
        }
        let mut scan = Scan::default();
        scan.split(names.each[0]);
        let (head, tail) = (frame.head.len(), scan.runs.len() - frame.tail.len());
        let mut before = Vec::new();
        let first = self.columns.len();
        for (at, run) in scan.runs.iter().enumerate() {
            if at == head {
                let before = std::mem::take(&mut before);
                self.columns
                    .push(Column::new(level, CellKind::Whole, before, names));
            }
            let split = match (frame.head.get(at), at.checked_sub(tail)) {
                (Some(part), _) => part.1,
                (_, Some(behind)) => frame.tail[behind].1,
                _ => continue,
            };
            self.push_run(level, run, split, names, &mut before);
        }
        self.ends.push(before);
        let cut = Cut::Framed(frame);
        let mut cells = Vec::new();
        for name in &names.each {
            cells.clear();
            cut.apply(name, &mut scan, &mut cells);
            self.fill(first, &cells);
        }
        self.close(first, cut);
    }

    /// Cell by cell; the runs of all names, one after the other, are alike.
    fn add_runs(&mut self, level: usize, names: &Names<'t>, runs: &[Run], splits: &[usize]) {
        let shape = &runs[..splits.len()];
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
        let mut cells = Vec::new();
        // A name without a run is no file's.
        for (name, runs) in names.each.iter().zip(runs.chunks(splits.len().max(1))) {
            cells.clear();
            for (run, &split) in runs.iter().zip(splits) {
                part_cells(name, run, (run.kind, split), &mut cells);
            }
            self.fill(first, &cells);
        }
        self.close(first, cut);
    }

    /// Adds the columns of one run.
    fn push_run(
        &mut self,
        level: usize,
        run: &Run,
        split: usize,
        names: &Names<'t>,
        before: &mut Vec<u8>,
    ) {
        let name = names.each[0];
        if run.kind == RunKind::Mark {
            before.extend_from_slice(run.of(name));
            return;
        }
        for piece in cells_of(run.of(name), split) {
            let kind = match run.kind {
                RunKind::Uuid => CellKind::Uuid,
                _ if piece.iter().all(u8::is_ascii_digit) => CellKind::Digits,
                _ if piece.iter().any(u8::is_ascii_digit) => CellKind::Mixed,
                _ => CellKind::Letters,
            };
            self.columns
                .push(Column::new(level, kind, std::mem::take(before), names));
        }
    }

    /// Adds the cells of one name to a level's columns.
    fn fill(&mut self, first: usize, cells: &[&'t [u8]]) {
        for (column, cell) in self.columns[first..].iter_mut().zip(cells) {
            column.rows.values.push(cell);
        }
    }

    /// Keeps how a level is cut whose columns are full.
    fn close(&mut self, first: usize, cut: Cut) {
        // A column that was letters in the first row may hold digits in others.
        for column in &mut self.columns[first..] {
            let holds = |test: fn(&u8) -> bool| {
                let mut cells = column.rows.values().iter();
                cells.any(|cell| cell.iter().any(test))
            };
            let mixed = match column.kind {
                CellKind::Letters => holds(u8::is_ascii_digit),
                CellKind::Digits => holds(|byte| !byte.is_ascii_digit()),
                _ => false,
            };
            if mixed {
                column.kind = CellKind::Mixed;
            }
        }
        self.cuts.push(cut);
    }

    /// What the names of all members say about their times, else their modification times.
    ///
    /// # Errors
    /// Some members that do not fit: their names are cut otherwise, or differ where the sample
    /// is constant. With them the sample is to be typed anew.
    pub(super) fn times(
        &self,
        tree: &'t Tree,
        rows: &Rows,
        group: &Group<'_>,
    ) -> Result<Times, Strangers> {
        if self.places.len() == group.members.len() {
            return Ok(self.times_of_sample(tree, group));
        }
        let leaf = self.ends.len() - 1;
        let leaf_from = self.columns.partition_point(|column| column.level < leaf);
        let clock = self.clock.clone().unwrap_or_default();
        let clock_above = clock.iter().all(|&(column, _)| column < leaf_from);
        let is_constant = |column: &Column<'_>| column.constant;
        let watch_above = self.columns[..leaf_from].iter().any(is_constant);
        let watch_leaf = self.columns[leaf_from..].iter().any(is_constant);
        let mut reader = Reader::new(tree);
        let mut times = Times::default();
        let mut strangers = Vec::new();
        let mut above = None;
        for member in group.members.iter() {
            let moved = reader.enter(&self.cuts, rows, member);
            let mut fits = reader.above == leaf_from
                && !(moved && watch_above && self.differs(0..leaf_from, &reader.cells));
            if watch_leaf || !clock_above {
                reader.leaf(&self.cuts);
                fits = fits
                    && reader.cells.len() == self.columns.len()
                    && !(watch_leaf && self.differs(leaf_from..self.columns.len(), &reader.cells));
            }
            if !fits {
                strangers.push(member);
            }
            if moved || !clock_above {
                let cell = |column: usize| reader.cells.get(column).copied();
                above = fits.then(|| moment(&clock, cell)).flatten();
            }
            times.push(above, tree.mtime(member.0));
        }
        if strangers.is_empty() {
            return Ok(times);
        }
        let mut draws = Draws::default();
        let depth = usize::from(group.depth);
        strangers.sort_by_cached_key(|&member| draws.draw(tree, rows, depth, member));
        strangers.truncate(STRANGERS);
        Err(Strangers {
            members: strangers,
            times,
        })
    }

    /// The same where the rows of the sample, which are cut already, are all there is.
    fn times_of_sample(&self, tree: &Tree, group: &Group<'_>) -> Times {
        let clock = self.clock.clone().unwrap_or_default();
        let mut row_of = vec![0; self.places.len()];
        for (row, &place) in self.places.iter().enumerate() {
            row_of[place as usize] = row;
        }
        let mut times = Times::default();
        for (member, row) in group.members.iter().zip(row_of) {
            let named = moment(&clock, |column| Some(self.columns[column].rows[row]));
            times.push(named, tree.mtime(member.0));
        }
        times
    }

    /// Whether an unfinished file below this row is to become a member.
    pub(super) fn would_fit(
        &self,
        tree: &'t Tree,
        rows: &Rows,
        file: (NodeId, u32),
        base: u32,
    ) -> bool {
        let mut row = file.1;
        for _ in 1..self.cuts.len() {
            if row <= base {
                return false;
            }
            row = rows.parent[row as usize];
        }
        if row != base {
            return false;
        }
        let mut reader = Reader::new(tree);
        reader.enter(&self.cuts, rows, file);
        if let Some(name) = reader.names.last_mut() {
            *name = suffix::finished(name);
        }
        reader.leaf(&self.cuts);
        reader.cells.len() == self.columns.len()
            && !self.differs(0..self.columns.len(), &reader.cells)
    }

    /// Whether cells differ from what is constant in the sample.
    fn differs(&self, range: Range<usize>, cells: &[&[u8]]) -> bool {
        self.columns[range.clone()]
            .iter()
            .zip(&cells[range.start..])
            .any(|(column, cell)| column.constant && *cell != column.rows[0])
    }
}

/// Members that do not fit what the sample said, and the times as well as they could be read.
pub(super) struct Strangers {
    pub(super) members: Vec<(NodeId, u32)>,
    pub(super) times: Times,
}

/// When each member was made.
#[derive(Default)]
pub(super) struct Times {
    pub(super) moments: Moments,
    /// How many have no moment in their names.
    pub(super) unnamed: u64,
}

impl Times {
    fn push(&mut self, named: Option<Timestamp>, modified: Option<Timestamp>) {
        self.unnamed += u64::from(named.is_none());
        self.moments.push(named.or(modified));
    }
}

/// The names of a sample, level by level, the file's the last.
fn levels<'t>(
    tree: &'t Tree,
    rows: &Rows,
    depth: usize,
    sample: &[(NodeId, u32)],
) -> Vec<Names<'t>> {
    let mut levels = vec![Names {
        each: sample.iter().map(|member| tree.name(member.0)).collect(),
        places: None,
    }];
    // Row by row the directory's row, and level by level its parent's.
    let mut dirs: Vec<u32> = sample.iter().map(|member| member.1).collect();
    let mut seen: Vec<(u32, u32)> = Vec::new();
    for _ in 1..depth {
        seen.clear();
        seen.extend((0..).zip(&dirs).map(|(at, &dir)| (dir, at)));
        seen.sort_unstable();
        seen.dedup_by_key(|pair| pair.0);
        let mut order: Vec<(u32, u32)> = seen.iter().map(|&(dir, at)| (at, dir)).collect();
        order.sort_unstable();
        for (place, (_, dir)) in (0..).zip(&order) {
            let at = seen.binary_search_by_key(dir, |pair| pair.0).unwrap_or(0);
            seen[at].1 = place;
        }
        let place = |dir: &u32| {
            let at = seen.binary_search_by_key(dir, |pair| pair.0).unwrap_or(0);
            seen[at].1
        };
        let each = order
            .iter()
            .map(|&(_, dir)| tree.name(rows.id[dir as usize]));
        levels.push(Names {
            each: each.collect(),
            places: Some(dirs.iter().map(place).collect()),
        });
        for dir in &mut dirs {
            *dir = rows.parent[*dir as usize];
        }
    }
    levels.reverse();
    levels
}

/// A member of a sample: its place in the group, the file, and the row of its directory.
pub(super) type Drawn = (u32, (NodeId, u32));

/// Some [`SAMPLE`] members, or all where there are few, by their places in the group. Which, and
/// in which order, hangs on their names alone: not on the order in which they were listed.
pub(super) fn sample(tree: &Tree, rows: &Rows, group: &Group<'_>) -> Vec<Drawn> {
    let most = u64::MAX / (group.members.len() as u64).max(1);
    let limit = match group.members.len() {
        ..=SAMPLE => u64::MAX,
        _ => most.saturating_mul(SAMPLE as u64),
    };
    let mut draws = Draws::default();
    let mut drawn: Vec<(u64, u32, (NodeId, u32))> = Vec::new();
    for (at, member) in (0..).zip(group.members.iter()) {
        let draw = draws.draw(tree, rows, usize::from(group.depth), member);
        if draw <= limit {
            drawn.push((draw, at, member));
        }
    }
    if drawn.is_empty() {
        let first = (0..).zip(group.members.iter()).take(SAMPLE);
        drawn.extend(first.map(|(at, member)| (0, at, member)));
    }
    drawn.sort_unstable_by_key(|&(draw, at, _)| (draw, at));
    drawn
        .into_iter()
        .map(|(_, at, member)| (at, member))
        .collect()
}

/// Numbers that members draw by their names.
#[derive(Default)]
struct Draws {
    row: Option<u32>,
    above: u64,
}

impl Draws {
    fn draw(&mut self, tree: &Tree, rows: &Rows, depth: usize, member: (NodeId, u32)) -> u64 {
        if self.row != Some(member.1) {
            self.row = Some(member.1);
            self.above = 0;
            let mut row = member.1 as usize;
            for _ in 1..depth {
                self.above = name::mix(self.above, name::hash(tree.name(rows.id[row])));
                row = rows.parent[row] as usize;
            }
        }
        name::mix(self.above, name::hash(tree.name(member.0)))
    }
}

/// What the cells of a clock mean together.
fn moment<'c>(
    clock: &[(usize, Reading)],
    cell: impl Fn(usize) -> Option<&'c [u8]>,
) -> Option<Timestamp> {
    if clock.is_empty() {
        return None;
    }
    let mut civil = Civil::default();
    for &(column, reading) in clock {
        civil.read(cell(column)?, reading)?;
    }
    civil.moment()
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

/// Says, instead of into how many cells a run is cut, that it is hexadecimal: of digits alone in
/// some names and with letters in others.
const HEX: usize = 0;

/// Whether both are hexadecimal and so long that it is chance if one of them has no letter.
fn are_long_hex(a: &[u8], b: &[u8]) -> bool {
    let long = |run: &[u8]| run.len() >= 8 && run.iter().all(u8::is_ascii_hexdigit);
    long(a) && long(b)
}

/// The cells of one run, if it is of the kind that stands here.
fn part_cells<'n>(name: &'n [u8], run: &Run, part: (RunKind, usize), cells: &mut Vec<&'n [u8]>) {
    let fits =
        run.kind == part.0 || part.1 == HEX && matches!(run.kind, RunKind::Number | RunKind::Text);
    if !fits || run.kind == RunKind::Mark {
        return;
    }
    if part.1 <= 1 {
        cells.push(run.of(name));
    } else {
        cells.extend(cells_of(run.of(name), part.1));
    }
}
