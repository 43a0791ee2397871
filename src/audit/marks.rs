//! What is noted on every node: which rules take it, and which family it belongs to.
//!
//! Half a byte and two bytes a node, or four where there are more than 65,535 families: this is
//! all that an audit keeps of a node, whatever the rules take.

use crate::family::Family;
use crate::tree::{NodeId, Tree};

/// Some rule takes it.
pub(super) const SURE: u8 = 1;
/// Some rule may take it.
pub(super) const MAYBE: u8 = 2;
/// Some rule names it, but does not bound it.
pub(super) const NAMED: u8 = 4;
/// Some rule would take it, were it not excluded there.
pub(super) const EXCLUDED: u8 = 8;

/// Bits and families by node.
#[derive(Debug)]
pub(super) struct Marks {
    bits: Bits,
    is_blank: bool,
    members: Members,
}

/// Some of [`SURE`], [`MAYBE`], [`NAMED`], [`EXCLUDED`] on every node: two nodes in a byte.
#[derive(Clone, Debug)]
pub(super) struct Bits(Vec<u8>);

impl Bits {
    /// Nothing noted yet.
    pub(super) fn new(tree: &Tree) -> Self {
        Self(vec![0; tree.len().div_ceil(2)])
    }

    /// Notes some on a node.
    pub(super) fn add(&mut self, node: NodeId, bits: u8) {
        self.0[node.0 as usize / 2] |= bits << (node.0 % 2 * 4);
    }
}

/// The family of each node, plus one.
#[derive(Debug)]
enum Members {
    Narrow(Vec<u16>),
    Wide(Vec<u32>),
}

impl Marks {
    pub(super) fn new(tree: &Tree, families: &[Family]) -> Self {
        let members = if families.len() < usize::from(u16::MAX) {
            Members::Narrow(by_node(tree, families, 1u16..))
        } else {
            Members::Wide(by_node(tree, families, 1u32..))
        };
        Self {
            bits: Bits::new(tree),
            is_blank: true,
            members,
        }
    }

    /// Notes all that was noted elsewhere.
    pub(super) fn add(&mut self, other: &Bits) {
        let mut any = 0;
        for (own, more) in self.bits.0.iter_mut().zip(&other.0) {
            *own |= more;
            any |= more;
        }
        self.is_blank &= any == 0;
    }

    /// Whether nothing was noted on any node.
    pub(super) fn is_blank(&self) -> bool {
        self.is_blank
    }

    /// What was noted on a node.
    pub(super) fn of(&self, node: NodeId) -> u8 {
        self.bits.0[node.0 as usize / 2] >> (node.0 % 2 * 4) & 0x0f
    }

    /// The family that a node is a member of.
    pub(super) fn family(&self, node: NodeId) -> Option<u32> {
        let at = node.0 as usize;
        match &self.members {
            Members::Narrow(all) => u32::from(all[at]).checked_sub(1),
            Members::Wide(all) => all[at].checked_sub(1),
        }
    }
}

fn by_node<N: Copy + Default>(
    tree: &Tree,
    families: &[Family],
    numbers: impl Iterator<Item = N>,
) -> Vec<N> {
    let mut all = vec![N::default(); tree.len()];
    for (number, family) in numbers.zip(families) {
        for node in family.members.nodes() {
            all[node.0 as usize] = number;
        }
    }
    all
}
