//! What a pipeline names: the sweep of its first command, narrowed by every stage behind it.
//!
//! A stage that is not understood leaves it uncertain, never larger than it is.

use crate::rules::find::Found;
use crate::rules::model::{Expr, Stamp, Sweep, Tri};
use crate::rules::paths;
use crate::rules::shell::{Simple, Word};

/// What a pipeline names, before anything is done with it.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) found: Found,
    pub(super) sweep: Sweep,
    pub(super) order: Option<Order>,
    /// Where its names lie, when they are printed without the folder.
    pub(super) folder: Option<Vec<u8>>,
    /// The command that names them.
    pub(super) first: Simple,
}

/// The bytes at which the shell parts a text into words, and those that it takes for patterns.
const PARTED: &[u8] = b" \t\n*?[";

impl Named {
    /// The same names, after something to which these bytes in a name mean more than themselves.
    pub(super) fn spoiled_by(mut self, bytes: &[u8]) -> Self {
        let expr = std::mem::replace(&mut self.sweep.expr, Expr::TRUE);
        self.sweep.expr = paths::unspoiled(expr, bytes);
        self
    }

    /// The same names as the words of a command, where nothing quotes them.
    pub(super) fn in_words(self, word: &Word) -> Self {
        let is_open = word.pieces.iter().any(|piece| !piece.quoted);
        self.spoiled_by(if is_open { PARTED } else { b"" })
    }

    /// Takes note of a stage that is not understood: which of the names go is not known.
    pub(super) fn pass_over(&mut self, text: String) {
        self.found.passed_over.push(text);
        let expr = std::mem::replace(&mut self.sweep.expr, Expr::TRUE);
        self.sweep.expr = Expr::all([expr, Expr::Const(Tri::Unknown)]);
    }
}

/// How the lines of a pipeline are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Order {
    pub(super) by: Stamp,
    /// `None`: not sorted at all.
    pub(super) newest_first: Option<bool>,
}
