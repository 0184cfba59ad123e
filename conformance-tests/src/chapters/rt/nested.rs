//! RT1: `run` refuses to start inside a runtime.

use crate::harness::*;

/// RT1: the error is of its own kind and tells what to do instead.
pub fn rt1_run_inside_a_run_is_an_error_that_names_the_remedy(on: &Flavour) {
    on.run(async {
        let error = on.try_run(async {}).expect_err("a runtime is running here");
        assert!(matches!(error, RunError::InsideRuntime { .. }), "{error:?}");
        let text = error.to_string();
        let remedies = ["await", "attach", "run_in_threadpool"];
        assert!(
            remedies.iter().any(|remedy| text.contains(remedy)),
            "no remedy in: {text}"
        );
    });
}

/// RT1: a task of a runtime is inside it, on whichever thread it is polled.
pub fn rt1_run_inside_a_child_is_an_error(on: &Flavour) {
    on.run(async {
        // Another thread must be able to use the flavour, which the child cannot borrow: a scoped child can.
        let group =
            local_task_group(async |g| g.spawn(async { on.try_run(async {}).is_err() }).await);
        assert!(
            group
                .await
                .expect("nobody cancels")
                .expect("nobody cancels")
        );
    });
}

/// RT1: the main future of a refused run is not touched.
pub fn rt1_the_refused_main_is_dropped_unpolled(on: &Flavour) {
    on.run(async {
        let (main, counter) = pending_counted();
        assert!(on.try_run(main).is_err());
        assert_eq!((counter.polls(), counter.drops()), (0, 1));
    });
}

/// RT1: who tried goes on where it was: same task, same region, same runtime.
pub fn rt1_a_refused_run_leaves_the_task_as_it_was(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let before = current_task().map(|task| task.id());
        let result = scope
            .run(async {
                assert!(on.try_run(async {}).is_err());
                assert_eq!(current_task().map(|task| task.id()), before);
                checkpoint().await;
                handle.cancel();
                checkpoint().await;
            })
            .await;
        assert!(result.is_err());
    });
}
