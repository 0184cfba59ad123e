//! TH7: the lent token beside the queue of its limiter, and after cancels, panics and abandoned calls.

use super::from_thread::once_set;
use super::lending::{holding, in_time};
use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::from_thread;
use futures_util::join;

/// TH7: a call from outside that waits for a token is not given the lent one, nor in the pauses between nested calls.
pub fn th7_who_waits_outside_is_not_given_the_lent_token(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let (inside, queued) = (Event::new(), Event::new());
        let group = task_group(async |g| {
            let _go = queued.set_on_drop();
            let (entered, go, noted) = (inside.clone(), queued.clone(), trace.clone());
            let inner = limiter.clone();
            let call = run_in_threadpool(move || {
                let result = from_thread::run(async {
                    entered.set();
                    go.wait().await;
                    for number in 1..=2 {
                        let noted = noted.clone();
                        let nested = move || noted.push(format!("nested {number}"));
                        run_in_threadpool(nested).limiter(&inner).await;
                        // Every turn is one more chance for the token to slip out.
                        yields(100).await;
                    }
                });
                result.expect("nobody cancels");
                noted.push("outer returns");
            });
            g.spawn(call.limiter(&limiter));
            inside.wait().await;
            let noted = trace.clone();
            let outsider = run_in_threadpool(move || noted.push("outsider"));
            g.spawn(outsider.limiter(&limiter));
            until_limiter(&limiter, 1, 1).await;
        });
        in_time(group).await.expect("nobody cancels");
    });
    assert_eq!(
        trace.take(),
        ["nested 1", "nested 2", "outer returns", "outsider"]
    );
}

/// TH7, PR1: apart from the lent token a nested call has no privilege: a token that comes free goes to who has waited
/// longer.
pub fn th7_a_second_nested_call_does_not_pass_the_queue(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(2);
        let token = limiter.try_acquire();
        let (inside, queued, polled) = (Event::new(), Event::new(), Event::new());
        let gates = [(); 3].map(|()| Arc::new(Gate::new()));
        let [first, second, outsider] = gates.clone();
        let group = task_group(async |g| {
            let _ends = gates.each_ref().map(|gate| gate.open.set_on_drop());
            let _go = queued.set_on_drop();
            let (entered, go, both) = (inside.clone(), queued.clone(), polled.clone());
            let inner = limiter.clone();
            let call = run_in_threadpool(move || {
                from_thread::run(async {
                    entered.set();
                    go.wait().await;
                    let one = run_in_threadpool(first.closure(|| ())).limiter(&inner);
                    let two = run_in_threadpool(second.closure(|| ())).limiter(&inner);
                    let (mut one, mut two) = (Box::pin(one), Box::pin(two));
                    assert!(poll_once(&mut one).await.is_pending());
                    assert!(poll_once(&mut two).await.is_pending());
                    both.set();
                    join!(one, two);
                })
            });
            let outer = g.spawn(call.limiter(&limiter));
            inside.wait().await;
            g.spawn(run_in_threadpool(outsider.closure(|| ())).limiter(&limiter));
            until_limiter(&limiter, 2, 1).await;
            queued.set();
            polled.wait().await;
            gates[0].started.wait().await;
            drop(token);
            gates[2].started.wait().await;
            // Both tokens are at work, the lent one and the one that came free.
            yields(100).await;
            assert!(!gates[1].started.is_set());
            gates[0].open.set();
            gates[1].started.wait().await;
            gates[1].open.set();
            let ended = outer.await.expect("nobody cancels");
            ended.expect("nobody cancels");
        });
        in_time(group).await.expect("nobody cancels");
        until_limiter(&limiter, 0, 0).await;
    });
}

/// TH7: a nested call that is cancelled or dropped while it waits for the lent token takes nothing with it.
pub fn th7_a_nested_call_that_gives_up_its_wait_loses_nothing(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let (inner, noted) = (limiter.clone(), trace.clone());
        let borrowed = holding(&limiter, move || {
            from_thread::run(async {
                let call = |text: &'static str| {
                    let noted = noted.clone();
                    run_in_threadpool(move || noted.push(text)).limiter(&inner)
                };
                let gate = Gate::new();
                let first = run_in_threadpool(gate.closure(|| ())).limiter(&inner);
                let mut first = Box::pin(first);
                assert!(poll_once(&mut first).await.is_pending());
                gate.started.wait().await;
                let scope = CancelScope::new();
                let handle = scope.handle();
                let mut cancelled = Box::pin(scope.run(call("the cancelled one ran")));
                let mut dropped = Box::pin(call("the dropped one ran"));
                assert!(poll_once(&mut cancelled).await.is_pending());
                assert!(poll_once(&mut dropped).await.is_pending());
                handle.cancel();
                assert!(cancelled.await.is_err());
                drop(dropped);
                gate.open.set();
                first.await;
                call("the last one ran").await;
                inner.statistics().borrowed
            })
        });
        assert_eq!(borrowed.await.expect("nobody cancels"), 1);
    });
    assert_eq!(trace.take(), ["the last one ran"]);
}

/// TH7, TH5: a nested closure that panics has returned, as far as the lent token is concerned.
pub fn th7_a_nested_panic_gives_the_lent_token_back(on: &Flavour) {
    // Resumed, not raised: the panic hook stays quiet.
    fn unwinds() {
        std::panic::resume_unwind(Box::new("nested"))
    }
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let seen = holding(&limiter, move || {
            from_thread::run(async {
                let call = run_in_threadpool(unwinds).limiter(&inner);
                let caught = catch_async(call).await;
                let next = run_in_threadpool(|| 7).limiter(&inner).await;
                (caught.err(), next, inner.statistics().borrowed)
            })
        });
        let seen = seen.await.expect("nobody cancels");
        assert_eq!(seen, (Some("nested".to_owned()), 7, 1));
    });
}

/// TH7: a task in a group outside belongs to nobody's future, whoever spawned it: it waits for a token of its own.
pub fn th7_a_task_spawned_into_a_group_outside_is_lent_nothing(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let group = task_group(async |g| {
            let (outside, inner, noted) = (g.clone(), limiter.clone(), trace.clone());
            let call = run_in_threadpool(move || {
                let log = noted.clone();
                let result = from_thread::run(async {
                    let call = run_in_threadpool(move || log.push("task outside"));
                    outside.spawn(call.limiter(&inner));
                    until(|| inner.statistics().waiting == 1 || noted.count("task outside") > 0)
                        .await;
                    yields(100).await;
                });
                result.expect("nobody cancels");
                noted.push("outer returns");
            });
            call.limiter(&limiter).await;
        });
        in_time(group).await.expect("nobody cancels");
    });
    assert_eq!(trace.take(), ["outer returns", "task outside"]);
}

/// Abandons a nested call on `limiter` while its closure waits at the gate.
async fn abandon(limiter: &CapacityLimiter, gate: &Gate) {
    let call = run_in_threadpool(gate.closure(|| ()));
    let call = call.limiter(limiter).abandon_on_cancel();
    let stop = async |handle: ScopeHandle| {
        handle.cancel();
    };
    assert!(once_set(&gate.started, call, stop).await.is_err());
}

/// TH7, TH3: a nested closure that was abandoned is still at work with the lent token: the next call waits for it.
pub fn th7_an_abandoned_nested_closure_keeps_the_lent_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let value = holding(&limiter, move || {
            from_thread::run(async {
                let (gate, next) = (Gate::new(), Gate::new());
                abandon(&inner, &gate).await;
                let mut call = Box::pin(run_in_threadpool(next.closure(|| 2)).limiter(&inner));
                assert!(poll_once(&mut call).await.is_pending());
                yields(100).await;
                assert!(!next.started.is_set());
                gate.open.set();
                next.open.set();
                call.await
            })
        });
        assert_eq!(value.await.expect("nobody cancels"), 2);
    });
}

/// TH7, TH3: abandoned closures may outlive the future: what they have is counted as a token of theirs from then on,
/// and the closure outside has its own again, to lend it to others.
pub fn th7_an_abandoned_nested_closure_that_outlives_the_future_is_counted(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let gate = Arc::new(Gate::new());
        let (inner, held) = (limiter.clone(), gate.clone());
        let call = run_in_threadpool(move || {
            let inside = from_thread::run(async {
                abandon(&inner, &held).await;
                inner.statistics().borrowed
            });
            let after = inner.statistics().borrowed;
            let seen = inner.clone();
            let nested = run_in_threadpool(move || seen.statistics().borrowed);
            let nested = from_thread::run(nested.limiter(&inner));
            (inside.ok(), after, nested.ok())
        });
        let seen = in_time(call.limiter(&limiter)).await;
        assert_eq!(seen, (Some(1), 2, Some(2)));
        // The closure outside has returned its token, the abandoned one is still at work.
        assert_eq!(limiter.statistics().borrowed, 1);
        assert!(limiter.try_acquire().is_none());
        gate.open.set();
        until_limiter(&limiter, 0, 0).await;
        assert_eq!(run_in_threadpool(|| 7).limiter(&limiter).await, 7);
    });
}

/// TH7: a token is lent to the calls on its own limiter; one of another limiter is not taken for it.
pub fn th7_a_lent_token_of_another_limiter_is_not_taken(on: &Flavour) {
    on.run(async {
        let (mine, others) = (CapacityLimiter::new(1), CapacityLimiter::new(1));
        let (lent, tried) = (Event::new(), Event::new());
        let (told, until_tried) = (lent.clone(), tried.clone());
        let other = run_in_threadpool(move || {
            from_thread::run(async {
                told.set();
                until_tried.wait().await;
            })
        })
        .limiter(&others);
        let wanted = others.clone();
        let here = run_in_threadpool(move || {
            from_thread::run(async {
                lent.wait().await;
                let taken = wanted.try_acquire().is_some();
                tried.set();
                taken
            })
        })
        .limiter(&mine);
        let (other, taken) = join!(other, here);
        assert!(other.is_ok());
        assert_eq!(taken.ok(), Some(false));
    });
}
