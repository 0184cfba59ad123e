//! Futures put together: waited for all, as one is first, and over many items with a limit.

use std::hint::black_box;
use std::pin::pin;

use futures_util::future::{join_all, select};
use futures_util::stream::{StreamExt, iter};

use crate::futures::yield_once;
use crate::hosts::{Host, each, timed};
use crate::runner::Line;

/// How many calls at once.
const LIMIT: usize = 16;

async fn call(n: usize) -> usize {
    yield_once().await;
    n
}

async fn buffered(n: usize) {
    let calls = iter(0..n).map(call).buffer_unordered(LIMIT);
    black_box(calls.collect::<Vec<_>>().await);
}

async fn in_order(n: usize) {
    let calls = iter(0..n).map(call).buffered(LIMIT);
    black_box(calls.collect::<Vec<_>>().await);
}

async fn amapped(n: usize) {
    black_box(anyrt::amap(0..n, call).limit(LIMIT).await);
}

async fn as_completed(n: usize) {
    let sum = anyrt::amap(0..n, call)
        .limit(LIMIT)
        .as_completed(async |mut results| {
            let mut sum = 0;
            while let Some(n) = results.next().await {
                sum += n;
            }
            sum
        });
    black_box(sum.await);
}

async fn taken(n: usize) {
    let mut calls = pin!(iter(0..n).map(call).buffer_unordered(LIMIT));
    let mut sum = 0;
    while let Some(n) = calls.next().await {
        sum += n;
    }
    black_box(sum);
}

async fn gathered(n: usize) {
    black_box(anyrt::gather((0..n).map(call).collect::<Vec<_>>()).await);
}

async fn joined(n: usize) {
    black_box(join_all((0..n).map(call)).await);
}

fn on(host: Host) -> Vec<Line> {
    let gather_two = || anyrt::gather((call(1), call(2)));
    let join_two = || async { futures_util::join!(call(1), call(2)) };
    let race_two = || anyrt::race((call(1), std::future::pending()));
    let select_two = || async {
        let (one, other) = (pin!(call(1)), pin!(std::future::pending::<usize>()));
        black_box(select(one, other).await.factor_first().0);
    };
    let line = |what: &str, ours| Line::new(format!("{what}, {}", host.name()), 1_000, 20, ours);
    vec![
        line(
            "amap of 1000, 16 at once",
            host.ours(|load| timed(load, amapped)),
        )
        .peer("buffered", host.plain(|load| timed(load, in_order)))
        .peer("buffer_unordered", host.plain(|load| timed(load, buffered))),
        line(
            "amap as completed, 16 at once",
            host.ours(|load| timed(load, as_completed)),
        )
        .peer("buffer_unordered", host.plain(|load| timed(load, taken))),
        line("gather of 1000", host.ours(|load| timed(load, gathered)))
            .peer("join_all", host.plain(|load| timed(load, joined))),
        line(
            "gather of two",
            host.ours(move |load| timed(load, move |n| each(n, gather_two))),
        )
        .peer(
            "join!",
            host.plain(move |load| timed(load, move |n| each(n, join_two))),
        ),
        line(
            "race of two",
            host.ours(move |load| timed(load, move |n| each(n, race_two))),
        )
        .peer(
            "select",
            host.plain(move |load| timed(load, move |n| each(n, select_two))),
        ),
    ]
}

/// The lines of this theme.
pub fn lines() -> Vec<Line> {
    [Host::TokioSingle, Host::Smol]
        .into_iter()
        .flat_map(on)
        .collect()
}
