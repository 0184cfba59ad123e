//! What tasks reach by number: scopes, groups, tasks, events, streams, semaphores, locks and the others.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyrt::stream::{
    BroadcastReceiver, BroadcastSender, LatestReceiver, LatestSender, ObjectReceiver, ObjectSender,
    broadcast_stream, latest, object_stream,
};
use anyrt::sync::{
    Barrier, Condition, Event, Lock, OnceCell, Promise, ResourceGuard, Semaphore, Shared,
    SingleFlight, promise,
};
use anyrt::{CancelScope, ScopeHandle, TaskHandle};

use crate::program::{End, Op, Program};
use crate::visit::each;

/// The tables of a run.
#[derive(Default)]
pub(super) struct Tables {
    scopes: Mutex<BTreeMap<u32, Scope>>,
    tasks: Mutex<BTreeMap<u32, Arc<TaskHandle<()>>>>,
    events: Mutex<BTreeMap<u32, Arc<Event>>>,
    streams: Vec<Mutex<Stream>>,
    semaphores: Vec<Semaphore>,
    locks: Vec<(Lock<()>, Condition)>,
    barriers: Vec<Barrier>,
    broadcasts: Vec<Mutex<Option<Sender>>>,
    cells: Vec<OnceCell<u32>>,
    flights: Vec<SingleFlight<u32, u32>>,
    promises: Vec<Promised>,
    resources: Vec<ResourceGuard>,
}

/// The ends of a promise: the one that keeps it, until somebody does, and the one that waits.
struct Promised {
    promise: Mutex<Option<Promise<u32>>>,
    shared: Shared<u32>,
}

/// The sending end of a broadcast, of every item or of the latest.
#[derive(Clone)]
pub(super) enum Sender {
    Every(BroadcastSender<u32>),
    Latest(LatestSender<u32>),
}

/// A receiving end of a broadcast.
pub(super) enum Receiver {
    Every(BroadcastReceiver<u32>),
    Latest(LatestReceiver<u32>),
}

/// The program's own ends of a stream, until it closes them.
struct Stream {
    sender: Option<ObjectSender<u32>>,
    receiver: Option<ObjectReceiver<u32>>,
}

/// A scope, or a group.
struct Scope {
    /// Until it is entered.
    scope: Option<CancelScope>,
    handle: ScopeHandle,
    is_inside: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tables {
    /// Every scope is there before the program starts, so that it can be cancelled before it is entered.
    pub(super) fn new(program: &Program) -> Self {
        let stream = |&room: &u32| {
            let (sender, receiver) = object_stream(room as usize);
            Mutex::new(Stream {
                sender: Some(sender),
                receiver: Some(receiver),
            })
        };
        let semaphore = |&permits: &u32| Semaphore::new(permits as usize);
        let barrier = |&parties: &u32| Barrier::new(parties as usize);
        let broadcast = |&room: &u32| {
            let sender = match room {
                0 => Sender::Latest(latest(0).0),
                room => Sender::Every(broadcast_stream(room as usize).0),
            };
            Mutex::new(Some(sender))
        };
        let flight = |&keep: &u32| SingleFlight::new().keep(keep as usize);
        let promised = || {
            let (promise, shared) = promise();
            Promised {
                promise: Mutex::new(Some(promise)),
                shared,
            }
        };
        let tables = Self {
            streams: program.streams.iter().map(stream).collect(),
            semaphores: program.semaphores.iter().map(semaphore).collect(),
            locks: (0..program.locks).map(|_| Default::default()).collect(),
            barriers: program.barriers.iter().map(barrier).collect(),
            broadcasts: program.broadcasts.iter().map(broadcast).collect(),
            cells: (0..program.cells).map(|_| OnceCell::new()).collect(),
            flights: program.flights.iter().map(flight).collect(),
            promises: (0..program.promises).map(|_| promised()).collect(),
            resources: (0..program.resources)
                .map(|_| ResourceGuard::new("using the program's resource"))
                .collect(),
            ..Self::default()
        };
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

    pub(super) fn event(&self, event: u32) -> Arc<Event> {
        lock(&self.events).entry(event).or_default().clone()
    }

    /// A sender of one's own.
    pub(super) fn sender(&self, stream: u32) -> Option<ObjectSender<u32>> {
        lock(&self.streams[stream as usize]).sender.clone()
    }

    /// A receiver of one's own.
    pub(super) fn receiver(&self, stream: u32) -> Option<ObjectReceiver<u32>> {
        lock(&self.streams[stream as usize]).receiver.clone()
    }

    pub(super) fn close(&self, stream: u32, end: End) {
        let mut ends = lock(&self.streams[stream as usize]);
        let closed = match end {
            End::Sender => (ends.sender.take(), None),
            End::Receiver => (None, ends.receiver.take()),
        };
        // Whoever this wakes finds no lock held.
        drop(ends);
        drop(closed);
    }

    pub(super) fn semaphore(&self, semaphore: u32) -> &Semaphore {
        &self.semaphores[semaphore as usize]
    }

    pub(super) fn lock(&self, lock: u32) -> &Lock<()> {
        &self.locks[lock as usize].0
    }

    pub(super) fn condition(&self, lock: u32) -> &Condition {
        &self.locks[lock as usize].1
    }

    pub(super) fn barrier(&self, barrier: u32) -> &Barrier {
        &self.barriers[barrier as usize]
    }

    /// A sender of one's own.
    pub(super) fn broadcast(&self, broadcast: u32) -> Option<Sender> {
        lock(&self.broadcasts[broadcast as usize]).clone()
    }

    /// Drops the program's own sender.
    pub(super) fn hush(&self, broadcast: u32) {
        let sender = lock(&self.broadcasts[broadcast as usize]).take();
        // Whoever this wakes finds no lock held.
        drop(sender);
    }

    pub(super) fn cell(&self, cell: u32) -> &OnceCell<u32> {
        &self.cells[cell as usize]
    }

    pub(super) fn flight(&self, flight: u32) -> &SingleFlight<u32, u32> {
        &self.flights[flight as usize]
    }

    /// The end that keeps a promise, for the first who asks.
    pub(super) fn promise(&self, promise: u32) -> Option<Promise<u32>> {
        lock(&self.promises[promise as usize].promise).take()
    }

    pub(super) fn promised(&self, promise: u32) -> &Shared<u32> {
        &self.promises[promise as usize].shared
    }

    pub(super) fn resource(&self, resource: u32) -> &ResourceGuard {
        &self.resources[resource as usize]
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
