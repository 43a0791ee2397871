//! Recorded terminals.
