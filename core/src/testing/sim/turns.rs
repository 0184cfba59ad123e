//! Whose turn is next.
//!
//! # Always true
//!
//! 1. Whoever was woken and has not had a turn since is listed once.
//! 2. The simulation owns its tasks; a waker owns nothing. So whoever stops the simulation drops them all.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Wake, Waker};

use anyrt_backend::{Job, Task};

/// The number of a task or a blocking call.
pub(super) type Number = u64;

/// The turns of a simulation.
pub(super) struct Turns {
    state: Mutex<State>,
    changed: Condvar,
    /// Whether threads may do something while nobody has a turn.
    threads: bool,
}

struct State {
    random: fastrand::Rng,
    ready: Vec<Ready>,
    tasks: BTreeMap<Number, (Task, Arc<Seat>)>,
    numbers: Number,
    /// The blocking call that runs, none for the simulation's own thread.
    running: Option<Number>,
    stopped: bool,
}

enum Ready {
    Seat(Arc<Seat>),
    Job(Job),
}

/// Who may have a turn.
#[derive(Clone, Copy, Debug)]
enum Who {
    Main,
    Task(Number),
    Worker(Number),
}

/// A turn, for the simulation's loop to give.
pub(super) enum Turn {
    Main,
    Task(Arc<Seat>),
    Job(Job),
    Worker(Number),
}

/// A place in the list; what wakers point to.
pub(super) struct Seat {
    who: Who,
    listed: AtomicBool,
    turns: Weak<Turns>,
}

impl Wake for Seat {
    fn wake(self: Arc<Self>) {
        if self.listed.swap(true, SeqCst) {
            return;
        }
        if let Some(turns) = self.turns.upgrade() {
            turns.lock().ready.push(Ready::Seat(self));
            turns.changed.notify_all();
        }
    }
}

impl Turns {
    pub(super) fn new(seed: u64, threads: bool) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                random: fastrand::Rng::with_seed(seed),
                ready: Vec::new(),
                tasks: BTreeMap::new(),
                numbers: 0,
                running: None,
                stopped: false,
            }),
            changed: Condvar::new(),
            threads,
        })
    }

    pub(super) fn has_threads(&self) -> bool {
        self.threads
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let state = self.changed.wait(state);
        state.unwrap_or_else(PoisonError::into_inner)
    }

    /// A place that is listed already, or one that waits to be woken.
    fn seat(self: &Arc<Self>, who: Who, listed: bool) -> Arc<Seat> {
        Arc::new(Seat {
            who,
            listed: AtomicBool::new(listed),
            turns: Arc::downgrade(self),
        })
    }

    /// The next turn; none when there will be none any more.
    pub(super) fn next(&self) -> Option<Turn> {
        let mut state = self.lock();
        while state.ready.is_empty() {
            if !self.threads {
                return None;
            }
            state = self.wait(state);
        }
        let count = state.ready.len();
        let chosen = state.random.usize(..count);
        Some(match state.ready.swap_remove(chosen) {
            Ready::Job(job) => Turn::Job(job),
            Ready::Seat(seat) => {
                // Before the turn: a wake that comes during it leads to another one.
                // A swap, so that the turn sees what came before a wake that found it listed.
                seat.listed.swap(false, SeqCst);
                match seat.who {
                    Who::Main => Turn::Main,
                    Who::Task(_) => Turn::Task(seat),
                    Who::Worker(worker) => Turn::Worker(worker),
                }
            }
        })
    }

    /// The main future's waker; it has a turn at once.
    pub(super) fn add_main(self: &Arc<Self>) -> Arc<Seat> {
        let seat = self.seat(Who::Main, true);
        self.lock().ready.push(Ready::Seat(seat.clone()));
        seat
    }

    pub(super) fn add_task(self: &Arc<Self>, task: Task) {
        let mut state = self.lock();
        if state.stopped {
            drop(state);
            return drop(task);
        }
        let number = state.number();
        let seat = self.seat(Who::Task(number), true);
        state.tasks.insert(number, (task, seat.clone()));
        state.ready.push(Ready::Seat(seat));
        self.changed.notify_all();
    }

    pub(super) fn add_job(&self, job: Job) {
        let mut state = self.lock();
        if state.stopped {
            drop(state);
            return drop(job);
        }
        state.ready.push(Ready::Job(job));
        self.changed.notify_all();
    }

    pub(super) fn poll_task(&self, seat: &Arc<Seat>) {
        let Who::Task(number) = seat.who else { return };
        // A waker may outlive its task.
        let Some((mut task, seat)) = self.lock().tasks.remove(&number) else {
            return;
        };
        let waker = Waker::from(seat.clone());
        let polled = Pin::new(&mut task).poll(&mut Context::from_waker(&waker));
        if polled.is_pending() {
            self.lock().tasks.insert(number, (task, seat));
        }
    }

    /// A blocking call that is about to run, and its waker.
    pub(super) fn add_worker(self: &Arc<Self>) -> (Number, Arc<Seat>) {
        let number = self.lock().number();
        (number, self.seat(Who::Worker(number), false))
    }

    /// Lets a blocking call run until it hands back.
    pub(super) fn hand_over(&self, worker: Number) {
        let mut state = self.lock();
        state.running = Some(worker);
        self.changed.notify_all();
        while state.running.is_some() {
            state = self.wait(state);
        }
    }

    /// The blocking call has ended.
    pub(super) fn hand_back(&self) {
        self.lock().running = None;
        self.changed.notify_all();
    }

    /// The thread of a blocking call has started, in the simulation's turn, which is about to hand over.
    pub(super) fn wait_for_first_turn(&self, worker: Number) {
        let mut state = self.lock();
        while state.running != Some(worker) {
            state = self.wait(state);
        }
    }

    /// The blocking call waits for its next turn. Tells whether there is one.
    pub(super) fn wait_for_turn(&self, worker: Number) -> bool {
        let mut state = self.lock();
        state.running = None;
        self.changed.notify_all();
        while state.running != Some(worker) && !state.stopped {
            state = self.wait(state);
        }
        !state.stopped
    }

    /// Drops everybody who may still have a turn.
    pub(super) fn stop(&self) {
        let mut state = self.lock();
        state.stopped = true;
        self.changed.notify_all();
        while !state.tasks.is_empty() || !state.ready.is_empty() {
            let tasks = std::mem::take(&mut state.tasks);
            let ready = std::mem::take(&mut state.ready);
            // What they drop may wake and spawn.
            drop(state);
            drop((tasks, ready));
            state = self.lock();
        }
    }
}

impl State {
    fn number(&mut self) -> Number {
        self.numbers += 1;
        self.numbers
    }
}

impl fmt::Debug for Turns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Turns").finish_non_exhaustive()
    }
}
