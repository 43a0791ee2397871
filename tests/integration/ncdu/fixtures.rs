//! Every export in `fixtures/ncdu`, against the expectation beside it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use jettison::bytes::Interval;
use jettison::entry::{Listing, Progress};
use jettison::source::ncdu::{looks_like, read};
use jettison::tree::{NodeId, Tree, build::Builder};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/ncdu")
}

/// What an import gives, as the expectation files have it.
fn described(export: &[u8], name: &str) -> String {
    let mut builder = Builder::new();
    let imported = read(
        &mut &export[..],
        name.as_bytes(),
        &Progress::default(),
        &mut builder,
    );
    let imported = match imported {
        Ok(imported) => imported,
        Err(e) => return format!("error {e}\n"),
    };
    let tree = builder.finish().unwrap();
    let mut text = format!(
        "by {} at {}\n",
        imported.program.as_deref().unwrap_or("-"),
        imported.timestamp.map_or("-".to_owned(), |t| t.to_string()),
    );
    for trouble in &imported.troubles {
        let path = trouble.path.escape_ascii();
        writeln!(text, "trouble {} {path} {:?}", trouble.code, trouble.line).unwrap();
    }
    for id in tree.nodes() {
        writeln!(text, "{}", line(&tree, id)).unwrap();
    }
    text
}

fn line(tree: &Tree, id: NodeId) -> String {
    let size = |size: Option<Interval>| size.map_or("-".to_owned(), interval);
    let mut line = format!(
        "{} {} apparent {} disk {}",
        tree.path(id).escape_ascii(),
        tree.kind(id).word(),
        size(tree.own_apparent(id)),
        size(tree.own_disk(id)),
    );
    if tree.is_dir(id) {
        let totals = tree.totals(id);
        write!(
            line,
            " total {} {}",
            interval(totals.apparent),
            interval(totals.disk)
        )
        .unwrap();
        if tree.listing(id) != Listing::Complete {
            write!(line, " {:?}", tree.listing(id)).unwrap();
        }
    }
    if let Some(mtime) = tree.mtime(id) {
        write!(line, " mtime {mtime}").unwrap();
    }
    let mut groups = tree.links().groups();
    if let Some(group) = groups.find(|g| g.names().any(|name| name == id)) {
        write!(line, " inode {:?} of {}", group.inode(), group.nlink()).unwrap();
    }
    line
}

fn interval(size: Interval) -> String {
    match size.hi {
        Some(hi) if hi == size.lo => hi.to_string(),
        Some(hi) => format!("{}..{hi}", size.lo),
        None => format!("{}..", size.lo),
    }
}

#[test]
fn every_fixture_is_what_it_should_be() {
    let mut names: Vec<String> = std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !name.ends_with(".expected") && !name.ends_with(".md"))
        .collect();
    names.sort();
    assert!(names.len() >= 6, "{names:?}");
    for name in names {
        let export = std::fs::read(folder().join(&name)).unwrap();
        assert!(looks_like(&export), "{name}");
        let expected = folder().join(format!("{name}.expected"));
        let expected = std::fs::read_to_string(&expected).unwrap_or_default();
        assert_eq!(described(&export, &name), expected, "{name}");
    }
}
