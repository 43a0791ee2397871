//! Why less is known of a family than its names and times should say, each reason with a word that
//! stays.

use crate::time::{DAY, Timestamp};
use crate::tree::NodeId;

/// Why less is known of a family than its names and times should say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// No file has a modification time.
    NoTimes,
    /// All files were modified within one day; `named`: their names say when they were made.
    OneRun {
        /// Whether the names say more.
        named: bool,
    },
    /// Some file was modified in the future.
    FutureTimes,
    /// So many names hold no date of the calendar where the others have one.
    Undated(u64),
    /// Day and month may be changed round, and no time says which is which: the day comes first.
    DayOrMonth,
}

impl Doubt {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::NoTimes => "no-times",
            Self::OneRun { .. } => "one-run",
            Self::FutureTimes => "future-times",
            Self::Undated(_) => "undated-names",
            Self::DayOrMonth => "day-or-month",
        }
    }

    /// The reason, and what follows from it.
    #[must_use]
    pub fn message(self) -> String {
        match self {
            Self::NoTimes => "no file has a modification time: only names say when".to_owned(),
            Self::OneRun { named: true } => {
                "all were modified within a day, as copies are: only names say when".to_owned()
            }
            Self::OneRun { named: false } => {
                "all were modified within a day: no pace can be told".to_owned()
            }
            Self::FutureTimes => "some were modified in the future".to_owned(),
            Self::Undated(1) => "1 name holds no date of the calendar".to_owned(),
            Self::Undated(names) => format!("{names} names hold no date of the calendar"),
            Self::DayOrMonth => {
                "no time says which is the day and which the month: the day is taken to come first"
                    .to_owned()
            }
        }
    }
}

/// A directory of which some names were left out: it has so many that only shapes which three of
/// them share are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// The directory.
    pub dir: NodeId,
    /// How many files were left out.
    pub files: u64,
    /// Their bytes, in the tree's quantity; a lower bound.
    pub bytes: u64,
}

/// What is asked of a family to know what is doubtful about it.
pub(super) struct Signs {
    /// Whether the names say when.
    pub(super) is_named: bool,
    /// Whether day and month may be changed round.
    pub(super) is_ambiguous: bool,
    /// How many names hold no moment.
    pub(super) unnamed: u64,
    /// When the first and the last file were modified; the last before the first where unknown.
    pub(super) written: (i64, i64),
    pub(super) now: Timestamp,
}

/// Everything that is doubtful.
pub(super) fn doubts(signs: &Signs) -> Vec<Doubt> {
    let (first, last) = signs.written;
    let known = first <= last;
    let one_run = known && last.abs_diff(first) < DAY;
    let ahead = known && last > signs.now.0.saturating_add(DAY as i64);
    [
        (!known).then_some(Doubt::NoTimes),
        one_run.then_some(Doubt::OneRun {
            named: signs.is_named,
        }),
        ahead.then_some(Doubt::FutureTimes),
        (signs.is_named && signs.unnamed > 0).then_some(Doubt::Undated(signs.unnamed)),
        signs.is_ambiguous.then_some(Doubt::DayOrMonth),
    ]
    .into_iter()
    .flatten()
    .collect()
}
