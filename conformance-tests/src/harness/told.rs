//! What somebody was told of a cancel or of an end, as one word.

use anyrt::{Cause, Exit, Reason};

/// The text an explicit cancel was given, else the kind of the cause.
pub fn cause_of(reason: &Reason) -> String {
    match reason.cause() {
        Cause::Explicit(Some(text)) => text.clone(),
        other => format!("{other:?}"),
    }
}

/// What a cleanup was told: how the body ended, or the cause of its cancel.
pub fn told(exit: &Exit) -> String {
    match exit {
        Exit::Completed => "completed".to_owned(),
        Exit::Panicked => "panicked".to_owned(),
        Exit::Cancelled(reason) => cause_of(reason),
        other => format!("{other:?}"),
    }
}
