//! Families: files that one writer keeps making.
//!
//! A family is described by a *template*, the whole absolute path of its members with their
//! varying parts named: `/data/ticker/{date}/{exchange}.csv`. Families are found on names and
//! shape alone, typed after grouping, and told apart from lookalikes (photo libraries, source
//! trees, a database's segments) by [`Disposition`].

mod cells;
mod clock;
mod column;
mod date;
mod label;
mod lineage;
mod name;
mod owner;
mod profile;
mod rows;
#[cfg(test)]
mod tests;
mod words;

use crate::bytes::Interval;
use crate::entry::Rooting;
use crate::time::{Age, Timestamp};
use crate::tree::{NodeId, Quantity, Tree};

use cells::{Reader, Table};
use clock::Shard;
use profile::Group;
use rows::Rows;

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
    /// Periods that should be there and are not, as they would be written in a name.
    pub missing: Vec<String>,
    /// Earlier and later forms of the same output, oldest first, this one included; empty when
    /// it was never re-sharded.
    pub lineage: Vec<Phase>,
    /// The members, oldest first, then by path.
    pub members: Vec<Member>,
}

/// One file of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The file.
    pub node: NodeId,
    /// Its period (from the name) or else its modification time; `None` without any clock.
    pub time: Option<Timestamp>,
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
    let (rows, groups) = profile::groups(tree);
    let mut families: Vec<Family> = groups
        .iter()
        .filter_map(|group| family_of(tree, &rows, group, now))
        .collect();
    lineage::join(&mut families);
    let weight = |family: &Family| match tree.quantity() {
        Quantity::Disk => family.disk.lo,
        Quantity::Apparent => family.apparent.lo,
    };
    families.sort_by(|a, b| {
        weight(b)
            .cmp(&weight(a))
            .then_with(|| a.template.cmp(&b.template))
    });
    families
}

/// A group as a family; `None` where there is too little evidence for one.
fn family_of(tree: &Tree, rows: &Rows, group: &Group, now: Timestamp) -> Option<Family> {
    let mut table = Table::of(tree, rows, group);
    table.type_columns(now);
    let base = base_of(tree, rows, group);
    let (template, root, variables) = table.template(&base);
    let confidence = confidence(group, &variables, &table);
    if variables.is_empty() || confidence < 0.5 {
        return None;
    }
    let shards = shards_of(tree, rows, group, &table);
    let sum = |own: fn(&Tree, NodeId) -> Option<Interval>| -> Interval {
        let size = |&(id, _): &(NodeId, u32)| own(tree, id).unwrap_or(Interval::UNKNOWN);
        group.members.iter().map(size).sum()
    };
    let (disk, apparent) = (sum(Tree::own_disk), sum(Tree::own_apparent));
    let named = table.has_clock().then_some(table.grain);
    let pace = clock::pace(tree, &shards, named, now);
    let ruling = owner::rule_on(&owner::Case {
        tree,
        rows,
        group,
        template: &template,
        variables: &variables,
        bytes: apparent,
        now,
    });
    Some(Family {
        root_node: owner::node_of(tree, &root).unwrap_or(NodeId::ROOT),
        template,
        root,
        disposition: ruling.disposition,
        owner: ruling.owner,
        confidence,
        variables,
        files: group.members.len() as u64,
        disk,
        apparent,
        first: pace.first,
        last: pace.last,
        cadence: pace.cadence,
        growth_per_day: pace.growth_per_day,
        writer: pace.writer,
        missing: pace.missing,
        lineage: Vec::new(),
        members: shards
            .iter()
            .map(|shard| Member {
                node: shard.node,
                time: shard.time,
            })
            .collect(),
    })
}

/// The path of the directory below which a group's shape begins.
fn base_of(tree: &Tree, rows: &Rows, group: &Group) -> Vec<u8> {
    let mut row = group.members[0].1;
    for _ in 1..group.depth {
        row = rows.parent[row as usize];
    }
    match (row, tree.rooting()) {
        (0, Rooting::Forest) => Vec::new(),
        _ => tree.path(rows.id[row as usize]),
    }
}

/// The members with their times and weights, oldest first, then by path.
fn shards_of<'t>(tree: &'t Tree, rows: &Rows, group: &Group, table: &Table<'t>) -> Vec<Shard> {
    let ranks = ranks(tree, rows, group);
    let mut reader = Reader::new(tree);
    let mut rank = 0;
    let mut before = None;
    let mut shards: Vec<(Shard, u32)> = Vec::with_capacity(group.members.len());
    for &member in &group.members {
        if before != Some(member.1) {
            before = Some(member.1);
            let at = ranks.binary_search_by_key(&member.1, |r| r.0).unwrap_or(0);
            rank = ranks[at].1;
        }
        let shard = Shard {
            node: member.0,
            time: table
                .moment(&mut reader, rows, member)
                .or_else(|| tree.mtime(member.0)),
            weight: tree.own_weight(member.0).lo,
        };
        shards.push((shard, rank));
    }
    shards.sort_by(|(a, a_rank), (b, b_rank)| {
        let by_time = a.time.cmp(&b.time).then(a_rank.cmp(b_rank));
        by_time.then_with(|| tree.name(a.node).cmp(tree.name(b.node)))
    });
    shards.into_iter().map(|(shard, _)| shard).collect()
}

/// The rows of a group's directories, and the place of each among them by path.
fn ranks(tree: &Tree, rows: &Rows, group: &Group) -> Vec<(u32, u32)> {
    let mut paths: Vec<(Vec<u8>, u32)> = Vec::new();
    for members in group.members.chunk_by(|a, b| a.1 == b.1) {
        let mut names: Vec<&[u8]> = Vec::with_capacity(usize::from(group.depth));
        let mut row = members[0].1;
        for _ in 1..group.depth {
            names.push(tree.name(rows.id[row as usize]));
            row = rows.parent[row as usize];
        }
        names.reverse();
        // What follows a directory's name in a path is a `/`, which is not the smallest byte.
        paths.push((
            names
                .iter()
                .flat_map(|name| [name, &b"/"[..]])
                .flatten()
                .copied()
                .collect(),
            members[0].1,
        ));
    }
    paths.sort_unstable();
    let mut ranks: Vec<(u32, u32)> = (0..)
        .zip(&paths)
        .map(|(rank, path)| (path.1, rank))
        .collect();
    ranks.sort_unstable();
    ranks
}

/// How sure it is that a group is one family: independent hints, each of which may be wrong.
fn confidence(group: &Group, variables: &[Variable], table: &Table<'_>) -> f64 {
    let has = |test: fn(VariableKind) -> bool| variables.iter().any(|v| test(v.kind));
    let counted = has(|k| {
        matches!(
            k,
            VariableKind::Counter | VariableKind::HexCounter | VariableKind::Version
        )
    });
    let sure = has(|k| {
        matches!(
            k,
            VariableKind::Of | VariableKind::Rotation | VariableKind::Pid
        )
    });
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
