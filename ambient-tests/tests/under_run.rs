//! RT2: the library under `anyrt::run`, on each backend and flavour.

#[cfg(feature = "tokio")]
#[test]
fn rt2_the_library_works_under_run_on_tokio() {
    use anyrt::Tokio;
    use anyrt_ambient_library::{Report, work};
    for tokio in [
        Tokio::current_thread(),
        Tokio::multi_thread().worker_threads(1),
        Tokio::multi_thread().worker_threads(4),
    ] {
        let report = anyrt::run(tokio, work()).expect("no runtime is running here");
        assert_eq!(report, Report::expected("tokio"));
    }
}

#[cfg(feature = "smol")]
#[test]
fn rt2_the_library_works_under_run_on_smol() {
    use anyrt::Smol;
    use anyrt_ambient_library::{Report, work};
    for threads in [1, 4] {
        let report =
            anyrt::run(Smol::threads(threads), work()).expect("no runtime is running here");
        assert_eq!(report, Report::expected("smol"));
    }
}

#[cfg(feature = "async-std")]
#[test]
fn rt2_the_library_works_under_run_on_async_std() {
    use anyrt::AsyncStd;
    use anyrt_ambient_library::{Report, work};
    let report = anyrt::run(AsyncStd::new(), work()).expect("no runtime is running here");
    assert_eq!(report, Report::expected("async-std"));
}
