//! The exit codes: documented, tested, stable.

use crate::error::Error;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Nothing to do; read to the end; reached for certain.
    Fine = 0,
    /// Something needs attention, or is short and can be fixed.
    Findings = 1,
    /// Short, and nothing that may go is enough.
    Short = 2,
    /// Not known: a part is unread, a source not understood, a result not written.
    Unknown = 3,
    /// The command line, a unit or a policy file is wrong.
    Usage = 64,
    /// A fault of jettison itself.
    Internal = 70,
}

impl Exit {
    /// The number that the shell sees.
    pub(crate) fn code(self) -> u8 {
        self as u8
    }

    /// The exit code of an error.
    pub(crate) fn of(error: &Error) -> Self {
        if error.is_usage() {
            Self::Usage
        } else {
            Self::Unknown
        }
    }

    /// What it becomes when the reading was ended early: no verdict stands on a part of the
    /// evidence.
    pub(crate) fn if_interrupted(self) -> Self {
        match self {
            Self::Fine | Self::Findings | Self::Short | Self::Unknown => Self::Unknown,
            Self::Usage | Self::Internal => self,
        }
    }

    /// The same for a monitor, which knows only 0 to 3: what did not run is unknown.
    pub(crate) fn for_monitor(self) -> Self {
        match self {
            Self::Usage | Self::Internal => Self::Unknown,
            verdict => verdict,
        }
    }

    /// The worse of two: 2 before 3 before 1 before 0.
    pub(crate) fn worst(self, other: Self) -> Self {
        let rank = |exit: Self| match exit {
            Self::Fine => 0,
            Self::Findings => 1,
            Self::Unknown => 2,
            Self::Short => 3,
            Self::Usage => 4,
            Self::Internal => 5,
        };
        if rank(other) > rank(self) {
            other
        } else {
            self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_the_documented_ones() {
        let all = [
            Exit::Fine,
            Exit::Findings,
            Exit::Short,
            Exit::Unknown,
            Exit::Usage,
            Exit::Internal,
        ];
        assert_eq!(all.map(Exit::code), [0, 1, 2, 3, 64, 70]);
    }

    #[test]
    fn a_proven_shortage_is_worse_than_doubt() {
        assert_eq!(Exit::Unknown.worst(Exit::Short), Exit::Short);
        assert_eq!(Exit::Findings.worst(Exit::Unknown), Exit::Unknown);
        assert_eq!(Exit::Fine.worst(Exit::Findings), Exit::Findings);
        for exit in [Exit::Fine, Exit::Findings, Exit::Short, Exit::Unknown] {
            assert_eq!(exit.if_interrupted(), Exit::Unknown);
        }
        assert_eq!(Exit::Usage.if_interrupted(), Exit::Usage);
        assert_eq!(Exit::of(&Error::usage("x")), Exit::Usage);
        assert_eq!(Exit::of(&Error::source("x")), Exit::Unknown);
        assert_eq!(Exit::of(&Error::output("x")), Exit::Unknown);
        assert_eq!(Exit::Usage.for_monitor().code(), 3);
        assert_eq!(Exit::Internal.for_monitor().code(), 3);
        assert_eq!(Exit::Short.for_monitor().code(), 2);
    }
}
