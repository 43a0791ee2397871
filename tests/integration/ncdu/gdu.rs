//! gdu's variant: directories' values are subtree sums.

use jettison::bytes::Interval;
use jettison::tree::NodeId;

use super::{import, lines};

/// A gdu export of these entries below `/r`, whose own object has `root` behind its name.
fn gdu(root: &str, entries: &str) -> String {
    format!(r#"[1,2,{{"progname":"gdu","progver":"v6"}},[{{"name":"/r"{root}}}{entries}]]"#)
}

#[test]
fn gdus_sums_become_own_values() {
    for (root, entries, expected) in [
        ("", "", &["/r dir - -"][..]),
        (
            r#","asize":4096,"dsize":4096,"items":1"#,
            "",
            &["/r dir 4096 4096"],
        ),
        // No sizes of directories, as gdu wrote until 2026.
        (
            "",
            r#",{"name":"f","dsize":512}"#,
            &["/r dir - -", "/r/f file 0 512"],
        ),
        (
            r#","asize":8212,"dsize":12288,"items":4"#,
            r#",{"name":"f","asize":10,"dsize":4096},[{"name":"d","asize":4106,"dsize":4096,"items":2},{"name":"g","asize":10}]"#,
            &[
                "/r dir 4096 4096",
                "/r/f file 10 4096",
                "/r/d dir 4096 4096",
                "/r/d/g file 10 0",
            ],
        ),
        // Cut off at a depth: the sum is known, the names are not.
        (
            r#","dsize":9000,"items":9"#,
            r#",[{"name":"d","dsize":5000,"items":8}]"#,
            &["/r dir 0 4000", "/r/d dir 0 5000 Opaque"],
        ),
        (
            r#","dsize":9000,"items":9"#,
            r#",{"name":"f","dsize":5000}"#,
            &["/r dir 0 4000 Partial", "/r/f file 0 5000"],
        ),
        // Which of its names an inode is counted at is not said.
        (
            r#","dsize":12288,"items":5"#,
            r#",{"name":"a","dsize":4096,"ino":7,"hlnkc":true},[{"name":"d","dsize":8192,"items":3},{"name":"b","dsize":4096,"ino":7,"hlnkc":true},{"name":"c"}]"#,
            &[
                "/r dir 0 0..4096",
                "/r/a file 0 4096 (0, 7)x0",
                "/r/d dir 0 4096..8192",
                "/r/d/b file 0 4096 (0, 7)x0",
                "/r/d/c file 0 0",
            ],
        ),
    ] {
        let (tree, imported) = import(gdu(root, entries).as_bytes()).unwrap();
        assert_eq!(lines(&tree), *expected, "{root} {entries}");
        assert_eq!(imported.troubles, [], "{root} {entries}");
        assert_eq!(imported.program.as_deref(), Some("gdu v6"));
    }
}

#[test]
fn gdus_total_is_kept() {
    let document = gdu(
        r#","asize":100,"dsize":40960,"items":4"#,
        r#",{"name":"f","asize":10,"dsize":4096},[{"name":"d","asize":30,"dsize":12288,"items":2},{"name":"g","asize":10,"dsize":8192}]"#,
    );
    let (tree, _) = import(document.as_bytes()).unwrap();
    for (path, apparent, disk) in [(&b"/r"[..], 100, 40960), (b"/r/d", 30, 12288)] {
        let totals = tree.totals(tree.find(path).unwrap());
        assert_eq!(totals.apparent, Interval::exactly(apparent));
        assert_eq!(totals.disk, Interval::exactly(disk));
    }
}

#[test]
fn gdus_contradictions_are_troubles() {
    let document = gdu(
        r#","dsize":9000"#,
        ",\n[{\"name\":\"d\",\"dsize\":100},{\"name\":\"f\",\"dsize\":101}]",
    );
    let (tree, imported) = import(document.as_bytes()).unwrap();
    assert_eq!(lines(&tree)[..2], ["/r dir 0 8900", "/r/d dir 0 0"]);
    let [trouble] = &imported.troubles[..] else {
        panic!("{:?}", imported.troubles);
    };
    assert_eq!(trouble.code, "sizes-contradict");
    assert_eq!((&trouble.path[..], trouble.line), (&b"/r/d"[..], Some(2)));
}

#[test]
fn a_cut_gdu_export_gives_what_it_holds() {
    let document = gdu(
        r#","dsize":9000"#,
        r#",[{"name":"d","dsize":5000},{"name":"f","dsize":512}"#,
    );
    let cut = document.strip_suffix("]]").unwrap();
    let (tree, imported) = import(cut.as_bytes()).unwrap();
    assert_eq!(
        lines(&tree),
        [
            "/r dir 0 0..4000 Partial",
            "/r/d dir 0 0..4488 Partial",
            "/r/d/f file 0 512"
        ]
    );
    assert_eq!(imported.troubles[0].code, "truncated");
    let damaged = gdu(r#","dsize":9000"#, ",\n5");
    let message = "t.json:2:1: expected `{` to begin an entry, found `5`".to_owned();
    assert_eq!(import(damaged.as_bytes()).map(|_| ()), Err(message));
}

#[test]
fn the_unmarked_name_of_a_link_is_found() {
    // One inode under four names, another under two; gdu marks all but the first that it saw.
    let entries = r#",[{"name":"x","dsize":16384,"items":2},{"name":"1","dsize":12288,"mtime":7}],
        [{"name":"y","dsize":4096,"items":3},
        {"name":"2","dsize":12288,"mtime":7,"ino":15,"hlnkc":true},
        {"name":"3","dsize":12288,"mtime":7,"ino":15,"hlnkc":true}],
        [{"name":"z","dsize":12288,"items":5},
        {"name":"4","dsize":12288,"mtime":7,"ino":15,"hlnkc":true},
        {"name":"q","dsize":8192,"mtime":7},
        {"name":"r","dsize":8192,"mtime":7,"ino":16,"hlnkc":true},
        {"name":"0","mtime":7,"ino":17,"hlnkc":true}]"#;
    let document = gdu(r#","dsize":36864,"items":11"#, entries);
    let (tree, imported) = import(document.as_bytes()).unwrap();
    assert_eq!(
        lines(&tree),
        [
            "/r dir 0 4096",
            "/r/x dir 0 4096",
            "/r/x/1 file 0 12288 @7 (0, 15)x0",
            "/r/y dir 0 4096",
            "/r/y/2 file 0 12288 @7 (0, 15)x0",
            "/r/y/3 file 0 12288 @7 (0, 15)x0",
            "/r/z dir 0 4096",
            "/r/z/4 file 0 12288 @7 (0, 15)x0",
            "/r/z/q file 0 8192 @7 (0, 16)x0",
            "/r/z/r file 0 8192 @7 (0, 16)x0",
            "/r/z/0 file 0 0 @7 (0, 17)x0",
        ]
    );
    assert_eq!(imported.troubles, []);
    assert_eq!(tree.totals(NodeId::ROOT).disk, Interval::exactly(36864));
    assert_eq!(tree.freed(tree.find(b"/r/x/1").unwrap()), Interval::ZERO);
}

#[test]
fn an_unmarked_name_that_is_not_the_only_one_of_its_kind_is_a_guess() {
    let entries = r#",{"name":"a","dsize":512,"mtime":7},{"name":"b","dsize":512,"mtime":7},{"name":"c","dsize":512,"mtime":7,"ino":5,"hlnkc":true}"#;
    let (tree, imported) = import(gdu("", entries).as_bytes()).unwrap();
    assert_eq!(
        lines(&tree)[1..],
        [
            "/r/a file 0 512 @7 (0, 5)x0",
            "/r/b file 0 512 @7",
            "/r/c file 0 512 @7 (0, 5)x0",
        ]
    );
    assert_eq!(imported.troubles.len(), 1);
    assert_eq!(imported.troubles[0].code, "links-guessed");
}
