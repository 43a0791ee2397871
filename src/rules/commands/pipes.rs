//! Files that one command names and another removes: `find … | xargs rm`,
//! `ls -t | tail -n +8 | xargs rm`, `rm $(ls -t … | tail -n +8)`.
//!
//! What a pipeline names is a [`Named`].

use std::ops::Range;
use std::sync::Arc;

use super::named::{Named, Order};
use super::stages::Stage;
use super::{Source, Walker, texts, unwrapped};
use crate::rules::expand::Arg;
use crate::rules::find;
use crate::rules::model::{Expr, Newest, Stamp};
use crate::rules::paths;
use crate::rules::phrase::{self, Fate};
use crate::rules::shell::{self, Node, PieceKind, Simple, Word};

/// What `xargs` does with the lines that it reads.
struct Consumer {
    fate: Fate,
    /// What stands before each of them.
    before: Vec<u8>,
    /// The bytes that make another name of the one that they stand in.
    spoils: &'static [u8],
}

impl Walker<'_> {
    /// `find … | xargs rm`.
    pub(super) fn piped_removal(&mut self, stages: &[Node], span: &Range<usize>) -> bool {
        let Some((Node::Simple(last), others)) = stages.split_last() else {
            return false;
        };
        let Some(consumer) = self.consumer(last) else {
            return false;
        };
        match self.named(others) {
            Some(named) => {
                let named = named.spoiled_by(consumer.spoils);
                self.named_removal(named, &consumer.before, consumer.fate, span.clone());
            }
            None if consumer.fate.in_name().is_some() => return false,
            None => {
                for stage in others {
                    self.node(stage);
                }
                let why = "what it is given to delete is not known".to_owned();
                self.opaque(span.clone(), why);
            }
        }
        true
    }

    /// `rm $(…)`, when the word is that and nothing else.
    pub(super) fn substituted_removal(&mut self, word: &Word, fate: Fate) -> bool {
        let Some((named, inner)) = self.substituted(word) else {
            return false;
        };
        let named = named.in_words(word);
        let span = 0..inner.text.len();
        let outside = std::mem::replace(&mut self.source, inner);
        self.named_removal(named, b"", fate, span);
        self.source = outside;
        true
    }

    /// What a word names that is one substitution and nothing else, and that as a text.
    pub(super) fn substituted(&mut self, word: &Word) -> Option<(Named, Source)> {
        let [piece] = word.pieces.as_slice() else {
            // `"$(…)"` begins with an empty text.
            return match word.pieces.as_slice() {
                [empty, piece] if empty.kind == PieceKind::Text(Vec::new()) => {
                    let word = Word {
                        span: word.span.clone(),
                        pieces: vec![piece.clone()],
                    };
                    self.substituted(&word)
                }
                _ => None,
            };
        };
        let PieceKind::Command(text) = &piece.kind else {
            return None;
        };
        let start = self.source.text[..word.span.end.min(self.source.text.len())]
            .windows(text.len().max(1))
            .rposition(|window| window == text.as_slice());
        let inner = Source {
            text: Arc::from(text.as_slice()),
            first_line: self.source.line(start.unwrap_or(word.span.start)),
            ..self.source.clone()
        };
        let named = self.named_by_text(&inner)?;
        Some((named, inner))
    }

    /// What a text names that is one pipeline.
    pub(super) fn named_by_text(&mut self, inner: &Source) -> Option<Named> {
        let script = shell::parse(&inner.text);
        let stages: &[Node] = match script.commands.as_slice() {
            [
                Node::Pipeline {
                    stages,
                    negated: false,
                    ..
                },
            ] => stages,
            one @ [Node::Simple(_)] => one,
            _ => return None,
        };
        let outside = std::mem::replace(&mut self.source, inner.clone());
        let named = self.named(stages);
        self.source = outside;
        named
    }

    /// What the stages of a pipeline name; `None` where that is not understood at all.
    pub(super) fn named(&self, stages: &[Node]) -> Option<Named> {
        let (Node::Simple(first), middle) = stages.split_first()? else {
            return None;
        };
        let args = self.scope.args(&first.words);
        let args = unwrapped(&args);
        let (program, rest) = args.split_first()?;
        let mut named = match phrase::basename(&program.text()) {
            b"find" => found(rest, first)?,
            b"ls" => self.listed(rest, first)?,
            b"echo" | b"printf" => self.echoed(rest)?,
            // What is counted or shown and not named by a program is not understood.
            _ => return None,
        };
        for stage in middle {
            match self.stage(stage, &named) {
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
                    _ => named.pass_over("which lines it leaves out".to_owned()),
                },
                Stage::Meets(expr) => {
                    let before = std::mem::replace(&mut named.sweep.expr, Expr::TRUE);
                    named.sweep.expr = Expr::all([before, expr]);
                }
                Stage::Filter(text) => named.pass_over(text),
                Stage::Counts => return None,
            }
        }
        Some(named)
    }

    /// `echo "$files"`, where these were named before.
    fn echoed(&self, args: &[Arg]) -> Option<Named> {
        let (list, before) = args.last()?.item()?;
        before.is_empty().then_some(())?;
        Some(self.items.get(list)?.named.clone())
    }

    /// Emits what is named as removed; `before` stands before each name.
    pub(super) fn named_removal(
        &mut self,
        named: Named,
        before: &[u8],
        fate: Fate,
        span: Range<usize>,
    ) {
        if !self.lies_there(&named, before) {
            let why = "where the files lie that it is given is not known";
            return self.opaque(span, why.to_owned());
        }
        let sweep = paths::removed_by(named.sweep, fate);
        match fate.in_name() {
            None => self.found(named.found, vec![sweep], &named.first, span),
            Some(why) => self.shelved(named.found, sweep, why, &named.first, span),
        }
    }

    /// Whether names with this before them are the paths that were listed.
    fn lies_there(&self, named: &Named, before: &[u8]) -> bool {
        let Some(folder) = &named.folder else {
            return matches!(before, b"" | b"./");
        };
        let named_folder = match before.strip_suffix(b"/") {
            None if before.is_empty() => self.cwd.clone(),
            None => None,
            Some(path) if path.starts_with(b"/") => Some(paths::plain(path)),
            Some(b".") => self.cwd.clone(),
            Some(_) => None,
        };
        named_folder.as_ref() == Some(folder)
    }

    /// Whether the last stage of a pipeline removes what it reads, and how.
    fn consumer(&self, simple: &Simple) -> Option<Consumer> {
        let args = self.scope.args(&simple.words);
        let words = texts(unwrapped(&args));
        let (program, rest) = words.split_first()?;
        if phrase::basename(program) != b"xargs" {
            return None;
        }
        let command = &rest[xargs_options(rest)..];
        let fate = phrase::removal(command)?;
        let mark = replaced(rest);
        let spoils = spoils(&rest[..rest.len() - command.len()], mark.is_some());
        let Some(mark) = mark else {
            return Some(Consumer {
                fate,
                before: Vec::new(),
                spoils,
            });
        };
        let with_mark = |word: &&Vec<u8>| word.windows(mark.len()).any(|w| w == mark);
        let word = command.iter().find(with_mark)?;
        let before = word.strip_suffix(mark.as_slice())?.to_vec();
        Some(Consumer {
            fate,
            before,
            spoils,
        })
    }
}

/// What `find` prints; where it prints times first, their order.
fn found(args: &[Arg], first: &Simple) -> Option<Named> {
    let prints = |what: &[u8]| {
        let holds = |arg: &Arg| arg.text().windows(what.len()).any(|w| w == what);
        args.iter().any(holds)
    };
    let prints_time = prints(b"%T");
    // Bare names do not say where they lie.
    if prints(b"%f") || prints(b"%P") {
        return None;
    }
    let mut found = find::parse(args);
    let sweep = found.prints.take()?;
    Some(Named {
        found,
        sweep,
        order: prints_time.then_some(Order {
            by: Stamp::Modified,
            newest_first: None,
        }),
        folder: None,
        first: first.clone(),
    })
}

/// The bytes in a name of which `xargs` makes something else: blanks part two names and quotes
/// join them, where it is not told what lies between names.
fn spoils(options: &[Vec<u8>], by_line: bool) -> &'static [u8] {
    let is_null = |word: &Vec<u8>| match word.as_slice() {
        b"--null" => true,
        [b'-', letters @ ..] => letters.first() != Some(&b'-') && letters.contains(&b'0'),
        _ => false,
    };
    let is_delimiter = |word: &Vec<u8>| word.starts_with(b"-d") || word.starts_with(b"--delimiter");
    if options.iter().any(is_null) {
        b""
    } else if options.iter().any(is_delimiter) {
        b"\n"
    } else if by_line {
        b"\n'\"\\"
    } else {
        b" \t\n'\"\\"
    }
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
            b"--max-args" | b"--max-procs" | b"--delimiter" | b"--max-lines" | b"--arg-file"
        );
        at += usize::from(valued || long);
    }
    at.min(words.len())
}

/// The mark that `xargs -I{}` puts each line in the place of.
fn replaced(words: &[Vec<u8>]) -> Option<Vec<u8>> {
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match word.as_slice() {
            b"-I" => return words.next().cloned(),
            b"-i" | b"--replace" => return Some(b"{}".to_vec()),
            [b'-', b'I' | b'i', mark @ ..] => return Some(mark.to_vec()),
            [b'-', b'n' | b'P' | b'L' | b's' | b'd' | b'a' | b'E'] => {
                words.next();
            }
            [b'-', ..] => {}
            _ => return None,
        }
    }
    None
}
