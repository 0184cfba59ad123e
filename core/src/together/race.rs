//! The first of several futures.

use std::error::Error;
use std::fmt;

use super::Together;
use super::many::{Alike, Many};
use super::slots::Slots;
use super::tally::Tally;
use crate::error::list;
use crate::task::Place;

/// The first value.
#[derive(Debug)]
pub struct First<T, V> {
    value: Option<V>,
    of: fn(T) -> V,
}

impl<T, V> Tally<T> for First<T, V> {
    type Output = V;

    fn add(&mut self, _: usize, end: T) -> bool {
        // What comes later is dropped.
        if self.value.is_none() {
            self.value = Some((self.of)(end));
        }
        true
    }

    fn has_outcome(&self) -> bool {
        self.value.is_some()
    }

    fn output(self) -> V {
        match self.value {
            Some(value) => value,
            None => unreachable!("it is asked when there is an outcome"),
        }
    }
}

/// The future of [`race`].
pub type Race<M> = Together<
    <M as Many>::Branches,
    <M as Many>::Branch,
    <M as Many>::End,
    First<<M as Many>::End, <M as Alike>::Output>,
>;

/// The future of [`race_ok`].
pub type RaceOk<M, V, E> = Together<
    <M as Many>::Branches,
    <M as Many>::Branch,
    <M as Many>::End,
    FirstOk<<M as Many>::End, V, E>,
>;

/// Waits for the first of several futures to end, and gives what it gave.
///
/// The others are cancelled then ([`NotNeeded`](crate::Cause::NotNeeded)) and waited for, finalizers included. What one
/// of them still gives is dropped: [`select`](crate::select) keeps it. Of several that are ready when they begin, the
/// first in their order is first; of several that are woken, the one that was woken first. A race of none never ends.
/// They run as those of [`gather`](crate::gather). Keeps CO1, CO2 and CO4.
///
/// # Cancellation
///
/// As [`gather`](crate::gather).
///
/// # Panics
///
/// As [`gather`](crate::gather); a panic of a loser that unwinds, too.
///
/// ```
/// use anyrt::{race, sleep_forever};
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let never = async { sleep_forever().await; "slow" };
/// assert_eq!(race((never, async { "quick" })).await, "quick");
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn race<M: Alike>(futures: M) -> Race<M> {
    let tally = First {
        value: None,
        of: M::output,
    };
    Together::new(Place::caller(), futures.branches(), tally)
}

/// The first success, or all errors.
#[derive(Debug)]
pub struct FirstOk<T, V, E> {
    value: Option<V>,
    errors: Slots<E>,
    of: fn(T) -> Result<V, E>,
}

impl<T, V, E> Tally<T> for FirstOk<T, V, E> {
    type Output = Result<V, AllFailed<E>>;

    fn add(&mut self, number: usize, end: T) -> bool {
        match (self.of)(end) {
            Ok(value) if self.value.is_none() => self.value = Some(value),
            Ok(_) => {}
            Err(error) => self.errors.fill(number, error),
        }
        self.value.is_some()
    }

    fn output(self) -> Self::Output {
        let errors = self.errors;
        self.value.ok_or_else(|| AllFailed {
            errors: errors.into_vec().into_iter().flatten().collect(),
        })
    }
}

/// As [`race`], for futures that return results: waits for the first that succeeds.
///
/// One that fails leaves the others alone. Keeps CO1, CO2 and CO4.
///
/// # Errors
///
/// [`AllFailed`], where none succeeds, or there is none.
///
/// # Cancellation
///
/// As [`race`].
///
/// # Panics
///
/// As [`race`].
///
/// ```
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let parse = async |word: &str| word.parse::<u8>();
/// assert_eq!(anyrt::race_ok([parse("one"), parse("1")]).await, Ok(1));
///
/// let failed = anyrt::race_ok([parse("one"), parse("")]).await.unwrap_err();
/// assert_eq!(failed.errors().len(), 2);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn race_ok<V, E, M>(futures: M) -> RaceOk<M, V, E>
where
    M: Alike<Output = Result<V, E>>,
{
    let branches = futures.branches();
    let tally = FirstOk {
        value: None,
        errors: Slots::new(branches.len()),
        of: M::output,
    };
    Together::new(Place::caller(), branches, tally)
}

/// None of the futures of a [`race_ok`] succeeded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AllFailed<E> {
    errors: Vec<E>,
}

impl<E> AllFailed<E> {
    /// What each failed with, in the order of the futures; none if there was no future.
    pub fn errors(&self) -> &[E] {
        &self.errors
    }

    /// What each failed with, in the order of the futures; none if there was no future.
    pub fn into_errors(self) -> Vec<E> {
        self.errors
    }
}

impl<E: fmt::Display> fmt::Display for AllFailed<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.errors.is_empty() {
            return f.write_str("there was nothing that could succeed");
        }
        let head = format_args!("all {} failed", self.errors.len());
        list(f, head, &self.errors)
    }
}

impl<E: Error + 'static> Error for AllFailed<E> {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.errors.first().map(|error| error as _)
    }
}
