//! Fixtures, damaged in every way that damages recordings: none may bring the reader down, and
//! none may make it slow or large.

use std::path::Path;
use std::time::{Duration, Instant};

use jettison::entry::Progress;
use jettison::source::transcript::{Options, read};
use jettison::tree::build::Builder;

/// A small generator of random numbers, so that a failure can be repeated.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % n.max(1) as u64).unwrap()
    }
}

/// What a hostile recording would hold.
const PIECES: &[&[u8]] = &[
    b"\x1b[2J",
    b"\x1b[H",
    b"\x1b[?1049h",
    b"\x1b[?1049l",
    b"\x1b[999;999H",
    b"\x1b[5A",
    b"\x1b[3M",
    b"\x1b[2;4r",
    b"\x1bM",
    b"\x1bc",
    b"\x1b]133;A\x07",
    b"\x1b]7;file://h/%2e%2e/%00\x07",
    b"\x1b[?2004h",
    b"\x1b[?2004l",
    b"\x1b[6n",
    b"\x1b]0;never ended",
    b"\0\0\0\0",
    b"\xff\xfe\xfd",
    b"\t\t\t\x08\x08\x08",
    b"$ cd ../../..\r\n",
    b"root@vm:/# rm -rf /\r\n",
    b"root@vm:/# ssh a@b\r\n",
    b"exit\r\n",
    b"99999999999999999999999 x\r\n",
    b"d????????? ? ? ? ? ? ?\r\n",
    b"total 18446744073709551615\r\n",
    b"18446744073709551615\t./x\r\n",
    b"\n\n\n",
    b"'",
    b"\\",
    b"Script started on ",
    b"[1, \"r\", \"0x0\"]\n",
    b"[1, \"r\", \"4294967295x4294967295\"]\n",
];

fn damage(text: &mut Vec<u8>, seed: &mut Seeded) {
    for _ in 0..=seed.below(6) {
        if text.is_empty() {
            return;
        }
        let at = seed.below(text.len());
        let end = (at + seed.below(200)).min(text.len());
        match seed.below(6) {
            0 => text[at] = u8::try_from(seed.below(256)).unwrap(),
            1 => drop(text.drain(at..end)),
            2 => {
                let piece = text[at..end].to_vec();
                let to = seed.below(text.len());
                text.splice(to..to, piece);
            }
            3 => text.truncate(at + 1),
            _ => {
                let piece = PIECES[seed.below(PIECES.len())];
                text.splice(at..at, piece.iter().copied());
            }
        }
    }
}

#[test]
fn damaged_fixtures_are_read_or_refused() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/transcripts");
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext != "expect"))
        .collect();
    paths.sort();
    let mut seed = Seeded(0x5eed_0f0d_15c5);
    let began = Instant::now();
    let mut rounds = 0;
    while rounds < 4 || (rounds < 400 && began.elapsed() < Duration::from_secs(3)) {
        for path in &paths {
            let mut text = std::fs::read(path).unwrap();
            damage(&mut text, &mut seed);
            let options = Options {
                assume_empty: seed.below(4) == 0,
                at_line: (seed.below(4) == 0).then(|| seed.below(40) as u64),
                watch: (seed.below(2) == 0).then_some(b"/srv/ticker".as_slice()),
            };
            let mut builder = Builder::new();
            let read = read(
                text.as_slice(),
                b"damaged",
                &options,
                &Progress::default(),
                &mut builder,
            );
            if read.is_ok() {
                builder.finish().unwrap();
            }
        }
        rounds += 1;
    }
}

/// Everything that is long, and nothing that ends.
#[test]
fn endless_inputs_take_bounded_memory_and_time() {
    let long = |start: &str, piece: &str, n: usize| {
        let mut text = start.as_bytes().to_vec();
        text.extend(
            piece
                .as_bytes()
                .iter()
                .copied()
                .cycle()
                .take(piece.len() * n),
        );
        text
    };
    for text in [
        long("$ cd /\r\n$ ls\r\n1 a\r\n", "x", 1 << 20),
        long("$ cd /\r\n$ ls\r\n1 a\r\n\x1b]0;", "x", 1 << 20),
        long("$ cd /\r\n$ ls\r\n1 a\r\n", "\x1b[", 1 << 16),
        long("$ cd /\r\n$ ls\r\n1 a\r\n", "\x1b[9999L", 2_000),
        long("$ cd /\r\n$ ls\r\n1 a\r\n", "\x1b[H\x1b[2Jx\r\n", 10_000),
        long(
            "$ cd /\r\n$ ls\r\n1 a\r\n",
            "e\u{301}\u{301}\u{301}",
            200_000,
        ),
        long(
            "{\"version\": 2, \"width\": 80, \"height\": 24}\n",
            "[1, \"o\", \"x\"]\n",
            100_000,
        ),
        long(
            "{\"version\": 2, \"width\": 80, \"height\": 24}\n[1, \"o\", \"",
            "x",
            1 << 20,
        ),
        long("$ cd /\n$ ls -l '", "a\n", 20_000),
    ] {
        let mut builder = Builder::new();
        let began = Instant::now();
        let read = read(
            text.as_slice(),
            b"endless",
            &Options::default(),
            &Progress::default(),
            &mut builder,
        );
        drop(read);
        let start = String::from_utf8_lossy(&text[..60]).into_owned();
        assert!(began.elapsed() < Duration::from_secs(20), "{start}");
    }
}

/// Each grammar with a row or two that it reads, in the order of the fuzz target's commands.
const GRAMMARS: &[(&str, &str)] = &[
    ("ls -la", "total 8\n-rw-r--r-- 1 a a 5 Nov 22 06:02 'x y'\n"),
    (
        "ls -laR",
        ".:\ntotal 4\ndrwxr-xr-x 2 a a 4096 Mar  4  2019 d\n\n./d:\ntotal 0\n",
    ),
    (
        "ls -lsih",
        "77 4.0K -rw-r--r-- 2 a a 3.1K 22. Nov 06:02 x\n",
    ),
    ("ls -lQ", "-rw-r--r-- 1 a a 5 2026-11-22 06:02 \"a\\tb\"\n"),
    ("ls -lb", "lrwxrwxrwx 1 a a 1 Nov 22 06:02 a\\ b -> c\n"),
    ("ls", "a  'b c'\td\n"),
    ("ls -1s", "total 8\n4 a\n4 b\n"),
    ("du -ab", "5\t./x\n4101\t.\n"),
    ("du -ah", "4.0K\t./x\n8.0K\t.\n"),
    (
        "df -h",
        "Filesystem Size Used Avail Use% Mounted on\n/dev/a 10G 9.0G 1.0G 90% /\n",
    ),
    (
        "df -k",
        "Filesystem 1K-blocks Used Available Use% Mounted on\n/dev/a 10 9 1 90% /\n",
    ),
    (
        "find . -ls",
        " 77 4 -rw-r--r-- 1 a a 5 Nov 22 06:02 ./a\\ b\n",
    ),
    ("find . -printf '%s %p\\n'", "5 ./a b\n"),
    ("find . -size +1M", "./a\n"),
    (
        "stat *",
        "  File: a\n  Size: 5 Blocks: 8 IO Block: 4096 regular file\n",
    ),
    ("stat -c '%n %s' *", "a b 5\n"),
    (
        "tree -ps",
        ".\n└── [-rw-r--r--          5]  a\n\n0 directories, 1 file\n",
    ),
    (
        "tree -h --du",
        "[ 13K]  .\n├── [4.1K]  d\n│   └── [  5]  a\n",
    ),
    (
        "tree -Js",
        "[\n  {\"type\":\"directory\",\"name\":\".\",\"size\":4096,\"contents\":[\n    {\"type\":\"file\",\"name\":\"a\",\"size\":5}\n  ]}\n]\n",
    ),
    ("exa -l", ".rw-r--r-- 3.5k op 22 Nov 06:02 a\n"),
    (
        "lsd -l",
        ".rw-r--r-- op op 3.4 KB Sun Nov 22 06:02:11 2026 a\n",
    ),
    (
        "aws s3 ls s3://b/p/",
        "2020-11-02 15:48:28      12345 key\n",
    ),
    ("hdfs dfs -du -h /x", "1.5 K  4.5 K  /x/a\n"),
    (
        "dust -n 9",
        "4.0Ki   ┌── a b │█ │   2%\n120Ki   ├─┴ d   │███│  97%\n124Ki ┌─┴ .     │███│ 100%\n",
    ),
    (
        "pdu",
        "4.1K   ┌──a b│█ │  2%\n126K   ├─┴d  │███│ 97%\n131K ┌─┴.    │███│100%\n",
    ),
    ("dua", "   4.00 KiB a b\n   4.00 KiB total\n"),
    ("gdu -np", "   36.0 KiB /a b\n@      0 B ln\n"),
    (
        "hdfs dfs -ls -h /x",
        "Found 1 items\n-rw-r--r--   3 a b      1.5 K 2024-01-01 12:00 /x/a\n",
    ),
];

/// The mutation loop that stands in for the fuzz target of the grammars, where only this toolchain is.
#[test]
fn damaged_output_of_every_grammar_is_read() {
    let mut seed = Seeded(0x6e1e_ca5e_0f0d);
    let began = Instant::now();
    let mut rounds = 0;
    while rounds < 4 || (rounds < 300 && began.elapsed() < Duration::from_secs(3)) {
        for (command, output) in GRAMMARS {
            let mut damaged = output.as_bytes().to_vec();
            if rounds > 0 {
                damage(&mut damaged, &mut seed);
            }
            let mut text = format!("u@h:/x$ {command}\n").into_bytes();
            text.extend_from_slice(&damaged);
            text.extend_from_slice(b"\nu@h:/x$ exit\n");
            let mut builder = Builder::new();
            let (options, progress) = (Options::default(), Progress::default());
            let done = read(
                text.as_slice(),
                b"damaged",
                &options,
                &progress,
                &mut builder,
            );
            if done.is_ok() {
                builder.finish().unwrap();
            }
            assert!(rounds > 0 || done.is_ok(), "{command} is not read as it is");
        }
        rounds += 1;
    }
}
