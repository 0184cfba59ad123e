//! What a test leaves is found at its end.

use anyrt::{default_thread_limiter, run_in_threadpool, sleep, sleep_forever, task_group};
use futures_util::{FutureExt, StreamExt};
use std::mem;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

#[anyrt::test]
async fn a_test_that_cleans_up_passes() {
    let group = task_group(async |g| {
        g.spawn(run_in_threadpool(|| ()));
        g.spawn(sleep_forever());
        sleep(Duration::from_millis(1)).await;
        g.cancel();
    });
    group.await.expect("its own cancel");
}

#[anyrt::test]
#[should_panic(expected = "1 tokens of the default limiter")]
async fn a_token_is_found() {
    mem::forget(default_thread_limiter().unwrap().acquire().await);
}

#[anyrt::test]
#[should_panic(expected = "group")]
async fn a_group_that_was_forgotten_is_found() {
    let mut group = Box::pin(task_group(async |g| {
        g.task().name("left behind").spawn(sleep_forever());
        sleep_forever().await;
    }));
    assert!(group.as_mut().now_or_never().is_none());
    mem::forget(group);
}

#[anyrt::test(backends = "tokio")]
#[should_panic(expected = "1 blocking calls")]
async fn a_closure_that_is_still_at_work_is_found() {
    let (release, wait) = channel::<()>();
    let call = run_in_threadpool(move || wait.recv()).abandon_on_cancel();
    let call = anyrt::move_on_after(Duration::from_millis(1), call);
    assert!(call.await.is_none());
    // The closure ends with the process.
    mem::forget(release);
}

#[anyrt::test(leaks)]
async fn a_test_may_say_that_it_leaves_something() {
    mem::forget(default_thread_limiter().unwrap().acquire().await);
}

#[anyrt::test(sim, seeds = 3)]
#[should_panic(expected = "tokens of the default limiter")]
async fn a_simulated_test_is_looked_at_too() {
    mem::forget(default_thread_limiter().unwrap().acquire().await);
}

/// An iterator that is slow to go.
struct Slow;

impl Iterator for Slow {
    type Item = ();

    fn next(&mut self) -> Option<()> {
        Some(())
    }
}

impl Drop for Slow {
    fn drop(&mut self) {
        thread::sleep(Duration::from_millis(20));
    }
}

/// The test's own group waits for what the test has dropped, before anybody looks.
#[anyrt::test]
async fn an_iterator_that_is_about_to_go_is_no_leak() {
    let mut stream = anyrt::iterate_in_threadpool(Slow);
    assert_eq!(stream.next().await, Some(()));
}
