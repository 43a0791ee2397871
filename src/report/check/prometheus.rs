//! Metrics in the text format of Prometheus, for the textfile collector of the node exporter.
//!
//! Every metric has its HELP and TYPE, no line a time of its own (the collector refuses them), and
//! the file ends in a newline. In a label value backslash, quote and newline are escaped; names
//! that are not UTF-8, or would mislead a reader, are written as everywhere else in jettison.
//! A series that is not known is left out: an alert on its absence is an alert on doubt. No two
//! targets have the same label: a collector that finds a series twice refuses the whole file.

use std::fmt::Write as _;

use super::{Check, Target};

/// One metric: its name, its help, and its value for a target.
type Metric = (&'static str, &'static str, fn(&Target) -> Option<u64>);

const METRICS: [Metric; 8] = [
    (
        "jettison_check_state",
        "What is known of the volume: 0 ok, 1 short but fixable, 2 short, 3 unknown.",
        |t| Some(number(t)),
    ),
    (
        "jettison_check_need_bytes",
        "What must be available.",
        |t| t.available.map(|_| t.wanted()),
    ),
    (
        "jettison_check_available_bytes",
        "What is available.",
        |t| t.available,
    ),
    ("jettison_check_shortfall_bytes", "What is missing.", |t| {
        t.available.map(|_| t.shortfall)
    }),
    (
        "jettison_check_reclaimable_bytes",
        "What may be cleaned for certain, where that was looked for.",
        |t| t.reclaimable.map(|r| r.lo),
    ),
    (
        "jettison_check_reserved_bytes",
        "What is free, but not for everybody.",
        |t| t.volume.as_ref().map(|v| v.reserved),
    ),
    (
        "jettison_check_inodes_need",
        "How many inodes must be available.",
        |t| t.available.map(|_| t.inodes),
    ),
    (
        "jettison_check_inodes_available",
        "How many inodes are available.",
        |t| t.volume.as_ref().and_then(|v| v.inodes_available),
    ),
];

fn number(target: &Target) -> u64 {
    use super::State;
    match target.state {
        State::Ok => 0,
        State::ShortFixable => 1,
        State::Short => 2,
        State::Unknown => 3,
    }
}

/// Writes the textfile.
#[must_use]
pub fn textfile(check: &Check) -> String {
    let mut out = String::new();
    let labels = check.labels();
    for (name, help, value) in METRICS {
        head(&mut out, name, help);
        for (target, mount) in check.targets.iter().zip(&labels) {
            if let Some(value) = value(target) {
                let mount = label(mount);
                let _infallible = writeln!(out, "{name}{{mount=\"{mount}\"}} {value}");
            }
        }
    }
    let findings = check.findings.len().to_string();
    let at = check.at.0.to_string();
    for (name, help, value) in [
        (
            "jettison_check_exit_code",
            "The exit code of the whole check.",
            check.exit().to_string(),
        ),
        (
            "jettison_check_findings",
            "What was found within the horizon.",
            findings,
        ),
        (
            "jettison_check_timestamp_seconds",
            "When the check was made.",
            at,
        ),
    ] {
        head(&mut out, name, help);
        let _infallible = writeln!(out, "{name} {value}");
    }
    out
}

fn head(out: &mut String, name: &str, help: &str) {
    let _infallible = writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge");
}

fn label(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::super::State;
    use super::super::tests::{ALL, check, hostile, target};
    use super::*;
    use crate::bytes::Interval;

    /// The text exposition format, read strictly: metric, label value, number.
    fn parse(text: &str) -> BTreeMap<(String, Option<String>), f64> {
        assert!(text.ends_with('\n'));
        let mut typed = BTreeSet::new();
        let mut series = BTreeMap::new();
        for line in text.lines() {
            if let Some(comment) = line.strip_prefix("# ") {
                let mut words = comment.splitn(3, ' ');
                let (kind, name) = (words.next().expect("a word"), words.next().expect("a name"));
                match kind {
                    "HELP" => assert!(words.next().is_some_and(|help| !help.is_empty())),
                    "TYPE" => {
                        assert_eq!(words.next(), Some("gauge"));
                        assert!(typed.insert(name.to_owned()), "{name} has two types");
                    }
                    _ => panic!("{line}"),
                }
                continue;
            }
            let name_end = line.find(['{', ' ']).expect("a value");
            let (name, rest) = line.split_at(name_end);
            assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'));
            assert!(typed.contains(name), "{name} comes before its type");
            let (labels, value) = match rest.strip_prefix("{mount=\"") {
                None => (None, rest.trim()),
                Some(rest) => {
                    let (label, rest) = label_value(rest);
                    (Some(label), rest.strip_prefix("} ").expect("one label"))
                }
            };
            let value = value.parse().unwrap_or_else(|_| panic!("{line}"));
            let is_new = series.insert((name.to_owned(), labels), value).is_none();
            assert!(is_new, "{line} is there twice");
        }
        series
    }

    fn label_value(text: &str) -> (String, &str) {
        let mut value = String::new();
        let mut chars = text.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '"' => return (value, &text[at + 1..]),
                '\\' => match chars.next().expect("an escape").1 {
                    'n' => value.push('\n'),
                    c @ ('\\' | '"') => value.push(c),
                    c => panic!("no escape: {c}"),
                },
                c => value.push(c),
            }
        }
        panic!("the label does not end: {text}");
    }

    #[test]
    fn no_name_breaks_a_line_or_comes_twice() {
        for state in ALL {
            let check = hostile(state);
            let series = parse(&textfile(&check));
            let states = series
                .keys()
                .filter(|(name, _)| name == "jettison_check_state");
            assert_eq!(states.count(), check.targets.len());
        }
    }

    #[test]
    fn a_collector_reads_every_series() {
        let mut short = target(b"/a\"\\\nb", 1 << 30, 2 << 30, State::ShortFixable);
        short.reclaimable = Some(Interval::between(5, 9));
        let fine = target(b"/", 9 << 30, 2 << 30, State::Ok);
        let lost = Target::unknown(b"/gone", "it does not answer".to_owned());
        let series = parse(&textfile(&check(vec![fine, short, lost])));
        let of = |name: &str, mount: &str| {
            series
                .get(&(name.to_owned(), Some(mount.to_owned())))
                .copied()
        };
        // The name is escaped once for people, and once more for the format.
        let odd = "/a\"\\\\\\nb";
        assert_eq!(of("jettison_check_state", odd), Some(1.0));
        assert_eq!(
            of("jettison_check_shortfall_bytes", odd),
            Some(1_073_741_824.0)
        );
        assert_eq!(of("jettison_check_reclaimable_bytes", odd), Some(5.0));
        assert_eq!(of("jettison_check_reclaimable_bytes", "/"), None);
        assert_eq!(of("jettison_check_state", "/gone"), Some(3.0));
        assert_eq!(of("jettison_check_available_bytes", "/gone"), None);
        let plain = |name: &str| series.get(&(name.to_owned(), None)).copied();
        assert_eq!(plain("jettison_check_exit_code"), Some(3.0));
        assert_eq!(
            plain("jettison_check_timestamp_seconds"),
            Some(1_718_258_400.0)
        );
    }
}
