//! What `ls` lists, and in which order.

use super::Walker;
use super::named::{Named, Order};
use crate::rules::expand::Arg;
use crate::rules::find::Found;
use crate::rules::glob::{Flags, Pattern};
use crate::rules::model::{Atom, Expr, Stamp, Sweep, Test, Types};
use crate::rules::paths;
use crate::rules::phrase::Fate;
use crate::rules::shell::Simple;

impl Walker<'_> {
    /// The files that `ls` lists, with the order that it lists them in.
    pub(super) fn listed(&self, args: &[Arg], first: &Simple) -> Option<Named> {
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
        // Of a folder its names are listed, without the folder.
        let lists_folder = !as_is && !starts.iter().any(has_pattern);
        let folder = match starts.as_slice() {
            _ if !lists_folder => None,
            [] => Some(self.cwd.clone()?),
            [one] => Some(paths::directory(one, self.cwd.as_deref())?),
            _ => return None,
        };
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
                ..paths::operand_sweep(Vec::new(), Fate::Trees, None)
            },
            folder,
            first: first.clone(),
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
