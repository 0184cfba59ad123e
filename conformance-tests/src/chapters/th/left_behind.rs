//! TH3, TH6, TH8: destructors of what nobody takes. They may block, wait for async code, and panic.

use super::from_thread::told;
use super::iterate::Watch;
use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::StreamExt;

/// Runs code when it is dropped.
struct OnDrop<F: FnOnce()>(Option<F>);

impl<F: FnOnce()> OnDrop<F> {
    fn new(f: F) -> Self {
        Self(Some(f))
    }
}

impl<F: FnOnce()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(f) = self.0.take() {
            f();
        }
    }
}

/// Resumed, not raised: the panic hook stays quiet.
fn unwind() {
    std::panic::resume_unwind(Box::new("destructor"));
}

/// Leaves an abandoning call whose value is made already, or is not, and lets the closure go.
async fn leave<T: Send + 'static>(made: bool, value: impl FnOnce() -> T + Send + 'static) {
    let (gate, limiter) = (Gate::new(), CapacityLimiter::new(1));
    let call = run_in_threadpool(gate.closure(value));
    let mut call = Box::pin(call.limiter(&limiter).abandon_on_cancel());
    assert!(poll_once(&mut call).await.is_pending());
    gate.started.wait().await;
    if made {
        gate.open.set();
        until_limiter(&limiter, 0, 0).await;
    }
    drop(call);
    gate.open.set();
}

/// TH3, RT1: a destructor that blocks keeps the thread, and nobody waits for it: `run` returns.
pub fn th3_run_returns_while_an_abandoned_value_is_being_dropped(on: &Flavour) {
    for made in [false, true] {
        let (entered, open, dropped) = (Event::new(), Event::new(), Event::new());
        let (entering, opened, end) = (entered.clone(), open.clone(), dropped.set_on_drop());
        on.run(async move {
            leave(made, move || {
                OnDrop::new(move || {
                    let _end = end;
                    entering.set();
                    opened.wait_blocking();
                })
            })
            .await;
            entered.wait().await;
        });
        assert!(!dropped.is_set());
        open.set();
        dropped.wait_blocking();
    }
}

/// TH6: the destructor runs in its caller's name, and has the way back.
pub fn th6_the_destructor_of_an_abandoned_value_may_wait_for_a_future(on: &Flavour) {
    for made in [false, true] {
        on.run(async {
            let (dropped, trace) = (Event::new(), Trace::new());
            let (end, noted) = (dropped.set_on_drop(), trace.clone());
            let value = move || {
                OnDrop::new(move || {
                    let _end = end;
                    let waited = from_thread::run(async {
                        checkpoint().await;
                        1
                    });
                    noted.push(told(waited));
                })
            };
            leave(made, value).await;
            dropped.wait().await;
            assert_eq!(trace.take(), ["1"], "made before: {made}");
        });
    }
}

/// TH3: a destructor that panics harms nobody, and is told.
pub fn th3_a_panic_of_an_abandoned_value_is_told(on: &Flavour) {
    for made in [false, true] {
        let told = Event::new();
        let telling = told.clone();
        let main = async move {
            leave(made, || OnDrop::new(unwind)).await;
            told.wait().await;
        };
        on.run_with_hook(main, move |report| {
            if report.to_string().contains("destructor") {
                telling.set();
            }
        });
    }
}

/// TH8: an iterator that panics as it is dropped is told of too; the group still waits for it.
pub fn th8_a_panic_of_a_parked_iterator_s_destructor_is_told(on: &Flavour) {
    let ((), reports) = on.run_reporting(async {
        let (limiter, watch) = (CapacityLimiter::new(1), Watch::new());
        let bomb = OnDrop::new(unwind);
        let numbers = watch.numbers(100, |_| ());
        let numbers = numbers.inspect(move |_| {
            let _kept = &bomb;
        });
        let group = task_group(async |_| {
            let mut stream = iterate_in_threadpool(numbers).buffer(2).limiter(&limiter);
            assert_eq!(stream.next().await, Some(1));
            until_limiter(&limiter, 0, 0).await;
            drop(stream);
        });
        group.await.expect("nobody cancels");
        assert!(watch.dropped.is_set());
    });
    let told = reports.iter().filter(|text| text.contains("destructor"));
    assert_eq!(told.count(), 1, "{reports:?}");
}
