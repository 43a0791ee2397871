//! What needs somebody's attention, in words.

use crate::audit::judge::{Judged, RuleFacts};
use crate::audit::{Code, FamilyReport, Finding, NearMiss, RuleReport, RuleState, Verdict};
use crate::bytes::Bytes;
use crate::entry::Trouble;
use crate::family::Disposition;
use crate::rules::RuleSet;
use crate::rules::caps::Cap;
use crate::rules::coverage::{Ground, Orphan};
use crate::tree::NodeId;

/// Findings by severity, then by bytes, then by what they are about.
pub(super) fn findings(
    ground: &Ground<'_>,
    families: &[FamilyReport],
    rules: &[RuleReport],
    judged: &Judged,
    book: &RuleSet,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let reported = families.iter().filter(|r| r.family.confidence >= 0.5);
    for report in reported {
        findings.extend(of_family(report, rules));
        findings.extend(of_writer(report));
    }
    for (index, report) in rules.iter().enumerate() {
        findings.extend(of_rule(index, report, families));
    }
    for (report, facts) in rules.iter().zip(&judged.rules) {
        findings.extend(of_orphans(ground, report, facts));
    }
    let is_bounded = |report: &&FamilyReport| {
        let own = |cap: &&Cap| !cap.is_unlimited() && holds(cap, ground, report.family.root_node);
        book.caps.iter().any(|cap| own(&cap))
    };
    let unbounded = families.iter().filter(|report| !is_bounded(report));
    findings.extend(unbounded.filter_map(of_owner));
    findings.extend(book.caps.iter().filter_map(|cap| of_cap(cap, ground)));
    findings.extend(book.not_watched.iter().map(|message| Finding {
        code: Code::NoAlert,
        subject: b"alerts".to_vec(),
        message: message.clone(),
        hint: Some("jettison check / --need 10% in a timer is one".to_owned()),
        bytes: 0,
    }));
    findings.extend(book.troubles.iter().map(of_trouble));
    findings.extend(book.not_running.iter().map(|message| Finding {
        code: Code::CleanerNotRunning,
        subject: b"cron".to_vec(),
        message: message.clone(),
        hint: Some("start it, or see what runs these rules instead".to_owned()),
        bytes: 0,
    }));
    findings.sort_by(|a, b| {
        let key = |f: &Finding| (f.code.severity(), std::cmp::Reverse(f.bytes), f.code);
        (key(a), &a.subject).cmp(&(key(b), &b.subject))
    });
    findings
}

fn place(report: &RuleReport) -> String {
    format!(
        "{}:{}",
        String::from_utf8_lossy(&report.rule.file),
        report.rule.line
    )
}

fn of_family(report: &FamilyReport, rules: &[RuleReport]) -> Option<Finding> {
    if report.family.disposition != Disposition::Output {
        return None;
    }
    let code = match report.verdict {
        Verdict::Uncovered => Code::UncoveredFamily,
        Verdict::Partly => Code::PartlyCovered,
        Verdict::InNameOnly => Code::CoveredInNameOnly,
        _ => return None,
    };
    let amount = Bytes(report.uncovered);
    let growth = match report.family.growth_per_day {
        Some(growth) if growth > 0 => format!(", {} a day more", Bytes(growth)),
        _ => String::new(),
    };
    let mut message = match report.verdict {
        Verdict::Uncovered => format!("no rule covers it: {amount}{growth}"),
        Verdict::Partly => format!("rules cover a part of it, {amount} are left{growth}"),
        _ => format!("a rule names it and does not bound it: {amount}{growth}"),
    };
    let near = report.near_misses.first();
    if let Some(miss) = near {
        message.push_str("; ");
        message.push_str(&almost(miss, rules));
    }
    Some(Finding {
        code,
        subject: report.family.template.clone(),
        message,
        hint: Some(near.map_or_else(|| new_rule(report), |miss| miss.edited.clone())),
        bytes: report.uncovered,
    })
}

/// `the last 2 periods are empty and 1 more is overdue, since 2024-06-10; usually 4.1 GiB each`.
fn of_writer(report: &FamilyReport) -> Option<Finding> {
    let family = &report.family;
    let failing = family.failing.as_ref()?;
    if family.disposition != Disposition::Output {
        return None;
    }
    let periods = |n: u64, one: &str, more: &str| match n {
        0 => None,
        1 => Some(one.to_owned()),
        n => Some(more.replace('#', &n.to_string())),
    };
    let signs = [
        periods(
            failing.empty,
            "the newest period is empty",
            "the newest # periods are empty",
        ),
        periods(
            failing.small,
            "the newest period is far smaller than usual",
            "the newest # periods are far smaller than usual",
        ),
        periods(failing.missing, "1 is missing", "# are missing"),
        periods(
            failing.overdue,
            "the next is overdue",
            "the next # are overdue",
        ),
        periods(
            failing.unfinished,
            "1 file was begun and not finished",
            "# files were begun and not finished",
        ),
    ];
    let signs: Vec<String> = signs.into_iter().flatten().collect();
    Some(Finding {
        code: Code::FailingWriter,
        subject: family.template.clone(),
        message: format!(
            "{}, since {}; usually {} each",
            signs.join(", "),
            failing.since.date_text(),
            Bytes(failing.usual)
        ),
        hint: Some("look at the job that writes it, and at the disk it writes to".to_owned()),
        bytes: failing.usual,
    })
}

/// `/etc/cron.d/market:4 almost covers it, and now matches nothing`.
fn almost(miss: &NearMiss, rules: &[RuleReport]) -> String {
    let report = &rules[miss.rule];
    let now = if report.state == RuleState::Dead {
        ", and now matches nothing"
    } else {
        ""
    };
    format!("{} almost covers it{now}", place(report))
}

/// A command for a family that nothing comes near.
fn new_rule(report: &FamilyReport) -> String {
    let family = &report.family;
    let keep = report
        .keep
        .as_ref()
        .map_or(14, |keep| (keep.age.0 / crate::time::DAY).max(1));
    let root = crate::audit::name::quote(&family.root);
    let extension = crate::audit::name::extension(&family.template)
        .filter(|ext| !ext.contains(&b'{') && !ext.contains(&b'}'));
    let name = extension.map_or_else(String::new, |ext| {
        format!(" -name '*.{}'", String::from_utf8_lossy(ext))
    });
    format!("find {root} -type f{name} -mtime +{keep} -delete")
}

fn of_rule(index: usize, report: &RuleReport, families: &[FamilyReport]) -> Option<Finding> {
    let near = families
        .iter()
        .flat_map(|family| family.near_misses.iter().map(move |miss| (family, miss)))
        .filter(|(_, miss)| miss.rule == index)
        .max_by_key(|(_, miss)| miss.points);
    let (code, message, hint, bytes) = match report.state {
        RuleState::Lapsed => (
            Code::LapsedRule,
            report.reason.clone(),
            Some(String::from_utf8_lossy(&report.rule.text).into_owned()),
            report.overdue.disk,
        ),
        RuleState::Starved => (
            Code::StarvedRule,
            report.reason.clone(),
            None,
            report.scope.disk,
        ),
        RuleState::Broken => (
            Code::BrokenRule,
            report.reason.clone(),
            None,
            report.scope.disk,
        ),
        RuleState::Disabled if !report.is_switched_off() => (
            Code::DisabledRule,
            format!("it is never run: {}", report.reason),
            disabled_hint(report),
            report.scope.disk,
        ),
        RuleState::Shadowed => (Code::ShadowedRule, report.reason.clone(), None, 0),
        RuleState::Dead if near.is_none() => {
            let hint = "take it out, or mend what it names";
            (
                Code::MatchesNothing,
                report.reason.clone(),
                Some(hint.to_owned()),
                0,
            )
        }
        RuleState::Dead => {
            let (family, miss) = near?;
            let template = String::from_utf8_lossy(&family.family.template).into_owned();
            let message = format!("it matches nothing now, and almost covers {template}");
            let hint = format!("needs {}", miss.edit);
            (Code::DeadRule, message, Some(hint), miss.would_cover.disk)
        }
        _ => return None,
    };
    Some(Finding {
        code,
        subject: place(report).into_bytes(),
        message,
        hint,
        bytes,
    })
}

/// Programs that by default never remove what they write, and what that means.
const UNLIMITED: [(&str, &str); 11] = [
    (
        "Apache Iceberg",
        "snapshots stay until expire_snapshots is run",
    ),
    (
        "BorgBackup",
        "archives stay until borg prune is run, and their space until borg compact",
    ),
    (
        "Cassandra",
        "rows have no time to live unless the table says one",
    ),
    ("ClickHouse", "parts stay unless the table has a TTL"),
    ("Delta Lake", "old files stay until VACUUM is run"),
    (
        "Docker",
        "images, volumes and container logs stay until somebody prunes them",
    ),
    (
        "Elasticsearch",
        "indices stay unless a lifecycle policy deletes them",
    ),
    ("InfluxDB", "the default retention policy keeps everything"),
    (
        "MinIO",
        "objects stay unless the bucket has a lifecycle rule",
    ),
    (
        "PostgreSQL",
        "a replication slot that nobody reads keeps all WAL unless max_slot_wal_keep_size is set",
    ),
    (
        "ZooKeeper",
        "snapshots and logs stay while autopurge.purgeInterval is 0, as by default",
    ),
];

/// A program's own files that grow, where the program has no limit for them by default.
fn of_owner(report: &FamilyReport) -> Option<Finding> {
    let family = &report.family;
    let owner = family.owner.as_ref()?;
    let growth = family.growth_per_day.filter(|&growth| growth > 0)?;
    if family.disposition != Disposition::Managed || family.confidence < 0.5 {
        return None;
    }
    let (_, what) = UNLIMITED
        .iter()
        .find(|(program, _)| owner.starts_with(program))?;
    Some(Finding {
        code: Code::UnlimitedRetention,
        subject: family.template.clone(),
        message: format!("{what}: {} a day more", Bytes(growth)),
        hint: Some(owner.clone()),
        bytes: family.disk.lo.max(family.apparent.lo),
    })
}

/// Whether a program's folder is a node, or above it.
fn holds(cap: &Cap, ground: &Ground<'_>, node: NodeId) -> bool {
    let folders = cap.folders.iter().filter_map(|path| ground.find(path).0);
    let mut holding = folders.filter(|&folder| ground.tree().contains(folder, node));
    holding.next().is_some()
}

/// A program that keeps files of its own there, and that nobody has told how many.
fn of_cap(cap: &Cap, ground: &Ground<'_>) -> Option<Finding> {
    let mut found = cap.folders.iter().map(|path| (path, ground.find(path).0));
    let (folder, node) = found.find_map(|(path, node)| Some((path, node?)))?;
    let bytes = ground.tree().weight(node).lo;
    let has_files = ground.tree().totals(node).files > 0;
    (cap.is_unlimited() && has_files).then(|| Finding {
        code: Code::UnlimitedRetention,
        subject: folder.clone(),
        message: format!("nothing bounds what it holds: {}", Bytes(bytes)),
        hint: Some(cap.remedy.to_owned()),
        bytes,
    })
}

/// The copies of logs that a block leaves behind for ever.
fn of_orphans(ground: &Ground<'_>, report: &RuleReport, facts: &RuleFacts) -> Option<Finding> {
    let ((first, why), n) = (facts.orphans.first()?, facts.orphans.len());
    let tree = ground.tree();
    let weigh = |&(node, _): &(NodeId, Orphan)| tree.own_weight(node).lo;
    let bytes = facts.orphans.iter().map(weigh).fold(0, u64::saturating_add);
    let path = ground.path(*first);
    let more = if n > 1 {
        format!(" and {} more", n - 1)
    } else {
        String::new()
    };
    Some(Finding {
        code: Code::LogrotateOrphan,
        subject: place(report).into_bytes(),
        message: format!(
            "logrotate will never remove {}{more} ({}): {}",
            String::from_utf8_lossy(&path),
            Bytes(bytes),
            why.cause()
        ),
        hint: Some("remove them once by hand".to_owned()),
        bytes,
    })
}

/// A file whose name keeps it from being read wants another name.
pub(super) fn disabled_hint(report: &RuleReport) -> Option<String> {
    let file = report
        .rule
        .via
        .first()
        .map_or(&report.rule.file, |place| &place.file);
    let slash = file.iter().rposition(|&b| b == b'/')?;
    let name = &file[slash + 1..];
    let is_plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-');
    if name.iter().all(is_plain) || !report.reason.contains("in its name") {
        return None;
    }
    let stem = name
        .split(|&b| b == b'.')
        .next()
        .filter(|stem| !stem.is_empty())?;
    let plain: Vec<u8> = stem
        .iter()
        .map(|b| if is_plain(b) { *b } else { b'-' })
        .collect();
    let mut target = file[..=slash].to_vec();
    target.extend(plain);
    Some(format!(
        "mv {} {}",
        crate::audit::name::quote(file),
        crate::audit::name::quote(&target)
    ))
}

fn of_trouble(trouble: &Trouble) -> Finding {
    let mut subject = trouble.path.clone();
    if let Some(line) = trouble.line {
        subject.extend_from_slice(format!(":{line}").as_bytes());
    }
    Finding {
        code: Code::RuleUnreadable,
        subject,
        message: trouble.message.clone(),
        hint: None,
        bytes: 0,
    }
}
