//! RT2: the library in hosts that are async-std's own, with no set-up call.
#![cfg(feature = "async-std")]

use anyrt_ambient_library::{Report, work};
use async_std::task;
use std::process::Command;

#[test]
fn rt2_the_library_works_in_async_std_block_on() {
    assert_eq!(task::block_on(work()), Report::expected("async-std"));
}

#[test]
fn rt2_the_library_works_in_a_task_of_async_std() {
    let report = task::block_on(async { task::spawn(work()).await });
    assert_eq!(report, Report::expected("async-std"));
}

#[async_std::test]
async fn rt2_the_library_works_in_an_async_std_test() {
    assert_eq!(work().await, Report::expected("async-std"));
}

#[test]
fn rt2_the_library_works_in_a_program_of_async_std() {
    let output = Command::new(env!("CARGO_BIN_EXE_async_std_main")).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"done\n");
}

#[test]
fn rt1_run_inside_an_async_std_host_is_an_error() {
    let result = task::block_on(async { anyrt::run(anyrt::AsyncStd::new(), async {}) });
    assert!(matches!(result, Err(anyrt::RunError::InsideRuntime { .. })));
}
