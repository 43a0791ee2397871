//! What a log or a viewer puts before every line: a time, a number.

/// The length of a time at the start of a line, its blank included: `2026-11-22T06:02:11.123Z `,
/// `[2026-11-22 06:02:11] `, `06:02:11 `, `Nov 22 06:02:11 ` of syslog, and GitLab's
/// `2026-11-22T06:02:11.123456Z 01O `.
pub(super) fn time(line: &[u8]) -> Option<usize> {
    let start = if line.starts_with(b"\xef\xbb\xbf") {
        3
    } else {
        0
    };
    let bracket = usize::from(line.get(start) == Some(&b'['));
    let mut at = start + bracket;
    if let Some(length) = shape(&line[at..], b"dddd-dd-dd") {
        at += length;
        if !matches!(line.get(at), Some(b'T' | b' ')) {
            return None;
        }
        at += 1;
    } else if let Some(length) = month_and_day(&line[at..]) {
        at += length;
    }
    at += shape(&line[at..], b"dd:dd:dd")?;
    let fraction = line[at..]
        .iter()
        .take_while(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
        .count();
    at += fraction;
    at += match line.get(at) {
        Some(b'Z') => 1,
        Some(b'+' | b'-') => {
            1 + shape(&line[at + 1..], b"dd:dd").or_else(|| shape(&line[at + 1..], b"dddd"))?
        }
        _ => 0,
    };
    if bracket == 1 {
        line.get(at).filter(|b| **b == b']')?;
        at += 1;
    }
    match line.get(at) {
        // A line without any text has lost the blank after it.
        None | Some(b'\n' | b'\r') => Some(at),
        Some(b' ') => Some(at + 1 + stream(&line[at + 1..])),
        Some(_) => None,
    }
}

/// `Nov 22 `, `Nov  2 `
fn month_and_day(text: &[u8]) -> Option<usize> {
    match text {
        [a, b, c, b' ', d, e, b' ', ..]
            if a.is_ascii_uppercase()
                && b.is_ascii_lowercase()
                && c.is_ascii_lowercase()
                && (d.is_ascii_digit() || *d == b' ')
                && e.is_ascii_digit() =>
        {
            Some(7)
        }
        _ => None,
    }
}

/// `01O `: which stream of a job a line is of.
fn stream(text: &[u8]) -> usize {
    match text {
        [a, b, b'O' | b'E', b' ' | b'+', ..] if a.is_ascii_digit() && b.is_ascii_digit() => 4,
        _ => 0,
    }
}

fn shape(text: &[u8], shape: &[u8]) -> Option<usize> {
    let fits = |(b, s): (&u8, &u8)| match s {
        b'd' => b.is_ascii_digit(),
        _ => b == s,
    };
    let fits = text.len() >= shape.len() && text.iter().zip(shape).all(fits);
    fits.then_some(shape.len())
}

/// What parts the numbers from the lines, where all lines are numbered in order.
pub(super) fn numbers(lines: &[&[u8]]) -> Option<Vec<u8>> {
    let mut apart: Option<Vec<u8>> = None;
    let mut before = None;
    for line in lines {
        let (number, length) = number(line)?;
        if before.is_some_and(|before| number <= before || number > before + 20) {
            return None;
        }
        before = Some(number);
        let rest = line[length..].trim_ascii_end();
        if rest.is_empty() {
            continue;
        }
        let is_mark = |b: &&u8| matches!(b, b':' | b'|' | b'.' | b'\t' | b' ' | b')');
        let marks = rest.iter().take(4).take_while(is_mark).count();
        let shared = apart.get_or_insert_with(|| rest[..marks].to_vec());
        // A line without any text has lost the blank after its mark.
        if shared.starts_with(rest) {
            continue;
        }
        let same = shared.iter().zip(rest).take_while(|(a, b)| a == b).count();
        shared.truncate(same);
    }
    apart.filter(|marks| !marks.is_empty() && lines.len() > 3)
}

/// A number at the start of a line, and where it ends.
pub(super) fn number(line: &[u8]) -> Option<(u64, usize)> {
    let start = line.iter().take(12).take_while(|&&b| b == b' ').count();
    let digits = line[start..]
        .iter()
        .take_while(|b| b.is_ascii_digit())
        .count();
    let text = std::str::from_utf8(&line[start..start + digits]).ok()?;
    Some((text.parse().ok()?, start + digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_found() {
        for (line, rest) in [
            ("2026-11-22T06:02:11.1234567Z du", Some("du")),
            ("[2026-11-22 06:02:11] du", Some("du")),
            ("[2026-11-22T06:02:11+00:00] du", Some("du")),
            ("06:02:11.123  4 a", Some(" 4 a")),
            ("[06:02:11] du", Some("du")),
            ("2026-11-22T06:02:11.123456Z 01O du", Some("du")),
            ("2026-11-22T06:02:11Z", Some("")),
            ("Nov  2 06:02:11 a b[1]: du", Some("a b[1]: du")),
            ("Nov 22 06:02 a", None),
            ("2026-11-22 du", None),
            ("06:02 du", None),
            ("[06:02:11 du", None),
            ("[06:02:11]du", None),
            ("", None),
        ] {
            let length = time(line.as_bytes());
            assert_eq!(length.map(|at| &line[at..]), rest, "{line}");
        }
    }

    #[test]
    fn numbered_lines_are_known_by_their_order() {
        let lines = |text: &'static str| text.lines().map(str::as_bytes).collect::<Vec<_>>();
        assert_eq!(
            numbers(&lines("    1\t$ ls\n    2\ta\n    3\tb\n    4\tc")),
            Some(b"\t".to_vec())
        );
        assert_eq!(
            numbers(&lines("1: $ ls\n2:  a\n3: b\n5: c")),
            Some(b": ".to_vec())
        );
        assert_eq!(numbers(&lines("$ ls\n2 a\n3 b\n4 c")), None);
        assert_eq!(numbers(&lines("12 a\n9 b\n10 c\n11 d")), None);
        assert_eq!(numbers(&lines("1 a\n2 b")), None);
    }
}
