//! TH6: what the asynchronous code in a worker has of its caller, and what the caller gets of its panics.

use super::from_thread::told;
use crate::harness::*;
use anyrt::from_thread;
use std::panic::resume_unwind;

/// Unwinds past the panic hook, as a function that seems to return.
fn unwinds(text: &'static str) {
    resume_unwind(Box::new(text))
}

/// TH6: the future is part of the caller's task, and so is the closure around it.
pub fn th6_the_future_belongs_to_the_callers_task(on: &Flavour) {
    fn own() -> Option<(TaskId, String)> {
        current_task().map(|task| (task.id(), task.name()))
    }
    on.run(async {
        let group = task_group(async |g| {
            let child = g.task().name("caller").spawn(async {
                let call = run_in_threadpool(|| {
                    let inside = from_thread::run(async {
                        let first = own();
                        checkpoint().await;
                        (first, own())
                    });
                    (own(), inside.expect("nobody cancels"))
                });
                call.await
            });
            let expected = Some((child.id(), "caller".to_owned()));
            let (closure, (first, later)) = child.await.expect("nobody cancels");
            assert_eq!((&closure, &first), (&expected, &expected));
            assert_eq!(later, expected);
        });
        group.await.expect("nobody cancels");
    });
}

/// TH6: the deadline in force there is that of the caller's regions, up to the nearest shield.
pub fn th6_the_future_has_the_callers_deadline(on: &Flavour) {
    async fn seen() -> Option<Instant> {
        let call = run_in_threadpool(|| from_thread::run(async { current_effective_deadline() }));
        call.await.expect("nobody cancels")
    }
    on.run(async {
        let far = Instant::now() + Duration::from_secs(3600);
        assert_eq!(seen().await, None);
        assert_eq!(move_on_at(far, seen()).await, Some(Some(far)));
        assert_eq!(move_on_at(far, shield(seen())).await, Some(None));
        let later = far + Duration::from_secs(3600);
        let call = run_in_threadpool(move || {
            from_thread::run(move_on_at(later, async { current_effective_deadline() }))
        });
        let nested = move_on_at(far, call).await.expect("it is far away");
        assert_eq!(nested.expect("nobody cancels"), Some(Some(far)));
    });
}

/// TH6, TH5: a panic of the future unwinds the closure like a panic of its own, and is resumed in the caller.
pub fn th6_a_panic_of_the_future_comes_out_of_the_call(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let noted = trace.clone();
        let call = run_in_threadpool(move || {
            let _probe = DropProbe::new(&noted, "closure unwound");
            let result = from_thread::run(async {
                let _probe = DropProbe::new(&noted, "future dropped");
                yield_once().await;
                unwinds("inside");
            });
            noted.push(format!("returned {}", told(result)));
        });
        let caught = catch_async(call).await;
        assert_eq!(caught.err().as_deref(), Some("inside"));
    });
    assert_eq!(trace.take(), ["future dropped", "closure unwound"]);
}

/// TH6: a closure that catches the panic goes on, and so do its later futures.
pub fn th6_a_closure_may_catch_the_panic_of_its_future(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let caught = catch(|| {
                from_thread::run(CancelScope::new().run(async {
                    yield_once().await;
                    unwinds("inside");
                }))
            });
            let next = from_thread::run(async {
                checkpoint().await;
                sleep(Duration::ZERO).await;
                7
            });
            (caught.err(), next.ok(), from_thread::is_cancelled().ok())
        });
        let (caught, next, cancelled) = call.await;
        assert_eq!(caught.as_deref(), Some("inside"));
        assert_eq!((next, cancelled), (Some(7), Some(false)));
    });
}
