//! The smallest deletion set.
