//! What the tools print, one grammar each: `ls -l`, the puzzle's `ls`, `du`, `df`.

pub(super) mod df;
pub(super) mod du;
pub(super) mod ls;
pub(super) mod name;
pub(super) mod number;
