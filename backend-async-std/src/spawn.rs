//! Tasks on async-std's executor.

use anyrt_backend::Task;

/// Spawns a detached task: dropping async-std's handle detaches.
pub(crate) fn spawn(task: Task) {
    drop(async_std::task::spawn(task));
}
