//! `jettison plan`: the smallest deletion set.

use std::path::Path;

use crate::entry::{Measured, Trouble, Volume};
use crate::error::{Error, Result};
use crate::need::{self, PercentOf, Room};
use crate::plan::shared::plan_asking;
use crate::plan::{self, Pick, Plan, Planner, Reached, Request, Smallest};
use crate::policy::Risk;
use crate::report::text::plan as page;
use crate::report::{json, script};
use crate::risk::{self, Context, Risks};
use crate::source::{Form, volume};
use crate::survey::Survey;
use crate::tree::NodeId;

use super::args::{FreeArgs, NeedArgs, Objective, PercentBase, PlanArgs, PlanFormat, Screen};
use super::exit::Exit;
use super::inquiry::{Inquiry, inquire};
use super::wanted::{self, Place, Wanted};
use super::{deliver_text, host, output, paste, signals, style};

/// Rows of the set that a page shows.
const ROWS: usize = 20;

/// What is asked of a source.
#[derive(Clone, Copy)]
pub(super) struct Wish<'a> {
    /// Where the source lies.
    pub(super) source: &'a Path,
    pub(super) need: &'a NeedArgs,
    pub(super) free: &'a FreeArgs,
    /// The need, with the updater's answer.
    pub(super) wanted: &'a Wanted,
    /// What must be available besides.
    pub(super) more: u64,
}

pub(super) fn run(args: &PlanArgs, screen: &Screen) -> Result<Exit> {
    let written = &args.written;
    if !is_asked(&args.need, &args.free) {
        return Err(Error::usage("how much room is wanted is not said")
            .with_hint("--need 40GiB, --need 45%, or --free 10GiB"));
    }
    let wanted = wanted::fetch(args.need.need.as_deref(), None)?;
    let begun = host::moment();
    let inquiry = inquire(&args.source, &args.rules, written, screen)?;
    let wish = Wish {
        source: &args.source.source,
        need: &args.need,
        free: &args.free,
        wanted: &wanted,
        more: 0,
    };
    let mut plan = make(&wish, &inquiry)?;
    if inquiry.survey.form == Form::Live {
        plan::evidence::attest(&mut plan, &inquiry.survey.tree, &host::Lstat);
        plan.host = host::name();
    }
    let document = json::plan::document(&plan, inquiry.survey.volume.as_ref());
    if args.format == PlanFormat::Sh {
        let tree = &inquiry.survey.tree;
        let text = match inquiry.survey.form {
            Form::Live => script::script(&plan, tree, begun),
            _ => {
                let source = args.source.source.as_os_str().as_encoded_bytes();
                script::recorded(&plan, tree, source)
            }
        };
        deliver_text(written, &text)?;
        return Ok(verdict(&plan));
    }
    // The file is the document, whatever is shown on stdout meanwhile.
    if written.output.is_some() || args.format == PlanFormat::Json {
        output::deliver(written.output.as_deref(), |out| json::write(&document, out))?;
    }
    if args.format == PlanFormat::Text {
        let command = paste::plan(&paste::Asked {
            source: &args.source,
            rules: &args.rules,
            need: &args.need,
            free: &args.free,
            now: written.now,
        });
        // What is being written down already need not be suggested.
        let command = command.filter(|_| written.output.is_none());
        let view = view(&plan, &[], &inquiry, command.as_deref());
        let text = page::plan(&view, style(written, screen));
        output::deliver(None, |out| out.write_all(text.as_bytes()))?;
    }
    Ok(verdict(&plan))
}

/// Whether a need was stated at all.
pub(super) fn is_asked(need: &NeedArgs, free: &FreeArgs) -> bool {
    need.need.is_some()
        || free.free.is_some()
        || need.need_inodes.is_some()
        || free.free_inodes.is_some()
}

/// What a page shows of a plan.
pub(super) fn view<'a>(
    plan: &'a Plan,
    each_risk: &'a [Plan],
    inquiry: &'a Inquiry,
    command: Option<&'a str>,
) -> page::View<'a> {
    let volume = inquiry.survey.volume.as_ref();
    page::View {
        plan,
        each_risk,
        tree: &inquiry.survey.tree,
        volume,
        command,
        rows: ROWS,
    }
}

/// Makes the plan: how much is short, what may go, the smallest set of it.
///
/// # Errors
/// When the need cannot be reckoned, or the reading was ended early.
pub(super) fn make(wish: &Wish<'_>, inquiry: &Inquiry) -> Result<Plan> {
    let ground = Ground::of(wish, inquiry)?;
    Ok(ground.plan(&ground.planner()))
}

/// What plans are made from.
pub(super) struct Ground<'a> {
    survey: &'a Survey,
    risks: Risks,
    returns: host::Returns,
    /// What is short at the most. A tree of unknown size may fill whatever volume it lies on.
    worst: Request,
    /// What is short at the least.
    least: Request,
    /// What protects some file and could not be read.
    untold: Vec<Trouble>,
}

impl<'a> Ground<'a> {
    /// Weighs the risks, and reckons how much is short. On a part of the tree there is no plan to
    /// make: what was not read may hold a smaller set, or what the set would break.
    ///
    /// # Errors
    /// When the need cannot be reckoned, or the reading was ended early.
    pub(super) fn of(wish: &Wish<'_>, inquiry: &'a Inquiry) -> Result<Self> {
        if signals::asked() {
            return Err(
                Error::source("ended early as asked, before everything was read").with_hint(
                    "a plan needs the whole tree: let it finish, or name a smaller source",
                ),
            );
        }
        let survey = &inquiry.survey;
        let live = survey.form == Form::Live;
        let mounts = if live {
            volume::mount_points()
        } else {
            Vec::new()
        };
        let tree = &survey.tree;
        let (owned, untold) = match live {
            true => host::owned(tree),
            false => (Vec::new(), Vec::new()),
        };
        let context = Context {
            live,
            mounts: &mounts,
            owned: &owned,
        };
        let weight = tree.weight(NodeId::ROOT);
        let limit = limit(wish, survey);
        let mut worst = request(wish, survey, limit.as_ref(), weight.hi.unwrap_or(u64::MAX))?;
        let mut least = request(wish, survey, limit.as_ref(), weight.lo)?;
        let mut returns = host::Returns::unasked();
        if live {
            let (held, blind) = host::held(tree);
            returns = host::Returns::of(survey.volume.as_ref(), blind, limit);
            worst.held.clone_from(&held);
            least.held = held;
        }
        Ok(Self {
            survey,
            risks: risk::classify(tree, &inquiry.audit, &inquiry.policy, context),
            returns,
            least,
            worst,
            untold,
        })
    }

    /// The quota that leaves less than the volume has.
    pub(super) fn limit(&self) -> Option<&host::Limit> {
        self.returns.limit()
    }

    /// The smallest set.
    pub(super) fn plan(&self, planner: &Planner<'_>) -> Plan {
        self.solve(planner, &self.worst, &self.least)
    }

    /// What makes the plans on this ground.
    pub(super) fn planner(&self) -> Planner<'_> {
        Planner::new(&self.survey.tree, &self.risks)
    }

    /// The smallest set of each risk that anything here has: of all that is no worse, by number or
    /// bytes alone. None where nothing has to go.
    pub(super) fn each_risk(&self, planner: &Planner<'_>) -> Vec<Plan> {
        if self.worst.is_met() {
            return Vec::new();
        }
        let up_to = |risk: Risk, request: &Request| Request {
            max_risk: risk,
            levelled: true,
            ..request.clone()
        };
        let classes = self.risks.present().into_iter();
        classes
            .map(|risk| {
                let (worst, least) = (up_to(risk, &self.worst), up_to(risk, &self.least));
                self.solve(planner, &worst, &least)
            })
            .collect()
    }

    /// What is known for the most that can be short holds for all; else what is for the least.
    fn solve(&self, planner: &Planner<'_>, worst: &Request, least: &Request) -> Plan {
        let solve = |request: &Request| plan_asking(planner, request, &self.returns);
        let mut plan = solve(worst);
        if plan.reached == Reached::No && least.shortfall < worst.shortfall {
            plan = if_less_is_short(plan, solve(least));
        }
        plan.troubles.extend(self.untold.iter().cloned());
        let in_doubt = !plan.troubles.is_empty() || counts_twice(&plan, &self.survey.troubles);
        if plan.reached == Reached::Certain && in_doubt && !plan.request.is_met() {
            plan.reached = Reached::Possibly;
        }
        plan
    }
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

/// The quota that leaves less than the volume has; none where the user says what is available, or
/// asks for so much of the volume.
fn limit(wish: &Wish<'_>, survey: &Survey) -> Option<host::Limit> {
    let is_needed = wish.wanted.need.is_some() || wish.need.need_inodes.is_some();
    let is_asked = survey.form == Form::Live && wish.need.available.is_none() && is_needed;
    let volume = survey.volume.as_ref().filter(|_| is_asked)?;
    host::Limit::of(wish.source, volume)
}

fn request(
    wish: &Wish<'_>,
    survey: &Survey,
    limit: Option<&host::Limit>,
    used: u64,
) -> Result<Request> {
    let args = wish.need;
    let place = Place::of(wish.source, survey);
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
        inodes: inodes_short(wish, place, survey, limit)?,
        at_most: volume.map(|v| v.used).or(args.capacity.map(|all| all.0)),
        limited_by: limit.map(|limit| limit.words.clone()),
        ..Request::default()
    };
    let room = Room {
        quota: limit.and_then(|limit| limit.bytes),
        ..room(args, survey, used)
    };
    let Some(bytes) = wish.wanted.bytes(place, &room)? else {
        let shortfall = wish.free.free.map_or(0, |free| free.0);
        return Ok(Request {
            shortfall,
            ..request
        });
    };
    let short = need::shortfall(bytes.saturating_add(wish.more), &room)?;
    // What the user says to be available is not held against the volume's reserve.
    let measured = volume.filter(|_| args.available.is_none() && limit.is_none());
    let refill = match short.shortfall {
        0 => 0,
        _ => measured.map_or(0, need::reserve_to_refill),
    };
    Ok(Request {
        need: Some(short.need),
        available: Some(short.available),
        shortfall: short.shortfall.saturating_add(refill),
        ..request
    })
}

/// How many inodes are to be freed. A file system that was asked and has no number of them has
/// as many as fit.
fn inodes_short(
    wish: &Wish<'_>,
    place: Place<'_>,
    survey: &Survey,
    limit: Option<&host::Limit>,
) -> Result<u64> {
    let parts = wish.wanted.inodes(place);
    let need = match wish.need.need_inodes {
        None if parts == 0 => return Ok(wish.free.free_inodes.unwrap_or(0)),
        said => said.unwrap_or(0).saturating_add(parts),
    };
    let volume = survey.volume.as_ref();
    let quota = limit.and_then(|limit| limit.inodes);
    let is_boundless = |v: &Volume| v.measured == Measured::Statvfs && v.inodes.is_none();
    if quota.is_none() && volume.is_some_and(is_boundless) {
        return Ok(0);
    }
    let left = volume.and_then(|volume| volume.inodes_available);
    left.into_iter()
        .chain(quota)
        .min()
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
        quota: None,
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
