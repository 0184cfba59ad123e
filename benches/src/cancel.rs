//! Cancellation: from the call to the moment when every child is gone.

use std::future::pending;
use std::sync::Arc;

use futures_util::future::join_all;
use smol::{Executor, Task};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::futures::{Countdown, waiting};
use crate::hosts::{Host, smol, summed};
use crate::runner::{Case, Line};
use crate::watch::{Sample, Watch};

/// Cancels the group itself.
async fn group(n: usize) -> Sample {
    let polled = Countdown::new(n);
    let ended = anyrt::task_group(async |group| {
        for _ in 0..n {
            group.spawn(waiting(&polled));
        }
        polled.wait().await;
        let watch = Watch::start();
        group.cancel();
        watch
    });
    ended.await.expect("the body gives its value").stop()
}

/// Cancels a scope around the group.
async fn scope_around_group(n: usize) -> Sample {
    let polled = Countdown::new(n);
    let scope = anyrt::CancelScope::new();
    let handle = scope.handle();
    let mut watch = None;
    let body = anyrt::task_group(async |group| {
        for _ in 0..n {
            group.spawn(waiting(&polled));
        }
        polled.wait().await;
        watch = Some(Watch::start());
        handle.cancel();
        pending::<()>().await;
    });
    scope.run(body).await.expect_err("the scope is cancelled");
    watch.expect("the body has run").stop()
}

async fn join_set(n: usize) -> Sample {
    let polled = Countdown::new(n);
    let mut set = JoinSet::new();
    for _ in 0..n {
        set.spawn(waiting(&polled));
    }
    polled.wait().await;
    let watch = Watch::start();
    set.shutdown().await;
    watch.stop()
}

async fn tracker(n: usize) -> Sample {
    let polled = Countdown::new(n);
    let (tracker, token) = (TaskTracker::new(), CancellationToken::new());
    for _ in 0..n {
        tracker.spawn(token.clone().run_until_cancelled_owned(waiting(&polled)));
    }
    tracker.close();
    polled.wait().await;
    let watch = Watch::start();
    token.cancel();
    tracker.wait().await;
    watch.stop()
}

async fn smol_tasks(n: usize, executor: Arc<Executor<'static>>) -> Sample {
    let polled = Countdown::new(n);
    let tasks: Vec<_> = (0..n).map(|_| executor.spawn(waiting(&polled))).collect();
    polled.wait().await;
    let watch = Watch::start();
    // Polls every `cancel` before it waits for one, so that the tasks end side by side.
    join_all(tasks.into_iter().map(Task::cancel)).await;
    watch.stop()
}

fn line(name: String, host: Host, (n, repeat): (usize, usize), ours: Case) -> Line {
    let line = Line::new(format!("{name}, {}", host.name()), n, repeat, ours);
    match host {
        Host::Smol => line.peer(
            "join_all(Task::cancel)",
            smol(|load, executor| summed(load, move |n| smol_tasks(n, executor.clone()))),
        ),
        _ => line
            .peer(
                "JoinSet::shutdown",
                host.plain(|load| summed(load, join_set)),
            )
            .goal(1.0)
            .peer(
                "TaskTracker + token",
                host.plain(|load| summed(load, tracker)),
            ),
    }
}

/// The lines of this theme. What a child costs must not depend on how many there are.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    for host in Host::ALL {
        for load in [(1_000, 50), (10_000, 5), (100_000, 1)] {
            let ours = host.ours(|load| summed(load, group));
            lines.push(line(
                format!("cancel a group of {}", load.0),
                host,
                load,
                ours,
            ));
        }
        let ours = host.ours(|load| summed(load, scope_around_group));
        let name = "cancel a scope around 10000".to_owned();
        lines.push(line(name, host, (10_000, 5), ours));
    }
    lines
}
