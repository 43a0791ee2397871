//! Cleanup rules, whatever file they stand in.
