//! Whose each entry is: the second look that `--by user` costs.
//!
//! The look goes by path, without following a link. A directory above that was swapped in between
//! shows in sizes and times, and is told.

use std::io;

use crate::entry::Progress;
use crate::error::{Error, Result};
use crate::report::text;
use crate::source::Form;
use crate::survey::Survey;
use crate::time::Timestamp;
use crate::tree::NodeId;
use crate::tree::owners::{Facts, Missing, Owners, by_owner};

use super::args::{Screen, WrittenArgs};
use super::inquiry;

/// Looks at every entry of a live tree once more.
///
/// # Errors
/// When the source is a recording or an export, which tell no owners.
pub(super) fn look(survey: &Survey, written: &WrittenArgs, screen: &Screen) -> Result<Owners> {
    let what = match survey.form {
        Form::Live => None,
        Form::Transcript => Some("a recording"),
        Form::Ncdu => Some("an export"),
    };
    if let Some(what) = what {
        return Err(Error::usage(format!(
            "--by user: {what} does not tell whose each file is"
        ))
        .with_hint("name a directory on this machine, which can be asked"));
    }
    let progress = Progress::default();
    let root = text::path(&survey.tree.path(NodeId::ROOT));
    let whose = format!("whose? {root}");
    let _watch = inquiry::watch(&progress, whose, written, screen);
    let mut ask = |path: &[u8]| {
        if progress.is_cancelled() {
            return Err(Missing::Refused);
        }
        progress.add(1, 0);
        facts(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Missing::Gone,
            _ => Missing::Refused,
        })
    };
    Ok(by_owner(&survey.tree, &mut ask))
}

#[cfg(unix)]
fn facts(path: &[u8]) -> io::Result<Facts> {
    use std::os::unix::ffi::OsStrExt as _;
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::symlink_metadata(std::ffi::OsStr::from_bytes(path))?;
    Ok(Facts {
        uid: found.uid(),
        apparent: found.len(),
        disk: found.blocks().saturating_mul(512),
        mtime: Timestamp(found.mtime()),
    })
}

#[cfg(not(unix))]
fn facts(_path: &[u8]) -> io::Result<Facts> {
    Err(io::ErrorKind::Unsupported.into())
}
