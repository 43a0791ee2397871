//! Why a rule does not take one node: the tests that it fails.

use super::{Asked, File, Ground, Mode, Sight, eval, needs_path, types_of};
use crate::entry::Kind;
use crate::rules::logic::{self, Literal};
use crate::rules::model::{Atom, Expr, Rule, Sweep, Tri};
use crate::time::Timestamp;
use crate::tree::NodeId;

use super::ground::{Seed, join};

/// The parts of a rule that keep it from ever taking a node that lies below one of its roots, in
/// the rule's own words; `None`: it does not lie there.
#[must_use]
pub fn spared_by(rule: &Rule, ground: &Ground<'_>, node: NodeId) -> Option<Vec<String>> {
    let mut best: Option<Vec<String>> = None;
    for sweep in &rule.sweeps {
        for root in &sweep.roots {
            for seed in ground.seeds(root, &mut Sight::default()) {
                if !ground.tree().contains(seed.node, node) {
                    continue;
                }
                let parts = of_seed(rule, sweep, &seed, ground, node);
                if best.as_ref().is_none_or(|best| parts.len() < best.len()) {
                    best = Some(parts);
                }
            }
        }
    }
    best.filter(|parts| !parts.is_empty())
}

fn of_seed(
    rule: &Rule,
    sweep: &Sweep,
    seed: &Seed,
    ground: &Ground<'_>,
    node: NodeId,
) -> Vec<String> {
    let tree = ground.tree();
    let mut names = Vec::new();
    let mut at = node;
    while at != seed.node {
        names.push(tree.name(at).to_vec());
        match tree.parent(at) {
            Some(parent) => at = parent,
            None => break,
        }
    }
    names.reverse();
    let depth = u32::try_from(names.len())
        .unwrap_or(u32::MAX)
        .saturating_add(seed.depth);
    let mut parts = Vec::new();
    if depth > sweep.max_depth {
        parts.push(
            said(rule, sweep.max_depth_word).unwrap_or_else(|| "it goes no deeper".to_owned()),
        );
    }
    if depth < sweep.min_depth {
        parts.push(
            said(rule, sweep.min_depth_word).unwrap_or_else(|| "it begins deeper".to_owned()),
        );
    }
    if sweep.one_fs && tree.kind(node) == Kind::OtherFs {
        parts.push("it stays on one file system".to_owned());
    }
    let printed = if needs_path(&sweep.expr) {
        join(&seed.printed, &names)
    } else {
        Vec::new()
    };
    let file = File {
        name: names.last().map_or(seed.name.as_slice(), Vec::as_slice),
        printed: &printed,
        types: types_of(tree.kind(node), tree.is_dir(node)),
        apparent: tree.own_apparent(node),
        mtime: tree.mtime(node),
        empty: Tri::Unknown,
        asked: ground.stamps.map(|stamps| Asked {
            stamps,
            tree,
            node,
            cheaply: false,
        }),
    };
    parts.extend(failing(rule, &sweep.expr, &file));
    parts
}

/// The failing tests of the alternative that fails least.
fn failing(rule: &Rule, expr: &Expr, file: &File<'_>) -> Vec<String> {
    let fails = |literal: &Literal| {
        let test = Expr::Test(literal.1.clone());
        eval(&test, file, &Mode::Ever, literal.0) == Tri::False
    };
    let Some(alternatives) = logic::disjuncts(expr) else {
        return vec!["its condition".to_owned()];
    };
    let failing = alternatives.iter().map(|literals| {
        let failing = literals.iter().filter(|literal| fails(literal));
        failing
            .map(|literal| literal_text(rule, literal))
            .collect::<Vec<_>>()
    });
    failing.min_by_key(Vec::len).unwrap_or_default()
}

fn literal_text(rule: &Rule, (negated, test): &Literal) -> String {
    let not = if *negated { "! " } else { "" };
    if let Some(text) = said(rule, test.word) {
        return format!("{not}{text}");
    }
    match (&test.atom, negated) {
        (Atom::Path(pattern), true) => format!(
            "another line keeps {}",
            String::from_utf8_lossy(pattern.source())
        ),
        (Atom::Type(_), _) => "it is of another kind".to_owned(),
        _ => "another test".to_owned(),
    }
}

/// A test in the rule's own words, with the word before its value.
fn said(rule: &Rule, word: Option<usize>) -> Option<String> {
    let word = word?;
    let value = rule.text.get(rule.words.get(word)?.clone())?;
    let name = rule
        .text
        .get(rule.words.get(word.checked_sub(1)?)?.clone())?;
    Some(format!(
        "{} {}",
        String::from_utf8_lossy(name),
        String::from_utf8_lossy(value)
    ))
}

/// From when on a rule takes a node, and whether it would now; `None`: it never does.
#[must_use]
pub fn taken(rule: &Rule, ground: &Ground<'_>, node: NodeId, now: Timestamp) -> Option<super::Hit> {
    let hits = super::takes(rule, ground, now).hits;
    let at = hits.binary_search_by_key(&node, |hit| hit.node).ok()?;
    Some(hits[at])
}
