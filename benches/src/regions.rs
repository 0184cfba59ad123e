//! Groups, shields and finalizers around ready work.
//!
//! They have no counterpart in tokio, and stand beside what programs do there instead: a task of its own
//! lets work end undisturbed by its caller. So the goals are nanoseconds, of a machine where a
//! `tokio::time::timeout` around ready work takes about fifty.

use std::future::ready;

use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::hosts::Host;
use crate::looped::looped;
use crate::runner::Line;

fn on(host: Host) -> [Line; 3] {
    let join_set = || async { JoinSet::<()>::new().join_next().await };
    let tracker = || async {
        let tracker = TaskTracker::new();
        tracker.close();
        tracker.wait().await;
    };
    let spawned = || tokio::spawn(ready(()));
    [
        looped("empty group", host, || anyrt::task_group(async |_| ()))
            .looped_peer("JoinSet", host, join_set)
            .goal_at_most(150.0)
            .looped_peer("TaskTracker", host, tracker),
        looped("shield around ready", host, || anyrt::shield(ready(())))
            .looped_peer("spawn + JoinHandle", host, spawned)
            .goal_at_most(60.0),
        looped("finally around ready", host, || {
            anyrt::finally(ready(()), async |_| ())
        })
        .looped_peer("spawn + JoinHandle", host, spawned)
        .goal_at_most(150.0),
    ]
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    Host::TOKIO.into_iter().flat_map(on).collect()
}
