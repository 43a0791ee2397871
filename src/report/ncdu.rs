//! A tree as an export in ncdu's JSON format, version 1.2.
//!
//! What is written was checked with ncdu 1.18, which takes it in and writes it out again without
//! loss. The format has one place for less than a tree knows:
//!
//! * a size is a number: of an interval the lower bound, and at most 2^63 − 1, which is as far as
//!   ncdu counts. Where the tree knows no disk sizes, the apparent ones are repeated as such;
//! * times before 1970 are left out, as ncdu refuses them;
//! * ncdu has a mark for special files, none for symbolic links: these also get a mode, of which
//!   nothing but the type is known;
//! * a directory that was listed in part is marked as ncdu does one that could not be read; one
//!   of which only the sum is known looks like an empty one of that size;
//! * a forest's root is a directory named after its label.
//!
//! Names are written byte for byte: an export holds file names, and is UTF-8 only if they are.

use std::io::{self, Write};

use crate::bytes::Interval;
use crate::entry::{Kind, Link, Listing};
use crate::time::Timestamp;
use crate::tree::{NodeId, Quantity, Tree};

/// Writes `tree` to `out`: made by jettison `version` at `stamp`.
///
/// ```
/// use jettison::entry::{Entry, Kind, Rooting, Sink};
/// use jettison::report::ncdu;
/// use jettison::time::Timestamp;
/// use jettison::tree::build::Builder;
///
/// let mut builder = Builder::new();
/// builder.root(Entry::named(b"/data", Kind::Dir), Rooting::Path);
/// let mut export = Vec::new();
/// ncdu::write(&builder.finish()?, &mut export, Timestamp(1718074800), "0.1.0")?;
/// let text = String::from_utf8_lossy(&export);
/// assert!(text.starts_with(r#"[1,2,{"progname":"jettison","progver":"0.1.0","#));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// When `out` does not take it.
pub fn write(tree: &Tree, out: &mut dyn Write, stamp: Timestamp, version: &str) -> io::Result<()> {
    let mut writer = Writer::new(tree);
    writer.header(stamp, version);
    // The directories that are still open, by the first id beyond each.
    let mut ends: Vec<NodeId> = Vec::new();
    for id in tree.nodes() {
        while ends.last().is_some_and(|&end| end <= id) {
            ends.pop();
            writer.text.push(b']');
        }
        writer.text.extend_from_slice(b",\n");
        writer.entry(id);
        if tree.is_dir(id) {
            ends.push(tree.end(id));
        }
        if writer.text.len() >= CHUNK {
            out.write_all(&writer.text)?;
            writer.text.clear();
        }
    }
    writer.text.resize(writer.text.len() + ends.len(), b']');
    writer.text.extend_from_slice(b"]\n");
    out.write_all(&writer.text)?;
    out.flush()
}

const CHUNK: usize = 64 << 10;
/// ncdu counts bytes in an `i64`.
const MOST: u64 = i64::MAX as u64;
/// `S_IFLNK` without any permissions.
const SYMLINK_MODE: u64 = 0o120_000;

struct Writer<'a> {
    tree: &'a Tree,
    text: Vec<u8>,
    /// Names of inodes with several, those still to come last.
    links: Vec<(NodeId, Link)>,
    has_disk: bool,
}

impl<'a> Writer<'a> {
    fn new(tree: &'a Tree) -> Self {
        let mut links: Vec<(NodeId, Link)> = Vec::new();
        for group in tree.links().groups() {
            let ((dev, ino), nlink) = (group.inode(), group.nlink());
            links.extend(group.names().map(|id| (id, Link { dev, ino, nlink })));
        }
        links.sort_unstable_by_key(|&(id, _)| std::cmp::Reverse(id));
        Self {
            tree,
            text: Vec::with_capacity(2 * CHUNK),
            links,
            has_disk: tree.quantity() == Quantity::Disk,
        }
    }

    fn header(&mut self, stamp: Timestamp, version: &str) {
        self.text
            .extend_from_slice(b"[1,2,{\"progname\":\"jettison\",\"progver\":\"");
        self.escaped(version.as_bytes());
        self.text.push(b'"');
        self.number("timestamp", stamp.0.max(0).unsigned_abs());
        self.text.push(b'}');
    }

    /// One entry; a directory's array stays open.
    fn entry(&mut self, id: NodeId) {
        let kind = self.tree.kind(id);
        let is_dir = self.tree.is_dir(id);
        // ncdu writes a mount point, which it did not enter, as an empty array.
        let is_mount = !is_dir && matches!(kind, Kind::OtherFs | Kind::KernelFs);
        if is_dir || is_mount {
            self.text.push(b'[');
        }
        self.text.extend_from_slice(b"{\"name\":\"");
        self.escaped(self.tree.name(id));
        self.text.push(b'"');
        self.sizes(id);
        if is_dir {
            self.device(id);
        }
        if let Some(seconds) = self.tree.mtime(id).and_then(|t| u64::try_from(t.0).ok()) {
            self.number("mtime", seconds);
        }
        self.kind(id, kind);
        self.link(id);
        self.text.push(b'}');
        if is_mount {
            self.text.push(b']');
        }
    }

    fn sizes(&mut self, id: NodeId) {
        let bytes = |size: Option<Interval>| size.map_or(0, |s| s.lo.min(MOST));
        let apparent = bytes(self.tree.own_apparent(id));
        let disk = if self.has_disk {
            bytes(self.tree.own_disk(id))
        } else {
            apparent
        };
        for (key, size) in [("asize", apparent), ("dsize", disk)] {
            if size > 0 {
                self.number(key, size);
            }
        }
    }

    /// A directory's device where it differs from its parent's.
    fn device(&mut self, id: NodeId) {
        let device = self.tree.device(id);
        let outer = self.tree.parent(id).and_then(|up| self.tree.device(up));
        if let Some(dev) = device.filter(|_| device != outer) {
            self.number("dev", dev);
        }
    }

    fn kind(&mut self, id: NodeId, kind: Kind) {
        let says: &[u8] = match kind {
            Kind::Dir if self.tree.listing(id) == Listing::Partial => b",\"read_error\":true",
            Kind::Dir | Kind::File => b"",
            Kind::Symlink => {
                self.number("mode", SYMLINK_MODE);
                b",\"notreg\":true"
            }
            Kind::Other => b",\"notreg\":true",
            Kind::Unread => b",\"read_error\":true",
            Kind::Excluded => b",\"excluded\":\"pattern\"",
            Kind::OtherFs => b",\"excluded\":\"otherfs\"",
            Kind::KernelFs => b",\"excluded\":\"kernfs\"",
        };
        self.text.extend_from_slice(says);
    }

    fn link(&mut self, id: NodeId) {
        let Some((_, link)) = self.links.pop_if(|(next, _)| *next == id) else {
            return;
        };
        // Where no device is known, an inode's is 0.
        if link.dev != self.tree.device(id).unwrap_or(0) {
            self.number("dev", link.dev);
        }
        self.number("ino", link.ino);
        self.text.extend_from_slice(b",\"hlnkc\":true");
        if link.nlink > 0 {
            self.number("nlink", u64::from(link.nlink));
        }
    }

    fn number(&mut self, key: &str, number: u64) {
        self.text.extend_from_slice(b",\"");
        self.text.extend_from_slice(key.as_bytes());
        self.text.extend_from_slice(b"\":");
        let mut digits = [0; 20];
        let mut at = digits.len();
        let mut rest = number;
        loop {
            at -= 1;
            digits[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
            if rest == 0 {
                break;
            }
        }
        self.text.extend_from_slice(&digits[at..]);
    }

    /// The inside of a string. ncdu refuses control bytes, 0x7f included, and nothing else.
    fn escaped(&mut self, name: &[u8]) {
        for &byte in name {
            match byte {
                b'"' | b'\\' => self.text.extend_from_slice(&[b'\\', byte]),
                b'\n' => self.text.extend_from_slice(b"\\n"),
                b'\t' => self.text.extend_from_slice(b"\\t"),
                0..0x20 | 0x7f => {
                    let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
                    let code = [hex(byte >> 4), hex(byte & 0x0f)];
                    self.text.extend_from_slice(b"\\u00");
                    self.text.extend_from_slice(&code);
                }
                _ => self.text.push(byte),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::entry::{Batch, Entry, Rooting, Sink as _, Token};
    use crate::tree::build::Builder;

    use super::*;

    fn export(tree: &Tree) -> Vec<u8> {
        let mut out = Vec::new();
        write(tree, &mut out, Timestamp(1_718_074_800), "0.1.0").unwrap();
        out
    }

    fn sized(entry: Entry<'_>, apparent: u64, disk: u64) -> Entry<'_> {
        Entry {
            apparent: Some(Interval::exactly(apparent)),
            disk: Some(Interval::exactly(disk)),
            ..entry
        }
    }

    /// A tree of one directory.
    fn flat(root: Entry<'_>, rooting: Rooting, entries: &[Entry<'_>]) -> Tree {
        let mut builder = Builder::new();
        builder.root(root, rooting);
        let mut batch = Batch::new(Token::ROOT);
        entries.iter().for_each(|&entry| batch.push(entry));
        builder.listing(&batch);
        builder.finish().unwrap()
    }

    #[test]
    fn every_kind_has_its_form() {
        let link = Link {
            dev: 7,
            ino: 9,
            nlink: 2,
        };
        let tree = flat(
            Entry {
                device: Some(7),
                ..sized(Entry::named(b"/a b", Kind::Dir), 4096, 8192)
            },
            Rooting::Path,
            &[
                Entry {
                    mtime: Some(Timestamp(5)),
                    ..sized(Entry::named(b"f", Kind::File), 1, 0)
                },
                Entry {
                    mtime: Some(Timestamp(-5)),
                    ..sized(Entry::named(b"old", Kind::File), 0, 0)
                },
                Entry {
                    link: Some(link),
                    ..sized(Entry::named(b"l", Kind::File), 0, 512)
                },
                Entry {
                    link: Some(Link {
                        dev: 8,
                        nlink: 0,
                        ..link
                    }),
                    ..sized(Entry::named(b"m", Kind::Other), 0, 512)
                },
                sized(Entry::named(b"s", Kind::Symlink), 3, 0),
                Entry::named(b"x", Kind::Excluded),
                Entry::named(b"o", Kind::OtherFs),
                Entry::named(b"k", Kind::KernelFs),
                Entry::named(b"\x01\x1f\x7f\"\\\n\t\xff\xe2\x82\xac", Kind::Unread),
                Entry {
                    token: Some(Token(1)),
                    ..sized(Entry::named(b"d", Kind::Dir), 0, 0)
                },
                Entry {
                    disk: Some(Interval::at_least(7)),
                    ..sized(Entry::named(b"i", Kind::File), u64::MAX, 0)
                },
            ],
        );
        let expected = br#"[1,2,{"progname":"jettison","progver":"0.1.0","timestamp":1718074800},
[{"name":"/a b","asize":4096,"dsize":8192,"dev":7},
{"name":"f","asize":1,"mtime":5},
{"name":"old"},
{"name":"l","dsize":512,"ino":9,"hlnkc":true,"nlink":2},
{"name":"m","dsize":512,"notreg":true,"dev":8,"ino":9,"hlnkc":true},
{"name":"s","asize":3,"mode":40960,"notreg":true},
{"name":"x","excluded":"pattern"},
[{"name":"o","excluded":"otherfs"}],
[{"name":"k","excluded":"kernfs"}],
{"name":"\u0001\u001f\u007f\"\\\n\t@@","read_error":true},
{"name":"i","asize":9223372036854775807,"dsize":7},
[{"name":"d","read_error":true}]]]
"#;
        let mut expected = expected.to_vec();
        let at = expected.windows(2).position(|w| w == b"@@").unwrap();
        expected.splice(at..at + 2, *b"\xff\xe2\x82\xac");
        let found = export(&tree);
        assert_eq!(
            found.escape_ascii().to_string(),
            expected.escape_ascii().to_string()
        );
    }

    #[test]
    fn without_disk_sizes_the_apparent_ones_are_repeated() {
        let file = Entry {
            apparent: Some(Interval::exactly(10)),
            ..Entry::named(b"f", Kind::File)
        };
        let tree = flat(
            Entry::named(b"log.txt", Kind::Dir),
            Rooting::Forest,
            &[file],
        );
        let text = String::from_utf8(export(&tree)).unwrap();
        assert!(text.contains(r#"[{"name":"log.txt"}"#), "{text}");
        assert!(
            text.contains(r#"{"name":"f","asize":10,"dsize":10}"#),
            "{text}"
        );
    }
}
