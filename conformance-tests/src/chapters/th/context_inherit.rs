//! TH4: context values: who inherits them, from whom and when.

use super::portal::{on_plain_thread, open};
use crate::harness::*;
use anyrt::{ContextLocal, Portal, from_thread};
use futures_util::{StreamExt, join};
use std::iter;

static USER: ContextLocal<String> = ContextLocal::new();

/// Who the current user is.
fn user() -> String {
    USER.get().unwrap_or_else(|| "nobody".to_owned())
}

/// Runs `fut` for this user.
fn as_user<F: Future>(name: &'static str, fut: F) -> impl Future<Output = F::Output> {
    USER.scope(name.to_owned(), fut)
}

/// TH4: a child has the values of the moment of its spawn, whatever becomes of the spawner's scope.
pub fn th4_a_child_inherits_the_context_of_its_spawn(on: &Flavour) {
    on.run(async {
        let go = Event::new();
        let group = task_group(async |g| {
            let _go = go.set_on_drop();
            let child = as_user("ann", async {
                let wait = go.wait();
                g.spawn(async move {
                    let first = user();
                    wait.await;
                    checkpoint().await;
                    (first, user())
                })
            })
            .await;
            assert_eq!(user(), "nobody");
            go.set();
            child.await.expect("nobody cancels")
        });
        let seen = group.await.expect("nobody cancels");
        assert_eq!(seen, ("ann".to_owned(), "ann".to_owned()));
    });
}

/// TH4: a task that was spawned before does not learn what its spawner sets later, nor the other way round.
pub fn th4_a_task_spawned_before_the_scope_inherits_nothing(on: &Flavour) {
    on.run(async {
        let go = Event::new();
        let group = task_group(async |g| {
            let _go = go.set_on_drop();
            let wait = go.wait();
            let early = g.spawn(async move {
                wait.await;
                let own = as_user("bob", async {
                    yield_once().await;
                    user()
                });
                let before = user();
                (before, own.await)
            });
            as_user("ann", async {
                go.set();
                let seen = early.await.expect("nobody cancels");
                assert_eq!(seen, ("nobody".to_owned(), "bob".to_owned()));
                assert_eq!(user(), "ann");
            })
            .await;
        });
        group.await.expect("nobody cancels");
    });
}

/// TH4: what is inherited goes on to the children's children, and what a child sets for its own only.
pub fn th4_a_grandchild_inherits_the_context_of_its_parent(on: &Flavour) {
    on.run(async {
        let group = as_user(
            "ann",
            task_group(async |g| {
                let child = g.spawn(async {
                    let inner = task_group(async |g| {
                        let plain = g.spawn(async { user() });
                        let other = as_user("bob", async { g.spawn(async { user() }) }).await;
                        let plain = plain.await.expect("nobody cancels");
                        (plain, other.await.expect("nobody cancels"))
                    });
                    inner.await.expect("nobody cancels")
                });
                let sibling = g.spawn(async { user() });
                let (plain, other) = child.await.expect("nobody cancels");
                [plain, other, sibling.await.expect("nobody cancels")]
            }),
        );
        let seen = group.await.expect("nobody cancels");
        assert_eq!(seen, ["ann", "bob", "ann"]);
    });
}

/// TH4: who spawns counts, not where the group was opened.
pub fn th4_the_context_is_that_of_the_spawner_and_not_of_the_group(on: &Flavour) {
    on.run(async {
        let (slot, leave) = (Arc::new(Mutex::new(None)), Event::new());
        let host = as_user(
            "host",
            task_group(async |g| {
                *slot.lock().expect("no panic") = Some(g.clone());
                leave.wait().await;
                g.spawn(async { user() }).await.expect("nobody cancels")
            }),
        );
        let spawner = async {
            let _leave = leave.set_on_drop();
            until(|| slot.lock().expect("no panic").is_some()).await;
            let group: TaskGroup = slot.lock().expect("no panic").take().expect("just seen");
            let plain = group.spawn(async { user() }).await;
            let other = as_user("ann", async { group.spawn(async { user() }).await });
            let other = other.await.expect("nobody cancels");
            (plain.expect("nobody cancels"), other)
        };
        let (by_host, (plain, other)) = join!(host, spawner);
        assert_eq!(by_host.expect("nobody cancels"), "host");
        assert_eq!((plain.as_str(), other.as_str()), ("nobody", "ann"));
    });
}

/// TH4, ST1, TG12: the same for a task that is started, and for the children of a local group.
pub fn th4_started_and_local_children_inherit_the_context(on: &Flavour) {
    on.run(async {
        let group = task_group(async |g| {
            let start = as_user("ann", async {
                let start = g.start(|started: Started<String>| async move {
                    started.set(user());
                    checkpoint().await;
                    user()
                });
                start.await
            });
            let (value, child) = start.await.expect("it starts");
            (value, child.await.expect("nobody cancels"))
        });
        let seen = group.await.expect("nobody cancels");
        assert_eq!(seen, ("ann".to_owned(), "ann".to_owned()));
        let local = local_task_group(async |g| {
            let before = g.spawn(async {
                yield_once().await;
                user()
            });
            let inside = as_user("bob", async { g.spawn(async { user() }) }).await;
            let before = before.await.expect("nobody cancels");
            (before, inside.await.expect("nobody cancels"))
        });
        let seen = local.await.expect("nobody cancels");
        assert_eq!(seen, ("nobody".to_owned(), "bob".to_owned()));
    });
}

/// TH4, TH6: a closure has the values of its caller; so has what it runs asynchronously, and what is spawned there.
pub fn th4_a_closure_inherits_the_context_of_its_caller(on: &Flavour) {
    on.run(async {
        let call = || {
            run_in_threadpool(|| {
                let closure = user();
                let inside = from_thread::run(async {
                    checkpoint().await;
                    let group = task_group(async |g| g.spawn(async { user() }).await);
                    let child = group.await.expect("nobody cancels");
                    let nested = run_in_threadpool(user).await;
                    let set = as_user("bob", async { user() }).await;
                    [user(), child.expect("nobody cancels"), nested, set]
                });
                (closure, inside.expect("nobody cancels"), user())
            })
        };
        let (closure, inside, after) = as_user("ann", async { call().await }).await;
        assert_eq!((closure.as_str(), after.as_str()), ("ann", "ann"));
        assert_eq!(inside, ["ann", "ann", "ann", "bob"]);
        let (closure, inside, after) = call().await;
        assert_eq!((closure.as_str(), after.as_str()), ("nobody", "nobody"));
        assert_eq!(inside, ["nobody", "nobody", "nobody", "bob"]);
        // The next closure on the same thread has nothing left over.
        let seen = as_user("cid", async {
            run_in_threadpool(user).abandon_on_cancel().await
        })
        .await;
        assert_eq!(seen, "cid");
        assert_eq!(run_in_threadpool(user).await, "nobody");
    });
}

/// TH4, TH8: the iterator that runs on workers has the values of its consumer.
pub fn th4_an_iterator_inherits_the_context_of_its_consumer(on: &Flavour) {
    on.run(async {
        let seen = as_user("ann", async {
            let stream = iterate_in_threadpool(iter::repeat_with(user).take(5)).buffer(2);
            stream.collect::<Vec<_>>().await
        });
        assert_eq!(seen.await, ["ann"; 5]);
    });
}

/// TH4: hooks belong to the host of their stack or group and run with the host's values, whoever deferred them.
pub fn th4_hooks_have_the_context_of_their_host(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let note = |what: &'static str| {
            let noted = trace.clone();
            move || noted.push(format!("{what}: {}", user()))
        };
        let stack = async |stack: ExitStack| {
            as_user("ann", async {
                let (first, second) = (note("blocking"), note("async"));
                stack.defer_blocking(move |_: Exit| first());
                stack.defer(async move |_: Exit| second());
            })
            .await;
        };
        as_user("host", async { exit_stack(stack).await }).await;
        let group = task_group(async |g| {
            as_user("ann", async {
                let (first, second) = (note("blocking"), note("async"));
                g.defer_blocking(move |_: Exit| first());
                g.defer(async move |_: Exit| second());
            })
            .await;
        });
        group.await.expect("nobody cancels");
    });
    assert_eq!(
        trace.take(),
        [
            "async: host",
            "blocking: host",
            "async: nobody",
            "blocking: nobody"
        ]
    );
}

/// TH4, TH10: a plain thread has no values, so what it calls through a portal has none, whoever opened the portal.
pub fn th4_a_call_of_a_plain_thread_inherits_nothing(on: &Flavour) {
    let flavour = on.clone();
    let (thread, seen) = on.run(as_user(
        "ann",
        run_in_threadpool(move || {
            let portal = open(&flavour);
            on_thread(|| {
                let spawned = portal.spawn(async { user() });
                let spawned = spawned.expect("the portal is open").wait();
                let called = portal.call(async { user() });
                let own = portal.call(as_user("bob", async { user() }));
                let seen = [spawned, called, own].map(|name| name.expect("nobody cancels"));
                (user(), seen)
            })
        }),
    ));
    assert_eq!(thread, "nobody");
    assert_eq!(seen, ["nobody", "nobody", "bob"]);
}

/// TH4, TH10: the same for a thread that calls into a group, whatever the host of the group has set.
pub fn th4_a_call_into_a_group_does_not_inherit_from_its_host(on: &Flavour) {
    on.run(as_user("host", async {
        let group = task_group(async |g| {
            let (portal, done) = (Portal::of(&g), Event::new());
            let end = done.set_on_drop();
            let thread = start_thread(move || {
                let _end = end;
                portal.call(async { user() }).expect("the group is open")
            });
            done.wait().await;
            thread.join().expect("no panic")
        });
        assert_eq!(group.await.expect("nobody cancels"), "nobody");
    }));
    assert_eq!(on_plain_thread(on, user), "nobody");
}
