//! The words that a command line is split into.

/// One word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: Vec<u8>,
    /// Whether the shell replaces it by something that is not in the recording.
    pub(super) expands: bool,
}

impl Word {
    /// A word that stands for itself.
    pub(super) fn plain(text: &[u8]) -> Self {
        Self {
            text: text.to_vec(),
            expands: false,
        }
    }

    pub(super) fn is(&self, text: &str) -> bool {
        self.text == text.as_bytes()
    }
}
