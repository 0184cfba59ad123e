//! Functions turned around: a blocking one into an async one, an async one into a blocking one.
//!
//! Each is a few lines over [`run_in_threadpool`], [`from_thread::run`] and [`run`](crate::run()); what is
//! here beside them is the arity of the function, zero to eight arguments, by a macro. The results are boxed
//! closures, since a function that returns one cannot be generic over its number of arguments otherwise.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use anyrt_backend::Launch;

use super::from_thread::{self, FromThreadError};
use super::pool::Offload;
use crate::entry::Runner;
use crate::error::RunError;
use crate::task::Place;

/// The blocking call of a function that was made async.
type Call<R> = Offload<Box<dyn FnOnce() -> R + Send>, R>;

/// A blocking function as an async one: it runs on a thread of the pool.
///
/// What it gives is a [`run_in_threadpool`](crate::run_in_threadpool), with its options, its cancellation and
/// its panics.
///
/// ```
/// use anyrt::{CapacityLimiter, asyncify};
///
/// fn area(width: u32, height: u32) -> u32 {
///     width * height
/// }
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let area = asyncify(area);
/// assert_eq!(area(6, 7).await, 42);
/// let limiter = CapacityLimiter::new(1);
/// assert_eq!(area(2, 3).limiter(&limiter).await, 6);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn asyncify<F, A>(f: F) -> F::Asyncified
where
    F: BlockingFn<A>,
{
    f.asyncified(Place::caller())
}

/// An async function as a blocking one, for the closures of blocking calls: it is
/// [`from_thread::run`](crate::from_thread::run).
///
/// It gives [`FromThreadError::NotInWorker`] elsewhere; see [`syncify_or_run`] for code that does not know
/// where it runs.
///
/// ```
/// use anyrt::{run_in_threadpool, sleep, syncify};
/// use std::time::Duration;
///
/// async fn double(n: u32) -> u32 {
///     sleep(Duration::from_millis(1)).await;
///     2 * n
/// }
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let four = run_in_threadpool(|| syncify(double)(2).expect("this is a worker")).await;
/// assert_eq!(four, 4);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn syncify<F, A>(f: F) -> F::Syncified
where
    F: AsyncFnOf<A>,
{
    f.syncified(Place::caller())
}

/// As [`syncify`] in the closures of blocking calls; elsewhere each call runs a runtime of its own, which takes
/// its time: for scripts and tests, not for loops. On the thread of a runtime it is an error.
///
/// ```
/// use anyrt::{Tokio, syncify_or_run};
///
/// let double = syncify_or_run(Tokio::current_thread, async |n: u32| 2 * n);
/// assert_eq!(double(2)?, 4);
/// # Ok::<(), anyrt::SyncifyError>(())
/// ```
#[track_caller]
pub fn syncify_or_run<F, A, L, M>(launch: M, f: F) -> F::SyncifiedOrRun
where
    F: AsyncFnOf<A>,
    M: Fn() -> L + Send + Sync + 'static,
    L: Launch + 'static,
{
    f.syncified_or_run(Place::caller(), Box::new(move || Box::new(launch())))
}

/// An async function as a program: each call is a [`run`](crate::run()) of its own.
///
/// ```
/// use anyrt::{Tokio, runnify};
///
/// let main = runnify(Tokio::current_thread, async |name: &'static str| format!("hello {name}"));
/// assert_eq!(main("ada")?, "hello ada");
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub fn runnify<F, A, L, M>(launch: M, f: F) -> F::Runnified
where
    F: AsyncFnOf<A>,
    M: Fn() -> L + Send + Sync + 'static,
    L: Launch + 'static,
{
    f.runnified(Box::new(move || Box::new(launch())))
}

/// Why a function of [`syncify_or_run`] has no value.
#[derive(Debug)]
#[non_exhaustive]
pub enum SyncifyError {
    /// In the closure of a blocking call.
    FromThread(FromThreadError),
    /// Elsewhere.
    Run(RunError),
}

impl fmt::Display for SyncifyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SyncifyError::FromThread(error) => error.fmt(f),
            SyncifyError::Run(error) => error.fmt(f),
        }
    }
}

impl Error for SyncifyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            SyncifyError::FromThread(error) => Some(error),
            SyncifyError::Run(error) => Some(error),
        }
    }
}

/// Makes the options of a runtime for one call.
pub(crate) type Launcher = Box<dyn Fn() -> Box<dyn Launch> + Send + Sync>;

/// Waits for a future where that is possible: as a part of the blocking call that runs here, else in a runtime
/// of its own.
fn here_or_run<F: Future>(
    place: Place,
    launcher: &Launcher,
    future: F,
) -> Result<F::Output, SyncifyError> {
    if super::caller::is_worker() {
        from_thread::run_at(place, future).map_err(SyncifyError::FromThread)
    } else {
        let runner = Runner::new(launcher());
        runner.run(future).map_err(SyncifyError::Run)
    }
}

mod sealed {
    pub trait Sealed<A> {}
}

/// A blocking function of zero to eight arguments, `A` being the tuple of them.
pub trait BlockingFn<A>: sealed::Sealed<A> {
    /// The async form: a boxed function of the same arguments.
    type Asyncified;

    #[doc(hidden)]
    fn asyncified(self, place: Place) -> Self::Asyncified;
}

/// An async function of zero to eight arguments, `A` being the tuple of them.
pub trait AsyncFnOf<A>: sealed::Sealed<A> {
    /// The blocking form: a boxed function of the same arguments.
    type Syncified;
    /// The blocking form that runs a runtime where none is at hand.
    type SyncifiedOrRun;
    /// The form that runs a runtime always.
    type Runnified;

    #[doc(hidden)]
    fn syncified(self, place: Place) -> Self::Syncified;
    #[doc(hidden)]
    fn syncified_or_run(self, place: Place, launcher: Launcher) -> Self::SyncifiedOrRun;
    #[doc(hidden)]
    fn runnified(self, launcher: Launcher) -> Self::Runnified;
}

macro_rules! arity {
    ($($a:ident $A:ident),*) => {
        impl<F, R, $($A),*> sealed::Sealed<($($A,)*)> for F where F: Fn($($A),*) -> R {}

        impl<F, R, $($A),*> BlockingFn<($($A,)*)> for F
        where
            F: Fn($($A),*) -> R + Send + Sync + 'static,
            R: Send + 'static,
            $($A: Send + 'static,)*
        {
            type Asyncified = Box<dyn Fn($($A),*) -> Call<R> + Send + Sync>;

            fn asyncified(self, place: Place) -> Self::Asyncified {
                let f = Arc::new(self);
                Box::new(move |$($a),*| {
                    let f = f.clone();
                    Offload::new(place, Box::new(move || f($($a),*)))
                })
            }
        }

        impl<F, R, $($A),*> AsyncFnOf<($($A,)*)> for F
        where
            F: Fn($($A),*) -> R + Send + Sync + 'static,
            R: Future,
            $($A: 'static,)*
        {
            type Syncified = Box<dyn Fn($($A),*) -> Result<R::Output, FromThreadError> + Send + Sync>;
            type SyncifiedOrRun = Box<dyn Fn($($A),*) -> Result<R::Output, SyncifyError> + Send + Sync>;
            type Runnified = Box<dyn Fn($($A),*) -> Result<R::Output, RunError> + Send + Sync>;

            fn syncified(self, place: Place) -> Self::Syncified {
                Box::new(move |$($a),*| from_thread::run_at(place, self($($a),*)))
            }

            fn syncified_or_run(self, place: Place, launcher: Launcher) -> Self::SyncifiedOrRun {
                Box::new(move |$($a),*| here_or_run(place, &launcher, self($($a),*)))
            }

            fn runnified(self, launcher: Launcher) -> Self::Runnified {
                Box::new(move |$($a),*| Runner::new(launcher()).run(self($($a),*)))
            }
        }
    };
}

arity!();
arity!(a A);
arity!(a A, b B);
arity!(a A, b B, c C);
arity!(a A, b B, c C, d D);
arity!(a A, b B, c C, d D, e E);
arity!(a A, b B, c C, d D, e E, g G);
arity!(a A, b B, c C, d D, e E, g G, h H);
arity!(a A, b B, c C, d D, e E, g G, h H, i I);
