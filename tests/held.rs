//! What a group or a stream holds after a burst: as much as before (TG13), counted by the allocator.
//!
//! A binary with one test, since the counters are the process's.
#![cfg(feature = "tokio")]

use anyrt::{CancelScope, Tokio, iterate_in_threadpool, run, sleep_forever, task_group, yield_now};
use futures_util::StreamExt;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use std::alloc::System;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// What is allocated and not given back since the region began, in bytes.
fn held(since: &Region<'_, System>) -> isize {
    let change = since.change();
    change.bytes_allocated as isize - change.bytes_deallocated as isize
}

/// How often memory was asked for since the region began.
fn asked(since: &Region<'_, System>) -> usize {
    let change = since.change();
    change.allocations + change.reallocations
}

/// How children come to be many at once.
#[derive(Clone, Copy, Debug)]
enum Burst {
    /// They wait.
    Waiting,
    /// They wait for their place in the group.
    Queued,
}

/// Runs that many children at once, until all are gone.
async fn burst(g: &anyrt::TaskGroup, kind: Burst, children: usize) {
    if let Burst::Queued = kind {
        g.limit(0);
    }
    for _ in 1..children {
        g.spawn(yield_now());
    }
    let last = g.spawn(yield_now());
    if let Burst::Queued = kind {
        g.limit(children);
    }
    last.await.expect("nobody cancels it");
}

/// The bytes that a group holds after a burst more than before it.
async fn held_after(kind: Burst) -> isize {
    let outcome = task_group(async |g| {
        burst(&g, kind, 1).await;
        let region = Region::new(ALLOCATOR);
        burst(&g, kind, 5_000).await;
        held(&region)
    });
    outcome.await.expect("nobody cancels it")
}

/// The bytes that the handle of a group keeps whose many children a cancel has ended.
async fn held_after_a_cancel() -> isize {
    let region = Region::new(ALLOCATOR);
    let mut handle = None;
    let outcome = task_group(async |g| {
        handle = Some(g.clone());
        for _ in 0..5_000 {
            g.spawn(sleep_forever());
        }
        let all_wait = g.spawn(yield_now());
        let cancel = async {
            all_wait.await.ok();
            g.cancel();
            sleep_forever().await;
        };
        // In a scope, so that the group lists a region too.
        CancelScope::new().run(cancel).await.ok();
    });
    assert!(outcome.await.is_err(), "it is cancelled");
    held(&region)
}

/// How often the third burst of so many children asks for memory.
async fn asked_by(kind: Burst, children: usize) -> usize {
    let outcome = task_group(async |g| {
        burst(&g, kind, children).await;
        burst(&g, kind, children).await;
        let region = Region::new(ALLOCATOR);
        burst(&g, kind, children).await;
        asked(&region)
    });
    outcome.await.expect("nobody cancels it")
}

/// The bytes that a stream of a blocking iterator holds at its end more than near its beginning.
async fn held_by_a_stream() -> isize {
    let mut stream = iterate_in_threadpool(0..100_000).buffer(8);
    for _ in 0..2_000 {
        stream.next().await;
    }
    let region = Region::new(ALLOCATOR);
    while stream.next().await.is_some() {}
    held(&region)
}

#[test]
fn tg13_a_burst_leaves_nothing_behind() {
    let outcome = run(Tokio::current_thread(), async {
        for kind in [Burst::Waiting, Burst::Queued] {
            // The runtime's own queue keeps its room.
            held_after(kind).await;
            let bytes = held_after(kind).await;
            assert!(bytes < 2_048, "{kind:?}: {bytes} bytes");
            // The room of a small burst stays, so that the next one need not ask for it.
            let (one, two) = (asked_by(kind, 32).await, asked_by(kind, 64).await);
            assert_eq!(one * 2, two, "{kind:?}");
        }
        held_after_a_cancel().await;
        let bytes = held_after_a_cancel().await;
        assert!(bytes < 8_192, "a cancel: {bytes} bytes");
        let bytes = held_by_a_stream().await;
        assert!(bytes < 8_192, "a stream: {bytes} bytes");
    });
    outcome.expect("tokio starts");
}
