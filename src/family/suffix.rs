//! What the end of a name says: compressed, a companion of another file, or not yet finished.
//!
//! Every name of a tree passes here, so that an extension is looked up as one number.

/// What an extension says of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sense {
    /// A compressed form of the file without it.
    Compression,
    /// It only goes with another file.
    Companion,
    /// A companion whose extension has digits in it.
    NumberedCompanion,
    /// A writer has not finished it.
    Unfinished,
    /// It says that somebody is at work.
    Marker,
    /// A format whose name has digits in it.
    Numbered,
    /// A part of a search index's segment.
    Segment,
}

/// What a file's name says about its part in a family.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It may be a member.
    Member,
    /// It goes with a file of the same stem or of the name without this suffix (checksums, indexes).
    Companion,
    /// A writer has not finished it.
    Unfinished,
    /// It says something of its directory: that a job is done, what a viewer remembers.
    Aside,
}

/// Extensions of up to eight bytes as numbers, in their order.
const SENSES: [(u64, Sense); 88] = {
    use Sense::{Companion, Compression, Marker, Numbered, NumberedCompanion, Segment, Unfinished};
    let mut table = [
        (pack(b"Z"), Compression),
        (pack(b"br"), Compression),
        (pack(b"gz"), Compression),
        (pack(b"xz"), Compression),
        (pack(b"bz2"), Compression),
        (pack(b"lz4"), Compression),
        (pack(b"lzo"), Compression),
        (pack(b"zst"), Compression),
        (pack(b"lzma"), Compression),
        (pack(b"snappy"), Compression),
        (pack(b"asc"), Companion),
        (pack(b"crc"), Companion),
        (pack(b"idx"), Companion),
        (pack(b"md5"), NumberedCompanion),
        (pack(b"rev"), Companion),
        (pack(b"sha"), Companion),
        (pack(b"sig"), Companion),
        (pack(b"sum"), Companion),
        (pack(b"tbi"), Companion),
        (pack(b"done"), Companion),
        (pack(b"meta"), Companion),
        (pack(b"sha1"), NumberedCompanion),
        (pack(b"index"), Companion),
        (pack(b"sha256"), NumberedCompanion),
        (pack(b"sha512"), NumberedCompanion),
        (pack(b"CHECKSUM"), Companion),
        (pack(b"checksum"), Companion),
        (pack(b"snapshot"), Companion),
        (pack(b"swp"), Marker),
        (pack(b"tmp"), Unfinished),
        (pack(b"lock"), Marker),
        (pack(b"part"), Unfinished),
        (pack(b"temp"), Unfinished),
        (pack(b"partial"), Unfinished),
        (pack(b"pending"), Unfinished),
        (pack(b"writing"), Unfinished),
        (pack(b"filepart"), Unfinished),
        (pack(b"h5"), Numbered),
        (pack(b"s3"), Numbered),
        (pack(b"7z"), Numbered),
        (pack(b"CR2"), Numbered),
        (pack(b"CR3"), Numbered),
        (pack(b"RW2"), Numbered),
        (pack(b"MP3"), Numbered),
        (pack(b"MP4"), Numbered),
        (pack(b"3gp"), Numbered),
        (pack(b"cr2"), Numbered),
        (pack(b"cr3"), Numbered),
        (pack(b"db3"), Numbered),
        (pack(b"jp2"), Numbered),
        (pack(b"m4a"), Numbered),
        (pack(b"m4v"), Numbered),
        (pack(b"mp2"), Numbered),
        (pack(b"mp3"), Numbered),
        (pack(b"mp4"), Numbered),
        (pack(b"nc4"), Numbered),
        (pack(b"rw2"), Numbered),
        (pack(b"grb2"), Numbered),
        (pack(b"hdf5"), Numbered),
        (pack(b"grib2"), Numbered),
        (pack(b"sqlite3"), Numbered),
        (pack(b"si"), Segment),
        (pack(b"cfs"), Segment),
        (pack(b"cfe"), Segment),
        (pack(b"doc"), Segment),
        (pack(b"dvd"), Segment),
        (pack(b"dvm"), Segment),
        (pack(b"fdm"), Segment),
        (pack(b"fdt"), Segment),
        (pack(b"fdx"), Segment),
        (pack(b"fnm"), Segment),
        (pack(b"kdd"), Segment),
        (pack(b"kdi"), Segment),
        (pack(b"kdm"), Segment),
        (pack(b"liv"), Segment),
        (pack(b"nvd"), Segment),
        (pack(b"nvm"), Segment),
        (pack(b"pay"), Segment),
        (pack(b"pos"), Segment),
        (pack(b"tim"), Segment),
        (pack(b"tip"), Segment),
        (pack(b"tmd"), Segment),
        (pack(b"tvd"), Segment),
        (pack(b"tvm"), Segment),
        (pack(b"tvx"), Segment),
        (pack(b"vec"), Segment),
        (pack(b"vem"), Segment),
        (pack(b"vex"), Segment),
    ];
    // In order of number, by insertion: done once, by the compiler.
    let mut at = 1;
    while at < table.len() {
        let mut to = at;
        while to > 0 && table[to - 1].0 > table[to].0 {
            (table[to - 1], table[to]) = (table[to], table[to - 1]);
            to -= 1;
        }
        at += 1;
    }
    table
};

/// Where each extension stands in the table, plus one, found by its hash; nearly every other one
/// is told by an empty place here.
const PLACES: [u8; 1 << SLOTS] = {
    let mut places = [0; 1 << SLOTS];
    let mut at = 0;
    while at < SENSES.len() {
        let mut slot = slot(SENSES[at].0);
        while places[slot] != 0 {
            slot = (slot + 1) % (1 << SLOTS);
        }
        at += 1;
        places[slot] = at as u8;
    }
    places
};
const SLOTS: u32 = 9;

/// Where the search for an extension begins.
const fn slot(packed: u64) -> usize {
    (packed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - SLOTS)) as usize
}

/// Up to eight bytes as one number; no two such texts have the same.
const fn pack(text: &[u8]) -> u64 {
    let mut packed = 0;
    let mut at = 0;
    while at < text.len() && at < 8 {
        packed = packed << 8 | text[at] as u64;
        at += 1;
    }
    packed
}

fn sense(extension: &[u8]) -> Option<Sense> {
    match extension.len() {
        1..=8 => {
            let packed = pack(extension);
            let mut slot = slot(packed);
            while let Some(at) = usize::from(PLACES[slot]).checked_sub(1) {
                if SENSES[at].0 == packed {
                    return Some(SENSES[at].1);
                }
                slot = (slot + 1) % (1 << SLOTS);
            }
            None
        }
        _ => match extension {
            b"timeindex" | b"txnindex" => Some(Sense::Companion),
            b"inprogress" | b"in-progress" | b"in_progress" | b"incomplete" | b"crdownload" => {
                Some(Sense::Unfinished)
            }
            _ => None,
        },
    }
}

/// Whether an extension with digits in it is the name of a format.
pub(super) fn is_numbered(extension: &[u8]) -> bool {
    matches!(
        sense(extension),
        Some(Sense::Numbered | Sense::NumberedCompanion)
    )
}

/// Whether a name is that of a part of a search index's segment, whose number is in base 36:
/// `_3f.cfs`, `_zz_Lucene90_0.dvd`.
pub(super) fn is_segment(name: &[u8]) -> bool {
    let number = match name.strip_prefix(b"_") {
        Some(rest) => rest.split(|b| !b.is_ascii_alphanumeric()).next(),
        None => None,
    };
    let base36 = |b: &u8| b.is_ascii_digit() || b.is_ascii_lowercase();
    let numbered = number.is_some_and(|n| (1..=7).contains(&n.len()) && n.iter().all(base36));
    numbered && last_dot(name).is_some_and(|dot| sense(&name[dot + 1..]) == Some(Sense::Segment))
}

/// The last `.` of a name, looked for from behind.
pub(super) fn last_dot(name: &[u8]) -> Option<usize> {
    name.iter().rposition(|&b| b == b'.')
}

/// The compression suffix of a name, dot included; empty where there is none.
pub(super) fn compression(name: &[u8]) -> &[u8] {
    let end = &name[name.len().saturating_sub(7)..];
    match last_dot(end) {
        Some(dot)
            if end.len() - dot < name.len()
                && sense(&end[dot + 1..]) == Some(Sense::Compression) =>
        {
            &end[dot..]
        }
        _ => &[],
    }
}

/// The part that a file's name lets it play.
pub(super) fn role(name: &[u8]) -> Role {
    let extension = last_dot(name).map_or(&b""[..], |dot| &name[dot + 1..]);
    let sense = sense(extension);
    match (name.first(), sense) {
        (_, Some(Sense::Unfinished)) => return Role::Unfinished,
        (_, Some(Sense::Marker)) => return Role::Aside,
        (Some(b'_'), _) if is_shouted(&name[1..]) => return Role::Aside,
        (Some(b'_'), _) if matches!(name, b"_metadata" | b"_common_metadata") => {
            return Role::Aside;
        }
        (Some(b'.'), _) if extension == b"crc" || !name.iter().any(u8::is_ascii_digit) => {
            return Role::Aside;
        }
        (Some(b'T'), _) if name == b"Thumbs.db" => return Role::Aside,
        _ => {}
    }
    if name.last() == Some(&b'~') {
        return Role::Aside;
    }
    match sense {
        Some(Sense::Companion | Sense::NumberedCompanion) => Role::Companion,
        _ => Role::Member,
    }
}

/// Three letters in upper case, as in `_SUCCESS`.
fn is_shouted(rest: &[u8]) -> bool {
    rest.iter().take(3).all(u8::is_ascii_uppercase)
}

/// The name that an unfinished file is to have: `_part-8-0.in-progress`, `.a.csv.tmp`, `a.csv.part`.
pub(super) fn finished(name: &[u8]) -> &[u8] {
    let body = last_dot(name).map_or(name, |dot| &name[..dot]);
    match body {
        [b'.' | b'_', rest @ ..] if !rest.is_empty() => rest,
        _ => body,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_in_order_and_says_each_once() {
        assert!(SENSES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn parts_are_told_by_the_name() {
        for (name, expected) in [
            ("a.csv", Role::Member),
            ("a", Role::Member),
            ("a.csv.gz", Role::Member),
            ("a.csv.sha256", Role::Companion),
            ("000.timeindex", Role::Companion),
            ("a.csv.tmp", Role::Unfinished),
            (".a.csv.tmp", Role::Unfinished),
            ("_part-8-0.in-progress", Role::Unfinished),
            ("_SUCCESS", Role::Aside),
            (".part-0.crc", Role::Aside),
            (".DS_Store", Role::Aside),
            ("backup~", Role::Aside),
        ] {
            assert_eq!(role(name.as_bytes()), expected, "{name}");
        }
    }

    #[test]
    fn compression_is_set_aside_and_nothing_else() {
        for (name, suffix) in [
            ("a.csv.gz", ".gz"),
            ("a.snappy", ".snappy"),
            ("a.csv", ""),
            (".gz", ""),
            ("gz", ""),
            ("a.Z", ".Z"),
            ("x.verylongextension", ""),
        ] {
            assert_eq!(compression(name.as_bytes()), suffix.as_bytes(), "{name}");
        }
    }

    #[test]
    fn an_unfinished_name_says_what_it_is_to_become() {
        for (name, becomes) in [
            ("a.csv.tmp", "a.csv"),
            (".a.csv.tmp", "a.csv"),
            ("_part-8-0.in-progress", "part-8-0"),
            ("x", "x"),
        ] {
            assert_eq!(finished(name.as_bytes()), becomes.as_bytes());
        }
    }
}
