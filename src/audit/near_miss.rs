//! The rule that almost covers a family, and the edit that would make it.
//!
//! For every uncovered family and every rule the failing parts are looked for, each with what it
//! costs to mend: a depth, a name, a root, components of a shell pattern. The sum says how near
//! the rule is; a rule that was orphaned by a change of the layout scores highest. An edit is
//! reported only if the edited rule, evaluated like any other, takes the family.
//!
//! Limits: a part that stands in a variable is replaced in place; conditions that split into
//! more than sixteen disjuncts are passed over.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::audit::judge::{Judged, MAYBE, SURE};
use crate::audit::name::{self, Offer};
use crate::audit::{FamilyReport, Moment, NearMiss, RuleReport, RuleState, Share, Verdict};
use crate::family::{Disposition, Family};
use crate::rules::coverage::{self, Ground};
use crate::rules::glob::{Flags, Pattern, escape};
use crate::rules::logic::{self, Literal};
use crate::rules::model::{
    Atom, Expr, Fidelity, Root, RootPath, Rule, Segment, Sweep, Test, Types,
};
use crate::time::{DAY, Timestamp};
use crate::tree::NodeId;

/// Members of a family that an edit is tried on before it is evaluated whole.
const SAMPLE: usize = 32;
/// Near misses reported for one family, and edits evaluated for it.
const REPORTED: usize = 5;
const EVALUATED: usize = 8;
/// In tenths: what an edit may cost at most.
const MAX_COST: u32 = 50;
const MIN_POINTS: i64 = 40;

/// The search over all families and rules.
pub(super) struct Search<'a> {
    ground: &'a Ground<'a>,
    families: &'a [FamilyReport],
    rules: &'a [RuleReport],
    judged: &'a Judged,
    moment: &'a Moment,
}

/// A family's uncovered members.
struct Residue<'a> {
    index: usize,
    family: &'a Family,
    nodes: Vec<NodeId>,
    /// Paths of some of them, as components.
    sample: Vec<Vec<Vec<u8>>>,
    /// Its literal directory on the machine that the rules are for.
    root: Vec<Vec<u8>>,
    /// The words of the template's literal parts.
    words: BTreeSet<Vec<u8>>,
}

/// One edit of one rule.
#[derive(Clone, Debug)]
struct Edit {
    cost: u32,
    sweep: Sweep,
    /// Word, and what stands there afterwards.
    changes: BTreeMap<usize, Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    /// Whether the word before it names the test and is shown with it.
    named: bool,
    /// What that word becomes, where it changes (`-name` → `-iname`).
    option: Option<&'static str>,
    value: String,
}

/// What a command catches, by the number of the family.
type Caught = BTreeMap<u32, Share>;

impl<'a> Search<'a> {
    pub(super) fn new(
        ground: &'a Ground<'a>,
        families: &'a [FamilyReport],
        rules: &'a [RuleReport],
        judged: &'a Judged,
        moment: &'a Moment,
    ) -> Self {
        Self {
            ground,
            families,
            rules,
            judged,
            moment,
        }
    }

    /// The near misses of every family, best first.
    pub(super) fn run(&self) -> Vec<Vec<NearMiss>> {
        let mut evaluated = HashMap::new();
        self.families
            .iter()
            .enumerate()
            .map(|(index, report)| {
                let is_open = matches!(
                    report.verdict,
                    Verdict::Uncovered | Verdict::InNameOnly | Verdict::Partly
                );
                // Without rules none is near, and the paths of a sample need not be written out.
                let is_hopeful = is_open && !self.rules.is_empty();
                if report.family.disposition != Disposition::Output || !is_hopeful {
                    return Vec::new();
                }
                let residue = self.residue(index, &report.family);
                self.of_family(&residue, &mut evaluated)
            })
            .collect()
    }

    fn residue(&self, index: usize, family: &'a Family) -> Residue<'a> {
        let is_open = |node: NodeId| self.judged.nodes[node.0 as usize] & (SURE | MAYBE) == 0;
        let nodes: Vec<NodeId> = family
            .members
            .iter()
            .map(|member| member.node)
            .filter(|&node| is_open(node))
            .collect();
        let step = nodes.len().div_ceil(SAMPLE).max(1);
        let chosen = nodes.iter().step_by(step).chain(nodes.last());
        let sample = chosen.map(|&node| split(&self.ground.path(node))).collect();
        Residue {
            index,
            family,
            nodes,
            sample,
            root: split(&self.ground.path(family.root_node)),
            words: template_words(&family.template),
        }
    }

    fn of_family(
        &self,
        residue: &Residue<'_>,
        evaluated: &mut HashMap<(usize, String), Caught>,
    ) -> Vec<NearMiss> {
        if residue.sample.is_empty() {
            return Vec::new();
        }
        let mut misses: Vec<NearMiss> = (0..self.rules.len())
            .filter_map(|index| self.orphaned(index, residue))
            .take(REPORTED)
            .collect();
        let mut scored: Vec<(i64, usize, Edit)> = Vec::new();
        for (index, report) in self.rules.iter().enumerate() {
            let is_open = matches!(report.rule.fidelity, Fidelity::Exact | Fidelity::Approx(_))
                && report.rule.rotation.is_none()
                && !matches!(report.state, RuleState::Broken | RuleState::Disabled);
            let edit = is_open.then(|| cheapest(&report.rule, residue)).flatten();
            if let Some(edit) = edit {
                let points = self.points(index, &edit, residue);
                if points >= MIN_POINTS {
                    scored.push((points, index, edit));
                }
            }
        }
        scored.sort_by_key(|&(points, index, _)| (std::cmp::Reverse(points), index));
        for (points, index, edit) in scored.into_iter().take(EVALUATED) {
            if let Some(miss) = self.evaluate(points, index, &edit, residue, evaluated) {
                misses.push(miss);
            }
            if misses.len() >= REPORTED {
                break;
            }
        }
        misses
    }

    /// A family of copies that a logrotate block leaves behind: near, and beyond its reach.
    fn orphaned(&self, index: usize, residue: &Residue<'_>) -> Option<NearMiss> {
        let facts = &self.judged.rules[index];
        let (_, why) = *facts.orphans.first()?;
        let is_orphan = |node: &&NodeId| {
            let at = facts
                .orphans
                .binary_search_by_key(*node, |(orphan, _)| *orphan);
            at.is_ok()
        };
        let orphans: Vec<NodeId> = residue.nodes.iter().filter(is_orphan).copied().collect();
        if (orphans.len() as u128) * 100 < residue.nodes.len() as u128 * 95 {
            return None;
        }
        let tree = self.ground.tree();
        let disk = orphans.iter().map(|&node| tree.own_weight(node).lo);
        let edit = "nothing in the block: remove them once by hand".to_owned();
        Some(NearMiss {
            rule: index,
            points: 94,
            failing: vec![why.cause().to_owned()],
            edited: edit.clone(),
            edit,
            would_cover: Share {
                files: orphans.len() as u64,
                disk: disk.fold(0, u64::saturating_add),
            },
            also_catches: Vec::new(),
        })
    }

    /// How near a rule is, 0 to 100.
    fn points(&self, index: usize, edit: &Edit, residue: &Residue<'_>) -> i64 {
        let (report, facts) = (&self.rules[index], &self.judged.rules[index]);
        let mut points = 1000 - 12 * i64::from(edit.cost);
        let is_dead = report.state == RuleState::Dead;
        if is_dead {
            points += 100;
        }
        let shared = shared_words(&report.rule, residue);
        if self.is_handover(facts.times.newest, is_dead && shared > 0, residue.family) {
            points += 100;
        }
        // Whoever runs as root can remove what the rule was meant for.
        if report.rule.user.as_deref() == Some(b"root") {
            points += 50;
        }
        points += 50 * i64::try_from(shared.min(2)).unwrap_or(2);
        if shared == 0 && is_generic(&report.rule) {
            points -= 200;
        }
        let others = facts
            .families
            .iter()
            .any(|(&family, facts)| family as usize != residue.index && facts.files >= 10);
        if others {
            points -= 150;
        }
        (points / 10).clamp(0, 100)
    }

    /// Whether the family begins where what the rule took ends. A rule that matches nothing any
    /// more, and whose name lives on in the family's path, has nothing left to compare with.
    fn is_handover(&self, newest: Option<Timestamp>, lives_on: bool, family: &Family) -> bool {
        let ends = family
            .lineage
            .iter()
            .filter(|phase| phase.template != family.template)
            .filter_map(|phase| phase.to)
            .chain(newest)
            .max();
        match (ends, family.first) {
            (Some(end), Some(first)) => {
                let days = first.0.saturating_sub(end.0).div_euclid(DAY as i64);
                (-7..=60).contains(&days)
            }
            _ => lives_on,
        }
    }

    /// What an edited command would take that nothing takes now, by family. Counted once for each
    /// edit: many families may ask about the same one.
    fn caught_by(&self, sweep: &Sweep) -> Caught {
        let sweeps = std::slice::from_ref(sweep);
        let taken = coverage::takes_with(sweeps, self.ground, self.moment.now);
        let tree = self.ground.tree();
        let mut caught = Caught::new();
        for hit in &taken.hits {
            let at = hit.node.0 as usize;
            if self.judged.nodes[at] & SURE == 0
                && let Some(family) = self.judged.member_of[at].checked_sub(1)
            {
                let share = caught.entry(family).or_default();
                share.files += 1;
                share.disk = share.disk.saturating_add(tree.own_weight(hit.node).lo);
            }
        }
        caught
    }

    fn evaluate(
        &self,
        points: i64,
        index: usize,
        edit: &Edit,
        residue: &Residue<'_>,
        evaluated: &mut HashMap<(usize, String), Caught>,
    ) -> Option<NearMiss> {
        let rule = &self.rules[index].rule;
        let words = edit_text(rule, edit);
        let caught = evaluated
            .entry((index, words.edited.clone()))
            .or_insert_with(|| self.caught_by(&edit.sweep));
        let own = u32::try_from(residue.index).ok()?;
        let would_cover = caught.get(&own).copied().unwrap_or_default();
        if u128::from(would_cover.files) * 100 < residue.nodes.len() as u128 * 95 {
            return None;
        }
        let others = caught.keys().filter(|&&family| family != own);
        let mut also_catches: Vec<Vec<u8>> = others
            .map(|&family| self.families[family as usize].family.template.clone())
            .collect();
        also_catches.sort();
        Some(NearMiss {
            rule: index,
            points: u32::try_from(points).unwrap_or(0),
            failing: words.failing,
            edit: words.edit,
            edited: words.edited,
            would_cover,
            also_catches,
        })
    }
}

fn split(path: &[u8]) -> Vec<Vec<u8>> {
    path.split(|&b| b == b'/')
        .filter(|name| !name.is_empty())
        .map(<[u8]>::to_vec)
        .collect()
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

/// How many rare words of a rule's roots and patterns live on in the family's path.
fn shared_words(rule: &Rule, residue: &Residue<'_>) -> usize {
    let mut own: BTreeSet<Vec<u8>> = BTreeSet::new();
    for sweep in &rule.sweeps {
        for root in &sweep.roots {
            if let RootPath::Known(segments) = &root.path {
                for segment in segments {
                    own.extend(name::rare_words(match segment {
                        Segment::Name(name) => name,
                        Segment::Glob(pattern) => pattern.source(),
                    }));
                }
            }
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
    own.intersection(&residue.words).count()
}

/// Whether a rule's roots say nothing about whose files they are.
fn is_generic(rule: &Rule) -> bool {
    rule.sweeps
        .iter()
        .flat_map(|sweep| &sweep.roots)
        .all(|root| {
            root.literal()
                .is_some_and(|path| path.iter().filter(|&&b| b == b'/').count() <= 1)
        })
}

/// The cheapest edit of any part of a rule that takes the sample.
fn cheapest(rule: &Rule, residue: &Residue<'_>) -> Option<Edit> {
    let mut best: Option<Edit> = None;
    for sweep in &rule.sweeps {
        for root in &sweep.roots {
            let single = Sweep {
                roots: vec![root.clone()],
                ..sweep.clone()
            };
            let is_operand = sweep.max_depth == 0 && sweep.max_depth_word.is_none();
            let edit = if is_operand {
                operand_edit(&single, root, residue)
            } else if names_files(root, residue) {
                operand_edit(&single, root, residue)
                    .and_then(|edit| mend_operand(&edit, &single, residue))
            } else {
                walk_edit(&single, root, residue)
            };
            let edit = edit.filter(|edit| {
                (1..=MAX_COST).contains(&edit.cost)
                    && best.as_ref().is_none_or(|best| edit.cost < best.cost)
            });
            best = edit.or(best);
        }
    }
    best
}

/// Whether a walk starts at a pattern of file names (`find data/ticker-*.csv`) that the family
/// does not lie below. Such a root is mended as a pattern of files: were the directory above put
/// in its place, nothing would say any more which files are meant.
fn names_files(root: &Root, residue: &Residue<'_>) -> bool {
    let RootPath::Known(segments) = &root.path else {
        return false;
    };
    matches!(segments.last(), Some(Segment::Glob(_)))
        && relocate(segments, residue).is_none_or(|relocated| relocated.cost > 0)
}

/// The tests of a walk that starts at the files themselves.
fn mend_operand(edit: &Edit, sweep: &Sweep, residue: &Residue<'_>) -> Option<Edit> {
    let mut edit = edit.clone();
    let depth = residue.sample.first()?.len();
    mend_depth(&mut edit, depth, residue)?;
    mend_any(&edit, sweep, residue)
}

/// A root that the family lies below, and what it costs to write it.
struct Relocated {
    cost: u32,
    path: Vec<Vec<u8>>,
}

/// Where a rule's root would have to be for the family to lie below it.
fn relocate(root: &[Segment], residue: &Residue<'_>) -> Option<Relocated> {
    let first = residue.sample.first()?;
    let fits = |member: &Vec<Vec<u8>>| {
        member.len() > root.len() && root.iter().zip(member).all(|(s, name)| s.matches(name))
    };
    if residue.sample.iter().all(fits) {
        return Some(Relocated {
            cost: 0,
            path: Vec::new(),
        });
    }
    let (last, parent) = root.split_last()?;
    let below_parent = residue.sample.iter().all(|member| {
        member.len() > parent.len() + 1
            && parent.iter().zip(member).all(|(s, name)| s.matches(name))
            && member[parent.len()] == first[parent.len().min(first.len().saturating_sub(1))]
    });
    if below_parent {
        let next = &first[parent.len()];
        let old = match last {
            Segment::Name(name) => name.as_slice(),
            Segment::Glob(pattern) => pattern.source(),
        };
        let stem = name::stem(old);
        let cost = if !stem.is_empty() && (stem == *next || name::words(next).contains(&stem)) {
            10
        } else if is_similar(old, next) {
            15
        } else {
            30
        };
        return Some(Relocated {
            cost,
            path: first[..=parent.len()].to_vec(),
        });
    }
    let shared = root
        .iter()
        .zip(first)
        .take_while(|(segment, name)| segment.matches(name))
        .count();
    (shared >= 2).then_some(Relocated {
        cost: 40,
        path: residue.root.clone(),
    })
}

/// Names that share a word, or differ in two letters at most.
fn is_similar(a: &[u8], b: &[u8]) -> bool {
    let words = name::rare_words(b);
    name::rare_words(a).iter().any(|word| words.contains(word))
        || (a.len().min(b.len()) > 3 && distance(a, b) <= 2)
}

/// Levenshtein's distance, row by row.
fn distance(a: &[u8], b: &[u8]) -> usize {
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let above = row[j + 1];
            row[j + 1] = (diagonal + usize::from(x != y))
                .min(above + 1)
                .min(row[j] + 1);
            diagonal = above;
        }
    }
    row[b.len()]
}

/// An edit of a rule that walks: its root, its depth, its tests.
fn walk_edit(sweep: &Sweep, root: &Root, residue: &Residue<'_>) -> Option<Edit> {
    let RootPath::Known(segments) = &root.path else {
        return None;
    };
    let relocated = relocate(segments, residue)?;
    let mut edit = Edit {
        cost: relocated.cost,
        sweep: sweep.clone(),
        changes: BTreeMap::new(),
    };
    let mut above = segments.len();
    if relocated.cost > 0 {
        above = relocated.path.len();
        let text = join(&relocated.path);
        edit.change(root.word?, false, None, name::quote(&text));
        edit.sweep.roots = vec![Root {
            path: RootPath::Known(relocated.path.into_iter().map(Segment::Name).collect()),
            printed: None,
            slash: false,
            word: root.word,
        }];
    }
    mend_depth(&mut edit, above, residue)?;
    mend_any(&edit, sweep, residue)
}

/// The cheapest way to mend one of a walk's conjunctions.
fn mend_any(edit: &Edit, sweep: &Sweep, residue: &Residue<'_>) -> Option<Edit> {
    let conjunctions = logic::disjuncts(&sweep.expr)?;
    let mended = conjunctions.iter().filter_map(|literals| {
        let mut mended = mend_tests(edit, literals, residue)?;
        if conjunctions.len() == 1 {
            spare_directories(&mut mended, literals);
        }
        Some(mended)
    });
    mended.min_by_key(|edit| edit.cost)
}

/// A name that became `*` or `ticker*`, without an extension, fits directories too, the root
/// perhaps among them: only files are meant.
fn spare_directories(edit: &mut Edit, literals: &[Literal]) {
    let is_typed = |literal: &Literal| matches!(literal.1.atom, Atom::Type(_));
    let Some(any) = edit
        .changes
        .values_mut()
        .find(|change| change.named && change.value.ends_with("*'") && !change.value.contains('.'))
    else {
        return;
    };
    if literals.iter().any(is_typed) {
        return;
    }
    any.value.push_str(" -type f");
    let file = Test {
        atom: Atom::Type(Types {
            file: true,
            ..Types::default()
        }),
        word: None,
    };
    edit.sweep.expr = Expr::all([edit.sweep.expr.clone(), Expr::Test(file)]);
}

/// Whether what a pattern begins with is found elsewhere in the family's path.
fn lives_on(pattern: &Pattern, residue: &Residue<'_>) -> bool {
    let stem = name::stem(pattern.source());
    let mut words = name::words(&stem).into_iter();
    words.any(|word| residue.words.contains(&word)) || residue.root.contains(&stem)
}

impl Edit {
    fn change(&mut self, word: usize, named: bool, option: Option<&'static str>, value: String) {
        self.changes.insert(
            word,
            Change {
                named,
                option,
                value,
            },
        );
    }
}

fn mend_depth(edit: &mut Edit, above: usize, residue: &Residue<'_>) -> Option<()> {
    let depth = |member: &Vec<Vec<u8>>| {
        u32::try_from(member.len().saturating_sub(above)).unwrap_or(u32::MAX)
    };
    let deepest = residue.sample.iter().map(depth).max()?;
    let shallowest = residue.sample.iter().map(depth).min()?;
    let max = edit.sweep.max_depth;
    if deepest > max {
        edit.cost += 10 + 5 * (deepest - max - 1);
        edit.sweep.max_depth = deepest;
        let word = edit.sweep.max_depth_word?;
        edit.change(word, true, None, deepest.to_string());
    }
    let min = edit.sweep.min_depth;
    if shallowest < min {
        edit.cost += 10 + 5 * (min - shallowest - 1);
        edit.sweep.min_depth = shallowest;
        let word = edit.sweep.min_depth_word?;
        edit.change(word, true, None, shallowest.to_string());
    }
    Some(())
}

/// Mends every test of one conjunction that the sample fails; `None` where one cannot be.
fn mend_tests(edit: &Edit, literals: &[Literal], residue: &Residue<'_>) -> Option<Edit> {
    let mut edit = edit.clone();
    let names: Vec<&[u8]> = residue
        .sample
        .iter()
        .filter_map(|member| member.last().map(Vec::as_slice))
        .collect();
    for (negated, test) in literals {
        match &test.atom {
            Atom::Name(pattern) => {
                let fits = |name: &&[u8]| pattern.matches(name) != *negated;
                if names.iter().all(fits) {
                    continue;
                }
                // What is excluded by name is excluded on purpose.
                if *negated {
                    return None;
                }
                let offer = name::offer(pattern, &names, lives_on(pattern, residue))?;
                replace_pattern(&mut edit, test.word?, &offer, false);
            }
            Atom::Path(pattern) => {
                let printed: Vec<Vec<u8>> = residue.sample.iter().map(|m| join(m)).collect();
                let printed: Vec<&[u8]> = printed.iter().map(Vec::as_slice).collect();
                if printed.iter().all(|path| pattern.matches(path) != *negated) {
                    continue;
                }
                if *negated {
                    return None;
                }
                let offer = path_offer(pattern, &printed, residue)?;
                replace_pattern(&mut edit, test.word?, &offer, true);
            }
            Atom::Type(types) if types.file == *negated => {
                if *negated {
                    return None;
                }
                edit.cost += 5;
                let word = test.word?;
                edit.change(word, true, None, "f".to_owned());
                let mut file = *types;
                file.file = true;
                edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &Atom::Type(file));
            }
            Atom::Regex(regex) => {
                let fits =
                    |member: &Vec<Vec<u8>>| regex.program.is_match(&join(member)) != *negated;
                if !residue.sample.iter().all(fits) {
                    return None;
                }
            }
            _ => {}
        }
    }
    Some(edit)
}

fn replace_pattern(edit: &mut Edit, word: usize, offer: &Offer, is_path: bool) {
    let folds = offer.pattern.flags().casefold;
    let option = match (folds, is_path) {
        (true, false) => Some("-iname"),
        (true, true) => Some("-ipath"),
        _ => None,
    };
    edit.cost += offer.cost;
    edit.change(word, true, option, quote_pattern(offer.pattern.source()));
    let atom = if is_path {
        Atom::Path(offer.pattern.clone())
    } else {
        Atom::Name(offer.pattern.clone())
    };
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &atom);
}

/// A pattern is always quoted, so that no shell expands it.
fn quote_pattern(pattern: &[u8]) -> String {
    let text = String::from_utf8_lossy(pattern);
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A path pattern keeps its folder and takes a new last part.
fn path_offer(pattern: &Pattern, printed: &[&[u8]], residue: &Residue<'_>) -> Option<Offer> {
    let source = pattern.source();
    let slash = source.iter().rposition(|&b| b == b'/')?;
    let last = Pattern::new(&source[slash + 1..], pattern.flags());
    let names: Vec<&[u8]> = residue
        .sample
        .iter()
        .filter_map(|member| member.last().map(Vec::as_slice))
        .collect();
    let offer = name::offer(&last, &names, lives_on(&last, residue))?;
    let mut text = source[..=slash].to_vec();
    if !offer.pattern.source().starts_with(b"*") {
        text.push(b'*');
    }
    text.extend_from_slice(offer.pattern.source());
    let pattern = Pattern::new(&text, offer.pattern.flags());
    printed
        .iter()
        .all(|path| pattern.matches(path))
        .then_some(Offer {
            cost: offer.cost,
            pattern,
        })
}

fn join(names: &[Vec<u8>]) -> Vec<u8> {
    let mut path = Vec::new();
    for name in names {
        path.push(b'/');
        path.extend_from_slice(name);
    }
    path
}

/// An edit of an operand of `rm`: more components, another name.
fn operand_edit(sweep: &Sweep, root: &Root, residue: &Residue<'_>) -> Option<Edit> {
    let RootPath::Known(segments) = &root.path else {
        return None;
    };
    let (last, folder) = segments.split_last()?;
    let last = match last {
        Segment::Glob(pattern) => pattern.clone(),
        Segment::Name(name) => Pattern::new(&escape(name), Flags::SHELL),
    };
    let relocated = relocate(folder, residue)?;
    let len = residue.sample.first()?.len();
    let fits = residue.sample.iter().all(|member| member.len() == len);
    let base: Vec<Segment> = if relocated.cost == 0 {
        folder.to_vec()
    } else {
        relocated.path.into_iter().map(Segment::Name).collect()
    };
    // A pattern has just one depth.
    if !fits || len < base.len() + 1 {
        return None;
    }
    let missing = u32::try_from(len - base.len() - 1).ok()?;
    let mut cost = relocated.cost;
    if missing > 0 {
        cost += 10 + 5 * (missing - 1);
    }
    let mut path = base;
    for at in path.len()..len - 1 {
        let name = &residue.sample[0][at];
        let is_literal = residue.sample.iter().all(|member| member[at] == *name);
        let in_template = residue.root.get(at) == Some(name);
        path.push(if is_literal && in_template {
            Segment::Name(name.clone())
        } else {
            Segment::Glob(Pattern::new(b"*", Flags::SHELL))
        });
    }
    let names: Vec<&[u8]> = residue
        .sample
        .iter()
        .filter_map(|member| member.last().map(Vec::as_slice))
        .collect();
    let mut name = last.clone();
    if !names.iter().all(|text| last.matches(text)) {
        let offer = name::offer(&last, &names, lives_on(&last, residue))?;
        if offer.pattern.flags().casefold {
            return None;
        }
        cost += offer.cost;
        name = offer.pattern;
    }
    path.push(Segment::Glob(name));
    let mut text = Vec::new();
    for segment in &path {
        text.push(b'/');
        match segment {
            Segment::Name(name) => text.extend(escape(name)),
            Segment::Glob(pattern) => text.extend_from_slice(pattern.source()),
        }
    }
    let mut edit = Edit {
        cost,
        sweep: sweep.clone(),
        changes: BTreeMap::new(),
    };
    edit.change(root.word?, false, None, shell_pattern(&text));
    edit.sweep.roots = vec![Root {
        path: RootPath::Known(path),
        printed: None,
        ..root.clone()
    }];
    Some(edit)
}

/// A pattern for the command line: what is not a wildcard and not plain is escaped.
fn shell_pattern(pattern: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(pattern).chars() {
        let is_special = matches!(
            c,
            ' ' | '\t'
                | '\''
                | '"'
                | '$'
                | '`'
                | '&'
                | '|'
                | ';'
                | '('
                | ')'
                | '<'
                | '>'
                | '#'
                | '~'
        );
        if is_special {
            text.push('\\');
        }
        text.push(c);
    }
    text
}

/// An edit in words.
struct Words {
    failing: Vec<String>,
    edit: String,
    edited: String,
}

fn edit_text(rule: &Rule, edit: &Edit) -> Words {
    let at = |word: usize| {
        let range = rule.words.get(word).cloned().unwrap_or(0..0);
        String::from_utf8_lossy(&rule.text[range]).into_owned()
    };
    let mut failing = Vec::new();
    let mut parts = Vec::new();
    let mut edited = rule.text.clone();
    // From the end, so that the places of what comes before stay true.
    for (&word, change) in edit.changes.iter().rev() {
        let Some(range) = rule.words.get(word).cloned() else {
            continue;
        };
        let option = word.checked_sub(1).filter(|_| change.named);
        match option {
            Some(before) => {
                let name = change.option.map_or_else(|| at(before), str::to_owned);
                failing.push(format!("{} {}", at(before), at(word)));
                parts.push(format!("{name} {}", change.value));
            }
            None => {
                failing.push(at(word));
                parts.push(change.value.clone());
            }
        }
        edited.splice(range, change.value.bytes());
        if let (Some(before), Some(new)) = (option, change.option)
            && let Some(range) = rule.words.get(before).cloned()
        {
            edited.splice(range, new.bytes());
        }
    }
    failing.reverse();
    parts.reverse();
    Words {
        failing,
        edit: parts.join(" "),
        edited: String::from_utf8_lossy(&edited).into_owned(),
    }
}
