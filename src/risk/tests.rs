//! Every kind of evidence, and what each outweighs.

use super::*;
use crate::audit::Keep;
use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Sink as _, Token};
use crate::family::{Family, Member, Side, Writer};
use crate::time::{Age, Timestamp};
use crate::tree::build::Builder;

/// A tree of files (`/a/b`) and empty directories (`/a/`), 4096 bytes each.
fn tree(root: &str, paths: &[&str]) -> Tree {
    let mut dirs: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    dirs.insert(String::new(), Vec::new());
    for path in paths {
        let mut above = String::new();
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        for (i, part) in parts.iter().enumerate().filter(|p| !p.1.is_empty()) {
            let is_dir = i + 1 < parts.len();
            let here = format!("{above}/{part}");
            let siblings = dirs.entry(above).or_default();
            if !siblings.contains(&((*part).to_owned(), is_dir)) {
                siblings.push(((*part).to_owned(), is_dir));
            }
            if is_dir {
                dirs.entry(here.clone()).or_default();
            }
            above = here;
        }
    }
    let tokens: BTreeMap<String, u32> = dirs.keys().cloned().zip(0..).collect();
    let mut builder = Builder::new();
    let size = Some(Interval::exactly(4096));
    let sized = |name, kind| Entry {
        disk: size,
        apparent: size,
        ..Entry::named(name, kind)
    };
    let top = Entry {
        token: Some(Token::ROOT),
        ..sized(root.as_bytes(), Kind::Dir)
    };
    builder.root(top, Rooting::Path);
    for (dir, names) in &dirs {
        let mut batch = Batch::new(Token(tokens[dir]));
        for (name, is_dir) in names {
            let kind = if *is_dir { Kind::Dir } else { Kind::File };
            let token = is_dir.then(|| Token(tokens[&format!("{dir}/{name}")]));
            batch.push(Entry {
                token,
                ..sized(name.as_bytes(), kind)
            });
        }
        builder.listing(&batch);
    }
    builder.finish().expect("a small tree")
}

fn nothing() -> Audit {
    Audit {
        families: Vec::new(),
        rules: Vec::new(),
        findings: Vec::new(),
    }
}

fn risk_at(tree: &Tree, risks: &Risks, path: &str) -> Risk {
    let node = tree
        .find(path.as_bytes())
        .unwrap_or_else(|| panic!("{path} is in the tree"));
    risks.of_subtree(tree, node).0
}

#[test]
fn every_place_is_known_by_its_marks_and_by_no_others() {
    // For each row: paths that make the place, the path in it, and a neighbour that is none.
    let beside = |at: &str, name: &str| {
        let dir = at.replace("**", "/w");
        let neighbour = at.replace("**", "/v");
        (
            vec![
                format!("{dir}/x"),
                format!("/w/{name}"),
                format!("{neighbour}/x"),
            ],
            format!("{dir}/x"),
            format!("{neighbour}/x"),
        )
    };
    for place in PLACES {
        let (paths, inside, outside) = match (place.part, place.at) {
            (Part::Files, _) => continue,
            (_, "**") => (
                vec!["/a/CACHEDIR.TAG".into(), "/a/x".into(), "/b/x".into()],
                "/a/x".to_owned(),
                "/b/x".to_owned(),
            ),
            (_, at) if !place.beside.is_empty() => beside(at, place.beside[0]),
            (_, at) => {
                let dir = at.replace("**", "/w").replace('~', "/home/u");
                let dir = if dir.ends_with('-') {
                    format!("{dir}1000")
                } else {
                    dir
                };
                let other = format!("{}x", dir.replace(".Trash-", "Trash-"));
                (
                    vec![format!("{dir}/x"), format!("{other}/x")],
                    format!("{dir}/x"),
                    format!("{other}/x"),
                )
            }
        };
        let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
        let tree = tree("/", &paths);
        let risks = classify(&tree, &nothing(), &Policy::default(), Context::default());
        assert_eq!(risk_at(&tree, &risks, &inside), place.risk, "{}", place.at);
        assert_eq!(
            risk_at(&tree, &risks, &outside),
            Risk::Unknown,
            "{}: {outside}",
            place.at
        );
        let node = tree.find(inside.as_bytes()).expect("in the tree");
        assert_eq!(risks.why(&tree, node), place.what, "{}", place.at);
    }
}

#[test]
fn single_files_are_known_by_their_form() {
    for (path, form) in [
        ("/a/x.log.1", Some("*.log.N")),
        ("/a/x.log.12.gz", Some("*.log.N")),
        ("/a/x.log", None),
        ("/a/x.log.12345", None),
        ("/var/log/messages.3.xz", Some("log/*.N")),
        ("/srv/logs/messages.3", Some("log/*.N")),
        ("/srv/man/ls.1.gz", None),
        ("/var/log/maillog-20240131.gz", Some("log/*-YYYYMMDD")),
        ("/var/log/x/app-20240131.log", Some("log/*-YYYYMMDD")),
        ("/srv/maillog-20240131", None),
        ("/a/core.4711", Some("core.N")),
        ("/a/core.c", None),
        ("/a/core", None),
        ("/a/java_pid12.hprof", Some("java_pidN.hprof")),
        ("/a/java_pid.hprof", None),
        ("/a/hs_err_pid7.log", Some("hs_err_pidN.log")),
    ] {
        let tree = tree("/", &[path]);
        let risks = classify(&tree, &nothing(), &Policy::default(), Context::default());
        let want = if form.is_some() {
            Risk::Old
        } else {
            Risk::Unknown
        };
        assert_eq!(risk_at(&tree, &risks, path), want, "{path}");
        let in_logs = path.contains("/log/") || path.contains("/logs/");
        let name = path.rsplit('/').next().expect("a name").as_bytes();
        let place = leaf_place(name, in_logs).map(|i| PLACES[i].at);
        assert_eq!(place, form, "{path}");
    }
}

#[test]
fn protections_hold_and_the_policy_has_the_last_word() {
    let paths = [
        "/usr/bin/x",
        "/home/u/p/.git/config",
        "/home/u/p/a",
        "/home/u/e/",
        "/boot/k",
    ];
    let tree = tree("/", &paths);
    let text = "[[path]]\nmatch = '/usr/bin/x'\nrisk = 'old'\nnote = 'mine'\n\
                [[path]]\nmatch = '/home/u/p'\nrisk = 'never'\n";
    let policy = Policy::parse(text, "p").expect("a policy");
    let context = Context {
        live: true,
        ..Context::default()
    };
    let risks = classify(&tree, &nothing(), &policy, context);
    for (path, risk) in [
        ("/usr/bin/x", Risk::Old),
        ("/usr/bin", Risk::Never),
        ("/boot/k", Risk::Never),
        ("/home/u/p/.git/config", Risk::Never),
        ("/home/u/p/a", Risk::Unknown),
        ("/home/u/p", Risk::Never),
        ("/home/u/e", Risk::Unknown),
        ("/", Risk::Never),
    ] {
        assert_eq!(risk_at(&tree, &risks, path), risk, "{path}");
    }
    let x = tree.find(b"/usr/bin/x").expect("in the tree");
    assert_eq!(risks.why(&tree, x), "p:1: mine");
    assert!(policy.unmatched(risks.matches()).is_empty());
    let recorded = classify(&tree, &nothing(), &Policy::default(), Context::default());
    assert_eq!(recorded.own(NodeId::ROOT), Risk::Regenerable, "neutral");
}

#[test]
fn mount_points_stay_and_what_lies_on_another_file_system_frees_nothing() {
    let mut builder = Builder::new();
    let dir = |name, dev, token| Entry {
        device: Some(dev),
        token: Some(token),
        ..Entry::named(name, Kind::Dir)
    };
    builder.root(dir(b"/r", 1, Token::ROOT), Rooting::Path);
    let mut top = Batch::new(Token::ROOT);
    for (name, dev, token) in [(&b"bind"[..], 1, 1), (b"subvol", 2, 2), (b"tmp", 3, 3)] {
        top.push(dir(name, dev, Token(token)));
    }
    builder.listing(&top);
    for token in 1..4 {
        let mut batch = Batch::new(Token(token));
        batch.push(Entry::named(b"f", Kind::File));
        builder.listing(&batch);
    }
    let tree = builder.finish().expect("a small tree");
    let mounts = [b"/r/bind".to_vec(), b"/r/tmp".to_vec()];
    let context = Context {
        live: true,
        mounts: &mounts,
        ..Context::default()
    };
    let mine = "[[path]]\nmatch = '/r/**'\nrisk = 'regenerable'\n";
    let policy = Policy::parse(mine, "p").expect("a policy");
    let risks = classify(&tree, &nothing(), &policy, context);
    for (path, risk) in [
        ("/r/bind", Risk::Never),
        ("/r/bind/f", Risk::Regenerable),
        ("/r/subvol", Risk::Never),
        ("/r/subvol/f", Risk::Regenerable),
        ("/r/tmp", Risk::Never),
        ("/r/tmp/f", Risk::Never),
    ] {
        assert_eq!(risk_at(&tree, &risks, path), risk, "{path}");
    }
    let elsewhere = tree.find(b"/r/tmp/f").expect("in the tree");
    assert!(risks.why(&tree, elsewhere).contains("another file system"));
}

#[test]
fn what_was_not_read_is_unknown_also_in_a_cache() {
    let mut builder = Builder::new();
    let dir = |name, token| Entry {
        token: Some(Token(token)),
        ..Entry::named(name, Kind::Dir)
    };
    builder.root(dir(b"/home/u", 0), Rooting::Path);
    let mut batch = Batch::new(Token::ROOT);
    batch.push(dir(b".cache", 1));
    builder.listing(&batch);
    batch.reset(Token(1));
    batch.push(dir(b"closed", 2));
    batch.push(Entry::named(b"mnt", Kind::OtherFs));
    builder.listing(&batch);
    let tree = builder.finish().expect("a small tree");
    let risks = classify(&tree, &nothing(), &Policy::default(), Context::default());
    assert_eq!(
        risk_at(&tree, &risks, "/home/u/.cache/closed"),
        Risk::Unknown
    );
    assert_eq!(risk_at(&tree, &risks, "/home/u/.cache/mnt"), Risk::Never);
}

fn report(tree: &Tree, paths: &[&str], disposition: Disposition, verdict: Verdict) -> FamilyReport {
    let members: Vec<Member> = (0i64..)
        .zip(paths)
        .map(|(day, path)| Member {
            node: tree.find(path.as_bytes()).expect("in the tree"),
            time: Some(Timestamp(day / 2)),
        })
        .collect();
    FamilyReport {
        family: Family {
            template: b"/d/{n}".to_vec(),
            root: b"/d".to_vec(),
            root_node: NodeId::ROOT,
            disposition,
            owner: None,
            confidence: 1.0,
            variables: Vec::new(),
            files: 0,
            disk: Interval::ZERO,
            apparent: Interval::ZERO,
            first: None,
            last: None,
            cadence: None,
            growth_per_day: None,
            writer: Writer::Unknown,
            missing: Vec::new(),
            periods: 0,
            failing: None,
            doubts: Vec::new(),
            side: Side::default(),
            lineage: Vec::new(),
            past: crate::family::Past::default(),
            members: members.iter().copied().collect(),
        },
        verdict,
        covered_by: Vec::new(),
        near_misses: Vec::new(),
        keep: Some(Keep {
            age: Age(86_400 * 30),
            says: "/etc/cron.d/m:4".to_owned(),
        }),
        stale: members[..members.len() - 1]
            .iter()
            .map(|m| m.node)
            .collect(),
        floor: Vec::new(),
        stale_disk: Interval::ZERO,
        stale_apparent: Interval::ZERO,
        uncovered: 0,
    }
}

#[test]
fn families_speak_by_their_disposition() {
    let paths = ["/d/1", "/d/2", "/d/3", "/d/4", "/d/5"];
    let tree = tree("/", &paths);
    let policy = Policy::parse("[[path]]\nmatch='/d/2'\nrisk='unknown'\n", "p").expect("a policy");
    for (disposition, verdict, first, last) in [
        (
            Disposition::Output,
            Verdict::Uncovered,
            Risk::Stale,
            Risk::Unknown,
        ),
        (
            Disposition::Output,
            Verdict::Covered,
            Risk::Expired,
            Risk::Unknown,
        ),
        (
            Disposition::Managed,
            Verdict::Owned,
            Risk::Never,
            Risk::Never,
        ),
        (
            Disposition::Keep,
            Verdict::Kept,
            Risk::Unknown,
            Risk::Unknown,
        ),
    ] {
        let audit = Audit {
            families: vec![report(&tree, &paths, disposition, verdict)],
            ..nothing()
        };
        let risks = classify(&tree, &audit, &policy, Context::default());
        assert_eq!(risk_at(&tree, &risks, "/d/1"), first);
        assert_eq!(risk_at(&tree, &risks, "/d/5"), last);
        assert_eq!(
            risk_at(&tree, &risks, "/d/2"),
            Risk::Unknown,
            "the policy speaks"
        );
        if disposition == Disposition::Output {
            let at = |path: &str| tree.find(path.as_bytes()).expect("in the tree").0;
            let members = vec![(at("/d/1"), 0), (at("/d/3"), 1), (at("/d/4"), 1)];
            assert_eq!(risks.families(), [Order { members }]);
            let one = NodeId(at("/d/1"));
            assert_eq!(
                risks.why(&tree, one),
                "/d/{n} older than 30 d (/etc/cron.d/m:4)"
            );
        }
    }
}

#[test]
fn what_a_package_has_installed_stays_unless_the_policy_speaks() {
    let tree = tree("/", &["/opt/app/bin", "/opt/app/notes", "/opt/app/mine"]);
    let at = |path: &[u8]| tree.find(path).expect("in the tree");
    let mut owned = [at(b"/opt/app/bin"), at(b"/opt/app/mine")];
    owned.sort_unstable();
    let policy = "[[path]]\nmatch = \"/opt/app/mine\"\nrisk = \"old\"\n";
    let policy = Policy::parse(policy, "p").expect("a policy");
    let context = Context {
        owned: &owned,
        ..Context::default()
    };
    let risks = classify(&tree, &nothing(), &policy, context);
    assert_eq!(risk_at(&tree, &risks, "/opt/app/bin"), Risk::Never);
    assert_eq!(
        risks.why(&tree, owned[0]).as_str(),
        "a package has installed it"
    );
    assert_eq!(risk_at(&tree, &risks, "/opt/app/notes"), Risk::Unknown);
    assert_eq!(risk_at(&tree, &risks, "/opt/app/mine"), Risk::Old);
    assert_eq!(risk_at(&tree, &risks, "/opt/app"), Risk::Never);
}
