//! Commands that delete → rules.

use std::ops::Range;

use super::{Walker, texts};
use crate::rules::expand::{Arg, Glyph};
use crate::rules::find::{self, Found};
use crate::rules::machine::Machine;
use crate::rules::model::{
    Asks, Expr, Fidelity, Gate, Place, Root, RootPath, Rotation, Rule, Sweep, Tri,
};
use crate::rules::paths;
use crate::rules::phrase::{self, Fate};
use crate::rules::shell::{self, Simple};

/// Sweeps of one rule.
const MAX_SWEEPS: usize = 1024;

/// A command that deletes, ready to become a rule.
pub(super) struct Deletion<'a> {
    pub(super) span: Range<usize>,
    pub(super) words: &'a [shell::Word],
    pub(super) sweeps: Vec<Sweep>,
    pub(super) broken: Option<String>,
    pub(super) flawed: Option<String>,
    pub(super) dangerous: Option<String>,
    pub(super) in_name: Option<String>,
    pub(super) fidelity: Fidelity,
    pub(super) rotation: Option<Rotation>,
}

impl<'a> Deletion<'a> {
    pub(super) fn new(
        span: Range<usize>,
        words: &'a [shell::Word],
        sweeps: Vec<Sweep>,
        fidelity: Fidelity,
    ) -> Self {
        Self {
            span,
            words,
            sweeps,
            broken: None,
            flawed: None,
            dangerous: None,
            in_name: None,
            fidelity,
            rotation: None,
        }
    }
}

impl Walker<'_> {
    pub(super) fn find(&mut self, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let mut found = find::parse(args);
        let shelves = std::mem::take(&mut found.shelves);
        if found.deletes.is_empty() && !shelves.is_empty() && found.broken.is_none() {
            for (sweep, why) in shelves {
                self.shelved(found.clone(), sweep, why, simple, span.clone());
            }
            return;
        }
        if found.deletes.is_empty() && found.broken.is_none() {
            return;
        }
        if found.deletes.is_empty() && !phrase::seems_to_delete(&texts(args)) {
            return;
        }
        let deletes = found.deletes.clone();
        self.found(found, deletes, simple, span);
    }

    pub(super) fn found(
        &mut self,
        found: Found,
        sweeps: Vec<Sweep>,
        simple: &Simple,
        span: Range<usize>,
    ) {
        let deletion = self.deletion_of(found, sweeps, simple, span);
        self.emit(deletion);
    }

    /// What is packed or moved, and bounds nothing.
    pub(super) fn shelved(
        &mut self,
        found: Found,
        sweep: Sweep,
        why: &str,
        simple: &Simple,
        span: Range<usize>,
    ) {
        let deletion = self.deletion_of(found, vec![sweep], simple, span);
        self.emit(Deletion {
            in_name: Some(why.to_owned()),
            ..deletion
        });
    }

    fn deletion_of<'a>(
        &self,
        found: Found,
        sweeps: Vec<Sweep>,
        simple: &'a Simple,
        span: Range<usize>,
    ) -> Deletion<'a> {
        let (roots, undecided) = self.roots_of(&found);
        let sweeps = sweeps
            .into_iter()
            .map(|sweep| Sweep {
                roots: roots.clone(),
                ..sweep
            })
            .collect();
        let fidelity = match (undecided, found.passed_over.first()) {
            (Some(why), _) if roots.iter().all(paths::is_unresolved) => Fidelity::Opaque(why),
            (Some(why), _) => Fidelity::Approx(why),
            (None, Some(part)) => Fidelity::Approx(part.clone()),
            (None, None) => Fidelity::Exact,
        };
        Deletion {
            broken: found.broken,
            flawed: found.flawed,
            dangerous: found.dangerous,
            ..Deletion::new(span, &simple.words, sweeps, fidelity)
        }
    }

    fn roots_of(&self, found: &Found) -> (Vec<Root>, Option<String>) {
        let here = [Arg {
            glyphs: vec![Glyph::Byte(b'.')],
            word: None,
        }];
        let starts = if found.starts.is_empty() {
            &here[..]
        } else {
            &found.starts
        };
        let mut why = None;
        let roots = starts
            .iter()
            .map(|arg| {
                let mut root = paths::root(arg, self.cwd.as_deref());
                if let RootPath::Unresolved(text) = &root.path {
                    why.get_or_insert_with(|| text.clone());
                } else if let (None, Some(hole)) = (arg.pattern(), arg.hole()) {
                    why.get_or_insert_with(|| format!("the value of `{}` is not known", hole.text));
                }
                root.slash |= found.follows_starts;
                root.printed = paths::printed(arg, &root);
                root
            })
            .collect();
        (roots, why)
    }

    pub(super) fn remove(&mut self, fate: Fate, args: &[Arg], simple: &Simple, span: Range<usize>) {
        let mut operands = operands(args);
        if fate == Fate::Moved {
            operands.pop();
        }
        if let [operand] = operands.as_slice()
            && let Some(word) = operand.word.and_then(|at| simple.words.get(at))
            && self.substituted_removal(word, fate)
        {
            return;
        }
        let (items, operands): (Vec<&Arg>, Vec<&Arg>) =
            operands.into_iter().partition(|arg| arg.item().is_some());
        for arg in items {
            let word = arg.word.and_then(|at| simple.words.get(at));
            self.item_removed(arg, word, fate, &span);
        }
        // One file that is packed or moved is no rule over files.
        let has_pattern = |arg: &&Arg| arg.glyphs.iter().any(|g| matches!(g, Glyph::Wild(_)));
        if operands.is_empty() || (fate.in_name().is_some() && !operands.iter().any(has_pattern)) {
            return;
        }
        let roots: Vec<_> = operands
            .iter()
            .map(|arg| paths::root(arg, self.cwd.as_deref()))
            .collect();
        let unknown = operands.iter().find(|arg| arg.pattern().is_none());
        let fidelity = match unknown.and_then(|arg| arg.hole()) {
            Some(hole) if roots.iter().all(paths::is_unresolved) => {
                Fidelity::Opaque(format!("the value of `{}` is not known", hole.text))
            }
            Some(hole) => Fidelity::Approx(format!("the value of `{}` is not known", hole.text)),
            None => of_roots(&roots),
        };
        let dates = operands.iter().filter_map(|arg| arg.hole()?.date());
        let dated = dates.map(|(_, ago)| ago).min();
        let is_own = operands.iter().all(|arg| arg.is_made());
        let own = is_own.then(|| "it removes only what it has made itself".to_owned());
        self.emit(Deletion {
            in_name: fate.in_name().map(str::to_owned).or(own),
            ..Deletion::new(
                span,
                &simple.words,
                vec![paths::operand_sweep(roots, fate, dated)],
                fidelity,
            )
        });
    }

    pub(super) fn opaque(&mut self, span: Range<usize>, why: String) {
        self.emit(Deletion::new(span, &[], Vec::new(), Fidelity::Opaque(why)));
    }

    pub(super) fn emit(&mut self, deletion: Deletion<'_>) {
        let Deletion { span, words, .. } = &deletion;
        let text = self.source.text[span.clone()].to_vec();
        let line = self.source.line(span.start);
        let words: Vec<Range<usize>> = words
            .iter()
            .filter(|word| word.span.start >= span.start && word.span.end <= span.end)
            .map(|word| word.span.start - span.start..word.span.end - span.start)
            .collect();
        let via: Vec<Place> = self
            .via
            .iter()
            .filter(|place| !place.file.is_empty())
            .cloned()
            .collect();
        let mut sweeps = deletion.sweeps;
        if matches!(deletion.fidelity, Fidelity::Approx(_)) {
            // What was not understood may spare any file: nothing is certain any more.
            for sweep in &mut sweeps {
                let expr = std::mem::replace(&mut sweep.expr, Expr::TRUE);
                sweep.expr = Expr::all([expr, Expr::Const(Tri::Unknown)]);
            }
        }
        if self.joined(line, &text, &via, &mut sweeps, &deletion.fidelity) {
            return;
        }
        let gates = self.gates.iter().cloned();
        let gates = gates.map(|gate| decided(gate, &mut *self.load)).collect();
        let place = (self.source.file.clone(), line);
        let index = self.outcome.rules.len();
        self.placed.entry(place).or_default().push(index);
        self.outcome.rules.push(Rule {
            id: String::new(),
            format: self.job.format,
            file: self.source.file.clone(),
            line,
            via,
            text,
            words,
            sweeps,
            max_gap: self.job.max_gap,
            user: self.job.user.clone(),
            gates,
            disabled: self.job.disabled.clone(),
            broken: deletion.broken,
            flawed: deletion.flawed,
            dangerous: deletion.dangerous,
            in_name: deletion.in_name,
            rotation: deletion.rotation,
            traces: self.job.traces.clone(),
            fidelity: deletion.fidelity,
            changed: self.source.changed,
        });
    }

    /// Adds to the rule that stands at the same place already: a loop that is unrolled.
    fn joined(
        &mut self,
        line: u64,
        text: &[u8],
        via: &[Place],
        sweeps: &mut Vec<Sweep>,
        fidelity: &Fidelity,
    ) -> bool {
        let place = (self.source.file.clone(), line);
        let Some(placed) = self.placed.get(&place) else {
            return false;
        };
        let same = placed.iter().rev().find(|&&index| {
            let rule = &self.outcome.rules[index];
            rule.text == text && rule.via == via && rule.user == self.job.user
        });
        let Some(rule) = same.and_then(|&index| self.outcome.rules.get_mut(index)) else {
            return false;
        };
        for sweep in sweeps.drain(..) {
            if rule.sweeps.len() >= MAX_SWEEPS {
                rule.fidelity = Fidelity::Approx("too many folders in one loop".to_owned());
                break;
            }
            if !rule.sweeps.contains(&sweep) {
                rule.sweeps.push(sweep);
            }
        }
        // Of some rounds of a loop all may be known, and of others nothing.
        match (&rule.fidelity, fidelity) {
            (Fidelity::Exact, Fidelity::Opaque(why) | Fidelity::Approx(why))
            | (Fidelity::Opaque(why), Fidelity::Exact | Fidelity::Approx(_)) => {
                rule.fidelity = Fidelity::Approx(why.clone());
            }
            _ => {}
        }
        true
    }
}

/// The arguments that are no options.
fn operands(args: &[Arg]) -> Vec<&Arg> {
    let mut operands = Vec::new();
    let mut options = true;
    for arg in args {
        let text = arg.text();
        if options && text == b"--" {
            options = false;
        } else if !(options && text.len() > 1 && text[0] == b'-') {
            operands.push(arg);
        }
    }
    operands
}

/// A root may be relative to a folder that is not known.
fn of_roots(roots: &[Root]) -> Fidelity {
    let why = roots.iter().find_map(|root| match &root.path {
        RootPath::Unresolved(why) => Some(why.clone()),
        RootPath::Known(_) => None,
    });
    match why {
        Some(why) if roots.iter().all(paths::is_unresolved) => Fidelity::Opaque(why),
        Some(why) => Fidelity::Approx(why),
        None => Fidelity::Exact,
    }
}

/// A gate that the machine has the answer to.
pub(super) fn decided(gate: Gate, machine: &mut dyn Machine) -> Gate {
    let path = match &gate.asks {
        Asks::Exists(path) | Asks::IsDir(path) | Asks::IsInstalled(path) => path,
        Asks::Known(_) | Asks::Else => return gate,
    };
    let there = if path.starts_with(b"/") {
        machine.is_there(path)
    } else {
        Tri::Unknown
    };
    match there {
        Tri::Unknown => gate,
        known => Gate {
            asks: Asks::Known(known == Tri::True),
            ..gate
        },
    }
}
