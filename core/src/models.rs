//! Model-checked: what two or three threads can do to the tree, the ledger, a limiter and what it has lent, the way of
//! a value from a thread, a stream's buffer and a portal, in every order that the memory model allows; in `models/hands.rs`,
//! to what goes from hand to hand; in `models/waits.rs`, to those who wait for a change or for others; in `models/values.rs`,
//! to values that are made for others; in `models/polls.rs`, to regions that are polled again; in `models/room.rs`, to room for items; in `models/ends.rs`, to the ends of futures
//! that run together; in the other files beside it, to seats, calls, regions, groups and streams in rarer states. Where one
//! thread is enough to bring a state about, a model has one.
//!
//! A thread of a model is preempted only where it takes a step that loom sees. A model in which one thread does its part
//! between two of its steps, or never takes one that another thread's step depends on, has one order and shows nothing:
//! `LOOM_LOG=info` counts them. Cells that are filled once are the standard library's, whose steps loom does not see.
//!
//! The models of the tree are here, side by side, though that makes the file longer than others.
//!
//! Run with `RUSTFLAGS="--cfg anyrt_loom" cargo test -p anyrt-core --lib --release models`.

mod calls;
mod ends;
mod groups;
mod hands;
mod polls;
mod regions;
mod room;
mod seats;
mod streams;
mod values;
mod waits;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::time::Instant;

use loom::model::Builder;
use loom::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use loom::thread;

use anyrt_backend::{Backend, Job, RuntimeId, Task, Timer};

use crate::group::Group;
use crate::group::ledger::Ledger;
use crate::portal::{Portal, PortalError};
use crate::runtime::Rt;
use crate::scope::current::{self, Badge, Bare, Home};
use crate::scope::reason::{Cause, Reason};
use crate::scope::tree::{self, Kind, Node, Park, Seat};
use crate::task::{Place, TaskStatus};
use crate::thread::hop::{Hop, Unclaimed};
use crate::thread::iterate::feed::Feed;
use crate::thread::limiter::{CapacityLimiter, Token};

/// As `loom::model`, where all orders are too many: those with three preemptions of a thread that could go on.
fn few_preemptions(model: impl Fn() + Send + Sync + 'static) {
    let mut builder = Builder::new();
    builder.preemption_bound = Some(3);
    builder.check(model);
}

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

/// Another thread that cancels a region, and tells whether it was the one that did.
fn cancelling(node: &Arc<Node>) -> thread::JoinHandle<bool> {
    let node = node.clone();
    thread::spawn(move || tree::cancel(&node, why()))
}

#[test]
fn a_cancel_reaches_a_region_that_is_just_taking_its_place() {
    loom::model(|| {
        let root = root();
        let canceller = cancelling(&root);
        let scope = below(&root, Kind::Scope);
        let (flag, waker) = woken();
        let parked = scope.park(&mut None, &Context::from_waker(&waker));
        assert!(canceller.join().unwrap());
        assert!(scope.is_cancelled());
        assert!(parked == Park::Drop || flag.0.load(SeqCst) == 1);
    });
}

#[test]
fn a_cancel_reaches_a_region_that_brings_its_waker_to_its_place() {
    loom::model(|| {
        let root = root();
        let canceller = cancelling(&root);
        let (flag, waker) = woken();
        let scope = Arc::new(Node::new(Kind::Scope, Place::caller()).waiting(waker));
        scope.attach(Some(root));
        let is_cancelled = scope.is_cancelled();
        assert!(canceller.join().unwrap());
        assert!(scope.is_cancelled());
        assert!(is_cancelled || flag.0.load(SeqCst) == 1);
    });
}

#[test]
fn a_cancel_reaches_a_task_that_is_just_about_to_wait() {
    loom::model(|| {
        let root = root();
        let canceller = cancelling(&root);
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
        let canceller = cancelling(&root);
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
        assert_eq!(scope.park(&mut None, &cx), Park::Wait);
        let canceller = cancelling(&scope);
        shield.detach();
        canceller.join().unwrap();
        // Woken by the cancel, by the end of the hold, or by both; then nothing holds.
        assert!(flag.0.load(SeqCst) >= 1);
        assert_eq!(scope.park(&mut None, &cx), Park::Drop);
    });
}

#[test]
fn a_started_child_belongs_to_the_group_or_is_cancelled_with_the_caller() {
    loom::model(|| {
        let (caller, group) = (root(), root());
        let child = below(&caller, Kind::Task);
        let canceller = cancelling(&caller);
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
        assert_eq!(
            child.park(&mut None, &Context::from_waker(&waker)),
            Park::Wait
        );
        let canceller = cancelling(&group);
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
        let canceller = cancelling(&root);
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
        assert_eq!(
            scope.park(&mut None, &Context::from_waker(&waker)),
            Park::Wait
        );
        let other = cancelling(&root);
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

/// Polls inside of a region. Only one thread of a model may do that: the stack of regions is the standard
/// library's, and the threads of a model share it.
fn poll_inside<F>(node: &Arc<Node>, future: &mut F, waker: &Waker) -> Poll<F::Output>
where
    F: Future + Unpin,
{
    let mut cx = Context::from_waker(waker);
    let bare = Bare {
        kind: node.kind(),
        place: node.place(),
        deadline: None,
    };
    let mut badge = Badge {
        bare,
        node: Some(node.clone()),
    };
    let _entered = current::enter(Home::Region(&mut badge));
    Pin::new(future).poll(&mut cx)
}

/// A limiter of one, whose token is lent to what is inside of a region.
fn lent() -> (CapacityLimiter, Token, Arc<Node>, impl FnOnce() + Send) {
    let limiter = CapacityLimiter::new(1);
    let token = limiter.try_acquire().unwrap();
    let loan = limiter.lend();
    let inside = root();
    inside.set_loan(limiter.clone(), loan);
    let ending = limiter.clone();
    (limiter, token, inside, move || ending.end_loan(loan))
}

#[test]
fn a_lent_token_that_outlives_its_loan_is_neither_lost_nor_doubled() {
    loom::model(|| {
        let (limiter, token, inside, end_loan) = lent();
        let (_, waker) = woken();
        let Poll::Ready(nested) = poll_inside(&inside, &mut limiter.acquire(), &waker) else {
            panic!("it is free")
        };
        // An abandoned call gives it back while the wait of its lender ends.
        let giver = thread::spawn(move || drop(nested));
        end_loan();
        giver.join().unwrap();
        assert_eq!(limiter.statistics().borrowed, 1);
        assert!(limiter.try_acquire().is_none());
        drop(token);
        assert_eq!(limiter.statistics().borrowed, 0);
        assert!(limiter.statistics().borrowers.is_empty());
    });
}

#[test]
fn a_waiter_inside_is_given_the_lent_token_or_a_free_one_but_not_both() {
    loom::model(|| {
        let (limiter, token, inside, end_loan) = lent();
        let (flag, waker) = woken();
        let Poll::Ready(nested) = poll_inside(&inside, &mut limiter.acquire(), &waker) else {
            panic!("it is free")
        };
        let mut second = limiter.acquire();
        assert!(poll_inside(&inside, &mut second, &waker).is_pending());
        // Both become free at once.
        let giver = thread::spawn({
            let limiter = limiter.clone();
            move || limiter.set_total(2)
        });
        drop(nested);
        giver.join().unwrap();
        assert_eq!(flag.0.load(SeqCst), 1);
        let got = poll_inside(&inside, &mut second, &waker);
        assert!(got.is_ready());
        assert!(poll_inside(&inside, &mut limiter.acquire(), &waker).is_ready());
        drop(got);
        end_loan();
        drop(token);
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

#[test]
fn a_waiter_inside_that_leaves_at_its_grant_passes_the_lent_token_on() {
    loom::model(|| {
        let (limiter, token, inside, end_loan) = lent();
        let (_, waker) = woken();
        let Poll::Ready(nested) = poll_inside(&inside, &mut limiter.acquire(), &waker) else {
            panic!("it is free")
        };
        let (mut leaver, mut stayer) = (limiter.acquire(), limiter.acquire());
        assert!(poll_inside(&inside, &mut leaver, &waker).is_pending());
        assert!(poll_inside(&inside, &mut stayer, &waker).is_pending());
        let giver = thread::spawn(move || drop(nested));
        drop(leaver);
        giver.join().unwrap();
        assert!(poll_inside(&inside, &mut stayer, &waker).is_ready());
        end_loan();
        drop(token);
        assert_eq!(limiter.statistics().borrowed, 0);
    });
}

#[test]
fn a_value_is_taken_by_its_caller_or_left_on_the_worker() {
    loom::model(|| {
        let hop = Hop::new(());
        let counted = Arc::new(());
        let worker = thread::spawn({
            let (hop, value) = (hop.clone(), counted.clone());
            move || drop(hop.hand_over(Some(Ok(value)), || ()))
        });
        let unclaimed = hop.leave();
        worker.join().unwrap();
        let taken = matches!(unclaimed, Unclaimed::Result(Some(Ok(_))));
        assert_eq!(Arc::strong_count(&counted), 1 + usize::from(taken));
    });
}

#[test]
fn a_caller_that_waits_is_woken_by_the_end() {
    loom::model(|| {
        let hop = Hop::new(());
        let worker = thread::spawn({
            let hop = hop.clone();
            move || assert!(hop.hand_over(Some(Ok(7)), || ()).is_ok())
        });
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let first = hop.poll(&cx);
        worker.join().unwrap();
        if first.is_pending() {
            assert_eq!(flag.0.load(SeqCst), 1);
            assert!(matches!(hop.poll(&cx), Poll::Ready(Some(Ok(7)))));
        }
    });
}

#[test]
fn a_consumer_never_sleeps_beside_an_item() {
    loom::model(|| {
        let feed = Feed::new(3, 0..2);
        let iter = feed.unpark().unwrap();
        let worker = thread::spawn({
            let feed = feed.clone();
            move || iter.for_each(|item| assert!(feed.push(item)))
        });
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let mut taken = 0;
        // Until it would sleep.
        while taken < 2 {
            match feed.pop() {
                Some(_) => taken += 1,
                None if feed.listen(&cx) => break,
                None => {}
            }
        }
        worker.join().unwrap();
        assert!(taken == 2 || flag.0.load(SeqCst) == 1);
    });
}

#[test]
fn an_iterator_is_taken_up_by_the_consumer_or_goes_on_by_itself() {
    loom::model(|| {
        let feed = Feed::new(1, 0..2);
        let mut iter = feed.unpark().unwrap();
        let worker = thread::spawn({
            let feed = feed.clone();
            move || {
                assert!(!feed.push(iter.next().unwrap()));
                feed.park(iter).is_ok()
            }
        });
        let mut taken_up = false;
        if let Some((_, is_low)) = feed.pop() {
            assert!(is_low);
            taken_up = feed.unpark().is_some();
            let parked = worker.join().unwrap();
            // Nobody leaves it parked beside a buffer that is low.
            assert_eq!(taken_up, parked);
        } else {
            assert!(worker.join().unwrap());
        }
        assert!(!taken_up || feed.unpark().is_none());
    });
}

/// A runtime of which nothing is wanted but that it keeps what it was told to run: tasks, and jobs for threads.
#[derive(Debug, Default)]
struct Tasks {
    tasks: std::sync::Mutex<Vec<Task>>,
    jobs: std::sync::Mutex<Vec<Job>>,
}

impl Backend for Tasks {
    fn name(&self) -> &'static str {
        "model"
    }

    fn id(&self) -> RuntimeId {
        RuntimeId::new("model", 0)
    }

    fn spawn(&self, task: Task) {
        self.tasks.lock().unwrap().push(task);
    }

    fn spawn_blocking(&self, job: Job) {
        self.jobs.lock().unwrap().push(job);
    }

    fn timer(&self, _: Instant) -> Pin<Box<dyn Timer>> {
        unreachable!("nothing here waits for a time")
    }
}

impl Tasks {
    fn run(&self) {
        let mut cx = Context::from_waker(Waker::noop());
        let tasks = std::mem::take(&mut *self.tasks.lock().unwrap());
        for mut task in tasks {
            assert!(Pin::new(&mut task).poll(&mut cx).is_ready());
        }
    }

    /// The job that was given last, for a thread of the model to run.
    fn job(&self) -> Job {
        self.jobs.lock().unwrap().pop().expect("one was given")
    }
}

#[test]
fn a_call_that_races_with_the_stop_of_its_portal_is_refused_or_waited_for() {
    loom::model(|| {
        let tasks = Arc::new(Tasks::default());
        let group = Group::new(root(), Rt::owned(tasks.clone(), None), false);
        let portal = Portal::into_group(group.clone());
        let caller = thread::spawn({
            let portal = portal.clone();
            move || portal.spawn(async { 7 })
        });
        portal.close();
        group.ledger.drain();
        let closed = group.ledger.try_close();
        match caller.join().unwrap() {
            Ok(task) => {
                assert!(!closed);
                tasks.run();
                assert_eq!(task.status(), TaskStatus::Completed);
                assert!(group.ledger.try_close());
            }
            Err(error) => assert!(matches!(error, PortalError::Stopped)),
        }
        assert!(matches!(portal.spawn(async {}), Err(PortalError::Stopped)));
    });
}
