//! What of a rule is the same whatever family it is held against, worked out once: its words, its
//! conjunctions, where its roots lead, what a broken one was meant to be.

use std::collections::BTreeSet;

use super::date;
use super::mended::{self, Mended};
use super::subject::{Names, Subject, split};
use crate::audit::name;
use crate::rules::coverage::Ground;
use crate::rules::glob::Pattern;
use crate::rules::logic::{self, Literal};
use crate::rules::model::{Atom, Format, Root, RootPath, Rule, Segment, Sweep};

/// A rule as an edit of it begins.
pub(super) struct Outline {
    /// The rare words of its roots and patterns.
    pub(super) words: BTreeSet<Vec<u8>>,
    of_patterns: Vec<Vec<u8>>,
    pub(super) passes: Vec<Pass>,
    /// Whether its roots say nothing about whose files they are.
    pub(super) is_generic: bool,
    /// How it would work, where it cannot as it is written.
    pub(super) mended: Option<Mended>,
}

/// One of its sweeps.
pub(super) struct Pass {
    /// Its condition as a choice of conjunctions, where it can be split.
    pub(super) alternatives: Option<Vec<Vec<Literal>>>,
    /// Patterns of names that have a word of their own.
    telling: Vec<Pattern>,
    pub(super) starts: Vec<Start>,
}

/// One of its roots.
pub(super) struct Start {
    /// The path up to the first pattern, where it says more than one of the machine's own
    /// directories.
    place: Option<Vec<u8>>,
    /// Its components, as far as they are names.
    names: Names,
    /// The rare words of every component.
    words: Vec<Vec<Vec<u8>>>,
    /// Its last component, where that is a pattern with a word of its own.
    telling: Option<Pattern>,
    /// Where it leads, where it is a link that the command stops at.
    pub(super) real: Option<Names>,
    /// Whether it holds a date that is reckoned when the command runs.
    pub(super) is_key: bool,
}

impl Outline {
    pub(super) fn new(rule: &Rule, ground: &Ground<'_>) -> Self {
        let passes = rule
            .sweeps
            .iter()
            .map(|sweep| Pass::new(rule, sweep, ground));
        let passes: Vec<Pass> = passes.collect();
        let of_patterns: Vec<Vec<u8>> = passes.iter().flat_map(Pass::words).collect();
        let starts = || passes.iter().flat_map(|pass| &pass.starts);
        let of_roots = starts().flat_map(|start| start.words.iter().flatten());
        let mut roots = rule.sweeps.iter().flat_map(|sweep| &sweep.roots);
        let is_top = |root: &Root| {
            let literal = root.literal();
            literal.is_some_and(|path| path.iter().filter(|&&b| b == b'/').count() <= 1)
        };
        Self {
            words: of_roots.chain(&of_patterns).cloned().collect(),
            is_generic: roots.all(is_top),
            mended: mended::broken(rule),
            of_patterns,
            passes,
        }
    }

    /// The rare words of its patterns, and of its roots beyond the directories above.
    pub(super) fn words_beyond<'a>(
        &'a self,
        above: &'a [Vec<u8>],
    ) -> impl Iterator<Item = &'a [u8]> {
        let starts = self.passes.iter().flat_map(|pass| &pass.starts);
        let of_roots = starts.flat_map(move |start| {
            let shared = start.names.iter().zip(above);
            let shared = shared.take_while(|(own, name)| own == name).count();
            start.words[shared..].iter().flatten()
        });
        of_roots.chain(&self.of_patterns).map(Vec::as_slice)
    }

    /// Whether one of its roots is a directory above a place, below the machine's own.
    pub(super) fn is_above(&self, place: &[u8]) -> bool {
        let mut starts = self.passes.iter().flat_map(|pass| &pass.starts);
        starts.any(|start| {
            let own = start.place.as_ref();
            own.is_some_and(|own| place.starts_with(own))
        })
    }

    /// Whether a pattern with a word of its own fits every name: the files have moved, and are
    /// called what they were called.
    pub(super) fn names(&self, subject: &Subject) -> bool {
        self.passes.iter().any(|pass| {
            let starts = pass.starts.iter();
            pass.names(subject)
                || starts
                    .filter_map(|start| start.telling.as_ref())
                    .any(|p| fits(p, subject))
        })
    }
}

impl Pass {
    fn new(rule: &Rule, sweep: &Sweep, ground: &Ground<'_>) -> Self {
        let alternatives = logic::disjuncts(&sweep.expr);
        let literals = alternatives.iter().flatten().flatten();
        let telling = literals.filter_map(|(negated, test)| match &test.atom {
            Atom::Name(pattern) if !negated && is_telling(pattern) => Some(pattern.clone()),
            _ => None,
        });
        let starts = sweep.roots.iter();
        Self {
            telling: telling.collect(),
            starts: starts
                .map(|root| Start::new(rule, sweep, root, ground))
                .collect(),
            alternatives,
        }
    }

    /// The rare words of its patterns.
    fn words(&self) -> Vec<Vec<u8>> {
        let literals = self.alternatives.iter().flatten().flatten();
        let words = literals.flat_map(|(_, test)| match &test.atom {
            Atom::Name(pattern) | Atom::Path(pattern) => name::rare_words(pattern.source()),
            _ => Vec::new(),
        });
        words.collect()
    }

    fn names(&self, subject: &Subject) -> bool {
        self.telling.iter().any(|pattern| fits(pattern, subject))
    }

    /// The same of one of its roots.
    pub(super) fn names_from(&self, start: &Start, subject: &Subject) -> bool {
        self.names(subject)
            || start
                .telling
                .as_ref()
                .is_some_and(|pattern| fits(pattern, subject))
    }
}

impl Start {
    fn new(rule: &Rule, sweep: &Sweep, root: &Root, ground: &Ground<'_>) -> Self {
        let segments: &[Segment] = match &root.path {
            RootPath::Known(segments) => segments,
            RootPath::Unresolved(_) => &[],
        };
        let text = |segment: &Segment| match segment {
            Segment::Name(name) => name::rare_words(name),
            Segment::Glob(pattern) => name::rare_words(pattern.source()),
        };
        let names = segments.iter().map_while(|segment| match segment {
            Segment::Name(name) => Some(name.clone()),
            Segment::Glob(_) => None,
        });
        let telling = match segments.last() {
            Some(Segment::Glob(pattern)) if is_telling(pattern) => Some(pattern.clone()),
            _ => None,
        };
        let literal = root.literal();
        let enters = root.slash || sweep.follows || rule.format == Format::Tmpfiles;
        let stops = literal.as_ref().filter(|_| !root.is_glob() && !enters);
        Self {
            names: names.collect(),
            words: segments.iter().map(text).collect(),
            telling,
            real: stops.and_then(|path| Some(split(&ground.real(path)?))),
            is_key: date::is_key(rule, sweep, root.word),
            place: literal.filter(|path| path.iter().filter(|&&b| b == b'/').count() > 1),
        }
    }
}

fn is_telling(pattern: &Pattern) -> bool {
    !name::rare_words(&name::stem(pattern.source())).is_empty()
}

fn fits(pattern: &Pattern, subject: &Subject) -> bool {
    let mut names = subject.paths.iter().filter_map(|path| path.last());
    names.all(|name| pattern.matches(name))
}
