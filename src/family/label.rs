//! Names for variables, and the template they stand in.

use super::cells::{CellKind, Column};
use super::{Variable, VariableKind, name, words};

/// Writes a template from its literal parts and variables, in path order.
pub(super) struct Writer {
    template: Vec<u8>,
    /// The length of the template up to the last literal directory.
    root: usize,
    variables: Vec<Variable>,
    /// The literal name of the level before, for `jobs/{job}`.
    parent: Vec<u8>,
    level_start: usize,
    varied: bool,
}

impl Writer {
    pub(super) fn new(base: &[u8]) -> Self {
        Self {
            template: base.to_vec(),
            root: base.len(),
            variables: Vec::new(),
            parent: base.rsplit(|&b| b == b'/').next().unwrap_or(b"").to_vec(),
            level_start: 0,
            varied: false,
        }
    }

    pub(super) fn next_level(&mut self) {
        if self.level_start > 0 {
            self.parent = self.template[self.level_start..].to_vec();
        }
        if !self.varied {
            self.root = self.template.len();
        }
        if !self.template.is_empty() && !self.template.ends_with(b"/") {
            self.template.push(b'/');
        }
        self.level_start = self.template.len();
    }

    pub(super) fn literal(&mut self, bytes: &[u8]) {
        self.template.extend_from_slice(bytes);
    }

    pub(super) fn variable(&mut self, column: &Column<'_>, kind: VariableKind) {
        let key = name::key_of(&self.template[self.level_start..])
            .filter(|key| self.template.len() == self.level_start + key.len() + 1);
        let wanted = match key.map(str::from_utf8) {
            Some(Ok(key)) => key.to_owned(),
            _ => self.name_for(column, kind),
        };
        let mut name = wanted.clone();
        let mut number = 2;
        while self.variables.iter().any(|v| v.name == name) {
            name = format!("{wanted}{number}");
            number += 1;
        }
        self.varied = true;
        self.template.push(b'{');
        self.template.extend_from_slice(name.as_bytes());
        self.template.push(b'}');
        self.variables.push(Variable { name, kind });
    }

    fn name_for(&self, column: &Column<'_>, kind: VariableKind) -> String {
        let by_kind = match kind {
            VariableKind::Categorical | VariableKind::Host if column.kind != CellKind::Digits => {
                return self.name_of_words(column, kind);
            }
            VariableKind::IsoWeek => "week",
            VariableKind::MonthName => "month",
            VariableKind::HexCounter | VariableKind::Counter => self.counted(column),
            kind => kind.word(),
        };
        by_kind.to_owned()
    }

    fn counted(&self, column: &Column<'_>) -> &'static str {
        let here = &self.template[self.level_start..];
        let ends = |word: &[u8]| here.to_ascii_lowercase().ends_with(word);
        let dashed = column.before.len() <= 1;
        if dashed && (ends(b"part-") || ends(b"part-r-") || ends(b"part-m-") || ends(b"part_")) {
            "part"
        } else if dashed
            && (ends(b"checkpoint-") || ends(b"step_") || ends(b"step-") || ends(b"step="))
        {
            "step"
        } else {
            "n"
        }
    }

    fn name_of_words(&self, column: &Column<'_>, kind: VariableKind) -> String {
        if kind == VariableKind::Host {
            return "host".to_owned();
        }
        if let Some(word) = words::dictionary(column.rows.values()) {
            return word.to_owned();
        }
        let start_of_level = self.template.len() == self.level_start;
        let parent = str::from_utf8(&self.parent).unwrap_or("");
        if start_of_level && let Some(singular) = singular(parent) {
            return singular;
        }
        "name".to_owned()
    }

    /// The template, the root's part of it, and the variables.
    pub(super) fn finish(self) -> (Vec<u8>, Vec<u8>, Vec<Variable>) {
        let root = self.template[..self.root].to_vec();
        (self.template, root, self.variables)
    }
}

/// `jobs` → `job`; `None` for what is no plural of a plain word.
fn singular(word: &str) -> Option<String> {
    let plain = word.len() >= 4 && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    if !plain || word.ends_with("ss") || word.ends_with("us") || word == "logs" {
        return None;
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return Some(format!("{stem}y"));
    }
    word.strip_suffix('s').map(str::to_owned)
}
