//! Whichever backend is compiled in.

use std::io;

use crate::__private::{Entry, choose};
use crate::backend::{Launch, Running};

/// A runtime of whichever backend is compiled in, with its own defaults: the one that the environment variable
/// `ANYRT_BACKEND` names, else the first of tokio, smol and async-std.
///
/// For programs that leave the choice to whoever builds or starts them; `#[anyrt::main]` does the same.
///
/// # Errors
///
/// It does not start where no backend is compiled in, or not the one that the variable names.
///
/// ```
/// let answer = anyrt::run(anyrt::AnyBackend, async { 42 })?;
/// assert_eq!(answer, 42);
/// # Ok::<(), anyrt::RunError>(())
/// ```
#[derive(Clone, Copy, Debug, Default)]
#[must_use = "a backend does nothing until something is run on it"]
pub struct AnyBackend;

impl Launch for AnyBackend {
    fn launch(self: Box<Self>) -> io::Result<Box<dyn Running>> {
        match choose(&Entry::default()) {
            Ok(launch) => launch.launch(),
            Err(message) => Err(io::Error::new(io::ErrorKind::NotFound, message)),
        }
    }
}
