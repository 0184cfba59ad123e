//! Values that travel with the code: to the tasks it spawns, to its blocking calls, and back.
//!
//! A context is a list of bindings that never changes, so passing it on is one reference. The one that is
//! current is on a thread-local for the span of a poll or of a blocking call.
//!
//! # Always true
//!
//! 1. What is spawned has the context of its spawner at that moment, whatever group it goes into: a group
//!    says who waits for a task, not on whose behalf it works.
//! 2. The thread-local is never borrowed while user code runs, destructors of values included.
//! 3. As long as no program uses a context, a poll pays one relaxed load for it.

use std::any::Any;
use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::mem;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, OnceLock};
use std::task::{Context as TaskContext, Poll};

use pin_project_lite::pin_project;

use crate::outcome::quietly;

/// Whether any value was ever bound in this process (invariant 3). It only ever goes up, and says nothing
/// more than that there is something to look for.
static USED: AtomicBool = AtomicBool::new(false);

crate::loom::thread_local! {
    static CURRENT: RefCell<Context> = const { RefCell::new(Context(None)) };
}

/// The bindings that code sees.
#[derive(Clone, Default)]
pub(crate) struct Context(Option<Arc<Binding>>);

struct Binding {
    key: u64,
    value: Box<dyn Any + Send + Sync>,
    outer: Context,
}

impl Context {
    /// The context of the code that runs.
    #[inline]
    pub(crate) fn current() -> Self {
        if !USED.load(Relaxed) {
            return Self(None);
        }
        CURRENT
            .try_with(|current| current.borrow().clone())
            .unwrap_or_default()
    }

    /// Makes this context the current one, until the guard is dropped, also by an unwinding.
    #[inline]
    pub(crate) fn enter(&self) -> Option<Restore> {
        USED.load(Relaxed).then(|| Restore(swap(self.clone())))
    }

    /// Lets go of the values, whose destructors must not unwind into the caller.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if let Some(binding) = self.0.take() {
            quietly(|| drop(binding));
        }
    }

    fn find(&self, key: u64) -> Option<&Binding> {
        let mut next = self.0.as_deref();
        while let Some(binding) = next.filter(|binding| binding.key != key) {
            next = binding.outer.0.as_deref();
        }
        next
    }
}

/// Puts a context in the place of the current one. While the thread is being torn down there is none.
fn swap(context: Context) -> Context {
    CURRENT
        .try_with(|current| current.replace(context))
        .unwrap_or_default()
}

/// Restores the context before.
#[must_use = "the context before is back when this is dropped"]
pub(crate) struct Restore(Context);

impl Drop for Restore {
    fn drop(&mut self) {
        drop(swap(mem::take(&mut self.0)));
    }
}

/// Dropping the last link of a long chain must not recurse through it.
impl Drop for Binding {
    fn drop(&mut self) {
        let mut next = self.outer.0.take();
        while let Some(binding) = next {
            next = Arc::into_inner(binding).and_then(|mut binding| binding.outer.0.take());
        }
    }
}

/// A value that travels with the code: what is spawned, sent to a thread or run there sees it too.
///
/// Whoever spawns a task hands its own values on, as they are at that moment; what is bound later, by
/// either of them, does not reach the other. Blocking calls and
/// [`from_thread::run`](crate::from_thread::run) pass them on in both directions. Calls through a
/// [`Portal`](crate::Portal) bring the values of the calling thread.
///
/// ```
/// use anyrt::{ContextLocal, run_in_threadpool, task_group};
///
/// static USER: ContextLocal<String> = ContextLocal::new();
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let greeting = USER.scope("ada".to_owned(), async {
///     // a task, and a closure on a thread
///     task_group(async |g| {
///         let child = g.spawn(run_in_threadpool(|| format!("hello {}", USER.get().unwrap())));
///         child.await.unwrap()
///     })
///     .await
/// });
/// assert_eq!(greeting.await.unwrap(), "hello ada");
/// assert_eq!(USER.get(), None);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub struct ContextLocal<T: 'static> {
    key: OnceLock<u64>,
    value: PhantomData<fn() -> T>,
}

impl<T: Send + Sync + 'static> ContextLocal<T> {
    /// A key with no value bound to it, for a `static`.
    #[allow(
        clippy::new_without_default,
        reason = "it is of no use but in a static"
    )]
    pub const fn new() -> Self {
        Self {
            key: OnceLock::new(),
            value: PhantomData,
        }
    }

    /// Binds a value for as long as a future runs.
    ///
    /// # Cancellation
    ///
    /// None of its own: it is what the future makes of it.
    pub fn scope<F: Future>(&'static self, value: T, future: F) -> ContextScope<F> {
        ContextScope {
            binding: Some((self.key(), Box::new(value))),
            context: Context::default(),
            future: Some(future),
        }
    }

    /// Binds a value for as long as a function runs.
    pub fn sync_scope<R>(&'static self, value: T, f: impl FnOnce() -> R) -> R {
        let context = bind(self.key(), Box::new(value));
        let _entered = context.enter();
        f()
    }

    /// Lets a function see the value, if one is bound.
    pub fn with<R>(&'static self, f: impl FnOnce(Option<&T>) -> R) -> R {
        let context = Context::current();
        let binding = self.key.get().and_then(|key| context.find(*key));
        f(binding.and_then(|binding| binding.value.downcast_ref()))
    }

    /// The value, if one is bound.
    pub fn get(&'static self) -> Option<T>
    where
        T: Clone,
    {
        self.with(|value| value.cloned())
    }

    fn key(&self) -> u64 {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        *self.key.get_or_init(|| NEXT.fetch_add(1, Relaxed))
    }
}

/// The current context with one more binding.
fn bind(key: u64, value: Box<dyn Any + Send + Sync>) -> Context {
    USED.store(true, Relaxed);
    Context(Some(Arc::new(Binding {
        key,
        value,
        outer: Context::current(),
    })))
}

impl<T> fmt::Debug for ContextLocal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextLocal").finish_non_exhaustive()
    }
}

pin_project! {
    /// The future of [`ContextLocal::scope`].
    #[must_use = "futures do nothing unless polled"]
    pub struct ContextScope<F> {
        binding: Option<(u64, Box<dyn Any + Send + Sync>)>,
        context: Context,
        #[pin]
        future: Option<F>,
    }

    impl<F> PinnedDrop for ContextScope<F> {
        fn drop(this: Pin<&mut Self>) {
            let mut this = this.project();
            // One that was never polled has bound nothing yet.
            if this.binding.is_none() {
                let _entered = this.context.enter();
                this.future.set(None);
            }
        }
    }
}

impl<F: Future> Future for ContextScope<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut TaskContext<'_>) -> Poll<F::Output> {
        let mut this = self.project();
        if let Some((key, value)) = this.binding.take() {
            *this.context = bind(key, value);
        }
        let entered = this.context.enter();
        let Some(future) = this.future.as_mut().as_pin_mut() else {
            return Poll::Pending;
        };
        let output = future.poll(cx);
        if output.is_ready() {
            this.future.set(None);
        }
        drop(entered);
        if output.is_ready() {
            // The value goes with the future, not with what is left of this one.
            this.context.clear();
        }
        output
    }
}

impl<F> fmt::Debug for ContextScope<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContextScope").finish_non_exhaustive()
    }
}
