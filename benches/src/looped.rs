//! Lines that do one operation again and again within one task.

use std::future::Future;
use std::time::Duration;

use smol::Timer;
use smol::future::or;

use crate::hosts::{Host, each, timed};
use crate::runner::Line;

/// A deadline that never comes.
pub const LATER: Duration = Duration::from_secs(60);

/// The same as smol's programs write it.
pub async fn later() {
    Timer::after(LATER).await;
}

/// Operations of one measurement of a loop.
const LOOP: (usize, usize) = (10_000, 10);

/// A line of this library's `operation` in a loop.
pub fn looped<F>(
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
    pub fn looped_peer<F>(
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

    /// The usual time limit of the host's world around the same work. The goal is one beside tokio's.
    pub fn limit_peer<F>(
        self,
        host: Host,
        work: impl Fn() -> F + Copy + Send + Sync + 'static,
        goal: f64,
    ) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        match host {
            Host::Smol => self.looped_peer("or(work, Timer)", host, move || or(work(), later())),
            _ => self
                .looped_peer("tokio timeout", host, move || {
                    tokio::time::timeout(LATER, work())
                })
                .goal(goal),
        }
    }
}
