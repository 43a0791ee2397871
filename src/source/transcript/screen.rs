//! From a terminal's bytes to the text of one line.
//!
//! Colours, titles and the marks of line editors take no room and are dropped. Whatever moves the
//! cursor back makes a line *unclear*: what stood there in the end is not known without a screen,
//! so an unclear line proves nothing. (A screen is to come; until then this is the sound reading.)

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Writes the text of `line` into `text`; false when it cannot be known.
pub(super) fn render(line: &[u8], text: &mut Vec<u8>) -> bool {
    text.clear();
    let end = line.iter().rposition(|&b| b != b'\r').map_or(0, |i| i + 1);
    let line = &line[..end];
    let mut at = 0;
    while let Some(&byte) = line.get(at) {
        match byte {
            ESC => match escape(&line[at..]) {
                Some(len) => at += len,
                None => return false,
            },
            // A return to the start of a line on which nothing stands yet changes nothing.
            b'\r' if text.is_empty() => at += 1,
            BEL => at += 1,
            b'\t' => {
                text.push(byte);
                at += 1;
            }
            0..=31 | 127 => return false,
            _ => {
                text.push(byte);
                at += 1;
            }
        }
    }
    true
}

/// Whether a line needs [`render`] at all.
pub(super) fn is_plain(line: &[u8]) -> bool {
    line.iter().all(|&b| (b >= 32 && b != 127) || b == b'\t')
}

/// Whether a line changes colours: `ls` does that, but in the output of tools that never do, such a
/// sequence is part of a name, which the text then lacks.
pub(super) fn is_coloured(line: &[u8]) -> bool {
    line.windows(2).enumerate().any(|(at, w)| {
        let end = |rest: &[u8]| rest.iter().find(|b| (0x40..=0x7e).contains(*b)) == Some(&b'm');
        w == [ESC, b'['] && end(&line[at + 2..])
    })
}

/// Whether a line editor took over the terminal in this line, as shells have it at a prompt.
pub(super) fn begins_prompt(line: &[u8]) -> bool {
    line.windows(8).any(|w| w == b"\x1b[?2004h")
}

/// The length of a sequence that takes no room; `None` for one that moves or erases.
fn escape(bytes: &[u8]) -> Option<usize> {
    match bytes.get(1)? {
        b'[' => {
            let end = bytes[2..].iter().position(|b| (0x40..=0x7e).contains(b))? + 2;
            let harmless = match bytes[end] {
                b'm' => true,
                b'h' | b'l' => matches!(
                    &bytes[2..end],
                    b"?2004" | b"?1" | b"?25" | b"?12" | b"?12;25"
                ),
                b'n' => &bytes[2..end] == b"6",
                // Erasing to the right of the last character erases nothing.
                b'K' | b'J' => {
                    matches!(&bytes[2..end], b"" | b"0") && !goes_back(&bytes[end + 1..])
                }
                _ => false,
            };
            harmless.then_some(end + 1)
        }
        b']' => {
            let bel = bytes.iter().position(|&b| b == BEL).map(|i| i + 1);
            let st = bytes
                .windows(2)
                .position(|w| w == [ESC, b'\\'])
                .map(|i| i + 2);
            match (bel, st) {
                (Some(a), Some(b)) => Some(a.min(b)),
                (one, None) | (None, one) => one,
            }
        }
        b'(' | b')' => bytes.get(2).map(|_| 3),
        b'=' | b'>' => Some(2),
        _ => None,
    }
}

/// Whether the cursor goes back later in the line, so that something to the right may stand.
fn goes_back(rest: &[u8]) -> bool {
    rest.iter().any(|&b| b == b'\r' || b == 8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_rendered_or_unclear() {
        for (line, text) in [
            (&b"plain\ttext"[..], Some("plain\ttext")),
            (b"crlf\r", Some("crlf")),
            (b"\x1b[01;34mblue\x1b[0m\r", Some("blue")),
            (b"\x1b[?2004l\rtotal 8\r", Some("total 8")),
            (b"\x1b]0;root@vm: /\x07root@vm:/# ls", Some("root@vm:/# ls")),
            (b"\x1b(Bx\x1b[m", Some("x")),
            (b"\x1b[Kx", Some("x")),
            (b"lx\x08s", None),
            (b"old\rnew", None),
            (b"\x1b[Aup", None),
            (b"a\x1b[3Cb", None),
            (b"nul\0", None),
            (b"\x1b[", None),
            (b"\x1b]0;never ended", None),
        ] {
            let mut got = Vec::new();
            let clear = render(line, &mut got);
            assert_eq!(
                clear.then_some(&got[..]),
                text.map(str::as_bytes),
                "{line:?}"
            );
        }
    }
}
