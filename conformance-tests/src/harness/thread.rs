//! Plain threads: code that no runtime knows of.

use anyrt::Instant;
use std::{
    cell::Cell,
    future::Future,
    panic::resume_unwind,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, JoinHandle, Thread},
    time::Duration,
};

thread_local! {
    static STARTED: Cell<usize> = const { Cell::new(0) };
}

/// Starts a thread that runs beside the test. A runtime that takes a wait for it for a deadlock cannot run this test.
pub fn start_thread<T: Send + 'static>(f: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    STARTED.set(STARTED.get() + 1);
    named().spawn(f).expect("the system gives a thread")
}

/// How many threads this thread has started to run beside a test.
pub fn threads_started() -> usize {
    STARTED.get()
}

/// Runs `f` on a fresh thread and returns its value; a panic in it is resumed here.
pub fn on_thread<T: Send>(f: impl FnOnce() -> T + Send) -> T {
    join(named(), f)
}

/// Runs `f` on a fresh thread with a stack of `bytes` and returns its value; a panic in it is resumed here.
pub fn on_thread_with_stack<T: Send>(bytes: usize, f: impl FnOnce() -> T + Send) -> T {
    join(named().stack_size(bytes), f)
}

/// The new thread takes over the name of the test, so that the watchdog can tell it.
fn named() -> thread::Builder {
    let builder = thread::Builder::new();
    match thread::current().name() {
        Some(name) => builder.name(name.to_owned()),
        None => builder,
    }
}

fn join<T: Send>(builder: thread::Builder, f: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let thread = builder
            .spawn_scoped(scope, f)
            .expect("the system gives a thread");
        thread.join().unwrap_or_else(|panic| resume_unwind(panic))
    })
}

/// Keeps this thread busy, with no wait that a deadline could be noticed at, until the runtime's clock is past `at`. A
/// clock that stands still but where a test moves it is moved.
pub fn stay_until_past(at: Instant) {
    #[cfg(feature = "test-util")]
    if let Some(clock) = anyrt::testing::MockClock::current() {
        return clock.advance(at - Instant::now() + Duration::from_nanos(1));
    }
    while Instant::now() <= at {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Lets others run for a moment, as a busy loop has to. A clock that stands still but where a test moves it is moved a
/// little, and this tells so.
pub fn take_time() -> bool {
    thread::yield_now();
    #[cfg(feature = "test-util")]
    if let Some(clock) = anyrt::testing::MockClock::current() {
        clock.advance(Duration::from_micros(100));
        return true;
    }
    false
}

/// Runs `fut` on the current thread with a minimal foreign executor. Not for a runtime's own threads.
pub fn block_on<F: Future>(fut: F) -> F::Output {
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut fut = pin!(fut);
    loop {
        match fut.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
