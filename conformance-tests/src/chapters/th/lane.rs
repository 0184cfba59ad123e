//! TH9: blocking exit hooks have a lane of their own, beside the default limiter.

use super::{pool_shapes::many_threads, until_limiter};
use crate::harness::*;
use anyrt::from_thread;
use std::{
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    thread,
};

/// The limiter of calls that name none.
fn default_limiter() -> CapacityLimiter {
    default_thread_limiter().expect("a runtime is running")
}

/// Takes every token of the default limiter with closures that return when `open` is set.
async fn take_all_tokens(g: &TaskGroup, open: &Event, abandon: bool) -> usize {
    let total = default_limiter().total();
    let started = Arc::new(AtomicUsize::new(0));
    for _ in 0..total {
        let (started, open) = (started.clone(), open.clone());
        let call = run_in_threadpool(move || {
            started.fetch_add(1, SeqCst);
            open.wait_blocking();
        });
        if abandon {
            g.spawn(call.abandon_on_cancel());
        } else {
            g.spawn(call);
        }
    }
    until(|| started.load(SeqCst) == total).await;
    until_limiter(&default_limiter(), total, 0).await;
    total
}

/// TH9: with every token taken, and calls in the queue, the hooks of a stack and of a group run at once.
pub fn th9_blocking_hooks_run_while_every_token_is_taken(on: &Flavour) {
    let _turn = many_threads();
    let trace = Trace::new();
    on.run(async {
        let open = Event::new();
        let group = task_group(async |g| {
            let _open = open.set_on_drop();
            let total = take_all_tokens(&g, &open, false).await;
            let noted = trace.clone();
            g.spawn(run_in_threadpool(move || noted.push("queued call")));
            until_limiter(&default_limiter(), total, 1).await;
            let noted = trace.clone();
            exit_stack(async |stack: ExitStack| {
                stack.defer_blocking(move |_: Exit| noted.push("hook of a stack"));
            })
            .await;
            let inner = task_group(async |g| {
                let noted = trace.clone();
                g.defer_blocking(move |_: Exit| noted.push("hook of a group"));
            });
            inner.await.expect("nobody cancels");
            trace.push("tokens let go");
        });
        group.await.expect("nobody cancels");
    });
    assert_eq!(
        trace.take(),
        [
            "hook of a stack",
            "hook of a group",
            "tokens let go",
            "queued call"
        ]
    );
}

/// TH9, TH3: the group's own closures were abandoned and keep every token: its hook runs all the same.
pub fn th9_the_hook_of_a_group_runs_while_its_closures_keep_the_tokens(on: &Flavour) {
    let _turn = many_threads();
    let trace = Trace::new();
    on.run(async {
        let open = Event::new();
        let _open = open.set_on_drop();
        let mut total = 0;
        let group = task_group(async |g| {
            let noted = trace.clone();
            g.defer_blocking(move |_: Exit| noted.push("hook"));
            total = take_all_tokens(&g, &open, true).await;
            g.cancel();
            pending::<()>().await;
        });
        assert!(group.await.is_err());
        trace.push("group ended");
        assert_eq!(default_limiter().statistics().borrowed, total);
    });
    assert_eq!(trace.take(), ["hook", "group ended"]);
}

/// TH9: hooks of many regions at once, with every token taken.
pub fn th9_the_hooks_of_many_regions_run_while_every_token_is_taken(on: &Flavour) {
    let _turn = many_threads();
    let ran = Arc::new(AtomicUsize::new(0));
    on.run(async {
        let open = Event::new();
        let group = task_group(async |g| {
            let _open = open.set_on_drop();
            take_all_tokens(&g, &open, false).await;
            let inner = task_group(async |g| {
                for _ in 0..20 {
                    let ran = ran.clone();
                    g.spawn(exit_stack(|stack: ExitStack| async move {
                        for _ in 0..3 {
                            let ran = ran.clone();
                            stack.defer_blocking(move |_: Exit| {
                                thread::yield_now();
                                ran.fetch_add(1, SeqCst);
                            });
                        }
                    }));
                }
            });
            inner.await.expect("nobody cancels");
            assert_eq!(ran.load(SeqCst), 60);
        });
        group.await.expect("nobody cancels");
    });
}

/// TH9, FI3: hooks run on workers, not on the thread of their task, one after the other, last in first out.
pub fn th9_blocking_hooks_run_on_workers_in_their_order(on: &Flavour) {
    on.run(async {
        let (trace, here) = (Trace::new(), thread::current().id());
        exit_stack(async |stack: ExitStack| {
            for number in 0..4 {
                let noted = trace.clone();
                stack.defer_blocking(move |_: Exit| {
                    noted.push(format!("{number} begins"));
                    thread::yield_now();
                    let on_a_worker = thread::current().id() != here;
                    noted.push(format!("{number} ends, on a worker: {on_a_worker}"));
                });
            }
        })
        .await;
        let expected: Vec<_> = [3, 2, 1, 0]
            .into_iter()
            .flat_map(|number| {
                let ends = format!("{number} ends, on a worker: true");
                [format!("{number} begins"), ends]
            })
            .collect();
        assert_eq!(trace.take(), expected);
    });
}

/// TH9: a hook holds no token of the default limiter; a blocking call that it makes takes one, as any call does.
pub fn th9_a_hook_holds_no_token_and_its_calls_do(on: &Flavour) {
    on.run(async {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tell = seen.clone();
        exit_stack(async |stack: ExitStack| {
            stack.defer_blocking(move |_: Exit| {
                let borrowed = || default_limiter().statistics().borrowed;
                let before = borrowed();
                let inside = from_thread::run(async {
                    checkpoint().await;
                    run_in_threadpool(borrowed).await
                });
                let mut tell = tell.lock().expect("no panic");
                tell.extend([before, inside.expect("nobody cancels")]);
            });
        })
        .await;
        assert_eq!(*seen.lock().expect("no panic"), [0, 1]);
    });
}

/// TH9: where every token is taken, the hook runs and the call that it makes waits for its turn.
pub fn th9_the_call_of_a_hook_waits_for_a_token(on: &Flavour) {
    let _turn = many_threads();
    let trace = Trace::new();
    on.run(async {
        let open = Event::new();
        let group = task_group(async |g| {
            let _open = open.set_on_drop();
            let total = take_all_tokens(&g, &open, false).await;
            let (noted, release) = (trace.clone(), open.clone());
            g.spawn(async move {
                until_limiter(&default_limiter(), total, 1).await;
                noted.push("call waits");
                release.set();
            });
            let noted = trace.clone();
            exit_stack(async |stack: ExitStack| {
                stack.defer_blocking(move |_: Exit| {
                    noted.push("hook begins");
                    let call = run_in_threadpool(|| ());
                    from_thread::run(call).expect("nobody cancels");
                    noted.push("call ran");
                });
            })
            .await;
        });
        group.await.expect("nobody cancels");
    });
    assert_eq!(trace.take(), ["hook begins", "call waits", "call ran"]);
}
