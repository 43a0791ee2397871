//! What an update needs, and how much of it is missing.
//!
//! A need is what must be *available* afterwards. It is said in bytes, as a share of the volume,
//! or by an updater, whose answer the command line fetches. Shares are exact decimal fractions and
//! are rounded up, as a need must not shrink.

pub mod apt;

use std::path::PathBuf;

use crate::bytes::Bytes;
use crate::entry::{Measured, Volume};
use crate::error::{Error, Result};

/// What `--need` says.
///
/// ```
/// use jettison::need::{Need, Share};
///
/// assert_eq!(Need::parse("30GiB")?, Need::Bytes(30 << 30));
/// assert_eq!(Need::parse("45%")?, Need::Share(Share::parse("45").expect("a number")));
/// assert_eq!(Need::parse("apt")?, Need::Apt);
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// That many bytes.
    Bytes(u64),
    /// That part of the volume.
    Share(Share),
    /// What apt says that its upgrade takes.
    Apt,
    /// What a JSON file says.
    File(PathBuf),
}

/// One part of a need: what some directory's volume must have room for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Where it is written; the volume that holds this path must have the room.
    pub path: Vec<u8>,
    /// What it is: `download`, `kernel`.
    pub what: String,
    /// How many bytes.
    pub bytes: u64,
    /// How many inodes.
    pub inodes: u64,
}

/// A need that comes in parts, each for its own place.
///
/// ```
/// use jettison::need::{Demand, Part, Share};
///
/// let part = |path: &[u8], bytes| Part { path: path.to_vec(), what: "files".into(), bytes, inodes: 0 };
/// let demand = Demand { source: "setup.json".into(), parts: vec![part(b"/", 1000), part(b"/boot", 10)] };
/// let demand = demand.with_margin(Share::parse("5").expect("a number"));
/// assert_eq!(demand.parts[2].bytes, 50);
/// assert_eq!(demand.bytes_where(|path| path == b"/boot"), 11);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// Who says so, for people.
    pub source: String,
    /// What it is made of.
    pub parts: Vec<Part>,
}

impl Demand {
    /// The same and that much more for every path, rounded up, as a part of its own.
    #[must_use]
    pub fn with_margin(mut self, share: Share) -> Self {
        let mut paths: Vec<Vec<u8>> = Vec::new();
        for part in &self.parts {
            if !paths.contains(&part.path) {
                paths.push(part.path.clone());
            }
        }
        for path in paths {
            let bytes = share.of(self.bytes_where(|p| p == path));
            if bytes > 0 {
                self.parts.push(Part {
                    path,
                    what: format!("margin of {share}"),
                    bytes,
                    inodes: 0,
                });
            }
        }
        self
    }

    /// The bytes of all parts whose path is meant.
    pub fn bytes_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> u64 {
        let parts = self.parts.iter().filter(|part| is_meant(&part.path));
        parts.fold(0, |sum, part| sum.saturating_add(part.bytes))
    }

    /// The inodes of all parts whose path is meant.
    pub fn inodes_where(&self, is_meant: impl Fn(&[u8]) -> bool) -> u64 {
        let parts = self.parts.iter().filter(|part| is_meant(&part.path));
        parts.fold(0, |sum, part| sum.saturating_add(part.inodes))
    }
}

/// A percentage, exactly as written: millionths of a millionth of a percent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share {
    parts: u128,
}

/// A percentage is counted in these.
const PARTS: u128 = 1_000_000_000_000;

/// What a share is a share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PercentOf {
    /// Used and available bytes, without what is reserved: as `df` reckons.
    #[default]
    UsedAndAvailable,
    /// The whole size.
    Size,
}

/// What the volume has, as far as anybody knows.
#[derive(Clone, Copy, Debug, Default)]
pub struct Room<'a> {
    /// The volume as measured or recorded.
    pub volume: Option<&'a Volume>,
    /// `--capacity`.
    pub capacity: Option<u64>,
    /// `--available`: wins over everything else.
    pub available: Option<u64>,
    /// What a quota leaves of it: the smaller of the two is available.
    pub quota: Option<u64>,
    /// The bytes of the whole tree, which stand for what is used when only `--capacity` is known.
    pub tree: u64,
    /// What a share is a share of.
    pub percent_of: PercentOf,
    /// What the source is called in messages: `ncdu exports carry none`.
    pub carries_none: &'a str,
}

/// A need in bytes, and what is missing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// What must be available.
    pub need: u64,
    /// What is.
    pub available: u64,
    /// The difference; 0 when the need is met.
    pub shortfall: u64,
}

impl Share {
    /// Reads a plain decimal number of percent, from 0 to 100, with at most 12 decimals.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        let dangling = text.contains('.') && fraction.is_empty();
        if whole.is_empty() || whole.len() > 3 || fraction.len() > 12 || dangling {
            return None;
        }
        if !plain(whole) || !plain(fraction) {
            return None;
        }
        let decimals: u128 = format!("{fraction:0<12}").parse().ok()?;
        let parts = whole.parse::<u128>().ok()? * PARTS + decimals;
        (parts <= 100 * PARTS).then_some(Self { parts })
    }

    /// That part of a number of bytes, rounded up.
    #[must_use]
    pub fn of(self, bytes: u64) -> u64 {
        // At most 2^64 · 10^14 < 2^111.
        let exact = (u128::from(bytes) * self.parts).div_ceil(100 * PARTS);
        u64::try_from(exact).unwrap_or(u64::MAX)
    }
}

impl Need {
    /// Reads `30GiB`, `45%`, `apt` or `@file.json`.
    ///
    /// # Errors
    /// A usage error that says what was expected.
    pub fn parse(text: &str) -> Result<Self> {
        let trimmed = text.trim();
        if trimmed == "apt" {
            return Ok(Self::Apt);
        }
        if let Some(file) = trimmed.strip_prefix('@') {
            if file.is_empty() {
                return Err(Error::usage("`@` names no file (expected @file.json)"));
            }
            return Ok(Self::File(PathBuf::from(file)));
        }
        if let Some(percent) = trimmed.strip_suffix('%') {
            return Share::parse(percent.trim_end())
                .map(Self::Share)
                .ok_or_else(|| {
                    Error::usage(format!(
                        "`{}` is not a share (expected 0% to 100%, with at most 12 decimals)",
                        text.escape_debug()
                    ))
                });
        }
        Bytes::parse(trimmed)
            .map(|b| Self::Bytes(b.0))
            .map_err(|error| {
                Error::usage(error.to_string())
                    .with_hint("a need is a size (30GiB), a share (45%), apt or @file.json")
            })
    }

    /// The need in bytes, where it is known without asking anybody; the updater's are not.
    ///
    /// # Errors
    /// A usage error when it is a share and nothing says of what.
    pub fn bytes(&self, room: &Room<'_>) -> Result<Option<u64>> {
        match self {
            Self::Bytes(bytes) => Ok(Some(*bytes)),
            Self::Share(share) => Ok(Some(share.of(share_base(*share, room)?))),
            Self::Apt | Self::File(_) => Ok(None),
        }
    }
}

/// How much is missing of a need.
///
/// ```
/// use jettison::need::{Room, shortfall};
///
/// let room = Room { capacity: Some(70_000_000), tree: 48_381_165, ..Room::default() };
/// assert_eq!(shortfall(30_000_000, &room)?.shortfall, 8_381_165);
/// # Ok::<(), jettison::error::Error>(())
/// ```
///
/// # Errors
/// A usage error when nothing says how much is available.
pub fn shortfall(need: u64, room: &Room<'_>) -> Result<Shortfall> {
    let available = available(room).ok_or_else(|| {
        Error::usage(format!(
            "--need {} says what must be free, and nothing says what is: {}",
            Bytes(need),
            carries_none(room)
        ))
        .with_hint(HINT)
    })?;
    Ok(Shortfall {
        need,
        available,
        shortfall: need.saturating_sub(available),
    })
}

/// What a deletion may give back without anybody but root seeing it: on ext2, ext3 and ext4 root
/// may write into the reserve, and what is freed fills that up first. Nobody is told how large the
/// reserve is once it is in use (`statvfs` then says that nothing is available), so it is taken
/// for a little more than what `mkfs` sets aside: 5 % for root, and 2 % or 16 MiB for delayed
/// allocation, of the blocks that are there before the file system's own are taken away.
///
/// ```
/// use jettison::entry::{Measured, Volume};
/// use jettison::need::reserve_to_refill;
///
/// let full = Volume {
///     mount: b"/".to_vec(),
///     fstype: Some("ext4".to_owned()),
///     size: 1000 << 20,
///     used: 990 << 20,
///     available: 0,
///     reserved: 10 << 20,
///     inodes: None,
///     inodes_available: None,
///     measured: Measured::Statvfs,
/// };
/// assert_eq!(reserve_to_refill(&full), (60 + 16 - 10) << 20);
/// assert_eq!(reserve_to_refill(&Volume { available: 1, ..full }), 0);
/// ```
#[must_use]
pub fn reserve_to_refill(volume: &Volume) -> u64 {
    let has_reserve = volume
        .fstype
        .as_ref()
        .is_some_and(|kind| kind.starts_with("ext"));
    if volume.available > 0 || volume.measured != Measured::Statvfs || !has_reserve {
        return 0;
    }
    let percent = |share: u64| volume.size / 100 * share;
    let reserve = percent(6).saturating_add(percent(3).min(16 << 20));
    reserve.saturating_sub(volume.reserved)
}

const HINT: &str = "say how large it is with --capacity, or how much is free with --available";

/// What is available: said, measured, or the capacity that the tree leaves.
fn available(room: &Room<'_>) -> Option<u64> {
    room.available
        .or_else(|| {
            let left = room.volume.map(|volume| volume.available)?;
            Some(left.min(room.quota.unwrap_or(u64::MAX)))
        })
        .or_else(|| room.capacity.map(|all| all.saturating_sub(room.tree)))
}

fn share_base(share: Share, room: &Room<'_>) -> Result<u64> {
    if let Some(volume) = room.volume {
        return Ok(match room.percent_of {
            PercentOf::Size => volume.size,
            PercentOf::UsedAndAvailable => volume.used.saturating_add(volume.available),
        });
    }
    // Without a measured volume nothing is reserved, so both bases are the capacity.
    room.capacity.ok_or_else(|| {
        let cause = carries_none(room);
        Error::usage(format!(
            "--need {share} is a share of a volume, and {cause}"
        ))
        .with_hint(HINT)
    })
}

fn carries_none<'a>(room: &Room<'a>) -> &'a str {
    match room.carries_none {
        "" => "this source carries none",
        cause => cause,
    }
}

impl std::fmt::Display for Share {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let decimals = format!("{:012}", self.parts % PARTS);
        let decimals = decimals.trim_end_matches('0');
        let dot = if decimals.is_empty() { "" } else { "." };
        write!(f, "{}{dot}{decimals}%", self.parts / PARTS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn volume() -> Volume {
        Volume {
            mount: b"/".to_vec(),
            fstype: None,
            size: 1000,
            used: 600,
            available: 301,
            reserved: 99,
            inodes: None,
            inodes_available: None,
            measured: Measured::Given,
        }
    }

    #[test]
    fn needs_are_read() {
        let share = |text| Need::Share(Share::parse(text).expect(text));
        for (text, need) in [
            ("30GiB", Need::Bytes(30 << 30)),
            (" 5 ", Need::Bytes(5)),
            ("45%", share("45")),
            ("0.5 %", share("0.5")),
            ("100%", share("100")),
            ("apt", Need::Apt),
            ("@a b.json", Need::File(PathBuf::from("a b.json"))),
        ] {
            assert_eq!(Need::parse(text).expect(text), need);
        }
        for text in [
            "",
            "-1",
            "+1",
            "1e9",
            "NaN",
            "inf",
            "%",
            "101%",
            "100.1%",
            "1.%",
            ".5%",
            "-5%",
            "1e1%",
            "45 percent",
            "@",
            "apts",
            "0.1234567890123%",
        ] {
            assert!(Need::parse(text).expect_err(text).is_usage());
        }
    }

    #[test]
    fn shares_are_exact_and_round_up() {
        for (share, bytes, part) in [
            ("45", 901, 406),
            ("50", 3, 2),
            ("33.333333333333", 3, 1),
            ("100", u64::MAX, u64::MAX),
            ("0", u64::MAX, 0),
        ] {
            assert_eq!(Share::parse(share).expect(share).of(bytes), part, "{share}");
        }
        assert_eq!(Share::parse("0.50").expect("a share").to_string(), "0.5%");
    }

    #[test]
    fn what_is_said_wins_over_what_is_measured() {
        let volume = volume();
        let room = Room {
            volume: Some(&volume),
            tree: 7,
            ..Room::default()
        };
        let of = |need, room: &Room<'_>| shortfall(need, room).expect("known").shortfall;
        assert_eq!(of(400, &room), 99);
        assert_eq!(of(301, &room), 0);
        assert_eq!(
            of(
                400,
                &Room {
                    available: Some(350),
                    ..room
                }
            ),
            50
        );
        assert_eq!(
            of(
                400,
                &Room {
                    capacity: Some(10),
                    ..room
                }
            ),
            99
        );
        let bare = Room {
            capacity: Some(10),
            tree: 12,
            ..Room::default()
        };
        assert_eq!(of(4, &bare), 4);
        let half = Need::parse("50%").expect("a share");
        assert_eq!(half.bytes(&room).expect("known"), Some(451));
        let of_size = Room {
            percent_of: PercentOf::Size,
            ..room
        };
        assert_eq!(half.bytes(&of_size).expect("known"), Some(500));
        assert_eq!(half.bytes(&bare).expect("known"), Some(5));
        assert_eq!(Need::Apt.bytes(&bare).expect("asked later"), None);
    }

    #[test]
    fn an_unknown_volume_is_an_error_with_a_hint() {
        let room = Room {
            carries_none: "ncdu exports carry none",
            ..Room::default()
        };
        let error = Need::parse("45%")
            .and_then(|n| n.bytes(&room))
            .expect_err("no volume");
        assert_eq!(
            error.to_string(),
            "--need 45% is a share of a volume, and ncdu exports carry none"
        );
        assert_eq!(error.hint(), Some(HINT));
        let error = shortfall(1, &room).expect_err("no volume");
        assert!(
            error.to_string().contains("nothing says what is"),
            "{error}"
        );
    }
}
