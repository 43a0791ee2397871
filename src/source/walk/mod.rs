//! The live walk.
