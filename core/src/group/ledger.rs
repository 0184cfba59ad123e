//! Who is alive: a group's count of its tasks, as one atomic word.
//!
//! ```text
//!   + open          tasks and daemons come and go
//!   >> drain        the body is done: from now on the end of the last task wakes the host
//!   >> stop daemons only daemons are left: those that come from now on are cancelled at once
//!   + closed        nobody is alive, and nobody is admitted any more
//! ```
//!
//! # Always true
//!
//! 1. A task is admitted before it is handed to the backend, and counted out after its future is gone.
//! 2. Closing and admitting are steps of one word: a group closes only while nobody is alive, and
//!    admits nobody afterwards. A refused task leaves no trace, not even for a moment.
//! 3. The host looks again after it has registered its waker, so the last end is never missed.

use crate::loom::{AtomicU64, Ordering};

const TASK: u64 = 1;
const DAEMON: u64 = 1 << 30;
const TASKS: u64 = DAEMON - 1;
const DAEMONS: u64 = TASKS << 30;
// Both counts: all that is below the marks.
const ALIVE: u64 = DRAINING - 1;
const DRAINING: u64 = 1 << 60;
const STOPPED: u64 = 1 << 61;
const CUT: u64 = 1 << 62;
const CLOSED: u64 = 1 << 63;

/// The count of a group's tasks. It has no waker in it: who is woken is the host's business.
#[derive(Debug)]
pub(crate) struct Ledger(AtomicU64);

impl Ledger {
    pub(crate) fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    fn load(&self) -> u64 {
        self.0.load(Ordering::Acquire)
    }

    fn mark(&self, bit: u64) -> u64 {
        self.0.fetch_or(bit, Ordering::AcqRel)
    }

    /// Counts a task in, unless the group has closed.
    #[inline]
    #[must_use = "a task that was not admitted must not be spawned"]
    pub(crate) fn admit(&self, daemon: bool) -> bool {
        let one = if daemon { DAEMON } else { TASK };
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
                (now & CLOSED == 0).then_some(now + one)
            })
            .is_ok()
    }

    /// Counts a task out. Says whether the host must look.
    #[inline]
    #[must_use = "the host waits to be woken"]
    pub(crate) fn count_out(&self, daemon: bool) -> bool {
        let one = if daemon { DAEMON } else { TASK };
        let left = self.0.fetch_sub(one, Ordering::AcqRel) - one;
        let alive = if daemon { ALIVE } else { TASKS };
        left & DRAINING != 0 && left & alive == 0
    }

    /// Says that a cancel from outside ended a task.
    pub(crate) fn cut(&self) {
        self.mark(CUT);
    }

    pub(crate) fn was_cut(&self) -> bool {
        self.load() & CUT != 0
    }

    /// Says that the body is done and the host waits.
    pub(crate) fn drain(&self) {
        self.mark(DRAINING);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.load() & DRAINING != 0
    }

    /// Whether nobody but daemons is alive.
    pub(crate) fn has_no_tasks(&self) -> bool {
        self.load() & TASKS == 0
    }

    /// Says once that only daemons are left.
    pub(crate) fn stop_daemons(&self) -> bool {
        self.has_daemons_to_stop() && self.mark(STOPPED) & STOPPED == 0
    }

    /// Whether only daemons are left that nobody has stopped yet.
    pub(crate) fn has_daemons_to_stop(&self) -> bool {
        let now = self.load();
        now & TASKS == 0 && now & DAEMONS != 0 && now & STOPPED == 0
    }

    pub(crate) fn daemons_are_stopped(&self) -> bool {
        self.load() & STOPPED != 0
    }

    /// Closes the group if nobody is alive. Says whether it is closed.
    pub(crate) fn try_close(&self) -> bool {
        self.0
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |now| {
                (now & ALIVE == 0).then_some(now | CLOSED)
            })
            .is_ok()
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.load() & CLOSED != 0
    }

    /// How many tasks are alive, daemons included.
    pub(crate) fn alive(&self) -> u64 {
        let now = self.load();
        (now & TASKS) + (now & DAEMONS) / DAEMON
    }
}
