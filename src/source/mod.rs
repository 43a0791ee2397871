//! Where a tree comes from: a live directory, a recorded terminal, an export.

pub mod ncdu;
pub mod transcript;
pub mod walk;
