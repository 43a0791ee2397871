//! `jettison check`: does the update fit? One line, and an exit code.
//!
//! Where every volume has room, nothing but `statvfs` is asked. Only what is short, and a question
//! about days to come, takes a walk.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::audit::Code;
use crate::bytes::{Bytes, Interval};
use crate::entry::{Measured, Volume};
use crate::error::{Error, Result};
use crate::family::Writer;
use crate::need::{Need, PercentOf, Room, Share, reserve_to_refill};
use crate::plan::{Plan, Reached};
use crate::report::check::{
    Check, Quota, State, Target, Warning, github, junit, nagios, prometheus,
};
use crate::report::escape::escape;
use crate::report::json;
use crate::report::text::{check as line, several};
use crate::source::volume::{Mount, answers, parse_mounts, volume_of};
use crate::sys;
use crate::time::{DAY, Timestamp};
use crate::tree::NodeId;

use super::args::{
    CheckArgs, CheckFormat, FreeArgs, NeedArgs, PercentBase, Screen, SourceArgs, SourceForm,
};
use super::exit::Exit;
use super::inquiry::{self, Inquiry, inquire};
use super::plan::{Ground, Wish, make};
use super::wanted::{self, Place, Wanted, as_path, device};
use super::{deliver_text, host, output, paste, style};

/// How long a file system may take to say how much room it has.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) fn run(args: &CheckArgs, screen: &Screen) -> Result<Exit> {
    let check = match examine(args, screen) {
        // What could not be measured is a verdict too, in whatever form was asked for.
        Err(error) if error.is_source() => {
            let source = args.source.source.as_os_str().as_encoded_bytes();
            Check {
                asked: asked(args),
                demand: None,
                targets: vec![Target::unknown(source, error.to_string())],
                findings: Vec::new(),
                at: moment(args),
            }
        }
        examined => examined?,
    };
    deliver(args, &check, screen)?;
    Ok(match check.exit() {
        0 => Exit::Fine,
        1 => Exit::Findings,
        2 => Exit::Short,
        _ => Exit::Unknown,
    })
}

fn deliver(args: &CheckArgs, check: &Check, screen: &Screen) -> Result<()> {
    let written = &args.written;
    let text = match args.format {
        CheckFormat::Text => line::check(check, style(written, screen)),
        CheckFormat::Github => github::annotations(check),
        CheckFormat::Nagios => nagios::line(check),
        CheckFormat::Prometheus => prometheus::textfile(check),
        CheckFormat::Junit => junit::document(check),
        CheckFormat::Json => {
            let document = json::check::document(check);
            return output::deliver(written.output.as_deref(), |out| json::write(&document, out));
        }
    };
    deliver_text(written, &text)
}

/// What the command line asks, read before anything is measured.
struct Question<'a> {
    args: &'a CheckArgs,
    wanted: Wanted,
    /// What must be left: bytes, or a share of the volume.
    floor: Option<Need>,
    /// For needs without parts, whose margin is not in them yet.
    margin: Option<Share>,
}

impl<'a> Question<'a> {
    fn read(args: &'a CheckArgs) -> Result<Self> {
        let targets = &args.targets;
        let is_asked = args.need.need.is_some()
            || args.need.need_inodes.is_some()
            || targets.floor.is_some()
            || targets.horizon.is_some()
            || targets.need_growth.is_some();
        if !is_asked {
            return Err(Error::usage("what must fit is not said")
                .with_hint("--need 40GiB, --need 45%, --need apt, --floor 5% or --horizon 7d"));
        }
        let floor = targets.floor.as_deref().map(Need::parse).transpose()?;
        if matches!(floor, Some(Need::Apt | Need::File(_))) {
            return Err(Error::usage("--floor is a size (2GiB) or a share (5%)"));
        }
        let margin = targets.margin.as_deref().map(share).transpose()?;
        let wanted = wanted::fetch(args.need.need.as_deref(), margin)?;
        Ok(Self {
            args,
            margin: margin.filter(|_| wanted.demand.is_none()),
            wanted,
            floor,
        })
    }

    /// Need with its margin, and floor, of one volume.
    fn of(&self, place: Place<'_>, room: &Room<'_>) -> Result<(u64, u64)> {
        let need = self.wanted.bytes(place, room)?.unwrap_or(0);
        let margin = self.margin.map_or(0, |margin| margin.of(need));
        let floor = self.floor.as_ref().map(|floor| floor.bytes(room));
        let floor = floor.transpose()?.flatten().unwrap_or(0);
        Ok((need.saturating_add(margin), floor))
    }

    fn inodes(&self, place: Place<'_>) -> u64 {
        let said = self.args.need.need_inodes.unwrap_or(0);
        said.saturating_add(self.wanted.inodes(place))
    }

    /// Whether only a walk can answer.
    fn is_deep(&self) -> bool {
        self.args.targets.horizon.is_some() || self.args.targets.need_growth.is_some()
    }

    fn percent_of(&self) -> PercentOf {
        match self.args.need.percent_of {
            PercentBase::Usable => PercentOf::UsedAndAvailable,
            PercentBase::Size => PercentOf::Size,
        }
    }
}

fn share(text: &str) -> Result<Share> {
    let number = text.strip_suffix('%').and_then(Share::parse);
    number.ok_or_else(|| {
        let text = text.escape_debug();
        Error::usage(format!("--margin {text}: not a share such as 5%"))
    })
}

/// What was asked, in the user's words.
fn asked(args: &CheckArgs) -> String {
    let targets = &args.targets;
    let pieces = [
        ("", args.need.need.clone()),
        ("inodes ", args.need.need_inodes.map(|n| n.to_string())),
        ("margin ", targets.margin.clone()),
        ("floor ", targets.floor.clone()),
        ("growth ", targets.need_growth.map(|age| age.to_string())),
        ("horizon ", targets.horizon.map(|age| age.to_string())),
    ];
    let said = pieces
        .into_iter()
        .filter_map(|(word, value)| Some(format!("{word}{}", value?)));
    said.collect::<Vec<_>>().join(", ")
}

fn moment(args: &CheckArgs) -> Timestamp {
    args.written.now.unwrap_or_else(inquiry::clock)
}

fn examine(args: &CheckArgs, screen: &Screen) -> Result<Check> {
    // What is wrong with the command line stops the run also where it would not be asked.
    inquiry::policy(args.rules.policy.as_deref())?;
    inquiry::check_roots(&args.rules.roots)?;
    let question = Question::read(args)?;
    let is_live = is_live(&args.source);
    let places = if is_live {
        places(&question)?
    } else {
        only_the_source(args)?
    };
    let mut findings = Vec::new();
    let mut targets = Vec::new();
    for place in &places {
        let mut target = place.target(&question)?;
        let is_settled = is_live && target.state != State::Short && !question.is_deep();
        if place.is_source && !is_settled {
            let inquiry = inquire(&args.source, &args.rules, &args.written, screen)?;
            target = planned(&question, &inquiry)?;
            findings = horizon(&question, &inquiry, &mut target);
        } else if target.state == State::Short {
            elsewhere(&question, &mut target, screen)?;
        }
        targets.push(target);
    }
    Ok(Check {
        asked: asked(args),
        demand: question.wanted.demand,
        targets,
        findings,
        at: moment(args),
    })
}

/// Whether the source is a directory of this machine, as the reader would decide.
fn is_live(source: &SourceArgs) -> bool {
    let is_meant = matches!(source.reading.form, None | Some(SourceForm::Live));
    is_meant && source.source.as_os_str() != "-" && source.source.is_dir()
}

/// A volume to check, by a path on it.
struct Spot {
    path: PathBuf,
    device: Option<u64>,
    /// Its figures, or why there are none; not asked for where a recording tells them.
    volume: Option<std::result::Result<Volume, String>>,
    is_source: bool,
}

fn only_the_source(args: &CheckArgs) -> Result<Vec<Spot>> {
    if args.targets.all || !args.targets.paths.is_empty() {
        return Err(Error::usage(
            "--path and --all ask this machine, and SOURCE speaks of another",
        )
        .with_hint("name a directory as SOURCE, or leave them out"));
    }
    Ok(vec![Spot {
        path: args.source.source.clone(),
        device: None,
        volume: None,
        is_source: true,
    }])
}

/// Every volume that the question is about, each once: the source's, those named, those that
/// parts of the need lie on, and with `--all` every local disk.
fn places(question: &Question<'_>) -> Result<Vec<Spot>> {
    let args = question.args;
    let mut paths = vec![args.source.source.clone()];
    paths.extend(args.targets.paths.iter().cloned());
    let demand = question.wanted.demand.iter();
    paths.extend(
        demand
            .flat_map(|d| &d.parts)
            .map(|part| as_path(&part.path)),
    );
    if args.targets.all {
        let mounts = parse_mounts(&sys::mount_table());
        paths.extend(local_disks(&mounts).iter().map(|point| as_path(point)));
    }
    let named = 1 + args.targets.paths.len();
    let mut spots: Vec<Spot> = Vec::new();
    for (at, path) in paths.into_iter().enumerate() {
        if answers(&path, PATIENCE).is_err() {
            spots.push(Spot {
                volume: Some(Err(format!("no answer within {} s", PATIENCE.as_secs()))),
                path,
                device: None,
                is_source: at == 0,
            });
            continue;
        }
        // A part of a need may lie in a directory that is yet to be made; what the user names
        // must be there.
        let device = (at >= named || path.exists())
            .then(|| device(&path))
            .flatten();
        let is_known = device.is_some() && spots.iter().any(|spot| spot.device == device);
        if is_known || (device.is_none() && at >= named) {
            continue;
        }
        spots.push(Spot {
            volume: Some(volume_of(&nearest(&path, at >= named)).map_err(|e| e.to_string())),
            path,
            device,
            is_source: at == 0,
        });
    }
    Ok(spots)
}

/// The path, or for a part of a need its nearest ancestor that is there.
fn nearest(path: &Path, may_be_missing: bool) -> PathBuf {
    let mut there = path.ancestors().filter(|above| above.exists());
    let above = there.next().filter(|_| may_be_missing);
    above.unwrap_or(path).to_owned()
}

/// Where local disks are mounted: not what the kernel makes up, not memory, not a network.
fn local_disks(mounts: &[Mount]) -> Vec<Vec<u8>> {
    const DISKS: [&str; 15] = [
        "ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "bcachefs", "jfs", "reiserfs",
        "nilfs2", "vfat", "exfat", "ntfs3", "ubifs",
    ];
    let on_disk = |mount: &&Mount| DISKS.contains(&mount.fstype.as_str());
    let mut points: Vec<_> = mounts
        .iter()
        .filter(on_disk)
        .map(|m| m.point.clone())
        .collect();
    // Of several mounts of one device the shortest names it.
    points.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
    points.dedup();
    points
}

impl Spot {
    fn place(&self) -> Place<'_> {
        Place::Device(self.device)
    }

    /// What statvfs alone says of it.
    fn target(&self, question: &Question<'_>) -> Result<Target> {
        let bytes = self.path.as_os_str().as_encoded_bytes();
        let volume = match &self.volume {
            None => return Ok(Target::unknown(bytes, String::new())),
            Some(Err(cause)) => return Ok(Target::unknown(bytes, cause.clone())),
            Some(Ok(volume)) => volume,
        };
        let said = question.args.need.available.filter(|_| self.is_source);
        let room = Room {
            volume: Some(volume),
            available: said.map(|bytes| bytes.0),
            percent_of: question.percent_of(),
            ..Room::default()
        };
        let (need, floor) = question.of(self.place(), &room)?;
        let quota = match said {
            Some(_) => None,
            None => host::Limit::of(&self.path, volume),
        };
        let left = quota.as_ref().and_then(|quota| quota.bytes);
        let measured = volume.available.min(left.unwrap_or(u64::MAX));
        let available = room.available.unwrap_or(measured);
        let inodes = question.inodes(self.place());
        let mut target = Target {
            volume: Some(volume.clone()),
            available: Some(available),
            need,
            parts: question.wanted.parts(self.place()),
            floor,
            inodes,
            shortfall: need.saturating_add(floor).saturating_sub(available),
            inodes_short: inodes_short(volume, quota.as_ref(), inodes),
            quota: quota.map(shown),
            state: State::Ok,
            reasons: Vec::new(),
            ..Target::unknown(bytes, String::new())
        };
        if target.shortfall > 0 || target.inodes_short > 0 {
            target.state = State::Short;
            if target.quota.is_none() {
                target.reasons.extend(reserve(volume, target.shortfall));
            }
        }
        Ok(target)
    }
}

/// A quota as it is shown.
fn shown(limit: host::Limit) -> Quota {
    Quota {
        words: limit.words,
        available: limit.bytes,
        inodes_available: limit.inodes,
    }
}

/// How many inodes are missing. Where the file system has no number of them, none are.
fn inodes_short(volume: &Volume, quota: Option<&host::Limit>, need: u64) -> u64 {
    let quota = quota.and_then(|quota| quota.inodes);
    let left = volume.inodes_available.into_iter().chain(quota);
    left.min()
        .map_or(0, |available| need.saturating_sub(available))
}

/// That there is room, but not for everybody.
fn reserve(volume: &Volume, short: u64) -> Option<String> {
    (short > 0 && volume.reserved >= short)
        .then(|| format!("{} more is reserved for root", Bytes(volume.reserved)))
}

/// The source's own volume, with the plan that would mend it.
fn planned(question: &Question<'_>, inquiry: &Inquiry) -> Result<Target> {
    let args = question.args;
    let survey = &inquiry.survey;
    let place = Place::of(&args.source.source, survey);
    let room = Room {
        volume: survey.volume.as_ref(),
        capacity: args.need.capacity.map(|bytes| bytes.0),
        available: args.need.available.map(|bytes| bytes.0),
        tree: survey.tree.weight(NodeId::ROOT).hi.unwrap_or(u64::MAX),
        percent_of: question.percent_of(),
        quota: None,
        carries_none: "this source carries none",
    };
    let growth = growth(question, inquiry);
    let (with_margin, floor) = question.of(place, &room)?;
    let need = with_margin.saturating_add(growth);
    let bare = question.wanted.bytes(place, &room)?.unwrap_or(0);
    // A question without a need asks for nothing, and floor or growth come on top of that.
    let zero = Wanted {
        need: Some(Need::Bytes(0)),
        demand: None,
    };
    let wanted = match question.wanted.need {
        Some(_) => &question.wanted,
        None => &zero,
    };
    let wish = Wish {
        source: &args.source.source,
        need: &args.need,
        free: &FreeArgs::default(),
        wanted,
        more: need.saturating_add(floor).saturating_sub(bare),
    };
    let ground = Ground::of(&wish, inquiry)?;
    let plan = ground.plan(&ground.planner());
    let limit = ground.limit();
    let mut target = Target {
        volume: survey.volume.clone(),
        quota: limit.map(|limit| shown(limit.clone())),
        available: plan.request.available,
        need,
        parts: question.wanted.parts(place),
        floor,
        inodes: question.inodes(place),
        shortfall: plan.request.shortfall,
        inodes_short: plan.request.inodes,
        reclaimable: reclaimable(&plan),
        state: state(&plan),
        reasons: Vec::new(),
        ..Target::unknown(
            args.source.source.as_os_str().as_encoded_bytes(),
            String::new(),
        )
    };
    if growth > 0 {
        target
            .reasons
            .push(format!("its families will write {}", Bytes(growth)));
    }
    target.reasons.extend(way(&plan));
    target.reasons.extend(plan.remarks.iter().cloned());
    let doubts = plan.troubles.iter().map(|trouble| {
        let place = escape(&trouble.path);
        format!("in doubt: {place}: {}", trouble.message)
    });
    target.reasons.extend(doubts);
    // What the user says to be available is not held against the volume's reserve.
    let is_asked = args.need.available.is_none() && target.quota.is_none();
    let is_measured = |v: &&Volume| is_asked && v.measured == Measured::Statvfs;
    let volume = survey.volume.as_ref().filter(is_measured);
    let said = match volume.map_or(0, reserve_to_refill) {
        _ if target.state == State::Ok => None,
        0 => volume.and_then(|v| reserve(v, target.shortfall)),
        most => {
            let most = Bytes(most);
            Some(format!(
                "what is freed first fills up root's reserve, by at most {most}"
            ))
        }
    };
    target.reasons.extend(said);
    target.next = next(args, &plan, wish.more > 0 || question.wanted.need.is_none());
    Ok(target)
}

/// What could be freed on a volume that SOURCE does not lie on. That is SOURCE's to offer and not
/// this check's: the volume stays short, and the figure and the command say what there would be.
fn elsewhere(question: &Question<'_>, target: &mut Target, screen: &Screen) -> Result<()> {
    let args = question.args;
    if let Some(quota) = &target.quota {
        // Whatever else lies on the volume does not count towards it.
        target.reasons.push(format!(
            "only what counts towards {} would help, and it lies outside SOURCE, {}",
            quota.words,
            escape(args.source.source.as_os_str().as_encoded_bytes())
        ));
        return Ok(());
    }
    let volume = target.volume.as_ref().filter(|volume| volume.size > 0);
    let Some(mount) = volume.map(|volume| as_path(&volume.mount)) else {
        target
            .reasons
            .push("nothing on it can be deleted".to_owned());
        return Ok(());
    };
    let source = SourceArgs {
        source: mount,
        ..args.source.clone()
    };
    let inquiry = match inquire(&source, &args.rules, &args.written, screen) {
        // That it cannot be read does not make it any less short.
        Err(error) if error.is_source() => {
            target.reasons.push(error.to_string());
            return Ok(());
        }
        read => read?,
    };
    let need = NeedArgs {
        need: None,
        need_inodes: None,
        available: None,
        capacity: None,
        ..args.need.clone()
    };
    let refill = target.volume.as_ref().map_or(0, reserve_to_refill);
    let free = FreeArgs {
        free: Some(Bytes(match target.shortfall {
            0 => 0,
            short => short.saturating_add(refill),
        })),
        free_inodes: Some(target.inodes_short).filter(|&n| n > 0),
    };
    let nothing = Wanted::default();
    let wish = Wish {
        source: &source.source,
        need: &need,
        free: &free,
        wanted: &nothing,
        more: 0,
    };
    let plan = make(&wish, &inquiry)?;
    target.reclaimable = reclaimable(&plan);
    target.reasons.extend(way(&plan));
    target.reasons.push(format!(
        "it lies outside SOURCE, {}",
        escape(args.source.source.as_os_str().as_encoded_bytes())
    ));
    target.next = paste::plan(&paste::Asked {
        source: &source,
        rules: &args.rules,
        need: &need,
        free: &free,
        now: args.written.now,
    })
    .filter(|_| !plan.picks.is_empty());
    Ok(())
}

fn state(plan: &Plan) -> State {
    match plan.reached {
        _ if plan.request.is_met() => State::Ok,
        Reached::Certain => State::ShortFixable,
        Reached::Possibly => State::Unknown,
        Reached::No => State::Short,
    }
}

fn reclaimable(plan: &Plan) -> Option<Interval> {
    match plan.reached {
        _ if plan.request.is_met() => None,
        Reached::No => Some(Interval::exactly(plan.best_achievable.unwrap_or(0))),
        _ => Some(plan.freed),
    }
}

/// What would mend it, or why nothing does.
fn way(plan: &Plan) -> Option<String> {
    if plan.request.is_met() {
        return None;
    }
    let paths = several(plan.picks.len() as u64, "path", "paths");
    let risk = plan.picks.iter().map(|pick| pick.risk).max();
    let risk = risk.map_or("nothing", |risk| risk.word());
    let freed = plan.freed;
    Some(match plan.reached {
        Reached::Certain => format!("{freed} in {paths} ({risk}) is enough"),
        Reached::Possibly => format!("{freed} in {paths} ({risk}) may be enough"),
        Reached::No => {
            let most = Bytes(plan.best_achievable.unwrap_or(0));
            let least = plan.request.max_risk.word();
            let short = match (plan.missing, plan.missing_inodes) {
                (Some(bytes), _) if bytes > 0 => format!("{} are missing", Bytes(bytes)),
                (_, inodes) => format!("{} inodes are missing", inodes.unwrap_or(0)),
            };
            let worse = plan.next_risk.as_ref().map_or_else(String::new, |next| {
                let paths = several(next.picks.len() as u64, "path", "paths");
                let word = next.risk.word();
                format!("; {paths} ({word}) would do: --max-risk {word} is yours to decide")
            });
            format!("all that may go (up to {least}) gives back {most}, {short}{worse}")
        }
    })
}

/// The command that shows the plan.
fn next(args: &CheckArgs, plan: &Plan, by_shortfall: bool) -> Option<String> {
    if plan.request.is_met() || plan.picks.is_empty() {
        return None;
    }
    let short = FreeArgs {
        free: Some(Bytes(plan.request.shortfall)).filter(|b| b.0 > 0),
        free_inodes: Some(plan.request.inodes).filter(|&n| n > 0),
    };
    let bare = NeedArgs {
        need: None,
        need_inodes: None,
        ..args.need.clone()
    };
    let (need, free) = if by_shortfall {
        (&bare, &short)
    } else {
        (&args.need, &FreeArgs::default())
    };
    paste::plan(&paste::Asked {
        source: &args.source,
        rules: &args.rules,
        need,
        free,
        now: args.written.now,
    })
}

/// What the families of the source write in the time asked about.
fn growth(question: &Question<'_>, inquiry: &Inquiry) -> u64 {
    let Some(age) = question.args.targets.need_growth else {
        return 0;
    };
    let families = inquiry.audit.families.iter().map(|report| &report.family);
    let rates = families
        .filter(|family| family.writer != Writer::Stopped)
        .filter_map(|family| family.growth_per_day);
    let per_day = u128::from(rates.fold(0, u64::saturating_add));
    u64::try_from((per_day * u128::from(age.0)).div_ceil(u128::from(DAY))).unwrap_or(u64::MAX)
}

/// What will go wrong within the horizon. A part that was not read may hold a family that fills
/// the volume, so without a finding such a tree leaves the answer open.
fn horizon(question: &Question<'_>, inquiry: &Inquiry, target: &mut Target) -> Vec<Warning> {
    let Some(horizon) = question.args.targets.horizon else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let days = target.available.and_then(|a| inquiry.audit.days_to_full(a));
    if let Some(days) = days.filter(|days| days.saturating_mul(DAY) < horizon.0) {
        findings.push(Warning {
            code: "full-within-horizon",
            subject: target.name().to_vec(),
            message: match days {
                0 => "full within a day".to_owned(),
                days => format!("full in {}", several(days, "day", "days")),
            },
        });
    }
    let failing = inquiry.audit.findings.iter();
    let failing = failing.filter(|finding| finding.code == Code::FailingWriter);
    findings.extend(failing.map(|finding| Warning {
        code: finding.code.word(),
        subject: finding.subject.clone(),
        message: finding.message.clone(),
    }));
    let unread = inquiry.survey.tree.totals(NodeId::ROOT).unread;
    if findings.is_empty() && unread > 0 && target.state < State::Unknown {
        target.state = State::Unknown;
        let places = several(unread, "directory was", "directories were");
        target
            .reasons
            .push(format!("{places} not read, and may fill it"));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_local_disks_are_meant_by_all() {
        let mounts = parse_mounts(
            b"1 0 0:1 / /proc rw - proc proc rw\n\
              2 0 8:1 / /mnt/long rw - ext4 /dev/sda1 rw\n\
              3 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
              4 0 0:5 / /home rw - nfs4 server:/home rw\n\
              5 0 0:6 / /dev/shm rw - tmpfs tmpfs rw\n\
              6 0 8:2 / /boot/efi rw - vfat /dev/sda2 rw\n",
        );
        let points = local_disks(&mounts);
        let shown: Vec<&[u8]> = points.iter().map(Vec::as_slice).collect();
        assert_eq!(shown, [&b"/"[..], b"/boot/efi", b"/mnt/long"]);
    }

    #[test]
    fn margins_are_shares() {
        assert_eq!(
            share("5%").expect("a share"),
            Share::parse("5").expect("a share")
        );
        for text in ["5", "%", "-5%", "x%"] {
            assert!(share(text).expect_err(text).is_usage());
        }
    }

    #[test]
    fn a_part_of_a_need_may_lie_where_nothing_is_yet() {
        let dir = tempfile::tempdir().expect("a directory");
        let missing = dir.path().join("a/b");
        assert_eq!(nearest(&missing, true), dir.path());
        assert_eq!(nearest(&missing, false), missing);
        assert_eq!(device(&missing), device(dir.path()));
        assert!(volume_of(&missing).is_err());
    }
}
