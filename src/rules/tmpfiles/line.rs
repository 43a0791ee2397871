//! One line of tmpfiles.d: type, path, age.

use std::ops::Range;

use crate::rules::glob;
use crate::rules::systemd::span;
use crate::time::Timestamp;

/// A line that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Item {
    pub(super) kind: u8,
    /// `!`: at boot only.
    pub(super) boot: bool,
    /// The path as a pattern: what is literal in it is escaped.
    pub(super) path: Vec<u8>,
    pub(super) age: Option<MaxAge>,
    /// The part whose value is not known from here.
    pub(super) unsure: Option<String>,
    pub(super) text: Vec<u8>,
    pub(super) words: Vec<Range<usize>>,
    pub(super) file: Vec<u8>,
    pub(super) line: u64,
    pub(super) changed: Option<Timestamp>,
    pub(super) disabled: Option<String>,
}

impl Item {
    /// Whether it is of a kind that deletes something at some time.
    pub(super) fn cleans(&self) -> bool {
        match self.kind {
            b'd' | b'v' | b'q' | b'Q' | b'e' | b'C' | b'x' | b'X' => self.age.is_some(),
            b'D' | b'r' | b'R' => true,
            _ => false,
        }
    }

    /// Whether its path is a pattern.
    pub(super) fn is_glob(&self) -> bool {
        b"wexXrRzZtThHaA".contains(&self.kind)
    }

    /// Whether it claims its path against other lines.
    pub(super) fn owns(&self) -> bool {
        !b"zZtThHaA".contains(&self.kind)
    }
}

/// When contents are old.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MaxAge {
    pub(super) seconds: u64,
    pub(super) files: Stamps,
    pub(super) dirs: Stamps,
    /// Whether what lies immediately in the directory stays.
    pub(super) keep_first: bool,
}

/// Which stamps must all be old.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamps {
    pub(super) accessed: bool,
    pub(super) born: bool,
    pub(super) changed: bool,
    pub(super) modified: bool,
}

impl Stamps {
    /// The default for files.
    pub(super) const FILES: Self = Self {
        accessed: true,
        born: true,
        changed: true,
        modified: true,
    };
    /// The default for directories.
    pub(super) const DIRS: Self = Self {
        changed: false,
        ..Self::FILES
    };
    const NONE: Self = Self {
        accessed: false,
        born: false,
        changed: false,
        modified: false,
    };

    fn add(&mut self, letter: u8) {
        match letter.to_ascii_lowercase() {
            b'a' => self.accessed = true,
            b'b' => self.born = true,
            b'c' => self.changed = true,
            _ => self.modified = true,
        }
    }
}

const KINDS: &[u8] = b"fFwdDvqQepLcbCxXrRzZtThHaA";

/// Reads one line that is neither empty nor a comment.
pub(super) fn read(text: &[u8]) -> Result<Item, String> {
    let fields = fields(text)?;
    let [kind, rest @ ..] = fields.first().map_or(&b""[..], |f| f.value.as_slice()) else {
        return Err("a line needs a type and a path".to_owned());
    };
    if !KINDS.contains(kind) {
        return Err(format!(
            "there is no line type `{}`",
            char::from(*kind).escape_default()
        ));
    }
    if let Some(odd) = rest.iter().find(|b| !b"!-=~^+$?".contains(b)) {
        return Err(format!(
            "there is no modifier `{}` of a line type",
            char::from(*odd).escape_default()
        ));
    }
    let path = fields
        .get(1)
        .ok_or_else(|| "a line needs a path after its type".to_owned())?;
    let is_glob = b"wexXrRzZtThHaA".contains(kind);
    let mut unsure = path
        .escaped
        .then(|| "an escape in its path, which versions of systemd read differently".to_owned());
    let path = expand(&path.value, is_glob, &mut unsure)?;
    let age = match fields.get(5).map(|field| field.value.as_slice()) {
        None | Some(b"" | b"-") => None,
        Some(text) => Some(max_age(text)?),
    };
    if b"wtTaAhHbc".contains(kind) && !has_argument(text, &fields) {
        return Err(format!(
            "a line of type `{}` needs an argument",
            char::from(*kind)
        ));
    }
    Ok(Item {
        kind: *kind,
        boot: rest.contains(&b'!'),
        path: simple(&path)?,
        age,
        unsure,
        text: text.to_vec(),
        words: fields.into_iter().map(|field| field.span).collect(),
        file: Vec::new(),
        line: 0,
        changed: None,
        disabled: None,
    })
}

/// Whether something stands after the age.
fn has_argument(text: &[u8], fields: &[Field]) -> bool {
    let rest = fields.get(5).map_or(&b""[..], |age| &text[age.span.end..]);
    !matches!(rest.trim_ascii(), b"" | b"-")
}

struct Field {
    span: Range<usize>,
    value: Vec<u8>,
    escaped: bool,
}

/// The first six fields; the rest of the line is an argument of which nothing is asked.
fn fields(text: &[u8]) -> Result<Vec<Field>, String> {
    let mut fields = Vec::new();
    let mut at = 0;
    while fields.len() < 6 {
        at += text[at..]
            .iter()
            .take_while(|b| b.is_ascii_whitespace())
            .count();
        if at >= text.len() {
            break;
        }
        let start = at;
        let (mut value, mut quote, mut escaped) = (Vec::new(), None, false);
        while let Some(&byte) = text.get(at) {
            match (byte, quote) {
                (_, None) if byte.is_ascii_whitespace() => break,
                (b'\'' | b'"', None) => quote = Some(byte),
                (_, Some(open)) if byte == open => quote = None,
                (b'\\', _) => {
                    escaped = true;
                    at += 1;
                    value.extend(text.get(at));
                }
                _ => value.push(byte),
            }
            at += 1;
        }
        if quote.is_some() {
            return Err("a quote is not closed".to_owned());
        }
        at = at.min(text.len());
        fields.push(Field {
            span: start..at,
            value,
            escaped,
        });
    }
    Ok(fields)
}

/// The path with its specifiers replaced, as a pattern.
fn expand(path: &[u8], is_glob: bool, unsure: &mut Option<String>) -> Result<Vec<u8>, String> {
    let mut pattern = Vec::with_capacity(path.len());
    let mut bytes = path.iter();
    while let Some(&byte) = bytes.next() {
        if byte != b'%' {
            if is_glob {
                pattern.push(byte);
            } else {
                pattern.extend(glob::escape(&[byte]));
            }
            continue;
        }
        let value: &[u8] = match bytes.next() {
            Some(b'%') => b"%",
            Some(b'C') => b"/var/cache",
            Some(b'g' | b'u') => b"root",
            Some(b'G' | b'U') => b"0",
            Some(b'h') => b"/root",
            Some(b'L') => b"/var/log",
            Some(b'S') => b"/var/lib",
            Some(b't') => b"/run",
            Some(b'T') => b"/tmp",
            Some(b'V') => b"/var/tmp",
            Some(
                other @ (b'a' | b'A' | b'b' | b'B' | b'H' | b'l' | b'm' | b'M' | b'o' | b'v' | b'w'
                | b'W'),
            ) => {
                unsure.get_or_insert(format!("the value of `%{}`", char::from(*other)));
                pattern.push(b'*');
                continue;
            }
            other => {
                let shown =
                    other.map_or_else(String::new, |b| char::from(*b).escape_default().to_string());
                return Err(format!("there is no specifier `%{shown}`"));
            }
        };
        pattern.extend(glob::escape(value));
    }
    Ok(pattern)
}

/// Doubled and trailing slashes dropped, `/var/run` read as `/run`.
fn simple(path: &[u8]) -> Result<Vec<u8>, String> {
    if !path.starts_with(b"/") {
        return Err("a path must be absolute".to_owned());
    }
    let mut simple = Vec::with_capacity(path.len());
    for part in path.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => return Err("a path must not have `..` in it".to_owned()),
            _ => {
                simple.push(b'/');
                simple.extend_from_slice(part);
            }
        }
    }
    if simple.is_empty() {
        simple.push(b'/');
    }
    Ok(match simple.strip_prefix(b"/var/run/") {
        Some(rest) => [b"/run/", rest].concat(),
        None => simple,
    })
}

/// `[~][abcmABCM:]SPAN`.
fn max_age(text: &[u8]) -> Result<MaxAge, String> {
    let bad = || {
        format!(
            "`{}` is not an age (such as 10d)",
            String::from_utf8_lossy(text)
        )
    };
    let (keep_first, rest) = match text.strip_prefix(b"~") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (mut files, mut dirs) = (Stamps::FILES, Stamps::DIRS);
    let mut span = rest;
    if let Some(colon) = rest.iter().position(|&b| b == b':') {
        let letters = &rest[..colon];
        if letters.is_empty() || letters.iter().any(|b| !b"abcmABCM".contains(b)) {
            return Err(bad());
        }
        if letters.iter().any(u8::is_ascii_lowercase) {
            files = Stamps::NONE;
        }
        if letters.iter().any(u8::is_ascii_uppercase) {
            dirs = Stamps::NONE;
        }
        for &letter in letters {
            if letter.is_ascii_lowercase() {
                files.add(letter);
            } else {
                dirs.add(letter);
            }
        }
        span = &rest[colon + 1..];
    }
    Ok(MaxAge {
        seconds: span::seconds(span).ok_or_else(bad)?,
        files,
        dirs,
        keep_first,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read() {
        let item = read(b"d /a//b/ 1777 root root m:10d").unwrap();
        assert_eq!((item.kind, item.path.as_slice()), (b'd', &b"/a/b"[..]));
        let age = item.age.unwrap();
        assert_eq!((age.seconds, age.dirs), (864_000, Stamps::DIRS));
        assert!(age.files.modified && !age.files.accessed);
        assert_eq!(item.words[1], 2..8);
        assert!(read(b"r! /a/*.lock").unwrap().boot);
        assert_eq!(read(b"x \"/a b/*\"").unwrap().path, b"/a b/*");
        assert_eq!(read(b"d /a* - - - 1d").unwrap().path, b"/a\\*");
        assert_eq!(read(b"e %T/x%% - - - 0").unwrap().path, b"/tmp/x%");
        assert_eq!(read(b"d /var/run/x - - - -").unwrap().path, b"/run/x");
        assert!(read(b"e /x/%b - - - ~1d").unwrap().unsure.is_some());
        assert!(read(b"e /x - - - ~1d").unwrap().age.unwrap().keep_first);
    }

    #[test]
    fn bad_lines_say_why() {
        for (text, part) in [
            (&b"y /a"[..], "line type"),
            (b"d", "a path"),
            (b"d a", "absolute"),
            (b"d /a/../b", "`..`"),
            (b"d /a - - - 1x", "not an age"),
            (b"d /a - - - k:1d", "not an age"),
            (b"d /%q", "specifier"),
            (b"d \"/a", "quote"),
            (b"d? /a", ""),
            (b"d# /a", "modifier"),
        ] {
            match read(text) {
                Ok(_) => assert_eq!(part, "", "{text:?}"),
                Err(message) => assert!(message.contains(part), "{text:?}: {message}"),
            }
        }
    }
}
