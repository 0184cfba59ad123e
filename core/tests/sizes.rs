//! How large futures are: an `async` block holds those that it awaits, and a spawn moves all of it to the heap.
//!
//! The bounds are the sizes of today. Who makes one larger says why, and changes it here.
#![cfg(all(target_pointer_width = "64", not(anyrt_loom)))]

use std::future::Future;
use std::hint::black_box;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use anyrt_core::stream::{broadcast_stream, latest};
use anyrt_core::sync::{
    Barrier, Condition, Event, Lock, OnceCell, Semaphore, SingleFlight, promise,
};
use anyrt_core::together::NextCompleted;
use anyrt_core::{
    CallAsync, CancelScope, CapacityLimiter, ContextLocal, LocalTaskHandle, OutsideCancelled,
    TaskHandle, Wait,
};
use futures_util::FutureExt;

/// A body of so many bytes, which stands for what a program awaits.
struct Body<const BYTES: usize>([u8; BYTES]);

impl<const BYTES: usize> Future for Body<BYTES> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        black_box(&self.0);
        Poll::Ready(())
    }
}

const LARGE: usize = 1_024;

/// As large, with a result.
fn fails<F: Future>(body: F) -> impl Future<Output = Result<F::Output, ()>> {
    body.map(Ok)
}

fn large() -> Body<LARGE> {
    Body([0; LARGE])
}

/// Fails with all sizes that are over their bound, not with the first of them.
fn check(sizes: &[(&str, usize, usize)]) {
    let over: Vec<_> = sizes
        .iter()
        .filter(|(_, size, bound)| size > bound)
        .map(|(name, size, bound)| format!("{name}: {size} bytes, not {bound}"))
        .collect();
    assert!(over.is_empty(), "{}", over.join("\n"));
}

/// A row of [`check`]: an expression, never polled, and its bound.
macro_rules! sizes {
    ($($name:literal: $value:expr => $bound:expr),* $(,)?) => {
        check(&[$(($name, size_of_val(&$value), $bound)),*])
    };
}

/// What a region adds to its body. Each has room for one body: a second one would show as a thousand bytes.
#[test]
fn regions_hold_their_body_once() {
    static NUMBER: ContextLocal<u32> = ContextLocal::new();
    let minute = Duration::from_secs(60);
    sizes! {
        "scope": CancelScope::new().run(large()) => LARGE + 112,
        "fail_after": anyrt_core::fail_after(minute, large()) => LARGE + 112,
        "move_on_after": anyrt_core::move_on_after(minute, large()) => LARGE + 112,
        "shield": anyrt_core::shield(large()) => LARGE + 120,
        "shield_for": anyrt_core::shield_for(minute, large()) => LARGE + 120,
        "shield_with": anyrt_core::shield_with(|_| large()) => LARGE + 136,
        "restore": anyrt_core::restore(large()) => LARGE + 144,
        "finally": anyrt_core::finally(large(), |_| Body([])) => LARGE + 160,
        "group": anyrt_core::task_group(|_| large()) => LARGE + 120,
        "failing group": anyrt_core::try_task_group(|_| fails(large())) => LARGE + 136,
        "local group": anyrt_core::local_task_group(|_| large()) => LARGE + 168,
        "failing local group": anyrt_core::try_local_task_group(|_| fails(large())) => LARGE + 168,
        "exit stack": anyrt_core::exit_stack(|_| large()) => LARGE + 120,
        "context": NUMBER.scope(1, large()) => LARGE + 40,
        "spawned": anyrt_core::spawned(large()) => LARGE + 160,
    }
}

/// What waits without a body.
#[test]
fn waits_are_small() {
    let minute = Duration::from_secs(60);
    let (lock, semaphore) = (Lock::new(()), Semaphore::new(1));
    let (event, barrier, condition) = (Event::new(), Barrier::new(2), Condition::new());
    let limiter = CapacityLimiter::new(1);
    let guard = lock.try_lock().expect("nobody else wants it");
    let (sender, receiver) = anyrt_core::object_stream::<u64>(1);
    let (to_all, mut of_all) = broadcast_stream::<u64>(1);
    let (_, mut changes) = latest(0_u64);
    let (_promise, shared) = promise::<u64>();
    let (cell, flight) = (OnceCell::<u64>::new(), SingleFlight::<u64, u64>::new());
    let held = Lock::new(());
    let for_while = held.try_lock().expect("nobody else wants it");
    sizes! {
        "sleep": anyrt_core::sleep(minute) => 48,
        "checkpoint": anyrt_core::checkpoint() => 2,
        "shielded_checkpoint": anyrt_core::shielded_checkpoint() => 120,
        "cancelled": anyrt_core::cancelled() => 24,
        "lock": lock.lock() => 56,
        "condition": condition.wait(guard) => 72,
        "condition, while": condition.wait_while(for_while, |_| true) => 176,
        "semaphore": semaphore.acquire() => 48,
        "shared semaphore": Arc::new(Semaphore::new(1)).acquire_arc() => 48,
        "event": event.wait() => 48,
        "barrier": barrier.wait() => 48,
        "limiter": limiter.acquire() => 80,
        "limiter, for a key": limiter.acquire_on_behalf_of("key") => 96,
        "promise": shared.wait() => 56,
        "cell": cell.get_or_init(|| Body([0; 8]).map(|()| 1)) => 96,
        "flight": flight.get(1, || Body([0; 8]).map(|()| 1)) => 168,
        "send": sender.send(1) => 64,
        "receive": receiver.receive() => 48,
        "reserve": sender.reserve() => 48,
        "broadcast send": to_all.send(1) => 72,
        "broadcast receive": of_all.receive() => 48,
        "latest": changes.receive() => 80,
        "run_in_threadpool": anyrt_core::run_in_threadpool(|| ()) => 64,
        "iterate_in_threadpool": anyrt_core::iterate_in_threadpool(0..1) => 184,
    }
}

/// What there is of inside a group alone, a portal or a shield, by its type.
#[test]
fn handles_are_small() {
    check(&[
        ("task", size_of::<TaskHandle<u64>>(), 32),
        ("its wait", size_of::<Wait<'_, u64>>(), 32),
        ("local task", size_of::<LocalTaskHandle<u64>>(), 40),
        (
            "next that has ended",
            size_of::<NextCompleted<'_, u64>>(),
            8,
        ),
        (
            "cancel outside of a shield",
            size_of::<OutsideCancelled>(),
            24,
        ),
        (
            "call into a runtime",
            size_of::<CallAsync<Body<LARGE>>>(),
            LARGE + 136,
        ),
    ]);
}

/// Combinators keep two small futures each: the rest is the group around them.
#[test]
fn combinators_are_groups() {
    let body = || Body([0; 8]);
    sizes! {
        "gather": anyrt_core::gather((body(), body())) => 296,
        "race": anyrt_core::race((body(), body())) => 280,
        "select": anyrt_core::select((body(), body())) => 304,
        "amap": anyrt_core::amap(0..1, |_: u32| body()) => 264,
        "try_gather": anyrt_core::try_gather((fails(body()), fails(body()))) => 328,
        "race_ok": anyrt_core::race_ok((fails(body()), fails(body()))) => 304,
        "try_amap": anyrt_core::try_amap(0..1, |_: u32| fails(body())) => 296,
        "as_completed": anyrt_core::as_completed([body()], async |_| ()) => 256,
    }
}
