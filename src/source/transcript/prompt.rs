//! Prompts: which lines are commands, on which host, in which directory.
//!
//! A recording's prompts look alike. The first that is seen settles the family; a line that looks
//! like a prompt of a *weaker* family later on is a line of output (a `$ ls` in a README).

/// The forms that are recognised, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Family {
    /// `$ ls`
    Bare,
    /// `/data # ls`
    Path,
    /// `[user@host base]$ ls`, `user@host:dir$ ls`
    Host,
}

/// A line that a shell wrote and a user ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prompt<'a> {
    pub(super) family: Family,
    pub(super) user: &'a [u8],
    pub(super) host: &'a [u8],
    /// The directory as the prompt shows it: absolute or below `~`; empty when only abbreviated.
    pub(super) directory: &'a [u8],
    pub(super) command: &'a [u8],
}

/// Reads a line as a prompt with a command.
pub(super) fn parse(line: &[u8]) -> Option<Prompt<'_>> {
    match line.first()? {
        b'$' => {
            let command = line.strip_prefix(b"$ ").or((line == b"$").then_some(b""))?;
            Some(Prompt {
                family: Family::Bare,
                user: b"",
                host: b"",
                directory: b"",
                command: command.trim_ascii(),
            })
        }
        b'[' => bracket(line),
        b'/' | b'~' => path(line),
        first if is_user(*first) => user_at_host(line),
        _ => None,
    }
}

fn is_user(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.')
}

/// `user@host` at the start of the line, and what follows.
fn who(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let at = line.iter().take(64).position(|&b| !is_user(b))?;
    let rest = line[at..].strip_prefix(b"@")?;
    let end = rest.iter().take(256).position(|&b| !is_user(b))?;
    (at > 0 && end > 0).then(|| (&line[..at], &rest[..end], &rest[end..]))
}

/// `dir$ command`: the sign is the first `$` or `#` before a blank or the end.
fn sign(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let is_sign = |(i, b): (usize, &u8)| {
        matches!(b, b'$' | b'#') && matches!(text.get(i + 1), None | Some(b' '))
    };
    let at = text.iter().enumerate().position(is_sign)?;
    Some((&text[..at], text[at + 1..].trim_ascii()))
}

fn user_at_host(line: &[u8]) -> Option<Prompt<'_>> {
    let (user, host, rest) = who(line)?;
    let (directory, command) = sign(rest.strip_prefix(b":")?)?;
    let directory = directory.trim_ascii();
    matches!(directory.first(), Some(b'/' | b'~')).then_some(Prompt {
        family: Family::Host,
        user,
        host,
        directory,
        command,
    })
}

fn bracket(line: &[u8]) -> Option<Prompt<'_>> {
    let (user, host, rest) = who(&line[1..])?;
    let close = rest.iter().position(|&b| b == b']')?;
    let shown = rest[..close].trim_ascii();
    let after = &rest[close + 1..];
    let command = match after {
        [b'$' | b'#'] => b"",
        [b'$' | b'#', b' ', command @ ..] => command.trim_ascii(),
        _ => return None,
    };
    // Only a base name is shown as a rule: `/` and `~` are the two that say where they are.
    let directory = match shown {
        [b'/' | b'~', ..] => shown,
        _ => b"",
    };
    Some(Prompt {
        family: Family::Host,
        user,
        host,
        directory,
        command,
    })
}

fn path(line: &[u8]) -> Option<Prompt<'_>> {
    let blank = line.iter().position(|&b| b == b' ')?;
    let command = match &line[blank + 1..] {
        [b'$' | b'#'] => b"",
        [b'$' | b'#', b' ', command @ ..] => command.trim_ascii(),
        _ => return None,
    };
    Some(Prompt {
        family: Family::Path,
        user: b"",
        host: b"",
        directory: &line[..blank],
        command,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_told_from_output() {
        for (line, expected) in [
            ("$ ls", Some(("", "", "", "ls"))),
            ("$", Some(("", "", "", ""))),
            (
                "root@vm:/srv/x# cd a",
                Some(("root", "vm", "/srv/x", "cd a")),
            ),
            ("op@edge-1:~$ ", Some(("op", "edge-1", "~", ""))),
            (
                "op@edge-1:~/a b$ ls -l",
                Some(("op", "edge-1", "~/a b", "ls -l")),
            ),
            ("[root@db01 sz]# ls", Some(("root", "db01", "", "ls"))),
            ("[root@db01 ~]$ ls", Some(("root", "db01", "~", "ls"))),
            ("/data # df", Some(("", "", "/data", "df"))),
            ("~ $ df", Some(("", "", "~", "df"))),
            ("$HOME", None),
            ("123 $ ls", None),
            ("user@example.org wrote:", None),
            ("root@vm:relative# x", None),
            ("[ok] done", None),
            ("/var/log:", None),
            ("total 12", None),
        ] {
            let got = parse(line.as_bytes()).map(|p| (p.user, p.host, p.directory, p.command));
            let expected = expected.map(|(u, h, d, c): (&str, &str, &str, &str)| {
                (u.as_bytes(), h.as_bytes(), d.as_bytes(), c.as_bytes())
            });
            assert_eq!(got, expected, "{line}");
        }
    }
}
