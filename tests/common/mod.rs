//! Running one test on every compiled backend.

use std::future::Future;
use std::pin::Pin;

/// Runs a future to its end on one backend.
pub(crate) type Run = fn(Pin<Box<dyn Future<Output = ()>>>);

/// Calls `test` once for each compiled backend.
pub(crate) fn on_each_backend(test: impl Fn(Run)) {
    let backends: &[(&str, Run)] = &[
        #[cfg(feature = "tokio")]
        ("tokio", |main| {
            anyrt::run(anyrt::Tokio::multi_thread().worker_threads(2), main).expect("it runs");
        }),
        #[cfg(feature = "smol")]
        ("smol", |main| {
            anyrt::run(anyrt::Smol::threads(2), main).expect("it runs");
        }),
        #[cfg(feature = "async-std")]
        ("async-std", |main| {
            anyrt::run(anyrt::AsyncStd::new(), main).expect("it runs");
        }),
    ];
    for (name, run) in backends {
        println!("on {name}");
        test(*run);
    }
}
