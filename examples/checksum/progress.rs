//! What has been done so far, and the bar that shows it.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

const FRAME: Duration = Duration::from_millis(100);

/// Counted by every task and thread; drawn by one task, on stderr if that is a terminal.
pub(crate) struct Progress {
    found: AtomicU64,
    hashed: AtomicU64,
    bytes: AtomicU64,
    bar: ProgressBar,
}

impl Progress {
    pub(crate) fn new() -> Self {
        let style = ProgressStyle::with_template("{spinner} {bar:30} {pos} of {len} files, {msg}");
        let style = style.expect("the template is well formed");
        Progress {
            found: AtomicU64::new(0),
            hashed: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            bar: ProgressBar::new(0).with_style(style),
        }
    }

    pub(crate) fn found(&self) {
        self.found.fetch_add(1, Relaxed);
    }

    pub(crate) fn hashed(&self) {
        self.hashed.fetch_add(1, Relaxed);
    }

    pub(crate) fn read(&self, bytes: usize) {
        self.bytes.fetch_add(bytes as u64, Relaxed);
    }

    /// Draws for as long as it is let; a run that is over at once shows no bar.
    pub(crate) async fn draw(self: Arc<Self>) -> io::Result<()> {
        while !self.bar.is_hidden() {
            anyrt::sleep(FRAME).await;
            let bytes = HumanBytes(self.bytes.load(Relaxed));
            self.bar.set_message(bytes.to_string());
            self.bar.update(|state| {
                state.set_len(self.found.load(Relaxed));
                state.set_pos(self.hashed.load(Relaxed));
            });
            self.bar.tick();
        }
        Ok(())
    }

    /// Takes the bar off the screen while `print` prints.
    pub(crate) fn pause<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    pub(crate) fn clear(&self) {
        self.bar.finish_and_clear();
    }
}

/// `12 files, 3.40 MiB`
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (files, bytes) = (self.hashed.load(Relaxed), self.bytes.load(Relaxed));
        write!(f, "{files} files, {}", HumanBytes(bytes))
    }
}
