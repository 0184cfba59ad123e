//! A resource that two tasks must not use at the same time, and should not have to queue for.

use std::error::Error;
use std::fmt;

use super::label::Label;
use super::permits::Permits;
use crate::task::Place;

/// Notices that a resource is used by two tasks at once, which is a mistake of theirs: two readers of one socket.
///
/// ```
/// use anyrt::sync::ResourceGuard;
///
/// let reading = ResourceGuard::new("reading from the socket");
/// let first = reading.enter().expect("nobody reads");
/// let error = reading.enter().unwrap_err();
/// assert_eq!(error.to_string(), "another task is already reading from the socket");
/// drop(first);
/// assert!(reading.enter().is_ok());
/// ```
#[derive(Debug)]
pub struct ResourceGuard {
    permits: Permits,
    action: &'static str,
}

impl ResourceGuard {
    /// A guard of a resource. `action` says what those do who have it: "reading from the socket".
    #[track_caller]
    pub fn new(action: &'static str) -> Self {
        Self {
            permits: Permits::new(1, Label::new("resource", Place::caller())),
            action,
        }
    }

    /// Uses the resource until the returned value is dropped.
    ///
    /// # Errors
    ///
    /// [`BusyResource`] while another one does.
    pub fn enter(&self) -> Result<InUse<'_>, BusyResource> {
        if self.permits.try_take() {
            Ok(InUse {
                permits: &self.permits,
            })
        } else {
            Err(BusyResource {
                action: self.action,
            })
        }
    }
}

/// The use of a resource; see [`ResourceGuard::enter`].
#[derive(Debug)]
#[must_use = "the use ends when this is dropped"]
pub struct InUse<'a> {
    permits: &'a Permits,
}

impl Drop for InUse<'_> {
    fn drop(&mut self) {
        self.permits.give_back();
    }
}

/// Another task uses the resource. Use it one after another, or guard it with a [`Lock`](super::Lock).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BusyResource {
    action: &'static str,
}

impl fmt::Display for BusyResource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "another task is already {}", self.action)
    }
}

impl Error for BusyResource {}
