//! Functions that other threads send to a runtime, run one after another by a task of its root.
//!
//! # Always true
//!
//! 1. While functions wait, one task is on its way to run them, a daemon that the root counts: what was taken
//!    runs before `run` returns.
//! 2. They run in the order in which they came.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;

use anyrt_backend::Task;

use super::Rt;
use crate::checkpoint::shielded_checkpoint;
use crate::error::RuntimeEnded;
use crate::group::Group;
use crate::group::handle::{Spec, spawn_admitted};
use crate::outcome::{confine, quietly};
use crate::task::Place;

type Function = Box<dyn FnOnce() + Send>;

/// What is to be run, and whether somebody is at it.
#[derive(Default)]
pub(super) struct Soon {
    waiting: VecDeque<(Place, Function)>,
    at_it: bool,
    /// The runtime is about to end: what has come still runs, and nothing more is taken.
    ended: bool,
}

impl Rt {
    /// Runs a function on the runtime, after those that came before.
    pub(super) fn run_soon(
        self: &Arc<Self>,
        place: Place,
        f: Function,
    ) -> Result<(), RuntimeEnded> {
        let mut soon = self.soon.lock();
        if soon.ended {
            return Err(RuntimeEnded);
        }
        if soon.at_it {
            soon.waiting.push_back((place, f));
            return Ok(());
        }
        // A daemon: whoever goes on sending does not keep the runtime from its end.
        let root = self.admit(true)?;
        if let Some(root) = root
            .as_ref()
            .filter(|root| root.ledger.daemons_are_stopped())
        {
            drop(soon);
            root.count_out(true);
            return Err(RuntimeEnded);
        }
        soon.waiting.push_back((place, f));
        soon.at_it = true;
        drop(soon);
        let runs = Runs {
            rt: self.clone(),
            root: root.clone(),
            done: false,
        };
        match root {
            Some(root) => spawn_admitted(&root, Spec::own(place, true), runs.all()),
            None => self.backend().spawn(Task::new(Box::pin(runs.all()))),
        }
        Ok(())
    }
}

/// Who runs them. Where the runtime shuts down before, they are dropped with it.
struct Runs {
    rt: Arc<Rt>,
    root: Option<Arc<Group>>,
    done: bool,
}

impl Runs {
    async fn all(mut self) {
        while let Some((place, f)) = self.next() {
            if let Err(payload) = confine(f) {
                self.rt.closure_panicked(place, payload);
            }
            if self.is_last() {
                self.rt.soon.lock().ended = true;
            } else {
                // Others of the runtime have their turn in between.
                shielded_checkpoint().await;
            }
        }
    }

    /// Whether only daemons are left.
    fn is_last(&self) -> bool {
        let root = self.root.as_ref();
        root.is_some_and(|root| root.ledger.daemons_are_stopped())
    }

    fn next(&mut self) -> Option<(Place, Function)> {
        let mut soon = self.rt.soon.lock();
        let next = soon.waiting.pop_front();
        // From here on the next one who sends starts another task.
        self.done = next.is_none();
        soon.at_it = !self.done;
        next
    }
}

impl Drop for Runs {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        let left = {
            let mut soon = self.rt.soon.lock();
            soon.at_it = false;
            mem::take(&mut soon.waiting)
        };
        for (_, f) in left {
            quietly(|| drop(f));
        }
    }
}
