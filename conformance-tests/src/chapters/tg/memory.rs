//! TG13: what a finished child leaves behind: nothing.

use super::both_kinds;
use crate::harness::*;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts how many of its kind are alive.
struct Alive(Arc<AtomicUsize>);

impl Alive {
    fn new(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

/// How many lines the runtime's task tree has.
fn lines_of_the_tree() -> usize {
    task_tree()
        .expect("inside a runtime")
        .to_string()
        .lines()
        .count()
}

both_kinds! {
    /// TG13: the future of a finished child is dropped while its group runs on and its handle is kept.
    #[local(tg13_local_the_future_of_a_finished_child_is_dropped_at_once)]
    pub fn tg13_the_future_of_a_finished_child_is_dropped_at_once(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let (child, counter) = counted(yields(3));
                let handle = g.spawn(child);
                assert_eq!(handle.wait().await, TaskStatus::Completed);
                assert_eq!(counter.drops(), 1);
            })
            .await
            .unwrap();
        });
    }

    /// TG13: so is that of a cancelled child.
    #[local(tg13_local_the_future_of_a_cancelled_child_is_dropped_at_once)]
    pub fn tg13_the_future_of_a_cancelled_child_is_dropped_at_once(on: &Flavour) {
        on.run(async {
            task_group(async |g| {
                let (child, counter) = pending_counted();
                let handle = g.spawn(child);
                until(|| counter.polls() > 0).await;
                handle.cancel();
                assert_eq!(handle.wait().await, TaskStatus::Cancelled);
                assert_eq!(counter.drops(), 1);
            })
            .await
            .unwrap();
        });
    }

    /// TG13: a value that nobody can take is dropped when the child ends; a kept handle keeps it until it is dropped.
    #[local(tg13_local_a_value_lives_as_long_as_its_handle)]
    pub fn tg13_a_value_lives_as_long_as_its_handle(on: &Flavour) {
        on.run(async {
            let alive = Arc::new(AtomicUsize::new(0));
            task_group(async |g| {
                let made = Event::new();
                let child = |alive: &Arc<AtomicUsize>| {
                    let (alive, made) = (alive.clone(), made.clone());
                    async move {
                        let value = Alive::new(&alive);
                        made.set();
                        value
                    }
                };
                drop(g.spawn(child(&alive)));
                made.wait().await;
                until(|| alive.load(Ordering::SeqCst) == 0).await;
                let handle = g.spawn(child(&alive));
                handle.wait().await;
                assert_eq!(alive.load(Ordering::SeqCst), 1);
                drop(handle);
                // The task itself may be about to let go of it on another thread.
                until(|| alive.load(Ordering::SeqCst) == 0).await;
                let mut handle = g.spawn(child(&alive));
                let value = (&mut handle).await.unwrap();
                drop(value);
                assert_eq!(
                    alive.load(Ordering::SeqCst),
                    0,
                    "the handle does not keep what was taken"
                );
            })
            .await
            .unwrap();
        });
    }

    /// TG13: a hundred thousand children, in batches, leave nothing in an open group: no future, no value, no line in the
    /// tree.
    #[local(tg13_local_a_hundred_thousand_children_leave_nothing)]
    pub fn tg13_a_hundred_thousand_children_leave_nothing(on: &Flavour) {
        const BATCH: usize = 10_000;
        on.run(async {
            let alive = Arc::new(AtomicUsize::new(0));
            let ended = Arc::new(AtomicUsize::new(0));
            task_group(async |g| {
                let before = lines_of_the_tree();
                for batch in 1..=10 {
                    for _ in 0..BATCH {
                        let (future, value) = (Alive::new(&alive), Alive::new(&alive));
                        let ended = ended.clone();
                        g.spawn(async move {
                            ended.fetch_add(1, Ordering::SeqCst);
                            drop(future);
                            value
                        });
                    }
                    until(|| alive.load(Ordering::SeqCst) == 0).await;
                    assert_eq!(ended.load(Ordering::SeqCst), batch * BATCH);
                }
                until(|| lines_of_the_tree() <= before).await;
            })
            .await
            .unwrap();
        });
    }

    /// TG13: a group that lives on children which spawn their successors stays flat while its host waits.
    #[local(tg13_local_a_group_that_spawns_for_ever_stays_flat)]
    pub fn tg13_a_group_that_spawns_for_ever_stays_flat(on: &Flavour) {
        const GENERATIONS: usize = 100_000;
        on.run(async {
            let alive = Arc::new(AtomicUsize::new(0));
            let peak = Arc::new(AtomicUsize::new(0));
            let counts = (alive.clone(), peak.clone());
            task_group(async |g: TaskGroup| {
                fn next(g: TaskGroup, left: usize, counts: (Arc<AtomicUsize>, Arc<AtomicUsize>)) {
                    let again = g.clone();
                    let guard = Alive::new(&counts.0);
                    g.spawn(async move {
                        let _guard = guard;
                        counts
                            .1
                            .fetch_max(counts.0.load(Ordering::SeqCst), Ordering::SeqCst);
                        if left > 1 {
                            next(again, left - 1, counts);
                        }
                    });
                }
                next(g, GENERATIONS, counts);
            })
            .await
            .unwrap();
            assert_eq!(alive.load(Ordering::SeqCst), 0);
            // Each is spawned while the one before it is still there. That one may be slow to go, so a few may overlap.
            assert!(peak.load(Ordering::SeqCst) <= 64, "{peak:?}");
        });
    }

    /// TG13: children that end out of order, among long-lived ones, free their places too.
    #[local(tg13_local_short_children_among_long_ones_leave_nothing)]
    pub fn tg13_short_children_among_long_ones_leave_nothing(on: &Flavour) {
        on.run(async {
            let alive = Arc::new(AtomicUsize::new(0));
            task_group(async |g| {
                let before = lines_of_the_tree();
                for _ in 0..100 {
                    for n in 0..100usize {
                        let value = Alive::new(&alive);
                        g.spawn(async move {
                            yields(n % 5).await;
                            value
                        });
                    }
                    g.spawn(pending::<()>());
                }
                until(|| alive.load(Ordering::SeqCst) == 0).await;
                until(|| lines_of_the_tree() <= before + 100).await;
                g.cancel();
            })
            .await
            .unwrap();
        });
    }
}
