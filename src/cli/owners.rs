//! Whose each entry is: the second look that `--by user` costs, and the names of users.
//!
//! The look goes by path, without following a link. A directory above that was swapped in between
//! shows in sizes and times, and is told. Names come from `/etc/passwd`; a user whom only a
//! directory service knows stays a number.

use std::collections::BTreeMap;
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

/// Names by user id.
pub(super) type Names = BTreeMap<u32, Vec<u8>>;

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

/// The users that this machine has a name for; none where the file cannot be read.
pub(super) fn names() -> Names {
    parse(&std::fs::read("/etc/passwd").unwrap_or_default())
}

/// The groups that this machine has a name for.
pub(super) fn groups() -> Names {
    parse(&std::fs::read("/etc/group").unwrap_or_default())
}

/// `name:password:uid:…`, any bytes as a name; the first line of a number decides, as it does for
/// the system itself.
fn parse(passwd: &[u8]) -> Names {
    let mut names = Names::new();
    for line in passwd.split(|&b| b == b'\n') {
        let mut fields = line.split(|&b| b == b':');
        let (name, uid) = (fields.next().unwrap_or_default(), fields.nth(1));
        let uid = uid.and_then(|uid| std::str::from_utf8(uid).ok()?.parse().ok());
        if let Some(uid) = uid.filter(|_| !name.is_empty() && !name.starts_with(b"#")) {
            names.entry(uid).or_insert_with(|| name.to_vec());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_the_name_of_their_first_line() {
        let file = b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n#x:x:5:5::/:\n\
            n\xff:x:7:7\nno-number:x:seven:7\n:x:8:8\nshort:x\n+::::::\nlast:x:4294967295:1::/:";
        let names = parse(file);
        let shown: Vec<(u32, &[u8])> = names.iter().map(|(&id, name)| (id, &name[..])).collect();
        assert_eq!(
            shown,
            [(0, &b"root"[..]), (7, b"n\xff"), (u32::MAX, b"last")]
        );
        assert!(parse(b"").is_empty());
    }
}
