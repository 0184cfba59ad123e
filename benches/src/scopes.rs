//! Scopes, deadlines, shields and checkpoints: what one costs around the work of one task.

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::Duration;

use anyrt::CancelScope;
use smol::future::{or, yield_now};
use smol::{Executor, Timer};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::futures::{Countdown, yield_once};
use crate::hosts::{Host, each, smol, timed};
use crate::runner::Line;

/// A deadline that never comes.
const LATER: Duration = Duration::from_secs(60);

/// The same as smol's programs write it.
async fn later() {
    Timer::after(LATER).await;
}

/// Operations of one measurement of a loop.
const LOOP: (usize, usize) = (10_000, 10);

fn looped<F>(
    name: &str,
    host: Host,
    operation: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> Line
where
    F: Future + Send + 'static,
    F::Output: Send,
{
    let ours =
        host.ours_where_yields_are_cheap(move |load| timed(load, move |n| each(n, operation)));
    Line::new(format!("{name}, {}", host.name()), LOOP.0, LOOP.1, ours)
}

impl Line {
    /// A peer that does an operation in a loop.
    fn looped_peer<F>(
        self,
        name: &'static str,
        host: Host,
        operation: impl Fn() -> F + Copy + Send + Sync + 'static,
    ) -> Self
    where
        F: Future + Send + 'static,
        F::Output: Send,
    {
        let case =
            host.plain_where_yields_are_cheap(move |load| timed(load, move |n| each(n, operation)));
        self.peer(name, case)
    }

    /// The usual time limit of the host's world around the same work.
    fn limit_peer<F>(self, host: Host, work: impl Fn() -> F + Copy + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match host {
            Host::Smol => self.looped_peer("or(work, Timer)", host, move || or(work(), later())),
            _ => self.looped_peer("tokio timeout", host, move || {
                tokio::time::timeout(LATER, work())
            }),
        }
    }
}

/// Scopes and deadlines around some work.
fn around<F>(lines: &mut Vec<Line>, what: &str, work: fn() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    for host in Host::ALL {
        let name = |region| format!("{region} around {what}");
        let token = move || async move {
            let token = CancellationToken::new();
            token.run_until_cancelled(work()).await
        };
        let scope = move || CancelScope::new().run(work());
        let fail = move || anyrt::fail_after(LATER, work());
        let move_on = move || anyrt::move_on_after(LATER, work());
        lines.push(
            looped(&name("scope"), host, scope)
                .looped_peer("the work alone", host, work)
                .looped_peer("CancellationToken", host, token)
                .limit_peer(host, work),
        );
        lines.push(looped(&name("fail_after"), host, fail).limit_peer(host, work));
        lines.push(looped(&name("move_on_after"), host, move_on).limit_peer(host, work));
    }
}

/// Children that use one time limit each, once.
mod one_limit {
    use super::*;

    pub(super) async fn group(n: usize) {
        let ended = anyrt::task_group(async |group| {
            for _ in 0..n {
                group.spawn(anyrt::fail_after(LATER, yield_once()));
            }
        });
        ended.await.expect("nobody cancels the group");
    }

    pub(super) async fn tracker(n: usize) {
        let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
        for _ in 0..n {
            let limited = tokio::time::timeout(LATER, yield_once());
            tracker.spawn(token.clone().run_until_cancelled_owned(limited));
        }
        tracker.close();
        tracker.wait().await;
    }

    pub(super) async fn join_set(n: usize) {
        let mut set = JoinSet::new();
        for _ in 0..n {
            set.spawn(tokio::time::timeout(LATER, yield_once()));
        }
        while set.join_next().await.is_some() {}
    }

    pub(super) async fn raw_smol(n: usize, executor: Arc<Executor<'static>>) {
        let countdown = Countdown::new(n);
        for _ in 0..n {
            let countdown = countdown.clone();
            let child = async move {
                or(yield_once(), later()).await;
                countdown.step();
            };
            executor.spawn(child).detach();
        }
        countdown.wait().await;
    }
}

fn children_with_limits(lines: &mut Vec<Line>) {
    for host in Host::ALL {
        let name = format!("child with one fail_after, {}", host.name());
        let ours = host.ours(|load| timed(load, one_limit::group));
        let line = Line::new(name, 10_000, 10, ours);
        lines.push(match host {
            Host::Smol => line.peer(
                "spawn + counter + or",
                smol(|load, executor| {
                    timed(load, move |n| one_limit::raw_smol(n, executor.clone()))
                }),
            ),
            _ => line
                .peer(
                    "TaskTracker + timeout",
                    host.plain(|load| timed(load, one_limit::tracker)),
                )
                .peer(
                    "JoinSet + timeout",
                    host.plain(|load| timed(load, one_limit::join_set)),
                ),
        });
    }
}

fn checkpoints(lines: &mut Vec<Line>) {
    for host in Host::ALL {
        let line = looped("checkpoint", host, anyrt::checkpoint);
        lines.push(match host {
            Host::Smol => line.looped_peer("yield_now", host, yield_now),
            _ => line.looped_peer("yield_now", host, tokio::task::yield_now),
        });
    }
    for host in Host::TOKIO {
        lines.push(
            looped(
                "checkpoint_if_cancelled",
                host,
                anyrt::checkpoint_if_cancelled,
            )
            .looped_peer("consume_budget", host, tokio::task::consume_budget),
        );
        lines.push(
            looped("is_cancelled", host, || ready(anyrt::is_cancelled())).peer(
                "CancellationToken",
                host.plain_where_yields_are_cheap(|load| {
                    let token = CancellationToken::new();
                    let is_cancelled = move || ready(token.is_cancelled());
                    timed(load, move |n| each(n, is_cancelled.clone()))
                }),
            ),
        );
    }
}

/// What has no counterpart in tokio, beside what programs do there instead: a task of its own lets
/// work end undisturbed by its caller.
fn regions(lines: &mut Vec<Line>) {
    for host in Host::TOKIO {
        lines.push(
            looped("empty group", host, || anyrt::task_group(async |_| ()))
                .looped_peer("JoinSet", host, || async {
                    JoinSet::<()>::new().join_next().await
                })
                .looped_peer("TaskTracker", host, || async {
                    let tracker = TaskTracker::new();
                    tracker.close();
                    tracker.wait().await;
                }),
        );
        lines.push(
            looped("shield around ready", host, || anyrt::shield(ready(()))).looped_peer(
                "spawn + JoinHandle",
                host,
                || tokio::spawn(ready(())),
            ),
        );
        lines.push(
            looped("finally around ready", host, || {
                anyrt::finally(ready(()), async |_| ())
            })
            .looped_peer("spawn + JoinHandle", host, || tokio::spawn(ready(()))),
        );
    }
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    around(&mut lines, "ready", || ready(()));
    around(&mut lines, "one yield", yield_once);
    children_with_limits(&mut lines);
    checkpoints(&mut lines);
    regions(&mut lines);
    lines
}
