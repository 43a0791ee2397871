//! Cleanup rules, whatever file they stand in: text → rules and troubles, one matcher for all.
//!
//! [`read`] takes rule *files* as a source found them and gives one [`model::Rule`] for every
//! command that deletes; [`coverage`] says which nodes of a tree a rule takes. No I/O is done
//! here: scripts that a rule calls by path come through the caller's loader.
//!
//! Read are crontabs, anacrontabs and run-parts scripts with the shell behind them, the services
//! of systemd timers, tmpfiles.d and logrotate. Of what else deletes it is noted that it does
//! ([`model::Fidelity::Opaque`]).

mod anacron;
pub mod caps;
mod commands;
pub mod coverage;
mod cron;
mod expand;
mod find;
mod gates;
pub mod glob;
pub mod logic;
mod logrotate;
pub mod machine;
pub mod model;
mod paths;
mod phrase;
mod regex;
mod shell;
mod systemd;
#[cfg(test)]
mod tests;
mod tmpfiles;
mod watch;

use crate::entry::{RuleFile, Trouble};

use commands::Outcome;
use machine::{InHand, Machine, OnlyFiles};
use model::Rule;

/// Every rule that was read, and what could not be.
#[derive(Clone, Debug, Default)]
pub struct RuleSet {
    /// The rules, by file and line.
    pub rules: Vec<Rule>,
    /// Lines and files that were not understood.
    pub troubles: Vec<Trouble>,
    /// Programs that should run some of the rules, and of which there is no sign, in words.
    pub not_running: Vec<String>,
    /// Programs that bound what they keep themselves, or were never told to.
    pub caps: Vec<caps::Cap>,
    /// What is missing on a machine on which nothing would tell of a full disk, in words.
    pub not_watched: Option<String>,
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
    read_on(files, &mut OnlyFiles(load))
}

/// The same, on a machine that can be asked for more than files.
pub fn read_on(files: &[RuleFile], machine: &mut dyn Machine) -> RuleSet {
    let mut outcome = Outcome::default();
    let mut order: Vec<&RuleFile> = files.iter().collect();
    order.sort_by(|a, b| a.path.cmp(&b.path));
    let mut machine = InHand::new(files, machine);
    for file in order {
        if let Some(kind) = cron::kind(&file.path) {
            cron::read(file, kind, &mut machine, &mut outcome);
        } else if file.path == anacron::TABLE {
            anacron::read(file, &mut machine, &mut outcome);
        }
    }
    systemd::timer::read(files, &mut machine, &mut outcome);
    tmpfiles::read(files, &mut machine, &mut outcome);
    logrotate::read(files, &mut machine, &mut outcome);
    let Outcome {
        mut rules,
        mut troubles,
    } = outcome;
    rules.sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
    merge_callers(&mut rules);
    name(&mut rules);
    troubles.sort_by(|a, b| (&a.path, a.line, &a.message).cmp(&(&b.path, b.line, &b.message)));
    troubles.dedup();
    let not_running = not_running(&rules, &mut machine);
    let caps = caps::read(&mut machine);
    let not_watched = watch::missing(files, &mut machine);
    RuleSet {
        rules,
        troubles,
        not_running,
        caps,
        not_watched,
    }
}

/// Whether cron runs, on a machine that can tell, where some rule needs it.
fn not_running(rules: &[Rule], machine: &mut dyn Machine) -> Vec<String> {
    const PIDS: [&[u8]; 3] = [b"/run/crond.pid", b"/run/cron.pid", b"/var/run/crond.pid"];
    let by_cron = |rule: &&Rule| {
        matches!(rule.format, model::Format::Cron | model::Format::RunParts)
            && rule.disabled.is_none()
            && !rule.gates.iter().any(model::Gate::is_closed)
    };
    let n = rules.iter().filter(by_cron).count();
    let is_gone = |machine: &mut dyn Machine| {
        PIDS.iter()
            .all(|pid| machine.is_there(pid) == model::Tri::False)
    };
    if n == 0 || !is_gone(machine) {
        return Vec::new();
    }
    vec![format!(
        "cron does not seem to run (there is no /run/crond.pid), and {n} rules are its work"
    )]
}

/// One command is one rule, whoever calls it: of several callers the one counts that does run,
/// and most often.
fn merge_callers(rules: &mut Vec<Rule>) {
    let idle = |rule: &Rule| {
        let is_closed = rule.gates.iter().any(model::Gate::is_closed);
        (rule.disabled.is_some(), is_closed, rule.max_gap.is_none())
    };
    let mut merged: Vec<Rule> = Vec::with_capacity(rules.len());
    for rule in rules.drain(..) {
        let same = merged
            .iter_mut()
            .rev()
            .take_while(|other| other.file == rule.file && other.line == rule.line)
            .find(|other| {
                other.text == rule.text
                    && other.sweeps == rule.sweeps
                    && other.via != rule.via
                    && other.fidelity == rule.fidelity
            });
        match same {
            Some(other) => {
                if (idle(&rule), rule.max_gap) < (idle(other), other.max_gap) {
                    *other = rule;
                }
            }
            None => merged.push(rule),
        }
    }
    *rules = merged;
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
