//! RT2: finding the runtime from within and from outside.

use crate::harness::*;
use std::task::Waker;

fn here() -> String {
    let runtime = Runtime::current().expect("a runtime is running");
    runtime.backend_name().to_owned()
}

/// RT2: children, scopes, shields, cleanups and local children all find the runtime they run in.
pub fn rt2_every_part_of_a_run_finds_its_runtime(on: &Flavour) {
    on.run(async {
        let name = here();
        assert!(!name.is_empty());
        let group = task_group(async |g| {
            let grandchild = g.spawn(async {
                let group = task_group(async |g| g.spawn(async { here() }).await);
                group
                    .await
                    .expect("nobody cancels")
                    .expect("nobody cancels")
            });
            vec![
                grandchild.await.expect("nobody cancels"),
                shield(async { here() }).await,
                CancelScope::new()
                    .run(async { here() })
                    .await
                    .expect("nobody cancels"),
            ]
        });
        let mut names = group.await.expect("nobody cancels");
        let local = local_task_group(async |g| g.spawn(async { here() }).await);
        names.push(
            local
                .await
                .expect("nobody cancels")
                .expect("nobody cancels"),
        );
        finally(checkpoint(), async |_| {
            checkpoint().await;
            names.push(here());
        })
        .await;
        assert!(names.iter().all(|found| *found == name), "{names:?}");
    });
}

/// RT2: the handle is the way in for code on a thread that has no runtime of its own.
pub fn rt2_a_handle_of_the_runtime_works_on_a_plain_thread(on: &Flavour) {
    on.run(async {
        let runtime = Runtime::current().expect("a runtime is running");
        let (name, total) = on_thread(|| {
            let name = runtime.backend_name();
            (name, runtime.thread_limiter().total())
        });
        assert_eq!((name.to_owned(), total), (here(), 40));
    });
}

/// RT2: scopes without a deadline, shields and finalizers work where no runtime is.
pub fn rt2_what_needs_no_runtime_runs_on_a_plain_thread(_on: &Flavour) {
    on_thread(|| {
        let trace = Trace::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut fut = pin!(async {
            let result = scope
                .run(finally(
                    async {
                        shield(async { handle.cancel() }).await;
                        checkpoint().await;
                        trace.push("not reached");
                    },
                    async |exit| {
                        trace.push(format!("cleanup {}", matches!(exit, Exit::Cancelled(_))))
                    },
                ))
                .await;
            trace.push(format!("cancelled {}", result.is_err()));
        });
        let mut cx = Context::from_waker(Waker::noop());
        // The scope needs no wake: it is cancelled before its body first waits.
        while fut.as_mut().poll(&mut cx).is_pending() {}
        assert_eq!(trace.take(), ["cleanup true", "cancelled true"]);
    });
}
