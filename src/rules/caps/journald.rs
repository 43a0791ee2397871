//! journald: how much of the disk its files may take.

use super::{Bound, Cap, Limit, Owner, bytes};
use crate::rules::machine::Machine;
use crate::rules::model::{Place, Tri};
use crate::rules::systemd::span;
use crate::rules::systemd::unit::{Setting, Unit};
use crate::time::Age;

const NAME: &[u8] = b"journald.conf";
const STORED: &[u8] = b"/var/log/journal";
const VOLATILE: &[u8] = b"/run/log/journal";
/// What a share of the disk comes to at the most, where nobody says otherwise.
const DEFAULT_MOST: u64 = 4 << 30;

/// The journals of a machine that has journald.
pub(super) fn read(machine: &mut dyn Machine) -> Vec<Cap> {
    let unit = Unit::daemon(NAME, machine);
    let is_seen = [STORED, VOLATILE]
        .iter()
        .any(|path| machine.is_there(path) == Tri::True);
    if unit.is_none() && !is_seen {
        return Vec::new();
    }
    let storage = setting(unit.as_ref(), b"Storage").map(|s| s.value.to_ascii_lowercase());
    let kept: &[(Owner, &[u8], &str)] = match storage.as_deref() {
        Some(b"none") => &[],
        Some(b"volatile") => &[(Owner::VolatileJournal, VOLATILE, "Runtime")],
        _ => &[
            (Owner::Journal, STORED, "System"),
            (Owner::VolatileJournal, VOLATILE, "Runtime"),
        ],
    };
    kept.iter()
        .map(|(owner, folder, prefix)| Cap {
            owner: *owner,
            folders: vec![folder.to_vec()],
            bounds: bounds(unit.as_ref(), prefix),
            remedy: "SystemMaxUse= and MaxRetentionSec= in /etc/systemd/journald.conf.d",
        })
        .collect()
}

fn setting<'a>(unit: Option<&'a Unit>, key: &[u8]) -> Option<&'a Setting> {
    unit?.one(b"Journal", key)
}

/// The smallest of its bounds wins, whichever that is on the disk in question.
fn bounds(unit: Option<&Unit>, prefix: &str) -> Vec<Bound> {
    let mut bounds = Vec::new();
    for (key, share, most) in [
        (format!("{prefix}MaxUse"), 10, DEFAULT_MOST),
        (format!("{prefix}KeepFree"), 15, u64::MAX),
    ] {
        let keeps_free = most == u64::MAX;
        let said = setting(unit, key.as_bytes());
        match said.and_then(|s| Some((s, bytes(&s.value)?))) {
            // What is to stay free is no bound that is known without the disk.
            Some(_) if keeps_free => {}
            Some((said, limit)) => bounds.push(bound(said, Limit::Bytes(limit))),
            None => bounds.push(Bound {
                text: format!("{key}={share}% (the default)"),
                said: None,
                limit: Limit::Share {
                    percent: if keeps_free { 100 - share } else { share },
                    at_most: most,
                },
            }),
        }
    }
    if let Some(said) = setting(unit, b"MaxRetentionSec")
        && let Some(age) = span::seconds(&said.value).filter(|age| *age > 0)
    {
        bounds.push(bound(said, Limit::Age(Age(age))));
    }
    bounds
}

fn bound(said: &Setting, limit: Limit) -> Bound {
    let text = [&said.key[..], b"=", &said.value].concat();
    Bound {
        text: String::from_utf8_lossy(&text).into_owned(),
        said: Some(Place {
            file: said.file.clone(),
            line: said.line,
        }),
        limit,
    }
}
