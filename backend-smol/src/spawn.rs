//! Tasks on a smol executor.

use std::sync::atomic::Ordering::Acquire;

use anyrt_backend::Task;

use crate::Own;

/// Spawns a detached task, on the global executor where no other is named.
pub(crate) fn spawn(own: Option<&Own>, task: Task) {
    match own {
        // Nobody would ever poll it, and a handle may keep the executor for long.
        Some(own) if own.stopped.load(Acquire) => drop(task),
        Some(own) => own.executor.spawn(task).detach(),
        None => smol::spawn(task).detach(),
    }
}
