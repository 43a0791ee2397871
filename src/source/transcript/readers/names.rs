//! The reader of `ls` without `-l`: names, perhaps in columns, perhaps with their blocks.
//!
//! A name says that something is there; a row whose names are in doubt gives nothing.

use super::super::evidence::{Id, LineNo};
use super::super::listing::format::Fact;
use super::super::listing::ls::{self, Cell, Ls, Shape};
use super::super::{Base, resolve};
use super::{End, Output, Scene, is_name};

/// The rows of an `ls` of names.
pub(in super::super) struct NameRows {
    ls: Ls,
    base: Base,
    dir: Option<Id>,
    start: LineNo,
    whole: bool,
    tainted: bool,
    after_blank: bool,
    rows: u64,
    /// It did not run: what it prints is how it is called.
    refused: bool,
    /// No header was seen yet: names are those that were asked for.
    rows_before_headers: bool,
}

/// Whether a line is about an option that is not known, in whatever language: `ls: invalid option --
/// 'e'`, `ls : option invalide -- 'e'`, `Usage: ls [-1Aa]`. What follows is help.
fn is_refusal(text: &[u8]) -> bool {
    let colon = text.iter().take(40).position(|&b| b == b':');
    let (program, message) = text.split_at(colon.unwrap_or(0));
    let program = program.trim_ascii_end();
    if program.eq_ignore_ascii_case(b"usage") {
        return true;
    }
    let is_tool = program == b"ls" || program.ends_with(b"/ls") || program.ends_with(b"dir");
    let has = |sign: &[u8]| {
        message
            .windows(sign.len())
            .any(|w| w.eq_ignore_ascii_case(sign))
    };
    is_tool && (has(b" -- ") || has(b"option"))
}

impl NameRows {
    /// `sole` is the one directory that was asked for, where that is known.
    pub(in super::super) fn new(
        ls: Ls,
        base: Base,
        sole: Option<Id>,
        start: LineNo,
        whole: bool,
    ) -> Self {
        Self {
            dir: sole,
            ls,
            base,
            start,
            whole,
            tainted: false,
            after_blank: true,
            rows: 0,
            refused: false,
            rows_before_headers: true,
        }
    }

    pub(in super::super) fn accepts(&self, text: &[u8]) -> bool {
        !ls::is_row(text)
            && (!self.ls.blocks || ls::total(text).is_some() || !self.cells(text).is_empty())
    }

    pub(in super::super) fn take(&mut self, scene: &mut Scene, output: Output<'_>) {
        let text = output.text;
        let after_blank = std::mem::replace(&mut self.after_blank, text.trim_ascii().is_empty());
        if self.ls.blocks && ls::total(text).is_some() {
            self.ls.learn(text);
            return;
        }
        if self.after_blank {
            return;
        }
        self.refused |= self.rows == 0 && is_refusal(text);
        if self.refused {
            self.tainted = true;
            return;
        }
        if text.starts_with(b"ls: ") || text.starts_with(b"/bin/ls: ") || ls::is_row(text) {
            self.tainted = true;
            return;
        }
        if self.ls.recursive || self.ls.operands.len() > 1 || self.ls.expands() {
            let header = text
                .trim_ascii_end()
                .strip_suffix(b":")
                .filter(|_| after_blank);
            if let Some(path) = header.and_then(|path| self.ls.header(path)) {
                self.close(scene, End::Prompt);
                self.dir = resolve(&mut scene.world, self.base, &path);
                self.rows_before_headers = false;
                self.start = output.line;
                return;
            }
        }
        // A terminal shows blanks at the end of a name; a copy may have gained some.
        let row = match scene.terminal {
            true => text,
            false => self.ls.trimmed(text),
        };
        let mut cells = match self.ls.keeps_blanks() && row.len() < text.len() {
            true => Vec::new(),
            false => self.cells(row),
        };
        // In a copy from a window, blanks between columns may have been made one.
        let is_loose = !scene.terminal
            && !self.ls.in_one_column
            && matches!(&cells[..], [cell] if cell.name.contains(&b' ') && !cell.quoted);
        if is_loose {
            cells.clear();
        }
        if cells.is_empty() {
            self.tainted = true;
        }
        self.rows += 1;
        // A file that was asked for by name is no name in itself.
        if let ([word], [cell]) = (&self.ls.operands[..], &cells[..])
            && word.text == cell.name
        {
            self.tainted = true;
            self.dir = None;
            return;
        }
        for cell in cells {
            self.name(scene, &cell, output.line);
        }
    }

    /// The names of a row, each with what stands beside it; none where that is in doubt.
    fn cells<'a>(&self, text: &'a [u8]) -> Vec<Cell<'a>> {
        self.ls.cells(text).unwrap_or_default()
    }

    fn name(&mut self, scene: &mut Scene, cell: &Cell<'_>, line: LineNo) {
        let garbled = (!cell.quoted || self.ls.garbles()) && cell.name.contains(&b'?');
        let Some(id) = self.place(scene, cell).filter(|_| !garbled) else {
            self.tainted |= garbled || !matches!(&cell.name[..], b"." | b"..");
            return;
        };
        let disk = cell.blocks.and_then(|blocks| self.ls.blocks_of(blocks));
        let fact = Fact {
            shape: (cell.shape != Shape::Unknown).then_some(cell.shape),
            disk,
            itself: disk.is_some(),
            ..Fact::default()
        };
        // A listing of names says nothing new of what a long one has shown.
        scene.note(id, line, &fact);
    }

    /// What a name stands for: one in the directory that is listed, or one that was asked for.
    fn place(&self, scene: &mut Scene, cell: &Cell<'_>) -> Option<Id> {
        if let Some(dir) = self.dir {
            return is_name(&cell.name).then(|| scene.world.child(dir, &cell.name));
        }
        let several = self.ls.operands.len() > 1;
        let was_typed = || {
            let mut words = self.ls.operands.iter();
            words.any(|word| !word.expands && word.text == cell.name)
        };
        let is_operand = self.ls.themselves || several && self.rows_before_headers && was_typed();
        is_operand
            .then(|| resolve(&mut scene.world, self.base, &cell.name))
            .flatten()
    }

    fn close(&mut self, scene: &mut Scene, end: End) {
        let tainted = std::mem::take(&mut self.tainted);
        let rows = std::mem::take(&mut self.rows);
        let Some(dir) = self.dir.take().filter(|_| rows > 0) else {
            return;
        };
        scene.see(dir, self.start, Shape::Dir);
        let whole = self.whole
            && !self.ls.cut
            && !tainted
            && end == End::Prompt
            && self.ls.quotes_for_sure();
        let facts = scene.world.dir(dir);
        match (whole, self.ls.all) {
            (true, true) => facts.set_listed(self.start),
            (true, false) => facts.listed_visible = self.start,
            (false, _) => facts.listed_some = facts.listed_some.max(self.start),
        }
    }

    pub(in super::super) fn end(&mut self, scene: &mut Scene, end: End) {
        self.close(scene, end);
    }
}

#[cfg(test)]
mod tests {
    use super::is_refusal;

    #[test]
    fn help_is_told_from_names() {
        for line in [
            "ls: invalid option -- 'e'",
            "ls: unrecognized option '--frobnicate'",
            "ls: Unbekannte Option \u{bb}--frobnicate\u{ab}",
            "ls : option invalide -- 'e'",
            "/bin/ls: illegal option -- y",
            "Usage: ls [-1AaCxd] [FILE]...",
        ] {
            assert!(is_refusal(line.as_bytes()), "{line}");
        }
        for line in [
            "usage.txt",
            "options",
            "ls",
            "ls: cannot access 'x': No such file",
        ] {
            assert!(!is_refusal(line.as_bytes()), "{line}");
        }
    }
}
