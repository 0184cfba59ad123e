//! A blocking iterator as a stream, with its consumer beside its thread.

use std::sync::Arc;
use std::task::Poll;

use futures_util::StreamExt;
use futures_util::stream::FusedStream;
use loom::thread;

use super::{Tasks, few_preemptions, poll_inside, root, woken};
use crate::group::Group;
use crate::iterate_in_threadpool;
use crate::runtime::Rt;

#[test]
fn a_stream_says_that_it_has_ended_only_after_its_last_item() {
    few_preemptions(|| {
        let tasks = Arc::new(Tasks::default());
        let group = Group::new(root(), Rt::owned(tasks.clone(), None), false);
        let mut stream = iterate_in_threadpool(0..2).buffer(4);
        let (_, waker) = woken();
        assert!(poll_inside(&group.node, &mut stream.next(), &waker).is_pending());
        let job = tasks.job();
        let worker = thread::spawn(move || job.run());
        let mut taken = 0;
        let mut look = || {
            while let Poll::Ready(item) = poll_inside(&group.node, &mut stream.next(), &waker) {
                assert_eq!(item, (taken < 2).then_some(taken));
                if item.is_none() {
                    assert!(stream.is_terminated());
                    return true;
                }
                taken += 1;
                assert!(taken == 2 || !stream.is_terminated(), "an item is left");
            }
            false
        };
        let has_ended = look();
        worker.join().unwrap();
        assert!(has_ended || look());
    });
}
