//! One async function over many items.

use std::future::Future;
use std::iter::Map;

use super::Together;
use super::gather::{Gathered, TryGathered};
use super::many::all;
use crate::task::Place;

/// The future of [`amap`].
pub type Amap<I, M, F, T> = Together<Calls<I, M>, F, T, Gathered<T, Vec<T>>>;

/// The future of [`try_amap`].
pub type TryAmap<I, M, F, T, E> =
    Together<Calls<I, M>, F, Result<T, E>, TryGathered<Result<T, E>, T, E, Vec<T>>>;

type Calls<I, M> = Map<<I as IntoIterator>::IntoIter, M>;

/// Calls an async function on many items at once, and gives what it gives for each, in their order: `Vec<_>`.
///
/// The items are taken from the iterator as there is room for them: all at once, unless [`limit`](Together::limit) is
/// given. The calls run as the futures of [`gather`](crate::gather). Keeps CO1 to CO3 and CO5.
///
/// # Cancellation
///
/// As [`gather`](crate::gather).
///
/// # Panics
///
/// As [`gather`](crate::gather), and a panic of the iterator or of the function.
///
/// ```
/// use anyrt::amap;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let words = ["one", "three"];
/// let lengths = amap(words, async |word: &str| word.len()).limit(8).await;
/// assert_eq!(lengths, [3, 5]);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[track_caller]
pub fn amap<I, M, F, T>(items: I, f: M) -> Amap<I, M, F, T>
where
    I: IntoIterator,
    M: FnMut(I::Item) -> F,
    F: Future<Output = T>,
{
    let calls = items.into_iter().map(f);
    let tally = Gathered::new(0, all);
    Together::new(Place::caller(), calls, tally)
}

/// As [`amap`], for a function that returns results: `Result<Vec<_>, Errors<_>>`. The first error cancels the other
/// calls.
///
/// # Errors
///
/// As [`try_gather`](crate::try_gather).
///
/// # Cancellation
///
/// As [`try_gather`](crate::try_gather).
///
/// # Panics
///
/// As [`amap`].
///
/// ```
/// use anyrt::try_amap;
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// let parse = async |word: &str| word.parse::<u8>();
/// assert_eq!(try_amap(["1", "2"], parse).await?, [1, 2]);
/// assert!(try_amap(["1", "two"], parse).await.is_err());
/// # Ok::<(), anyrt::Errors<std::num::ParseIntError>>(())
/// # })??;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[track_caller]
pub fn try_amap<I, M, F, T, E>(items: I, f: M) -> TryAmap<I, M, F, T, E>
where
    I: IntoIterator,
    M: FnMut(I::Item) -> F,
    F: Future<Output = Result<T, E>>,
{
    let calls = items.into_iter().map(f);
    let tally = TryGathered::new(0, |end| end, all);
    Together::new(Place::caller(), calls, tally)
}
