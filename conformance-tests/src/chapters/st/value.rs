//! `start` gives what the child set, and the handle of the child.

use futures_util::future::join_all;

use super::Slot;
use crate::harness::*;

/// ST1: the value that was set and the handle, which gives the child's own value at its end.
pub fn st1_start_gives_the_value_and_the_handle(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let (value, child) = g
                .start(|started: Started<&str>| async move {
                    yields(2).await;
                    started.set("ready");
                    yields(2).await;
                    7
                })
                .await
                .unwrap();
            (value, child.await.unwrap())
        })
        .await;
        assert_eq!(result.unwrap(), ("ready", 7));
    });
}

/// ST1: `start` returns at `set`, not at the end of the child.
pub fn st1_start_returns_while_the_child_goes_on(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let gate = Event::new();
            let open = gate.clone();
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    started.set(1);
                    open.wait().await;
                    2
                })
                .await
                .unwrap();
            assert_eq!(child.status(), TaskStatus::Running);
            gate.set();
            (value, child.await.unwrap())
        })
        .await;
        assert_eq!(result.unwrap(), (1, 2));
    });
}

/// ST1: a child that sets and ends without ever waiting.
pub fn st1_a_child_that_never_waits(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let start = g.start(|started: Started<u32>| async move {
                started.set(1);
                2
            });
            let (value, child) = start.await.unwrap();
            assert_eq!(child.wait().await, TaskStatus::Completed);
            (value, child.await.unwrap())
        })
        .await;
        assert_eq!(result.unwrap(), (1, 2));
    });
}

/// ST1: the value is moved: it need not be `Clone`, and it is dropped by whoever got it.
pub fn st1_the_value_is_moved(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let probe = DropProbe::new(&trace, "value gone");
            let (value, child) = g
                .start(|started: Started<DropProbe>| async move { started.set(probe) })
                .await
                .unwrap();
            child.await.unwrap();
            trace.push("child gone");
            drop(value);
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["child gone", "value gone"]);
    });
}

/// ST1: `Started` is `Send`: a plain thread may call `set`.
pub fn st1_a_thread_may_set(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let gate = Event::new();
            let open = gate.clone();
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    start_thread(move || started.set(1));
                    open.wait().await;
                    2
                })
                .await
                .unwrap();
            gate.set();
            (value, child.await.unwrap())
        })
        .await;
        assert_eq!(result.unwrap(), (1, 2));
    });
}

/// ST1: another task may call `set`.
pub fn st1_another_task_may_set(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let slot = Slot::new();
            let setter = slot.clone();
            g.spawn(async move { setter.take().await.set("from a sibling") });
            let (value, child) = g
                .start(|started: Started<&str>| async move {
                    slot.put(started);
                    yields(3).await;
                    pending::<()>().await;
                })
                .await
                .unwrap();
            child.cancel();
            assert_eq!(child.wait().await, TaskStatus::Cancelled);
            value
        })
        .await;
        assert_eq!(result.ok(), Some("from a sibling"));
    });
}

/// ST1: a `start` that is never polled spawns nothing, and drops what it had captured.
pub fn st1_an_unpolled_start_spawns_nothing(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let (log, probe) = (trace.clone(), DropProbe::new(&trace, "captures gone"));
            drop(g.start(move |started: Started<()>| async move {
                let _probe = probe;
                log.push("child ran");
                started.set(());
            }));
            yields(5).await;
        })
        .await;
        trace.push("group left");
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["captures gone", "group left"]);
        let statistics = Runtime::current().unwrap().statistics();
        assert_eq!(statistics.foreign_drops, 0);
    });
    assert!(reports.is_empty(), "{reports:?}");
}

/// ST1: many starts at once each get the value of their own child.
pub fn st1_many_starts_at_once(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let starts = (0..40usize).map(|i| {
                g.start(move |started: Started<usize>| async move {
                    yields(i % 7).await;
                    started.set(i);
                    yields(i % 3).await;
                    i * i
                })
            });
            let mut values = Vec::new();
            for started in join_all(starts).await {
                let (value, child) = started.unwrap();
                values.push((value, child.await.unwrap()));
            }
            values
        })
        .await;
        let expected: Vec<_> = (0..40).map(|i| (i, i * i)).collect();
        assert_eq!(result.unwrap(), expected);
    });
}

/// ST1: a child starts a sibling; and a started child starts the next.
pub fn st1_a_started_child_starts_the_next(on: &Flavour) {
    on.run(async {
        let result = task_group(async |g| {
            let group = g.clone();
            let (depth, child) = g
                .start(|started: Started<u32>| async move {
                    let inner = group.start(|started: Started<u32>| async move {
                        yield_once().await;
                        started.set(1);
                        10
                    });
                    let (depth, inner) = inner.await.unwrap();
                    started.set(depth + 1);
                    inner.await.unwrap() + 100
                })
                .await
                .unwrap();
            (depth, child.await.unwrap())
        })
        .await;
        assert_eq!(result.unwrap(), (2, 110));
    });
}

/// ST1: through the builder a started child has a name, and may be a daemon that does not keep the group open.
pub fn st1_a_named_daemon_is_started(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let result = task_group(async |g| {
            let log = trace.clone();
            let (name, child) = g
                .task()
                .name("server")
                .daemon()
                .start(|started: Started<String>| async move {
                    started.set(current_task().unwrap().name().to_string());
                    finally(pending::<()>(), async move |_| log.push("server stopped")).await;
                })
                .await
                .unwrap();
            assert_eq!(name, "server");
            assert_eq!(child.name(), "server");
        })
        .await;
        assert!(result.is_ok());
        assert_eq!(trace.take(), ["server stopped"]);
    });
}

/// ST1: in a group whose children may fail, `start` gives value and handle in the same way.
pub fn st1_start_in_a_group_that_may_fail(on: &Flavour) {
    on.run(async {
        let result = try_task_group(async |g: TryTaskGroup<&str>| {
            let (value, child) = g
                .start(|started: Started<u32>| async move {
                    started.set(1);
                    Ok(2)
                })
                .await
                .unwrap();
            Ok((value, child.await.unwrap()))
        })
        .await;
        assert_eq!(result.unwrap(), (1, 2));
    });
}
