//! Deletion-set instances with proven values.
