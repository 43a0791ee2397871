//! The single join of source and tree: read a source into a tree, with what else it told.

use std::cell::LazyCell;

use crate::entry::{Trouble, Volume};
use crate::error::Result;
use crate::reconcile::Reconciliation;
use crate::source::transcript::Evidence;
use crate::source::unseen::Ground;
use crate::source::{self, Form, Source};
use crate::time::Timestamp;
use crate::tree::build::Builder;
use crate::tree::links::Group;
use crate::tree::{NodeId, Tree};

/// A source, read to its end or as far as it could be.
#[derive(Debug)]
pub struct Survey {
    /// What the source turned out to be.
    pub form: Form,
    /// Everything in it.
    pub tree: Tree,
    /// The volume that it lies on: measured for a live source, recorded for a transcript.
    pub volume: Option<Volume>,
    /// What could not be read or understood, by path, then by line.
    pub troubles: Vec<Trouble>,
    /// Names that a walk found and that were gone when their turn came.
    pub vanished: u64,
    /// When an export or a recording was made: as it says, else no earlier than its newest file.
    pub taken: Option<Timestamp>,
    /// For a recording: the lines behind each path.
    pub evidence: Option<Evidence>,
}

impl Survey {
    /// Whether everything was read: nothing in the tree is a lower bound.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.tree.totals(NodeId::ROOT).unread == 0
    }
}

impl Survey {
    /// `df` against the tree, where the tree is that of a whole mount: `ground` is what was asked
    /// of the mount before the walk, and the rest is looked at now.
    #[must_use]
    pub fn reconcile(&self, ground: &Ground) -> Option<Reconciliation> {
        if self.form != Form::Live {
            return None;
        }
        let used = self.volume.as_ref()?.used;
        let links = LazyCell::new(|| {
            let groups = self.tree.links().groups();
            groups.map(Group::inode).collect::<Vec<_>>()
        });
        // The groups come in the order of their inodes.
        let counted = |dev, ino| links.binary_search(&(dev, ino)).is_ok();
        let unseen = ground.look(used, &counted);
        let tree = self.tree.totals(NodeId::ROOT).disk;
        Some(Reconciliation::of(tree, unseen))
    }
}

/// Reads a source into a tree.
///
/// ```
/// use jettison::source::{Options, Source};
/// use jettison::survey::survey;
/// use jettison::tree::NodeId;
///
/// let recording = Source::bytes(b"$ cd /\n$ ls\ndir a\n14848514 b.txt\n$ cd a\n$ ls\n584 i\n".to_vec());
/// let survey = survey(&recording, &Options::default())?;
/// assert_eq!(survey.tree.weight(NodeId::ROOT).lo, 14_849_098);
/// assert!(survey.is_complete());
/// # Ok::<(), jettison::error::Error>(())
/// ```
///
/// # Errors
/// When the source is missing, empty or not understood.
pub fn survey(source: &Source, options: &source::Options<'_>) -> Result<Survey> {
    let mut builder = Builder::new();
    let mut read = source::read(source, options, &mut builder)?;
    let mut tree = builder.finish()?;
    if (read.evidence.as_ref()).is_some_and(|evidence| !evidence.reckons_in_disk()) {
        tree.reckon_in_apparent();
    }
    if read.form != Form::Live {
        // What does not say when it was made was made no earlier than its newest file.
        read.taken = read.taken.or(tree.totals(NodeId::ROOT).newest);
    }
    read.troubles
        .sort_by(|a, b| (&a.path, a.line, a.code).cmp(&(&b.path, b.line, b.code)));
    Ok(Survey {
        form: read.form,
        tree,
        volume: read.volume,
        troubles: read.troubles,
        vanished: read.vanished,
        taken: read.taken,
        evidence: read.evidence,
    })
}
