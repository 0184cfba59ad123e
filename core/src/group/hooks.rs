//! What runs after every task of a region has ended: hooks, last in first out (FI3).

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::FutureExt;

use super::Group;
use super::host::{Host, Residents, Shape};
use crate::outcome::{Exit, confine, message_of};
use crate::report::Report;
use crate::scope::tree::Kind;
use crate::task::Place;
use crate::thread::hop::hop;

/// What a hook returns: nothing, or a result whose error is kept and reported.
pub trait HookOutput: sealed::Sealed {
    /// The failure, as text.
    #[doc(hidden)]
    fn failure(self) -> Option<String>;
}

mod sealed {
    pub trait Sealed {}

    impl Sealed for () {}
    impl<E: std::fmt::Display> Sealed for Result<(), E> {}
}

impl HookOutput for () {
    fn failure(self) -> Option<String> {
        None
    }
}

impl<E: fmt::Display> HookOutput for Result<(), E> {
    fn failure(self) -> Option<String> {
        self.err().map(|error| error.to_string())
    }
}

type Running = Pin<Box<dyn Future<Output = Option<String>> + Send>>;
type Hook = Box<dyn FnOnce(Exit) -> Running + Send>;

/// The hooks of a group, and whether it still takes some.
#[derive(Default)]
pub(super) struct Hooks {
    list: Vec<Hook>,
    sealed: bool,
}

impl Group {
    pub(crate) fn defer<H, F>(&self, hook: H)
    where
        H: FnOnce(Exit) -> F + Send + 'static,
        F: Future<Output: HookOutput> + Send + 'static,
    {
        self.push_hook(Box::new(|exit| {
            let running = hook(exit);
            Box::pin(async { running.await.failure() })
        }));
    }

    pub(crate) fn defer_blocking<H, R>(&self, hook: H)
    where
        H: FnOnce(Exit) -> R + Send + 'static,
        R: HookOutput,
    {
        let (rt, place) = (self.rt.clone(), self.place);
        self.push_hook(Box::new(move |exit| {
            // A lane of its own: a hook never waits for the limiter of blocking calls (TH9).
            let hopping = hop(&rt, place, move || hook(exit).failure());
            Box::pin(async {
                let shut_down = || Some("not run: the runtime has shut down".to_owned());
                hopping.await.unwrap_or_else(shut_down)
            })
        }));
    }

    fn push_hook(&self, hook: Hook) {
        let mut hooks = self.hooks.lock();
        if !hooks.sealed {
            hooks.list.push(hook);
            return;
        }
        drop(hooks);
        drop(hook);
        self.rt.report(Report::HooksFailed {
            place: self.place,
            failures: vec!["deferred after the group had closed: it did not run".to_owned()],
        });
    }

    /// The next hook to run; once there is none, no more are taken.
    fn pop_hook(&self) -> Option<Hook> {
        let mut hooks = self.hooks.lock();
        let hook = hooks.list.pop();
        hooks.sealed = hook.is_none();
        hook
    }

    /// Whether there is nothing to run; no hooks are taken any more if so.
    pub(crate) fn seal_hooks(&self) -> bool {
        let mut hooks = self.hooks.lock();
        hooks.sealed = hooks.list.is_empty();
        hooks.sealed
    }
}

/// Runs all hooks of a group that has closed. The first panic is kept for the host to resume, unless
/// there is no host or the body or a child has panicked before.
pub(crate) async fn run_hooks(group: Arc<Group>, exit: Exit, has_host: bool) {
    let mut failures = Vec::new();
    // The panic that the host has got, and how many failures there were before it.
    let mut kept = None;
    while let Some(hook) = group.pop_hook() {
        let exit = exit.clone();
        let outcome = match confine(|| hook(exit)) {
            Ok(running) => AssertUnwindSafe(running).catch_unwind().await,
            Err(payload) => Err(payload),
        };
        match outcome {
            Ok(failure) => failures.extend(failure),
            Err(payload) => {
                let message = message_of(&payload);
                let failure = format!("panicked: {message}");
                if has_host && group.keep_panic(payload, None) {
                    kept = Some((failures.len(), failure));
                } else {
                    failures.push(failure);
                }
            }
        }
    }
    if let Some((place, failure)) = kept.filter(|_| group.is_orphaned()) {
        // Foreign code has dropped the host since, and nobody resumes it.
        failures.insert(place, failure);
    }
    if !failures.is_empty() {
        group.rt.report(Report::HooksFailed {
            place: group.place,
            failures,
        });
    }
}

/// Takes hooks that run when the block ends. See [`exit_stack`].
#[derive(Clone)]
pub struct ExitStack {
    group: Arc<Group>,
}

impl ExitStack {
    /// Runs this after the block has ended, last in first out, shielded.
    ///
    /// The hook is told how the block ended. It may return a result; a failure is kept and reported,
    /// and does not stop the others. A stack that has ended takes no more hooks, and reports one that
    /// comes too late.
    pub fn defer<H, F>(&self, hook: H)
    where
        H: FnOnce(Exit) -> F + Send + 'static,
        F: Future<Output: HookOutput> + Send + 'static,
    {
        self.group.defer(hook);
    }

    /// As [`defer`](Self::defer), for a hook that blocks: it runs on a thread that may.
    pub fn defer_blocking<H, R>(&self, hook: H)
    where
        H: FnOnce(Exit) -> R + Send + 'static,
        R: HookOutput,
    {
        self.group.defer_blocking(hook);
    }
}

impl fmt::Debug for ExitStack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExitStack")
            .field("place", &self.group.place)
            .finish_non_exhaustive()
    }
}

/// Runs a block that defers its cleanups as it goes.
///
/// The hooks run when the block has ended, on value, cancel and panic, last in first out, each to its
/// end before the next (FI3). They own what they use, so that they run even where foreign code drops
/// this future: the nearest group waits for them then.
///
/// # Cancellation
///
/// A cancel from outside drops the block at its wait, runs the hooks, and goes on outward.
///
/// # Panics
///
/// A panic of the block is resumed after the hooks, else the first panic of a hook. Panics when no
/// runtime is to be found.
///
/// ```
/// use anyrt::exit_stack;
/// use std::sync::{Arc, Mutex};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let log = Arc::new(Mutex::new(Vec::new()));
/// exit_stack(async |stack| {
///     for name in ["first", "second"] {
///         let log = log.clone();
///         stack.defer(async move |_exit| log.lock().unwrap().push(name));
///     }
/// })
/// .await;
/// assert_eq!(*log.lock().unwrap(), ["second", "first"]);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn exit_stack<M, F>(body: M) -> impl Future<Output = F::Output>
where
    M: FnOnce(ExitStack) -> F,
    F: Future,
{
    Host::new(
        Kind::Group,
        Place::caller(),
        move |group: &Arc<Group>, _: &mut Plain| {
            body(ExitStack {
                group: group.clone(),
            })
        },
        Plain,
    )
}

/// A host that gives just what its body gave: an exit stack, the root of a runtime.
pub(crate) struct Plain;

impl Residents for Plain {}

impl<T> Shape<T> for Plain {
    type Value = T;
    type Output = T;

    fn body(&mut self, output: T, _: &Group) -> Option<T> {
        Some(output)
    }

    fn value(&mut self, value: T) -> T {
        value
    }
}
