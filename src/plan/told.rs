//! Whole plans over trees: evidence, certainty, and the order to delete.

use super::{Reached, Request, Smallest, plan};
use crate::audit::Audit;
use crate::bytes::Interval;
use crate::entry::{Batch, Entry, Kind, Link, Rooting, Sink as _, Token};
use crate::policy::{Policy, Risk};
use crate::risk::{Context, Risks, classify};
use crate::tree::Tree;
use crate::tree::build::Builder;

/// A directory of files, by name and disk size.
fn files(root: &[u8], sizes: &[(&[u8], Interval)]) -> Tree {
    let mut builder = Builder::new();
    let top = Entry {
        token: Some(Token::ROOT),
        ..Entry::named(root, Kind::Dir)
    };
    builder.root(top, Rooting::Path);
    let mut batch = Batch::new(Token::ROOT);
    for &(name, disk) in sizes {
        batch.push(Entry {
            disk: Some(disk),
            ..Entry::named(name, Kind::File)
        });
    }
    builder.listing(&batch);
    builder.finish().expect("a small tree")
}

fn judged(tree: &Tree, policy: &str, live: bool) -> Risks {
    let audit = Audit {
        families: Vec::new(),
        rules: Vec::new(),
        findings: Vec::new(),
    };
    let policy = Policy::parse(policy, "p").expect("a policy");
    classify(
        tree,
        &audit,
        &policy,
        Context {
            live,
            ..Context::default()
        },
    )
}

fn ask(shortfall: u64) -> Request {
    Request {
        shortfall,
        max_risk: Risk::Unknown,
        ..Request::default()
    }
}

#[test]
fn intervals_decide_what_is_certain() {
    let sizes = [
        (&b"a"[..], Interval::between(100, 120)),
        (b"b", Interval::between(50, 60)),
        (b"c", Interval::UNKNOWN),
    ];
    let tree = files(b"/d", &sizes);
    let risks = judged(&tree, "[[path]]\nmatch='/d/c'\nrisk='never'\n", true);
    for (shortfall, reached, missing) in [
        (150, Reached::Certain, None),
        (151, Reached::Possibly, Some(1)),
        (180, Reached::Possibly, Some(30)),
        (181, Reached::No, Some(31)),
    ] {
        let plan = plan(&tree, &risks, &ask(shortfall));
        assert_eq!(
            (plan.reached, plan.missing),
            (reached, missing),
            "{shortfall}"
        );
        assert_eq!(plan.picks.is_empty(), reached == Reached::No);
        assert_eq!(plan.best_achievable, missing.map(|_| 150));
    }
    let plan = plan(&tree, &risks, &ask(150));
    assert_eq!(plan.freed, Interval::between(150, 180));
    assert!(plan.proven && plan.picks.iter().all(|pick| pick.risk == Risk::Unknown));
}

#[test]
fn picks_come_in_the_order_to_delete_whatever_the_listing() {
    let size = Interval::exactly(10);
    let policy = "[[path]]\nmatch='/d/z'\nrisk='regenerable'\nnote='mine'\n";
    let mut names: Vec<(&[u8], Interval)> =
        vec![(b"z", size), (b"b", size), (b"a\xff", size), (b"c", size)];
    let mut told = Vec::new();
    for _ in 0..4 {
        names.rotate_left(1);
        let tree = files(b"/d", &names);
        let plan = plan(&tree, &judged(&tree, policy, true), &ask(25));
        let paths: Vec<Vec<u8>> = plan.picks.iter().map(|pick| pick.path.clone()).collect();
        told.push((paths, plan.key, plan.picks[0].why.clone()));
    }
    told.dedup();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].1, [4, 3, 30]);
    let paths: Vec<&[u8]> = told[0].0.iter().map(Vec::as_slice).collect();
    assert_eq!(paths, [&b"/d/a\xff"[..], b"/d/b", b"/d/c"]);
}

#[test]
fn the_next_class_is_told_where_the_allowed_ones_do_not_suffice() {
    let tree = files(
        b"/d",
        &[
            (b"x.log.1", Interval::exactly(10)),
            (b"y", Interval::exactly(50)),
        ],
    );
    let risks = judged(&tree, "", true);
    let request = Request {
        shortfall: 20,
        ..Request::default()
    };
    let told = plan(&tree, &risks, &request);
    assert_eq!(
        (told.reached, told.missing, told.best_achievable),
        (Reached::No, Some(10), Some(10))
    );
    let next = told.next_risk.expect("unknown suffices");
    assert_eq!(
        (next.risk, next.reached, next.lost),
        (Risk::Unknown, Reached::Certain, 50)
    );
    assert_eq!(next.picks[0].path, b"/d/y");
    assert_eq!(
        plan(
            &tree,
            &risks,
            &Request {
                shortfall: 61,
                ..request
            }
        )
        .next_risk,
        None
    );
}

#[test]
fn the_root_of_a_recording_is_a_candidate_and_of_a_live_scan_never() {
    let tree = files(
        b"/d",
        &[(b"y", Interval::exactly(50)), (b"z", Interval::exactly(50))],
    );
    let whole = Request {
        smallest: Smallest::Directory,
        ..ask(60)
    };
    assert_eq!(
        plan(&tree, &judged(&tree, "", true), &whole).reached,
        Reached::No
    );
    let told = plan(&tree, &judged(&tree, "", false), &whole);
    assert_eq!(
        (told.picks[0].path.as_slice(), told.key.as_slice()),
        (&b"/d"[..], &[100][..])
    );
}

#[test]
fn a_hard_link_is_free_with_its_last_name_only() {
    let mut builder = Builder::new();
    builder.root(
        Entry {
            token: Some(Token::ROOT),
            ..Entry::named(b"/d", Kind::Dir)
        },
        Rooting::Path,
    );
    let mut batch = Batch::new(Token::ROOT);
    for (name, ino, nlink) in [(&b"a"[..], 1, 2), (b"b", 1, 2), (b"far", 2, 2)] {
        let link = Some(Link { dev: 1, ino, nlink });
        let disk = Some(Interval::exactly(100));
        batch.push(Entry {
            disk,
            link,
            ..Entry::named(name, Kind::File)
        });
    }
    batch.push(Entry {
        disk: Some(Interval::exactly(30)),
        ..Entry::named(b"c", Kind::File)
    });
    builder.listing(&batch);
    let tree = builder.finish().expect("a small tree");
    let risks = judged(&tree, "", true);
    for (shortfall, picks, lost) in [(30, 1, 30), (31, 2, 100), (130, 3, 130)] {
        let told = plan(&tree, &risks, &ask(shortfall));
        assert_eq!((told.picks.len(), told.lost), (picks, lost), "{shortfall}");
        assert_eq!(told.freed, Interval::exactly(lost));
        assert!(told.proven);
    }
    assert_eq!(plan(&tree, &risks, &ask(131)).reached, Reached::No);
}
