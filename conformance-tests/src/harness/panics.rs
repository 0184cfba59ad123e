//! Panics that a test expects: caught, as text, and not printed.

use std::{
    any::Any,
    cell::Cell,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    sync::Once,
    task::Poll,
};

thread_local! {
    static QUIET: Cell<usize> = const { Cell::new(0) };
}

/// Panics without a word on standard error: the process' panic hook is not run.
pub fn quiet_panic(text: &'static str) -> ! {
    resume_unwind(Box::new(text))
}

/// Panics with a text when it is dropped, unless the thread is panicking already.
#[derive(Debug)]
pub struct PanicsOnDrop(pub &'static str);

impl Drop for PanicsOnDrop {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            quiet_panic(self.0);
        }
    }
}

/// Runs `f`; a panic comes back as its message.
pub fn catch<T>(f: impl FnOnce() -> T) -> Result<T, String> {
    let quiet = Quiet::new();
    let result = catch_unwind(AssertUnwindSafe(f));
    drop(quiet);
    result.map_err(|payload| message(&*payload))
}

/// Awaits `fut`; a panic in one of its polls comes back as its message. The future is dropped before this returns.
pub async fn catch_async<F: Future>(fut: F) -> Result<F::Output, String> {
    let mut fut = pin!(fut);
    poll_fn(|cx| match catch(|| fut.as_mut().poll(cx)) {
        Ok(Poll::Pending) => Poll::Pending,
        Ok(Poll::Ready(value)) => Poll::Ready(Ok(value)),
        Err(message) => Poll::Ready(Err(message)),
    })
    .await
}

fn message(payload: &(dyn Any + Send)) -> String {
    if let Some(text) = payload.downcast_ref::<&str>() {
        (*text).to_owned()
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text.clone()
    } else {
        "a panic whose payload is not text".to_owned()
    }
}

/// While one is alive, panics of this thread print nothing.
struct Quiet;

impl Quiet {
    fn new() -> Self {
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let print = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |info| {
                if QUIET.try_with(Cell::get).unwrap_or(0) == 0 {
                    print(info);
                }
            }));
        });
        QUIET.set(QUIET.get() + 1);
        Quiet
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        QUIET.set(QUIET.get() - 1);
    }
}
