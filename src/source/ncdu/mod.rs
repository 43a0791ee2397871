//! Exports in ncdu's JSON format, plain or compressed with zstd.
//!
//! The format is described at <https://dev.yorhel.nl/ncdu/jsonfmt>; what real programs do with it
//! was tried with ncdu 1.18 and read in the documentation of gdu. An export is an array of a
//! major version (1), a minor one, an object about the program, the root, and perhaps more, which
//! is skipped. A directory is an array that begins with the object about itself, everything else
//! is an object. Sizes are an entry's own, and zero where left out.
//!
//! The reader is a stream: nothing recurses, names are bytes, and memory is bounded by the depth
//! and one part of one listing. The one exception is gdu's variant, whose directory sizes are
//! subtree sums: its text is held in memory and read more than once (`gdu.rs` says why).
//!
//! Decisions where the format leaves room:
//! * a file that ends too early, as when the disk filled while it was written, gives what it
//!   holds: a trouble says so, and directories still open count as listed in part;
//! * everything else that is not the format is an error with line and column: an export is
//!   written by a program, so a wrong byte means damage or another format;
//! * below the root a name that is empty, `.`, `..`, or holds `/` or a zero byte is refused;
//! * a hard link without an inode number is an inode of its own, and a trouble;
//! * with extended information (`-e`) the mode tells symbolic links from other special files;
//!   owner and permissions are not kept;
//! * what has other names is one inode by device and number; where an export names no device at
//!   all, as gdu's do, all of it is taken for one.
//!
//! ncdu's own binary format (`-O`) is not read.

mod deliver;
mod gdu;
mod item;
mod json;

use std::io::{BufRead, Read};

use crate::entry::{Progress, Sink, Trouble};
use crate::error::{self, Error};
use crate::source::zstd;
use crate::time::Timestamp;

use deliver::Deliver;
use gdu::Findings;
use item::Fields;
use json::{Fault, Json, Place, Syntax};

/// What ncdu's binary format begins with.
const BINARY: &[u8] = b"\xbfncduEX1";

/// What an export says besides the tree.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// What could not be understood, in the order of the file; after 1000 only a count
    /// (`more-troubles`). With `truncated` or `cancelled` a part of the tree is missing;
    /// `link-without-inode`, `links-guessed` and `sizes-contradict` are about what an entry weighs.
    pub troubles: Vec<Trouble>,
    /// The program that wrote it and its version, as far as it says: `ncdu 1.18`.
    pub program: Option<String>,
    /// When it was written.
    pub timestamp: Option<Timestamp>,
}

/// Whether a file that begins so may be an export: an array whose first element is a number, behind
/// which a comma or the end of what is known stands (a prompt may begin with `[12:30:05] `), or
/// zstd data. ncdu's binary format counts too, as [`read`] says what to do about it.
///
/// ```
/// use jettison::source::ncdu::looks_like;
///
/// assert!(looks_like(b"[1,2,{\"progname\":\"ncdu\""));
/// assert!(!looks_like(b"{\"version\": 2, \"width\": 80}"));
/// assert!(!looks_like(b"[12:30:05] op@vm:~$ ls -l\n"));
/// ```
#[must_use]
pub fn looks_like(head: &[u8]) -> bool {
    let rest = head.trim_ascii_start().strip_prefix(b"[");
    let number = rest.map(<[u8]>::trim_ascii_start);
    head.starts_with(&zstd::MAGIC)
        || head.starts_with(BINARY)
        || number.is_some_and(|n| {
            let digits = n.iter().take_while(|b| b.is_ascii_digit()).count();
            let next = n[digits..].trim_ascii_start().first();
            digits > 0 && next.is_none_or(|&b| matches!(b, b',' | b'.' | b'e' | b'E'))
        })
}

/// Reads an export and hands its tree to `sink`. `path` names it in messages.
///
/// When `progress` is cancelled, or the file ends too early, what was read so far is delivered:
/// directories that were still open are listed in part, and a trouble says so.
///
/// ```
/// use jettison::entry::Progress;
/// use jettison::source::ncdu;
/// use jettison::tree::build::Builder;
///
/// let export = br#"[1,2,{"progname":"ncdu","progver":"1.18","timestamp":1718074800},
/// [{"name":"/data","asize":4096,"dsize":4096},
/// {"name":"a.csv","asize":10,"dsize":4096}]]"#;
/// let mut builder = Builder::new();
/// let imported = ncdu::read(&mut &export[..], b"a.json", &Progress::default(), &mut builder)?;
/// assert_eq!(imported.program.as_deref(), Some("ncdu 1.18"));
/// let tree = builder.finish()?;
/// assert!(tree.find(b"/data/a.csv").is_some());
/// # Ok::<(), jettison::error::Error>(())
/// ```
///
/// # Errors
/// When the file cannot be read, is not an export of major version 1, or is damaged: with its
/// name, line and column and what was expected there.
pub fn read(
    input: &mut dyn BufRead,
    path: &[u8],
    progress: &Progress,
    sink: &mut dyn Sink,
) -> error::Result<Imported> {
    let head = input
        .fill_buf()
        .map_err(|e| fault_to_error(Fault::Io(e), path, None))?;
    if let Some(hint) = other_format(head) {
        let message = format!("{}: expected an ncdu export in JSON", shown(path));
        return Err(Error::source(message).with_hint(hint));
    }
    if head.starts_with(&zstd::MAGIC) {
        read_json(Json::new(zstd::Frames::new(input)), path, progress, sink)
    } else {
        read_json(Json::new(input), path, progress, sink)
    }
}

/// What to do about a file that is known not to be JSON.
fn other_format(head: &[u8]) -> Option<&'static str> {
    if head.is_empty() {
        Some("the file is empty: write it again with `ncdu -o FILE DIR`")
    } else if head.starts_with(BINARY) {
        Some("this is ncdu's binary format: convert it with `ncdu -f FILE -o FILE.json`")
    } else if head.starts_with(&[0x1f, 0x8b]) {
        Some("this is gzip data: give what `zcat FILE` writes, with `-` as the source")
    } else {
        None
    }
}

fn read_json<R: Read>(
    mut json: Json<R>,
    path: &[u8],
    progress: &Progress,
    sink: &mut dyn Sink,
) -> error::Result<Imported> {
    let mut imported = Imported::default();
    let cumulative = match header(&mut json, &mut imported) {
        Ok(cumulative) => cumulative,
        Err(fault) => return Err(fault_to_error(fault, path, Some(json.place()))),
    };
    if cumulative {
        let rest = json
            .into_rest()
            .map_err(|fault| fault_to_error(fault, path, None))?;
        let deliver = Deliver::new(sink, progress, gdu::examine(&rest, path));
        finish(rest.json(), deliver, path, imported)
    } else {
        finish(
            json,
            Deliver::new(sink, progress, Findings::default()),
            path,
            imported,
        )
    }
}

/// Reads the tree and closes it, wherever it ends.
fn finish<R: Read>(
    mut json: Json<R>,
    mut deliver: Deliver<'_>,
    path: &[u8],
    mut imported: Imported,
) -> error::Result<Imported> {
    let ended = walk(&mut json, &mut deliver);
    let place = json.place();
    let early = match ended {
        Ok(()) => None,
        Err(Fault::Cancelled) => Some(("cancelled", "the rest was not read, as asked")),
        Err(Fault::Cut) if deliver.has_root() => Some((
            "truncated",
            "the file ends here, inside the export: the rest is missing",
        )),
        Err(fault) => return Err(fault_to_error(fault, path, Some(place))),
    };
    deliver.close_all();
    imported.troubles = std::mem::take(&mut deliver.troubles).into_vec(path);
    if let Some((code, message)) = early {
        imported.troubles.push(Trouble {
            path: path.to_vec(),
            line: Some(place.line),
            code,
            message: message.to_owned(),
        });
    }
    Ok(imported)
}

/// Reads up to the root; whether directories' sizes are subtree sums.
fn header<R: Read>(json: &mut Json<R>, imported: &mut Imported) -> Result<bool, Fault> {
    json.expect(b'[', "to begin an ncdu export")?;
    json.peek()?;
    let place = json.place();
    let major = json.unsigned("as the major version of the format")?;
    if major != 1 {
        return Err(Fault::Syntax(Box::new(Syntax {
            place,
            message: format!("expected major version 1 of the format, found {major}"),
            hint: Some("export it again with a program that writes ncdu's format 1"),
        })));
    }
    json.expect(b',', "after the major version")?;
    json.unsigned("as the minor version of the format")?;
    json.expect(b',', "after the minor version")?;
    let cumulative = metadata(json, imported)?;
    json.expect(b',', "between the metadata and the root directory")?;
    Ok(cumulative)
}

fn metadata<R: Read>(json: &mut Json<R>, imported: &mut Imported) -> Result<bool, Fault> {
    if json.peek()? != b'{' {
        json.skip_value()?;
        return Ok(false);
    }
    json.expect(b'{', "")?;
    let (mut key, mut name, mut version) = (Vec::new(), Vec::new(), Vec::new());
    let mut more = !json.take(b'}')?;
    while more {
        json.string(&mut key, "as a key")?;
        json.expect(b':', "after a key")?;
        let is_string = json.peek()? == b'"';
        match key.as_slice() {
            b"progname" if is_string => json.string(&mut name, "")?,
            b"progver" if is_string => json.string(&mut version, "")?,
            b"timestamp" if !is_string => {
                imported.timestamp = Some(Timestamp(json.seconds("after \"timestamp\"")?));
            }
            _ => json.skip_value()?,
        }
        more = json.another(b'}')?;
    }
    let text = [&name[..], &version].join(&b' ');
    let text = String::from_utf8_lossy(text.trim_ascii());
    imported.program = (!text.is_empty()).then(|| text.into_owned());
    Ok(name == b"gdu")
}

/// Takes the entries of an export in their order.
trait Events {
    /// A directory begins; `json` stands behind the object about it.
    fn enter<R: Read>(&mut self, json: &Json<R>, name: &[u8], fields: &Fields)
    -> Result<(), Fault>;

    /// An entry that holds nothing.
    fn leaf<R: Read>(&mut self, json: &Json<R>, name: &[u8], fields: &Fields) -> Result<(), Fault>;

    /// The innermost directory ends.
    fn leave(&mut self);
}

/// Reads from the root to the end of the file.
fn walk<R: Read>(json: &mut Json<R>, events: &mut impl Events) -> Result<(), Fault> {
    let (mut name, mut scratch) = (Vec::new(), Vec::new());
    json.expect(b'[', "to begin the root directory")?;
    let root = item::read(json, &mut name, &mut scratch, true)?;
    if root.excluded.is_some() {
        return Err(json.syntax("expected a root that is not excluded"));
    }
    events.enter(json, &name, &root)?;
    let mut depth = 1u64;
    while depth > 0 {
        if !json.another(b']')? {
            events.leave();
            depth -= 1;
            continue;
        }
        let is_directory = json.take(b'[')?;
        let fields = item::read(json, &mut name, &mut scratch, false)?;
        if !is_directory {
            events.leaf(json, &name, &fields)?;
        } else if fields.excluded.is_some() {
            json.expect(b']', "as nothing may be in an excluded directory")?;
            events.leaf(json, &name, &fields)?;
        } else {
            events.enter(json, &name, &fields)?;
            depth += 1;
        }
    }
    while json.another(b']')? {
        json.skip_value()?;
    }
    json.end()
}

/// Troubles up to a limit, beyond which they are only counted: a file of a billion of them must
/// not fill the memory.
#[derive(Debug, Default)]
struct Troubles {
    kept: Vec<Trouble>,
    path_bytes: usize,
    further: u64,
}

impl Troubles {
    const MOST: usize = 1000;
    const MOST_BYTES: usize = 1 << 20;

    /// Notes a trouble with the entry of this path.
    fn push<'a>(
        &mut self,
        names: impl Iterator<Item = &'a [u8]>,
        line: u64,
        code: &'static str,
        message: &str,
    ) {
        if self.kept.len() >= Self::MOST || self.path_bytes >= Self::MOST_BYTES {
            self.further += 1;
            return;
        }
        let path = join(names);
        self.path_bytes += path.len();
        self.kept.push(Trouble {
            path,
            line: Some(line),
            code,
            message: message.to_owned(),
        });
    }

    fn into_vec(mut self, path: &[u8]) -> Vec<Trouble> {
        if self.further > 0 {
            self.kept.push(Trouble {
                path: path.to_vec(),
                line: None,
                code: "more-troubles",
                message: format!("{} more troubles like these", self.further),
            });
        }
        self.kept
    }
}

/// A path from its names.
fn join<'a>(names: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut path = Vec::new();
    for name in names {
        if !path.is_empty() && !path.ends_with(b"/") {
            path.push(b'/');
        }
        path.extend_from_slice(name);
    }
    path
}

fn fault_to_error(fault: Fault, path: &[u8], place: Option<Place>) -> Error {
    let path = shown(path);
    let at = |place: Option<Place>| match place {
        Some(Place { line, column }) => format!("{path}:{line}:{column}"),
        None => path.clone(),
    };
    match fault {
        Fault::Cut => Error::source(format!(
            "{}: the file ends here, before the root directory of an ncdu export",
            at(place)
        )),
        Fault::Cancelled => Error::source(format!("{path}: reading was cancelled")),
        Fault::Io(e) => Error::source(format!("{}: cannot be read: {e}", at(place))),
        Fault::Syntax(syntax) => {
            let error = Error::source(format!("{}: {}", at(Some(syntax.place)), syntax.message));
            match syntax.hint {
                Some(hint) => error.with_hint(hint),
                None => error,
            }
        }
    }
}

/// A path for a message: what a terminal might act upon is escaped.
fn shown(path: &[u8]) -> String {
    let text = String::from_utf8_lossy(path);
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}
