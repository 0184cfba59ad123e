//! Runs a program on anyrt, and notes what happens.
//!
//! The same text serves tasks that may move between threads and those that may not: `code` writes every operation, once
//! for futures that are `Send` and once for those that are not, and `spread` and `local` say how each kind opens
//! groups and starts tasks.
//!
//! # Always true
//!
//! 1. Whatever a task does to others (set, cancel, spawn, fail ..) comes right after a sleep of its own, so nothing
//!    else happens at that instant but what follows from it.
//! 2. No lock is held while a task waits or code of anyrt runs.

mod code;
mod hands;
mod local;
mod notes;
mod spread;
mod tables;
mod values;

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use anyrt::{
    Instant, Launch, Report, RunError, Runner, from_thread, run_in_threadpool, sleep_until,
};

use crate::program::{Grace, Program, SLOT, Step, When, next_instant};
use crate::trace::{Entry, Note, REPORTS, Trace};
use tables::Tables;

/// What a task fails with: the numbers of the errors.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Failure(Vec<u32>);

/// What a task panics with.
#[derive(Debug)]
struct ProgramPanic(u32);

/// How a block ends.
type Outcome = Result<(), Failure>;

/// Runs a program; a tick takes this long.
///
/// # Errors
///
/// As `run`.
///
/// # Panics
///
/// Where a panic comes out that is none of the program's.
pub fn run(
    launch: impl Launch + 'static,
    program: &Program,
    tick: Duration,
) -> Result<Trace, RunError> {
    let mut world = None;
    let seen = &mut world;
    let listener = Arc::new(OnceLock::<Recorder>::new());
    let told = listener.clone();
    let runner = Runner::new(launch).on_report(move |report| {
        if let (Report::HooksFailed { failures, .. }, Some(recorder)) = (report, told.get()) {
            // A panic is noted where it passes.
            let errors = failures.iter().filter_map(|text| text.parse().ok());
            errors.for_each(|error| recorder.note(REPORTS, Note::HookFailed(error)));
        }
    });
    let ended = catch_unwind(AssertUnwindSafe(|| {
        runner.run(async {
            let recorder = listener.get_or_init(|| Recorder::new(tick));
            let world = seen.insert(World::new(program, recorder));
            local::main(world, &program.main).await;
        })
    }));
    let world = world.expect("the main future is polled at once");
    match ended {
        Ok(ended) => ended?,
        Err(payload) => match payload.downcast_ref() {
            // Noted where it passed.
            Some(ProgramPanic(_)) => {}
            None => resume_unwind(payload),
        },
    }
    world.wait_for_calls();
    Ok(world.recorder.take_trace())
}

/// What all tasks of a run share.
#[derive(Clone)]
struct World {
    recorder: Recorder,
    /// How many ticks a cycle has.
    cycle: u64,
    tables: Arc<Tables>,
    /// How many blocking functions have not ended.
    calls: Arc<(Mutex<usize>, Condvar)>,
}

/// The clock and the trace. Nothing here keeps a runtime alive, so the runtime's hook may have it.
#[derive(Clone)]
struct Recorder {
    start: Instant,
    tick: Duration,
    trace: Arc<Mutex<Trace>>,
}

impl Recorder {
    fn new(tick: Duration) -> Self {
        Self {
            start: Instant::now(),
            tick,
            trace: Arc::default(),
        }
    }

    fn trace(&self) -> MutexGuard<'_, Trace> {
        self.trace.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_trace(&self) -> Trace {
        let mut trace = std::mem::take(&mut *self.trace());
        if let Some(reports) = trace.get_mut(REPORTS) {
            reports.sort_by_key(|Entry(time, note)| (*time, format!("{note:?}")));
        }
        trace
    }

    /// The time in ticks.
    fn now(&self) -> u64 {
        self.ticks(Instant::now())
    }

    fn ticks(&self, at: Instant) -> u64 {
        let ticks = at.duration_since(self.start).as_nanos() / self.tick.as_nanos();
        u64::try_from(ticks).unwrap_or(u64::MAX)
    }

    fn note(&self, track: &str, note: Note) {
        let entry = Entry(self.now(), note);
        let mut trace = self.trace();
        match trace.get_mut(track) {
            Some(entries) => entries.push(entry),
            None => drop(trace.insert(track.to_owned(), vec![entry])),
        }
    }

    fn period(&self, ticks: u64) -> Duration {
        let tick = u64::try_from(self.tick.as_nanos()).unwrap_or(u64::MAX);
        Duration::from_nanos(tick.saturating_mul(ticks))
    }
}

impl World {
    fn new(program: &Program, recorder: &Recorder) -> Self {
        Self {
            recorder: recorder.clone(),
            cycle: u64::from(program.slots) * SLOT,
            tables: Arc::new(Tables::new(program)),
            calls: Arc::default(),
        }
    }

    fn note(&self, track: &str, note: Note) {
        self.recorder.note(track, note);
    }

    fn ticks(&self, at: Instant) -> u64 {
        self.recorder.ticks(at)
    }

    /// Waits for the functions that were abandoned: `run` does not (RT1).
    fn wait_for_calls(&self) {
        let (calls, changed) = &*self.calls;
        let calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        drop(changed.wait_while(calls, |calls| *calls > 0));
    }

    /// When a slot comes round.
    fn instant(&self, when: When) -> Instant {
        if when.turns == 0 {
            return Instant::now();
        }
        let first = next_instant(self.cycle, when.at, self.recorder.now());
        let ticks = first + u64::from(when.turns - 1) * self.cycle;
        self.recorder.start + self.recorder.period(ticks)
    }

    fn grace(&self, grace: Grace) -> Duration {
        let ticks = u64::from(grace.cycles) * self.cycle + (1 << grace.bit);
        self.recorder.period(ticks)
    }

    /// Sleeps until a slot comes round.
    fn sleep(&self, at: u32, turns: u32) -> anyrt::Sleep {
        sleep_until(self.instant(When { at, turns }))
    }

    /// Sleeps so, if there is a slot.
    async fn sleep_first(&self, at: Option<u32>) {
        if let Some(at) = at {
            self.sleep(at, 1).await;
        }
    }

    /// What a blocking function does.
    fn block(&self, id: u32, steps: &[Step]) {
        let track = format!("b{id}");
        self.note(&track, Note::Begin);
        for step in steps {
            let note = match *step {
                Step::Sleep { at, turns } => {
                    let until = self.instant(When { at, turns });
                    match from_thread::run(sleep_until(until)) {
                        Ok(()) => Note::Slept(at),
                        Err(_) => Note::Cut(at),
                    }
                }
                Step::Check => Note::Check(from_thread::is_cancelled().expect("this is a worker")),
            };
            self.note(&track, note);
        }
        self.note(&track, Note::Ended);
    }
}

/// A blocking call.
async fn blocking(world: &World, id: u32, abandon: bool, steps: &[Step]) {
    let (theirs, steps, counted) = (world.clone(), steps.to_vec(), CountedCall::new(world));
    let call = run_in_threadpool(move || {
        theirs.block(id, &steps);
        drop(counted);
    });
    if abandon {
        call.abandon_on_cancel().await;
    } else {
        call.await;
    }
}

/// A blocking function that has not ended.
struct CountedCall(Arc<(Mutex<usize>, Condvar)>);

impl CountedCall {
    fn new(world: &World) -> Self {
        let counted = Self(world.calls.clone());
        counted.add(1);
        counted
    }

    fn add(&self, change: isize) {
        let (calls, changed) = &*self.0;
        let mut calls = calls.lock().unwrap_or_else(PoisonError::into_inner);
        *calls = calls.saturating_add_signed(change);
        changed.notify_all();
    }
}

impl Drop for CountedCall {
    fn drop(&mut self) {
        self.add(-1);
    }
}
