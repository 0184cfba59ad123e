//! TH10: `PortalProvider`: one runtime for all who need it at the same time.

use super::portal::{on_plain_thread, told, unwinds, unwound_by};
use super::portal_options::Fails;
use super::portal_stop::outlives;
use crate::harness::*;
use anyrt::{Launch, Portal, PortalProvider};
use std::{
    sync::{
        Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
};

/// Makes launchers of this flavour and counts them.
pub(super) fn counting(
    on: &Flavour,
    starts: &Arc<AtomicUsize>,
) -> impl Fn() -> Box<dyn Launch + Send> + Send + Sync + 'static {
    let (on, starts) = (on.clone(), starts.clone());
    move || {
        starts.fetch_add(1, SeqCst);
        on.launcher()
    }
}

/// TH10: nothing runs before the first lease; the drop of the last one stops what it started.
pub fn th10_the_first_lease_starts_and_the_last_one_stops(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let provider = PortalProvider::new(counting(on, &starts));
        assert_eq!(starts.load(SeqCst), 0);
        let lease = provider.lease().expect("the runtime starts");
        assert_eq!(starts.load(SeqCst), 1);
        assert_eq!(told(lease.call(async { 7 })), "7");
        let kept = Portal::clone(&lease);
        assert_eq!(told(kept.call(async { 8 })), "8");
        drop(lease);
        assert_eq!(told(kept.call(async { 9 })), "Stopped");
    });
}

/// TH10: leases at the same time are of one runtime, and each keeps it running.
pub fn th10_overlapping_leases_share_one_runtime(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let provider = PortalProvider::new(counting(on, &starts));
        let first = provider.lease().expect("the runtime starts");
        let release = Event::new();
        let second = provider.lease().expect("the runtime is there");
        let _release = release.set_on_drop();
        let held = release.wait();
        let task = first.spawn(async move {
            held.await;
            7
        });
        let task = task.expect("the portal is open");
        drop(first);
        let third = provider.lease().expect("the runtime is there");
        let _release_first = release.set_on_drop();
        drop(second);
        assert_eq!(told(third.call(async { 8 })), "8");
        assert_eq!(task.status(), TaskStatus::Running);
        release.set();
        assert_eq!(told(task.wait()), "7");
        drop(third);
        assert_eq!(starts.load(SeqCst), 1);
    });
}

/// TH10: the drop of the last lease finishes: it waits for the tasks that were spawned through any of them.
pub fn th10_the_last_lease_waits_for_the_tasks(on: &Flavour) {
    on_plain_thread(on, || {
        let provider = PortalProvider::new(counting(on, &Arc::default()));
        let (stopping, trace) = (Event::new(), Trace::new());
        let first = provider.lease().expect("the runtime starts");
        let last = provider.lease().expect("the runtime is there");
        let task = first.spawn(outlives(&stopping, &trace));
        drop(first);
        stopping.set();
        drop(last);
        trace.push("dropped");
        assert_eq!(trace.take(), ["task ends", "dropped"]);
        assert_eq!(told(task.expect("the portal is open").wait()), "7");
    });
}

/// TH10: after the last drop the next lease starts a runtime afresh.
pub fn th10_a_lease_after_the_last_drop_starts_anew(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let provider = PortalProvider::new(counting(on, &starts));
        for number in 1..=3 {
            let lease = provider.lease().expect("the runtime starts");
            let value = lease.call(async move { number });
            assert_eq!(value.expect("the portal is open"), number);
            assert_eq!(starts.load(SeqCst), number);
        }
    });
}

/// TH10: a start that failed is told to who asked for it; the next one who asks makes another try.
pub fn th10_a_failed_start_can_be_tried_again(on: &Flavour) {
    on_plain_thread(on, || {
        let tries = Arc::new(AtomicUsize::new(0));
        let (flavour, count) = (on.clone(), tries.clone());
        let provider = PortalProvider::new(move || -> Box<dyn Launch + Send> {
            match count.fetch_add(1, SeqCst) {
                0 | 1 => Box::new(Fails),
                _ => flavour.launcher(),
            }
        });
        for tried in 1..=2 {
            let error = provider.lease().map(|_| ()).expect_err("it does not start");
            assert!(!matches!(error, RunError::InsideRuntime { .. }));
            assert_eq!(tries.load(SeqCst), tried);
        }
        let lease = provider.lease().expect("the third try works");
        assert_eq!(told(lease.call(async { 7 })), "7");
        assert_eq!(tries.load(SeqCst), 3);
    });
}

/// TH10: threads that come together for a first lease get one runtime, whoever of them starts it.
pub fn th10_threads_that_lease_at_once_start_one_runtime(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let provider = PortalProvider::new(counting(on, &starts));
        let together = Barrier::new(8);
        for round in 1..=3 {
            thread::scope(|threads| {
                for _ in 0..8 {
                    threads.spawn(|| {
                        together.wait();
                        let lease = provider.lease();
                        // Nobody lets go before all have theirs.
                        together.wait();
                        let lease = lease.expect("the runtime starts");
                        assert_eq!(told(lease.call(async { 7 })), "7");
                    });
                }
            });
            assert_eq!(starts.load(SeqCst), round);
        }
    });
}

/// TH10: a lease that comes while the last one is on its way out is as good as any.
pub fn th10_a_lease_that_meets_the_last_drop_works(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let provider = PortalProvider::new(counting(on, &starts));
        thread::scope(|threads| {
            for _ in 0..4 {
                threads.spawn(|| {
                    for number in 0..10 {
                        let lease = provider.lease().expect("the runtime starts");
                        let value = lease.call(async move {
                            yield_once().await;
                            number
                        });
                        assert_eq!(value.expect("the portal is open"), number);
                    }
                });
            }
        });
        let starts = starts.load(SeqCst);
        assert!((1..=40).contains(&starts), "{starts} starts");
    });
}

/// TH10: a panic of its holder drops a lease like any other end.
pub fn th10_a_lease_dropped_by_a_panic_is_given_back(on: &Flavour) {
    on_plain_thread(on, || {
        let starts = Arc::default();
        let provider = PortalProvider::new(counting(on, &starts));
        let lease = provider.lease().expect("the runtime starts");
        let kept = Portal::clone(&lease);
        let panics = || {
            let _lease = lease;
            unwinds(1);
        };
        assert_eq!(unwound_by(panics), 1);
        assert_eq!(told(kept.call(async { 7 })), "Stopped");
        let lease = provider.lease().expect("the runtime starts again");
        assert_eq!(told(lease.call(async { 8 })), "8");
        assert_eq!(starts.load(SeqCst), 2);
    });
}
