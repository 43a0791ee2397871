//! logrotate's state: when each log was rotated last, or first seen.

use std::collections::BTreeMap;

use crate::time::Timestamp;

/// `"path" Y-M-D-H:M:S`, one a line, after a line that says so.
pub(super) fn read(text: &[u8]) -> BTreeMap<Vec<u8>, Timestamp> {
    let lines = text.split(|&b| b == b'\n');
    lines.filter_map(entry).collect()
}

fn entry(line: &[u8]) -> Option<(Vec<u8>, Timestamp)> {
    let (path, rest) = match line.strip_prefix(b"\"") {
        Some(quoted) => {
            let mut path = Vec::new();
            let mut bytes = quoted.iter().enumerate();
            let end = loop {
                match bytes.next()? {
                    (at, b'"') => break at,
                    (_, b'\\') => match bytes.next()?.1 {
                        b'n' => path.push(b'\n'),
                        other => path.push(*other),
                    },
                    (_, other) => path.push(*other),
                }
            };
            (path, &quoted[end + 1..])
        }
        None => {
            let blank = line.iter().position(|&b| b == b' ')?;
            (line[..blank].to_vec(), &line[blank..])
        }
    };
    if !path.starts_with(b"/") {
        return None;
    }
    let text = std::str::from_utf8(rest).ok()?.trim();
    let numbers: Vec<i64> = text
        .split(['-', ':'])
        .map(|number| number.parse().ok())
        .collect::<Option<_>>()?;
    let at = |index: usize| numbers.get(index).copied().unwrap_or(0);
    let when = Timestamp::from_civil(at(0), at(1), at(2), at(3), at(4), at(5))?;
    (numbers.len() >= 3).then_some((path, when))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_of_both_versions_are_read() {
        let text = b"logrotate state -- version 2\n\
            \"/var/log/a \\\"b\\\".log\" 2026-9-20-6:25:1\n\
            /var/log/c 2026-9-20\n\
            nonsense\n\
            \"/open 2026-9-20\n\
            \"/bad\" 2026-13-40-1:1:1\n";
        let all = read(text);
        let paths: Vec<_> = all.keys().map(|p| String::from_utf8_lossy(p)).collect();
        assert_eq!(paths, ["/var/log/a \"b\".log", "/var/log/c"]);
        let when = Timestamp::from_civil(2026, 9, 20, 6, 25, 1).unwrap();
        assert_eq!(all[&b"/var/log/a \"b\".log"[..]], when);
    }
}
