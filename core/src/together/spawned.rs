//! A future as a task of its own, where it is awaited.

use std::convert::Infallible;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use crate::group::Group;
use crate::group::handle::{Spec, spawn};
use crate::group::host::{Host, Residents, Shape};
use crate::scope::tree::Kind;
use crate::task::Place;
use crate::task::cell::{Cell, Outcome};

/// Runs a future as a task of its own, and waits for it: a group of one.
///
/// The runtime may run it on another thread, beside what is awaited together with it. Keeps CO6.
///
/// # Cancellation
///
/// Cancelled from outside it cancels the task, and waits until it is gone. Only a task that ends with a value all the
/// same, in a shield for instance, lets it complete.
///
/// # Panics
///
/// Resumes a panic of the future.
///
/// ```
/// use anyrt::{amap, spawned};
///
/// # anyrt::run(anyrt::Tokio::multi_thread(), async {
/// // On all threads of the runtime.
/// let squares = amap(1..=3_u64, |n| spawned(async move { n * n })).await;
/// assert_eq!(squares, [1, 4, 9]);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn spawned<F>(future: F) -> impl Future<Output = F::Output> + Send + use<F>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    let place = Place::caller();
    let make = move |group: &Arc<Group>, one: &mut One<F::Output>| {
        let spawned = spawn(group, Spec::own(place, false), future, Ok::<_, Infallible>);
        let Ok(handle) = spawned else {
            unreachable!("a group is open while its body is made")
        };
        one.cell = Some(handle.cell().clone());
        Ended {
            cell: handle.cell().clone(),
            key: None,
        }
    };
    Host::new(Kind::Group, place, make, One { cell: None })
}

/// A group of one.
struct One<T> {
    cell: Option<Arc<Cell<T>>>,
}

/// The body: it waits for the task's end.
struct Ended<T> {
    cell: Arc<Cell<T>>,
    key: Option<usize>,
}

impl<T> Future for Ended<T> {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = self.get_mut();
        match this.cell.wait(&mut this.key, cx) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    }
}

impl<T> Drop for Ended<T> {
    fn drop(&mut self) {
        self.cell.forget(&mut self.key);
    }
}

impl<T> Residents for One<T> {}

impl<T> Shape<()> for One<T> {
    // The value is the task's, and stands whether the body was there to see it or had been dropped by a cancel (SC3).
    type Value = Infallible;
    type Output = T;

    fn body(&mut self, (): (), _: &Group) -> Option<Infallible> {
        None
    }

    fn value(&mut self, none: Infallible) -> T {
        match none {}
    }

    fn settled(&mut self, _: &Group) -> Option<T> {
        match self.cell.take()?.take() {
            Outcome::Value(value) => Some(value),
            Outcome::Error(_) => None,
        }
    }
}
