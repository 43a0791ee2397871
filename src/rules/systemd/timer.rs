//! Timers: what the services that they start delete, and how often.

use std::collections::BTreeSet;

use super::unit::{self, FOLDERS, Setting, Unit};
use super::{calendar, command, span};
use crate::entry::RuleFile;
use crate::rules::commands::{self, Job, Outcome, Source};
use crate::rules::cron;
use crate::rules::expand::Scope;
use crate::rules::machine::Machine;
use crate::rules::model::{Asks, Format, Gate, Place, Trace, Tri};
use crate::time::Age;

/// Where systemd says that it runs.
const RUNNING: &[u8] = b"/run/systemd/system";

/// A timer's name, when a path is one's.
fn timer_name(path: &[u8]) -> Option<&[u8]> {
    let slash = path.iter().rposition(|&b| b == b'/')?;
    let name = &path[slash + 1..];
    (FOLDERS.contains(&&path[..slash]) && name.ends_with(b".timer")).then_some(name)
}

/// Reads the services of every timer among some files.
pub(in crate::rules) fn read(files: &[RuleFile], machine: &mut dyn Machine, outcome: &mut Outcome) {
    let names: BTreeSet<&[u8]> = files.iter().filter_map(|f| timer_name(&f.path)).collect();
    for name in names {
        if let Some(timer) = Unit::find(name, machine) {
            read_one(name, &timer, machine, outcome);
        }
    }
}

/// Why a timer does not run, as far as this machine shows; `None`: nothing says so.
pub(in crate::rules) fn fault(name: &[u8], machine: &mut dyn Machine) -> Option<String> {
    if machine.is_live() && machine.is_there(RUNNING) == Tri::False {
        return Some("systemd does not run on this machine".to_owned());
    }
    let timer = Unit::find(name, machine);
    let name_text = String::from_utf8_lossy(name).into_owned();
    match timer {
        Some(Unit {
            masked_by: Some(mask),
            ..
        }) => Some(format!(
            "{name_text} is masked by {}",
            String::from_utf8_lossy(&mask)
        )),
        Some(_) => (unit::is_enabled(name, machine) == Tri::False)
            .then(|| format!("{name_text} is not enabled")),
        None if machine.is_live() => Some(format!("there is no {name_text}")),
        None => None,
    }
}

/// The file whose time shows when a timer last ran; systemd writes it for persistent ones only.
pub(in crate::rules) fn stamp(name: &[u8], machine: &mut dyn Machine) -> Option<Trace> {
    if !machine.is_live() {
        return None;
    }
    let path = [b"/var/lib/systemd/timers/stamp-", name].concat();
    let when = machine.load(&path)?.mtime?;
    Some(Trace { file: path, when })
}

fn read_one(name: &[u8], timer: &Unit, machine: &mut dyn Machine, outcome: &mut Outcome) {
    let stem = name.strip_suffix(b".timer").unwrap_or(name);
    let service_name = timer.one(b"Timer", b"Unit").map_or_else(
        || [stem, b".service"].concat(),
        |setting| setting.value.clone(),
    );
    let Some(service) = find_service(&service_name, machine) else {
        return;
    };
    let (gap, line) = period(timer);
    let mut disabled = fault(name, machine);
    if disabled.is_none() && service.masked_by.is_some() {
        disabled = Some("its service is masked".to_owned());
    }
    if disabled.is_none() && gap.is_none() && line.is_none() {
        disabled = Some("its timer runs it once after boot only".to_owned());
    }
    let persistent = timer.says(b"Timer", b"Persistent");
    let traces: Vec<Trace> = persistent
        .then(|| stamp(name, machine))
        .flatten()
        .into_iter()
        .collect();
    let mut gates = conditions(timer);
    gates.extend(conditions(&service));
    let job = Job {
        format: Format::Timer,
        user: Some(
            service
                .one(b"Service", b"User")
                .map_or_else(|| b"root".to_vec(), |user| user.value.clone()),
        ),
        max_gap: gap,
        disabled,
        scope: environment(&service, machine),
        cwd: Some(
            service
                .one(b"Service", b"WorkingDirectory")
                .map_or_else(|| b"/".to_vec(), |dir| dir.value.clone()),
        ),
        gates,
        traces,
        via: vec![Place {
            file: timer.file.path.clone(),
            line: line.unwrap_or(1),
        }],
    };
    for key in [&b"ExecStartPre"[..], b"ExecStart", b"ExecStartPost"] {
        for setting in service.all(b"Service", key) {
            run(setting, &service, &job, machine, outcome);
        }
    }
}

fn run(
    setting: &Setting,
    service: &Unit,
    job: &Job,
    machine: &mut dyn Machine,
    outcome: &mut Outcome,
) {
    for simple in command::commands(&setting.value) {
        let source = Source::new(
            setting.file.clone(),
            setting.value.as_slice().into(),
            setting.line,
            service.file.mtime,
        );
        commands::run_one(source, &simple, job.clone(), machine, outcome);
    }
}

/// A service by its name, or the template of an instance.
fn find_service(name: &[u8], machine: &mut dyn Machine) -> Option<Unit> {
    Unit::find(name, machine).or_else(|| {
        let at = name.iter().position(|&b| b == b'@')?;
        Unit::find(&[&name[..=at], b".service"].concat(), machine)
    })
}

/// The longest time between two runs, and the line that says so.
fn period(timer: &Unit) -> (Option<Age>, Option<u64>) {
    let mut shortest: Option<Age> = None;
    let mut line = None;
    for setting in timer.all(b"Timer", b"OnCalendar") {
        line.get_or_insert(setting.line);
        if let Some(gap) = calendar::longest_gap(&setting.value) {
            shortest = Some(shortest.map_or(gap, |s| s.min(gap)));
        }
    }
    for key in [&b"OnUnitActiveSec"[..], b"OnUnitInactiveSec"] {
        for setting in timer.all(b"Timer", key) {
            line.get_or_insert(setting.line);
            if let Some(gap) = span::seconds(&setting.value).map(Age) {
                shortest = Some(shortest.map_or(gap, |s| s.min(gap)));
            }
        }
    }
    (shortest, line)
}

/// Conditions of a unit, as gates.
fn conditions(unit: &Unit) -> Vec<Gate> {
    let mut gates = Vec::new();
    for setting in unit.beginning(b"Unit", b"Condition") {
        let (wanted, value) = match setting.value.strip_prefix(b"!") {
            Some(rest) => (false, rest),
            None => (true, setting.value.as_slice()),
        };
        let asks = match setting.key.as_slice() {
            b"ConditionPathExists" | b"ConditionFileIsExecutable" => Asks::Exists(value.to_vec()),
            b"ConditionPathIsDirectory" => Asks::IsDir(value.to_vec()),
            b"ConditionACPower" | b"ConditionVirtualization" => continue,
            _ => Asks::Else,
        };
        gates.push(Gate {
            text: format!(
                "{}={}",
                String::from_utf8_lossy(&setting.key),
                String::from_utf8_lossy(value)
            ),
            asks,
            wanted,
        });
    }
    gates
}

/// The variables that a service sets.
fn environment(service: &Unit, machine: &mut dyn Machine) -> Scope {
    let mut scope = Scope::default();
    for setting in service.all(b"Service", b"Environment") {
        for (name, value) in command::assignments(&setting.value) {
            scope.set_text(&name, &value);
        }
    }
    for setting in service.all(b"Service", b"EnvironmentFile") {
        let path = setting.value.strip_prefix(b"-").unwrap_or(&setting.value);
        let Some(file) = machine.load(path) else {
            continue;
        };
        for line in file.contents.split(|&b| b == b'\n') {
            let line = line.trim_ascii();
            if let Some((name, value)) = cron::environment(line).filter(|_| !line.starts_with(b"#"))
            {
                scope.set_text(name, value);
            }
        }
    }
    scope
}
