//! Families: files that one writer keeps making.
//!
//! A family is described by a *template*, the whole absolute path of its members with their
//! varying parts named: `/data/ticker/{date}/{exchange}.csv`. Families are found on names and
//! shape alone, typed after grouping, and told apart from lookalikes (photo libraries, source
//! trees, a database's segments) by [`Disposition`].

use crate::bytes::Interval;
use crate::time::{Age, Timestamp};
use crate::tree::NodeId;

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
