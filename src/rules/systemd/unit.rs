//! Unit files: the search path, masks, drop-ins, sections and keys.

use std::collections::BTreeMap;

use crate::entry::RuleFile;
use crate::rules::machine::Machine;
use crate::rules::model::Tri;

/// Where units are looked for, first come first served.
pub(super) const FOLDERS: [&[u8]; 5] = [
    b"/etc/systemd/system",
    b"/run/systemd/system",
    b"/usr/local/lib/systemd/system",
    b"/usr/lib/systemd/system",
    b"/lib/systemd/system",
];

/// Where systemd's daemons look for their own files.
const DAEMONS: [&[u8]; 4] = [
    b"/etc/systemd",
    b"/run/systemd",
    b"/usr/local/lib/systemd",
    b"/usr/lib/systemd",
];

/// Targets whose `.wants` links enable a timer.
const WANTED_BY: [&[u8]; 5] = [
    b"timers.target.wants",
    b"multi-user.target.wants",
    b"default.target.wants",
    b"basic.target.wants",
    b"graphical.target.wants",
];

/// One `Key=value` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::rules) struct Setting {
    pub(in crate::rules) section: Vec<u8>,
    pub(in crate::rules) key: Vec<u8>,
    /// As written, continuation lines and all.
    pub(in crate::rules) value: Vec<u8>,
    pub(in crate::rules) file: Vec<u8>,
    pub(in crate::rules) line: u64,
}

/// A unit with its drop-ins.
#[derive(Clone, Debug)]
pub(in crate::rules) struct Unit {
    pub(in crate::rules) file: RuleFile,
    /// The link to nothing that switches it off.
    pub(super) masked_by: Option<Vec<u8>>,
    settings: Vec<Setting>,
}

impl Unit {
    /// Looks a unit up. A masked unit is read where it would be without its mask.
    pub(super) fn find(name: &[u8], machine: &mut dyn Machine) -> Option<Self> {
        let mut masked_by = None;
        let mut found = None;
        for folder in FOLDERS {
            let path = [folder, b"/", name].concat();
            match machine.load(&path) {
                Some(file) if file.contents.trim_ascii().is_empty() => {
                    masked_by.get_or_insert(path);
                }
                Some(file) => {
                    found = Some(file);
                    break;
                }
                None => {}
            }
        }
        let file = found?;
        let mut settings = settings_of(&file);
        for drop_in in drop_ins(name, machine) {
            settings.extend(settings_of(&drop_in));
        }
        Some(Self {
            file,
            masked_by,
            settings,
        })
    }

    /// The settings of a daemon's own file with its drop-ins (`/etc/systemd/NAME`); `None` where
    /// there is neither.
    pub(in crate::rules) fn daemon(name: &[u8], machine: &mut dyn Machine) -> Option<Self> {
        let paths = DAEMONS.map(|folder| [folder, b"/", name].concat());
        let main = paths.iter().find_map(|path| machine.load(path));
        let parts = drop_ins_below(&DAEMONS, name, machine);
        let file = main.clone().or_else(|| parts.first().cloned())?;
        let mut settings = main.as_ref().map(settings_of).unwrap_or_default();
        settings.extend(parts.iter().flat_map(settings_of));
        Some(Self {
            file,
            masked_by: None,
            settings,
        })
    }

    /// The values of a key that may be given several times; an empty one starts anew.
    pub(super) fn all(&self, section: &[u8], key: &[u8]) -> Vec<&Setting> {
        let mut values = Vec::new();
        for setting in &self.settings {
            if setting.section == section && setting.key.eq_ignore_ascii_case(key) {
                if setting.value.trim_ascii().is_empty() {
                    values.clear();
                } else {
                    values.push(setting);
                }
            }
        }
        values
    }

    /// The last value of a key.
    pub(in crate::rules) fn one(&self, section: &[u8], key: &[u8]) -> Option<&Setting> {
        self.all(section, key).pop()
    }

    /// Whether a key is set to yes.
    pub(super) fn says(&self, section: &[u8], key: &[u8]) -> bool {
        let value = self.one(section, key);
        value.is_some_and(|setting| {
            matches!(
                setting.value.trim_ascii().to_ascii_lowercase().as_slice(),
                b"1" | b"yes" | b"true" | b"on" | b"y" | b"t"
            )
        })
    }

    /// The settings whose key begins so.
    pub(super) fn beginning(&self, section: &[u8], prefix: &[u8]) -> Vec<&Setting> {
        let settings = self.settings.iter();
        settings
            .filter(|s| s.section == section && s.key.starts_with(prefix))
            .collect()
    }
}

/// The drop-ins of a unit, by name, each from the first folder that has one.
fn drop_ins(name: &[u8], machine: &mut dyn Machine) -> Vec<RuleFile> {
    drop_ins_below(&FOLDERS, name, machine)
}

fn drop_ins_below(folders: &[&[u8]], name: &[u8], machine: &mut dyn Machine) -> Vec<RuleFile> {
    let mut by_name: BTreeMap<Vec<u8>, Vec<u8>> = BTreeMap::new();
    for folder in folders {
        let folder = [*folder, b"/", name, b".d"].concat();
        for file in machine.list(&folder) {
            if file.ends_with(b".conf") {
                let path = [&folder[..], b"/", &file].concat();
                by_name.entry(file).or_insert(path);
            }
        }
    }
    by_name
        .values()
        .filter_map(|path| machine.load(path))
        .collect()
}

/// Whether something links the timer into what is started at boot; unknown in a checkout.
pub(super) fn is_enabled(name: &[u8], machine: &mut dyn Machine) -> Tri {
    if !machine.is_live() {
        return Tri::Unknown;
    }
    for folder in FOLDERS {
        for target in WANTED_BY {
            let link = [folder, b"/", target, b"/", name].concat();
            if machine.is_there(&link) == Tri::True {
                return Tri::True;
            }
        }
    }
    Tri::False
}

/// The lines of one file.
fn settings_of(file: &RuleFile) -> Vec<Setting> {
    let mut settings = Vec::new();
    let mut section = Vec::new();
    let mut lines = (1u64..).zip(file.contents.split(|&b| b == b'\n'));
    while let Some((number, line)) = lines.next() {
        let trimmed = line.trim_ascii();
        if trimmed.is_empty() || trimmed.starts_with(b"#") || trimmed.starts_with(b";") {
            continue;
        }
        if let Some(name) = trimmed
            .strip_prefix(b"[")
            .and_then(|rest| rest.strip_suffix(b"]"))
        {
            section = name.to_vec();
            continue;
        }
        let mut whole = line.to_vec();
        while whole.trim_ascii_end().ends_with(b"\\") {
            let Some((_, next)) = lines.next() else { break };
            whole.push(b'\n');
            whole.extend_from_slice(next);
        }
        let Some(equals) = whole.iter().position(|&b| b == b'=') else {
            continue;
        };
        settings.push(Setting {
            section: section.clone(),
            key: whole[..equals].trim_ascii().to_vec(),
            value: whole[equals + 1..].trim_ascii().to_vec(),
            file: file.path.clone(),
            line: number,
        });
    }
    settings
}
