//! SC9: a cancel costs what is below it: no recursion, one wake for each region, no spinning.

use crate::harness::*;
use futures_util::{StreamExt, join, stream::FuturesUnordered};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts its own drop: the end of whatever owns it.
struct CountDrop(Arc<AtomicUsize>);

impl Drop for CountDrop {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// What the levels of a chain of groups share.
#[derive(Clone, Default)]
struct Chain {
    bottom: Event,
    ended: Arc<AtomicUsize>,
    handles: Arc<Mutex<Vec<TaskHandle<()>>>>,
}

/// Opens a group whose only child opens a group, and so on; sets the event in the deepest one.
fn descend(levels: usize, chain: Chain) -> Pin<Box<dyn Future<Output = ()> + Send>> {
    Box::pin(async move {
        let result = task_group(async move |g: TaskGroup| {
            let _count = CountDrop(chain.ended.clone());
            if levels == 1 {
                chain.bottom.set();
            } else {
                let handle = g.spawn(descend(levels - 1, chain.clone()));
                chain.handles.lock().expect("no panic").push(handle);
            }
            pending::<()>().await;
        });
        drop(result.await);
        unreachable!("the scope around absorbs");
    })
}

/// SC9, SC8: ten thousand groups, each in a child of the one before, cancelled from outside on a small stack. Every
/// handle is told the reason of the one region that absorbs, which costs no walk of ten thousand steps each.
pub fn sc9_ten_thousand_nested_groups_are_cancelled_without_recursion(on: &Flavour) {
    const DEEP: usize = 10_000;
    on_thread_with_stack(2 << 20, || {
        on.run(async {
            let chain = Chain::default();
            let scope = CancelScope::new();
            let handle = scope.handle();
            let thread = {
                let bottom = chain.bottom.clone();
                std::thread::Builder::new()
                    .stack_size(256 << 10)
                    .spawn(move || {
                        bottom.wait_blocking();
                        handle.cancel_with("far above")
                    })
                    .expect("the system gives a thread")
            };
            let result = scope.run(descend(DEEP, chain.clone())).await;
            assert!(result.is_err());
            assert_eq!(chain.ended.load(Ordering::SeqCst), DEEP);
            assert!(thread.join().expect("no stack overflow"));
            let handles = std::mem::take(&mut *chain.handles.lock().expect("no panic"));
            assert_eq!(handles.len(), DEEP - 1);
            for handle in handles {
                match handle.await {
                    Err(TaskError::Cancelled(cancelled)) => {
                        assert_eq!(cancelled.reason().cause(), &super::explicit("far above"));
                    }
                    other => panic!("{other:?}"),
                }
            }
        });
    });
}

/// SC9: a hundred thousand children below one cancel, each with a scope inside, on a stack of 2 MiB: each is polled at
/// most once more and all have ended.
pub fn sc9_a_hundred_thousand_regions_below_are_cancelled(on: &Flavour) {
    on_thread_with_stack(2 << 20, || a_hundred_thousand(on));
}

fn a_hundred_thousand(on: &Flavour) {
    const MANY: usize = 100_000;
    on.run(async {
        let polls = Arc::new(AtomicUsize::new(0));
        let dropped = Arc::new(AtomicUsize::new(0));
        let all_polled = Event::new();
        let scope = CancelScope::new();
        let handle = scope.handle();
        let (result, ()) = join!(
            scope.run(task_group(async |g: TaskGroup| {
                for _ in 0..MANY {
                    g.spawn(CancelScope::new().run(Child {
                        polls: polls.clone(),
                        last: MANY,
                        all_polled: all_polled.clone(),
                        _count: CountDrop(dropped.clone()),
                    }));
                }
            })),
            async {
                all_polled.wait().await;
                handle.cancel();
            }
        );
        assert!(result.is_err());
        assert_eq!(dropped.load(Ordering::SeqCst), MANY);
        let polls = polls.load(Ordering::SeqCst);
        assert!(polls <= 2 * MANY, "{polls} polls");
    });
}

/// A child that counts its polls and its end, and is never ready.
struct Child {
    polls: Arc<AtomicUsize>,
    last: usize,
    all_polled: Event,
    _count: CountDrop,
}

impl Future for Child {
    type Output = ();

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if self.polls.fetch_add(1, Ordering::SeqCst) + 1 == self.last {
            self.all_polled.set();
        }
        Poll::Pending
    }
}

/// SC9: ten thousand scopes in one task, each woken through its own waker.
pub fn sc9_ten_thousand_regions_in_one_task_are_cancelled(on: &Flavour) {
    const MANY: usize = 10_000;
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let cleanups = AtomicUsize::new(0);
        let regions: FuturesUnordered<_> = (0..MANY)
            .map(|_| {
                finally(pending::<()>(), async |_| {
                    cleanups.fetch_add(1, Ordering::SeqCst);
                })
            })
            .collect();
        let (result, _) = join!(scope.run(regions.count()), async { handle.cancel() });
        assert!(result.is_err());
        assert_eq!(cleanups.load(Ordering::SeqCst), MANY);
    });
}

/// SC9: a cancel wakes a waiting region once, and a second cancel not at all.
pub fn sc9_a_region_is_woken_once(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let mut run = pin!(scope.run(pending::<()>()));
        assert!(wakes.poll(run.as_mut()).is_pending());
        assert_eq!(wakes.wakes(), 0);
        handle.cancel();
        assert_eq!(wakes.wakes(), 1);
        handle.cancel();
        handle.cancel_with("again");
        assert_eq!(wakes.wakes(), 1);
        assert!(wakes.poll(run.as_mut()).is_ready());
        assert_eq!(wakes.wakes(), 1);
    });
}

/// SC9: so is each of the regions below it, a held one too, however often the cancel is repeated.
pub fn sc9_a_held_region_is_woken_once(on: &Flavour) {
    on.run(async {
        let scope = CancelScope::new();
        let handle = scope.handle();
        let wakes = WakeCounter::new();
        let gate = Event::new();
        let (body, counter) = counted(shield(gate.wait()));
        let mut run = pin!(scope.run(CancelScope::new().run(body)));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        // Two scopes and a shield, all with the same waker.
        let woken = wakes.wakes();
        assert!((1..=3).contains(&woken), "{woken} wakes");
        handle.cancel();
        assert_eq!(wakes.wakes(), woken);
        assert!(wakes.poll(run.as_mut()).is_pending());
        assert_eq!((wakes.wakes(), counter.polls()), (woken, 2));
        gate.set();
        assert_eq!(wakes.wakes(), woken + 1);
        assert!(wakes.poll(run.as_mut()).is_ready());
    });
}

/// SC9: while something holds a cancelled region, nothing asks for a poll.
/// Others had it wrong: AnyIO #695.
pub fn sc9_a_held_region_does_not_spin(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let wakes = WakeCounter::new();
        let outer = CancelScope::new();
        let handle = outer.handle();
        let (neighbour, counter) = pending_counted();
        let hold = gate.wait();
        let mut run = pin!(outer.run(async move {
            let _ = CancelScope::new()
                .run(async move {
                    join!(shield(hold), neighbour, checkpoint(), sleep_forever());
                })
                .await;
        }));
        // The checkpoint yields once; after that nothing is under way.
        assert!(wakes.poll(run.as_mut()).is_pending());
        assert!(wakes.poll(run.as_mut()).is_pending());
        let quiet = wakes.wakes();
        handle.cancel();
        assert!(wakes.wakes() > quiet);
        // Each poll answers what woke it; then the region must be at rest.
        let mut rounds = 0;
        let mut seen = quiet;
        while wakes.wakes() > seen {
            seen = wakes.wakes();
            rounds += 1;
            assert!(rounds < 10, "a held region wakes itself again and again");
            assert!(wakes.poll(run.as_mut()).is_pending());
        }
        let polls = counter.polls();
        yields(200).await;
        assert_eq!((wakes.wakes(), counter.polls()), (seen, polls));
        gate.set();
        assert!(matches!(wakes.poll(run.as_mut()), Poll::Ready(Err(_))));
        assert_eq!(counter.drops(), 1);
    });
}

/// SC9: a host that waits for a held child of a cancelled group rests as well, and so does the child.
/// Others had it wrong: AnyIO #695, #1111.
pub fn sc9_a_host_that_waits_for_a_held_child_does_not_spin(on: &Flavour) {
    on.run(async {
        let gate = Event::new();
        let _end = gate.set_on_drop();
        let wakes = WakeCounter::new();
        let (wait, counter) = counted(gate.wait());
        let scope = CancelScope::new();
        let handle = scope.handle();
        let mut run = Box::pin(scope.run(task_group(async |g: TaskGroup| {
            g.spawn(shield_with(async move |outside: Outside| {
                outside.cancelled().await;
                wait.await;
            }));
        })));
        assert!(wakes.poll(run.as_mut()).is_pending());
        handle.cancel();
        until(|| counter.polls() > 0).await;
        let mut seen = 0;
        for _ in 0..100 {
            if wakes.wakes() > seen {
                seen = wakes.wakes();
                assert!(wakes.poll(run.as_mut()).is_pending());
            }
            yields(5).await;
        }
        // The cancel wakes host and child, perhaps once for each thing they wait for, and then both rest.
        assert!(wakes.wakes() <= 4, "{} wakes of the host", wakes.wakes());
        assert!(counter.polls() <= 4, "{counter:?}");
        gate.set();
        assert!(run.await.is_ok(), "the child ended by itself");
    });
}
