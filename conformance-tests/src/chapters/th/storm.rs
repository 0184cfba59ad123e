//! TH1 to TH8: calls of every kind at once, ended at every moment, with counted tokens.

use super::until_limiter;
use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::{StreamExt, join};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

const TOKENS: usize = 3;
const CALLERS: usize = 60;
const ROUNDS: usize = 20;

/// Counts the closures at work; a closure whose thread waits for a future is not at work.
#[derive(Clone, Default)]
struct AtWork {
    now: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
}

impl AtWork {
    fn enter(&self) {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
    }

    fn leave(&self) {
        self.now.fetch_sub(1, SeqCst);
    }

    /// A closure that works for a moment, and waits for a nested one in the middle of it if it may.
    fn closure(&self, limiter: &CapacityLimiter, depth: usize) -> impl FnOnce() + Send + 'static {
        let (at_work, limiter) = (self.clone(), limiter.clone());
        move || {
            at_work.enter();
            std::thread::yield_now();
            if depth > 0 {
                at_work.leave();
                // Cancelled or not, the closure goes on.
                let nested = at_work.closure(&limiter, depth - 1);
                let _ = from_thread::run(run_in_threadpool(nested).limiter(&limiter));
                at_work.enter();
            }
            at_work.leave();
        }
    }
}

/// One caller: what it does and when it is ended depends on its number alone.
async fn caller(number: usize, limiter: CapacityLimiter, at_work: AtWork) {
    let call = || run_in_threadpool(at_work.closure(&limiter, number % 3)).limiter(&limiter);
    let stream = || {
        let inside = at_work.clone();
        let items = (0..number).inspect(move |_| {
            inside.enter();
            inside.leave();
        });
        iterate_in_threadpool(items).buffer(4).limiter(&limiter)
    };
    let scope = CancelScope::new();
    let handle = scope.handle();
    let cancel_soon = async {
        yields(number % 17).await;
        handle.cancel();
    };
    match number % 6 {
        0 => call().await,
        1 => drop(join!(scope.run(call()), cancel_soon)),
        2 => drop(join!(scope.run(call().abandon_on_cancel()), cancel_soon)),
        3 => {
            // Dropped by foreign code at its first or second poll.
            let mut call = call();
            for _ in 0..number % 2 + 1 {
                let _ = poll_once(&mut call).await;
            }
        }
        4 => drop(join!(scope.run(stream().count()), cancel_soon)),
        _ => {
            let mut stream = stream();
            let _ = poll_once(&mut stream.next()).await;
            let key = limiter.acquire_on_behalf_of(format!("caller {number}"));
            drop(join!(scope.run(key), cancel_soon));
        }
    }
}

/// TH1 to TH8: whatever happens to the calls, no token is lost and none is doubled.
pub fn th4_no_token_is_lost_or_doubled_in_a_storm(on: &Flavour) {
    on.run(async {
        for _ in 0..ROUNDS {
            // Abandoned calls inside of others are told apart: they may keep a lent token as one more.
            let (limiter, at_work) = (CapacityLimiter::new(TOKENS), AtWork::default());
            let group = task_group(async |g| {
                for number in 0..CALLERS {
                    g.spawn(caller(number, limiter.clone(), at_work.clone()));
                }
            });
            group.await.expect("nobody cancels the group");
            until_limiter(&limiter, 0, 0).await;
            assert!(limiter.statistics().borrowers.is_empty());
            assert!(at_work.most.load(SeqCst) <= TOKENS);
            let tokens: Vec<_> = (0..TOKENS).map(|_| limiter.try_acquire()).collect();
            assert!(tokens.iter().all(Option::is_some));
            assert!(limiter.try_acquire().is_none());
            let key = limiter.try_acquire_on_behalf_of("caller 5");
            assert!(matches!(key, Ok(None)), "every key is free again");
        }
    });
}
