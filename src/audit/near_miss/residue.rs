//! What of a family no rule covers, as an edit sees it.

use std::collections::BTreeSet;

use crate::audit::judge::Judged;
use crate::audit::marks::{MAYBE, SURE};
use crate::audit::name;
use crate::family::Family;
use crate::rules::coverage::Ground;
use crate::rules::logic;
use crate::rules::model::{Atom, Root, RootPath, Rule, Segment, Sweep};
use crate::tree::NodeId;

/// Members of a family that an edit is tried on before it is evaluated whole.
const SAMPLE: usize = 32;

/// A path as its components.
pub(super) type Names = Vec<Vec<u8>>;

/// A family's uncovered members.
pub(super) struct Residue<'a> {
    pub(super) index: usize,
    pub(super) family: &'a Family,
    pub(super) ground: &'a Ground<'a>,
    pub(super) nodes: Vec<NodeId>,
    /// Some of them, and their paths.
    pub(super) chosen: Vec<NodeId>,
    pub(super) sample: Vec<Names>,
    /// Its literal directory on the machine that the rules are for.
    pub(super) root: Names,
    /// The words of the template's literal parts.
    pub(super) words: BTreeSet<Vec<u8>>,
    /// The longest that a member may wait, in seconds, where rules name it and do not bound it.
    pub(super) patience: Option<i64>,
}

impl<'a> Residue<'a> {
    pub(super) fn new(
        index: usize,
        family: &'a Family,
        ground: &'a Ground<'a>,
        judged: &Judged,
        patience: Option<i64>,
    ) -> Self {
        let is_open = |node: NodeId| judged.marks.of(node) & (SURE | MAYBE) == 0;
        let all = || family.members.iter().map(|member| member.node);
        let mut nodes: Vec<NodeId> = all().filter(|&node| is_open(node)).collect();
        // What is covered, but too late, is open as a whole.
        if nodes.is_empty() {
            nodes = all().collect();
        }
        let step = nodes.len().div_ceil(SAMPLE).max(1);
        let mut chosen: Vec<NodeId> = nodes.iter().copied().step_by(step).collect();
        chosen.extend(nodes.last().filter(|last| chosen.last() != Some(*last)));
        let sample = chosen.iter().map(|&node| split(&ground.path(node)));
        Self {
            index,
            family,
            ground,
            sample: sample.collect(),
            root: split(&ground.path(family.root_node)),
            words: template_words(&family.template),
            nodes,
            chosen,
            patience,
        }
    }

    /// What an edit may aim at: the files themselves, and for a command that removes whole
    /// directories those between them and the family's own.
    pub(super) fn subjects(&self, recursive: bool) -> Vec<Subject> {
        let files = Subject {
            paths: self.sample.clone(),
            nodes: self.chosen.clone(),
            is_dir: false,
        };
        let shortest = self.sample.iter().map(Vec::len).min().unwrap_or(0);
        let mut subjects = vec![files];
        if recursive {
            for cut in self.root.len() + 1..shortest {
                subjects.push(self.directories(cut));
            }
        }
        subjects
    }

    fn directories(&self, cut: usize) -> Subject {
        let mut paths: Vec<Names> = Vec::new();
        let mut nodes: Vec<NodeId> = Vec::new();
        for (names, &node) in self.sample.iter().zip(&self.chosen) {
            let mut at = node;
            for _ in cut..names.len() {
                at = self.ground.tree().parent(at).unwrap_or(at);
            }
            if nodes.last() != Some(&at) {
                nodes.push(at);
                paths.push(names[..cut].to_vec());
            }
        }
        Subject {
            paths,
            nodes,
            is_dir: true,
        }
    }

    /// Whether what a pattern begins with is found elsewhere in the family's path.
    pub(super) fn lives_on(&self, pattern: &[u8]) -> bool {
        let stem = name::stem(pattern);
        let mut words = name::words(&stem).into_iter();
        words.any(|word| self.words.contains(&word)) || self.root.contains(&stem)
    }

    /// How many rare words of a rule's roots and patterns live on in the family's path.
    pub(super) fn shared_words(&self, rule: &Rule) -> usize {
        self.shared(rule, &[])
    }

    /// The same, without the directories that both lie below: these say nothing.
    pub(super) fn words_beyond_place(&self, rule: &Rule) -> usize {
        self.shared(rule, &self.root)
    }

    fn shared(&self, rule: &Rule, above: &[Vec<u8>]) -> usize {
        let mut own: BTreeSet<Vec<u8>> = BTreeSet::new();
        for sweep in &rule.sweeps {
            for root in &sweep.roots {
                own.extend(root_words(root, above));
            }
            for (_, test) in logic::disjuncts(&sweep.expr)
                .into_iter()
                .flatten()
                .flatten()
            {
                if let Atom::Name(pattern) | Atom::Path(pattern) = &test.atom {
                    own.extend(name::rare_words(pattern.source()));
                }
            }
        }
        let lives_on = |word: &&Vec<u8>| self.words.iter().any(|other| name::is_kin(word, other));
        own.iter().filter(lives_on).count()
    }
}

/// Paths that a command is to take.
pub(super) struct Subject {
    pub(super) paths: Vec<Names>,
    pub(super) nodes: Vec<NodeId>,
    pub(super) is_dir: bool,
}

impl Subject {
    /// The last components.
    pub(super) fn names(&self) -> Vec<&[u8]> {
        let last = |names: &'_ Names| names.last().map_or(0, Vec::len);
        debug_assert!(self.paths.iter().all(|names| last(names) > 0));
        self.paths
            .iter()
            .filter_map(|names| names.last().map(Vec::as_slice))
            .collect()
    }

    /// Whether a pattern with a word of its own fits every name: the files have moved, and are
    /// called what they were called.
    pub(super) fn is_named_by(&self, sweep: &Sweep) -> bool {
        let names = self.names();
        let is_meant = |pattern: &crate::rules::glob::Pattern| {
            let stem = name::stem(pattern.source());
            !name::rare_words(&stem).is_empty() && names.iter().all(|name| pattern.matches(name))
        };
        let of_root = sweep.roots.iter().any(|root| match &root.path {
            RootPath::Known(segments) => {
                matches!(segments.last(), Some(Segment::Glob(pattern)) if is_meant(pattern))
            }
            RootPath::Unresolved(_) => false,
        });
        let tests = logic::disjuncts(&sweep.expr)
            .into_iter()
            .flatten()
            .flatten();
        of_root
            || tests.into_iter().any(|(negated, test)| {
                matches!(&test.atom, Atom::Name(pattern) if !negated && is_meant(pattern))
            })
    }
}

fn root_words(root: &Root, above: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let RootPath::Known(segments) = &root.path else {
        return Vec::new();
    };
    let text = |segment: &Segment| match segment {
        Segment::Name(name) => name::rare_words(name),
        Segment::Glob(pattern) => name::rare_words(pattern.source()),
    };
    let shared = segments.iter().zip(above);
    let shared = shared.take_while(|(s, name)| matches!(s, Segment::Name(own) if own == *name));
    let shared = shared.count();
    segments.iter().skip(shared).flat_map(text).collect()
}

pub(super) fn split(path: &[u8]) -> Names {
    path.split(|&b| b == b'/')
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
}

pub(super) fn join(names: &[Vec<u8>]) -> Vec<u8> {
    let mut path = Vec::new();
    for name in names {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    path
}

/// The rare words of a template outside its variables.
fn template_words(template: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut literal = Vec::with_capacity(template.len());
    let mut depth = 0u32;
    for &byte in template {
        match byte {
            b'{' => depth += 1,
            b'}' => {
                depth = depth.saturating_sub(1);
                literal.push(b' ');
            }
            _ if depth == 0 => literal.push(byte),
            _ => {}
        }
    }
    name::rare_words(&literal).into_iter().collect()
}
