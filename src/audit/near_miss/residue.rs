//! What of a family no rule covers, as an edit sees it.

use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::outline::Outline;
use super::subject::{Names, Subject, join, split};
use crate::audit::judge::Judged;
use crate::audit::marks::{MAYBE, SURE};
use crate::audit::name;
use crate::family::Family;
use crate::rules::coverage::Ground;
use crate::tree::NodeId;

/// Members of a family that an edit is tried on before it is evaluated whole.
const SAMPLE: usize = 32;

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
    /// The directory as a path.
    pub(super) place: Vec<u8>,
    subjects: OnceCell<Vec<Subject>>,
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
        let root = split(&ground.path(family.root_node));
        let sample = chosen.iter().map(|&node| split(&ground.path(node)));
        Self {
            index,
            family,
            ground,
            sample: sample.collect(),
            place: join(&root),
            root,
            subjects: OnceCell::new(),
            words: template_words(&family.template),
            nodes,
            chosen,
            patience,
        }
    }

    /// What an edit may aim at: the files themselves, and for a command that removes whole
    /// directories those between them and the family's own.
    pub(super) fn subjects(&self, recursive: bool) -> &[Subject] {
        let all = self.subjects.get_or_init(|| {
            let files = Subject::new(self.sample.clone(), self.chosen.clone(), false);
            let shortest = self.sample.iter().map(Vec::len).min().unwrap_or(0);
            let between = self.root.len() + 1..shortest;
            let directories = between.map(|cut| self.directories(cut));
            std::iter::once(files).chain(directories).collect()
        });
        if recursive { all } else { &all[..1] }
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
        Subject::new(paths, nodes, true)
    }

    /// Whether what a pattern begins with is found elsewhere in the family's path.
    pub(super) fn lives_on(&self, pattern: &[u8]) -> bool {
        let stem = name::stem(pattern);
        let mut words = name::words(&stem).into_iter();
        words.any(|word| self.words.contains(&word)) || self.root.contains(&stem)
    }

    /// How many rare words of a rule's roots and patterns live on in the family's path.
    pub(super) fn shared_words(&self, outline: &Outline) -> usize {
        let own = outline.words.iter();
        own.filter(|word| self.has(word)).count()
    }

    /// Whether one does, without the directories that both lie below: these say nothing.
    pub(super) fn has_words_beyond_place(&self, outline: &Outline) -> bool {
        outline.words_beyond(&self.root).any(|word| self.has(word))
    }

    fn has(&self, word: &[u8]) -> bool {
        self.words.iter().any(|other| name::is_kin(word, other))
    }
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
