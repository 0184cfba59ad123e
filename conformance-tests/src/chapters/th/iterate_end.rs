//! TH8: streams of a blocking iterator that end early: left, cancelled, abandoned.

use super::from_thread::{SHORT, once_set, told};
use super::iterate::{Watch, open_late, stop_at};
use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::StreamExt;

/// TH8: whoever leaves the loop leaves the iterator to a worker, since its drop may block; be the buffer full or the
/// worker busy.
pub fn th8_an_iterator_that_was_left_is_dropped_on_a_worker(on: &Flavour) {
    on.run(async {
        for buffer in [2, 1000] {
            let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
            let numbers = watch.numbers(100_000, |_| ());
            let mut stream = iterate_in_threadpool(numbers)
                .buffer(buffer)
                .limiter(&limiter);
            assert_eq!(stream.next().await, Some(1));
            if buffer == 2 {
                until_limiter(&limiter, 0, 0).await;
            }
            drop(stream);
            watch.dropped.wait().await;
            assert_eq!(watch.misplaced(), 0);
            until_limiter(&limiter, 0, 0).await;
        }
    });
}

/// TH8, SC13: a stream that is left while its iterator is at work is waited for by the nearest group, up to the end of
/// the item at hand. To leave a loop is no escape, and nothing is reported.
pub fn th8_the_nearest_group_waits_for_an_iterator_at_work(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let (gate, watch, left) = (Gate::new(), Watch::new(), Event::new());
        let outer = task_group(async |g| {
            open_late(&g, &gate.open, &left);
            let inner = task_group(async |_| {
                let _left = left.set_on_drop();
                let numbers = watch.numbers(100, stop_at(&gate, 2));
                let mut stream = iterate_in_threadpool(numbers);
                assert_eq!(stream.next().await, Some(1));
                gate.started.wait().await;
                drop(stream);
            });
            inner.await.expect("nobody cancels");
            assert!(watch.dropped.is_set());
            assert_eq!((watch.made(), watch.misplaced()), (2, 0));
        });
        outer.await.expect("nobody cancels");
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// TH8: a cancel ends the stream; the worker stops after the item at hand, and the nearest group waits for that, whether
/// the consumer was waiting for the stream or for something else.
pub fn th8_a_cancel_ends_the_iterator_after_the_item_at_hand(on: &Flavour) {
    for waits_for_the_stream in [true, false] {
        on.run(async {
            let (gate, watch, left) = (Gate::new(), Watch::new(), Event::new());
            let group = task_group(async |g| {
                let (opener, gone) = (gate.open.set_on_drop(), left.clone());
                g.spawn(async move {
                    let _open = opener;
                    gone.wait().await;
                });
                let inner = task_group(async |_| {
                    let _left = left.set_on_drop();
                    let numbers = watch.numbers(100, stop_at(&gate, 2));
                    let body = async {
                        let mut stream = iterate_in_threadpool(numbers);
                        assert_eq!(stream.next().await, Some(1));
                        if waits_for_the_stream {
                            stream.count().await
                        } else {
                            pending().await
                        }
                    };
                    let stop = async |handle: ScopeHandle| {
                        handle.cancel();
                    };
                    let result = once_set(&gate.started, body, stop).await;
                    assert!(result.is_err());
                });
                inner.await.expect("the group is not cancelled");
                assert!(watch.dropped.is_set());
                assert_eq!((watch.made(), watch.misplaced()), (2, 0));
            });
            group.await.expect("nobody cancels the group");
        });
    }
}

/// TH8, DL1: a time-out around one item neither waits for the worker nor ends the stream, and no item is lost.
pub fn th8_a_timeout_around_one_item_loses_nothing(on: &Flavour) {
    on.run(async {
        let (gate, watch) = (Gate::new(), Watch::new());
        let mut stream = iterate_in_threadpool(watch.numbers(3, stop_at(&gate, 2)));
        assert_eq!(stream.next().await, Some(1));
        gate.started.wait().await;
        for _ in 0..3 {
            let item = move_on_after(SHORT, while_time_passes(stream.next()));
            assert_eq!(item.await, None);
        }
        gate.open.set();
        assert_eq!(stream.collect::<Vec<_>>().await, [2, 3]);
        assert_eq!(watch.made(), 3);
    });
}

/// TH8: a cancel finds a full buffer and nobody at work: the iterator still ends on a worker.
pub fn th8_a_cancel_of_an_idle_stream_drops_the_iterator_on_a_worker(on: &Flavour) {
    on.run(async {
        let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope.run(async {
            let numbers = watch.numbers(100, |_| ());
            let mut stream = iterate_in_threadpool(numbers).buffer(2).limiter(&limiter);
            assert_eq!(stream.next().await, Some(1));
            until_limiter(&limiter, 0, 0).await;
            handle.cancel();
            stream.next().await
        });
        assert!(result.await.is_err());
        watch.dropped.wait().await;
        assert!(watch.made() <= 3, "{} made", watch.made());
        assert_eq!(watch.misplaced(), 0);
    });
}

/// TH8, TH3: with `abandon_on_cancel` the region goes at once; the iterator ends by itself, and with it its token.
pub fn th8_an_abandoned_iterator_does_not_hold_the_region(on: &Flavour) {
    on.run(async {
        let (limiter, gate, watch) = (CapacityLimiter::new(1), Gate::new(), Watch::new());
        let numbers = watch.numbers(100, stop_at(&gate, 2));
        let stream = iterate_in_threadpool(numbers)
            .limiter(&limiter)
            .abandon_on_cancel();
        let stop = async |handle: ScopeHandle| {
            handle.cancel();
        };
        let result = once_set(&gate.started, stream.count(), stop).await;
        assert!(result.is_err());
        // Only now the iterator may go on: that the scope has ended already shows that it did not wait.
        assert!(!watch.dropped.is_set());
        assert_eq!(limiter.statistics().borrowed, 1);
        gate.open.set();
        watch.dropped.wait().await;
        until_limiter(&limiter, 0, 0).await;
        assert_eq!((watch.made(), watch.misplaced()), (2, 0));
    });
}

/// TH8, SC4: a stream that is first polled in a cancelled region starts nothing.
pub fn th8_in_a_cancelled_region_the_iterator_is_never_asked(on: &Flavour) {
    for abandon in [false, true] {
        on.run(async {
            let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
            let scope = CancelScope::new();
            scope.handle().cancel();
            let result = scope.run(async {
                let stream = iterate_in_threadpool(watch.numbers(9, |_| ())).limiter(&limiter);
                if abandon {
                    stream.abandon_on_cancel().count().await
                } else {
                    stream.count().await
                }
            });
            assert!(result.await.is_err(), "abandon: {abandon}");
            watch.dropped.wait().await;
            until_limiter(&limiter, 0, 0).await;
            assert_eq!(watch.made(), 0);
        });
    }
}

/// TH8, SC4: polled in a cancelled region a stream gives nothing of what it has, and loses nothing of it.
pub fn th8_in_a_cancelled_region_no_item_is_taken(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let stream = iterate_in_threadpool(1..=10).buffer(4);
        let mut stream = stream.limiter(&limiter);
        assert_eq!(stream.next().await, Some(1));
        until_limiter(&limiter, 0, 0).await;
        for _ in 0..2 {
            let scope = CancelScope::new();
            scope.handle().cancel();
            assert!(scope.run(stream.next()).await.is_err());
        }
        let rest: Vec<usize> = stream.collect().await;
        assert_eq!(rest, (2..=10).collect::<Vec<_>>());
    });
}

/// TH8, TH1: without a token the stream waits, takes its turn when there is one, and can be cancelled meanwhile.
pub fn th8_the_wait_for_a_token_is_cancellable(on: &Flavour) {
    on.run(async {
        let (limiter, watch) = (CapacityLimiter::new(0), Watch::new());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let group = task_group(async |g| {
            let seen = limiter.clone();
            g.spawn(async move {
                until_limiter(&seen, 0, 1).await;
                handle.cancel();
            });
            let numbers = watch.numbers(9, |_| ());
            let stream = iterate_in_threadpool(numbers).limiter(&limiter);
            scope.run(stream.count()).await
        });
        assert!(group.await.expect("the group is not cancelled").is_err());
        assert_eq!((limiter.statistics().waiting, watch.made()), (0, 0));

        let group = task_group(async |g| {
            let stream = iterate_in_threadpool(watch.numbers(3, |_| ())).limiter(&limiter);
            let child = g.spawn(stream.count());
            until_limiter(&limiter, 0, 1).await;
            assert_eq!(watch.made(), 0);
            limiter.set_total(1);
            child.await.expect("nobody cancels")
        });
        assert_eq!(group.await.expect("nobody cancels"), 3);
    });
}

/// TH6, TH8: an iterator is blocking code like any other: it may run a future for each item.
pub fn th6_an_iterator_may_wait_for_a_future(on: &Flavour) {
    on.run(async {
        let mut number = 0;
        let numbers = std::iter::from_fn(move || {
            number += 1;
            let next = from_thread::run(async {
                yields(2).await;
                checkpoint().await;
                (number <= 5).then_some(number)
            });
            next.expect("nobody cancels")
        });
        let items: Vec<i32> = iterate_in_threadpool(numbers).buffer(2).collect().await;
        assert_eq!(items, [1, 2, 3, 4, 5]);
    });
}

/// TH6, TH8: the cancel of the consumer ends the future that the iterator waits for.
pub fn th6_a_cancel_ends_the_future_of_an_iterator(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let inside = Event::new();
        let (entered, noted) = (inside.clone(), trace.clone());
        let items = std::iter::from_fn(move || {
            let result = from_thread::run(async {
                entered.set();
                pending::<()>().await;
            });
            noted.push(told(result));
            None::<()>
        });
        let stop = async |handle: ScopeHandle| {
            handle.cancel_with("stop");
        };
        // Whether the end that the iterator then tells is still given to the cancelled consumer is not the point here.
        let _ = once_set(&inside, iterate_in_threadpool(items).count(), stop).await;
    });
    assert_eq!(trace.take(), ["stop"]);
}

/// TH8, SC13: a stream that is dropped in a blocking call ends before the nearest group around that call does.
pub fn th8_the_nearest_group_waits_for_a_stream_dropped_in_a_blocking_call(on: &Flavour) {
    on.run(async {
        let (gate, watch) = (Gate::new(), Watch::new());
        let inner = task_group(async |_| {
            let numbers = watch.numbers(100, stop_at(&gate, 2));
            let mut stream = iterate_in_threadpool(numbers);
            assert_eq!(stream.next().await, Some(1));
            gate.started.wait().await;
            run_in_threadpool(move || drop(stream)).await;
            let open = gate.open.clone();
            start_thread(move || {
                // Room for a group that does not wait to give itself away.
                std::thread::sleep(Duration::from_millis(20));
                open.set();
            });
        });
        inner.await.expect("nobody cancels");
        assert!(watch.dropped.is_set());
    });
}
