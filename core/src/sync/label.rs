//! What the task tree shows of a primitive: what it is, its name, and where it was made.
//!
//! It is shared with the regions that wait, from the first wait on: but for a lock, which keeps who has it there, a
//! primitive that nobody ever waits for has nothing to allocate.

use std::fmt;
use std::sync::Arc;

use crate::task::Place;
use crate::task_tree::{Awaited, WaitsFor};

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

impl Awaited for Label {
    fn shown(&self) -> WaitsFor {
        WaitsFor {
            kind: self.kind,
            name: self.name.as_deref().map(str::to_owned),
            place: Some(self.place),
            holders: Vec::new(),
        }
    }
}

/// What those who wait in a queue wait for.
pub(crate) enum Subject {
    Label(Label),
    Shared(Arc<dyn Awaited>),
}

impl Subject {
    /// For one who waits.
    pub(super) fn share(&mut self) -> &Arc<dyn Awaited> {
        if let Self::Label(label) = self {
            *self = Self::Shared(Arc::new(label.clone()));
        }
        match self {
            Self::Shared(shared) => shared,
            Self::Label(_) => unreachable!("it is shared"),
        }
    }

    /// The name, where one was given.
    pub(crate) fn name(&self) -> Option<String> {
        match self {
            Self::Label(label) => label.shown().name,
            Self::Shared(shared) => shared.shown().name,
        }
    }

    /// What was shared with one who waited, if somebody did.
    pub(super) fn shared(&self) -> Option<&Arc<dyn Awaited>> {
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
