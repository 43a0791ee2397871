//! GNU `find`: arguments → what it would delete.
//!
//! The command is parsed as find does (`,` < `-o` < juxtaposition < `!`), then turned into the
//! condition under which an entry *reaches* a deleting action: in `A -o B -delete` the entries
//! that fail `A` and meet `B`. Semantics after the findutils 4.9 manual, each checked against the
//! program by the differential test in `tests`.
//!
//! Limits: parentheses nest 64 deep at most; `-newermt` understands dates and spans such as `7 days ago`, nothing more.

use crate::rules::expand::Arg;
use crate::rules::glob::{Flags, Pattern};
use crate::rules::model::{AgeTest, Atom, Count, Expr, Stamp, Sweep, Test, Tri, Types};
use crate::rules::phrase;

const DAY: i64 = 86_400;
const MAX_NESTING: u32 = 64;

/// What a `find` command does.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Where it starts: the arguments, in order.
    pub(super) starts: Vec<Arg>,
    /// What its own actions delete.
    pub(super) deletes: Vec<Sweep>,
    /// What it prints, for a pipeline; without roots.
    pub(super) prints: Option<Sweep>,
    /// Why it refuses to run.
    pub(super) broken: Option<String>,
    /// Why it deletes less than it seems to.
    pub(super) flawed: Option<String>,
    /// What makes it delete more than it seems to.
    pub(super) dangerous: Option<String>,
    /// Parts that were passed over.
    pub(super) passed_over: Vec<String>,
    /// Whether a symbolic link given as a start is entered.
    pub(super) follows_starts: bool,
}

/// Reads the arguments after `find`.
pub(super) fn parse(args: &[Arg]) -> Found {
    let mut parser = Parser {
        args,
        at: 0,
        nesting: 0,
        found: Found::default(),
        options: Options::default(),
    };
    parser.leading_options();
    parser.starts();
    let expr = parser.expression();
    parser.finish(expr)
}

struct Parser<'a> {
    args: &'a [Arg],
    at: usize,
    nesting: u32,
    found: Found,
    options: Options,
}

#[derive(Default)]
struct Options {
    max_depth: Option<(u32, Option<usize>)>,
    min_depth: Option<(u32, Option<usize>)>,
    one_fs: bool,
    follows: bool,
    depth_first: bool,
    from_day_end: bool,
    posix_regex: bool,
    prunes: bool,
}

/// The expression as written, actions included.
#[derive(Clone, Debug)]
enum Node {
    Test(Test),
    Unknown(String),
    True,
    Action(Action),
    Not(Box<Self>),
    And(Vec<Self>),
    Or(Vec<Self>),
    Comma(Vec<Self>),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Action {
    Delete,
    Remove { recursive: bool },
    Print,
    Prune,
    Quit,
    Other(String),
}

impl Action {
    /// Whether it keeps `find` from printing by itself.
    fn replaces_print(&self) -> bool {
        !matches!(self, Self::Prune | Self::Quit)
    }
}

impl Parser<'_> {
    fn peek(&self) -> Option<Vec<u8>> {
        self.args.get(self.at).map(Arg::text)
    }

    fn next(&mut self) -> Option<&Arg> {
        let arg = self.args.get(self.at)?;
        self.at += 1;
        Some(arg)
    }

    fn break_with(&mut self, why: impl Into<String>) {
        if self.found.broken.is_none() {
            self.found.broken = Some(why.into());
        }
        self.at = self.args.len();
    }

    fn leading_options(&mut self) {
        while let Some(word) = self.peek() {
            match word.as_slice() {
                b"-P" => self.options.follows = false,
                b"-L" => self.options.follows = true,
                b"-H" => self.found.follows_starts = true,
                b"-D" => self.at += 1,
                b"--" => {}
                w if w.starts_with(b"-O") => {}
                _ => return,
            }
            self.at += 1;
        }
    }

    fn starts(&mut self) {
        while let Some(word) = self.peek() {
            let is_expression = matches!(word.as_slice(), b"(" | b")" | b"!" | b",")
                || (word.len() > 1 && word[0] == b'-');
            if is_expression {
                return;
            }
            if let Some(arg) = self.next().cloned() {
                self.found.starts.push(arg);
            }
        }
    }

    fn expression(&mut self) -> Node {
        if self.at == self.args.len() {
            return Node::True;
        }
        let node = self.comma();
        if self.at < self.args.len() {
            self.break_with("find refuses it: there is a `)` too many");
        }
        node
    }

    fn comma(&mut self) -> Node {
        let mut parts = vec![self.or()];
        while self.peek().as_deref() == Some(b",") {
            self.at += 1;
            parts.push(self.or());
        }
        one_or(parts, Node::Comma)
    }

    fn or(&mut self) -> Node {
        let mut parts = vec![self.and()];
        while matches!(self.peek().as_deref(), Some(b"-o" | b"-or")) {
            self.at += 1;
            parts.push(self.and());
        }
        one_or(parts, Node::Or)
    }

    fn and(&mut self) -> Node {
        let mut parts = Vec::new();
        loop {
            match self.peek().as_deref() {
                None | Some(b")" | b"," | b"-o" | b"-or") => break,
                Some(b"-a" | b"-and") if !parts.is_empty() => self.at += 1,
                _ => {}
            }
            parts.push(self.not());
        }
        if parts.is_empty() {
            self.break_with("find refuses it: an operand is missing");
        }
        one_or(parts, Node::And)
    }

    fn not(&mut self) -> Node {
        let mut negated = false;
        while matches!(self.peek().as_deref(), Some(b"!" | b"-not")) {
            self.at += 1;
            negated = !negated;
        }
        let node = if self.peek().as_deref() == Some(b"(") {
            self.parenthesized()
        } else {
            self.primary()
        };
        if negated {
            Node::Not(Box::new(node))
        } else {
            node
        }
    }

    fn parenthesized(&mut self) -> Node {
        self.at += 1;
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            self.found
                .passed_over
                .push("parentheses nested too deeply".to_owned());
            self.at = self.args.len();
            return Node::Unknown("( … )".to_owned());
        }
        let node = self.comma();
        self.nesting -= 1;
        if self.peek().as_deref() == Some(b")") {
            self.at += 1;
        } else {
            self.break_with("find refuses it: a `(` is not closed");
        }
        node
    }

    fn primary(&mut self) -> Node {
        let Some(word) = self.next().map(Arg::text) else {
            self.break_with("find refuses it: an operand is missing");
            return Node::True;
        };
        if let Some(node) = self.option(&word) {
            return node;
        }
        if let Some(node) = self.action(&word) {
            return node;
        }
        match word.as_slice() {
            b"-true" => Node::True,
            b"-false" => Node::Not(Box::new(Node::True)),
            b"-empty" => self.test(Atom::Empty, None),
            b"-nouser" | b"-nogroup" | b"-readable" | b"-writable" | b"-executable" => {
                Node::Unknown(lossy(&word))
            }
            w if w.starts_with(b"-") => self.valued_test(&word),
            _ => {
                self.break_with(format!(
                    "find refuses it: `{}` is not an expression (an unquoted pattern that the shell expanded, or a path after the tests?)",
                    lossy(&word)
                ));
                Node::True
            }
        }
    }

    /// Options stand among the tests, are true, and hold for the whole command.
    fn option(&mut self, word: &[u8]) -> Option<Node> {
        match word {
            b"-depth" | b"-d" => self.options.depth_first = true,
            b"-xdev" | b"-mount" => self.options.one_fs = true,
            b"-follow" => self.options.follows = true,
            b"-daystart" => self.options.from_day_end = true,
            b"-warn"
            | b"-nowarn"
            | b"-noleaf"
            | b"-ignore_readdir_race"
            | b"-noignore_readdir_race" => {}
            b"-maxdepth" | b"-mindepth" => {
                let index = self.at;
                let value = self.value(word)?;
                let depth = std::str::from_utf8(&value)
                    .ok()
                    .and_then(|v| v.parse().ok());
                match depth {
                    Some(depth) => {
                        let said = Some((depth, self.args[index].word));
                        if word == b"-maxdepth" {
                            self.options.max_depth = said;
                        } else {
                            self.options.min_depth = said;
                        }
                    }
                    None if self.args[index].is_known() => self.break_with(format!(
                        "find refuses it: `{}` takes a number, not `{}`",
                        lossy(word),
                        lossy(&value)
                    )),
                    None => return Some(Node::Unknown(lossy(word))),
                }
            }
            b"-regextype" => {
                let kind = self.value(word)?;
                self.options.posix_regex = !matches!(
                    kind.as_slice(),
                    b"emacs" | b"findutils-default" | b"posix-basic" | b"grep" | b"ed" | b"sed"
                );
            }
            _ => return None,
        }
        Some(Node::True)
    }

    fn action(&mut self, word: &[u8]) -> Option<Node> {
        let action = match word {
            b"-delete" => Action::Delete,
            b"-print" | b"-print0" | b"-ls" => Action::Print,
            b"-printf" => {
                self.value(word)?;
                Action::Print
            }
            b"-fprint" | b"-fprint0" | b"-fls" => {
                self.value(word)?;
                Action::Other(lossy(word))
            }
            b"-fprintf" => {
                self.value(word)?;
                self.value(word)?;
                Action::Other(lossy(word))
            }
            b"-prune" => Action::Prune,
            b"-quit" => Action::Quit,
            b"-exec" | b"-execdir" | b"-ok" | b"-okdir" => self.exec(word),
            _ => return None,
        };
        if action == Action::Prune {
            self.options.prunes = true;
        }
        // Of what cannot be known to fail, `-fprint` and its like go on; a command may not.
        Some(Node::Action(action))
    }

    fn exec(&mut self, word: &[u8]) -> Action {
        let start = self.at;
        let mut end = None;
        while let Some(arg) = self.next().map(Arg::text) {
            let last = self.at - 1;
            let after_braces = last > start && self.args[last - 1].text() == b"{}";
            if arg == b";" || (arg == b"+" && after_braces) {
                end = Some(last);
                break;
            }
        }
        let Some(end) = end else {
            self.break_with(format!(
                "find refuses it: `{}` is not closed by `\\;` or `{{}} +`",
                lossy(word)
            ));
            return Action::Other(lossy(word));
        };
        let command: Vec<Vec<u8>> = self.args[start..end].iter().map(Arg::text).collect();
        match phrase::removal(&command) {
            Some(recursive) => Action::Remove { recursive },
            None => {
                let text = command
                    .iter()
                    .map(|w| lossy(w))
                    .collect::<Vec<_>>()
                    .join(" ");
                if phrase::seems_to_delete(&command) {
                    self.found.passed_over.push(format!("the command `{text}`"));
                    return Action::Remove { recursive: false };
                }
                Action::Other(text)
            }
        }
    }

    fn value(&mut self, word: &[u8]) -> Option<Vec<u8>> {
        let value = self.next().map(Arg::text);
        if value.is_none() {
            self.break_with(format!(
                "find refuses it: `{}` takes an argument",
                lossy(word)
            ));
        }
        value
    }

    fn test(&self, atom: Atom, index: Option<usize>) -> Node {
        Node::Test(Test {
            atom,
            word: index.and_then(|i| self.args[i].word),
        })
    }

    fn valued_test(&mut self, word: &[u8]) -> Node {
        let index = self.at;
        let Some(value) = self.value(word) else {
            return Node::True;
        };
        let said = || format!("{} {}", lossy(word), lossy(&value));
        let arg = &self.args[index];
        if !arg.is_known() {
            let is_dated = arg.hole().is_some_and(|hole| hole.date.is_some());
            if !is_dated {
                self.found
                    .passed_over
                    .push(format!("the value in `{}`", said()));
            }
            let arg = &self.args[index];
            let said = || format!("{} {}", lossy(word), lossy(&arg.text()));
            return match self.unknown_value(word, index) {
                Some(atom) => self.dated(self.test(atom, Some(index)), index),
                None => Node::Unknown(said()),
            };
        }
        match self.atom(word, &value) {
            Ok(Some(atom)) => self.test(atom, Some(index)),
            Ok(None) => Node::Unknown(said()),
            Err(why) => {
                self.break_with(format!("find refuses it: `{}`: {why}", said()));
                Node::True
            }
        }
    }

    /// A name with a date in it that is reckoned from now is that of files of one age.
    fn dated(&self, test: Node, index: usize) -> Node {
        let date = self.args[index].hole().and_then(|hole| hole.date.as_ref());
        match date.filter(|(_, ago)| *ago > 0) {
            Some(&(_, ago)) => {
                let age = AgeTest {
                    stamp: Stamp::Modified,
                    at_least: ago,
                    below: i64::MAX,
                    from_day_end: false,
                };
                Node::And(vec![test, self.test(Atom::Age(age), None)])
            }
            None => test,
        }
    }

    /// A test whose value has parts that are not known: a time could still become true.
    fn unknown_value(&self, word: &[u8], index: usize) -> Option<Atom> {
        match word {
            b"-mtime" | b"-mmin" | b"-atime" | b"-amin" | b"-ctime" | b"-cmin" | b"-newermt" => {
                Some(Atom::Age(AgeTest {
                    stamp: Stamp::Other,
                    at_least: i64::MIN,
                    below: i64::MAX,
                    from_day_end: false,
                }))
            }
            b"-name" | b"-iname" => self.args[index].dated_pattern().map(|dated| {
                Atom::Name(Pattern::new(
                    &dated,
                    Flags {
                        casefold: word == b"-iname",
                        ..Flags::FIND
                    },
                ))
            }),
            _ => None,
        }
    }

    fn atom(&self, word: &[u8], value: &[u8]) -> Result<Option<Atom>, String> {
        let insensitive = Flags {
            casefold: true,
            ..Flags::FIND
        };
        let age = |stamp, unit, whole_units| self.age(value, stamp, unit, whole_units).map(Some);
        match word {
            b"-name" => Ok(Some(Atom::Name(Pattern::new(value, Flags::FIND)))),
            b"-iname" => Ok(Some(Atom::Name(Pattern::new(value, insensitive)))),
            b"-path" | b"-wholename" => Ok(Some(Atom::Path(Pattern::new(value, Flags::FIND)))),
            b"-ipath" | b"-iwholename" => Ok(Some(Atom::Path(Pattern::new(value, insensitive)))),
            b"-regex" | b"-iregex" => {
                super::regex::compile(value, self.options.posix_regex, word == b"-iregex")
                    .map(|regex| Some(Atom::Regex(regex)))
            }
            b"-type" => types(value).map(|types| Some(Atom::Type(types))),
            b"-mtime" => age(Stamp::Modified, DAY, true),
            b"-atime" => age(Stamp::Accessed, DAY, true),
            b"-ctime" => age(Stamp::Changed, DAY, true),
            b"-mmin" => age(Stamp::Modified, 60, false),
            b"-amin" => age(Stamp::Accessed, 60, false),
            b"-cmin" => age(Stamp::Changed, 60, false),
            b"-newer" | b"-newermm" => Ok(Some(Atom::NewerThan(value.to_vec()))),
            b"-newermt" => Ok(newer_than_text(value)),
            b"-size" => size(value).map(Some),
            b"-user" | b"-group" | b"-uid" | b"-gid" | b"-perm" | b"-links" | b"-inum"
            | b"-samefile" | b"-fstype" | b"-lname" | b"-ilname" | b"-used" | b"-xtype"
            | b"-anewer" | b"-cnewer" | b"-context" => Ok(None),
            w if w.starts_with(b"-newer") => Ok(None),
            _ => Err("there is no such test".to_owned()),
        }
    }

    /// `+N` is more than N whole units, `-N` less, `N` just that many: for days the age is cut to
    /// whole days first, so `+7` begins at eight; minutes are compared as they are.
    fn age(&self, value: &[u8], stamp: Stamp, unit: i64, whole: bool) -> Result<Atom, String> {
        let text = std::str::from_utf8(value).map_err(|_| "it takes a number".to_owned())?;
        let (sign, number) = match text.as_bytes().first() {
            Some(b'+') => (1, &text[1..]),
            Some(b'-') => (-1, &text[1..]),
            _ => (0, text),
        };
        let seconds = scaled(number, unit).ok_or("it takes a number")?;
        let up = |s: i64| s.saturating_add(unit);
        // Now is later than its whole second, so a stamp of whole seconds is strictly older.
        let (at_least, below) = match (sign, whole) {
            (1, true) => (up(seconds), i64::MAX),
            (1, false) => (seconds, i64::MAX),
            (-1, _) => (i64::MIN, seconds),
            (_, true) => (seconds, up(seconds)),
            (_, false) => (seconds.saturating_sub(unit), seconds),
        };
        Ok(Atom::Age(AgeTest {
            stamp,
            at_least,
            below,
            from_day_end: self.options.from_day_end,
        }))
    }

    fn finish(mut self, expr: Node) -> Found {
        let deletes_itself = mentions(&expr, &|a| *a == Action::Delete);
        if self.options.prunes && deletes_itself && !self.options.depth_first {
            self.break_with(
                "find refuses it: -delete turns on -depth, with which -prune does nothing",
            );
        }
        self.warn(&expr);
        let prune = (!self.options.depth_first && !deletes_itself)
            .then(|| reach(&expr, &|a| *a == Action::Prune))
            .filter(|expr| *expr != Expr::FALSE);
        let sweep = |expr: Expr, recursive: bool| self.sweep(expr, &prune, recursive);
        let mut deletes = Vec::new();
        let own = reach(&expr, &|a| *a == Action::Delete);
        if own != Expr::FALSE {
            deletes.push(sweep(own, false));
        }
        for recursive in [false, true] {
            let removed = reach(&expr, &|a| *a == Action::Remove { recursive });
            if removed == Expr::FALSE {
                continue;
            }
            let removed = if recursive {
                removed
            } else {
                Expr::all([removed, not_a_directory()])
            };
            deletes.push(sweep(removed, recursive));
        }
        let prints = if mentions(&expr, &Action::replaces_print) {
            reach(&expr, &|a| *a == Action::Print)
        } else {
            truth(&expr)
        };
        let prints = (prints != Expr::FALSE).then(|| sweep(prints, false));
        self.found.deletes = deletes;
        self.found.prints = prints;
        let means_to = |a: &Action| matches!(a, Action::Delete | Action::Remove { .. });
        if self.found.deletes.is_empty() && mentions(&expr, &means_to) {
            self.break_with("no entry ever comes to its deleting action");
        }
        self.found
    }

    fn sweep(&self, expr: Expr, prune: &Option<Expr>, recursive: bool) -> Sweep {
        Sweep {
            roots: Vec::new(),
            min_depth: self.options.min_depth.map_or(0, |(depth, _)| depth),
            max_depth: self.options.max_depth.map_or(u32::MAX, |(depth, _)| depth),
            max_depth_word: self.options.max_depth.and_then(|(_, word)| word),
            min_depth_word: self.options.min_depth.and_then(|(_, word)| word),
            one_fs: self.options.one_fs,
            follows: self.options.follows,
            expr,
            prune: prune.clone(),
            recursive,
            keep_newest: None,
        }
    }

    /// `-name 'a*' -o -name 'ab*' -mtime +7 -delete`: the action is the last branch's alone. One
    /// name left out of a deletion of others is an idiom; two of a kind are a mistake.
    fn warn_of_precedence(&mut self, branches: &[Node]) {
        let means_to = |a: &Action| matches!(a, Action::Delete | Action::Remove { .. });
        let Some((last, others)) = branches.split_last() else {
            return;
        };
        let Some(taken) = name_tested(last).filter(|_| mentions(last, &means_to)) else {
            return;
        };
        let is_meant = others.iter().any(|branch| {
            let spared = name_tested(branch).filter(|_| !mentions(branch, &|_| true));
            spared.is_some_and(|spared| are_of_a_kind(spared, taken))
        });
        if is_meant {
            self.found.flawed = Some(
                "`-o` binds more loosely than the tests beside it: what deletes belongs to the last alternative only (put the alternatives in `\\( … \\)`)"
                    .to_owned(),
            );
        }
    }

    /// What find does without complaint, and nobody means.
    fn warn(&mut self, expr: &Node) {
        if let Node::Or(branches) = expr {
            self.warn_of_precedence(branches);
        }
        let Node::And(parts) = expr else { return };
        let is_test = |node: &Node| matches!(node, Node::Test(_) | Node::Unknown(_) | Node::Not(_));
        let Some(delete) = parts
            .iter()
            .position(|part| matches!(part, Node::Action(Action::Delete)))
        else {
            return;
        };
        if !parts[..delete].iter().any(is_test) && parts[delete..].iter().any(is_test) {
            self.found.dangerous =
                Some("-delete stands before the tests, so everything below goes".to_owned());
        }
    }
}

fn one_or(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match parts.len() {
        0 => Node::True,
        1 => parts.remove(0),
        _ => many(parts),
    }
}

fn not_a_directory() -> Expr {
    Expr::Test(Test {
        atom: Atom::Type(Types {
            dir: true,
            ..Types::default()
        }),
        word: None,
    })
    .negated()
}

/// Whether some action of this kind stands in the expression.
fn mentions(node: &Node, wanted: &dyn Fn(&Action) -> bool) -> bool {
    match node {
        Node::Action(action) => wanted(action),
        Node::Not(inner) => mentions(inner, wanted),
        Node::And(parts) | Node::Or(parts) | Node::Comma(parts) => {
            parts.iter().any(|part| mentions(part, wanted))
        }
        Node::Test(_) | Node::Unknown(_) | Node::True => false,
    }
}

/// The value of an expression for an entry.
fn truth(node: &Node) -> Expr {
    match node {
        Node::Test(test) => Expr::Test(test.clone()),
        Node::Unknown(text) => Expr::Test(Test {
            atom: Atom::Unknown(text.clone()),
            word: None,
        }),
        Node::True => Expr::TRUE,
        Node::Action(Action::Other(text)) if !text.starts_with('-') => Expr::Test(Test {
            atom: Atom::Unknown(text.clone()),
            word: None,
        }),
        Node::Action(Action::Quit) => Expr::Const(Tri::Unknown),
        Node::Action(_) => Expr::TRUE,
        Node::Not(inner) => truth(inner).negated(),
        Node::And(parts) => Expr::all(parts.iter().map(truth)),
        Node::Or(parts) => Expr::any(parts.iter().map(truth)),
        Node::Comma(parts) => parts.last().map_or(Expr::TRUE, truth),
    }
}

/// The condition under which an entry reaches an action of this kind.
fn reach(node: &Node, wanted: &dyn Fn(&Action) -> bool) -> Expr {
    match node {
        Node::Action(action) if wanted(action) => Expr::TRUE,
        Node::Test(_) | Node::Unknown(_) | Node::True | Node::Action(_) => Expr::FALSE,
        Node::Not(inner) => reach(inner, wanted),
        Node::Comma(parts) => Expr::any(parts.iter().map(|part| reach(part, wanted))),
        Node::And(parts) => in_turn(parts, wanted, truth),
        Node::Or(parts) => in_turn(parts, wanted, |part| truth(part).negated()),
    }
}

/// Each part is come to only when those before it let it.
fn in_turn(
    parts: &[Node],
    wanted: &dyn Fn(&Action) -> bool,
    passes: impl Fn(&Node) -> Expr,
) -> Expr {
    let mut before: Vec<Expr> = Vec::new();
    let mut reached = Vec::new();
    for part in parts {
        let here = reach(part, wanted);
        if here != Expr::FALSE {
            reached.push(Expr::all(before.iter().cloned().chain([here])));
        }
        before.push(passes(part));
    }
    Expr::any(reached)
}

fn types(value: &[u8]) -> Result<Types, String> {
    let mut types = Types::default();
    for letter in value.split(|&b| b == b',') {
        match letter {
            b"f" => types.file = true,
            b"d" => types.dir = true,
            b"l" => types.symlink = true,
            b"b" | b"c" | b"p" | b"s" | b"D" => types.other = true,
            _ => return Err("the kinds are f d l b c p s".to_owned()),
        }
    }
    Ok(types)
}

fn size(value: &[u8]) -> Result<Atom, String> {
    let fail = || "it takes a number and one of c w b k M G".to_owned();
    let text = std::str::from_utf8(value).map_err(|_| fail())?;
    let digits = text.trim_start_matches(['+', '-']);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let unit = match &digits[end..] {
        "c" => 1,
        "w" => 2,
        "" | "b" => 512,
        "k" => 1 << 10,
        "M" => 1 << 20,
        "G" => 1 << 30,
        _ => return Err(fail()),
    };
    let n = digits[..end].parse().map_err(|_| fail())?;
    let count = match text.as_bytes().first() {
        Some(b'+') => Count::More(n),
        Some(b'-') => Count::Less(n),
        _ => Count::Exactly(n),
    };
    Ok(Atom::Size { unit, count })
}

/// The pattern of the name that a branch of an `-o` asks for.
fn name_tested(branch: &Node) -> Option<&Pattern> {
    match branch {
        Node::Test(Test {
            atom: Atom::Name(pattern),
            ..
        }) => Some(pattern),
        Node::And(parts) => parts.iter().find_map(name_tested),
        _ => None,
    }
}

/// Whether two patterns begin with the same word, or both with a wildcard.
fn are_of_a_kind(a: &Pattern, b: &Pattern) -> bool {
    let (a, b) = (a.prefix(), b.prefix());
    let shared = a.iter().zip(&b).take_while(|(x, y)| x == y).count();
    shared >= 3 || (a.is_empty() && b.is_empty())
}

/// A decimal number times a unit, cut to whole seconds.
fn scaled(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if number.is_empty() || number == "." || !digits(whole) || !digits(fraction) {
        return None;
    }
    let whole: i64 = if whole.is_empty() {
        0
    } else {
        whole.parse().unwrap_or(i64::MAX)
    };
    let fraction = &fraction[..fraction.len().min(9)];
    let scale = 10i64.pow(u32::try_from(fraction.len()).ok()?);
    let part = if fraction.is_empty() {
        0
    } else {
        fraction.parse::<i64>().ok()?.saturating_mul(unit) / scale
    };
    Some(whole.saturating_mul(unit).saturating_add(part))
}

/// `-newermt TEXT`: a date is a fixed moment, a span moves along with now.
fn newer_than_text(value: &[u8]) -> Option<Atom> {
    match phrase::moment(std::str::from_utf8(value).ok()?)? {
        phrase::Moment::At(time) => Some(Atom::ModifiedAfter(time)),
        phrase::Moment::Ago(seconds) => Some(Atom::Age(AgeTest {
            stamp: Stamp::Modified,
            at_least: i64::MIN,
            below: seconds,
            from_day_end: false,
        })),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
