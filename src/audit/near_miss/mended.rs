//! Rules that name the family already, and are never run or cannot work as they are written.

use super::edit::Words;
use crate::entry::RuleFile;
use crate::rules;
use crate::rules::model::{Rule, Sweep};

/// How a rule that cannot work would: the words of the edit, and what it then deletes.
pub(super) struct Mended {
    pub(super) words: Words,
    pub(super) sweeps: Vec<Sweep>,
}

/// What a broken rule was meant to be, where that can be told.
pub(super) fn broken(rule: &Rule) -> Option<Mended> {
    let why = rule.broken.as_ref().or(rule.flawed.as_ref())?;
    let text = String::from_utf8_lossy(&rule.text).into_owned();
    let says = |part: &str| why.contains(part);
    if says("`%`") {
        let words = Words {
            failing: vec!["a bare `%`".to_owned()],
            edit: "every `%` as `\\%`".to_owned(),
            edited: text,
        };
        return Some(Mended {
            words,
            sweeps: rule.sweeps.clone(),
        });
    }
    if says("newline") {
        let words = Words {
            failing: vec!["no newline after the last line".to_owned()],
            edit: "a newline after the last line".to_owned(),
            edited: text,
        };
        return Some(Mended {
            words,
            sweeps: rule.sweeps.clone(),
        });
    }
    if says("-prune") {
        let edited = text.replace("-delete", "-exec rm -f {} +");
        return reread(&edited, "-delete", "-exec rm -f {} +");
    }
    if says("`-o`") {
        let (edited, group) = parenthesized(rule)?;
        return reread(&edited, "what `-o` divides", &group);
    }
    None
}

/// What a command deletes, read as any other.
pub(super) fn sweeps_of(command: &str) -> Option<Vec<Sweep>> {
    reread(command, "", "").map(|mended| mended.sweeps)
}

/// The edited command, read as any other.
fn reread(edited: &str, failing: &str, edit: &str) -> Option<Mended> {
    let file = RuleFile {
        path: b"/etc/cron.daily/edited".to_vec(),
        read_from: Vec::new(),
        contents: format!("#!/bin/sh\n{edited}\n").into_bytes(),
        mode: None,
        uid: None,
        mtime: None,
    };
    let book = rules::read(&[file], &mut |_| None);
    let [rule] = book.rules.as_slice() else {
        return None;
    };
    let works = rule.broken.is_none() && rule.flawed.is_none() && !rule.sweeps.is_empty();
    works.then(|| Mended {
        words: Words {
            failing: vec![failing.to_owned()],
            edit: edit.to_owned(),
            edited: edited.to_owned(),
        },
        sweeps: rule.sweeps.clone(),
    })
}

/// `-name A -o -name B TESTS` with the alternatives in parentheses: from the first one to the
/// test of a name that follows the last `-o`.
fn parenthesized(rule: &Rule) -> Option<(String, String)> {
    let word = |at: usize| {
        let range = rule.words.get(at)?;
        Some(String::from_utf8_lossy(&rule.text[range.clone()]).into_owned())
    };
    let names = |text: &str| matches!(text, "-name" | "-iname" | "-path" | "-ipath" | "-wholename");
    let count = rule.words.len();
    let last = (0..count)
        .rev()
        .find(|&at| matches!(word(at).as_deref(), Some("-o" | "-or")))?;
    let first = (0..last).find(|&at| word(at).is_some_and(|text| names(&text)))?;
    if !word(last + 1).is_some_and(|text| names(&text)) {
        return None;
    }
    let (start, end) = (rule.words[first].start, rule.words.get(last + 2)?.end);
    let inner = String::from_utf8_lossy(&rule.text[start..end]).into_owned();
    let group = format!("\\( {inner} \\)");
    let mut edited = String::from_utf8_lossy(&rule.text[..start]).into_owned();
    edited.push_str(&group);
    edited.push_str(&String::from_utf8_lossy(&rule.text[end..]));
    Some((edited, group))
}
