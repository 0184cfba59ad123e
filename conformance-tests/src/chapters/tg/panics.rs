//! TG6: one panic, of a child or of the body.

use super::{both_kinds, quiet_panic};
use crate::harness::*;
use std::{any::Any, panic::AssertUnwindSafe};

/// Awaits `fut` and gives back what it panics with.
async fn payload_of<F: Future>(fut: F) -> Box<dyn Any + Send> {
    let mut fut = pin!(fut);
    poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| fut.as_mut().poll(cx));
        match std::panic::catch_unwind(poll) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(_)) => panic!("no panic"),
            Err(payload) => Poll::Ready(payload),
        }
    })
    .await
}

both_kinds! {
    /// TG6: a panic in a child is resumed in the host with its own payload.
    #[local(tg6_local_a_panic_in_a_child_resumes_in_the_host)]
    pub fn tg6_a_panic_in_a_child_resumes_in_the_host(on: &Flavour) {
        #[derive(Debug, PartialEq)]
        struct Payload(u32);
        on.run(async {
            let payload = payload_of(task_group(async |g| {
                g.spawn(async {
                    yields(3).await;
                    std::panic::resume_unwind(Box::new(Payload(7)));
                });
            }))
            .await;
            assert_eq!(payload.downcast_ref(), Some(&Payload(7)));
        });
    }

    /// TG6: it cancels the siblings and the body at once, and is resumed when the group has drained.
    #[local(tg6_local_a_panic_in_a_child_ends_siblings_and_body_first)]
    pub fn tg6_a_panic_in_a_child_ends_siblings_and_body_first(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (sibling, sibling_counter) = pending_counted();
            let (body, body_counter) = pending_counted();
            let noted = trace.clone();
            let group = task_group(async |g| {
                g.spawn(sibling);
                let ready = Event::new();
                let started = ready.clone();
                g.spawn(async move {
                    let cleanup = async |_| {
                        yields(10).await;
                        noted.push("cleaned up");
                    };
                    let wait = async {
                        started.set();
                        pending::<()>().await;
                    };
                    finally(wait, cleanup).await;
                });
                ready.wait().await;
                g.spawn(async { quiet_panic("child") });
                body.await;
                trace.push("unreachable");
            });
            let caught = catch_async(group).await;
            trace.push("caught");
            assert_eq!(caught.unwrap_err(), "child");
            assert_eq!(trace.take(), ["cleaned up", "caught"]);
            assert_eq!((sibling_counter.drops(), body_counter.drops()), (1, 1));
        });
    }

    /// TG6: a panic while the host waits replaces the body's value.
    #[local(tg6_local_a_panic_after_the_body_replaces_its_value)]
    pub fn tg6_a_panic_after_the_body_replaces_its_value(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let group = task_group(async |g| {
                g.spawn(async {
                    yields(5).await;
                    quiet_panic("child")
                });
                DropProbe::new(&trace, "value dropped")
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "child");
            assert_eq!(trace.take(), ["value dropped"]);
        });
    }

    /// TG6: the panic is reported at once, with the child's name, while the group still waits for a sibling.
    #[local(tg6_local_a_panic_in_a_child_is_reported_at_once)]
    pub fn tg6_a_panic_in_a_child_is_reported_at_once(on: &Flavour) {
        let reported = Event::new();
        let reporting = reported.clone();
        let seen = Trace::new();
        let noting = seen.clone();
        let main = async {
            let before = Runtime::current().unwrap().statistics().panics;
            let group = task_group(async |g| {
                let (inside, waiting) = (Event::new(), reported.wait());
                let ready = inside.clone();
                // Were the report to wait for this sibling, both would wait for ever.
                g.spawn(shield(async move {
                    ready.set();
                    waiting.await;
                }));
                inside.wait().await;
                g.task()
                    .name("fragile")
                    .spawn(async { quiet_panic("child") });
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "child");
            assert_eq!(Runtime::current().unwrap().statistics().panics, before + 1);
        };
        on.run_with_hook(main, move |report| {
            if let Report::Panicked { task, message, .. } = report {
                noting.push(format!("{}: {message}", task.name()));
                reporting.set();
            }
        });
        assert_eq!(seen.take(), ["fragile: child"]);
    }

    /// TG6: a panic in the body ends the children, and is resumed when they are gone.
    #[local(tg6_local_a_panic_in_the_body_ends_the_children_first)]
    pub fn tg6_a_panic_in_the_body_ends_the_children_first(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let (child, counter) = pending_counted();
            let group = task_group(async |g| {
                g.spawn(child);
                let (inside, noted) = (Event::new(), trace.clone());
                let (ready, group) = (inside.clone(), g.handle());
                g.spawn(shield(async move {
                    ready.set();
                    until(|| group.cancel_called()).await;
                    yields(10).await;
                    noted.push("shielded");
                }));
                inside.wait().await;
                quiet_panic("body");
            });
            let caught = catch_async(group).await;
            trace.push("caught");
            assert_eq!(caught.unwrap_err(), "body");
            assert_eq!(trace.take(), ["shielded", "caught"]);
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG6: the panic of a body that never waited reaches the host when the children it spawned are gone.
    #[local(tg6_local_a_panic_in_the_first_poll_of_the_body)]
    pub fn tg6_a_panic_in_the_first_poll_of_the_body(on: &Flavour) {
        on.run(async {
            let trace = Trace::new();
            let group = task_group(async |g| {
                let noted = trace.clone();
                g.spawn(async move {
                    noted.push("child ran");
                    shield(yields(10)).await;
                    noted.push("child ended");
                });
                quiet_panic("body");
            });
            let caught = catch_async(group).await;
            trace.push("caught");
            assert_eq!(caught.unwrap_err(), "body");
            assert_eq!(trace.take(), ["child ran", "child ended", "caught"]);
        });
    }

    /// TG6: a group whose children may fail keeps the same rules.
    #[local(tg6_local_a_panic_in_a_try_group_resumes_in_the_host)]
    pub fn tg6_a_panic_in_a_try_group_resumes_in_the_host(on: &Flavour) {
        on.run(async {
            let (stuck, counter) = counted(pending::<Result<(), &str>>());
            let group = try_task_group(async |g| {
                g.spawn(stuck);
                g.spawn::<_, ()>(async {
                    yields(3).await;
                    quiet_panic("child")
                });
                pending::<Result<(), &str>>().await
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "child");
            assert_eq!(counter.drops(), 1);
        });
    }

    /// TG6: a panic beside an error: the panic is resumed.
    #[local(tg6_local_a_panic_goes_before_an_error)]
    pub fn tg6_a_panic_goes_before_an_error(on: &Flavour) {
        on.run(async {
            let group = try_task_group(async |g| {
                let failed = g.spawn(async { Err::<(), _>("broken") });
                g.spawn::<_, ()>(shield(async move {
                    failed.wait().await;
                    quiet_panic("child")
                }));
                Ok(())
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "child");
        });
    }

    /// TG6: a daemon's panic is a panic like any other.
    #[local(tg6_local_a_panic_in_a_daemon_resumes_in_the_host)]
    pub fn tg6_a_panic_in_a_daemon_resumes_in_the_host(on: &Flavour) {
        on.run(async {
            let group = task_group(async |g| {
                g.task().daemon().spawn(async { quiet_panic("daemon") });
                pending::<()>().await;
            });
            assert_eq!(catch_async(group).await.unwrap_err(), "daemon");
        });
    }
}
