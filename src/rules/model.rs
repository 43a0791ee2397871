//! One model for all rules.

/// One command or line on the machine that deletes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Stable within one run and across runs over the same files: file, line and ordinal.
    pub id: String,
    /// The file that the deleting command stands in, as the machine knows it.
    pub file: Vec<u8>,
    /// The line of the deleting command, from 1.
    pub line: u64,
}
