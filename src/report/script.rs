//! A plan as a shell script, to be reviewed and then run.
//!
//! Every path is one argument in single quotes, whatever its name holds; a name with bytes that a
//! terminal would obey or hide is written in octal, so that the review shows what the shell will
//! do. The script runs in any POSIX shell with GNU coreutils and findutils. Before a path goes it
//! is held against what was seen: device, inode, type, owner, size and times of the path itself,
//! and for a directory the number of names in it, and that nothing in it changed since the walk
//! began. What differs, or can not be compared, is left alone, and the script then ends with 1.
//!
//! Limit: between the comparison and `rm` there is a moment in which somebody who may write there
//! can still put something else under the name.

mod recorded;

use std::fmt::Write as _;

use crate::entry::Kind;
use crate::plan::{Evidence, Pick, Plan, Reached};
use crate::tree::{NodeId, Tree};

use super::escape::escape;

pub use recorded::recorded;

const HEAD: &str = r#"
set -u
LC_ALL=C
export LC_ALL
only_say=${1-}
left=0

leave() {
    printf 'left alone: %s: %s\n' "$1" "$2" >&2
    left=1
}

# what to call it, what was seen of it, how many names are in it, its path
remove() {
    now=$(stat -c '%d:%i:%f:%u:%s:%Y:%Z' -- "$4" 2>/dev/null) || now=gone
    if [ "$now" != "$2" ]; then
        leave "$1" 'it is not what was seen'
        return
    fi
    if [ "$3" != file ]; then
        names=$(find "$4" -xdev -printf x 2>/dev/null) || names=
        if [ "${#names}" -ne "$3" ]; then
            leave "$1" 'it does not hold the names that were seen'
            return
        fi
        newer=$(find "$4" -xdev -newerct "$walked" -printf x -quit 2>/dev/null) || newer=x
        if [ -n "$newer" ]; then
            leave "$1" 'something in it changed since it was seen'
            return
        fi
    fi
    if [ "$only_say" = -n ]; then
        printf 'would remove: %s\n' "$1"
    elif rm -rf --one-file-system -- "$4"; then
        printf 'removed: %s\n' "$1"
    else
        leave "$1" 'it could not be removed'
    fi
}
"#;

/// Writes the script of a plan for a live source, whose walk began at `walked`, in nanoseconds
/// since 1970.
#[must_use]
pub fn script(plan: &Plan, tree: &Tree, walked: i128) -> String {
    let mut out = String::from("#!/bin/sh\n");
    let _infallible = write!(out, "# {}\n{}", purpose(plan, tree), about(plan));
    out += HEAD;
    let (seconds, nanos) = (
        walked.div_euclid(1_000_000_000),
        walked.rem_euclid(1_000_000_000),
    );
    let _infallible = writeln!(out, "walked=@{seconds}.{nanos:09}\n");
    for pick in &plan.picks {
        out += &item(pick);
    }
    out + end(plan)
}

fn end(plan: &Plan) -> &'static str {
    match plan.reached {
        Reached::No if !plan.request.is_met() => "exit 1\n",
        _ => "exit \"$left\"\n",
    }
}

fn purpose(plan: &Plan, tree: &Tree) -> String {
    let root = escape(&tree.path(NodeId::ROOT));
    if plan.request.is_met() {
        return format!("jettison plan for {root}: nothing has to go.");
    }
    let proven = match (plan.reached, plan.proven) {
        (Reached::No, _) => {
            return format!("jettison plan for {root}: nothing that may go is enough.");
        }
        (Reached::Possibly, _) => "may be enough",
        (_, true) => "proven to be the smallest set",
        _ => "enough; a smaller set may exist",
    };
    let paths = plan.picks.len();
    format!(
        "jettison plan for {root}: {} in {paths} path(s), {proven}.",
        plan.freed
    )
}

fn about(plan: &Plan) -> &'static str {
    if plan.picks.is_empty() {
        return "";
    }
    "# Review it, then run it with sh; `sh FILE -n` only says what it would do.\n\
     # What is not as it was seen is left alone. Nothing else is touched.\n"
}

fn item(pick: &Pick) -> String {
    let (label, risk) = (escape(&pick.path), pick.risk.word());
    let why = escape(pick.why.as_bytes());
    let mut out = format!("# {}, {risk}: {why}\n", pick.freed);
    let Some(seen) = &pick.evidence else {
        let _infallible = writeln!(
            out,
            "leave {} 'it changed while the plan was made'\n",
            quoted(&label)
        );
        return out;
    };
    let names = match pick.kind {
        Kind::Dir => seen.entries.to_string(),
        _ => "file".to_owned(),
    };
    let (before, path) = argument("p", &pick.path);
    let (label, stamp) = (quoted(&label), stamp(seen));
    let _infallible = writeln!(out, "{before}remove {label} '{stamp}' {names} {path}\n");
    out
}

/// What `stat` must say: `%d:%i:%f:%u:%s:%Y:%Z`.
fn stamp(seen: &Evidence) -> String {
    let seconds = |ns: i128| ns.div_euclid(1_000_000_000);
    format!(
        "{}:{}:{:x}:{}:{}:{}:{}",
        seen.dev,
        seen.ino,
        seen.mode,
        seen.uid,
        seen.size,
        seconds(seen.mtime_ns),
        seconds(seen.ctime_ns)
    )
}

/// Bytes as one argument of any POSIX shell: what has to be run before, and the argument. What
/// shows as it is stands in single quotes; the rest is made by `printf %b`, with a full stop at
/// its end that keeps the newlines before it, in a variable of that name.
fn argument(name: &str, bytes: &[u8]) -> (String, String) {
    let shown = escape(bytes).replace("\\\\", "\\");
    if shown.as_bytes() == bytes {
        return (String::new(), quoted(&shown));
    }
    let written = |b: u8| match b {
        b'\'' | b'\\' => format!("\\0{b:03o}"),
        b' '..=b'~' => char::from(b).to_string(),
        _ => format!("\\0{b:03o}"),
    };
    let octal: String = bytes.iter().map(|&b| written(b)).collect();
    let before = format!("{name}=$(printf '%b.' '{octal}'); {name}=${{{name}%.}}\n");
    (before, format!("\"${name}\""))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;
    use std::process::Command;

    use super::*;

    #[test]
    #[cfg(unix)]
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn every_shell_reads_every_name() {
        use std::os::unix::ffi::OsStrExt as _;
        let mut names: Vec<Vec<u8>> = (1..=255u8).map(|b| vec![b'/', b, b'x']).collect();
        names.extend((1..=255u8).map(|b| vec![b'/', b]));
        for odd in [
            &b"/it's"[..],
            b"/a b\n\n",
            b"/$(touch x)`id`",
            b"/'\n'\\'",
            b"/\\0101",
            b"/-rf",
            b"/*?[a]",
            b"/%s%b%n",
            "/caf\u{e9} \u{202e}x".as_bytes(),
            b"/\xff\xfe.",
        ] {
            names.push(odd.to_vec());
        }
        for shell in ["sh", "dash", "bash"] {
            let mut script = String::from("LC_ALL=C\nexport LC_ALL\n");
            for name in &names {
                let (before, word) = argument("p", name);
                script += &format!("{before}printf '%s\\0' {word}\n");
            }
            assert!(!script.chars().any(|c| c.is_control() && c != '\n'));
            match Command::new(shell)
                .arg("-c")
                .arg(OsStr::from_bytes(script.as_bytes()))
                .output()
            {
                Err(e) => eprintln!("skipped: {shell} cannot be run: {e}"),
                Ok(run) => {
                    let read: Vec<&[u8]> = run.stdout.split(|&b| b == 0).collect();
                    assert_eq!(read.len(), names.len() + 1, "{shell}");
                    for (read, name) in read.iter().zip(&names) {
                        assert_eq!(read, name, "{shell}");
                    }
                }
            }
        }
    }
}
