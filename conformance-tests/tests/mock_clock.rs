//! The suite on real runtimes under a clock that jumps: threads, but no time.
#![cfg(feature = "test-util")]

use anyrt::testing::MockClock;

#[cfg(feature = "tokio")]
anyrt_conformance::suite!(tokio_current_thread, || MockClock::new()
    .autojump()
    .on(anyrt::Tokio::current_thread()));
#[cfg(feature = "tokio")]
anyrt_conformance::suite!(tokio_4, || MockClock::new()
    .autojump()
    .on(anyrt::Tokio::multi_thread().worker_threads(4)));
#[cfg(feature = "smol")]
anyrt_conformance::suite!(smol_4, || MockClock::new()
    .autojump()
    .on(anyrt::Smol::threads(4)));
#[cfg(feature = "async-std")]
anyrt_conformance::suite!(async_std, || MockClock::new()
    .autojump()
    .on(anyrt::AsyncStd::new()));
