//! Jobs on async-std's blocking pool.

use anyrt_backend::Job;

/// Runs a job on the pool, detached: dropping async-std's handle detaches.
pub(crate) fn spawn_blocking(job: Job) {
    drop(async_std::task::spawn_blocking(|| job.run()));
}
