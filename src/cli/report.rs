//! `jettison report`: the whole story on one page.

use crate::entry::{Measured, Volume};
use crate::error::Result;
use crate::plan::{Plan, Reached};
use crate::report::json;
use crate::report::largest::largest;
use crate::report::text::story;
use crate::report::text::sure::Proofs;

use crate::bytes::Bytes;
use crate::policy::Risk;
use crate::source::transcript::Evidence;
use crate::tree::{NodeId, Tree};

use super::args::{Format, FreeArgs, NeedArgs, ReportArgs, Screen};
use super::exit::Exit;
use super::inquiry::inquire;
use super::{audit, deliver_text, output, paste, plan, signals, style, wanted};

pub(super) fn run(args: &ReportArgs, screen: &Screen) -> Result<Exit> {
    let written = &args.output.written;
    let wanted = wanted::fetch(args.need.need.as_deref(), None)?;
    let mut inquiry = inquire(&args.source, &args.rules, written, screen)?;
    // What was read is shown all the same, but no plan stands on a part of the tree.
    let is_wanted = plan::is_asked(&args.need, &args.free) && !signals::asked();
    let wish = plan::Wish {
        source: &args.source.source,
        need: &args.need,
        free: &args.free,
        wanted: &wanted,
        more: 0,
    };
    let made = is_wanted.then(|| plan::Ground::of(&wish, &inquiry));
    let made = made.transpose()?.map(|ground| {
        let planner = ground.planner();
        Made {
            plan: ground.plan(&planner),
            each_risk: ground.each_risk(&planner),
        }
    });
    let survey = &mut inquiry.survey;
    if survey.volume.is_none() {
        survey.volume = given(&args.need, &survey.tree);
    }
    let largest = largest(&inquiry.survey.tree, args.top);
    match args.output.format {
        Format::Text => {
            let command = paste::plan(&paste::Asked {
                source: &args.source,
                rules: &args.rules,
                need: &args.need,
                free: &args.free,
                now: written.now,
            });
            let now = now_command(args);
            let lines = inquiry.survey.evidence.as_ref().map(Shown);
            let view = story::View {
                audit: inquiry.view(written.verbose, args.top, "jettison audit"),
                plan: made.as_ref().map(|made| {
                    plan::view(&made.plan, &made.each_risk, &inquiry, command.as_deref())
                }),
                largest: &largest,
                now: now.as_deref(),
                proofs: lines.as_ref().map(|lines| lines as &dyn Proofs),
            };
            deliver_text(written, &story::story(&view, style(written, screen)))?;
        }
        Format::Json => {
            let document = json::story::document(&json::story::Document {
                source: args.source.source.as_os_str().as_encoded_bytes(),
                audit: inquiry.document(false),
                plan: made.as_ref().map(|made| &made.plan),
                each_risk: made.as_ref().map_or(&[], |made| &made.each_risk),
                largest: &largest,
            });
            output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
        }
    }
    let fits = made.map_or(Exit::Fine, |made| check(&made.plan));
    Ok(audit::verdict(&inquiry).worst(fits))
}

/// What there is to delete.
struct Made {
    plan: Plan,
    each_risk: Vec<Plan>,
}

/// The volume as the arguments give it, where the source has none: so that it can be said when it
/// is full.
fn given(args: &NeedArgs, tree: &Tree) -> Option<Volume> {
    let used = tree.weight(NodeId::ROOT).lo;
    let said = args.available.map(|bytes| bytes.0);
    let capacity = args.capacity.map(|bytes| bytes.0);
    let available = said.or_else(|| Some(capacity?.saturating_sub(used)))?;
    Some(Volume {
        mount: tree.path(NodeId::ROOT),
        fstype: None,
        size: capacity.unwrap_or_else(|| used.saturating_add(available)),
        used,
        available,
        reserved: 0,
        inodes: None,
        inodes_available: None,
        measured: Measured::Given,
    })
}

/// The lines of a recording.
#[derive(Debug)]
struct Shown<'a>(&'a Evidence);

impl Proofs for Shown<'_> {
    fn of(&self, path: &[u8]) -> Vec<(u64, &'static str)> {
        let proofs = self.0.of(path).into_iter();
        proofs.map(|proof| (proof.line, proof.what)).collect()
    }
}

/// The line to paste when 5 GiB are needed at once: a script for what can be made again.
fn now_command(args: &ReportArgs) -> Option<String> {
    let need = NeedArgs {
        need: None,
        need_inodes: None,
        max_risk: Risk::Regenerable,
        ..args.need.clone()
    };
    let free = FreeArgs {
        free: Some(Bytes(5 << 30)),
        free_inodes: None,
    };
    let command = paste::plan(&paste::Asked {
        source: &args.source,
        rules: &args.rules,
        need: &need,
        free: &free,
        now: args.output.written.now,
    })?;
    Some(format!("{command} --format sh"))
}

/// Whether the need is met: at once, by the set shown, perhaps, or not at all.
fn check(plan: &Plan) -> Exit {
    match plan.reached {
        _ if plan.request.is_met() => Exit::Fine,
        Reached::Certain => Exit::Findings,
        Reached::Possibly => Exit::Unknown,
        Reached::No => Exit::Short,
    }
}
