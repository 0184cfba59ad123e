//! TG1, TG4: groups of every kind of child, ended from several sides at once.

use super::{WithDrop, both_kinds};
use crate::harness::*;
use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicUsize, Ordering},
};

/// Numbers that are the same in every run (xorshift).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 33) as usize % sides
    }
}

/// What one child does: work, fail, wait for ever, hold, clean up.
async fn act(part: usize, length: usize, number: usize) -> Result<usize, usize> {
    match part {
        0 => yields(length).await,
        1 => {
            yields(length * 2).await;
            return Err(number);
        }
        2 => pending().await,
        3 => {
            shield(yields(length)).await;
            checkpoint().await;
        }
        4 => {
            let cleanup = async |_| yields(length).await;
            finally(pending::<()>(), cleanup).await;
        }
        _ => {
            for _ in 0..length {
                checkpoint().await;
            }
        }
    }
    Ok(number)
}

both_kinds! {
    /// TG1, TG4: whatever ends a group, and from however many sides, no child is left and no error told twice.
    #[local(tg1_local_no_child_is_left_whatever_ends_the_group)]
    pub fn tg1_no_child_is_left_whatever_ends_the_group(on: &Flavour) {
        on.run(async {
            for seed in 0..200 {
                let mut dice = Dice::new(seed);
                let alive = Arc::new(AtomicUsize::new(0));
                let scope = CancelScope::new();
                let (handle, running) = (scope.handle(), Event::new());
                let (delay, started) = (dice.roll(200), running.clone());
                let canceller = start_thread(move || {
                    running.wait_blocking();
                    for _ in 0..delay {
                        std::thread::yield_now();
                    }
                    handle.cancel();
                });
                let result = scope
                    .run(try_task_group(async |g| {
                        let mut handles = Vec::new();
                        started.set();
                        g.limit(dice.roll(20) + 1);
                        for number in 0..dice.roll(20) {
                            let (part, length) = (dice.roll(6), dice.roll(8));
                            let leaving = alive.clone();
                            alive.fetch_add(1, Ordering::SeqCst);
                            let child = WithDrop::new(act(part, length, number), move || {
                                leaving.fetch_sub(1, Ordering::SeqCst);
                            });
                            handles.push(g.spawn(child));
                        }
                        yields(dice.roll(10)).await;
                        match dice.roll(4) {
                            0 => {
                                g.cancel();
                            }
                            1 => return Err(usize::MAX),
                            2 => handles.iter().for_each(|handle| {
                                handle.cancel();
                            }),
                            _ => {}
                        }
                        Ok(())
                    }))
                    .await;
                assert_eq!(alive.load(Ordering::SeqCst), 0, "seed {seed}");
                if let Ok(Err(GroupError::Failed(errors))) = result {
                    let distinct: BTreeSet<_> = errors.iter().collect();
                    assert_eq!(distinct.len(), errors.len(), "seed {seed}: {errors:?}");
                }
                canceller.join().unwrap();
            }
        });
    }
}
