//! The current span goes with a blocking call, and with each batch of a stream.
//!
//! A binary with one test, since a subscriber is the process's.
#![cfg(all(feature = "tokio", feature = "tracing"))]

use anyrt::{Tokio, from_thread, iterate_in_threadpool, run, run_in_threadpool};
use futures_util::StreamExt;
use tracing::{Instrument, Span, info_span};
use tracing_subscriber::util::SubscriberInitExt;

fn name() -> Option<&'static str> {
    Span::current().metadata().map(|span| span.name())
}

#[test]
fn a_blocking_call_is_in_the_span_of_its_caller() {
    tracing_subscriber::registry().init();
    let seen = run(Tokio::multi_thread().worker_threads(1), async {
        let closure = || {
            (
                name(),
                from_thread::run(async { name() }).expect("a worker"),
            )
        };
        let outside = run_in_threadpool(closure).await;
        let work = async {
            let inside = run_in_threadpool(closure).await;
            let items: Vec<_> = iterate_in_threadpool((0..2).map(|_| name()))
                .collect()
                .await;
            (inside, items)
        };
        (outside, work.instrument(info_span!("request")).await)
    });
    let request = Some("request");
    let inside = ((request, request), vec![request, request]);
    assert_eq!(seen.expect("it runs"), ((None, None), inside));
}
