//! Command lines of cmd and PowerShell.

use super::super::word::Word;
use super::Action;

/// Splits a command line of cmd or PowerShell, which quote with `"` and escape nothing that
/// matters here; `None` for more than one command.
pub(in super::super) fn split_windows(line: &[u8]) -> Option<Vec<Word>> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii();
    while !rest.is_empty() {
        let (text, tail) = match rest[0] {
            quote @ (b'"' | b'\'') => {
                let end = rest[1..].iter().position(|&b| b == quote)?;
                (&rest[1..=end], &rest[end + 2..])
            }
            _ => {
                let end = rest.iter().position(|b| matches!(b, b' ' | b'"'));
                rest.split_at(end.unwrap_or(rest.len()))
            }
        };
        if text
            .iter()
            .any(|b| matches!(b, b'|' | b'&' | b';' | b'>' | b'<' | b'$' | b'%'))
        {
            return None;
        }
        words.push(Word {
            text: text.to_vec(),
            expands: text.iter().any(|b| matches!(b, b'*' | b'?')),
        });
        rest = tail.trim_ascii_start();
    }
    Some(words)
}

/// What a command of cmd or PowerShell does.
pub(in super::super) fn windows_action(words: &[Word]) -> Action {
    let Some((command, operands)) = words.split_first() else {
        return Action::Silent;
    };
    let name = command.text.to_ascii_lowercase();
    let is_switch = |w: &&Word| {
        matches!(
            w.text.as_slice(),
            [b'/', _] | [b'/', _, b':', ..] | [b'-', ..]
        )
    };
    let paths: Vec<Word> = operands.iter().filter(|w| !is_switch(w)).cloned().collect();
    let has = |switch: &str| {
        operands
            .iter()
            .any(|w| w.text.eq_ignore_ascii_case(switch.as_bytes()))
    };
    match name.as_slice() {
        b"cd" | b"chdir" | b"set-location" | b"sl" => match &paths[..] {
            [] => Action::Harmless,
            [one] => Action::Cd(Some(one.clone())),
            _ => Action::Unknown,
        },
        b"dir" | b"ls" | b"gci" | b"get-childitem" if has("/b") || has("/w") || has("-name") => {
            Action::Unread("names without sizes")
        }
        b"dir" | b"ls" | b"gci" | b"get-childitem" => {
            let filtered = operands.iter().any(|w| w.expands) || has("-filter") || has("-include");
            Action::Windows((has("/a") || has("-force")) && !filtered)
        }
        b"del" | b"erase" | b"rm" | b"rmdir" | b"rd" | b"remove-item" | b"ri" => {
            if paths.is_empty() || paths.iter().any(|w| w.expands) {
                Action::Change(paths)
            } else {
                Action::Remove(paths)
            }
        }
        b"cls" | b"clear" | b"clear-host" => Action::Silent,
        b"type" | b"echo" | b"ver" | b"vol" | b"whoami" | b"hostname" | b"get-content"
        | b"date" | b"get-date" | b"write-host" | b"write-output" | b"get-psdrive"
        | b"systeminfo" | b"tree" => Action::Harmless,
        b"exit" => Action::Leave,
        _ => Action::Unknown,
    }
}
