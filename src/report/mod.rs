//! Everything shown: plain public data, and the forms it is written in.
//!
//! `json` and `ncdu` keep names exact; `text` escapes them for a terminal. Nothing here prints:
//! each form is written to a `Write` or into a `String`, with colour, width and time as arguments.

#[cfg(feature = "cli")]
pub mod check;
#[cfg(feature = "cli")]
pub mod escape;
pub mod json;
pub mod known;
pub mod largest;
pub mod ncdu;
#[cfg(feature = "cli")]
pub mod script;
#[cfg(feature = "cli")]
pub mod text;
