//! The threads of blocking calls. Each has a stack of its own, but runs only when it is its turn.

use std::cell::RefCell;
use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};
use std::thread;

use anyrt_backend::Job;

use super::turns::{Number, Seat, Turns};
use crate::thread::park::block_until;

thread_local! {
    /// The blocking call that this thread runs.
    static WORKER: RefCell<Option<(Number, Arc<Seat>)>> = const { RefCell::new(None) };
}

/// Runs a job on a thread. The simulation stands still until it ends or waits, unless threads run beside it.
pub(super) fn start(turns: &Arc<Turns>, job: Job) {
    let thread = thread::Builder::new().name("anyrt-sim".to_owned());
    if turns.has_threads() {
        // A job that finds no thread is dropped with the closure.
        let _ = thread.spawn(move || job.run());
        return;
    }
    let (number, seat) = turns.add_worker();
    let theirs = turns.clone();
    let spawned = thread.spawn(move || {
        WORKER.set(Some((number, seat)));
        theirs.wait_for_first_turn(number);
        job.run();
        theirs.hand_back();
    });
    if spawned.is_ok() {
        turns.hand_over(number);
    }
}

/// Waits for a future on the thread of a blocking call, which hands back whenever it is not ready.
pub(super) fn block_on(turns: &Arc<Turns>, mut future: Pin<&mut dyn Future<Output = ()>>) {
    let Some((number, seat)) = WORKER.with_borrow(Clone::clone) else {
        // It runs beside the simulation.
        block_until(pin!(future), None);
        return;
    };
    let waker = Waker::from(seat);
    let mut cx = Context::from_waker(&waker);
    while future.as_mut().poll(&mut cx).is_pending() {
        if !turns.wait_for_turn(number) {
            return;
        }
    }
}
