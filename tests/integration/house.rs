//! The rules of the house, held by reading its text: one direction of imports, one door per
//! package, no printing outside `cli`, no file too long to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What each module may import; a module may always import itself.
const MAY_IMPORT: [(&str, &[&str]); 21] = [
    ("bytes", &[]),
    ("time", &[]),
    ("error", &[]),
    ("sys", &["bytes", "time", "error"]),
    ("entry", &["bytes", "time", "error"]),
    ("policy", &["entry", "bytes", "time", "error"]),
    ("tree", &["entry", "bytes", "time", "error"]),
    ("reconcile", &["bytes"]),
    (
        "source",
        &["sys", "reconcile", "entry", "bytes", "time", "error"],
    ),
    (
        "survey",
        &[
            "source",
            "reconcile",
            "tree",
            "entry",
            "bytes",
            "time",
            "error",
        ],
    ),
    (
        "family",
        &["tree", "policy", "entry", "bytes", "time", "error"],
    ),
    (
        "rules",
        &["tree", "policy", "entry", "bytes", "time", "error"],
    ),
    (
        "audit",
        &[
            "family", "rules", "tree", "policy", "entry", "bytes", "time", "error",
        ],
    ),
    (
        "risk",
        &[
            "audit", "family", "rules", "tree", "policy", "entry", "bytes", "time", "error",
        ],
    ),
    ("need", &["entry", "bytes", "time", "error"]),
    (
        "plan",
        &[
            "risk", "audit", "family", "rules", "tree", "policy", "entry", "bytes", "time", "error",
        ],
    ),
    (
        "report",
        &[
            "plan",
            "need",
            "risk",
            "audit",
            "family",
            "rules",
            "reconcile",
            "tree",
            "policy",
            "entry",
            "bytes",
            "time",
            "error",
        ],
    ),
    (
        "cli",
        &[
            "report",
            "survey",
            "reconcile",
            "source",
            "need",
            "plan",
            "risk",
            "audit",
            "family",
            "rules",
            "tree",
            "policy",
            "entry",
            "bytes",
            "time",
            "error",
            "sys",
        ],
    ),
    ("main", &["cli"]),
    ("lib", &[]),
    ("tests", &[]),
];

/// The files that may name each package.
const DOORS: [(&str, &[&str]); 19] = [
    ("anstyle", &["report/text/"]),
    ("base64", &["report/json"]),
    ("clap", &["cli/args.rs", "cli/completions.rs"]),
    ("clap_complete", &["cli/args.rs", "cli/completions.rs"]),
    ("clap_mangen", &["cli/completions.rs"]),
    ("comfy_table", &["report/text/"]),
    ("globset", &["policy.rs"]),
    ("humansize", &["bytes.rs"]),
    ("indicatif", &["cli/progress.rs"]),
    ("jiff", &["time.rs"]),
    ("jwalk", &["source/walk/portable.rs"]),
    ("regex", &["rules/regex.rs", "rules/model.rs"]),
    ("rustix", &["sys.rs", "sys/"]),
    ("ruzstd", &["source/zstd.rs"]),
    ("signal_hook", &["cli/signals.rs"]),
    ("toml", &["policy.rs"]),
    ("unicode_width", &["report/escape.rs"]),
    ("vte", &["source/transcript/screen"]),
    ("walkdir", &["source/walk/portable.rs"]),
];

/// A source file: its path below `src`, and its text without its tests.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn module(&self) -> &str {
        self.path.split(['/', '.']).next().unwrap_or_default()
    }

    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self
            .text
            .lines()
            .enumerate()
            .map(|(number, line)| (number + 1, line));
        lines.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut folders: Vec<PathBuf> = vec![root.clone()];
    let mut sources = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text
                    .split("#[cfg(test)]\nmod tests {")
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let path = path
                    .strip_prefix(&root)
                    .unwrap()
                    .to_str()
                    .unwrap()
                    .to_owned();
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    assert!(sources.len() > 10, "the sources were not found");
    sources
}

/// Every `crate::name` in a line of code.
fn imports(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest
            .find(|c: char| !c.is_alphanumeric() && c != '_')
            .unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn imports_go_one_way() {
    let allowed: BTreeMap<_, _> = MAY_IMPORT.into_iter().collect();
    let mut wrong = Vec::new();
    for source in sources() {
        let module = source.module();
        let may = allowed
            .get(module)
            .unwrap_or_else(|| panic!("{module} has no place in the house"));
        for (number, line) in source.code_lines() {
            for name in imports(line).filter(|name| allowed.contains_key(name)) {
                if name != module && !may.contains(&name) {
                    wrong.push(format!(
                        "src/{}:{number}: {module} imports {name}",
                        source.path
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_package_has_one_door() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (number, line) in source.code_lines() {
            for (package, doors) in DOORS {
                let named = line.match_indices(&format!("{package}::")).any(|(at, _)| {
                    !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
                });
                if named && !doors.iter().any(|door| source.path.starts_with(door)) {
                    wrong.push(format!(
                        "src/{}:{number}: {package} is used outside {doors:?}",
                        source.path
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    const PRINTS: [&str; 5] = ["println!(", "print!(", "eprintln!(", "eprint!(", "dbg!("];
    let mut wrong = Vec::new();
    for source in sources()
        .iter()
        .filter(|s| s.module() != "cli" && s.module() != "main")
    {
        for (number, line) in source.code_lines() {
            if PRINTS.iter().any(|print| line.contains(print)) {
                wrong.push(format!("src/{}:{number}: {}", source.path, line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn main_only_starts_the_program() {
    let main =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/main.rs")).unwrap();
    assert!(main.lines().count() <= 30);
}

#[test]
fn every_integration_test_file_is_run() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/integration");
    let main = fs::read_to_string(folder.join("main.rs")).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let module = name.trim_end_matches(".rs");
        assert!(
            module == "main" || main.contains(&format!("mod {module};")),
            "{name} is not run"
        );
    }
}
