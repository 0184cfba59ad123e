//! `attach`: a root of its own inside a runtime that belongs to somebody else, and what is kept of such a runtime.
#![cfg(feature = "tokio")]

use anyrt::{
    CancelScope, Runner, Runtime, Tokio, attach, default_thread_limiter, finally,
    run_in_threadpool, shield, sleep_forever, task_group,
};
use anyrt_ambient_tests::{Alive, in_time};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::task::Poll;
use tokio::sync::Notify;

fn plain() -> tokio::runtime::Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build().expect("tokio starts")
}

/// What is around an attached root does not cancel it, and waits until all below it has ended.
#[test]
fn fi1_a_cancel_around_an_attached_root_waits_for_it() {
    in_time(|| {
        let cleaned = AtomicBool::new(false);
        let ran = Runner::new(Tokio::current_thread()).run(async {
            let scope = CancelScope::new();
            let (outer, inner) = (scope.handle(), CancelScope::new());
            let stop = inner.handle();
            let backend = Tokio::current().expect("tokio runs this");
            let attached = attach(backend, async {
                let body = finally(sleep_forever(), async |_| cleaned.store(true, SeqCst));
                assert!(inner.run(body).await.is_err(), "only its own scope ends it");
            });
            let cancel = shield(async {
                tokio::task::yield_now().await;
                outer.cancel();
                tokio::task::yield_now().await;
                assert!(!cleaned.load(SeqCst));
                stop.cancel();
            });
            let _ = scope
                .run(async { futures_util::join!(attached, cancel) })
                .await;
            Runtime::current().expect("inside").statistics()
        });
        let statistics = ran.expect("tokio starts");
        assert!(cleaned.load(SeqCst));
        assert_eq!(
            (statistics.lost_finalizers, statistics.foreign_drops),
            (0, 0)
        );
    });
}

/// What escapes from one guest of a runtime is not for another guest to wait for.
#[test]
fn sc13_an_attached_root_does_not_adopt_what_others_drop() {
    in_time(|| {
        let runtime = plain();
        let let_go = Notify::new();
        let alive = Alive::new();
        runtime.block_on(async {
            let backend = || Tokio::current().expect("tokio runs this");
            let (first, second) = (alive.enter(), Notify::new());
            let mut dropped = Box::pin(attach(backend(), async {
                task_group(async move |g| {
                    g.spawn(shield(async move {
                        let _first = first;
                        pending::<()>().await;
                    }));
                    pending::<()>().await;
                })
                .await
            }));
            let mut other = pin!(attach(backend(), second.notified()));
            poll_fn(|cx| {
                assert!(dropped.as_mut().poll(cx).is_pending());
                assert!(other.as_mut().poll(cx).is_pending());
                Poll::Ready(())
            })
            .await;
            tokio::task::yield_now().await;
            drop(dropped);
            second.notify_one();
            // It would wait for ever for the shielded child of the other one.
            other.await;
            assert_eq!(alive.count(), 1);
            let_go.notify_one();
        });
        drop(runtime);
        assert_eq!(alive.count(), 0);
    });
}

/// A blocking call on a runtime that has shut down says so instead of waiting for ever.
#[test]
fn rt2_a_blocking_call_on_a_runtime_that_is_gone_panics() {
    in_time(|| {
        let runtime = plain();
        let backend = Tokio::from_handle(runtime.handle().clone());
        drop(runtime);
        let other = plain();
        let call = attach(backend, run_in_threadpool(|| ()));
        let call = std::panic::AssertUnwindSafe(call);
        let caught = other.block_on(futures_util::FutureExt::catch_unwind(call));
        let payload = caught.expect_err("nobody runs the closure");
        let message = payload.downcast_ref::<String>().expect("a text");
        assert!(message.contains("has shut down"), "{message}");
    });
}

/// How many file descriptors this process has.
#[cfg(target_os = "linux")]
fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").expect("linux").count()
}

/// Runtimes that come and go leave nothing behind, however they were used. A process of its own would be surer; the
/// margin is for the other tests of this one.
#[test]
#[cfg(target_os = "linux")]
fn rt2_a_runtime_that_was_only_found_is_forgotten() {
    let before = descriptors();
    for _ in 0..100 {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("tokio starts");
        assert_eq!(runtime.block_on(run_in_threadpool(|| 1)), 1);
    }
    let after = descriptors();
    assert!(after < before + 60, "{before} before, {after} after");
}

/// What was counted on a runtime is still known when others have come and gone.
#[test]
fn rt2_the_counts_of_a_runtime_that_was_found_are_kept() {
    in_time(|| {
        let runtime = plain();
        runtime.block_on(async {
            let mut group = Box::pin(task_group(async |g| {
                g.spawn(pending::<()>());
                pending::<()>().await;
            }));
            let pending = poll_fn(|cx| Poll::Ready(group.as_mut().poll(cx).is_pending()));
            assert!(pending.await);
        });
        for _ in 0..3 {
            plain().block_on(run_in_threadpool(|| ()));
        }
        let count = || {
            Runtime::current()
                .expect("tokio runs this")
                .statistics()
                .foreign_drops
        };
        assert_eq!(runtime.block_on(async { count() }), 1);
    });
}

/// How many threads may block at once on a runtime is still as it was set when others have come and gone.
#[test]
fn rt2_the_limit_of_a_runtime_that_was_found_is_kept() {
    in_time(|| {
        let runtime = plain();
        let limiter = || default_thread_limiter().expect("tokio runs this");
        runtime.block_on(async { limiter().set_total(3) });
        for _ in 0..3 {
            plain().block_on(run_in_threadpool(|| ()));
        }
        assert_eq!(runtime.block_on(async { limiter().total() }), 3);
    });
}

/// A runtime that is gone is let go of when the next one is found, although its limiter was used.
#[test]
fn rt2_a_runtime_that_is_gone_is_let_go_of() {
    in_time(|| {
        let kept = Arc::new(());
        let seen = Arc::downgrade(&kept);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            // Whoever has a handle of the runtime keeps this.
            .on_thread_stop(move || drop(kept.clone()))
            .build()
            .expect("tokio starts");
        runtime.block_on(run_in_threadpool(|| ()));
        drop(runtime);
        plain().block_on(run_in_threadpool(|| ()));
        assert!(seen.upgrade().is_none());
    });
}

/// RT1, TH6: an attached root that ends inside a `run` ends nothing of that.
#[test]
fn th6_an_attached_root_that_ends_leaves_the_waits_of_the_run_alone() {
    in_time(|| {
        let ran = anyrt::run(Tokio::multi_thread().worker_threads(1), async {
            let gate = std::sync::Arc::new(Notify::new());
            let (inside, opened) = (gate.clone(), Notify::new());
            let waiting = run_in_threadpool(move || {
                anyrt::from_thread::run(async { inside.notified().await })
            });
            let attached = async {
                let backend = Tokio::current().expect("tokio runs this");
                attach(backend, async {}).await;
                opened.notify_one();
            };
            let after = async {
                opened.notified().await;
                let later = run_in_threadpool(|| anyrt::from_thread::run(async { 7 }));
                assert_eq!(later.await.ok(), Some(7));
                gate.notify_one();
            };
            let (waited, (), ()) = futures_util::join!(waiting, attached, after);
            assert!(waited.is_ok());
        });
        ran.expect("tokio starts");
    });
}
