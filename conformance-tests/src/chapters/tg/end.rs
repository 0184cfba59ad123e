//! TG1: both kinds of group return when every child has ended, and not before.

use super::{WithDrop, both_kinds, quiet_panic};
use crate::harness::*;

/// A destructor that leaves room for a host that does not wait for it, and then notes that it is over.
fn slow(trace: &Trace) -> impl FnOnce() + Send + Unpin + 'static {
    let trace = trace.clone();
    move || {
        std::thread::sleep(Duration::from_millis(20));
        trace.push("dropped");
    }
}

both_kinds! {
    /// TG1: while one child is there the group is not left; then it returns the value of its body.
    #[local(tg1_local_the_group_waits_for_its_last_child)]
    pub fn tg1_the_group_waits_for_its_last_child(on: &Flavour) {
        on.run(async {
            let (first, second) = (Event::new(), Event::new());
            let (early, late) = (first.wait(), second.wait());
            let mut group = pin!(task_group(async |g| {
                g.spawn(early);
                g.spawn(late);
                7
            }));
            for gate in [&first, &second] {
                for _ in 0..20 {
                    assert!(poll_once(&mut group).await.is_pending());
                    yield_once().await;
                }
                gate.set();
            }
            assert_eq!(group.await.unwrap(), 7);
        });
    }

    /// TG1: a group whose children and body succeed returns the body's value.
    #[local(tg1_local_a_try_group_returns_the_value_of_its_body)]
    pub fn tg1_a_try_group_returns_the_value_of_its_body(on: &Flavour) {
        on.run(async {
            let ended = Trace::new();
            let result: Result<u8, GroupError<&str>> = try_task_group(async |g| {
                for n in 0..5 {
                    let ended = ended.clone();
                    g.spawn(async move {
                        yields(n).await;
                        ended.push("ended");
                        Ok(n)
                    });
                }
                Ok(7)
            })
            .await;
            assert_eq!(result.unwrap(), 7);
            assert_eq!(ended.count("ended"), 5);
        });
    }

    /// TG1: two hundred children that end at different times have all ended when the group returns.
    #[local(tg1_local_every_one_of_many_children_has_ended)]
    pub fn tg1_every_one_of_many_children_has_ended(on: &Flavour) {
        on.run(async {
            let counters = Mutex::new(Vec::new());
            task_group(async |g| {
                for n in 0..200usize {
                    let (child, counter) = counted(async move {
                        yields(n % 7).await;
                        checkpoint().await;
                        yields(n % 3).await;
                    });
                    counters.lock().unwrap().push(counter);
                    g.spawn(child);
                }
            })
            .await
            .unwrap();
            let counters = counters.into_inner().unwrap();
            assert_eq!(counters.len(), 200);
            assert!(counters.iter().all(|counter| counter.drops() == 1));
        });
    }

    /// TG1: the future of a child that returned is gone before the group returns, however slow its destructor is.
    #[local(tg1_local_a_child_that_returned_is_dropped_before_it_is_counted_out)]
    pub fn tg1_a_child_that_returned_is_dropped_before_it_is_counted_out(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let child = WithDrop::new(yields(3), slow(&trace));
            task_group(async |g| {
                g.spawn(child);
            })
            .await
            .unwrap();
            trace.push("returned");
            assert_eq!(trace.take(), ["dropped", "returned"]);
        });
    }

    /// TG1: the same for a child that was cancelled.
    #[local(tg1_local_a_cancelled_child_is_dropped_before_it_is_counted_out)]
    pub fn tg1_a_cancelled_child_is_dropped_before_it_is_counted_out(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let started = Event::new();
            let ready = started.clone();
            let child = WithDrop::new(
                async move {
                    ready.set();
                    pending::<()>().await;
                },
                slow(&trace),
            );
            task_group(async |g| {
                g.spawn(child);
                started.wait().await;
                g.cancel();
            })
            .await
            .unwrap();
            trace.push("returned");
            assert_eq!(trace.take(), ["dropped", "returned"]);
        });
    }

    /// TG1: the same for a child that panicked: what is left of it is gone before the panic reaches the host.
    #[local(tg1_local_a_panicked_child_is_dropped_before_it_is_counted_out)]
    pub fn tg1_a_panicked_child_is_dropped_before_it_is_counted_out(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let child = WithDrop::new(async { quiet_panic("child") }, slow(&trace));
            let result = catch_async(task_group(async |g| {
                g.spawn(child);
            }))
            .await;
            trace.push(result.unwrap_err());
            assert_eq!(trace.take(), ["dropped", "child"]);
        });
    }

    /// TG1: the same for a child that failed: the error is returned when its future and those of all others are gone.
    #[local(tg1_local_a_failed_child_is_dropped_before_it_is_counted_out)]
    pub fn tg1_a_failed_child_is_dropped_before_it_is_counted_out(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let failing = WithDrop::new(async { Err::<(), _>("broken") }, slow(&trace));
            let (sibling, counter) = counted(pending::<Result<(), _>>());
            let result = try_task_group(async |g| {
                g.spawn(sibling);
                g.spawn(failing);
                Ok(())
            })
            .await;
            trace.push("returned");
            assert_eq!(result.unwrap_err().into_errors(), ["broken"]);
            assert_eq!(trace.take(), ["dropped", "returned"]);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG1: a child whose destructor is running still counts: the group is open, and waits for what it spawns.
    #[local(tg1_local_a_child_in_its_destructor_keeps_the_group_open)]
    pub fn tg1_a_child_in_its_destructor_keeps_the_group_open(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let (last, noted) = (g.clone(), trace.clone());
                g.spawn(WithDrop::new(yields(2), move || {
                    let late = noted.clone();
                    let accepted = last.try_spawn(async move {
                        yields(5).await;
                        late.push("ended");
                    });
                    noted.push(format!("accepted {}", accepted.is_ok()));
                }));
            })
            .await
            .unwrap();
            trace.push("returned");
            let mut seen = trace.take();
            assert_eq!(seen.pop().as_deref(), Some("returned"));
            seen.sort_unstable();
            assert_eq!(seen, ["accepted true", "ended"]);
        });
    }

    /// TG1: groups in children in groups are left from the inside out.
    #[local(tg1_local_nested_groups_end_from_the_inside_out)]
    pub fn tg1_nested_groups_end_from_the_inside_out(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            task_group(async |g| {
                let outer = trace.clone();
                g.spawn(async move {
                    let inner = outer.clone();
                    task_group(async |g| {
                        g.spawn(async move {
                            yields(5).await;
                            inner.push("innermost");
                        });
                    })
                    .await
                    .unwrap();
                    outer.push("child");
                });
            })
            .await
            .unwrap();
            trace.push("host");
            assert_eq!(trace.take(), ["innermost", "child", "host"]);
        });
    }
}
