//! Cleanup rules, whatever file they stand in: text → rules and troubles, one matcher for all.

pub mod model;
