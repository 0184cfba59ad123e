//! A library that knows no runtime.
//!
//! It stands for any library built on anyrt: it depends on the crate without a backend feature, spawns, sleeps, gives
//! up, blocks and cleans up, and asks its caller for nothing. The ambient tests run it in every host there is.

#![forbid(unsafe_code)]

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use anyrt::{
    Exit, Started, finally, move_on_after, run_in_threadpool, sleep, sleep_forever, task_group,
};

/// What [`work`] saw and did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// The name of the runtime it found.
    pub backend: &'static str,
    /// The squares of 1 to 5, each computed by a child of its own on another thread.
    pub squares: Vec<u64>,
    /// What the service answered.
    pub answer: String,
    /// Whether a wait without end was given up.
    pub gave_up: bool,
    /// What happened, in order, when the work was cut short.
    pub cleanup: Vec<&'static str>,
}

impl Report {
    /// The report that every host must get.
    pub fn expected(backend: &'static str) -> Self {
        Self {
            backend,
            squares: vec![1, 4, 9, 16, 25],
            answer: "ready: hello".to_owned(),
            gave_up: true,
            cleanup: vec!["child ended", "cleaned up after a cancel"],
        }
    }
}

/// Does some of everything.
pub async fn work() -> Report {
    let backend = anyrt::Runtime::current().map_or("none", |runtime| runtime.backend_name());
    Report {
        backend,
        squares: squares(5).await,
        answer: answer("hello").await,
        gave_up: give_up().await,
        cleanup: cleanup().await,
    }
}

/// Children that compute on threads, awaited through their handles.
async fn squares(count: u64) -> Vec<u64> {
    let group = task_group(async |group| {
        let here = thread::current().id();
        let children: Vec<_> = (1..=count)
            .map(|number| {
                group.spawn(async move {
                    sleep(Duration::from_millis(1)).await;
                    run_in_threadpool(move || {
                        assert_ne!(thread::current().id(), here);
                        number * number
                    })
                    .await
                })
            })
            .collect();
        let mut squares = Vec::new();
        for child in children {
            squares.push(child.await.expect("nobody cancels"));
        }
        squares
    });
    group.await.expect("nobody cancels")
}

/// A service that tells when it is ready and is stopped when it is no longer needed.
async fn answer(question: &str) -> String {
    let group = task_group(async |group| {
        let service = group.start(async |started: Started<&'static str>| {
            sleep(Duration::from_millis(1)).await;
            started.set("ready");
            sleep_forever().await;
        });
        let (state, service) = service.await.expect("the service starts");
        service.cancel();
        format!("{state}: {question}")
    });
    group.await.expect("only the service is cancelled")
}

/// A deadline around a wait that nothing else ends.
async fn give_up() -> bool {
    let waited = move_on_after(Duration::from_millis(1), sleep_forever());
    waited.await.is_none()
}

/// A cancel that a finalizer sees, after the group it interrupted has been unwound.
async fn cleanup() -> Vec<&'static str> {
    let log = Log::default();
    let child = log.clone();
    let body = task_group(async move |group| {
        group.spawn(finally(sleep_forever(), async move |_| {
            child.push("child ended");
        }));
        sleep_forever().await;
    });
    let hooked = finally(body, async |exit| {
        sleep(Duration::from_millis(1)).await;
        if let Exit::Cancelled(_) = exit {
            log.push("cleaned up after a cancel");
        }
    });
    let _ = move_on_after(Duration::from_millis(1), hooked).await;
    log.take()
}

/// What happened, in order.
#[derive(Clone, Debug, Default)]
struct Log(Arc<Mutex<Vec<&'static str>>>);

impl Log {
    fn push(&self, entry: &'static str) {
        self.0.lock().expect("nobody panics here").push(entry);
    }

    fn take(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.0.lock().expect("nobody panics here"))
    }
}
