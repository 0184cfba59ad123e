//! TH6, TH8, RT1: calls and streams that are carried out of the `run` they began in, while their threads wait for async
//! code.

use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::StreamExt;

/// RT1, TH6: nobody is left to wait for the call, but its future waits on the runtime, which does not end before.
pub fn th6_run_waits_for_the_future_of_a_call_that_is_carried_out(on: &Flavour) {
    let (entered, trace) = (Event::new(), Trace::new());
    let (entering, noted) = (entered.clone(), trace.clone());
    let call = on.run(async move {
        let mut call = Box::pin(run_in_threadpool(move || {
            let waited = from_thread::run(task_group(async |g| {
                entering.set();
                g.spawn(sleep(Duration::from_millis(20)));
            }));
            noted.push(format!("waited: {}", matches!(waited, Ok(Ok(())))));
        }));
        assert!(poll_once(&mut call).await.is_pending());
        entered.wait().await;
        call
    });
    trace.push("run has returned");
    assert_eq!(trace.take(), ["waited: true", "run has returned"]);
    drop(call);
}

/// RT1, TH6: the end of `run` cancels what an iterator waits for whose stream is carried out.
pub fn th6_the_end_of_run_cancels_what_an_iterator_waits_for(on: &Flavour) {
    let (entered, trace) = (Event::new(), Trace::new());
    let (entering, noted) = (entered.clone(), trace.clone());
    let stream = on.run(async move {
        let mut stream = iterate_in_threadpool(std::iter::from_fn(move || {
            let waited = from_thread::run(task_group(async |g| {
                entering.set();
                g.spawn(sleep_forever());
            }));
            noted.push(format!("cancelled: {}", waited.is_err()));
            None::<u8>
        }));
        assert!(poll_once(&mut stream.next()).await.is_pending());
        entered.wait().await;
        stream
    });
    trace.push("run has returned");
    assert_eq!(trace.take(), ["cancelled: true", "run has returned"]);
    drop(stream);
}

/// TH6: afterwards there is no runtime to wait on.
pub fn th6_a_call_that_is_carried_out_cannot_wait_afterwards(on: &Flavour) {
    let (open, ended, trace) = (Event::new(), Event::new(), Trace::new());
    let (opened, end, noted) = (open.clone(), ended.set_on_drop(), trace.clone());
    let call = on.run(async move {
        let started = Event::new();
        let starting = started.clone();
        let mut call = Box::pin(run_in_threadpool(move || {
            let _end = end;
            starting.set();
            opened.wait_blocking();
            noted.push(format!("{:?}", from_thread::run(async {})));
        }));
        assert!(poll_once(&mut call).await.is_pending());
        started.wait().await;
        call
    });
    open.set();
    ended.wait_blocking();
    assert_eq!(trace.take(), ["Err(RuntimeEnded)"]);
    drop(call);
}
