//! TG7: a region around is cancelled while the host waits for its children.

use super::{both_kinds, cause_of};
use crate::harness::*;

both_kinds! {
    /// TG7: the children are cancelled with the outer reason, the host waits for them and unwinds.
    #[local(tg7_local_an_outer_cancel_reaches_the_children_of_a_waiting_host)]
    pub fn tg7_an_outer_cancel_reaches_the_children_of_a_waiting_host(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (stuck, counter) = pending_counted();
            let result = scope
                .run(async {
                    let _ = task_group(async |g| {
                        g.spawn(stuck);
                        let noted = trace.clone();
                        g.spawn(async move {
                            let cleanup = async |exit| match exit {
                                Exit::Cancelled(reason) => noted.push(cause_of(&reason)),
                                other => noted.push(format!("{other:?}")),
                            };
                            finally(pending::<()>(), cleanup).await;
                        });
                        g.spawn(async move {
                            yields(20).await;
                            handle.cancel_with("outer");
                        });
                    })
                    .await;
                    trace.push("unreachable");
                })
                .await;
            assert_eq!(cause_of(result.unwrap_err().reason()), "outer");
            assert_eq!(trace.take(), ["outer"]);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG7: the same when the body is still waiting: it is cut, the children are cancelled and awaited.
    #[local(tg7_local_an_outer_cancel_cuts_the_body_and_ends_the_children)]
    pub fn tg7_an_outer_cancel_cuts_the_body_and_ends_the_children(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (body, counter) = pending_counted();
            let result = scope
                .run(async {
                    let _ = task_group(async |g| {
                        let (inside, noted) = (Event::new(), trace.clone());
                        let ready = inside.clone();
                        g.spawn(async move {
                            let wait = async {
                                ready.set();
                                pending::<()>().await;
                            };
                            finally(wait, async |_| {
                                yields(10).await;
                                noted.push("cleaned up");
                            })
                            .await;
                        });
                        inside.wait().await;
                        handle.cancel();
                        body.await;
                    })
                    .await;
                    trace.push("unreachable");
                })
                .await;
            trace.push("absorbed");
            assert!(result.is_err());
            assert_eq!(trace.take(), ["cleaned up", "absorbed"]);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG7: while a child holds, neither the host nor the child spins.
    #[local(tg7_local_a_host_that_waits_for_a_held_child_is_idle)]
    pub fn tg7_a_host_that_waits_for_a_held_child_is_idle(on: &Flavour) {
        on.run(async {
            let (inside, gate) = (Event::new(), Event::new());
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (ready, opened) = (inside.clone(), gate.wait());
            let (child, child_counter) = counted(shield(async move {
                ready.set();
                opened.await;
            }));
            let (group, host_counter) = counted(task_group(async |g| {
                g.spawn(async move {
                    child.await;
                    pending::<()>().await;
                });
                g.spawn(pending::<()>());
            }));
            let canceller = start_thread(move || {
                inside.wait_blocking();
                handle.cancel();
                // Room for a host that spins to give itself away; a correct one sleeps here.
                std::thread::sleep(Duration::from_millis(30));
                gate.set();
            });
            let result = scope.run(group).await;
            canceller.join().unwrap();
            assert!(result.is_err());
            assert!(host_counter.polls() <= 50, "host: {}", host_counter.polls());
            assert!(
                child_counter.polls() <= 50,
                "child: {}",
                child_counter.polls()
            );
        });
    }

    /// TG7: of a thousand waiting children each is woken once: a poll to start, at most two to end.
    #[local(tg7_local_an_outer_cancel_wakes_each_child_once)]
    pub fn tg7_an_outer_cancel_wakes_each_child_once(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let mut counters = Vec::new();
            let result = scope
                .run(task_group(async |g| {
                    for _ in 0..1000 {
                        let (child, counter) = pending_counted();
                        counters.push(counter);
                        g.spawn(child);
                    }
                    until(|| counters.iter().all(|counter| counter.polls() > 0)).await;
                    handle.cancel();
                }))
                .await;
            assert!(result.is_err());
            for counter in counters {
                assert_eq!(counter.drops(), 1);
                assert!(counter.polls() <= 3, "{}", counter.polls());
            }
        });
    }

    /// TG7: an error met in a group that was already cancelled from outside is reported by that group.
    /// Others had it wrong: AnyIO #787.
    #[local(tg7_local_an_error_under_an_outer_cancel_is_reported_by_the_group)]
    pub fn tg7_an_error_under_an_outer_cancel_is_reported_by_the_group(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let result = scope
                .run(async {
                    let failed = try_task_group(async |g| {
                        g.spawn(pending::<Result<(), _>>());
                        g.spawn(async move {
                            yields(5).await;
                            handle.cancel();
                            Err::<(), _>("in the unwinding")
                        });
                        Ok(())
                    })
                    .await;
                    trace.push(failed.unwrap_err().into_single().unwrap());
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["in the unwinding"]);
        });
    }

    /// TG7: the same for an error of a child that had to finish a shielded part first, and for one of the body.
    #[local(tg7_local_late_errors_under_an_outer_cancel_are_reported_in_order)]
    pub fn tg7_late_errors_under_an_outer_cancel_are_reported_in_order(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let scope = CancelScope::new();
            let (handle, watched) = (scope.handle(), scope.handle());
            let result = scope
                .run(async {
                    let failed = try_task_group(async |g| {
                        let inside = Event::new();
                        let ready = inside.clone();
                        let child = g.spawn(shield(async move {
                            ready.set();
                            until(|| watched.cancel_called()).await;
                            yields(10).await;
                            Err::<(), _>("child")
                        }));
                        inside.wait().await;
                        handle.cancel();
                        shield(child.wait()).await;
                        Err::<(), _>("body")
                    });
                    trace.push(failed.await.unwrap_err().into_errors().join(" "));
                    checkpoint().await;
                    trace.push("unreachable");
                })
                .await;
            assert!(result.is_err());
            assert_eq!(trace.take(), ["child body"]);
        });
    }

    /// TG7: the cancel comes from a scope several groups further out and reaches the innermost children.
    #[local(tg7_local_an_outer_cancel_reaches_through_nested_groups)]
    pub fn tg7_an_outer_cancel_reaches_through_nested_groups(on: &Flavour) {
        on.run(async {
            let scope = CancelScope::new();
            let handle = scope.handle();
            let (innermost, counter) = pending_counted();
            let seen = counter.clone();
            let result = scope
                .run(task_group(async |g| {
                    g.spawn(async {
                        let _ = task_group(async |g| {
                            g.spawn(async {
                                let _ = task_group(async |g| {
                                    g.spawn(innermost);
                                })
                                .await;
                            });
                        })
                        .await;
                    });
                    until(|| seen.polls() > 0).await;
                    handle.cancel();
                }))
                .await;
            assert!(result.is_err());
            assert_eq!(counter.drops(), 1);
        });
    }
}

/// TG7: a host that waits is woken by the end of its last child, not by that of any other, nor while its body waits.
pub fn tg7_a_host_is_woken_by_the_end_of_its_last_child_alone(on: &Flavour) {
    on.run(async {
        let polls = task_group(async |around: TaskGroup| {
            let (early, late) = (Event::new(), Event::new());
            let (first, last) = (early.clone(), late.clone());
            let body = Event::new();
            let end_of_body = body.clone();
            let line = line!() + 1;
            let (group, counter) = counted(task_group(async move |g: TaskGroup| {
                g.spawn(yields(2));
                end_of_body.wait().await;
                g.task().daemon().spawn(async move { first.wait().await });
                g.spawn(async move { last.wait().await });
            }));
            // A task of its own: nobody else polls it.
            let host = around.spawn(async move { group.await.is_ok() });
            let alive = |count| {
                let tree = task_tree().expect("a runtime runs");
                let is_here =
                    |region: &&RegionInfo| region.place.is_some_and(|place| place.line() == line);
                tree.regions()
                    .iter()
                    .find(is_here)
                    .and_then(|region| region.alive)
                    == Some(count)
            };
            until(|| body.waiting() == 1 && alive(0)).await;
            // Room for the mistake: a poll that comes with the next one is not seen.
            yields(5).await;
            body.set();
            until(|| early.waiting() == 1 && late.waiting() == 1).await;
            assert!(alive(2), "a daemon is alive like any other child");
            early.set();
            until(|| alive(1)).await;
            yields(5).await;
            late.set();
            assert!(host.await.unwrap());
            counter.polls()
        });
        // At first, at the end of the body, and at the end of the last child.
        assert_eq!(polls.await.unwrap(), 3);
    });
}
