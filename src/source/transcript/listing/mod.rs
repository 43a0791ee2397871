//! What the tools print, one grammar each.

mod date;
pub(super) mod df;
pub(super) mod du;
pub(super) mod find;
pub(super) mod format;
pub(super) mod hdfs;
mod json;
pub(super) mod ls;
pub(super) mod meter;
pub(super) mod name;
pub(super) mod number;
pub(super) mod store;
mod total;
pub(super) mod tree;
pub(super) mod viewer;
pub(super) mod windows;
