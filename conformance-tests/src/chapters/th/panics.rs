//! TH5: panics in closures.

use super::Gate;
use crate::harness::*;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// A payload that is no text.
#[derive(Debug, PartialEq)]
struct Payload(u32);

/// A closure that unwinds with [`Payload`], past the panic hook.
fn unwinds(number: u32) -> impl FnOnce() + Send + 'static {
    move || resume_unwind(Box::new(Payload(number)))
}

/// Awaits `fut`, which panics, and returns the payload's number.
async fn payload_of(fut: impl Future) -> u32 {
    let mut fut = pin!(fut);
    let payload =
        poll_fn(
            |cx| match catch_unwind(AssertUnwindSafe(|| fut.as_mut().poll(cx).is_pending())) {
                Ok(true) => Poll::Pending,
                Ok(false) => panic!("no panic came"),
                Err(payload) => Poll::Ready(payload),
            },
        )
        .await;
    payload.downcast::<Payload>().expect("the same payload").0
}

/// TH5: the payload itself comes back, whatever it is.
pub fn th5_a_panic_is_resumed_in_the_caller_with_its_payload(on: &Flavour) {
    on.run(async {
        assert_eq!(payload_of(run_in_threadpool(unwinds(1))).await, 1);
        let message = catch_async(run_in_threadpool(|| resume_unwind(Box::new("text")))).await;
        assert_eq!(message, Err::<(), _>("text".to_owned()));
    });
}

/// TH5: like a value, a panic comes back from a call that has been cancelled meanwhile.
pub fn th5_a_panic_comes_back_despite_a_cancel(on: &Flavour) {
    on.run(async {
        let gate = Gate::new();
        let scope = CancelScope::new();
        let (handle, started, open) = (scope.handle(), gate.started.clone(), gate.open.clone());
        let group = task_group(async |g| {
            g.spawn(async move {
                started.wait().await;
                handle.cancel();
                yields(10).await;
                open.set();
            });
            payload_of(scope.run(run_in_threadpool(gate.closure(unwinds(2))))).await
        });
        assert_eq!(group.await.expect("the group is not cancelled"), 2);
    });
}

/// TH5: a closure that panics has returned, as far as its token is concerned.
pub fn th5_a_panic_gives_the_token_back(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        for number in 0..3 {
            let call = run_in_threadpool(unwinds(number)).limiter(&limiter);
            assert_eq!(payload_of(call).await, number);
        }
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

/// TH5: resumed in a child it is a panic of that child, and the group passes it on.
pub fn th5_a_panic_in_a_call_of_a_child_resumes_in_the_host(on: &Flavour) {
    on.run_reporting(async {
        let group = task_group(async |g| {
            g.spawn(run_in_threadpool(unwinds(3)));
            pending::<()>().await;
        });
        assert_eq!(payload_of(group).await, 3);
    });
}
