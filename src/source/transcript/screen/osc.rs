//! What shells say about themselves in operating system commands: prompts and directories.

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// A prompt begins (133;A, 633;A).
    Prompt,
    /// The prompt has ended, and what the user types begins (133;B).
    Input,
    /// The command runs (133;C), or has ended (133;D).
    Run,
    /// The directory (7, 633;P;Cwd=, 1337;CurrentDir=).
    Place(Vec<u8>),
    /// A window's title that names it (0 and 2), as the shells of many distributions have it:
    /// `user@host:/path`, `user@host: ~/path`.
    Title(Vec<u8>),
}

/// Longer paths than the system allows say nothing.
pub(super) const LONGEST: usize = 8192;

/// The parser gives no more parts than this of a command, and may have left out some.
const MOST_PARTS: usize = 16;

/// Reads one; `None` for other titles and all else.
pub(super) fn read(params: &[&[u8]]) -> Option<Sign> {
    let place = |path: &[u8]| (path.len() <= LONGEST).then(|| Sign::Place(path.to_vec()));
    match params {
        [b"0" | b"2", rest @ ..] if params.len() < MOST_PARTS => title(&rest.join(&b';')),
        [b"7", rest @ ..] if params.len() < MOST_PARTS => place(&rest.join(&b';')),
        [b"9", b"9", path] => place(path.trim_ascii_start().trim_ascii_end()),
        [b"1337", value] => place(value.strip_prefix(b"CurrentDir=")?),
        [b"633", b"P", value] => place(value.strip_prefix(b"Cwd=")?),
        [b"133" | b"633", kind, ..] => match kind.first()? {
            b'A' => Some(Sign::Prompt),
            b'B' => Some(Sign::Input),
            b'C' | b'D' => Some(Sign::Run),
            _ => None,
        },
        _ => None,
    }
}

/// A title that a shell sets before each prompt; programs set others.
fn title(text: &[u8]) -> Option<Sign> {
    let is_word = |b: &u8| b.is_ascii_alphanumeric() || b"_.-".contains(b);
    let (who, place) = text.split_at(text.iter().position(|&b| b == b':')?);
    let (user, host) = who.split_at(who.iter().position(|&b| b == b'@')?);
    let host = host.get(1..)?;
    let are_words = [user, host]
        .iter()
        .all(|word| !word.is_empty() && word.iter().all(is_word));
    let place = place.strip_prefix(b":")?.trim_ascii_start();
    let is_path = matches!(place, b"~" | [b'/', ..] | [b'~', b'/', ..]);
    // One that was too long for its window was shortened.
    let is_cut = |part: &[u8]| part.ends_with(b"...") || part.starts_with("…".as_bytes());
    let is_whole = !place.split(|&b| b == b'/').any(is_cut);
    let fits = text.len() <= LONGEST;
    (are_words && is_path && is_whole && fits).then(|| Sign::Title([who, b":", place].concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_read() {
        for (params, sign) in [
            (
                &[&b"7"[..], b"file://web01/srv/a%20b"][..],
                Some(Sign::Place(b"file://web01/srv/a%20b".to_vec())),
            ),
            (&[b"133", b"A", b"k=i"], Some(Sign::Prompt)),
            (&[b"633", b"B"], Some(Sign::Input)),
            (&[b"133", b"D", b"0"], Some(Sign::Run)),
            (
                &[b"633", b"P", b"Cwd=/x"],
                Some(Sign::Place(b"/x".to_vec())),
            ),
            (
                &[b"0", b"root@vm: /a;b"],
                Some(Sign::Title(b"root@vm:/a;b".to_vec())),
            ),
            (
                &[b"2", b"op@vm:~/x y"],
                Some(Sign::Title(b"op@vm:~/x y".to_vec())),
            ),
            (&[b"0", b"scp a op@vm:/x"], None),
            (&[b"0", b"op@vm:x"], None),
            (&[b"0", b"op@vm:~x"], None),
            (&[b"0", b"op@vm:/x/..."], None),
            (&[b"0", b"op@vm: ~/.../c/d"], None),
            (&[b"0", b"op@vm"], None),
            (&[b"1", b"op@vm:/x"], None),
            (&[b"133"], None),
            (&[], None),
            // A path with so many semicolons may not be whole.
            (&[&b"7"[..]; MOST_PARTS], None),
        ] {
            assert_eq!(read(params), sign, "{params:?}");
        }
    }
}
