//! Waiting until nothing moves.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use super::watch::Watch;
use super::watched::watch_of;
use crate::loom::{AtomicBool, Ordering};
use crate::runtime::Rt;
use crate::scope::current;

/// Waits until every other task of the runtime is blocked and no blocking call is at work: until something moves the
/// clock or comes from outside, nothing changes any more.
///
/// It is exact: told by whoever was last to come to rest. Several that wait are told together, and before a clock jumps.
///
/// # Cancellation
///
/// A checkpoint. When the region around is cancelled it never completes.
///
/// # Panics
///
/// On a runtime that is not under test: in `#[anyrt::test]`, under [`watched`](super::watched), a
/// [`MockClock`](super::MockClock) or a [`Sim`](super::Sim) it works.
///
/// ```
/// use anyrt::testing::{MockClock, wait_all_tasks_blocked};
///
/// # let clock = MockClock::new();
/// # anyrt::run(clock.on(anyrt::Tokio::multi_thread()), async {
/// anyrt::task_group(async |g| {
///     let (sender, receiver) = async_channel::bounded(1);
///     g.spawn(async move { while sender.send("again").await.is_ok() {} });
///     wait_all_tasks_blocked().await;
///     // the channel is full, the child waits
///     assert!(receiver.is_full());
/// })
/// .await
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn wait_all_tasks_blocked() -> AllTasksBlocked {
    AllTasksBlocked { told: None }
}

/// The future of [`wait_all_tasks_blocked`].
#[derive(Debug)]
#[must_use = "futures do nothing unless polled"]
pub struct AllTasksBlocked {
    told: Option<Arc<Told>>,
}

/// Whether the rest has come since it was asked for, and who asks.
struct Told {
    rest: AtomicBool,
    waker: Waker,
}

impl Wake for Told {
    fn wake(self: Arc<Self>) {
        self.rest.store(true, Ordering::Release);
        self.waker.wake_by_ref();
    }
}

impl Future for AllTasksBlocked {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        // As a sleep, it has nothing to lose.
        if current::is_cancelled() {
            return Poll::Pending;
        }
        let told = this.told.take();
        if told.is_some_and(|told| told.rest.load(Ordering::Acquire)) {
            return Poll::Ready(());
        }
        // Asked anew at every poll: this poll is work that the rest comes after.
        let told = Arc::new(Told {
            rest: AtomicBool::new(false),
            waker: cx.waker().clone(),
        });
        this.told = Some(told.clone());
        watch().wait_for_rest(Waker::from(told));
        Poll::Pending
    }
}

fn watch() -> Arc<Watch> {
    watch_of(&**Rt::here().backend()).unwrap_or_else(|| {
        panic!(
            "`wait_all_tasks_blocked` needs a runtime under test: `#[anyrt::test]`, or `run` with \
             `testing::watched`, a `MockClock` or a `Sim`"
        )
    })
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}
