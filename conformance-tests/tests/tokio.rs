//! The suite on tokio: its single-threaded runtime and its pool with two and with eight workers.
#![cfg(feature = "tokio")]

use anyrt::Tokio;

anyrt_conformance::suite!(current_thread, || Tokio::current_thread());
anyrt_conformance::suite!(two_workers, || Tokio::multi_thread().worker_threads(2));
anyrt_conformance::suite!(eight_workers, || Tokio::multi_thread().worker_threads(8));
