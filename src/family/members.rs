//! The members of a family with their times, in little room: how far each file lies from the one
//! before, mostly a byte or two, and a moment only where it changes.

use crate::time::Timestamp;
use crate::tree::NodeId;

use super::packed::{Chain, EachMoment, Links, Moments, NEVER};

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
    nodes: Chain,
    times: Moments,
}

impl Members {
    /// Appends one; the caller keeps the order.
    pub(super) fn push(&mut self, member: Member) {
        self.nodes.push(member.node);
        self.times.push(member.time);
    }

    /// Gives back the room that is not used.
    pub(super) fn shrink(&mut self) {
        self.nodes.shrink();
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
        self.nodes.len() == 0
    }

    /// The files alone, in the same order.
    pub fn nodes(
        &self,
    ) -> impl DoubleEndedIterator<Item = NodeId> + ExactSizeIterator + Clone + '_ {
        self.nodes.iter()
    }

    /// All of them, oldest first, then by path.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        Iter {
            nodes: self.nodes.iter(),
            times: self.times.iter(),
        }
    }
}

/// See [`Members::iter`].
#[derive(Clone, Debug)]
pub struct Iter<'a> {
    nodes: Links<'a>,
    times: EachMoment<'a>,
}

impl Iterator for Iter<'_> {
    type Item = Member;

    fn next(&mut self) -> Option<Member> {
        let (node, time) = (self.nodes.next()?, self.times.next()?);
        Some(Member {
            node,
            time: (time != NEVER).then_some(Timestamp(time)),
        })
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.nodes.size_hint()
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
            let nodes: Vec<NodeId> = all.iter().map(|member| member.node).collect();
            prop_assert_eq!(members.nodes().collect::<Vec<_>>(), nodes);
            prop_assert_eq!(members.iter().collect::<Vec<_>>(), all);
        }
    }
}
