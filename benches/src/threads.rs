//! Blocking work: a closure that does nothing, sent to a thread and back.

use std::future::Future;

use futures_util::future::join_all;

use crate::hosts::{Host, each, timed};
use crate::runner::Line;

/// As many calls at once as the default limiter lets through.
const AT_ONCE: usize = 40;

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
        one_by_one.peer(
            peer,
            host.plain(move |load| timed(load, move |n| each(n, call))),
        ),
        together.peer(
            peer,
            host.plain(move |load| timed(load, move |n| at_once(n, call))),
        ),
    ]
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
    lines
}
