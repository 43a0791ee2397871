//! **jettison** tells what fills a disk, which of it nobody will ever clean up, and the smallest
//! set to throw overboard so that an update fits.
//!
//! It reads a live file system, or evidence of one that cannot be reached: a recorded terminal
//! session, an exported scan. The program is a thin shell over this library.
//!
//! ```
//! use jettison::source::{Options, Source};
//! use jettison::survey::survey;
//! use jettison::tree::NodeId;
//!
//! let recording = b"$ cd /\n$ ls\ndir logs\n14848514 b.txt\n$ cd logs\n$ ls\n584 i\n";
//! let survey = survey(&Source::bytes(recording.to_vec()), &Options::default())?;
//! let tree = &survey.tree;
//! assert_eq!(tree.weight(NodeId::ROOT).lo, 14_849_098);
//! assert_eq!(tree.path(tree.find(b"/logs/i").unwrap()), b"/logs/i");
//! # Ok::<(), jettison::error::Error>(())
//! ```
//!
//! # The way of the data
//!
//! ```text
//! a directory, a recording, an export
//!       │ source: bytes → batches, each the listing of one directory
//!       ▼
//!     entry::Sink ──► tree: every entry, in columns, in pre-order; totals; hard links
//!                       │
//!       ┌───────────────┼──────────────────┐
//!       ▼               ▼                  │
//!     family          rules                │   what one writer keeps making; what deletes
//!       └───────┬───────┘                  │
//!               ▼                          ▼
//!             audit ──► risk ──► plan: the smallest deletion set, with its certificate
//!               └────────┴────────┴──► report ──► cli
//! ```
//!
//! # The rooms, in reading order
//!
//! * [`bytes`], [`time`], [`error`]: amounts, moments and failures, as they are read and shown.
//! * [`entry`]: the vocabulary between sources and tree; the [`Sink`](entry::Sink) protocol.
//! * [`sys`]: the only door to the operating system's calls.
//! * [`source`]: the walk, recordings, ncdu exports, the volume, and the rule files below a root.
//! * [`reconcile`]: `df` against the tree, as an identity that sums.
//! * [`tree`]: the columns, how they are built, and what deleting a set of nodes gives back.
//! * [`survey`]: the single join of source and tree.
//! * [`policy`]: what the user says may go.
//! * [`family`]: files that one writer keeps making: names, shapes, columns, clocks, owners.
//! * [`rules`]: one model for every line that deletes; readers of cron, shell and `find`.
//! * [`audit`]: families × rules: verdicts, states, near misses, findings.
//! * [`risk`]: how safe it is to delete each node, and why.
//! * [`need`]: how much room an update wants.
//! * [`plan`]: the smallest set that frees enough: exact, or with its gap.
//! * [`report`]: everything shown, as text, JSON and ncdu's format.
//! * `cli`: arguments, the clock, the terminal, exit codes; every print of the program.
//!
//! # What holds everywhere
//!
//! * Imports go one way, as listed; `source` and `tree` never see each other. A test reads the
//!   sources and holds it, as it does "one door for each package".
//! * The core does no I/O, prints nothing and has no clock: `now`, free space, width and colour
//!   are arguments.
//! * Reading never fails half way: a reader gives facts and [troubles](entry::Trouble), each with
//!   its place and cause. What was not read makes a sum a lower bound, never a smaller number.
//! * Names are bytes. Only `report::text` escapes them, and only for people.
//! * Apparent, disk and freed are three quantities, and no field is a bare "size".
//! * Nothing recurses on the depth of its input, and no order of arrival changes an answer.

#![deny(unsafe_code, missing_docs)]

pub mod audit;
pub mod bytes;
#[cfg(feature = "cli")]
pub mod cli;
pub mod entry;
pub mod error;
pub mod family;
pub mod need;
pub mod plan;
pub mod policy;
pub mod reconcile;
pub mod report;
pub mod risk;
pub mod rules;
pub mod source;
pub mod survey;
pub mod sys;
pub mod time;
pub mod tree;
