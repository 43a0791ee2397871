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
    for options in [
        "--block-size=7Q -l",
        "--time-style=+%c -l",
        "--quoting-style=mine",
        "--zero",
    ] {
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

fn names(options: &str, line: &str) -> Option<Vec<String>> {
    let cells = ls(options).cells(line.as_bytes())?;
    let text = |cell: Cell<'_>| {
        let blocks = cell.blocks.map(String::from_utf8_lossy);
        let name = String::from_utf8(cell.name).unwrap();
        match (blocks, cell.shape) {
            (Some(blocks), _) => format!("{blocks}|{name}"),
            (None, Shape::Unknown) => name,
            (None, shape) => format!("{name}|{shape:?}"),
        }
    };
    Some(cells.into_iter().map(text).collect())
}

#[test]
fn names_in_a_row_are_parted_as_they_are_quoted() {
    for (options, line, expected) in [
        ("", "a  b\tc", Some(&["a", "b", "c"][..])),
        ("", " a   'b c'\t'd e'  f", Some(&["a", "b c", "d e", "f"])),
        ("-x", "'a'$'\\n''b'  \"it's\"", Some(&["a\nb", "it's"])),
        (
            "-m",
            "a, 'b c', 'd, e', f,",
            Some(&["a", "b c", "d, e", "f"]),
        ),
        ("-m", "a,b, c", Some(&["a,b", "c"])),
        ("-mQ", "\"a\", \"b, c\"", Some(&["a", "b, c"])),
        ("-mN", "a, b", None),
        (
            "-b",
            "a\\ b  trail\\   c\\n",
            Some(&["a b", "trail ", "c\n"]),
        ),
        ("-bm", "a,\\ b, c\\ ,", Some(&["a, b", "c "])),
        ("-Q", "\"a b\"  \"c\\td\"", Some(&["a b", "c\td"])),
        ("-Q", "a", None),
        (
            "-F",
            "d/  'e f'/  'star*'  run*",
            Some(&["d|Dir", "e f|Dir", "star*", "run|File"]),
        ),
        ("-p", "'a b'/", Some(&["a b|Dir"])),
        ("-b -F", "a\\ b/  c*", Some(&["a b|Dir", "c|File"])),
        ("-1", "a  b", Some(&["a  b"])),
        ("-s", " 4 a    12 'b c'", Some(&["4|a", "12|b c"])),
        ("-sh", "4.0K a  1.1M b", Some(&["4.0K|a", "1.1M|b"])),
        ("-is", "123  4 a", Some(&["4|a"])),
        ("-s", "a  b", None),
        ("", "'a'b  c", None),
    ] {
        let expected = expected.map(|names| names.iter().map(|&n| n.to_owned()).collect());
        assert_eq!(names(options, line), expected, "{options} {line}");
    }
}

#[test]
fn options_take_their_values() {
    for (options, operands) in [
        ("-w 60 a", 1),
        ("-w60 a", 1),
        ("-lw 60", 0),
        ("-T 4 a", 1),
        ("-lT a", 1),
        ("-I *.log a", 1),
        ("--ignore *.log --width 80", 0),
        ("--format=long --quoting-style=c", 0),
        ("-- -w", 1),
    ] {
        assert_eq!(ls(options).operands.len(), operands, "{options}");
    }
    assert!(ls("-I x -l").cut && ls("-lB").cut && ls("--hide=x").cut);
    assert!(ls("--format=verbose").long && !ls("--format=commas").long);
}

#[test]
fn what_a_link_leads_to_is_not_its_own_size() {
    let line = "-rw-r--r-- 1 a a 12 Nov 22 06:02 x";
    let row = read("-lL", line).unwrap();
    assert_eq!(
        (row.0, row.1),
        (Shape::Unknown, Some(Interval::between(1, 4095)))
    );
    assert_eq!(read("-l", "-rw-r--r-- 1 a a 12 Nov 22 06:02 a?b"), None);
    let quoted = "-rw-r--r-- 1 a a 12 Nov 22 06:02 'a?b'";
    assert_eq!(read("-l", quoted).unwrap().3, "a?b");
    assert_eq!(read("-l --quoting-style=shell", quoted), None);
}
