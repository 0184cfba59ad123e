//! Who has a lock, for those who look for what holds everybody up.
//!
//! # Always true
//!
//! 1. It is written by who has the lock, one at a time.
//! 2. TASK and PLACE tell the task and the line that `last` is of. A task that takes the lock on the same line as the one
//!    who took it before finds itself written down, and locks nothing.
//! 3. HOLDS is true from when the one who has the lock is written down until it hands the lock on.

use crate::loom::{AtomicBool, AtomicU64, AtomicUsize, Mutex, Ordering};
use crate::scope::current;
use crate::task::Place;
use crate::thread::borrower::Borrower;

/// See the module.
pub(super) struct Holder {
    /// The last one who was written down.
    last: Mutex<Option<Borrower>>,
    /// The number of its task, zero where that tells nobody from others.
    task: AtomicU64,
    /// The address of its line.
    place: AtomicUsize,
    holds: AtomicBool,
}

impl Holder {
    pub(super) fn nobody() -> Self {
        Self {
            last: Mutex::new(None),
            task: AtomicU64::new(0),
            place: AtomicUsize::new(0),
            holds: AtomicBool::new(false),
        }
    }

    /// The task that runs now has taken the lock.
    #[inline]
    pub(super) fn note(&self, place: Place) {
        // All main futures have the same id, and code outside of tasks has none.
        let number = current::task_number();
        let is_same = number != 0
            && number == self.task.load(Ordering::Relaxed)
            && place.address() == self.place.load(Ordering::Relaxed);
        if !is_same {
            self.write(number, place);
        }
        self.holds.store(true, Ordering::Release);
    }

    #[inline(never)]
    fn write(&self, number: u64, place: Place) {
        self.task.store(number, Ordering::Relaxed);
        self.place.store(place.address(), Ordering::Relaxed);
        let holder = Borrower::made_by(current::task_info(), place);
        // A name that is dropped under the lock is no code of anybody's.
        *self.last.lock() = Some(holder);
    }

    /// It is handed on.
    pub(super) fn forget(&self) {
        self.holds.store(false, Ordering::Release);
    }

    /// Who has it; nobody between a hand-over and the poll that takes it. Of a lock that is free, who had it last.
    pub(super) fn get(&self) -> Option<Borrower> {
        let holds = self.holds.load(Ordering::Acquire);
        holds.then(|| self.last.lock().clone()).flatten()
    }
}
