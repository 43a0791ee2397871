//! Ctrl-C and SIGTERM: the first one during a reading ends it early, with what is known so far; a
//! second one, or one at any other time, does what it always does. The one door to `signal-hook`.
//!
//! The handlers only set flags, which [`super::progress::Watch`] looks at. A signal that was
//! ignored when the program began (a job that a script put into the background) stays ignored.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use signal_hook::consts::{SIGABRT, SIGINT, SIGTERM};
use signal_hook::flag;

/// What the handlers set. A process has one set of handlers, so there is one of these.
#[derive(Debug, Default)]
struct Flags {
    /// Somebody asked to end.
    asked: Arc<AtomicBool>,
    /// The next signal ends the program at once.
    at_once: Arc<AtomicBool>,
}

static FLAGS: OnceLock<Flags> = OnceLock::new();

/// While it lives, the first signal asks the reading to end and the second ends the program.
pub(super) struct Hold;

impl Hold {
    /// Takes the signals over, the first time by installing the handlers.
    pub(super) fn begin() -> Self {
        let flags = FLAGS.get_or_init(install);
        // Who has asked once already meant the whole run, not only its first source.
        flags.at_once.store(asked(), Ordering::SeqCst);
        Self
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if let Some(flags) = FLAGS.get() {
            flags.at_once.store(true, Ordering::SeqCst);
        }
    }
}

/// Whether a signal has asked this run to end early.
pub(super) fn asked() -> bool {
    FLAGS
        .get()
        .is_some_and(|flags| flags.asked.load(Ordering::SeqCst))
}

/// Handlers run in the order of their registration, so a signal is judged before it is noted.
/// Where a handler cannot be installed, the signal keeps its own effect.
fn install() -> Flags {
    let flags = Flags::default();
    for signal in [SIGINT, SIGTERM] {
        if is_ignored(signal) {
            continue;
        }
        let judged = flag::register_conditional_default(signal, Arc::clone(&flags.at_once));
        if judged.is_ok() {
            let _noted = flag::register(signal, Arc::clone(&flags.asked));
            let _armed = flag::register(signal, Arc::clone(&flags.at_once));
        }
    }
    flags
}

/// A program that aborts (there is no memory left; a panic during a panic) ends with this code, as
/// a script takes the number of a signal for anything. What happened was told on stderr already.
pub(super) fn abort_with(code: u8) {
    let always = Arc::new(AtomicBool::new(true));
    let _kept = flag::register_conditional_shutdown(SIGABRT, code.into(), always);
}

/// Whether whoever started the program had it ignore this signal.
fn is_ignored(signal: i32) -> bool {
    std::fs::read_to_string("/proc/self/status").is_ok_and(|status| is_in_mask(&status, signal))
}

/// Whether the signal is among `SigIgn:`, a set in hexadecimal whose lowest bit is signal 1.
fn is_in_mask(status: &str, signal: i32) -> bool {
    let mask = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ignored_signals_are_those_of_the_mask() {
        let status = "Name:\tx\nSigBlk:\tffffffffffffffff\nSigIgn:\t0000000000004002\nCapEff:\t0\n";
        assert!(is_in_mask(status, SIGINT));
        assert!(is_in_mask(status, SIGTERM));
        assert!(!is_in_mask(status, 1));
        assert!(!is_in_mask("SigIgn:\t0000000000004000\n", SIGINT));
        assert!(!is_in_mask("SigIgn:\tx\n", SIGINT));
        assert!(!is_in_mask("", SIGINT));
    }
}
