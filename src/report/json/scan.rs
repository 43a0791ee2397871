//! `jettison.scan/1`: the tree, written as it is walked, so that a million entries need no second
//! copy of themselves, and without recursion. `jettison.scans/1`: several of these documents, and
//! what they are together.

use std::collections::BTreeMap;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::bytes::Interval;
use crate::entry::{Kind, Rooting, Trouble, Volume};
use crate::reconcile::Reconciliation;
use crate::time::Age;
use crate::tree::owners::{Owners, Share};
use crate::tree::recent::Recent;
use crate::tree::union::Union;
use crate::tree::{NodeId, Totals, Tree};

use super::reconcile::reconciliation;
use super::{interval, path, time, troubles, volume};

/// What is written.
#[derive(Debug)]
pub struct Scan<'a> {
    /// The name of the source, as given.
    pub source: &'a [u8],
    /// Its tree.
    pub tree: &'a Tree,
    /// Its volume, where known.
    pub volume: Option<&'a Volume>,
    /// What could not be read.
    pub troubles: &'a [Trouble],
    /// Levels below the root to write; `None`: all.
    pub depth: Option<usize>,
    /// What changed within this time, where that was asked for.
    pub recent: Option<(Age, &'a Recent<'a>)>,
    /// Whose the space is, with the names of the users, where that was asked for.
    pub owners: Option<(&'a Owners, &'a BTreeMap<u32, Vec<u8>>)>,
    /// `df` against the tree, where it is that of a whole mount.
    pub reconciliation: Option<&'a Reconciliation>,
}

/// Writes `jettison.scan/1`.
///
/// # Errors
/// Those of `out`.
pub fn write(scan: &Scan<'_>, out: &mut dyn Write) -> io::Result<()> {
    write_one(scan, out)?;
    out.write_all(b"\n")
}

/// Writes `jettison.scans/1`: several sources, and what they are as one set, where that is known.
///
/// # Errors
/// Those of `out`.
pub fn write_several(
    scans: &[Scan<'_>],
    union: Option<&Union>,
    out: &mut dyn Write,
) -> io::Result<()> {
    write!(out, r#"{{"schema":"jettison.scans/1","scans":["#)?;
    for (at, scan) in scans.iter().enumerate() {
        if at > 0 {
            out.write_all(b",")?;
        }
        write_one(scan, out)?;
    }
    let union = union.map(|union| {
        json!({
            "disk": interval(union.weight),
            "freed": interval(union.freed),
            "files": union.files,
            "repeated": union.repeated,
        })
    });
    writeln!(out, r#"],"union":{}}}"#, json!(union))
}

fn write_one(scan: &Scan<'_>, out: &mut dyn Write) -> io::Result<()> {
    let complete = scan.tree.totals(NodeId::ROOT).unread == 0;
    write!(
        out,
        r#"{{"schema":"jettison.scan/1","source":{}"#,
        path(scan.source)
    )?;
    write!(out, r#","quantity":"{}""#, scan.tree.quantity().word())?;
    write!(
        out,
        r#","volume":{},"complete":{complete},"since":{},"users":{},"root":"#,
        volume(scan.volume),
        since(scan),
        users(scan),
    )?;
    write_tree(scan, out)?;
    write!(
        out,
        r#","reconciliation":{},"troubles":{}}}"#,
        reconciliation(scan.reconciliation),
        troubles(scan.troubles)
    )
}

/// The span that `changed` speaks of.
fn since(scan: &Scan<'_>) -> Value {
    scan.recent.map_or(
        Value::Null,
        |(age, recent)| json!({ "seconds": age.0, "from": recent.from().0 }),
    )
}

fn users(scan: &Scan<'_>) -> Value {
    let Some((owners, names)) = scan.owners else {
        return Value::Null;
    };
    let name = |share: &Share| names.get(&share.uid?).map(|name| path(name));
    let share = |share: &Share| {
        json!({
            "uid": share.uid,
            "name": name(share),
            "apparent": interval(share.apparent),
            "disk": interval(share.disk),
            "files": share.files,
            "dirs": share.dirs,
            "mtime": time(share.newest),
        })
    };
    json!({
        "shares": owners.shares.iter().map(share).collect::<Vec<_>>(),
        "changed": owners.changed,
        "gone": owners.gone,
        "refused": owners.refused,
    })
}

/// A directory whose children are being written, and how their list ends.
struct Open {
    children: std::vec::IntoIter<NodeId>,
    path_len: usize,
    end: &'static str,
}

/// Writes the tree, children by name, without recursion.
fn write_tree(scan: &Scan<'_>, out: &mut dyn Write) -> io::Result<()> {
    let (tree, depth) = (scan.tree, scan.depth.unwrap_or(usize::MAX));
    let mut at = tree.path(NodeId::ROOT);
    write_node(scan, NodeId::ROOT, &at, out)?;
    let mut root = begin_children(tree, NodeId::ROOT, 0, depth, out)?;
    root.path_len = at.len();
    let mut open = vec![root];
    let mut first = true;
    while let Some(level) = open.last_mut() {
        let Some(node) = level.children.next() else {
            out.write_all(level.end.as_bytes())?;
            open.pop();
            first = false;
            continue;
        };
        if !first {
            out.write_all(b",")?;
        }
        at.truncate(level.path_len);
        extend_path(tree, node, open.len() == 1, &mut at);
        write_node(scan, node, &at, out)?;
        let mut below = begin_children(tree, node, open.len(), depth, out)?;
        below.path_len = at.len();
        open.push(below);
        first = true;
    }
    Ok(())
}

/// Opens the list of children; at the depth limit a directory's is null.
fn begin_children(
    tree: &Tree,
    node: NodeId,
    level: usize,
    depth: usize,
    out: &mut dyn Write,
) -> io::Result<Open> {
    if level >= depth && tree.is_dir(node) {
        out.write_all(b"null")?;
        return Ok(Open {
            children: Vec::new().into_iter(),
            path_len: 0,
            end: "}",
        });
    }
    out.write_all(b"[")?;
    Ok(Open {
        children: tree.children_by_name(node).into_iter(),
        path_len: 0,
        end: "]}",
    })
}

fn extend_path(tree: &Tree, node: NodeId, below_root: bool, at: &mut Vec<u8>) {
    if below_root && tree.rooting() == Rooting::Forest {
        at.clear();
    } else if !at.ends_with(b"/") {
        at.push(b'/');
    }
    at.extend_from_slice(tree.name(node));
}

/// One node, up to the value of its last key, `children`.
fn write_node(scan: &Scan<'_>, node: NodeId, at: &[u8], out: &mut dyn Write) -> io::Result<()> {
    let tree = scan.tree;
    let Totals {
        apparent,
        disk,
        files,
        dirs,
        newest,
        ..
    } = tree.totals(node);
    // Nothing is known of disk usage where the source shows none of it.
    let disk = if tree.shows_disk() {
        disk
    } else {
        Interval::UNKNOWN
    };
    let freed = match tree.kind(node) {
        Kind::Excluded | Kind::OtherFs | Kind::KernelFs => Interval::ZERO,
        _ => tree.freed(node),
    };
    write!(
        out,
        r#"{{"path":{},"kind":"{}""#,
        path(at),
        tree.kind(node).word()
    )?;
    write!(
        out,
        r#","apparent":{},"disk":{}"#,
        interval(apparent),
        interval(disk)
    )?;
    write!(
        out,
        r#","freed":{},"files":{files},"dirs":{dirs}"#,
        interval(freed)
    )?;
    write!(
        out,
        r#","mtime":{},"changed":{},"children":"#,
        time(newest.or(tree.mtime(node))),
        changed(scan, node),
    )
}

/// What changed below a node, in the span that was asked for.
fn changed(scan: &Scan<'_>, node: NodeId) -> Value {
    let Some((_, recent)) = scan.recent else {
        return Value::Null;
    };
    let changed = recent.of(node);
    let disk = if scan.tree.shows_disk() {
        changed.disk
    } else {
        Interval::UNKNOWN
    };
    json!({
        "apparent": interval(changed.apparent),
        "disk": interval(disk),
        "files": changed.files,
        "undated": changed.undated,
    })
}
