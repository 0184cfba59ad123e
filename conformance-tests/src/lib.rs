//! The conformance suite of anyrt: `SEMANTICS.md` as tests that run on any backend.
//!
//! Every rule of the semantics page has an id (`SC3`, `TG6`) and at least one test here whose name starts with that id
//! in lower case (`sc3_value_beats_cancellation`). The tests are ordinary functions over a [`Flavour`]: one backend
//! with one set of options. [`suite!`] turns them into `#[test]` functions.
//!
//! # A backend outside this workspace
//!
//! Add this crate as a dev-dependency and write one integration test. The first argument names the module the tests
//! are put in, the second makes a fresh launcher for each test:
//!
//! ```text
//! // tests/conformance.rs
//! use my_backend::MyRuntime;
//!
//! anyrt_conformance::suite!(one_thread, || MyRuntime::threads(1));
//! anyrt_conformance::suite!(four_threads, || MyRuntime::threads(4));
//! ```
//!
//! `cargo test --test conformance four_threads::tg::` then runs one chapter, and a failure names the rule it breaks.
//! While a backend grows, the third argument limits the suite to some chapters:
//!
//! ```text
//! anyrt_conformance::suite!(scopes_first, || MyRuntime::threads(1), [sc, sh, dl]);
//! ```
//!
//! Chapters: `sc` scopes, `sh` shields, `fi` finalizers, `tg` task groups, `st` start, `ha` handles, `dl` deadlines,
//! `th` threads, `rt` runtimes, `pr` primitives, `ms` object streams, `co` combinators.
//!
//! A test that hangs is ended by a watchdog after two minutes, with its name and the task tree on standard error; the
//! watchdog ends the whole test process, as there is no other way to stop a thread.
//!
//! # How the tests are written
//!
//! No test waits for something by sleeping: the order of things is forced by the foreign primitives of [`harness`], which are plain
//! wakers and therefore never checkpoints. Where a deadline is the subject, it is the only thing that can end the wait.
//! So the suite does not depend on the speed or the load of the machine. A few tests keep a thread busy for some
//! milliseconds, to leave room for the mistake they look for: slowness makes those weaker, never red.

#![forbid(unsafe_code)]
// A test that is about where a child lives lets its handle leave the scope it was spawned in.
#![allow(clippy::async_yields_async)]

pub mod chapters;
pub mod harness;

pub use harness::Flavour;

/// A test of the suite.
pub type Test = fn(&Flavour);

/// Lists the tests of a chapter: a constant with all of them, and the macro through which [`suite!`] instantiates them.
///
/// The leading `($)` hands the macro a dollar sign to write the inner macro with.
#[doc(hidden)]
#[allow(clippy::crate_in_macro_def)]
#[macro_export]
macro_rules! chapter {
    (($dollar:tt) $chapter:ident; $($test:ident),* $(,)?) => {
        /// This chapter's tests, by name.
        pub const TESTS: &[(&str, $crate::Test)] = &[$((stringify!($test), $test)),*];

        #[doc(hidden)]
        #[macro_export]
        macro_rules! $chapter {
            () => {
                mod $chapter {
                    $(
                        #[::core::prelude::v1::test]
                        fn $test() {
                            $dollar crate::chapters::$chapter::$test(&super::flavour());
                        }
                    )*
                }
            };
        }
    };
}

/// Instantiates the conformance suite for one flavour of a backend.
///
/// `suite!(name, make)` puts every test in `mod name`; `make` is a closure without captures that returns a fresh
/// launcher. `suite!(name, make, [sc, tg])` takes only the chapters named.
#[macro_export]
macro_rules! suite {
    ($name:ident, $make:expr $(,)?) => {
        $crate::suite!($name, $make, [sc, sh, fi, tg, st, ha, dl, th, rt, pr, ms, co]);
    };
    ($name:ident, $make:expr, [$($chapter:ident),* $(,)?] $(,)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            #[allow(clippy::redundant_closure)]
            fn flavour() -> $crate::Flavour {
                $crate::Flavour::new(stringify!($name), $make)
            }

            $($crate::$chapter! {})*
        }
    };
}
