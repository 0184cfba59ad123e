//! SC15: code that foreign code runs has no context.

use super::{explicit, far};
use crate::harness::*;
use futures_util::join;

/// What code in a region sees of the regions around it.
fn seen() -> (Option<Instant>, bool) {
    (current_effective_deadline(), is_cancelled())
}

/// Runs `fut` as foreign code does: on a thread, with an executor, that anyrt knows nothing of.
async fn as_foreign_code<T: Send + 'static>(fut: impl Future<Output = T> + Send + 'static) -> T {
    let done = Event::new();
    let told = done.clone();
    let thread = start_thread(move || {
        let value = catch(|| block_on(fut));
        told.set();
        value
    });
    done.wait().await;
    let value = thread.join().expect("the panic was caught");
    value.unwrap_or_else(|message| panic!("foreign code panicked: {message}"))
}

/// SC15: foreign code has no context to ask.
pub fn sc15_foreign_code_has_no_context(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new().deadline(far(1));
        let handle = scope.handle();
        let value = scope
            .run(async {
                handle.cancel();
                // The shield keeps the wait for the thread, which is foreign too, from being dropped.
                shield(as_foreign_code(async {
                    yield_once().await;
                    (seen(), cancel_reason().is_none(), current_task().is_none())
                }))
                .await
            })
            .await;
        assert_eq!(value.expect("ready"), ((None, false), true, true));
    });
}

/// SC15: scopes, shields and finalizers work there.
pub fn sc15_scopes_work_in_foreign_code(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let noted = trace.clone();
        as_foreign_code(async move {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(finally(
                    async {
                        handle.cancel_with("foreign");
                        assert!(is_cancelled());
                        shield(async {
                            assert!(!is_cancelled());
                            yields(3).await;
                            noted.push("shield");
                        })
                        .await;
                        checkpoint().await;
                        noted.push("not reached");
                    },
                    async |_| {
                        yield_once().await;
                        noted.push("cleanup");
                    },
                ))
                .await;
            let cancelled = result.expect_err("the scope absorbs");
            assert_eq!(cancelled.reason().cause(), &explicit("foreign"));
            assert_eq!(cancelled.reason().by(), None);
            assert!(!is_cancelled());
            checkpoint().await;
        })
        .await;
        assert_eq!(trace.take(), ["shield", "cleanup"]);
    });
}

/// SC15: no cancel reaches foreign code from the task that spawned it; a handle given to it, or taken from it, does.
pub fn sc15_no_cancel_reaches_foreign_code_but_by_handle(on: &Flavour) {
    on.run(async {
        let spawner = CancelScope::new();
        let spawner_handle = spawner.handle();
        let own = CancelScope::new();
        let own_handle = own.handle();
        let inside = Event::new();
        let told = inside.clone();
        let cancelled = Event::new();
        let after = cancelled.clone();
        let (result, ()) = join!(
            spawner.run(shield(as_foreign_code(async move {
                told.set();
                after.wait().await;
                // The spawner is cancelled by now, and nothing of it shows here.
                assert!(!is_cancelled());
                checkpoint().await;
                own.run(pending::<()>()).await
            }))),
            async {
                inside.wait().await;
                spawner_handle.cancel();
                cancelled.set();
                own_handle.cancel_with("by handle");
            }
        );
        let inner = result.expect("a shielded value").expect_err("cancelled");
        assert_eq!(inner.reason().cause(), &explicit("by handle"));
    });
}

/// SC15: foreign code cancels a scope inside the runtime, and gives no task's name.
pub fn sc15_foreign_code_cancels_into_the_runtime(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (result, called) = join!(
            scope.run(pending::<()>()),
            as_foreign_code(async move { handle.cancel() })
        );
        assert!(called);
        let cancelled = result.expect_err("cancelled");
        assert_eq!(cancelled.reason().by(), None);
    });
}
