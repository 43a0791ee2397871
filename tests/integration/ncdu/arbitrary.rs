//! Whatever the bytes, there is a tree or an error, and never a panic.

use proptest::prelude::*;

use jettison::time::Timestamp;

use super::{import, lines};

const GOOD: &str = r#"[1,2,{"progname":"PROG","progver":"1.18","timestamp":1718074800},
[{"name":"/srv","asize":40960,"dsize":40960,"dev":65024,"mtime":1718074800.5,"items":7},
{"name":"a.csv","asize":10,"dsize":4096,"mode":33188},
{"name":"link","asize":1,"dsize":0,"ino":12,"hlnkc":true,"nlink":2,"notreg":false},
[{"name":"d\u00e9\ud83d\ude00","dsize":8192,"read_error":true},
{"name":"x","excluded":"pattern","extra":[1,{"a":null}]}],
[{"name":"proc","excluded":"kernfs"}]]]"#;

/// One change of a document, at a place given in per mille of its length.
#[derive(Clone, Debug)]
enum Change {
    Set(u8),
    Insert(&'static str),
    Remove(usize),
    Repeat(usize),
}

fn change() -> impl Strategy<Value = (usize, Change)> {
    let pieces = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\",
        "0",
        "-",
        ".",
        "e",
        "null",
        "true",
        " ",
        "\n",
        "\\ud800",
        "\\u0000",
        "18446744073709551615",
        "{\"name\":\"n\"},",
        "[{\"name\":\"n\"}],",
        "\"dsize\":9,",
        "\"items\":3,",
        "\"excluded\":\"kernfs\",",
    ]);
    let change = prop_oneof![
        any::<u8>().prop_map(Change::Set),
        pieces.prop_map(Change::Insert),
        (1usize..40).prop_map(Change::Remove),
        (1usize..40).prop_map(Change::Repeat),
    ];
    (0usize..1000, change)
}

fn changed(document: &str, changes: &[(usize, Change)]) -> Vec<u8> {
    let mut bytes = document.as_bytes().to_vec();
    for (place, change) in changes {
        let at = place * bytes.len() / 1000;
        let upto = |len: usize| (at + len).min(bytes.len());
        match change {
            Change::Set(byte) if at < bytes.len() => bytes[at] = *byte,
            Change::Set(byte) => bytes.push(*byte),
            Change::Insert(piece) => drop(bytes.splice(at..at, piece.bytes())),
            Change::Remove(len) => drop(bytes.drain(at..upto(*len))),
            Change::Repeat(len) => {
                let piece = bytes[at..upto(*len)].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes
}

/// Either a tree that can be looked at, or an error that names the file.
fn gives_a_tree_or_an_error(document: &[u8]) {
    match import(document) {
        Ok((tree, _)) => assert_eq!(lines(&tree).len(), tree.len()),
        Err(message) => assert!(message.starts_with("t.json:"), "{message}"),
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        gives_a_tree_or_an_error(&bytes);
    }

    #[test]
    fn any_mutation_is_read_or_refused(
        program in prop::sample::select(vec!["ncdu", "gdu"]),
        changes in prop::collection::vec(change(), 1..6),
    ) {
        gives_a_tree_or_an_error(&changed(&GOOD.replace("PROG", program), &changes));
    }

    #[test]
    fn any_damage_of_zstd_is_read_or_refused(changes in prop::collection::vec((0usize..1000, any::<u8>()), 0..4)) {
        let level = ruzstd::encoding::CompressionLevel::Fastest;
        let mut data = ruzstd::encoding::compress_to_vec(GOOD.as_bytes(), level);
        let intact = import(&data).unwrap();
        prop_assert_eq!(intact.1.timestamp, Some(Timestamp(1_718_074_800)));
        for (place, byte) in changes {
            let at = 4 + place * (data.len() - 4) / 1000;
            data[at] = byte;
        }
        gives_a_tree_or_an_error(&data);
    }
}
