//! Rows of `ls` as they were seen.

use super::*;

fn ls(options: &str) -> Ls {
    let words: Vec<Word> = options
        .split_whitespace()
        .map(|text| Word {
            text: text.as_bytes().to_vec(),
            expands: false,
        })
        .collect();
    Ls::parse("ls", &words).unwrap()
}

fn read(options: &str, line: &str) -> Option<(Shape, Option<Interval>, Option<i64>, String)> {
    let ls = ls(options);
    let row = ls.row(line.as_bytes())?;
    let name = ls.name(&row, true)?;
    Some((
        row.shape,
        row.apparent,
        row.mtime,
        String::from_utf8(name).unwrap(),
    ))
}

#[test]
fn rows_are_read_in_every_date_form() {
    for (line, mtime, name) in [
        (
            "-rw-r--r-- 1 root root 183422 Nov 22 06:02 syslog",
            None,
            "syslog",
        ),
        (
            "-rw-r--r--. 1 root root 183422 Mar  4  2019 syslog",
            Some(1_551_657_600),
            "syslog",
        ),
        (
            "-rw-r--r-- 1 root root 183422 2026-11-22 06:02 000001.wal",
            Some(1_795_327_320),
            "000001.wal",
        ),
        (
            "-rw-r--r-- 1 root root 183422 2026-11-22 06:02:11.123456789 +0200 a b",
            Some(1_795_320_131),
            "a b",
        ),
        (
            "-rw-r--r-- 1 root root 183422 22. Nov 06:02 1 2",
            None,
            "1 2",
        ),
        ("-rw-r--r-- 1 root root 183422 11月 22 06:02 x", None, "x"),
        (
            "-rw-r--r--    1 root     root        183422 Nov 22 06:02 x",
            None,
            "x",
        ),
        (
            "-rw-r--r-- 1 CORP\\jo domain users 183422 Nov  2 06:02 x",
            None,
            "x",
        ),
        (
            "-rw-r--r-- 1 root root 183422 Nov 22 06:02  -rf",
            None,
            "-rf",
        ),
        (
            "-rw-r--r-- 1 root root 183422 Nov 22 06:02 'new'$'\\n''line'",
            None,
            "new\nline",
        ),
        (
            "-rw-r--r-- 1 root root 183422 Jan  1 12:00 'Jan  1 12:00 x'",
            None,
            "Jan  1 12:00 x",
        ),
    ] {
        let size = Some(Interval::exactly(183_422));
        let expected = Some((Shape::File, size, mtime, name.to_owned()));
        assert_eq!(read("-l", line), expected, "{line}");
    }
}

#[test]
fn columns_follow_the_options() {
    let size = |n| Some(Interval::exactly(n));
    for (options, line, expected) in [
        (
            "-l",
            "lrwxrwxrwx 1 a a 9 Nov 22 06:02 x -> /no/where",
            (Shape::Symlink, size(9), "x"),
        ),
        (
            "-l",
            "lrwxrwxrwx 1 a a 9 Nov 22 06:02 'a -> b' -> c",
            (Shape::Symlink, size(9), "a -> b"),
        ),
        (
            "-l",
            "brw-r--r-- 1 a a 7, 0 Nov 22 06:02 loop",
            (Shape::Other, size(0), "loop"),
        ),
        (
            "-lF",
            "drwxr-xr-x 2 a a 4096 Nov 22 06:02 d/",
            (Shape::Dir, size(4096), "d"),
        ),
        (
            "-lF",
            "-rwxr-xr-x 2 a a 1 Nov 22 06:02 run*",
            (Shape::File, size(1), "run"),
        ),
        (
            "-li",
            "77 -rwxr-xr-x 2 a a 1 Nov 22 06:02 run",
            (Shape::File, size(1), "run"),
        ),
        (
            "-ln",
            "-rw-r--r-- 1 0 0 5 2026-11-22 06:02 x",
            (Shape::File, size(5), "x"),
        ),
        (
            "-o",
            "-rw-r--r-- 1 root 5 Nov 22 06:02 x",
            (Shape::File, size(5), "x"),
        ),
        (
            "-lQ",
            "-rw-r--r-- 1 a a 5 Nov 22 06:02 \"a\\tb\"",
            (Shape::File, size(5), "a\tb"),
        ),
        (
            "-lb",
            "-rw-r--r-- 1 a a 5 Nov 22 06:02 a\\ b",
            (Shape::File, size(5), "a b"),
        ),
        (
            "-l",
            "?????????? ? ? ? ? ? locked",
            (Shape::Unreadable, None, "locked"),
        ),
        (
            "-l",
            "d????????? ? ? ? ?            ? locked",
            (Shape::Unreadable, None, "locked"),
        ),
        (
            "-lh",
            "-rw-r--r-- 1 a a 1.0K Nov 22 06:02 x",
            (Shape::File, Some(Interval::between(922, 1075)), "x"),
        ),
    ] {
        let (shape, apparent, name) = expected;
        let got = read(options, line).unwrap_or_else(|| panic!("{line}"));
        assert_eq!(
            (got.0, got.1, got.3.as_str()),
            (shape, apparent, name),
            "{line}"
        );
    }
    let sized = ls("-ls");
    let row = sized.row(b" 4 -rw-r--r-- 1 a a 1 Nov 22 06:02 x").unwrap();
    assert_eq!(row.disk, Some(Interval::between(3584, 4096)));
}

#[test]
fn the_size_of_a_link_tells_its_arrow() {
    for (line, name) in [
        ("lrwxrwxrwx 1 a a 6 Nov 22 06:02 x -> a -> b", Some("x")),
        (
            "lrwxrwxrwx 1 a a 1 Nov 22 06:02 x -> a -> b",
            Some("x -> a"),
        ),
        (
            "lrwxrwxrwx 1 a a 0 Nov 22 06:02 exe -> /bin/sh",
            Some("exe"),
        ),
        ("lrwxrwxrwx 1 a a 3 Nov 22 06:02 x -> a -> b", None),
    ] {
        let got = read("-l", line).map(|row| row.3);
        assert_eq!(got.as_deref(), name, "{line}");
    }
}

#[test]
fn headers_are_read_as_the_names_are_written() {
    for (options, header, path) in [
        ("-lR", "./a b", Some("./a b")),
        ("-lR", "'./a'$'\\n''b'", Some("./a\nb")),
        ("-lRQ", "\"./a\\tb\"", Some("./a\tb")),
        ("-lRQ", "./a", None),
        ("-lRb", "./a\\ b\\:\\033", Some("./a b:\u{1b}")),
        ("-lRb", "./a b", Some("./a b")),
        ("-lRb", "./a\\", None),
        ("-lRN", "./a'b", Some("./a'b")),
        ("-lRN", "./a?b", None),
    ] {
        let path = path.map(|path| path.as_bytes().to_vec());
        assert_eq!(
            ls(options).header(header.as_bytes()),
            path,
            "{options} {header}"
        );
    }
}

#[test]
fn what_is_no_row_is_refused() {
    for line in [
        "",
        "total 12",
        "var/log:",
        "-rw-r--r-- 1 root root 12 syslog",
        "-rw-r--r-- 1 root root Nov 22 06:02 syslog",
        "-rw-r--r-- 1 root root 12 Nov 22 06:02",
        "-rw-r--r-- 1 root root 12 Nov 22 06:02 ",
        "drwxr-xr-x",
        "-rw-r--r-- 1 root root 1.0Q Nov 22 06:02 x",
        "-rw-r--r-- 1 root root 12 2026-11-22 06:02 ",
    ] {
        assert_eq!(read("-l", line), None, "{line}");
    }
    assert_eq!(read("-lN", "-rw-r--r-- 1 a a 12 Nov 22 06:02 a?b"), None);
    for options in ["-L -l", "--block-size=7Q -l", "-m", "--time-style=+%c -l"] {
        let words: Vec<Word> = options
            .split(' ')
            .map(|t| Word {
                text: t.as_bytes().to_vec(),
                expands: false,
            })
            .collect();
        assert_eq!(Ls::parse("ls", &words), None, "{options}");
    }
}

#[test]
fn puzzle_rows_are_read() {
    let exact = |n| Some(Interval::exactly(n));
    for (line, row) in [
        ("dir a", Some((Shape::Dir, None, &b"a"[..]))),
        ("123 b.txt", Some((Shape::File, exact(123), b"b.txt"))),
        ("0 $ ls", Some((Shape::File, exact(0), b"$ ls"))),
        ("dir ", None),
        ("123", None),
        ("12x b", None),
    ] {
        assert_eq!(puzzle_row(line.as_bytes()), row, "{line}");
    }
}
