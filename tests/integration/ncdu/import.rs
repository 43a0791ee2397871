//! Documents and what they must give, good and bad.

use jettison::bytes::Interval;
use jettison::entry::{Batch, Entry, Kind, Listing, Progress, Rooting, Sink, Token};
use jettison::source::ncdu::{Imported, read};
use jettison::time::Timestamp;
use jettison::tree::{NodeId, build::Builder};

use super::{import, lines};

/// An export with these entries below the root `/r`.
fn with(entries: &str) -> String {
    format!(r#"[1,2,{{}},[{{"name":"/r","dsize":4096}}{entries}]]"#)
}

#[test]
fn entries_are_what_they_say() {
    for (entries, expected) in [
        ("", &[][..]),
        (r#",{"name":"f"}"#, &["/r/f file 0 0"]),
        (
            r#",{"name":"f","asize":10,"dsize":4097}"#,
            &["/r/f file 10 4097"],
        ),
        (r#",{"dsize":8,"name":"f"}"#, &["/r/f file 0 8"]),
        (
            "\n,\r\n\t { \"name\" : \"f\" , \"asize\" : 1 } ",
            &["/r/f file 1 0"],
        ),
        (r#",{"name":"f","mtime":12.9}"#, &["/r/f file 0 0 @12"]),
        (r#",{"name":"f","mtime":-3}"#, &["/r/f file 0 0 @-3"]),
        (r#",{"name":"s","notreg":true}"#, &["/r/s other 0 0"]),
        (r#",{"name":"s","notreg":false}"#, &["/r/s file 0 0"]),
        (
            r#",{"name":"s","notreg":true,"mode":41471}"#,
            &["/r/s symlink 0 0"],
        ),
        (
            r#",{"name":"s","notreg":true,"mode":4516}"#,
            &["/r/s other 0 0"],
        ),
        (
            r#",{"name":"s","mode":33188,"uid":0,"gid":4294967295}"#,
            &["/r/s file 0 0"],
        ),
        (r#",{"name":"s","mode":0}"#, &["/r/s file 0 0"]),
        (r#",{"name":"u","read_error":true}"#, &["/r/u unread - -"]),
        (
            r#",{"name":"u","read_error":true,"asize":5}"#,
            &["/r/u unread 5 -"],
        ),
        (
            r#",{"name":"x","excluded":"pattern"}"#,
            &["/r/x excluded - -"],
        ),
        (
            r#",{"name":"x","excluded":"frmlnk"}"#,
            &["/r/x excluded - -"],
        ),
        (
            r#",{"name":"x","dev":0,"excluded":"othfs"}"#,
            &["/r/x other-fs - -"],
        ),
        (
            r#",[{"name":"x","excluded":"otherfs"}]"#,
            &["/r/x other-fs - -"],
        ),
        (
            r#",[{"name":"x","excluded":"kernfs"} ]"#,
            &["/r/x kernel-fs - -"],
        ),
        (
            r#",[{"name":"x","excluded":"pattern"}]"#,
            &["/r/x excluded - -"],
        ),
        (r#",[{"name":"d"}]"#, &["/r/d dir 0 0"]),
        (
            r#",[{"name":"d","read_error":true,"dsize":1}]"#,
            &["/r/d unread 0 1 Unread"],
        ),
        (
            r#",[{"name":"d","read_error":true},{"name":"f"},[{"name":"e"}]]"#,
            &["/r/d dir 0 0 Partial", "/r/d/f file 0 0", "/r/d/e dir 0 0"],
        ),
        (
            r#",{"name":"a"},[{"name":"d"},{"name":"f"}],{"name":"b"}"#,
            &[
                "/r/a file 0 0",
                "/r/b file 0 0",
                "/r/d dir 0 0",
                "/r/d/f file 0 0",
            ],
        ),
        (
            r#",{"name":"f","new":{"a":[{"}":"]"},null,1.5e3]},"asize":2}"#,
            &["/r/f file 2 0"],
        ),
        (
            r#",{"name":"f","a key that is longer than any that is known":0,"asize":2}"#,
            &["/r/f file 2 0"],
        ),
        (
            r#",{"name":"\ud83d\ude00\n\u0001"}"#,
            &[r"/r/\xf0\x9f\x98\x80\n\x01 file 0 0"],
        ),
        (r#",{"name":"\udc80"}"#, &[r"/r/\xed\xb2\x80 file 0 0"]),
    ] {
        let (tree, imported) = import(with(entries).as_bytes()).unwrap();
        assert_eq!(lines(&tree)[1..], *expected, "{entries}");
        assert_eq!(imported, Imported::default(), "{entries}");
    }
}

#[test]
fn names_are_bytes() {
    let document = b"[1,2,{},[{\"name\":\"/\xff\"},{\"name\":\"\xfe\x80\x7f\"}]]";
    let (tree, _) = import(document).unwrap();
    assert_eq!(tree.path(NodeId(1)), b"/\xff/\xfe\x80\x7f");
}

#[test]
fn links_know_their_inode() {
    let document = r#"[1,2,{},[{"name":"/r","dev":5},
        {"name":"a","dsize":512,"ino":7,"hlnkc":true,"nlink":3},
        {"name":"b","dsize":512,"ino":7,"nlink":3},
        {"name":"old","dsize":512,"ino":8,"hlnkc":true},
        {"name":"one","dsize":512,"ino":9,"nlink":1},
        {"name":"away","dsize":512,"ino":7,"hlnkc":true,"dev":6},
        [{"name":"in"},{"name":"c","dsize":512,"ino":7,"hlnkc":true,"nlink":3}],
        [{"name":"m","dev":6},{"name":"d","dsize":512,"ino":7,"hlnkc":true}]]]"#;
    let (tree, imported) = import(document.as_bytes()).unwrap();
    assert_eq!(
        lines(&tree)[1..],
        [
            "/r/a file 0 512 (5, 7)x3",
            "/r/b file 0 512 (5, 7)x3",
            "/r/old file 0 512 (5, 8)x0",
            "/r/one file 0 512",
            "/r/away file 0 512 (6, 7)x0",
            "/r/in dir 0 0",
            "/r/in/c file 0 512 (5, 7)x3",
            "/r/m dir 0 0",
            "/r/m/d file 0 512 (6, 7)x0",
        ]
    );
    assert_eq!(imported.troubles, []);
    assert_eq!(tree.totals(NodeId::ROOT).disk, Interval::exactly(4 * 512));
    let devices: Vec<_> = [0, 6, 8].map(|id| tree.device(NodeId(id))).into();
    assert_eq!(devices, [Some(5), Some(5), Some(6)]);
}

#[test]
fn a_link_without_an_inode_is_its_own() {
    let entries =
        r#",{"name":"a","dsize":512,"hlnkc":true,"nlink":2},{"name":"b","dsize":512,"nlink":2}"#;
    let (tree, imported) = import(with(entries).as_bytes()).unwrap();
    assert_eq!(
        tree.totals(NodeId::ROOT).disk,
        Interval::exactly(4096 + 1024)
    );
    assert_eq!(tree.freed(NodeId(1)), Interval::ZERO);
    let troubles: Vec<_> = imported
        .troubles
        .iter()
        .map(|t| (&t.path[..], t.code))
        .collect();
    let code = "link-without-inode";
    assert_eq!(troubles, [(&b"/r/a"[..], code), (b"/r/b", code)]);
}

#[test]
fn absurd_sizes_do_not_overflow() {
    let huge = u64::MAX;
    let links: String = (0..5)
        .map(|i| format!(r#",{{"name":"{i}","asize":{huge},"dsize":{huge},"ino":7,"nlink":9}}"#))
        .collect();
    let document = with(&format!(
        "{links},[{{\"name\":\"d\",\"dsize\":{huge}}}{links}]"
    ));
    let (tree, _) = import(document.as_bytes()).unwrap();
    assert_eq!(tree.own_disk(NodeId(1)), Some(Interval::exactly(huge)));
    assert_eq!(tree.links().groups().count(), 1);
}

#[test]
fn more_devices_than_fit_are_not_confused() {
    const MANY: u64 = 65_600;
    let dirs: String = (0..MANY)
        .map(|dev| format!(r#",[{{"name":"{dev}","dev":{dev}}}]"#))
        .collect();
    let (tree, _) = import(with(&dirs).as_bytes()).unwrap();
    let devices: Vec<_> = tree.directories().map(|id| tree.device(id)).collect();
    assert_eq!(devices[..3], [None, Some(0), Some(1)]);
    assert_eq!(devices[65_534], Some(65_533));
    assert_eq!(devices[65_535..], [None; 66][..]);
}

#[test]
fn the_header_is_kept() {
    for (header, program, timestamp) in [
        (
            r#"[1,2,{"progname":"ncdu","progver":"1.18","timestamp":1718074800}"#,
            Some("ncdu 1.18"),
            Some(1_718_074_800),
        ),
        (
            r#" [ 1 , 0 , {"timestamp":1.5,"progname":"x","more":[{}]} "#,
            Some("x"),
            Some(1),
        ),
        ("[1,9,{}", None, None),
        (r#"[1,2,["no","object"]"#, None, None),
        (
            r#"[1,2,{"progname":null,"progver":3,"timestamp":"now"}"#,
            None,
            None,
        ),
    ] {
        for tail in ["]", r#",1,{"a":[]},"x"] "#, "]\n\n"] {
            let document = format!(r#"{header},[{{"name":"/r"}}]{tail}"#);
            let (tree, imported) = import(document.as_bytes()).unwrap();
            assert_eq!(imported.program.as_deref(), program, "{document}");
            assert_eq!(imported.timestamp, timestamp.map(Timestamp), "{document}");
            assert_eq!(lines(&tree), ["/r dir 0 0"]);
        }
    }
}

#[test]
fn what_is_not_an_export_says_where_and_why() {
    for (document, message) in [
        (
            "hello",
            "t.json:1:1: expected `[` to begin an ncdu export, found `h`",
        ),
        (
            "[2,0,{},[{\"name\":\"/\"}]]",
            "t.json:1:2: expected major version 1 of the format, found 2",
        ),
        (
            "[\"1\"]",
            "t.json:1:2: expected a whole number from 0 up as the major version of the format, found `\"`",
        ),
        (
            "[1.0,",
            "t.json:1:3: expected a whole number as the major version of the format, found `.`",
        ),
        (
            "[1]",
            "t.json:1:3: expected `,` after the major version, found `]`",
        ),
        (
            "[1,2,{}]",
            "t.json:1:8: expected `,` between the metadata and the root directory, found `]`",
        ),
        (
            "[1,2,{},{\"name\":\"/\"}]",
            "t.json:1:9: expected `[` to begin the root directory, found `{`",
        ),
        (
            "[1,2,{},[]]",
            "t.json:1:10: expected `{` to begin an entry, found `]`",
        ),
        (
            "[1,2,{},[{}]]",
            "t.json:1:10: expected the entry to have a \"name\"",
        ),
        (
            "[1,2,{},[{\"name\":\"\"}]]",
            "t.json:1:18: expected a name that is not empty",
        ),
        (
            "[1,2,{},[{\"name\":\"/\",\"excluded\":\"pattern\"}]]",
            "t.json:1:43: expected a root that is not excluded",
        ),
        (
            "[1,2,{},[{\"name\":\"/\"}]] x",
            "t.json:1:25: expected nothing after the end of the export, found `x`",
        ),
        (
            "[1,2",
            "t.json:1:5: the file ends here, before the root directory of an ncdu export",
        ),
        (
            "[1,2,{},[{\"name\":\"/",
            "t.json:1:20: the file ends here, before the root directory of an ncdu export",
        ),
        ("", "t.json: expected an ncdu export in JSON"),
        (
            "\u{1f}\u{8b}",
            "t.json:1:1: expected `[` to begin an ncdu export, found the byte 0x1f",
        ),
    ] {
        assert_eq!(
            import(document.as_bytes()).map(|_| ()),
            Err(message.to_owned()),
            "{document}"
        );
    }
}

#[test]
fn damage_says_where_and_what_was_expected() {
    for (entry, message) in [
        (
            r#"{"name":5}"#,
            r#"2:8: expected a string after "name", found `5`"#,
        ),
        (
            r#"{"name":null}"#,
            r#"2:8: expected a string after "name", found `n`"#,
        ),
        (
            r#"{"asize":5}"#,
            r#"2:0: expected the entry to have a "name""#,
        ),
        (
            r#"{"name":"a/b"}"#,
            "2:8: expected a name without `/` below the root",
        ),
        (
            r#"{"name":".."}"#,
            "2:8: expected the name of an entry, found `.` or `..`",
        ),
        (
            r#"{"name":"."}"#,
            "2:8: expected the name of an entry, found `.` or `..`",
        ),
        (
            r#"{"name":"a\u0000"}"#,
            "2:8: expected a name without a zero byte",
        ),
        (r#"{"name":""}"#, "2:8: expected a name that is not empty"),
        (
            r#"{"name":"f","asize":-1}"#,
            r#"2:20: expected a whole number from 0 up after "asize", found `-`"#,
        ),
        (
            r#"{"name":"f","asize":1.5}"#,
            r#"2:21: expected a whole number after "asize", found `.`"#,
        ),
        (
            r#"{"name":"f","dsize":1e3}"#,
            r#"2:21: expected a whole number after "dsize", found `e`"#,
        ),
        (
            r#"{"name":"f","dsize":"9"}"#,
            r#"2:20: expected a whole number from 0 up after "dsize", found `"`"#,
        ),
        (
            r#"{"name":"f","dsize":18446744073709551616}"#,
            r#"2:20: expected a number below 2^64 after "dsize""#,
        ),
        (
            r#"{"name":"f","nlink":4294967296}"#,
            r#"2:20: expected a number below 2^32 after "nlink""#,
        ),
        (
            r#"{"name":"f","mode":65536}"#,
            r#"2:19: expected a number below 2^16 after "mode""#,
        ),
        (
            r#"{"name":"f","mtime":"x"}"#,
            r#"2:20: expected a number of seconds after "mtime", found `"`"#,
        ),
        (
            r#"{"name":"f","notreg":1}"#,
            r#"2:21: expected true or false after "notreg", found `1`"#,
        ),
        (
            r#"{"name":"f","hlnkc":null}"#,
            r#"2:20: expected true or false after "hlnkc", found `n`"#,
        ),
        (
            r#"{"name":"f","excluded":true}"#,
            r#"2:23: expected a string after "excluded", found `t`"#,
        ),
        (
            r#"{"name":"f" "asize":1}"#,
            "2:12: expected `,` or `}`, found `\"`",
        ),
        (
            r#"{"name":"f",}"#,
            "2:12: expected a string as a key, found `}`",
        ),
        (
            r#"{"name" "f"}"#,
            "2:8: expected `:` after a key, found `\"`",
        ),
        (r#""f""#, "2:0: expected `{` to begin an entry, found `\"`"),
        ("[[", "2:1: expected `{` to begin an entry, found `[`"),
        ("[]", "2:1: expected `{` to begin an entry, found `]`"),
        (
            r#"[{"name":"x","excluded":"otherfs"},{"name":"f"}]"#,
            "2:34: expected `]` as nothing may be in an excluded directory, found `,`",
        ),
        (
            r#"{"name":"f","x":tru}"#,
            "2:19: expected the word true, found `}`",
        ),
        (
            "{\"name\":\"a\nb\"}",
            "2:10: expected a string to escape its control bytes, found the end of the line",
        ),
    ] {
        // The entry begins in column 1 of line 2; the table counts from 0.
        let document = with(&format!(",\n{entry}"));
        let (place, message) = message.split_once(": ").unwrap();
        let column: u64 = place.strip_prefix("2:").unwrap().parse().unwrap();
        let message = format!("t.json:2:{}: {message}", column + 1);
        assert_eq!(
            import(document.as_bytes()).map(|_| ()),
            Err(message),
            "{entry}"
        );
    }
}

#[test]
fn other_formats_are_recognised() {
    for (head, hint) in [
        (&b""[..], "empty"),
        (b"\xbfncduEX1...", "binary format"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"[3,0,{}", "format 1"),
    ] {
        let result = read(
            &mut &head[..],
            b"f",
            &Progress::default(),
            &mut Builder::new(),
        );
        let error = result.unwrap_err();
        assert!(error.is_source());
        assert!(
            error.hint().is_some_and(|h| h.contains(hint)),
            "{error} {:?}",
            error.hint()
        );
    }
}

#[test]
fn a_name_with_control_bytes_is_shown_escaped() {
    let result = read(
        &mut &b"x"[..],
        b"a\x1b[2J\xff",
        &Progress::default(),
        &mut Builder::new(),
    );
    let message = result.unwrap_err().to_string();
    assert!(
        message.starts_with("a\\u{1b}[2J\u{fffd}:1:1: "),
        "{message}"
    );
}

#[test]
fn a_cut_export_gives_what_it_holds() {
    let document =
        with(r#",{"name":"a","dsize":512},[{"name":"d"},[{"name":"e"},{"name":"f","dsize":512}"#);
    let cut = document.strip_suffix("]]").unwrap();
    let (tree, imported) = import(cut.as_bytes()).unwrap();
    assert_eq!(
        lines(&tree),
        [
            "/r dir 0 4096 Partial",
            "/r/a file 0 512",
            "/r/d dir 0 0 Partial",
            "/r/d/e dir 0 0 Partial",
            "/r/d/e/f file 0 512",
        ]
    );
    assert_eq!(tree.totals(NodeId::ROOT).disk, Interval::at_least(5120));
    let [trouble] = &imported.troubles[..] else {
        panic!("{:?}", imported.troubles);
    };
    assert_eq!((trouble.code, trouble.line), ("truncated", Some(1)));

    let whole = with(r#",[{"name":"d"},{"name":"f"}]"#);
    for len in 0..whole.len() {
        match import(&whole.as_bytes()[..len]) {
            Ok((_, imported)) => assert_eq!(imported.troubles[0].code, "truncated", "{len}"),
            Err(e) => assert!(e.contains("ends here") || len == 0, "{len}: {e}"),
        }
    }
}

/// Asks to stop at the first batch.
struct StopAtOnce<'a>(&'a mut Builder, &'a Progress);

impl Sink for StopAtOnce<'_> {
    fn root(&mut self, root: Entry<'_>, rooting: Rooting) {
        self.0.root(root, rooting);
    }

    fn listing(&mut self, batch: &Batch) {
        self.0.listing(batch);
        self.1.cancel();
    }
}

#[test]
fn a_cancelled_import_gives_what_was_read() {
    let many: String = (0..10_000)
        .map(|i| format!(r#",{{"name":"{i}"}}"#))
        .collect();
    let document = with(&many);
    let (mut builder, progress) = (Builder::new(), Progress::default());
    let mut sink = StopAtOnce(&mut builder, &progress);
    let imported = read(&mut document.as_bytes(), b"t", &progress, &mut sink).unwrap();
    assert_eq!(imported.troubles[0].code, "cancelled");
    let tree = builder.finish().unwrap();
    assert!((2..10_000).contains(&tree.len()), "{}", tree.len());
    assert_eq!(tree.listing(NodeId::ROOT), Listing::Partial);
    assert_eq!(progress.entries(), tree.len() as u64);
}

/// Checks a sink's promises.
#[derive(Default)]
struct Referee {
    known: Vec<u32>,
    listed: Vec<(u32, u32)>,
    largest: usize,
}

impl Sink for Referee {
    fn root(&mut self, root: Entry<'_>, _: Rooting) {
        assert!(self.known.is_empty());
        assert_eq!(root.token, Some(Token::ROOT));
        self.known.push(0);
    }

    fn listing(&mut self, batch: &Batch) {
        let dir = batch.dir.0;
        assert!(
            self.known.contains(&dir),
            "its own entry was delivered before"
        );
        let parts = self.listed.iter().filter(|(d, _)| *d == dir).count();
        assert_eq!(batch.part as usize, parts);
        self.listed.push((dir, batch.part));
        self.largest = self.largest.max(batch.len());
        for token in batch.entries().filter_map(|e| e.token) {
            assert!(token.0 > dir && self.known.iter().all(|&k| k < token.0));
            self.known.push(token.0);
        }
    }
}

#[test]
fn batches_keep_the_sinks_promises() {
    let wide: String = (0..9000).map(|i| format!(r#",{{"name":"{i}"}}"#)).collect();
    let entries = format!(
        r#",{{"name":"a"}},[{{"name":"d"}},[{{"name":"e"}}],{{"name":"f"}},[{{"name":"g"}}{wide}]],{{"name":"b"}}"#
    );
    let mut referee = Referee::default();
    let document = with(&entries);
    read(
        &mut document.as_bytes(),
        b"t",
        &Progress::default(),
        &mut referee,
    )
    .unwrap();
    assert_eq!(referee.known, [0, 1, 2, 3]);
    assert!(
        referee
            .known
            .iter()
            .all(|t| referee.listed.iter().any(|(d, _)| d == t))
    );
    assert!(referee.largest <= 4096, "{}", referee.largest);
}

#[test]
fn troubles_are_bounded() {
    let many: String = (0..3000)
        .map(|i| format!(r#",{{"name":"{i}","hlnkc":true}}"#))
        .collect();
    let (_, imported) = import(with(&many).as_bytes()).unwrap();
    assert_eq!(imported.troubles.len(), 1001);
    let last = imported.troubles.last().unwrap();
    assert_eq!(last.message, "2000 more troubles like these");
}

#[test]
fn depth_costs_no_stack() {
    const LEVELS: usize = 100_000;
    for program in ["ncdu", "gdu"] {
        let mut document =
            format!(r#"[1,2,{{"progname":"{program}"}},[{{"name":"/","dsize":{LEVELS}}}"#);
        for level in (1..LEVELS).rev() {
            document += &format!(r#",[{{"name":"d","dsize":{level}}}"#);
        }
        document += &"]".repeat(LEVELS + 1);
        let (tree, imported) = import(document.as_bytes()).unwrap();
        assert_eq!(tree.len(), LEVELS);
        assert_eq!(imported.troubles, []);
        if program == "gdu" {
            assert_eq!(
                tree.totals(NodeId::ROOT).disk,
                Interval::exactly(LEVELS as u64)
            );
        }
        // Cut in the depth, all of it is still there.
        let cut = &document[..document.len() - LEVELS - 1];
        assert_eq!(import(cut.as_bytes()).unwrap().0.len(), LEVELS);
    }
}

#[test]
fn kinds_that_were_not_counted_weigh_nothing() {
    let entries = r#",{"name":"x","excluded":"pattern","dsize":512},{"name":"f","dsize":512}"#;
    let (tree, _) = import(with(entries).as_bytes()).unwrap();
    assert_eq!(tree.kind(NodeId(1)), Kind::Excluded);
    assert_eq!(tree.totals(NodeId::ROOT).disk, Interval::exactly(4608));
    assert_eq!(tree.totals(NodeId::ROOT).files, 1);
}
