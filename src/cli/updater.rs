//! Asks apt what its upgrade needs, and rpm what it has installed. The one place that runs another
//! program.
//!
//! No shell, absolute paths, an empty environment but for the C locale, a time limit and a bounded
//! answer. `--print-uris` and `--simulate` take no lock and change nothing; the package cache is
//! kept in memory, as it would otherwise be written on the disk in question.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::error::{Error, Result};
use crate::need::Demand;
use crate::need::apt::{self, Machine, Package};

/// How long one call may take.
const TIME: Duration = Duration::from_secs(60);
/// How much of an answer is read.
const MOST: u64 = 64 << 20;
/// Packages in one question, so that the arguments stay short.
const AT_ONCE: usize = 500;

/// What the upgrade that apt would do now needs, place by place.
pub(super) fn apt() -> Result<Demand> {
    let upgrade = [
        "-q",
        "-o",
        "Dir::Cache::pkgcache=",
        "-o",
        "Dir::Cache::srcpkgcache=",
    ];
    let ask = |more: &[&str]| run("/usr/bin/apt-get", &[&upgrade[..], more].concat());
    let said = ask(&["-y", "--print-uris", "dist-upgrade"])?;
    let said = apt::announcement(&said).map_err(not_understood)?;
    let listed = ask(&["--simulate", "dist-upgrade"])?;
    let listed = apt::packages(&listed).map_err(not_understood)?;
    let largest = largest(&listed)?;
    let machine = machine()?;
    apt::demand(&said, &listed, largest, &machine).map_err(not_understood)
}

/// Every file that rpm has installed, one a line; nothing where there is no rpm.
///
/// # Errors
/// When there is one, and it does not answer.
pub(super) fn rpm() -> Result<Option<String>> {
    let program = "/usr/bin/rpm";
    match Path::new(program).exists() {
        true => run(program, &["-qal"]).map(Some),
        false => Ok(None),
    }
}

fn not_understood(cause: String) -> Error {
    Error::source(format!("--need apt: {cause}"))
        .with_hint("say how much yourself: --need 2GiB, or --need @file.json")
}

fn largest(packages: &[Package]) -> Result<u64> {
    let mut largest = 0;
    for some in packages.chunks(AT_ONCE) {
        let mut words = vec!["-q".to_owned(), "-o".into(), "Dir::Cache::pkgcache=".into()];
        words.extend(["-o", "Dir::Cache::srcpkgcache=", "show"].map(str::to_owned));
        words.extend(some.iter().map(|p| format!("{}={}", p.name, p.version)));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let records = run("/usr/bin/apt-cache", &words)?;
        largest = largest.max(apt::largest(some, &records).map_err(not_understood)?);
    }
    Ok(largest)
}

fn machine() -> Result<Machine> {
    let told = run(
        "/usr/bin/apt-config",
        &["shell", "D", "Dir::Cache::archives/d"],
    )?;
    // `D='/var/cache/apt/archives/'`
    let archives = told
        .trim()
        .strip_prefix("D='")
        .and_then(|rest| rest.strip_suffix('\''))
        .filter(|path| path.starts_with('/') && !path.contains('\''))
        .ok_or_else(|| not_understood(format!("apt-config names no archives: {told}")))?
        .trim_end_matches('/')
        .to_owned();
    Ok(Machine {
        partial: sizes(&Path::new(&archives).join("partial")),
        boot: sizes(Path::new("/boot")),
        archives: archives.into_bytes(),
    })
}

/// The plain files of a directory and what they hold; nothing where it can not be read, which
/// only makes the need larger.
fn sizes(dir: &Path) -> Vec<(Vec<u8>, u64)> {
    let entries = fs::read_dir(dir).into_iter().flatten().flatten();
    let mut sizes: Vec<_> = entries
        .filter_map(|entry| {
            let meta = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            Some((entry.file_name().into_encoded_bytes(), meta.len()))
        })
        .collect();
    sizes.sort_unstable();
    sizes
}

/// Runs a program and gives what it printed; anything but a timely, whole, successful answer in
/// UTF-8 is an error.
fn run(program: &str, words: &[&str]) -> Result<String> {
    let failed = |cause: String| {
        let words = words.last().copied().unwrap_or_default();
        Error::source(format!("{program} … {words}: {cause}"))
            .with_hint("say how much yourself: --need 2GiB, or --need @file.json")
    };
    let mut child = Command::new(program)
        .args(words)
        .env_clear()
        .env("LC_ALL", "C")
        .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| failed(e.to_string()))?;
    let (done, answer) = mpsc::channel();
    let out = child.stdout.take();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = out.map_or(Ok(0), |out| out.take(MOST + 1).read_to_end(&mut bytes));
        // Who no longer waits need not be told.
        let _too_late = done.send(read.map(|_| bytes));
    });
    let answer = answer.recv_timeout(TIME);
    if !matches!(&answer, Ok(Ok(bytes)) if bytes.len() as u64 <= MOST) {
        // It may have ended by itself meanwhile.
        let _gone_already = child.kill();
    }
    let status = child.wait().map_err(|e| failed(e.to_string()))?;
    let bytes = match answer {
        Err(_) => return Err(failed(format!("no answer within {} s", TIME.as_secs()))),
        Ok(Err(e)) => return Err(failed(e.to_string())),
        Ok(Ok(bytes)) if bytes.len() as u64 > MOST => {
            return Err(failed("its answer does not end".to_owned()));
        }
        Ok(Ok(bytes)) => bytes,
    };
    if !status.success() {
        return Err(failed(format!("it ended with {status}")));
    }
    String::from_utf8(bytes).map_err(|_| failed("its answer is not UTF-8".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_missing_or_fails_is_an_error() {
        for (program, words, cause) in [
            ("/nonexistent/apt-get", &["x"][..], "No such file"),
            ("/bin/sh", &["-c", "exit 100"], "exit status: 100"),
            ("/bin/sh", &["-c", "printf '\\377'"], "not UTF-8"),
            ("/bin/sh", &["-c", "exec cat /dev/zero"], "does not end"),
        ] {
            let error = run(program, words).expect_err(cause);
            assert!(
                error.is_source() && error.to_string().contains(cause),
                "{error}"
            );
        }
        let words = ["-c", "echo $LC_ALL $HOME"];
        assert_eq!(run("/bin/sh", &words).expect("an answer"), "C\n");
    }
}
