//! Conditions of a script: what they ask of the machine, as far as the text tells.

use crate::rules::expand::{Arg, Glyph, Scope};
use crate::rules::model::{Asks, Gate};
use crate::rules::phrase;
use crate::rules::shell::{Node, Simple};

impl Gate {
    /// The same condition, to be failed where it had to hold.
    #[must_use]
    pub(super) fn negated(self) -> Self {
        Self {
            wanted: !self.wanted,
            ..self
        }
    }
}

/// A gate that nothing passes: the other side of what always holds.
pub(super) fn never() -> Gate {
    unknown("the command before it fails".to_owned())
}

/// A gate that cannot be decided from here.
pub(super) fn unknown(text: String) -> Gate {
    Gate {
        text,
        asks: Asks::Else,
        wanted: true,
    }
}

/// The gate behind the last command of a condition.
pub(super) fn of_list(nodes: &[Node], scope: &Scope, text: &[u8]) -> Option<Gate> {
    match nodes.last() {
        Some(node @ (Node::Simple(_) | Node::Pipeline { .. })) => {
            let tested = of(node, scope, text);
            match node {
                // Any other command in a condition may fail.
                Node::Simple(simple) if tested.is_none() && !always_succeeds(simple, text) => {
                    Some(unknown(lossy(&text[simple.span.clone()])))
                }
                _ => tested,
            }
        }
        Some(_) => Some(unknown("a condition".to_owned())),
        None => None,
    }
}

/// The gate behind `command &&`; `None` when the command is taken to succeed.
pub(super) fn of(node: &Node, scope: &Scope, text: &[u8]) -> Option<Gate> {
    match node {
        Node::Simple(simple) => test(simple, scope, text),
        Node::Pipeline {
            negated: true,
            stages,
            span,
        } => match stages.as_slice() {
            [one] => Some(of(one, scope, text).map_or_else(
                || unknown(format!("! {}", lossy(&text[span.clone()]))),
                Gate::negated,
            )),
            _ => Some(unknown(lossy(&text[span.clone()]))),
        },
        Node::Pipeline { span, stages, .. } => {
            // `ps | grep -q x &&`: what a filter finds is not known.
            let is_filter = matches!(stages.last(), Some(Node::Simple(last))
                if last.words.first().is_some_and(|w| text[w.span.clone()].ends_with(b"grep")));
            is_filter.then(|| unknown(lossy(&text[span.clone()])))
        }
        Node::Arithmetic(inside) => Some(unknown(lossy(inside))),
        _ => None,
    }
}

fn always_succeeds(simple: &Simple, text: &[u8]) -> bool {
    let name = simple.words.first().map(|word| &text[word.span.clone()]);
    matches!(name, None | Some(b"true" | b":" | b"cd"))
}

fn test(simple: &Simple, scope: &Scope, text: &[u8]) -> Option<Gate> {
    let args = scope.args(&simple.words);
    let (program, rest) = args.split_first()?;
    let name = program.text();
    let gate = |asks, wanted| {
        Some(Gate {
            text: lossy(&text[simple.span.clone()]),
            asks,
            wanted,
        })
    };
    match phrase::basename(&name) {
        b"false" => return gate(Asks::Known(false), true),
        b"grep" | b"egrep" | b"fgrep" | b"pgrep" | b"pidof" | b"mountpoint" | b"diff" | b"cmp" => {
            return gate(Asks::Else, true);
        }
        b"which" | b"type" | b"hash" => return gate(Asks::IsInstalled(Vec::new()), true),
        b"command" if rest.first().is_some_and(|arg| arg.text() == b"-v") => {
            let sought = rest.get(1).filter(|arg| arg.is_known()).map(Arg::text);
            return gate(Asks::IsInstalled(sought.unwrap_or_default()), true);
        }
        b"[" | b"test" | b"[[" => {}
        _ => return None,
    }
    let rest = match rest.last().map(Arg::text).as_deref() {
        Some(b"]" | b"]]") => &rest[..rest.len() - 1],
        _ => rest,
    };
    let negations = rest.iter().take_while(|arg| arg.text() == b"!").count();
    let (asks, wanted) = (ask(&rest[negations..]), negations % 2 == 0);
    gate(asks, wanted)
}

fn ask(args: &[Arg]) -> Asks {
    let texts: Vec<Vec<u8>> = args.iter().map(Arg::text).collect();
    let known = args.iter().all(Arg::is_known);
    // What a loop goes over is there: it was found or matched a moment ago.
    let is_listed = |arg: &Arg| {
        arg.item().is_some() || (known && arg.glyphs.iter().any(|g| matches!(g, Glyph::Wild(_))))
    };
    match texts.as_slice() {
        [op, path] if args.get(1).is_some_and(is_listed) => match op.as_slice() {
            b"-e" | b"-f" | b"-r" => Asks::Known(true),
            b"-d" if path.ends_with(b"/") => Asks::Known(true),
            _ => Asks::Else,
        },
        [op, path] if known && path.starts_with(b"/") => match op.as_slice() {
            b"-d" => Asks::IsDir(path.clone()),
            b"-e" | b"-f" | b"-r" | b"-s" | b"-L" | b"-h" => Asks::Exists(path.clone()),
            b"-x" => Asks::IsInstalled(path.clone()),
            _ => Asks::Else,
        },
        [op, text] if known && op == b"-n" => Asks::Known(!text.is_empty()),
        [op, text] if known && op == b"-z" => Asks::Known(text.is_empty()),
        [left, op, right] if known => match op.as_slice() {
            b"=" | b"==" => Asks::Known(left == right),
            b"!=" => Asks::Known(left != right),
            b"-eq" | b"-ne" | b"-gt" | b"-ge" | b"-lt" | b"-le" => compared(left, op, right),
            _ => Asks::Else,
        },
        _ => Asks::Else,
    }
}

/// `[ 7 -gt 0 ]`.
fn compared(left: &[u8], op: &[u8], right: &[u8]) -> Asks {
    let number = |text: &[u8]| -> Option<i64> { std::str::from_utf8(text).ok()?.parse().ok() };
    let (Some(left), Some(right)) = (number(left), number(right)) else {
        return Asks::Else;
    };
    Asks::Known(match op {
        b"-eq" => left == right,
        b"-ne" => left != right,
        b"-gt" => left > right,
        b"-ge" => left >= right,
        b"-lt" => left < right,
        _ => left <= right,
    })
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
