//! TH8: the tokens of streams, and what is left of a stream that ends early.

use super::iterate::{Watch, stop_at};
use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::StreamExt;
use std::panic::resume_unwind;

/// TH8: a token that is granted to a stream which nobody polls is at work, and comes back.
pub fn th8_a_token_granted_to_a_stream_is_at_work(on: &Flavour) {
    on.run(async {
        let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
        let token = limiter.try_acquire().expect("it is free");
        let mut stream = iterate_in_threadpool(watch.numbers(9, |_| ())).buffer(4);
        stream = stream.limiter(&limiter);
        assert!(poll_once(&mut stream.next()).await.is_pending());
        assert_eq!(limiter.statistics().waiting, 1);
        drop(token);
        // Behind the stream in the queue.
        assert_eq!(run_in_threadpool(|| 7).limiter(&limiter).await, 7);
        assert_eq!(watch.made(), 4);
        assert_eq!(stream.count().await, 9);
    });
}

/// TH8, PR1: time-outs around its items do not cost a stream its place in the queue.
pub fn th8_a_stream_under_timeouts_keeps_its_place(on: &Flavour) {
    on.run(async {
        let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
        let token = limiter.try_acquire().expect("it is free");
        let mut stream = iterate_in_threadpool(watch.numbers(3, |_| ())).limiter(&limiter);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let first = scope.run(async {
            let mut next = stream.next();
            assert!(poll_once(&mut next).await.is_pending());
            handle.cancel();
            next.await
        });
        assert!(first.await.is_err());
        let mut behind = Box::pin(limiter.acquire());
        assert!(poll_once(&mut behind).await.is_pending());
        drop(token);
        // The stream was first, and was not passed over.
        assert_eq!(stream.next().await, Some(1));
        drop(behind.await);
        assert_eq!(stream.count().await, 2);
    });
}

/// TH8: a stream that is dropped in the queue has begun nothing and leaves its place to the next.
pub fn th8_a_stream_that_leaves_the_queue_begins_nothing(on: &Flavour) {
    on.run(async {
        let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
        let token = limiter.try_acquire().expect("it is free");
        let mut stream = iterate_in_threadpool(watch.numbers(3, |_| ())).limiter(&limiter);
        assert!(poll_once(&mut stream.next()).await.is_pending());
        drop(stream);
        assert_eq!(limiter.statistics().waiting, 0);
        watch.dropped.wait().await;
        drop(token);
        assert_eq!(run_in_threadpool(|| 7).limiter(&limiter).await, 7);
        assert_eq!((watch.made(), watch.misplaced()), (0, 0));
    });
}

/// An iterator whose destructor waits at a gate.
struct SlowToDrop(Gate, Event);

impl Iterator for SlowToDrop {
    type Item = ();

    fn next(&mut self) -> Option<()> {
        Some(())
    }
}

impl Drop for SlowToDrop {
    fn drop(&mut self) {
        self.0.started.set();
        self.0.open.wait_blocking();
        self.1.set();
    }
}

/// TH8: the nearest group waits for the destructor of an iterator that was idle, too.
pub fn th8_the_nearest_group_waits_for_the_destructor(on: &Flavour) {
    on.run(async {
        let (gate, dropped) = (Gate::new(), Event::new());
        let (started, open) = (gate.started.clone(), gate.open.clone());
        let slow = SlowToDrop(gate, dropped.clone());
        let group = task_group(async |g| {
            let limiter = CapacityLimiter::new(1);
            let mut stream = iterate_in_threadpool(slow).buffer(2).limiter(&limiter);
            assert_eq!(stream.next().await, Some(()));
            until_limiter(&limiter, 0, 0).await;
            drop(stream);
            g.spawn(async move {
                started.wait().await;
                // Every turn is one more chance for a group that does not wait.
                yields(100).await;
                open.set();
            });
        });
        group.await.expect("nobody cancels");
        assert!(dropped.is_set());
    });
}

/// Panics when it is asked for its size after three items.
struct PanickingHint(usize);

impl Iterator for PanickingHint {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.0 += 1;
        Some(self.0)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.0 == 3 {
            resume_unwind(Box::new("size"));
        }
        (0, None)
    }
}

/// TH8: an item that was made is not lost by what the iterator does afterwards.
pub fn th8_a_panic_after_an_item_was_made_loses_no_item(on: &Flavour) {
    on.run(async {
        let mut stream = iterate_in_threadpool(PanickingHint(0));
        for item in 1..=3 {
            assert_eq!(stream.next().await, Some(item));
        }
        assert_eq!(catch_async(stream.next()).await.unwrap_err(), "size");
        assert_eq!(stream.next().await, None);
    });
}

/// TH6, TH8, RT1: what the iterator of an abandoned stream waits for runs on, and `run` ends it and waits for it.
pub fn th6_the_future_of_an_abandoned_stream_ends_with_the_runtime(on: &Flavour) {
    let trace = Trace::new();
    let noted = trace.clone();
    on.run(async {
        let inside = Event::new();
        let entered = inside.clone();
        let items = std::iter::from_fn(move || {
            let body = async {
                entered.set();
                pending::<()>().await;
            };
            let noted = noted.clone();
            let ended = from_thread::run(finally(body, async move |exit| {
                yields(20).await;
                noted.push(format!("{exit:?}").contains("Shutdown").to_string());
            }));
            ended.ok()
        });
        let mut stream = iterate_in_threadpool(items).abandon_on_cancel();
        assert!(poll_once(&mut stream.next()).await.is_pending());
        inside.wait().await;
        drop(stream);
        yields(20).await;
        noted_nothing(&trace);
    });
    assert_eq!(trace.take(), ["true"]);
}

fn noted_nothing(trace: &Trace) {
    assert_eq!(trace.count("true") + trace.count("false"), 0);
}

/// TH8: after a stop at the gate a stream that may be abandoned is not waited for.
pub fn th8_an_abandoned_stream_is_not_waited_for(on: &Flavour) {
    on.run(async {
        let (gate, watch) = (Gate::new(), Watch::new());
        let group = task_group(async |_| {
            let numbers = watch.numbers(9, stop_at(&gate, 2));
            let mut stream = iterate_in_threadpool(numbers).abandon_on_cancel();
            assert_eq!(stream.next().await, Some(1));
            gate.started.wait().await;
        });
        group.await.expect("nobody cancels");
        assert!(!watch.dropped.is_set());
        gate.open.set();
        watch.dropped.wait().await;
        assert_eq!((watch.made(), watch.misplaced()), (2, 0));
    });
}

/// TH8, SC13: a stream in the hook of an orphan works although the root is cancelled meanwhile.
pub fn th8_a_stream_in_a_hook_of_a_cancelled_root_works(on: &Flavour) {
    let trace = Trace::new();
    let noted = trace.clone();
    let panicked = catch(|| {
        on.run(async {
            let inside = Event::new();
            let entered = inside.clone();
            let mut group = Box::pin(task_group(async |g| {
                g.defer(async move |_| {
                    let limiter = CapacityLimiter::new(1);
                    let items = iterate_in_threadpool(1..=100).buffer(2);
                    noted.push(items.limiter(&limiter).count().await.to_string());
                });
                g.spawn(shield(async move {
                    entered.set();
                    yields(20).await;
                }));
                pending::<()>().await;
            }));
            assert!(poll_once(&mut group).await.is_pending());
            inside.wait().await;
            drop(group);
            resume_unwind(Box::new("the root is cancelled"));
        });
    });
    assert!(panicked.is_err());
    assert_eq!(trace.take(), ["100"]);
}
