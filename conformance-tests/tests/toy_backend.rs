//! The suite on the toy backend, which is also the smallest example of a backend outside this workspace.
// A backend has threads of its own.
#![allow(clippy::disallowed_methods)]

#[path = "toy/refusing.rs"]
mod refusing;
#[path = "toy/shifted.rs"]
mod shifted;
mod toy;

use anyrt::{CancelScope, CapacityLimiter, run_in_threadpool, task_tree};
use futures_util::FutureExt;
use refusing::Refusing;
use shifted::Shifted;
use std::panic::AssertUnwindSafe;
use std::time::Duration;
use toy::Toy;

anyrt_conformance::suite!(one_worker, || Toy(1));
anyrt_conformance::suite!(four_workers, || Toy(4));

const HOUR: Duration = Duration::from_secs(3600);

// RT4: a backend may have a clock of its own. Read by the clock of std anywhere, its deadlines would pass at once.
anyrt_conformance::suite!(clock_an_hour_ahead, || Shifted::ahead(HOUR), [dl, rt]);

// TH1: a call that its pool refuses unwinds where it is awaited; it holds no region, keeps no token and is in no tree.
#[test]
fn a_call_that_its_pool_refuses_leaves_nothing_behind() {
    let ran = anyrt::run(Refusing, async {
        let limiter = CapacityLimiter::new(1);
        let scope = CancelScope::new();
        let handle = scope.handle();
        let ended = scope.run(async {
            for abandons in [false, true] {
                let mut call = run_in_threadpool(|| ()).limiter(&limiter);
                if abandons {
                    call = call.abandon_on_cancel();
                }
                let refused = AssertUnwindSafe(call).catch_unwind().await;
                assert!(refused.is_err(), "the pool takes no job");
                assert_eq!(limiter.statistics().borrowed, 0);
                let tree = task_tree().expect("a runtime is running").to_string();
                assert!(!tree.contains("run_in_threadpool"), "{tree}");
            }
            handle.cancel();
            std::future::pending::<()>().await;
        });
        assert!(ended.await.is_err(), "nothing holds the scope");
    });
    assert!(ran.is_ok());
}
