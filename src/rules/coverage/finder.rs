//! From a name to the conditions that it may meet, however many conditions there are.
//!
//! Nearly every rule names what it deletes: `*.csv`, `core.*`, `-path '*/cache/*'`. A [`Needle`]
//! is the literal part that a name must have for such a condition to be worth a look, and a
//! [`Finder`] finds all needles of one name in a single reading: beginnings and whole names in
//! one trie, endings in another, what has both in that of the two where it is with fewer, and what may stand anywhere in one automaton (the `regex`
//! crate's set of literals). A needle only says *perhaps*; the condition itself decides.

use std::cmp::Reverse;
use std::collections::HashMap;

use crate::rules::glob::{Literals, Pattern};
use crate::rules::model::{Atom, Expr, Tri};
use crate::rules::regex::Texts;

/// What a name has, if an entry of that name is to meet a condition.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Needle {
    /// Just this name.
    Whole(Vec<u8>),
    /// It begins so.
    Beginning(Vec<u8>),
    /// It ends so.
    Ending(Vec<u8>),
    /// It begins and ends so; both may be the same bytes.
    Ends(Vec<u8>, Vec<u8>),
    /// It has this somewhere.
    Inside(Vec<u8>),
    /// The entry lies below a directory of this name, and there has something in its own.
    Below(Vec<u8>, Option<Box<Self>>),
}

/// As many pairs of a directory and a name are looked for in the place of either.
const PAIRS: usize = 8;

impl Needle {
    /// How much the needle narrows a search, more being better.
    fn weight(&self) -> usize {
        match self {
            Self::Whole(text) => 1000 + text.len(),
            Self::Beginning(text) | Self::Ending(text) => 10 + text.len(),
            Self::Ends(begin, end) => 10 + begin.len() + end.len(),
            Self::Inside(text) => 5 + text.len(),
            Self::Below(_, None) => 4,
            Self::Below(_, Some(then)) => 8 + then.weight(),
        }
    }
}

/// Needles of which every entry that meets the condition has one; `None`: it may have any name.
/// The start of a search is no such entry: it may be printed by another name.
pub(super) fn needles(expr: &Expr) -> Option<Vec<Needle>> {
    of_expr(expr, false)
}

fn of_expr(expr: &Expr, negated: bool) -> Option<Vec<Needle>> {
    match expr {
        Expr::Const(known) => {
            let never = if negated { Tri::True } else { Tri::False };
            (*known == never).then(Vec::new)
        }
        Expr::Not(inner) => of_expr(inner, !negated),
        Expr::All(parts) if !negated => best(parts, negated),
        Expr::Any(parts) if negated => best(parts, negated),
        Expr::All(parts) | Expr::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(of_expr(part, negated)?);
            }
            Some(all)
        }
        Expr::Test(test) if !negated => match &test.atom {
            Atom::Name(pattern) => of_name(pattern),
            Atom::Path(pattern) => of_path(pattern),
            _ => None,
        },
        Expr::Test(_) => None,
    }
}

/// Of several conditions that must all be met, the one that narrows most.
fn best(parts: &[Expr], negated: bool) -> Option<Vec<Needle>> {
    let narrow = |needles: &Vec<Needle>| {
        let least = needles.iter().map(Needle::weight).min();
        least.unwrap_or(usize::MAX)
    };
    let all: Vec<Vec<Needle>> = parts
        .iter()
        .filter_map(|part| of_expr(part, negated))
        .collect();
    let is_place = |needle: &Needle| matches!(needle, Needle::Below(_, None));
    let place = all.iter().find(|n| !n.is_empty() && n.iter().all(is_place));
    let best = all.iter().max_by_key(|needles| narrow(needles))?;
    let is_name = |needle: &Needle| !matches!(needle, Needle::Below(..));
    match place {
        // Some of the names below some of the directories.
        Some(place) if best.iter().all(is_name) && place.len() * best.len() <= PAIRS => {
            let pairs = place.iter().flat_map(|dir| {
                best.iter().map(move |name| match dir {
                    Needle::Below(dir, _) => {
                        Needle::Below(dir.clone(), Some(Box::new(name.clone())))
                    }
                    other => other.clone(),
                })
            });
            Some(pairs.collect())
        }
        _ => Some(best.clone()),
    }
}

/// The needles of a pattern on names.
pub(super) fn of_name(pattern: &Pattern) -> Option<Vec<Needle>> {
    // Needles are compared byte by byte.
    if pattern.flags().casefold {
        return None;
    }
    let all = pattern.literals().into_iter().map(|literals| {
        let Literals {
            prefix,
            inner,
            suffix,
            is_whole,
        } = literals;
        if is_whole {
            return Some(Needle::Whole(prefix));
        }
        let ends = match (prefix.is_empty(), suffix.is_empty()) {
            (true, true) => None,
            (false, true) => Some(Needle::Beginning(prefix)),
            (true, false) => Some(Needle::Ending(suffix)),
            (false, false) => Some(Needle::Ends(prefix, suffix)),
        };
        let inner = Some(inner).filter(|text| text.len() > 1);
        let needles = ends.into_iter().chain(inner.map(Needle::Inside));
        needles.max_by_key(Needle::weight)
    });
    all.collect()
}

/// The needles of a pattern on paths: their last component is the name.
fn of_path(pattern: &Pattern) -> Option<Vec<Needle>> {
    if pattern.flags().casefold {
        return None;
    }
    let all = pattern.literals().into_iter().map(|literals| {
        let ending = &literals.suffix;
        let name = match ending.iter().rposition(|&b| b == b'/') {
            Some(slash) => {
                (slash + 1 < ending.len()).then(|| Needle::Whole(ending[slash + 1..].to_vec()))
            }
            None => (!ending.is_empty()).then(|| Needle::Ending(ending.clone())),
        };
        let dir = [&literals.prefix, &literals.inner, &literals.suffix]
            .into_iter()
            .filter_map(|text| component(text))
            .max_by_key(|name| name.len());
        match (dir, name) {
            // A whole name is rare enough.
            (_, Some(name @ Needle::Whole(_))) | (None, Some(name)) => Some(name),
            (Some(dir), name) => Some(Needle::Below(dir.to_vec(), name.map(Box::new))),
            (None, None) => None,
        }
    });
    all.collect()
}

/// The last whole component in a part of a path: `app` in `/data/app/x`.
fn component(text: &[u8]) -> Option<&[u8]> {
    let end = text.iter().rposition(|&b| b == b'/')?;
    let start = text[..end].iter().rposition(|&b| b == b'/')?;
    (start + 1 < end).then(|| &text[start + 1..end])
}

/// What a needle is found for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// The entry itself.
    Itself,
    /// Everything that lies below it.
    All,
    /// What has this other needle, below it.
    Needle(u32),
}

/// All needles, each known by a number from 0.
#[derive(Debug, Default)]
pub(super) struct Finder {
    numbers: HashMap<Needle, u32>,
    /// By number: what to look for below such a directory.
    then: Vec<Then>,
    forward: Trie,
    backward: Trie,
    inside: Vec<u32>,
    inside_texts: Vec<Vec<u8>>,
    pairs: Pairs,
    set: Option<Texts>,
}

impl Finder {
    /// The number of a needle, which is new or known.
    pub(super) fn add(&mut self, needle: &Needle) -> u32 {
        if let Some(&number) = self.numbers.get(needle) {
            return number;
        }
        let then = match needle {
            Needle::Below(_, Some(then)) => Then::Needle(self.add(then)),
            Needle::Below(_, None) => Then::All,
            _ => Then::Itself,
        };
        let number = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
        self.numbers.insert(needle.clone(), number);
        self.then.push(then);
        match needle {
            Needle::Whole(text) | Needle::Below(text, _) => {
                let node = self.forward.node(text.iter());
                node.wholes.push(number);
            }
            Needle::Beginning(text) => self.forward.node(text.iter()).add(number),
            Needle::Ending(text) => self.backward.node(text.iter().rev()).add(number),
            Needle::Ends(begin, end) => self.add_ends(number, begin, end),
            Needle::Inside(text) => {
                self.inside.push(number);
                self.pairs.add(text);
                self.inside_texts.push(text.clone());
            }
        }
        number
    }

    /// Puts a needle where fewer others are, by its longer end where there are as many.
    fn add_ends(&mut self, number: u32, begin: &[u8], end: &[u8]) {
        let first = self.forward.node(begin.iter());
        let last = self.backward.node(end.iter().rev());
        let crowd = |branch: &Branch, own: &[u8]| (branch.ends.len(), Reverse(own.len()));
        if crowd(first, begin) < crowd(last, end) {
            first.add_with(number, end);
        } else {
            last.add_with(number, begin);
        }
    }

    /// What a needle is found for.
    pub(super) fn then(&self, number: u32) -> Then {
        self.then[number as usize]
    }

    /// How many needles there are.
    pub(super) fn len(&self) -> usize {
        self.numbers.len()
    }

    /// Makes ready to search. Where too many needles may stand anywhere for one automaton, all of
    /// them are found in every name.
    pub(super) fn finish(&mut self) {
        self.set = Texts::new(&self.inside_texts);
    }

    /// The needles in a name, in no order, each perhaps more than once.
    pub(super) fn find(&self, name: &[u8], found: &mut Vec<u32>) {
        found.clear();
        self.forward
            .walk(name.iter(), found, |end| name.ends_with(end));
        self.backward
            .walk(name.iter().rev(), found, |begin| name.starts_with(begin));
        if !self.pairs.any_in(name) {
            return;
        }
        match &self.set {
            Some(set) => found.extend(set.find(name).map(|at| self.inside[at])),
            None => found.extend_from_slice(&self.inside),
        }
    }
}

/// Two bytes of each text that may stand anywhere: most names have none of them.
#[derive(Debug, Default)]
struct Pairs {
    /// One bit for each two bytes; empty without texts.
    bits: Vec<u64>,
}

impl Pairs {
    fn place(pair: [u8; 2]) -> (usize, u32) {
        let number = u16::from_be_bytes(pair);
        (usize::from(number / 64), u32::from(number % 64))
    }

    /// Of a text, the two bytes that names are least likely to have.
    fn add(&mut self, text: &[u8]) {
        self.bits.resize(1 << 10, 0);
        let common = |pair: &[u8]| {
            let is_common = |b: &&u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_');
            pair.iter().filter(is_common).count()
        };
        match text.windows(2).min_by_key(|pair| common(pair)) {
            Some(&[a, b]) => {
                let (word, bit) = Self::place([a, b]);
                self.bits[word] |= 1 << bit;
            }
            // A single byte may be followed by anything.
            _ => self.bits.fill(u64::MAX),
        }
    }

    fn any_in(&self, name: &[u8]) -> bool {
        let is_in = |pair: &[u8]| {
            let (word, bit) = Self::place([pair[0], pair[1]]);
            self.bits[word] >> bit & 1 == 1
        };
        !self.bits.is_empty() && (name.len() < 2 || name.windows(2).any(is_in))
    }
}

/// Texts by their bytes.
#[derive(Debug)]
struct Trie {
    nodes: Vec<Branch>,
    /// Where each first byte leads; 0: nowhere.
    first: Vec<u32>,
}

#[derive(Debug)]
struct Branch {
    next: Vec<(u8, u32)>,
    /// Whether nothing is found here but by what follows.
    is_passed: bool,
    /// Found here whatever follows.
    parts: Vec<u32>,
    /// Found here when nothing follows.
    wholes: Vec<u32>,
    /// Found here when the other end is there too.
    ends: Vec<(u32, Vec<u8>)>,
}

impl Branch {
    fn add(&mut self, number: u32) {
        self.parts.push(number);
        self.is_passed = false;
    }

    fn add_with(&mut self, number: u32, other: &[u8]) {
        self.ends.push((number, other.to_vec()));
        self.is_passed = false;
    }
}

impl Default for Branch {
    fn default() -> Self {
        Self {
            next: Vec::new(),
            is_passed: true,
            parts: Vec::new(),
            wholes: Vec::new(),
            ends: Vec::new(),
        }
    }
}

impl Default for Trie {
    fn default() -> Self {
        Self {
            nodes: vec![Branch::default()],
            first: vec![0; 256],
        }
    }
}

impl Trie {
    /// The node of a text, made where there is none.
    fn node<'t>(&mut self, text: impl Iterator<Item = &'t u8>) -> &mut Branch {
        let mut at = 0;
        for &byte in text {
            at = match self.step(at, byte) {
                Some(next) => next,
                None => {
                    let next = self.nodes.len();
                    self.nodes.push(Branch::default());
                    let number = u32::try_from(next).unwrap_or(u32::MAX);
                    match at {
                        0 => self.first[usize::from(byte)] = number,
                        _ => self.nodes[at].next.push((byte, number)),
                    }
                    next
                }
            };
        }
        &mut self.nodes[at]
    }

    fn step(&self, at: usize, byte: u8) -> Option<usize> {
        if at == 0 {
            let next = self.first[usize::from(byte)] as usize;
            return (next > 0).then_some(next);
        }
        let next = self.nodes[at].next.iter();
        let mut next = next.filter(|(own, _)| *own == byte);
        next.next().map(|&(_, node)| node as usize)
    }

    fn walk<'t>(
        &self,
        text: impl Iterator<Item = &'t u8>,
        found: &mut Vec<u32>,
        has_other: impl Fn(&[u8]) -> bool,
    ) {
        let mut at = 0;
        for &byte in text {
            match self.step(at, byte) {
                Some(next) => at = next,
                None => return,
            }
            let branch = &self.nodes[at];
            if branch.is_passed {
                continue;
            }
            found.extend_from_slice(&branch.parts);
            for (number, other) in &branch.ends {
                if has_other(other) {
                    found.push(*number);
                }
            }
        }
        found.extend_from_slice(&self.nodes[at].wholes);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::rules::glob::Flags;

    proptest! {
        /// No name that a pattern matches is passed over, and a needle is found where it is.
        #[test]
        fn what_matches_is_found(
            patterns in prop::collection::vec("[ab.*?\\[\\]]{0,6}", 1..12),
            names in prop::collection::vec("[ab.]{1,6}", 1..20),
        ) {
            let mut finder = Finder::default();
            let patterns: Vec<_> = patterns
                .iter()
                .map(|text| Pattern::new(text.as_bytes(), Flags::FIND))
                .map(|pattern| {
                    let needles = of_name(&pattern);
                    let numbers = needles.map(|all| all.iter().map(|n| finder.add(n)).collect());
                    (pattern, numbers)
                })
                .collect::<Vec<(Pattern, Option<Vec<u32>>)>>();
            finder.finish();
            let mut found = Vec::new();
            for name in &names {
                finder.find(name.as_bytes(), &mut found);
                for (pattern, numbers) in &patterns {
                    let Some(numbers) = numbers else { continue };
                    let is_found = numbers.iter().any(|number| found.contains(number));
                    prop_assert!(
                        is_found || !pattern.matches(name.as_bytes()),
                        "{} {name}", String::from_utf8_lossy(pattern.source())
                    );
                }
                for (needle, number) in &finder.numbers {
                    let name = name.as_bytes();
                    let is_there = match needle {
                        Needle::Whole(text) | Needle::Below(text, _) => text == name,
                        Needle::Beginning(text) => name.starts_with(text),
                        Needle::Ending(text) => name.ends_with(text),
                        Needle::Ends(begin, end) => name.starts_with(begin) && name.ends_with(end),
                        Needle::Inside(text) => name.windows(text.len()).any(|part| part == text),
                    };
                    prop_assert_eq!(is_there, found.contains(number));
                }
            }
        }
    }

    #[test]
    fn a_path_is_looked_for_by_its_last_literal_part() {
        let below = |name: &[u8]| Needle::Below(name.to_vec(), None);
        for (pattern, needle) in [
            ("*/cache/x.tmp", Some(Needle::Whole(b"x.tmp".to_vec()))),
            ("*cache*.tmp", Some(Needle::Ending(b".tmp".to_vec()))),
            (
                "*/cache/*.tmp",
                Some(Needle::Below(
                    b"cache".to_vec(),
                    Some(Box::new(Needle::Ending(b".tmp".to_vec()))),
                )),
            ),
            ("*/cache/*", Some(below(b"cache"))),
            ("/data/app/*", Some(below(b"app"))),
            ("/data/*", Some(below(b"data"))),
            ("*/log*", None),
            ("*", None),
        ] {
            let read = Pattern::new(pattern.as_bytes(), Flags::FIND);
            assert_eq!(of_path(&read), needle.map(|one| vec![one]), "{pattern}");
        }
    }
}
