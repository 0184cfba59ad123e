//! A runtime that is shut down under a group: nothing hangs, nothing is left, handles say so.
#![cfg(feature = "tokio")]

use anyrt::{TaskError, TaskHandle, TaskStatus, Tokio, attach, shield, sleep_forever, task_group};
use anyrt_ambient_tests::{Alive, in_time};
use std::future::pending;
use std::pin::Pin;
use std::thread;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

const CHILDREN: usize = 3;

fn runtimes() -> [Runtime; 2] {
    let one = Builder::new_current_thread().enable_all().build();
    let many = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    [one.expect("tokio starts"), many.expect("tokio starts")]
}

/// A group with children of every kind, which hands out their handles when all of them are at work.
async fn group(alive: Alive, started: UnboundedSender<TaskHandle<()>>) {
    let _guard = alive.enter();
    let group = task_group(async move |group| {
        let children: [Pin<Box<dyn Future<Output = ()> + Send>>; CHILDREN] = [
            Box::pin(sleep_forever()),
            Box::pin(shield(pending())),
            Box::pin(async {
                let nested = task_group(async |group| {
                    group.spawn(sleep_forever());
                    sleep_forever().await;
                });
                let _ = nested.await;
            }),
        ];
        for child in children {
            let guard = alive.enter();
            let (working, wait) = oneshot::channel();
            let handle = group.spawn(async move {
                let _guard = guard;
                working.send(()).expect("the body waits");
                child.await;
            });
            wait.await.expect("the child starts");
            started.send(handle).expect("the test listens");
        }
        sleep_forever().await;
    });
    let _ = group.await;
}

/// Starts a group in a task of the runtime; returns the children's handles.
fn start(runtime: &Runtime, alive: &Alive, attached: bool) -> Vec<TaskHandle<()>> {
    let (started, mut handles) = unbounded_channel();
    let group = group(alive.clone(), started);
    let work: Pin<Box<dyn Future<Output = ()> + Send>> = if attached {
        Box::pin(attach(Tokio::from_handle(runtime.handle().clone()), group))
    } else {
        Box::pin(group)
    };
    runtime.spawn(work);
    runtime.block_on(async {
        let mut working = Vec::new();
        while working.len() < CHILDREN {
            working.push(handles.recv().await.expect("the group runs"));
        }
        working
    })
}

#[test]
fn rt2_a_dropped_runtime_takes_a_running_group_with_it() {
    for attached in [false, true] {
        for runtime in runtimes() {
            in_time(move || {
                let alive = Alive::new();
                let handles = start(&runtime, &alive, attached);
                drop(runtime);
                assert_eq!(alive.count(), 0);
                assert_cancelled(handles);
            });
        }
    }
}

#[test]
fn rt2_a_runtime_shut_down_in_the_background_takes_a_running_group_with_it() {
    for attached in [false, true] {
        for runtime in runtimes() {
            in_time(move || {
                let alive = Alive::new();
                let handles = start(&runtime, &alive, attached);
                runtime.shutdown_background();
                // Its threads end in their own time.
                while alive.count() > 0 {
                    thread::yield_now();
                }
                assert_cancelled(handles);
            });
        }
    }
}

/// Who holds a handle is told, wherever it waits.
fn assert_cancelled(handles: Vec<TaskHandle<()>>) {
    let other = Builder::new_current_thread().build().expect("tokio starts");
    for handle in handles {
        assert_eq!(other.block_on(handle.wait()), TaskStatus::Cancelled);
        let result = other.block_on(handle);
        assert!(matches!(result, Err(TaskError::Cancelled(_))), "{result:?}");
    }
}

/// A child spawned after the shutdown has nowhere to run: it is cancelled, not lost.
#[test]
fn rt2_a_spawn_on_a_runtime_that_is_gone_gives_a_cancelled_handle() {
    for runtime in runtimes() {
        in_time(move || {
            let backend = Tokio::from_handle(runtime.handle().clone());
            drop(runtime);
            let other = Builder::new_current_thread().build().expect("tokio starts");
            let alive = Alive::new();
            let guard = alive.enter();
            let group = attach(
                backend,
                task_group(async move |group| {
                    let handle = group.spawn(async move {
                        let _guard = guard;
                        sleep_forever().await;
                    });
                    handle.wait().await
                }),
            );
            let status = other.block_on(group).expect("nobody cancels the group");
            assert_eq!(status, TaskStatus::Cancelled);
            assert_eq!(alive.count(), 0);
        });
    }
}

/// Says on which thread it was dropped.
struct Tells(std::sync::mpsc::Sender<thread::ThreadId>);

impl Drop for Tells {
    fn drop(&mut self) {
        // A test that has ended does not want to know.
        let _ = self.0.send(thread::current().id());
    }
}

/// TH3, TH6: a closure at work when its runtime goes away learns of it, drops its value on its own thread, and waits
/// for nothing that will never come.
#[test]
fn th3_a_closure_outlives_its_runtime() {
    in_time(|| {
        for runtime in runtimes() {
            let (started, begun) = std::sync::mpsc::channel();
            let (gone, told) = std::sync::mpsc::channel::<()>();
            let (dropped, where_dropped) = std::sync::mpsc::channel();
            let (ended, end) = std::sync::mpsc::channel();
            runtime.spawn(anyrt::run_in_threadpool(move || {
                let value = Tells(dropped);
                started
                    .send(thread::current().id())
                    .expect("the test waits");
                // Until the runtime is on its way out: its threads drop the caller in their own time.
                let _ = told.recv();
                let waited = anyrt::from_thread::run(sleep_forever());
                let cancelled = anyrt::from_thread::is_cancelled();
                ended
                    .send((cancelled.ok(), waited.is_err()))
                    .expect("the test waits");
                value
            }));
            let worker = match &runtime.handle().runtime_flavor() {
                // Somebody has to poll the task.
                tokio::runtime::RuntimeFlavor::CurrentThread => runtime.block_on(async {
                    loop {
                        match begun.try_recv() {
                            Ok(worker) => break worker,
                            Err(_) => tokio::task::yield_now().await,
                        }
                    }
                }),
                _ => begun.recv().expect("the closure runs"),
            };
            runtime.shutdown_background();
            drop(gone);
            assert_eq!(end.recv().expect("the closure ends"), (Some(true), true));
            assert_eq!(where_dropped.recv().expect("the value is dropped"), worker);
        }
    });
}

/// TH1, TH8: calls on a runtime that is gone do not hang: the closure and the iterator are dropped unrun.
#[test]
fn th1_what_is_sent_to_a_runtime_that_is_gone_is_dropped() {
    in_time(|| {
        let runtime = Builder::new_current_thread().build().expect("tokio starts");
        let backend = Tokio::from_handle(runtime.handle().clone());
        drop(runtime);
        let (dropped, where_dropped) = std::sync::mpsc::channel();
        let (value, again) = (Tells(dropped.clone()), Tells(dropped));
        let panic_of = |work: Pin<Box<dyn Future<Output = ()> + '_>>| {
            let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                futures_util::future::FutureExt::now_or_never(work)
            }));
            caught
                .expect_err("it cannot run")
                .downcast::<String>()
                .expect("a text")
        };
        let call = attach(
            backend.clone(),
            anyrt::run_in_threadpool(move || drop(value)),
        );
        assert!(panic_of(Box::pin(call)).contains("has shut down"));
        let items = std::iter::repeat_with(move || again.0.clone());
        let stream = anyrt::iterate_in_threadpool(items);
        let count = futures_util::StreamExt::count(stream);
        let count = attach(backend, async { assert_eq!(count.await, 0) });
        assert!(panic_of(Box::pin(count)).contains("has shut down"));
        for _ in 0..2 {
            where_dropped.recv().expect("both are dropped");
        }
    });
}

/// TH8: streams that wait for a token when their runtime goes are dropped one after another, however many they are.
#[test]
fn th8_a_long_queue_on_a_runtime_that_is_gone_does_not_recurse() {
    in_time(|| {
        let runtime = Builder::new_current_thread().build().expect("tokio starts");
        let backend = Tokio::from_handle(runtime.handle().clone());
        let limiter = anyrt::CapacityLimiter::new(1);
        let token = limiter.try_acquire().expect("it is free");
        let alive = Alive::new();
        let streams = runtime.block_on(attach(backend, async {
            let mut streams = Vec::new();
            while streams.len() < 20_000 {
                let guard = alive.enter();
                let items = std::iter::repeat_with(move || {
                    let _alive = &guard;
                });
                let mut stream = anyrt::iterate_in_threadpool(items).limiter(&limiter);
                let next = futures_util::StreamExt::next(&mut stream);
                assert!(futures_util::FutureExt::now_or_never(next).is_none());
                streams.push(stream);
                anyrt::checkpoint().await;
            }
            streams
        }));
        drop(runtime);
        assert_eq!(
            (limiter.statistics().waiting, alive.count()),
            (20_000, 20_000)
        );
        drop(token);
        assert_eq!((limiter.statistics().borrowed, alive.count()), (0, 0));
        drop(streams);
    });
}
