//! The one line of a monitoring plugin: `JETTISON WARNING - text | 'label'=value;warn;crit;min;max`.
//!
//! By the guidelines of the Monitoring Plugins project: the text holds no `|` and no newline;
//! labels stand in single quotes and hold no `'` and no `=`; a range `N:` alerts below N; the unit
//! of bytes is `B`; and what is wrong with the command line is UNKNOWN as well, which is why the
//! exit codes 64 and 70 become 3 in this form. Nagios reads 4 KB: the line is no longer.

use crate::report::escape::escape;

use super::{Check, State, Target, sentence};

/// As much of the first line as Nagios reads, its end not counted (*Plugin API*: 4 KB). What is
/// beyond would be cut in the middle of a figure.
const MOST: usize = 4095;

/// As many volumes and findings are told in words; the performance data has them all.
const TOLD: usize = 4;

/// Writes the line.
#[must_use]
pub fn line(check: &Check) -> String {
    let status = match check.exit() {
        0 => "OK",
        1 => "WARNING",
        2 => "CRITICAL",
        _ => "UNKNOWN",
    };
    let mut told: Vec<String> = Vec::new();
    for target in check.worst_first() {
        if target.state == State::Ok && check.state() != State::Ok {
            continue;
        }
        let mut said = vec![sentence(check, target)];
        if target.available.is_some() {
            said.extend(target.reasons.iter().cloned());
        }
        told.push(said.join("; "));
    }
    for finding in &check.findings {
        told.push(format!("{}: {}", escape(&finding.subject), finding.message));
    }
    let hidden = told.len().saturating_sub(TOLD);
    if hidden > 0 {
        told.truncate(TOLD);
        told.push(format!("{hidden} more"));
    }
    let text = cut(plain(&told.join("; ")), MOST / 2);
    let mut line = format!("JETTISON {status} - {text}");
    let mut between = " | ";
    for (target, label) in check.targets.iter().zip(check.labels()) {
        for value in values(target, &label) {
            if line.len() + between.len() + value.len() > MOST {
                return line + "\n";
            }
            line = line + between + &value;
            between = " ";
        }
    }
    line + "\n"
}

/// The line of a run that could not even begin.
#[must_use]
pub fn failure(message: &str) -> String {
    format!("JETTISON UNKNOWN - {}\n", plain(message))
}

/// The beginning of a text that takes so many bytes.
fn cut(mut text: String, bytes: usize) -> String {
    if text.len() > bytes {
        text.truncate(text.floor_char_boundary(bytes));
        text.push('…');
    }
    text
}

/// A text without what ends it.
fn plain(text: &str) -> String {
    let odd = |c: char| c == '|' || c.is_control();
    text.replace(odd, " ").trim().to_owned()
}

/// The performance data of one volume. No two labels are the same: what would make them so, a
/// character that may not stand there, is written by its number.
fn values(target: &Target, label: &str) -> Vec<String> {
    let (Some(volume), Some(available)) = (&target.volume, target.available) else {
        return Vec::new();
    };
    let written = |c: char| match c {
        '\'' | '=' | '|' | ' ' | '%' => format!("%{:02X}", u32::from(c)),
        c => c.to_string(),
    };
    let name: String = label.chars().map(written).collect();
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
    use super::super::tests::{ALL, check, hostile, target};
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
    fn no_name_breaks_the_line_and_no_label_comes_twice() {
        for state in ALL {
            let check = hostile(state);
            let line = line(&check);
            assert_eq!(line.matches('\n').count(), 1, "{line}");
            assert!(line.len() <= 4096, "{}", line.len());
            assert!(!line.trim_end().contains(char::is_control), "{line:?}");
            let values = perfdata(&line);
            let mut labels: Vec<&str> = values.iter().map(|v| v.0.as_str()).collect();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), values.len());
        }
        let many = (0..300).map(|n| {
            let name = format!("/{}/{n}", "long".repeat(20));
            target(name.as_bytes(), 1 << 30, 2 << 30, State::Short)
        });
        let line = line(&check(many.collect()));
        assert!(line.len() <= 4096 && line.len() > 3900, "{}", line.len());
        assert!(line.contains("; 296 more | '"), "{line}");
        assert!(perfdata(&line).len() > 10);
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
            "/it%27s%3Da%7Cb%20\\n_avail",
            "/it%27s%3Da%7Cb%20\\n_inodes_avail",
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
