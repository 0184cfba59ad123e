//! What may stand at a place in a program.
//!
//! A [`Place`] knows what is around it; each way into a block gives the place inside. The validator
//! and the generator walk with it, so they agree on every rule that depends on what is around.
//!
//! # When a wait is bounded
//!
//! A wait needs something that cuts it in the end: a scope with a deadline which nobody moves, around
//! it with no shield in between. [`Ends`] says so for a task that is being started twice over: for as
//! long as it lives in its starter's region, and for when it lives in its group's. A grace period lets
//! the end of what is outside through a shield, and is an end by itself to a cleanup, whose period
//! counts from its first poll. A `restore` lets through what is outside the nearest shield.

/// A group that may be named.
// The flags are the group's own; they have nothing to do with one another.
#[allow(clippy::struct_excessive_bools)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(crate) id: u32,
    pub(crate) failing: bool,
    pub(crate) local: bool,
    pub(crate) limited: bool,
    /// Whether something ends a wait in the group's region, whatever happens.
    pub(crate) bounded: bool,
}

/// Whether something ends a wait: before the task around has started, and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ends {
    pub(crate) before: bool,
    pub(crate) after: bool,
}

impl Ends {
    const fn always(bounded: bool) -> Self {
        Self {
            before: bounded,
            after: bounded,
        }
    }

    const fn or(self, other: Self) -> Self {
        Self {
            before: self.before || other.before,
            after: self.after || other.after,
        }
    }
}

/// Whether the task has said that it has started. One that was spawned always has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Before,
    /// `started` stands in a structure before this place, which may have been left before it.
    Maybe,
    After,
}

/// What is around a place.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Whether an error has somewhere to go.
    pub(crate) fallible: bool,
    /// Whether `started` may stand here.
    pub(crate) starts: bool,
    /// Whether local groups, and the handles of their tasks, may be used here.
    pub(crate) local: bool,
    /// Tasks around, the innermost last.
    pub(crate) tasks: Vec<u32>,
    /// Groups that may be named, the innermost last.
    pub(crate) groups: Vec<Known>,
    pub(crate) phase: Phase,
    ends: Ends,
    // What ends a wait outside the nearest shield, if there is one in this task.
    outside: Option<Ends>,
}

impl Place {
    /// The main task's body, outside of its scope.
    pub(crate) fn main() -> Self {
        Self {
            fallible: false,
            starts: false,
            local: true,
            tasks: vec![0],
            groups: Vec::new(),
            phase: Phase::After,
            ends: Ends::always(false),
            outside: None,
        }
    }

    /// Whether something ends a wait at this place.
    pub(crate) fn bounded(&self) -> bool {
        match self.phase {
            Phase::Before => self.ends.before,
            Phase::Maybe => self.ends.before && self.ends.after,
            Phase::After => self.ends.after,
        }
    }

    /// Whether something ends a wait that goes on beside this task, which may start meanwhile.
    pub(crate) fn bounded_beside(&self) -> bool {
        match self.phase {
            Phase::After => self.ends.after,
            Phase::Before | Phase::Maybe => self.ends.before && self.ends.after,
        }
    }

    /// Whether a `restore` may stand here.
    pub(crate) fn in_shield(&self) -> bool {
        self.outside.is_some()
    }

    /// The body of a scope; `ends` if it has a deadline that nobody moves.
    pub(crate) fn scope(&self, ends: bool) -> Self {
        Self {
            ends: self.ends.or(Ends::always(ends)),
            ..self.clone()
        }
    }

    /// The body of a group.
    pub(crate) fn group(&self, group: Known) -> Self {
        let mut inside = self.clone();
        inside.fallible = group.failing;
        inside.groups.push(group);
        inside
    }

    /// One of several blocks that are run together.
    pub(crate) fn arm(&self, failing: bool, task: u32) -> Self {
        let mut inside = self.clone();
        inside.fallible = failing;
        inside.starts = false;
        inside.tasks.push(task);
        // Its shields are its own.
        inside.outside = None;
        inside
    }

    /// What is done by the task itself beside arms whose ends it takes.
    pub(crate) fn beside_arms(&self) -> Self {
        Self {
            fallible: false,
            ..self.clone()
        }
    }

    /// The body of a shield.
    pub(crate) fn shield(&self, grace: bool) -> Self {
        Self {
            starts: false,
            outside: Some(self.ends),
            ends: if grace {
                self.ends
            } else {
                Ends::always(false)
            },
            ..self.clone()
        }
    }

    /// The body of a `restore`.
    pub(crate) fn restore(&self) -> Self {
        Self {
            starts: false,
            ends: self
                .outside
                .map_or(self.ends, |outside| self.ends.or(outside)),
            ..self.clone()
        }
    }

    /// The cleanup of a `finally`. Its own protection is no shield that a `restore` could undo.
    pub(crate) fn cleanup(&self, grace: bool) -> Self {
        Self {
            fallible: false,
            starts: false,
            groups: Vec::new(),
            ends: Ends::always(grace),
            outside: None,
            ..self.clone()
        }
    }

    /// The body of a hook.
    pub(crate) fn hook(&self) -> Self {
        Self {
            fallible: false,
            starts: false,
            local: false,
            groups: Vec::new(),
            phase: Phase::After,
            ends: Ends::always(false),
            outside: None,
            ..self.clone()
        }
    }

    /// The body of a task that is spawned into a group.
    pub(crate) fn spawn(&self, group: Known, task: u32) -> Self {
        let mut inside = self.clone();
        inside.fallible = group.failing;
        inside.starts = false;
        inside.local = group.local;
        inside.tasks.push(task);
        // Others' local groups borrow from frames that this task does not see.
        inside
            .groups
            .retain(|known| !known.local || known.id == group.id);
        inside.phase = Phase::After;
        inside.ends = Ends::always(group.bounded);
        inside.outside = None;
        inside
    }

    /// The body of a task that is started in a group.
    pub(crate) fn start(&self, group: Known, task: u32) -> Self {
        Self {
            starts: true,
            phase: Phase::Before,
            ends: Ends {
                before: self.bounded(),
                after: group.bounded,
            },
            ..self.spawn(group, task)
        }
    }
}
