//! The options of `ls`, as far as they say what its rows look like.

use super::super::super::word::Word;
use super::super::date::words_of_format;
use super::super::name::Quoting;
use super::super::number;
use super::{ALL_MARKS, Ls, MARKS_OF_TYPES, SLASH};

/// Long options whose value may be the next word.
const VALUED: [&[u8]; 4] = [b"width", b"ignore", b"hide", b"tabsize"];

impl Ls {
    /// Reads the options; `None` where the output would be in a form that is not read.
    pub(in super::super::super) fn parse(command: &str, words: &[Word]) -> Option<Self> {
        let mut ls = Self::default();
        match command {
            "ll" | "l" | "lh" | "lla" => (ls.long, ls.marks, ls.guessed) = (true, ALL_MARKS, true),
            "la" | "lsa" => (ls.long, ls.guessed) = (true, true),
            "vdir" => (ls.long, ls.quoting) = (true, Some(Quoting::Escape)),
            "dir" => ls.quoting = Some(Quoting::Escape),
            _ => {}
        }
        let mut options = true;
        let mut words = words.iter().peekable();
        while let Some(word) = words.next() {
            match word.text.as_slice() {
                b"--" if options => options = false,
                [b'-', b'-', long @ ..] if options => {
                    ls.long_option(long)?;
                    if VALUED.contains(&long) {
                        words.next()?;
                    }
                }
                [b'-', letters @ ..] if options && !letters.is_empty() => {
                    if ls.cluster(letters)? {
                        words.next()?;
                    } else if letters.ends_with(b"T") {
                        // GNU's takes a number of columns, that of the BSDs nothing.
                        words.next_if(|next| number::digits(&next.text).is_some());
                    }
                }
                _ => ls.operands.push(word.clone()),
            }
        }
        Some(ls)
    }

    /// Letters behind one dash; whether the next word is the value of the last.
    fn cluster(&mut self, letters: &[u8]) -> Option<bool> {
        for (at, &letter) in letters.iter().enumerate() {
            if matches!(letter, b'w' | b'I') {
                self.cut |= letter == b'I';
                return Some(at + 1 == letters.len());
            }
            self.letter(letter)?;
        }
        Some(false)
    }

    fn letter(&mut self, letter: u8) -> Option<()> {
        match letter {
            b'l' | b'n' => self.long = true,
            b'g' => (self.long, self.no_owner) = (true, true),
            b'o' => (self.long, self.no_group) = (true, true),
            b'G' => self.no_group = true,
            // Of the blocks only: sizes stay in bytes.
            b'k' => self.default = Some(number::Unit::Of(1024)),
            // Of a BSD: bytes in groups.
            b',' => self.unit = Some(1),
            b'Z' => self.extra += 1,
            b'a' | b'A' | b'f' => self.all = true,
            b'R' => self.recursive = true,
            b'd' => self.themselves = true,
            b'h' => self.human = Some(1024),
            b's' => self.blocks = true,
            b'i' => self.inodes = true,
            b'F' => self.marks = ALL_MARKS,
            b'p' => self.marks = SLASH,
            b'c' | b'u' => self.other_time = true,
            b'N' => self.quoting = Some(Quoting::Literal),
            b'Q' => self.quoting = Some(Quoting::C),
            b'b' => self.quoting = Some(Quoting::Escape),
            b'1' => self.in_one_column = true,
            b'm' => self.commas = true,
            b'C' | b'x' => (self.in_one_column, self.commas) = (false, false),
            b'B' => self.cut = true,
            b'L' => self.follows = true,
            // Of these the BSDs have `T`, `O`, `e` and `@`.
            b'q' => self.hides = true,
            b'r' | b't' | b'S' | b'U' | b'X' | b'v' | b'H' | b'T' | b'O' | b'e' | b'@' => {}
            _ => return None,
        }
        Some(())
    }

    fn long_option(&mut self, option: &[u8]) -> Option<()> {
        match option {
            b"all" | b"almost-all" => self.all = true,
            b"recursive" => self.recursive = true,
            b"directory" => self.themselves = true,
            b"human-readable" => self.human = Some(1024),
            b"si" => self.human = Some(1000),
            b"size" => self.blocks = true,
            b"inode" => self.inodes = true,
            b"classify" | b"classify=always" | b"classify=auto" => self.marks = ALL_MARKS,
            b"file-type" => self.marks = MARKS_OF_TYPES,
            b"full-time" => self.long = true,
            b"hide-control-chars" => self.hides = true,
            b"literal" => self.quoting = Some(Quoting::Literal),
            b"quote-name" => self.quoting = Some(Quoting::C),
            b"escape" => self.quoting = Some(Quoting::Escape),
            b"no-group" => self.no_group = true,
            b"author" | b"context" => self.extra += 1,
            b"kibibytes" => self.default = Some(number::Unit::Of(1024)),
            b"numeric-uid-gid"
            | b"reverse"
            | b"color"
            | b"show-control-chars"
            | b"dereference-command-line"
            | b"width"
            | b"tabsize"
            | b"hyperlink"
            | b"group-directories-first" => {}
            b"dereference" => self.follows = true,
            b"ignore-backups" | b"ignore" | b"hide" => self.cut = true,
            _ if option.starts_with(b"ignore=") || option.starts_with(b"hide=") => self.cut = true,
            _ if option.starts_with(b"format=") => self.format(&option[b"format=".len()..])?,
            _ if option.starts_with(b"quoting-style=") => {
                self.quoting_style(&option[b"quoting-style=".len()..])?;
            }
            _ if option.starts_with(b"indicator-style=") => {
                self.marks = match &option[b"indicator-style=".len()..] {
                    b"none" => b"",
                    b"slash" => SLASH,
                    b"file-type" => MARKS_OF_TYPES,
                    _ => ALL_MARKS,
                };
            }
            _ if option.starts_with(b"time-style=+") => {
                let format = &option[b"time-style=+".len()..];
                self.date_words = match format {
                    b"" => Some(0),
                    _ => Some(words_of_format(format)?),
                };
            }
            _ if ["time-style=", "color=", "hyperlink=", "tabsize=", "width="]
                .iter()
                .any(|known| option.starts_with(known.as_bytes())) => {}
            _ if option.starts_with(b"sort=") => {}
            _ if option.starts_with(b"time=") => self.other_time = true,
            _ if option.starts_with(b"block-size=") => {
                match number::unit(&option[b"block-size=".len()..])? {
                    number::Unit::Of(unit) => self.unit = Some(unit),
                    number::Unit::Human(base) => self.human = Some(base),
                    number::Unit::Either => return None,
                }
            }
            _ => return None,
        }
        Some(())
    }

    /// The value of `--format`: what a letter says, as a word.
    fn format(&mut self, value: &[u8]) -> Option<()> {
        self.letter(match value {
            b"across" | b"horizontal" => b'x',
            b"commas" => b'm',
            b"long" | b"verbose" => b'l',
            b"single-column" => b'1',
            b"vertical" => b'C',
            _ => return None,
        })
    }

    /// The value of `--quoting-style`.
    fn quoting_style(&mut self, value: &[u8]) -> Option<()> {
        self.garbles = matches!(value, b"shell" | b"shell-always");
        self.quoting = Some(match value {
            b"literal" => Quoting::Literal,
            b"shell" | b"shell-escape" => Quoting::Shell,
            b"shell-always" | b"shell-escape-always" => {
                // All are in quotes, so that none is moved beside another.
                self.each = true;
                Quoting::Shell
            }
            b"c" => Quoting::C,
            b"c-maybe" => Quoting::MaybeC,
            b"locale" | b"clocale" => Quoting::Marks,
            b"escape" => Quoting::Escape,
            _ => return None,
        });
        Some(())
    }
}
