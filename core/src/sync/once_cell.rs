//! A value that is made once, by whoever needs it first.

use std::convert::Infallible;
use std::fmt;
use std::future::poll_fn;
use std::sync::{Arc, OnceLock};

use super::label::Label;
use super::semaphore::Semaphore;
use crate::checkpoint::spend_budget;
use crate::task::Place;

/// A cell that is filled once, by an async function.
///
/// The first who asks makes the value, and the others wait. Where that one fails, panics or is cancelled, the next
/// one makes it. Keeps PR1.
///
/// ```
/// use anyrt::sync::OnceCell;
///
/// static CONFIG: OnceCell<String> = OnceCell::new();
///
/// # anyrt::run(anyrt::Tokio::current_thread(), async {
/// async fn config() -> &'static str {
///     CONFIG.get_or_init(|| async { "read from a file".to_owned() }).await
/// }
/// assert_eq!(config().await, config().await);
/// # })?;
/// # Ok::<(), anyrt::RunError>(())
/// ```
pub struct OnceCell<T> {
    value: OnceLock<T>,
    /// Made when somebody first waits, so that a cell can be a static.
    making: OnceLock<Semaphore>,
    label: Label,
}

impl<T> OnceCell<T> {
    /// An empty cell.
    #[track_caller]
    pub const fn new() -> Self {
        Self::of(Label::new("once cell", Place::caller()))
    }

    /// An empty cell with a name, by which the task tree tells it from others.
    #[track_caller]
    pub fn named(name: impl Into<Arc<str>>) -> Self {
        Self::of(Label::new("once cell", Place::caller()).named(name))
    }

    pub(super) const fn of(label: Label) -> Self {
        Self {
            value: OnceLock::new(),
            making: OnceLock::new(),
            label,
        }
    }

    /// The value, if there is one.
    pub fn get(&self) -> Option<&T> {
        self.value.get()
    }

    /// The value, if there is one.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut()
    }

    /// Takes the value out.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Fills the cell, unless it is filled. Those that wait for somebody who is making a value have this one.
    ///
    /// # Errors
    ///
    /// The value, where there is one already.
    pub fn set(&self, value: T) -> Result<(), T> {
        self.value.set(value)?;
        // It is there for all who wait, whatever becomes of those before them.
        self.making().open();
        Ok(())
    }

    /// The value, made by `init` if there is none. An `init` that asks for the same cell waits for itself.
    ///
    /// # Cancellation
    ///
    /// An operation while it waits for another one to make it. A cancel during `init` leaves the cell empty, and the
    /// next one who waits makes the value.
    pub async fn get_or_init<F>(&self, init: impl FnOnce() -> F) -> &T
    where
        F: Future<Output = T>,
    {
        let init = || async { Ok::<T, Infallible>(init().await) };
        match self.get_or_try_init(init).await {
            Ok(value) => value,
            Err(never) => match never {},
        }
    }

    /// As [`get_or_init`](Self::get_or_init), with a function that may fail.
    ///
    /// # Errors
    ///
    /// What `init` failed with; the cell is left empty.
    ///
    /// # Cancellation
    ///
    /// As [`get_or_init`](Self::get_or_init).
    pub async fn get_or_try_init<E, F>(&self, init: impl FnOnce() -> F) -> Result<&T, E>
    where
        F: Future<Output = Result<T, E>>,
    {
        poll_fn(|cx| spend_budget(cx)).await;
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        let _alone = self.making().acquire().await;
        if let Some(value) = self.value.get() {
            return Ok(value);
        }
        // One that was set meanwhile came first.
        drop(self.set(init().await?));
        match self.value.get() {
            Some(value) => Ok(value),
            None => unreachable!("it was set, if not here"),
        }
    }

    fn making(&self) -> &Semaphore {
        self.making
            .get_or_init(|| Semaphore::of(self.label.clone(), 1))
    }
}

impl<T> Default for OnceCell<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new()
    }
}

impl<T: fmt::Debug> fmt::Debug for OnceCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OnceCell").field(&self.get()).finish()
    }
}
