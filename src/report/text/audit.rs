//! Families and rules: what does nobody clean, and why not.

use crate::audit::{Audit, Code, FamilyReport, Finding, NearMiss, RuleReport, RuleState, Verdict};
use crate::bytes::{Bytes, Interval};
use crate::entry::{Trouble, Volume};
use crate::family::{Disposition, Family, Writer};
use crate::time::Timestamp;
use crate::tree::{NodeId, Quantity, Tree};

use super::scan::trouble;
use super::{Column, Style, count, fold, path, per_day, several, size, table_below};

/// An audit and what it was made of.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The audit.
    pub audit: &'a Audit,
    /// The tree that it looked at.
    pub tree: &'a Tree,
    /// The volume, to say when it is full.
    pub volume: Option<&'a Volume>,
    /// Whether any rules root was read at all.
    pub rules_read: bool,
    /// The time of the audit.
    pub now: Timestamp,
    /// Whether to list members and troubles.
    pub members: bool,
    /// What could not be read or understood.
    pub troubles: &'a [Trouble],
    /// Whether to list these.
    pub verbose: bool,
    /// Families and rules of one kind to show at most.
    pub rows: usize,
    /// What shows the others, for people: `--rows all`.
    pub rest: &'a str,
}

/// Writes the audit: the answer, what nobody cleans, which rules do not work, what is covered.
#[must_use]
pub fn audit(view: &View<'_>, style: Style) -> String {
    let mut lines = vec![style.strong(&answer(view))];
    lines.extend(whose_rules(view, style));
    let gaps = gaps(view, style);
    if !gaps.is_empty() {
        lines.extend([String::new(), style.strong("WHAT NOBODY CLEANS")]);
        lines.extend(gaps);
    }
    lines.extend(section(
        "RULES THAT DO NOT WORK",
        idle_rules(view, style),
        style,
    ));
    lines.extend(section(
        "WHAT ELSE NEEDS A PATCH",
        other_findings(view, style),
        style,
    ));
    lines.extend(section(
        "RULES NOT UNDERSTOOD",
        opaque_rules(view, style),
        style,
    ));
    lines.extend(section("LOOKED AFTER", settled(view, style), style));
    lines.extend(doubts(view, style));
    lines.join("\n") + "\n"
}

/// Writes what the rules would make of what is not written yet.
#[must_use]
pub fn expected(view: &View<'_>, style: Style) -> String {
    let families = &view.audit.families;
    let open = families.iter().filter(|report| report.is_gap()).count();
    let all = several(families.len() as u64, "template", "templates");
    let answer = match open {
        0 => format!("Some rule would clean {all}."),
        n => format!("No rule would clean {} of {all}.", count(n as u64)),
    };
    let mut lines = vec![style.strong(&answer)];
    for report in families {
        let word = report.verdict.word();
        let word = if report.is_gap() {
            style.bad(word)
        } else {
            word.to_owned()
        };
        lines.push(format!("  {word}  {}", path(&report.family.template)));
        let by = report
            .covered_by
            .iter()
            .filter_map(|&at| view.audit.rules.get(at));
        for rule in by.take(2) {
            lines.push(format!("    {}: {}", place(rule), path(&rule.rule.text)));
        }
        for miss in report.near_misses.iter().take(2) {
            lines.extend(near_miss(view.audit, miss, style));
        }
    }
    lines.extend(doubts(view, style));
    lines.join("\n") + "\n"
}

fn section(title: &str, body: Vec<String>, style: Style) -> Vec<String> {
    if body.is_empty() {
        return body;
    }
    let mut lines = vec![String::new(), style.strong(title)];
    lines.extend(body);
    lines
}

fn weight(tree: &Tree, family: &Family) -> Interval {
    match tree.quantity() {
        Quantity::Disk => family.disk,
        Quantity::Apparent => family.apparent,
    }
}

fn answer(view: &View<'_>) -> String {
    let fails = |f: &Finding| f.code == Code::FailingWriter;
    let failing = view.audit.findings.iter().filter(|f| fails(f)).count();
    let fails = match failing as u64 {
        0 => String::new(),
        n => format!(" {}.", several(n, "writer fails", "writers fail")),
    };
    format!("{}{fails}", uncleaned(view))
}

/// How much nobody cleans, in one sentence.
fn uncleaned(view: &View<'_>) -> String {
    let gaps: Vec<_> = view
        .audit
        .families
        .iter()
        .filter(|f| f.is_uncleaned())
        .collect();
    if gaps.is_empty() {
        let families = several(view.audit.families.len() as u64, "family", "families");
        let rules = several(view.audit.rules.len() as u64, "rule", "rules");
        return match view.audit.families.len() {
            0 => format!(
                "No family of sharded outputs was found{}; {rules} read.",
                so_far(view.tree)
            ),
            _ => format!(
                "Nothing is left uncleaned{}: {families}, {rules}.",
                so_far(view.tree)
            ),
        };
    }
    let least = if gaps.iter().all(|f| weight(view.tree, &f.family).is_exact()) {
        ""
    } else {
        "≥ "
    };
    let bytes: u64 = gaps
        .iter()
        .map(|f| f.uncovered)
        .fold(0, u64::saturating_add);
    let growth: u64 = gaps
        .iter()
        .filter_map(|f| growing(&f.family))
        .fold(0, u64::saturating_add);
    let families = several(gaps.len() as u64, "family", "families");
    let grows = if growth > 0 {
        format!(", growing {}/day", Bytes(growth))
    } else {
        String::new()
    };
    let full = full(view);
    format!(
        "{least}{} in {families} that nobody cleans{grows}.{full}",
        Bytes(bytes)
    )
}

/// What a good answer about a tree is worth when a part of it is unread.
#[must_use]
pub fn so_far(tree: &Tree) -> &'static str {
    match tree.totals(NodeId::ROOT).unread {
        0 => "",
        _ => " in what was read",
    }
}

/// The growth of a family that is still written.
fn growing(family: &Family) -> Option<u64> {
    family
        .growth_per_day
        .filter(|_| family.writer != Writer::Stopped)
}

/// When the volume is full, in a sentence; nothing where that is too far away to mean anything.
#[must_use]
pub fn full(view: &View<'_>) -> String {
    const TEN_YEARS: u64 = 3653;
    match days_to_full(view) {
        Some(0) => " Full within a day.".to_owned(),
        Some(days @ ..=TEN_YEARS) => format!(" Full in {}.", several(days, "day", "days")),
        _ => String::new(),
    }
}

/// Days until what nobody cleans has filled the volume, at its present growth.
#[must_use]
pub fn days_to_full(view: &View<'_>) -> Option<u64> {
    view.audit.days_to_full(view.volume?.available)
}

fn whose_rules(view: &View<'_>, style: Style) -> Vec<String> {
    if view.rules_read {
        return Vec::new();
    }
    let text =
        "No cleanup rules were read: --rules ROOT names the machine's root or a checkout of it.";
    vec![style.doubt(text)]
}

/// What nobody cleans, largest first, each with its evidence and what to do.
#[must_use]
pub fn gaps(view: &View<'_>, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    let open = view.audit.families.iter().filter(|f| f.is_uncleaned());
    let all = open.clone().count();
    let reports: Vec<_> = open.take(view.rows).collect();
    let rates: Vec<String> = reports
        .iter()
        .map(|report| growing(&report.family).map_or_else(String::new, per_day))
        .collect();
    let rows: Vec<Vec<String>> = reports
        .iter()
        .zip(rates)
        .map(|(report, rate)| {
            let template = path(&report.family.template);
            let bytes = size(weight(view.tree, &report.family));
            vec![report.verdict.word().to_owned(), bytes, rate, template]
        })
        .collect();
    lines.extend(failing_writers(view, style));
    let columns = [Column::Word, Column::Figure, Column::Figure, Column::Path];
    for (report, head) in reports.iter().zip(table_below(&columns, &rows, style)) {
        lines.push(head.replacen(report.verdict.word(), &style.bad(report.verdict.word()), 1));
        lines.extend(evidence(view, report, style));
    }
    lines.extend(rest(view, all - reports.len(), style));
    lines
}

/// Families whose newest files say that their writer fails: first, as an outage looks from a disk.
fn failing_writers(view: &View<'_>, style: Style) -> Vec<String> {
    let findings = view.audit.findings.iter();
    let failing: Vec<_> = findings.filter(|f| f.code == Code::FailingWriter).collect();
    let mut lines = Vec::new();
    for finding in failing.iter().take(view.rows) {
        lines.push(format!(
            "  {}  {}",
            style.bad("failing"),
            path(&finding.subject)
        ));
        lines.push(format!("    {}", finding.message));
    }
    lines.extend(rest(view, failing.len().saturating_sub(view.rows), style));
    lines
}

/// How many rows were left out, and what shows them.
fn rest(view: &View<'_>, left_out: usize, style: Style) -> Option<String> {
    let more = count(left_out as u64);
    (left_out > 0).then(|| style.quiet(&format!("  … {more} more ({} shows them)", view.rest)))
}

fn evidence(view: &View<'_>, report: &FamilyReport, style: Style) -> Vec<String> {
    let mut lines = vec![format!("    {}", history(&report.family, view.now))];
    lines.extend(missing(&report.family));
    lines.extend(doubtful(&report.family, style));
    lines.extend(resharded(&report.family));
    lines.extend(past(report));
    if !report.stale.is_empty()
        && let Some(keep) = &report.keep
    {
        let stale = match view.tree.quantity() {
            Quantity::Disk => report.stale_disk,
            Quantity::Apparent => report.stale_apparent,
        };
        let files = several(report.stale.len() as u64, "file", "files");
        let days = keep.age.0 / crate::time::DAY;
        let says = &keep.says;
        lines.push(format!(
            "    {} in {files} is older than {days} days ({says})",
            size(stale)
        ));
    }
    lines.extend(half_covered(view.audit, report));
    for miss in report.near_misses.iter().take(2) {
        lines.extend(near_miss(view.audit, miss, style));
    }
    if view.members {
        let members = report.family.members.iter();
        lines.extend(members.map(|m| format!("      {}", path(&view.tree.path(m.node)))));
    }
    lines
}

/// The rules that see the family and do not clean it, or only a part of it.
fn half_covered(audit: &Audit, report: &FamilyReport) -> Vec<String> {
    const SHOWN: usize = 2;
    let does = match report.verdict {
        Verdict::InNameOnly => "names it and does not bound it",
        Verdict::Partly => "takes a part of it",
        _ => return Vec::new(),
    };
    let rules = report.covered_by.iter().take(SHOWN);
    rules
        .filter_map(|&index| audit.rules.get(index))
        .map(|rule| match rule.reason.as_str() {
            "" => format!("    {} {does}", place(rule)),
            reason => format!("    {} {does}: {reason}", place(rule)),
        })
        .collect()
}

/// `900 files, 2023-08-19…2024-06-13, one every 24 h, still written`.
fn history(family: &Family, now: Timestamp) -> String {
    let mut text = several(family.files, "file", "files");
    if let (Some(first), Some(last)) = (family.first, family.last) {
        text += &format!(", {}…{}", first.date_text(), last.date_text());
    }
    if let Some(cadence) = family.cadence {
        text += &format!(", one every {cadence}");
    }
    text += match family.writer {
        Writer::Active => ", still written",
        Writer::Late => ", the next one is late",
        Writer::Stopped => ", no longer written",
        Writer::Unknown => "",
    };
    if family.writer == Writer::Stopped
        && let Some(last) = family.last
    {
        text += &format!(" for {}", last.age(now));
    }
    text
}

/// `    not sure: no file has a modification time: only names say when`.
fn doubtful(family: &Family, style: Style) -> Vec<String> {
    let doubts: Vec<String> = family.doubts.iter().map(|doubt| doubt.message()).collect();
    if doubts.is_empty() {
        return Vec::new();
    }
    fold(&format!("not sure: {}", doubts.join("; ")), 4, style)
}

/// `    312 of 316 periods are there; missing 2024-02-19, 2024-05-01`.
fn missing(family: &Family) -> Option<String> {
    const SOME: usize = 3;
    let some = family.missing.iter().take(SOME);
    let some: Vec<_> = some.map(String::as_str).collect();
    let more = if family.missing.len() > SOME {
        ", …"
    } else {
        ""
    };
    let (there, missing) = (family.periods, family.missing.len() as u64);
    let (there, all) = (count(there), count(there.saturating_add(missing)));
    let text = || {
        format!(
            "    {there} of {all} periods are there; missing {}{more}",
            some.join(", ")
        )
    };
    (!some.is_empty()).then(text)
}

/// What is known of its past: what was left behind, a coarser form, the floor of backups.
fn past(report: &FamilyReport) -> Vec<String> {
    let past = &report.family.past;
    let tail = past.tail.map(|tail| {
        let files = several(tail.files, "file", "files");
        let kept = past.kept.map_or(0, |age| age.0 / crate::time::DAY);
        let (held, until) = (size(Interval::exactly(tail.bytes)), tail.until.date_text());
        format!("    reaches back {kept} days; {held} in {files} until {until} were left behind")
    });
    let rollup = past
        .rollup
        .as_ref()
        .map(|coarser| format!("    also there in a coarser form: {}", path(coarser)));
    let floor = (!report.floor.is_empty()).then(|| {
        let files = several(report.floor.len() as u64, "file stays", "files stay");
        format!("    backups: {files}, the newest full of each and what was made since")
    });
    tail.into_iter().chain(rollup).chain(floor).collect()
}

fn resharded(family: &Family) -> Vec<String> {
    let earlier = family
        .lineage
        .windows(2)
        .filter(|pair| pair[1].template == family.template);
    earlier
        .map(|pair| {
            let since = pair[1]
                .from
                .map_or_else(|| "?".to_owned(), Timestamp::date_text);
            format!(
                "    since {since}, when {} became this",
                path(&pair[0].template)
            )
        })
        .collect()
}

/// Where a rule stands, `/etc/cron.d/market:4`.
fn place(report: &RuleReport) -> String {
    format!("{}:{}", path(&report.rule.file), report.rule.line)
}

fn near_miss(audit: &Audit, miss: &NearMiss, style: Style) -> Vec<String> {
    let Some(rule) = audit.rules.get(miss.rule) else {
        return Vec::new();
    };
    let fares = match rule.state {
        RuleState::Dead => ", and now matches nothing",
        RuleState::Disabled => ", and is never run",
        RuleState::Broken => ", and cannot work as written",
        _ => "",
    };
    let mut lines = vec![
        format!(
            "    {} almost covers it{fares}:",
            style.strong(&place(rule))
        ),
        format!("      {}", path(&rule.rule.text)),
        format!("      needs: {}", style.strong(&path(miss.edit.as_bytes()))),
    ];
    if !miss.also_catches.is_empty() {
        let named: Vec<_> = miss.also_catches.iter().map(|t| path(t)).collect();
        let rest = match miss.others.saturating_sub(named.len() as u64) {
            0 => String::new(),
            1 => " and 1 more family".to_owned(),
            rest => format!(" and {rest} more families"),
        };
        lines.push(style.doubt(&format!(
            "      would also catch: {}{rest}",
            named.join(", ")
        )));
    }
    lines
}

/// Rules that do not do their work, in a line each, for a page that is about more than rules.
#[must_use]
pub fn failing_rules(view: &View<'_>, style: Style) -> Vec<String> {
    let failing: Vec<&RuleReport> = failing(view.audit).collect();
    let rows: Vec<Vec<String>> = failing
        .iter()
        .take(RULES)
        .map(|rule| {
            let text = format!("{}: {}", place(rule), path(rule.reason.as_bytes()));
            vec![rule.state.word().to_owned(), text]
        })
        .collect();
    let mut lines = table_below(&[Column::Word, Column::Path], &rows, style);
    if failing.len() > RULES {
        let more = several((failing.len() - RULES) as u64, "more rule", "more rules");
        lines.push(style.quiet(&format!("  … {more} (jettison audit shows them)")));
    }
    lines
}

/// How many failing rules such a page shows.
const RULES: usize = 3;

/// Rules that do not do their work and that no near miss shows.
fn failing(audit: &Audit) -> impl Iterator<Item = &RuleReport> {
    let shown: Vec<usize> = audit
        .families
        .iter()
        .filter(|f| f.is_uncleaned())
        .flat_map(|f| f.near_misses.iter().take(2).map(|miss| miss.rule))
        .collect();
    let bad = |state: RuleState| {
        use RuleState::{Broken, Dead, Disabled, Lapsed, Starved};
        matches!(state, Lapsed | Dead | Starved | Disabled | Broken)
    };
    let rules = audit.rules.iter().enumerate();
    rules
        .filter(move |(at, rule)| bad(rule.state) && !shown.contains(at) && !rule.is_switched_off())
        .map(|(_, rule)| rule)
}

/// The same, each with its text and what is wrong.
fn idle_rules(view: &View<'_>, style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for rule in failing(view.audit) {
        let state = style.doubt(rule.state.word());
        lines.push(format!("  {state}  {}", place(rule)));
        lines.push(format!("    {}", path(&rule.rule.text)));
        lines.push(format!("    {}", path(rule.reason.as_bytes())));
    }
    lines
}

/// What no family and no failing rule above says already, each with its code.
fn other_findings(view: &View<'_>, style: Style) -> Vec<String> {
    let is_other = |code: Code| {
        matches!(
            code,
            Code::LogrotateOrphan
                | Code::ShadowedRule
                | Code::UnlimitedRetention
                | Code::CleanerNotRunning
                | Code::NoAlert
        )
    };
    let all = view.audit.findings.iter().filter(|f| is_other(f.code));
    let count = all.clone().count();
    let mut lines = Vec::new();
    for finding in all.take(view.rows) {
        let code = style.doubt(finding.code.word());
        lines.push(format!("  {code}  {}", path(&finding.subject)));
        lines.push(format!("    {}", path(finding.message.as_bytes())));
        let hint = finding.hint.iter();
        lines.extend(hint.map(|hint| format!("    {}", path(hint.as_bytes()))));
    }
    lines.extend(rest(view, count.saturating_sub(view.rows), style));
    lines
}

/// Rules of which nobody knows what they delete: they may clean what is called uncovered here.
fn opaque_rules(view: &View<'_>, style: Style) -> Vec<String> {
    let rules = view.audit.rules.iter();
    let rows: Vec<Vec<String>> = rules
        .filter(|rule| rule.state == RuleState::Opaque)
        .map(|rule| vec![format!("{}: {}", place(rule), path(rule.reason.as_bytes()))])
        .collect();
    let shown = &rows[..rows.len().min(view.rows)];
    let mut lines = table_below(&[Column::Path], shown, style);
    lines.extend(rest(view, rows.len() - shown.len(), style));
    lines
}

/// The families that need nothing, one line each.
fn settled(view: &View<'_>, style: Style) -> Vec<String> {
    let rows: Vec<Vec<String>> = view
        .audit
        .families
        .iter()
        .filter(|f| !f.is_uncleaned() && f.family.disposition != Disposition::Keep)
        .map(|report| {
            let by = report
                .covered_by
                .first()
                .and_then(|&at| view.audit.rules.get(at));
            let by = by.map_or_else(String::new, |rule| format!("  by {}", place(rule)));
            let owner = report.family.owner.as_ref().filter(|_| by.is_empty());
            let owner = owner.map_or_else(String::new, |owner| format!("  {owner}"));
            let bytes = size(weight(view.tree, &report.family));
            let template = path(&report.family.template);
            vec![
                report.verdict.word().to_owned(),
                bytes,
                format!("{template}{by}{owner}"),
            ]
        })
        .collect();
    let shown = &rows[..rows.len().min(view.rows)];
    let columns = [Column::Word, Column::Figure, Column::Path];
    let mut lines = table_below(&columns, shown, style);
    lines.extend(rest(view, rows.len() - shown.len(), style));
    lines
}

/// What could not be read or understood, by number or one by one, and what matched nothing.
#[must_use]
pub fn doubts(view: &View<'_>, style: Style) -> Vec<String> {
    let of_policy = view.audit.findings.iter().filter(|f| {
        matches!(
            f.code,
            Code::PolicyUnmatched | Code::PolicyContents | Code::NamesLeftOut
        )
    });
    let mut lines: Vec<String> = of_policy
        .map(|f| {
            let hint = f
                .hint
                .as_ref()
                .map_or_else(String::new, |hint| format!(" ({hint})"));
            style.doubt(&format!("? {}: {}{hint}", path(&f.subject), f.message))
        })
        .collect();
    if view.troubles.is_empty() {
        return lines;
    }
    let n = several(view.troubles.len() as u64, "place", "places");
    let end = if view.verbose {
        ":"
    } else {
        " (-v lists them)"
    };
    lines.push(style.doubt(&format!("? {n} could not be read or understood{end}")));
    if view.verbose {
        lines.extend(view.troubles.iter().map(|t| format!("  {}", trouble(t))));
    }
    lines
}
