//! A portal with a runtime of its own, on a thread of its own.

use std::fmt;
use std::io;
use std::ops::Deref;
use std::sync::mpsc::channel;
use std::sync::{Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyrt_backend::Launch;

use super::{Portal, PortalError};
use crate::entry::Runner;
use crate::error::RunError;
use crate::group::handle::task_group;
use crate::outcome::quietly;
use crate::report::Report;
use crate::scope::reason::{Cause, Reason};
use crate::scope::{CancelScope, ScopeHandle};
use crate::time::sleep_forever;

/// A runtime on a thread of its own, which any number of threads call into. See [`Portal`] for the calls.
///
/// It is how a synchronous program uses an asynchronous library. Share it by reference, or hand out
/// clones of [`portal()`](Self::portal). Dropping it stops it and waits for what remains, as
/// [`stop`](Self::stop) with [`Remaining::Finish`]; during a panic, with [`Remaining::Cancel`].
///
/// ```
/// use anyrt::{BlockingPortal, Tokio, sleep};
/// use std::time::Duration;
///
/// let portal = BlockingPortal::start(Tokio::multi_thread().worker_threads(1))?;
/// let answers: Vec<_> = std::thread::scope(|threads| {
///     let ask = |n: u64| portal.call(async move { sleep(Duration::from_millis(n)).await; n });
///     let asked: Vec<_> = (1..4).map(|n| threads.spawn(move || ask(n).unwrap())).collect();
///     asked.into_iter().map(|thread| thread.join().unwrap()).collect()
/// });
/// assert_eq!(answers, [1, 2, 3]);
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[must_use = "a portal that is dropped stops"]
pub struct BlockingPortal {
    portal: Portal,
    /// Ends the wait of the portal's group.
    closing: ScopeHandle,
    /// Until somebody has waited for its end; the others wait for the lock meanwhile.
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// What becomes of the tasks of a portal that stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remaining {
    /// They run to their end.
    Finish,
    /// They are cancelled, and unwind.
    Cancel,
}

impl BlockingPortal {
    /// Starts a runtime on a thread of its own, and waits until it runs.
    ///
    /// # Errors
    ///
    /// [`RunError::Launch`] where the runtime or the thread did not start.
    #[track_caller]
    pub fn start(launch: impl Launch + Send + 'static) -> Result<Self, RunError> {
        Self::builder(launch).start()
    }

    /// Options for a portal.
    pub fn builder<L: Launch + Send + 'static>(launch: L) -> PortalBuilder<L> {
        PortalBuilder {
            launch,
            thread_name: "anyrt-portal".to_owned(),
            hook: None,
        }
    }

    /// The calls alone, to be cloned and handed out. It keeps nothing alive.
    pub fn portal(&self) -> &Portal {
        &self.portal
    }

    /// Takes no more calls and waits for the end of the runtime. It may be called more than once, also from
    /// several threads, and to cancel what another call only waits for.
    ///
    /// # Errors
    ///
    /// [`PortalError::InsideRuntime`] on a thread of the portal's own runtime, those of its blocking calls
    /// included, and in what a `run` inside of such a call runs: it stops, but cannot be waited for.
    pub fn stop(&self, remaining: Remaining) -> Result<(), PortalError> {
        self.portal.close();
        self.closing.cancel();
        if remaining == Remaining::Cancel {
            self.portal.group.cancel(Reason::here(Cause::Shutdown));
        }
        self.portal.may_block()?;
        // A blocking call of the portal's own runtime may wait for its tasks, but not for its end; nor may a runtime
        // that was started inside of one.
        if self.portal.rt().waits_for_here() {
            return Err(PortalError::InsideRuntime);
        }
        let mut thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(ended) = thread.take().map(JoinHandle::join) {
            // Whoever has a panic's payload has been given it; the thread itself ends in order.
            quietly(|| drop(ended));
        }
        Ok(())
    }
}

impl Deref for BlockingPortal {
    type Target = Portal;

    fn deref(&self) -> &Portal {
        &self.portal
    }
}

impl Drop for BlockingPortal {
    fn drop(&mut self) {
        let remaining = if thread::panicking() {
            Remaining::Cancel
        } else {
            Remaining::Finish
        };
        // On its own thread it stops by itself.
        let _ = self.stop(remaining);
    }
}

impl fmt::Debug for BlockingPortal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlockingPortal")
            .field("portal", &self.portal)
            .finish_non_exhaustive()
    }
}

type Hook = Box<dyn Fn(Report) + Send + Sync>;

/// Options for a [`BlockingPortal`].
#[must_use = "nothing runs until `start` is called"]
pub struct PortalBuilder<L> {
    launch: L,
    thread_name: String,
    hook: Option<Hook>,
}

impl<L: Launch + Send + 'static> PortalBuilder<L> {
    /// The name of the portal's thread.
    pub fn thread_name(mut self, name: impl Into<String>) -> Self {
        self.thread_name = name.into();
        self
    }

    /// Tells this hook of what has no caller to be returned to, as
    /// [`Runner::on_report`](crate::Runner::on_report).
    pub fn on_report(mut self, hook: impl Fn(Report) + Send + Sync + 'static) -> Self {
        self.hook = Some(Box::new(hook));
        self
    }

    /// Starts the portal.
    ///
    /// # Errors
    ///
    /// As [`BlockingPortal::start`].
    #[track_caller]
    pub fn start(self) -> Result<BlockingPortal, RunError> {
        let (told, opened) = channel();
        let failed = told.clone();
        let thread = thread::Builder::new().name(self.thread_name);
        let (launch, hook) = (self.launch, self.hook);
        let main = move || {
            let runner = Runner::new(launch);
            let runner = match hook {
                Some(hook) => runner.on_report(hook),
                None => runner,
            };
            let ran = runner.run(task_group(async |group| {
                let scope = CancelScope::new();
                let open = (Portal::of(&group), scope.handle());
                if told.send(Ok(open)).is_ok() {
                    // Until it is closed; then the group waits for what remains.
                    let _closed = scope.run(sleep_forever()).await;
                }
            }));
            if let Err(error) = ran {
                // The one who starts it waits for just this.
                let _ = failed.send(Err(error));
            }
        };
        let thread = thread.spawn(main).map_err(RunError::Launch)?;
        match opened.recv() {
            Ok(Ok((portal, closing))) => Ok(BlockingPortal {
                portal,
                closing,
                thread: Mutex::new(Some(thread)),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(RunError::Launch(io::Error::other(
                "the runtime panicked while it started",
            ))),
        }
    }
}

impl<L: fmt::Debug> fmt::Debug for PortalBuilder<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortalBuilder")
            .field("launch", &self.launch)
            .field("thread_name", &self.thread_name)
            .finish_non_exhaustive()
    }
}
