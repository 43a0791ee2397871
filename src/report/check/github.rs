//! Annotations of a GitHub workflow: `::error title=…::message`.
//!
//! A runner reads these off stdout, line by line, and shows at most ten of a kind per step; so
//! there are never more than three here, the worst first. In a message `%`, CR and LF are written
//! as `%25`, `%0D` and `%0A`, in a property `:` and `,` as well (GitHub, *Workflow commands*, and
//! `actions/toolkit`, `core/src/command.ts`).

use crate::report::escape::escape;

use super::{Check, State, Target, sentence};

/// Annotations at most.
const MOST: usize = 3;

/// Writes the annotations: an error for what is short or unknown, a warning for what can be fixed
/// and for findings, a notice when all is well.
#[must_use]
pub fn annotations(check: &Check) -> String {
    let mut lines: Vec<String> = Vec::new();
    let bad = check.worst_first().into_iter();
    for target in bad.filter(|target| target.state != State::Ok) {
        lines.push(of_target(check, target));
    }
    for finding in &check.findings {
        let subject = escape(&finding.subject);
        let title = format!("jettison: {}: {subject}", finding.code);
        lines.push(line(
            "warning",
            &title,
            &format!("{subject}: {}", finding.message),
        ));
    }
    if lines.is_empty() {
        lines.extend(check.targets.iter().map(|target| of_target(check, target)));
    }
    let hidden = lines.len().saturating_sub(MOST);
    if hidden > 0 {
        lines.truncate(MOST - 1);
        let message = format!("{} more, see jettison check --format json", hidden + 1);
        lines.push(line("notice", "jettison", &message));
    }
    lines.concat()
}

fn of_target(check: &Check, target: &Target) -> String {
    let level = match target.state {
        State::Ok => "notice",
        State::ShortFixable => "warning",
        State::Unknown | State::Short => "error",
    };
    let title = format!(
        "jettison: {}: {}",
        escape(target.name()),
        target.state.word()
    );
    let mut message = sentence(check, target);
    if target.available.is_some() && !target.reasons.is_empty() {
        message += &format!("; {}", target.reasons.join("; "));
    }
    if let Some(next) = &target.next {
        message += &format!("\n{next}");
    }
    line(level, &title, &message)
}

fn line(level: &str, title: &str, message: &str) -> String {
    format!("::{level} title={}::{}\n", property(title), data(message))
}

fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::super::tests::{ALL, check, hostile, target};
    use super::*;

    /// As the runner reads a line: command, properties, message, with its escapes undone.
    fn read(line: &str) -> (String, Vec<(String, String)>, String) {
        let rest = line.strip_prefix("::").expect("a command");
        let (head, message) = rest.split_once("::").expect("a message");
        let (command, properties) = head.split_once(' ').unwrap_or((head, ""));
        let undo = |s: &str| {
            s.replace("%0D", "\r")
                .replace("%0A", "\n")
                .replace("%3A", ":")
                .replace("%2C", ",")
                .replace("%25", "%")
        };
        let properties = properties.split(',').filter_map(|p| p.split_once('='));
        (
            command.to_owned(),
            properties.map(|(k, v)| (k.to_owned(), undo(v))).collect(),
            undo(message),
        )
    }

    #[test]
    fn a_runner_reads_what_was_meant() {
        let mut short = target(b"/100%,a::b\n::error::x", 1 << 30, 2 << 30, State::Short);
        short.next = Some("jettison plan / --need 50%".to_owned());
        let text = annotations(&check(vec![short]));
        assert_eq!(text.matches('\n').count(), 1, "{text}");
        let (command, properties, message) = read(text.trim_end());
        assert_eq!(command, "error");
        let title = "jettison: /100%,a::b\\n::error::x: short";
        assert_eq!(properties, [("title".to_owned(), title.to_owned())]);
        let expected = "/100%,a::b\\n::error::x has 1.0 GiB of the 2.0 GiB needed\n\
                        jettison plan / --need 50%";
        assert_eq!(message, expected);
    }

    #[test]
    fn no_name_makes_a_command_of_its_own() {
        for state in ALL {
            let check = hostile(state);
            for target in &check.targets {
                let one = Check {
                    targets: vec![target.clone()],
                    findings: Vec::new(),
                    ..check.clone()
                };
                let text = annotations(&one);
                assert!(text.lines().count() <= 3 && text.ends_with('\n'));
                assert!(!text.contains('\r'), "{text:?}");
                let (command, properties, message) = read(text.lines().next().expect("a line"));
                assert!(["error", "warning", "notice"].contains(&command.as_str()));
                let name = escape(target.name());
                assert_eq!(properties.len(), 1, "{text}");
                assert!(properties[0].1.contains(&name), "{text}");
                assert!(message.contains(&name), "{text}");
            }
        }
    }

    #[test]
    fn there_are_never_more_than_three_and_the_worst_comes_first() {
        let states = [
            State::Ok,
            State::ShortFixable,
            State::Short,
            State::Unknown,
            State::Short,
        ];
        let targets = states.map(|state| target(b"/", 1, 2, state));
        let text = annotations(&check(targets.to_vec()));
        let levels: Vec<String> = text.lines().map(|line| read(line).0).collect();
        assert_eq!(levels, ["error", "error", "notice"]);
        assert!(
            text.lines().last().is_some_and(|l| l.contains("2 more")),
            "{text}"
        );
        let fine = annotations(&check(vec![target(b"/", 2, 1, State::Ok)]));
        assert!(
            fine.starts_with("::notice title=jettison%3A /%3A ok::"),
            "{fine}"
        );
    }
}
