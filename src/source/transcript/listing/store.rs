//! Listings of object stores: `aws s3 ls`, `gsutil du`.
//!
//! A bucket is a host of its own, with absolute paths.

use crate::bytes::Interval;

use super::super::word::Word;
use super::format::Fact;
use super::ls::Shape;
use super::number;

/// An invocation whose output can be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in super::super) struct Store {
    kind: Kind,
    host: Vec<u8>,
    /// What keys count from.
    prefix: Vec<u8>,
    human: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    S3,
    Gs,
}

impl Store {
    /// `aws s3 ls [--recursive] [--human-readable] s3://bucket/prefix`
    pub(in super::super) fn aws(operands: &[Word]) -> Option<Self> {
        let [service, command, rest @ ..] = operands else {
            return None;
        };
        if !service.is("s3") || !command.is("ls") {
            return None;
        }
        let has = |option: &str| rest.iter().any(|w| w.is(option));
        let place = rest.iter().find(|w| !w.text.starts_with(b"-"))?;
        let path = place.text.strip_prefix(b"s3://").unwrap_or(&place.text);
        let slash = path.iter().position(|&b| b == b'/').unwrap_or(path.len());
        let (bucket, key) = path.split_at(slash);
        // What is printed is relative to the last `/` of the prefix, or with `--recursive` whole.
        let folder = key.iter().rposition(|&b| b == b'/').map_or(0, |at| at + 1);
        let prefix = if has("--recursive") || folder == 0 {
            b"/".to_vec()
        } else {
            key[..folder].to_vec()
        };
        (!bucket.is_empty()).then(|| Self {
            kind: Kind::S3,
            host: [b"s3://", bucket].concat(),
            prefix,
            human: has("--human-readable"),
        })
    }

    /// `gsutil du [-s] [-h] gs://bucket/…`
    pub(in super::super) fn gsutil(operands: &[Word]) -> Option<Self> {
        let du = operands.first().filter(|w| w.is("du"))?;
        let place = operands
            .iter()
            .find_map(|w| w.text.strip_prefix(b"gs://"))?;
        let end = place.iter().position(|&b| b == b'/').unwrap_or(place.len());
        let human = operands.iter().any(|w| w.is("-h"));
        (du.text.len() == 2).then(|| Self {
            kind: Kind::Gs,
            host: [b"gs://", &place[..end]].concat(),
            prefix: Vec::new(),
            human,
        })
    }

    /// The host under which its paths stand.
    pub(in super::super) fn host(&self) -> &[u8] {
        &self.host
    }

    /// Reads one row; the path is absolute.
    pub(in super::super) fn row(&self, line: &[u8]) -> Option<Fact> {
        match self.kind {
            Kind::S3 => self.object(line),
            Kind::Gs => self.gs_row(line),
        }
    }

    /// `2020-11-02 15:48:28      12345 key`, `PRE folder/`
    fn object(&self, line: &[u8]) -> Option<Fact> {
        if let Some(folder) = line.trim_ascii_start().strip_prefix(b"PRE ") {
            let path = [&self.prefix, folder].concat();
            return Some(Fact {
                path,
                shape: Some(Shape::Dir),
                ..Fact::default()
            });
        }
        let (date, rest) = (line.get(..19)?, line.get(19..)?);
        let time = super::super::moment::of_date(date)?;
        let rest = rest.trim_ascii_start();
        let blank = rest.iter().position(|&b| b == b' ')?;
        let (figure, mut key) = (&rest[..blank], &rest[blank + 1..]);
        let size = if self.human {
            let end = key.iter().position(|&b| b == b' ')?;
            let unit = &key[..end];
            key = &key[end + 1..];
            match unit {
                b"Bytes" | b"Byte" => number::exact(figure)?,
                [letter, b'i', b'B'] => number::human(&[figure, &[*letter]].concat(), 1024)?,
                _ => return None,
            }
        } else {
            number::exact(figure)?
        };
        let is_folder = key.ends_with(b"/");
        (!key.is_empty()).then(|| Fact {
            path: [&self.prefix, key].concat(),
            shape: Some(if is_folder { Shape::Dir } else { Shape::File }),
            apparent: Some(size),
            mtime: Some(time.0),
            ..Fact::default()
        })
    }

    fn gs_row(&self, line: &[u8]) -> Option<Fact> {
        let mut rest = line.trim_ascii();
        let size = self.figure(&mut rest)?;
        let path = rest.strip_prefix(self.host.as_slice())?;
        path.starts_with(b"/").then(|| Fact {
            path: path.to_vec(),
            shape: path.ends_with(b"/").then_some(Shape::Dir),
            apparent: Some(size),
            ..Fact::default()
        })
    }

    /// Takes a figure, and with `-h` its unit, from the start of a row.
    fn figure(&self, rest: &mut &[u8]) -> Option<Interval> {
        let word = |text: &[u8]| text.iter().position(|&b| b == b' ').unwrap_or(text.len());
        let end = word(rest);
        let figure = &rest[..end];
        *rest = rest[end..].trim_ascii_start();
        if !self.human {
            return number::exact(figure);
        }
        let end = word(rest);
        let unit = &rest[..end];
        let power = match unit {
            [letter @ (b'K' | b'M' | b'G' | b'T' | b'P')]
            | [letter @ (b'K' | b'M' | b'G' | b'T' | b'P'), b'B']
            | [letter @ (b'K' | b'M' | b'G' | b'T' | b'P'), b'i', b'B'] => Some(*letter),

            _ => None,
        };
        if let Some(letter) = power {
            *rest = rest[end..].trim_ascii_start();
            return number::human(&[figure, &[letter]].concat(), 1024);
        }
        if unit == b"B" {
            *rest = rest[end..].trim_ascii_start();
        }
        number::exact(figure)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Word> {
        let word = |t: &str| Word {
            text: t.as_bytes().to_vec(),
            expands: false,
        };
        line.split_whitespace().map(word).collect()
    }

    #[test]
    fn stores_are_listed() {
        for (command, row, path, size) in [
            (
                "s3 ls s3://logs/app/",
                "2020-11-02 15:48:28      12345 a b.gz",
                "/app/a b.gz",
                Some((12_345, 12_345)),
            ),
            (
                "s3 ls s3://logs/app/x",
                "                           PRE x1/",
                "/app/x1/",
                None,
            ),
            (
                "s3 ls --recursive s3://logs/app/",
                "2020-11-02 15:48:28   7 app/a",
                "/app/a",
                Some((7, 7)),
            ),
            (
                "s3 ls --human-readable s3://logs",
                "2020-11-02 15:48:28   1.5 KiB a",
                "/a",
                Some((1434, 1587)),
            ),
        ] {
            let store = Store::aws(&words(command)).unwrap();
            assert_eq!(store.host(), b"s3://logs");
            let fact = store.row(row.as_bytes()).unwrap_or_else(|| panic!("{row}"));
            let size = size.map(|(lo, hi)| Interval::between(lo, hi));
            assert_eq!(
                (fact.path.as_slice(), fact.apparent),
                (path.as_bytes(), size),
                "{row}"
            );
        }
    }
}
