//! `jettison.report/1`: the audit and the plan in one object, with what fills the tree.

use serde_json::{Value, json};

use crate::plan::{Plan, Reached};
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
    /// The smallest set of each risk, the most harmless first; none without a need.
    pub each_risk: &'a [Plan],
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
        "each_risk": doc.each_risk.iter().map(up_to).collect::<Vec<_>>(),
    })
}

/// The smallest set of all that is no worse than one class of risk.
fn up_to(plan: &Plan) -> Value {
    json!({
        "risk": plan.request.max_risk.word(),
        "reached": plan.reached == Reached::Certain,
        "possibly_reached": plan.reached != Reached::No,
        "proven": plan.proven,
        "picks": plan.picks.iter().map(|pick| path(&pick.path)).collect::<Vec<_>>(),
        "freed": interval(plan.freed),
        "lost": plan.lost,
        "best_achievable": plan.best_achievable,
    })
}
