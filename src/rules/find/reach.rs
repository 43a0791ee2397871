//! Which entries come to an action, and what is odd about the way there.

use super::{Action, Found, Node, Parser};
use crate::rules::glob::Pattern;
use crate::rules::model::{Atom, Expr, Sweep, Test, Tri, Types};
use crate::rules::paths;
use crate::rules::phrase::Fate;

const FATES: [Fate; 5] = [
    Fate::Files,
    Fate::Trees,
    Fate::EmptyFolders,
    Fate::Packed,
    Fate::Moved,
];

/// Whether an action is meant to be rid of files.
fn deletes_files(action: &Action) -> bool {
    match action {
        Action::Delete => true,
        Action::Remove(fate) => fate.in_name().is_none(),
        _ => false,
    }
}

impl Parser<'_> {
    pub(super) fn finish(mut self, expr: Node) -> Found {
        let deletes_itself = mentions(&expr, &|a| *a == Action::Delete);
        if self.options.prunes && deletes_itself && !self.options.depth_first {
            self.break_with(
                "find refuses it: -delete turns on -depth, with which -prune does nothing",
            );
        }
        self.warn(&expr);
        let prune = (!self.options.depth_first && !deletes_itself)
            .then(|| reach(&expr, &|a| *a == Action::Prune))
            .filter(|expr| *expr != Expr::FALSE);
        let sweep = |expr: Expr, recursive: bool| self.sweep(expr, &prune, recursive);
        let mut deletes = Vec::new();
        let own = reach(&expr, &|a| *a == Action::Delete);
        if own != Expr::FALSE {
            deletes.push(sweep(own, false));
        }
        let mut shelves = Vec::new();
        for fate in FATES {
            let removed = reach(&expr, &|a| *a == Action::Remove(fate));
            if removed == Expr::FALSE {
                continue;
            }
            let taken = paths::removed_by(sweep(removed, false), fate);
            match fate.in_name() {
                None => deletes.push(taken),
                Some(why) => shelves.push((taken, why)),
            }
        }
        let prints = if mentions(&expr, &Action::replaces_print) {
            reach(&expr, &|a| *a == Action::Print)
        } else {
            truth(&expr)
        };
        let prints = (prints != Expr::FALSE).then(|| sweep(prints, false));
        self.found.deletes = deletes;
        self.found.shelves = shelves;
        self.found.prints = prints;
        if self.found.deletes.is_empty() && self.options.asks {
            self.break_with("-ok asks before it deletes, and nobody is there to answer");
        }
        if self.found.deletes.is_empty() && mentions(&expr, &deletes_files) {
            self.break_with("no entry ever comes to its deleting action");
        }
        self.found
    }

    fn sweep(&self, expr: Expr, prune: &Option<Expr>, recursive: bool) -> Sweep {
        let expr = if self.options.quits {
            // Which entry comes first is the directory's to say.
            Expr::all([expr, Expr::Const(Tri::Unknown)])
        } else {
            expr
        };
        let expr = if self.options.follows {
            behind_links(expr)
        } else {
            expr
        };
        Sweep {
            roots: Vec::new(),
            min_depth: self.options.min_depth.map_or(0, |(depth, _)| depth),
            max_depth: self.options.max_depth.map_or(u32::MAX, |(depth, _)| depth),
            max_depth_word: self.options.max_depth.and_then(|(_, word)| word),
            min_depth_word: self.options.min_depth.and_then(|(_, word)| word),
            one_fs: self.options.one_fs,
            follows: self.options.follows,
            expr,
            prune: prune.clone(),
            recursive,
            keep_newest: None,
        }
    }

    /// `-name 'a*' -o -name 'ab*' -mtime +7 -delete`: the action is the last branch's alone. One
    /// name left out of a deletion of others is an idiom; two of a kind are a mistake.
    fn warn_of_precedence(&mut self, branches: &[Node]) {
        let Some((last, others)) = branches.split_last() else {
            return;
        };
        let Some(taken) = name_tested(last).filter(|_| mentions(last, &deletes_files)) else {
            return;
        };
        let is_meant = others.iter().any(|branch| {
            let spared = name_tested(branch).filter(|_| !mentions(branch, &|_| true));
            spared.is_some_and(|spared| are_of_a_kind(spared, taken))
        });
        if is_meant {
            self.found.flawed = Some(
                "`-o` binds more loosely than the tests beside it: what deletes belongs to the last alternative only (put the alternatives in `\\( … \\)`)"
                    .to_owned(),
            );
        }
    }

    /// What find does without complaint, and nobody means.
    fn warn(&mut self, expr: &Node) {
        if let Node::Or(branches) = expr {
            self.warn_of_precedence(branches);
        }
        let Node::And(parts) = expr else { return };
        let is_test = |node: &Node| matches!(node, Node::Test(_) | Node::Unknown(_) | Node::Not(_));
        let Some(delete) = parts
            .iter()
            .position(|part| matches!(part, Node::Action(Action::Delete)))
        else {
            return;
        };
        if !parts[..delete].iter().any(is_test) && parts[delete..].iter().any(is_test) {
            self.found.dangerous =
                Some("-delete stands before the tests, so everything below goes".to_owned());
        }
    }
}

/// With `-L` a link is what it leads to, and that a tree does not show.
fn behind_links(expr: Expr) -> Expr {
    let link = Expr::Test(Test {
        atom: Atom::Type(Types {
            symlink: true,
            ..Types::default()
        }),
        word: None,
    });
    let is_link = Expr::all([link.clone(), Expr::Const(Tri::Unknown)]);
    Expr::any([Expr::all([link.negated(), expr]), is_link])
}

/// Whether some action of this kind stands in the expression.
fn mentions(node: &Node, wanted: &dyn Fn(&Action) -> bool) -> bool {
    match node {
        Node::Action(action) => wanted(action),
        Node::Not(inner) => mentions(inner, wanted),
        Node::And(parts) | Node::Or(parts) | Node::Comma(parts) => {
            parts.iter().any(|part| mentions(part, wanted))
        }
        Node::Test(_) | Node::Unknown(_) | Node::True => false,
    }
}

/// The value of an expression for an entry.
fn truth(node: &Node) -> Expr {
    match node {
        Node::Test(test) => Expr::Test(test.clone()),
        Node::Unknown(text) => Expr::Test(Test {
            atom: Atom::Unknown(text.clone()),
            word: None,
        }),
        Node::True => Expr::TRUE,
        Node::Action(Action::Other(text)) if !text.starts_with('-') => Expr::Test(Test {
            atom: Atom::Unknown(text.clone()),
            word: None,
        }),
        // What packs or moves a file may fail.
        Node::Action(Action::Remove(fate)) if fate.in_name().is_some() => Expr::Test(Test {
            atom: Atom::Unknown("-exec".to_owned()),
            word: None,
        }),
        Node::Action(Action::Quit) => Expr::Const(Tri::Unknown),
        Node::Action(Action::Declined) => Expr::FALSE,
        Node::Action(_) => Expr::TRUE,
        Node::Not(inner) => truth(inner).negated(),
        Node::And(parts) => Expr::all(parts.iter().map(truth)),
        Node::Or(parts) => Expr::any(parts.iter().map(truth)),
        Node::Comma(parts) => of_list(parts),
    }
}

/// `A , B` is B; but where both are tests alone, find (4.9, measured) puts the cheaper one first,
/// and what then comes last is A.
fn of_list(parts: &[Node]) -> Expr {
    if parts.iter().any(|part| mentions(part, &|_| true)) {
        return parts.last().map_or(Expr::TRUE, truth);
    }
    let either = Expr::any(parts.iter().map(truth));
    let both = Expr::all(parts.iter().map(truth));
    Expr::any([both, Expr::all([either, Expr::Const(Tri::Unknown)])])
}

/// The condition under which an entry reaches an action of this kind.
fn reach(node: &Node, wanted: &dyn Fn(&Action) -> bool) -> Expr {
    match node {
        Node::Action(action) if wanted(action) => Expr::TRUE,
        Node::Test(_) | Node::Unknown(_) | Node::True | Node::Action(_) => Expr::FALSE,
        Node::Not(inner) => reach(inner, wanted),
        Node::Comma(parts) => Expr::any(parts.iter().map(|part| reach(part, wanted))),
        Node::And(parts) => in_turn(parts, wanted, truth),
        Node::Or(parts) => in_turn(parts, wanted, |part| truth(part).negated()),
    }
}

/// Each part is come to only when those before it let it.
fn in_turn(
    parts: &[Node],
    wanted: &dyn Fn(&Action) -> bool,
    passes: impl Fn(&Node) -> Expr,
) -> Expr {
    let mut before: Vec<Expr> = Vec::new();
    let mut reached = Vec::new();
    for part in parts {
        let here = reach(part, wanted);
        if here != Expr::FALSE {
            reached.push(Expr::all(before.iter().cloned().chain([here])));
        }
        before.push(passes(part));
    }
    Expr::any(reached)
}

/// The pattern of the name that a branch of an `-o` asks for.
fn name_tested(branch: &Node) -> Option<&Pattern> {
    match branch {
        Node::Test(Test {
            atom: Atom::Name(pattern),
            ..
        }) => Some(pattern),
        Node::And(parts) => parts.iter().find_map(name_tested),
        _ => None,
    }
}

/// Whether two patterns begin with the same word, or both with a wildcard.
fn are_of_a_kind(a: &Pattern, b: &Pattern) -> bool {
    let (a, b) = (a.prefix(), b.prefix());
    let shared = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    shared >= 3 || (a.is_empty() && b.is_empty())
}
