//! A smol runtime of one's own that ends under the group of a guest: nothing hangs, nothing is left, handles say so.
#![cfg(feature = "smol")]

use anyrt::{Smol, TaskStatus, attach, run, shield, sleep_forever, task_group};
use anyrt_ambient_tests::{Alive, in_time};
use std::future::pending;
use std::pin::Pin;
use std::thread;

/// RT1, RT2: nobody polls the children any more, so they are dropped, and their handles are told.
#[test]
fn rt2_a_runtime_that_ends_takes_the_children_of_a_guest_with_it() {
    for threads in [1, 2] {
        in_time(move || {
            let alive = Alive::new();
            let (started, working) = async_channel::unbounded();
            let inside = alive.clone();
            let main = async move {
                let backend = Smol::current().expect("this is one");
                let group = task_group(async move |group| {
                    let children: [Pin<Box<dyn Future<Output = ()> + Send>>; 2] =
                        [Box::pin(sleep_forever()), Box::pin(shield(pending()))];
                    let handles = children.map(|child| {
                        let (guard, started) = (inside.enter(), started.clone());
                        group.spawn(async move {
                            let _guard = guard;
                            started.send(()).await.expect("main listens");
                            child.await;
                        })
                    });
                    let mut ends = Vec::new();
                    for handle in &handles {
                        ends.push(handle.wait().await);
                    }
                    ends
                });
                let guest = thread::spawn(|| smol::block_on(attach(backend, group)));
                for _ in 0..2 {
                    working.recv().await.expect("both children start");
                }
                guest
            };
            let guest = run(Smol::threads(threads), main).expect("smol starts");
            let ends = guest.join().expect("the guest does not panic");
            let ends = ends.expect("nobody cancels the group");
            assert_eq!(ends, [TaskStatus::Cancelled; 2]);
            assert_eq!(alive.count(), 0);
        });
    }
}
