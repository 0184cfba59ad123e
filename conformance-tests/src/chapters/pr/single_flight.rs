//! PR2: calls that are shared by key.

use crate::harness::*;
use anyrt::sync::SingleFlight;

/// PR2: those that ask for a key while its call is made wait for that; other keys have calls of their own.
pub fn pr2_one_call_is_made_for_each_key(on: &Flavour) {
    on.run(async {
        let (flight, gate) = (Arc::new(SingleFlight::new()), Event::new());
        let group = task_group(async |g| {
            for n in 0..8_u32 {
                let (flight, gate) = (flight.clone(), gate.clone());
                g.spawn(async move {
                    let call = async || {
                        gate.wait().await;
                        n % 2
                    };
                    assert_eq!(flight.get(n % 2, call).await, n % 2);
                });
            }
            until(|| flight.statistics().asking == 8).await;
            assert_eq!(flight.statistics().flying, 2);
            gate.set();
        });
        group.await.expect("nobody cancels");
        let after = flight.statistics();
        assert_eq!((after.calls, after.flying, after.kept), (2, 0, 0));
        // Nothing was kept.
        assert_eq!(flight.get(0, async || 9).await, 9);
    });
}

/// PR2: where the one who calls fails, panics or is cancelled, the one who waits next calls.
pub fn pr2_a_call_that_gives_nothing_is_made_by_the_next(on: &Flavour) {
    on.run(async {
        let flight = SingleFlight::new().keep(1);
        let failed = flight.try_get('k', async || Err::<u32, _>("no"));
        assert_eq!(failed.await, Err("no"));
        let panics = flight.get('k', async || {
            checkpoint().await;
            std::panic::resume_unwind(Box::new("call"))
        });
        assert_eq!(catch_async(panics).await.expect_err("it panics"), "call");
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut cancelled = Box::pin(scope.run(flight.get('k', async || pending().await)));
        assert!(poll_once(&mut cancelled).await.is_pending());
        let mut next = Box::pin(flight.get('k', async || 7));
        assert!(poll_once(&mut next).await.is_pending());
        handle.cancel();
        assert!(cancelled.await.is_err());
        assert_eq!(next.await, 7);
        assert_eq!(flight.statistics().calls, 4);
    });
}

/// PR2: a key that nobody asks for any more is not listed, however its calls ended and in whatever order they left.
pub fn pr2_a_call_that_all_have_left_leaves_nothing(on: &Flavour) {
    on.run(async {
        let flight = SingleFlight::<_, u32>::new();
        let mut first = Box::pin(flight.get((), async || pending().await));
        let mut second = Box::pin(flight.get((), async || pending().await));
        assert!(poll_once(&mut first).await.is_pending());
        assert!(poll_once(&mut second).await.is_pending());
        drop(first);
        assert_eq!(flight.statistics().flying, 1);
        drop(second);
        assert_eq!(flight.statistics().flying, 0);
        assert_eq!(flight.try_get((), async || Err(1)).await, Err(1));
        assert_eq!(flight.statistics().flying, 0);
    });
}

/// PR2: of the values that are kept, the one that was used least recently goes first.
pub fn pr2_the_values_used_last_are_kept(on: &Flavour) {
    on.run(async {
        let flight = SingleFlight::new().keep(2);
        let calls = std::cell::RefCell::new(String::new());
        let ask = async |key: char| {
            let call = async || calls.borrow_mut().push(key);
            flight.get(key, call).await;
        };
        for key in "abacab".chars() {
            ask(key).await;
        }
        // The second a and the third were hits; c drove b out, and b then c.
        assert_eq!(*calls.borrow(), "abcb");
        let now = flight.statistics();
        assert_eq!((now.kept, now.hits, now.calls), (2, 2, 4));
    });
}

/// PR2: what was forgotten is called for anew, and a call that was being made then is not kept.
pub fn pr2_a_value_that_is_forgotten_is_made_anew(on: &Flavour) {
    on.run(async {
        let flight = SingleFlight::new().keep(8);
        assert_eq!(flight.get("k".to_owned(), async || 1).await, 1);
        assert_eq!(flight.get("k".to_owned(), async || 2).await, 1);
        flight.forget("k");
        assert_eq!(flight.get("k".to_owned(), async || 3).await, 3);
        let gate = Event::new();
        let mut flying = Box::pin(flight.get("f".to_owned(), async || {
            gate.wait().await;
            4
        }));
        assert!(poll_once(&mut flying).await.is_pending());
        flight.clear();
        assert_eq!(flight.statistics().kept, 0);
        gate.set();
        assert_eq!(flying.await, 4);
        assert_eq!(flight.get("f".to_owned(), async || 5).await, 5);
        assert_eq!(flight.get("k".to_owned(), async || 6).await, 6);
    });
}

/// PR2: a call that was forgotten while it was made does not touch the one that came after it.
pub fn pr2_a_forgotten_call_leaves_the_next_one_alone(on: &Flavour) {
    on.run(async {
        let flight = SingleFlight::new().keep(8);
        let gates = [Event::new(), Event::new()];
        let gates = &gates;
        let call = |n: usize| flight.get('k', move || after(&gates[n], n));
        let mut forgotten = Box::pin(call(0));
        assert!(poll_once(&mut forgotten).await.is_pending());
        flight.forget(&'k');
        let mut next = Box::pin(call(1));
        assert!(poll_once(&mut next).await.is_pending());
        gates[0].set();
        assert_eq!(forgotten.await, 0);
        let now = flight.statistics();
        assert_eq!((now.kept, now.flying, now.asking), (0, 1, 1));
        gates[1].set();
        assert_eq!(next.await, 1);
        assert_eq!(flight.get('k', async || 9).await, 1);
        assert_eq!(flight.statistics().calls, 2);
    });
}

/// PR2, RT4: a value that was made too long ago, on the clock of the runtime, is made anew.
pub fn pr2_a_value_is_kept_for_a_period(on: &Flavour) {
    on.run(async {
        let for_ever = SingleFlight::new().keep(1).keep_for(Duration::MAX);
        let for_a_moment = SingleFlight::new()
            .keep(1)
            .keep_for(Duration::from_millis(1));
        for n in 0..2 {
            assert_eq!(for_ever.get((), async || n).await, 0);
            assert_eq!(for_a_moment.get((), async || n).await, n);
            sleep(Duration::from_millis(2)).await;
        }
    });
}
