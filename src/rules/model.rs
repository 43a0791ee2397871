//! One model for all rules.
//!
//! A [`Rule`] is one command or line that deletes. What it deletes is a list of [`Sweep`]s: roots
//! (each a path or a pattern), how deep to go below them, and an [`Expr`] that an entry must
//! meet. `rm /a/*.log` is a sweep of depth 0 over a pattern; `find /a -name '*.log' -delete` is
//! one of any depth over a path. Tests stay three-valued: what the text leaves open (a variable
//! that nobody sets, another user's id) is [`Tri::Unknown`], never a guess.

use std::ops::Range;

use crate::rules::glob::Pattern;
use crate::time::{Age, Timestamp};

/// One command or line on the machine that deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable within one run and across runs over the same files: file, line and ordinal.
    pub id: String,
    /// Which kind of configuration calls it.
    pub format: Format,
    /// The file that the deleting command stands in, as the machine knows it.
    pub file: Vec<u8>,
    /// The line of the deleting command, from 1.
    pub line: u64,
    /// Where it is called from, outermost first: the cron line that runs the script, …
    pub via: Vec<Place>,
    /// The deleting command as it is written.
    pub text: Vec<u8>,
    /// The words of [`Rule::text`] that the sweeps refer to, so that an edit can replace them.
    pub words: Vec<Range<usize>>,
    /// What it deletes.
    pub sweeps: Vec<Sweep>,
    /// The longest time between two runs, where known.
    pub max_gap: Option<Age>,
    /// The user that it runs as, where known.
    pub user: Option<Vec<u8>>,
    /// Conditions on the machine under which it runs.
    pub gates: Vec<Gate>,
    /// Why it is never run.
    pub disabled: Option<String>,
    /// Why it cannot work as written.
    pub broken: Option<String>,
    /// Why it does less than it was meant to, though it runs.
    pub flawed: Option<String>,
    /// What makes it delete more than its text seems to say.
    pub dangerous: Option<String>,
    /// Why it bounds nothing, though it names it: it runs at boot only, it only compresses.
    pub in_name: Option<String>,
    /// What its program left behind when it ran last.
    pub traces: Vec<Trace>,
    /// How it numbers the copies that it keeps, for a rule that rotates.
    pub rotation: Option<Rotation>,
    /// How much of it was understood.
    pub fidelity: Fidelity,
    /// When the file that it stands in was last changed.
    pub changed: Option<Timestamp>,
}

/// How logrotate names and keeps the copies of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotation {
    /// How many copies stay; −1: all of them.
    pub keep: i64,
    /// The number of the newest copy.
    pub start: u64,
    /// Copies older than this go too, whenever their log is rotated.
    pub max_age: Option<Age>,
    /// The date in the names of copies (`-%Y%m%d`); without one they have a number.
    pub date_format: Option<Vec<u8>>,
    /// What stays at the end of a copy's name (`.log`).
    pub extension: Option<Vec<u8>>,
    /// What the name of a packed copy ends in, where copies are packed.
    pub packed: Option<Vec<u8>>,
    /// Whether a copy is packed one rotation later: then all plain dated ones are.
    pub delays: bool,
    /// Another folder for the copies, absolute or below the log's own.
    pub old_folder: Option<Vec<u8>>,
    /// Whether an empty log is rotated as well.
    pub rotates_empty: bool,
    /// Whether nothing is wrong when there is no log.
    pub missing_ok: bool,
    /// What its log must have come to besides.
    pub wants: Wants,
    /// When logs were rotated last, or first seen, by the program's own state.
    pub seen: Vec<(Vec<u8>, Timestamp)>,
}

/// What a log must have come to before it is rotated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wants {
    /// So many bytes, whatever the time (`size`).
    pub size: Option<u64>,
    /// More bytes than this, even before its time (`maxsize`).
    pub over: Option<u64>,
    /// No fewer bytes than this (`minsize`).
    pub least: u64,
    /// No later change than so long ago (`minage`).
    pub rest: Option<Age>,
}

/// What a program left behind when it ran.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The file that shows it.
    pub file: Vec<u8>,
    /// When that was.
    pub when: Timestamp,
}

/// A line in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as the machine knows it.
    pub file: Vec<u8>,
    /// The line, from 1.
    pub line: u64,
}

/// Which kind of configuration calls a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// A line of a crontab.
    Cron,
    /// A script in `/etc/cron.daily` or its like.
    RunParts,
    /// A line of an anacrontab.
    Anacron,
    /// A service that a systemd timer starts.
    Timer,
    /// A line below `tmpfiles.d`.
    Tmpfiles,
    /// A block of logrotate's configuration.
    Logrotate,
}

impl Format {
    /// The word used in JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Cron => "cron",
            Self::RunParts => "run-parts",
            Self::Anacron => "anacron",
            Self::Timer => "timer",
            Self::Tmpfiles => "tmpfiles",
            Self::Logrotate => "logrotate",
        }
    }
}

/// How much of a rule was understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fidelity {
    /// All of it.
    Exact,
    /// Nearly all; what is said here was passed over.
    Approx(String),
    /// That it deletes, but not what.
    Opaque(String),
}

/// One pass of deletion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sweep {
    /// Where it starts.
    pub roots: Vec<Root>,
    /// The least depth of what it takes; a root itself has depth 0.
    pub min_depth: u32,
    /// The greatest depth; `u32::MAX`: any.
    pub max_depth: u32,
    /// The word that says [`Sweep::max_depth`].
    pub max_depth_word: Option<usize>,
    /// The word that says [`Sweep::min_depth`].
    pub min_depth_word: Option<usize>,
    /// Whether it stays on the file system of its root.
    pub one_fs: bool,
    /// Whether it follows symbolic links (which a tree never does).
    pub follows: bool,
    /// What an entry must meet.
    pub expr: Expr,
    /// Directories that are not entered.
    pub prune: Option<Expr>,
    /// Whether a matching directory goes with everything below it.
    pub recursive: bool,
    /// How many of the matching files are left, where that is the rule.
    pub keep_newest: Option<Newest>,
}

/// So many of the files that meet a condition stay, and the others go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Newest {
    /// How many stay.
    pub count: u64,
    /// Which of them are the newest: `Modified`, or `Other` where names are sorted instead.
    pub by: Stamp,
}

/// Where a sweep starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// The path or pattern, absolute.
    pub path: RootPath,
    /// How `find` prints it, when that is not the path itself (`data/`, `.`).
    pub printed: Option<Vec<u8>>,
    /// Whether a trailing `/` makes it enter a symbolic link or demand a directory.
    pub slash: bool,
    /// The word that says it.
    pub word: Option<usize>,
}

/// A root's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RootPath {
    /// The components below `/`.
    Known(Vec<Segment>),
    /// Not known, and why.
    Unresolved(String),
}

/// One component of a root's path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Segment {
    /// A name.
    Name(Vec<u8>),
    /// A pattern over names.
    Glob(Pattern),
}

impl Segment {
    /// Whether a name fits.
    #[must_use]
    pub fn matches(&self, name: &[u8]) -> bool {
        match self {
            Self::Name(own) => own == name,
            Self::Glob(pattern) => pattern.matches(name),
        }
    }
}

impl Root {
    /// The path up to the first pattern.
    #[must_use]
    pub fn literal(&self) -> Option<Vec<u8>> {
        let RootPath::Known(segments) = &self.path else {
            return None;
        };
        let mut path = Vec::new();
        for segment in segments {
            let Segment::Name(name) = segment else { break };
            path.push(b'/');
            path.extend_from_slice(name);
        }
        if path.is_empty() {
            path.push(b'/');
        }
        Some(path)
    }

    /// Whether it has a pattern in it.
    #[must_use]
    pub fn is_glob(&self) -> bool {
        match &self.path {
            RootPath::Known(segments) => segments.iter().any(|s| matches!(s, Segment::Glob(_))),
            RootPath::Unresolved(_) => false,
        }
    }
}

/// True, false, or not to be known from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Tri {
    /// No.
    False,
    /// Not to be known.
    Unknown,
    /// Yes.
    True,
}

impl Tri {
    /// Both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        self.min(other)
    }

    /// Either.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        self.max(other)
    }
}

impl From<bool> for Tri {
    fn from(known: bool) -> Self {
        if known { Self::True } else { Self::False }
    }
}

impl std::ops::Not for Tri {
    type Output = Self;

    fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown => Self::Unknown,
        }
    }
}

/// A condition on one entry. Its depth is bounded by whoever reads it from text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// Known from the start.
    Const(Tri),
    /// One test.
    Test(Test),
    /// The opposite.
    Not(Box<Self>),
    /// Every one of them.
    All(Vec<Self>),
    /// At least one of them.
    Any(Vec<Self>),
}

impl Expr {
    /// Always met.
    pub const TRUE: Self = Self::Const(Tri::True);
    /// Never met.
    pub const FALSE: Self = Self::Const(Tri::False);

    /// All of these, without what is trivially true.
    #[must_use]
    pub fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Const(Tri::True) => {}
                Self::Const(Tri::False) => return Self::FALSE,
                Self::All(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::TRUE,
            1 => kept.remove(0),
            _ => Self::All(kept),
        }
    }

    /// Any of these, without what is trivially false.
    #[must_use]
    pub fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut kept = Vec::new();
        for part in parts {
            match part {
                Self::Const(Tri::False) => {}
                Self::Const(Tri::True) => return Self::TRUE,
                Self::Any(inner) => kept.extend(inner),
                other => kept.push(other),
            }
        }
        match kept.len() {
            0 => Self::FALSE,
            1 => kept.remove(0),
            _ => Self::Any(kept),
        }
    }

    /// The opposite.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Const(known) => Self::Const(!known),
            Self::Not(inner) => *inner,
            other => Self::Not(Box::new(other)),
        }
    }
}

/// One test and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    /// What is tested.
    pub atom: Atom,
    /// The word with the test's value; the word before it names the test.
    pub word: Option<usize>,
}

/// What is tested of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Atom {
    /// The name alone.
    Name(Pattern),
    /// The path as the command prints it.
    Path(Pattern),
    /// A regular expression on the path as printed.
    Regex(Regex),
    /// One of these kinds.
    Type(Types),
    /// How long ago a stamp lies.
    Age(AgeTest),
    /// Modified after a fixed moment.
    ModifiedAfter(Timestamp),
    /// Modified after another file.
    NewerThan(Vec<u8>),
    /// The apparent size in units, rounded up.
    Size {
        /// Bytes in a unit.
        unit: u64,
        /// How many units.
        count: Count,
    },
    /// An empty file or directory.
    Empty,
    /// It belongs to this user, or to this group.
    Owner {
        /// Whether a group is meant.
        group: bool,
        /// A name, or a number.
        who: Vec<u8>,
    },
    /// Something that the tree cannot tell, in the words of the command.
    Unknown(String),
}

/// A regular expression that compares by its text.
#[derive(Clone, Debug)]
pub struct Regex {
    /// As it was written.
    pub source: Vec<u8>,
    /// Ready to match, anchored at both ends.
    pub program: regex::bytes::Regex,
}

impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.source == other.source && self.program.as_str() == other.program.as_str()
    }
}

impl Eq for Regex {}

/// A set of kinds of entries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Types {
    /// Regular files.
    pub file: bool,
    /// Directories.
    pub dir: bool,
    /// Symbolic links.
    pub symlink: bool,
    /// Sockets, pipes and devices.
    pub other: bool,
}

/// Which of its times a test asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// Last modification.
    Modified,
    /// Last access; a tree does not keep it.
    Accessed,
    /// Last change of the inode; a tree does not keep it.
    Changed,
    /// Birth; a tree does not keep it.
    Born,
    /// One that is not known.
    Other,
}

/// How long ago a stamp lies: `at_least ≤ now − stamp < below`, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AgeTest {
    /// Which stamp.
    pub stamp: Stamp,
    /// The least age that passes; `i64::MIN`: any.
    pub at_least: i64,
    /// The first age that does not pass any more; `i64::MAX`: none.
    pub below: i64,
    /// Whether ages are counted from the end of the day (`-daystart`) instead of from now.
    pub from_day_end: bool,
}

/// A number compared as `find` does: `+n`, `-n` or `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    /// More than this.
    More(u64),
    /// Less than this.
    Less(u64),
    /// Just this.
    Exactly(u64),
}

impl Count {
    /// Whether a number passes.
    #[must_use]
    pub fn admits(self, n: u64) -> bool {
        match self {
            Self::More(limit) => n > limit,
            Self::Less(limit) => n < limit,
            Self::Exactly(limit) => n == limit,
        }
    }
}

/// A condition on the machine under which a rule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gate {
    /// In the words of the script: `[ -d /data ]`.
    pub text: String,
    /// What it asks.
    pub asks: Asks,
    /// Whether it must hold (or, if not, must fail).
    pub wanted: bool,
}

impl Gate {
    /// Whether it is known from the text or the machine that it never opens.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self.asks, Asks::Known(known) if known != self.wanted)
    }
}

/// What a gate asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asks {
    /// Whether something is there.
    Exists(Vec<u8>),
    /// Whether a directory is there.
    IsDir(Vec<u8>),
    /// Whether a program is installed.
    IsInstalled(Vec<u8>),
    /// Known from the text alone.
    Known(bool),
    /// Nothing that can be answered from here.
    Else,
}
