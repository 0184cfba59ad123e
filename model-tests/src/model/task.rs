//! A task: a stack of frames, what it waits for, and how it ends; and the loop that polls it.
//!
//! A frame is a place where the end of what is above it has a meaning. Blocks are frames as well, so the whole state of
//! a task that waits is its stack and its wait. A poll takes the task from wait to wait (SC3: what is ready is taken
//! first, and only a task that is still pending is asked whether it is dropped).
//!
//! What is always true:
//! 1. On top of a waiting task is a block, a group whose body is gone, who takes what comes of arms or of a broadcast, or a
//!    lock that it cannot give away (SC4).
//! 2. A frame is gone only after everything above it (FI2).

use super::World;
use super::barrier::BarrierIx;
use super::broadcast::{BroadcastIx, ListenerId};
use super::call::CallIx;
use super::group::GroupIx;
use super::permits::{LockIx, Of};
use super::stream::StreamIx;
use super::tree::RegionId;
use super::values::Wish;
use crate::program::{Block, Grace, Op};
use crate::trace::{How, Note};

pub(super) type TaskIx = usize;

pub(super) struct Task<'p> {
    pub(super) number: u32,
    /// The region that its handle cancels.
    pub(super) region: RegionId,
    pub(super) body: &'p Block,
    /// The group that counts it; none for main.
    pub(super) group: Option<GroupIx>,
    pub(super) daemon: bool,
    /// Whether somebody waits in `start` for it, and it has not said that it has started.
    pub(super) starting: bool,
    /// Whether it ended so after its starter's region was cancelled (ST2).
    pub(super) too_late: bool,
    /// What others have granted to its wait for a turn.
    pub(super) granted: Option<Note>,
    pub(super) phase: Phase<'p>,
    pub(super) frames: Vec<Frame<'p>>,
}

pub(super) enum Phase<'p> {
    /// Waits for a place in its group, unpolled (TG11).
    Queued,
    /// Has its place and was never polled.
    Fresh,
    Waiting(Wait<'p>),
    /// Is being polled.
    Running,
    /// Is being polled on a thread of its own, and others go first for a moment.
    Between(Step),
    Ended(Flow),
}

/// What a task waits for.
pub(super) enum Wait<'p> {
    /// For ever: also what was first polled in a cancelled region (SC4).
    Never,
    /// Until an instant; then it goes on with something.
    Sleep(u64, Then<'p>),
    Event(u32),
    /// For the end of a task; then for the sleep of this operation.
    Join(TaskIx, &'p Op),
    /// For a task to say that it has started.
    Start(TaskIx),
    Call(CallIx),
    /// For the tasks of a group whose body is gone.
    Drain(GroupIx),
    /// For the next arm to end.
    Taken(GroupIx),
    /// For a promise to be kept or broken.
    Promise(u32),
    /// For somebody to grant what it asks for.
    Turn(Turn<'p>),
}

/// What a task asks others for.
#[derive(Clone, Copy)]
pub(super) enum Turn<'p> {
    /// To take the item that it sends.
    Send(StreamIx),
    /// To give it an item.
    Receive(StreamIx),
    /// For room for an item; then it runs the block.
    Reserve(StreamIx, u32, &'p Block),
    /// For a place for the item that it sends to all.
    Publish(BroadcastIx, u32),
    /// For the next item of a broadcast.
    Hear(BroadcastIx, ListenerId),
    /// To make a value, if nobody else has.
    Make(Wish<'p>),
    /// For a permit; then it runs the block. An event that is set ends the wait.
    Permit(Of, Option<u32>, &'p Block),
    /// For a lock; then it runs the operation's first block.
    Watch(LockIx, &'p Op),
    /// To be told; the lock is given away.
    Notice(LockIx, &'p Block),
    /// For the lock again, since it was told; then it runs the block.
    Again(LockIx, &'p Block),
    /// For enough others at a barrier.
    Meet(BarrierIx),
}

/// What follows a sleep.
pub(super) enum Then<'p> {
    Note(Note),
    Act(&'p Op),
}

pub(super) enum Frame<'p> {
    Block {
        ops: &'p Block,
        next: usize,
    },
    Scope {
        id: u32,
        region: RegionId,
    },
    Restore {
        id: u32,
        region: RegionId,
    },
    /// Holds a permit.
    Hold(Of),
    /// Has room for an item, which it sends at its end.
    Reserve(StreamIx, u32),
    /// Listens, and takes so many items after the block.
    Listen(BroadcastIx, ListenerId, u32),
    /// Makes a value.
    Make(Wish<'p>),
    /// Takes so many of the ends of arms after the block, or all.
    Take(GroupIx, Option<u32>),
    /// Holds a lock, and gives it away to be told before it runs the block.
    Watch(LockIx, &'p Block),
    Shield {
        id: u32,
        region: RegionId,
    },
    Finally {
        id: u32,
        grace: Option<Grace>,
        cleanup: &'p Block,
    },
    /// A cleanup, and how its body has ended.
    Cleanup {
        id: u32,
        region: RegionId,
        body: Flow,
    },
    Group(GroupIx, RegionId),
    Hook {
        id: u32,
        region: RegionId,
        group: GroupIx,
        error: Option<u32>,
    },
}

/// How a block, and what is around it, ends.
#[derive(Clone)]
pub(super) enum Flow {
    Done,
    Failed(Vec<u32>),
    Panicked(u32),
    /// It was dropped.
    Cut,
}

/// Where a poll stands.
pub(super) enum Step {
    /// The frame on top goes on.
    Next,
    /// The task waits.
    Pend,
    /// What was on top is gone, and this is how it ended: the frame on top now has to deal with it.
    Leave(Flow),
}

impl<'p> Task<'p> {
    pub(super) fn new(number: u32, region: RegionId, body: &'p Block) -> Self {
        Task {
            number,
            region,
            body,
            group: None,
            daemon: false,
            starting: false,
            too_late: false,
            granted: None,
            phase: Phase::Fresh,
            frames: Vec::new(),
        }
    }

    /// The innermost region that the task is in.
    pub(super) fn here(&self) -> RegionId {
        let innermost = self.frames.iter().rev().find_map(Frame::region);
        innermost.unwrap_or(self.region)
    }

    /// Where it notes: in the track of the hook that it runs, or else in its own.
    pub(super) fn track(&self) -> String {
        let hook = self.frames.iter().rev().find_map(|frame| match frame {
            Frame::Hook { id, .. } => Some(format!("h{id}")),
            _ => None,
        });
        hook.unwrap_or_else(|| format!("t{}", self.number))
    }

    pub(super) fn push(&mut self, frame: Frame<'p>, ops: &'p Block) -> Step {
        self.frames.push(frame);
        self.frames.push(Frame::Block { ops, next: 0 });
        Step::Next
    }

    /// The next operation of the block on top; at its end the block is gone.
    fn next_op(&mut self) -> Option<&'p Op> {
        let Some(Frame::Block { ops, next }) = self.frames.last_mut() else {
            unreachable!("only blocks go on");
        };
        let op = ops.get(*next);
        *next += 1;
        if op.is_none() {
            self.frames.pop();
        }
        op
    }
}

impl Frame<'_> {
    pub(super) fn region(&self) -> Option<RegionId> {
        match self {
            Frame::Block { .. }
            | Frame::Finally { .. }
            | Frame::Hold(_)
            | Frame::Reserve(..)
            | Frame::Listen(..)
            | Frame::Make(_)
            | Frame::Take(..)
            | Frame::Watch(..) => None,
            Frame::Scope { region, .. }
            | Frame::Restore { region, .. }
            | Frame::Shield { region, .. }
            | Frame::Cleanup { region, .. }
            | Frame::Group(_, region)
            | Frame::Hook { region, .. } => Some(*region),
        }
    }
}

impl Flow {
    pub(super) fn how(&self) -> How {
        match self {
            Flow::Done => How::Completed,
            Flow::Failed(errors) => How::Failed(sorted(errors)),
            Flow::Panicked(panic) => How::Panicked(Some(*panic)),
            Flow::Cut => How::Cancelled(None),
        }
    }
}

pub(super) fn sorted(errors: &[u32]) -> Vec<u32> {
    let mut errors = errors.to_vec();
    errors.sort_unstable();
    errors
}

impl World<'_> {
    /// Takes a task one step further. Between two steps any other may go first, as on another thread.
    pub(super) fn poll(&mut self, t: TaskIx) {
        // TG11: a task that is cancelled while it waits for a place ends unpolled, and leaves nothing in the trace.
        if matches!(self.tasks[t].phase, Phase::Queued) {
            return self.count_as_ended(t, Flow::Cut);
        }
        let was_waiting = !matches!(self.tasks[t].phase, Phase::Between(_));
        let step = match self.resume(t) {
            // What a wait has led to is a step of its own.
            step if was_waiting => step,
            Step::Next => match self.tasks[t].next_op() {
                Some(op) => self.begin(t, op),
                None => Step::Leave(Flow::Done),
            },
            Step::Leave(flow) => match self.tasks[t].frames.pop() {
                Some(frame) => self.leave(t, frame, flow),
                None => return self.end(t, flow),
            },
            Step::Pend => Step::Pend,
        };
        if matches!(step, Step::Pend) {
            self.first_poll_is_over(t);
        }
        match step {
            Step::Pend if self.is_dropped(t) => {
                let step = self.drop_wait(t);
                self.tasks[t].phase = Phase::Between(step);
            }
            Step::Pend => {}
            step => self.tasks[t].phase = Phase::Between(step),
        }
    }

    /// The future of a task is gone. Who waits for it is told; its group counts it out after that (TG1).
    fn end(&mut self, t: TaskIx, flow: Flow) {
        self.note(t, Note::End(flow.how()));
        self.count_as_ended(t, flow);
    }

    pub(super) fn count_as_ended(&mut self, t: TaskIx, flow: Flow) {
        self.tasks[t].phase = Phase::Ended(flow.clone());
        self.leave_region(self.tasks[t].region);
        self.settle_start(t);
        self.leaving.insert(t, flow);
    }
}
