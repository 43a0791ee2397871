//! What a pass over the tree gathers: shapes with their sums, and lists of their members that are
//! linked in constant time.

use crate::tree::NodeId;

use super::LeftOut;
use super::name::{hash, mix};
use super::packed::Packed;
use super::suffix;

pub(super) const NONE: u32 = u32::MAX;
pub(super) const WORD: u64 = 0x57_4f52_4400;

/// Some members of one shape in one directory; the next of the same shape is linked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) start: u32,
    pub(super) len: u32,
    pub(super) row: u32,
    pub(super) next: u32,
}

/// How the last name of a shape is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Leaf {
    /// Leading word and all.
    Exact,
    /// With any words between its numbers.
    AnyWord,
    /// By its extension alone.
    Word,
}

/// One shape below a directory, with its sums and the list of its spans.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) shape: u64,
    pub(super) bytes: u64,
    /// What goes with the members: checksums, indexes.
    pub(super) side_bytes: u64,
    pub(super) side: u32,
    pub(super) count: u32,
    /// In how many of the siblings that were joined last.
    pub(super) siblings: u32,
    pub(super) first: u32,
    pub(super) last: u32,
    pub(super) whole: u32,
    pub(super) depth: u8,
    pub(super) leaf: Leaf,
    pub(super) varies: bool,
}

impl Entry {
    /// A shape of names in one directory, still without members.
    pub(super) fn leaf(shape: u64, leaf: Leaf, varies: bool) -> Self {
        Self {
            shape,
            bytes: 0,
            side_bytes: 0,
            side: 0,
            count: 0,
            siblings: 1,
            first: NONE,
            last: NONE,
            whole: 0,
            depth: 0,
            leaf,
            varies,
        }
    }
}

/// What a pass gathers besides the profiles.
#[derive(Debug, Default)]
pub(super) struct Arena {
    /// The files of the spans.
    pub(super) members: Packed,
    pub(super) spans: Vec<Span>,
    /// Files that are not finished, each with the row of its directory.
    pub(super) unfinished: Vec<(NodeId, u32)>,
    /// Directories of which some names were left out.
    pub(super) left_out: Vec<LeftOut>,
    /// Shapes that go no further up.
    pub(super) done: Vec<Entry>,
}

impl Arena {
    /// Takes in what another pass gathered, and moves its profiles' links along.
    pub(super) fn absorb(&mut self, mut other: Self, profiles: &mut [(u32, Vec<Entry>)]) {
        let spans = narrow(self.spans.len());
        let members = self.members.append(&mut other.members);
        self.unfinished.append(&mut other.unfinished);
        self.left_out.append(&mut other.left_out);
        self.spans.extend(other.spans.iter().map(|span| Span {
            start: span.start + members,
            next: if span.next == NONE {
                NONE
            } else {
                span.next + spans
            },
            ..*span
        }));
        let entries = profiles.iter_mut().flat_map(|profile| &mut profile.1);
        for entry in entries.chain(&mut other.done) {
            entry.first += spans;
            entry.last += spans;
        }
        self.done.append(&mut other.done);
    }
}

/// The key of any word with this name's extension.
pub(super) fn word_of(name: &[u8]) -> u64 {
    let body = &name[..name.len() - suffix::compression(name).len()];
    let extension = body
        .iter()
        .rposition(|&b| b == b'.')
        .map_or(&b""[..], |dot| &body[dot..]);
    mix(WORD, hash(extension))
}

pub(super) fn narrow(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(NONE)
}
