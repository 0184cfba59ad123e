//! The suite on smol with one thread and with four.
#![cfg(feature = "smol")]

use anyrt::Smol;

anyrt_conformance::suite!(one_thread, || Smol::threads(1));
anyrt_conformance::suite!(four_threads, || Smol::threads(4));
