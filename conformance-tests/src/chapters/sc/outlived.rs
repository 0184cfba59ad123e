//! SC14: regions that outlive what they were entered in, and what they know of it.

use crate::harness::*;

/// SC14: a region that a plain thread polls belongs to the runtime it was entered in.
pub fn sc14_a_region_on_a_plain_thread_knows_its_runtime(on: &Flavour) {
    on.run(async {
        // What is set here tells this runtime from any other.
        default_thread_limiter().unwrap().set_total(7);
        let mut moved = Box::pin(CancelScope::new().run(async {
            yield_once().await;
            default_thread_limiter().map(|limiter| limiter.total())
        }));
        assert!(poll_once(&mut moved).await.is_pending());
        let there = on_thread(|| block_on(moved));
        assert_eq!(there.unwrap().ok(), Some(7));
    });
}

/// SC14: a region that outlives the task it was entered in holds what is around it no longer.
pub fn sc14_a_region_that_outlives_its_task_does_not_hold_its_group(on: &Flavour) {
    on.run(async {
        let (gate, place) = (Event::new(), Arc::new(Mutex::new(None)));
        let _open = gate.set_on_drop();
        let result = task_group(async |g: TaskGroup| {
            let (opened, left) = (gate.clone(), place.clone());
            let child = g.spawn(async move {
                let mut moved = Box::pin(shield(async move { opened.wait().await }));
                assert!(poll_once(&mut moved).await.is_pending());
                *left.lock().unwrap() = Some(moved);
            });
            shield(child).await.unwrap();
            g.cancel();
            pending::<()>().await;
        })
        .await;
        assert!(result.is_err());
        gate.set();
        let moved = place.lock().unwrap().take().unwrap();
        moved.await;
    });
}

/// SC14: a shield that outlives the cancelled scope it was entered in is still told why its outside was cancelled.
pub fn sc14_a_shield_that_outlives_a_cancelled_scope_knows_the_reason(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let opened = gate.clone();
        let mut moved = Box::pin(shield_with(async move |outside: Outside| {
            opened.wait().await;
            outside.reason()
        }));
        let scope = CancelScope::new();
        let handle = scope.handle();
        let result = scope
            .run(async {
                assert!(poll_once(&mut moved).await.is_pending());
                handle.cancel_with("stop");
            })
            .await;
        assert!(result.is_ok());
        gate.set();
        assert_eq!(cause_of(&moved.await.unwrap()), "stop");
    });
}

/// SC14: who waits for the outside of a shield that ends meanwhile is woken, to be told `Shutdown`.
pub fn sc14_a_wait_for_the_outside_is_woken_by_the_end_of_its_shield(on: &Flavour) {
    on.run(async {
        let wakes = WakeCounter::new();
        let mut wait = shield_with(async |outside: Outside| {
            let mut wait = Box::pin(outside.cancelled());
            assert!(wakes.poll(wait.as_mut()).is_pending());
            wait
        })
        .await;
        assert_eq!(wakes.wakes(), 1);
        assert!(wakes.poll(wait.as_mut()).is_ready());
    });
}
