//! The seats of blocking calls: a call is listed, gets a node when its thread asks for one, and outlives what is around it.

use std::sync::Arc;
use std::task::Context;

use loom::sync::atomic::Ordering::SeqCst;
use loom::thread;

use super::{below, cancelling, root, why, woken};
use crate::scope::tree::{self, CallSeat, Kind, Node, Park, Seated};
use crate::task::Place;

struct Call(CallSeat);

impl Seated for Call {
    fn seat(&self) -> &CallSeat {
        &self.0
    }
}

/// A call inside of this region.
fn listed(around: &Arc<Node>) -> Arc<Call> {
    let call = Arc::new(Call(CallSeat::inside(around.clone(), Place::caller())));
    CallSeat::take(&call);
    call
}

#[test]
fn a_call_without_a_node_holds_what_is_around_it() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let call = listed(&scope);
        let (flag, waker) = woken();
        let cx = Context::from_waker(&waker);
        let canceller = cancelling(&root);
        let parked = scope.park(&mut None, &cx);
        assert_eq!(parked, Park::Wait);
        assert!(canceller.join().unwrap());
        assert!(call.0.is_cancelled());
        // Told of the cancel, or parked after it.
        let before = flag.0.load(SeqCst);
        assert_eq!(scope.park(&mut None, &cx), Park::Wait);
        call.0.leave();
        assert_eq!(flag.0.load(SeqCst), before + 1);
        assert_eq!(scope.park(&mut None, &cx), Park::Drop);
        assert!(scope.snapshot().kids.is_empty());
        call.0.leave();
        scope.detach();
        assert_eq!(root.park(&mut None, &cx), Park::Drop, "nothing holds it");
    });
}

#[test]
fn a_call_whose_thread_asks_during_a_cancel_is_cancelled() {
    loom::model(|| {
        let root = root();
        let call = listed(&root);
        let canceller = cancelling(&root);
        let asker = thread::spawn({
            let call = call.clone();
            move || call.0.node().clone()
        });
        let node = call.0.node().clone();
        assert!(Arc::ptr_eq(&node, &asker.join().unwrap()));
        assert!(canceller.join().unwrap());
        assert!(node.is_cancelled() && call.0.is_cancelled());
        assert!(node.visible_reason().is_some());
        assert_eq!(root.snapshot().kids.len(), 1);
        call.0.leave();
        assert!(root.snapshot().kids.is_empty());
    });
}

#[test]
fn a_call_that_outlives_what_is_around_it_is_handed_on() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let call = listed(&scope);
        // Its thread asks for its node meanwhile.
        let asker = thread::spawn({
            let call = call.clone();
            move || drop(call.0.node().clone())
        });
        scope.detach();
        asker.join().unwrap();
        assert!(Arc::ptr_eq(&call.0.node().parent().unwrap(), &root));
        let (_, waker) = woken();
        let cx = Context::from_waker(&waker);
        assert!(tree::cancel(&root, why()));
        assert!(call.0.is_cancelled());
        assert_eq!(root.park(&mut None, &cx), Park::Wait, "the call holds it");
        call.0.leave();
        assert!(root.snapshot().kids.is_empty());
        assert_eq!(root.park(&mut None, &cx), Park::Drop);
    });
}

#[test]
fn a_call_that_ends_while_what_is_around_it_leaves_is_in_no_list() {
    loom::model(|| {
        let root = root();
        let scope = below(&root, Kind::Scope);
        let call = listed(&scope);
        let leaver = thread::spawn({
            let scope = scope.clone();
            move || scope.detach()
        });
        call.0.leave();
        leaver.join().unwrap();
        assert!(root.snapshot().kids.is_empty());
        assert!(scope.snapshot().kids.is_empty());
        let (_, waker) = woken();
        assert!(tree::cancel(&root, why()));
        assert_eq!(
            root.park(&mut None, &Context::from_waker(&waker)),
            Park::Drop
        );
        assert_eq!(Arc::strong_count(&call), 1, "nobody keeps it");
    });
}
