//! Whole commands, run: what is gone afterwards is what the rule takes.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use jettison::rules::model::{Fidelity, Tri};

use super::super::{Draw, clock, has_tool, listing, scan, shown};
use super::ground::Place;
use super::{Counts, Paths, hits, paths, rule_of};

const ROUNDS: usize = 7;

/// Ways to be rid of what `find` names: the class, the command, and whether a tree tells all that
/// it takes. `A` is a condition.
const FORMS: &[(&str, &str, bool)] = &[
    ("-delete", "find ROOT -mindepth 1 A -delete", true),
    ("-delete first", "find ROOT -mindepth 1 -delete A", true),
    (
        "-depth -delete",
        "find ROOT -mindepth 1 -depth A -delete",
        true,
    ),
    ("-exec rm ;", "find ROOT A -exec rm -f {} \\;", true),
    ("-exec rm +", "find ROOT A -exec rm -f -- {} +", true),
    (
        "-exec rm -rf ;",
        "find ROOT -mindepth 1 A -exec rm -rf {} \\;",
        false,
    ),
    (
        "-exec rm -rf +",
        "find ROOT -mindepth 1 A -exec rm -rf {} +",
        true,
    ),
    ("-execdir rm", "find ROOT A -execdir rm -f {} \\;", true),
    (
        "-exec rmdir",
        "find ROOT -mindepth 1 -type d A -exec rmdir {} +",
        false,
    ),
    (
        "-exec unlink",
        "find ROOT -type f A -exec unlink {} \\;",
        true,
    ),
    (
        "-exec sh",
        "find ROOT -type f A -exec sh -c 'rm -f \"$1\"' _ {} \\;",
        false,
    ),
    ("-ok rm", "find ROOT A -ok rm -f {} \\; </dev/null", true),
    ("-quit", "find ROOT -type f A -delete -quit", false),
    (
        "-print0 | xargs -0 rm",
        "find ROOT -type f A -print0 | xargs -0 rm -f",
        true,
    ),
    (
        "-print0 | xargs -0 -r rm -rf",
        "find ROOT -mindepth 1 A -print0 | xargs -0 -r rm -rf",
        true,
    ),
    (
        "-print0 | xargs -0 -n1",
        "find ROOT -type f A -print0 | xargs -0 -n 1 rm -f",
        true,
    ),
    (
        "-print0 | xargs -0 -I",
        "find ROOT -type f A -print0 | xargs -0 -I{} rm -f {}",
        true,
    ),
    (
        "-print0 | sort -z | xargs",
        "find ROOT -type f A -print0 | sort -z | xargs -0 rm -f",
        true,
    ),
    ("| xargs rm", "find ROOT -type f A | xargs rm -f", false),
    (
        "-print | xargs -r rm",
        "find ROOT -type f A -print | xargs -r rm -f",
        false,
    ),
    (
        "| xargs -d",
        "find ROOT -type f A | xargs -d '\\n' rm -f",
        false,
    ),
    (
        "| xargs -I",
        "find ROOT -type f A | xargs -I{} rm -f {}",
        false,
    ),
    (
        "| while read",
        "find ROOT -type f A | while read f; do rm -f \"$f\"; done",
        false,
    ),
    (
        "| while read -r",
        "find ROOT -type f A | while IFS= read -r f; do rm -f \"$f\"; done",
        false,
    ),
    (
        "| while read bare",
        "find ROOT -type f A | while read f; do rm -f $f; done",
        false,
    ),
    (
        "for in $(find)",
        "for f in $(find ROOT -type f A); do rm -f \"$f\"; done",
        false,
    ),
    ("rm $(find)", "rm -f $(find ROOT -type f A)", false),
    (
        "| grep | xargs",
        "find ROOT -type f A | grep -v keep | xargs rm -f",
        false,
    ),
    (
        "-prune",
        "find ROOT -name a -prune -o -type f A -exec rm -f {} +",
        true,
    ),
    (
        "! -path",
        "find ROOT ! -path 'ROOT/a/*' -type f A -delete",
        true,
    ),
];

const CONDITIONS: &[&str] = &[
    "-mtime +7",
    "-name '*.csv'",
    "-size +1k",
    "-name 'a*'",
    "-mmin -20000",
    "! -name b",
    "-empty",
    "\\( -name 'x*' -o -name 'q*' \\)",
    "-true",
    "-path '*/a/*'",
];

#[test]
fn what_a_command_deletes_is_gone() {
    if !has_tool("find", false) {
        return;
    }
    let mut counts = Counts::default();
    for round in 0..ROUNDS {
        for (index, (class, form, decided)) in FORMS.iter().enumerate() {
            let mut draw = Draw::new((round * FORMS.len() + index) as u64 + 900);
            let place = Place::build(&mut draw, clock());
            if form.contains("xargs") && !form.contains("-0") {
                // One unmatched quote ends an `xargs` that has no `-0`, whatever else is named.
                remove_quoted(&place.base);
            }
            let condition = draw.pick(CONDITIONS);
            let script = form.replace('A', condition).replace("ROOT", &place.root());
            run(&place, &script, *decided);
            counts.note(&[class]);
        }
    }
    counts.each_at_least(FORMS.iter().map(|(class, ..)| *class), ROUNDS);
}

fn remove_quoted(base: &std::path::Path) {
    let status = Command::new("find")
        .arg(base)
        .args(["-depth", "-name", "*'*", "-exec", "rm", "-rf", "{}", "+"])
        .status();
    assert!(status.unwrap().success());
}

fn run(place: &Place, script: &str, decided: bool) {
    let tree = scan(&place.base);
    let rule = rule_of(script);
    let hits = if rule.broken.is_some() {
        Vec::new()
    } else {
        hits(&rule, &tree, place.now)
    };
    let is_file = |path: &&Vec<u8>| {
        let path = std::path::Path::new(std::ffi::OsStr::from_bytes(path));
        path.symlink_metadata().is_ok_and(|m| !m.is_dir())
    };
    let files = |paths: Paths| -> Paths { paths.iter().filter(is_file).cloned().collect() };
    let sure = files(paths(&hits, &tree, |hit| hit.eligible, Tri::True));
    let possible = files(paths(&hits, &tree, |hit| hit.eligible, Tri::Unknown));
    let before = files(listing(&place.base));
    let empty = fs::create_dir_all(place.base.join("cwd"));
    empty.unwrap();
    // Names that an `xargs` without `-0` makes of others are looked for here.
    let output = Command::new("sh")
        .args(["-c", script])
        .current_dir(place.base.join("cwd"))
        .env("TZ", "UTC")
        .output()
        .unwrap();
    let left = listing(&place.base);
    let gone: BTreeSet<Vec<u8>> = before.difference(&left).cloned().collect();
    let context = format!(
        "{script}\n{:?}\n{}",
        rule.fidelity,
        String::from_utf8_lossy(&output.stderr)
    );
    if decided {
        assert_eq!(rule.fidelity, Fidelity::Exact, "{context}");
        assert_eq!(shown(&sure), shown(&gone), "{context}");
        assert_eq!(shown(&possible), shown(&gone), "{context}");
    }
    let wrong: Paths = sure.difference(&gone).cloned().collect();
    assert_eq!(shown(&wrong), [""; 0], "stays: {context}");
    let missed: Paths = gone.difference(&possible).cloned().collect();
    assert_eq!(shown(&missed), [""; 0], "goes: {context}");
}
