//! What tasks reach by number: scopes, groups, tasks, events.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use anyrt::{CancelScope, ScopeHandle, TaskHandle, checkpoint_if_cancelled};

use crate::program::{Op, Program};
use crate::visit::each;

/// The tables of a run.
#[derive(Default)]
pub(super) struct Tables {
    scopes: Mutex<BTreeMap<u32, Scope>>,
    tasks: Mutex<BTreeMap<u32, Arc<TaskHandle<()>>>>,
    events: Mutex<BTreeMap<u32, Event>>,
}

/// A scope, or a group.
struct Scope {
    /// Until it is entered.
    scope: Option<CancelScope>,
    handle: ScopeHandle,
    is_inside: bool,
}

#[derive(Default)]
struct Event {
    is_set: bool,
    waker: Option<Waker>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tables {
    /// Every scope is there before the program starts, so that it can be cancelled before it is entered.
    pub(super) fn new(program: &Program) -> Self {
        let tables = Self::default();
        each(&program.main, &mut |op| {
            if let Op::Scope { id, .. } = op {
                let scope = CancelScope::new();
                let entry = Scope {
                    handle: scope.handle(),
                    scope: Some(scope),
                    is_inside: false,
                };
                lock(&tables.scopes).insert(*id, entry);
            }
        });
        tables
    }

    /// Enters a scope, until the guard is dropped.
    pub(super) fn enter_scope(self: &Arc<Self>, id: u32) -> (CancelScope, ScopeHandle, Inside) {
        let mut scopes = lock(&self.scopes);
        let entry = scopes.get_mut(&id).expect("every scope is listed");
        entry.is_inside = true;
        let scope = entry.scope.take().expect("a scope is entered once");
        let inside = Inside(self.clone(), id);
        (scope, entry.handle.clone(), inside)
    }

    /// Lists a group by its handle.
    pub(super) fn enter_group(&self, id: u32, handle: ScopeHandle) {
        let entry = Scope {
            scope: None,
            handle,
            is_inside: false,
        };
        lock(&self.scopes).insert(id, entry);
    }

    /// The handle of a scope or group that is or will be entered.
    pub(super) fn handle(&self, id: u32) -> Option<ScopeHandle> {
        lock(&self.scopes)
            .get(&id)
            .map(|entry| entry.handle.clone())
    }

    /// The handle of a scope that has been entered and not been left.
    pub(super) fn inside(&self, id: u32) -> Option<ScopeHandle> {
        let scopes = lock(&self.scopes);
        let entry = scopes.get(&id).filter(|entry| entry.is_inside);
        entry.map(|entry| entry.handle.clone())
    }

    pub(super) fn add_task(&self, task: u32, handle: TaskHandle<()>) {
        lock(&self.tasks).insert(task, Arc::new(handle));
    }

    pub(super) fn task(&self, task: u32) -> Option<Arc<TaskHandle<()>>> {
        lock(&self.tasks).get(&task).cloned()
    }

    pub(super) fn set(&self, event: u32) {
        let mut events = lock(&self.events);
        let entry = events.entry(event).or_default();
        entry.is_set = true;
        let waker = entry.waker.take();
        drop(events);
        waker.into_iter().for_each(Waker::wake);
    }

    /// Waits for an event, as an operation of the library would. One place at most waits for each.
    pub(super) async fn wait(&self, event: u32) {
        checkpoint_if_cancelled().await;
        std::future::poll_fn(|cx| {
            let mut events = lock(&self.events);
            let entry = events.entry(event).or_default();
            if entry.is_set {
                return Poll::Ready(());
            }
            let old = entry.waker.replace(cx.waker().clone());
            drop(events);
            drop(old);
            Poll::Pending
        })
        .await;
    }
}

/// A scope is entered, and has not been left.
pub(super) struct Inside(Arc<Tables>, u32);

impl Drop for Inside {
    fn drop(&mut self) {
        if let Some(entry) = lock(&self.0.scopes).get_mut(&self.1) {
            entry.is_inside = false;
        }
    }
}
