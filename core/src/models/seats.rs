//! The seats of tasks, one step at a time: what a group lists of a task that waits, and what it lists no more.

use std::sync::Arc;
use std::task::Context;

use loom::sync::atomic::Ordering::SeqCst;

use super::{below, root, why, woken};
use crate::scope::tree::{self, Kind, Park, Seat, kids_of};
use crate::task::Place;

#[test]
fn a_task_that_waits_with_another_waker_is_listed_with_that_one_alone() {
    loom::model(|| {
        let (root, seat, mut listed) = (root(), Seat::default(), None);
        let ((before, old), (now, new)) = (woken(), woken());
        for waker in [&old, &new] {
            let cx = Context::from_waker(waker);
            let parked = root.park_task(&seat, &mut listed, Place::caller(), &cx);
            assert_eq!(parked, Park::Wait);
            assert_eq!(root.snapshot().kids.len(), 1, "it has one seat");
        }
        drop((old, new));
        assert_eq!(Arc::strong_count(&before), 1, "nobody keeps the old waker");
        tree::cancel(&root, why());
        assert_eq!((before.0.load(SeqCst), now.0.load(SeqCst)), (0, 1));
        root.leave_seat(&seat, false);
        assert!(root.snapshot().kids.is_empty());
    });
}

#[test]
fn a_task_that_ends_after_a_cancel_takes_nobody_else_off_the_list() {
    loom::model(|| {
        let (root, seat) = (root(), Seat::default());
        let (_, waker) = woken();
        let cx = Context::from_waker(&waker);
        let parked = root.park_task(&seat, &mut None, Place::caller(), &cx);
        assert_eq!(parked, Park::Wait);
        // The cancel takes the leaf with it, and its key is free for the next one that is listed.
        tree::cancel(&root, why());
        let late = [below(&root, Kind::Task), below(&root, Kind::Task)];
        root.leave_seat(&seat, false);
        let kids: Vec<_> = kids_of(&root).collect();
        assert_eq!(kids.len(), late.len());
        for late in &late {
            assert!(kids.iter().any(|kid| Arc::ptr_eq(kid, late)));
            late.detach();
        }
        assert!(root.snapshot().kids.is_empty());
    });
}
