//! Whatever comes first of several futures, and whatever comes with it.

use super::Together;
use super::many::Many;
use super::slots::Slots;
use super::tally::Tally;
use crate::task::Place;

/// What came until the first had ended and the others were gone.
#[derive(Debug)]
pub struct Selected<T, V> {
    ends: Slots<T>,
    is_empty: bool,
    options: fn(Vec<Option<T>>) -> V,
}

impl<T, V> Tally<T> for Selected<T, V> {
    type Output = V;

    fn add(&mut self, number: usize, end: T) -> bool {
        self.ends.fill(number, end);
        self.is_empty = false;
        true
    }

    fn has_outcome(&self) -> bool {
        !self.is_empty
    }

    fn output(self) -> V {
        (self.options)(self.ends.into_vec())
    }
}

/// The future of [`select`].
pub type Select<M> = Together<
    <M as Many>::Branches,
    <M as Many>::Branch,
    <M as Many>::End,
    Selected<<M as Many>::End, <M as Many>::Options>,
>;

/// Waits until one of several futures has ended, and gives what each gave: one at least, and whatever else came with it.
///
/// The others are cancelled then ([`NotNeeded`](crate::Cause::NotNeeded)) and waited for, finalizers included. One that
/// had ended as well, or ends with a value while it unwinds, has its value in the result: none is lost. A select of none
/// never ends. The futures run as those of [`gather`](crate::gather). Keeps CO1, CO2 and CO4.
///
/// # Cancellation
///
/// As [`gather`](crate::gather).
///
/// # Panics
///
/// As [`race`](crate::race).
///
/// ```
/// use anyrt::{object_stream, select, sleep};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let (sender, receiver) = object_stream(1);
/// let stop = anyrt::sync::Event::new();
/// sender.send("an item").await.expect("it is open");
/// stop.set();
/// // Both may have come. With a `select!` that drops the others, one would be lost.
/// let (item, stopped) = select((receiver.receive(), stop.wait())).await;
/// assert!(item.is_some() || (stopped.is_some() && receiver.try_receive().is_ok()));
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn select<M: Many>(futures: M) -> Select<M> {
    let branches = futures.branches();
    let tally = Selected {
        ends: Slots::new(branches.len()),
        is_empty: true,
        options: M::options,
    };
    Together::new(Place::caller(), branches, tally)
}
