//! apt: its configuration, and what becomes of the packages that it has fetched.

use std::collections::BTreeMap;

use super::{Bound, Cap, Limit, Owner};
use crate::entry::RuleFile;
use crate::rules::machine::Machine;
use crate::rules::model::{Place, Tri};
use crate::time::Age;

const PARTS: &[u8] = b"/etc/apt/apt.conf.d";
const MAIN: &[u8] = b"/etc/apt/apt.conf";
const ARCHIVES: &[u8] = b"/var/cache/apt/archives";
const DAY: u64 = 86_400;

/// What `apt-config` would print, by keys in small letters.
#[derive(Clone, Debug, Default)]
pub(in crate::rules) struct Settings(BTreeMap<String, Said>);

#[derive(Clone, Debug)]
struct Said {
    key: String,
    value: String,
    place: Place,
}

impl Settings {
    /// The settings of a machine; `None` where it has no configuration of apt.
    pub(in crate::rules) fn of(machine: &mut dyn Machine) -> Option<Self> {
        let mut names = machine.list(PARTS);
        names.retain(|name| is_part(name));
        let parts = names.iter().map(|name| [PARTS, b"/", name].concat());
        let paths: Vec<Vec<u8>> = parts.chain([MAIN.to_vec()]).collect();
        let files: Vec<RuleFile> = paths.iter().filter_map(|p| machine.load(p)).collect();
        if files.is_empty() {
            return None;
        }
        let mut settings = Self::default();
        for file in &files {
            settings.read(file);
        }
        Some(settings)
    }

    /// The value of a key.
    pub(in crate::rules) fn get(&self, key: &str) -> Option<&str> {
        let said = self.0.get(&key.to_ascii_lowercase())?;
        Some(&said.value)
    }

    fn read(&mut self, file: &RuleFile) {
        let mut scopes: Vec<String> = Vec::new();
        let mut words: Vec<(String, bool)> = Vec::new();
        let mut line = 1;
        for token in tokens(&file.contents) {
            match token {
                Token::Line => line += 1,
                Token::Word(text, quoted) => words.push((text, quoted)),
                Token::Open => {
                    let name = words.first().map(|(w, _)| w.clone()).unwrap_or_default();
                    if scopes.len() < MAX_NESTING {
                        scopes.push(name);
                    }
                    words.clear();
                }
                Token::Close => {
                    scopes.pop();
                    words.clear();
                }
                Token::End => {
                    self.set(&scopes, &words, file, line);
                    words.clear();
                }
            }
        }
    }

    fn set(&mut self, scopes: &[String], words: &[(String, bool)], file: &RuleFile, line: u64) {
        let [(name, false), (value, _)] = words else {
            return;
        };
        let key = scopes
            .iter()
            .map(String::as_str)
            .filter(|scope| !scope.is_empty())
            .chain([name.as_str()])
            .collect::<Vec<_>>()
            .join("::");
        let said = Said {
            value: value.clone(),
            place: Place {
                file: file.path.clone(),
                line,
            },
            key,
        };
        self.0.insert(said.key.to_ascii_lowercase(), said);
    }

    /// A number that is not nought, and where it is said.
    fn number(&self, key: &str) -> Option<(u64, &Said)> {
        let said = self.0.get(&key.to_ascii_lowercase())?;
        let number = said.value.trim_end_matches(['d', 's', 'm', 'h']);
        let number = number.parse().ok().filter(|number| *number > 0)?;
        Some((number, said))
    }
}

/// Groups inside groups.
const MAX_NESTING: usize = 32;

/// apt reads parts without an ending or with `.conf`.
fn is_part(name: &[u8]) -> bool {
    let stem = name.strip_suffix(b".conf").unwrap_or(name);
    stem.iter()
        .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
}

enum Token {
    /// A word, in quotes or not.
    Word(String, bool),
    Open,
    Close,
    /// A `;`.
    End,
    /// The end of a line.
    Line,
}

/// The words of a text, comments left out.
fn tokens(text: &[u8]) -> Vec<Token> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let rest = &text[at..];
        let len = match byte {
            b'\n' => {
                tokens.push(Token::Line);
                1
            }
            b'{' => {
                tokens.push(Token::Open);
                1
            }
            b'}' => {
                tokens.push(Token::Close);
                1
            }
            b';' => {
                tokens.push(Token::End);
                1
            }
            b'"' => quoted(rest, &mut tokens),
            b'#' => line_end(rest),
            _ if rest.starts_with(b"//") => line_end(rest),
            _ if rest.starts_with(b"/*") => comment(rest, &mut tokens),
            _ if byte.is_ascii_whitespace() => 1,
            _ => bare(rest, &mut tokens),
        };
        at += len.max(1);
    }
    tokens
}

fn line_end(rest: &[u8]) -> usize {
    rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())
}

fn quoted(rest: &[u8], tokens: &mut Vec<Token>) -> usize {
    let len = rest[1..].iter().position(|&b| b == b'"');
    let inner = &rest[1..1 + len.unwrap_or(rest.len() - 1)];
    tokens.push(Token::Word(
        String::from_utf8_lossy(inner).into_owned(),
        true,
    ));
    let lines = inner.iter().filter(|&&b| b == b'\n').count();
    tokens.extend((0..lines).map(|_| Token::Line));
    inner.len() + 2
}

fn comment(rest: &[u8], tokens: &mut Vec<Token>) -> usize {
    let end = rest.windows(2).skip(2).position(|pair| pair == b"*/");
    let len = end.map_or(rest.len(), |end| end + 4);
    let lines = rest[..len].iter().filter(|&&b| b == b'\n').count();
    tokens.extend((0..lines).map(|_| Token::Line));
    len
}

fn bare(rest: &[u8], tokens: &mut Vec<Token>) -> usize {
    let ends = |b: &u8| b.is_ascii_whitespace() || matches!(b, b'{' | b'}' | b';' | b'"');
    let len = rest.iter().position(ends).unwrap_or(rest.len());
    let text = String::from_utf8_lossy(&rest[..len]).into_owned();
    tokens.push(Token::Word(text, false));
    len
}

/// The archives of a machine that has apt.
pub(super) fn read(machine: &mut dyn Machine) -> Option<Cap> {
    let settings = Settings::of(machine);
    if settings.is_none() && machine.is_there(ARCHIVES) != Tri::True {
        return None;
    }
    let settings = settings.unwrap_or_default();
    Some(Cap {
        owner: Owner::AptArchives,
        folders: vec![ARCHIVES.to_vec()],
        bounds: bounds(&settings),
        remedy: "APT::Periodic::AutocleanInterval \"7\"; in /etc/apt/apt.conf.d",
    })
}

/// What a number means as the value of a key.
type OfNumber = fn(u64) -> Limit;

/// Later keys of one kind win, as `apt.systemd.daily` reads them.
const KEYS: [(&[&str], OfNumber); 4] = [
    (&["APT::Periodic::AutocleanInterval"], |days| {
        Limit::Outdated(Age(days.saturating_mul(DAY)))
    }),
    (&["APT::Periodic::CleanInterval"], |days| {
        Limit::Emptied(Age(days.saturating_mul(DAY)))
    }),
    (
        &["APT::Periodic::MaxAge", "APT::Archives::MaxAge"],
        |days| Limit::Age(Age(days.saturating_mul(DAY))),
    ),
    (
        &["APT::Periodic::MaxSize", "APT::Archives::MaxSize"],
        |mebibytes| Limit::Bytes(mebibytes.saturating_mul(1 << 20)),
    ),
];

fn bounds(settings: &Settings) -> Vec<Bound> {
    // Nothing at all is done when it is switched off.
    if settings.get("APT::Periodic::Enable") == Some("0") {
        return Vec::new();
    }
    let said = KEYS.iter().filter_map(|(keys, limit)| {
        let (number, said) = keys.iter().find_map(|key| settings.number(key))?;
        Some(Bound {
            text: format!("{} \"{}\"", said.key, said.value),
            said: Some(said.place.clone()),
            limit: limit(number),
        })
    });
    said.collect()
}
