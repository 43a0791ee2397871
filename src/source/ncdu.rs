//! ncdu JSON.
