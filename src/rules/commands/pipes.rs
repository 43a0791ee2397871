//! Pipelines whose last stage removes what the first one names, and what the others leave of it:
//! `find … | xargs rm`, `ls -t | tail -n +8 | xargs rm`, `rm $(ls -t … | tail -n +8)`.

use std::ops::Range;
use std::sync::Arc;

use super::{Source, Walker, read_names, texts, unwrapped};
use crate::rules::expand::Arg;
use crate::rules::find::{self, Found};
use crate::rules::glob::{Flags, Pattern};
use crate::rules::model::{Atom, Expr, Newest, Stamp, Sweep, Test, Tri, Types};
use crate::rules::paths;
use crate::rules::phrase;
use crate::rules::shell::{self, Node, PieceKind, Simple, Word};

/// What a pipeline names, before anything is done with it.
struct Named {
    found: Found,
    sweep: Sweep,
    order: Option<Order>,
}

/// How the lines of a pipeline are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Order {
    by: Stamp,
    /// `None`: not sorted at all.
    newest_first: Option<bool>,
}

/// What a stage in the middle does to the lines.
enum Stage {
    /// Nothing that matters here.
    Same,
    Sorted(bool),
    /// Leaves out the first or the last so many lines.
    Spares {
        first: bool,
        count: u64,
    },
    Filter(String),
}

impl Walker<'_> {
    /// `find … | xargs rm`, `find … | while read f; do rm "$f"; done`.
    pub(super) fn piped_removal(&mut self, stages: &[Node], span: &Range<usize>) -> bool {
        let (Some(Node::Simple(first)), Some(last)) = (stages.first(), stages.last()) else {
            return false;
        };
        let Some(recursive) = self.consumer(last) else {
            return false;
        };
        self.named_removal(first, &stages[1..stages.len() - 1], recursive, span)
    }

    /// `rm $(…)` and `for f in $(…); do rm "$f"; done`, when the word is that and nothing else.
    pub(super) fn substituted_removal(&mut self, word: &Word, recursive: bool) -> bool {
        let [piece] = word.pieces.as_slice() else {
            return false;
        };
        let PieceKind::Command(text) = &piece.kind else {
            return false;
        };
        let script = shell::parse(text);
        let stages: &[Node] = match script.commands.as_slice() {
            [
                Node::Pipeline {
                    stages,
                    negated: false,
                    ..
                },
            ] => stages,
            one @ [Node::Simple(_)] => one,
            _ => return false,
        };
        let Some(Node::Simple(first)) = stages.first() else {
            return false;
        };
        let start = self.source.text[..word.span.end]
            .windows(text.len().max(1))
            .rposition(|window| window == text.as_slice());
        let inner = Source {
            text: Arc::from(text.as_slice()),
            first_line: self.source.line(start.unwrap_or(word.span.start)),
            ..self.source.clone()
        };
        let outside = std::mem::replace(&mut self.source, inner);
        let named = self.named_removal(first, &stages[1..], recursive, &(0..text.len()));
        self.source = outside;
        named
    }

    fn named_removal(
        &mut self,
        first: &Simple,
        middle: &[Node],
        recursive: bool,
        span: &Range<usize>,
    ) -> bool {
        let args = self.scope.args(&first.words);
        let args = unwrapped(&args).to_vec();
        let program = args
            .first()
            .map(|arg| phrase::basename(&arg.text()).to_vec());
        let named = match program.as_deref() {
            Some(b"find") => found(&args[1..]),
            Some(b"ls") => self.listed(&args[1..]),
            // What is counted or shown and not named by a program is not understood.
            _ => None,
        };
        let Some(mut named) = named else {
            if program.as_deref() == Some(b"find") {
                return false;
            }
            self.opaque(
                span.clone(),
                "what it is given to delete is not known".to_owned(),
            );
            return true;
        };
        named.sweep = paths::removed_by(named.sweep, recursive);
        for stage in middle {
            match self.stage(stage) {
                Stage::Same => {}
                Stage::Sorted(newest_first) => {
                    // Numbers at the start of the line are times where `find` was told so.
                    if let Some(order) = &mut named.order {
                        order.newest_first = Some(newest_first);
                    }
                }
                Stage::Spares { first, count } => match named.order {
                    Some(order) if order.newest_first == Some(first) => {
                        named.sweep.keep_newest = Some(Newest {
                            count,
                            by: order.by,
                        });
                    }
                    _ => pass_over(&mut named, "which lines it leaves out".to_owned()),
                },
                Stage::Filter(text) => pass_over(&mut named, text),
            }
        }
        self.found(named.found, vec![named.sweep], first, span.clone());
        true
    }

    /// The files that `ls` lists, with the order that it lists them in.
    fn listed(&self, args: &[Arg]) -> Option<Named> {
        let Listing {
            by_time,
            reverse,
            hidden,
            as_is,
            starts,
        } = Listing::of(args)?;
        let has_pattern = |arg: &Arg| {
            let root = paths::root(arg, self.cwd.as_deref());
            root.is_glob()
        };
        // Of a folder its names are listed, without the folder: they must lie in the present one.
        let lists_folder = !as_is && !starts.iter().any(has_pattern);
        if lists_folder {
            let here = self.cwd.clone();
            let is_here = |arg: &Arg| {
                let dir = paths::directory(arg, self.cwd.as_deref());
                dir.is_some() && dir == here
            };
            if !starts.iter().all(is_here) {
                return None;
            }
        }
        let dot_less = Expr::Test(Test {
            atom: Atom::Name(Pattern::new(b".*", Flags::FIND)),
            word: None,
        })
        .negated();
        let not_a_folder = Expr::Test(Test {
            atom: Atom::Type(Types {
                dir: true,
                ..Types::default()
            }),
            word: None,
        })
        .negated();
        let depth = u32::from(lists_folder);
        let mut expr = Vec::new();
        if lists_folder && !hidden {
            expr.push(dot_less);
        }
        if !lists_folder && !as_is {
            expr.push(not_a_folder);
        }
        Some(Named {
            found: Found {
                starts,
                ..Found::default()
            },
            sweep: Sweep {
                min_depth: depth,
                max_depth: depth,
                expr: Expr::all(expr),
                ..paths::operand_sweep(Vec::new(), true, None)
            },
            order: Some(match by_time {
                Some(by) => Order {
                    by,
                    newest_first: Some(!reverse),
                },
                None => Order {
                    by: Stamp::Other,
                    newest_first: Some(reverse),
                },
            }),
        })
    }

    /// Whether the last stage of a pipeline removes what it reads, and how.
    fn consumer(&self, stage: &Node) -> Option<bool> {
        match stage {
            Node::Simple(simple) => {
                let args = self.scope.args(&simple.words);
                let args = unwrapped(&args);
                let words = texts(args);
                let (program, rest) = words.split_first()?;
                if phrase::basename(program) != b"xargs" {
                    return None;
                }
                phrase::removal(&rest[xargs_options(rest)..])
            }
            Node::Loop { condition, body } => {
                let [Node::Simple(read)] = condition.as_slice() else {
                    return None;
                };
                self.removes(body, &read_names(read, &self.source.text))
            }
            _ => None,
        }
    }

    /// Whether some command of a loop removes what the loop's variable names.
    pub(super) fn removes(&self, body: &[Node], names: &[Vec<u8>]) -> Option<bool> {
        body.iter().find_map(|node| {
            let Node::Simple(simple) = node else {
                return None;
            };
            let takes = simple.words.iter().any(|word| {
                matches!(word.pieces.as_slice(),
                    [.., piece] if matches!(&piece.kind, PieceKind::Variable { name, rest } if rest.is_empty() && names.contains(name)))
            });
            let words = texts(&self.scope.args(&simple.words));
            takes.then(|| phrase::removal(&words)).flatten()
        })
    }

    /// A stage between the one that names and the one that removes.
    fn stage(&self, stage: &Node) -> Stage {
        let Node::Simple(simple) = stage else {
            return Stage::Filter("a filter".to_owned());
        };
        let words = texts(&self.scope.args(&simple.words));
        let filter = || {
            let text = String::from_utf8_lossy(&self.source.text[simple.span.clone()]);
            Stage::Filter(format!("the filter `{text}`"))
        };
        let Some((program, rest)) = words.split_first() else {
            return Stage::Same;
        };
        match phrase::basename(program) {
            b"tr" | b"cat" | b"tee" | b"uniq" | b"cut" => Stage::Same,
            b"sort" => sorted(rest),
            b"tail" => match counted(rest) {
                Some((b'+', count)) => Stage::Spares {
                    first: true,
                    count: count.saturating_sub(1),
                },
                _ => filter(),
            },
            b"head" => match counted(rest) {
                Some((b'-', count)) => Stage::Spares {
                    first: false,
                    count,
                },
                _ => filter(),
            },
            b"sed" => match rest {
                [script] | [_, script] => match deleted_lines(script) {
                    Some(count) => Stage::Spares { first: true, count },
                    // `s/^[^ ]* //` takes the time off the line again.
                    None if script.starts_with(b"s") => Stage::Same,
                    None => filter(),
                },
                _ => filter(),
            },
            b"awk" | b"gawk" | b"mawk" => match rest {
                [script] if script.starts_with(b"{") => Stage::Same,
                [script] => match script.strip_prefix(b"NR>") {
                    Some(count) => match number(count) {
                        Some(count) => Stage::Spares { first: true, count },
                        None => filter(),
                    },
                    None => filter(),
                },
                _ => filter(),
            },
            // `ls -p | grep -v /` leaves out directories, which `rm` would not take.
            b"grep" | b"egrep" => match rest {
                [v, slash] if v == b"-v" && (slash == b"/" || slash == b"/$") => Stage::Same,
                _ => filter(),
            },
            _ => filter(),
        }
    }
}

/// What `find` prints; where it prints times first, their order.
fn found(args: &[Arg]) -> Option<Named> {
    let mut found = find::parse(args);
    let sweep = found.prints.take()?;
    let prints_time = args.iter().any(|arg| arg.text().starts_with(b"%T"));
    Some(Named {
        found,
        sweep,
        order: prints_time.then_some(Order {
            by: Stamp::Modified,
            newest_first: None,
        }),
    })
}

fn pass_over(named: &mut Named, text: String) {
    named.found.passed_over.push(text);
    let expr = std::mem::replace(&mut named.sweep.expr, Expr::TRUE);
    named.sweep.expr = Expr::all([expr, Expr::Const(Tri::Unknown)]);
}

/// Whether `sort` puts the largest first.
fn sorted(args: &[Vec<u8>]) -> Stage {
    let reverse = args.iter().any(|arg| {
        arg == b"--reverse"
            || arg.starts_with(b"-") && !arg.starts_with(b"--") && arg.contains(&b'r')
    });
    Stage::Sorted(reverse)
}

/// `-n +8`, `-n+8`, `+8`, `-n -7`: sign and number.
fn counted(args: &[Vec<u8>]) -> Option<(u8, u64)> {
    let text = match args {
        [n, value] if n == b"-n" || n == b"--lines" => value.as_slice(),
        [one] => one
            .strip_prefix(b"--lines=")
            .or(one.strip_prefix(b"-n"))
            .unwrap_or(one),
        _ => return None,
    };
    let (&sign, digits) = text.split_first()?;
    Some((sign, number(digits)?))
}

/// `1,7d`: how many of the first lines go.
fn deleted_lines(script: &[u8]) -> Option<u64> {
    number(script.strip_prefix(b"1,")?.strip_suffix(b"d")?)
}

fn number(text: &[u8]) -> Option<u64> {
    let digits = !text.is_empty() && text.iter().all(u8::is_ascii_digit);
    digits.then(|| std::str::from_utf8(text).ok()?.parse().ok())?
}

/// How many words after `xargs` come before the command.
fn xargs_options(words: &[Vec<u8>]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if word.len() < 2 || word[0] != b'-' {
            break;
        }
        at += 1;
        let valued = word.len() == 2 && b"nPLIsdaE".contains(&word[1]);
        let long = matches!(
            word.as_slice(),
            b"--max-args" | b"--max-procs" | b"--delimiter"
        );
        at += usize::from(valued || long);
    }
    at.min(words.len())
}

/// What the words of an `ls` ask for.
#[derive(Default)]
struct Listing {
    by_time: Option<Stamp>,
    reverse: bool,
    hidden: bool,
    as_is: bool,
    starts: Vec<Arg>,
}

impl Listing {
    /// `None` where its lines hold more than names.
    fn of(args: &[Arg]) -> Option<Self> {
        let mut asked = Self::default();
        for arg in args {
            let text = arg.text();
            match text.as_slice() {
                b"--sort=time" => asked.by_time = asked.by_time.or(Some(Stamp::Modified)),
                b"--reverse" => asked.reverse = true,
                [b'-', b'-', ..] => {}
                [b'-', letters @ ..] if !letters.is_empty() => asked.take(letters)?,
                _ => asked.starts.push(arg.clone()),
            }
        }
        Some(asked)
    }

    fn take(&mut self, letters: &[u8]) -> Option<()> {
        for letter in letters {
            match letter {
                b'l' | b'R' => return None,
                b't' => self.by_time = self.by_time.or(Some(Stamp::Modified)),
                b'c' => self.by_time = Some(Stamp::Changed),
                b'u' => self.by_time = Some(Stamp::Accessed),
                b'r' => self.reverse = true,
                b'a' | b'A' => self.hidden = true,
                b'd' => self.as_is = true,
                _ => {}
            }
        }
        Some(())
    }
}
