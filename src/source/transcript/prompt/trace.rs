//! Lines that `set -x` writes before it runs a command: `+ ls -l`, and with a `PS4` that says
//! when or where, `+ 04:01:07 ls -l`, `+(./clean.sh:12): sweep(): ls -l`, `+zsh:3> ls -l`.
//!
//! The shell doubles the first sign for each level of substitution, so that `++ date` names a
//! command whose output went into a variable: such a line is one of the shell's, but no prompt.
//!
//! Limits: behind a sign that is not followed by a blank, as in a diff, a time or a place has to
//! be spelled and a known command has to follow. A `PS4` that does not begin with `+` is learned
//! as a prompt, or not at all.

use super::super::command;
use super::{Family, Prompt};

/// Words between the sign and the command, at most.
const MOST_WORDS: usize = 4;

/// Reads a line as one that says which command is run now.
pub(super) fn trace(line: &[u8]) -> Option<Prompt<'_>> {
    let rest = line.strip_prefix(b"+")?;
    if rest.starts_with(b"+") {
        return None;
    }
    let command = without_words(rest);
    let plain = rest.starts_with(b" ");
    let described = command.len() < rest.trim_ascii().len();
    let is_trace = plain || described && command::is_known(command);
    is_trace.then(|| Prompt::new(Family::Trace, command))
}

/// Whether a line is the shell's own, of this level or of a substitution's.
pub(in super::super) fn is_trace(line: &[u8]) -> bool {
    let signs = line.iter().take_while(|&&b| b == b'+').count();
    signs > 0 && (line[signs..].starts_with(b" ") || trace(&line[signs - 1..]).is_some())
}

/// What is left behind the words that say when and where.
fn without_words(rest: &[u8]) -> &[u8] {
    let mut left = rest.trim_ascii();
    let mut placed = false;
    for _ in 0..MOST_WORDS {
        let end = left.iter().position(|&b| b == b' ').unwrap_or(left.len());
        let word = &left[..end];
        let is_function = placed && (word.ends_with(b"()") || word.ends_with(b"():"));
        let is_sign = placed && matches!(word, b">" | b"|" | b"-");
        if !(is_function || is_sign || is_moment(word) || is_place(word)) {
            break;
        }
        placed = true;
        left = left[end..].trim_ascii();
    }
    left
}

/// `04:01:07`, `[2026-11-23`, `04:01:07.123]`, `1732334460.123456`, `2026-11-23T04:01:07Z`
fn is_moment(word: &[u8]) -> bool {
    let core = bare(word);
    let digits = core.iter().filter(|b| b.is_ascii_digit()).count();
    let joined = core.iter().any(|b| matches!(b, b':' | b'.' | b'-' | b'/'));
    let is_number = core.len() < word.len() && digits == core.len();
    let plain = |b: &u8| {
        b.is_ascii_digit() || matches!(b, b':' | b'.' | b',' | b'-' | b'/' | b'T' | b'Z' | b'+')
    };
    digits >= 1 && core[0].is_ascii_digit() && core.iter().all(plain) && (joined || is_number)
}

/// `./clean.sh:12:`, `(/opt/x/clean.sh:12):`, `clean.sh:12:sweep`, `zsh:3>`
fn is_place(word: &[u8]) -> bool {
    let core = bare(word);
    let mut parts = core.split(|&b| b == b':').skip(1);
    let is_number = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts.any(is_number) && !core.starts_with(b"-")
}

/// A word without what stands around it.
fn bare(word: &[u8]) -> &[u8] {
    let sign = |b: &u8| {
        matches!(
            b,
            b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'<' | b'>' | b':' | b'|'
        )
    };
    let start = word.iter().position(|b| !sign(b)).unwrap_or(word.len());
    let end = word
        .iter()
        .rposition(|b| !sign(b))
        .map_or(start, |at| at + 1);
    &word[start..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_traced_command_is_found_behind_a_time_and_a_place() {
        for (line, command) in [
            ("+ ls -l", Some("ls -l")),
            ("+ 04:01:00 ls -l", Some("ls -l")),
            ("+ 04:01:00.123 cd /srv", Some("cd /srv")),
            ("+ [2026-11-23 04:01:00] ls", Some("ls")),
            ("+ 2026-11-23T04:01:00+0100 ls", Some("ls")),
            ("+ 1732334460.123456 ls", Some("ls")),
            ("+ ./clean.sh:12: du -a", Some("du -a")),
            ("+ clean.sh:12:sweep > du -a", Some("du -a")),
            ("+(./clean.sh:12): sweep(): rm -rf a", Some("rm -rf a")),
            ("+ (clean.sh:12) ls", Some("ls")),
            ("+zsh:3> ls -l", Some("ls -l")),
            ("+/opt/x/run.zsh:31> ls", Some("ls")),
            ("+ [12] ls", Some("ls")),
            ("+ rsync -a host:12 b", Some("rsync -a host:12 b")),
            ("+ 7z x a.7z", Some("7z x a.7z")),
            ("+ [ -e a ]", Some("[ -e a ]")),
            ("+ : nothing", Some(": nothing")),
            ("++ date", None),
            ("++ 04:01:00 date", None),
            ("+added line", None),
            ("+12:30 lunch", None),
            ("+ls -l", None),
            ("+", None),
        ] {
            let got = trace(line.as_bytes()).map(|prompt| prompt.command);
            assert_eq!(got, command.map(str::as_bytes), "{line}");
        }
    }

    #[test]
    fn a_shells_own_lines_are_known_at_every_level() {
        for (line, expected) in [
            ("+ ls", true),
            ("++ date +%F", true),
            ("+++ 04:01:00 date", true),
            ("++zsh:3> date", true),
            ("+x", false),
            ("-rw-r--r-- 1 a a 1 Nov 1 2024 +", false),
        ] {
            assert_eq!(is_trace(line.as_bytes()), expected, "{line}");
        }
    }
}
