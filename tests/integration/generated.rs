//! What the program generates of itself and what is committed must be the same.
//! `UPDATE=1 cargo test generated` writes the files anew.

use std::fs;
use std::path::Path;

use crate::dir::jettison;

const SHELLS: [(&str, &str); 5] = [
    ("bash", "jettison.bash"),
    ("zsh", "_jettison"),
    ("fish", "jettison.fish"),
    ("powershell", "_jettison.ps1"),
    ("elvish", "jettison.elv"),
];

#[test]
fn committed_completions_are_fresh() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("completions");
    for (shell, file) in SHELLS {
        let fresh = jettison(["completions", shell]).code(0).stdout;
        let file = folder.join(file);
        if std::env::var_os("UPDATE").is_some() {
            fs::create_dir_all(&folder).unwrap();
            fs::write(&file, &fresh).unwrap();
        }
        let committed = fs::read(&file).unwrap_or_default();
        assert!(
            committed == fresh,
            "{} is stale: UPDATE=1 cargo test generated",
            file.display()
        );
    }
}

#[test]
fn the_manual_names_every_command() {
    let manual = jettison(["man"]).code(0).text();
    for command in [
        "report",
        "scan",
        "audit",
        "plan",
        "check",
        "export",
        "completions",
        "man",
    ] {
        assert!(
            manual.contains(&format!(".TH jettison-{command} ")),
            "{command}"
        );
    }
}
