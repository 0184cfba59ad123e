//! SC9: a cancel reaches every region below, through sub-executors inside one task.
//!
//! `join_all` over more than 30 futures and `FuturesUnordered` poll only the futures whose own waker was woken, so
//! waking the task is not enough.

use crate::harness::*;
use futures_util::{
    FutureExt, StreamExt,
    future::{join_all, select_all},
    join, select,
    stream::FuturesUnordered,
};

const MANY: usize = 40;

/// SC9: the finalizers of forty bodies in one `join_all` all run when the scope around is cancelled.
pub fn sc9_cancel_reaches_every_region_in_a_big_join_all(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (bodies, counters): (Vec<_>, Vec<_>) = (0..MANY).map(|_| pending_counted()).unzip();
        let all = join_all(bodies.into_iter().map(|body| {
            finally(body, async |_| {
                yield_once().await;
                trace.push("cleanup");
            })
        }));
        let (result, _) = join!(scope.run(all), async { handle.cancel() });
        assert!(result.is_err());
        assert_eq!(trace.count("cleanup"), MANY);
        for counter in counters {
            assert_eq!(counter.drops(), 1);
            assert!(counter.polls() <= 2, "{counter:?}");
        }
    });
}

/// SC9: the same when the cancel comes from a thread.
pub fn sc9_cancel_from_a_thread_reaches_every_region_in_a_big_join_all(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let polled = Event::new();
        let seen = polled.clone();
        let thread = start_thread(move || {
            seen.wait_blocking();
            handle.cancel();
        });
        let ended = Trace::new();
        let all = join_all((0..MANY).map(|n| {
            let (polled, ended) = (polled.clone(), ended.clone());
            shield_with(async move |outside: Outside| {
                if n == MANY - 1 {
                    polled.set();
                }
                outside.cancelled().await;
                ended.push("ended");
            })
        }));
        let value = scope.run(all).await;
        assert!(
            value.is_ok(),
            "the shielded bodies wound down by themselves"
        );
        assert_eq!(ended.count("ended"), MANY);
        thread.join().expect("the thread does not panic");
    });
}

/// SC9: each future of a `FuturesUnordered` is woken through its own waker: one cancelled scope ends alone.
pub fn sc9_one_cancelled_scope_of_many_ends_alone(on: &Flavour) {
    on.run(async {
        let mut handles = Vec::new();
        let mut counters = Vec::new();
        let mut all = FuturesUnordered::new();
        for n in 0..MANY {
            let scope = CancelScope::new();
            let (body, counter) = pending_counted();
            handles.push(scope.handle());
            counters.push(counter);
            all.push(scope.run(body).map(move |result| (n, result)));
        }
        assert!(poll_once(&mut all.next()).await.is_pending());
        handles[17].cancel();
        let (first, result) = all.next().await.expect("forty futures");
        assert_eq!(first, 17);
        assert!(result.is_err());
        for (n, counter) in counters.iter().enumerate() {
            let drops = usize::from(n == 17);
            assert_eq!(counter.drops(), drops, "{n}");
            assert!(counter.polls() <= 1 + drops, "{n}: {counter:?}");
        }
        for handle in handles {
            handle.cancel();
        }
        assert_eq!(
            all.by_ref()
                .filter(|(_, r)| ready(r.is_err()))
                .count()
                .await,
            39
        );
    });
}

/// SC9: a `FuturesUnordered` inside another one, inside a child task.
pub fn sc9_cancel_reaches_through_nested_sub_executors(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let polled = Event::new();
        let child = {
            let (trace, polled) = (trace.clone(), polled.clone());
            async move {
                let rows = (0..8).map(|row| {
                    let (trace, polled) = (trace.clone(), polled.clone());
                    let cells = (0..MANY).map(move |cell| {
                        let (trace, polled) = (trace.clone(), polled.clone());
                        let body = async move {
                            if (row, cell) == (7, MANY - 1) {
                                polled.set();
                            }
                            pending::<()>().await;
                        };
                        finally(body, async move |_| trace.push("cleanup"))
                    });
                    cells.collect::<FuturesUnordered<_>>().collect::<Vec<_>>()
                });
                rows.collect::<FuturesUnordered<_>>()
                    .collect::<Vec<_>>()
                    .await;
            }
        };
        let result = task_group(async |g: TaskGroup| {
            g.spawn(child);
            polled.wait().await;
            g.cancel();
        })
        .await;
        assert!(result.is_ok(), "the body was ready");
        assert_eq!(trace.count("cleanup"), 8 * MANY);
    });
}

/// SC9: forty groups in one `join_all`, each with a child: every host and every child ends.
pub fn sc9_cancel_reaches_groups_in_a_big_join_all(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut counters = Vec::new();
        let groups: Vec<_> = (0..MANY)
            .map(|_| {
                let (child, counter) = pending_counted();
                counters.push(counter);
                task_group(async move |g: TaskGroup| {
                    g.spawn(child);
                })
            })
            .collect();
        let all_polled = counters.clone();
        let (result, ()) = join!(scope.run(join_all(groups)), async {
            until(|| all_polled.iter().all(|counter| counter.polls() > 0)).await;
            handle.cancel();
        });
        assert!(result.is_err());
        assert!(counters.iter().all(|counter| counter.drops() == 1));
    });
}

/// SC9: a scope in one branch of `select!` and of `select_all` is woken there.
pub fn sc9_cancel_reaches_a_branch_of_a_select(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let never = CancelScope::new().run(pending::<()>()).fuse();
        let cancelled = scope.run(pending::<()>()).fuse();
        let mut never = pin!(never);
        let mut cancelled = pin!(cancelled);
        let choose = async {
            select! {
                _ = never => panic!("nobody cancels this scope"),
                result = cancelled => result,
            }
        };
        let (result, _) = join!(choose, async { handle.cancel() });
        assert!(result.is_err());

        let scopes: Vec<_> = (0..MANY).map(|_| CancelScope::new()).collect();
        let handle = scopes[23].handle();
        let runs = scopes
            .into_iter()
            .map(|scope| scope.run(pending::<()>()).boxed());
        let ((result, index, _), _) = join!(select_all(runs), async { handle.cancel() });
        assert!(result.is_err());
        assert_eq!(index, 23);
    });
}

/// SC9: operations are woken too: `cancelled()` in forty branches.
pub fn sc9_cancel_wakes_every_wait_for_it(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let waits = join_all((0..MANY).map(|_| cancelled()));
        let (reasons, _) = join!(scope.run(waits), async { handle.cancel_with("all") });
        let reasons = reasons.expect("every wait is ready");
        assert_eq!(reasons.len(), MANY);
        assert!(reasons.iter().all(|r| r.cause() == &super::explicit("all")));
    });
}
