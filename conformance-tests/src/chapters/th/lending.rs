//! TH7: a closure lends its token to the calls that are made inside its futures.

use super::Gate;
use super::from_thread::once_set;
use crate::harness::*;
use anyrt::from_thread;
use futures_util::{future::join_all, join};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

/// Awaits `work`, which ends soon. Where no token is lent it would wait for ever; the deadline lets the test fail.
pub(super) async fn in_time<T>(work: impl Future<Output = T>) -> T {
    let result = fail_after(Duration::from_secs(60), work).await;
    result.expect("a call still waits for the token that is there for it")
}

/// Runs `closure` in a call that holds a token of `limiter`, and sees that everything is given back.
pub(super) async fn holding<T: Send + 'static>(
    limiter: &CapacityLimiter,
    closure: impl FnOnce() -> T + Send + 'static,
) -> T {
    let value = in_time(run_in_threadpool(closure).limiter(limiter)).await;
    let left = limiter.statistics();
    assert_eq!((left.borrowed, left.waiting), (0, 0));
    value
}

/// In a worker: makes calls inside of calls, `depth` more, in the future itself or `by_child` of a group in it. Tells
/// how many tokens were borrowed at each level.
fn descend(limiter: &CapacityLimiter, depth: usize, by_child: bool) -> Vec<usize> {
    let mut seen = vec![limiter.statistics().borrowed];
    if depth > 0 {
        let inner = limiter.clone();
        let call = run_in_threadpool(move || descend(&inner, depth - 1, by_child)).limiter(limiter);
        let deeper = from_thread::run(async {
            if !by_child {
                return call.await;
            }
            let group = task_group(async |g| g.spawn(call).await.expect("nobody cancels"));
            group.await.expect("nobody cancels")
        });
        seen.extend(deeper.expect("nobody cancels"));
    }
    seen
}

/// TH7: on a limiter of one a call may be made inside of a call, to any depth, and one token is all that is borrowed.
pub fn th7_calls_nest_on_a_limiter_of_one(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let seen = holding(&limiter, move || descend(&inner, 3, false)).await;
        assert_eq!(seen, [1; 4]);
    });
}

/// TH7: a group that is opened inside belongs to the future: its children may use the token too.
pub fn th7_the_children_of_a_group_inside_use_the_lent_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let seen = holding(&limiter, move || descend(&inner, 3, true)).await;
        assert_eq!(seen, [1; 4]);
    });
}

/// TH7: with tokens to spare the lent one is still used first: nesting borrows no more.
pub fn th7_a_nested_call_borrows_no_further_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(5);
        let inner = limiter.clone();
        let seen = holding(&limiter, move || descend(&inner, 2, false)).await;
        assert_eq!(seen, [1; 3]);
    });
}

/// TH7: the default limiter lends like any other: calls nest deeper than it has tokens.
pub fn th7_the_default_limiter_lends_as_well(on: &Flavour) {
    fn descend(depth: usize) -> usize {
        match depth {
            0 => 0,
            _ => {
                let call = run_in_threadpool(move || descend(depth - 1));
                1 + from_thread::run(call).expect("nobody cancels")
            }
        }
    }
    on.run(async {
        let total = default_thread_limiter()
            .expect("a runtime is running")
            .total();
        let call = run_in_threadpool(move || descend(total + 2));
        assert_eq!(in_time(call).await, total + 2);
    });
}

/// TH7: the token is lent through a closure in between that holds one of another limiter.
pub fn th7_a_call_on_another_limiter_in_between_passes_the_token_on(on: &Flavour) {
    on.run(async {
        let (first, second) = (CapacityLimiter::new(1), CapacityLimiter::new(1));
        let (a, b) = (first.clone(), second.clone());
        let seen = holding(&first, move || {
            let between = b.clone();
            let call = run_in_threadpool(move || {
                let again = a.clone();
                let call =
                    run_in_threadpool(move || (a.statistics().borrowed, b.statistics().borrowed));
                from_thread::run(call.limiter(&again)).expect("nobody cancels")
            });
            from_thread::run(call.limiter(&between)).expect("nobody cancels")
        });
        assert_eq!(seen.await, (1, 1));
        assert_eq!(second.statistics().borrowed, 0);
    });
}

/// TH7: one token is for one closure at a time: a second nested call waits until the first has given it back.
pub fn th7_two_nested_calls_use_the_lent_token_in_turn(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let values = holding(&limiter, move || {
            from_thread::run(async {
                let (one, two) = (Gate::new(), Gate::new());
                let mut first = Box::pin(run_in_threadpool(one.closure(|| 1)).limiter(&inner));
                let mut second = Box::pin(run_in_threadpool(two.closure(|| 2)).limiter(&inner));
                assert!(poll_once(&mut first).await.is_pending());
                assert!(poll_once(&mut second).await.is_pending());
                one.started.wait().await;
                // Every turn is one more chance for the second to start beside it.
                yields(100).await;
                assert!(!two.started.is_set());
                assert_eq!(inner.statistics().borrowed, 1);
                one.open.set();
                two.open.set();
                join!(first, second)
            })
        });
        assert_eq!(values.await.expect("nobody cancels"), (1, 2));
    });
}

/// TH7: however many calls are made at once, in the future and in children, no two of them are at work together.
pub fn th7_never_two_closures_with_one_lent_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let (running, peak) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let (inner, highest) = (limiter.clone(), peak.clone());
        let ended = holding(&limiter, move || {
            let call = || {
                let (running, peak) = (running.clone(), highest.clone());
                let call = run_in_threadpool(move || {
                    peak.fetch_max(running.fetch_add(1, SeqCst) + 1, SeqCst);
                    std::thread::yield_now();
                    running.fetch_sub(1, SeqCst);
                });
                call.limiter(&inner)
            };
            from_thread::run(async {
                let children = task_group(async |g| {
                    for _ in 0..20 {
                        g.spawn(call());
                    }
                });
                let (ended, _) = join!(children, join_all((0..20).map(|_| call())));
                ended.is_ok()
            })
        });
        assert!(ended.await.expect("nobody cancels"));
        assert_eq!(peak.load(SeqCst), 1);
    });
}

/// TH7: tokens that are free are there for nested calls as for anybody: a second one runs beside the first.
pub fn th7_a_second_nested_call_takes_a_free_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(2);
        let inner = limiter.clone();
        let borrowed = holding(&limiter, move || {
            from_thread::run(async {
                let gates = [Gate::new(), Gate::new(), Gate::new()];
                let mut calls: Vec<_> = gates
                    .iter()
                    .map(|gate| run_in_threadpool(gate.closure(|| ())).limiter(&inner))
                    .map(Box::pin)
                    .collect();
                for call in &mut calls {
                    assert!(poll_once(call).await.is_pending());
                }
                gates[0].started.wait().await;
                gates[1].started.wait().await;
                let borrowed = inner.statistics().borrowed;
                // No third one: one token is lent and one was free.
                yields(100).await;
                assert!(!gates[2].started.is_set());
                gates.iter().for_each(|gate| gate.open.set());
                join_all(calls).await;
                (borrowed, inner.statistics().borrowed)
            })
        });
        assert_eq!(borrowed.await.expect("nobody cancels"), (2, 1));
    });
}

/// TH7: lent is not given: after its future the closure still holds its token, and may lend it again.
pub fn th7_after_the_future_the_closure_still_holds_its_token(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let seen = holding(&limiter, move || {
            [(); 3].map(|()| {
                let nested = from_thread::run(run_in_threadpool(|| 7).limiter(&inner));
                let free = inner.try_acquire().is_some();
                (nested.ok(), inner.statistics().borrowed, free)
            })
        });
        assert_eq!(seen.await, [(Some(7), 1, false); 3]);
    });
}

/// TH7: the cancel of the caller reaches a nested call as well, whether it has the lent token or waits for it.
pub fn th7_a_cancel_of_the_caller_ends_the_wait_for_the_lent_token(on: &Flavour) {
    let trace = Trace::new();
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let (inside, gate) = (Event::new(), Arc::new(Gate::new()));
        let _open = gate.open.set_on_drop();
        let (entered, first, noted) = (inside.clone(), gate.clone(), trace.clone());
        let inner = limiter.clone();
        let call = run_in_threadpool(move || {
            let (one, two) = (noted.clone(), noted.clone());
            let ended = from_thread::run(async {
                let one = first.closure(move || one.push("the first returns"));
                let mut one = Box::pin(run_in_threadpool(one).limiter(&inner));
                let two = run_in_threadpool(move || two.push("the second runs"));
                let mut two = Box::pin(two.limiter(&inner));
                assert!(poll_once(&mut one).await.is_pending());
                assert!(poll_once(&mut two).await.is_pending());
                first.started.wait().await;
                entered.set();
                join!(one, two);
            });
            noted.push(format!("cancelled {}", ended.is_err()));
        });
        let stop = async |handle: ScopeHandle| {
            handle.cancel();
            yields(20).await;
            gate.open.set();
        };
        let result = once_set(&inside, call.limiter(&limiter), stop);
        assert!(in_time(result).await.is_ok());
        let left = limiter.statistics();
        assert_eq!((left.borrowed, left.waiting), (0, 0));
    });
    assert_eq!(trace.take(), ["the first returns", "cancelled true"]);
}

/// TH7: whoever does not wait for a token takes the lent one too, and once.
pub fn th7_a_token_that_is_lent_is_there_to_be_tried_for(on: &Flavour) {
    on.run(async {
        let limiter = CapacityLimiter::new(1);
        let inner = limiter.clone();
        let seen = holding(&limiter, move || {
            assert!(inner.try_acquire().is_none(), "nothing is lent yet");
            from_thread::run(async {
                let lent = inner.try_acquire();
                let again = inner.try_acquire_on_behalf_of("key");
                (lent.is_some(), again.expect("the key is free").is_some())
            })
        });
        assert_eq!(seen.await.expect("nobody cancels"), (true, false));
    });
}
