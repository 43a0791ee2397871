//! What the user says may go: risk classes, the policy file, and what a walk leaves out.

/// Why a path may go, from the most harmless to the last resort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Made again when it is needed: caches, build outputs.
    Regenerable,
    /// A cleanup rule on the machine already says so.
    Expired,
    /// Old shards of an output family beyond what it keeps.
    Stale,
    /// Rotated logs, core and crash dumps, trash.
    Old,
    /// Nothing is known of it.
    Unknown,
    /// Protected: neither it nor any directory above it may go.
    Never,
}

impl Risk {
    /// The classes in order, without [`Risk::Never`].
    pub const CLASSES: [Self; 5] = [
        Self::Regenerable,
        Self::Expired,
        Self::Stale,
        Self::Old,
        Self::Unknown,
    ];

    /// The word used in flags, files and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Regenerable => "regenerable",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Old => "old",
            Self::Unknown => "unknown",
            Self::Never => "never",
        }
    }

    /// The class of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::CLASSES
            .into_iter()
            .chain([Self::Never])
            .find(|risk| risk.word() == word)
    }
}
