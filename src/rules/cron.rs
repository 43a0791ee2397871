//! Crontabs and the scripts of `/etc/cron.daily` and its like.
//!
//! After crontab(5) of Debian's cron and run-parts(8): environment lines are literal, a `%` that
//! is not escaped ends the command, and a name with a dot is never read or run.

use crate::entry::{RuleFile, Trouble};
use crate::rules::commands::{self, Interpreter, Job, Load, Outcome, Source};
use crate::rules::expand::Scope;
use crate::rules::model::Format;
use crate::rules::phrase;
use crate::time::{Age, Timestamp};

pub(super) const HOUR: u64 = 3600;
pub(super) const DAY: u64 = 24 * HOUR;

/// What kind of cron file a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `/etc/crontab`: a table with users.
    System,
    /// A file of `/etc/cron.d`: the same, with rules for its name.
    Part,
    /// A user's table.
    User,
    /// A script that run-parts runs at least so often.
    Script(Age),
}

/// Recognises a cron file by its path.
pub(super) fn kind(path: &[u8]) -> Option<Kind> {
    let (folder, name) = path.split_at(path.iter().rposition(|&b| b == b'/')?);
    match folder {
        b"/etc" if name == b"/crontab" => Some(Kind::System),
        b"/etc/cron.d" => Some(Kind::Part),
        b"/etc/cron.hourly" => Some(Kind::Script(Age(HOUR))),
        b"/etc/cron.daily" => Some(Kind::Script(Age(DAY))),
        b"/etc/cron.weekly" => Some(Kind::Script(Age(7 * DAY))),
        b"/etc/cron.monthly" => Some(Kind::Script(Age(31 * DAY))),
        b"/var/spool/cron/crontabs" | b"/var/spool/cron" => Some(Kind::User),
        _ => None,
    }
}

/// Reads one file.
pub(super) fn read(file: &RuleFile, kind: Kind, load: Load<'_>, outcome: &mut Outcome) {
    match kind {
        Kind::Script(gap) => script(file, gap, load, outcome),
        Kind::System | Kind::Part | Kind::User => table(file, kind, load, outcome),
    }
}

fn script(file: &RuleFile, gap: Age, load: Load<'_>, outcome: &mut Outcome) {
    let source = commands::source_of(file);
    let braces = match commands::interpreter(&source.text) {
        Interpreter::Shell { braces } => braces,
        Interpreter::Other | Interpreter::Binary => false,
    };
    let not_executable = file.mode.is_some_and(|mode| mode & 0o111 == 0);
    let disabled = name_fault(&file.path, "run-parts does not run")
        .or_else(|| not_executable.then(|| "the script is not executable".to_owned()));
    let job = Job {
        format: Format::RunParts,
        user: Some(b"root".to_vec()),
        max_gap: Some(gap),
        disabled,
        scope: Scope::new(braces),
        cwd: Some(b"/".to_vec()),
        gates: Vec::new(),
        traces: Vec::new(),
        via: Vec::new(),
    };
    commands::run(source, job, load, outcome);
}

/// Debian's cron and run-parts pass over names with any other character.
fn name_fault(path: &[u8], who: &str) -> Option<String> {
    let name = phrase::basename(path);
    let odd = name
        .iter()
        .find(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-')))?;
    Some(format!(
        "{who} a file with a `{}` in its name",
        char::from(*odd).escape_default()
    ))
}

fn table(file: &RuleFile, kind: Kind, load: Load<'_>, outcome: &mut Outcome) {
    let disabled = match kind {
        Kind::Part => name_fault(&file.path, "cron does not read"),
        _ => None,
    }
    .or_else(|| permission_fault(file, kind));
    // Debian's cron passes over the whole file, cronie over the line.
    let unended = !file.contents.is_empty() && !file.contents.ends_with(b"\n");
    let last = file.contents.iter().filter(|&&b| b == b'\n').count() as u64 + 1;
    let mut scope = Scope::default();
    let mut number = 0;
    for line in file.contents.split(|&b| b == b'\n') {
        number += 1;
        let line = trim_start(line.strip_suffix(b"\r").unwrap_or(line));
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Some((name, value)) = environment(line) {
            scope.braces = match name {
                b"SHELL" => phrase::basename(value) == b"bash",
                _ => scope.braces,
            };
            scope.set_text(name, value);
            continue;
        }
        let entry = entry(line, kind != Kind::User).map(|entry| Entry {
            user: entry.user.or_else(|| match kind {
                Kind::User => Some(phrase::basename(&file.path)),
                _ => None,
            }),
            ..entry
        });
        match entry {
            Ok(mut entry) => {
                if unended && number == last {
                    entry.broken = Some(
                        "the file does not end with a newline, so cron passes over it (Debian's over all of its lines)",
                    );
                }
                let place = Line {
                    file,
                    number,
                    disabled: disabled.clone(),
                };
                place.run(&entry, scope.clone(), load, outcome);
            }
            Err(message) => outcome.troubles.push(Trouble {
                path: file.path.clone(),
                line: Some(number),
                code: "rule-syntax",
                message: message.to_owned(),
            }),
        }
    }
}

fn permission_fault(file: &RuleFile, kind: Kind) -> Option<String> {
    if kind == Kind::User {
        return None;
    }
    if file.uid.is_some_and(|uid| uid != 0) {
        return Some("cron does not read a system table that root does not own".to_owned());
    }
    let writable = file.mode.is_some_and(|mode| mode & 0o022 != 0);
    writable.then(|| "cron does not read a table that others can write".to_owned())
}

fn trim_start(line: &[u8]) -> &[u8] {
    let blanks = line
        .iter()
        .take_while(|b| matches!(b, b' ' | b'\t'))
        .count();
    &line[blanks..]
}

/// `NAME = value`, the value literal, in quotes or not.
pub(super) fn environment(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let equals = line.iter().position(|&b| b == b'=')?;
    let name = line[..equals].trim_ascii();
    let name = unquoted(name);
    let is_name = !name.is_empty()
        && !name[0].is_ascii_digit()
        && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_');
    is_name.then(|| (name, unquoted(line[equals + 1..].trim_ascii())))
}

fn unquoted(text: &[u8]) -> &[u8] {
    match text {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        _ => text,
    }
}

/// One job of a table.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    gap: Option<Age>,
    user: Option<&'a [u8]>,
    command: &'a [u8],
    broken: Option<&'static str>,
}

/// The next field of a line, and what follows it.
pub(super) fn field(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = trim_start(line);
    let len = line
        .iter()
        .position(|b| matches!(b, b' ' | b'\t'))
        .unwrap_or(line.len());
    (len > 0).then(|| (&line[..len], trim_start(&line[len..])))
}

fn entry(line: &[u8], has_user: bool) -> Result<Entry<'_>, &'static str> {
    let incomplete = "a job needs five time fields (or @daily and its like) and a command";
    let (gap, rest) = if line.starts_with(b"@") {
        let (word, rest) = field(line).ok_or(incomplete)?;
        let gap = nickname(word).ok_or("there is no such @word (expected @reboot, @hourly, @daily, @weekly, @monthly or @yearly)")?;
        (gap, rest)
    } else {
        let mut rest = line;
        let mut fields = [&b""[..]; 5];
        for slot in &mut fields {
            (*slot, rest) = field(rest).ok_or(incomplete)?;
        }
        let gap = longest_gap(fields).ok_or("the time fields are not understood")?;
        (Some(gap), rest)
    };
    let mut entry = Entry {
        gap,
        user: None,
        command: rest,
        broken: None,
    };
    let (first, after) = field(rest).ok_or(incomplete)?;
    let is_command =
        first.contains(&b'/') || matches!(first, b"find" | b"rm" | b"cd" | b"[" | b"test");
    if has_user && is_command {
        entry.broken =
            Some("the user field is missing, so cron takes the command's first word for it");
    } else if has_user {
        entry.user = Some(first);
        entry.command = after;
        if after.is_empty() {
            return Err(incomplete);
        }
    } else if first == b"root" {
        entry.broken = Some("a user's own table has no user field: `root` is run as a command");
        entry.command = after;
    }
    Ok(entry)
}

/// `@daily`: the longest gap, or `None` for what runs at boot only.
pub(super) fn nickname(word: &[u8]) -> Option<Option<Age>> {
    Some(match word {
        b"@reboot" => None,
        b"@yearly" | b"@annually" => Some(Age(366 * DAY)),
        b"@monthly" => Some(Age(31 * DAY)),
        b"@weekly" => Some(Age(7 * DAY)),
        b"@daily" | b"@midnight" => Some(Age(DAY)),
        b"@hourly" => Some(Age(HOUR)),
        _ => return None,
    })
}

/// A line of a table, to be run.
struct Line<'a> {
    file: &'a RuleFile,
    number: u64,
    disabled: Option<String>,
}

impl Line<'_> {
    fn run(&self, entry: &Entry<'_>, scope: Scope, load: Load<'_>, outcome: &mut Outcome) {
        let (whole, cut) = percent(entry.command);
        let read = |text: &[u8], load: Load<'_>| {
            let mut outcome = Outcome::default();
            let at_boot = entry
                .gap
                .is_none()
                .then(|| "it runs at boot only".to_owned());
            let home = match (scope.get(b"HOME"), entry.user) {
                (Some(_), _) => scope.text(b"HOME"),
                (None, Some(b"root")) => Some(b"/root".to_vec()),
                _ => None,
            };
            let source = Source::new(
                self.file.path.clone(),
                text.into(),
                self.number,
                self.file.mtime,
            );
            let job = Job {
                format: Format::Cron,
                user: entry.user.map(<[u8]>::to_vec),
                max_gap: entry.gap,
                disabled: self.disabled.clone().or(at_boot),
                scope: scope.clone(),
                cwd: home,
                gates: Vec::new(),
                traces: Vec::new(),
                via: Vec::new(),
            };
            commands::run(source, job, load, &mut outcome);
            outcome
        };
        let mut found = read(&whole, load);
        for rule in &mut found.rules {
            rule.broken = rule.broken.take().or(entry.broken.map(str::to_owned));
        }
        if let Some(cut) = cut {
            let left = read(&whole[..cut], load);
            for rule in &mut found.rules {
                let survives = left.troubles.is_empty()
                    && left.rules.iter().any(|other| other.text == rule.text);
                if !survives {
                    rule.broken = Some(
                        "a `%` that is not escaped ends the command there (write `\\%`)".to_owned(),
                    );
                }
            }
        }
        outcome.rules.append(&mut found.rules);
        outcome.troubles.append(&mut found.troubles);
    }
}

/// The command with `\%` read as `%`, and where the first bare `%` ends it.
fn percent(command: &[u8]) -> (Vec<u8>, Option<usize>) {
    let mut text = Vec::with_capacity(command.len());
    let mut cut = None;
    let mut bytes = command.iter().peekable();
    while let Some(&byte) = bytes.next() {
        if byte == b'\\' && bytes.peek() == Some(&&b'%') {
            text.push(b'%');
            bytes.next();
            continue;
        }
        if byte == b'%' {
            cut.get_or_insert(text.len());
        }
        text.push(byte);
    }
    (text, cut)
}

/// The longest time between two runs of the five fields.
pub(super) fn longest_gap(fields: [&[u8]; 5]) -> Option<Age> {
    let minutes = values(fields[0], 0, 59, &[])?;
    let hours = values(fields[1], 0, 23, &[])?;
    let days = values(fields[2], 1, 31, &[])?;
    let months = values(fields[3], 1, 12, &MONTHS)?;
    let weekdays = values(fields[4], 0, 7, &WEEKDAYS)?;
    let is_weekday = |n: usize| weekdays[n] || (n == 0 && weekdays[7]);
    let free = |field: &[u8]| field.starts_with(b"*");
    let runs_on = |month: i64, day: i64, weekday: usize| {
        let (dom, dow) = (days[index(day)], is_weekday(weekday));
        // Two restricted day fields: either is enough.
        let day_fits = if free(fields[2]) || free(fields[4]) {
            dom && dow
        } else {
            dom || dow
        };
        months[index(month)] && day_fits
    };
    let of_day: Vec<u64> = (0..24 * 60)
        .filter(|m| hours[m / 60] && minutes[m % 60])
        .map(|m| m as u64 * 60)
        .collect();
    let (first, last) = (*of_day.first()?, *of_day.last()?);
    let within = of_day
        .windows(2)
        .map(|pair| pair[1] - pair[0])
        .max()
        .unwrap_or(0);
    // Most jobs run every day, and need no calendar.
    let is_daily = fields[2..].iter().all(|field| *field == b"*");
    let days = match is_daily {
        true => 1,
        false => longest_day_gap(runs_on)?,
    };
    let across = days * DAY + first - last;
    Some(Age(within.max(across)))
}

fn index(n: i64) -> usize {
    usize::try_from(n).unwrap_or(0)
}

/// The longest distance in days between two days that fit, over eight years of the calendar
/// (29 February comes once in four); `None` when none fits.
fn longest_day_gap(runs_on: impl Fn(i64, i64, usize) -> bool) -> Option<u64> {
    // 2024-01-01 was a Monday.
    const START: i64 = 1_704_067_200;
    let mut previous: Option<u64> = None;
    let mut longest = 0;
    for n in 0..8 * 366u64 {
        let moment = Timestamp(START.saturating_add_unsigned(n * DAY));
        let Some([_, month, day, ..]) = moment.civil() else {
            continue;
        };
        let weekday = ((n + 1) % 7) as usize;
        if runs_on(month, day, weekday) {
            if let Some(previous) = previous {
                longest = longest.max(n - previous);
            }
            previous = Some(n);
        }
    }
    previous.map(|_| longest.max(1))
}

const MONTHS: [&[u8]; 13] = [
    b"", b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov",
    b"dec",
];
const WEEKDAYS: [&[u8]; 7] = [b"sun", b"mon", b"tue", b"wed", b"thu", b"fri", b"sat"];

/// One time field as a set: `*`, `a`, `a-b`, each with `/step`, in a list.
fn values(field: &[u8], low: usize, high: usize, names: &[&[u8]]) -> Option<[bool; 60]> {
    let number = |text: &[u8]| -> Option<usize> {
        let lower = text.to_ascii_lowercase();
        if let Some(n) = names
            .iter()
            .position(|name| !name.is_empty() && *name == lower)
        {
            return Some(n);
        }
        let n = std::str::from_utf8(text).ok()?.parse().ok()?;
        (low..=high).contains(&n).then_some(n)
    };
    let mut set = [false; 60];
    for part in field.split(|&b| b == b',') {
        let (range, step) = match part.iter().position(|&b| b == b'/') {
            Some(slash) => {
                let step = std::str::from_utf8(&part[slash + 1..]).ok()?.parse().ok()?;
                (&part[..slash], Some(step))
            }
            None => (part, None),
        };
        let (from, to) = if range == b"*" {
            (low, high)
        } else if let Some(dash) = range.iter().position(|&b| b == b'-') {
            (number(&range[..dash])?, number(&range[dash + 1..])?)
        } else {
            let n = number(range)?;
            (n, if step.is_some() { high } else { n })
        };
        let step: usize = step.unwrap_or(1);
        if step == 0 || from > to {
            return None;
        }
        (from..=to).step_by(step).for_each(|n| set[n] = true);
    }
    Some(set)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_gap_follows_the_fields() {
        for (fields, seconds) in [
            ("0 3 * * *", DAY),
            ("*/15 * * * *", 15 * 60),
            ("0 * * * *", HOUR),
            ("0 3 * * 0", 7 * DAY),
            ("0 3 * * sun", 7 * DAY),
            ("0 3 * * 7", 7 * DAY),
            ("0 3 1 * *", 31 * DAY),
            ("0 3 1 1 *", 366 * DAY),
            ("0 3,15 * * *", 12 * HOUR),
            ("0 9-17 * * 1-5", 2 * DAY + 16 * HOUR),
            ("0 0 29 2 *", 1461 * DAY),
            ("0 0 1 * 1", 7 * DAY),
        ] {
            let parts: Vec<&[u8]> = fields.split(' ').map(str::as_bytes).collect();
            let gap = longest_gap(parts.try_into().unwrap());
            assert_eq!(gap, Some(Age(seconds)), "{fields}");
        }
        for fields in [
            "60 3 * * *",
            "x * * * *",
            "*/0 * * * *",
            "0 0 31 2 *",
            "5-1 * * * *",
        ] {
            let parts: Vec<&[u8]> = fields.split(' ').map(str::as_bytes).collect();
            assert_eq!(longest_gap(parts.try_into().unwrap()), None, "{fields}");
        }
    }

    #[test]
    fn files_are_known_by_their_path() {
        for (path, expected) in [
            ("/etc/crontab", Some(Kind::System)),
            ("/etc/cron.d/x", Some(Kind::Part)),
            ("/etc/cron.daily/x", Some(Kind::Script(Age(DAY)))),
            ("/var/spool/cron/crontabs/app", Some(Kind::User)),
            ("/var/spool/cron/app", Some(Kind::User)),
            ("/etc/passwd", None),
            ("/etc/cron.d/a/b", None),
        ] {
            assert_eq!(kind(path.as_bytes()), expected, "{path}");
        }
    }

    #[test]
    fn percent_signs_end_the_command() {
        assert_eq!(percent(b"date +\\%F"), (b"date +%F".to_vec(), None));
        assert_eq!(percent(b"a \\% b % c"), (b"a % b % c".to_vec(), Some(6)));
    }
}
