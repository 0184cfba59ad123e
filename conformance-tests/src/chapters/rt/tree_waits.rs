//! RT5: the task tree: who waits for what, and who has it.
//!
//! One test after the other about one rule, which makes the file longer than others.

use super::tree::{regions_named, tree};
use crate::harness::*;
use anyrt::stream::{broadcast_stream, latest};
use anyrt::sync::{Barrier, Condition, Lock, OnceCell, Semaphore, SingleFlight, promise};
use anyrt::{WaitsFor, sync};

/// Waits until the only region of this name waits for something of this kind.
async fn until_waits_for(name: &str, kind: &str) -> WaitsFor {
    let waits_for = || {
        let waits_for = regions_named(name).pop()?.waits_for;
        waits_for.filter(|waits_for| waits_for.kind == kind)
    };
    until(|| waits_for().is_some()).await;
    waits_for().unwrap_or_else(|| panic!("{name} does not wait for a {kind} in\n{}", tree()))
}

/// Waits until the only region of this name waits for something that the tree does not know.
async fn until_waits_for_nothing_known(name: &str) {
    until(|| {
        let region = regions_named(name).pop();
        region.is_some_and(|region| region.age.is_some() && region.waits_for.is_none())
    })
    .await;
}

/// The name of the task that has what is waited for, if one has.
fn holder_of(waits_for: &WaitsFor) -> Option<String> {
    assert!(waits_for.holders.len() <= 1, "{waits_for}");
    Some(waits_for.holders.first()?.task()?.name())
}

/// RT5: two tasks that wait for each other are found by what the tree says of each: the lock, and the task and the line
/// that hold it.
pub fn rt5_the_tree_tells_which_lock_a_task_waits_for_and_who_holds_it(on: &Flavour) {
    on.run(async {
        let (left_line, left) = (line!(), Arc::new(Lock::named("left", ())));
        let right = Arc::new(Lock::named("right", ()));
        let started = Arc::new(Barrier::new(2));
        let group = task_group(async |g| {
            let (first, second, both) = (left.clone(), right.clone(), started.clone());
            let first_line = line!() + 2;
            g.task().name("one").spawn(async move {
                let _first = first.lock().await;
                both.wait().await;
                let _second = second.lock().await;
            });
            let (first, second) = (right.clone(), left.clone());
            g.task().name("other").spawn(async move {
                let _first = first.lock().await;
                started.wait().await;
                let _second = second.lock().await;
            });
            let one = until_waits_for("one", "lock").await;
            assert_eq!(one.name.as_deref(), Some("right"));
            let other = until_waits_for("other", "lock").await;
            assert_eq!(other.name.as_deref(), Some("left"));
            let place = other.place.expect("a lock has a place");
            assert!(place.file().ends_with("tree_waits.rs"), "{place}");
            assert_eq!(place.line(), left_line);
            assert_eq!(holder_of(&one).as_deref(), Some("other"));
            assert_eq!(holder_of(&other).as_deref(), Some("one"));
            assert_eq!(other.holders[0].place().line(), first_line);
            let text = tree().to_string();
            let is_other = |line: &&str| line.trim_start().starts_with("task \"other\"");
            let shown = text.lines().find(is_other);
            let shown = shown.expect("a line for the task");
            assert!(shown.contains("for lock \"left\" of "), "{shown}");
            assert!(shown.contains("held by task \"one\" at "), "{shown}");
            g.cancel();
        });
        group.await.expect("the body has a value");
    });
}

/// RT5: who has it is told as of now, also to one who has not been polled since it was handed on.
pub fn rt5_the_tree_tells_who_holds_a_lock_now(on: &Flavour) {
    on.run(async {
        let (lock, released) = (Arc::new(Lock::new(())), [Event::new(), Event::new()]);
        let group = task_group(async |g| {
            let _release: Vec<_> = released.iter().map(Event::set_on_drop).collect();
            for (name, released) in [("first", &released[0]), ("second", &released[1])] {
                let (lock, released) = (lock.clone(), released.clone());
                g.task().name(name).spawn(async move {
                    let _guard = lock.lock().await;
                    released.wait().await;
                });
                until(|| {
                    regions_named(name)
                        .iter()
                        .any(|region| region.age.is_some())
                })
                .await;
            }
            let (third, counter) = counted(async move {
                let _guard = lock.lock().await;
            });
            g.task().name("third").spawn(third);
            let waits_for = until_waits_for("third", "lock").await;
            assert_eq!(holder_of(&waits_for).as_deref(), Some("first"));
            released[0].set();
            let holder = || holder_of(&regions_named("third").pop()?.waits_for?);
            until(|| holder().as_deref() == Some("second")).await;
            assert_eq!(counter.polls(), 1);
        });
        group.await.expect("nobody cancels");
    });
}

/// RT5: whatever a task waits for of anyrt's primitives and streams is told, with the name it was given and the line where
/// it was made.
pub fn rt5_the_tree_tells_what_each_primitive_is_that_is_waited_for(on: &Flavour) {
    on.run(async {
        let line = line!() + 1;
        let event = sync::Event::named("e");
        let semaphore = Semaphore::named("s", 0);
        let barrier = Barrier::named("b", 2);
        let (condition, lock) = (Condition::named("c"), Lock::new(()));
        let cell = OnceCell::<()>::named("o");
        let flight = SingleFlight::<u8, ()>::new().name("f");
        let (promise, shared) = promise::<()>();
        let (room, item) = object_stream::<u8>(0);
        let (_alone, empty) = object_stream::<u8>(0);
        let (broadcast, mut subscriber) = broadcast_stream(1);
        let (_latest, mut changes) = latest(());
        let limiter = CapacityLimiter::named("l", 0);
        let made = line..line!();
        broadcast.try_send(0).expect("there is room for one");
        changes.receive().await.expect("the first");
        let never = async || pending::<()>().await;
        let group = local_task_group(async |g| {
            let kinds = [
                ("event", Some("e")),
                ("semaphore", Some("s")),
                ("barrier", Some("b")),
                ("condition", Some("c")),
                ("once cell", Some("o")),
                ("single flight", Some("f")),
                ("promise", None),
                ("room in a stream", None),
                ("item of a stream", None),
                ("room in a broadcast", None),
                ("latest value", None),
                ("token of a limiter", Some("l")),
            ];
            g.task().name("event").spawn(event.wait());
            g.task()
                .name("semaphore")
                .spawn(async { drop(semaphore.acquire().await) });
            g.task().name("barrier").spawn(barrier.wait());
            g.task()
                .name("condition")
                .spawn(async { drop(condition.wait(lock.lock().await).await) });
            g.spawn(cell.get_or_init(never));
            checkpoint().await;
            g.task().name("once cell").spawn(cell.get_or_init(never));
            g.spawn(flight.get(7, never));
            checkpoint().await;
            g.task().name("single flight").spawn(flight.get(7, never));
            g.task()
                .name("promise")
                .spawn(async { shared.wait().await.is_ok() });
            g.task()
                .name("room in a stream")
                .spawn(async { room.send(1).await.is_ok() });
            g.task()
                .name("item of a stream")
                .spawn(async { empty.receive().await.is_ok() });
            g.task()
                .name("room in a broadcast")
                .spawn(async { broadcast.send(1).await.is_ok() });
            g.task()
                .name("latest value")
                .spawn(async { changes.receive().await.is_ok() });
            g.task()
                .name("token of a limiter")
                .spawn(async { drop(limiter.acquire().await) });
            for (kind, name) in kinds {
                let waits_for = until_waits_for(kind, kind).await;
                assert_eq!(waits_for.name.as_deref(), name, "{waits_for}");
                let place = waits_for.place.expect("it has a place");
                assert!(place.file().ends_with("tree_waits.rs"), "{waits_for}");
                assert!(made.contains(&place.line()), "{waits_for} not in {made:?}");
                assert!(waits_for.holders.is_empty(), "{waits_for}");
            }
            g.cancel();
        });
        group.await.expect("the body has a value");
        assert_eq!(subscriber.try_receive(), Ok(0));
        drop((promise, item));
    });
}

/// RT5: a limiter's tokens are held by those who borrowed them.
pub fn rt5_the_tree_tells_who_has_the_tokens_that_are_waited_for(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(2);
        let group = task_group(async |g| {
            let token = limiter.acquire_on_behalf_of("tenant 7").await;
            let waits = limiter.clone();
            let borrower = limiter.clone();
            g.task().name("borrower").spawn(async move {
                let _token = borrower.acquire().await;
                pending::<()>().await;
            });
            until_waits_for_nothing_known("borrower").await;
            g.task()
                .name("waiter")
                .spawn(async move { drop(waits.acquire().await) });
            let waits_for = until_waits_for("waiter", "token of a limiter").await;
            let keys: Vec<_> = waits_for
                .holders
                .iter()
                .map(|holder| holder.key())
                .collect();
            assert_eq!(keys, [Some("tenant 7"), None]);
            let task = waits_for.holders[1].task().map(|task| task.name());
            assert_eq!(task.as_deref(), Some("borrower"));
            let call = run_in_threadpool(|| ()).limiter(&limiter);
            g.task().name("caller").spawn(call);
            let waits_for = until_waits_for("caller", "token of a limiter").await;
            assert_eq!(waits_for.holders.len(), 2, "{waits_for}");
            drop(token);
            for name in ["waiter", "caller"] {
                until(|| regions_named(name).is_empty()).await;
            }
            g.cancel();
        });
        group.await.expect("the body has a value");
    });
}

/// RT5: a wait that has ended or was given up is not told any more, also where nothing was polled in between.
pub fn rt5_the_tree_does_not_tell_of_a_wait_that_was_given_up(on: &Flavour) {
    on.run(async {
        let (lock, go_on, again) = (Lock::new(()), Event::new(), Event::new());
        let group = local_task_group(async |g| {
            let guard = lock.lock().await;
            g.task().name("gives up").spawn(async {
                let mut locking = Box::pin(lock.lock());
                assert!(poll_once(&mut locking).await.is_pending());
                drop(locking);
                pending::<()>().await;
            });
            g.task().name("gets it").spawn(async {
                drop(lock.lock().await);
                go_on.wait().await;
                let mut locking = Box::pin(lock.lock());
                assert!(poll_once(&mut locking).await.is_ready());
                again.set();
                pending::<()>().await;
            });
            until_waits_for_nothing_known("gives up").await;
            until_waits_for("gets it", "lock").await;
            drop(guard);
            until_waits_for_nothing_known("gets it").await;
            go_on.set();
            again.wait().await;
            until_waits_for_nothing_known("gets it").await;
            g.cancel();
        });
        group.await.expect("the body has a value");
    });
}

/// RT5: what holds a cancel up is told, also while a shield's grace runs.
pub fn rt5_the_tree_tells_what_a_shield_waits_for_in_its_grace(on: &Flavour) {
    on.run(async {
        let (lock, minute) = (Arc::new(Lock::named("db", ())), Duration::from_secs(60));
        let group = task_group(async |g| {
            let guard = lock.lock().await;
            let (scope, wanted) = (CancelScope::new(), lock.clone());
            let handle = scope.handle();
            let line = line!() + 1;
            g.spawn(scope.run(shield_for(minute, async move { drop(wanted.lock().await) })));
            let shown = || {
                let tree = tree();
                let is_here = |region: &&RegionInfo| {
                    region.kind == "shield"
                        && region.place.is_some_and(|place| place.line() == line)
                };
                let region = tree.regions().iter().find(is_here)?.clone();
                region
                    .waits_for
                    .map(|waits_for| (waits_for, region.deadline_in))
            };
            until(|| shown().is_some()).await;
            handle.cancel();
            until(|| shown().is_some_and(|(_, deadline)| deadline.is_some())).await;
            let (waits_for, _) = shown().expect("it waits for it still");
            assert_eq!(waits_for.name.as_deref(), Some("db"), "{waits_for}");
            drop(guard);
        });
        group.await.expect("nobody cancels the group");
    });
}

/// RT5: what is waited for is told of the region in which it is, and of no other that is polled with it.
pub fn rt5_the_tree_tells_what_a_region_waits_for_of_that_region_alone(on: &Flavour) {
    on.run(async {
        let event = sync::Event::new();
        let group = local_task_group(async |g| {
            g.task().name("outer").spawn(async {
                let inner = CancelScope::new().name("inner");
                inner.run(event.wait()).await
            });
            g.task().name("both").spawn(async {
                let mut waiting = Box::pin(event.wait());
                assert!(poll_once(&mut waiting).await.is_pending());
                let unknown = CancelScope::new().name("unknown");
                let unknown = unknown.run(pending::<()>()).await;
                drop(waiting);
                unknown
            });
            g.task().name("last").spawn(pending::<()>());
            until_waits_for("inner", "event").await;
            until_waits_for_nothing_known("outer").await;
            until_waits_for_nothing_known("unknown").await;
            until_waits_for("both", "event").await;
            until_waits_for_nothing_known("last").await;
            g.cancel();
        });
        group.await.expect("the body has a value");
    });
}

/// RT5: what a wait was for that is over is kept by nobody, on no thread.
pub fn rt5_what_is_not_waited_for_any_more_is_not_kept(on: &Flavour) {
    let name: Arc<str> = "lock of a run".into();
    let lock = sync::Lock::named(name.clone(), ());
    on.run(async move {
        let guard = lock.lock().await;
        // It waits and is dropped in one poll, after which its region does not wait.
        let mut wait = Box::pin(lock.lock());
        assert!(poll_once(&mut wait).await.is_pending());
        drop(wait);
        drop(guard);
    });
    assert_eq!(Arc::strong_count(&name), 1);
}
