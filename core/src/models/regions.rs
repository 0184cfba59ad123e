//! Regions that leave, that outlive what was around them, and whose deadlines are moved.

use std::sync::Arc;
use std::task::Context;
use std::time::{Duration, Instant};

use loom::sync::atomic::{AtomicBool, Ordering::SeqCst};
use loom::thread;

use super::{below, cancelling, root, why, woken};
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Kind, Node, Park};
use crate::task::Place;

/// A root with one region inside, whose deadline is `at`.
fn with_deadline(at: Instant) -> Arc<Node> {
    let scope = Node::with_deadline(Kind::Scope, Place::caller(), Some(at));
    let scope = Arc::new(scope);
    scope.attach(Some(root()));
    scope
}

fn too_late() -> Reason {
    Reason::here(Cause::Deadline)
}

#[test]
fn a_region_that_leaves_during_a_cancel_keeps_nothing_of_what_was_around() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let around = Arc::downgrade(&root);
        let canceller = cancelling(&root);
        scope.detach();
        assert!(canceller.join().unwrap());
        drop(root);
        // Somebody still has a handle of the region, and no more than that.
        assert!(around.upgrade().is_none());
        drop(scope);
    });
}

#[test]
fn a_region_that_outlives_its_run_is_a_root_of_its_own() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let shield = below(&scope, Kind::Shield);
        let run = Arc::downgrade(&root);
        root.detach();
        drop(root);
        assert!(run.upgrade().is_none(), "nothing keeps a run that is over");
        assert!(scope.parent().is_none());
        // What is inside of it is still there, and reached through it.
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        assert_eq!(scope.park(&mut None, &cx), Park::Wait);
        assert!(tree::cancel(&scope, why()));
        assert_eq!(flag.0.load(SeqCst), 1);
        assert!(shield.outside_cancelled());
        assert_eq!(
            scope.park(&mut None, &cx),
            Park::Wait,
            "the shield holds it"
        );
        shield.detach();
        assert_eq!(scope.park(&mut None, &cx), Park::Drop);
        scope.detach();
    });
}

#[test]
fn a_region_that_outlives_two_that_leave_at_once_is_a_root_of_its_own() {
    loom::model(|| {
        let root = root();
        let outer = below(&root, Kind::Scope);
        let inner = below(&outer, Kind::Shield);
        let runs = [Arc::downgrade(&root), Arc::downgrade(&outer)];
        let leaver = thread::spawn(move || root.detach());
        outer.detach();
        drop(outer);
        leaver.join().unwrap();
        assert!(inner.parent().is_none());
        assert!(runs.iter().all(|run| run.upgrade().is_none()));
        inner.detach();
    });
}

#[test]
fn an_alarm_of_a_deadline_that_was_moved_later_or_taken_back_cancels_nothing() {
    loom::model(|| {
        let at = Instant::now();
        for moved in [Some(at + Duration::from_secs(1)), None] {
            let scope = with_deadline(at);
            scope.move_deadline(moved);
            scope.expire(at, too_late());
            assert!(!scope.is_cancelled(), "moved to {moved:?}");
            assert_eq!(scope.deadline(), moved);
        }
    });
}

#[test]
fn an_alarm_of_a_deadline_that_stands_or_was_moved_earlier_cancels() {
    loom::model(|| {
        let at = Instant::now() + Duration::from_secs(1);
        for moved in [at, at - Duration::from_secs(1)] {
            let scope = with_deadline(at);
            scope.move_deadline(Some(moved));
            scope.expire(at, too_late());
            assert!(scope.is_cancelled());
            assert!(matches!(
                scope.own_reason().as_ref().map(Reason::cause),
                Some(Cause::Deadline)
            ));
        }
    });
}

#[test]
fn a_deadline_that_is_moved_later_beside_its_alarm_cancels_or_not_but_never_afterwards() {
    loom::model(|| {
        let at = Instant::now();
        let scope = with_deadline(at);
        let (flag, waker) = woken();
        assert_eq!(
            scope.park(&mut None, &Context::from_waker(&waker)),
            Park::Wait
        );
        let moved = Arc::new(AtomicBool::new(false));
        let mover = thread::spawn({
            let (scope, moved) = (scope.clone(), moved.clone());
            move || {
                scope.move_deadline(Some(at + Duration::from_secs(1)));
                moved.store(true, SeqCst);
            }
        });
        let was_moved = moved.load(SeqCst);
        scope.expire(at, too_late());
        mover.join().unwrap();
        // The cancel or the move, or both of them: each wakes the region, which then looks.
        assert_eq!(flag.0.load(SeqCst), 1);
        let cancelled = scope.is_cancelled();
        assert!(!(was_moved && cancelled), "the alarm came after the move");
        assert!(cancelled || scope.deadline() != Some(at));
        scope.expire(at, too_late());
        assert_eq!(scope.is_cancelled(), cancelled);
    });
}
