//! Tasks that may move between threads: those of ordinary groups.

use std::collections::BTreeMap;
use std::future::Future;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};

use anyrt::{Cancelled, StartError, Started, TaskGroup, TryTaskGroup, task_group, try_task_group};
use futures_util::FutureExt;

use super::code::{interpreter, open};
use super::notes::{self, End};
use super::{Failure, Outcome, ProgramPanic, World, blocking, hands, spread, values};
use crate::program::{Arm, Block, Kind, Op};
use crate::trace::{How, Joined, Note};

pub(super) type StartedSlot = Arc<Mutex<Option<Started<()>>>>;

/// What a block sees.
#[derive(Clone)]
pub(super) struct Env {
    pub(super) world: World,
    pub(super) track: String,
    pub(super) groups: BTreeMap<u32, Group>,
    /// What the body of a `start` says that it has started with.
    pub(super) started: StartedSlot,
}

/// An ordinary group.
#[derive(Clone)]
pub(super) enum Group {
    Plain(TaskGroup),
    Failing(TryTaskGroup<Failure>),
}

interpreter! { + Send }

impl Env {
    fn spread(&self) -> Self {
        self.clone()
    }
}

/// Runs a group, and tells what it has come to.
fn group<'a>(
    env: &'a Env,
    id: u32,
    (failing, _, limit): (bool, bool, Option<u32>),
    body: &'a [Op],
) -> Running<'a, (How, Outcome)> {
    Box::pin(async move {
        if failing {
            notes::failing(open!(
                try_task_group,
                Group::Failing,
                |end| end,
                env,
                id,
                limit,
                body
            ))
        } else {
            notes::plain(open!(
                task_group,
                Group::Plain,
                unfailing,
                env,
                id,
                limit,
                body
            ))
        }
    })
}

/// The end of a block that cannot fail.
pub(super) fn unfailing(outcome: Outcome) {
    debug_assert!(outcome.is_ok(), "no error can come here");
}

/// Spawns a task; tells whether the group was open.
fn spawn(env: &Env, group: u32, number: u32, daemon: bool, body: &Block) -> bool {
    let group = &env.groups[&group];
    let future = task(env.for_task(number, None), number, body.clone());
    group.spawn(&env.world, number, daemon, future)
}

impl Group {
    pub(super) fn spawn(
        &self,
        world: &World,
        task: u32,
        daemon: bool,
        future: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    ) -> bool {
        let spawned = match self {
            Group::Plain(g) => {
                let builder = if daemon { g.task().daemon() } else { g.task() };
                builder.try_spawn(async { unfailing(future.await) }).ok()
            }
            Group::Failing(g) => {
                let builder = if daemon { g.task().daemon() } else { g.task() };
                builder.try_spawn(future).ok()
            }
        };
        let Some(handle) = spawned else { return false };
        world.tables.add_task(task, handle);
        true
    }

    /// Starts a task.
    pub(super) fn start(
        &self,
        env: Env,
        number: u32,
        body: Block,
    ) -> Pin<Box<dyn Future<Output = Result<(), StartError<Failure>>> + Send>> {
        let world = env.world.clone();
        match self.clone() {
            Group::Plain(g) => Box::pin(async move {
                let started = g.start(|started| {
                    let future = task(env.for_task(number, Some(started)), number, body);
                    async { unfailing(future.await) }
                });
                match started.await {
                    Ok(((), handle)) => world.tables.add_task(number, handle),
                    Err(StartError::NotStarted) => return Err(StartError::NotStarted),
                    Err(_) => return Err(StartError::Closed),
                }
                Ok(())
            }),
            Group::Failing(g) => Box::pin(async move {
                let started =
                    g.start(|started| task(env.for_task(number, Some(started)), number, body));
                let ((), handle) = started.await?;
                world.tables.add_task(number, handle);
                Ok(())
            }),
        }
    }

    pub(super) fn defer(&self, hook: Hook) {
        match self {
            Group::Plain(g) => g.defer(|_| hook),
            Group::Failing(g) => g.defer(|_| hook),
        }
    }
}

fn start<'a>(
    env: &'a Env,
    group: u32,
    number: u32,
    body: &Block,
) -> Running<'a, Result<(), StartError<Failure>>> {
    env.groups[&group].start(env.clone(), number, body.clone())
}

pub(super) type Hook = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// What a hook does.
pub(super) fn hook(env: Env, id: u32, error: Option<u32>, body: Block) -> Hook {
    let env = Env {
        track: format!("h{id}"),
        ..env
    };
    Box::pin(async move {
        env.note(Note::Begin);
        unfailing(block(&env, &body).await);
        env.note(Note::Ended);
        error.map_or(Ok(()), |error| Err(error.to_string()))
    })
}

fn defer(env: &Env, group: u32, hook: Hook) {
    env.groups[&group].defer(hook);
}

fn join(env: &Env, task: u32) -> Running<'_, Joined> {
    let handle = env.world.tables.task(task);
    Box::pin(async move {
        match handle {
            Some(handle) => notes::joined(handle.wait().await),
            None => Joined::Unknown,
        }
    })
}

fn cancel_task(env: &Env, task: u32) {
    if let Some(handle) = env.world.tables.task(task) {
        handle.cancel();
    }
}
