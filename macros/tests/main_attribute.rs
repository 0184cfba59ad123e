//! `#[anyrt::main]` on functions of any name, run on every backend.

use std::env;
use std::process::{Command, Output};
use std::thread;

/// Set in a child process: the test is to tell the backend instead of starting children.
const CHILD: &str = "ANYRT_MACROS_TEST_CHILD";

fn backend_name() -> &'static str {
    let runtime = anyrt::Runtime::current().expect("a runtime is running");
    runtime.backend_name()
}

#[anyrt::main(tokio)]
async fn on_tokio() -> &'static str {
    backend_name()
}

#[anyrt::main(smol)]
async fn on_smol() -> &'static str {
    backend_name()
}

#[anyrt::main(async_std)]
async fn on_async_std() -> &'static str {
    backend_name()
}

#[test]
fn the_named_backend_is_used() {
    assert_eq!(on_tokio(), "tokio");
    assert_eq!(on_smol(), "smol");
    assert_eq!(on_async_std(), "async-std");
}

#[anyrt::main(tokio, flavor = "current_thread")]
async fn on_one_thread() -> bool {
    let here = thread::current().id();
    let group = anyrt::task_group(async |group| {
        let child = group.spawn(async { thread::current().id() });
        child.await.expect("nobody cancels")
    });
    group.await.expect("nobody cancels") == here
}

#[anyrt::main(tokio, flavor = "multi_thread", threads = 2)]
async fn on_two_threads() -> bool {
    let here = thread::current().id();
    let group = anyrt::task_group(async |group| {
        let child = group.spawn(async { thread::current().id() });
        child.await.expect("nobody cancels")
    });
    group.await.expect("nobody cancels") != here
}

#[test]
fn the_flavor_is_used() {
    assert!(on_one_thread());
    assert!(on_two_threads());
}

#[anyrt::main]
async fn fallible() -> Result<u16, std::num::ParseIntError> {
    let port: u16 = "8080".parse()?;
    anyrt::checkpoint().await;
    let _: u16 = "no number".parse()?;
    Ok(port)
}

#[test]
fn errors_are_returned() {
    assert!(fallible().is_err());
}

#[anyrt::main]
#[allow(dead_code, reason = "attributes are kept")]
pub(crate) async fn panics() {
    panic!("from inside");
}

#[test]
fn panics_come_out() {
    let panic = std::panic::catch_unwind(panics).expect_err("it panics");
    assert_eq!(panic.downcast_ref(), Some(&"from inside"));
}

#[anyrt::main]
async fn chosen() -> &'static str {
    backend_name()
}

/// Runs the test named `test` of this binary in a child process, where `ANYRT_BACKEND` is what is given here.
fn child(test: &str, backend: Option<&str>) -> Output {
    let mut command = Command::new(env::current_exe().expect("a test binary knows its path"));
    command
        .args(["--exact", test, "--nocapture"])
        .env(CHILD, "1")
        .env_remove("ANYRT_BACKEND");
    if let Some(backend) = backend {
        command.env("ANYRT_BACKEND", backend);
    }
    command
        .output()
        .expect("a test binary can be started again")
}

#[test]
fn the_environment_chooses_among_the_compiled_backends() {
    if env::var_os(CHILD).is_some() {
        println!("runs on <{}>", chosen());
        return;
    }
    let this = "the_environment_chooses_among_the_compiled_backends";
    for (asked, found) in [
        (None, "tokio"),
        (Some("tokio"), "tokio"),
        (Some("smol"), "smol"),
        (Some("async-std"), "async-std"),
    ] {
        let output = child(this, asked);
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(text.contains(&format!("runs on <{found}>")), "{output:?}");
    }
    let output = child(this, Some("glommio"));
    assert!(!output.status.success());
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        text.contains("glommio") && text.contains("smol"),
        "{output:?}"
    );
}
