//! Families: files that one writer keeps making.
//!
//! A family is described by a *template*, the whole absolute path of its members with their
//! varying parts named: `/data/ticker/{date}/{exchange}.csv`. Families are found on names and
//! shape alone, typed after grouping, and told apart from lookalikes (photo libraries, source
//! trees, a database's segments) by [`Disposition`].
//!
//! # What is recognised
//!
//! * Dates in one name or over several levels: year-month-day with any mark or none, two-digit
//!   years, day or month first, month names, ISO weeks, quarters, days of the year, epochs in
//!   seconds, milliseconds and microseconds, ULIDs; with hour, minute and second.
//! * Counters, `n-of-m`, rotations (`.1`, `.2.gz`), hosts, pids, versions, UUIDs, hashes, words.
//! * What goes with members (checksums, indexes, small records, the log that is still written) as
//!   [`Family::side`], compressed and plain forms
//!   of the same file as one family, and a job that changed its layout as one [`Phase`] of several.
//! * Whose it is: a job's output; a running program's own files, with the setting that bounds
//!   them; what is kept: source, mail, media, hash stores, installed trees, catalogues of
//!   different things. No gate asks for an absolute path alone: a copied tree is told by its shape.
//! * A writer that fails silently ([`Failing`]).
//!
//! # Limits
//!
//! * A profile carries 64 shapes upward, a template has at most 24 levels, directories more than
//!   256 levels deep are not looked into; of a directory with more than 65,536 files only shapes
//!   that three files share are kept.
//! * Fewer than three members (five of a mere counter, eight without either) are no family.
//! * A family is typed on some 256 of its members and the up to 256 that did not fit these.
//! * Day and month, where no day is above 12, are told apart by the modification times; without
//!   them the day comes first.
//! * How long shards are kept is seen only behind a gap ([`Past`]): a family that just began and one
//!   whose old shards are cleaned look the same.
//! * Without modification times epochs, two-digit years and other numbers that fit by chance are
//!   read as counters unless they are many, and rotations only by the last number of a name.
//! * A family without a rhythm, or of fewer than seven periods, has no failing writer.
//!
//! # Cost
//!
//! One scan of every name, on all cores, and one reading of every member; four bytes for a member.

#[cfg(test)]
mod bad_input;
mod beside;
mod cells;
mod clock;
mod column;
mod context;
#[cfg(test)]
mod conventions;
mod date;
mod doubt;
mod health;
mod label;
mod lineage;
mod listing;
mod members;
mod name;
mod order;
mod owner;
mod packed;
mod past;
mod periods;
mod places;
mod profile;
mod roster;
mod rows;
mod shapes;
mod suffix;
#[cfg(test)]
mod tests;
mod words;

use std::cmp::Reverse;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::bytes::Interval;
use crate::entry::Rooting;
use crate::time::{Age, Timestamp};
use crate::tree::{NodeId, Tree};

use cells::Table;
use profile::{Found, Group};
use rows::Rows;

pub use doubt::{Doubt, LeftOut};
pub use health::Failing;
pub use members::{Iter, Member, Members};
pub use past::{Past, Tail};

/// A group of files that one writer keeps making.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The whole absolute path, variables in braces; bytes, as names are. A literal `{` or `}` in
    /// a name is written as it is.
    pub template: Vec<u8>,
    /// The longest literal directory of the template.
    pub root: Vec<u8>,
    /// The node of that directory.
    pub root_node: NodeId,
    /// Who may remove members.
    pub disposition: Disposition,
    /// For [`Disposition::Managed`] and [`Disposition::Keep`]: what was recognised, and for the
    /// former the program's own retention setting.
    pub owner: Option<String>,
    /// How sure it is that this is one family, 0 to 1; below 0.5 nothing is reported.
    pub confidence: f64,
    /// The varying parts, in path order.
    pub variables: Vec<Variable>,
    /// How many members there are.
    pub files: u64,
    /// Their allocated bytes.
    pub disk: Interval,
    /// Their apparent bytes.
    pub apparent: Interval,
    /// The oldest member's time (from its name, else its modification time).
    pub first: Option<Timestamp>,
    /// The newest member's time.
    pub last: Option<Timestamp>,
    /// The usual distance between two periods.
    pub cadence: Option<Age>,
    /// Bytes a day, in the tree's quantity, without the unfinished newest period.
    pub growth_per_day: Option<u64>,
    /// Whether somebody still writes.
    pub writer: Writer,
    /// How many periods there are.
    pub periods: u64,
    /// Periods that should be there and are not, as they would be written in a name.
    pub missing: Vec<String>,
    /// What says that its writer fails, where something does.
    pub failing: Option<Failing>,
    /// Checksums, indexes and other files that go with the members and are none themselves.
    pub side: Side,
    /// How far it reaches back, and what was left behind.
    pub past: Past,
    /// Earlier and later forms of the same output, oldest first, this one included; empty when
    /// it was never re-sharded.
    pub lineage: Vec<Phase>,
    /// Why less is known of it than names and times should say.
    pub doubts: Vec<Doubt>,
    /// The members, oldest first, then by path.
    pub members: Members,
}

/// Files that go with a family's members.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// How many there are.
    pub files: u64,
    /// Their bytes, in the tree's quantity; a lower bound.
    pub bytes: u64,
}

/// A varying part of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name in the template, without braces.
    pub name: String,
    /// What its values are.
    pub kind: VariableKind,
}

/// What the values of a varying part are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(
    missing_docs,
    reason = "the words are the field's own; `word` lists them"
)]
pub enum VariableKind {
    Date,
    DateTime,
    Time,
    Year,
    Month,
    Day,
    Hour,
    DateHour,
    Quarter,
    IsoWeek,
    Weekday,
    MonthName,
    Ordinal,
    Epoch,
    EpochMs,
    Counter,
    HexCounter,
    Hex,
    Number,
    Of,
    Frame,
    Rotation,
    Categorical,
    Host,
    Pid,
    Uuid,
    Ulid,
    Id,
    Hash,
    Version,
}

impl VariableKind {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Date => "date",
            Self::DateTime => "datetime",
            Self::Time => "time",
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::DateHour => "datehour",
            Self::Quarter => "quarter",
            Self::IsoWeek => "isoweek",
            Self::Weekday => "weekday",
            Self::MonthName => "monthname",
            Self::Ordinal => "ordinal",
            Self::Epoch => "epoch",
            Self::EpochMs => "epoch_ms",
            Self::Counter => "counter",
            Self::HexCounter => "hexcounter",
            Self::Hex => "hex",
            Self::Number => "number",
            Self::Of => "of",
            Self::Frame => "frame",
            Self::Rotation => "rotation",
            Self::Categorical => "categorical",
            Self::Host => "host",
            Self::Pid => "pid",
            Self::Uuid => "uuid",
            Self::Ulid => "ulid",
            Self::Id => "id",
            Self::Hash => "hash",
            Self::Version => "version",
        }
    }
}

/// Who may remove a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Disposition {
    /// A job's outputs: can be cleaned.
    Output,
    /// A running program's own files: its retention setting bounds them, never a hand.
    Managed,
    /// A lookalike that nobody can make again.
    Keep,
}

impl Disposition {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Output => "output",
            Self::Managed => "managed",
            Self::Keep => "keep",
        }
    }
}

/// Whether somebody still writes a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Writer {
    /// The newest member is as new as the cadence promises.
    Active,
    /// The next one is overdue.
    Late,
    /// Long overdue.
    Stopped,
    /// No clock, or too few periods.
    Unknown,
}

impl Writer {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Late => "late",
            Self::Stopped => "stopped",
            Self::Unknown => "unknown",
        }
    }
}

/// One form of an output over time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Phase {
    /// The template of that form.
    pub template: Vec<u8>,
    /// Its first period.
    pub from: Option<Timestamp>,
    /// Its last period.
    pub to: Option<Timestamp>,
}

/// Every family of a tree, the largest first.
///
/// ```
/// use jettison::entry::{Batch, Entry, Kind, Rooting, Sink, Token};
/// use jettison::time::Timestamp;
/// use jettison::tree::build::Builder;
///
/// let mut builder = Builder::new();
/// builder.root(Entry::named(b"/data/ticker", Kind::Dir), Rooting::Path);
/// let mut batch = Batch::new(Token::ROOT);
/// for day in 10..30 {
///     let name = format!("nyse-2024-06-{day}.csv");
///     batch.push(Entry::named(name.as_bytes(), Kind::File));
/// }
/// builder.listing(&batch);
/// let tree = builder.finish()?;
/// let families = jettison::family::find(&tree, Timestamp(1_719_792_000));
/// assert_eq!(families.len(), 1);
/// assert_eq!(families[0].template, b"/data/ticker/nyse-{date}.csv");
/// assert_eq!(families[0].files, 20);
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[must_use]
pub fn find(tree: &Tree, now: Timestamp) -> Vec<Family> {
    search(tree, now).families
}

/// What a tree holds, and what was left out of the search.
#[derive(Clone, Debug)]
pub struct Search {
    /// Every family, the largest first.
    pub families: Vec<Family>,
    /// Directories of which some names were left out, in the tree's order.
    pub left_out: Vec<LeftOut>,
}

/// The same as [`find`], with what was left out.
#[must_use]
pub fn search(tree: &Tree, now: Timestamp) -> Search {
    let mut found = profile::groups(tree);
    let left_out = found.left_out();
    let next = AtomicUsize::new(0);
    let families: Mutex<Vec<(usize, Family)>> = Mutex::new(Vec::new());
    let work = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= found.len() {
                break;
            }
            let family = family_of(tree, &found, &found.group(at), now);
            if let (Some(family), Ok(mut families)) = (family, families.lock()) {
                families.push((at, family));
            }
        }
    };
    in_parallel(found.len(), &work);
    let mut families = families.into_inner().unwrap_or_default();
    families.sort_unstable_by_key(|family| family.0);
    let mut families: Vec<Family> = families.into_iter().map(|family| family.1).collect();
    thread::scope(|scope| {
        // What the groups were kept in is large, and giving it back takes its time.
        scope.spawn(move || drop(found));
        families.sort_by_cached_key(|family| {
            (
                Reverse(owner::weight(tree, family)),
                family.template.clone(),
            )
        });
        beside::join(tree, &mut families);
        lineage::join(&mut families);
    });
    Search { families, left_out }
}

/// Runs the same work on as many threads as the machine has, if there is more than one job. The
/// work takes its jobs by number, so that what comes out does not depend on who did what.
fn in_parallel(jobs: usize, work: &(dyn Fn() + Sync)) {
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 1..threads.min(jobs) {
            scope.spawn(work);
        }
        work();
    });
}

/// Unfinished files below a family's directory that are looked at.
const UNFINISHED: usize = 4096;
/// Members that are added to a sample, in all, because they did not fit it.
const MOST_OTHERS: usize = 256;

/// A group as a family; `None` where there is too little evidence for one.
fn family_of(tree: &Tree, found: &Found, group: &Group<'_>, now: Timestamp) -> Option<Family> {
    let rows = &found.rows;
    let base = base_of(tree, rows, group);
    let drawn = cells::sample(tree, rows, group);
    let mut others = Vec::new();
    let (table, times, confidence, (template, root, variables)) = loop {
        let mut table = Table::of(tree, rows, group, &drawn, &others);
        table.type_columns(now);
        let labels = table.template(&base);
        let confidence = confidence(group, &labels.2, &table);
        let enough = confidence >= 0.5 || is_maybe_stored(tree, group, &labels.2);
        if labels.2.is_empty() || !enough {
            return None;
        }
        match table.times(tree, rows, group) {
            Ok(times) => break (table, times, confidence, labels),
            Err(strangers) if others.len() >= MOST_OTHERS => {
                break (table, strangers.times, confidence, labels);
            }
            Err(strangers) => others.extend(strangers.members),
        }
    };
    let held = Held::of(tree, group);
    let signs = doubt::Signs {
        is_named: table.has_clock(),
        is_ambiguous: table.is_ambiguous,
        unnamed: times.unnamed,
        written: held.written,
        now,
    };
    let doubts = doubt::doubts(&signs);
    let members = order::in_order(tree, rows, group, times.moments);
    let unfinished = unfinished(tree, found, group, &table);
    let named = table.has_clock().then_some(table.grain);
    let pace = clock::pace(tree, &members, named, &unfinished, now);
    let case = owner::Case {
        tree,
        rows,
        places: &found.places,
        group,
        template: &template,
        variables: &variables,
        bytes: held.apparent,
        catalogue: table.is_catalogue() || table.is_numbered_list(),
        lone_words: table.has_lone_words(),
        regular: pace.regular,
        written: held.written,
        now,
    };
    let ruling = owner::rule_on(&case);
    let confidence = match confidence {
        0.5.. => confidence,
        _ if ruling.disposition == Disposition::Managed && owner::is_in_store(&case) => STORED,
        _ => return None,
    };
    Some(Family {
        root_node: root_node(tree, rows, group, base.len(), &root),
        template,
        root,
        disposition: ruling.disposition,
        owner: ruling.owner,
        confidence,
        variables,
        files: group.members.len() as u64,
        disk: held.disk,
        apparent: held.apparent,
        first: pace.first,
        last: pace.last,
        cadence: pace.cadence,
        growth_per_day: pace.growth_per_day,
        writer: pace.writer,
        periods: pace.periods,
        missing: pace.missing,
        failing: pace.failing,
        side: Side {
            files: group.side,
            bytes: group.side_bytes,
        },
        past: pace.past,
        lineage: Vec::new(),
        doubts,
        members,
    })
}

/// What the members of a group hold together, and when they were written.
struct Held {
    disk: Interval,
    apparent: Interval,
    /// In seconds; the last before the first where no time is known.
    written: (i64, i64),
}

impl Held {
    /// Reads every member once, in the tree's order.
    fn of(tree: &Tree, group: &Group<'_>) -> Self {
        let mut held = Self {
            disk: Interval::ZERO,
            apparent: Interval::ZERO,
            written: (i64::MAX, i64::MIN),
        };
        for (id, _) in group.members.iter() {
            held.disk = held.disk + tree.own_disk(id).unwrap_or(Interval::UNKNOWN);
            held.apparent = held.apparent + tree.own_apparent(id).unwrap_or(Interval::UNKNOWN);
            if let Some(Timestamp(time)) = tree.mtime(id) {
                held.written = (held.written.0.min(time), held.written.1.max(time));
            }
        }
        held
    }
}

/// When the files were last touched that are to become members of a family.
fn unfinished(tree: &Tree, found: &Found, group: &Group<'_>, table: &Table<'_>) -> Vec<Timestamp> {
    let row = base_row(&found.rows, group);
    let base = found.rows.id[row as usize];
    let all = found.unfinished();
    let first = all.partition_point(|file| file.0 < base);
    let below = all[first..]
        .iter()
        .take_while(|file| tree.contains(base, file.0));
    let fitting = below
        .take(UNFINISHED)
        .filter(|file| table.would_fit(tree, &found.rows, **file, row));
    fitting.filter_map(|file| tree.mtime(file.0)).collect()
}

/// The row of the directory below which a group's shape begins.
fn base_row(rows: &Rows, group: &Group<'_>) -> u32 {
    let mut row = group.members.first_row().unwrap_or(0);
    for _ in 1..group.depth {
        row = rows.parent[row as usize];
    }
    row
}

/// The node of a template's literal root, which is at or below the path of the group's base.
fn root_node(tree: &Tree, rows: &Rows, group: &Group<'_>, base: usize, root: &[u8]) -> NodeId {
    if tree.rooting() == Rooting::Forest {
        // There a name may be a path of its own.
        return tree.find(root).unwrap_or(NodeId::ROOT);
    }
    let below = root.get(base..).unwrap_or(b"");
    let levels = below.split(|&b| b == b'/').filter(|name| !name.is_empty());
    // All members have the same directories there.
    let mut row = group.members.first_row().unwrap_or(0);
    for _ in levels.count() + 1..usize::from(group.depth) {
        row = rows.parent[row as usize];
    }
    rows.id[row as usize]
}

/// The path of the directory below which a group's shape begins.
fn base_of(tree: &Tree, rows: &Rows, group: &Group<'_>) -> Vec<u8> {
    let row = base_row(rows, group);
    match (row, tree.rooting()) {
        (0, Rooting::Forest) => Vec::new(),
        _ => tree.path(rows.id[row as usize]),
    }
}

/// How sure it is of files that only their place says are a program's.
const STORED: f64 = 0.7;

/// Whether files may belong to a store that names them by what is in them: many, and called by
/// nothing but hashes. They are a family only where the store itself is recognised.
fn is_maybe_stored(tree: &Tree, group: &Group<'_>, variables: &[Variable]) -> bool {
    use VariableKind::{Hash, Hex, Id, Uuid};
    let drawn = |v: &Variable| matches!(v.kind, Hash | Hex | Id | Uuid);
    let is_segment = |(id, _): (NodeId, u32)| suffix::is_segment(tree.name(id));
    group.members.len() >= 20
        && (variables.iter().any(drawn) || group.members.iter().next().is_some_and(is_segment))
}

/// How sure it is that a group is one family: independent hints, each of which may be wrong.
fn confidence(group: &Group<'_>, variables: &[Variable], table: &Table<'_>) -> f64 {
    let has = |test: fn(VariableKind) -> bool| variables.iter().any(|v| test(v.kind));
    let counted = has(|k| {
        matches!(
            k,
            VariableKind::Counter
                | VariableKind::HexCounter
                | VariableKind::Version
                | VariableKind::Frame
        )
    });
    let sure = has(|k| {
        matches!(
            k,
            VariableKind::Of | VariableKind::Rotation | VariableKind::Pid
        )
    }) || has(|k| matches!(k, VariableKind::Weekday)) && group.members.len() >= 5;
    let clocked = table.has_clock() || has(owner::is_clock);
    let members = group.members.len();
    let enough = if clocked || sure {
        3
    } else if counted {
        5
    } else {
        8
    };
    if members < enough {
        return 0.0;
    }
    let hints = [
        (clocked, 0.6),
        (sure, 0.6),
        (counted, 0.5),
        (
            has(|k| matches!(k, VariableKind::Uuid | VariableKind::Ulid)),
            0.4,
        ),
        (members >= 20, 0.3),
        (table.is_partly_compressed(), 0.3),
        (has(|k| k == VariableKind::Categorical) && clocked, 0.2),
        (table.has_clock(), 0.2),
    ];
    1.0 - hints
        .iter()
        .filter(|h| h.0)
        .map(|h| 1.0 - h.1)
        .product::<f64>()
}
