//! `jettison.report/1`: the audit and the plan in one object, with what fills the tree.

use serde_json::{Value, json};

use crate::plan::Plan;
use crate::tree::NodeId;

use super::{audit, interval, path, plan, volume};

/// What is written.
#[derive(Clone, Copy, Debug)]
pub struct Document<'a> {
    /// The name of the source, as given.
    pub source: &'a [u8],
    /// The audit, with its tree and volume.
    pub audit: audit::Document<'a>,
    /// The plan, where there is a need.
    pub plan: Option<&'a Plan>,
    /// The largest places, largest first.
    pub largest: &'a [NodeId],
}

/// The whole object.
#[must_use]
pub fn document(doc: &Document<'_>) -> Value {
    let tree = doc.audit.tree;
    let place = |&node: &NodeId| {
        let totals = tree.totals(node);
        json!({
            "path": path(&tree.path(node)),
            "disk": interval(totals.disk),
            "apparent": interval(totals.apparent),
            "freed": interval(tree.freed(node)),
        })
    };
    json!({
        "schema": "jettison.report/1",
        "source": path(doc.source),
        "quantity": tree.quantity().word(),
        "volume": volume(doc.audit.volume),
        "complete": tree.totals(NodeId::ROOT).unread == 0,
        "largest": doc.largest.iter().map(place).collect::<Vec<_>>(),
        "audit": audit::document(&doc.audit),
        "plan": doc.plan.map(|p| plan::document(p, doc.audit.volume)),
    })
}
