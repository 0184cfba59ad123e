//! RT2: where no runtime is to be found, the error says which ones could be and what to do.
//!
//! With smol compiled in there always is one, its global executor: these tests are for builds without it. They run
//! with `--features tokio`, with `--features async-std` and with no feature at all.
#![cfg(not(feature = "smol"))]

use anyrt::{CancelScope, Runtime, run_in_threadpool, shield, sleep, task_group};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

/// Polls on this thread, where no runtime is.
fn poll<F: Future>(fut: F) -> Poll<F::Output> {
    pin!(fut).poll(&mut Context::from_waker(Waker::noop()))
}

/// The message with which the first poll of `fut` panics.
fn panic_of<F: Future>(fut: F) -> String {
    let result = catch_unwind(AssertUnwindSafe(|| poll(fut).is_ready()));
    let payload = result.expect_err("there is no runtime to be found");
    match payload.downcast::<String>() {
        Ok(text) => *text,
        Err(payload) => payload.downcast_ref::<&str>().expect("a text").to_string(),
    }
}

/// What every such message must tell.
fn assert_helpful(text: &str) {
    assert!(
        text.contains("anyrt::run") || text.contains("#[anyrt::main]"),
        "no remedy in: {text}"
    );
    let compiled = [
        (cfg!(feature = "tokio"), "tokio"),
        (cfg!(feature = "async-std"), "async-std"),
    ];
    for (_, name) in compiled.iter().filter(|(compiled, _)| *compiled) {
        assert!(text.contains(name), "no {name} in: {text}");
    }
    if compiled.iter().all(|(compiled, _)| !compiled) {
        assert!(text.contains("feature"), "no remedy in: {text}");
    }
}

#[test]
fn rt2_a_plain_thread_finds_no_runtime() {
    let error = Runtime::current().expect_err("there is no runtime to be found");
    assert_helpful(&error.to_string());
    assert!(anyrt::task_tree().is_none());
    assert!(anyrt::default_thread_limiter().is_err());
}

#[test]
fn rt2_what_needs_a_runtime_panics_with_the_same_text() {
    let text = Runtime::current()
        .expect_err("there is no runtime to be found")
        .to_string();
    let texts = [
        panic_of(sleep(Duration::from_secs(1))),
        panic_of(run_in_threadpool(|| ())),
        panic_of(task_group(async |group| drop(group.spawn(async {})))),
        panic_of(anyrt::move_on_after(
            Duration::from_secs(1),
            std::future::pending::<()>(),
        )),
    ];
    for found in texts {
        assert!(found.contains(&text), "{found}\ndoes not contain\n{text}");
    }
}

#[test]
fn rt2_scopes_and_shields_need_no_runtime() {
    let scope = CancelScope::new();
    scope.handle().cancel();
    assert!(matches!(
        poll(scope.run(std::future::pending::<()>())),
        Poll::Ready(Err(_))
    ));
    assert_eq!(poll(shield(async { 1 })), Poll::Ready(1));
}

#[cfg(feature = "tokio")]
#[test]
fn rt2_tokio_is_found_on_its_own_threads_only() {
    use anyrt::Tokio;
    assert!(Tokio::current().is_none());
    let tokio = tokio::runtime::Runtime::new().expect("tokio starts");
    tokio.block_on(async {
        let backend = Tokio::current().expect("tokio is running");
        assert_eq!(backend.name(), "tokio");
        assert_eq!(
            Runtime::current().expect("tokio is running").backend_name(),
            "tokio"
        );
    });
    assert!(Runtime::current().is_err());
}
