//! Constructs of the shell as people write them, each with what is read of it.

use super::*;

/// Fidelity and root of each rule, in one line.
fn read_as(set: &RuleSet) -> Vec<String> {
    let fidelity = |rule: &Rule| match (&rule.fidelity, &rule.in_name) {
        (Fidelity::Exact, None) => "exact",
        (Fidelity::Exact, Some(_)) => "in name",
        (Fidelity::Approx(_), _) => "approx",
        (Fidelity::Opaque(_), _) => "opaque",
    };
    let lines = shown(set).into_iter().zip(&set.rules);
    lines
        .map(|(line, rule)| format!("{} {line}", fidelity(rule)))
        .collect()
}

fn bash(script: &str) -> RuleSet {
    daily(&format!("#!/bin/bash\n{script}"))
}

#[test]
fn loops_over_what_a_pipeline_names_are_read() {
    for (script, expected) in [
        (
            "find /a -mtime +9 | while read -r f; do [ -f \"$f\" ] && rm -f \"$f\"; done",
            vec!["exact 2 /a"],
        ),
        (
            "while IFS= read -r -d '' f; do\nrm -f \"$f\"\ndone < <(find /a -mtime +9 -print0)",
            vec!["exact 2 /a"],
        ),
        (
            "old=$(find /a -mtime +9)\nfor f in $old; do rm -rf \"$f\"; done",
            vec!["exact 2 /a"],
        ),
        (
            "mapfile -t old < <(find /a -mtime +9)\nrm -f \"${old[@]}\"",
            vec!["exact 2 /a"],
        ),
        (
            "find /a -type f | grep -v keep | while read f; do rm $f; rm -f /other/x.*; done",
            vec!["exact 2 /a", "exact 2 /other/x.*"],
        ),
        (
            "ls -t /b | tail -n +8 | while read f; do rm -f \"/b/$f\"; done",
            vec!["exact 2 /b"],
        ),
        (
            "ls -1 /b | sort -r | tail -n +8 | xargs -I{} rm -rf /b/{}",
            vec!["exact 2 /b"],
        ),
        // The names do not lie where they are looked for.
        (
            "ls -t /b | tail -n +8 | xargs rm -f",
            vec!["opaque 2  opaque"],
        ),
        (
            "ls -t /b | tail -n +8 | while read f; do rm -f \"/c/$f\"; done",
            vec!["opaque 2  opaque"],
        ),
        // Which of them is known only when it runs.
        (
            "for f in /a/*; do grep -q keep $f && continue; rm $f; done",
            vec!["exact 2 /a/*"],
        ),
        (
            "gone=$(find /a -mtime +9 -print -delete | wc -l)",
            vec!["exact 2 /a"],
        ),
    ] {
        let set = bash(script);
        assert_eq!(read_as(&set), expected, "{script}");
        assert_eq!(set.troubles, [], "{script}");
    }
}

#[test]
fn a_condition_inside_a_loop_is_a_gate_of_it_alone() {
    let set = bash(
        "for f in /a/*; do\n  grep -q keep $f && continue\n  rm $f\ndone\nrm -f /b/*.tmp\nfor g in /c/*; do [ -e \"$g\" ] || continue; rm \"$g\"; done",
    );
    let gates: Vec<usize> = set.rules.iter().map(|rule| rule.gates.len()).collect();
    assert_eq!(gates, [1, 0, 1]);
    assert!(!set.rules[2].gates[0].is_closed());
    // A counter has another value in every round.
    let set = bash("n=0\nfor f in /a/*; do n=$((n+1)); [ $n -gt 7 ] && rm $f; done");
    assert!(set.rules[0].gates.iter().all(|gate| !gate.is_closed()));
    let set = bash("n=0\nfor f in /a/*; do ((n++)); [ $n -gt 7 ] && rm $f; done");
    assert!(set.rules[0].gates.iter().all(|gate| !gate.is_closed()));
}

#[test]
fn what_must_succeed_is_no_gate() {
    let set = daily("cd /a || exit 1\nset -e || return\nrm -f *.tmp\n");
    assert_eq!(read_as(&set), ["exact 3 /a/*.tmp"]);
    assert_eq!(set.rules[0].gates, []);
    let set = daily("[ -d /a ] || exit 0\n[ -e /b ] && exit 0\nrm -f /a/*.tmp\n");
    let gates: Vec<(&str, bool)> = set.rules[0]
        .gates
        .iter()
        .map(|gate| (gate.text.as_str(), gate.wanted))
        .collect();
    assert_eq!(gates, [("[ -d /a ]", true), ("[ -e /b ]", false)]);
}

#[test]
fn lists_tables_and_numbers_are_unrolled() {
    for (script, expected) in [
        (
            "DIRS=(/a\n '/b c')\nDIRS+=(/d)\nfor d in \"${DIRS[@]}\"; do find \"$d\" -mtime +3 -delete; done",
            vec!["exact 5 /a /b c /d"],
        ),
        (
            "while read -r dir days; do find $dir -mtime +$days -delete; done <<END\n# dir days\n/a 3\n/b 4\nEND",
            vec!["exact 2 /a /b"],
        ),
        (
            "for n in $(seq 2 3) {4..5}; do rm -f /a/$n; done",
            vec!["exact 2 /a/2 /a/3 /a/4 /a/5"],
        ),
        (
            "DAYS=7\nfind /a -mmin +$((DAYS * 1440)) -delete",
            vec!["exact 3 /a"],
        ),
        (
            "purge() { local d=$1; shift; find \"$d\" \"$@\" -delete; }\npurge /a -mtime +3\npurge /b",
            vec!["exact 2 /a /b"],
        ),
        (
            "case \"$(echo b)\" in a) rm -f /a/x;; b|c) rm -f /b/x;; esac",
            vec!["exact 2 /a/x", "exact 2 /b/x"],
        ),
        ("sh <<'E'\nrm -f /a/*.tmp\nE", vec!["exact 3 /a/*.tmp"]),
        ("set -- /a /b\nfind /c -delete", vec!["exact 3 /c"]),
        (
            "D=$(dirname /srv/app/clean)/tmp; rm -rf $D/*",
            vec!["exact 2 /srv/app/tmp/*"],
        ),
    ] {
        let set = bash(script);
        assert_eq!(read_as(&set), expected, "{script}");
        assert_eq!(set.troubles, [], "{script}");
    }
    let set = bash("case x in a) rm -f /a/x;; x) rm -f /b/x;; esac");
    let closed: Vec<bool> = set
        .rules
        .iter()
        .map(|rule| rule.gates.iter().any(model::Gate::is_closed))
        .collect();
    assert_eq!(closed, [true, false]);
}

#[test]
fn what_is_known_in_part_is_never_certain() {
    for (script, expected) in [
        (
            "find /srv/hosts/$(hostname)/log -mtime +3 -delete",
            "approx 2 /srv/hosts/*/log",
        ),
        ("rm -f /srv/$SITE/cache/*", "approx 2 /srv/*/cache/*"),
        ("rm -rf $BASE/cache", "opaque 2 ? opaque"),
        ("rm -rf /$BASE", "opaque 2 ? opaque"),
        (
            "D=$(sed -n 's/^dir=//p' /etc/app.conf); D=${D:-/var/app}; find $D -mtime +3 -delete",
            "approx 2 /var/app",
        ),
        ("find /a -name \"$X-*.log\" -delete", "approx 2 /a"),
        ("find /a -mtime +$DAYS -delete", "approx 2 /a"),
        ("find /a $(cat /etc/more) -delete", "approx 2 /a ?"),
        ("find /a -type f | some-filter | xargs rm -f", "approx 2 /a"),
        ("ls -t /a/*.gz | head -3 | xargs rm", "approx 2 /a/*.gz"),
    ] {
        let set = bash(script);
        assert_eq!(read_as(&set), [expected], "{script}");
        let sweeps = set.rules.iter().flat_map(|rule| &rule.sweeps);
        for sweep in sweeps.filter(|_| expected.starts_with("approx")) {
            let is_doubtful = match &sweep.expr {
                Expr::Const(known) => *known == Tri::Unknown,
                Expr::All(parts) => parts.contains(&Expr::Const(Tri::Unknown)),
                _ => false,
            };
            assert!(is_doubtful, "{script}: {:?}", sweep.expr);
            assert_eq!(sweep.keep_newest, None, "{script}");
        }
    }
}

#[test]
fn what_bounds_nothing_is_so_in_name_only() {
    for (script, expected) in [
        ("find /a -mtime +1 -exec gzip {} \\;", "in name 2 /a"),
        ("find /a -mtime +1 -exec mv {} /b/ \\;", "in name 2 /a"),
        ("find /a -mtime +1 | xargs xz", "in name 2 /a"),
        ("mv /a/*.done /b/", "in name 2 /a/*.done"),
        (
            "T=$(mktemp -d /var/tmp/x.XXXX); rm -rf $T",
            "in name 2 /var/tmp/x.????",
        ),
        ("trap 'rm -f /tmp/x.$$' EXIT", "in name 2 /tmp/x.[0-9]*"),
    ] {
        let set = bash(script);
        assert_eq!(read_as(&set), [expected], "{script}");
    }
    assert_eq!(bash("mv /a/one /b/one; gzip /a/one").rules.len(), 0);
    let set = bash("find /a -type d -exec rmdir {} \\;\nrmdir /b/*/");
    assert_eq!(read_as(&set), ["exact 2 /a", "exact 3 /b/*"]);
}

#[test]
fn nothing_that_deletes_is_passed_over_in_silence() {
    for script in [
        "perl -e 'unlink glob \"/a/*\"'",
        "python3 -c 'import shutil; shutil.rmtree(\"/a\")'",
        "journalctl --vacuum-size=1G",
        "docker system prune -af",
        "rsync -a --delete /a/ /b/",
        "restic forget --keep-daily 7 --prune",
        "somewhere | xargs rm -rf",
        "/opt/cleanup.sh /data",
        "app-cleanup --days 7",
        "shred /a/key",
        "unused() { rm -rf /a/*; }",
        "tar czf /b.tgz --remove-files /a",
        "kubectl exec app -- find /a -delete",
    ] {
        let set = bash(script);
        assert_eq!(set.rules.len(), 1, "{script}");
        let rule = &set.rules[0];
        let Fidelity::Opaque(why) = &rule.fidelity else {
            panic!("{script}: {:?}", rule.fidelity);
        };
        assert!(!why.is_empty());
        assert_eq!(rule.line, 2, "{script}");
    }
}

#[test]
fn arguments_and_defaults_reach_called_scripts() {
    let loads = |path: &[u8]| {
        let text = match path {
            b"/opt/rotate.sh" => {
                "#!/bin/sh\nKEEP=7\n. /etc/default/rotate\ncd \"$1\" || exit 1\nls -1t *.gz | tail -n +$((KEEP+1)) | xargs rm -f\n"
            }
            b"/etc/default/rotate" => "KEEP=21\n",
            b"/usr/local/bin/purge" => "#!/bin/sh\nfind \"$@\" -delete\n",
            _ => return None,
        };
        Some(file(&String::from_utf8_lossy(path), text.as_bytes()))
    };
    let table =
        b"0 1 * * * root /opt/rotate.sh /srv/dumps\n0 2 * * * root purge /srv/x -mtime +9\n";
    let set = read(&[file("/etc/cron.d/ops", table)], &mut |path| loads(path));
    assert_eq!(read_as(&set), ["exact 5 /srv/dumps/*.gz", "exact 2 /srv/x"]);
    let kept = set.rules[0].sweeps[0]
        .keep_newest
        .map(|newest| newest.count);
    assert_eq!(kept, Some(21));
}

#[test]
fn the_text_of_a_shell_stands_where_its_word_does() {
    let set = daily("nice -n19 \\\n  flock -n /run/lock/x \\\n  sh -c 'cd /a\nfind . -delete'\n");
    assert_eq!(read_as(&set), ["exact 4 /a"]);
}
