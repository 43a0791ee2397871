//! A line on stderr for a run that takes longer than a second. The one door to `indicatif`.

use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::bytes::Bytes;
use crate::entry::Progress;
use crate::report::text;

const BEFORE_SHOWING: Duration = Duration::from_secs(1);
const BETWEEN_LOOKS: Duration = Duration::from_millis(120);

/// Shows what a [`Progress`] counts until it is dropped.
pub(crate) struct Watch {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches the counters; nothing is shown in the first second.
    pub(crate) fn start(progress: Arc<Progress>, what: String) -> Self {
        let (done, wait) = channel::<()>();
        let thread = std::thread::spawn(move || {
            if wait.recv_timeout(BEFORE_SHOWING) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
                bar.set_style(style);
            }
            loop {
                let (entries, bytes) = (progress.entries(), progress.bytes());
                let counted = text::count(entries);
                bar.set_message(format!("{what}: {counted} entries, {}", Bytes(bytes)));
                bar.tick();
                if wait.recv_timeout(BETWEEN_LOOKS) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            bar.finish_and_clear();
        });
        Self {
            done: Some(done),
            thread: Some(thread),
        }
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
