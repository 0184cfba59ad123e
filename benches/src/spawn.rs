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

/// What ours should come to beside each peer, in the order of [`line`].
type Goals = [Option<f64>; 3];

const NO_GOALS: Goals = [None; 3];

fn line<C, F>(
    name: &str,
    host: Host,
    (n, repeat): (usize, usize),
    child: C,
    [of_counter, of_second, of_join_set]: Goals,
) -> Line
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
            .goal(of_counter)
            .peer("FuturesUnordered", unordered)
            .goal(of_second);
    }
    let raw = host.plain(move |load| timed(load, move |n| raw_tokio(n, child)));
    let tracker = host.plain(move |load| timed(load, move |n| tracker(n, child)));
    let join_set = host.plain(move |load| timed(load, move |n| join_set(n, child)));
    line.peer("spawn + counter", raw)
        .goal(of_counter)
        .peer("TaskTracker + token", tracker)
        .goal(of_second)
        .peer("JoinSet", join_set)
        .goal(of_join_set)
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

/// Several tasks that spawn into one group at once.
mod spawners {
    use super::*;

    pub(super) async fn group(spawners: usize, n: usize) {
        let ended = anyrt::task_group(async |group| {
            for _ in 0..spawners {
                let inside = group.clone();
                group.spawn(async move {
                    for _ in 0..n / spawners {
                        inside.spawn(ready(()));
                    }
                });
            }
        });
        ended.await.expect("nobody cancels the group");
    }

    pub(super) async fn tracker(spawners: usize, n: usize) {
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        for _ in 0..spawners {
            let (inside, under) = (tracker.clone(), token.clone());
            let spawner = async move {
                for _ in 0..n / spawners {
                    inside.spawn(under.clone().run_until_cancelled_owned(ready(())));
                }
            };
            tracker.spawn(token.clone().run_until_cancelled_owned(spawner));
        }
        tracker.close();
        tracker.wait().await;
    }
}

/// The more tasks spawn, the more a lock that they share would cost.
fn spawn_from(spawners: usize) -> Line {
    let host = Host::TokioThreads;
    let ours = host.ours(move |load| timed(load, move |n| spawners::group(spawners, n)));
    let tracker = host.plain(move |load| timed(load, move |n| spawners::tracker(spawners, n)));
    let name = format!("spawn from {spawners} tasks, {}", host.name());
    Line::new(name, 10_000, 10, ours)
        .peer("TaskTracker + token", tracker)
        .goal(0.95)
}

fn handles_line(host: Host) -> Line {
    let name = format!("await handles, {}", host.name());
    let line = Line::new(name, 10_000, 10, host.ours(|load| timed(load, handles)));
    match host {
        Host::Smol => line.peer(
            "Task",
            smol(|load, executor| timed(load, move |n| smol_tasks(n, executor.clone()))),
        ),
        _ => line
            .peer("JoinHandle", host.plain(|load| timed(load, join_handles)))
            .goal(1.2),
    }
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for host in Host::ALL {
        let goals = match host {
            Host::TokioThreads => [Some(1.2), Some(0.95), Some(1.0)],
            Host::TokioSingle => NO_GOALS,
            Host::Smol => [Some(1.4), Some(1.0), None],
        };
        for load in [(2_000, 50), (10_000, 10), (50_000, 3)] {
            let name = format!("spawn and join {}", load.0);
            lines.push(line(&name, host, load, || ready(()), goals));
        }
        let goals = match host {
            Host::Smol => NO_GOALS,
            _ => [None, None, Some(1.1)],
        };
        let name = "spawn, yield once, join";
        lines.push(line(name, host, (10_000, 10), yield_once, goals));
        lines.push(handles_line(host));
    }
    lines.extend([1, 2, 4, 8].map(spawn_from));
    lines
}
