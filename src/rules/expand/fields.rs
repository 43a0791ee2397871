//! Fields as they grow, and the braces in them.

use super::{Glyph, MAX_LENGTH, text_glyph};
use crate::rules::glob;

/// Numbers that `{a..b}` and `seq` give at most.
pub(super) const MAX_NUMBERS: i64 = 1000;

/// Fields as they grow.
#[derive(Default)]
pub(super) struct Fields {
    done: Vec<Vec<Glyph>>,
    open: Option<Vec<Glyph>>,
}

impl Fields {
    /// Something quoted makes a field even when it is empty.
    pub(super) fn quoted(&mut self) {
        self.open.get_or_insert_default();
    }

    pub(super) fn push(&mut self, glyph: Glyph) {
        let open = self.open.get_or_insert_default();
        if open.len() < MAX_LENGTH {
            open.push(glyph);
        }
    }

    /// Puts in what a parameter stands for, splitting it at blanks when it is not quoted.
    pub(super) fn insert(&mut self, value: Vec<Glyph>, quoted: bool) {
        if quoted {
            self.quoted();
            value.into_iter().for_each(|glyph| self.push(glyph));
            return;
        }
        for glyph in value {
            match glyph {
                Glyph::Byte(b' ' | b'\t' | b'\n') => {
                    if let Some(open) = self.open.take() {
                        self.done.push(open);
                    }
                }
                Glyph::Byte(byte) => self.push(text_glyph(byte, false, false)),
                other => self.push(other),
            }
        }
    }

    /// What follows belongs to the next field.
    pub(super) fn next(&mut self) {
        self.done.extend(self.open.take());
    }

    pub(super) fn finish(mut self) -> Vec<Vec<Glyph>> {
        self.done.extend(self.open);
        self.done
    }
}

/// Expands the unquoted braces of one field.
pub(super) fn expand_braces(field: Vec<Glyph>) -> Vec<Vec<Glyph>> {
    let is_brace = |g: &Glyph| matches!(g, Glyph::Wild(b'{' | b'}' | b','));
    if !field.iter().any(is_brace) {
        return vec![field];
    }
    let field = ranges(field);
    // The brace expander works on bytes: only the field's own skeleton is given to it, every
    // other glyph as an index into the field, two escaped bytes each.
    let mut skeleton = Vec::new();
    for (index, glyph) in field.iter().enumerate() {
        match glyph {
            Glyph::Wild(byte @ (b'{' | b'}' | b',')) => skeleton.push(*byte),
            _ => {
                for part in [index >> 12 & 63, index >> 6 & 63, index & 63] {
                    // 64 values from `@` on, none of them a brace, a comma or a backslash.
                    skeleton.push(0x80 | u8::try_from(part).unwrap_or(0));
                }
            }
        }
    }
    let restore = |alternative: Vec<u8>| {
        let mut glyphs = Vec::new();
        let mut rest = alternative.as_slice();
        while let Some((&byte, after)) = rest.split_first() {
            match (byte, after) {
                (b'{' | b'}' | b',', _) => {
                    glyphs.push(Glyph::Byte(byte));
                    rest = after;
                }
                (high, [middle, low, after @ ..]) => {
                    let part = |b: u8| usize::from(b & 63);
                    let index = part(high) << 12 | part(*middle) << 6 | part(*low);
                    glyphs.extend(field.get(index).cloned());
                    rest = after;
                }
                _ => break,
            }
        }
        glyphs
    };
    glob::expand_braces(&skeleton)
        .into_iter()
        .map(restore)
        .collect()
}

/// `{1..5}` written out as `{1,2,3,4,5}`, as bash reads it; one with letters or a step stays.
fn ranges(field: Vec<Glyph>) -> Vec<Glyph> {
    let mut done: Vec<Glyph> = Vec::with_capacity(field.len());
    let mut open = None;
    for glyph in field {
        let closes = glyph == Glyph::Wild(b'}');
        if glyph == Glyph::Wild(b'{') {
            open = Some(done.len());
        }
        done.push(glyph);
        if !closes {
            continue;
        }
        if let Some(start) = open.take()
            && let Some((from, to)) = bounds(&done[start + 1..done.len() - 1])
        {
            done.truncate(start + 1);
            let numbers: Vec<i64> = match from <= to {
                true => (from..=to).collect(),
                false => (to..=from).rev().collect(),
            };
            for (index, number) in numbers.into_iter().enumerate() {
                if index > 0 {
                    done.push(Glyph::Wild(b','));
                }
                done.extend(number.to_string().into_bytes().into_iter().map(Glyph::Byte));
            }
            done.push(Glyph::Wild(b'}'));
        }
    }
    done
}

/// The ends of `a..b`, not too far apart.
fn bounds(inner: &[Glyph]) -> Option<(i64, i64)> {
    let bytes: Option<Vec<u8>> = inner
        .iter()
        .map(|glyph| match glyph {
            Glyph::Byte(byte) => Some(*byte),
            _ => None,
        })
        .collect();
    let text = String::from_utf8(bytes?).ok()?;
    let (from, to) = text.split_once("..")?;
    let (from, to): (i64, i64) = (from.parse().ok()?, to.parse().ok()?);
    let differs = from.checked_sub(to)?.checked_abs()?;
    (1..MAX_NUMBERS).contains(&differs).then_some((from, to))
}
