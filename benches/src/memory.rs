//! Bytes held: by a child that waits, by a scope that is open, by a group when many children have come and gone.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyrt::CancelScope;
use futures_util::future::{join_all, select};
use futures_util::stream::{FuturesUnordered, StreamExt};
use smol::{Executor, Task};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::futures::{Countdown, Waiting, waiting, yield_once};
use crate::hosts::{Host, smol, summed};
use crate::looped::LATER;
use crate::runner::{Line, Load};
use crate::watch::{Sample, Watch};

/// What is held does not depend on the number of threads, and one counts exactly where tokio runs.
const HOSTS: [Host; 2] = [Host::TokioSingle, Host::Smol];

/// Children that wait, in what form a case likes.
mod children {
    use super::*;

    pub(super) async fn group<F>(n: usize, child: impl Fn(Waiting) -> F) -> Sample
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let polled = Countdown::new(n);
        let ended = anyrt::task_group(async |group| {
            let watch = Watch::start();
            for _ in 0..n {
                group.spawn(child(waiting(&polled)));
            }
            polled.wait().await;
            let sample = watch.stop();
            group.cancel();
            sample
        });
        ended.await.expect("the body gives its value")
    }

    pub(super) async fn join_set<F>(n: usize, child: impl Fn(Waiting) -> F) -> Sample
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let polled = Countdown::new(n);
        let mut set = JoinSet::new();
        let watch = Watch::start();
        for _ in 0..n {
            set.spawn(child(waiting(&polled)));
        }
        polled.wait().await;
        let sample = watch.stop();
        set.shutdown().await;
        sample
    }

    pub(super) async fn tracker(n: usize) -> Sample {
        let polled = Countdown::new(n);
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        let watch = Watch::start();
        for _ in 0..n {
            tracker.spawn(token.clone().run_until_cancelled_owned(waiting(&polled)));
        }
        polled.wait().await;
        let sample = watch.stop();
        tracker.close();
        token.cancel();
        tracker.wait().await;
        sample
    }

    pub(super) async fn unordered(n: usize, executor: Arc<Executor<'static>>) -> Sample {
        let polled = Countdown::new(n);
        let tasks = FuturesUnordered::new();
        let watch = Watch::start();
        for _ in 0..n {
            tasks.push(executor.spawn(waiting(&polled)));
        }
        polled.wait().await;
        let sample = watch.stop();
        join_all(tasks.into_iter().map(Task::cancel)).await;
        sample
    }
}

fn waiting_child(host: Host) -> Line {
    let name = format!("held by a waiting child, {}", host.name());
    let ours = host.ours(|load| summed(load, |n| children::group(n, |it| it)));
    let line = Line::held(name, 10_000, 1, ours);
    if host == Host::Smol {
        let tasks = |load, executor: Arc<Executor<'static>>| {
            summed(load, move |n| children::unordered(n, executor.clone()))
        };
        return line.peer("FuturesUnordered", smol(tasks));
    }
    let join_set = host.plain(|load| summed(load, |n| children::join_set(n, |it| it)));
    let tracker = host.plain(|load| summed(load, children::tracker));
    line.peer("JoinSet", join_set)
        .goal(1.5)
        .peer("TaskTracker + token", tracker)
}

fn limited_child() -> Line {
    let host = Host::TokioSingle;
    let ours = |it| anyrt::fail_after(LATER, it);
    let theirs = |it| tokio::time::timeout(LATER, it);
    let name = format!("held by a child below a deadline, {}", host.name());
    let ours = host.ours(move |load| summed(load, move |n| children::group(n, ours)));
    let join_set = host.plain(move |load| summed(load, move |n| children::join_set(n, theirs)));
    Line::held(name, 10_000, 1, ours).peer("JoinSet + timeout", join_set)
}

/// Opens `n` regions side by side within one task.
async fn open<F: Future>(n: usize, region: impl Fn(Waiting) -> F) -> Sample {
    let polled = Countdown::new(n);
    let watch = Watch::start();
    let all = join_all((0..n).map(|_| region(waiting(&polled))));
    let reached = pin!(polled.wait());
    let left = select(all, reached).await;
    let sample = watch.stop();
    drop(left);
    sample
}

fn open_scope(host: Host) -> Line {
    let name = format!("held by an open scope, {}", host.name());
    let scope = |it| CancelScope::new().run(it);
    let ours = host.ours(move |load| summed(load, move |n| open(n, scope)));
    let alone = host.ours(|load| summed(load, |n| open(n, |it| it)));
    let token = host.plain(|load| {
        let token = CancellationToken::new();
        let below = move |it| token.child_token().run_until_cancelled_owned(it);
        summed(load, move |n| open(n, below.clone()))
    });
    Line::held(name, 10_000, 1, ours)
        .peer("the work alone", alone)
        .goal_over(200.0)
        .peer("CancellationToken", token)
}

/// So many children that all wait at once, and then end.
const BURST: usize = 1_000_000;

/// The most that may stay, in bytes: nothing that grows with the children.
const LEFT: f64 = 4_096.0;

/// What is left of a burst while whoever held the children is still there. A burst elsewhere comes first: queues of
/// the runtime grow too, and stay so.
mod burst {
    use super::*;

    async fn child(countdown: Arc<Countdown>) {
        yield_once().await;
        countdown.step();
    }

    /// Waits until tasks that have ended have also been freed.
    async fn settle(countdown: &Countdown) {
        countdown.wait().await;
        yield_once().await;
        thread::sleep(Duration::from_millis(50));
    }

    async fn in_group(children: usize) -> Sample {
        let countdown = Countdown::new(children);
        let ended = anyrt::task_group(async |group| {
            let watch = Watch::start();
            for _ in 0..children {
                group.spawn(child(countdown.clone()));
            }
            settle(&countdown).await;
            watch.stop()
        });
        ended.await.expect("nobody cancels the group")
    }

    async fn in_join_set(children: usize) -> Sample {
        let countdown = Countdown::new(children);
        let mut set = JoinSet::new();
        let watch = Watch::start();
        for _ in 0..children {
            set.spawn(child(countdown.clone()));
        }
        settle(&countdown).await;
        while set.join_next().await.is_some() {}
        watch.stop()
    }

    async fn in_unordered(children: usize, executor: Arc<Executor<'static>>) -> Sample {
        let countdown = Countdown::new(children);
        let mut tasks = FuturesUnordered::new();
        let watch = Watch::start();
        for _ in 0..children {
            tasks.push(executor.spawn(child(countdown.clone())));
        }
        settle(&countdown).await;
        while tasks.next().await.is_some() {}
        watch.stop()
    }

    async fn second<F: Future<Output = Sample>>(load: Load, burst: impl Fn(usize) -> F) -> Sample {
        burst(load.repeat).await;
        burst(load.repeat).await
    }

    pub(super) fn line(host: Host) -> Line {
        let name = format!("held after a burst of {BURST}, {}", host.name());
        let ours = host.ours(|load| second(load, in_group));
        let line = Line::held(name, 1, BURST, ours);
        let line = match host {
            Host::Smol => line.peer(
                "FuturesUnordered",
                smol(|load, executor| second(load, move |n| in_unordered(n, executor.clone()))),
            ),
            _ => line.peer("JoinSet", host.plain(|load| second(load, in_join_set))),
        };
        line.goal_at_most(LEFT)
    }
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = vec![limited_child()];
    for host in HOSTS {
        lines.push(waiting_child(host));
        lines.push(open_scope(host));
        lines.push(burst::line(host));
    }
    lines
}
