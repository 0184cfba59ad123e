//! The reference model: a program goes in, the one trace that every correct implementation gives comes out.
//!
//! The model is a discrete-event simulator. The agenda holds one timer an instant. The earliest fires; the tasks and
//! blocking calls that can go on because of it are run, one after the other, until all are at rest; then the next timer
//! fires. A task is an explicit stack of frames, a region is a node of a tree, and whether something can go on is
//! asked of the state each time instead of being noted in wake-ups. So the rules of SEMANTICS.md can be read off here:
//! `tree` is what cancelled means, `cancel` what a cancel sets going, `wait` when an operation ends or is dropped,
//! `step` what an operation does, `leave` how a block's end travels outward, `group` what a group makes of its tasks.
//!
//! What is always true:
//! 1. Nothing runs by itself: a task runs when it is polled, a call when it is stepped, both up to their next wait.
//! 2. At rest, no task could go on and no dropped wait is left: an effectively cancelled task is held (SC3).
//! 3. Which of the runnable ones goes first cannot be told from the trace, as programs are made so.

mod barrier;
mod broadcast;
mod call;
mod cancel;
mod condition;
mod group;
mod leave;
mod moments;
mod permits;
mod spawn;
mod step;
mod stream;
mod task;
mod time;
mod together;
mod tree;
mod values;
mod wait;

use std::collections::{BTreeMap, BTreeSet};

use crate::program::Program;
use crate::trace::{Entry, Note, REPORTS, Trace};

use barrier::Barrier;
use broadcast::Broadcast;
use call::Call;
use condition::Condition;
use group::{Group, GroupIx};
pub use moments::{Moment, moments};
use permits::Permits;
use stream::Stream;
use task::{Flow, Phase, Task, TaskIx};
use time::{Clock, Timer};
use tree::{RegionId, Tree};
use values::{Cell, Flight};

/// Whose rules are modelled. Where AnyIO differs is listed in `differences.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum Dialect {
    Anyrt,
    AnyIo,
}

/// The trace of a program.
pub fn trace(program: &Program) -> Trace {
    trace_with(program, |_| 0)
}

/// The trace of a program under somebody's rules.
pub fn trace_in(dialect: Dialect, program: &Program) -> Trace {
    let mut world = World::new(program);
    world.dialect = dialect;
    world.run(|_| 0);
    world.trace
}

/// The trace of a program, where `choose` says which of those that are runnable goes next. It has to be the same trace
/// whatever is chosen.
pub fn trace_with(program: &Program, choose: impl FnMut(&[Runnable]) -> usize) -> Trace {
    let mut world = World::new(program);
    world.run(choose);
    world.trace
}

/// All there is while a program runs.
struct World<'p> {
    dialect: Dialect,
    clock: Clock,
    tree: Tree,
    tasks: Vec<Task<'p>>,
    groups: Vec<Group<'p>>,
    calls: Vec<Call<'p>>,
    /// The regions of the scopes and groups that have been entered, by their ids.
    regions: BTreeMap<u32, RegionId>,
    /// The scopes that were cancelled before they are entered.
    cancelled_ahead: BTreeSet<u32>,
    /// The groups that have been entered, by their ids.
    group_ids: BTreeMap<u32, GroupIx>,
    /// The tasks whose handle somebody has, by their ids.
    handles: BTreeMap<u32, TaskIx>,
    /// The events that are set.
    events: BTreeSet<u32>,
    streams: Vec<Stream>,
    semaphores: Vec<Permits>,
    locks: Vec<Permits>,
    /// One of each lock.
    conditions: Vec<Condition>,
    barriers: Vec<Barrier>,
    broadcasts: Vec<Broadcast>,
    /// Those of the program, then one for each time that a key came to be asked for.
    cells: Vec<Cell>,
    flights: Vec<Flight>,
    /// What each was kept with, once it was kept or broken.
    promises: Vec<Option<Option<u32>>>,
    resources: Vec<Permits>,
    /// The tasks that are gone and not yet counted out.
    leaving: BTreeMap<TaskIx, Flow>,
    /// Whether `run` has come to its end.
    over: bool,
    trace: Trace,
    moments: BTreeSet<Moment>,
}

/// What can go on. Tasks and calls are numbered as they come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Runnable {
    /// A task.
    Task(usize),
    /// A blocking call.
    Call(usize),
    /// A task that is counted out.
    Leaving(usize),
    /// A group that tells a daemon to stop.
    Stopping(usize),
}

const MAIN: TaskIx = 0;

impl<'p> World<'p> {
    fn new(program: &'p Program) -> Self {
        let mut tree = Tree::default();
        let root = tree.root();
        World {
            dialect: Dialect::Anyrt,
            clock: Clock::new(program.slots),
            tree,
            tasks: vec![Task::new(0, root, &program.main)],
            groups: Vec::new(),
            calls: Vec::new(),
            regions: BTreeMap::new(),
            cancelled_ahead: BTreeSet::new(),
            group_ids: BTreeMap::new(),
            handles: BTreeMap::new(),
            events: BTreeSet::new(),
            streams: program
                .streams
                .iter()
                .map(|&room| Stream::new(room))
                .collect(),
            semaphores: program
                .semaphores
                .iter()
                .map(|&free| Permits::new(free))
                .collect(),
            locks: (0..program.locks).map(|_| Permits::new(1)).collect(),
            conditions: (0..program.locks).map(|_| Condition::default()).collect(),
            barriers: program
                .barriers
                .iter()
                .map(|&parties| Barrier::new(parties))
                .collect(),
            broadcasts: program
                .broadcasts
                .iter()
                .map(|&room| Broadcast::new(room))
                .collect(),
            cells: (0..program.cells).map(|_| Cell::new()).collect(),
            flights: program
                .flights
                .iter()
                .map(|&keep| Flight::new(keep))
                .collect(),
            promises: (0..program.promises).map(|_| None).collect(),
            resources: (0..program.resources).map(|_| Permits::new(1)).collect(),
            leaving: BTreeMap::new(),
            over: false,
            trace: Trace::new(),
            moments: BTreeSet::new(),
        }
    }

    fn run(&mut self, mut choose: impl FnMut(&[Runnable]) -> usize) {
        self.run_to_rest(&mut choose);
        while !self.ended(MAIN) {
            // A program whose main waits with nothing to come waits for ever: its trace ends here.
            let Some(timer) = self.clock.advance() else {
                return;
            };
            if let Timer::Deadline(region) = timer {
                self.expire(region);
            }
            self.run_to_rest(&mut choose);
        }
        // TH6: the end of `run` cancels what abandoned calls wait for.
        self.over = true;
        self.run_to_rest(&mut choose);
        if let Some(reports) = self.trace.get_mut(REPORTS) {
            // Which of two groups at one instant comes first cannot be told.
            reports.sort_by_key(|Entry(time, note)| (*time, format!("{note:?}")));
        }
    }

    /// Runs the consequences of what has happened, until nothing can go on at this instant.
    fn run_to_rest(&mut self, choose: &mut impl FnMut(&[Runnable]) -> usize) {
        loop {
            let runnable = self.runnable();
            if runnable.is_empty() {
                return;
            }
            match runnable[choose(&runnable) % runnable.len()] {
                Runnable::Task(t) => self.poll(t),
                Runnable::Call(c) => self.go_on_with_call(c),
                Runnable::Stopping(g) => self.stop_next(g),
                Runnable::Leaving(t) => {
                    if let Some(flow) = self.leaving.remove(&t) {
                        self.count_out(t, flow);
                    }
                }
            }
        }
    }

    fn runnable(&self) -> Vec<Runnable> {
        let tasks = (0..self.tasks.len()).filter(|&t| self.task_can_go_on(t));
        let calls = (0..self.calls.len()).filter(|&c| self.call_can_go_on(c));
        let stopping = (0..self.groups.len()).filter(|&g| !self.groups[g].to_stop.is_empty());
        stopping
            .map(Runnable::Stopping)
            .chain(tasks.map(Runnable::Task))
            .chain(calls.map(Runnable::Call))
            .chain(self.leaving.keys().copied().map(Runnable::Leaving))
            .collect()
    }

    fn ended(&self, t: TaskIx) -> bool {
        matches!(self.tasks[t].phase, Phase::Ended(_))
    }

    /// Adds to the trace of a task, or of the hook that it runs.
    fn note(&mut self, t: TaskIx, note: Note) {
        self.note_in(self.tasks[t].track(), note);
    }

    fn note_in(&mut self, track: String, note: Note) {
        let entry = Entry(self.clock.now(), note);
        self.trace.entry(track).or_default().push(entry);
    }
}
