//! Drawn expressions of `find`: conditions, where they stand, where the command starts.

use super::super::Draw;
use super::ground::Place;

/// One test as it is written, and what is known of it.
#[derive(Clone)]
pub(super) struct Leaf {
    class: &'static str,
    text: String,
    /// Whether waiting changes its value.
    moves: bool,
    /// Whether the tree, with a disk to ask, tells its value.
    decided: bool,
}

/// A condition with its negations at the leaves.
#[derive(Clone)]
pub(super) enum Condition {
    Leaf(Leaf, bool),
    All(Vec<Self>),
    Any(Vec<Self>),
}

/// What a class of tests needs to be written.
struct Pen<'a, 'd> {
    draw: &'a mut Draw,
    /// How the start is printed.
    printed: &'d str,
    base: String,
}

type Write = fn(&mut Pen<'_, '_>) -> String;

const MOVES: u8 = 1;
const OPEN: u8 = 2;

/// Every class of tests, how it is written, and its kind.
const CLASSES: &[(&str, Write, u8)] = &[
    ("-name", |p| p.quoted("-name", GLOBS), 0),
    (
        "-iname",
        |p| p.quoted("-iname", &["*.CSV", "A*", "KEEP", "TICK-[0-9]*"]),
        0,
    ),
    ("-path", |p| p.path("-path"), 0),
    ("-wholename", |p| p.path("-wholename"), 0),
    ("-ipath", |p| p.path("-ipath"), 0),
    ("-iwholename", |p| p.path("-iwholename"), 0),
    ("-regex", |p| p.quoted("-regextype emacs -regex", EMACS), 0),
    (
        "-iregex",
        |p| p.quoted("-regextype findutils-default -iregex", EMACS),
        0,
    ),
    ("-regextype basic", |p| p.basic(), 0),
    ("-regextype extended", |p| p.extended(), 0),
    (
        "-regextype other",
        |p| {
            p.bare(
                "-regextype",
                &["awk -regex './[ab]+'", "posix-minimal-basic -regex '.*a'"],
            )
        },
        OPEN,
    ),
    ("-type", |p| p.bare("-type", &["f", "d", "l"]), 0),
    (
        "-type list",
        |p| p.bare("-type", &["f,l", "d,f", "l,d", "f,d,l"]),
        0,
    ),
    (
        "-type other",
        |p| p.bare("-type", &["p", "s", "f,p", "b,c", "p,s,b,c"]),
        OPEN,
    ),
    ("-mtime", |p| p.age("-mtime", 1), MOVES),
    ("-mtime fraction", |p| p.half("-mtime"), MOVES),
    ("-mmin", |p| p.age("-mmin", 700), MOVES),
    ("-atime", |p| p.age("-atime", 1), MOVES),
    ("-amin", |p| p.age("-amin", 700), MOVES),
    ("-ctime", |p| p.age("-ctime", 1), MOVES),
    ("-cmin", |p| p.age("-cmin", 700), MOVES),
    (
        "-daystart",
        |p| format!("-daystart {}", p.age("-mtime", 1)),
        MOVES,
    ),
    ("-newer", |p| format!("-newer {}/ref", p.base), MOVES | OPEN),
    ("-anewer", |p| format!("-anewer {}/ref", p.base), OPEN),
    (
        "-newerXY",
        |p| {
            let letters = p.draw.pick(&["am", "ma", "mc", "cm", "mm", "aa"]);
            format!("-newer{letters} {}/ref", p.base)
        },
        MOVES | OPEN,
    ),
    ("-newermt ago", |p| p.since("-newermt"), MOVES),
    ("-newerat ago", |p| p.since("-newerat"), MOVES),
    ("-newerct ago", |p| p.since("-newerct"), MOVES),
    (
        "-newermt date",
        |p| {
            p.quoted(
                "-newermt",
                &["2020-01-01", "2099-12-31", "2021-02-03 04:05:06"],
            )
        },
        0,
    ),
    ("-size", |p| p.size(""), 0),
    ("-size c", |p| p.size("c"), 0),
    ("-size w", |p| p.size("w"), 0),
    ("-size b", |p| p.size("b"), 0),
    ("-size k", |p| p.size("k"), 0),
    ("-size M", |p| p.size("M"), 0),
    ("-size G", |p| p.size("G"), 0),
    ("-empty", |_| "-empty".to_owned(), MOVES),
    (
        "-user",
        |p| p.bare("-user", &["root", "daemon", "1", "4711"]),
        0,
    ),
    (
        "-group",
        |p| p.bare("-group", &["root", "daemon", "1", "4711"]),
        0,
    ),
    ("-uid", |p| p.bare("-uid", &["0", "1", "54321"]), 0),
    ("-gid", |p| p.bare("-gid", &["0", "1", "54321"]), 0),
    (
        "-uid range",
        |p| p.bare("-uid", &["+0", "-2", "+60000"]),
        OPEN,
    ),
    (
        "-nouser",
        |p| p.draw.pick(&["-nouser", "-nogroup"]).to_owned(),
        OPEN,
    ),
    (
        "-perm",
        |p| p.bare("-perm", &["644", "0600", "u=rw,go=r"]),
        OPEN,
    ),
    (
        "-perm -",
        |p| p.bare("-perm", &["-200", "-u+w", "-4000"]),
        OPEN,
    ),
    (
        "-perm /",
        |p| p.bare("-perm", &["/222", "/u+s", "/o+w"]),
        OPEN,
    ),
    (
        "-links",
        |p| p.bare("-links", &["1", "+1", "2", "-3"]),
        OPEN,
    ),
    ("-inum", |p| p.bare("-inum", &["+1", "-1", "1"]), OPEN),
    ("-samefile", |p| format!("-samefile {}/ref", p.base), OPEN),
    (
        "-lname",
        |p| {
            let test = p.draw.pick(&["-lname", "-ilname"]);
            p.quoted(test, &["no*", "*top", "."])
        },
        OPEN,
    ),
    ("-xtype", |p| p.bare("-xtype", &["l", "f", "d"]), OPEN),
    (
        "-access",
        |p| {
            p.draw
                .pick(&["-readable", "-writable", "-executable"])
                .to_owned()
        },
        OPEN,
    ),
    (
        "-fstype",
        |p| p.bare("-fstype", &["ext4", "proc", "tmpfs"]),
        OPEN,
    ),
    ("-used", |p| p.bare("-used", &["+1", "-1", "3"]), OPEN),
    ("-true", |p| p.draw.pick(&["-true", "-false"]).to_owned(), 0),
];

const GLOBS: &[&str] = &[
    "*.csv",
    "a*",
    "?",
    "[ab]*",
    "*",
    ".h*",
    "x y",
    "[!a]*",
    "*.cs[v-z]",
    "li*ne",
    "raw*",
    "\\[z]",
    "quo*",
    "back\\\\*",
    "-*",
    "star\\*",
    "[[:lower:]]*",
    "?*.*",
    "{a,b}",
    "*/a",
];
const EMACS: &[&str] = &[
    ".*/[ab]\\.csv",
    ".*\\(a\\|keep\\)",
    ".*y+",
    ".*/[^/]*-[0-9]+\\..*",
    ".*/.\\{1\\}",
    ".*/a",
    "a",
    ".*/tick-1?[.]csv",
];

impl Pen<'_, '_> {
    fn quoted(&mut self, test: &str, values: &[&str]) -> String {
        let value = self.draw.pick(values).replace('\'', "'\\''");
        format!("{test} '{value}'")
    }

    fn bare(&mut self, test: &str, values: &[&str]) -> String {
        format!("{test} {}", self.draw.pick(values))
    }

    fn path(&mut self, test: &str) -> String {
        let below = ["*.csv", "a/*", "*/b*", "?", "*", "x y*", "*/[ab]", "A*"];
        let below = self.draw.pick(&below);
        let joint = if self.printed.ends_with('/') { "" } else { "/" };
        format!("{test} '{}{joint}{below}'", self.printed)
    }

    fn basic(&mut self) -> String {
        let kind = self.draw.pick(&["posix-basic", "grep", "sed", "ed"]);
        let text = [
            ".*/[ab]\\.csv",
            ".*\\(a\\|keep\\)",
            ".*y\\+",
            ".*/.\\{1,3\\}",
            ".*+a",
            ".*/tick-1\\?.*",
        ];
        let text = self.draw.pick(&text);
        format!("-regextype {kind} -regex '{text}'")
    }

    fn extended(&mut self) -> String {
        let kind = self.draw.pick(&["posix-extended", "posix-egrep", "egrep"]);
        let text = [
            ".*/[ab]\\.csv",
            ".*(a|keep)",
            ".*y+",
            ".*/(tick-[0-9]+|x y)(\\.csv)?",
            ".*/[[:alpha:]]",
        ];
        let text = self.draw.pick(&text);
        format!("-regextype {kind} -regex '{text}'")
    }

    fn age(&mut self, test: &str, unit: usize) -> String {
        let sign = self.draw.pick(&["+", "-", ""]);
        // What was made just now is no older than nothing only for who looks at once.
        let least = usize::from(sign == "-" || unit > 1);
        let n = (least + self.draw.below(14)) * unit;
        format!("{test} {sign}{n}")
    }

    fn half(&mut self, test: &str) -> String {
        let n = self.draw.below(12);
        format!("{test} {}{n}.5", self.draw.pick(&["+", "-", ""]))
    }

    fn since(&mut self, test: &str) -> String {
        let n = 1 + self.draw.below(14);
        let unit = self
            .draw
            .pick(&["days ago", "hours ago", "weeks ago", "day ago"]);
        format!("{test} '{n} {unit}'")
    }

    fn size(&mut self, unit: &str) -> String {
        let sign = self.draw.pick(&["+", "-", ""]);
        let n = [0, 1, 2, 3, 10, 512, 1024, 5000];
        format!("-size {sign}{}{unit}", n[self.draw.below(n.len())])
    }
}

impl Condition {
    /// The classes of tests that a tree decides, or of the others.
    pub(super) fn classes(decided: bool) -> impl Iterator<Item = &'static str> {
        let wanted = move |kind: u8| (kind & OPEN == 0) == decided;
        let classes = CLASSES.iter().filter(move |(.., kind)| wanted(*kind));
        classes.map(|(class, ..)| *class)
    }

    /// Draws one; `forced` is the class of one of its leaves.
    fn draw(pen: &mut Pen<'_, '_>, depth: usize, forced: usize, open: bool) -> Self {
        if depth > 0 && pen.draw.chance(60) {
            let count = 1 + pen.draw.below(3);
            let mut parts = vec![Self::draw(pen, depth - 1, forced, open)];
            for _ in 1..count {
                let other = pen.draw.below(CLASSES.len());
                parts.push(Self::draw(pen, depth - 1, other, open));
            }
            let at = pen.draw.below(parts.len());
            parts.swap(0, at);
            return if pen.draw.chance(50) {
                Self::All(parts)
            } else {
                Self::Any(parts)
            };
        }
        let mut at = forced % CLASSES.len();
        // An open test makes the whole answer a range: it is let in only where that is meant.
        while !open && CLASSES[at].2 & OPEN != 0 {
            at = (at + 1) % CLASSES.len();
        }
        let (class, write, kind) = CLASSES[at];
        let text = write(pen);
        let leaf = Leaf {
            class,
            text,
            moves: kind & MOVES != 0,
            decided: kind & OPEN == 0,
        };
        Self::Leaf(leaf, pen.draw.chance(25))
    }

    /// The opposite.
    fn negated(&self) -> Self {
        match self {
            Self::Leaf(leaf, negated) => Self::Leaf(leaf.clone(), !negated),
            Self::All(parts) => Self::Any(parts.iter().map(Self::negated).collect()),
            Self::Any(parts) => Self::All(parts.iter().map(Self::negated).collect()),
        }
    }

    fn leaves<'a>(&'a self, found: &mut Vec<&'a Leaf>) {
        match self {
            Self::Leaf(leaf, _) => found.push(leaf),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|p| p.leaves(found)),
        }
    }

    fn moves(&self) -> bool {
        let mut leaves = Vec::new();
        self.leaves(&mut leaves);
        leaves.iter().any(|leaf| leaf.moves)
    }

    /// As it is written; with `ever`, what time may change counts as changed.
    pub(super) fn text(&self, ever: bool) -> String {
        let join = |parts: &[Self], word: &str| {
            let texts: Vec<String> = parts.iter().map(|part| part.text(ever)).collect();
            format!("\\( {} \\)", texts.join(word))
        };
        match self {
            // A directory may come to be empty, a file that is not stays as it is.
            Self::Leaf(leaf, false) if ever && leaf.class == "-empty" => {
                "\\( ! -type f -o -empty \\)".to_owned()
            }
            Self::Leaf(leaf, _) if ever && leaf.moves => "-true".to_owned(),
            Self::Leaf(leaf, true) => format!("{} {}", not_of(&leaf.text), positional(&leaf.text)),
            Self::Leaf(leaf, false) => positional(&leaf.text),
            Self::All(parts) => join(parts, all_of(parts.len())),
            Self::Any(parts) => join(parts, any_of(parts.len())),
        }
    }
}

/// A test with an option before it is one operand only in parentheses.
fn positional(text: &str) -> String {
    if text.starts_with("-regextype ") || text.starts_with("-daystart ") {
        format!("\\( {text} \\)")
    } else {
        text.to_owned()
    }
}

// All ways to write one operator, by what happens to be at hand.
fn not_of(text: &str) -> &'static str {
    if text.len().is_multiple_of(2) {
        "!"
    } else {
        "-not"
    }
}

fn all_of(len: usize) -> &'static str {
    [" ", " -a ", " -and "][len % 3]
}

fn any_of(len: usize) -> &'static str {
    if len.is_multiple_of(2) {
        " -o "
    } else {
        " -or "
    }
}

/// Where the action stands.
pub(super) struct Frame {
    /// As written, with `ACTION` at its places.
    text: String,
    /// What reaches the action when time is put aside.
    ever: String,
}

type Build = fn(&Condition, &Condition) -> Frame;

const FRAMES: &[(&str, Build)] = &[
    ("A ACTION", |a, _| Frame {
        text: format!("{} ACTION", a.text(false)),
        ever: a.text(true),
    }),
    ("A -o B ACTION", |a, b| Frame {
        text: format!("{} -o {} ACTION", a.text(false), b.text(false)),
        ever: format!("{} {}", a.negated().text(true), b.text(true)),
    }),
    ("A ACTION -o B", |a, b| Frame {
        text: format!("{} ACTION -o {}", a.text(false), b.text(false)),
        ever: a.text(true),
    }),
    ("A ACTION -o B ACTION", |a, b| Frame {
        text: format!("{} ACTION -o {} ACTION", a.text(false), b.text(false)),
        ever: format!("\\( {} -o {} \\)", a.text(true), b.text(true)),
    }),
    ("A , B ACTION", |a, b| Frame {
        text: format!("{} , {} ACTION", a.text(false), b.text(false)),
        ever: b.text(true),
    }),
    ("A ACTION , B", |a, b| Frame {
        text: format!("{} ACTION , {}", a.text(false), b.text(false)),
        ever: a.text(true),
    }),
    (SWAPPED, |a, b| Frame {
        text: format!("\\( {} , {} \\) ACTION", a.text(false), b.text(false)),
        ever: b.text(true),
    }),
    ("ACTION", |_, _| Frame {
        text: "ACTION".to_owned(),
        ever: "-true".to_owned(),
    }),
];

/// Here find itself may take either for the last one, by what it costs.
const SWAPPED: &str = "( A , B ) ACTION";

/// A frame whose directories are not entered, and that removes by another program.
const PRUNES: &str = "A -prune -o B ACTION";

impl Frame {
    pub(super) fn classes() -> impl Iterator<Item = &'static str> {
        FRAMES.iter().map(|(class, _)| *class).chain([PRUNES])
    }
}

/// Limits of a search, and options that change nothing.
pub(super) mod limits {
    use super::Draw;

    pub(crate) const CLASSES: &[&str] = &[
        "-maxdepth",
        "-mindepth",
        "-depth",
        "-xdev",
        "-mount",
        "-noleaf",
        "none",
    ];

    pub(super) fn draw(draw: &mut Draw, classes: &mut Vec<&'static str>) -> String {
        let mut text = String::new();
        for class in CLASSES {
            if !draw.chance(30) {
                continue;
            }
            match *class {
                "-maxdepth" => text += &format!(" -maxdepth {}", draw.below(4)),
                "-mindepth" => text += &format!(" -mindepth {}", draw.below(3)),
                "none" => continue,
                option => text += &format!(" {option}"),
            }
            classes.push(class);
        }
        if text.is_empty() {
            classes.push("none");
        }
        text
    }
}

/// Where a command starts.
pub(super) struct Start {
    /// What comes before `find`.
    before: String,
    /// Its arguments before the expression.
    args: String,
    /// The folder below the base that it is started in, where the paths are relative.
    pub(super) folder: &'static str,
    /// The directories, real or through a link, that it starts from.
    entered: Vec<Vec<u8>>,
}

/// The class; before `find`, its arguments; how the start is printed; what it enters: each with
/// `BASE` for the folder above the tree.
const STARTS: &[(&str, &str, &str, &str, &[&str])] = &[
    ("plain", "", "BASE/top", "BASE/top", &["BASE/top"]),
    (
        "quoted",
        "D='BASE'; ",
        "\"$D\"/\"top\"",
        "BASE/top",
        &["BASE/top"],
    ),
    ("slash", "", "BASE/top/", "BASE/top/", &["BASE/top"]),
    ("doubled slash", "", "BASE//top", "BASE//top", &["BASE/top"]),
    (
        "dots",
        "",
        "BASE/./top/../top",
        "BASE/./top/../top",
        &["BASE/top"],
    ),
    ("relative", "cd BASE && ", "top", "top", &["BASE/top"]),
    ("dot", "cd BASE/top; ", ".", ".", &["BASE/top"]),
    ("none", "cd BASE/top && ", "", ".", &["BASE/top"]),
    (
        "several",
        "",
        "BASE/top/a BASE/top/b BASE/top",
        "BASE/top",
        &["BASE/top", "BASE/top/a", "BASE/top/b"],
    ),
    ("glob", "", "BASE/top/*", "BASE/top/a", &["BASE/top/*"]),
    ("link", "", "BASE/lnk", "BASE/lnk", &[]),
    ("-P link", "", "-P BASE/lnk", "BASE/lnk", &[]),
    ("link slash", "", "BASE/lnk/", "BASE/lnk/", &["BASE/top"]),
    (
        "-H link",
        "",
        "-H BASE/lnk",
        "BASE/lnk",
        &["BASE/top", "BASE/lnk"],
    ),
    (
        "through a link",
        "",
        "BASE/lnk/a BASE/lnk/b.csv",
        "BASE/lnk/a",
        &["BASE/top/a", "BASE/top/b.csv"],
    ),
    ("-L", "", "-L BASE/top", "BASE/top", &["BASE/top"]),
];

impl Start {
    pub(super) fn classes() -> impl Iterator<Item = &'static str> {
        STARTS.iter().map(|(class, ..)| *class)
    }

    pub(super) fn is_entered(&self, path: &[u8]) -> bool {
        let is_dir = || {
            use std::os::unix::ffi::OsStrExt as _;
            let path = std::path::Path::new(std::ffi::OsStr::from_bytes(path));
            path.is_dir()
        };
        let fits = |start: &Vec<u8>| match start.strip_suffix(b"/*") {
            Some(folder) => path
                .strip_prefix(folder)
                .and_then(|rest| rest.strip_prefix(b"/"))
                .is_some_and(|name| !name.contains(&b'/')),
            None => path == start,
        };
        self.entered.iter().any(fits) && is_dir()
    }
}

/// The arguments of a start that are there; where none is, the top.
fn existing(place: &Place, class: &str, args: &str) -> String {
    let top = place.base.join("top");
    let is_there = match class {
        "several" | "through a link" => |path: &&str| std::path::Path::new(path).exists(),
        _ => |_: &&str| true,
    };
    let kept: Vec<&str> = args.split(' ').filter(is_there).collect();
    let has_names = || {
        let names = std::fs::read_dir(&top).unwrap();
        let mut names = names.map(|entry| entry.unwrap().file_name());
        names.any(|name| !name.to_string_lossy().starts_with('.'))
    };
    let is_bare = class == "glob" && !has_names();
    if class != "none" && kept.is_empty() || is_bare {
        return top.display().to_string();
    }
    kept.join(" ")
}

/// One command.
pub(super) struct Drawn {
    pub(super) classes: Vec<&'static str>,
    pub(super) start: Start,
    limits: String,
    frame: Frame,
    prunes: bool,
    /// Whether a tree and a disk tell all that it asks for.
    pub(super) decided: bool,
    /// Whether it goes where links lead, which a tree does not.
    pub(super) follows: bool,
}

impl Drawn {
    pub(super) fn new(draw: &mut Draw, place: &Place, index: usize) -> Self {
        let mut classes = Vec::new();
        // Most starts are plain ones, and each of the others comes up.
        let at = if index.is_multiple_of(2) {
            0
        } else {
            index / 2
        };
        let (start_class, before, args, printed, entered) = STARTS[at % STARTS.len()];
        classes.push(start_class);
        let base = place.base.display().to_string();
        let full = |text: &str| text.replace("BASE", &base);
        let start = Start {
            before: full(before),
            args: existing(place, start_class, &full(args)),
            folder: if before.contains("/top") { "top" } else { "" },
            entered: entered
                .iter()
                .chain(&["BASE/top"])
                .map(|path| full(path).into_bytes())
                .collect(),
        };
        let printed = full(printed);
        let open = index % 100 < 16;
        let mut pen = Pen {
            draw,
            printed: &printed,
            base: base.clone(),
        };
        let opens: Vec<usize> = (0..CLASSES.len())
            .filter(|&at| CLASSES[at].2 & OPEN != 0)
            .collect();
        let forced = if open {
            opens[(index / 100 * 16 + index % 100) % opens.len()]
        } else {
            index
        };
        let a = Condition::draw(&mut pen, 3, forced, open);
        let b = Condition::draw(&mut pen, 2, index / 3 + 1, open);
        let limits = limits::draw(draw, &mut classes);
        let at = (index / 5) % (FRAMES.len() * 2 + 1);
        // With `-depth` nothing is pruned, and by an age that moves nothing for ever.
        let prunes = at == FRAMES.len() * 2 && !a.moves();
        let frame = if prunes {
            classes.push(PRUNES);
            Frame {
                text: format!("{} -prune -o {} ACTION", a.text(false), b.text(false)),
                ever: format!("{} -prune -o {}", a.text(false), b.text(true)),
            }
        } else {
            let (class, build) = FRAMES[if at < FRAMES.len() { at } else { 0 }];
            classes.push(class);
            build(&a, &b)
        };
        let mut leaves = Vec::new();
        a.leaves(&mut leaves);
        b.leaves(&mut leaves);
        // Of two conditions only what is written counts.
        leaves.retain(|leaf| frame.text.contains(&leaf.text));
        classes.extend(leaves.iter().map(|leaf| leaf.class));
        let decided = leaves.iter().all(|leaf| leaf.decided)
            && !matches!(start_class, "-L")
            && !classes.contains(&SWAPPED);
        Self {
            classes,
            start,
            limits,
            frame,
            prunes,
            decided,
            follows: start_class == "-L",
        }
    }

    fn find(&self, expression: &str) -> String {
        let Start { before, args, .. } = &self.start;
        format!("{before}find {args}{} {expression}", self.limits)
    }

    /// As somebody would write it.
    pub(super) fn script(&self) -> String {
        let action = if self.prunes {
            "-exec rm -f {} +"
        } else {
            "-delete"
        };
        self.find(&self.frame.text.replace("ACTION", action))
    }

    /// The same, printing what it would take.
    pub(super) fn prints_now(&self) -> String {
        self.find(&self.frame.text.replace("ACTION", self.print()))
    }

    /// What prints just what is removed: plain `rm` takes no directories.
    fn print(&self) -> &'static str {
        if self.prunes {
            "! -type d -print0"
        } else {
            "-print0"
        }
    }

    /// The same, when every test of time is put aside.
    pub(super) fn prints_ever(&self) -> String {
        self.find(&format!("{} {}", self.frame.ever, self.print()))
    }
}
