//! The cleanup configuration of many packages, read whole.
