//! Plain threads: code that no runtime knows of.

use std::{
    future::Future,
    panic::resume_unwind,
    pin::pin,
    sync::Arc,
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

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
