//! Scopes, deadlines and checkpoints: what one costs around the work of one task.

use std::future::{Future, ready};

use anyrt::{CancelScope, ScopeRun};
use smol::future::yield_now;
use tokio_util::sync::CancellationToken;

use crate::futures::yield_once;
use crate::hosts::{Host, each, timed};
use crate::looped::{LATER, looped};
use crate::runner::Line;

/// Scopes and deadlines around some work, and what they may take of a time limit of tokio.
fn around<F>(lines: &mut Vec<Line>, what: &str, work: fn() -> F, of_scope: f64, of_deadline: f64)
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
                .limit_peer(host, work, of_scope),
        );
        let fail = looped(&name("fail_after"), host, fail);
        lines.push(fail.limit_peer(host, work, of_deadline));
        let move_on = looped(&name("move_on_after"), host, move_on);
        lines.push(move_on.limit_peer(host, work, of_deadline));
    }
}

fn checkpoints(lines: &mut Vec<Line>) {
    for host in Host::ALL {
        let line = looped("checkpoint", host, anyrt::checkpoint);
        let line = match host {
            Host::Smol => line.looped_peer("yield_now", host, yield_now),
            _ => line.looped_peer("yield_now", host, tokio::task::yield_now),
        };
        lines.push(line.goal_over(10.0));
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

/// What regions that stay cost every poll of what is inside.
mod polls {
    use super::*;

    /// Polls of one measurement: so many, so often.
    const POLLS: (usize, usize) = (10_000, 10);

    fn yields(n: usize) -> impl Future<Output = ()> {
        each(n, yield_once)
    }

    fn scope<F: Future>(body: F) -> ScopeRun<F> {
        CancelScope::new().run(body)
    }

    async fn five_deep(n: usize) {
        let ended = scope(scope(scope(scope(scope(yields(n)))))).await;
        assert!(ended.is_ok(), "nobody cancels the scope");
    }

    /// A poll below five scopes, each of which may add five nanoseconds.
    pub(super) fn below_five_scopes(host: Host) -> Line {
        let ours = host.ours_where_yields_are_cheap(|load| timed(load, five_deep));
        let alone = host.plain_where_yields_are_cheap(|load| timed(load, yields));
        let within = host.ours_where_yields_are_cheap(|load| timed(load, yields));
        let name = format!("yield below five scopes, {}", host.name());
        Line::new(name, POLLS.0, POLLS.1, ours)
            .peer("no scope", within)
            .goal_over(25.0)
            .peer("the runtime alone", alone)
    }

    pub(super) fn in_a_child(host: Host) -> Line {
        let ours = host.ours(|load| timed(load, yields));
        let alone = host.plain(|load| timed(load, yields));
        let name = format!("yield in a child, {}", host.name());
        Line::new(name, POLLS.0, POLLS.1, ours)
            .peer("the runtime alone", alone)
            .goal_over(10.0)
    }
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    let mut lines = Vec::new();
    around(&mut lines, "ready", || ready(()), 0.7, 1.1);
    around(&mut lines, "one yield", yield_once, 0.9, 1.2);
    checkpoints(&mut lines);
    for host in Host::ALL {
        lines.push(polls::below_five_scopes(host));
        lines.push(polls::in_a_child(host));
    }
    lines
}
