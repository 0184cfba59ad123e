//! The watchdog: a hung test ends the process with its name instead of hanging for ever.

use anyrt::Runtime;
use std::{
    io::Write,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

const LIMIT: Duration = Duration::from_secs(120);

/// Watches until it is dropped.
pub(super) struct Watchdog {
    runtime: Arc<Mutex<Option<Runtime>>>,
    _alive: Sender<()>,
}

impl Watchdog {
    /// Watches the current thread's test on the flavour of this name.
    pub(super) fn new(flavour: &str) -> Self {
        let (alive, closed) = channel();
        let runtime = Arc::new(Mutex::new(None));
        let watched = runtime.clone();
        let test = thread::current().name().unwrap_or("unnamed").to_owned();
        let flavour = flavour.to_owned();
        thread::Builder::new()
            .name("watchdog".to_owned())
            .spawn(move || {
                if closed.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
                    give_up(&test, &flavour, &watched);
                }
            })
            .expect("the system gives a thread");
        Self {
            runtime,
            _alive: alive,
        }
    }

    /// Remembers the runtime the test runs in, so that its task tree can be shown.
    pub(super) fn watch_current_runtime(&self) {
        *self.runtime.lock().unwrap_or_else(PoisonError::into_inner) = Runtime::current().ok();
    }
}

fn give_up(test: &str, flavour: &str, runtime: &Mutex<Option<Runtime>>) -> ! {
    // Written to the stream itself: what the print macros write is captured and lost with the process.
    let mut stderr = std::io::stderr();
    let _ = writeln!(
        stderr,
        "\nanyrt-conformance: {test} hangs on {flavour} (no end after {LIMIT:?})"
    );
    let runtime = runtime
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .take();
    if let Some(runtime) = runtime {
        let _ = writeln!(stderr, "{}", runtime.task_tree());
    }
    std::process::abort()
}
