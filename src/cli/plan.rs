//! `jettison plan`: the smallest deletion set.

use crate::entry::Trouble;
use crate::error::{Error, Result};
use crate::need::{self, Need, PercentOf, Room};
use crate::plan::{self, Pick, Plan, Reached, Request, Smallest};
use crate::report::json;
use crate::report::text::plan as page;
use crate::risk::{self, Context};
use crate::source::{Form, volume};
use crate::survey::Survey;
use crate::tree::NodeId;

use super::args::{Format, NeedArgs, Objective, PercentBase, PlanArgs, Screen};
use super::exit::Exit;
use super::inquiry::{Inquiry, inquire};
use super::{output, paste, signals, style};

/// Rows of the set that a page shows.
const ROWS: usize = 20;

pub(super) fn run(args: &PlanArgs, screen: &Screen) -> Result<Exit> {
    let written = &args.output.written;
    if !is_asked(&args.need) {
        return Err(Error::usage("how much room is wanted is not said")
            .with_hint("--need 40GiB, --need 45%, or --free 10GiB"));
    }
    args.need.need.as_deref().map(Need::parse).transpose()?;
    let inquiry = inquire(&args.source, &args.rules, written, screen)?;
    let plan = make(&args.need, &inquiry)?;
    let document = json::plan::document(&plan, inquiry.survey.volume.as_ref());
    // The file is the document, whatever is shown on stdout meanwhile.
    if written.output.is_some() || args.output.format == Format::Json {
        output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
    }
    if args.output.format == Format::Text {
        let command = paste::plan(&paste::Asked {
            source: &args.source,
            rules: &args.rules,
            need: &args.need,
            now: written.now,
        });
        // What is being written down already need not be suggested.
        let command = command.filter(|_| written.output.is_none());
        let view = view(&plan, &inquiry, command.as_deref());
        let text = page::plan(&view, style(written, screen));
        output::deliver(None, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(verdict(&plan))
}

/// Whether a need was stated at all.
pub(super) fn is_asked(need: &NeedArgs) -> bool {
    need.need.is_some()
        || need.free.is_some()
        || need.need_inodes.is_some()
        || need.free_inodes.is_some()
}

/// What a page shows of a plan.
pub(super) fn view<'a>(
    plan: &'a Plan,
    inquiry: &'a Inquiry,
    command: Option<&'a str>,
) -> page::View<'a> {
    let volume = inquiry.survey.volume.as_ref();
    page::View {
        plan,
        tree: &inquiry.survey.tree,
        volume,
        command,
        rows: ROWS,
    }
}

/// Makes the plan: how much is short, what may go, the smallest set of it. On a part of the tree
/// there is none to make: what was not read may hold a smaller set, or what the set would break.
///
/// # Errors
/// When the need cannot be reckoned, or the reading was ended early.
pub(super) fn make(args: &NeedArgs, inquiry: &Inquiry) -> Result<Plan> {
    if signals::asked() {
        return Err(
            Error::source("ended early as asked, before everything was read")
                .with_hint("a plan needs the whole tree: let it finish, or name a smaller source"),
        );
    }
    let survey = &inquiry.survey;
    let live = survey.form == Form::Live;
    let mounts = if live {
        volume::mount_points()
    } else {
        Vec::new()
    };
    let context = Context {
        live,
        mounts: &mounts,
    };
    let tree = &survey.tree;
    let risks = risk::classify(tree, &inquiry.audit, &inquiry.policy, context);
    let weight = tree.weight(NodeId::ROOT);
    // What is known is a plan for the most that can be short. A tree of unknown size may fill
    // whatever volume it lies on.
    let worst = request(args, survey, weight.hi.unwrap_or(u64::MAX))?;
    let mut plan = plan::plan(tree, &risks, &worst);
    if plan.reached == Reached::No {
        let least = request(args, survey, weight.lo)?;
        if least.shortfall < worst.shortfall {
            plan = if_less_is_short(plan, plan::plan(tree, &risks, &least));
        }
    }
    if plan.reached == Reached::Certain && counts_twice(&plan, &survey.troubles) {
        plan.reached = Reached::Possibly;
    }
    Ok(plan)
}

/// What cannot be reached for the most that can be short may be for the least.
fn if_less_is_short(worst: Plan, least: Plan) -> Plan {
    if least.reached == Reached::No {
        return worst;
    }
    Plan {
        reached: Reached::Possibly,
        request: worst.request,
        missing: worst.missing,
        best_achievable: worst.best_achievable,
        next_risk: worst.next_risk,
        ..least
    }
}

/// Whether the picks may be the same bytes under two names: below a start that the recording
/// does not name, and below a path of the same host that it does.
fn counts_twice(plan: &Plan, troubles: &[Trouble]) -> bool {
    let mut unnamed = troubles.iter().filter(|t| t.code == "unnamed-start");
    unnamed.any(|trouble| {
        let below = |path: &[u8]| path.starts_with(&trouble.path);
        let inside = plan.picks.iter().filter(|pick| below(&pick.path)).count();
        let holds_both = |pick: &Pick| pick.node == NodeId::ROOT;
        inside > 0 && inside < plan.picks.len() || plan.picks.iter().any(holds_both)
    })
}

fn request(args: &NeedArgs, survey: &Survey, used: u64) -> Result<Request> {
    let volume = survey.volume.as_ref();
    let request = Request {
        smallest: match args.smallest {
            Objective::Paths => Smallest::Paths,
            Objective::Bytes => Smallest::Bytes,
            Objective::Directory => Smallest::Directory,
            Objective::Exposure => Smallest::Exposure,
        },
        max_risk: args.max_risk,
        max_waste: args.max_waste.0,
        inodes: inodes_short(args, survey)?,
        at_most: volume.map(|v| v.used).or(args.capacity.map(|all| all.0)),
        ..Request::default()
    };
    let Some(need) = &args.need else {
        let shortfall = args.free.map_or(0, |free| free.0);
        return Ok(Request {
            shortfall,
            ..request
        });
    };
    let room = room(args, survey, used);
    let bytes = Need::parse(need)?.bytes(&room)?.ok_or_else(|| {
        Error::usage("--need apt and --need @file.json are not understood yet")
            .with_hint("say how much: --need 40GiB or --need 45%")
    })?;
    let short = need::shortfall(bytes, &room)?;
    Ok(Request {
        need: Some(short.need),
        available: Some(short.available),
        shortfall: short.shortfall,
        ..request
    })
}

/// How many inodes are to be freed.
fn inodes_short(args: &NeedArgs, survey: &Survey) -> Result<u64> {
    let Some(need) = args.need_inodes else {
        return Ok(args.free_inodes.unwrap_or(0));
    };
    let available = survey
        .volume
        .as_ref()
        .and_then(|volume| volume.inodes_available);
    available
        .map(|available| need.saturating_sub(available))
        .ok_or_else(|| {
            Error::usage("--need-inodes: how many inodes are available is not known")
                .with_hint("say how many to free: --free-inodes N")
        })
}

fn room<'a>(args: &NeedArgs, survey: &'a Survey, used: u64) -> Room<'a> {
    Room {
        volume: survey.volume.as_ref(),
        capacity: args.capacity.map(|bytes| bytes.0),
        available: args.available.map(|bytes| bytes.0),
        tree: used,
        percent_of: match args.percent_of {
            PercentBase::Usable => PercentOf::UsedAndAvailable,
            PercentBase::Size => PercentOf::Size,
        },
        carries_none: match survey.form {
            Form::Live => "this directory gives none",
            Form::Transcript => "this recording shows none",
            Form::Ncdu => "ncdu exports carry none",
        },
    }
}

/// The exit code of a plan.
pub(super) fn verdict(plan: &Plan) -> Exit {
    match plan.reached {
        Reached::Certain => Exit::Fine,
        Reached::Possibly => Exit::Unknown,
        Reached::No => Exit::Short,
    }
}
