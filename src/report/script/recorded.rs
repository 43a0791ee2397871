//! A plan of what was recorded or exported elsewhere, as a script to be carried to that machine.
//!
//! Who looks at a recording has no file to hold a path against: no inode, no device, no time of a
//! change. But it shows names and sizes, and the script asks for the same there: a path goes only
//! when its kind, every name below it and the size of every file are the ones that were recorded.
//! They are compared by one checksum, POSIX `cksum` over the sorted records of `find`. What was
//! not listed to its end, or not sized exactly, can not be compared and is left alone; so is what
//! lies below a directory that the recording never names. Without `--remove` nothing is removed:
//! the one who runs it reads on that machine first what would go.
//!
//! Limit: a file that was written anew at the same length looks the same. The risk of a pick is
//! what stands against that.

use std::fmt::Write as _;

use crate::entry::{Kind, Listing};
use crate::plan::{Pick, Plan};
use crate::report::escape::escape;
use crate::tree::{NodeId, Tree};

use super::{argument, end, purpose, quoted};

const HEAD: &str = r#"
set -u
LC_ALL=C
export LC_ALL
asked=${1-}
left=0
here=$(uname -n)

leave() {
    printf 'left alone: %s: %s\n' "$1" "$2" >&2
    left=1
}

# the name of the machine; a prompt shows it without its domain
runs_on() {
    [ "$here" = "$1" ] || [ "${here%%.*}" = "$1" ]
}

# what to call it, the checksum of the names and sizes that were recorded, its path
remove() {
    real=$(readlink -en -- "$3" && printf .) || real=
    if [ "$real" != "$3." ]; then
        leave "$1" 'it is not there, or a link leads elsewhere'
        return
    fi
    now=$(find "$3" -xdev -type d -printf 'd %P\0' -o -type f -printf 'f%s %P\0' \
        -o -printf 'o %P\0' 2>/dev/null | sort -z | cksum)
    if [ "$now" != "$2" ]; then
        leave "$1" 'its names and sizes are not the recorded ones'
    elif [ "$asked" != --remove ]; then
        printf 'would remove: %s\n' "$1"
    elif rm -rf --one-file-system -- "$3"; then
        printf 'removed: %s\n' "$1"
    else
        leave "$1" 'it could not be removed'
    fi
}

"#;

/// Writes the script of a plan for what `source`, a recording or an export, shows.
#[must_use]
pub fn recorded(plan: &Plan, tree: &Tree, source: &[u8]) -> String {
    let mut out = String::from("#!/bin/sh\n");
    let source = escape(source);
    let _infallible = write!(
        out,
        "# {}\n\
         # Made from {source}, not from the machine itself: review it, carry it there, run it there.\n\
         # `sh FILE` says what it would do; `sh FILE --remove` removes what still has exactly the\n\
         # names and sizes that were recorded. All else is left alone.\n",
        purpose(plan, tree)
    );
    out += HEAD;
    for pick in &plan.picks {
        out += &item(pick, tree);
    }
    out + end(plan)
}

fn item(pick: &Pick, tree: &Tree) -> String {
    let (label, risk) = (escape(&pick.path), pick.risk.word());
    let why = escape(pick.why.as_bytes());
    let mut out = format!("# {}, {risk}: {why}\n", pick.freed);
    let label = quoted(&label);
    let left = |why: &str| format!("leave {label} '{why}'");
    let written = match (Place::of(&pick.path), checksum(tree, pick.node)) {
        (None, _) => left("the recording does not say where it lies"),
        (_, None) => left("not every name and size in it was recorded"),
        (Some(place), Some(sum)) => {
            let (before, path) = argument("p", place.path);
            let remove = format!("remove {label} '{sum}' {path}");
            let guarded = place.host.map(|host| {
                let (before, host) = argument("h", host);
                let elsewhere = left("it lies on another machine");
                format!("{before}if runs_on {host}; then {remove}; else {elsewhere}; fi")
            });
            before + &guarded.unwrap_or(remove)
        }
    };
    let _infallible = writeln!(out, "{written}\n");
    out
}

/// Where a recorded path lies on a machine.
struct Place<'a> {
    host: Option<&'a [u8]>,
    path: &'a [u8],
}

impl<'a> Place<'a> {
    /// Nothing for `/` itself, and for what begins at a directory that the recording never names.
    fn of(path: &'a [u8]) -> Option<Self> {
        let at = match path {
            [b'/', ..] => 0,
            _ => path.windows(2).position(|two| two == b":/")? + 1,
        };
        let (host, path) = path.split_at(at);
        let host = host.strip_suffix(b":");
        let is_host = |host: &[u8]| !host.is_empty() && !host.iter().any(|b| b"?~/".contains(b));
        let is_named = host.is_none_or(is_host);
        (is_named && path != b"/").then_some(Self { host, path })
    }
}

/// What `find … | sort -z | cksum` says where the subtree is exactly as it was recorded; nothing
/// where the record has a gap.
fn checksum(tree: &Tree, top: NodeId) -> Option<String> {
    let mut records: Vec<Vec<u8>> = Vec::new();
    // The open directories: where each ends, and how long its path is.
    let mut open: Vec<(NodeId, usize)> = Vec::new();
    let mut path: Vec<u8> = Vec::new();
    for node in (top.0..tree.end(top).0).map(NodeId) {
        while open.last().is_some_and(|dir| dir.0 <= node) {
            open.pop();
        }
        path.truncate(open.last().map_or(0, |dir| dir.1));
        if node != top {
            if !path.is_empty() {
                path.push(b'/');
            }
            path.extend_from_slice(tree.name(node));
        }
        let mut record = match tree.kind(node) {
            Kind::Dir if tree.listing(node) == Listing::Complete => b"d ".to_vec(),
            Kind::File => {
                let size = tree.own_apparent(node).filter(|size| size.is_exact())?;
                format!("f{} ", size.lo).into_bytes()
            }
            Kind::Symlink | Kind::Other => b"o ".to_vec(),
            _ => return None,
        };
        if tree.is_dir(node) {
            open.push((tree.end(node), path.len()));
        }
        record.extend_from_slice(&path);
        records.push(record);
    }
    records.sort_unstable();
    let mut sum = Cksum::default();
    for record in &records {
        sum.feed(record);
        sum.feed(b"\0");
    }
    Some(sum.line())
}

/// The checksum of POSIX `cksum`: a CRC over the bytes and then over their number.
#[derive(Default)]
struct Cksum {
    crc: u32,
    length: u64,
}

impl Cksum {
    fn feed(&mut self, bytes: &[u8]) {
        self.length += bytes.len() as u64;
        self.crc = bytes.iter().fold(self.crc, |crc, &byte| step(crc, byte));
    }

    fn line(&self) -> String {
        let mut crc = self.crc;
        let mut rest = self.length;
        while rest > 0 {
            crc = step(crc, (rest & 0xff) as u8);
            rest >>= 8;
        }
        format!("{} {}", !crc, self.length)
    }
}

fn step(crc: u32, byte: u8) -> u32 {
    const POLYNOMIAL: u32 = 0x04c1_1db7;
    let mut crc = crc ^ u32::from(byte) << 24;
    for _ in 0..8 {
        let carries = crc >> 31 == 1;
        crc <<= 1;
        if carries {
            crc ^= POLYNOMIAL;
        }
    }
    crc
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_posix() {
        // The values that coreutils' cksum prints.
        for (bytes, line) in [
            (&b""[..], "4294967295 0"),
            (b"123456789", "930766865 9"),
            (b"d \0f5 a\0", "3207500393 8"),
        ] {
            let mut sum = Cksum::default();
            sum.feed(bytes);
            assert_eq!(sum.line(), line);
        }
    }

    #[test]
    fn only_what_is_named_lies_somewhere() {
        for (path, host, below) in [
            ("/a/b", None, "/a/b"),
            ("edge-1:/data/x", Some("edge-1"), "/data/x"),
            ("h:/a:/b", Some("h"), "/a:/b"),
            ("/a:/b", None, "/a:/b"),
        ] {
            let place = Place::of(path.as_bytes()).expect(path);
            assert_eq!(place.host, host.map(str::as_bytes), "{path}");
            assert_eq!(place.path, below.as_bytes());
        }
        for path in ["/", "h:/", "?/a", "h?/a", "h?:/a", "a/b", "", ":/a"] {
            assert!(Place::of(path.as_bytes()).is_none(), "{path}");
        }
    }
}
