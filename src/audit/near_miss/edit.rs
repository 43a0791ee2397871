//! One edit of one command: what it would do, and how it is written.

use std::collections::BTreeMap;

use crate::rules::model::{Root, Rule, Sweep};

/// An edit of some words of a rule.
#[derive(Clone, Debug)]
pub(super) struct Edit {
    /// In tenths of reference points: how far the rule is from what it should be.
    pub(super) cost: u32,
    /// What the edited command deletes.
    pub(super) sweep: Sweep,
    /// Word, and what stands there afterwards.
    changes: BTreeMap<usize, Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    /// Whether the word before it names the test and is shown with it.
    named: bool,
    /// What that word becomes, where it changes (`-name` → `-iname`).
    option: Option<&'static str>,
    /// What it becomes; empty: it goes, and with it the word that names it.
    value: String,
}

/// An edit in words.
#[derive(Clone, Debug, Default)]
pub(super) struct Words {
    pub(super) failing: Vec<String>,
    pub(super) edit: String,
    pub(super) edited: String,
}

impl Edit {
    /// Nothing changed yet, of one of the sweep's roots.
    pub(super) fn of(sweep: &Sweep, root: &Root) -> Self {
        Self {
            cost: 0,
            sweep: Sweep {
                roots: vec![root.clone()],
                expr: sweep.expr.clone(),
                prune: sweep.prune.clone(),
                ..*sweep
            },
            changes: BTreeMap::new(),
        }
    }

    /// Puts a value in the place of a word.
    pub(super) fn word(&mut self, word: usize, value: String) {
        self.put(word, false, None, value);
    }

    /// Puts a value in the place of a test's.
    pub(super) fn value(&mut self, word: usize, value: String) {
        self.put(word, true, None, value);
    }

    /// The same, under another test.
    pub(super) fn test(&mut self, word: usize, option: Option<&'static str>, value: String) {
        self.put(word, true, option, value);
    }

    /// Takes a test out.
    pub(super) fn drop_test(&mut self, word: usize) {
        self.put(word, true, None, String::new());
    }

    /// Takes a single word out.
    pub(super) fn drop_word(&mut self, word: usize) {
        self.put(word, false, None, String::new());
    }

    fn put(&mut self, word: usize, named: bool, option: Option<&'static str>, value: String) {
        let change = Change {
            named,
            option,
            value,
        };
        self.changes.insert(word, change);
    }

    /// Adds to the first changed pattern that ends in a wildcard and asks for no extension.
    pub(super) fn add_to_open_pattern(&mut self, text: &str) -> bool {
        let open = self.changes.values_mut().find(|change| {
            change.named && change.value.ends_with("*'") && !change.value.contains('.')
        });
        let is_found = open.is_some();
        if let Some(open) = open {
            open.value.push_str(text);
        }
        is_found
    }

    /// Adds to the change of a word.
    pub(super) fn add_to(&mut self, word: usize, text: &str) {
        if let Some(change) = self.changes.get_mut(&word) {
            change.value.push_str(text);
        }
    }

    /// The edit in the words of its rule.
    pub(super) fn words(&self, rule: &Rule) -> Words {
        let range = |word: usize| rule.words.get(word).cloned();
        let at = |word: usize| {
            let range = range(word).unwrap_or(0..0);
            String::from_utf8_lossy(&rule.text[range]).into_owned()
        };
        let (mut failing, mut parts) = (Vec::new(), Vec::new());
        let mut edited = rule.text.clone();
        // From the end, so that the places of what comes before stay true.
        for (&word, change) in self.changes.iter().rev() {
            let Some(span) = range(word) else { continue };
            let before = word.checked_sub(1).filter(|_| change.named);
            let shown = before.map_or_else(|| at(word), |b| format!("{} {}", at(b), at(word)));
            parts.push(match before {
                _ if change.value.is_empty() => format!("no {shown}"),
                Some(b) => {
                    let name = change.option.map_or_else(|| at(b), str::to_owned);
                    format!("{name} {}", change.value)
                }
                None => change.value.clone(),
            });
            failing.push(shown);
            if change.value.is_empty() {
                let start = before.and_then(range).map_or(span.start, |span| span.start);
                let blanks = rule.text[..start].iter().rev();
                let blanks = blanks.take_while(|b| matches!(b, b' ' | b'\t')).count();
                edited.splice(start - blanks..span.end, []);
                continue;
            }
            edited.splice(span, change.value.bytes());
            if let (Some(b), Some(new)) = (before, change.option)
                && let Some(span) = range(b)
            {
                edited.splice(span, new.bytes());
            }
        }
        failing.reverse();
        parts.reverse();
        Words {
            failing,
            edit: parts.join(" "),
            edited: String::from_utf8_lossy(&edited).into_owned(),
        }
    }
}

/// A pattern is always quoted, so that no shell expands it.
pub(super) fn quote_pattern(pattern: &[u8]) -> String {
    let text = String::from_utf8_lossy(pattern);
    format!("'{}'", text.replace('\'', "'\\''"))
}

/// A pattern for the command line: what is not a wildcard and not plain is escaped.
pub(super) fn shell_pattern(pattern: &[u8]) -> String {
    const SPECIAL: &str = " \t'\"$`&|;()<>#~";
    let mut text = String::new();
    for c in String::from_utf8_lossy(pattern).chars() {
        if SPECIAL.contains(c) {
            text.push('\\');
        }
        text.push(c);
    }
    text
}
