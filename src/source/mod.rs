//! Where a tree comes from: a live directory, a recorded terminal, an ncdu export.
//!
//! [`read`] opens a source, recognises what it is by its content, and lets the reader of that form
//! deliver batches to a [`Sink`]. What the readers share is only `entry`'s vocabulary.

pub mod ncdu;
pub mod quota;
pub mod rulebook;
pub mod transcript;
#[cfg_attr(not(target_os = "linux"), path = "unseen/elsewhere.rs")]
pub mod unseen;
pub mod volume;
pub mod walk;
mod zstd;

use std::fs::File;
use std::io::{BufRead, BufReader, Cursor, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use crate::entry::{Progress, Sink, Skip, Trouble, Volume};
use crate::error::{Error, Result};
use crate::time::Timestamp;

use transcript::Evidence;

/// Something to read a tree from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source(Place);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Path(PathBuf),
    Stdin,
    Bytes(Vec<u8>),
}

impl Source {
    /// A directory or a file; `-` is stdin.
    #[must_use]
    pub fn named(path: &Path) -> Self {
        Self(if path.as_os_str() == "-" {
            Place::Stdin
        } else {
            Place::Path(path.to_owned())
        })
    }

    /// A recording or an export that is in memory already.
    #[must_use]
    pub fn bytes(contents: Vec<u8>) -> Self {
        Self(Place::Bytes(contents))
    }

    /// What messages and forest roots call it.
    fn label(&self) -> Vec<u8> {
        match &self.0 {
            Place::Path(path) => path.as_os_str().as_encoded_bytes().to_vec(),
            Place::Stdin | Place::Bytes(_) => b"-".to_vec(),
        }
    }
}

/// What a source turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A directory of this machine.
    Live,
    /// A recorded terminal session.
    Transcript,
    /// An ncdu export.
    Ncdu,
}

/// How to read.
#[derive(Clone)]
pub struct Options<'a> {
    /// What the source is, instead of recognising it.
    pub form: Option<Form>,
    /// What a walk leaves out.
    pub skip: Option<Arc<dyn Skip>>,
    /// Threads of a walk; 0 chooses.
    pub threads: usize,
    /// Whether a walk enters other file systems.
    pub cross_file_systems: bool,
    /// Which walker walks.
    pub walker: walk::Walker,
    /// How long a walk waits for a system call before its directory is given up.
    pub patience: Duration,
    /// How to read a recording.
    pub transcript: transcript::Options<'a>,
    /// Where to count, and to ask whether to go on.
    pub progress: &'a Progress,
}

impl Default for Options<'_> {
    fn default() -> Self {
        static NOBODY_LOOKS: LazyLock<Progress> = LazyLock::new(Progress::new);
        Self {
            form: None,
            skip: None,
            threads: 0,
            cross_file_systems: false,
            walker: walk::Walker::Auto,
            patience: walk::PATIENCE,
            transcript: transcript::Options::default(),
            progress: &NOBODY_LOOKS,
        }
    }
}

/// What reading gave besides the tree.
#[derive(Debug)]
pub struct Read {
    /// What the source turned out to be.
    pub form: Form,
    /// The volume: measured, or recorded.
    pub volume: Option<Volume>,
    /// What could not be read or understood.
    pub troubles: Vec<Trouble>,
    /// Names that a walk found and that were gone when their turn came.
    pub vanished: u64,
    /// When the source was made, where it says so.
    pub taken: Option<Timestamp>,
    /// For a recording: the lines behind each path.
    pub evidence: Option<Evidence>,
}

/// Reads a source and delivers it to `sink`.
///
/// # Errors
/// When the source is missing, empty or not understood.
pub fn read(source: &Source, options: &Options<'_>, sink: &mut dyn Sink) -> Result<Read> {
    let label = source.label();
    match &source.0 {
        Place::Path(path) => {
            let meta = std::fs::metadata(path).map_err(|e| missing(path, &e))?;
            if meta.is_dir() {
                return live(path, options, sink);
            }
            let file = File::open(path).map_err(|e| missing(path, &e))?;
            recorded(
                &mut BufReader::with_capacity(HEAD, file),
                &label,
                options,
                sink,
            )
        }
        Place::Stdin => {
            let mut stdin = BufReader::with_capacity(HEAD, std::io::stdin().lock());
            recorded(&mut stdin, &label, options, sink)
        }
        Place::Bytes(bytes) => recorded(&mut Cursor::new(bytes), &label, options, sink),
    }
}

/// How much is looked at to recognise a source.
const HEAD: usize = 1 << 16;

fn shown(label: &[u8]) -> String {
    String::from_utf8_lossy(label).escape_debug().to_string()
}

fn missing(path: &Path, cause: &std::io::Error) -> Error {
    let hint = match cause.kind() {
        std::io::ErrorKind::NotFound => "name a directory, a recording or an ncdu export",
        std::io::ErrorKind::PermissionDenied => "run it as a user who may read it",
        _ => "check that it is a directory or a file",
    };
    Error::source(format!(
        "{}: {cause}",
        shown(path.as_os_str().as_encoded_bytes())
    ))
    .with_hint(hint)
}

fn live(path: &Path, options: &Options<'_>, sink: &mut dyn Sink) -> Result<Read> {
    if !matches!(options.form, None | Some(Form::Live)) {
        let label = shown(path.as_os_str().as_encoded_bytes());
        return Err(Error::source(format!(
            "{label} is a directory, not a recording or an export"
        ))
        .with_hint("leave out --as to walk it"));
    }
    let walk_options = walk::WalkOptions {
        threads: options.threads,
        cross_file_systems: options.cross_file_systems,
        skip: options.skip.clone(),
        walker: options.walker,
        patience: options.patience,
        progress: options.progress,
    };
    let walked = walk::walk(path, &walk_options, sink)?;
    let mut troubles = walked.troubles;
    if walked.troubles_left_out > 0 {
        let n = walked.troubles_left_out;
        troubles.push(Trouble {
            path: path.as_os_str().as_encoded_bytes().to_vec(),
            line: None,
            code: "more-troubles",
            message: format!("{n} more places below could not be read"),
        });
    }
    let volume = match volume::volume_of(path) {
        Ok(volume) => Some(volume),
        Err(e) => {
            let path = path.as_os_str().as_encoded_bytes().to_vec();
            let message = format!("its volume could not be measured: {e}");
            troubles.push(Trouble {
                path,
                line: None,
                code: "volume-unknown",
                message,
            });
            None
        }
    };
    Ok(Read {
        form: Form::Live,
        volume,
        troubles,
        vanished: walked.vanished,
        taken: None,
        evidence: None,
    })
}

fn recorded(
    input: &mut dyn BufRead,
    label: &[u8],
    options: &Options<'_>,
    sink: &mut dyn Sink,
) -> Result<Read> {
    // A short read is no end of input, so the head is filled before it is judged.
    let mut head = Vec::with_capacity(HEAD);
    let filled = (&mut *input).take(HEAD as u64).read_to_end(&mut head);
    filled.map_err(|e| Error::source(format!("{}: {e}", shown(label))))?;
    let form = match options.form {
        Some(Form::Live) => {
            return Err(
                Error::source(format!("{} is not a directory", shown(label)))
                    .with_hint("leave out --as to have it recognised"),
            );
        }
        Some(form) => form,
        None => recognise(&head, label)?,
    };
    let is_packed = options.form != Some(Form::Ncdu) && holds_recording(&head);
    let mut whole = Cursor::new(head).chain(input);
    if is_packed {
        let mut text = BufReader::with_capacity(HEAD, zstd::Frames::new(whole));
        let mut head = Vec::with_capacity(HEAD);
        let filled = (&mut text).take(HEAD as u64).read_to_end(&mut head);
        filled.map_err(|e| Error::source(format!("{}: {e}", shown(label))))?;
        return played(&mut Cursor::new(head).chain(text), label, options, sink);
    }
    match form {
        Form::Ncdu => {
            let read = ncdu::read(&mut whole, label, options.progress, sink)?;
            let (troubles, taken) = (read.troubles, read.timestamp);
            if options.form.is_none() {
                refuse_truncated(&troubles, label)?;
            }
            Ok(Read {
                form,
                volume: None,
                troubles,
                vanished: 0,
                taken,
                evidence: None,
            })
        }
        _ => played(&mut whole, label, options, sink),
    }
}

/// Whether compressed data begins as a recording does, and not as an export.
fn holds_recording(head: &[u8]) -> bool {
    let mut start = Vec::new();
    if head.starts_with(&zstd::MAGIC) {
        // What is cut off by the end of the head is no matter here.
        let _ = zstd::Frames::new(head).take(4096).read_to_end(&mut start);
    }
    !start.is_empty() && !ncdu::looks_like(&start) && !transcript::is_binary(&start)
}

fn played(
    input: &mut dyn BufRead,
    label: &[u8],
    options: &Options<'_>,
    sink: &mut dyn Sink,
) -> Result<Read> {
    let read = transcript::read(input, label, &options.transcript, options.progress, sink)?;
    Ok(Read {
        form: Form::Transcript,
        volume: read.volume,
        troubles: read.troubles,
        vanished: 0,
        taken: read.taken,
        evidence: Some(read.evidence),
    })
}

/// What an export that ends too early holds is read only when it is asked for: half a tree must
/// not pass for a whole one.
fn refuse_truncated(troubles: &[Trouble], label: &[u8]) -> Result<()> {
    match troubles.iter().find(|trouble| trouble.code == "truncated") {
        None => Ok(()),
        Some(cut) => {
            let line = cut.line.map_or_else(String::new, |line| format!(":{line}"));
            Err(
                Error::source(format!("{}{line}: {}", shown(label), cut.message))
                    .with_hint("export it again, or read what there is of it with --as ncdu"),
            )
        }
    }
}

/// Tells an export from a recording by how it begins.
fn recognise(head: &[u8], label: &[u8]) -> Result<Form> {
    let label = shown(label);
    if ncdu::looks_like(head) {
        return Ok(Form::Ncdu);
    }
    match head.iter().find(|b| !b.is_ascii_whitespace()) {
        None => Err(Error::source(format!("{label} is empty")).with_hint(
            "a recording of `ls -la`, `ls -laR` or `du -a`, or an ncdu export, is what is wanted",
        )),
        Some(_) if transcript::is_binary(head) => Err(Error::source(format!(
            "{label} is neither a directory, a recording nor an ncdu export (it looks binary)"
        ))
        .with_hint("say what it is with --as transcript or --as ncdu, if it is one all the same")),
        Some(_) => Ok(Form::Transcript),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_recognised_by_their_content() {
        for (head, form) in [
            (
                &b"[1,2,{\"progname\":\"ncdu\"},[{\"name\":\"/\"}]]"[..],
                Form::Ncdu,
            ),
            (b"\n  [ 1 , 0,", Form::Ncdu),
            (b"\x28\xb5\x2f\xfd....", Form::Ncdu),
            (b"$ cd /\n$ ls\n", Form::Transcript),
            (b"[root@db-7 log]# ls -l\n", Form::Transcript),
            (b"\xff\xfeP\0S\0", Form::Transcript),
        ] {
            assert_eq!(recognise(head, b"x").unwrap(), form, "{}", shown(head));
        }
        for head in [&b""[..], b" \r\n\t ", b"\x7fELF\0\0"] {
            let error = recognise(head, b"x").unwrap_err();
            assert!(
                error.is_source() && error.hint().is_some(),
                "{}",
                shown(head)
            );
        }
    }
}
