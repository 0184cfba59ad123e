//! Children: spawning them and waiting until all have ended.

use std::future::{Future, ready};
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use smol::Executor;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::futures::{Countdown, yield_once};
use crate::hosts::{Host, smol, timed};
use crate::runner::Line;

async fn group<F>(n: usize, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let ended = anyrt::task_group(async |group| {
        for _ in 0..n {
            group.spawn(child());
        }
    });
    ended.await.expect("nobody cancels the group");
}

async fn join_set<F>(n: usize, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut set = JoinSet::new();
    for _ in 0..n {
        set.spawn(child());
    }
    while set.join_next().await.is_some() {}
}

async fn tracker<F>(n: usize, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
    for _ in 0..n {
        tracker.spawn(token.clone().run_until_cancelled_owned(child()));
    }
    tracker.close();
    tracker.wait().await;
}

async fn raw_tokio<F>(n: usize, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let countdown = Countdown::new(n);
    for _ in 0..n {
        tokio::spawn(counted(child(), countdown.clone()));
    }
    countdown.wait().await;
}

async fn raw_smol<F>(n: usize, executor: Arc<Executor<'static>>, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let countdown = Countdown::new(n);
    for _ in 0..n {
        executor.spawn(counted(child(), countdown.clone())).detach();
    }
    countdown.wait().await;
}

async fn counted(child: impl Future<Output = ()>, countdown: Arc<Countdown>) {
    child.await;
    countdown.step();
}

async fn unordered<F>(n: usize, executor: Arc<Executor<'static>>, child: impl Fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut tasks = FuturesUnordered::new();
    for _ in 0..n {
        tasks.push(executor.spawn(child()));
    }
    while tasks.next().await.is_some() {}
}

fn line<C, F>(name: &str, host: Host, (n, repeat): (usize, usize), child: C) -> Line
where
    C: Fn() -> F + Copy + Send + Sync + 'static,
    F: Future<Output = ()> + Send + 'static,
{
    let ours = host.ours(move |load| timed(load, move |n| group(n, child)));
    let line = Line::new(format!("{name}, {}", host.name()), n, repeat, ours);
    if host == Host::Smol {
        let raw =
            smol(move |load, executor| timed(load, move |n| raw_smol(n, executor.clone(), child)));
        let unordered =
            smol(move |load, executor| timed(load, move |n| unordered(n, executor.clone(), child)));
        return line
            .peer("spawn + counter", raw)
            .peer("FuturesUnordered", unordered);
    }
    let raw = host.plain(move |load| timed(load, move |n| raw_tokio(n, child)));
    let tracker = host.plain(move |load| timed(load, move |n| tracker(n, child)));
    let join_set = host.plain(move |load| timed(load, move |n| join_set(n, child)));
    line.peer("spawn + counter", raw)
        .peer("TaskTracker + token", tracker)
        .peer("JoinSet", join_set)
}

async fn handles(n: usize) {
    let ended = anyrt::task_group(async |group| {
        let handles: Vec<_> = (0..n).map(|i| group.spawn(ready(i))).collect();
        for handle in handles {
            handle.await.expect("the child ends by itself");
        }
    });
    ended.await.expect("nobody cancels the group");
}

async fn join_handles(n: usize) {
    let handles: Vec<_> = (0..n).map(|i| tokio::spawn(ready(i))).collect();
    for handle in handles {
        handle.await.expect("the task ends by itself");
    }
}

async fn smol_tasks(n: usize, executor: Arc<Executor<'static>>) {
    let tasks: Vec<_> = (0..n).map(|i| executor.spawn(ready(i))).collect();
    for task in tasks {
        task.await;
    }
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for host in Host::ALL {
        for load in [(2_000, 50), (10_000, 10), (50_000, 3)] {
            let name = format!("spawn and join {}", load.0);
            lines.push(line(&name, host, load, || ready(())));
        }
        lines.push(line(
            "spawn, yield once, join",
            host,
            (10_000, 10),
            yield_once,
        ));
        let name = format!("await handles, {}", host.name());
        let ours = host.ours(|load| timed(load, handles));
        let line = Line::new(name, 10_000, 10, ours);
        lines.push(match host {
            Host::Smol => line.peer(
                "Task",
                smol(|load, executor| timed(load, move |n| smol_tasks(n, executor.clone()))),
            ),
            _ => line.peer("JoinHandle", host.plain(|load| timed(load, join_handles))),
        });
    }
    lines
}
