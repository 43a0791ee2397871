//! What the user says may go: risk classes, the policy file, and what a walk leaves out.
//!
//! A policy file is small and strict: whoever deletes by it must know that all of it was
//! understood, so anything unknown is an error with its place, and nothing runs on half a policy.
//! Patterns are matched against whole paths, byte by byte, and `*` does not cross `/`; names that
//! are not UTF-8 match like any other. Limit: a pattern itself is UTF-8, as TOML is.
//!
//! This is the one door to `globset` and `toml`.

use std::collections::BTreeSet;
use std::ops::Range;
use std::rc::Rc;

use globset::{Candidate, Glob, GlobBuilder, GlobMatcher};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::entry::Skip;
use crate::error::{Error, Result};
use crate::time::Age;

/// Why a path may go, from the most harmless to the last resort.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Risk {
    /// Made again when it is needed: caches, build outputs.
    Regenerable,
    /// A cleanup rule on the machine already says so.
    Expired,
    /// Old shards of an output family beyond what it keeps.
    Stale,
    /// Rotated logs, core and crash dumps, trash.
    Old,
    /// Nothing is known of it.
    Unknown,
    /// Protected: neither it nor any directory above it may go.
    Never,
}

impl Risk {
    /// The classes in order, without [`Risk::Never`].
    pub const CLASSES: [Self; 5] = [
        Self::Regenerable,
        Self::Expired,
        Self::Stale,
        Self::Old,
        Self::Unknown,
    ];

    /// The word used in flags, files and JSON.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Regenerable => "regenerable",
            Self::Expired => "expired",
            Self::Stale => "stale",
            Self::Old => "old",
            Self::Unknown => "unknown",
            Self::Never => "never",
        }
    }

    /// The class of that word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::CLASSES
            .into_iter()
            .chain([Self::Never])
            .find(|risk| risk.word() == word)
    }
}

/// The user's say on paths and families: a parsed policy file.
///
/// ```
/// use jettison::policy::{Policy, Risk};
///
/// let text = "[[path]]\nmatch = '/srv/db/**'\nrisk = 'never'\nnote = 'nobody backs it up'\n";
/// let policy = Policy::parse(text, "jettison.toml")?;
/// let said = policy.judge(b"/srv/db/base/1").expect("an entry matches");
/// assert_eq!((said.risk, said.note), (Risk::Never, Some("nobody backs it up")));
/// assert!(policy.judge(b"/srv/db").is_none());
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Policy {
    paths: Vec<PathEntry>,
    families: Vec<FamilyEntry>,
}

/// A `[[path]]` entry.
#[derive(Debug)]
struct PathEntry {
    patterns: Vec<Pattern>,
    risk: Risk,
    note: Option<String>,
    at: Line,
}

/// A `[[family]]` entry.
#[derive(Debug)]
struct FamilyEntry {
    template: Vec<Piece>,
    keep: Age,
    at: Line,
}

/// Where an entry begins.
#[derive(Debug)]
struct Line {
    file: Rc<str>,
    number: usize,
}

/// A glob and the literal bytes that every match begins with, which settle most paths at once.
#[derive(Debug)]
struct Pattern {
    prefix: Vec<u8>,
    glob: GlobMatcher,
}

/// A part of a family template.
#[derive(Debug, PartialEq, Eq)]
enum Piece {
    Literal(Vec<u8>),
    /// A placeholder: one or more bytes other than `/`.
    Hole,
}

/// What the policy says of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The class that the path has.
    pub risk: Risk,
    /// Why, in the user's words.
    pub note: Option<&'a str>,
    /// Which entry decided.
    pub entry: EntryId,
}

/// An entry of the policy file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryId {
    /// The n-th `[[path]]`, from 0.
    Path(usize),
    /// The n-th `[[family]]`, from 0.
    Family(usize),
}

/// Which entries have matched something so far; kept by the caller, as the policy never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    seen: BTreeSet<EntryId>,
}

impl Matches {
    /// Notes that an entry has matched.
    pub fn note(&mut self, entry: EntryId) {
        self.seen.insert(entry);
    }
}

impl Policy {
    /// Reads a policy file; `file` is its name for messages.
    ///
    /// # Errors
    /// A usage error that names file, line and column, for anything that is not wholly understood.
    pub fn parse(text: &str, file: &str) -> Result<Self> {
        let at = Place { text, file };
        let table = DeTable::parse(text).map_err(|error| {
            let cause = error.message().lines().collect::<Vec<_>>().join("; ");
            at.error(error.span().unwrap_or(0..0), format!("not TOML: {cause}"))
        })?;
        let mut policy = Self::default();
        for (key, value) in table.get_ref() {
            match key.get_ref().as_ref() {
                "path" => policy.paths = entries(&at, "path", value, path_entry)?,
                "family" => policy.families = entries(&at, "family", value, family_entry)?,
                other => {
                    let cause = format!(
                        "unknown table `{}` (expected [[path]] or [[family]])",
                        other.escape_debug()
                    );
                    return Err(at.error(key.span(), cause));
                }
            }
        }
        Ok(policy)
    }

    /// Adds the entries of a later policy, which have the last word.
    pub fn extend(&mut self, later: Self) {
        self.paths.extend(later.paths);
        self.families.extend(later.families);
    }

    /// Whether it says nothing at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.families.is_empty()
    }

    /// Whether it speaks of single paths.
    #[must_use]
    pub fn judges_paths(&self) -> bool {
        !self.paths.is_empty()
    }

    /// Whether it says how long families are kept.
    #[must_use]
    pub fn judges_families(&self) -> bool {
        !self.families.is_empty()
    }

    /// What the last entry that matches the path says of it.
    #[must_use]
    pub fn judge(&self, path: &[u8]) -> Option<Judgement<'_>> {
        self.judge_noting(path, &mut Matches::default())
    }

    /// The same, and notes every entry that matches, also where a later one decides.
    pub fn judge_noting(&self, path: &[u8], matches: &mut Matches) -> Option<Judgement<'_>> {
        let candidate = Candidate::from_bytes(path);
        let mut decided = None;
        for (i, entry) in self.paths.iter().enumerate() {
            let fits =
                |p: &Pattern| path.starts_with(&p.prefix) && p.glob.is_match_candidate(&candidate);
            if entry.patterns.iter().any(fits) {
                matches.note(EntryId::Path(i));
                decided = Some(Judgement {
                    risk: entry.risk,
                    note: entry.note.as_deref(),
                    entry: EntryId::Path(i),
                });
            }
        }
        decided
    }

    /// Whether some entry may speak of a path below this directory: a cheap test that lets whole
    /// subtrees be passed over.
    #[must_use]
    pub fn may_judge_below(&self, dir: &[u8]) -> bool {
        let meets = |p: &Pattern| {
            let shared = p.prefix.len().min(dir.len());
            p.prefix[..shared] == dir[..shared]
        };
        self.paths.iter().any(|e| e.patterns.iter().any(meets))
    }

    /// How long the last entry that all these member paths fit keeps their family.
    #[must_use]
    pub fn keep_for<'p>(
        &self,
        members: impl IntoIterator<Item = &'p [u8]> + Clone,
    ) -> Option<(Age, EntryId)> {
        let fits = |entry: &FamilyEntry| {
            let mut any = false;
            members.clone().into_iter().all(|path| {
                any = true;
                template_fits(&entry.template, path)
            }) && any
        };
        let entry = self.families.iter().rposition(fits)?;
        Some((self.families[entry].keep, EntryId::Family(entry)))
    }

    /// The entries that matched nothing, in the order of the file.
    #[must_use]
    pub fn unmatched(&self, matches: &Matches) -> Vec<EntryId> {
        let paths = (0..self.paths.len()).map(EntryId::Path);
        let families = (0..self.families.len()).map(EntryId::Family);
        let mut left: Vec<EntryId> = paths
            .chain(families)
            .filter(|entry| !matches.seen.contains(entry))
            .collect();
        left.sort_by_key(|&entry| {
            let Line { file, number } = self.line(entry);
            (file, *number)
        });
        left
    }

    /// Where an entry stands, for people: `/etc/jettison.toml:12`.
    #[must_use]
    pub fn place(&self, entry: EntryId) -> String {
        let Line { file, number } = self.line(entry);
        format!("{file}:{number}")
    }

    fn line(&self, entry: EntryId) -> &Line {
        match entry {
            EntryId::Path(i) => &self.paths[i].at,
            EntryId::Family(i) => &self.families[i].at,
        }
    }
}

/// The text in question, to say where in it something is wrong.
struct Place<'a> {
    text: &'a str,
    file: &'a str,
}

impl Place<'_> {
    fn entry(&self, span: &Range<usize>) -> Line {
        Line {
            file: self.file.into(),
            number: self.line(span.start),
        }
    }

    fn line(&self, offset: usize) -> usize {
        1 + self.before(offset).matches('\n').count()
    }

    fn before(&self, offset: usize) -> &str {
        self.text.get(..offset).unwrap_or(self.text)
    }

    fn error(&self, span: Range<usize>, cause: impl std::fmt::Display) -> Error {
        let line = self.line(span.start);
        let column = 1 + self
            .before(span.start)
            .chars()
            .rev()
            .take_while(|&c| c != '\n')
            .count();
        Error::usage(format!("{}:{line}:{column}: {cause}", self.file))
    }
}

type Value<'a> = Spanned<DeValue<'a>>;

fn entries<T>(
    at: &Place<'_>,
    name: &str,
    value: &Value<'_>,
    read: impl Fn(&Place<'_>, &DeTable<'_>, Range<usize>) -> Result<T>,
) -> Result<Vec<T>> {
    let wrong = |span| {
        at.error(
            span,
            format!("`{name}` is not a list of tables (expected [[{name}]])"),
        )
    };
    let list = value
        .get_ref()
        .as_array()
        .ok_or_else(|| wrong(value.span()))?;
    list.iter()
        .map(|item| {
            let table = item
                .get_ref()
                .as_table()
                .ok_or_else(|| wrong(item.span()))?;
            read(at, table, item.span())
        })
        .collect()
}

fn path_entry(at: &Place<'_>, table: &DeTable<'_>, span: Range<usize>) -> Result<PathEntry> {
    only_keys(at, table, &["match", "risk", "note"])?;
    let globs = required(at, table, "match", "path", span.clone())?;
    let risk = required(at, table, "risk", "path", span.clone())?;
    let word = text_of(at, "risk", risk)?;
    let risk = Risk::from_word(word).ok_or_else(|| {
        at.error(
            risk.span(),
            format!(
                "`{}` is not a risk (expected regenerable, expired, stale, old, unknown or never)",
                word.escape_debug()
            ),
        )
    })?;
    let note = match table.get("note") {
        Some(note) => Some(text_of(at, "note", note)?.to_owned()),
        None => None,
    };
    Ok(PathEntry {
        patterns: patterns(at, globs)?,
        risk,
        note,
        at: at.entry(&span),
    })
}

fn family_entry(at: &Place<'_>, table: &DeTable<'_>, span: Range<usize>) -> Result<FamilyEntry> {
    only_keys(at, table, &["match", "keep"])?;
    let template = required(at, table, "match", "family", span.clone())?;
    let keep = required(at, table, "keep", "family", span.clone())?;
    Ok(FamilyEntry {
        template: template_of(at, text_of(at, "match", template)?, template.span())?,
        keep: Age::parse(text_of(at, "keep", keep)?).map_err(|e| at.error(keep.span(), e))?,
        at: at.entry(&span),
    })
}

fn only_keys(at: &Place<'_>, table: &DeTable<'_>, known: &[&str]) -> Result<()> {
    match table
        .iter()
        .find(|(key, _)| !known.contains(&key.get_ref().as_ref()))
    {
        Some((key, _)) => {
            let cause = format!(
                "unknown key `{}` (expected {})",
                key.get_ref().escape_debug(),
                known.join(", ")
            );
            Err(at.error(key.span(), cause))
        }
        None => Ok(()),
    }
}

fn required<'t, 'i>(
    at: &Place<'_>,
    table: &'t DeTable<'i>,
    key: &str,
    entry: &str,
    span: Range<usize>,
) -> Result<&'t Value<'i>> {
    table
        .get(key)
        .ok_or_else(|| at.error(span, format!("[[{entry}]] has no `{key}`")))
}

fn text_of<'t>(at: &Place<'_>, key: &str, value: &'t Value<'_>) -> Result<&'t str> {
    value.get_ref().as_str().ok_or_else(|| {
        let found = value.get_ref().type_str();
        at.error(
            value.span(),
            format!("`{key}` is of type {found} (expected a string)"),
        )
    })
}

fn patterns(at: &Place<'_>, value: &Value<'_>) -> Result<Vec<Pattern>> {
    let Some(list) = value.get_ref().as_array() else {
        return Ok(vec![pattern(
            at,
            text_of(at, "match", value)?,
            value.span(),
        )?]);
    };
    if list.iter().next().is_none() {
        return Err(at.error(
            value.span(),
            "`match` is empty (expected at least one pattern)",
        ));
    }
    list.iter()
        .map(|item| pattern(at, text_of(at, "match", item)?, item.span()))
        .collect()
}

fn pattern(at: &Place<'_>, text: &str, span: Range<usize>) -> Result<Pattern> {
    absolute(at, text, span.clone())?;
    let glob = path_glob(text)
        .map_err(|error| at.error(span, format!("not a pattern: {}", error.kind())))?;
    let literal = text.find(['*', '?', '[', '{', '\\']).unwrap_or(text.len());
    // `/a/**` matches below `/a/` only, so all that precedes the first special byte is literal.
    Ok(Pattern {
        prefix: text.as_bytes()[..literal].to_vec(),
        glob: glob.compile_matcher(),
    })
}

fn path_glob(text: &str) -> std::result::Result<Glob, globset::Error> {
    GlobBuilder::new(text)
        .literal_separator(true)
        .backslash_escape(true)
        .build()
}

/// Refuses patterns that no whole path can match. Recordings have paths that start with `?/` or
/// with their host.
fn absolute(at: &Place<'_>, text: &str, span: Range<usize>) -> Result<()> {
    let starts = ["/", "**/", "?/", "[?]/", "\\?/", "{/"];
    let has_host = text
        .split_once(":/")
        .is_some_and(|(host, _)| !host.is_empty() && !host.contains('/'));
    if has_host || starts.iter().any(|start| text.starts_with(start)) {
        return Ok(());
    }
    let cause = format!(
        "`{}` is relative (expected a whole path, beginning with `/` or `**/`)",
        text.escape_debug()
    );
    Err(at.error(span, cause))
}

fn template_of(at: &Place<'_>, text: &str, span: Range<usize>) -> Result<Vec<Piece>> {
    absolute(at, text, span.clone())?;
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            pieces.push(Piece::Literal(rest.as_bytes()[..open].to_vec()));
        }
        let close = rest[open..].find('}').map(|i| open + i).ok_or_else(|| {
            at.error(
                span.clone(),
                "a `{` is not closed (expected a placeholder such as {date})",
            )
        })?;
        let name = &rest[open + 1..close];
        if name.is_empty() || name.contains(['{', '/']) {
            let cause = format!(
                "`{{{}}}` is not a placeholder (expected one such as {{date}})",
                name.escape_debug()
            );
            return Err(at.error(span, cause));
        }
        pieces.push(Piece::Hole);
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.as_bytes().to_vec()));
    }
    Ok(pieces)
}

/// Whether the whole path has the form of the template: literals as they are, every hole at least
/// one byte and no `/`. The classic wildcard match: on a mismatch only the last hole grows, and a
/// hole that would grow over a `/` fails for good, as what precedes it is then too short as well.
fn template_fits(template: &[Piece], path: &[u8]) -> bool {
    let (mut piece, mut at) = (0, 0);
    let mut retry: Option<(usize, usize)> = None;
    loop {
        match template.get(piece) {
            None if at == path.len() => return true,
            Some(Piece::Literal(text)) if path[at..].starts_with(text) => {
                at += text.len();
                piece += 1;
                continue;
            }
            Some(Piece::Hole) if path.get(at).is_some_and(|&b| b != b'/') => {
                at += 1;
                piece += 1;
                retry = Some((piece, at));
                continue;
            }
            _ => {}
        }
        match retry {
            Some((after, end)) if path.get(end).is_some_and(|&b| b != b'/') => {
                retry = Some((after, end + 1));
                (piece, at) = (after, end + 1);
            }
            _ => return false,
        }
    }
}

/// What `--exclude` leaves out of a walk.
///
/// ```
/// use jettison::entry::Skip as _;
/// use jettison::policy::Exclude;
///
/// let exclude = Exclude::parse(&["*.iso", "cache/**/tmp"])?;
/// assert!(exclude.skips(b"a.iso", b"deep/a.iso"));
/// assert!(exclude.skips(b"tmp", b"cache/x/tmp"));
/// assert!(!exclude.skips(b"tmp", b"tmp"));
/// # Ok::<(), jettison::error::Error>(())
/// ```
#[derive(Debug, Default)]
pub struct Exclude {
    names: Vec<GlobMatcher>,
    paths: Vec<GlobMatcher>,
}

impl Exclude {
    /// Reads the patterns: one without `/` is for the basename, any other for the path below the
    /// root (a leading `/` is that root).
    ///
    /// # Errors
    /// A usage error that names the pattern which is none.
    pub fn parse<S: AsRef<str>>(patterns: &[S]) -> Result<Self> {
        let mut exclude = Self::default();
        for pattern in patterns {
            let text = pattern.as_ref();
            let below = text.strip_prefix('/').unwrap_or(text);
            let below = below.strip_suffix('/').unwrap_or(below);
            if below.is_empty() {
                return Err(Error::usage(format!(
                    "--exclude `{}` names nothing (expected a pattern such as *.iso or cache/**)",
                    text.escape_debug()
                )));
            }
            let glob = path_glob(below).map_err(|error| {
                Error::usage(format!(
                    "--exclude `{}` is not a pattern: {}",
                    text.escape_debug(),
                    error.kind()
                ))
            })?;
            let is_path = text.starts_with('/') || below.contains('/');
            let list = if is_path {
                &mut exclude.paths
            } else {
                &mut exclude.names
            };
            list.push(glob.compile_matcher());
        }
        Ok(exclude)
    }

    /// Whether it leaves out nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.paths.is_empty()
    }
}

impl Skip for Exclude {
    fn skips(&self, name: &[u8], relative: &[u8]) -> bool {
        let hits = |globs: &[GlobMatcher], text: &[u8]| {
            let candidate = Candidate::from_bytes(text);
            globs.iter().any(|glob| glob.is_match_candidate(&candidate))
        };
        (!self.names.is_empty() && hits(&self.names, name))
            || (!self.paths.is_empty() && hits(&self.paths, relative))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(text: &str) -> Policy {
        Policy::parse(text, "p.toml").expect(text)
    }

    #[test]
    fn the_last_matching_entry_decides() {
        let p = policy(
            "[[path]]\nmatch = ['/srv/db', '/srv/db/**']\nrisk = 'never'\n\
             [[path]]\nmatch = '/srv/db/tmp/*'\nrisk = 'regenerable'\n\
             [[path]]\nmatch = '/nowhere/*'\nrisk = 'old'\n",
        );
        for (path, risk) in [
            (&b"/srv/db"[..], Some(Risk::Never)),
            (b"/srv/db/a\xff/b", Some(Risk::Never)),
            (b"/srv/db/tmp", Some(Risk::Never)),
            (b"/srv/db/tmp/x\xfe", Some(Risk::Regenerable)),
            (b"/srv/db/tmp/x/y", Some(Risk::Never)),
            (b"/srv/dbx", None),
            (b"/srv", None),
        ] {
            assert_eq!(
                p.judge(path).map(|j| j.risk),
                risk,
                "{}",
                path.escape_ascii()
            );
        }
        let mut matches = Matches::default();
        p.judge_noting(b"/srv/db/tmp/x", &mut matches);
        let left = p.unmatched(&matches);
        assert_eq!(left, [EntryId::Path(2)]);
        assert_eq!(p.place(left[0]), "p.toml:7");
    }

    #[test]
    fn subtrees_without_entries_are_passed_over() {
        let p = policy("[[path]]\nmatch = '/srv/db*/x'\nrisk = 'old'\n");
        for (dir, may) in [
            ("/", true),
            ("/srv", true),
            ("/srv/dba", true),
            ("/var", false),
        ] {
            assert_eq!(p.may_judge_below(dir.as_bytes()), may, "{dir}");
        }
    }

    #[test]
    fn families_fit_whole_or_not_at_all() {
        let p = policy(
            "[[family]]\nmatch = '/d/{a}/{b}.csv'\nkeep = '30d'\n\
             [[family]]\nmatch = '/d/x/{b}.csv'\nkeep = '1d'\n",
        );
        let keep = |paths: &[&'static [u8]]| p.keep_for(paths.iter().copied()).map(|k| k.0);
        let (day, month) = (Age(86_400), Age(30 * 86_400));
        assert_eq!(keep(&[b"/d/y/1.csv", b"/d/x/2.csv"]), Some(month));
        assert_eq!(keep(&[b"/d/x/1.csv", b"/d/x/2\xff.csv"]), Some(day));
        assert_eq!(keep(&[b"/d/x/1.csv", b"/d/x/.csv"]), None);
        assert_eq!(keep(&[b"/d/x/1.csv", b"/d/x/y/1.csv"]), None);
        assert_eq!(keep(&[b"/d/x/1.csv.csv"]), Some(day));
        assert_eq!(keep(&[]), None);
    }

    #[test]
    fn a_broken_policy_is_refused_with_its_place() {
        for (text, message) in [
            ("[[path]\n", "p.toml:1:8: not TOML"),
            (
                "[[paths]]\n",
                "p.toml:1:3: unknown table `paths` (expected [[path]] or [[family]])",
            ),
            (
                "path = 3\n",
                "p.toml:1:8: `path` is not a list of tables (expected [[path]])",
            ),
            ("path = [1]\n", "p.toml:1:9: `path` is not a list of tables"),
            (
                "[[path]]\nmatch='/a'\nrisc='old'\n",
                "p.toml:3:1: unknown key `risc` (expected match, risk, note)",
            ),
            (
                "[[path]]\nmatch='/a'\nrisk='low'\n",
                "p.toml:3:6: `low` is not a risk (expected regenerable",
            ),
            (
                "[[path]]\nmatch='/a'\nrisk=1\n",
                "p.toml:3:6: `risk` is of type integer (expected a string)",
            ),
            (
                "\n[[path]]\nrisk='old'\n",
                "p.toml:2:1: [[path]] has no `match`",
            ),
            (
                "[[path]]\nmatch='/a'\n",
                "p.toml:1:1: [[path]] has no `risk`",
            ),
            (
                "[[path]]\nmatch=[]\nrisk='old'\n",
                "p.toml:2:7: `match` is empty",
            ),
            (
                "[[path]]\nmatch=['/a', 'b']\nrisk='old'\n",
                "p.toml:2:14: `b` is relative",
            ),
            (
                "[[path]]\nmatch='/a[b'\nrisk='old'\n",
                "p.toml:2:7: not a pattern: ",
            ),
            (
                "[[family]]\nmatch='/a/{x}'\nkeep='30'\n",
                "p.toml:3:6: `30` is not a span of time",
            ),
            (
                "[[family]]\nmatch='/a/{x'\nkeep='30d'\n",
                "p.toml:2:7: a `{` is not closed",
            ),
            (
                "[[family]]\nmatch='/a/{}'\nkeep='30d'\n",
                "p.toml:2:7: `{}` is not a placeholder",
            ),
            (
                "[[family]]\nmatch='a/{x}'\nkeep='30d'\n",
                "p.toml:2:7: `a/{x}` is relative",
            ),
        ] {
            let error = Policy::parse(text, "p.toml").expect_err(text);
            assert!(error.is_usage());
            assert!(error.to_string().starts_with(message), "{text:?}: {error}");
        }
    }

    #[test]
    fn recordings_have_paths_of_their_own() {
        let p = policy("[[path]]\nmatch = ['[?]/rt/**', 'edge-1:/data/*']\nrisk = 'old'\n");
        assert!(p.judge(b"?/rt/a.csv").is_some());
        assert!(p.judge(b"edge-1:/data/x").is_some());
        assert!(p.judge(b"edge-2:/data/x").is_none());
    }

    #[test]
    fn excludes_know_names_from_paths() {
        let exclude = Exclude::parse(&["*.iso", "a/*", "/top", "b/"]).expect("patterns");
        for (name, relative, skipped) in [
            (&b"x\xff.iso"[..], &b"q/x\xff.iso"[..], true),
            (b"x", b"a/x", true),
            (b"x", b"q/a/x", false),
            (b"y", b"a/x/y", false),
            (b"top", b"top", true),
            (b"top", b"q/top", false),
            (b"b", b"q/b", true),
        ] {
            assert_eq!(
                exclude.skips(name, relative),
                skipped,
                "{}",
                relative.escape_ascii()
            );
        }
        for bad in ["", "/", "a[b", "{a"] {
            assert!(Exclude::parse(&[bad]).expect_err(bad).is_usage());
        }
    }
}
