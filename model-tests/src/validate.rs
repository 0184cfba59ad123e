//! Whether a program keeps the rules of `FORMAT.md`, and so may be run anywhere. Each operation has its own, which makes the
//! file longer than others.
//!
//! Two passes: a `Census` of what is defined and used, anywhere in the program; then a walk that
//! knows what is around each place. The first fault is reported, with its spot. A fault that taking an
//! operation away would mend has the spot of that operation; the shrinker relies on it.

use std::fmt;

use crate::place::{Known, Phase, Place};
use crate::program::{Arm, Grace, Kind, Op, Program, Step, When};
use crate::visit::Spot;

mod census;

use census::{Census, Thing};

/// The most slots that a program may have.
pub const MAX_SLOTS: u32 = 1 << 12;
/// The most turns of a slot.
pub const MAX_TURNS: u32 = 1000;
/// The most cycles of a grace period.
pub const MAX_GRACE: u32 = 8;
/// The most items that are taken.
pub const MAX_TAKE: u32 = 1000;

/// What is wrong with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// Where.
    pub spot: Spot,
    /// What.
    pub fault: String,
}

impl Invalid {
    fn new(spot: &Spot, fault: impl Into<String>) -> Self {
        Self {
            spot: spot.clone(),
            fault: fault.into(),
        }
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.spot, self.fault)
    }
}

impl std::error::Error for Invalid {}

/// Checks a program.
///
/// # Errors
///
/// The first rule that it breaks, and where.
pub fn validate(program: &Program) -> Result<(), Invalid> {
    let whole = Spot::default();
    let [
        Op::Scope {
            id,
            deadline: Some(_),
            ..
        },
    ] = program.main.as_slice()
    else {
        return Err(Invalid::new(
            &whole,
            "main is not one scope with a deadline",
        ));
    };
    if program.slots > MAX_SLOTS {
        return Err(Invalid::new(&whole, format!("over {MAX_SLOTS} slots")));
    }
    let census = Census::take(program)?;
    if census.is_moved(*id) {
        return Err(Invalid::new(&whole, "the deadline of main is moved"));
    }
    let mut walk = Walk {
        census: &census,
        spot: whole,
    };
    walk.block(&program.main, 0, Place::main())?;
    Ok(())
}

struct Walk<'c> {
    census: &'c Census,
    // Where the walk is.
    spot: Spot,
}

/// A fault found where the spot is known to the caller.
type Checked<T = ()> = Result<T, String>;

fn ensure(holds: bool, fault: impl FnOnce() -> String) -> Checked {
    if holds { Ok(()) } else { Err(fault()) }
}

impl Walk<'_> {
    /// Checks a block. Says whether `started` stands in it.
    fn block(&mut self, block: &[Op], which: usize, mut place: Place) -> Result<bool, Invalid> {
        let mut started = false;
        for (index, op) in block.iter().enumerate() {
            self.spot.0.push((which, index));
            let inside = self
                .op(op, &place)
                .and_then(|()| self.inside(op, &place))
                .map_err(|fault| Invalid::new(&self.spot, fault))?;
            let mut within = false;
            for (which, (inner, place)) in inside.into_iter().enumerate() {
                within |= self.block(inner, which, place)?;
            }
            self.spot.0.pop();
            let within = within && !matches!(op, Op::Start { .. });
            let here = matches!(op, Op::Started { .. });
            if here || within {
                started = true;
                // It is said once.
                place.starts = false;
                place.phase = if here { Phase::After } else { Phase::Maybe };
            }
        }
        Ok(started)
    }

    /// Checks an operation itself.
    fn op(&self, op: &Op, place: &Place) -> Checked {
        let wait = |what: &str| {
            ensure(place.bounded(), || {
                format!("{what} where nothing can end it")
            })
        };
        match op {
            Op::Sleep { turns, .. } => turns_of(*turns, 1),
            Op::Wait { .. } => wait("`wait`"),
            Op::Forever => wait("`forever`"),
            Op::Send { .. } => wait("`send`"),
            Op::Receive { .. } => wait("`receive`"),
            Op::Hold { .. } => wait("`hold`"),
            Op::Lock { .. } => wait("`lock`"),
            Op::Watch { .. } => wait("`watch`"),
            Op::Meet { .. } => wait("`meet`"),
            Op::Reserve { .. } => wait("`reserve`"),
            Op::Publish { .. } => wait("`publish`"),
            Op::Listen { take, .. } => {
                ensure(*take <= MAX_TAKE, || format!("{take} items"))?;
                wait("`listen`")
            }
            Op::Fill { .. } => wait("`fill`"),
            Op::Get { .. } => wait("`get`"),
            Op::Ask { .. } => wait("`ask`"),
            Op::Cancel { scope, .. } => match self.census.thing(*scope) {
                Some(Thing::Scope | Thing::Group { .. }) => Ok(()),
                _ => Err(format!("{scope} is no scope or group")),
            },
            Op::Deadline { scope, to, .. } => {
                if let Some(to) = to {
                    turns_of(to.turns, 0)?;
                }
                match self.census.thing(*scope) {
                    Some(Thing::Scope) => Ok(()),
                    _ => Err(format!("{scope} is no scope")),
                }
            }
            Op::Start { group, .. } => {
                // The child may wait for a place that the starter's own task has.
                if known(place, *group)?.limited {
                    wait("`start` in a limited group")?;
                }
                Ok(())
            }
            Op::Spawn { group, .. } => known(place, *group).map(drop),
            Op::Started { .. } => ensure(place.starts, || {
                "`started` where no task is being started, or a second one".to_owned()
            }),
            Op::Join { task, .. } => {
                ensure(!place.tasks.contains(task), || {
                    format!("task {task} joins itself or one around it")
                })?;
                self.handle(*task, place)?;
                wait("`join`")
            }
            Op::CancelTask { task, .. } => self.handle(*task, place),
            Op::Fail { .. } => ensure(place.fallible, || {
                "`fail` where the error has nowhere to go".to_owned()
            }),
            Op::Scope { deadline, .. } => {
                deadline.map_or(Ok(()), |When { turns, .. }| turns_of(turns, 0))
            }
            Op::Group {
                failing,
                local,
                limit,
                catch,
                ..
            } => {
                ensure(!failing || *catch || place.fallible, || {
                    "a group whose errors have nowhere to go".to_owned()
                })?;
                ensure(!local || place.local, || {
                    "a local group outside of main and of local tasks".to_owned()
                })?;
                ensure(*limit != Some(0) || place.bounded_beside(), || {
                    "a limit of 0 where nothing can end it".to_owned()
                })
            }
            Op::Together {
                kind,
                catch,
                limit,
                take,
                arms,
                body,
                ..
            } => {
                ensure(!arms.is_empty(), || "nothing to be run together".to_owned())?;
                ensure(limit.is_none() || kind.is_limited(), || {
                    "a limit of what has none".to_owned()
                })?;
                ensure(*limit != Some(0), || "a limit of 0 arms".to_owned())?;
                let is_taken = take.is_none() && body.is_empty() || *kind == Kind::AsCompleted;
                ensure(is_taken, || "ends that nobody takes".to_owned())?;
                ensure(!kind.is_failing() || *catch || place.fallible, || {
                    "arms whose errors have nowhere to go".to_owned()
                })
            }
            Op::Shield { grace, .. } | Op::Finally { grace, .. } => grace_of(*grace),
            Op::Restore { .. } => ensure(place.in_shield(), || {
                "`restore` outside of a shield of its task".to_owned()
            }),
            Op::Defer { group, error, .. } => {
                let failing = known(place, *group)?.failing;
                ensure(error.is_none() || failing, || {
                    "a hook that fails in a group that cannot".to_owned()
                })
            }
            Op::Blocking { body, .. } => body.iter().try_for_each(|step| match step {
                Step::Sleep { turns, .. } => turns_of(*turns, 1),
                Step::Check => Ok(()),
            }),
            Op::Checkpoint { .. }
            | Op::State { .. }
            | Op::Set { .. }
            | Op::Close { .. }
            | Op::Hush { .. }
            | Op::Give { .. }
            | Op::Use { .. }
            | Op::Notify { .. }
            | Op::Panic { .. } => Ok(()),
        }
    }

    /// The blocks of an operation, and what is around them.
    fn inside<'p>(&self, op: &'p Op, place: &Place) -> Checked<Vec<(&'p [Op], Place)>> {
        let body = |body: &'p [Op], place| Ok(vec![(body, place)]);
        match op {
            Op::Scope {
                id,
                deadline,
                body: b,
            } => body(
                b,
                place.scope(deadline.is_some() && !self.census.is_moved(*id)),
            ),
            Op::Group {
                id,
                failing,
                local,
                limit,
                body: b,
                ..
            } => {
                let group = Known {
                    id: *id,
                    failing: *failing,
                    local: *local,
                    limited: limit.is_some(),
                    bounded: place.bounded_beside(),
                };
                body(b, place.group(group))
            }
            Op::Together {
                kind, arms, body, ..
            } => {
                let arm = |arm: &'p Arm| {
                    let inside = place.arm(kind.is_failing(), arm.task);
                    (arm.body.as_slice(), inside)
                };
                let body = (body.as_slice(), place.beside_arms());
                Ok(arms.iter().map(arm).chain([body]).collect())
            }
            Op::Shield { grace, body: b, .. } => body(b, place.shield(grace.is_some())),
            Op::Restore { body: b, .. } => body(b, place.restore()),
            Op::Hold { body: b, .. }
            | Op::Lock { body: b, .. }
            | Op::Reserve { body: b, .. }
            | Op::Listen { body: b, .. }
            | Op::Fill { body: b, .. }
            | Op::Get { body: b, .. }
            | Op::Use { body: b, .. } => body(b, place.clone()),
            Op::Watch { first, body: b, .. } => {
                Ok(vec![(first, place.clone()), (b, place.clone())])
            }
            Op::Defer { body: b, .. } => body(b, place.hook()),
            Op::Spawn {
                group,
                task,
                body: b,
                ..
            } => body(b, place.spawn(known(place, *group)?, *task)),
            Op::Start {
                group,
                task,
                body: b,
                ..
            } => body(b, place.start(known(place, *group)?, *task)),
            Op::Finally {
                grace,
                body: b,
                cleanup,
                ..
            } => Ok(vec![
                (b, place.clone()),
                (cleanup, place.cleanup(grace.is_some())),
            ]),
            _ => Ok(Vec::new()),
        }
    }

    /// A handle of a local task cannot be sent, so only main and local tasks may have it.
    fn handle(&self, task: u32, place: &Place) -> Checked {
        let Some(local) = self.census.task_is_local(task) else {
            return Err(format!("there is no task {task}"));
        };
        ensure(!local || place.local, || {
            format!("the handle of local task {task} where it cannot be")
        })
    }
}

fn known(place: &Place, group: u32) -> Checked<Known> {
    let found = place.groups.iter().rev().find(|known| known.id == group);
    found
        .copied()
        .ok_or_else(|| format!("group {group} cannot be named here"))
}

fn turns_of(turns: u32, least: u32) -> Checked {
    ensure((least..=MAX_TURNS).contains(&turns), || {
        format!("{turns} turns")
    })
}

fn grace_of(grace: Option<Grace>) -> Checked {
    let Some(Grace { cycles, .. }) = grace else {
        return Ok(());
    };
    ensure((1..=MAX_GRACE).contains(&cycles), || {
        format!("a grace period of {cycles} cycles")
    })
}

#[cfg(test)]
mod tests;
