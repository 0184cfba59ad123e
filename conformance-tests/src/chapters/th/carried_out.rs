//! TH6, TH8, RT1: calls and streams that are carried out of the `run` they began in, while their threads wait for async
//! code.

use crate::harness::*;
use anyrt::{from_thread, iterate_in_threadpool};
use futures_util::StreamExt;

/// In a worker: waits for ever in a group, notes when that is cleaned up, and tells whether it was cancelled.
fn wait_for_ever(entered: &Event, trace: &Trace) -> bool {
    let waited = from_thread::run(task_group(async |g| {
        entered.set();
        let noted = trace.clone();
        g.spawn(finally(pending::<()>(), async move |_| {
            sleep(Duration::from_millis(5)).await;
            noted.push("cleaned up");
        }));
    }));
    waited.is_err()
}

/// RT1, TH6: nobody is left to wait for the call; the end of `run` cancels what it waits for, and waits for its cleanup.
pub fn th6_the_end_of_run_cancels_what_a_call_waits_for(on: &Flavour) {
    let (entered, ended, trace) = (Event::new(), Event::new(), Trace::new());
    let (entering, end, noted) = (entered.clone(), ended.set_on_drop(), trace.clone());
    let call = on.run(async move {
        let mut call = Box::pin(run_in_threadpool(move || {
            let _end = end;
            assert!(wait_for_ever(&entering, &noted));
        }));
        assert!(poll_once(&mut call).await.is_pending());
        entered.wait().await;
        call
    });
    // The closure goes on by itself.
    assert_eq!(trace.take(), ["cleaned up"]);
    ended.wait_blocking();
    drop(call);
}

/// RT1, TH6: the end of `run` cancels what an iterator waits for whose stream is carried out.
pub fn th6_the_end_of_run_cancels_what_an_iterator_waits_for(on: &Flavour) {
    let (entered, ended, trace) = (Event::new(), Event::new(), Trace::new());
    let (entering, end, noted) = (entered.clone(), ended.set_on_drop(), trace.clone());
    let stream = on.run(async move {
        let mut end = Some(end);
        let mut stream = iterate_in_threadpool(std::iter::from_fn(move || {
            let _end = end.take();
            assert!(wait_for_ever(&entering, &noted));
            None::<u8>
        }));
        assert!(poll_once(&mut stream.next()).await.is_pending());
        entered.wait().await;
        stream
    });
    assert_eq!(trace.take(), ["cleaned up"]);
    ended.wait_blocking();
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

/// RT1, SC13, TH6: a child of a forgotten group that waits on a thread ends with `run`, be it a task or a daemon.
pub fn th6_what_waits_below_a_forgotten_group_ends_with_run(on: &Flavour) {
    for daemon in [false, true] {
        let (entered, ended) = (Event::new(), Event::new());
        let end = ended.set_on_drop();
        on.run(async {
            let entering = entered.clone();
            let mut group = Box::pin(task_group(async move |g| {
                let call = run_in_threadpool(move || {
                    let _end = end;
                    let waited = from_thread::run(async {
                        entering.set();
                        sleep_forever().await;
                    });
                    assert!(waited.is_err());
                });
                match daemon {
                    true => g.task().daemon().spawn(call),
                    false => g.spawn(call),
                };
                pending::<()>().await;
            }));
            assert!(poll_once(&mut group).await.is_pending());
            entered.wait().await;
            std::mem::forget(group);
        });
        assert!(ended.is_set());
    }
}

/// RT1, TH6: a daemon's cleanup may wait on a thread, though only daemons are left.
pub fn th6_a_cleanup_of_a_stopped_daemon_may_wait_on_a_thread(on: &Flavour) {
    let trace = Trace::new();
    let noted = trace.clone();
    on.run(task_group(async move |g| {
        let working = Event::new();
        let works = working.clone();
        let cleanup = async move |_| {
            let call = run_in_threadpool(|| {
                from_thread::run(async {
                    sleep(Duration::from_millis(1)).await;
                    7
                })
            });
            noted.push(format!("{:?}", call.await.ok()));
        };
        let body = async move {
            works.set();
            pending::<()>().await;
        };
        g.task().daemon().spawn(finally(body, cleanup));
        working.wait().await;
    }))
    .expect("nobody cancels");
    assert_eq!(trace.take(), ["Some(7)"]);
}
