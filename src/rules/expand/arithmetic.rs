//! `$((…))`: whole numbers, the four operations, remainders and parentheses.
//!
//! Written after POSIX.1-2017 §2.6.4, of which scripts that clean up use no more. A division by
//! nothing, a number too large or any other operator gives no value.

/// Parentheses and signs nest this deep at most.
const MAX_NESTING: u32 = 32;

/// The value of an expression; `variable` gives the text of a variable.
pub(super) fn value(text: &[u8], variable: &dyn Fn(&[u8]) -> Option<Vec<u8>>) -> Option<i64> {
    let mut reader = Reader {
        text,
        at: 0,
        nesting: 0,
        variable,
    };
    let value = reader.sum()?;
    reader.skip_blanks();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    nesting: u32,
    variable: &'a dyn Fn(&[u8]) -> Option<Vec<u8>>,
}

impl Reader<'_> {
    fn skip_blanks(&mut self) {
        while self.text.get(self.at).is_some_and(u8::is_ascii_whitespace) {
            self.at += 1;
        }
    }

    /// The operator that stands here, if it is one of these.
    fn operator(&mut self, of: &[u8]) -> Option<u8> {
        self.skip_blanks();
        let byte = *self.text.get(self.at)?;
        // `**` is a power, `<<` and its like are not followed either.
        let is_doubled = self.text.get(self.at + 1) == Some(&byte) && byte == b'*';
        (of.contains(&byte) && !is_doubled).then(|| {
            self.at += 1;
            byte
        })
    }

    fn sum(&mut self) -> Option<i64> {
        let mut value = self.product()?;
        while let Some(operator) = self.operator(b"+-") {
            let right = self.product()?;
            value = match operator {
                b'+' => value.checked_add(right)?,
                _ => value.checked_sub(right)?,
            };
        }
        Some(value)
    }

    fn product(&mut self) -> Option<i64> {
        let mut value = self.operand()?;
        while let Some(operator) = self.operator(b"*/%") {
            let right = self.operand()?;
            value = match operator {
                b'*' => value.checked_mul(right)?,
                b'/' => value.checked_div(right)?,
                _ => value.checked_rem(right)?,
            };
        }
        Some(value)
    }

    fn operand(&mut self) -> Option<i64> {
        let mut negative = false;
        while let Some(sign) = self.operator(b"+-") {
            negative ^= sign == b'-';
        }
        let value = match self.operator(b"(") {
            Some(_) => {
                self.nesting += 1;
                if self.nesting > MAX_NESTING {
                    return None;
                }
                let value = self.sum()?;
                self.nesting -= 1;
                self.operator(b")")?;
                value
            }
            None => self.name_or_number()?,
        };
        if negative {
            value.checked_neg()
        } else {
            Some(value)
        }
    }

    fn name_or_number(&mut self) -> Option<i64> {
        self.skip_blanks();
        let rest = &self.text[self.at..];
        let (open, close) = match rest {
            [b'$', b'{', ..] => (2, 1),
            [b'$', ..] => (1, 0),
            _ => (0, 0),
        };
        let is_word = |b: &&u8| b.is_ascii_alphanumeric() || **b == b'_';
        let len = rest[open..].iter().take_while(is_word).count();
        let word = &rest[open..open + len];
        if close == 1 && rest.get(open + len) != Some(&b'}') {
            return None;
        }
        self.at += open + len + close;
        let is_number = open == 0 && word.first().is_some_and(u8::is_ascii_digit);
        let text = match is_number {
            true => word.to_vec(),
            false if word.is_empty() => return None,
            false => (self.variable)(word)?,
        };
        let text = std::str::from_utf8(&text).ok()?.trim();
        // A leading nought makes a number octal.
        if text.len() > 1 && text.starts_with('0') {
            return i64::from_str_radix(text, 8).ok();
        }
        text.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_values() {
        let variable = |name: &[u8]| match name {
            b"DAYS" => Some(b"14".to_vec()),
            b"none" => Some(Vec::new()),
            _ => None,
        };
        for (text, expected) in [
            ("1+2*3", Some(7)),
            ("DAYS * 24 * 60", Some(20_160)),
            (" $DAYS + 1 ", Some(15)),
            ("${DAYS}-1", Some(13)),
            ("(DAYS+1)/2", Some(7)),
            ("-(3-5)%2", Some(0)),
            ("010", Some(8)),
            ("7/0", None),
            ("2**3", None),
            ("1<<2", None),
            ("unset+1", None),
            ("none", None),
            ("", None),
            ("1 2", None),
            ("9223372036854775807+1", None),
        ] {
            assert_eq!(value(text.as_bytes(), &variable), expected, "{text}");
        }
        let deep = "(".repeat(100_000);
        assert_eq!(value(deep.as_bytes(), &variable), None);
    }
}
