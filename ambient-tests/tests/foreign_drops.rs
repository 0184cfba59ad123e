//! SC13: tokio's own ways of dropping a future, around a group under `run`.
//!
//! A child that is shielded when its group is dropped shows whether anything is lost: `run` may return only when it
//! has ended by itself.
#![cfg(feature = "tokio")]

use anyrt::{Report, Runner, Runtime, Tokio, shield, sleep_forever, task_group, yield_now};
use anyrt_ambient_tests::{Alive, in_time};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::Notify;

fn flavours() -> [Tokio; 2] {
    [
        Tokio::current_thread(),
        Tokio::multi_thread().worker_threads(2),
    ]
}

/// Who is alive, who got to its end, and the child's sign that it has started.
#[derive(Clone, Default)]
struct Stage {
    alive: Alive,
    ended: Arc<Mutex<Vec<&'static str>>>,
    started: Arc<Notify>,
}

impl Stage {
    fn note(&self, who: &'static str) {
        self.ended.lock().expect("nobody panics here").push(who);
    }

    /// A group that never ends by itself, with one child that is cancelled at once and one that must finish its part.
    async fn group(self) {
        let group = task_group(async move |group| {
            let (plain, shielded) = (self.clone(), self.clone());
            let stage = self.clone();
            group.defer(async move |_| stage.note("hook"));
            group.spawn(async move {
                let _guard = plain.alive.enter();
                sleep_forever().await;
            });
            group.spawn(async move {
                let _guard = shielded.alive.enter();
                shield(async {
                    shielded.started.notify_one();
                    for _ in 0..100 {
                        yield_now().await;
                    }
                    shielded.note("shielded child");
                })
                .await;
                sleep_forever().await;
            });
            sleep_forever().await;
        });
        let _ = group.await;
    }
}

/// Polls the group until its child says that it has started.
async fn until_started(group: &mut (impl Future<Output = ()> + Unpin), stage: &Stage) {
    tokio::select! {
        () = group => unreachable!("the group waits for ever"),
        () = stage.started.notified() => {}
    }
}

/// Runs `drops`, which drops the group of the stage, and checks that nothing is left and that the escape is told.
fn check(drops: impl AsyncFn(Stage) + Send + Clone + 'static) {
    for tokio in flavours() {
        let drops = drops.clone();
        in_time(move || {
            let stage = Stage::default();
            let reports = Arc::new(Mutex::new(Vec::new()));
            let told = reports.clone();
            let runner = Runner::new(tokio).on_report(move |report| {
                told.lock().expect("nobody panics here").push(report);
            });
            let counted = runner.run(async {
                drops(stage.clone()).await;
                Runtime::current()
                    .expect("run is here")
                    .statistics()
                    .foreign_drops
            });
            assert_eq!(counted.expect("tokio starts"), 1);
            assert_eq!(stage.alive.count(), 0);
            assert_eq!(*stage.ended.lock().unwrap(), ["shielded child", "hook"]);
            let reports = reports.lock().unwrap();
            assert!(
                matches!(reports[..], [Report::Escaped { .. }]),
                "{reports:?}"
            );
        });
    }
}

#[test]
fn sc13_select_drops_a_group() {
    check(async |stage| {
        tokio::select! {
            () = stage.clone().group() => unreachable!("the group waits for ever"),
            () = stage.started.notified() => {}
        }
    });
}

#[test]
fn sc13_a_tokio_timeout_drops_a_group() {
    check(async |stage| {
        let mut group = Box::pin(stage.clone().group());
        until_started(&mut group, &stage).await;
        let result = tokio::time::timeout(Duration::from_millis(1), group).await;
        assert!(result.is_err());
    });
}

#[test]
fn sc13_a_dropped_set_of_futures_drops_a_group() {
    check(async |stage| {
        let mut futures = futures_util::stream::FuturesUnordered::new();
        futures.push(stage.clone().group());
        tokio::select! {
            _ = futures_util::StreamExt::next(&mut futures) => unreachable!("the group waits for ever"),
            () = stage.started.notified() => {}
        }
        drop(futures);
    });
}

/// The group runs in a foreign task, which `run` does not own: the runtime does, and takes it down when `run` returns.
#[test]
fn sc13_an_aborted_task_drops_a_group() {
    for tokio in flavours() {
        in_time(move || {
            let stage = Stage::default();
            let counted = Runner::new(tokio).on_report(|_| ()).run(async {
                let task = tokio::spawn(stage.clone().group());
                stage.started.notified().await;
                task.abort();
                assert!(task.await.expect_err("it was aborted").is_cancelled());
                Runtime::current()
                    .expect("run is here")
                    .statistics()
                    .foreign_drops
            });
            assert_eq!(counted.expect("tokio starts"), 1);
            assert_eq!(stage.alive.count(), 0);
        });
    }
}

/// A group that is leaked is never dropped: `run` ends its children all the same.
#[test]
fn sc13_a_forgotten_group_does_not_outlive_run() {
    for tokio in flavours() {
        in_time(move || {
            let stage = Stage::default();
            let result = Runner::new(tokio).on_report(|_| ()).run(async {
                let mut group = Box::pin(stage.clone().group());
                until_started(&mut group, &stage).await;
                std::mem::forget(group);
            });
            result.expect("tokio starts");
            assert_eq!(stage.alive.count(), 0);
        });
    }
}
