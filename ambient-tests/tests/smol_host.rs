//! RT2: the library in hosts that are smol's own, with no set-up call.
#![cfg(feature = "smol")]

use anyrt_ambient_library::{Report, work};
use std::process::Command;

#[test]
fn rt2_the_library_works_in_smol_block_on() {
    assert_eq!(smol::block_on(work()), Report::expected("smol"));
}

#[test]
fn rt2_the_library_works_in_a_task_of_smol() {
    let report = smol::block_on(async { smol::spawn(work()).await });
    assert_eq!(report, Report::expected("smol"));
}

#[test]
fn rt2_the_library_works_in_an_executor_of_its_own() {
    let executor = smol::LocalExecutor::new();
    let report = smol::block_on(executor.run(executor.spawn(work())));
    assert_eq!(report, Report::expected("smol"));
}

#[test]
fn rt2_the_library_works_in_a_program_of_smol() {
    let output = Command::new(env!("CARGO_BIN_EXE_smol_main")).output();
    let output = output.expect("the program starts");
    assert!(output.status.success(), "{output:?}");
    assert_eq!(output.stdout, b"done\n");
}
