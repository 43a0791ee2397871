//! The one error type: what went wrong, where, and what to do about it.
//!
//! The kinds are private, so that they can change; callers ask the predicates. Text fragments
//! begin in lower case and name the file, the place in it, the cause and what was expected.

use std::fmt;

/// Why a run could not do what it was asked.
///
/// ```
/// use jettison::error::Error;
///
/// let e = Error::usage("--need is missing").with_hint("say how much: --need 40GiB");
/// assert!(e.is_usage());
/// assert_eq!(e.to_string(), "--need is missing");
/// assert_eq!(e.hint(), Some("say how much: --need 40GiB"));
/// ```
#[derive(Debug)]
pub struct Error {
    kind: Kind,
    message: String,
    hint: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Usage,
    Source,
    Output,
}

/// A result whose error is [`Error`].
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// The command line, a unit or a policy file is wrong: nothing was run.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Usage,
            message: message.into(),
            hint: None,
        }
    }

    /// The source is missing, empty or not understood.
    pub fn source(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Source,
            message: message.into(),
            hint: None,
        }
    }

    /// The result could not be written.
    pub fn output(message: impl Into<String>) -> Self {
        Self {
            kind: Kind::Output,
            message: message.into(),
            hint: None,
        }
    }

    /// Adds what the user can do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the user can do next, if there is something.
    #[must_use]
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether the command line, a unit or a policy file is at fault.
    #[must_use]
    pub fn is_usage(&self) -> bool {
        self.kind == Kind::Usage
    }

    /// Whether the source could not be read at all.
    #[must_use]
    pub fn is_source(&self) -> bool {
        self.kind == Kind::Source
    }

    /// Whether the result could not be written.
    #[must_use]
    pub fn is_output(&self) -> bool {
        self.kind == Kind::Output
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
