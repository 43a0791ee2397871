//! Reasoning about rules: disjunctions, the age they wait for, contradictions, gates.

use crate::rules::coverage::Ground;
use crate::rules::model::{AgeTest, Asks, Atom, Expr, Gate, Root, Rule, Stamp, Sweep, Test, Tri};
use crate::time::Age;

/// Disjuncts that are looked at; a condition with more is taken as one that cannot be split.
const MAX_DISJUNCTS: usize = 16;

/// A test, and whether it must fail.
pub type Literal = (bool, Test);

/// The condition as a choice of conjunctions; `None` when that would take too many. What is
/// unknown from the start is left out.
#[must_use]
pub fn disjuncts(expr: &Expr) -> Option<Vec<Vec<Literal>>> {
    normal_form(expr, false)
}

fn normal_form(expr: &Expr, negated: bool) -> Option<Vec<Vec<Literal>>> {
    match expr {
        Expr::Const(known) => {
            let holds = if negated { !*known } else { *known };
            Some(if holds == Tri::False {
                Vec::new()
            } else {
                vec![Vec::new()]
            })
        }
        Expr::Test(test) => Some(vec![vec![(negated, test.clone())]]),
        Expr::Not(inner) => normal_form(inner, !negated),
        Expr::All(parts) if !negated => product(parts, negated),
        Expr::Any(parts) if negated => product(parts, negated),
        Expr::All(parts) | Expr::Any(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(normal_form(part, negated)?);
                if all.len() > MAX_DISJUNCTS {
                    return None;
                }
            }
            Some(all)
        }
    }
}

fn product(parts: &[Expr], negated: bool) -> Option<Vec<Vec<Literal>>> {
    let mut all = vec![Vec::new()];
    for part in parts {
        let more = normal_form(part, negated)?;
        if all.len() * more.len() > MAX_DISJUNCTS {
            return None;
        }
        all = all
            .iter()
            .flat_map(|left: &Vec<Literal>| {
                more.iter()
                    .map(move |right| left.iter().chain(right).cloned().collect())
            })
            .collect();
    }
    Some(all)
}

/// The ages that a literal lets pass: `at_least ≤ age < below`.
fn span((negated, test): &Literal, of: &dyn Fn(Stamp) -> bool) -> Option<(i64, i64)> {
    let Atom::Age(AgeTest {
        stamp,
        at_least,
        below,
        ..
    }) = test.atom
    else {
        return None;
    };
    if !of(stamp) {
        return None;
    }
    match (*negated, at_least, below) {
        (false, _, _) => Some((at_least, below)),
        (true, i64::MIN, below) => Some((below, i64::MAX)),
        (true, at_least, i64::MAX) => Some((i64::MIN, at_least)),
        // The opposite of a window is two: nothing is said.
        (true, _, _) => None,
    }
}

fn age_window(conjunction: &[Literal], of: &dyn Fn(Stamp) -> bool) -> (i64, i64) {
    conjunction
        .iter()
        .filter_map(|literal| span(literal, of))
        .fold((i64::MIN, i64::MAX), |(low, high), (l, h)| {
            (low.max(l), high.min(h))
        })
}

/// The least age at which a rule takes a file; `None` where it does not wait for any.
#[must_use]
pub fn age(rule: &Rule) -> Option<Age> {
    rule.sweeps
        .iter()
        .filter_map(|sweep| disjuncts(&sweep.expr))
        .flatten()
        .map(|conjunction| age_window(&conjunction, &|stamp| stamp != Stamp::Other).0)
        .min()
        .and_then(|seconds| u64::try_from(seconds).ok())
        .map(Age)
}

/// Whether no file can ever meet the condition, because its ages contradict each other.
#[must_use]
pub fn is_contradictory(sweep: &Sweep) -> bool {
    disjuncts(&sweep.expr).is_some_and(|all| {
        !all.is_empty()
            && all.iter().all(|conjunction| {
                // Two stamps of one file may well differ; one cannot.
                let stamps = [
                    Stamp::Modified,
                    Stamp::Accessed,
                    Stamp::Changed,
                    Stamp::Born,
                ];
                stamps.iter().any(|one| {
                    let (low, high) = age_window(conjunction, &|stamp| stamp == *one);
                    low >= high
                })
            })
    })
}

/// Whether some age is counted from this stamp.
#[must_use]
pub fn asks(expr: &Expr, stamp: Stamp) -> bool {
    match expr {
        Expr::Const(_) => false,
        Expr::Test(test) => matches!(test.atom, Atom::Age(age) if age.stamp == stamp),
        Expr::Not(inner) => asks(inner, stamp),
        Expr::All(parts) | Expr::Any(parts) => parts.iter().any(|part| asks(part, stamp)),
    }
}

/// The rule's sweeps as if nothing were excluded by name; `None` where nothing is.
#[must_use]
pub fn without_exclusions(rule: &Rule) -> Option<Vec<Sweep>> {
    let mut any = false;
    let sweeps = rule
        .sweeps
        .iter()
        .map(|sweep| {
            any |= sweep.prune.is_some();
            Sweep {
                expr: relaxed(&sweep.expr, &mut any),
                prune: None,
                ..sweep.clone()
            }
        })
        .collect();
    any.then_some(sweeps)
}

fn relaxed(expr: &Expr, any: &mut bool) -> Expr {
    match expr {
        Expr::Not(inner) if matches!(&**inner, Expr::Test(test) if is_of_names(&test.atom)) => {
            *any = true;
            Expr::TRUE
        }
        Expr::All(parts) => Expr::all(parts.iter().map(|part| relaxed(part, any))),
        Expr::Any(parts) => Expr::any(parts.iter().map(|part| relaxed(part, any))),
        other => other.clone(),
    }
}

/// The sweep as far as its scope goes: without the tests that only time decides, and without the
/// places of its words. Sweeps that differ in their ages alone come out as the same.
#[must_use]
pub fn scope_of(sweep: &Sweep) -> Sweep {
    let roots = sweep.roots.iter().map(|root| Root {
        word: None,
        ..root.clone()
    });
    Sweep {
        roots: roots.collect(),
        expr: ever(&sweep.expr, false),
        prune: sweep.prune.clone(),
        max_depth_word: None,
        min_depth_word: None,
        ..*sweep
    }
}

/// The condition in which every test of a time that moves is met, whichever way it is asked.
fn ever(expr: &Expr, negated: bool) -> Expr {
    let of = |part: &Expr| ever(part, negated);
    match expr {
        Expr::Const(known) => Expr::Const(if negated { !*known } else { *known }),
        Expr::Not(inner) => ever(inner, !negated),
        Expr::All(parts) if !negated => Expr::all(parts.iter().map(of)),
        Expr::Any(parts) if negated => Expr::all(parts.iter().map(of)),
        Expr::All(parts) | Expr::Any(parts) => Expr::any(parts.iter().map(of)),
        Expr::Test(test) => match &test.atom {
            Atom::Age(_) | Atom::NewerThan(_) => Expr::TRUE,
            Atom::Empty if negated => Expr::TRUE,
            atom => {
                let test = Expr::Test(Test {
                    atom: atom.clone(),
                    word: None,
                });
                if negated { test.negated() } else { test }
            }
        },
    }
}

/// Whether a test is of a name or a path.
#[must_use]
pub fn is_of_names(atom: &Atom) -> bool {
    matches!(atom, Atom::Name(_) | Atom::Path(_) | Atom::Regex(_))
}

/// The condition with the test that a word says replaced.
#[must_use]
pub fn with_test(expr: &Expr, word: usize, atom: &Atom) -> Expr {
    let test = Expr::Test(Test {
        atom: atom.clone(),
        word: Some(word),
    });
    with_expr(expr, word, &test)
}

/// The condition without the test that a word says.
#[must_use]
pub fn without_test(expr: &Expr, word: usize) -> Expr {
    with_expr(expr, word, &Expr::TRUE)
}

/// The condition with another in the place of the test that a word says.
#[must_use]
pub fn with_expr(expr: &Expr, word: usize, new: &Expr) -> Expr {
    let of = |part: &Expr| with_expr(part, word, new);
    match expr {
        Expr::Test(test) if test.word == Some(word) => new.clone(),
        Expr::Const(_) | Expr::Test(_) => expr.clone(),
        Expr::Not(inner) => of(inner).negated(),
        Expr::All(parts) => Expr::all(parts.iter().map(of)),
        Expr::Any(parts) => Expr::any(parts.iter().map(of)),
    }
}

/// Whether a gate lets its rule run on the machine that the tree shows.
#[must_use]
pub fn gate(gate: &Gate, ground: &Ground<'_>) -> Tri {
    let holds = match &gate.asks {
        Asks::Known(known) => (*known).into(),
        Asks::Exists(path) => ground.find(path).1,
        Asks::IsDir(path) => match ground.find(path) {
            (Some(node), Tri::True) => ground.tree().is_dir(node).into(),
            (_, there) => there,
        },
        Asks::IsInstalled(_) | Asks::Else => Tri::Unknown,
    };
    if gate.wanted { holds } else { !holds }
}
