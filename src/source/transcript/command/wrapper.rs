//! What stands before a command and only says how, as whom, on which host or for which names.

use super::super::word::Word;
use super::split::split;
use super::{Joint, Step, base_name};

/// Programs that run another: those of their options that take a value, and how many words stand
/// between the options and the command.
const WRAPPERS: &[(&str, &str, usize)] = &[
    ("sudo", "ugpCrtUhT", 0),
    ("doas", "u", 0),
    ("time", "fo", 0),
    ("nice", "n", 0),
    ("ionice", "cn", 0),
    ("command", "", 0),
    ("builtin", "", 0),
    ("exec", "", 0),
    ("noglob", "", 0),
    ("nohup", "", 0),
    ("busybox", "", 0),
    ("toybox", "", 0),
    ("env", "u", 0),
    ("timeout", "ks", 1),
    ("stdbuf", "oei", 0),
    ("unbuffer", "", 0),
    ("proxychains", "f", 0),
];

/// The words without what only says how to run the command, and without settings.
pub(super) fn bare(words: &[Word]) -> &[Word] {
    let mut words = words;
    while let Some((first, rest)) = words.split_first() {
        if is_setting(first) {
            words = rest;
            continue;
        }
        let Some((_, valued, between)) = WRAPPERS.iter().find(|(name, ..)| first.is(name)) else {
            break;
        };
        let mut inner = rest;
        while let [option @ Word { text, .. }, tail @ ..] = inner {
            // A shell of another user, which is then the command.
            let is_shell = first.is("sudo") && (option.is("--login") || option.is("--shell"))
                || matches!(text.as_slice(), [b'-', b'i' | b's', ..]) && first.is("sudo");
            match text.as_slice() {
                _ if is_shell => break,
                b"--" => {
                    inner = tail;
                    break;
                }
                [b'-', b'-', ..] => inner = tail,
                [b'-', .., last] if valued.as_bytes().contains(last) => {
                    inner = tail.get(1..).unwrap_or_default();
                }
                [b'-', _, ..] => inner = tail,
                _ => break,
            }
        }
        if inner.len() <= *between {
            break;
        }
        words = &inner[*between..];
    }
    words
}

/// `NAME=value`
pub(super) fn is_setting(word: &Word) -> bool {
    let at = word.text.iter().position(|&b| b == b'=');
    at.is_some_and(|at| {
        at > 0
            && word.text[..at]
                .iter()
                .all(|&b| super::split::is_name_byte(b))
    })
}

/// The command that `find … -exec` or `… | xargs` runs for what was found.
pub(super) fn delegated(name: &str, operands: &[Word], pipes: &[Vec<Word>]) -> Option<Vec<Word>> {
    if let Some((last, before)) = pipes.split_last()
        && last.first()?.is("xargs")
    {
        let passes = before.iter().all(|member| super::is_filter(member));
        let mut words = &last[1..];
        while let [option, tail @ ..] = words {
            words = match option.text.as_slice() {
                b"-I" | b"-n" | b"-P" | b"-L" | b"-d" | b"-s" | b"-a" => tail.get(1..)?,
                [b'-', ..] => tail,
                _ => break,
            };
        }
        return (passes && !words.is_empty()).then(|| words.to_vec());
    }
    if name != "find" {
        return None;
    }
    let at = operands
        .iter()
        .position(|w| ["-exec", "-execdir", "-ok"].iter().any(|e| w.is(e)))?;
    let rest = &operands[at + 1..];
    let end = rest.iter().position(|w| w.is(";") || w.is("+"))?;
    (end > 0).then(|| rest[..end].to_vec())
}

/// A command that runs on another host, in a container, or in a shell of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Elsewhere {
    /// `None`: on the same host.
    pub(in super::super) host: Option<Vec<u8>>,
    pub(in super::super) steps: Vec<Step>,
}

/// Reads `ssh host du -sh /x`, `docker exec web ls -l /x`, `sh -c 'ls -l'`.
pub(in super::super) fn elsewhere(step: &Step) -> Option<Elsewhere> {
    let (command, operands) = bare(&step.words).split_first()?;
    if command.expands || operands.iter().any(|w| w.expands && w.text.contains(&b'$')) {
        return None;
    }
    let name = base_name(command)?;
    let (host, rest) = match name {
        "ssh" | "mosh" => {
            let rest = after_options(operands, b"pilobcDEFIJLmOQRSWw");
            let (host, rest) = rest.split_first()?;
            let host = host.text.rsplit(|&b| b == b'@').next()?;
            return Some(Elsewhere {
                host: Some(host.to_vec()),
                steps: of_text(rest)?,
            });
        }
        "docker" | "podman" | "nerdctl" | "kubectl" | "oc" | "lxc" => {
            let at = operands.iter().position(|w| w.is("exec"))?;
            let rest = after_options(&operands[at + 1..], b"euwnc");
            let (host, rest) = rest.split_first()?;
            (Some(host.text.clone()), after_options(rest, b"cn"))
        }
        "sh" | "bash" | "zsh" | "dash" | "ash" | "ksh" => (None, &operands[..0]),
        "su" => {
            let at = operands.iter().position(|w| w.is("-c"))?;
            return Some(Elsewhere {
                host: None,
                steps: of_text(operands.get(at + 1..=at + 1)?)?,
            });
        }
        _ => return None,
    };
    // A shell as the command: what it is to run, or nothing that is known.
    let program = rest.first().map_or(Some(name), base_name)?;
    let is_shell = ["sh", "bash", "zsh", "dash", "ash", "ksh", "fish"].contains(&program);
    let inner = if rest.is_empty() {
        operands
    } else {
        &rest[1..]
    };
    let steps = match is_shell {
        true => {
            let at = inner.iter().position(
                |w| matches!(w.text.as_slice(), [b'-', letters @ ..] if letters.ends_with(b"c")),
            )?;
            of_text(inner.get(at + 1..=at + 1)?)?
        }
        false => vec![Step {
            joint: Joint::Always,
            words: rest.to_vec(),
            ..step.clone()
        }],
    };
    Some(Elsewhere { host, steps })
}

fn after_options<'a>(words: &'a [Word], valued: &[u8]) -> &'a [Word] {
    let mut words = words;
    while let [option, tail @ ..] = words {
        words = match option.text.as_slice() {
            b"--" => return tail,
            [b'-', b'-', long @ ..] if long.contains(&b'=') || long.len() < 4 => tail,
            b"--namespace" | b"--container" | b"--user" | b"--env" | b"--workdir" => {
                tail.get(1..).unwrap_or_default()
            }
            [b'-', b'-', ..] => tail,
            [b'-', letter] if valued.contains(letter) => tail.get(1..).unwrap_or_default(),
            [b'-', _, ..] => tail,
            _ => return words,
        };
    }
    words
}

/// Words that another shell puts together and reads anew.
fn of_text(words: &[Word]) -> Option<Vec<Step>> {
    let text: Vec<&[u8]> = words.iter().map(|w| w.text.as_slice()).collect();
    let steps = split(&text.join(&b' '))?;
    (!steps.is_empty()).then_some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_on_other_hosts_are_found() {
        for (line, host, command) in [
            ("ssh db1 du -sh /x", Some("db1"), "du -sh /x"),
            ("ssh -p 22 op@db1 'ls -l /x'", Some("db1"), "ls -l /x"),
            ("docker exec -it web ls -l /x", Some("web"), "ls -l /x"),
            ("docker exec web sh -c 'ls -l /x'", Some("web"), "ls -l /x"),
            (
                "kubectl -n a exec pod-1 -c b -- du -a /x",
                Some("pod-1"),
                "du -a /x",
            ),
            ("sudo bash -lc 'ls -l'", None, "ls -l"),
            ("su - op -c 'ls -l'", None, "ls -l"),
        ] {
            let step = split(line.as_bytes()).unwrap().remove(0);
            let found = elsewhere(&step).unwrap_or_else(|| panic!("{line}"));
            assert_eq!(found.host.as_deref(), host.map(str::as_bytes), "{line}");
            let words: Vec<_> = found.steps[0]
                .words
                .iter()
                .map(|w| w.text.clone())
                .collect();
            assert_eq!(words.join(&b' '), command.as_bytes(), "{line}");
        }
        for line in [
            "ssh db1",
            "docker exec -it web bash",
            "bash",
            "bash x.sh",
            "ls",
            "ssh db1 'echo $(x)'",
        ] {
            let step = split(line.as_bytes()).unwrap().remove(0);
            assert_eq!(elsewhere(&step), None, "{line}");
        }
    }
}
