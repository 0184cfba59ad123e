//! Operations made plainer, each in its place.
//!
//! Always true: whatever becomes plainer, nothing becomes less plain by it; so it ends.

use crate::program::{Grace, Kind, Op, Step, When};
use crate::visit::{Sort, numbers_mut};

/// How an operation is made plainer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plain {
    /// No deadline, limit, grace period, error of a hook, event that ends a wait, item that keeps a promise; no target of
    /// a moved deadline.
    NoOption,
    NotFailing,
    NotLocal,
    NoCatch,
    NoFlag,
    /// Turns of the operation or its deadline, cycles, or how many items are taken, if that is less.
    Turns(u32),
    NoStep(usize),
    StepTurns(usize),
    /// A spawn in the place of a start.
    Spawn,
    /// A sleep in the place of another operation without a block.
    Sleep,
}

/// In which ways an operation may be made plainer.
pub(super) fn fields(op: &Op) -> Vec<Plain> {
    let turns = |turns: u32| {
        let mut less = vec![1, turns / 2, turns.saturating_sub(1)];
        less.dedup();
        less.retain(|&less| 0 < less && less < turns);
        less.into_iter().map(Plain::Turns).collect::<Vec<_>>()
    };
    let optional = |present: bool| present.then_some(Plain::NoOption);
    let deadline = |when: &Option<When>| {
        let mut ways: Vec<Plain> = optional(when.is_some()).into_iter().collect();
        ways.extend(when.map_or(Vec::new(), |when| turns(when.turns)));
        ways
    };
    let grace = |grace: &Option<Grace>| {
        let mut ways: Vec<Plain> = optional(grace.is_some()).into_iter().collect();
        ways.extend(grace.map_or(Vec::new(), |grace| turns(grace.cycles)));
        ways
    };
    let flags = |flags: &[(bool, Plain)]| {
        let set = flags.iter().filter(|(set, _)| *set);
        set.map(|(_, plain)| *plain).collect::<Vec<_>>()
    };
    match op {
        Op::Sleep { turns: count, .. } => turns(*count),
        Op::Deadline { to, .. } => [deadline(to), vec![Plain::Sleep]].concat(),
        Op::Scope { deadline: when, .. } => deadline(when),
        Op::Shield { grace: period, .. } | Op::Finally { grace: period, .. } => grace(period),
        Op::Defer { error, .. } => flags(&[(error.is_some(), Plain::NoOption)]),
        Op::Spawn { daemon, .. } => flags(&[(*daemon, Plain::NoFlag)]),
        Op::Start { .. } => vec![Plain::Spawn],
        Op::Group {
            failing,
            local,
            limit,
            catch,
            ..
        } => flags(&[
            (limit.is_some(), Plain::NoOption),
            (*failing, Plain::NotFailing),
            (*local, Plain::NotLocal),
            (*catch, Plain::NoCatch),
        ]),
        Op::Together {
            kind,
            catch,
            limit,
            take,
            ..
        } => flags(&[
            (limit.is_some() || take.is_some(), Plain::NoOption),
            (kind.is_failing(), Plain::NotFailing),
            (*catch, Plain::NoCatch),
        ]),
        Op::Blocking { abandon, body, .. } => {
            let mut ways = flags(&[(*abandon, Plain::NoFlag)]);
            for (index, step) in body.iter().enumerate() {
                ways.push(Plain::NoStep(index));
                if matches!(step, Step::Sleep { turns: 2.., .. }) {
                    ways.push(Plain::StepTurns(index));
                }
            }
            ways.push(Plain::Sleep);
            ways
        }
        Op::Lock { unless, .. } => flags(&[(unless.is_some(), Plain::NoOption)]),
        Op::Notify { all, .. } => [flags(&[(*all, Plain::NoFlag)]), vec![Plain::Sleep]].concat(),
        Op::Meet { at: Some(_), .. } => vec![Plain::Sleep],
        Op::Listen { take, .. } => turns(*take),
        Op::Give { item, .. } => {
            let ways = flags(&[(item.is_some(), Plain::NoOption)]);
            [ways, vec![Plain::Sleep]].concat()
        }
        Op::Restore { .. }
        | Op::Hold { .. }
        | Op::Watch { .. }
        | Op::Reserve { .. }
        | Op::Fill { .. }
        | Op::Get { .. }
        | Op::Use { .. }
        | Op::Meet { .. }
        | Op::Ask { .. }
        | Op::Wait { .. }
        | Op::Forever => Vec::new(),
        Op::Checkpoint { .. }
        | Op::State { .. }
        | Op::Set { .. }
        | Op::Cancel { .. }
        | Op::Started { .. }
        | Op::Join { .. }
        | Op::CancelTask { .. }
        | Op::Send { .. }
        | Op::Receive { .. }
        | Op::Close { .. }
        | Op::Publish { .. }
        | Op::Hush { .. }
        | Op::Fail { .. }
        | Op::Panic { .. } => vec![Plain::Sleep],
    }
}

impl Plain {
    /// Changes an operation. Says whether it is of the kind that can be.
    pub(super) fn apply(self, op: &mut Op) -> bool {
        match (self, &mut *op) {
            (Self::NoOption, Op::Scope { deadline: when, .. } | Op::Deadline { to: when, .. }) => {
                *when = None;
            }
            (Self::NoOption, Op::Shield { grace, .. } | Op::Finally { grace, .. }) => *grace = None,
            (Self::NoOption, Op::Group { limit, .. }) => *limit = None,
            (Self::NoOption, Op::Defer { error, .. }) => *error = None,
            (Self::NoOption, Op::Lock { unless, .. }) => *unless = None,
            (Self::NoOption, Op::Give { item, .. }) => *item = None,
            (Self::NoOption, Op::Together { limit, take, .. }) => (*limit, *take) = (None, None),
            (Self::NotFailing, Op::Group { failing, .. }) => *failing = false,
            (Self::NotLocal, Op::Group { local, .. }) => *local = false,
            (Self::NoCatch, Op::Group { catch, .. } | Op::Together { catch, .. }) => *catch = false,
            (Self::NotFailing, Op::Together { kind, .. }) => {
                *kind = match kind {
                    Kind::RaceOk => Kind::Race,
                    Kind::TryAmap => Kind::Amap,
                    _ => Kind::Gather,
                };
            }
            (
                Self::NoFlag,
                Op::Spawn { daemon: flag, .. }
                | Op::Blocking { abandon: flag, .. }
                | Op::Notify { all: flag, .. },
            ) => {
                *flag = false;
            }
            (Self::Turns(less), Op::Sleep { turns, .. } | Op::Listen { take: turns, .. }) => {
                *turns = less;
            }
            (
                Self::Turns(less),
                Op::Scope {
                    deadline: Some(when),
                    ..
                }
                | Op::Deadline { to: Some(when), .. },
            ) => when.turns = less,
            (
                Self::Turns(less),
                Op::Shield {
                    grace: Some(grace), ..
                }
                | Op::Finally {
                    grace: Some(grace), ..
                },
            ) => grace.cycles = less,
            (Self::NoStep(index), Op::Blocking { body, .. }) if index < body.len() => {
                body.remove(index);
            }
            (Self::StepTurns(index), Op::Blocking { body, .. }) => match body.get_mut(index) {
                Some(Step::Sleep { turns, .. }) => *turns = 1,
                _ => return false,
            },
            (
                Self::Spawn,
                Op::Start {
                    at,
                    group,
                    task,
                    body,
                },
            ) => {
                *op = Op::Spawn {
                    at: *at,
                    group: *group,
                    task: *task,
                    daemon: false,
                    body: std::mem::take(body),
                };
            }
            (Self::Sleep, _) => match slot(op) {
                Some(at) => *op = Op::Sleep { at, turns: 1 },
                None => return false,
            },
            _ => return false,
        }
        true
    }
}

/// The slot of an operation that sleeps first.
fn slot(op: &mut Op) -> Option<u32> {
    let mut first = None;
    numbers_mut(op, |sort, number| {
        if sort == Sort::Slot {
            first.get_or_insert(*number);
        }
    });
    first
}
