//! The cleanup configuration of many packages, read whole.
//!
//! The configuration itself is not kept with the cases: `debian-corpus.sh` fetches and unpacks it.
//! `JETTISON_RULE_PACKAGES` names the directory that holds it, one directory a package; where
//! there is none yet, it is unpacked there, which takes the network, `apt-get`, `dpkg` and `cpio`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jettison::entry::RuleFile;
use jettison::rules::machine::Machine;
use jettison::rules::model::{Expr, Fidelity, Format, Place, Rule, Tri};
use jettison::rules::{self, RuleSet};
use jettison::source::rulebook;

use super::kind;

const MAIN: &[u8] = b"/etc/logrotate.conf";

/// A package as if it were a machine, with what every machine has besides it.
struct Package<'a> {
    root: &'a Path,
    common: &'a BTreeMap<Vec<u8>, RuleFile>,
    loaded: BTreeMap<Vec<u8>, RuleFile>,
}

impl Machine for Package<'_> {
    fn load(&mut self, path: &[u8]) -> Option<RuleFile> {
        let own = rulebook::load(self.root, path);
        let file = own.or_else(|| self.common.get(path).cloned())?;
        self.loaded.insert(path.to_vec(), file.clone());
        Some(file)
    }

    fn list(&mut self, folder: &[u8]) -> Vec<Vec<u8>> {
        rulebook::list(self.root, folder)
    }

    fn is_there(&mut self, path: &[u8]) -> Tri {
        if rulebook::is_there(self.root, path) {
            Tri::True
        } else {
            Tri::Unknown
        }
    }

    fn is_live(&self) -> bool {
        false
    }
}

/// A deleting command that the list names.
#[derive(Debug)]
struct Wanted {
    package: String,
    place: Place,
    text: String,
}

/// The commands of the list that somebody runs: a unit's other lines, questions whether a program
/// is there and the units of a user's own systemd are none.
fn wanted(manifest: &str) -> Vec<Wanted> {
    let list = manifest.split("## deleting commands").nth(1).unwrap_or("");
    let entries = list.lines().filter_map(|line| {
        let rest = line.strip_prefix("./")?;
        let (path, rest) = rest.split_once(':')?;
        let (number, text) = rest.split_once(':')?;
        let (package, path) = path.split_once('/')?;
        Some(Wanted {
            package: package.to_owned(),
            place: Place {
                file: format!("/{path}").into_bytes(),
                line: number.parse().ok()?,
            },
            text: text.to_owned(),
        })
    });
    let is_run = |wanted: &Wanted| {
        let path = String::from_utf8_lossy(&wanted.place.file);
        let is_setting = path.ends_with(".service") && !wanted.text.starts_with("Exec");
        !is_setting && !wanted.text.contains("command -v") && !path.contains("/systemd/user/")
    };
    entries.filter(is_run).collect()
}

/// The unpacked packages.
#[expect(clippy::print_stderr, reason = "a skipped test says so")]
fn packages(cases: &Path) -> Option<PathBuf> {
    let Some(dir) = std::env::var_os("JETTISON_RULE_PACKAGES").map(PathBuf::from) else {
        eprintln!("skipped: JETTISON_RULE_PACKAGES names no directory of unpacked packages");
        return None;
    };
    if !dir.is_dir() {
        let script = cases.join("debian-corpus.sh");
        let status = Command::new("bash").arg(script).arg(&dir).status();
        assert!(
            status.is_ok_and(|status| status.success()),
            "the packages could not be unpacked (are apt-get, dpkg and cpio there, and a network?)"
        );
    }
    Some(dir)
}

/// Reads one package. Scripts of the list that no rule file calls are called once a day.
fn read(package: &Package<'_>, wanted: &[&Wanted]) -> RuleSet {
    let (mut files, _) = rulebook::read(package.root);
    let has_parts = files
        .iter()
        .any(|f| f.path.starts_with(b"/etc/logrotate.d/"));
    if has_parts && !files.iter().any(|file| file.path == MAIN) {
        files.extend(package.common.get(MAIN).cloned());
    }
    let mut machine = Package {
        loaded: BTreeMap::new(),
        ..*package
    };
    let set = rules::read_on(&files, &mut machine);
    let is_read = |path: &Vec<u8>| {
        machine.loaded.contains_key(path) || files.iter().any(|file| file.path == *path)
    };
    let mut paths: Vec<&Vec<u8>> = wanted.iter().map(|w| &w.place.file).collect();
    paths.sort();
    paths.dedup();
    let calls: Vec<Vec<u8>> = paths
        .into_iter()
        .filter(|path| !is_read(path))
        .map(|path| [&b"0 3 * * * root "[..], path, b"\n"].concat())
        .collect();
    if calls.is_empty() {
        return set;
    }
    files.push(RuleFile {
        path: b"/etc/cron.d/called".to_vec(),
        read_from: b"called".to_vec(),
        contents: calls.concat(),
        mode: None,
        uid: None,
        mtime: None,
    });
    rules::read_on(&files, &mut machine)
}

/// Whether a rule stands for the command of a line: it begins there, spans it, or is called there.
fn stands_for(rule: &Rule, place: &Place, root: &Path) -> bool {
    if rule.via.contains(place) {
        return true;
    }
    if rule.file != place.file || rule.line > place.line {
        return false;
    }
    let newlines = rule.text.iter().filter(|&&b| b == b'\n').count() as u64;
    if place.line <= rule.line + newlines {
        return true;
    }
    // Inside quotes a line that is continued leaves no trace in the text.
    let Some(file) = rulebook::load(root, &rule.file) else {
        return false;
    };
    let lines: Vec<&[u8]> = file.contents.split(|&b| b == b'\n').collect();
    (rule.line..place.line).all(|n| {
        usize::try_from(n - 1).is_ok_and(|at| lines.get(at).is_some_and(|l| l.ends_with(b"\\")))
    })
}

fn rank(fidelity: &Fidelity) -> u8 {
    match fidelity {
        Fidelity::Exact => 2,
        Fidelity::Approx(_) => 1,
        Fidelity::Opaque(_) => 0,
    }
}

/// Whether nothing is certain to meet a condition.
fn is_doubtful(expr: &Expr) -> bool {
    match expr {
        Expr::Const(known) => *known != Tri::True,
        Expr::All(parts) => parts.iter().any(is_doubtful),
        _ => false,
    }
}

/// How many of the list's commands were understood how far.
#[derive(Debug, Default)]
struct Score {
    exact: usize,
    approx: usize,
    opaque: usize,
    absent: Vec<String>,
    not_unpacked: usize,
}

impl Score {
    fn count(&mut self, set: &RuleSet, wanted: &Wanted, root: &Path) {
        if !rulebook::is_there(root, &wanted.place.file) {
            self.not_unpacked += 1;
            return;
        }
        let found = set
            .rules
            .iter()
            .filter(|r| stands_for(r, &wanted.place, root));
        match found.map(|rule| &rule.fidelity).max_by_key(|f| rank(f)) {
            Some(Fidelity::Exact) => self.exact += 1,
            Some(Fidelity::Approx(_)) => self.approx += 1,
            Some(Fidelity::Opaque(why)) => {
                assert!(!why.is_empty(), "{wanted:?}");
                self.opaque += 1;
            }
            None => self.absent.push(format!("{wanted:?}")),
        }
    }
}

/// What must hold of every rule of a package.
fn check(set: &RuleSet, package: &str) {
    for rule in &set.rules {
        let is_line = matches!(rule.format, Format::Logrotate | Format::Tmpfiles)
            && (rule.sweeps.iter().any(|s| !s.roots.is_empty()) || rule.rotation.is_some());
        // The shell inside a block is no block.
        let is_shell = rule.rotation.is_none() && rule.format == Format::Logrotate;
        if is_line && !is_shell {
            assert_eq!(rule.fidelity, Fidelity::Exact, "{package}: {}", rule.id);
        }
        if matches!(rule.fidelity, Fidelity::Approx(_)) {
            let all = rule.sweeps.iter().all(|sweep| is_doubtful(&sweep.expr));
            assert!(
                all,
                "{package}: {} is sure of what was not understood",
                rule.id
            );
        }
    }
    if package == "apt-cacher-ng" {
        let flaws = set.rules.iter().filter_map(|rule| rule.flawed.as_deref());
        assert!(flaws.into_iter().any(|flaw| flaw.contains("`-o` binds")));
    }
}

#[test]
#[expect(clippy::print_stderr, reason = "what was measured is said")]
fn the_packages_rules_are_read() {
    let Some(cases) = kind("rules") else { return };
    let Some(dir) = packages(&cases) else { return };
    let manifest = fs::read_to_string(cases.join("MANIFEST.md")).unwrap();
    let wanted = wanted(&manifest);
    assert!(!wanted.is_empty(), "the list names no command");
    let main = rulebook::load(&dir.join("logrotate"), MAIN);
    let common = main.into_iter().map(|file| (MAIN.to_vec(), file)).collect();
    let mut names: Vec<String> = fs::read_dir(&dir)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut score = Score::default();
    let (mut rules, mut blocks) = (0, 0);
    for name in &names {
        let root = dir.join(name);
        let own: Vec<&Wanted> = wanted.iter().filter(|w| w.package == *name).collect();
        let package = Package {
            root: &root,
            common: &common,
            loaded: BTreeMap::new(),
        };
        let set = read(&package, &own);
        check(&set, name);
        rules += set.rules.len();
        blocks += set
            .rules
            .iter()
            .filter(|rule| rule.rotation.is_some())
            .count();
        for wanted in own {
            score.count(&set, wanted, &root);
        }
    }
    eprintln!(
        "{} packages, {rules} rules ({blocks} rotations): {score:?}",
        names.len()
    );
    assert_eq!(score.absent, Vec::<String>::new());
    let all = score.exact + score.approx + score.opaque;
    assert!(all > 0, "none of the list was unpacked");
    assert!((score.exact + score.approx) * 100 >= all * 85, "{score:?}");
    assert!(score.exact * 100 >= all * 60, "{score:?}");
}
