//! Recordings with the true tree.
