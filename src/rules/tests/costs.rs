//! What reading costs: time in step with the text, whatever the text.

use super::*;

/// The bytes of rules and troubles that come of a text, as a measure of what was kept.
fn kept(set: &RuleSet) -> usize {
    let rules = set.rules.iter();
    rules
        .map(|rule| rule.text.len() + rule.gates.len() + rule.sweeps.len() + rule.via.len())
        .sum()
}

#[test]
fn a_megabyte_of_script_is_read_in_one_pass() {
    let line = |n: usize| match n % 8 {
        0 => format!("find /data/{n} -name '*.csv' -mtime +{} -delete\n", n % 90),
        1 => format!("V{n}=/srv/{n}\n"),
        2 => format!("[ -d /srv/{n} ] || exit 0\n"),
        3 => format!("if [ -n \"$X{n}\" ]; then rm -f /tmp/{n}.*; fi\n"),
        4 => format!("for i in a b; do rm -f \"/x/$i/{n}\"; done\n"),
        5 => format!("f{n}() {{ rm -rf /f/{n}; }}\n"),
        6 => format!("x=$(find /y/{n} -type f); rm -f $x\n"),
        _ => format!("cat <<E{n}\nrm -rf /\nE{n}\n"),
    };
    let script: String = (0..30_000).map(line).collect();
    assert!(script.len() > 1_000_000, "{}", script.len());
    let set = daily(&script);
    assert!(set.rules.len() > 1_000);
    assert!(kept(&set) < 100 * script.len());
    let is_said = set.troubles.iter().any(|t| t.code == "rule-too-long");
    assert!(is_said, "what was left out is said");
}

#[test]
fn one_line_is_no_worse() {
    for script in [
        "rm -f /a/b; ".repeat(4_000),
        "[ -x /a ] && ".repeat(4_000) + "rm -f /b",
        "[ -x /a ] || exit; ".repeat(4_000) + "rm -f /b",
        format!("rm -f {}", "/a/b* ".repeat(4_000)),
        "A=$A/x; ".repeat(4_000) + "rm -rf $A",
        "eval $x; B=1; ".repeat(4_000) + "rm -rf /$B",
        format!("X=({}); rm -f \"${{X[@]}}\"", "/a ".repeat(4_000)),
        "cat <<A <<B <<C\n".repeat(4_000),
        "find /a | ".repeat(4_000) + "xargs rm",
        "(( ".repeat(4_000),
        "while read a; do ".repeat(4_000),
    ] {
        let start: String = script.chars().take(20).collect();
        let set = daily(&script);
        assert!(kept(&set) < 200 * script.len(), "{start}");
    }
}

#[test]
fn thousands_of_tables_are_read() {
    let tables: Vec<RuleFile> = (0..3_000)
        .map(|n| {
            let text = format!(
                "PATH=/bin\n0 3 * * * root find /srv/{n} -mtime +7 -delete\n1 * * * * app rm -f /tmp/{n}.*\n"
            );
            file(&format!("/etc/cron.d/job{n}"), text.as_bytes())
        })
        .collect();
    let set = read(&tables, &mut |_| None);
    assert_eq!(set.rules.len(), 6_000);
}

#[test]
fn files_that_include_each_other_end() {
    let loads = |path: &[u8]| {
        let text = match path {
            b"/a" => ". /b\n. /a\nrm -f /from/a\n",
            b"/b" => ". /a\n/c\nrm -f /from/b\n",
            b"/c" => "#!/bin/sh\n. /a\n/c\nsh /c\nrm -f /from/c\n",
            _ => return None,
        };
        Some(file(&String::from_utf8_lossy(path), text.as_bytes()))
    };
    let set = read(
        &[file("/etc/cron.daily/loop", b". /a\n/c\n")],
        &mut |path| loads(path),
    );
    assert!(set.rules.len() < 20_000, "{}", set.rules.len());
    let names = ["/from/a", "/from/b", "/from/c"];
    for name in names {
        assert!(
            shown(&set).iter().any(|rule| rule.ends_with(name)),
            "{name}"
        );
    }
}
