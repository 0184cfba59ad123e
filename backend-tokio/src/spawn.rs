//! Tasks on tokio's scheduler.

use anyrt_backend::Task;
use tokio::runtime::Handle;

/// Spawns a detached task: dropping tokio's handle detaches.
pub(crate) fn spawn(handle: &Handle, task: Task) {
    drop(handle.spawn(task));
}
