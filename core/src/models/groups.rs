//! Groups: daemons that are stopped, and children that wait for a place when their caller is cancelled.

use std::pin::pin;
use std::sync::Arc;

use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::{Tasks, cancelling, few_preemptions, poll_inside, root, woken};
use crate::group::Group;
use crate::group::handle::{Spec, infallible};
use crate::group::ledger::Ledger;
use crate::group::start::{Started, start};
use crate::runtime::Rt;

#[test]
fn a_group_without_daemons_has_none_to_stop() {
    loom::model(|| {
        let ledger = Ledger::new();
        ledger.drain();
        assert!(!ledger.has_daemons_to_stop() && !ledger.stop_daemons());
        assert!(!ledger.daemons_are_stopped());
        // Both come before the group has closed, so the daemon is wanted for as long as the task is there.
        assert!(ledger.admit(false) && ledger.admit(true));
        assert!(!ledger.has_daemons_to_stop() && !ledger.stop_daemons());
        assert!(!ledger.daemons_are_stopped());
        assert!(ledger.count_out(false), "the host must look");
        assert!(ledger.stop_daemons() && ledger.daemons_are_stopped());
        assert!(!ledger.has_daemons_to_stop() && !ledger.stop_daemons());
        assert!(ledger.count_out(true) && ledger.try_close());
    });
}

#[test]
fn daemons_that_come_beside_the_close_are_not_stopped_while_a_task_is_there() {
    loom::model(|| {
        let ledger = Arc::new(Ledger::new());
        let spawner = thread::spawn({
            let ledger = ledger.clone();
            move || ledger.admit(false) && ledger.admit(true)
        });
        ledger.drain();
        let stopped = ledger.stop_daemons();
        let closed = ledger.try_close();
        let admitted = spawner.join().unwrap();
        assert_eq!(admitted, !closed);
        assert!(!stopped && !ledger.daemons_are_stopped());
    });
}

#[test]
fn a_group_that_has_closed_stays_closed_when_its_host_looks_again() {
    loom::model(|| {
        let ledger = Ledger::new();
        assert!(ledger.try_close() && ledger.try_close());
        assert!(ledger.is_closed() && !ledger.admit(false));
    });
}

#[test]
fn a_child_that_waits_for_its_place_ends_unpolled_when_its_caller_is_cancelled() {
    few_preemptions(|| {
        let tasks = Arc::new(Tasks::default());
        let group = Group::new(root(), Rt::owned(tasks.clone(), None), false);
        group.set_limit(0);
        let caller = root();
        let child = |_: Started<()>| async { unreachable!("there is no place for it") };
        let mut starts = pin!(start(group.clone(), Spec::new(), child, infallible::<()>));
        let (flag, waker) = woken();
        assert!(poll_inside(&caller, &mut starts, &waker).is_pending());
        let canceller = cancelling(&caller);
        // For another reason, while the cancel is on its way.
        assert!(poll_inside(&caller, &mut starts, &waker).is_pending());
        tasks.run();
        assert!(canceller.join().unwrap());
        if flag.0.load(SeqCst) > 0 {
            assert!(poll_inside(&caller, &mut starts, &waker).is_pending());
            tasks.run();
        }
        assert_eq!(group.ledger.alive(), 0);
        assert!(group.ledger.try_close());
    });
}
