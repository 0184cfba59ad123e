//! The example `checksum`, run as a user runs it, on every backend that is compiled in.
//!
//! `sha256sum` says what is right. Runs that must be cut short hang on a named pipe: nobody ever
//! writes to it, so nothing but the deadline or the signal can end them.

#![cfg(all(
    unix,
    feature = "macros",
    any(feature = "tokio", feature = "smol", feature = "async-std")
))]

mod cut_short;
mod failures;
mod lines;
mod output;
mod program;
mod trees;
