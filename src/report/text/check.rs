//! One line for a log: the state first, then the figures, then the way out.

use crate::report::check::{Check, State, Target, sentence};

use super::{Style, fold, path, solid};

/// Writes the check: a line for every volume in the order asked, and what to do about it.
#[must_use]
pub fn check(check: &Check, style: Style) -> String {
    let mut lines = Vec::new();
    for target in &check.targets {
        lines.extend(of_target(check, target, style));
    }
    for finding in &check.findings {
        let subject = solid(&path(&finding.subject));
        let text = format!("{}: {subject}: {}", finding.code, finding.message);
        lines.extend(
            sentence_lines(&text, 0, style)
                .iter()
                .map(|line| style.doubt(line)),
        );
    }
    lines.join("\n") + "\n"
}

/// A log gets one line for a sentence, a terminal as many as it takes.
fn sentence_lines(text: &str, indent: usize, style: Style) -> Vec<String> {
    let width = if style.terminal {
        style.width
    } else {
        usize::MAX
    };
    fold(text, indent, Style { width, ..style })
}

fn of_target(check: &Check, target: &Target, style: Style) -> Vec<String> {
    let said = sentence(check, target);
    let painted = |text: &str, paint: &dyn Fn(&str) -> String| -> Vec<String> {
        let lines = sentence_lines(text, 0, style);
        lines.iter().map(|line| paint(line)).collect()
    };
    let doubt = |line: &str| style.doubt(line);
    if target.available.is_none() {
        return painted(&format!("unknown: {said}"), &doubt);
    }
    let (word, way) = match target.state {
        State::Ok => ("ok", None),
        State::ShortFixable => ("short", Some("fixable")),
        State::Short => ("short", Some("not fixable")),
        State::Unknown => ("unknown", None),
    };
    let line = format!("{word}: {said}");
    let mut lines = match target.state {
        State::Ok => painted(&line, &|line| style.strong(line)),
        State::Unknown => painted(&line, &doubt),
        _ => painted(&line, &|line| style.bad(line)),
    };
    let why = target.reasons.join("; ");
    let (lead, indent) = match way {
        Some(way) => (format!("{way}: "), 0),
        None => (String::new(), 2),
    };
    let next = target.next.as_deref();
    if next.is_some() && style.terminal {
        if !why.is_empty() {
            lines.extend(sentence_lines(&format!("{lead}{why}:"), indent, style));
        }
        lines.extend(next.map(|next| format!("  {next}")));
        return lines;
    }
    let between = if why.is_empty() { "" } else { ": " };
    let next = next.map_or_else(String::new, |next| format!("{between}{next}"));
    if !why.is_empty() || !next.is_empty() {
        lines.extend(sentence_lines(&format!("{lead}{why}{next}"), indent, style));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::need::{Demand, Part};
    use crate::report::check::Warning;
    use crate::report::check::tests::{check as whole, target};

    const PLAIN: Style = Style {
        width: 80,
        colour: false,
        terminal: false,
    };

    #[test]
    fn the_state_comes_first_and_the_way_out_second() {
        let mut fixable = target(b"/", 3 << 30, 4 << 30, State::ShortFixable);
        let part = |what: &str, bytes| Part {
            path: b"/".to_vec(),
            what: what.to_owned(),
            bytes,
            inodes: 0,
        };
        fixable.parts = vec![part("download", 1 << 30), part("unpacking", 3 << 30)];
        fixable.reasons = vec!["1.2 GiB in 1 path (regenerable) is enough".to_owned()];
        fixable.next = Some("jettison plan / --need apt".to_owned());
        let mut check = whole(vec![fixable.clone()]);
        check.demand = Some(Demand {
            source: "apt".to_owned(),
            parts: fixable.parts,
        });
        let expected = "short: / has 3.0 GiB of the 4.0 GiB that apt needs \
             (download 1.0 GiB, unpacking 3.0 GiB)\n\
             fixable: 1.2 GiB in 1 path (regenerable) is enough: jettison plan / --need apt\n";
        assert_eq!(super::check(&check, PLAIN), expected);
    }

    #[test]
    fn a_terminal_gets_the_command_on_a_line_of_its_own() {
        let mut short = target(b"/srv", 3 << 30, 4 << 30, State::ShortFixable);
        short.reasons = vec![
            "1.2 GiB in 1 path (regenerable) is enough".to_owned(),
            "161.1 GiB more is reserved for root".to_owned(),
        ];
        short.next = Some(format!("jettison plan /srv/{} --need 4GiB", "a".repeat(70)));
        let style = Style {
            terminal: true,
            ..PLAIN
        };
        let text = check(&whole(vec![short]), style);
        let expected = format!(
            "short: /srv has 3.0 GiB of the 4.0 GiB needed\n\
             fixable: 1.2 GiB in 1 path (regenerable) is enough; 161.1 GiB more is reserved\n  \
             for root:\n  \
             jettison plan /srv/{} --need 4GiB\n",
            "a".repeat(70)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn what_fits_is_one_line_and_what_is_unknown_says_why() {
        let fine = target(b"/", 4 << 30, 3 << 30, State::Ok);
        let lost = Target::unknown(b"/x\x1b", "no volume: it is gone".to_owned());
        let mut check = whole(vec![fine, lost]);
        check.findings.push(Warning {
            code: "failing-writer",
            subject: b"/d/{date}".to_vec(),
            message: "2 periods are missing".to_owned(),
        });
        let expected = "ok: / has 4.0 GiB of the 3.0 GiB needed\n\
            unknown: /x\\x1b: no volume: it is gone\n\
            failing-writer: /d/{date}: 2 periods are missing\n";
        assert_eq!(super::check(&check, PLAIN), expected);
    }
}
