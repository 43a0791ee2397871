//! The one line of a monitoring plugin: `JETTISON WARNING - text | 'label'=value;warn;crit;min;max`.
//!
//! By the guidelines of the Monitoring Plugins project: the text holds no `|` and no newline;
//! labels stand in single quotes and hold no `'` and no `=`; a range `N:` alerts below N; the unit
//! of bytes is `B`; and what is wrong with the command line is UNKNOWN as well, which is why the
//! exit codes 64 and 70 become 3 in this form.

use crate::report::escape::escape;

use super::{Check, State, Target, sentence};

/// Writes the line.
#[must_use]
pub fn line(check: &Check) -> String {
    let status = match check.exit() {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let mut said: Vec<String> = Vec::new();
    for target in check.worst_first() {
        if target.state == State::Ok && check.state() != State::Ok {
            continue;
        }
        said.push(sentence(check, target));
        if target.available.is_some() {
            said.extend(target.reasons.iter().cloned());
        }
    }
    for finding in &check.findings {
        said.push(format!("{}: {}", escape(&finding.subject), finding.message));
    }
    let values: Vec<String> = check.targets.iter().flat_map(values).collect();
    let bar = if values.is_empty() { "" } else { " | " };
    format!(
        "JETTISON {status} - {}{bar}{}\n",
        plain(&said.join("; ")),
        values.join(" ")
    )
}

/// The line of a run that could not even begin.
#[must_use]
pub fn failure(message: &str) -> String {
    format!("JETTISON UNKNOWN - {}\n", plain(message))
}

/// A text without what ends it.
fn plain(text: &str) -> String {
    let odd = |c: char| c == '|' || c.is_control();
    text.replace(odd, " ").trim().to_owned()
}

fn values(target: &Target) -> Vec<String> {
    let (Some(volume), Some(available)) = (&target.volume, target.available) else {
        return Vec::new();
    };
    let name = escape(target.name()).replace(['\'', '=', '|', ' '], "_");
    let below = |n: u64| {
        if n == 0 {
            String::new()
        } else {
            format!("{n}:")
        }
    };
    let need = below(target.wanted());
    let mut values = vec![format!(
        "'{name}_avail'={available}B;{need};{need};0;{}",
        volume.size
    )];
    if let Some((all, free)) = volume.inodes.zip(volume.inodes_available) {
        let need = below(target.inodes);
        values.push(format!(
            "'{name}_inodes_avail'={free};{need};{need};0;{all}"
        ));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::super::tests::{check, target};
    use super::*;

    /// Performance data by the grammar of the guidelines: label, value, unit, and four numbers or
    /// ranges.
    fn perfdata(line: &str) -> Vec<(String, u64, String, Vec<String>)> {
        let (text, data) = line.trim_end().split_once(" | ").expect("performance data");
        assert!(!text.contains('|'), "{text}");
        let mut values = Vec::new();
        let mut rest = data;
        while !rest.is_empty() {
            let quoted = rest.strip_prefix('\'').expect("a quoted label");
            let (label, after) = quoted.split_once("'=").expect("an equals sign");
            assert!(!label.contains(['\'', '=']), "{label}");
            let (value, next) = after.split_once(' ').unwrap_or((after, ""));
            let mut fields = value.split(';').map(str::to_owned);
            let first = fields.next().expect("a value");
            let digits = first.trim_end_matches(|c: char| !c.is_ascii_digit());
            let unit = first[digits.len()..].to_owned();
            assert!(["", "B", "s", "%", "c"].contains(&unit.as_str()), "{unit}");
            let fields: Vec<String> = fields.collect();
            for bound in &fields {
                let number = bound.trim_end_matches(':');
                assert!(
                    number.is_empty() || number.parse::<u64>().is_ok(),
                    "{bound}"
                );
            }
            values.push((
                label.to_owned(),
                digits.parse().expect("a number"),
                unit,
                fields,
            ));
            rest = next;
        }
        values
    }

    #[test]
    fn a_monitor_reads_the_line() {
        let mut fixable = target(b"/it's=a|b \n", 1 << 30, 2 << 30, State::ShortFixable);
        fixable.reasons.push("a safe plan frees 6.1 GiB".to_owned());
        fixable.inodes = 10;
        let fine = target(b"/", 9 << 30, 2 << 30, State::Ok);
        let line = line(&check(vec![fine, fixable]));
        assert_eq!(line.lines().count(), 1, "{line}");
        assert!(
            line.starts_with("JETTISON WARNING - /it's=a b \\n has 1.0 GiB"),
            "{line}"
        );
        let values = perfdata(&line);
        let labels: Vec<&str> = values.iter().map(|v| v.0.as_str()).collect();
        let expected = [
            "/_avail",
            "/_inodes_avail",
            "/it_s_a_b_\\n_avail",
            "/it_s_a_b_\\n_inodes_avail",
        ];
        assert_eq!(labels, expected);
        assert_eq!(values[2].1, 1 << 30);
        assert_eq!(values[2].2, "B");
        assert_eq!(
            values[2].3,
            ["2147483648:", "2147483648:", "0", "107374182400"]
        );
        assert_eq!(values[3].3, ["10:", "10:", "0", "1000"]);
    }

    #[test]
    fn every_state_has_its_word() {
        for (state, word) in [
            (State::Ok, "OK"),
            (State::ShortFixable, "WARNING"),
            (State::Short, "CRITICAL"),
            (State::Unknown, "UNKNOWN"),
        ] {
            let line = line(&check(vec![target(b"/", 1, 2, state)]));
            assert!(line.starts_with(&format!("JETTISON {word} - ")), "{line}");
        }
        assert_eq!(failure("a\n|b"), "JETTISON UNKNOWN - a  b\n");
        let nothing = Target::unknown(b"/x", "gone".to_owned());
        assert_eq!(line(&check(vec![nothing])), "JETTISON UNKNOWN - /x: gone\n");
    }
}
