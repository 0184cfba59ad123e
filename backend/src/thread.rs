//! Threads beside a runtime's own: what a backend that has nothing better gives.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Waker};
use std::thread;

use crate::{Backend, Job};

/// Runs a job on a fresh thread, inside the runtime's context; on one of the pool where the system gives no
/// more threads.
pub(crate) fn spawn_thread<B: Backend + ?Sized>(backend: Arc<B>, job: Job) {
    let slot = Arc::new(Mutex::new(Some(job)));
    let (theirs, inside) = (slot.clone(), backend.clone());
    let thread = thread::Builder::new().name("anyrt-exit".to_owned());
    let spawned = thread.spawn(move || {
        let job = take(&theirs);
        let mut job = job.into_iter();
        inside.enter(&mut || job.by_ref().for_each(Job::run));
    });
    if spawned.is_err() {
        take(&slot)
            .into_iter()
            .for_each(|job| backend.spawn_blocking(job));
    }
}

fn take(slot: &Mutex<Option<Job>>) -> Option<Job> {
    slot.lock().unwrap_or_else(PoisonError::into_inner).take()
}

/// Polls a future on this thread until it is ready; the thread sleeps meanwhile.
pub(crate) fn block_on(mut future: Pin<&mut dyn Future<Output = ()>>) {
    let (parker, unparker) = parking::pair();
    let waker = Waker::from(unparker);
    let mut cx = Context::from_waker(&waker);
    while future.as_mut().poll(&mut cx).is_pending() {
        parker.park();
    }
}
