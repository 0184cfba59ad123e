//! RT2: the library in hosts that are tokio's own, with no set-up call.
#![cfg(feature = "tokio")]

use anyrt_ambient_library::{Report, work};
use std::process::Command;
use tokio::runtime::Builder;

#[test]
fn rt2_the_library_works_in_a_multi_thread_runtime() {
    let runtime = Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.expect("tokio starts");
    assert_eq!(runtime.block_on(work()), Report::expected("tokio"));
    // On a worker as well as in the main future.
    let task = runtime.spawn(work());
    let report = runtime.block_on(task).expect("nobody aborts");
    assert_eq!(report, Report::expected("tokio"));
}

#[test]
fn rt2_the_library_works_in_a_current_thread_runtime() {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("tokio starts");
    assert_eq!(runtime.block_on(work()), Report::expected("tokio"));
}

#[test]
fn rt2_the_library_works_in_a_local_set() {
    let runtime = Builder::new_current_thread().enable_all().build();
    let set = tokio::task::LocalSet::new();
    let report = runtime
        .expect("tokio starts")
        .block_on(set.run_until(async {
            tokio::task::spawn_local(work())
                .await
                .expect("nobody aborts")
        }));
    assert_eq!(report, Report::expected("tokio"));
}

#[tokio::test]
async fn rt2_the_library_works_in_a_tokio_test() {
    assert_eq!(work().await, Report::expected("tokio"));
}

#[test]
fn rt2_the_library_works_in_a_tokio_main() {
    #[tokio::main]
    async fn host() -> Report {
        work().await
    }
    assert_eq!(host(), Report::expected("tokio"));
}

#[test]
fn rt2_the_library_works_in_a_program_of_tokio() {
    let output = Command::new(env!("CARGO_BIN_EXE_tokio_main")).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"done\n");
}

#[test]
fn rt1_run_inside_a_tokio_host_is_an_error() {
    let runtime = Builder::new_current_thread().enable_all().build();
    let result = runtime
        .expect("tokio starts")
        .block_on(async { anyrt::run(anyrt::Tokio::current_thread(), async {}) });
    assert!(matches!(result, Err(anyrt::RunError::InsideRuntime { .. })));
}
