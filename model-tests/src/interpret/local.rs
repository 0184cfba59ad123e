//! Tasks that stay where they are: the main task, and those of local groups.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};

use anyrt::{
    Cancelled, LocalTaskGroup, LocalTaskHandle, StartError, Started, TaskGroup, TryLocalTaskGroup,
    TryTaskGroup, local_task_group, task_group, try_local_task_group, try_task_group,
};
use futures_util::FutureExt;

use super::code::{interpreter, open};
use super::notes::{self, End};
use super::spread::{self, Hook, StartedSlot, unfailing};
use super::{Failure, Outcome, ProgramPanic, World, blocking, hands, values};
use crate::program::{Arm, Block, Kind, Op};
use crate::trace::{How, Joined, Note};

/// What a block sees.
#[derive(Clone)]
pub(super) struct Env {
    world: World,
    track: String,
    groups: BTreeMap<u32, Group>,
    handles: Rc<RefCell<BTreeMap<u32, Rc<LocalTaskHandle<()>>>>>,
    started: StartedSlot,
}

#[derive(Clone)]
enum Group {
    Spread(spread::Group),
    Plain(LocalTaskGroup<'static>),
    Failing(TryLocalTaskGroup<'static, Failure>),
}

interpreter! {}

/// Runs the main task.
pub(super) async fn main(world: &World, body: &[Op]) {
    let env = Env {
        world: world.clone(),
        track: "t0".to_owned(),
        groups: BTreeMap::new(),
        handles: Rc::default(),
        started: StartedSlot::default(),
    };
    let mut end = End::begin(world, 0);
    let ended = AssertUnwindSafe(block(&env, body)).catch_unwind().await;
    end.set(&ended);
    match ended {
        Ok(outcome) => unfailing(outcome),
        Err(payload) => resume_unwind(payload),
    }
}

impl Env {
    /// What a task sees that may move.
    fn spread(&self) -> spread::Env {
        let groups = self.groups.iter().filter_map(|(id, group)| match group {
            Group::Spread(group) => Some((*id, group.clone())),
            Group::Plain(_) | Group::Failing(_) => None,
        });
        spread::Env {
            world: self.world.clone(),
            track: self.track.clone(),
            groups: groups.collect(),
            started: self.started.clone(),
        }
    }

    fn add_task(&self, task: u32, handle: LocalTaskHandle<()>) {
        self.handles.borrow_mut().insert(task, Rc::new(handle));
    }
}

fn group<'a>(
    env: &'a Env,
    id: u32,
    (failing, local, limit): (bool, bool, Option<u32>),
    body: &'a [Op],
) -> Running<'a, (How, Outcome)> {
    let spread_plain = |g: TaskGroup| Group::Spread(spread::Group::Plain(g));
    let spread_failing = |g: TryTaskGroup<Failure>| Group::Spread(spread::Group::Failing(g));
    Box::pin(async move {
        match (local, failing) {
            (false, false) => notes::plain(open!(
                task_group,
                spread_plain,
                unfailing,
                env,
                id,
                limit,
                body
            )),
            (false, true) => notes::failing(open!(
                try_task_group,
                spread_failing,
                |end| end,
                env,
                id,
                limit,
                body
            )),
            (true, false) => notes::plain(open!(
                local_task_group,
                Group::Plain,
                unfailing,
                env,
                id,
                limit,
                body
            )),
            (true, true) => notes::failing(open!(
                try_local_task_group,
                Group::Failing,
                |end| end,
                env,
                id,
                limit,
                body
            )),
        }
    })
}

fn spawn(env: &Env, group: u32, number: u32, daemon: bool, body: &Block) -> bool {
    let spawned = match &env.groups[&group] {
        Group::Spread(group) => {
            let future = spread::task(env.spread().for_task(number, None), number, body.clone());
            return group.spawn(&env.world, number, daemon, future);
        }
        Group::Plain(g) => {
            let builder = if daemon { g.task().daemon() } else { g.task() };
            let future = task(env.for_task(number, None), number, body.clone());
            builder.try_spawn(async { unfailing(future.await) }).ok()
        }
        Group::Failing(g) => {
            let builder = if daemon { g.task().daemon() } else { g.task() };
            let future = task(env.for_task(number, None), number, body.clone());
            builder.try_spawn(future).ok()
        }
    };
    let Some(handle) = spawned else { return false };
    env.add_task(number, handle);
    true
}

fn start<'a>(
    env: &'a Env,
    group: u32,
    number: u32,
    body: &'a Block,
) -> Running<'a, Result<(), StartError<Failure>>> {
    let theirs = env.clone();
    match &env.groups[&group] {
        Group::Spread(group) => group.start(env.spread(), number, body.clone()),
        Group::Plain(g) => Box::pin(async move {
            let started = g.start(move |started| {
                let future = task(theirs.for_task(number, Some(started)), number, body.clone());
                async { unfailing(future.await) }
            });
            match started.await {
                Ok(((), handle)) => env.add_task(number, handle),
                Err(StartError::NotStarted) => return Err(StartError::NotStarted),
                Err(_) => return Err(StartError::Closed),
            }
            Ok(())
        }),
        Group::Failing(g) => Box::pin(async move {
            let started = g.start(move |started| {
                task(theirs.for_task(number, Some(started)), number, body.clone())
            });
            let ((), handle) = started.await?;
            env.add_task(number, handle);
            Ok(())
        }),
    }
}

fn defer(env: &Env, group: u32, hook: Hook) {
    match &env.groups[&group] {
        Group::Spread(group) => group.defer(hook),
        Group::Plain(g) => g.defer(|_| hook),
        Group::Failing(g) => g.defer(|_| hook),
    }
}

fn join(env: &Env, task: u32) -> Running<'_, Joined> {
    let here = env.handles.borrow().get(&task).cloned();
    let there = env.world.tables.task(task);
    Box::pin(async move {
        match (here, there) {
            (Some(handle), _) => notes::joined(handle.wait().await),
            (None, Some(handle)) => notes::joined(handle.wait().await),
            (None, None) => Joined::Unknown,
        }
    })
}

fn cancel_task(env: &Env, task: u32) {
    let here = env.handles.borrow().get(&task).cloned();
    if let Some(handle) = here {
        handle.cancel();
    } else if let Some(handle) = env.world.tables.task(task) {
        handle.cancel();
    }
}
