//! What `--need` asks for, with the updater's answer fetched, and how much of it each volume gets.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::need::{Demand, Need, Room, Share};
use crate::report::json;
use crate::source::Form;
use crate::survey::Survey;
use crate::sys;

use super::updater;

/// A file of parts is no larger than this.
const MOST: u64 = 16 << 20;

/// A need, and its parts where it comes in parts.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    pub(super) need: Option<Need>,
    pub(super) demand: Option<Demand>,
}

/// The volume that a part of the need may lie on.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    /// A volume of this machine.
    Device(Option<u64>),
    /// One that a recording or an export speaks of; its mount, where that is told.
    Elsewhere(Option<&'a [u8]>),
}

impl<'a> Place<'a> {
    /// The volume that a source lies on.
    pub(super) fn of(source: &Path, survey: &'a Survey) -> Self {
        match survey.form {
            Form::Live => Self::Device(device(source)),
            _ => Self::Elsewhere(survey.volume.as_ref().map(|v| v.mount.as_slice())),
        }
    }

    /// Whether a path lies on it. What nobody can tell does: a need must not get lost.
    fn holds(self, path: &[u8]) -> bool {
        match self {
            Self::Device(here) => here.is_none() || device(&as_path(path)) == here,
            Self::Elsewhere(mount) => mount.is_none_or(|mount| {
                let below = path.strip_prefix(mount.strip_suffix(b"/").unwrap_or(mount));
                below.is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
            }),
        }
    }
}

/// Reads `--need`, and asks the updater or reads the file that it names; `margin` is added to
/// what comes in parts, and for apt 5 % where nothing is said.
pub(super) fn fetch(need: Option<&str>, margin: Option<Share>) -> Result<Wanted> {
    let need = need.map(Need::parse).transpose()?;
    let demand = match &need {
        Some(Need::Apt) => {
            let margin = margin.or(Share::parse("5"));
            let demand = updater::apt()?;
            Some(margin.map_or(demand.clone(), |margin| demand.with_margin(margin)))
        }
        Some(Need::File(file)) => {
            let demand = read(file)?;
            Some(match margin {
                Some(margin) => demand.with_margin(margin),
                None => demand,
            })
        }
        _ => None,
    };
    Ok(Wanted { need, demand })
}

fn read(file: &Path) -> Result<Demand> {
    let name = file.display().to_string();
    let failed = |cause: String| {
        Error::source(format!("--need @{cause}"))
            .with_hint(r#"a need in parts is {"parts": [{"path": "/", "bytes": 1048576}]}"#)
    };
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|open| open.take(MOST + 1).read_to_end(&mut bytes))
        .map_err(|e| failed(format!("{name}: {e}")))?;
    if bytes.len() as u64 > MOST {
        return Err(failed(format!("{name}: it is larger than 16 MiB")));
    }
    json::need::parts(&bytes, &name).map_err(failed)
}

impl Wanted {
    /// The bytes that must be available on a volume; `None` where no need was said.
    pub(super) fn bytes(&self, place: Place<'_>, room: &Room<'_>) -> Result<Option<u64>> {
        if let Some(demand) = &self.demand {
            return Ok(Some(demand.bytes_where(|path| place.holds(path))));
        }
        match &self.need {
            Some(need) => need.bytes(room),
            None => Ok(None),
        }
    }

    /// The inodes that its parts need on a volume.
    pub(super) fn inodes(&self, place: Place<'_>) -> u64 {
        let demand = self.demand.as_ref();
        demand.map_or(0, |demand| demand.inodes_where(|path| place.holds(path)))
    }

    /// The parts that lie on a volume.
    pub(super) fn parts(&self, place: Place<'_>) -> Vec<crate::need::Part> {
        let parts = self.demand.iter().flat_map(|demand| &demand.parts);
        parts
            .filter(|part| place.holds(&part.path))
            .cloned()
            .collect()
    }
}

/// The device that holds a path, or its nearest ancestor that is there.
pub(super) fn device(path: &Path) -> Option<u64> {
    let real = path.ancestors().find_map(|above| {
        let above = if above.as_os_str().is_empty() {
            Path::new(".")
        } else {
            above
        };
        above.canonicalize().ok()
    })?;
    sys::stat_path(&real).ok().map(|meta| meta.dev)
}

/// Bytes as a path of this machine.
pub(super) fn as_path(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
    }
    #[cfg(not(unix))]
    PathBuf::from(String::from_utf8_lossy(bytes).into_owned())
}
