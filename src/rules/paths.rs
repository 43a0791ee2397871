//! Arguments → where a sweep starts.

use crate::rules::expand::{Arg, Glyph, Origin};
use crate::rules::glob::{Flags, Pattern};
use crate::rules::model::{
    AgeTest, Atom, Expr, Root, RootPath, Segment, Stamp, Sweep, Test, Tri, Types,
};
use crate::rules::phrase::Fate;

/// An argument as a root, below `cwd` where it is relative.
pub(super) fn root(arg: &Arg, cwd: Option<&[u8]>) -> Root {
    let slash = arg.text().ends_with(b"/");
    let path = match arg.pattern() {
        Some(pattern) if pattern.is_empty() => RootPath::Unresolved("an empty path".to_owned()),
        Some(pattern) => known(&pattern, cwd),
        None => match below_a_name(arg) {
            Some(pattern) => known(&pattern, cwd),
            None => RootPath::Unresolved(format!(
                "the value of `{}` is not known",
                arg.hole().map_or("", |hole| hole.text.as_str())
            )),
        },
    };
    Root {
        path,
        printed: None,
        slash,
        word: arg.word,
    }
}

/// A pattern for a path that is known up to some folder at least: `/srv/$SITE/cache` is one of
/// `/srv/*/cache`. Whoever asks for the root says that it is not known to be more than that.
fn below_a_name(arg: &Arg) -> Option<Vec<u8>> {
    let pattern = arg.loose_pattern();
    let has_default = arg
        .hole()
        .is_some_and(|hole| matches!(hole.origin, Origin::Default(_)));
    let before = arg
        .glyphs
        .iter()
        .take_while(|glyph| !matches!(glyph, Glyph::Hole(_)));
    let before: Vec<&Glyph> = before.collect();
    let is_named = before.first() == Some(&&Glyph::Byte(b'/'))
        && before[1..].contains(&&Glyph::Byte(b'/'))
        && matches!(before.get(1), Some(Glyph::Byte(byte)) if *byte != b'/');
    (is_named || has_default).then_some(pattern)
}

fn known(pattern: &[u8], cwd: Option<&[u8]>) -> RootPath {
    let mut segments = Vec::new();
    if !pattern.starts_with(b"/") {
        let Some(cwd) = cwd else {
            return RootPath::Unresolved(format!(
                "`{}` is relative to a directory that is not known",
                String::from_utf8_lossy(pattern)
            ));
        };
        let names = cwd.split(|&b| b == b'/').filter(|name| !name.is_empty());
        segments.extend(names.map(|name| Segment::Name(name.to_vec())));
    }
    for part in pattern.split(|&b| b == b'/') {
        match part {
            b"" | b"." => {}
            b".." => {
                segments.pop();
            }
            _ => {
                let compiled = Pattern::new(part, Flags::SHELL);
                segments.push(match compiled.literal() {
                    Some(name) => Segment::Name(name),
                    None => Segment::Glob(compiled),
                });
            }
        }
    }
    RootPath::Known(segments)
}

/// Where `cd ARG` leads.
pub(super) fn directory(arg: &Arg, cwd: Option<&[u8]>) -> Option<Vec<u8>> {
    let root = root(arg, cwd);
    (!root.is_glob()).then(|| root.literal()).flatten()
}

/// How `find` prints the start, when that is not its path.
pub(super) fn printed(arg: &Arg, root: &Root) -> Option<Vec<u8>> {
    let text = arg.text();
    let differs = root.literal().is_none_or(|path| path != text);
    (differs && !root.is_glob() && arg.is_known()).then_some(text)
}

/// Whether nothing is known of where a root lies.
pub(super) fn is_unresolved(root: &Root) -> bool {
    matches!(root.path, RootPath::Unresolved(_))
}

/// What a command does to its operands. With a date in their names one of many is taken, when it
/// is so many seconds old: what is older was missed.
pub(super) fn operand_sweep(roots: Vec<Root>, fate: Fate, dated: Option<i64>) -> Sweep {
    let old_enough = dated.map(key_age);
    let sweep = Sweep {
        roots,
        min_depth: 0,
        max_depth: 0,
        max_depth_word: None,
        min_depth_word: None,
        one_fs: false,
        follows: false,
        expr: old_enough.unwrap_or(Expr::TRUE),
        prune: None,
        recursive: false,
        keep_newest: None,
    };
    removed_by(sweep, fate)
}

/// The age at which a file comes to the date that a command reckons.
pub(super) fn key_age(ago: i64) -> Expr {
    Expr::Test(Test {
        atom: Atom::Age(AgeTest {
            stamp: Stamp::Modified,
            at_least: ago,
            below: i64::MAX,
            from_day_end: false,
        }),
        word: None,
    })
}

/// What a command takes of the entries that a sweep names.
pub(super) fn removed_by(sweep: Sweep, fate: Fate) -> Sweep {
    Sweep {
        expr: taken_by(sweep.expr, fate),
        recursive: fate == Fate::Trees,
        ..sweep
    }
}

/// The condition under which a command takes an entry that it is given.
pub(super) fn taken_by(expr: Expr, fate: Fate) -> Expr {
    let is_folder = || {
        Expr::Test(Test {
            atom: Atom::Type(Types {
                dir: true,
                ..Types::default()
            }),
            word: None,
        })
    };
    match fate {
        Fate::Trees | Fate::Moved => expr,
        Fate::Files | Fate::Packed => Expr::all([expr, is_folder().negated()]),
        Fate::EmptyFolders => {
            let is_empty = Expr::Test(Test {
                atom: Atom::Empty,
                word: None,
            });
            Expr::all([expr, is_folder(), is_empty])
        }
    }
}

/// The same condition for names that come through a pipe: of one with any of these bytes in its
/// path another is made, and whether there is such a file is not known.
pub(super) fn unspoiled(expr: Expr, spoils: &[u8]) -> Expr {
    if spoils.is_empty() {
        return expr;
    }
    let mut pattern = b"*[".to_vec();
    for &byte in spoils {
        if byte == b'\\' {
            pattern.push(byte);
        }
        pattern.push(byte);
    }
    pattern.extend_from_slice(b"]*");
    let spoiled = Expr::Test(Test {
        atom: Atom::Path(Pattern::new(&pattern, Flags::FIND)),
        word: None,
    });
    let whole = Expr::any([spoiled.negated(), Expr::Const(Tri::Unknown)]);
    Expr::all([expr, whole])
}

/// An absolute path without what says nothing: `//`, `/./`, a `/` at its end.
pub(super) fn plain(path: &[u8]) -> Vec<u8> {
    let names = components(path).into_iter().filter(|name| *name != b".");
    let mut plain = Vec::with_capacity(path.len());
    for name in names {
        plain.push(b'/');
        plain.extend_from_slice(name);
    }
    if plain.is_empty() {
        plain.push(b'/');
    }
    plain
}

/// The words of a path below `/`, for comparing.
pub(super) fn components(path: &[u8]) -> Vec<&[u8]> {
    path.split(|&b| b == b'/')
        .filter(|name| !name.is_empty())
        .collect()
}
