//! Blocking work: a closure that does nothing, sent to a thread and back; an iterator read from one; and
//! threads that call into a runtime.

use std::future::Future;
use std::hint::black_box;
use std::ops::Range;
use std::pin::pin;

use futures_util::future::join_all;
use futures_util::{Stream, StreamExt};

use crate::hosts::{Host, WORKERS, each, timed};
use crate::runner::{Case, Line, Load};
use crate::watch::{Sample, Watch};

/// As many calls at once as the default limiter lets through.
const AT_ONCE: usize = 40;

/// What a call may take beyond the native hop, in nanoseconds.
const HOP: f64 = 1_500.0;
/// What an item of an iterator may take, in nanoseconds.
const ITEM: f64 = 1_000.0;

async fn at_once<F: Future>(n: usize, call: impl Fn() -> F) {
    join_all((0..n).map(|_| call())).await;
}

/// The lines of one flavour.
fn on<F>(
    host: Host,
    peer: &'static str,
    call: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> [Line; 2]
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let ours = || anyrt::run_in_threadpool(|| ());
    let one_by_one = Line::new(
        format!("run_in_threadpool, {}", host.name()),
        500,
        2,
        host.ours(move |load| timed(load, move |n| each(n, ours))),
    );
    let together = Line::new(
        format!("run_in_threadpool {AT_ONCE} at once, {}", host.name()),
        AT_ONCE,
        50,
        host.ours(move |load| timed(load, move |n| at_once(n, ours))),
    );
    [
        one_by_one
            .peer(
                peer,
                host.plain(move |load| timed(load, move |n| each(n, call))),
            )
            .goal_over(HOP),
        together
            .peer(
                peer,
                host.plain(move |load| timed(load, move |n| at_once(n, call))),
            )
            .goal_over(HOP),
    ]
}

/// How many items the iterators give.
const ITEMS: usize = 2_000;

async fn read(items: impl Stream<Item = usize>) {
    let mut items = pin!(items);
    while let Some(item) = items.next().await {
        black_box(item);
    }
}

/// An iterator read to its end, against one hop for each item and against a stream of the `blocking` crate.
fn iterator<F>(
    host: Host,
    hop: &'static str,
    next: impl Fn(Range<usize>) -> F + Copy + Send + Sync + 'static,
) -> [Line; 2]
where
    F: Future<Output = (Range<usize>, Option<usize>)> + Send,
{
    let ours = host.ours(|load| timed(load, |n| read(anyrt::iterate_in_threadpool(0..n))));
    // As much ahead as the peer.
    let far = |n: usize| read(anyrt::iterate_in_threadpool(0..n).buffer(8 * 1024));
    let far = host.ours(move |load| timed(load, far));
    let hops = move |n: usize| async move {
        let mut items = 0..n;
        loop {
            let (rest, item) = next(items).await;
            items = rest;
            match item {
                Some(item) => black_box(item),
                None => break,
            };
        }
    };
    let unblock = |n: usize| read(blocking::Unblock::new(0..n));
    let unblocks = || host.plain(move |load| timed(load, unblock));
    let name = format!("iterate_in_threadpool, {}", host.name());
    let far_name = format!("iterate_in_threadpool, far ahead, {}", host.name());
    [
        Line::new(name, ITEMS, 5, ours)
            .peer(hop, host.plain(move |load| timed(load, hops)))
            .goal_at_most(ITEM)
            .peer("Unblock", unblocks()),
        Line::new(far_name, ITEMS, 5, far).peer("Unblock", unblocks()),
    ]
}

fn next_of(mut items: Range<usize>) -> (Range<usize>, Option<usize>) {
    let item = items.next();
    (items, item)
}

fn runtime() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let built = builder.worker_threads(WORKERS).enable_all().build();
    built.expect("a runtime can be built")
}

/// Warms up with one call and times the others, all from this thread.
fn called(load: Load, call: impl Fn()) -> Sample {
    call();
    let watch = Watch::start();
    for _ in 0..load.operations() {
        call();
    }
    watch.stop()
}

/// A plain thread that calls into a runtime and waits.
fn portal() -> Line {
    let ours: Case = Box::new(|load| {
        let launch = anyrt::Tokio::multi_thread().worker_threads(WORKERS);
        let portal = anyrt::BlockingPortal::start(launch).expect("a runtime can be started");
        called(load, || portal.call(async {}).expect("it is open"))
    });
    let task: Case = Box::new(|load| {
        let runtime = runtime();
        called(load, || {
            let task = runtime.spawn(async {});
            runtime.block_on(task).expect("it does not panic");
        })
    });
    let here: Case = Box::new(|load| {
        let runtime = runtime();
        let handle = runtime.handle();
        called(load, || handle.block_on(async {}))
    });
    Line::new("portal call, tokio mt", 2_000, 1, ours)
        .peer("block_on a spawned task", task)
        .peer("Handle::block_on, no task", here)
}

/// A closure on a worker thread that waits for a future.
fn way_back() -> Line {
    let ours = Host::TokioThreads.ours(|load| {
        anyrt::run_in_threadpool(move || {
            called(load, || {
                anyrt::from_thread::run(async {}).expect("this is a worker");
            })
        })
    });
    let peer = Host::TokioThreads.plain(|load| async move {
        let closure = move || {
            let handle = tokio::runtime::Handle::current();
            called(load, || handle.block_on(async {}))
        };
        let ended = tokio::task::spawn_blocking(closure).await;
        ended.expect("it does not panic")
    });
    Line::new("from_thread::run, tokio mt", 2_000, 5, ours).peer("Handle::block_on", peer)
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for host in Host::TOKIO {
        lines.extend(on(host, "spawn_blocking", || {
            tokio::task::spawn_blocking(|| ())
        }));
    }
    lines.extend(on(Host::Smol, "unblock", || smol::unblock(|| ())));
    for host in Host::TOKIO {
        lines.extend(iterator(host, "spawn_blocking each", |items| async {
            let hop = tokio::task::spawn_blocking(|| next_of(items));
            hop.await.expect("it does not panic")
        }));
    }
    lines.extend(iterator(Host::Smol, "unblock each", |items| {
        smol::unblock(|| next_of(items))
    }));
    lines.push(way_back());
    lines.push(portal());
    lines
}
