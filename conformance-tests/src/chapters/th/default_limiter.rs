//! TH4: the limiter that a call uses when it names none.

use super::Gate;
use crate::harness::*;

/// TH4: forty tokens, the same limiter by either way.
pub fn th4_the_default_limiter_has_forty_tokens(on: &Flavour) {
    on.run(async {
        let limiter = default_thread_limiter().expect("a runtime is running");
        assert_eq!(limiter.total(), 40);
        assert_eq!(limiter.statistics().total, 40);
        let runtime = Runtime::current().expect("a runtime is running");
        assert_eq!(runtime.thread_limiter().total(), 40);
    });
}

/// TH4: a call without a limiter is counted by the default one, from every task of the runtime.
pub fn th4_a_call_borrows_from_the_default_limiter(on: &Flavour) {
    on.run(async {
        let gate = Gate::new();
        let group = task_group(async |g| {
            g.spawn(run_in_threadpool(gate.closure(|| ())));
            gate.started.wait().await;
            let limiter = default_thread_limiter().expect("a runtime is running");
            // Other tests may be using the runtime as well: at least one.
            assert!(limiter.statistics().borrowed >= 1);
            gate.open.set();
        });
        group.await.expect("nobody cancels");
    });
}

/// TH4: a named limiter is used instead of the default one, not beside it.
pub fn th4_another_limiter_leaves_the_default_one_alone(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(50);
        let gates: Vec<Gate> = (0..50).map(|_| Gate::new()).collect();
        let group = task_group(async |g| {
            for gate in &gates {
                g.spawn(run_in_threadpool(gate.closure(|| ())).limiter(&limiter));
            }
            // Fifty closures at work: forty tokens could not have let them through.
            for gate in &gates {
                gate.started.wait().await;
            }
            assert_eq!(limiter.statistics().borrowed, 50);
            gates.iter().for_each(|gate| gate.open.set());
        });
        group.await.expect("nobody cancels");
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}
