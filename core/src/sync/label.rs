//! What the task tree shows of a primitive, and what those who wait for it read without its lock.
//!
//! It is shared with the futures and the regions that wait, from the first wait on: but for a lock, which keeps who has it
//! there, a primitive that nobody ever waits for has nothing to allocate.

use std::fmt;
use std::sync::Arc;

use super::holder::Holder;
use crate::loom::{AtomicU64, Ordering};
use crate::task::Place;
use crate::task_tree::{Awaited, WaitsFor};

/// What a primitive is, its name, and where it was made.
#[derive(Clone)]
pub(crate) struct Label {
    kind: &'static str,
    name: Option<Arc<str>>,
    place: Place,
}

impl Label {
    pub(crate) const fn new(kind: &'static str, place: Place) -> Self {
        Self {
            kind,
            name: None,
            place,
        }
    }

    pub(crate) fn named(mut self, name: impl Into<Arc<str>>) -> Self {
        self.name = Some(name.into());
        self
    }
}

/// What is known of a primitive without its lock.
pub(crate) struct Board {
    label: Label,
    /// Of a lock.
    pub(super) holder: Holder,
    /// Above the numbers of all waits that have ended.
    ended: AtomicU64,
}

impl Board {
    pub(super) fn new(label: Label) -> Self {
        Self {
            label,
            holder: Holder::nobody(),
            ended: AtomicU64::new(0),
        }
    }

    /// Notes that a wait has ended; the queue's lock is held.
    pub(super) fn note_end(&self, number: u64) {
        if self.may_have_ended(number) {
            return;
        }
        self.ended.store(number + 1, Ordering::Release);
    }

    /// Whether a wait may have ended. It has not where this says no.
    #[inline]
    pub(super) fn may_have_ended(&self, number: u64) -> bool {
        number < self.ended.load(Ordering::Acquire)
    }
}

impl Awaited for Board {
    fn shown(&self) -> WaitsFor {
        WaitsFor {
            kind: self.label.kind,
            name: self.label.name.as_deref().map(str::to_owned),
            place: Some(self.label.place),
            holders: self.holder.get().into_iter().collect(),
        }
    }
}

impl fmt::Debug for Board {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Board").finish_non_exhaustive()
    }
}

/// What those who wait in a queue wait for.
pub(crate) enum Subject {
    Label(Label),
    Shared(Arc<Board>),
}

impl Subject {
    /// For one who waits.
    pub(super) fn share(&mut self) -> &Arc<Board> {
        if let Self::Label(label) = self {
            *self = Self::Shared(Arc::new(Board::new(label.clone())));
        }
        match self {
            Self::Shared(shared) => shared,
            Self::Label(_) => unreachable!("it is shared"),
        }
    }

    /// The name, where one was given.
    pub(crate) fn name(&self) -> Option<String> {
        let label = match self {
            Self::Label(label) => label,
            Self::Shared(shared) => &shared.label,
        };
        label.name.as_deref().map(str::to_owned)
    }

    /// What was shared with one who waited, if somebody did.
    pub(super) fn shared(&self) -> Option<&Arc<Board>> {
        match self {
            Self::Shared(shared) => Some(shared),
            Self::Label(_) => None,
        }
    }
}

impl From<Label> for Subject {
    fn from(label: Label) -> Self {
        Self::Label(label)
    }
}

/// Begins the debug form of a primitive, with its name if it has one.
pub(super) fn debug<'a, 'b>(
    f: &'a mut fmt::Formatter<'b>,
    kind: &str,
    name: Option<String>,
) -> fmt::DebugStruct<'a, 'b> {
    let mut debug = f.debug_struct(kind);
    if let Some(name) = name {
        debug.field("name", &name);
    }
    debug
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").finish_non_exhaustive()
    }
}
