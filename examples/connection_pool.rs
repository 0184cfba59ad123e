//! A blocking pool of few connections and many callers, which cannot run into the classic deadlock.
//!
//! Who waits for a connection occupies a thread; who has one needs threads to use it and to give it back. If all
//! of these come from one lot, those that wait can take them all, and nothing moves again. So nobody waits on
//! a thread here: a limiter as large as the pool lets as many callers through as there are connections. And a
//! connection is given back by a hook: hooks that block have a lane of their own.

use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;

use anyrt::{Cancelled, exit_stack, run_in_threadpool, task_group};

const CONNECTIONS: usize = 10;
const CALLERS: usize = 100;

/// As database libraries have it: `get` blocks until a connection is free.
#[derive(Default)]
struct Pool {
    used: Mutex<usize>,
    freed: Condvar,
}

impl Pool {
    fn get(&self) {
        let used = self.used.lock().unwrap();
        let mut used = self
            .freed
            .wait_while(used, |used| *used == CONNECTIONS)
            .unwrap();
        *used += 1;
    }

    fn put_back(&self) {
        *self.used.lock().unwrap() -= 1;
        self.freed.notify_one();
    }
}

/// One request: a connection is got on a thread, used on another one, and given back on a third.
async fn request(pool: Arc<Pool>, n: usize) -> usize {
    exit_stack(async |stack| {
        let (getting, giving) = (pool.clone(), pool);
        run_in_threadpool(move || getting.get()).await;
        stack.defer_blocking(move |_| giving.put_back());
        run_in_threadpool(move || {
            // The query.
            thread::sleep(Duration::from_millis(1));
            n
        })
        .await
    })
    .await
}

#[anyrt::main]
async fn main() -> Result<(), Cancelled> {
    let pool = Arc::new(Pool::default());
    let limiter = anyrt::CapacityLimiter::named("connections", CONNECTIONS);
    let sum = task_group(async |g| {
        let serve = |n| {
            let (pool, limiter) = (pool.clone(), limiter.clone());
            // Only as many ask for a connection as there are: the others wait without a thread.
            async move {
                let _token = limiter.acquire().await;
                request(pool, n).await
            }
        };
        let all: Vec<_> = (0..CALLERS).map(|n| g.spawn(serve(n))).collect();
        let mut sum = 0;
        for answer in all {
            sum += answer.await.expect("nobody cancels it");
        }
        sum
    })
    .await?;
    println!("{CALLERS} callers on {CONNECTIONS} connections: the sum is {sum}");
    assert_eq!(*pool.used.lock().unwrap(), 0, "all are given back");
    Ok(())
}
