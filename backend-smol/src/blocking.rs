//! Jobs on the blocking pool.

use anyrt_backend::Job;

/// Runs a job on the pool, detached.
pub(crate) fn spawn_blocking(job: Job) {
    smol::unblock(|| job.run()).detach();
}
