//! One path: what it is, whose it is, and what every rule makes of it.

use crate::audit::{RuleReport, RuleState};
use crate::report::known::{Verdict, View};
use crate::rules::coverage::Hit;
use crate::rules::model::Tri;

use super::{Style, path, size};

/// Writes it all on a few lines.
#[must_use]
pub fn why(view: &View<'_>, style: Style) -> String {
    let tree = view.tree;
    let mut head = format!(
        "{}  {}",
        path(&tree.path(view.node)),
        size(tree.weight(view.node))
    );
    if let Some(mtime) = tree.mtime(view.node) {
        head += &format!(
            ", last written {} ({} ago)",
            mtime.date_text(),
            mtime.age(view.now)
        );
    }
    let mut lines = vec![style.strong(&head)];
    lines.push(match view.family {
        Some(report) => format!(
            "  family  {} ({})",
            path(&report.family.template),
            report.verdict.word()
        ),
        None => "  family  none that was found".to_owned(),
    });
    let (risk, because) = &view.risk;
    lines.push(format!(
        "  risk    {}: {}",
        risk.word(),
        path(because.as_bytes())
    ));
    if view.rules.is_empty() {
        let none = if view.rules_read {
            "  rules   none has a root above it"
        } else {
            "  rules   none were read: --rules ROOT names the machine's root or a checkout of it"
        };
        lines.push(none.to_owned());
    }
    for (report, verdict) in &view.rules {
        lines.extend(rule(view, report, verdict, style));
    }
    lines.join("\n") + "\n"
}

fn rule(view: &View<'_>, report: &RuleReport, verdict: &Verdict, style: Style) -> Vec<String> {
    let place = format!("{}:{}", path(&report.rule.file), report.rule.line);
    let (word, what) = match verdict {
        Verdict::Takes(hit) => (style.strong("takes "), taking(view, report, hit)),
        Verdict::Spares(parts) => {
            let parts: Vec<String> = parts.iter().map(|part| path(part.as_bytes())).collect();
            (
                style.doubt("spares"),
                format!("it fails {}", parts.join(", ")),
            )
        }
    };
    vec![
        format!("  {word}  {place}: {what}"),
        format!("            {}", path(&report.rule.text)),
    ]
}

/// When the rule takes it, and whether the rule does anything at all.
fn taking(view: &View<'_>, report: &RuleReport, hit: &Hit) -> String {
    let when = match (hit.eligible, hit.due) {
        _ if hit.named => "names it, and never removes it".to_owned(),
        (Tri::True, Some(due)) if due < view.now => {
            format!("due since {}", due.date_text())
        }
        (Tri::True, _) => "due now".to_owned(),
        (_, Some(due)) if due > view.now => {
            format!("due on {}", due.date_text())
        }
        (Tri::Unknown, _) => "whether it is due cannot be told from here".to_owned(),
        _ => "not due now".to_owned(),
    };
    let idle = matches!(
        report.state,
        RuleState::Disabled | RuleState::Broken | RuleState::Opaque | RuleState::Lapsed
    );
    if idle || report.rule.in_name.is_some() {
        format!(
            "{when}, but the rule is {}: {}",
            report.state.word(),
            path(report.reason.as_bytes())
        )
    } else {
        when
    }
}
