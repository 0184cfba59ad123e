//! Why an item was not sent or received.

use std::error::Error;
use std::fmt;

/// Why an item was not sent; it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum SendError<T> {
    /// All receivers are gone: nobody will ever receive it.
    BrokenResource(T),
    /// This sender was closed.
    ClosedResource(T),
}

/// Why an item was not sent at once; it comes back.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TrySendError<T> {
    /// There is no room, or others wait for it.
    Full(T),
    /// All receivers are gone: nobody will ever receive it.
    BrokenResource(T),
    /// This sender was closed.
    ClosedResource(T),
}

/// Why there is no place for an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReserveError {
    /// All receivers are gone: nobody will ever receive it.
    BrokenResource,
    /// This sender was closed.
    ClosedResource,
}

/// Why there is no item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReceiveError {
    /// All senders are gone, and all they sent was received.
    EndOfStream,
    /// This receiver was closed.
    ClosedResource,
}

/// Why there is no item at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryReceiveError {
    /// Nothing has been sent.
    Empty,
    /// All senders are gone, and all they sent was received.
    EndOfStream,
    /// This receiver was closed.
    ClosedResource,
}

const BROKEN: &str = "all receivers of the stream are gone";
const CLOSED_SENDER: &str = "this sender is closed; a clone of it that is not can send";
const CLOSED_RECEIVER: &str = "this receiver is closed; a clone of it that is not can receive";
const END: &str = "all senders of the stream are gone, and everything was received";

impl<T> SendError<T> {
    /// The item that was not sent.
    pub fn into_item(self) -> T {
        match self {
            SendError::BrokenResource(item) | SendError::ClosedResource(item) => item,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            SendError::BrokenResource(_) => "BrokenResource",
            SendError::ClosedResource(_) => "ClosedResource",
        }
    }
}

impl<T> TrySendError<T> {
    /// The item that was not sent.
    pub fn into_item(self) -> T {
        match self {
            TrySendError::Full(item)
            | TrySendError::BrokenResource(item)
            | TrySendError::ClosedResource(item) => item,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            TrySendError::Full(_) => "Full",
            TrySendError::BrokenResource(_) => "BrokenResource",
            TrySendError::ClosedResource(_) => "ClosedResource",
        }
    }
}

// Not derived: what is sent need not be shown.
impl<T> fmt::Debug for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<T> fmt::Debug for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl<T> fmt::Display for SendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            SendError::BrokenResource(_) => BROKEN,
            SendError::ClosedResource(_) => CLOSED_SENDER,
        })
    }
}

impl<T> fmt::Display for TrySendError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TrySendError::Full(_) => "the stream has no room",
            TrySendError::BrokenResource(_) => BROKEN,
            TrySendError::ClosedResource(_) => CLOSED_SENDER,
        })
    }
}

impl fmt::Display for ReserveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReserveError::BrokenResource => BROKEN,
            ReserveError::ClosedResource => CLOSED_SENDER,
        })
    }
}

impl fmt::Display for ReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ReceiveError::EndOfStream => END,
            ReceiveError::ClosedResource => CLOSED_RECEIVER,
        })
    }
}

impl fmt::Display for TryReceiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TryReceiveError::Empty => "nothing has been sent",
            TryReceiveError::EndOfStream => END,
            TryReceiveError::ClosedResource => CLOSED_RECEIVER,
        })
    }
}

impl<T> Error for SendError<T> {}
impl<T> Error for TrySendError<T> {}
impl Error for ReserveError {}
impl Error for ReceiveError {}
impl Error for TryReceiveError {}
