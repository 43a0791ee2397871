//! Where results go: stdout, or a file written beside its name and renamed.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// Writes a result to `file`, or to stdout where there is none.
///
/// A file appears under its name only once it is whole. A closed stdout (`| head`) is an error
/// without a message.
pub(crate) fn deliver(
    file: Option<&Path>,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    match file {
        Some(file) => to_file(file, write)
            .map_err(|e| Error::output(format!("cannot write {}: {e}", file.display()))),
        None => to_stdout(write).map_err(|e| match e.kind() {
            io::ErrorKind::BrokenPipe => Error::output(""),
            _ => Error::output(format!("cannot write to stdout: {e}")),
        }),
    }
}

fn to_stdout(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 16, io::stdout().lock());
    write(&mut out)?;
    out.flush()
}

fn to_file(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    match fs::metadata(file) {
        // A device or a pipe is written into: a rename would put a plain file in its place.
        Ok(there) if !there.is_file() && !there.is_dir() => into_place(file, write),
        // A link stays a link: what it points at is what gets the result.
        Ok(_) => replace(&fs::canonicalize(file)?, write),
        Err(_) => replace(file, write),
    }
}

fn into_place(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let handle = OpenOptions::new().write(true).open(file)?;
    let mut out = BufWriter::with_capacity(1 << 16, handle);
    write(&mut out)?;
    out.flush()
}

fn replace(file: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let (beside, handle) = create_beside(file)?;
    let mut out = BufWriter::with_capacity(1 << 16, handle);
    let written = write(&mut out)
        .and_then(|()| out.flush())
        .and_then(|()| out.get_ref().sync_all())
        .and_then(|()| fs::rename(&beside, file));
    if written.is_err() {
        // The half-written file helps nobody; that it cannot be removed is not the news.
        let _second_error = fs::remove_file(&beside);
    }
    written
}

/// A new file in the same folder, so that the rename stays on one file system.
fn create_beside(file: &Path) -> io::Result<(PathBuf, File)> {
    let name = file
        .file_name()
        .ok_or_else(|| io::Error::other("it names no file"))?;
    for attempt in 0..100u32 {
        let mut beside_name = std::ffi::OsString::from(".");
        beside_name.push(name);
        beside_name.push(format!(".{}-{attempt}", std::process::id()));
        let beside = file.with_file_name(beside_name);
        match OpenOptions::new()
            .write(true)
            .create_new(true)
            .open(&beside)
        {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            opened => return opened.map(|handle| (beside, handle)),
        }
    }
    Err(io::Error::other("a hundred unfinished files lie beside it"))
}
