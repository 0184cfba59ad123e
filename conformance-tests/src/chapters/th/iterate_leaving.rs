//! TH8: batches that have parked the iterator, and whose threads are on their way out.

use super::iterate::{Watch, open_late, stop_at};
use super::{Gate, until_limiter};
use crate::harness::*;
use anyrt::{ContextLocal, iterate_in_threadpool};
use futures_util::StreamExt;

/// A context value whose destructor waits at a gate, and tells when it is done.
struct SlowToDrop(Gate, Event);

impl Drop for SlowToDrop {
    fn drop(&mut self) {
        self.0.started.set();
        self.0.open.wait_blocking();
        self.1.set();
    }
}

static SLOW: ContextLocal<SlowToDrop> = ContextLocal::new();

/// TH8: the thread of a batch lets go of the values of its caller when the iterator is parked already. Other batches may
/// come and go meanwhile; the nearest group waits for this one all the same.
pub fn th8_the_nearest_group_waits_for_the_thread_of_an_earlier_batch(on: &Flavour) {
    on.run(async {
        let (limiter, watch, left) = (CapacityLimiter::new(1), Watch::new(), Event::new());
        let (first, slow, dropped) = (Gate::new(), Gate::new(), Event::new());
        let (started, open) = (slow.started.clone(), slow.open.clone());
        let outer = task_group(async |g| {
            open_late(&g, &open, &left);
            let inner = task_group(async |_| {
                let _left = left.set_on_drop();
                let numbers = watch.numbers(3, stop_at(&first, 1));
                let stream = iterate_in_threadpool(numbers).buffer(1);
                let mut stream = stream.limiter(&limiter);
                // The first batch alone has the value, and is the last to have it.
                let mut next = stream.next();
                let begin = SLOW.scope(SlowToDrop(slow, dropped.clone()), poll_once(&mut next));
                assert!(begin.await.is_pending());
                first.open.set();
                started.wait().await;
                for item in 1..=3 {
                    // Whatever batch made it has given its token back.
                    until_limiter(&limiter, 0, 0).await;
                    assert_eq!(stream.next().await, Some(item));
                }
                assert_eq!(stream.next().await, None);
                assert!(!dropped.is_set());
            });
            inner.await.expect("nobody cancels");
            assert!(dropped.is_set());
            assert_eq!((watch.made(), watch.misplaced()), (3, 0));
        });
        outer.await.expect("nobody cancels");
    });
}
