//! A clock that a test moves, on any runtime.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use anyrt_backend::Launch;

use super::watch::Watch;
use super::watched::{Watched, watch_of};
use crate::runtime::Rt;
use crate::time::Instant;

/// A clock that stands still but where a test moves it.
///
/// Put [`on`](Self::on) a runtime, it is the runtime's clock: every sleep, deadline and
/// [`Instant::now`](crate::Instant::now) follows it (RT4), on runtimes with many threads too. With
/// [`autojump`](Self::autojump) it moves by itself, to the next instant that somebody waits for, as soon as every task
/// is blocked; so a test of an hour takes no time, and what it measures is exact.
///
/// A blocking call that is at work counts as running, so no time passes while it computes; one that waits in
/// `from_thread::run` is as blocked as its future. What waits for something outside of anyrt (a socket, a thread of
/// one's own, a task that foreign code spawned) counts as blocked: a jump does not wait for it.
///
/// ```
/// use anyrt::{Instant, sleep, testing::MockClock};
/// use std::time::Duration;
///
/// let hour = Duration::from_secs(60 * 60);
/// let clock = MockClock::new().autojump();
/// anyrt::run(clock.on(anyrt::Tokio::multi_thread()), async {
///     let start = Instant::now();
///     sleep(hour).await;
///     assert_eq!(start.elapsed(), hour);
/// })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[derive(Clone)]
pub struct MockClock {
    watch: Arc<Watch>,
}

impl MockClock {
    /// A clock that stands still.
    pub fn new() -> Self {
        Self {
            watch: Watch::with_mock_clock(),
        }
    }

    /// The clock of the current runtime, where it is one that a test moves: the one it was put [`on`](Self::on), or a
    /// [`Sim`](super::Sim)'s.
    ///
    /// ```
    /// use anyrt::testing::{MockClock, Sim};
    ///
    /// # anyrt::run(Sim::new(1), async {
    /// let clock = MockClock::current().expect("a simulation has one");
    /// let before = clock.now();
    /// clock.advance(std::time::Duration::from_secs(1));
    /// assert_eq!(anyrt::Instant::now() - before, std::time::Duration::from_secs(1));
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn current() -> Option<Self> {
        let watch = watch_of(&**Rt::find().ok()?.backend())?;
        watch.now().is_some().then_some(Self { watch })
    }

    /// Lets it jump to the next deadline whenever every task is blocked. Whoever waits in
    /// [`wait_all_tasks_blocked`](super::wait_all_tasks_blocked) comes first.
    #[must_use = "this is the clock that jumps"]
    pub fn autojump(self) -> Self {
        self.set_autojump(true);
        self
    }

    /// As [`autojump`](Self::autojump), while it is in use.
    ///
    /// ```
    /// use anyrt::testing::MockClock;
    ///
    /// let clock = MockClock::new();
    /// # anyrt::run(clock.on(anyrt::Tokio::current_thread()), async {
    /// clock.set_autojump(true);
    /// anyrt::sleep(std::time::Duration::from_secs(3600)).await;
    /// clock.set_autojump(false);
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn set_autojump(&self, jumps: bool) {
        self.watch.set_jumps(jumps);
    }

    /// The options of a runtime whose clock this is. Several runtimes may share a clock: it jumps when all of them are
    /// blocked.
    pub fn on<L: Launch>(&self, launch: L) -> Watched<L> {
        Watched::new(self.watch.clone(), launch)
    }

    /// What time it is.
    pub fn now(&self) -> Instant {
        let now = self.watch.now();
        Instant::from_std(now.unwrap_or_else(std::time::Instant::now))
    }

    /// Moves the clock. Those whose time has come are woken all at once; this does not wait for them.
    ///
    /// ```
    /// use anyrt::{sleep, testing::{MockClock, wait_all_tasks_blocked}};
    /// use std::time::Duration;
    ///
    /// let clock = MockClock::new();
    /// # anyrt::run(clock.on(anyrt::Tokio::current_thread()), async {
    /// # anyrt::task_group(async |g| {
    /// let child = g.spawn(sleep(Duration::from_secs(60)));
    /// wait_all_tasks_blocked().await;
    /// clock.advance(Duration::from_secs(60));
    /// child.await.unwrap();
    /// # }).await.unwrap();
    /// # })?;
    /// # Ok::<(), anyrt::RunError>(())
    /// ```
    pub fn advance(&self, period: Duration) {
        self.watch.advance(period);
    }
}

impl Default for MockClock {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MockClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MockClock")
            .field("now", &self.now())
            .finish_non_exhaustive()
    }
}
