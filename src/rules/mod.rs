//! Cleanup rules, whatever file they stand in: text → rules and troubles, one matcher for all.
//!
//! [`read`] takes rule *files* as a source found them and gives one [`model::Rule`] for every
//! command that deletes; [`coverage`] says which nodes of a tree a rule takes. No I/O is done
//! here: scripts that a rule calls by path come through the caller's loader.
//!
//! Read so far: crontabs and run-parts scripts with `find` and `rm` in shell. Of what else
//! deletes it is noted that it does ([`model::Fidelity::Opaque`]).

mod commands;
pub mod coverage;
mod cron;
mod expand;
mod find;
mod gates;
pub mod glob;
pub mod logic;
pub mod model;
mod paths;
mod phrase;
mod regex;
mod shell;
#[cfg(test)]
mod tests;

use crate::entry::{RuleFile, Trouble};

use commands::Outcome;
use model::Rule;

/// Every rule that was read, and what could not be.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The rules, by file and line.
    pub rules: Vec<Rule>,
    /// Lines and files that were not understood.
    pub troubles: Vec<Trouble>,
}

/// Reads rule files. `load` is asked for scripts that these call by their absolute path on the
/// machine in question.
///
/// ```
/// use jettison::entry::RuleFile;
///
/// let market = RuleFile {
///     path: b"/etc/cron.d/market".to_vec(),
///     read_from: b"checkout/etc/cron.d/market".to_vec(),
///     contents: b"0 3 * * * root find /data -name '*.csv' -mtime +14 -delete\n".to_vec(),
///     mode: None,
///     uid: None,
///     mtime: None,
/// };
/// let set = jettison::rules::read(&[market], &mut |_| None);
/// assert_eq!(set.rules[0].id, "/etc/cron.d/market:1");
/// assert_eq!(set.rules[0].text, b"find /data -name '*.csv' -mtime +14 -delete");
/// ```
pub fn read(files: &[RuleFile], load: &mut dyn FnMut(&[u8]) -> Option<RuleFile>) -> RuleSet {
    let mut outcome = Outcome::default();
    let mut order: Vec<&RuleFile> = files.iter().collect();
    order.sort_by(|a, b| a.path.cmp(&b.path));
    for file in order {
        if let Some(kind) = cron::kind(&file.path) {
            cron::read(file, kind, load, &mut outcome);
        }
    }
    let Outcome {
        mut rules,
        mut troubles,
    } = outcome;
    rules.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    name(&mut rules);
    troubles.sort_by(|a, b| (&a.path, a.line, &a.message).cmp(&(&b.path, b.line, &b.message)));
    troubles.dedup();
    RuleSet { rules, troubles }
}

/// Gives every rule its id: file and line, and a number where several stand on one line.
fn name(rules: &mut [Rule]) {
    for group in rules.chunk_by_mut(|a, b| (&a.file, a.line) == (&b.file, b.line)) {
        for (ordinal, rule) in group.iter_mut().enumerate() {
            let place = format!("{}:{}", String::from_utf8_lossy(&rule.file), rule.line);
            rule.id = match ordinal {
                0 => place,
                n => format!("{place}#{}", n + 1),
            };
        }
    }
}
