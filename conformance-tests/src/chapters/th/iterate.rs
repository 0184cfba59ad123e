//! TH8: an iterator that blocks, as a stream: what it gives, when, and what it takes meanwhile.

use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::{Stream, StreamExt, stream::FusedStream};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread::{self, ThreadId};

/// What a test knows of its iterator.
#[derive(Clone)]
pub(super) struct Watch {
    consumer: ThreadId,
    made: Arc<AtomicUsize>,
    misplaced: Arc<AtomicUsize>,
    /// The iterator is gone.
    pub(super) dropped: Event,
}

impl Watch {
    /// To be made on the thread that consumes the stream.
    pub(super) fn new() -> Self {
        Self {
            consumer: thread::current().id(),
            made: Arc::default(),
            misplaced: Arc::default(),
            dropped: Event::new(),
        }
    }

    /// How many items have been made.
    pub(super) fn made(&self) -> usize {
        self.made.load(SeqCst)
    }

    /// How often something was done to the iterator where it must not be.
    pub(super) fn misplaced(&self) -> usize {
        self.misplaced.load(SeqCst)
    }

    /// An iterator over the numbers from 1 to `last`. Before it makes an item it calls `before` with it, which may
    /// block or panic.
    pub(super) fn numbers<F>(&self, last: usize, before: F) -> Numbers<F>
    where
        F: FnMut(usize) + Send + 'static,
    {
        Numbers {
            watch: self.clone(),
            last,
            before,
        }
    }

    fn misplaced_unless(&self, right: bool) {
        if !right || thread::current().id() == self.consumer {
            self.misplaced.fetch_add(1, SeqCst);
        }
    }
}

/// The iterator of [`Watch::numbers`].
pub(super) struct Numbers<F> {
    watch: Watch,
    last: usize,
    before: F,
}

impl<F: FnMut(usize)> Iterator for Numbers<F> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        self.watch
            .misplaced_unless(from_thread::is_cancelled().is_ok());
        let next = self.watch.made() + 1;
        (self.before)(next);
        if next > self.last {
            return None;
        }
        self.watch.made.store(next, SeqCst);
        Some(next)
    }
}

impl<F> Drop for Numbers<F> {
    fn drop(&mut self) {
        self.watch.misplaced_unless(true);
        self.watch.dropped.set();
    }
}

/// Makes an iterator stop at the gate when it is to make item `at`.
pub(super) fn stop_at(gate: &Gate, at: usize) -> impl FnMut(usize) + Send + 'static {
    let (started, open) = (gate.started.clone(), gate.open.clone());
    move |item| {
        if item == at {
            started.set();
            open.wait_blocking();
        }
    }
}

/// Opens a gate some turns after something was left: every one is a chance for a group that does not wait.
pub(super) fn open_late(g: &TaskGroup, open: &Event, left: &Event) {
    let (opener, gone) = (open.set_on_drop(), left.clone());
    g.spawn(async move {
        let _open = opener;
        gone.wait().await;
        yields(100).await;
    });
}

/// TH8: every item comes, once and in order, whatever the size of the buffer; zero counts as one.
pub fn th8_all_items_come_in_order(on: &Flavour) {
    on.run(async {
        let expected: Vec<usize> = (1..=300).collect();
        let items: Vec<usize> = iterate_in_threadpool(1..=300).collect().await;
        assert_eq!(items, expected);
        for buffer in [0, 1, 2, 7, 1000] {
            let stream = iterate_in_threadpool(expected.clone()).buffer(buffer);
            assert_eq!(stream.collect::<Vec<_>>().await, expected, "{buffer}");
        }
        let nothing: Vec<usize> = iterate_in_threadpool(Vec::<usize>::new()).collect().await;
        assert!(nothing.is_empty());
    });
}

/// TH8: the end is told again to who asks again, without asking the iterator again.
pub fn th8_the_end_is_told_again(on: &Flavour) {
    on.run(async {
        let (watch, asked) = (Watch::new(), Arc::new(AtomicUsize::new(0)));
        let count = asked.clone();
        let numbers = watch.numbers(2, move |_| {
            count.fetch_add(1, SeqCst);
        });
        let mut stream = iterate_in_threadpool(numbers);
        assert!(!stream.is_terminated());
        assert_eq!(stream.next().await, Some(1));
        assert_eq!(stream.next().await, Some(2));
        for _ in 0..3 {
            assert_eq!(stream.next().await, None);
            assert!(stream.is_terminated());
        }
        assert_eq!(asked.load(SeqCst), 3);
    });
}

/// TH8: the iterator may block, so no thread of the runtime touches it, and it is gone when it has told its end.
pub fn th8_the_iterator_is_used_and_dropped_on_workers(on: &Flavour) {
    on.run(async {
        let watch = Watch::new();
        let stream = iterate_in_threadpool(watch.numbers(200, |_| ())).buffer(3);
        assert_eq!(stream.count().await, 200);
        watch.dropped.wait().await;
        assert_eq!(watch.misplaced(), 0);
    });
}

/// TH8: a stream may be consumed by any task, like other futures that are `Send`.
pub fn th8_a_child_may_consume_the_stream(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let stream = iterate_in_threadpool(vec!["a", "b", "c"]).buffer(1);
            let child = g.spawn(async move { stream.collect::<Vec<_>>().await });
            child.await.expect("nobody cancels")
        });
        assert_eq!(group.await.expect("nobody cancels"), ["a", "b", "c"]);
    });
}

/// TH8: before it is polled a stream does nothing and takes nothing; never polled, it drops what it was given.
pub fn th8_nothing_runs_before_the_first_poll(on: &Flavour) {
    on.run(async {
        let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
        let stream = iterate_in_threadpool(watch.numbers(9, |_| ())).limiter(&limiter);
        // Every turn is one more chance for a worker that starts by itself.
        yields(100).await;
        let idle = limiter.statistics();
        assert_eq!((idle.borrowed, idle.waiting), (0, 0));
        assert!(!watch.dropped.is_set());
        drop(stream);
        watch.dropped.wait().await;
        assert_eq!(watch.made(), 0);
    });
}

/// TH8: an item is there as soon as it is made, although the worker is still busy with the one after it.
pub fn th8_an_item_does_not_wait_for_the_next_one(on: &Flavour) {
    on.run(async {
        let (gate, watch) = (Gate::new(), Watch::new());
        let mut stream = iterate_in_threadpool(watch.numbers(3, stop_at(&gate, 2)));
        assert_eq!(stream.next().await, Some(1));
        gate.started.wait().await;
        assert!(poll_once(&mut stream.next()).await.is_pending());
        assert_eq!(watch.made(), 1);
        gate.open.set();
        assert_eq!(stream.next().await, Some(2));
        assert_eq!(stream.next().await, Some(3));
        assert_eq!(stream.next().await, None);
    });
}

/// TH8: with a full buffer and a consumer that is slow there is neither a thread nor a token in use.
pub fn th8_a_full_buffer_gives_thread_and_token_back(on: &Flavour) {
    on.run(async {
        let (limiter, gate, watch) = (CapacityLimiter::new(1), Gate::new(), Watch::new());
        let numbers = watch.numbers(30, stop_at(&gate, 1));
        let mut stream = iterate_in_threadpool(numbers).buffer(4).limiter(&limiter);
        assert!(poll_once(&mut stream.next()).await.is_pending());
        gate.started.wait().await;
        assert_eq!(limiter.statistics().borrowed, 1);
        gate.open.set();
        until_limiter(&limiter, 0, 0).await;
        assert_eq!(watch.made(), 4);
        // The token is there for others, and nothing is made ahead of the buffer's size.
        assert_eq!(run_in_threadpool(|| 7).limiter(&limiter).await, 7);
        yields(100).await;
        assert_eq!(watch.made(), 4);
        let rest: Vec<usize> = stream.collect().await;
        assert_eq!(rest, (1..=30).collect::<Vec<_>>());
        assert_eq!(watch.misplaced(), 0);
    });
}

/// TH8: when the buffer has been drained the worker goes on, without waiting for the consumer to ask.
pub fn th8_a_drained_buffer_is_filled_again(on: &Flavour) {
    on.run(async {
        let (limiter, gate, watch) = (CapacityLimiter::new(1), Gate::new(), Watch::new());
        let numbers = watch.numbers(30, stop_at(&gate, 1));
        let mut stream = iterate_in_threadpool(numbers).buffer(4).limiter(&limiter);
        assert!(poll_once(&mut stream.next()).await.is_pending());
        gate.open.set();
        for taken in [0, 3, 6] {
            until_limiter(&limiter, 0, 0).await;
            let made = watch.made();
            assert!(made <= taken + 4, "{made} made, {taken} taken");
            for item in 1..=3 {
                assert_eq!(stream.next().await, Some(taken + item));
            }
            // One of four is left at most; polled no more, the stream makes others ahead.
            until(|| watch.made() > made).await;
        }
    });
}

/// TH8: two streams share a token: the one whose buffer is full leaves it to the other.
pub fn th8_two_streams_on_one_token_take_turns(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let (odd, even) = (Watch::new(), Watch::new());
        let numbers = |watch: &Watch| iterate_in_threadpool(watch.numbers(40, |_| ()));
        let mut first = numbers(&odd).buffer(2).limiter(&limiter);
        let mut second = numbers(&even).buffer(2).limiter(&limiter);
        for item in 1..=40 {
            assert_eq!(first.next().await, Some(item));
            assert_eq!(second.next().await, Some(item));
        }
        assert_eq!((first.next().await, second.next().await), (None, None));
        until_limiter(&limiter, 0, 0).await;
    });
}

/// TH8: what is left is known exactly, if the iterator knows it: what is buffered and what is not yet made.
pub fn th8_the_size_hint_counts_what_is_buffered(on: &Flavour) {
    on.run(async {
        for buffer in [1, 2, 64] {
            let mut stream = iterate_in_threadpool(vec!['a'; 5]).buffer(buffer);
            for left in (1..=5).rev() {
                assert_eq!(stream.size_hint(), (left, Some(left)));
                assert_eq!(stream.next().await, Some('a'));
            }
            assert_eq!(stream.size_hint(), (0, Some(0)));
            assert_eq!(stream.next().await, None);
            assert_eq!(stream.size_hint(), (0, Some(0)));
        }
    });
}

/// TH8: a panic of the iterator comes in its place: after the items that were made before it.
pub fn th8_a_panic_comes_after_the_items_before_it(on: &Flavour) {
    on.run(async {
        for buffer in [1, 64] {
            let watch = Watch::new();
            let numbers = watch.numbers(9, |item| {
                if item == 4 {
                    // Resumed, not raised: the panic hook stays quiet.
                    std::panic::resume_unwind(Box::new("the fourth"));
                }
            });
            let mut stream = iterate_in_threadpool(numbers).buffer(buffer);
            for item in 1..=3 {
                assert_eq!(stream.next().await, Some(item));
            }
            let caught = catch_async(stream.next()).await;
            assert_eq!(caught.err().as_deref(), Some("the fourth"));
            watch.dropped.wait().await;
            assert_eq!((watch.made(), watch.misplaced()), (3, 0));
        }
    });
}

/// An iterator whose size is known only after a while, once it has made an item.
struct SlowToTell {
    made: u32,
    tell: Event,
}

impl Iterator for SlowToTell {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.made += 1;
        (self.made <= 2).then_some(self.made)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        if self.made > 0 {
            self.tell.wait_blocking();
        }
        (0, Some(2))
    }
}

/// TH8: an item that is made is there, whatever else the iterator does; its size hint is brought forward meanwhile.
pub fn th8_an_item_does_not_wait_for_the_size_hint(on: &Flavour) {
    on.run(async {
        let tell = Event::new();
        let _tell = tell.set_on_drop();
        let iter = SlowToTell {
            made: 0,
            tell: tell.clone(),
        };
        let mut stream = iterate_in_threadpool(iter);
        assert_eq!(stream.size_hint(), (0, Some(2)));
        assert_eq!(stream.next().await, Some(1));
        assert_eq!(stream.size_hint(), (0, Some(1)));
        tell.set();
        assert_eq!(stream.collect::<Vec<_>>().await, [2]);
    });
}
