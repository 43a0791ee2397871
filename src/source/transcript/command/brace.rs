//! Words in braces, as bash, zsh and ksh write them out: `a{b,c}` and `{01..12}`.

/// No word stands for more words than this.
const MOST: usize = 256;

/// No longer word is looked at.
const LONGEST: usize = 4096;

/// The words that a word without quotes stands for; `None` where it has no braces of that kind, or
/// stands for too many.
pub(super) fn expand(word: &[u8]) -> Option<Vec<Vec<u8>>> {
    if word.len() > LONGEST {
        return None;
    }
    let mut open = vec![word.to_vec()];
    let mut done = Vec::new();
    // The first word is worked on until it has no more braces: so the words stay in their order.
    while let Some(word) = open.pop() {
        let Some((start, end, parts)) = first(&word) else {
            done.push(word);
            continue;
        };
        let joined = |part: &Vec<u8>| [&word[..start], part, &word[end..]].concat();
        open.extend(parts.iter().rev().map(joined));
        if open.len() + done.len() > MOST {
            return None;
        }
    }
    (done.len() > 1).then_some(done)
}

/// The first pair of braces that stands for several words: where it begins and ends, and those.
fn first(word: &[u8]) -> Option<(usize, usize, Vec<Vec<u8>>)> {
    let starts = word.iter().enumerate().filter(|(_, b)| **b == b'{');
    for (start, _) in starts.take(8) {
        let mut depth = 0;
        let mut commas = vec![start];
        for (at, &byte) in word.iter().enumerate().skip(start) {
            match byte {
                b'{' => depth += 1,
                b',' if depth == 1 => commas.push(at),
                b'}' if depth == 1 => {
                    commas.push(at);
                    break;
                }
                b'}' => depth -= 1,
                _ => {}
            }
        }
        let Some(end) = commas.last().filter(|at| word[**at] == b'}').copied() else {
            continue;
        };
        let parts: Option<Vec<Vec<u8>>> = match commas.len() {
            2 => range(&word[start + 1..end]),
            _ => Some(
                commas
                    .windows(2)
                    .map(|pair| word[pair[0] + 1..pair[1]].to_vec())
                    .collect(),
            ),
        };
        if let Some(parts) = parts {
            return Some((start, end + 1, parts));
        }
    }
    None
}

/// `1..3`, `01..12`: of numbers only, upwards or downwards.
fn range(text: &[u8]) -> Option<Vec<Vec<u8>>> {
    let text = std::str::from_utf8(text).ok()?;
    let (from, to) = text.split_once("..")?;
    let is_number =
        |s: &str| !s.is_empty() && s.len() < 10 && s.bytes().all(|b| b.is_ascii_digit());
    if !is_number(from) || !is_number(to) {
        return None;
    }
    // Zeros in front are kept: all are as wide as the wider of the two.
    let padded = |s: &str| s.len() > 1 && s.starts_with('0');
    let width = match padded(from) || padded(to) {
        true => from.len().max(to.len()),
        false => 0,
    };
    let (from, to): (usize, usize) = (from.parse().ok()?, to.parse().ok()?);
    if from.abs_diff(to) >= MOST {
        return None;
    }
    let word = |n: usize| format!("{n:0width$}").into_bytes();
    Some(match from <= to {
        true => (from..=to).map(word).collect(),
        false => (to..=from).rev().map(word).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_are_written_out_as_bash_does() {
        for (word, expected) in [
            ("a{b,c}d", "abd acd"),
            ("{1..3}", "1 2 3"),
            ("x{08..11}.log", "x08.log x09.log x10.log x11.log"),
            ("{3..1}", "3 2 1"),
            ("a{,.bak}", "a a.bak"),
            ("{a,b}{1,2}", "a1 a2 b1 b2"),
            ("{a,b{1,2}}", "a b1 b2"),
            ("{x}{a,b}", "{x}a {x}b"),
            ("{*.log,*.gz}", "*.log *.gz"),
        ] {
            let words = expand(word.as_bytes()).unwrap();
            let words = words.iter().map(|w| String::from_utf8_lossy(w));
            assert_eq!(words.collect::<Vec<_>>().join(" "), expected, "{word}");
        }
        for word in [
            "a",
            "{}",
            "{a}",
            "{a,b",
            "a,b}",
            "{a..c}",
            "{1..9999}",
            "{1..2",
        ] {
            assert_eq!(expand(word.as_bytes()), None, "{word}");
        }
        let many = "{1,2}".repeat(40);
        assert_eq!(expand(many.as_bytes()), None);
        let deep = "{a,".repeat(100_000);
        assert_eq!(expand(deep.as_bytes()), None);
    }
}
