//! `#[anyrt::test]`, used as its users do, and what the test harness then shows.

use std::env;
use std::process::{Command, Output};

/// Set in the child process in which the tests of [`failing`] fail.
const FAIL: &str = "ANYRT_MACROS_TEST_FAIL";

/// A type that the tests below need to see from where they are written.
#[derive(Debug, PartialEq)]
struct Local(&'static str);

fn here() -> Local {
    let runtime = anyrt::Runtime::current().expect("a runtime is running");
    Local(runtime.backend_name())
}

#[anyrt::test]
async fn the_body_sees_what_is_around_it() {
    assert_ne!(here(), self::Local("none"));
}

#[anyrt::test(backends = "smol")]
async fn a_named_backend_is_used() {
    assert_eq!(here(), Local("smol"));
}

#[anyrt::test]
async fn a_result_is_returned() -> Result<(), std::num::ParseIntError> {
    anyrt::checkpoint().await;
    let number: u8 = "12".parse()?;
    assert_eq!(number, 12);
    Ok(())
}

#[anyrt::test]
#[should_panic(expected = "as expected")]
async fn a_panic_is_expected() {
    anyrt::checkpoint().await;
    panic!("as expected");
}

#[anyrt::test]
#[should_panic]
#[allow(clippy::unused_unit)]
async fn a_unit_that_is_written_out_is_a_unit() -> () {
    panic!("as expected");
}

#[anyrt::test]
#[allow(non_snake_case)]
async fn aNameThatALintForbids() {}

#[anyrt::test(flavor = "current_thread", backends = "tokio, smol", timeout = "30s")]
async fn options_go_together() {
    anyrt::checkpoint().await;
}

#[anyrt::test]
#[cfg(any())]
async fn a_test_that_is_configured_out() {
    it_would_not_compile()
}

mod nested {
    use super::Local;

    #[anyrt::test(backends = "tokio")]
    async fn nested() {
        assert_eq!(super::here(), Local("tokio"));
    }
}

/// Tests that fail when they are asked to, so that their failure can be looked at.
mod failing {
    use std::time::Duration;

    fn fail() -> bool {
        std::env::var_os(super::FAIL).is_some()
    }

    #[anyrt::test(timeout = "20ms")]
    async fn hangs() {
        if fail() {
            let group = anyrt::task_group(async |group| {
                group
                    .task()
                    .name("the one that hangs")
                    .spawn(anyrt::sleep_forever());
            });
            group.await.expect("nobody cancels");
        }
    }

    #[anyrt::test]
    async fn gives_an_error() -> Result<(), String> {
        if fail() {
            anyrt::sleep(Duration::from_millis(1)).await;
            return Err("its own words".to_owned());
        }
        Ok(())
    }
}

fn run_failing(test: &str) -> Output {
    Command::new(env::current_exe().expect("a test binary knows its path"))
        .args([test, "--test-threads=1"])
        .env(FAIL, "1")
        .output()
        .expect("a test binary can be started again")
}

#[test]
fn a_test_that_hangs_fails_with_the_task_tree() {
    let output = run_failing("failing::hangs::");
    let text = String::from_utf8_lossy(&output.stdout);
    for backend in ["tokio", "smol", "async_std"] {
        let line = format!("failing::hangs::{backend} ... FAILED");
        assert!(text.contains(&line), "{text}");
    }
    assert!(text.contains("the one that hangs"), "{text}");
}

#[test]
fn a_test_that_returns_an_error_fails_with_it() {
    let output = run_failing("failing::gives_an_error::smol");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(
        text.contains("failing::gives_an_error::smol ... FAILED"),
        "{text}"
    );
    assert!(text.contains("its own words"), "{text}");
}

#[test]
fn each_backend_has_a_test_of_its_own() {
    let output = Command::new(env::current_exe().expect("a test binary knows its path"))
        .arg("--list")
        .output()
        .expect("a test binary can be started again");
    let text = String::from_utf8_lossy(&output.stdout);
    let of = |name: &str| -> Vec<&str> {
        let prefix = format!("{name}::");
        let lines = text.lines().filter_map(|line| line.strip_prefix(&prefix));
        lines
            .filter_map(|line| line.strip_suffix(": test"))
            .collect()
    };
    assert_eq!(
        of("the_body_sees_what_is_around_it"),
        ["async_std", "smol", "tokio"]
    );
    assert_eq!(of("options_go_together"), ["smol", "tokio"]);
    assert_eq!(of("nested::nested"), ["tokio"]);
    assert!(of("a_test_that_is_configured_out").is_empty());
}
