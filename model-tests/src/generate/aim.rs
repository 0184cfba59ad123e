//! Aims what was left open: cancels and moved deadlines at scopes that are likely to be at work at that
//! moment or soon after, joins and cancels by handle at tasks.
//!
//! Always true: afterwards no aim is open. Where there is nothing to aim at, a sleep takes the place.

use std::collections::{BTreeMap, BTreeSet};

use super::clock::{CYCLE, Span, Timeline};
use crate::program::{Op, When};
use crate::rng::Rng;
use crate::visit::{blocks_mut, each};

/// What an open aim says; no scope or task has this number here.
const OPEN: u32 = 0;
/// The id of main's scope, which is made first.
const MAIN: u32 = 1;

struct Aim<'a> {
    rng: &'a mut Rng,
    found: &'a mut Timeline,
    movable: &'a [u32],
    locals: BTreeSet<u32>,
    // The tasks of local groups.
    local_tasks: BTreeSet<u32>,
}

/// Fills in what is open in a program.
pub(super) fn aim(rng: &mut Rng, found: &mut Timeline, movable: &[u32], main: &mut [Op]) {
    let mut locals = BTreeSet::new();
    let mut local_tasks = BTreeSet::new();
    each(main, &mut |op| match op {
        Op::Group {
            id, local: true, ..
        } => {
            locals.insert(*id);
        }
        Op::Spawn { group, task, .. } | Op::Start { group, task, .. } if locals.contains(group) => {
            local_tasks.insert(*task);
        }
        _ => {}
    });
    let mut aim = Aim {
        rng,
        found,
        movable,
        locals,
        local_tasks,
    };
    aim.block(main, &mut vec![0], true);
}

impl Aim<'_> {
    /// `tasks` are those around; `local` says whether handles of local tasks may be used.
    fn block(&mut self, block: &mut [Op], tasks: &mut Vec<u32>, local: bool) {
        for op in block {
            self.op(op, tasks, local);
            let (task, local) = match op {
                Op::Spawn { group, task, .. } | Op::Start { group, task, .. } => {
                    (Some(*task), self.locals.contains(group))
                }
                Op::Defer { .. } => (None, false),
                _ => (None, local),
            };
            tasks.extend(task);
            for inner in blocks_mut(op) {
                self.block(inner, tasks, local);
            }
            if task.is_some() {
                tasks.pop();
            }
        }
    }

    fn op(&mut self, op: &mut Op, tasks: &[u32], local: bool) {
        let at = match op {
            // Where a deadline is moved to is open in any case.
            Op::Deadline { at, .. }
            | Op::Cancel { at, scope: OPEN }
            | Op::Join { at, task: OPEN }
            | Op::CancelTask { at, task: OPEN } => *at,
            _ => return,
        };
        let now = self.found.time(at);
        let aimed = match op {
            Op::Cancel { scope, .. } => {
                let target = self.scope(now, |_| true);
                put(scope, target)
            }
            Op::Deadline { scope, to, .. } => {
                if *scope == OPEN {
                    let movable = self.movable;
                    let target = self.scope(now, |id| movable.contains(&id));
                    put(scope, target);
                }
                let aimed = *scope != OPEN;
                if aimed {
                    self.expire(*scope, to, now);
                }
                aimed
            }
            Op::Join { task, .. } => {
                let target = self.task(now, local, tasks);
                put(task, target)
            }
            Op::CancelTask { task, .. } => {
                let target = self.task(now, local, &[]);
                put(task, target)
            }
            _ => true,
        };
        if !aimed {
            *op = Op::Sleep { at, turns: 1 };
        }
    }

    fn scope(&mut self, now: u64, fits: impl Fn(u32) -> bool) -> Option<u32> {
        // A cancel of main's scope leaves nothing to be seen after it.
        pick(self.rng, &self.found.scopes, |id, span| match *span {
            _ if !fits(id) => 0,
            _ if id == MAIN => 1,
            Span { from, to } if (from..=to).contains(&now) => 48,
            Span { from, .. } if from > now && from < now + CYCLE / 2 => 24,
            Span { from, .. } if from > now => 6,
            _ => 3,
        })
    }

    fn task(&mut self, now: u64, local: bool, but: &[u32]) -> Option<u32> {
        let locals = &self.local_tasks;
        let fits = |task| !but.contains(&task) && (local || !locals.contains(&task));
        // There is not much to a task that has not been spawned.
        pick(self.rng, &self.found.tasks, |task, span| match *span {
            _ if !fits(task) => 0,
            Span { from, to } if (from..=to).contains(&now) => 24,
            Span { to, .. } if to < now => 12,
            _ => 1,
        })
    }

    /// Decides where a deadline is moved to: before the scope would be left, or after.
    fn expire(&mut self, scope: u32, to: &mut Option<When>, now: u64) {
        let Some(when) = to else { return };
        let span = self.found.scopes.get(&scope);
        let end = span.map_or(now, |span| span.to.max(now));
        let soon = self.rng.percent(65);
        let most = if soon { end } else { end + CYCLE };
        let then = self.rng.within(now + 1, most.max(now + 1));
        self.found.expire(when, now, then);
    }
}

/// Sets an aim, if there is one.
fn put(aim: &mut u32, target: Option<u32>) -> bool {
    *aim = target.unwrap_or(*aim);
    target.is_some()
}

/// One of these, by weight.
fn pick(
    rng: &mut Rng,
    among: &BTreeMap<u32, Span>,
    weight: impl Fn(u32, &Span) -> u64,
) -> Option<u32> {
    let weights: Vec<(u64, u32)> = among
        .iter()
        .map(|(id, span)| (weight(*id, span), *id))
        .collect();
    rng.weighted(&weights)
}
