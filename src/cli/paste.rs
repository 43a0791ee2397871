//! The command that gives the same plan again, to be pasted into a shell.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use crate::bytes::Bytes;
use crate::policy::Risk;
use crate::report::text;
use crate::time::Timestamp;

use super::args::{
    FreeArgs, NeedArgs, Objective, PercentBase, RuleArgs, SourceArgs, Waste, value_word,
};

/// The same plan as a command that can be pasted, with every argument that changes the answer;
/// none for what came through stdin, which is read up.
pub(super) fn plan(args: &Asked<'_>) -> Option<String> {
    let Asked { source, .. } = args;
    if source.source.as_os_str() == "-" {
        return None;
    }
    let mut words = vec!["jettison plan".to_owned(), operand(&source.source)];
    for (name, value) in arguments(args) {
        words.push(match value {
            // With `=`, a value that begins with a hyphen is still a value.
            Some(value) if value.as_encoded_bytes().starts_with(b"-") => {
                format!("{name}={}", shell_word(&value))
            }
            Some(value) => format!("{name} {}", shell_word(&value)),
            None => name.to_owned(),
        });
    }
    Some(words.join(" "))
}

/// What a plan depends on, from the commands that can make one.
pub(super) struct Asked<'a> {
    pub(super) source: &'a SourceArgs,
    pub(super) rules: &'a RuleArgs,
    pub(super) need: &'a NeedArgs,
    pub(super) free: &'a FreeArgs,
    pub(super) now: Option<Timestamp>,
}

/// The arguments that are not at their defaults, by name and value.
fn arguments(args: &Asked<'_>) -> Vec<(&'static str, Option<OsString>)> {
    let mut flags = Vec::new();
    need_arguments(args.need, args.free, &mut flags);
    let rules = args.rules;
    let roots = rules.roots.iter().map(|root| ("--rules", Some(root)));
    let paths = [
        ("--seen-as", rules.seen_as.as_ref()),
        ("--policy", rules.policy.as_ref()),
    ];
    flags.extend(
        roots
            .chain(paths)
            .filter_map(|(name, path)| Some((name, Some(path?.clone().into_os_string())))),
    );
    let reading = &args.source.reading;
    if let Some(form) = reading.form {
        flags.push(("--as", Some(value_word(&form).into())));
    }
    flags.extend(
        reading
            .exclude
            .iter()
            .map(|glob| ("--exclude", Some(glob.into()))),
    );
    flags.extend(
        reading
            .at
            .map(|line| ("--at", Some(line.to_string().into()))),
    );
    let switches = [
        ("--cross-file-systems", reading.cross_file_systems),
        ("--assume-empty", reading.assume_empty),
    ];
    flags.extend(
        switches
            .into_iter()
            .filter(|s| s.1)
            .map(|(name, _)| (name, None)),
    );
    flags.extend(
        args.now
            .map(|now| ("--now", Some(format!("@{}", now.0).into()))),
    );
    flags
}

fn need_arguments(
    need: &NeedArgs,
    free: &FreeArgs,
    flags: &mut Vec<(&'static str, Option<OsString>)>,
) {
    let bytes = |bytes: Option<Bytes>| bytes.map(|bytes| exactly(bytes.0).into());
    let number = |n: Option<u64>| n.map(|n| n.to_string().into());
    let share = (need.percent_of != PercentBase::Usable).then(|| "size".into());
    let smallest = (need.smallest != Objective::Paths).then(|| value_word(&need.smallest).into());
    let risk = (need.max_risk != Risk::Old).then(|| need.max_risk.word().into());
    let waste = (need.max_waste != Waste::default()).then(|| match need.max_waste.0 {
        Some(percent) => format!("{percent}%").into(),
        None => "none".into(),
    });
    let said = [
        ("--need", need.need.as_ref().map(OsString::from)),
        ("--free", bytes(free.free)),
        ("--need-inodes", number(need.need_inodes)),
        ("--free-inodes", number(free.free_inodes)),
        ("--percent-of", share),
        ("--capacity", bytes(need.capacity)),
        ("--available", bytes(need.available)),
        ("--smallest", smallest),
        ("--max-risk", risk),
        ("--max-waste", waste),
    ];
    flags.extend(said.into_iter().filter(|(_, value)| value.is_some()));
}

/// An amount without loss, in the largest unit that it is a multiple of: `5GiB`.
fn exactly(bytes: u64) -> String {
    let units = [(40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fitting = units
        .into_iter()
        .find(|u| bytes > 0 && bytes.is_multiple_of(1 << u.0));
    match fitting {
        Some((shift, unit)) => format!("{}{unit}", bytes >> shift),
        None => bytes.to_string(),
    }
}

/// A source as an operand: one that begins with a hyphen would be taken for a flag.
fn operand(source: &Path) -> String {
    if source.as_os_str().as_encoded_bytes().starts_with(b"-") {
        return shell_word(Path::new(".").join(source).as_os_str());
    }
    shell_word(source.as_os_str())
}

/// A word for a shell: as it is when plain, in single quotes when it is text, else with every odd
/// byte written out between `$'` and `'`, so that the terminal shows it and the shell means it.
fn shell_word(word: &OsStr) -> String {
    let bytes = word.as_encoded_bytes();
    let shown = text::path(bytes);
    let plain = |&b: &u8| b.is_ascii_alphanumeric() || b"/._-+:@%,=".contains(&b);
    if !bytes.is_empty() && bytes.iter().all(plain) {
        return shown;
    }
    if shown.replace("\\\\", "\\").as_bytes() == bytes {
        return format!("'{}'", shown.replace("\\\\", "\\").replace('\'', r"'\''"));
    }
    let written = |b: u8| match b {
        b'\'' | b'\\' => format!("\\{}", char::from(b)),
        b' '..=b'~' => char::from(b).to_string(),
        _ => format!("\\{b:03o}"),
    };
    format!(
        "$'{}'",
        bytes.iter().map(|&b| written(b)).collect::<String>()
    )
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use crate::cli::args;

    use super::*;

    fn again(line: &[&str]) -> Option<String> {
        let words = ["jettison", "plan"].iter().chain(line);
        let cli = args::parse(words.map(OsString::from).collect()).expect("arguments");
        let args::Command::Plan(plan) = cli.command else {
            panic!("a plan");
        };
        super::plan(&Asked {
            source: &plan.source,
            rules: &plan.rules,
            need: &plan.need,
            free: &plan.free,
            now: plan.written.now,
        })
    }

    #[test]
    fn every_argument_that_matters_is_there_again() {
        let all = [
            "rec.txt",
            "--need",
            "45%",
            "--percent-of",
            "size",
            "--capacity",
            "5",
            "--available",
            "6",
            "--smallest",
            "bytes",
            "--max-risk",
            "stale",
            "--max-waste",
            "none",
            "--rules",
            "r",
            "--seen-as",
            "/s",
            "--policy",
            "p",
            "--as",
            "transcript",
            "--exclude",
            "x",
            "--at",
            "3",
            "--cross-file-systems",
            "--assume-empty",
            "--now",
            "@7",
        ];
        assert_eq!(
            again(&all),
            Some(format!("jettison plan {}", all.join(" ")))
        );
        let free = ["d", "--free", "1KiB"];
        assert_eq!(again(&free).as_deref(), Some("jettison plan d --free 1KiB"));
    }

    #[test]
    fn stdin_can_not_be_read_again() {
        assert_eq!(again(&["-", "--need", "1"]), None);
    }

    #[test]
    fn hyphens_in_front_are_not_flags() {
        let line = again(&["--free", "1", "--exclude=-x*", "--", "-dir"]);
        let expected = "jettison plan ./-dir --free 1 --exclude='-x*'";
        assert_eq!(line.as_deref(), Some(expected));
    }

    #[test]
    #[cfg(unix)]
    #[expect(clippy::print_stderr, reason = "a skipped test says so")]
    fn bash_reads_every_word_as_it_was() {
        use std::os::unix::ffi::OsStrExt as _;
        for word in [
            &b"plain"[..],
            b"",
            b"a b",
            b"it's",
            b"back\\slash",
            b"nl\nname\x1b[31m",
            b"bad\xff7",
            "caf\u{e9} \u{202e}x".as_bytes(),
            b"$(id)`id`",
            b"'\n\\",
            b"~",
            b"-x",
            b"!!",
        ] {
            let written = shell_word(OsStr::from_bytes(word));
            assert!(!written.chars().any(char::is_control), "{written:?}");
            let script = format!("printf %s {written}");
            match Command::new("bash").args(["-c", &script]).output() {
                Ok(run) if word != b"-x" => assert_eq!(run.stdout, word, "{written}"),
                Ok(_) => {}
                Err(e) => eprintln!("skipped: bash cannot be run: {e}"),
            }
        }
    }
}
