//! TH6: asynchronous code in the middle of blocking code, while nobody cancels.

use crate::harness::*;
use anyrt::{FromThreadError, from_thread};
use futures_util::future::{Either, select};
use std::{cell::RefCell, fmt::Debug, panic::resume_unwind, rc::Rc, thread};

/// A period that a test waits for.
pub(super) const SHORT: Duration = Duration::from_millis(3);

/// What a future in a worker came to: its value, the text of the cancel that ended it, or the kind of the error.
pub(super) fn told<T: Debug>(result: Result<T, FromThreadError>) -> String {
    match result {
        Ok(value) => format!("{value:?}"),
        Err(FromThreadError::Cancelled(cancelled)) => match cancelled.reason().cause() {
            Cause::Explicit(Some(text)) => text.clone(),
            other => format!("{other:?}"),
        },
        Err(other) => format!("{other:?}"),
    }
}

/// Awaits `work` in a scope; once `when` is set, does `then` with the scope's handle beside it. What ends before that
/// is returned at once.
pub(super) async fn once_set<T>(
    when: &Event,
    work: impl Future<Output = T>,
    then: impl AsyncFnOnce(ScopeHandle),
) -> Result<T, Cancelled> {
    let scope = CancelScope::new();
    let handle = scope.handle();
    let run = pin!(scope.run(work));
    let run = match select(run, when.wait()).await {
        Either::Left((result, _)) => return result,
        Either::Right(((), run)) => run,
    };
    match select(run, pin!(then(handle))).await {
        Either::Left((result, _)) => result,
        Either::Right(((), run)) => run.await,
    }
}

/// TH6: the blocking code waits for the future and gets its value.
pub fn th6_the_value_of_the_future_comes_back(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            from_thread::run(async {
                yields(3).await;
                7
            })
        });
        assert_eq!(call.await.expect("nobody cancels"), 7);
    });
}

/// TH6: the future lives on the stack of the blocking code: it may borrow from there and need not be `Send`.
pub fn th6_the_future_may_borrow_and_need_not_be_send(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let numbers = Rc::new(RefCell::new(vec![1, 2]));
            let text = String::from("borrowed");
            let length = from_thread::run(async {
                let same = Rc::clone(&numbers);
                checkpoint().await;
                same.borrow_mut().push(3);
                yields(2).await;
                text.len()
            });
            numbers.borrow().iter().sum::<usize>() + length.expect("nobody cancels")
        });
        assert_eq!(call.await, 6 + 8);
    });
}

/// TH6: each poll is on the thread of the blocking code, whoever woke the future.
pub fn th6_the_future_is_polled_on_the_thread_of_the_closure(on: &Flavour) {
    on.run(async {
        let (asked, answered) = (Event::new(), Event::new());
        let (question, answer) = (asked.wait(), answered.clone());
        let group = task_group(async |g| {
            g.spawn(async move {
                question.await;
                answer.set();
            });
            let call = run_in_threadpool(move || {
                let own = thread::current().id();
                let polled = from_thread::run(async {
                    let mut polled = vec![thread::current().id()];
                    checkpoint().await;
                    polled.push(thread::current().id());
                    asked.set();
                    answered.wait().await;
                    polled.push(thread::current().id());
                    sleep(SHORT).await;
                    polled.push(thread::current().id());
                    polled
                });
                (own, polled.expect("nobody cancels"))
            });
            call.await
        });
        let (own, polled) = group.await.expect("nobody cancels");
        assert_ne!(own, thread::current().id());
        assert_eq!(polled, [own; 4]);
    });
}

/// TH6: while the future waits its thread sleeps: it is polled when it was woken and not otherwise.
pub fn th6_a_waiting_future_is_polled_when_it_is_woken(on: &Flavour) {
    on.run(async {
        let (waiting, answered) = (Event::new(), Event::new());
        let (asked, answer) = (waiting.wait(), answered.clone());
        let group = task_group(async |g| {
            g.spawn(async move {
                asked.await;
                // Every turn is one more chance for a thread that spins.
                yields(1000).await;
                answer.set();
            });
            let call = run_in_threadpool(move || {
                let (future, counter) = counted(async {
                    waiting.set();
                    answered.wait().await;
                });
                from_thread::run(future).expect("nobody cancels");
                counter.polls()
            });
            call.await
        });
        let polls = group.await.expect("nobody cancels");
        // One at first and one for the event; the rest is slack.
        assert!(polls <= 10, "{polls} polls");
    });
}

/// TH6: the runtime's timers work there: a sleep is never early, a deadline ends what is under it.
pub fn th6_timers_work_inside(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            from_thread::run(async {
                let start = Instant::now();
                sleep(SHORT).await;
                let slept = Instant::now().duration_since(start);
                let cut = move_on_after(SHORT, pending::<()>()).await;
                let late = fail_after(SHORT, pending::<()>()).await;
                (slept, cut.is_none(), late.is_err())
            })
        });
        let (slept, cut, late) = call.await.expect("nobody cancels around");
        assert!(slept >= SHORT, "slept {slept:?}");
        assert!(cut && late);
    });
}

/// TH6: scopes, shields and finalizers mean the same there as in any task.
pub fn th6_scopes_shields_and_finalizers_work_inside(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let noted = trace.clone();
        let call = run_in_threadpool(move || {
            from_thread::run(async {
                let scope = CancelScope::new();
                let handle = scope.handle();
                let body = async {
                    handle.cancel_with("inside");
                    shield(async {
                        yields(2).await;
                        noted.push("shield");
                    })
                    .await;
                    checkpoint().await;
                    noted.push("not reached");
                };
                let cleanup = async |exit: Exit| {
                    yield_once().await;
                    noted.push(format!("cleanup {}", matches!(exit, Exit::Cancelled(_))));
                };
                let result = scope.run(finally(body, cleanup)).await;
                checkpoint().await;
                noted.push(told(result.map_err(FromThreadError::Cancelled)));
            })
        });
        call.await.expect("nobody cancels around");
    });
    assert_eq!(trace.take(), ["shield", "cleanup true", "inside"]);
}

/// TH6: groups too: children go to the runtime, those of a local group stay on the worker and borrow from its stack.
pub fn th6_groups_work_inside(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let own = thread::current().id();
            let text = &Rc::new(String::from("borrowed"));
            from_thread::run(async {
                let group = task_group(async |g| {
                    let children = [1, 2, 3].map(|number| {
                        g.spawn(async move {
                            yields(number).await;
                            checkpoint().await;
                            number
                        })
                    });
                    let mut sum = 0;
                    for child in children {
                        sum += child.await.expect("nobody cancels");
                    }
                    sum
                });
                let sum = group.await.expect("nobody cancels");
                let group = local_task_group(async |g| {
                    let child = g.spawn(async move {
                        yield_once().await;
                        (thread::current().id() == own, text.len())
                    });
                    child.await.expect("nobody cancels")
                });
                (sum, group.await.expect("nobody cancels"))
            })
        });
        assert_eq!(call.await.expect("nobody cancels"), (6, (true, 8)));
    });
}

/// TH6: one closure runs as many futures as it likes, one after the other, and blocks in between.
pub fn th6_one_closure_runs_many_futures(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| {
            let mut sum = 0;
            for number in 1..=100 {
                let next = from_thread::run(async {
                    checkpoint().await;
                    sum + number
                });
                thread::yield_now();
                sum = next.expect("nobody cancels");
            }
            sum
        });
        assert_eq!(call.await, 5050);
    });
}

/// A future that panics, and panics again when it is dropped.
struct Twice;

impl Future for Twice {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        resume_unwind(Box::new("first"))
    }
}

impl Drop for Twice {
    fn drop(&mut self) {
        resume_unwind(Box::new("second"));
    }
}

/// TH5, TH6: a destructor that panics after its future has does not end the process; the first panic comes through.
pub fn th6_the_first_of_two_panics_is_resumed(on: &Flavour) {
    on.run(async {
        let call = run_in_threadpool(|| drop(from_thread::run(Twice)));
        assert_eq!(catch_async(call).await.expect_err("it panics"), "first");
    });
}
