//! Work that is ready at once costs no allocation, whatever is around it: DESIGN.md, entry 6.
//!
//! A binary with one test, since the counters are the process's.
#![cfg(feature = "tokio")]

use anyrt::{CancelScope, Tokio, checkpoint_if_cancelled, move_on_after, run, shield, task_group};
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;
use std::future::{Future, ready};
use std::time::Duration;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many allocations a hundred rounds of some work make, after one that warms up.
async fn allocations<F: Future>(work: impl Fn() -> F) -> usize {
    work().await;
    let region = Region::new(ALLOCATOR);
    for _ in 0..100 {
        work().await;
    }
    region.change().allocations
}

#[test]
fn ready_work_allocates_nothing() {
    let counts = run(Tokio::current_thread(), async {
        let minute = Duration::from_secs(60);
        let groups = allocations(|| task_group(async |_| ())).await;
        assert!(groups > 0, "the counter counts");
        [
            allocations(|| CancelScope::new().run(ready(()))).await,
            allocations(|| shield(ready(()))).await,
            allocations(|| move_on_after(minute, ready(()))).await,
            allocations(checkpoint_if_cancelled).await,
        ]
    });
    assert_eq!(counts.expect("tokio starts"), [0; 4]);
}
