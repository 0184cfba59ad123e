//! Local groups: children that borrow from their caller and run within its task.

use std::cell::Cell;
use std::future::{Future, ready};
use std::rc::Rc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use smol::LocalExecutor;
use tokio::task::{JoinSet, LocalSet};

use crate::futures::yield_once;
use crate::hosts::{Host, timed};
use crate::runner::Line;

/// A child that does its work and counts itself.
async fn counted(work: impl Future<Output = ()>, count: &Cell<usize>) {
    work.await;
    count.set(count.get() + 1);
}

async fn group<F: Future<Output = ()>>(n: usize, work: impl Fn() -> F) {
    let count = Cell::new(0);
    let ended = anyrt::local_task_group(async |group| {
        for _ in 0..n {
            group.spawn(counted(work(), &count));
        }
    });
    ended.await.expect("nobody cancels the group");
    assert_eq!(count.get(), n);
}

/// Borrows like a local group, but knows no cancellation and owns no tasks.
async fn unordered<F: Future<Output = ()>>(n: usize, work: impl Fn() -> F) {
    let count = Cell::new(0);
    let mut children = FuturesUnordered::new();
    for _ in 0..n {
        children.push(counted(work(), &count));
    }
    while children.next().await.is_some() {}
    assert_eq!(count.get(), n);
}

async fn local_executor<F: Future<Output = ()>>(n: usize, work: impl Fn() -> F) {
    let count = Cell::new(0);
    let executor = LocalExecutor::new();
    let mut tasks = Vec::with_capacity(n);
    for _ in 0..n {
        tasks.push(executor.spawn(counted(work(), &count)));
    }
    let join = async {
        for task in tasks {
            task.await;
        }
    };
    executor.run(join).await;
    assert_eq!(count.get(), n);
}

/// Cannot borrow: every child holds a reference count. Runs inside a `LocalSet`.
async fn local_set<F: Future<Output = ()> + 'static>(n: usize, work: impl Fn() -> F) {
    let count = Rc::new(Cell::new(0));
    let mut set = JoinSet::new();
    for _ in 0..n {
        let (work, count) = (work(), count.clone());
        set.spawn_local(async move { counted(work, &count).await });
    }
    while set.join_next().await.is_some() {}
    assert_eq!(count.get(), n);
}

fn line<W, F>(name: &str, host: Host, work: W, goal: Option<f64>) -> Line
where
    W: Fn() -> F + Copy + 'static,
    F: Future<Output = ()> + 'static,
{
    let ours = host.ours_in_main(move |load| timed(load, move |n| group(n, work)));
    let unordered = host.plain_in_main(move |load| timed(load, move |n| unordered(n, work)));
    let line = Line::new(format!("{name}, {}", host.name()), 10_000, 10, ours);
    let line = line.peer("FuturesUnordered", unordered).peer(
        "LocalExecutor",
        host.plain_in_main(move |load| timed(load, move |n| local_executor(n, work))),
    );
    let line = line.goal(goal);
    match host {
        Host::Smol => line,
        _ => line.peer(
            "LocalSet + JoinSet",
            host.plain_in_main(move |load| async move {
                let batches = timed(load, move |n| local_set(n, work));
                LocalSet::new().run_until(batches).await
            }),
        ),
    }
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for host in [Host::TokioSingle, Host::Smol] {
        lines.push(line("local group of 10000", host, || ready(()), Some(1.3)));
        lines.push(line("local group, yield once", host, yield_once, None));
    }
    lines
}
