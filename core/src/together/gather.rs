//! All of several futures.

use super::Together;
use super::many::{Many, TryMany};
use super::slots::Slots;
use super::tally::Tally;
use crate::error::Errors;
use crate::task::Place;

/// All values, in the order of the futures.
#[derive(Debug)]
pub struct Gathered<T, V> {
    ends: Slots<T>,
    values: fn(Vec<Option<T>>) -> Option<V>,
}

impl<T, V> Gathered<T, V> {
    pub(super) fn new(length: usize, values: fn(Vec<Option<T>>) -> Option<V>) -> Self {
        Self {
            ends: Slots::new(length),
            values,
        }
    }
}

impl<T, V> Tally<T> for Gathered<T, V> {
    type Output = V;

    fn add(&mut self, number: usize, end: T) -> bool {
        self.ends.fill(number, end);
        false
    }

    fn output(self) -> V {
        match (self.values)(self.ends.into_vec()) {
            Some(values) => values,
            None => unreachable!("it is asked when all have ended"),
        }
    }
}

/// The future of [`gather`].
pub type Gather<M> = Together<
    <M as Many>::Branches,
    <M as Many>::Branch,
    <M as Many>::End,
    Gathered<<M as Many>::End, <M as Many>::Values>,
>;

/// The future of [`try_gather`].
pub type TryGather<M> = Together<
    <M as Many>::Branches,
    <M as Many>::Branch,
    <M as Many>::End,
    TryGathered<<M as Many>::End, <M as TryMany>::Part, <M as TryMany>::Error, <M as TryMany>::Oks>,
>;

/// Waits for several futures at once, and gives what each gave, in their order.
///
/// They run concurrently, as children of a group within the caller's own task: they may borrow, and need not be `Send`.
/// [`spawned`](crate::spawned) makes any of them a task of its own. Keeps CO1 to CO3.
///
/// # Cancellation
///
/// After a cancel from outside it waits until the futures are gone, finalizers included. It completes only if each has
/// given its value all the same, in a shield for instance (CO2).
///
/// # Panics
///
/// Resumes a panic of one of them, once the others have been cancelled and are gone.
///
/// ```
/// use anyrt::{gather, sleep};
/// use std::time::Duration;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let name = "one".to_owned();
/// let slow = async { sleep(Duration::from_millis(2)).await; name.len() };
/// let quick = async { "two" };
/// assert_eq!(gather((slow, quick)).await, (3, "two"));
/// assert_eq!(gather([async { 1 }]).await, [1]);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn gather<M: Many>(futures: M) -> Gather<M> {
    let branches = futures.branches();
    let tally = Gathered::new(branches.len(), M::values);
    Together::new(Place::caller(), branches, tally)
}

/// All values in the order of the futures, or all errors.
#[derive(Debug)]
pub struct TryGathered<T, P, E, V> {
    parts: Slots<P>,
    errors: Vec<E>,
    part: fn(T) -> Result<P, E>,
    values: fn(Vec<Option<P>>) -> Option<V>,
}

impl<T, P, E, V> TryGathered<T, P, E, V> {
    pub(super) fn new(
        length: usize,
        part: fn(T) -> Result<P, E>,
        values: fn(Vec<Option<P>>) -> Option<V>,
    ) -> Self {
        Self {
            parts: Slots::new(length),
            errors: Vec::new(),
            part,
            values,
        }
    }
}

impl<T, P, E, V> Tally<T> for TryGathered<T, P, E, V> {
    type Output = Result<V, Errors<E>>;

    fn add(&mut self, number: usize, end: T) -> bool {
        match (self.part)(end) {
            Ok(part) => self.parts.fill(number, part),
            Err(error) => self.errors.push(error),
        }
        !self.errors.is_empty()
    }

    fn output(self) -> Self::Output {
        if let Some(errors) = Errors::new(self.errors) {
            return Err(errors);
        }
        match (self.values)(self.parts.into_vec()) {
            Some(values) => Ok(values),
            None => unreachable!("it is asked when all have ended"),
        }
    }

    fn errors(&self) -> usize {
        self.errors.len()
    }
}

/// As [`gather`], for futures that return results: the first error cancels the others.
///
/// # Errors
///
/// All errors that occurred, the first one first; the others of them while the futures unwound.
///
/// # Cancellation
///
/// As [`gather`]; an error that a future gives while it unwinds is returned all the same (TG7).
///
/// # Panics
///
/// As [`gather`].
///
/// ```
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let parse = async |word: &str| word.parse::<u8>();
/// assert_eq!(anyrt::try_gather((parse("1"), parse("2"))).await?, (1, 2));
///
/// let never = async { anyrt::sleep_forever().await; Ok(0) };
/// let errors = anyrt::try_gather((never, parse("x"))).await.unwrap_err();
/// assert_eq!(errors.len(), 1);
/// # Ok::<(), anyrt::Errors<std::num::ParseIntError>>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn try_gather<M: TryMany>(futures: M) -> TryGather<M> {
    let branches = futures.branches();
    let tally = TryGathered::new(branches.len(), M::part, M::oks);
    Together::new(Place::caller(), branches, tally)
}
