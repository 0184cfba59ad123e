//! Tasks on a smol executor.

use anyrt_backend::Task;

use crate::Own;

/// Spawns a detached task, on the global executor where no other is named.
pub(crate) fn spawn(own: Option<&Own>, task: Task) {
    match own {
        // Nobody would ever poll one that comes too late.
        Some(own) => drop(own.spawn(task)),
        None => smol::spawn(task).detach(),
    }
}
