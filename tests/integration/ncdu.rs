//! ncdu exports: in, out, and beside the real ncdu.

mod arbitrary;
mod fixtures;
mod gdu;
mod import;
#[cfg(unix)]
mod real;
mod round_trip;

use jettison::bytes::Interval;
use jettison::entry::{Listing, Progress};
use jettison::source::ncdu::{Imported, read};
use jettison::tree::{NodeId, Tree, build::Builder};

fn import(document: &[u8]) -> Result<(Tree, Imported), String> {
    let mut builder = Builder::new();
    let imported = read(
        &mut &document[..],
        b"t.json",
        &Progress::default(),
        &mut builder,
    )
    .map_err(|e| e.to_string())?;
    builder
        .finish()
        .map(|tree| (tree, imported))
        .map_err(|e| e.to_string())
}

/// A node in one line: path, kind, apparent and disk size, then what else is known of it.
fn line(tree: &Tree, id: NodeId) -> String {
    let size = |size: Option<Interval>| match size {
        None => "-".to_owned(),
        Some(Interval { lo, hi: Some(hi) }) if lo == hi => lo.to_string(),
        Some(Interval { lo, hi }) => {
            format!("{lo}..{}", hi.map_or("".to_owned(), |h| h.to_string()))
        }
    };
    let mut text = format!(
        "{} {} {} {}",
        tree.path(id).escape_ascii(),
        tree.kind(id).word(),
        size(tree.own_apparent(id)),
        size(tree.own_disk(id)),
    );
    if let Some(mtime) = tree.mtime(id) {
        text += &format!(" @{}", mtime.0);
    }
    if tree.is_dir(id) && tree.listing(id) != Listing::Complete {
        text += &format!(" {:?}", tree.listing(id));
    }
    let mut groups = tree.links().groups();
    if let Some(group) = groups.find(|g| g.names().any(|name| name == id)) {
        text += &format!(" {:?}x{}", group.inode(), group.nlink());
    }
    text
}

/// Every node in pre-order, in one line each.
fn lines(tree: &Tree) -> Vec<String> {
    tree.nodes().map(|id| line(tree, id)).collect()
}
