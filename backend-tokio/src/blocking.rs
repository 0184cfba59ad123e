//! Jobs on tokio's blocking pool.

use anyrt_backend::Job;
use tokio::runtime::Handle;

/// Runs a job on the pool, detached. A pool that has shut down drops it.
pub(crate) fn spawn_blocking(handle: &Handle, job: Job) {
    drop(handle.spawn_blocking(|| job.run()));
}
