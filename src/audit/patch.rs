//! What an audit would change, as a unified diff against the rule files.
//!
//! Nothing is applied. An edit stands where the command stands, in the file's own words (a `%` in
//! a crontab stays escaped); for a family that no rule comes near there is a new line for cron.
//! A command whose text is not found in its file as it was read (one inside another's quotes)
//! gets no diff, and it is said so.

use std::collections::{BTreeMap, BTreeSet};

use crate::audit::name::quote;
use crate::audit::{Audit, FamilyReport, NearMiss};
use crate::rules::glob::escape;
use crate::rules::model::{Format, Rule};
use crate::time::DAY;

/// Where new rules are put: on a machine that has cron, and on one that has not.
const NEW: &[u8] = b"/etc/cron.d/jettison-suggested";
const NEW_TMPFILES: &[u8] = b"/etc/tmpfiles.d/jettison-suggested.conf";
/// Lines before and after a change.
const CONTEXT: usize = 3;

/// A suggested change.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    /// For `patch -p1` in the root that the rules were read below; empty: nothing to change.
    pub diff: Vec<u8>,
    /// What no diff was made for, and why.
    pub left_out: Vec<String>,
}

/// Suggests one change for every family that nobody cleans: its best near miss, or a new rule.
/// `load` gives the contents of a rule file.
pub fn suggest(audit: &Audit, load: &mut dyn FnMut(&[u8]) -> Option<Vec<u8>>) -> Patch {
    let mut book = Book {
        old: BTreeMap::new(),
        new: BTreeMap::new(),
        edited: BTreeMap::new(),
        load,
    };
    let mut patch = Patch::default();
    let by_cron = has_cron(audit);
    let mut lines = BTreeSet::new();
    for report in audit.families.iter().filter(|report| report.is_uncleaned()) {
        let best = report
            .near_misses
            .first()
            .map(|miss| (miss, &audit.rules[miss.rule].rule));
        if let Some((miss, rule)) = best.filter(|(miss, rule)| is_by_hand(miss, rule)) {
            let place = format!("{}:{}", lossy(&rule.file), rule.line);
            patch.left_out.push(format!("{place} needs {}", miss.edit));
            // A rule that is switched on covers the family; what logrotate left behind is one
            // heap, and no line would ever meet another of them.
            continue;
        }
        let mut tried = None;
        let is_mended = report.near_misses.iter().take(3).any(|miss| {
            let rule = &audit.rules[miss.rule].rule;
            tried.get_or_insert(rule);
            !is_by_hand(miss, rule) && book.edit(miss, rule)
        });
        if is_mended {
            continue;
        }
        if let Some(rule) = tried {
            patch.left_out.push(format!(
                "{}:{} stands in other words in its file",
                lossy(&rule.file),
                rule.line
            ));
        }
        lines.insert(if by_cron {
            cron_line(report)
        } else {
            tmpfiles_line(report)
        });
    }
    if !lines.is_empty() {
        let file = if by_cron { NEW } else { NEW_TMPFILES };
        let mut text = book.contents(file).unwrap_or_default();
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        for line in lines {
            text.extend_from_slice(line.as_bytes());
        }
        book.new.insert(file.to_vec(), text);
    }
    for (file, new) in &book.new {
        let old = book.old.get(file).and_then(Option::as_deref);
        patch.diff.extend(unified(file, old, new));
    }
    patch
}

/// Whether new lines are cron's work: it has some already, or nothing else has.
fn has_cron(audit: &Audit) -> bool {
    let is_of_cron =
        |format: Format| matches!(format, Format::Cron | Format::RunParts | Format::Anacron);
    let is_of_systemd = |format: Format| matches!(format, Format::Tmpfiles | Format::Timer);
    let formats = || audit.rules.iter().map(|report| report.rule.format);
    formats().any(is_of_cron) || !formats().any(is_of_systemd)
}

/// A block of logrotate with a script at its beginning, as an edit of its header.
pub(super) fn with_script(header: &str, kind: &str, script: &str) -> String {
    format!("{header} {{\n    {kind}\n        {script}\n    endscript")
}

/// Whether an edit is nothing that a diff can say: a file to be renamed, a unit to be enabled, a
/// heap to be removed once.
fn is_by_hand(miss: &NearMiss, rule: &Rule) -> bool {
    let is_bare = miss.edited.as_bytes() == rule.text && rule.broken.is_none();
    is_bare || miss.edited == miss.edit && rule.rotation.is_some()
}

/// The rule files, as they are and as they would be.
struct Book<'a> {
    old: BTreeMap<Vec<u8>, Option<Vec<u8>>>,
    new: BTreeMap<Vec<u8>, Vec<u8>>,
    /// By file and line: the command that stands there now.
    edited: BTreeMap<(Vec<u8>, u64), String>,
    load: &'a mut dyn FnMut(&[u8]) -> Option<Vec<u8>>,
}

impl Book<'_> {
    /// A file as it would be so far.
    fn contents(&mut self, file: &[u8]) -> Option<Vec<u8>> {
        if let Some(new) = self.new.get(file) {
            return Some(new.clone());
        }
        let load = &mut *self.load;
        self.old
            .entry(file.to_vec())
            .or_insert_with(|| load(file))
            .clone()
    }

    /// Puts the edited command in the place of the old one; `false` where that is not found, or
    /// was edited for another family already.
    fn edit(&mut self, miss: &NearMiss, rule: &Rule) -> bool {
        let key = (rule.file.clone(), rule.line);
        if let Some(other) = self.edited.get(&key) {
            return *other == miss.edited;
        }
        let Some(text) = self.contents(&rule.file) else {
            return false;
        };
        if miss.edited.as_bytes() == rule.text && !rule.text.contains(&b'%') {
            // All that the last line needs is its end.
            let is_open = !text.ends_with(b"\n");
            if is_open {
                let new = [&text[..], b"\n"].concat();
                self.new.insert(rule.file.clone(), new);
                self.edited.insert(key, miss.edited.clone());
            }
            return is_open;
        }
        let start = line_start(&text, rule.line);
        let header = [&rule.text[..], b" {"].concat();
        if let Some(script) = miss.edited.as_bytes().strip_prefix(&header[..]) {
            let Some(open) = text[start..].iter().position(|&b| b == b'{') else {
                return false;
            };
            let (before, after) = text.split_at(start + open + 1);
            self.new
                .insert(rule.file.clone(), [before, script, after].concat());
            self.edited.insert(key, miss.edited.clone());
            return true;
        }
        let is_table = is_crontab(&rule.file);
        let written = |command: &[u8]| {
            if is_table {
                escaped(command)
            } else {
                command.to_vec()
            }
        };
        // A bare `%` is what may have to be mended.
        let as_written = [written(&rule.text), rule.text.clone()];
        let found = as_written.into_iter().find_map(|old| {
            let at = find(&text[start..], &old)?;
            Some((start + at, old))
        });
        let Some((at, old)) = found else {
            return false;
        };
        // Only on its own line: the same words further down are another command.
        if text[start..at].contains(&b'\n') {
            return false;
        }
        let mut new = text[..at].to_vec();
        new.extend(written(miss.edited.as_bytes()));
        new.extend_from_slice(&text[at + old.len()..]);
        self.new.insert(rule.file.clone(), new);
        self.edited.insert(key, miss.edited.clone());
        true
    }
}

fn is_crontab(file: &[u8]) -> bool {
    file == b"/etc/crontab"
        || file.starts_with(b"/etc/cron.d/")
        || file.starts_with(b"/var/spool/cron/")
}

/// In a crontab a bare `%` would end the command.
fn escaped(command: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(command.len());
    for &byte in command {
        if byte == b'%' {
            text.push(b'\\');
        }
        text.push(byte);
    }
    text
}

fn line_start(text: &[u8], line: u64) -> usize {
    let mut ends = text.iter().enumerate().filter(|(_, b)| **b == b'\n');
    match line.checked_sub(2).and_then(|n| usize::try_from(n).ok()) {
        None => 0,
        Some(n) => ends.nth(n).map_or(text.len(), |(at, _)| at + 1),
    }
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    if part.is_empty() {
        return None;
    }
    text.windows(part.len()).position(|window| window == part)
}

/// For how many days a family is kept, and who says so, as a comment on it.
fn kept(report: &FamilyReport) -> (u64, String) {
    let keep = report.keep.as_ref();
    let days = keep.map_or(14, |keep| (keep.age.0 / DAY).max(1));
    let advice = match keep {
        Some(keep) => format!("kept for {days} days ({})", keep.says),
        None => format!("{days} days are a guess: choose how long it is wanted"),
    };
    let subject: String = lossy(&report.family.template)
        .chars()
        .map(|c| if c.is_control() { '?' } else { c })
        .collect();
    (days, format!("# {subject}: {advice}\n"))
}

/// A line of tmpfiles.d: it cleans by age all that lies in the family's directories.
fn tmpfiles_line(report: &FamilyReport) -> String {
    let (days, comment) = kept(report);
    let pattern = pattern(&report.family.template);
    let slash = pattern.iter().rposition(|&b| b == b'/').unwrap_or(0);
    let folder = lossy(&pattern[..slash.max(1)]).replace('%', "%%");
    let folder = if folder.contains(char::is_whitespace) {
        format!("\"{folder}\"")
    } else {
        folder
    };
    format!("{comment}# and whatever else lies in these directories\ne {folder} - - - m:{days}d\n")
}

/// A line for cron, with what it is for above it.
fn cron_line(report: &FamilyReport) -> String {
    let family = &report.family;
    let (days, comment) = kept(report);
    let pattern = lossy(&pattern(&family.template)).replace('\'', "'\\''");
    let command = format!(
        "find {} -type f -path '{pattern}' -mtime +{days} -delete",
        quote(&family.root)
    );
    let command = lossy(&escaped(command.as_bytes()));
    format!("{comment}30 4 * * * root {command}\n")
}

/// The template with its variables as wildcards, for `find -path`.
fn pattern(template: &[u8]) -> Vec<u8> {
    let mut pattern = Vec::with_capacity(template.len());
    let mut depth = 0u32;
    for &byte in template {
        match byte {
            b'{' => {
                depth += 1;
                if depth == 1 && pattern.last() != Some(&b'*') {
                    pattern.push(b'*');
                }
            }
            b'}' if depth > 0 => depth -= 1,
            _ if depth == 0 => pattern.extend(escape(&[byte])),
            _ => {}
        }
    }
    pattern
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The lines of a text, each with its newline, if it has one.
fn lines(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|&b| b == b'\n').collect()
}

/// A unified diff of one file, as `diff -u` writes it.
fn unified(file: &[u8], old: Option<&[u8]>, new: &[u8]) -> Vec<u8> {
    let (before, after) = (lines(old.unwrap_or_default()), lines(new));
    let changes = changes(&before, &after);
    if changes.is_empty() {
        return Vec::new();
    }
    let label = |side: &str| [side.as_bytes(), file, b"\n"].concat();
    let mut diff = match old {
        Some(_) => label("--- a"),
        None => b"--- /dev/null\n".to_vec(),
    };
    diff.extend(label("+++ b"));
    for (at, chunk) in changes.iter().enumerate() {
        let previous = at.checked_sub(1).map_or(0, |i| changes[i].old_end);
        let next = changes.get(at + 1).map_or(before.len(), |c| c.old_start);
        let lead = chunk.old_start.saturating_sub(CONTEXT).max(previous);
        // Context between two changes is shown once, with the first.
        let trail = (chunk.old_end + CONTEXT).min(next);
        let lead = if at > 0 {
            lead.max((previous + CONTEXT).min(chunk.old_start))
        } else {
            lead
        };
        diff.extend(chunk.hunk(&before, &after, lead, trail));
    }
    diff
}

/// A run of lines that differ.
struct Chunk {
    old_start: usize,
    old_end: usize,
    new_start: usize,
    new_end: usize,
}

impl Chunk {
    fn hunk(&self, before: &[&[u8]], after: &[&[u8]], lead: usize, trail: usize) -> Vec<u8> {
        let count = |n: usize, start: usize| {
            // An empty side stands before line 1.
            let line = if n == 0 { start } else { start + 1 };
            format!("{line},{n}")
        };
        let old_count = trail - lead;
        let new_lead = self.new_start - (self.old_start - lead);
        let new_count =
            (self.old_start - lead) + (self.new_end - self.new_start) + (trail - self.old_end);
        let mut hunk = format!(
            "@@ -{} +{} @@\n",
            count(old_count, lead),
            count(new_count, new_lead)
        )
        .into_bytes();
        let mut put = |mark: u8, line: &[u8]| {
            hunk.push(mark);
            hunk.extend_from_slice(line);
            if !line.ends_with(b"\n") {
                hunk.extend_from_slice(b"\n\\ No newline at end of file\n");
            }
        };
        before[lead..self.old_start]
            .iter()
            .for_each(|l| put(b' ', l));
        before[self.old_start..self.old_end]
            .iter()
            .for_each(|l| put(b'-', l));
        after[self.new_start..self.new_end]
            .iter()
            .for_each(|l| put(b'+', l));
        before[self.old_end..trail]
            .iter()
            .for_each(|l| put(b' ', l));
        hunk
    }
}

/// Where two texts differ. Edits change lines in their places and new lines come last, so what
/// differs is found by going down both at once.
fn changes(before: &[&[u8]], after: &[&[u8]]) -> Vec<Chunk> {
    let shared = before.len().min(after.len());
    let mut chunks: Vec<Chunk> = Vec::new();
    let mut at = 0;
    while at < shared {
        if before[at] == after[at] {
            at += 1;
            continue;
        }
        let start = at;
        while at < shared && before[at] != after[at] {
            at += 1;
        }
        chunks.push(Chunk {
            old_start: start,
            old_end: at,
            new_start: start,
            new_end: at,
        });
    }
    if before.len() != after.len() {
        match chunks.last_mut().filter(|chunk| chunk.old_end == shared) {
            Some(last) => {
                last.old_end = before.len();
                last.new_end = after.len();
            }
            None => chunks.push(Chunk {
                old_start: shared,
                old_end: before.len(),
                new_start: shared,
                new_end: after.len(),
            }),
        }
    }
    chunks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn diffs_are_written_as_diff_writes_them() {
        let old = b"1\n2\n3\n4\n5\n6\n7\n8\n9\n";
        let new = b"1\n2\n3\n4\nfive\n6\n7\n8\n9\nten\n";
        let diff = unified(b"/f", Some(old), new);
        assert_eq!(
            String::from_utf8(diff).unwrap(),
            "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+five\n 6\n 7\n 8\n\
             @@ -9,1 +9,2 @@\n 9\n+ten\n"
        );
        let made = unified(b"/f", None, b"a\n");
        assert_eq!(
            String::from_utf8(made).unwrap(),
            "--- /dev/null\n+++ b/f\n@@ -0,0 +1,1 @@\n+a\n"
        );
        let bare = unified(b"/f", Some(b"a"), b"b\n");
        assert_eq!(
            String::from_utf8(bare).unwrap(),
            "--- a/f\n+++ b/f\n@@ -1,1 +1,1 @@\n-a\n\\ No newline at end of file\n+b\n"
        );
        assert!(unified(b"/f", Some(b"a\n"), b"a\n").is_empty());
    }

    #[test]
    fn patterns_have_a_star_for_every_variable() {
        assert_eq!(pattern(b"/a/{date}/x[{n}].csv"), b"/a/*/x\\[*].csv");
        assert_eq!(pattern(b"/a/{b}{c}"), b"/a/*");
        assert_eq!(line_start(b"a\nb\nc", 3), 4);
        assert_eq!(escaped(b"date +%F"), b"date +\\%F");
    }
}
