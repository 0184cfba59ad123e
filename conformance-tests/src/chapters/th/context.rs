//! TH4: context values: where they are seen, and for how long.

use crate::harness::*;
use anyrt::ContextLocal;
use futures_util::join;
use std::{
    panic::resume_unwind,
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
};

static USER: ContextLocal<String> = ContextLocal::new();

static REQUEST: ContextLocal<u32> = ContextLocal::new();

static HELD: ContextLocal<DropProbe> = ContextLocal::new();

/// Who the current user is.
fn user() -> String {
    USER.get().unwrap_or_else(|| "nobody".to_owned())
}

/// Runs `fut` for this user.
fn as_user<F: Future>(name: &'static str, fut: F) -> impl Future<Output = F::Output> {
    USER.scope(name.to_owned(), fut)
}

/// TH4: a value is there inside its scope and nowhere else, as a clone and as a loan.
pub fn th4_a_context_value_is_seen_inside_its_scope(on: &Flavour) {
    assert_eq!(user(), "nobody");
    on.run(async {
        assert_eq!(USER.get(), None);
        let length = as_user("ann", async {
            assert_eq!(USER.get().as_deref(), Some("ann"));
            checkpoint().await;
            USER.with(|name| name.map(String::len))
        });
        assert_eq!(length.await, Some(3));
        assert_eq!(USER.with(|name| name.cloned()), None);
    });
    assert_eq!(user(), "nobody");
}

/// TH4: an inner scope hides the outer value while it runs, and brings nothing else back when it ends.
pub fn th4_a_nested_context_scope_hides_and_restores(on: &Flavour) {
    on.run(async {
        as_user("ann", async {
            let inner = as_user("bob", async {
                yield_once().await;
                let innermost = as_user("cid", async { user() }).await;
                (user(), innermost)
            });
            assert_eq!(user(), "ann");
            assert_eq!(inner.await, ("bob".to_owned(), "cid".to_owned()));
            assert_eq!(user(), "ann");
            checkpoint().await;
            assert_eq!(user(), "ann");
        })
        .await;
        assert_eq!(user(), "nobody");
    });
}

/// TH4: a scope that waits takes its value with it: who is polled in between does not see it.
pub fn th4_a_waiting_context_scope_shows_its_value_to_nobody_else(on: &Flavour) {
    async fn is_always(name: &str) {
        for _ in 0..5 {
            assert_eq!(user(), name);
            yield_once().await;
            assert_eq!(user(), name);
            checkpoint().await;
        }
    }
    on.run(async {
        join!(
            as_user("ann", is_always("ann")),
            is_always("nobody"),
            as_user("bob", is_always("bob")),
        );
        let mut waiting = Box::pin(as_user("ann", yields(2)));
        while poll_once(&mut waiting).await.is_pending() {
            assert_eq!(user(), "nobody");
        }
        let mut dropped = Box::pin(as_user("bob", pending::<()>()));
        assert!(poll_once(&mut dropped).await.is_pending());
        drop(dropped);
        assert_eq!(user(), "nobody");
    });
}

/// TH4, SC10: a panic that leaves the scope restores what was there before.
pub fn th4_a_panic_restores_the_context(on: &Flavour) {
    fn unwinds(text: &'static str) {
        resume_unwind(Box::new(text))
    }
    on.run(async {
        as_user("ann", async {
            let inner = as_user("bob", async {
                yield_once().await;
                unwinds("inside");
            });
            assert_eq!(catch_async(inner).await, Err("inside".to_owned()));
            assert_eq!(user(), "ann");
            let lent = catch(|| USER.with(|_| unwinds("in the loan")));
            assert_eq!(lent, Err("in the loan".to_owned()));
            assert_eq!(user(), "ann");
        })
        .await;
        assert_eq!(user(), "nobody");
    });
}

/// TH4, FI2: a cancelled body is cleaned up after with the value that it had.
pub fn th4_a_cleanup_sees_the_context_of_its_scope(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        let body = as_user(
            "ann",
            finally(pending::<()>(), async |_| {
                yields(3).await;
                trace.push(user());
            }),
        );
        assert!(scope.run(body).await.is_err());
        assert_eq!(user(), "nobody");
        assert_eq!(trace.take(), ["ann"]);
    });
}

/// TH4: keys do not know of each other.
pub fn th4_two_context_keys_are_independent(on: &Flavour) {
    on.run(async {
        as_user("ann", async {
            assert_eq!(REQUEST.get(), None);
            let inner = REQUEST.scope(7, async {
                yield_once().await;
                assert_eq!((user().as_str(), REQUEST.get()), ("ann", Some(7)));
                as_user("bob", async {
                    assert_eq!((user().as_str(), REQUEST.get()), ("bob", Some(7)));
                })
                .await;
                REQUEST.scope(8, async { (user(), REQUEST.get()) }).await
            });
            assert_eq!(inner.await, ("ann".to_owned(), Some(8)));
            assert_eq!((user().as_str(), REQUEST.get()), ("ann", None));
        })
        .await;
    });
}

/// TH4: many tasks on the same threads, each with a value of its own, however often they wait.
pub fn th4_the_context_values_of_many_tasks_do_not_mix(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            for number in 0..20 {
                g.spawn(REQUEST.scope(number, async move {
                    for turn in 0..20 {
                        assert_eq!(REQUEST.get(), Some(number));
                        yields(turn % 3).await;
                        checkpoint().await;
                    }
                    let seen = run_in_threadpool(|| REQUEST.get()).await;
                    assert_eq!(seen, Some(number));
                }));
            }
            assert_eq!(REQUEST.get(), None);
        });
        group.await.expect("nobody cancels");
    });
}

/// TH4: nobody has to clone a value to use it, and it is dropped once, when the last who inherited it has ended.
pub fn th4_a_context_value_is_dropped_with_its_last_holder(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        let (release, seen) = (Event::new(), Arc::new(AtomicUsize::new(0)));
        let group = task_group(async |g| {
            let _release = release.set_on_drop();
            HELD.scope(DropProbe::new(&trace, "dropped"), async {
                for _ in 0..3 {
                    let (held, seen) = (release.wait(), seen.clone());
                    g.spawn(async move {
                        held.await;
                        seen.fetch_add(HELD.with(|value| usize::from(value.is_some())), SeqCst);
                    });
                }
                assert!(HELD.with(|value| value.is_some()));
            })
            .await;
            assert!(HELD.with(|value| value.is_none()));
            yields(5).await;
            assert_eq!(trace.snapshot(), Vec::<String>::new());
        });
        group.await.expect("nobody cancels");
        assert_eq!(seen.load(SeqCst), 3);
        until(|| trace.count("dropped") > 0).await;
        assert_eq!(trace.take(), ["dropped"]);
    });
}

/// TH4: a scope that nobody inherits from drops its value at its end, one that is never polled with itself.
pub fn th4_a_context_value_is_dropped_at_the_end_of_its_scope(on: &Flavour) {
    on.run(async {
        let trace = Trace::new();
        HELD.scope(DropProbe::new(&trace, "ended"), yields(2)).await;
        trace.push("after the scope");
        drop(HELD.scope(DropProbe::new(&trace, "not polled"), yields(2)));
        let cut = HELD.scope(DropProbe::new(&trace, "cancelled"), pending::<()>());
        assert!(move_on_after(Duration::ZERO, cut).await.is_none());
        let expected = ["ended", "after the scope", "not polled", "cancelled"];
        assert_eq!(trace.take(), expected);
    });
}
