//! The attributes `#[anyrt::main]` and `#[anyrt::test]`.
//!
//! Both turn an `async fn` into a plain one that hands the body's future to
//! the crate `anyrt`. Everything that depends on which backends are compiled
//! is left to that crate: a procedural macro sees the features of neither
//! `anyrt` nor the crate it is used in.

#![forbid(unsafe_code)]

mod expand;
mod item;
mod options;

use proc_macro::TokenStream;

/// Runs an async `main` under [`anyrt::run`](https://docs.rs/anyrt/latest/anyrt/fn.run.html).
///
/// ```
/// #[anyrt::main]
/// async fn main() {
///     anyrt::sleep(std::time::Duration::from_millis(1)).await;
/// }
/// ```
///
/// The function may return anything that a `main` may return:
///
/// ```
/// #[anyrt::main]
/// async fn main() -> Result<(), std::num::ParseIntError> {
///     let port: u16 = "8080".parse()?;
///     assert_eq!(port, 8080);
///     Ok(())
/// }
/// ```
///
/// # The backend
///
/// Without an argument the environment variable `ANYRT_BACKEND` (`tokio`,
/// `smol` or `async-std`) picks one of the compiled backends; when it is not
/// set, the first compiled one of `tokio`, `smol`, `async-std` is used.
/// A name as first argument settles it:
///
/// ```
/// #[anyrt::main(smol)]
/// async fn main() {
///     let runtime = anyrt::Runtime::current().unwrap();
///     assert_eq!(runtime.backend_name(), "smol");
/// }
/// ```
///
/// # Options
///
/// | option | values | meaning |
/// | --- | --- | --- |
/// | a name | `tokio`, `smol`, `async_std` | the backend to run on |
/// | `flavor` | `"multi_thread"`, `"current_thread"` | many worker threads, or one thread for everything |
/// | `threads` | an integer from 1 up | the number of worker threads |
///
/// ```
/// #[anyrt::main(tokio, flavor = "multi_thread", threads = 2)]
/// async fn main() {
///     let runtime = anyrt::Runtime::current().unwrap();
///     assert_eq!(runtime.backend_name(), "tokio");
/// }
/// ```
///
/// # Errors
///
/// A function that is not `async`, takes arguments or is generic, an unknown
/// option and a value out of range are compile errors that point at the spot.
#[proc_macro_attribute]
pub fn main(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::main(args.into(), item.into()).into()
}

/// Runs an async test once on every compiled backend.
///
/// ```
/// # fn main() {}
/// use anyrt::{checkpoint, task_group};
///
/// #[anyrt::test]
/// async fn children_are_awaited() {
///     let sum = task_group(async |group| {
///         let one = group.spawn(async {
///             checkpoint().await;
///             1
///         });
///         one.await.unwrap() + 1
///     });
///     assert_eq!(sum.await.unwrap(), 2);
/// }
/// ```
///
/// Each backend has a test of its own, named after it:
///
/// ```text
/// test children_are_awaited::async_std ... ok
/// test children_are_awaited::smol ... ok
/// test children_are_awaited::tokio ... ok
/// ```
///
/// so `cargo test ::smol` runs all of them on one backend. Which backends are
/// compiled is decided by the features of `anyrt` alone. With none of them
/// there is no test, and the compiler warns that the function is never used.
///
/// # Options
///
/// | option | values | default |
/// | --- | --- | --- |
/// | `backends` | a list of `tokio`, `smol`, `async-std`, as in `"tokio, smol"` | all that are compiled |
/// | `flavor` | `"multi_thread"`, `"current_thread"` | the backend's own |
/// | `threads` | an integer from 1 up | the backend's own |
/// | `timeout` | an integer and `ms`, `s` or `m`, as in `"10s"` | `"60s"` |
///
/// | `sim` | | not; with it, the other backends only where `backends` names them |
/// | `seeds` | an integer from 1 up | 1 |
/// | `leaks` | | nothing may be left at the end |
///
/// `sim` runs the test on a simulated runtime (`anyrt::testing::Sim`, with the feature `test-util`): in an order that a
/// seed chooses, with a clock that jumps. `seeds` runs it once for each of so many. What fails says its
/// seed, and the environment variable `ANYRT_SEED` replays it. Such a test returns nothing or a `Result`.
///
/// With the feature `test-util`, `anyrt::testing::wait_all_tasks_blocked` works in every test, and a test fails when it
/// leaves something behind (see `anyrt::testing::leaks`), unless it says `leaks`.
///
/// A test that is not done when the timeout expires is cancelled and fails
/// with the task tree: who was waiting, where, and for how long.
///
/// ```
/// # fn main() {}
/// #[anyrt::test(backends = "tokio", threads = 2, timeout = "10s")]
/// async fn on_two_threads() {
///     anyrt::checkpoint().await;
/// }
/// ```
///
/// ```
/// # fn main() {}
/// #[anyrt::test(sim, seeds = 100)]
/// async fn a_day_passes_in_no_time() {
///     anyrt::sleep(std::time::Duration::from_secs(24 * 60 * 60)).await;
/// }
/// ```
///
/// # What is kept
///
/// The body stays where it is written: it sees what any function there sees.
/// The return type may be what a `#[test]` may return, `Result<(), E>` among
/// others. `#[should_panic]`, `#[ignore]`, `#[cfg(..)]`, lint attributes and
/// the attributes of other crates mean what they mean on a `#[test]`.
///
/// ```
/// # fn main() {}
/// #[anyrt::test]
/// #[should_panic(expected = "out of range")]
/// async fn a_panic_is_expected() {
///     panic!("out of range");
/// }
///
/// #[anyrt::test]
/// async fn a_result_is_checked() -> Result<(), std::num::ParseIntError> {
///     let _: u16 = "8080".parse()?;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn test(args: TokenStream, item: TokenStream) -> TokenStream {
    expand::test(args.into(), item.into()).into()
}
