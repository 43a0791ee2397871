//! Small phrases inside commands: is this `rm`, which moment is `7 days ago`?

use crate::time::Timestamp;

const DAY: i64 = 86_400;

/// What a command does to the paths that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Files go; folders stay.
    Files,
    /// Folders go as well, with all that is in them.
    Trees,
    /// Folders go when they are empty.
    EmptyFolders,
    /// They are packed where they are.
    Packed,
    /// They are put elsewhere.
    Moved,
}

impl Fate {
    /// Why a rule of this kind bounds nothing.
    pub(super) fn in_name(self) -> Option<&'static str> {
        match self {
            Self::Files | Self::Trees | Self::EmptyFolders => None,
            Self::Packed => Some("it only packs them"),
            Self::Moved => Some("it only moves them"),
        }
    }
}

/// What a command's words do to its operands, when they are one of the plain ways to be rid of
/// files.
pub(super) fn removal(words: &[Vec<u8>]) -> Option<Fate> {
    let words = unwrapped(words);
    let (program, rest) = words.split_first()?;
    match basename(program) {
        b"rm" if is_recursive(rest) => Some(Fate::Trees),
        b"rm" | b"unlink" => Some(Fate::Files),
        b"rmdir" => Some(Fate::EmptyFolders),
        b"shred"
            if rest
                .iter()
                .any(|w| is_short_flag(w, b'u') || w.starts_with(b"--remove")) =>
        {
            Some(Fate::Files)
        }
        b"gzip" | b"bzip2" | b"xz" | b"zstd" | b"pigz" | b"lzip" | b"lz4" => Some(Fate::Packed),
        b"mv" => Some(Fate::Moved),
        _ => None,
    }
}

/// Whether `rm`'s flags say to go into directories.
pub(super) fn is_recursive(flags: &[Vec<u8>]) -> bool {
    flags
        .iter()
        .take_while(|w| w.as_slice() != b"--")
        .any(|w| w == b"--recursive" || is_short_flag(w, b'r') || is_short_flag(w, b'R'))
}

/// `-rf` has `r` and `f`.
pub(super) fn is_short_flag(word: &[u8], flag: u8) -> bool {
    word.len() > 1 && word[0] == b'-' && word[1] != b'-' && word[1..].contains(&flag)
}

/// The command inside programs that only run another one.
fn unwrapped(words: &[Vec<u8>]) -> &[Vec<u8>] {
    let mut words = words;
    loop {
        let Some((program, rest)) = words.split_first() else {
            return words;
        };
        let Some(skip) = wrapper(program, rest) else {
            return words;
        };
        words = &rest[skip.min(rest.len())..];
    }
}

/// For a program that runs the command in its arguments: how many of these come before it.
pub(super) fn wrapper(program: &[u8], rest: &[Vec<u8>]) -> Option<usize> {
    // The flags that take a value of their own, and how many operands precede the command.
    let (valued, operands): (&[u8], usize) = match basename(program) {
        b"nice" => (b"n", 0),
        b"ionice" => (b"cnpPu", 0),
        b"timeout" => (b"ks", 1),
        b"flock" => (b"wEo", 1),
        b"chrt" => (b"TPD", 1),
        b"taskset" => (b"", 1),
        b"env" => (b"uCS", 0),
        b"sudo" => (b"ugCpRrtTDh", 0),
        b"doas" => (b"uC", 0),
        b"runuser" => (b"ugG", 0),
        b"stdbuf" => (b"ioe", 0),
        b"systemd-cat" => (b"tp", 0),
        b"systemd-run" => (b"ptuHM", 0),
        b"chronic" | b"cronic" | b"nohup" | b"setsid" | b"command" | b"exec" | b"time"
        | b"busybox" | b"builtin" | b"eatmydata" | b"unbuffer" => (b"", 0),
        _ => return None,
    };
    let mut at = 0;
    while let Some(word) = rest.get(at) {
        if word == b"--" {
            at += 1;
            break;
        }
        if word.len() < 2 || word[0] != b'-' {
            break;
        }
        at += 1;
        let alone = word.len() == 2 && valued.contains(&word[1]);
        if alone {
            at += 1;
        }
    }
    if basename(program) == b"env" {
        while rest.get(at).is_some_and(|w| w.contains(&b'=')) {
            at += 1;
        }
    }
    // `flock -u 9` and `flock 9` only lock; `flock FILE -c TEXT` is read by the caller.
    Some((at + operands).min(rest.len()))
}

/// Whether a command that is not understood may well delete something.
pub(super) fn seems_to_delete(words: &[Vec<u8>]) -> bool {
    words.iter().any(|word| {
        word.split(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'/' | b'.')))
            .any(|w| {
                matches!(
                    basename(w),
                    b"rm" | b"rmdir" | b"unlink" | b"-delete" | b"shred" | b"rmtree"
                )
            })
    })
}

/// Whether a text in another language than the shell's deletes something.
pub(super) fn deletes_elsewhere(text: &[u8]) -> bool {
    const MARKS: [&[u8]; 14] = [
        b"os.remove",
        b"unlink",
        b"rmtree",
        b"os.rmdir",
        b"remove_tree",
        b"send2trash",
        b"File.delete",
        b"FileUtils.rm",
        b"fs.rm",
        b"rimraf",
        b"rm -r",
        b"rm -f",
        b" -delete",
        b"\"rm\"",
    ];
    MARKS
        .iter()
        .any(|mark| text.windows(mark.len()).any(|w| w == *mark))
}

/// The last component of a path.
pub(super) fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or(path)
}

/// What a text for `date -d` or `-newermt` means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    /// A fixed moment.
    At(Timestamp),
    /// So many seconds before now (negative: after).
    Ago(i64),
}

/// Reads the usual forms: `2024-01-03`, `2024-01-03 04:05[:06]`, `@1704067200`, `yesterday`,
/// `7 days ago`, `-7 days`, `7days` (which lies in the future).
pub(super) fn moment(text: &str) -> Option<Moment> {
    let text = text.trim();
    if let Some(epoch) = text.strip_prefix('@') {
        return epoch.parse().ok().map(|s| Moment::At(Timestamp(s)));
    }
    match text.to_ascii_lowercase().as_str() {
        "now" | "today" => return Some(Moment::Ago(0)),
        "yesterday" => return Some(Moment::Ago(DAY)),
        "tomorrow" => return Some(Moment::Ago(-DAY)),
        _ => {}
    }
    fixed(text)
        .map(Moment::At)
        .or_else(|| span(text).map(Moment::Ago))
}

fn fixed(text: &str) -> Option<Timestamp> {
    let (date, time) = match text.split_once(['T', ' ']) {
        Some((date, time)) => (
            date,
            time.trim().trim_end_matches(" UTC").trim_end_matches('Z'),
        ),
        None => (text, "00:00"),
    };
    let numbers = |s: &str, by: char| -> Option<Vec<i64>> {
        s.split(by)
            .map(|n| {
                (!n.is_empty() && n.bytes().all(|b| b.is_ascii_digit())).then(|| n.parse().ok())?
            })
            .collect()
    };
    let date = match *numbers(date, '-')?.as_slice() {
        [year, month, day] => (year, month, day),
        [packed] if date.len() == 8 => (packed / 10_000, packed / 100 % 100, packed % 100),
        _ => return None,
    };
    let (hour, minute, second) = match *numbers(time, ':')?.as_slice() {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, second] => (hour, minute, second),
        _ => return None,
    };
    Timestamp::from_civil(date.0, date.1, date.2, hour, minute, second)
}

/// `7 days ago` is 7 days before now, `7 days` after it.
fn span(text: &str) -> Option<i64> {
    let lower = text.to_ascii_lowercase();
    let (body, back) = match lower.strip_suffix("ago") {
        Some(body) => (body.trim(), 1),
        None => (lower.as_str(), -1),
    };
    let (body, back) = match body.strip_prefix("last ") {
        Some(unit) => (format!("1 {unit}"), 1),
        None => (body.to_owned(), back),
    };
    let unit_at = body.find(|c: char| c.is_ascii_alphabetic())?;
    let number = body[..unit_at].trim();
    let n: i64 = if number.is_empty() {
        1
    } else {
        number.replace(' ', "").parse().ok()?
    };
    let unit = body[unit_at..].trim();
    let seconds = match unit.strip_suffix('s').unwrap_or(unit) {
        "sec" | "second" => 1,
        "min" | "minute" => 60,
        "hour" => 3600,
        "day" => DAY,
        "week" => 7 * DAY,
        "fortnight" => 14 * DAY,
        // The calendar's own months differ; this is their mean, cut to days.
        "month" => 30 * DAY,
        "year" => 365 * DAY,
        _ => return None,
    };
    n.checked_mul(seconds)?.checked_mul(back)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        for (text, moment_) in [
            ("7 days ago", Moment::Ago(7 * DAY)),
            ("7days", Moment::Ago(-7 * DAY)),
            ("-7 days", Moment::Ago(7 * DAY)),
            ("2 weeks ago", Moment::Ago(14 * DAY)),
            ("last week", Moment::Ago(7 * DAY)),
            ("yesterday", Moment::Ago(DAY)),
            ("@12", Moment::At(Timestamp(12))),
            ("1970-01-02", Moment::At(Timestamp(DAY))),
            ("19700102", Moment::At(Timestamp(DAY))),
            ("1970-01-01 00:01", Moment::At(Timestamp(60))),
            ("1970-01-01T00:00:05Z", Moment::At(Timestamp(5))),
        ] {
            assert_eq!(moment(text), Some(moment_), "{text}");
        }
        for text in ["", "soon", "7 parsecs ago", "2024-13-01"] {
            assert_eq!(moment(text), None, "{text}");
        }
    }

    #[test]
    fn removals_are_seen_through_wrappers() {
        let words = |text: &str| -> Vec<Vec<u8>> {
            text.split(' ').map(|w| w.as_bytes().to_vec()).collect()
        };
        for (text, expected) in [
            ("rm {}", Some(Fate::Files)),
            ("/bin/rm -rf {}", Some(Fate::Trees)),
            ("nice -n 19 ionice -c3 rm -f {}", Some(Fate::Files)),
            ("sudo -u app rm -fr -- {}", Some(Fate::Trees)),
            ("timeout -k 5 30 rm -R {}", Some(Fate::Trees)),
            ("rm -- -r", Some(Fate::Files)),
            (
                "/bin/rmdir --ignore-fail-on-non-empty {}",
                Some(Fate::EmptyFolders),
            ),
            ("shred -n1 -zu {}", Some(Fate::Files)),
            ("gzip {}", Some(Fate::Packed)),
            ("mv -t /archive {}", Some(Fate::Moved)),
            ("echo rm {}", None),
            ("nice", None),
        ] {
            assert_eq!(removal(&words(text)), expected, "{text}");
        }
    }
}
