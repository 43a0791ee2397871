//! Tests over several modules: texts to rules, and rules against the real tools.

mod costs;
mod kinds;
mod oracle;
mod shells;

use super::model::{Expr, Fidelity, RootPath, Segment, Stamp, Tri};
use super::*;

fn file(path: &str, contents: &[u8]) -> RuleFile {
    RuleFile {
        path: path.as_bytes().to_vec(),
        read_from: path.as_bytes().to_vec(),
        contents: contents.to_vec(),
        mode: None,
        uid: None,
        mtime: None,
    }
}

fn daily(script: &str) -> RuleSet {
    read(
        &[file("/etc/cron.daily/clean", script.as_bytes())],
        &mut |_| None,
    )
}

/// A rule in one line: its roots, what it is, and what is wrong with it.
fn shown(set: &RuleSet) -> Vec<String> {
    set.rules
        .iter()
        .map(|rule| {
            let roots: Vec<String> = rule
                .sweeps
                .iter()
                .flat_map(|sweep| &sweep.roots)
                .map(|root| match &root.path {
                    RootPath::Unresolved(_) => "?".to_owned(),
                    RootPath::Known(segments) => segments
                        .iter()
                        .map(|segment| match segment {
                            Segment::Name(name) => {
                                format!("/{}", String::from_utf8_lossy(name))
                            }
                            Segment::Glob(pattern) => {
                                format!("/{}", String::from_utf8_lossy(pattern.source()))
                            }
                        })
                        .collect(),
                })
                .collect();
            let state = if rule.disabled.is_some() {
                " disabled"
            } else if rule.broken.is_some() {
                " broken"
            } else if matches!(rule.fidelity, Fidelity::Opaque(_)) {
                " opaque"
            } else {
                ""
            };
            format!("{} {}{state}", rule.line, roots.join(" "))
        })
        .collect()
}

#[test]
fn scripts_are_read() {
    for (script, expected) in [
        ("rm -f /a/*.log\n", vec!["1 /a/*.log"]),
        ("D=/x\nfind $D -delete", vec!["2 /x"]),
        ("D=/x; find \"${D}/y\" -delete", vec!["1 /x/y"]),
        ("D=${D:-/def}; find $D -delete", vec!["1 /def"]),
        ("find $UNSET -delete", vec!["1 ? opaque"]),
        ("cd /a && rm -f *.tmp", vec!["1 /a/*.tmp"]),
        ("cd /a; rm -f b/../c/*", vec!["1 /a/c/*"]),
        ("(cd /a && rm -f x)\nrm -f y", vec!["1 /a/x", "2 /y"]),
        ("for d in /a /b; do find $d -delete; done", vec!["1 /a /b"]),
        (
            "for d in /a/*; do rm -rf \"$d\"/old; done",
            vec!["1 /a/*/old"],
        ),
        ("sh -c 'find /a -delete'", vec!["1 /a"]),
        ("nice -n 19 ionice -c 3 find /a -delete", vec!["1 /a"]),
        ("flock -n /run/lock find /a -delete", vec!["1 /a"]),
        ("timeout 30m find /a -delete", vec!["1 /a"]),
        ("find /a -type f | xargs rm -f", vec!["1 /a"]),
        ("find /a -print0 | sort -z | xargs -0 -r rm", vec!["1 /a"]),
        ("find /a | while read f; do rm \"$f\"; done", vec!["1 /a"]),
        ("ls /a | xargs rm", vec!["1  opaque"]),
        (
            "find /a -name keep -prune -o -mtime +7 -delete",
            vec!["1 /a broken"],
        ),
        (
            "find /a -name keep -prune -o -mtime +7 -exec rm {} +",
            vec!["1 /a"],
        ),
        ("f() { rm -rf \"$1\"; }\nf /a\nf /b", vec!["1 /a /b"]),
        ("if [ -d /a ]; then\n  find /a -delete\nfi", vec!["2 /a"]),
        (
            "case $1 in x) rm /a;; *) rm /b ;; esac",
            vec!["1 /a", "1 /b"],
        ),
        ("cat <<EOF\nrm -rf /\nEOF\nrm /a", vec!["4 /a"]),
    ] {
        let set = daily(script);
        assert_eq!(shown(&set), expected, "{script}");
        assert_eq!(set.troubles, [], "{script}");
    }
}

#[test]
fn scripts_with_more_than_one_command_are_read() {
    for (script, expected) in [
        ("exit 0\nrm /a", vec![]),
        ("# rm /a\necho \"rm /a\"", vec![]),
        ("tmpreaper 7d /tmp", vec!["1 /tmp"]),
        ("tmpreaper --test 7d /tmp", vec![]),
        ("tmpwatch -m 240 /a /b", vec!["1 /a /b"]),
        ("savelog -c 3 /var/log/x > /dev/null", vec!["1 /var/log/x"]),
        ("savelog -d $F", vec!["1  opaque"]),
        (": > /var/log/x", vec!["1 /var/log/x"]),
        ("truncate -s 0 /var/log/x", vec!["1 /var/log/x"]),
        ("truncate -s 1M /var/log/x", vec![]),
        (
            "ls -t /a/*.gz | tail -n +8 | xargs rm -f",
            vec!["1 /a/*.gz"],
        ),
        ("cd /a && ls -t | tail -n +8 | xargs rm", vec!["1 /a"]),
        ("cd /a && ls -1tr | head -n -7 | xargs rm", vec!["1 /a"]),
        ("rm -f $(ls -t /a/*.gz | tail -n +8)", vec!["1 /a/*.gz"]),
        (
            "for f in $(find /a -name x); do rm \"$f\"; done",
            vec!["1 /a"],
        ),
        (
            "find /a -printf '%T@ %p\\n' | sort -rn | tail -n +4 | cut -d' ' -f2- | xargs rm",
            vec!["1 /a"],
        ),
        ("D=/a\neval $(x)\nfind $D -delete", vec!["3 ? opaque"]),
        ("command -v rm /a", vec![]),
        ("/usr/bin/podman image prune -f", vec!["1  opaque"]),
        ("find /a \\\n  -name x \\\n  -delete", vec!["1 /a"]),
        ("rm -f /a/{b,c}", vec!["1 /a/{b,c}"]),
        ("#!/bin/bash\nrm -f /a/{b,c}", vec!["2 /a/b /a/c"]),
        (
            "#!/usr/bin/python3\nimport os\nos.remove('/a')",
            vec!["3  opaque"],
        ),
        ("find /a -name '*.csv' -exec gzip {} \\;", vec!["1 /a"]),
    ] {
        let set = daily(script);
        assert_eq!(shown(&set), expected, "{script}");
        assert_eq!(set.troubles, [], "{script}");
    }
}

#[test]
fn what_is_kept_is_counted_as_it_is_sorted() {
    for (script, expected) in [
        (
            "ls -t /a/* | tail -n +8 | xargs rm",
            Some((7, Stamp::Modified)),
        ),
        (
            "ls -t /a/* | tail -n+8 | xargs rm",
            Some((7, Stamp::Modified)),
        ),
        (
            "ls -tr /a/* | head -n -5 | xargs rm",
            Some((5, Stamp::Modified)),
        ),
        ("ls /a/* | head -n -5 | xargs rm", Some((5, Stamp::Other))),
        (
            "ls -t /a/* | sed 1,3d | xargs rm",
            Some((3, Stamp::Modified)),
        ),
        (
            "ls -t /a/* | awk 'NR>3' | xargs rm",
            Some((3, Stamp::Modified)),
        ),
        // The newest go, which nobody means and nothing here models.
        ("ls -t /a/* | head -n -5 | xargs rm", None),
        ("find /a -type f | tail -n +3 | xargs rm", None),
    ] {
        let set = daily(script);
        let kept = set.rules[0].sweeps[0].keep_newest;
        let kept = kept.map(|newest| (newest.count, newest.by));
        assert_eq!(kept, expected, "{script}");
        let is_exact = set.rules[0].fidelity == Fidelity::Exact;
        assert_eq!(is_exact, expected.is_some(), "{script}");
    }
}

#[test]
fn what_is_not_understood_is_a_trouble_and_the_rest_goes_on() {
    let set = daily("rm /a\n| oops\nrm /b\nrm 'x\n");
    assert!(
        shown(&set).contains(&"1 /a".to_owned()),
        "{:?}",
        shown(&set)
    );
    assert!(
        shown(&set).contains(&"3 /b".to_owned()),
        "{:?}",
        shown(&set)
    );
    assert!(!set.troubles.is_empty());
    assert!(set.troubles.iter().all(|t| t.line.is_some()));
}

#[test]
fn tables_are_read() {
    let table = b"SHELL=/bin/bash\nX = $HOME/tmp\n\n*/5 * * * * root find /a -delete\n\
        5 4 * * * root find $X -delete\n\
        @daily root rm -f /b/{c,d}\n\
        bad line\n\
        0 3 * * * find /c -delete\n\
        1 1 * * * root find /e -name \"*-$(date -d '9 days ago' +%F)*\" -delete\n\
        1 1 * * * root rm -rf /b/$(date -d '30 days ago' +\\%F)\n\
        @reboot root rm -f /run/x\n\
        1 1 * * * root rm -f /n/\xff*\n";
    let set = read(&[file("/etc/cron.d/x", table)], &mut |_| None);
    assert_eq!(
        shown(&set),
        [
            "4 /a",
            "5 /root/$HOME/tmp",
            "6 /b/c /b/d",
            "8 /c broken",
            "9 /e broken",
            "10 /b/[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]",
            "11 /run/x disabled",
            "12 /n/\u{fffd}*",
        ]
    );
    assert_eq!(set.troubles.len(), 1);
    assert_eq!(set.troubles[0].line, Some(7));
    assert_eq!(set.rules[7].text, b"rm -f /n/\xff*");
}

#[test]
fn a_dot_in_the_name_disables() {
    for (path, disabled) in [
        ("/etc/cron.daily/clean", false),
        ("/etc/cron.daily/clean.sh", true),
        ("/etc/cron.d/site.cleanup", true),
        ("/var/spool/cron/crontabs/a.b", false),
    ] {
        let text = if path.contains("daily") {
            &b"rm /a\n"[..]
        } else if path.contains("spool") {
            &b"0 3 * * * rm /a\n"[..]
        } else {
            b"0 3 * * * root rm /a\n"
        };
        let set = read(&[file(path, text)], &mut |_| None);
        assert_eq!(set.rules[0].disabled.is_some(), disabled, "{path}");
    }
}

#[test]
fn called_scripts_are_followed() {
    let table = file("/etc/cron.d/x", b"0 3 * * * root /opt/clean.sh /a\n");
    let script = file(
        "/opt/clean.sh",
        b"#!/bin/sh\n. /etc/default/clean\nfind $DIR -delete\n",
    );
    let settings = file("/etc/default/clean", b"DIR=/srv/x\n");
    let set = read(&[table], &mut |path| {
        [&script, &settings]
            .into_iter()
            .find(|f| f.path == path)
            .cloned()
    });
    assert_eq!(shown(&set), ["3 /srv/x"]);
    let rule = &set.rules[0];
    assert_eq!(rule.id, "/opt/clean.sh:3");
    assert_eq!(rule.via.len(), 1);
    assert_eq!(
        (rule.via[0].file.as_slice(), rule.via[0].line),
        (&b"/etc/cron.d/x"[..], 1)
    );
}

/// The fixtures, each with what is to be read from it beside it.
#[test]
fn fixtures_are_read_as_expected() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rules");
    for fixture in std::fs::read_dir(folder).unwrap() {
        let root = fixture.unwrap().path();
        let mut files = Vec::new();
        let mut todo = vec![root.clone()];
        while let Some(dir) = todo.pop() {
            for entry in std::fs::read_dir(dir).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    todo.push(path);
                    continue;
                }
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
                files.push(file(&format!("/{name}"), &std::fs::read(&path).unwrap()));
            }
        }
        let expected = std::fs::read_to_string(root.join("EXPECTED")).unwrap();
        let set = read(&files, &mut |path| {
            files.iter().find(|file| file.path == path).cloned()
        });
        let lines: String = set
            .rules
            .iter()
            .map(|rule| {
                let disabled = if rule.disabled.is_some() {
                    "disabled "
                } else {
                    ""
                };
                let text = String::from_utf8_lossy(&rule.text);
                format!("{} {} {disabled}{text}\n", rule.id, rule.format.word())
            })
            .collect();
        assert_eq!(lines, expected, "{}", root.display());
        assert_eq!(set.troubles, [], "{}", root.display());
    }
}

#[test]
fn hostile_texts_end_soon() {
    let deep = |open: &str, n: usize| open.repeat(n);
    for text in [
        deep("(", 100_000),
        deep("((", 50_000),
        deep("$(", 100_000),
        deep("${", 100_000),
        deep("`", 99_999),
        deep("\"$(", 50_000),
        deep("if a; then ", 20_000),
        deep("{ ", 50_000),
        deep("! ", 50_000),
        deep("f() { f; f; }; f; ", 1_000),
        deep("for i in 1 2 3 4 5 6 7 8 9; do ", 40) + "rm /a" + &deep("; done", 40),
        format!("find /a {} -delete", deep("( ", 50_000)),
        format!("find /a {} -delete", deep("! ", 50_001)),
        format!("rm /a/{}", deep("{a,b}", 40)),
        format!("#!/bin/bash\nrm /a/{}", deep("{a,b}", 40)),
        "f() { f; }; f".to_owned(),
        "sh -c 'sh -c \"sh -c ls\"'".to_owned(),
    ] {
        let set = daily(&text);
        assert!(set.rules.len() <= 100, "{}", set.rules.len());
    }
}
