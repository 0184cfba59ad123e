//! The suite on async-std.
#![cfg(feature = "async-std")]

use anyrt::AsyncStd;

anyrt_conformance::suite!(global, || AsyncStd::new());
