//! Text that was copied from the source of a page: entities, and blanks that do not break.

/// Whether a text is a page's source: it has entities, and none of the signs that they stand for.
pub(super) fn is_escaped(head: &[u8]) -> bool {
    let has = |what: &[u8]| head.windows(what.len()).any(|w| w == what);
    let entities: [&[u8]; 6] = [b"&gt;", b"&lt;", b"&amp;", b"&#39;", b"&#x", b"&quot;"];
    entities.iter().any(|entity| has(entity)) && !head.iter().any(|b| matches!(b, b'<' | b'>'))
}

/// A line of a page's source as the page shows it.
pub(super) fn unescaped(line: &[u8]) -> Vec<u8> {
    const NAMED: [(&[u8], &str); 6] = [
        (b"gt", ">"),
        (b"lt", "<"),
        (b"amp", "&"),
        (b"quot", "\""),
        (b"apos", "'"),
        (b"nbsp", " "),
    ];
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        let end = tail.iter().take(10).position(|&b| b == b';');
        let entity = end.filter(|_| byte == b'&').map(|end| &tail[..end]);
        let shown = entity.and_then(|entity| {
            let named = NAMED.iter().find(|(name, _)| *name == entity);
            named.map(|(_, shown)| (*shown).to_owned()).or_else(|| {
                let number = std::str::from_utf8(entity.strip_prefix(b"#")?).ok()?;
                let code = match number.strip_prefix(['x', 'X']) {
                    Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                    None => number.parse().ok()?,
                };
                char::from_u32(code)
                    .filter(|c| !c.is_control())
                    .map(String::from)
            })
        });
        match (shown, entity) {
            (Some(shown), Some(entity)) => {
                text.extend_from_slice(shown.as_bytes());
                rest = &tail[entity.len() + 1..];
            }
            _ => {
                text.push(byte);
                rest = tail;
            }
        }
    }
    text
}

/// Blanks that do not break stand for others, as in a copy from a page.
pub(super) fn softened(line: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((&byte, tail)) = rest.split_first() {
        match rest {
            [0xc2, 0xa0, tail @ ..] => {
                text.push(b' ');
                rest = tail;
            }
            _ => {
                text.push(byte);
                rest = tail;
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entities_are_read_where_a_text_is_a_pages_source() {
        for (head, escaped) in [
            ("$ du -a &gt; x\n", true),
            ("root@vm:~# a &amp;&amp; b\n", true),
            ("$ echo '&gt;' > x\n", false),
            ("$ du -a\n", false),
        ] {
            assert_eq!(is_escaped(head.as_bytes()), escaped, "{head}");
        }
        for (line, shown) in [
            ("a &amp;&amp; b &gt; c", "a && b > c"),
            ("&#9492;&#x2500; x&nbsp;y", "└─ x y"),
            ("a & b; &nothing; &", "a & b; &nothing; &"),
            ("&amp;gt; &#7; &#xffffffff;", "&gt; &#7; &#xffffffff;"),
        ] {
            assert_eq!(unescaped(line.as_bytes()), shown.as_bytes(), "{line}");
        }
        assert_eq!(softened("a\u{a0} b│".as_bytes()), "a  b│".as_bytes());
    }
}
