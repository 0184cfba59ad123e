//! What the code that `#[anyrt::main]` and `#[anyrt::test]` write calls. Not part of the interface.

use std::future::Future;
use std::io::{Write, stderr};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, OnceLock};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anyrt_core::backend::Launch;
use anyrt_core::{CancelScope, Runner, Runtime, ScopeHandle, task_group};

/// What the attribute was told.
#[derive(Debug, Default)]
pub struct Entry {
    /// The backend's name, as a path segment: `tokio`, `smol`, `async_std`.
    pub backend: Option<&'static str>,
    /// `"current_thread"` or `"multi_thread"`, for a backend that has both.
    pub flavor: Option<&'static str>,
    /// How many threads.
    pub threads: Option<usize>,
    /// After which time a test has failed.
    pub timeout: Option<Duration>,
    /// Whether a test may leave something behind.
    pub leaks: bool,
}

/// Makes a backend's options of what the attribute was told.
type Make = fn(&Entry) -> Box<dyn Launch>;

/// The compiled backends, in the order in which they are preferred.
const COMPILED: &[(&str, Make)] = &[
    #[cfg(feature = "tokio")]
    ("tokio", tokio),
    #[cfg(feature = "smol")]
    ("smol", smol),
    #[cfg(feature = "async-std")]
    ("async_std", async_std),
];

#[cfg(feature = "tokio")]
fn tokio(entry: &Entry) -> Box<dyn Launch> {
    let options = match (entry.flavor, entry.threads) {
        (Some("current_thread"), _) => crate::Tokio::current_thread(),
        (_, None) => crate::Tokio::multi_thread(),
        (_, Some(threads)) => crate::Tokio::multi_thread().worker_threads(threads),
    };
    Box::new(options)
}

#[cfg(feature = "smol")]
fn smol(entry: &Entry) -> Box<dyn Launch> {
    Box::new(match (entry.flavor, entry.threads) {
        (Some("current_thread"), _) => crate::Smol::threads(1),
        (_, None) => crate::Smol::default(),
        (_, Some(threads)) => crate::Smol::threads(threads),
    })
}

#[cfg(feature = "async-std")]
fn async_std(_: &Entry) -> Box<dyn Launch> {
    Box::new(crate::AsyncStd::new())
}

/// Runs the main function of a program.
///
/// # Panics
///
/// Where no backend fits, or the runtime does not start: a program has nobody to return that to.
pub fn main<F: Future>(entry: Entry, main: F) -> F::Output {
    let launch = choose(&entry).unwrap_or_else(|message| panic!("{message}"));
    run(launch, main)
}

fn run<F: Future>(launch: impl Launch + 'static, main: F) -> F::Output {
    match Runner::new(launch).run(main) {
        Ok(output) => output,
        Err(error) => panic!("{error}"),
    }
}

/// Runs a test, which fails when it has not ended after its time.
///
/// # Panics
///
/// As [`main`], and when the time is over; the message shows the tasks that were at work.
pub fn test<F: Future>(entry: Entry, test: F) -> F::Output {
    let launch = choose(&entry).unwrap_or_else(|message| panic!("{message}"));
    #[cfg(feature = "test-util")]
    let launch = crate::testing::watched(launch);
    run(launch, guarded(&entry, test))
}

/// Runs a test on a simulated runtime, once for each seed, up to the first that returns an error.
///
/// # Panics
///
/// As [`test`].
#[cfg(feature = "test-util")]
pub fn test_sim<F>(entry: Entry, seeds: u64, mut test: impl FnMut() -> F) -> F::Output
where
    F: Future<Output: SimOutput>,
{
    let mut last = None;
    crate::testing::Sim::each_seed(seeds, |sim| {
        if last.as_ref().is_some_and(SimOutput::is_error) {
            return;
        }
        let seed = sim.seed();
        let output = run(sim, guarded(&entry, test()));
        if output.is_error() {
            eprintln!("anyrt: this was seed {seed}; ANYRT_SEED={seed} runs it again");
        }
        last = Some(output);
    });
    match last {
        Some(output) => output,
        None => unreachable!("there is one seed at least"),
    }
}

/// Without the simulation there is nothing to run the test on.
#[cfg(not(feature = "test-util"))]
pub fn test_sim<F>(_: Entry, _: u64, _: impl FnMut() -> F) -> F::Output
where
    F: Future<Output: SimOutput>,
{
    panic!("`sim` needs the feature `test-util` of `anyrt`")
}

/// What a simulated test may return: it is asked after each seed.
pub trait SimOutput {
    /// Whether the test has failed.
    fn is_error(&self) -> bool;
}

impl SimOutput for () {
    fn is_error(&self) -> bool {
        false
    }
}

impl<T, E> SimOutput for Result<T, E> {
    fn is_error(&self) -> bool {
        self.is_err()
    }
}

/// A test with its time, and with a look at what it leaves.
async fn guarded<F: Future>(entry: &Entry, test: F) -> F::Output {
    let timeout = entry.timeout.unwrap_or(Duration::from_secs(60));
    let scope = CancelScope::new();
    let watchdog = Watchdog::start(scope.handle(), timeout);
    // What the test has dropped while it was at work, a stream of a blocking iterator for instance, belongs to the
    // nearest group and is about to end: that is no leak.
    let test = task_group(async |_| test.await);
    let Ok(Ok(output)) = scope.run(test).await else {
        panic!(
            "the test did not end within {timeout:?}; what it waited for:\n{}",
            watchdog.found()
        );
    };
    #[cfg(feature = "test-util")]
    if let Some(leaks) = crate::testing::leaks().filter(|_| !entry.leaks) {
        panic!("{leaks}");
    }
    output
}

/// A thread that cancels a test whose time is over. Not a timer of the runtime: its clock may be the
/// test's to pause.
struct Watchdog {
    ended: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
    found: Arc<OnceLock<String>>,
}

impl Watchdog {
    fn start(test: ScopeHandle, timeout: Duration) -> Self {
        let (ended, wait) = channel();
        let found = Arc::new(OnceLock::new());
        let (runtime, tell) = (Runtime::current().ok(), found.clone());
        let watch = move || {
            let is_over = || wait.recv_timeout(timeout) == Err(RecvTimeoutError::Timeout);
            if is_over() {
                let tree = runtime.map(|runtime| runtime.task_tree().to_string());
                let tree = tell.get_or_init(|| tree.unwrap_or_default()).clone();
                test.cancel_with("the test's time is over");
                if is_over() {
                    // Something holds it; the standard error is not captured as the message would be.
                    let _ = writeln!(
                        stderr(),
                        "a test does not end when it is cancelled:\n{tree}"
                    );
                }
            }
        };
        Self {
            ended: Some(ended),
            thread: Some(thread::spawn(watch)),
            found,
        }
    }

    /// The tasks that were at work when the time was over.
    fn found(&self) -> &str {
        self.found.get().map_or("", String::as_str)
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.ended.take());
        if let Some(thread) = self.thread.take() {
            // It holds the runtime's handle, which must not outlive the test. It never panics.
            let _ = thread.join();
        }
    }
}

/// The backend that an attribute or the environment asks for, else the first one; or why there is none.
pub(crate) fn choose(entry: &Entry) -> Result<Box<dyn Launch>, String> {
    let from_env = std::env::var("ANYRT_BACKEND")
        .ok()
        .filter(|name| !name.is_empty());
    // An attribute that names a backend is not overruled by the environment.
    let wanted = entry
        .backend
        .or(from_env.as_deref())
        .map(|name| name.replace('-', "_"));
    let found = match &wanted {
        Some(wanted) => COMPILED.iter().find(|(name, _)| name == wanted),
        None => COMPILED.first(),
    };
    match (found, wanted) {
        (Some((_, make)), _) => Ok(make(entry)),
        (None, wanted) => {
            let compiled: Vec<_> = COMPILED.iter().map(|(name, _)| *name).collect();
            Err(format!(
                "the backend {} is not compiled in (compiled: {}); turn on its feature of `anyrt`, \
                 or set ANYRT_BACKEND to one of the compiled",
                wanted.as_deref().unwrap_or("of any name"),
                if compiled.is_empty() {
                    "none".to_owned()
                } else {
                    compiled.join(", ")
                },
            ))
        }
    }
}

/// Keeps its input where the backend is compiled in.
#[cfg(feature = "tokio")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_tokio {
    ($($input:tt)*) => { $($input)* };
}

/// Drops its input where the backend is not compiled in.
#[cfg(not(feature = "tokio"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_tokio {
    ($($input:tt)*) => {};
}

/// Keeps its input where the backend is compiled in.
#[cfg(feature = "smol")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_smol {
    ($($input:tt)*) => { $($input)* };
}

/// Drops its input where the backend is not compiled in.
#[cfg(not(feature = "smol"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_smol {
    ($($input:tt)*) => {};
}

/// Keeps its input where the backend is compiled in.
#[cfg(feature = "async-std")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_async_std {
    ($($input:tt)*) => { $($input)* };
}

/// Drops its input where the backend is not compiled in.
#[cfg(not(feature = "async-std"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_async_std {
    ($($input:tt)*) => {};
}

pub use crate::{__if_async_std as if_async_std, __if_smol as if_smol, __if_tokio as if_tokio};
