//! Tasks on a smol executor.

use anyrt_backend::Task;

/// Spawns a detached task, on the global executor where no other is named.
pub(crate) fn spawn(executor: Option<&smol::Executor<'static>>, task: Task) {
    match executor {
        Some(executor) => executor.spawn(task).detach(),
        None => smol::spawn(task).detach(),
    }
}
