//! Children with a deadline each: one that is used once, and very many at a time.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use smol::future::or;
use smol::{Executor, Timer};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::futures::{Countdown, yield_once};
use crate::hosts::{Host, smol, timed};
use crate::looped::{LATER, later};
use crate::runner::Line;

/// `n` children of a group that use one time limit each.
async fn group<F>(n: usize, work: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let ended = anyrt::task_group(async |group| {
        for i in 0..n {
            group.spawn(anyrt::fail_after(LATER, work(i)));
        }
    });
    ended.await.expect("nobody cancels the group");
}

async fn tracker<F>(n: usize, work: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
    for i in 0..n {
        let limited = tokio::time::timeout(LATER, work(i));
        tracker.spawn(token.clone().run_until_cancelled_owned(limited));
    }
    tracker.close();
    tracker.wait().await;
}

async fn join_set<F>(n: usize, work: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let mut set = JoinSet::new();
    for i in 0..n {
        set.spawn(tokio::time::timeout(LATER, work(i)));
    }
    while set.join_next().await.is_some() {}
}

async fn raw_smol<F>(n: usize, executor: Arc<Executor<'static>>, work: impl Fn(usize) -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    let countdown = Countdown::new(n);
    for i in 0..n {
        let (work, countdown) = (work(i), countdown.clone());
        let child = async move {
            or(work, later()).await;
            countdown.step();
        };
        executor.spawn(child).detach();
    }
    countdown.wait().await;
}

fn one_limit(host: Host) -> Line {
    let work = |_| yield_once();
    let name = format!("child with one fail_after, {}", host.name());
    let ours = host.ours(move |load| timed(load, move |n| group(n, work)));
    let line = Line::new(name, 10_000, 10, ours);
    if host == Host::Smol {
        let raw = move |load, executor: Arc<Executor<'static>>| {
            timed(load, move |n| raw_smol(n, executor.clone(), work))
        };
        return line.peer("spawn + counter + or", smol(raw));
    }
    let tracker = host.plain(move |load| timed(load, move |n| tracker(n, work)));
    let join_set = host.plain(move |load| timed(load, move |n| join_set(n, work)));
    line.peer("TaskTracker + timeout", tracker)
        .goal(1.1)
        .peer("JoinSet + timeout", join_set)
}

/// How long a child sleeps: less than the spawning of all of them takes, so that nothing waits for the clock alone.
fn nap(i: usize) -> Duration {
    Duration::from_millis(1 + i as u64 % 16)
}

async fn timer_nap(i: usize) {
    Timer::after(nap(i)).await;
}

/// Very many timers at a time, two for each child: that of its sleep and that of its deadline.
fn sleepers(host: Host) -> Line {
    let sleeps = |i| anyrt::sleep(nap(i));
    let name = format!("100000 sleep below a deadline, {}", host.name());
    let ours = host.ours(move |load| timed(load, move |n| group(n, sleeps)));
    let line = Line::new(name, 100_000, 1, ours);
    if host == Host::Smol {
        let raw = move |load, executor: Arc<Executor<'static>>| {
            timed(load, move |n| raw_smol(n, executor.clone(), timer_nap))
        };
        return line.peer("spawn + counter + or", smol(raw)).goal(1.0);
    }
    let sleeps = |i| tokio::time::sleep(nap(i));
    let join_set = host.plain(move |load| timed(load, move |n| join_set(n, sleeps)));
    line.peer("JoinSet + timeout", join_set).goal(1.1)
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let limits = Host::ALL.into_iter().map(one_limit);
    limits.chain(Host::ALL.into_iter().map(sleepers)).collect()
}
