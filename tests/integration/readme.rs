//! Every console block of the README is run, in the repository's root, and must print what it
//! says. `UPDATE=1 cargo test readme` writes what is printed today into the README, for review.

use std::fs;
use std::path::Path;

use crate::dir::jettison_in;

/// A `$` line of a console block, and the lines that it is said to print.
struct Step {
    command: String,
    printed: String,
}

/// What a command prints, with its exit code where `; echo $?` asks for it.
fn perform(root: &Path, command: &str) -> String {
    let (command, asks_code) = match command.strip_suffix("; echo $?") {
        Some(command) => (command, true),
        None => (command, false),
    };
    let line = command
        .strip_prefix("cargo run --release --quiet -- ")
        .or(command.strip_prefix("jettison "));
    let line =
        line.unwrap_or_else(|| panic!("the README runs something else than jettison: {command}"));
    let run = jettison_in(root, words(line), b"");
    let code = if asks_code {
        format!("{}\n", run.code)
    } else {
        String::new()
    };
    format!("{}{}{code}", run.text(), run.stderr)
}

/// Words as a shell splits them, single quotes included; nothing else of a shell is needed here.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            c => words.last_mut().unwrap().push(c),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_console_block_prints_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("README.md")).unwrap();
    let mut rewritten = String::new();
    let mut wrong = Vec::new();
    let mut commands = 0;
    for (at, piece) in text.split("```").enumerate() {
        if at > 0 {
            rewritten += "```";
        }
        let Some(block) = piece.strip_prefix("console\n").filter(|_| at % 2 == 1) else {
            rewritten += piece;
            continue;
        };
        rewritten += "console\n";
        for step in steps(block) {
            rewritten += &format!("$ {}\n", step.command);
            // The tests cannot run themselves, and nothing of theirs is shown.
            if step.command.starts_with("cargo test") {
                assert_eq!(step.printed, "", "the README shows what the tests print");
                continue;
            }
            commands += 1;
            let printed = perform(root, &step.command);
            if printed != step.printed {
                wrong.push(format!(
                    "$ {}\n{printed}--- instead of\n{}",
                    step.command, step.printed
                ));
            }
            rewritten += &printed;
        }
    }
    assert!(commands >= 3, "the README shows nothing");
    if std::env::var_os("UPDATE").is_some() {
        fs::write(root.join("README.md"), rewritten).unwrap();
    } else {
        assert!(
            wrong.is_empty(),
            "{}\n(UPDATE=1 writes it anew)",
            wrong.join("\n")
        );
    }
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        match line.strip_prefix("$ ") {
            Some(command) => {
                steps.push(Step {
                    command: command.to_owned(),
                    printed: String::new(),
                });
            }
            None => {
                let step = steps
                    .last_mut()
                    .expect("a console block begins with a command");
                step.printed += &format!("{line}\n");
            }
        }
    }
    steps
}

#[test]
fn the_set_up_is_two_commands() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let first = text
        .lines()
        .find_map(|line| line.strip_prefix("$ "))
        .unwrap();
    assert!(
        first.starts_with("cargo run --release --quiet -- "),
        "{first}"
    );
    assert!(text.lines().any(|line| line == "$ cargo test"));
}
