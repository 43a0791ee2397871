//! GNU `find`: arguments → what it would delete.
//!
//! The command is parsed as find does (`,` < `-o` < juxtaposition < `!`), then turned into the
//! condition under which an entry *reaches* a deleting action: in `A -o B -delete` the entries
//! that fail `A` and meet `B`. Semantics after the findutils 4.9 manual, each checked against the
//! program by the differential test in `tests`.
//!
//! Limits: parentheses nest 64 deep at most; `-newermt` understands dates and spans such as `7 days ago`, nothing more.

mod reach;
mod values;

use crate::rules::expand::{Arg, Hole};
use crate::rules::model::{AgeTest, Atom, Stamp, Sweep, Test, Types};
use crate::rules::phrase::{self, Fate};

const DAY: i64 = 86_400;
const MAX_NESTING: u32 = 64;

/// What a `find` command does.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    /// Where it starts: the arguments, in order.
    pub(super) starts: Vec<Arg>,
    /// What its own actions delete.
    pub(super) deletes: Vec<Sweep>,
    /// What its own actions only pack or move, and why that is no deletion.
    pub(super) shelves: Vec<(Sweep, &'static str)>,
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
    regex: RegexType,
    prunes: bool,
    /// An action that asks somebody first.
    asks: bool,
    /// An end after the first entry that comes to it.
    quits: bool,
}

/// The dialect of the regular expressions that follow.
#[derive(Clone, Copy, Default)]
enum RegexType {
    #[default]
    Emacs,
    Findutils,
    Basic,
    Extended,
    /// One that is not told apart here.
    Other,
}

impl RegexType {
    fn named(name: &[u8]) -> Option<Self> {
        match name {
            b"emacs" => Some(Self::Emacs),
            b"findutils-default" => Some(Self::Findutils),
            b"posix-basic" | b"grep" | b"ed" | b"sed" => Some(Self::Basic),
            b"posix-extended" | b"posix-egrep" | b"egrep" => Some(Self::Extended),
            b"posix-awk" | b"awk" | b"gnu-awk" | b"posix-minimal-basic" => Some(Self::Other),
            _ => None,
        }
    }
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
    /// A command that does this to what it is given.
    Remove(Fate),
    Print,
    Prune,
    Quit,
    /// A question that nobody is there to answer: false, and nothing is done.
    Declined,
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
        if let Some(hole) = self.args[self.at - 1].hole()
            && !word.starts_with(b"-")
        {
            let text = hole.text.clone();
            self.found.passed_over.push(format!("what `{text}` adds"));
            return Node::Unknown(text);
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
                match RegexType::named(&kind) {
                    Some(named) => self.options.regex = named,
                    None => self.break_with(format!(
                        "find refuses it: there is no `-regextype {}`",
                        lossy(&kind)
                    )),
                }
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
            b"-exec" | b"-execdir" => self.exec(word),
            b"-ok" | b"-okdir" => {
                self.options.asks = true;
                self.exec(word);
                Action::Declined
            }
            _ => return None,
        };
        match action {
            Action::Prune => self.options.prunes = true,
            Action::Quit => self.options.quits = true,
            _ => {}
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
            Some(fate) => Action::Remove(fate),
            None => {
                let text = command
                    .iter()
                    .map(|w| lossy(w))
                    .collect::<Vec<_>>()
                    .join(" ");
                if phrase::seems_to_delete(&command) {
                    self.found.passed_over.push(format!("the command `{text}`"));
                    return Action::Remove(Fate::Files);
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
            let is_dated = arg.dated_pattern().is_some();
            if !is_dated {
                self.found
                    .passed_over
                    .push(format!("the value in `{}`", said()));
            }
            let arg = &self.args[index];
            let said = || format!("{} {}", lossy(word), lossy(&arg.text()));
            return match self.unknown_value(word, index) {
                // An age that is not known is one that every file comes to.
                Some(atom @ Atom::Age(_)) => self.test(atom, Some(index)),
                Some(atom) if is_dated => self.dated(self.test(atom, Some(index)), index),
                Some(atom) => Node::And(vec![self.test(atom, Some(index)), Node::Unknown(said())]),
                None => Node::Unknown(said()),
            };
        }
        match self.atom(word, &value) {
            Ok(Some(Atom::Type(types))) if types.other && !values::is_every_other(&value) => {
                self.partly_other(types, index, said())
            }
            Ok(Some(atom)) => self.test(atom, Some(index)),
            Ok(None) => Node::Unknown(said()),
            Err(why) => {
                self.break_with(format!("find refuses it: `{}`: {why}", said()));
                Node::True
            }
        }
    }

    /// `-type p`: a tree has one word for pipes, sockets and devices.
    fn partly_other(&self, types: Types, index: usize, said: String) -> Node {
        let known = Types {
            other: false,
            ..types
        };
        let other = Types {
            other: true,
            ..Types::default()
        };
        Node::Or(vec![
            self.test(Atom::Type(known), Some(index)),
            Node::And(vec![
                self.test(Atom::Type(other), Some(index)),
                Node::Unknown(said),
            ]),
        ])
    }

    /// A name with a date in it that is reckoned from now is that of files of one age.
    fn dated(&self, test: Node, index: usize) -> Node {
        let date = self.args[index].hole().and_then(Hole::date);
        match date.filter(|(_, ago)| *ago > 0) {
            Some((_, ago)) => {
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
}

fn one_or(mut parts: Vec<Node>, many: fn(Vec<Node>) -> Node) -> Node {
    match parts.len() {
        0 => Node::True,
        1 => parts.remove(0),
        _ => many(parts),
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
