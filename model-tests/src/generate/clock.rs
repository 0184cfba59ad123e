//! About when each operation would run if nothing were cancelled, and the slots that follow from that.
//!
//! Always true: after [`wind`] and `aim`, each slot in the program is an index into the list of times;
//! [`settle`] turns these into slots whose order within a cycle is that of the times. The estimate is
//! only a bias: every order of slots makes a valid program.

use std::collections::BTreeMap;

use crate::program::{Op, Step, When};
use crate::rng::Rng;
use crate::visit::{Sort, each_mut, numbers_mut};

/// How long a cycle is, by this clock.
pub(super) const CYCLE: u64 = 1 << 20;

/// From when to when something is at work.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub(super) from: u64,
    pub(super) to: u64,
}

/// What the clock found.
#[derive(Default)]
pub(super) struct Timeline {
    times: Vec<u64>,
    /// Scopes and groups.
    pub(super) scopes: BTreeMap<u32, Span>,
    pub(super) tasks: BTreeMap<u32, Span>,
    events: BTreeMap<u32, u64>,
    // When the tasks of each group have ended.
    members: BTreeMap<u32, u64>,
    // When the task at hand said that it had started.
    ready: Option<u64>,
}

impl Timeline {
    /// Gives a timer a slot for an instant.
    pub(super) fn timer(&mut self, slot: &mut u32, time: u64) {
        *slot = u32::try_from(self.times.len()).unwrap_or(u32::MAX);
        self.times.push(time);
    }

    /// When the timer of a slot ends.
    pub(super) fn time(&self, slot: u32) -> u64 {
        let index = usize::try_from(slot).unwrap_or(usize::MAX);
        self.times.get(index).copied().unwrap_or(0)
    }

    /// Sets a deadline to an instant, or keeps it at now.
    pub(super) fn expire(&mut self, when: &mut When, now: u64, then: u64) {
        let ahead = then.saturating_sub(now).max(1);
        self.timer(&mut when.at, now + ahead);
        if when.turns > 0 {
            // The instant itself is the last of the turns; those a whole cycle before it count too.
            when.turns = u32::try_from((ahead - 1) / CYCLE + 1).unwrap_or(1);
        }
    }
}

/// How far apart operations of a task are.
#[derive(Clone, Copy)]
enum Gap {
    Tight,
    Middle,
    Wide,
}

struct Clock<'r> {
    rng: &'r mut Rng,
    pace: [(u64, Gap); 3],
    found: Timeline,
}

/// Walks through a program of one scope.
pub(super) fn wind(rng: &mut Rng, main: &mut [Op]) -> Timeline {
    let paces = [(6, [70, 22, 8]), (2, [20, 60, 20]), (2, [92, 6, 2])];
    let [tight, middle, wide] = rng.weighted(&paces).unwrap_or([1, 1, 1]);
    let mut clock = Clock {
        rng,
        pace: [
            (tight, Gap::Tight),
            (middle, Gap::Middle),
            (wide, Gap::Wide),
        ],
        found: Timeline::default(),
    };
    clock.whole(main);
    clock.found
}

/// Turns times into slots. Says how many slots a cycle has.
pub(super) fn settle(rng: &mut Rng, found: &Timeline, main: &mut [Op]) -> u32 {
    let mut order: Vec<usize> = (0..found.times.len()).collect();
    order.sort_by_key(|&index| (found.times[index] % CYCLE, index));
    if rng.percent(15) {
        rng.shuffle(&mut order);
    }
    let mut slots = vec![0; order.len()];
    let mut next = 0;
    for index in order {
        next += 1;
        slots[index] = next;
    }
    each_mut(main, &mut |op| {
        numbers_mut(op, |sort, number| {
            let index = usize::try_from(*number).unwrap_or(usize::MAX);
            if let (Sort::Slot, Some(slot)) = (sort, slots.get(index)) {
                *number = *slot;
            }
        });
    });
    next + 1 + rng.small(0, 2)
}

impl Clock<'_> {
    /// The program as a whole: its deadline cuts it short in some cases, else it is what ends waits.
    fn whole(&mut self, main: &mut [Op]) {
        let [
            Op::Scope {
                id,
                deadline: Some(deadline),
                body,
            },
        ] = main
        else {
            return;
        };
        let end = self.block(body, 0);
        let then = if self.rng.percent(10) {
            self.rng.within(1, end.max(1))
        } else {
            self.rng.within(12 * CYCLE, 30 * CYCLE)
        };
        self.found.expire(deadline, 0, then);
        self.found.scopes.insert(*id, Span { from: 0, to: then });
    }

    fn gap(&mut self) -> u64 {
        let (least, most) = match self.rng.weighted(&self.pace) {
            Some(Gap::Middle) => (CYCLE / 24, CYCLE / 3),
            Some(Gap::Wide) => (CYCLE / 3, CYCLE - 1),
            _ => (1, CYCLE / 24),
        };
        self.rng.within(least, most)
    }

    /// Runs a block from an instant. Says when it ends.
    fn block(&mut self, block: &mut [Op], from: u64) -> u64 {
        block.iter_mut().fold(from, |now, op| self.op(op, now))
    }

    fn timer(&mut self, slot: &mut u32, turns: u32, now: u64) -> u64 {
        let then = now + self.gap() + u64::from(turns.saturating_sub(1)) * CYCLE;
        self.found.timer(slot, then);
        then
    }

    fn op(&mut self, op: &mut Op, now: u64) -> u64 {
        match op {
            Op::Sleep { at, turns } => self.timer(at, *turns, now),
            Op::Checkpoint { at }
            | Op::State { at }
            | Op::Cancel { at, .. }
            | Op::Deadline { at, .. }
            | Op::CancelTask { at, .. }
            | Op::Send { at, .. }
            | Op::Receive { at, .. }
            | Op::Close { at, .. }
            | Op::Publish { at, .. }
            | Op::Hush { at, .. }
            | Op::Give { at, .. }
            | Op::Notify { at, .. }
            | Op::Meet { at: Some(at), .. }
            | Op::Fail { at, .. }
            | Op::Panic { at, .. } => self.timer(at, 1, now),
            Op::Set { at, event } => {
                let then = self.timer(at, 1, now);
                self.found.events.insert(*event, then);
                then
            }
            Op::Started { at } => {
                let then = self.timer(at, 1, now);
                self.found.ready = Some(then);
                then
            }
            Op::Wait { event } => match self.found.events.get(event) {
                Some(set) => now.max(*set),
                None => now + self.rng.below(CYCLE),
            },
            Op::Ask { .. } => now + self.rng.below(CYCLE / 2),
            Op::Forever => now + self.rng.within(CYCLE / 2, 2 * CYCLE),
            Op::Join { task, at } => {
                let ended = self.found.tasks.get(task).map_or(now, |span| span.to);
                self.timer(at, 1, now.max(ended))
            }
            Op::Spawn {
                at,
                group,
                task,
                body,
                ..
            } => {
                let then = self.timer(at, 1, now);
                self.child(*group, *task, body, then);
                then
            }
            Op::Start {
                at,
                group,
                task,
                body,
            } => {
                let then = self.timer(at, 1, now);
                let outer = self.found.ready.take();
                let end = self.child(*group, *task, body, then);
                let ready = std::mem::replace(&mut self.found.ready, outer);
                ready.unwrap_or(end)
            }
            Op::Scope { id, deadline, body } => {
                let end = self.block(body, now);
                let end = self.scope(deadline.as_mut(), now, end);
                self.found.scopes.insert(*id, Span { from: now, to: end });
                end
            }
            Op::Group { id, body, .. } => {
                let end = self.block(body, now);
                let members = self.found.members.get(id).copied().unwrap_or(0);
                let span = Span {
                    from: now,
                    to: end.max(members),
                };
                self.found.scopes.insert(*id, span);
                span.to
            }
            Op::Together {
                kind,
                arms,
                body,
                take,
                ..
            } => {
                let beside = self.block(body, now);
                let ends = arms.iter_mut().map(|arm| self.block(&mut arm.body, now));
                let mut ends: Vec<u64> = ends.collect();
                ends.sort_unstable();
                let first = if kind.is_race() { Some(0) } else { None };
                let wanted = first.or(take.map(|take| (take as usize).saturating_sub(1)));
                let end = wanted.map_or(ends.last(), |wanted| ends.get(wanted).or(ends.last()));
                beside.max(end.copied().unwrap_or(now))
            }
            // The others come at about the same time.
            Op::Meet { at: None, .. } => now,
            Op::Watch {
                at, first, body, ..
            } => {
                let then = at.as_mut().map_or(now, |at| self.timer(at, 1, now));
                let told = self.block(first, then) + self.rng.below(CYCLE / 2);
                self.block(body, told)
            }
            Op::Lock { at: None, body, .. } => self.block(body, now),
            Op::Listen { at, take, body, .. } => {
                let then = self.timer(at, 1, now);
                let end = self.block(body, then);
                end + u64::from(*take) * self.rng.below(CYCLE / 8)
            }
            Op::Hold { at, body, .. }
            | Op::Reserve { at, body, .. }
            | Op::Fill { at, body, .. }
            | Op::Get { at, body, .. }
            | Op::Use { at, body, .. }
            | Op::Lock {
                at: Some(at), body, ..
            } => {
                let then = self.timer(at, 1, now);
                self.block(body, then)
            }
            Op::Shield { body, .. } | Op::Restore { body, .. } => self.block(body, now),
            Op::Finally { body, cleanup, .. } => {
                let end = self.block(body, now);
                self.block(cleanup, end)
            }
            Op::Defer { at, body, .. } => {
                let then = self.timer(at, 1, now);
                let later = then + self.rng.below(CYCLE);
                self.block(body, later);
                then
            }
            Op::Blocking { at, body, .. } => {
                let then = self.timer(at, 1, now);
                body.iter_mut().fold(then, |now, step| match step {
                    Step::Sleep { at, turns } => self.timer(at, *turns, now),
                    Step::Check => now,
                })
            }
        }
    }

    fn child(&mut self, group: u32, task: u32, body: &mut [Op], from: u64) -> u64 {
        let to = self.block(body, from);
        self.found.tasks.insert(task, Span { from, to });
        let last = self.found.members.entry(group).or_default();
        *last = to.max(*last);
        to
    }

    /// Sets a deadline: amid the body in most cases. Says when the scope is left.
    fn scope(&mut self, deadline: Option<&mut When>, from: u64, end: u64) -> u64 {
        let Some(deadline) = deadline else {
            return end;
        };
        if deadline.turns == 0 {
            self.found.expire(deadline, from, from + 1);
            return from;
        }
        let inside = self.rng.percent(75);
        let then = if inside {
            self.rng.within(from + 1, end.max(from + 1))
        } else {
            self.rng.within(end, end + CYCLE)
        };
        self.found.expire(deadline, from, then);
        then.min(end)
    }
}
