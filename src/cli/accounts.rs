//! The names that this machine has for its users and groups.
//!
//! They come from `/etc/passwd` and `/etc/group`; a user whom only a directory service knows stays
//! a number.

use std::collections::BTreeMap;

/// Names by number.
pub(super) type Names = BTreeMap<u32, Vec<u8>>;

/// The users that this machine has a name for; none where the file cannot be read.
pub(super) fn users() -> Names {
    parse(&std::fs::read("/etc/passwd").unwrap_or_default())
}

/// The groups that this machine has a name for.
pub(super) fn groups() -> Names {
    parse(&std::fs::read("/etc/group").unwrap_or_default())
}

/// `name:password:uid:…`, any bytes as a name; the first line of a number decides, as it does for
/// the system itself.
fn parse(passwd: &[u8]) -> Names {
    let mut names = Names::new();
    for line in passwd.split(|&b| b == b'\n') {
        let mut fields = line.split(|&b| b == b':');
        let (name, uid) = (fields.next().unwrap_or_default(), fields.nth(1));
        let uid = uid.and_then(|uid| std::str::from_utf8(uid).ok()?.parse().ok());
        if let Some(uid) = uid.filter(|_| !name.is_empty() && !name.starts_with(b"#")) {
            names.entry(uid).or_insert_with(|| name.to_vec());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_have_the_name_of_their_first_line() {
        let file = b"root:x:0:0:root:/root:/bin/sh\ntoor:x:0:0::/:\n#x:x:5:5::/:\n\
            n\xff:x:7:7\nno-number:x:seven:7\n:x:8:8\nshort:x\n+::::::\nlast:x:4294967295:1::/:";
        let names = parse(file);
        let shown: Vec<(u32, &[u8])> = names.iter().map(|(&id, name)| (id, &name[..])).collect();
        assert_eq!(
            shown,
            [(0, &b"root"[..]), (7, b"n\xff"), (u32::MAX, b"last")]
        );
        assert!(parse(b"").is_empty());
    }
}
