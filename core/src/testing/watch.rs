//! Who is at work, and what happens when nobody is.
//!
//! A runtime under test is *at rest* when no task is being polled or has been woken and no blocking call is at work.
//! Whoever makes the count come to zero says what is next, on its own thread: first those who wait for the rest, then
//! the clock, if it jumps. So rest is found by the event that brings it, and nothing is ever polled for.
//!
//! # Always true
//!
//! 1. Whoever wakes somebody is counted itself, or stands outside of the runtime; so the count does not pass
//!    through zero while a wake is on its way.
//! 2. What is next is chosen under the lock, with the count at one for whoever chooses; wakers run without it.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use crate::loom::{Mutex, MutexGuard};
use crate::outcome::wake;

/// Counts who is at work, for one runtime or several that share a clock.
#[derive(Debug)]
pub(super) struct Watch {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// Tasks that are polled or woken, blocking calls on a thread, and whoever says what is next.
    at_work: usize,
    /// Who waits for the rest.
    waiting: Vec<Waker>,
    /// The time that a test sets; none where the runtime's own clock runs.
    clock: Option<Clock>,
}

/// A clock that stands still but where it is moved.
#[derive(Debug)]
struct Clock {
    now: Instant,
    jumps: bool,
    alarms: BTreeMap<Alarm, Waker>,
    numbers: u64,
}

/// An instant, and a number that tells alarms for the same one apart.
pub(super) type Alarm = (Instant, u64);

impl Watch {
    /// Counts on the runtime's own clock.
    pub(super) fn new() -> Arc<Self> {
        Self::with_clock(None)
    }

    /// Counts, and has a clock that stands still.
    pub(super) fn with_mock_clock() -> Arc<Self> {
        Self::with_clock(Some(Clock {
            now: Instant::now(),
            jumps: false,
            alarms: BTreeMap::new(),
            numbers: 0,
        }))
    }

    fn with_clock(clock: Option<Clock>) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(State {
                at_work: 0,
                waiting: Vec::new(),
                clock,
            }),
        })
    }

    /// Somebody begins to work.
    pub(super) fn enter(&self) {
        self.state.lock().at_work += 1;
    }

    /// Somebody has come to rest; the last one says what is next.
    pub(super) fn leave(&self) {
        loop {
            let next = {
                let mut state = self.state.lock();
                if state.at_work > 1 {
                    state.at_work -= 1;
                    return;
                }
                let next = state.next();
                if next.is_empty() {
                    state.at_work = 0;
                    return;
                }
                next
            };
            wake(next);
        }
    }

    /// Looks for what is next where the rest may have come already.
    fn look_again(&self, state: MutexGuard<'_, State>) {
        let is_at_rest = state.at_work == 0;
        drop(state);
        if is_at_rest {
            self.enter();
            self.leave();
        }
    }

    /// Wakes this waker at the next rest. Whoever asks is at work.
    pub(super) fn wait_for_rest(&self, waker: Waker) {
        let mut state = self.state.lock();
        state.waiting.push(waker);
        self.look_again(state);
    }

    /// The time that a test has set, if one does.
    pub(super) fn now(&self) -> Option<Instant> {
        Some(self.state.lock().clock.as_ref()?.now)
    }

    /// Lets the clock jump to the next alarm whenever everybody is at rest, or no more.
    pub(super) fn set_jumps(&self, jumps: bool) {
        let mut state = self.state.lock();
        if let Some(clock) = &mut state.clock {
            clock.jumps = jumps;
        }
        self.look_again(state);
    }

    /// Moves the clock, and wakes those whose time has come.
    pub(super) fn advance(&self, period: Duration) {
        let mut state = self.state.lock();
        let due = state.clock.as_mut().map(|clock| {
            clock.now = clock.now.checked_add(period).unwrap_or(clock.now);
            clock.take_due()
        });
        // Counted meanwhile: the woken are at work before anybody finds the runtime at rest.
        state.at_work += 1;
        drop(state);
        wake(due.into_iter().flatten());
        self.leave();
    }

    /// A number for an alarm.
    pub(super) fn number(&self) -> u64 {
        let mut state = self.state.lock();
        state.clock.as_mut().map_or(0, |clock| {
            clock.numbers += 1;
            clock.numbers
        })
    }

    /// Sets an alarm, unless its time has come: then it tells so.
    pub(super) fn set_alarm(&self, alarm: Alarm, waker: &Waker) -> bool {
        let waker = waker.clone();
        let mut state = self.state.lock();
        let Some(clock) = &mut state.clock else {
            return true;
        };
        if clock.now >= alarm.0 {
            return true;
        }
        let old = clock.alarms.insert(alarm, waker);
        // A task that is not one of ours may set it while all of ours are at rest.
        self.look_again(state);
        drop(old);
        false
    }

    /// Takes an alarm back.
    pub(super) fn drop_alarm(&self, alarm: Alarm) {
        let mut state = self.state.lock();
        let old = state
            .clock
            .as_mut()
            .map(|clock| clock.alarms.remove(&alarm));
        drop(state);
        drop(old);
    }
}

impl State {
    /// Whom to wake at a rest.
    fn next(&mut self) -> Vec<Waker> {
        if !self.waiting.is_empty() {
            return mem::take(&mut self.waiting);
        }
        match &mut self.clock {
            Some(clock) if clock.jumps => clock.jump(),
            _ => Vec::new(),
        }
    }
}

impl Clock {
    /// Moves to the next alarm.
    fn jump(&mut self) -> Vec<Waker> {
        let Some((alarm, _)) = self.alarms.first_key_value() else {
            return Vec::new();
        };
        self.now = alarm.0;
        self.take_due()
    }

    fn take_due(&mut self) -> Vec<Waker> {
        let later = self.alarms.split_off(&(self.now, u64::MAX));
        mem::replace(&mut self.alarms, later)
            .into_values()
            .collect()
    }
}
