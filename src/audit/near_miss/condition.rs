//! The tests of a command, each mended so that it lets the family pass.

use super::date;
use super::edit::{Edit, quote_pattern};
use super::subject::join;
use super::task::Task;
use crate::audit::name::{self, Offer};
use crate::rules::glob::{Flags, Pattern, escape};
use crate::rules::logic::{self, Literal};
use crate::rules::model::{AgeTest, Atom, Count, Expr, Format, Regex, Test, Types};
use crate::time::DAY;

/// What mending one kind of test costs, in tenths.
const TYPE: u32 = 5;
const OWNER: u32 = 10;
const SIZE: u32 = 15;
const AGE: u32 = 15;
/// An expression that becomes a pattern says less.
const REGEX: u32 = 10;

/// The cheapest way to mend one of a command's conjunctions.
pub(super) fn mend_any(edit: &Edit, task: &Task<'_>) -> Option<Edit> {
    let conjunctions = task.pass.alternatives.as_ref()?;
    let mended = conjunctions.iter().filter_map(|literals| {
        let mut mended = edit.clone();
        for literal in literals {
            mend(&mut mended, literal, task)?;
            if mended.cost > task.limit {
                return None;
            }
        }
        if conjunctions.len() == 1 && !task.subject.is_dir {
            spare_directories(&mut mended, literals);
        }
        Some(mended)
    });
    mended.min_by_key(|edit| edit.cost)
}

/// Mends one test; `None` where it cannot be, or keeps the family away on purpose.
fn mend(edit: &mut Edit, (negated, test): &Literal, task: &Task<'_>) -> Option<()> {
    let negated = *negated;
    match &test.atom {
        Atom::Name(pattern) => mend_name(edit, pattern, negated, test, task),
        Atom::Path(pattern) => mend_path(edit, pattern, negated, test, task),
        Atom::Regex(regex) => mend_regex(edit, regex, negated, test, task),
        Atom::Type(types) => mend_type(edit, *types, negated, test, task),
        Atom::Size { unit, count } => mend_size(edit, *unit, *count, negated, test, task),
        Atom::Owner { group, who } => mend_owner(edit, *group, who, negated, test, task),
        Atom::Age(age) => mend_age(edit, *age, negated, test, task),
        Atom::Empty if !negated && !task.subject.is_dir => {
            let tree = task.residue.ground.tree();
            let is_empty = |&node: &crate::tree::NodeId| {
                tree.own_apparent(node)
                    .is_some_and(|size| size.hi == Some(0))
            };
            // `-empty` says nothing but that nothing is lost: whoever wrote it means no data.
            task.residue.nodes.iter().all(is_empty).then_some(())
        }
        Atom::Empty | Atom::ModifiedAfter(_) | Atom::NewerThan(_) | Atom::Unknown(_) => Some(()),
    }
}

/// A name that became `*` or `ticker*`, without an extension, fits directories too, the root
/// perhaps among them: only files are meant.
fn spare_directories(edit: &mut Edit, literals: &[Literal]) {
    let is_typed = |literal: &Literal| matches!(literal.1.atom, Atom::Type(_));
    if literals.iter().any(is_typed) || !edit.add_to_open_pattern(" -type f") {
        return;
    }
    let file = Test {
        atom: Atom::Type(Types {
            file: true,
            ..Types::default()
        }),
        word: None,
    };
    edit.sweep.expr = Expr::all([edit.sweep.expr.clone(), Expr::Test(file)]);
}

fn mend_name(
    edit: &mut Edit,
    pattern: &Pattern,
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let names = task.subject.names();
    if names.iter().all(|name| pattern.matches(name) != negated) {
        return Some(());
    }
    // What is excluded by name is excluded on purpose.
    if negated {
        return None;
    }
    if date::is_key(task.rule, task.sweep, test.word) {
        return dated_path(edit, test, task);
    }
    let offer = name::offer(pattern, &names, task.residue.lives_on(pattern.source()))?;
    // Directories of any name at all, the start among them, go with everything in them.
    if task.sweep.recursive && offer.pattern.source().iter().all(|&b| b == b'*') {
        return None;
    }
    replace(edit, test.word?, &offer, pattern, task)?;
    Some(())
}

/// An expression over the whole path, whose last part is as good as a pattern of names: that, or
/// the nearest one that the names fit, takes its place.
fn mend_regex(
    edit: &mut Edit,
    regex: &Regex,
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let fits = |path: &Vec<u8>| regex.program.is_match(path) != negated;
    if task.subject.written().iter().all(fits) {
        return Some(());
    }
    // Beside what it still takes no second expression can be put that is read in the same dialect.
    if negated || task.alive {
        return None;
    }
    let word = test.word?;
    let option = &task.rule.text[task.rule.words.get(word.checked_sub(1)?)?.clone()];
    let (flags, named) = match option {
        b"-regex" => (Flags::FIND, "-name"),
        b"-iregex" => (
            Flags {
                casefold: true,
                ..Flags::FIND
            },
            "-iname",
        ),
        _ => return None,
    };
    let old = Pattern::new(&name_in_regex(&regex.source)?, flags);
    let names = task.subject.names();
    let offer = if names.iter().all(|name| old.matches(name)) {
        Offer {
            cost: 0,
            pattern: old,
        }
    } else {
        name::offer(&old, &names, task.residue.lives_on(old.source()))?
    };
    if offer.pattern.source().iter().all(|&b| b == b'*') {
        return None;
    }
    edit.cost += offer.cost + REGEX;
    edit.test(word, Some(named), quote_pattern(offer.pattern.source()));
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &Atom::Name(offer.pattern));
    Some(())
}

/// What an expression says of the last component, as a pattern: letters as they are, and a star
/// for everything else. `None`: it may be about more than one component.
fn name_in_regex(source: &[u8]) -> Option<Vec<u8>> {
    let source = source.strip_suffix(b"$").unwrap_or(source);
    let slash = source.iter().rposition(|&b| b == b'/')?;
    let (mut pattern, mut at) = (Vec::new(), slash + 1);
    let star = |pattern: &mut Vec<u8>| {
        if pattern.last() != Some(&b'*') {
            pattern.push(b'*');
        }
    };
    while let Some(&byte) = source.get(at) {
        at += 1;
        match byte {
            b'\\' => {
                let next = *source.get(at)?;
                at += 1;
                if !b".-_+*?$^[]".contains(&next) {
                    return None;
                }
                pattern.extend(escape(&[next]));
            }
            b'[' => {
                let from = at + usize::from(source.get(at) == Some(&b'^'));
                let close = source.get(from + 1..)?.iter().position(|&b| b == b']')?;
                at = from + 1 + close + 1;
                star(&mut pattern);
            }
            b'(' | b')' | b'|' | b'{' | b'}' => return None,
            b'*' | b'?' => {
                // What is repeated may be missing.
                if pattern.last() != Some(&b'*') {
                    pattern.pop();
                }
                star(&mut pattern);
            }
            b'.' | b'+' => star(&mut pattern),
            _ => pattern.push(byte),
        }
    }
    Some(pattern)
}

/// `-name "*-$(date …)*"` where the date is now a directory's: the path has it.
fn dated_path(edit: &mut Edit, test: &Test, task: &Task<'_>) -> Option<()> {
    if task.root.printed.is_some() {
        return None;
    }
    let word = test.word?;
    let key = date::key(task.rule, task.sweep, Some(word), task.subject)?;
    edit.cost += key.cost;
    edit.test(word, Some("-path"), format!("\"{}\"", key.text));
    let pattern = Pattern::new(&key.glob, Flags::FIND);
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &Atom::Path(pattern));
    Some(())
}

fn mend_path(
    edit: &mut Edit,
    pattern: &Pattern,
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let printed = task.subject.written();
    if printed.iter().all(|path| pattern.matches(path) != negated) {
        return Some(());
    }
    if negated {
        return None;
    }
    let word = test.word?;
    let offer = path_offer(pattern, printed, task)?;
    replace(edit, word, &offer, pattern, task)?;
    Some(())
}

/// Another pattern in the place of a test's, or beside it where the old one still has files.
fn replace(
    edit: &mut Edit,
    word: usize,
    offer: &Offer,
    old: &Pattern,
    task: &Task<'_>,
) -> Option<()> {
    let range = |word: usize| task.rule.words.get(word).cloned();
    let option = &task.rule.text[range(word.checked_sub(1)?)?];
    let is_path = !option.ends_with(b"name") || option == b"-wholename";
    let folds = offer.pattern.flags().casefold;
    edit.cost += offer.cost;
    let atom = |pattern: &Pattern| {
        if is_path {
            Atom::Path(pattern.clone())
        } else {
            Atom::Name(pattern.clone())
        }
    };
    let new = quote_pattern(offer.pattern.source());
    let named = match (folds, is_path) {
        (true, false) => "-iname",
        (true, true) => "-ipath",
        (false, false) => "-name",
        (false, true) => "-path",
    };
    if !task.alive {
        let option = (named.as_bytes() != option).then_some(named);
        edit.test(word, option.filter(|_| folds), new);
        edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &atom(&offer.pattern));
        return Some(());
    }
    let opening = match (old.flags().casefold, is_path) {
        (true, false) => "\\( -iname",
        (true, true) => "\\( -ipath",
        (false, false) => "\\( -name",
        (false, true) => "\\( -path",
    };
    let kept = String::from_utf8_lossy(&task.rule.text[range(word)?]).into_owned();
    edit.test(word, Some(opening), format!("{kept} -o {named} {new} \\)"));
    let test = |pattern: &Pattern| {
        Expr::Test(Test {
            atom: atom(pattern),
            word: Some(word),
        })
    };
    let both = Expr::any([test(old), test(&offer.pattern)]);
    edit.sweep.expr = logic::with_expr(&edit.sweep.expr, word, &both);
    Some(())
}

/// A path pattern keeps its folder and takes a new last part; where the folder is another one
/// now, the path that is printed.
fn path_offer(pattern: &Pattern, printed: &[Vec<u8>], task: &Task<'_>) -> Option<Offer> {
    let source = pattern.source();
    let slash = source.iter().rposition(|&b| b == b'/')?;
    let last = Pattern::new(&source[slash + 1..], pattern.flags());
    let names = task.subject.names();
    let lives_on = task.residue.lives_on(last.source());
    let offer = if names.iter().all(|name| last.matches(name)) {
        Offer {
            cost: 0,
            pattern: last,
        }
    } else {
        name::offer(&last, &names, lives_on)?
    };
    let with = |folder: &[u8], cost: u32| {
        let mut text = folder.to_vec();
        if !offer.pattern.source().starts_with(b"*") {
            text.push(b'*');
        }
        text.extend_from_slice(offer.pattern.source());
        let pattern = Pattern::new(&text, offer.pattern.flags());
        let fits = printed.iter().all(|path| pattern.matches(path));
        fits.then_some(Offer { cost, pattern })
    };
    let moved = [&escape(&join(&task.residue.root))[..], b"/"].concat();
    with(&source[..=slash], offer.cost.max(5)).or_else(|| with(&moved, offer.cost + 15))
}

/// `-type d` for what are files, and the other way round.
fn mend_type(
    edit: &mut Edit,
    types: Types,
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let holds = if task.subject.is_dir {
        types.dir
    } else {
        types.file
    };
    if holds != negated {
        return Some(());
    }
    if negated {
        return None;
    }
    let word = test.word?;
    let letter = if task.subject.is_dir { "d" } else { "f" };
    edit.cost += TYPE;
    edit.value(word, letter.to_owned());
    let only = Types {
        file: !task.subject.is_dir,
        dir: task.subject.is_dir,
        ..Types::default()
    };
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &Atom::Type(only));
    Some(())
}

/// `-size +1G` for what is smaller now: half of the least that the family has.
fn mend_size(
    edit: &mut Edit,
    unit: u64,
    count: Count,
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let tree = task.residue.ground.tree();
    let units =
        |&node: &crate::tree::NodeId| tree.own_apparent(node).map(|size| size.lo.div_ceil(unit));
    let sizes: Vec<u64> = task.residue.nodes.iter().filter_map(units).collect();
    let passing = sizes
        .iter()
        .filter(|&&size| count.admits(size) != negated)
        .count();
    // A few that fail are the usual.
    if passing * 100 >= sizes.len() * 95 {
        return Some(());
    }
    let word = test.word?;
    let text = &task.rule.text[task.rule.words.get(word)?.clone()];
    let letter: String = text
        .iter()
        .rev()
        .take_while(|b| b.is_ascii_alphabetic())
        .map(|&b| char::from(b))
        .collect();
    let (least, most) = (sizes.iter().min()?, sizes.iter().max()?);
    edit.cost += SIZE;
    let wanted = match (count, negated) {
        (Count::More(_), false) if *least > 0 => Count::More((least - 1) / 2),
        (Count::Less(_), false) => Count::Less(most.saturating_add(1).saturating_mul(2)),
        (_, true) => return None,
        _ => {
            edit.drop_test(word);
            edit.sweep.expr = logic::without_test(&edit.sweep.expr, word);
            return Some(());
        }
    };
    let (sign, n) = match wanted {
        Count::More(n) => ('+', n),
        Count::Less(n) | Count::Exactly(n) => ('-', n),
    };
    edit.value(word, format!("{sign}{n}{letter}"));
    let atom = Atom::Size {
        unit,
        count: wanted,
    };
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &atom);
    Some(())
}

/// `-user app` for what belongs to somebody else now.
fn mend_owner(
    edit: &mut Edit,
    group: bool,
    who: &[u8],
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let ground = task.residue.ground;
    let mut owners = task
        .subject
        .nodes
        .iter()
        .map(|&node| ground.owner(node, group));
    let Some(Some(first)) = owners.next() else {
        return Some(());
    };
    if first.is(who) != negated {
        return Some(());
    }
    if negated || !owners.all(|owner| owner.as_ref() == Some(&first)) {
        return None;
    }
    let word = test.word?;
    let option = String::from_utf8_lossy(
        &task.rule.text[task.rule.words.get(word.checked_sub(1)?)?.clone()],
    )
    .into_owned();
    let text = if option.ends_with("id") {
        first.id.to_string()
    } else {
        first.text()
    };
    edit.cost += OWNER;
    edit.value(word, name::quote(text.as_bytes()));
    let atom = Atom::Owner {
        group,
        who: text.into_bytes(),
    };
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &atom);
    Some(())
}

/// `-mtime +3650` bounds nothing that can be waited for.
fn mend_age(
    edit: &mut Edit,
    age: AgeTest,
    negated: bool,
    test: &Test,
    task: &Task<'_>,
) -> Option<()> {
    let Some(patience) = task.residue.patience else {
        return Some(());
    };
    if negated || age.at_least <= patience {
        return Some(());
    }
    if task.rule.format == Format::Tmpfiles {
        return mend_line_age(edit, patience, task);
    }
    let word = test.word?;
    let option = &task.rule.text[task.rule.words.get(word.checked_sub(1)?)?.clone()];
    let day = DAY as i64;
    let (n, at_least) = if option.ends_with(b"time") {
        let days = (patience / day - 1).max(0);
        (days, (days + 1) * day)
    } else if option.ends_with(b"min") {
        (patience / 60, patience / 60 * 60)
    } else {
        return None;
    };
    edit.cost += AGE;
    edit.value(word, format!("+{n}"));
    let atom = Atom::Age(AgeTest { at_least, ..age });
    edit.sweep.expr = logic::with_test(&edit.sweep.expr, word, &atom);
    Some(())
}

/// The age of a line of tmpfiles.d, which all of its stamps are compared with.
fn mend_line_age(edit: &mut Edit, patience: i64, task: &Task<'_>) -> Option<()> {
    const FIELD: usize = 5;
    let day = DAY as i64;
    let days = (patience / day).max(1);
    let expr = with_ages(&edit.sweep.expr, days * day + 1);
    // Of several stamps the first one has mended the line.
    if expr == edit.sweep.expr {
        return Some(());
    }
    let text = &task.rule.text[task.rule.words.get(FIELD)?.clone()];
    let is_prefix = |b: &u8| b"~abcmABCM:".contains(b);
    let letters = text.iter().position(|&b| b == b':').map_or_else(
        || text.iter().take_while(|&&b| b == b'~').count(),
        |colon| colon + 1,
    );
    let prefix = text.get(..letters).filter(|p| p.iter().all(is_prefix))?;
    edit.cost += AGE;
    edit.word(FIELD, format!("{}{days}d", String::from_utf8_lossy(prefix)));
    edit.sweep.expr = expr;
    Some(())
}

/// A condition with every age that is higher cut to this.
fn with_ages(expr: &Expr, most: i64) -> Expr {
    let all = |parts: &[Expr]| parts.iter().map(|part| with_ages(part, most)).collect();
    match expr {
        Expr::Test(Test {
            atom: Atom::Age(age),
            word,
        }) => {
            let at_least = age.at_least.min(most);
            Expr::Test(Test {
                atom: Atom::Age(AgeTest { at_least, ..*age }),
                word: *word,
            })
        }
        Expr::Const(_) | Expr::Test(_) => expr.clone(),
        Expr::Not(inner) => Expr::Not(Box::new(with_ages(inner, most))),
        Expr::All(parts) => Expr::All(all(parts)),
        Expr::Any(parts) => Expr::Any(all(parts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_part_of_an_expression_is_a_pattern() {
        for (regex, pattern) in [
            (r"/data/ticker-[0-9]+\.csv", Some("ticker-*.csv")),
            (r".*/ticker.*\.csv$", Some("ticker*.csv")),
            (r".*/[^/]*\.csv", Some("*.csv")),
            (r".*/ab?c", Some("a*c")),
            (r".*/\(a\|b\)", None),
            (r".*\.csv", None),
        ] {
            let found = name_in_regex(regex.as_bytes());
            let found = found.map(|p| String::from_utf8(p).unwrap());
            assert_eq!(found.as_deref(), pattern, "{regex}");
        }
    }
}
