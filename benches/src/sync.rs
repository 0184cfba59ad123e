//! Locks and semaphores: taken while nobody else wants them, and by several who want the same one.

use std::future::Future;
use std::hint::black_box;
use std::sync::Arc;

use anyrt::sync;
use futures_util::future::join_all;
use tokio::sync::{Mutex as TokioMutex, Semaphore as TokioSemaphore};

use crate::hosts::{Host, each, timed};
use crate::runner::Line;

/// How many parts of one future want the same thing.
const CONTENDERS: usize = 8;
/// How often each of them takes it.
const TURNS: usize = 25;

/// Of the best of the peers, so of each.
const GOAL: f64 = 1.2;

/// Takes it, keeps it across one yield, and gives it back, all contenders by turns.
async fn by_turns<F: Future>(n: usize, turn: impl Fn() -> F) {
    join_all((0..CONTENDERS).map(|_| each(n / CONTENDERS, &turn))).await;
}

/// Gives others their turn while something is held.
async fn hold<G>(held: G) {
    let mut yielded = false;
    std::future::poll_fn(|cx| {
        if std::mem::replace(&mut yielded, true) {
            return std::task::Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        std::task::Poll::Pending
    })
    .await;
    black_box(held);
}

/// A case in which one future does `$turn` again and again, or several of them by turns.
macro_rules! case {
    ($each:ident, $make:expr, |$it:ident| $turn:expr) => {
        |load| {
            let shared = Arc::new($make);
            timed(load, move |n| {
                let $it = shared.clone();
                async move { $each(n, || async { $turn }).await }
            })
        }
    };
}

fn lock(host: Host) -> [Line; 2] {
    let ours = case!(each, sync::Lock::new(0_u64), |lock| *lock.lock().await += 1);
    let theirs = case!(each, async_lock::Mutex::new(0_u64), |lock| *lock
        .lock()
        .await += 1);
    let tokios = case!(each, TokioMutex::new(0_u64), |lock| *lock.lock().await += 1);
    let free = Line::new(
        format!("lock, free, {}", host.name()),
        10_000,
        5,
        host.ours(ours),
    )
    .peer("async-lock", host.plain(theirs))
    .goal(GOAL)
    .peer("tokio", host.plain(tokios))
    .goal(GOAL);
    let ours = case!(by_turns, sync::Lock::new(()), |lock| hold(
        lock.lock().await
    )
    .await);
    let theirs = case!(by_turns, async_lock::Mutex::new(()), |lock| {
        hold(lock.lock().await).await
    });
    let tokios = case!(by_turns, TokioMutex::new(()), |lock| hold(
        lock.lock().await
    )
    .await);
    let name = format!("lock, wanted by {CONTENDERS}, {}", host.name());
    let wanted = Line::new(name, CONTENDERS * TURNS, 5, host.ours(ours))
        .peer("async-lock", host.plain(theirs))
        .goal(GOAL)
        .peer("tokio", host.plain(tokios))
        .goal(GOAL);
    [free, wanted]
}

fn semaphore(host: Host) -> [Line; 2] {
    let ours = case!(each, sync::Semaphore::new(2), |it| drop(it.acquire().await));
    let theirs = case!(each, async_lock::Semaphore::new(2), |it| drop(
        it.acquire().await
    ));
    let tokios = case!(each, TokioSemaphore::new(2), |it| drop(it.acquire().await));
    let name = format!("semaphore, free, {}", host.name());
    let free = Line::new(name, 10_000, 5, host.ours(ours))
        .peer("async-lock", host.plain(theirs))
        .goal(GOAL)
        .peer("tokio", host.plain(tokios))
        .goal(GOAL);
    let ours = case!(by_turns, sync::Semaphore::new(2), |it| hold(
        it.acquire().await
    )
    .await);
    let theirs = case!(by_turns, async_lock::Semaphore::new(2), |it| {
        hold(it.acquire().await).await
    });
    let tokios = case!(by_turns, TokioSemaphore::new(2), |it| hold(
        it.acquire().await
    )
    .await);
    let name = format!("semaphore of 2, wanted by {CONTENDERS}, {}", host.name());
    let wanted = Line::new(name, CONTENDERS * TURNS, 5, host.ours(ours))
        .peer("async-lock", host.plain(theirs))
        .goal(GOAL)
        .peer("tokio", host.plain(tokios))
        .goal(GOAL);
    [free, wanted]
}

/// All lines.
pub fn lines() -> Vec<Line> {
    let hosts = [Host::TokioSingle, Host::Smol];
    hosts
        .into_iter()
        .flat_map(|host| lock(host).into_iter().chain(semaphore(host)))
        .collect()
}
