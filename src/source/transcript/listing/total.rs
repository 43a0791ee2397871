//! The line of a total, in the languages that coreutils is translated to.

use super::number;

/// `total 1208`, as long listings begin; `Some(true)` when it is zero.
pub(in super::super) fn total(line: &[u8]) -> Option<bool> {
    total_figure(line).map(|figure| figure == b"0")
}

/// The figure of a total.
pub(in super::super) fn total_figure(line: &[u8]) -> Option<&[u8]> {
    let blank = line.iter().position(|&b| b == b' ')?;
    if !is_total_word(&line[..blank]) {
        return None;
    }
    let figure = line[blank..].trim_ascii();
    let is_figure = number::human(figure, 1024).is_some() || number::ungrouped(figure).is_some();
    is_figure.then_some(figure)
}

/// The word for a total, as coreutils' translations have it.
pub(in super::super) fn is_total_word(word: &[u8]) -> bool {
    const WORDS: [&str; 24] = [
        "total",
        "insgesamt",
        "totale",
        "totaal",
        "totalt",
        "celkem",
        "razem",
        "yhteensä",
        "ialt",
        "összesen",
        "toplam",
        "итого",
        "всего",
        "загалом",
        "разом",
        "σύνολο",
        "合計",
        "总用量",
        "总计",
        "總計",
        "합계",
        "tổng",
        "ukupno",
        "skupaj",
    ];
    WORDS.iter().any(|known| known.as_bytes() == word)
}
