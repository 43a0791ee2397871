//! The members of a family with their times, in little room: a file's number each, and a moment
//! only where it changes.

use crate::time::Timestamp;
use crate::tree::NodeId;

use super::packed::{Moments, NEVER};

/// One file of a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Member {
    /// The file.
    pub node: NodeId,
    /// Its period (from the name) or else its modification time; `None` without any clock.
    pub time: Option<Timestamp>,
}

/// The members of a family: oldest first, then by path.
///
/// ```
/// use jettison::family::{Member, Members};
/// use jettison::time::Timestamp;
/// use jettison::tree::NodeId;
///
/// let member = |node, day: i64| Member {
///     node: NodeId(node),
///     time: Some(Timestamp(day * 86_400)),
/// };
/// let members: Members = [member(4, 1), member(2, 1), member(9, 2)].into_iter().collect();
/// assert_eq!(members.len(), 3);
/// assert_eq!(members.iter().last(), Some(member(9, 2)));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Members {
    nodes: Vec<NodeId>,
    times: Moments,
}

impl Members {
    /// No members, with room for some.
    pub(super) fn with_capacity(members: usize) -> Self {
        Self {
            nodes: Vec::with_capacity(members),
            times: Moments::default(),
        }
    }

    /// Appends one; the caller keeps the order.
    pub(super) fn push(&mut self, member: Member) {
        self.nodes.push(member.node);
        self.times.push(member.time);
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.times.shrink();
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The files alone, in the same order.
    #[must_use]
    pub fn nodes(&self) -> &[NodeId] {
        &self.nodes
    }

    /// All of them, oldest first, then by path.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            members: self,
            at: 0,
            stretch: 0,
        }
    }
}

/// See [`Members::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    members: &'a Members,
    at: usize,
    stretch: usize,
}

impl Iterator for Iter<'_> {
    type Item = Member;

    fn next(&mut self) -> Option<Member> {
        let node = *self.members.nodes.get(self.at)?;
        let times = &self.members.times;
        let mut stretch = times.stretch(self.stretch)?;
        if stretch.0 as usize <= self.at {
            self.stretch += 1;
            stretch = times.stretch(self.stretch)?;
        }
        self.at += 1;
        Some(Member {
            node,
            time: (stretch.1 != NEVER).then_some(Timestamp(stretch.1)),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.members.nodes.len() - self.at;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Iter<'_> {}

impl<'a> IntoIterator for &'a Members {
    type Item = Member;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl FromIterator<Member> for Members {
    fn from_iter<I: IntoIterator<Item = Member>>(iter: I) -> Self {
        let mut members = Self::default();
        for member in iter {
            members.push(member);
        }
        members
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_goes_in_comes_out(all in prop::collection::vec((any::<u32>(), prop::option::of(0i64..4)), 0..60)) {
            let all: Vec<Member> = all
                .into_iter()
                .map(|(node, time)| Member { node: NodeId(node), time: time.map(Timestamp) })
                .collect();
            let members: Members = all.iter().copied().collect();
            prop_assert_eq!(members.iter().len(), all.len());
            prop_assert_eq!(members.iter().collect::<Vec<_>>(), all);
        }
    }
}
