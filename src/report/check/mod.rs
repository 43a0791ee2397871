//! Does the update fit? What was asked of each volume, and the verdict in the forms that machines
//! read: GitHub's annotations, a monitoring plugin's line, a textfile of metrics, test results.
//!
//! Text for people is in `report::text::check`, JSON in `report::json::check`. Every form is one
//! pure function from a [`Check`]; whoever has only an exit code has the [`State`].

pub mod github;
pub mod junit;
pub mod nagios;
pub mod prometheus;

use crate::bytes::{Bytes, Interval};
use crate::entry::Volume;
use crate::need::{Demand, Part};
use crate::time::Timestamp;

use super::escape::escape;

/// What is known of a need and a volume, from the best to the worst.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It fits.
    Ok,
    /// It is short, and a plan within the allowed risk certainly frees enough.
    ShortFixable,
    /// Nobody can tell.
    Unknown,
    /// It is short, and what may go does not suffice.
    Short,
}

impl State {
    /// The word used in JSON and in texts.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::ShortFixable => "short-fixable",
            Self::Unknown => "unknown",
            Self::Short => "short",
        }
    }
}

/// One volume that must have room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The path by which it was named.
    pub path: Vec<u8>,
    /// The volume, where it could be measured.
    pub volume: Option<Volume>,
    /// The quota that leaves less than the volume has, where there is one.
    pub quota: Option<Quota>,
    /// What is available, where that is known: measured, the quota's where that is less, or as the
    /// user says.
    pub available: Option<u64>,
    /// What the update needs of it, margin and growth included.
    pub need: u64,
    /// What the need is made of, where it comes in parts.
    pub parts: Vec<Part>,
    /// What must be left beyond it.
    pub floor: u64,
    /// The inodes that the update needs.
    pub inodes: u64,
    /// What is missing of need and floor together.
    pub shortfall: u64,
    /// How many inodes are missing.
    pub inodes_short: u64,
    /// What the plan gives back, or everything that may go where that is not enough; `None` where
    /// it was not looked for.
    pub reclaimable: Option<Interval>,
    /// What is known of it.
    pub state: State,
    /// Why, for people: lower-case fragments.
    pub reasons: Vec<String>,
    /// What to run next, for people.
    pub next: Option<String>,
}

/// A quota that leaves less than its volume has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose it is: `the quota of user 1000`.
    pub words: String,
    /// The bytes that it leaves, where it limits them.
    pub available: Option<u64>,
    /// The inodes, likewise.
    pub inodes_available: Option<u64>,
}

/// Something within the horizon that needs somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// A stable word: `full-within-horizon`, `failing-writer`.
    pub code: &'static str,
    /// What it is about: a mount, or a family's template.
    pub subject: Vec<u8>,
    /// What is wrong, for people.
    pub message: String,
}

/// The whole check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What was asked, as the user said it: `apt`, `30GiB`.
    pub asked: String,
    /// The parts of the need, where it comes in parts.
    pub demand: Option<Demand>,
    /// Every volume that must have room, in the order in which they were asked for.
    pub targets: Vec<Target>,
    /// What was found within the horizon.
    pub findings: Vec<Warning>,
    /// The moment that ages were counted from.
    pub at: Timestamp,
}

impl Target {
    /// A target of which nothing is known, and why.
    #[must_use]
    pub fn unknown(path: &[u8], reason: String) -> Self {
        Self {
            path: path.to_vec(),
            volume: None,
            quota: None,
            available: None,
            need: 0,
            parts: Vec::new(),
            floor: 0,
            inodes: 0,
            shortfall: 0,
            inodes_short: 0,
            reclaimable: None,
            state: State::Unknown,
            reasons: vec![reason],
            next: None,
        }
    }

    /// What messages call it: the mount, or the path where that is not known.
    #[must_use]
    pub fn name(&self) -> &[u8] {
        self.volume
            .as_ref()
            .map_or(&self.path, |volume| &volume.mount)
    }

    /// Need and floor together.
    #[must_use]
    pub fn wanted(&self) -> u64 {
        self.need.saturating_add(self.floor)
    }
}

impl Check {
    /// The worst of all targets.
    #[must_use]
    pub fn state(&self) -> State {
        let states = self.targets.iter().map(|target| target.state);
        states.max().unwrap_or(State::Unknown)
    }

    /// The exit code: 2 before 3 before 1 before 0; a finding within the horizon is a 1.
    ///
    /// ```
    /// use jettison::report::check::{Check, Target};
    /// use jettison::time::Timestamp;
    ///
    /// let target = Target::unknown(b"/mnt", "no volume: it does not answer".to_owned());
    /// let check = Check {
    ///     asked: "30GiB".to_owned(),
    ///     demand: None,
    ///     targets: vec![target],
    ///     findings: vec![],
    ///     at: Timestamp(0),
    /// };
    /// assert_eq!(check.exit(), 3);
    /// ```
    #[must_use]
    pub fn exit(&self) -> u8 {
        match self.state() {
            State::Short => 2,
            State::Unknown => 3,
            State::ShortFixable => 1,
            State::Ok if !self.findings.is_empty() => 1,
            State::Ok => 0,
        }
    }

    /// What each target is called where no two may be called the same: its mount, or the path by
    /// which it was named where several lie on one mount, as subvolumes do.
    #[must_use]
    pub fn labels(&self) -> Vec<String> {
        let mut labels: Vec<String> = Vec::new();
        for target in &self.targets {
            let same = |other: &&Target| other.name() == target.name();
            let is_alone = self.targets.iter().filter(same).count() == 1;
            let plain = escape(if is_alone {
                target.name()
            } else {
                &target.path
            });
            let mut label = plain.clone();
            let mut more = 1;
            while labels.contains(&label) {
                more += 1;
                label = format!("{plain} ({more})");
            }
            labels.push(label);
        }
        labels
    }

    /// The targets, the worst first and otherwise as asked.
    fn worst_first(&self) -> Vec<&Target> {
        let mut targets: Vec<&Target> = self.targets.iter().collect();
        targets.sort_by_key(|target| std::cmp::Reverse(target.state));
        targets
    }
}

/// One target in a sentence without its state: `/ has 3.1 GiB of the 3.5 GiB that apt needs`.
#[must_use]
pub fn sentence(check: &Check, target: &Target) -> String {
    let name = escape(target.name());
    let Some(available) = target.available else {
        let why = target.reasons.join("; ");
        // The messages of the system name the path themselves.
        let is_named = why.starts_with(&format!("{name}: "));
        return if is_named {
            why
        } else {
            format!("{name}: {why}")
        };
    };
    let asked = match &check.demand {
        Some(demand) if !demand.parts.is_empty() => {
            format!("that {} needs", escape(demand.source.as_bytes()))
        }
        _ => "needed".to_owned(),
    };
    let parts = amounts(&target.parts);
    let floor = match target.floor {
        0 => String::new(),
        floor => format!(", with {} to be left", Bytes(floor)),
    };
    let inodes = match target.inodes_short {
        0 => String::new(),
        short => format!("; {short} of {} inodes are missing", target.inodes),
    };
    let by = match &target.quota {
        Some(quota) if quota.available == Some(available) => format!(", by {}", quota.words),
        Some(quota) if target.inodes_short > 0 => format!(", by {}", quota.words),
        _ => String::new(),
    };
    if target.state == State::Ok && target.wanted() == 0 {
        return format!("{name} has {} available{by}", Bytes(available));
    }
    let wanted = Bytes(target.wanted());
    format!(
        "{name} has {} of the {wanted} {asked}{parts}{floor}{inodes}{by}",
        Bytes(available)
    )
}

/// ` (download 217 MB, unpack 3.2 GB)`; nothing where there are no parts. What several parts are
/// called by the same word is told once.
fn amounts(parts: &[Part]) -> String {
    let mut sums: Vec<(&str, u64)> = Vec::new();
    for part in parts {
        match sums.iter_mut().find(|sum| sum.0 == part.what) {
            Some(sum) => sum.1 = sum.1.saturating_add(part.bytes),
            None => sums.push((&part.what, part.bytes)),
        }
    }
    if sums.is_empty() {
        return String::new();
    }
    let one =
        |&(what, bytes): &(&str, u64)| format!("{} {}", escape(what.as_bytes()), Bytes(bytes));
    let parts: Vec<String> = sums.iter().map(one).collect();
    format!(" ({})", parts.join(", "))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::entry::Measured;

    /// A volume of 100 GiB with so much available.
    pub(crate) fn target(mount: &[u8], available: u64, need: u64, state: State) -> Target {
        Target {
            volume: Some(Volume {
                mount: mount.to_vec(),
                fstype: Some("ext4".to_owned()),
                size: 100 << 30,
                used: (95 << 30) - available,
                available,
                reserved: 5 << 30,
                inodes: Some(1000),
                inodes_available: Some(400),
                measured: Measured::Statvfs,
            }),
            available: Some(available),
            need,
            shortfall: need.saturating_sub(available),
            state,
            reasons: Vec::new(),
            ..Target::unknown(mount, String::new())
        }
    }

    pub(crate) fn check(targets: Vec<Target>) -> Check {
        Check {
            asked: "30GiB".to_owned(),
            demand: None,
            targets,
            findings: Vec::new(),
            at: Timestamp(1_718_258_400),
        }
    }

    /// Every state.
    pub(crate) const ALL: [State; 4] =
        [State::Ok, State::ShortFixable, State::Unknown, State::Short];

    /// Volumes, parts and findings whose names try to break out of every form; two volumes are
    /// mounted at the same place, as subvolumes are.
    pub(crate) fn hostile(state: State) -> Check {
        const NAMES: [&[u8]; 14] = [
            b"/it's=a|b \n;c",
            b"/it_s_a_b__n;c",
            b"/it%27s",
            b"/q\"uo\\te\\",
            b"/esc\x1b[31m\x07\x00\x7f",
            b"/bad\xff\xfe",
            "/rtl\u{202e}gpj\u{2028}\u{85}".as_bytes(),
            "/\u{fffe}\u{ffff}\u{fdd0}".as_bytes(),
            b"/100%,a::b\r\n::error::x",
            b"/%0A::set-output name=a::b",
            b"/<b a='1'>&amp;]]>--<!--",
            b"/} 1\njettison_check_state{mount=\"",
            b"/same",
            b"/same",
        ];
        let targets = NAMES.iter().map(|name| {
            let mut target = target(name, 1 << 30, 2 << 30, state);
            target.reasons = vec![format!("why: {}", escape(name))];
            target.next = Some(format!("jettison plan '{}'", escape(name)));
            target
        });
        let mut check = check(targets.collect());
        check.asked = "@\"<&>'|\\.json".to_owned();
        check.findings.push(Warning {
            code: "failing-writer",
            subject: b"/f|'\n::error::{date}".to_vec(),
            message: "2 periods are missing".to_owned(),
        });
        check
    }

    #[test]
    fn no_two_targets_are_called_the_same() {
        let mut check = hostile(State::Ok);
        check.targets[12].path = b"m/one".to_vec();
        let labels = check.labels();
        assert_eq!(labels[12..], ["m/one", "/same"]);
        check.targets[12].path = b"/same".to_vec();
        assert_eq!(check.labels()[12..], ["/same", "/same (2)"]);
    }

    #[test]
    fn the_worst_target_decides() {
        use State::{Ok, Short, ShortFixable, Unknown};
        for (states, exit) in [
            (&[Ok, Ok][..], 0),
            (&[Ok, ShortFixable], 1),
            (&[ShortFixable, Unknown], 3),
            (&[Unknown, Short, Ok], 2),
            (&[], 3),
        ] {
            let targets = states.iter().map(|&state| target(b"/", 1, 2, state));
            assert_eq!(check(targets.collect()).exit(), exit, "{states:?}");
        }
        let mut soon = check(vec![target(b"/", 2, 1, Ok)]);
        soon.findings.push(Warning {
            code: "failing-writer",
            subject: b"/d/{date}".to_vec(),
            message: "late".to_owned(),
        });
        assert_eq!(soon.exit(), 1);
        soon.targets[0].state = Short;
        assert_eq!(soon.exit(), 2);
    }

    #[test]
    fn a_target_is_one_sentence() {
        let mut short = target(b"/a\n", 3 << 30, 4 << 30, State::Short);
        let said = |target: &Target| sentence(&check(vec![]), target);
        assert_eq!(said(&short), "/a\\n has 3.0 GiB of the 4.0 GiB needed");
        short.floor = 1 << 30;
        short.inodes = 500;
        short.inodes_short = 100;
        assert_eq!(
            said(&short),
            "/a\\n has 3.0 GiB of the 5.0 GiB needed, with 1.0 GiB to be left; \
             100 of 500 inodes are missing"
        );
        let unknown = Target::unknown(b"/x", "no volume: it does not answer".to_owned());
        assert_eq!(said(&unknown), "/x: no volume: it does not answer");
    }
}
