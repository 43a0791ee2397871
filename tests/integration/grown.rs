//! Trees grown from a seed: every kind of entry and of name, links in all directions.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::fs::{CWD, FileType, Mode};

/// Numbers that are always the same (xorshift).
pub(crate) struct Dice(u64);

impl Dice {
    /// A seed of any kind makes a good start, zero and neighbours included (splitmix).
    pub(crate) fn new(seed: u64) -> Self {
        let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Self((mixed ^ (mixed >> 31)) | 1)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) % n
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }
}

/// A name that no other entry of the directory has, and that may hold any byte but two.
fn any_name(dice: &mut Dice, number: usize) -> OsString {
    const ODD: [&[u8]; 10] = [
        b"\n",
        b"\xff",
        b"\x1b[31m",
        b" ",
        b"-rf",
        b"...",
        b"\xe2\x80\xae",
        b"'\"\\",
        b"*",
        b"\t",
    ];
    let odd = ODD.get(dice.below(24) as usize).copied();
    let mut name = odd.unwrap_or(b"plain").to_vec();
    name.extend_from_slice(number.to_string().as_bytes());
    if dice.below(40) == 0 {
        name.resize(255, b'\xfe');
    }
    OsString::from_vec(name)
}

/// A tree that grows below a root, with a folder beside it for the links that lead out.
pub(crate) struct Grower<'a> {
    dice: Dice,
    root: &'a Path,
    outside: Option<&'a Path>,
    dirs: Vec<PathBuf>,
    leaves: Vec<PathBuf>,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(root: &'a Path, outside: Option<&'a Path>, seed: u64) -> Self {
        Self {
            dice: Dice::new(seed),
            root,
            outside,
            dirs: vec![root.to_owned()],
            leaves: Vec::new(),
        }
    }

    /// Adds that many entries of every kind, each where the dice say.
    pub(crate) fn grow(&mut self, entries: usize) {
        for number in 0..entries {
            let at = self.dice.one_of(&self.dirs).clone();
            let path = at.join(any_name(&mut self.dice, number));
            let len = path.as_os_str().len();
            if self.dice.below(8) == 0 && len < 3_000 {
                fs::create_dir(&path).unwrap();
                self.dirs.push(path);
            } else if len < 3_800 {
                self.make_leaf(path);
            }
        }
        if self.dice.below(4) == 0 {
            self.widen();
        }
    }

    fn make_leaf(&mut self, path: PathBuf) {
        let node = |kind| {
            rustix::fs::mknodat(CWD, &path, kind, Mode::from_raw_mode(0o600), 0).unwrap();
        };
        match self.dice.below(14) {
            0 => node(FileType::Fifo),
            1 => node(FileType::Socket),
            2 => symlink(".", &path).unwrap(),
            3 => symlink(
                "/nowhere/\u{1b}".repeat(1 + number(&mut self.dice, 20)),
                &path,
            )
            .unwrap(),
            4..=6 if !self.leaves.is_empty() => {
                let old = self.dice.one_of(&self.leaves);
                fs::hard_link(old, &path).unwrap();
            }
            7 => self.links_out(&path),
            8 => sparse(&mut self.dice, &path),
            9 => drop(File::create(&path).unwrap()),
            _ => plain(&mut self.dice, &path),
        }
        self.leaves.push(path);
    }

    /// An inode with a name outside of the root, and perhaps several.
    fn links_out(&mut self, path: &Path) {
        plain(&mut self.dice, path);
        if let Some(outside) = self.outside {
            for _ in 0..=self.dice.below(2) {
                let name = format!("out-{}-{}", self.leaves.len(), self.dice.below(1 << 40));
                fs::hard_link(path, outside.join(name)).unwrap();
            }
        }
    }

    /// Enough long names in one directory for it to need more than one block of its own.
    fn widen(&mut self) {
        let wide = self.root.join("wide");
        fs::create_dir(&wide).unwrap();
        for number in 0..24 {
            File::create(wide.join(format!("{number:0>240}"))).unwrap();
        }
    }
}

fn number(dice: &mut Dice, below: u64) -> usize {
    usize::try_from(dice.below(below)).unwrap()
}

/// A file with holes: an odd size, and up to three places where something is written. Their few
/// extents fit into any inode, so that nothing is allocated when they reach the disk.
fn sparse(dice: &mut Dice, path: &Path) {
    let file = File::create(path).unwrap();
    let len = (1 << (10 + dice.below(24))) + dice.below(4_096);
    file.set_len(len).unwrap();
    for _ in 0..dice.below(4) {
        let bytes = vec![9; number(dice, 300).min(usize::try_from(len).unwrap())];
        let at = dice.below(len - bytes.len() as u64 + 1);
        file.write_all_at(&bytes, at).unwrap();
    }
}

fn plain(dice: &mut Dice, path: &Path) {
    fs::write(path, vec![7; number(dice, 20_000)]).unwrap();
    let then = Duration::from_secs(dice.below(1 << 31));
    let then = match dice.below(3) {
        0 => SystemTime::UNIX_EPOCH - then,
        _ => SystemTime::UNIX_EPOCH + then,
    };
    let file = File::options().write(true).open(path).unwrap();
    file.set_modified(then).unwrap();
}
