//! Model-checked: what two or three threads can do to the tree, the ledger, a cell and a limiter, in
//! every order that the memory model allows. A seat's own two atomics are the standard library's, so the
//! models see each of their steps at once.
//!
//! All models are here, side by side, though that makes the file longer than others.
//!
//! Run with `RUSTFLAGS="--cfg anyrt_loom" cargo test -p anyrt-core --lib --release models`.

use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Wake, Waker};

use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use loom::thread;

use crate::group::ledger::Ledger;
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Kind, Node, Park, Seat};
use crate::task::Place;
use crate::thread::limiter::CapacityLimiter;

/// A waker that remembers how often it was woken.
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

fn woken() -> (Arc<Woken>, Waker) {
    let woken = Arc::new(Woken(AtomicUsize::new(0)));
    (woken.clone(), woken.into())
}

fn node(kind: Kind) -> Arc<Node> {
    Arc::new(Node::new(kind, Place::caller()))
}

fn below(parent: &Arc<Node>, kind: Kind) -> Arc<Node> {
    let node = node(kind);
    node.attach(Some(parent.clone()));
    node
}

fn root() -> Arc<Node> {
    let root = node(Kind::Group);
    root.attach(None);
    root
}

fn why() -> Reason {
    Reason::here(Cause::Explicit(None))
}

#[test]
fn a_cancel_reaches_a_region_that_is_just_taking_its_place() {
    loom::model(|| {
        let root = root();
        let canceller = thread::spawn({
            let root = root.clone();
            move || tree::cancel(&root, why())
        });
        let scope = below(&root, Kind::Scope);
        let (flag, waker) = woken();
        let parked = scope.park(&Context::from_waker(&waker));
        assert!(canceller.join().unwrap());
        assert!(scope.is_cancelled());
        assert!(parked == Park::Drop || flag.0.load(SeqCst) == 1);
    });
}

#[test]
fn a_cancel_reaches_a_task_that_is_just_about_to_wait() {
    loom::model(|| {
        let root = root();
        let canceller = thread::spawn({
            let root = root.clone();
            move || tree::cancel(&root, why())
        });
        let seat = Seat::default();
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let parked = root.park_task(&seat, &mut None, Place::caller(), &cx);
        canceller.join().unwrap();
        assert!(parked == Park::Drop || flag.0.load(SeqCst) == 1);
        root.leave_seat(&seat, false);
        assert!(root.snapshot().kids.is_empty());
    });
}

#[test]
fn a_task_cancelled_by_its_handle_while_it_parks_is_woken_or_drops_its_body() {
    loom::model(|| {
        let root = root();
        let seat = Arc::new(Seat::default());
        let handle = thread::spawn({
            let (root, seat) = (root.clone(), seat.clone());
            move || {
                let node = root.solidify(&seat, || Node::new(Kind::Task, Place::caller()));
                tree::cancel(&node, why())
            }
        });
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let parked = root.park_task(&seat, &mut None, Place::caller(), &cx);
        assert!(handle.join().unwrap());
        assert!(parked == Park::Drop || flag.0.load(SeqCst) == 1);
    });
}

#[test]
fn a_task_that_ends_while_its_node_is_asked_for_leaves_nothing_listed() {
    for waits in [false, true] {
        loom::model(move || {
            let root = root();
            let seat = Arc::new(Seat::default());
            if waits {
                let (_, waker) = woken();
                let cx = Context::from_waker(&waker);
                let parked = root.park_task(&seat, &mut None, Place::caller(), &cx);
                assert_eq!(parked, Park::Wait);
            }
            let asker = thread::spawn({
                let (root, seat) = (root.clone(), seat.clone());
                move || drop(root.solidify(&seat, || Node::new(Kind::Task, Place::caller())))
            });
            root.leave_seat(&seat, false);
            asker.join().unwrap();
            assert!(root.snapshot().kids.is_empty());
        });
    }
}

#[test]
fn a_task_that_ends_during_a_cancel_leaves_nothing_listed() {
    loom::model(|| {
        let root = root();
        let seat = Seat::default();
        let (_, waker) = woken();
        let cx = Context::from_waker(&waker);
        let _ = root.park_task(&seat, &mut None, Place::caller(), &cx);
        let canceller = thread::spawn({
            let root = root.clone();
            move || tree::cancel(&root, why())
        });
        root.leave_seat(&seat, false);
        canceller.join().unwrap();
        assert!(root.snapshot().kids.is_empty());
    });
}

#[test]
fn a_hold_that_ends_during_a_cancel_lets_the_region_go() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let shield = below(&scope, Kind::Shield);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        assert_eq!(scope.park(&cx), Park::Wait);
        let canceller = thread::spawn({
            let scope = scope.clone();
            move || tree::cancel(&scope, why())
        });
        shield.detach();
        canceller.join().unwrap();
        // Woken by the cancel, by the end of the hold, or by both; then nothing holds.
        assert!(flag.0.load(SeqCst) >= 1);
        assert_eq!(scope.park(&cx), Park::Drop);
    });
}

#[test]
fn a_started_child_belongs_to_the_group_or_is_cancelled_with_the_caller() {
    loom::model(|| {
        let (caller, group) = (root(), root());
        let child = below(&caller, Kind::Task);
        let canceller = thread::spawn({
            let caller = caller.clone();
            move || tree::cancel(&caller, why())
        });
        let moved = child.move_to(&caller, &group);
        let started = moved.is_some();
        if let Some(sweep) = moved {
            sweep.run();
        }
        canceller.join().unwrap();
        assert_eq!(child.is_cancelled(), !started);
        assert_eq!(group.snapshot().kids.len(), usize::from(started));
        assert_eq!(caller.snapshot().kids.len(), usize::from(!started));
    });
}

#[test]
fn a_group_cancelled_while_a_child_starts_reaches_it() {
    loom::model(|| {
        let (caller, group) = (root(), root());
        let child = below(&caller, Kind::Task);
        let (flag, waker) = woken();
        assert_eq!(child.park(&Context::from_waker(&waker)), Park::Wait);
        let canceller = thread::spawn({
            let group = group.clone();
            move || tree::cancel(&group, why())
        });
        if let Some(sweep) = child.move_to(&caller, &group) {
            sweep.run();
        }
        canceller.join().unwrap();
        assert!(child.is_cancelled());
        assert_eq!(flag.0.load(SeqCst), 1);
    });
}

#[test]
fn a_started_child_that_ends_meanwhile_leaves_nothing_listed() {
    loom::model(|| {
        let (caller, group) = (root(), root());
        let child = below(&caller, Kind::Task);
        let ender = thread::spawn({
            let child = child.clone();
            move || child.detach()
        });
        if let Some(sweep) = child.move_to(&caller, &group) {
            sweep.run();
        }
        ender.join().unwrap();
        assert!(caller.snapshot().kids.is_empty());
        assert!(group.snapshot().kids.is_empty());
    });
}

#[test]
fn a_restore_learns_of_the_outside_whenever_it_is_cancelled() {
    loom::model(|| {
        let root = root();
        let shield = below(&root, Kind::Shield);
        let canceller = thread::spawn({
            let root = root.clone();
            move || tree::cancel(&root, why())
        });
        let restore = below(&shield, Kind::Restore);
        let linked = shield.link(&restore).is_some();
        canceller.join().unwrap();
        assert!(!shield.is_cancelled());
        assert_eq!(restore.is_cancelled(), linked);
    });
}

#[test]
fn two_cancels_keep_the_first_reason_and_wake_once() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let (flag, waker) = woken();
        assert_eq!(scope.park(&Context::from_waker(&waker)), Park::Wait);
        let other = thread::spawn({
            let root = root.clone();
            move || tree::cancel(&root, why())
        });
        let own = tree::cancel(&scope, why());
        let outer = other.join().unwrap();
        assert!(own && outer);
        assert_eq!(flag.0.load(SeqCst), 1);
    });
}

#[test]
fn a_group_closes_only_when_nobody_is_alive_and_admits_nobody_after() {
    loom::model(|| {
        let ledger = Arc::new(Ledger::new());
        assert!(ledger.admit(false));
        let child = thread::spawn({
            let ledger = ledger.clone();
            move || {
                // A child that spawns a sibling on its way out.
                let sibling = ledger.admit(false);
                assert!(sibling, "the group cannot close while this one is alive");
                let _ = ledger.count_out(false);
                let _ = ledger.count_out(false);
            }
        });
        if ledger.try_close() {
            assert!(!ledger.admit(false));
            assert_eq!(ledger.alive(), 0);
        }
        child.join().unwrap();
        assert!(ledger.try_close());
        assert!(!ledger.admit(true));
    });
}

#[test]
fn the_host_never_misses_the_last_end() {
    loom::model(|| {
        let root = root();
        let ledger = Arc::new(Ledger::new());
        assert!(ledger.admit(false));
        let child = thread::spawn({
            let (root, ledger) = (root.clone(), ledger.clone());
            move || {
                if ledger.count_out(false) {
                    root.wake();
                }
            }
        });
        let (flag, waker) = woken();
        ledger.drain();
        let mut closed = ledger.try_close();
        if !closed {
            root.listen(&Context::from_waker(&waker));
            closed = ledger.try_close();
        }
        child.join().unwrap();
        assert!(closed || flag.0.load(SeqCst) == 1);
        assert!(ledger.try_close());
    });
}

#[test]
fn daemons_are_stopped_once_when_only_they_are_left() {
    loom::model(|| {
        let ledger = Arc::new(Ledger::new());
        assert!(ledger.admit(false) && ledger.admit(true));
        ledger.drain();
        let woke = Arc::new(AtomicBool::new(false));
        let child = thread::spawn({
            let (ledger, woke) = (ledger.clone(), woke.clone());
            move || woke.store(ledger.count_out(false), SeqCst)
        });
        let early = ledger.stop_daemons();
        child.join().unwrap();
        assert!(woke.load(SeqCst), "the end of the last task wakes the host");
        assert_eq!(ledger.stop_daemons(), !early);
    });
}

#[test]
fn a_token_is_neither_lost_nor_doubled_when_a_waiter_leaves_at_its_grant() {
    loom::model(|| {
        let limiter = CapacityLimiter::new(1);
        let token = limiter.try_acquire().unwrap();
        let (flag, waker) = woken();
        let mut cx = Context::from_waker(&waker);
        let mut leaver = Box::pin(limiter.acquire());
        let mut stayer = Box::pin(limiter.acquire());
        assert!(leaver.as_mut().poll(&mut cx).is_pending());
        assert!(stayer.as_mut().poll(&mut cx).is_pending());
        let giver = thread::spawn(move || drop(token));
        drop(leaver);
        giver.join().unwrap();
        assert!(flag.0.load(SeqCst) >= 1);
        let got = stayer.as_mut().poll(&mut cx);
        assert!(got.is_ready());
        assert_eq!(limiter.statistics().borrowed, 1);
        drop(got);
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}
