//! `/etc/anacrontab`: `period delay id command`, each run once in so many days.
//!
//! After anacrontab(5). The commands are most often `run-parts /etc/cron.daily`, whose scripts
//! are read as such; the date that anacron leaves in its spool shows when they ran last.

use crate::entry::{RuleFile, Trouble};
use crate::rules::commands::{self, Job, Outcome, Source};
use crate::rules::cron::{self, DAY};
use crate::rules::expand::Scope;
use crate::rules::machine::Machine;
use crate::rules::model::{Format, Trace};
use crate::rules::phrase;
use crate::time::{Age, Timestamp};

/// Where the table stands.
pub(super) const TABLE: &[u8] = b"/etc/anacrontab";

/// Reads the table.
pub(super) fn read(file: &RuleFile, machine: &mut dyn Machine, outcome: &mut Outcome) {
    let mut scope = Scope::default();
    for (number, line) in (1u64..).zip(file.contents.split(|&b| b == b'\n')) {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Some((name, value)) = cron::environment(line) {
            scope.set_text(name, value);
            continue;
        }
        let Some((gap, id, command)) = job(line) else {
            outcome.troubles.push(Trouble {
                path: file.path.clone(),
                line: Some(number),
                code: "rule-syntax",
                message: "a job needs a period in days, a delay, a name and a command".to_owned(),
            });
            continue;
        };
        let source = Source::new(file.path.clone(), command.into(), number, file.mtime);
        let job = Job {
            format: Format::Anacron,
            user: Some(b"root".to_vec()),
            max_gap: Some(gap),
            disabled: None,
            scope: scope.clone(),
            cwd: Some(b"/".to_vec()),
            gates: Vec::new(),
            traces: stamp(id, machine).into_iter().collect(),
            via: Vec::new(),
        };
        commands::run(source, job, machine, outcome);
    }
}

/// Period, name and command of a line.
fn job(line: &[u8]) -> Option<(Age, &[u8], &[u8])> {
    let (period, rest) = cron::field(line)?;
    let (_, rest) = cron::field(rest)?;
    let (id, command) = cron::field(rest)?;
    let gap = if period.starts_with(b"@") {
        cron::nickname(period)??
    } else {
        let days: u64 = std::str::from_utf8(period).ok()?.parse().ok()?;
        Age(days.checked_mul(DAY)?)
    };
    (!command.is_empty()).then_some((gap, id, command))
}

/// When a job ran last, by the date in anacron's spool.
pub(super) fn stamp(id: &[u8], machine: &mut dyn Machine) -> Option<Trace> {
    if !machine.is_live() {
        return None;
    }
    let path = [b"/var/spool/anacron/", id].concat();
    let file = machine.load(&path)?;
    let text = std::str::from_utf8(&file.contents).ok()?;
    let when = match phrase::moment(text.trim())? {
        phrase::Moment::At(day) => Timestamp(day.0.saturating_add(DAY as i64 - 1)),
        phrase::Moment::Ago(_) => return None,
    };
    Some(Trace { file: path, when })
}
