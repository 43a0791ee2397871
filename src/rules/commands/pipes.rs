//! Pipelines whose last stage removes what the first one names.

use std::ops::Range;

use super::{Walker, read_names, texts, unwrapped};
use crate::rules::find;
use crate::rules::model::{Expr, Tri};
use crate::rules::paths;
use crate::rules::phrase;
use crate::rules::shell::{Node, PieceKind};

impl Walker<'_> {
    /// `find … | xargs rm`, `find … | while read f; do rm "$f"; done`.
    pub(super) fn piped_removal(&mut self, stages: &[Node], span: &Range<usize>) -> bool {
        let (Some(Node::Simple(first)), Some(last)) = (stages.first(), stages.last()) else {
            return false;
        };
        let Some(recursive) = self.consumer(last) else {
            return false;
        };
        let args = self.scope.args(&first.words);
        let args = unwrapped(&args);
        let is_find = args
            .first()
            .is_some_and(|arg| phrase::basename(&arg.text()) == b"find");
        if !is_find {
            self.opaque(
                span.clone(),
                "what it is given to delete is not known".to_owned(),
            );
            return true;
        }
        let mut found = find::parse(&args[1..]);
        let Some(prints) = found.prints.take() else {
            return false;
        };
        let middle = &stages[1..stages.len() - 1];
        let mut sweep = paths::removed_by(prints, recursive);
        for stage in middle {
            if let Some(filter) = self.filter(stage) {
                found.passed_over.push(filter);
                sweep.expr = Expr::all([sweep.expr, Expr::Const(Tri::Unknown)]);
            }
        }
        self.found(found, vec![sweep], first, span.clone());
        true
    }

    /// Whether the last stage of a pipeline removes what it reads, and how.
    fn consumer(&self, stage: &Node) -> Option<bool> {
        match stage {
            Node::Simple(simple) => {
                let args = self.scope.args(&simple.words);
                let args = unwrapped(&args);
                let words = texts(args);
                let (program, rest) = words.split_first()?;
                if phrase::basename(program) != b"xargs" {
                    return None;
                }
                phrase::removal(&rest[xargs_options(rest)..])
            }
            Node::Loop { condition, body } => {
                let [Node::Simple(read)] = condition.as_slice() else {
                    return None;
                };
                let names = read_names(read, &self.source.text);
                body.iter().find_map(|node| {
                    let Node::Simple(simple) = node else {
                        return None;
                    };
                    let takes = simple.words.iter().any(|word| {
                        matches!(word.pieces.as_slice(),
                            [.., piece] if matches!(&piece.kind, PieceKind::Variable { name, rest } if rest.is_empty() && names.contains(name)))
                    });
                    let words = texts(&self.scope.args(&simple.words));
                    takes.then(|| phrase::removal(&words)).flatten()
                })
            }
            _ => None,
        }
    }

    /// A stage between find and its consumer: what it lets through may not be known.
    fn filter(&self, stage: &Node) -> Option<String> {
        let Node::Simple(simple) = stage else {
            return Some("a filter".to_owned());
        };
        let words = texts(&self.scope.args(&simple.words));
        let program = words.first().map(|w| phrase::basename(w).to_vec());
        match program.as_deref() {
            Some(b"sort" | b"tr" | b"cat" | b"tee" | b"uniq") => None,
            _ => Some(format!(
                "the filter `{}`",
                String::from_utf8_lossy(&self.source.text[simple.span.clone()])
            )),
        }
    }
}

/// How many words after `xargs` come before the command.
fn xargs_options(words: &[Vec<u8>]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word.len() < 2 || word[0] != b'-' {
            break;
        }
        at += 1;
        let valued = word.len() == 2 && b"nPLIsdaE".contains(&word[1]);
        let long = matches!(
            word.as_slice(),
            b"--max-args" | b"--max-procs" | b"--delimiter"
        );
        at += usize::from(valued || long);
    }
    at.min(words.len())
}
