//! What goes on during a reading: a line on stderr once it takes longer than a second, and the
//! wish of a signal, passed on to the reader. The one door to `indicatif`.
//!
//! One thread looks at the shared counters some ten times a second; the readers only count, as
//! they would anyway.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::bytes::Bytes;
use crate::entry::Progress;
use crate::report::escape::{shorten, width};
use crate::report::text;

use super::signals::{self, Hold};

const BEFORE_SHOWING: Duration = Duration::from_secs(1);
/// Not more than ten updates a second.
const BETWEEN_LOOKS: Duration = Duration::from_millis(110);

/// Looks after one reading until it is dropped: shows what a [`Progress`] counts, and cancels it
/// when a signal asks for that.
pub(super) struct Watch {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    _signals: Option<Hold>,
}

impl Watch {
    /// Watches the counters of the reading of `source`, whose name is escaped already. With
    /// `columns`, shows them in a line of at most that many, but nothing in the first second.
    ///
    /// Without a thread to look at them nobody would hear the signals, so they keep their effect.
    pub(super) fn start(progress: Progress, source: String, columns: Option<usize>) -> Self {
        let (done, wait) = channel::<()>();
        let signals = Hold::begin();
        pass_on(&progress);
        let look = move || {
            let begun = Instant::now();
            let mut line: Option<ProgressBar> = None;
            while wait.recv_timeout(BETWEEN_LOOKS) == Err(RecvTimeoutError::Timeout) {
                pass_on(&progress);
                let Some(columns) = columns.filter(|_| begun.elapsed() >= BEFORE_SHOWING) else {
                    continue;
                };
                let place = match &progress.place()[..] {
                    [] => source.clone(),
                    place => text::path(place),
                };
                let state = State::of(&progress, &place, begun.elapsed());
                // This draws, once; the last column stays free, as some terminals wrap behind it.
                line.get_or_insert_with(blank)
                    .set_message(state.line(columns.saturating_sub(1)));
            }
            if let Some(line) = line {
                line.finish_and_clear();
            }
        };
        let thread = std::thread::Builder::new().spawn(look).ok();
        Self {
            _signals: thread.is_some().then_some(signals),
            done: Some(done),
            thread,
        }
    }
}

/// Who has asked this run to end meant the sources that it has not begun with as well.
fn pass_on(progress: &Progress) {
    if signals::asked() {
        progress.cancel();
    }
}

fn blank() -> ProgressBar {
    let line = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(10));
    match ProgressStyle::with_template("{msg}") {
        Ok(style) => line.with_style(style),
        Err(_) => line,
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _a_panic_there_was_printed_already = thread.join();
        }
    }
}

/// What one look saw.
struct State<'a> {
    entries: u64,
    bytes: u64,
    cancelled: bool,
    /// What is being read, escaped.
    place: &'a str,
    since: Duration,
}

impl<'a> State<'a> {
    fn of(progress: &Progress, place: &'a str, since: Duration) -> Self {
        Self {
            entries: progress.entries(),
            bytes: progress.bytes(),
            cancelled: progress.is_cancelled(),
            place,
            since,
        }
    }

    /// `412,331 entries  31.2 GiB  350,000/s  /home/u/…/cache`, in at most so many columns: the
    /// place gives way first.
    fn line(&self, columns: usize) -> String {
        let mut figures = Vec::new();
        // A recording counts its entries only at its end.
        if self.entries > 0 {
            figures.push(text::several(self.entries, "entry", "entries"));
        }
        figures.push(Bytes(self.bytes).to_string());
        let seconds = u64::try_from(self.since.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let rate = u128::from(self.entries) * 1000 / u128::from(seconds);
        if self.entries > 0 {
            figures.push(format!(
                "{}/s",
                text::count(u64::try_from(rate).unwrap_or(u64::MAX))
            ));
        }
        if self.cancelled {
            figures.push("ending (again: at once)".to_owned());
        }
        let figures = figures.join("  ");
        let room = columns.saturating_sub(width(&figures) + 2);
        if room < 8 {
            return shorten(&figures, columns);
        }
        format!("{figures}  {}", shorten(self.place, room))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state(place: &str) -> State<'_> {
        State {
            entries: 412_331,
            bytes: 31 << 30,
            cancelled: false,
            place,
            since: Duration::from_millis(1200),
        }
    }

    #[test]
    fn the_line_says_how_far_it_is() {
        let state = state("/home/u/projects/jettison/target/debug/deps");
        assert_eq!(
            state.line(77),
            "412,331 entries  31.0 GiB  343,609/s  /home/u/projects/je…n/target/debug/deps"
        );
        assert_eq!(state.line(40), "412,331 entries  31.0 GiB  343,609/s");
        assert_eq!(state.line(20), "412,331 en…343,609/s");
        let ending = State {
            cancelled: true,
            ..state
        };
        assert!(ending.line(77).contains("ending (again: at once)"));
        let recording = State {
            entries: 0,
            bytes: 5 << 20,
            ..ending
        };
        assert!(recording.line(77).starts_with("5.0 MiB  ending"));
    }

    proptest! {
        #[test]
        fn the_line_never_wraps(
            entries: u64, bytes: u64, cancelled: bool, name: Vec<u8>, millis: u64, columns in 1usize..200,
        ) {
            let place = text::path(&name);
            let since = Duration::from_millis(millis);
            let line = State { entries, bytes, cancelled, place: &place, since }.line(columns);
            prop_assert!(width(&line) <= columns, "{line:?}");
            prop_assert!(!line.chars().any(char::is_control), "{line:?}");
        }
    }
}
