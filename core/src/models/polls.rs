//! Regions that are polled again while they wait, which look at a bit instead of their node's lock.
//!
//! A poll owes its future one more poll if its waker is woken after it began. So where a poll finds that there is nothing
//! to do, it is woken afterwards, or there was nothing.

use std::future::{Future, pending, poll_fn};
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use anyrt_backend::{Backend, Job, RuntimeId, Task, Timer};

use super::{below, cancelling, root, why, woken};
use crate::group::Group;
use crate::runtime::Rt;
use crate::scope::region::Region;
use crate::scope::tree::{self, Kind, Node, Park, Seat};
use crate::sync::Event;
use crate::task::Place;

/// Another thread that wakes a region's own poll.
fn waking(node: &Arc<Node>) -> thread::JoinHandle<()> {
    let node = node.clone();
    thread::spawn(move || node.wake())
}

#[test]
fn a_region_that_is_cancelled_while_it_is_polled_again_ends_or_is_woken() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let mut listed = None;
        assert_eq!(scope.park(&mut listed, &cx), Park::Wait);
        let canceller = cancelling(&root);
        let before = flag.0.load(SeqCst);
        let parked = scope.park(&mut listed, &cx);
        canceller.join().unwrap();
        assert!(parked == Park::Drop || flag.0.load(SeqCst) > before);
    });
}

#[test]
fn a_cancelled_region_whose_hold_ends_while_it_is_polled_again_ends_or_is_woken() {
    loom::model(|| {
        let scope = below(&root(), Kind::Scope);
        let shield = below(&scope, Kind::Shield);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let mut listed = None;
        assert!(tree::cancel(&scope, why()));
        assert_eq!(scope.park(&mut listed, &cx), Park::Wait);
        let ender = thread::spawn(move || shield.detach());
        let before = flag.0.load(SeqCst);
        let parked = scope.park(&mut listed, &cx);
        ender.join().unwrap();
        assert!(parked == Park::Drop || flag.0.load(SeqCst) > before);
    });
}

#[test]
fn a_shield_whose_outside_is_cancelled_while_it_is_polled_again_sees_it_or_is_woken() {
    loom::model(|| {
        let root = root();
        let shield = below(&root, Kind::Shield);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let mut listed = None;
        assert_eq!(shield.park(&mut listed, &cx), Park::Wait);
        let canceller = cancelling(&root);
        let before = flag.0.load(SeqCst);
        assert_eq!(shield.park(&mut listed, &cx), Park::Wait);
        let saw = shield.outside_cancelled();
        canceller.join().unwrap();
        assert!(saw || flag.0.load(SeqCst) > before);
        // It waits on, and its own cancel reaches it as well.
        let before = flag.0.load(SeqCst);
        assert_eq!(shield.park(&mut listed, &cx), Park::Wait);
        assert!(tree::cancel(&shield, why()));
        assert_eq!(flag.0.load(SeqCst), before + 1);
    });
}

#[test]
fn a_region_that_was_woken_and_polled_again_is_woken_again() {
    loom::model(|| {
        let scope = below(&root(), Kind::Scope);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let mut listed = None;
        assert_eq!(scope.park(&mut listed, &cx), Park::Wait);
        let waking = waking(&scope);
        let before = flag.0.load(SeqCst);
        assert_eq!(scope.park(&mut listed, &cx), Park::Wait);
        if before == 1 {
            // The poll that the wake was for has brought the waker anew.
            scope.wake();
            assert_eq!(flag.0.load(SeqCst), 2);
        }
        waking.join().unwrap();
        assert!(flag.0.load(SeqCst) > before);
    });
}

#[test]
fn of_two_wakers_the_one_of_the_last_poll_is_woken() {
    loom::model(|| {
        let scope = below(&root(), Kind::Scope);
        let ((first_flag, first), (_, second)) = (woken(), woken());
        let first = Context::from_waker(&first);
        let mut listed = None;
        assert_eq!(scope.park(&mut listed, &first), Park::Wait);
        let second = Context::from_waker(&second);
        assert_eq!(scope.park(&mut listed, &second), Park::Wait);
        let waking = waking(&scope);
        assert_eq!(scope.park(&mut listed, &first), Park::Wait);
        waking.join().unwrap();
        // By now, unless the wake came while the second one was there.
        scope.wake();
        assert_eq!(first_flag.0.load(SeqCst), 1);
    });
}

#[test]
fn a_region_that_somebody_else_listened_for_meanwhile_is_woken() {
    loom::model(|| {
        let scope = below(&root(), Kind::Scope);
        let ((flag, waker), (_, other)) = (woken(), woken());
        let cx = Context::from_waker(&waker);
        let mut listed = None;
        assert_eq!(scope.park(&mut listed, &cx), Park::Wait);
        scope.listen(&Context::from_waker(&other));
        assert_eq!(scope.park(&mut listed, &cx), Park::Wait);
        scope.wake();
        assert_eq!(flag.0.load(SeqCst), 1);
    });
}

#[test]
fn a_task_that_gets_a_node_and_a_cancel_while_it_is_polled_again_ends_or_is_woken() {
    loom::model(|| {
        let root = root();
        let seat = Arc::new(Seat::default());
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let mut listed = None;
        let mut park = || root.park_task(&seat, &mut listed, Place::caller(), &cx);
        assert_eq!(park(), Park::Wait);
        let node = root.solidify(&seat, || Node::new(Kind::Task, Place::caller()));
        let canceller = cancelling(&node);
        let before = flag.0.load(SeqCst);
        let parked = park();
        canceller.join().unwrap();
        assert!(parked == Park::Drop || flag.0.load(SeqCst) > before);
    });
}

/// A runtime of which timers are wanted, and what they were set to.
#[derive(Debug, Default)]
struct Timers(Arc<Mutex<Vec<Instant>>>);

/// One that never rings.
struct Silent(Arc<Mutex<Vec<Instant>>>);

impl Timer for Silent {
    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        Poll::Pending
    }

    fn reset(self: Pin<&mut Self>, at: Instant) {
        self.0.lock().unwrap().push(at);
    }
}

impl Backend for Timers {
    fn name(&self) -> &'static str {
        "model"
    }

    fn id(&self) -> RuntimeId {
        RuntimeId::new("model", 0)
    }

    fn spawn(&self, _: Task) {
        unreachable!("nothing is spawned here")
    }

    fn spawn_blocking(&self, _: Job) {
        unreachable!("nothing blocks here")
    }

    fn timer(&self, at: Instant) -> Pin<Box<dyn Timer>> {
        self.0.lock().unwrap().push(at);
        Box::pin(Silent(self.0.clone()))
    }
}

#[test]
fn a_region_whose_deadline_is_moved_while_it_is_polled_again_waits_for_that_one() {
    loom::model(|| {
        let timers = Arc::new(Timers::default());
        let group = Group::new(root(), Rt::owned(timers.clone(), None), false);
        let hour = Duration::from_secs(3_600);
        let at = Instant::now() + hour;
        let scope = Node::with_deadline(Kind::Scope, Place::caller(), Some(at));
        let scope = Arc::new(scope);
        scope.attach(Some(group.node.clone()));
        let mut region = Region::with_node(scope.clone());
        let (flag, waker) = woken();
        let mut cx = Context::from_waker(&waker);
        assert_eq!(region.park(&mut cx), Park::Wait);
        let mover = thread::spawn(move || scope.move_deadline(Some(at + hour)));
        let before = flag.0.load(SeqCst);
        assert_eq!(region.park(&mut cx), Park::Wait);
        mover.join().unwrap();
        if flag.0.load(SeqCst) > before {
            assert_eq!(region.park(&mut cx), Park::Wait);
        }
        assert_eq!(*timers.0.lock().unwrap(), [at, at + hour]);
    });
}

#[test]
fn a_region_that_waits_for_something_new_shows_it_and_for_nothing_shows_that() {
    loom::model(|| {
        let scope = below(&root(), Kind::Scope);
        let mut region = Region::with_node(scope.clone());
        let (_, waker) = woken();
        let mut cx = Context::from_waker(&waker);
        let event = Event::new();
        let mut wait = Box::pin(event.wait());
        let polls = [false, false, true, true, false, false];
        for says in polls {
            let mut wait = wait.as_mut();
            let mut body = pin!(Some(poll_fn(|cx| match says {
                true => wait.as_mut().poll(cx),
                false => pin!(pending()).poll(cx),
            })));
            assert!(region.poll_body(body.as_mut(), &mut cx).is_pending());
            assert_eq!(region.park(&mut cx), Park::Wait);
            assert_eq!(scope.snapshot().awaited.is_some(), says);
        }
    });
}
