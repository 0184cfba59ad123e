//! Waiting: when an operation is ready, when it is dropped, and what follows each.
//!
//! Whether an operation is ready is a question of state: of the clock, the events, the other tasks. An operation that
//! was first polled in a cancelled region waits for nothing (SC4), so it is never ready, and what was granted before a
//! cancel is still there when the task is polled (SC4).
//!
//! What is always true:
//! 1. Ready comes before dropped (SC3).
//! 2. An operation that holds is not dropped: a blocking call that is not abandoned (TH2), a group at work, a `start`
//!    whose task is alive (ST2). Shields and cleanups need no word here, as what is in them does not see the cancel.

use super::World;
use super::moments::Moment;
use super::permits::Of;
use super::task::{Flow, Frame, Phase, Step, TaskIx, Then, Turn, Wait};
use crate::program::Op;
use crate::trace::{Joined, Note};

impl<'p> World<'p> {
    /// Whether polling a task would change anything.
    pub(super) fn task_can_go_on(&self, t: TaskIx) -> bool {
        match &self.tasks[t].phase {
            // TG11: it ends unpolled.
            Phase::Queued => self.tree.cancelled(self.tasks[t].region),
            Phase::Fresh | Phase::Between(_) => true,
            Phase::Waiting(wait) => self.is_ready(t, wait) || self.is_dropped(t),
            Phase::Running | Phase::Ended(_) => false,
        }
    }

    fn is_ready(&self, t: TaskIx, wait: &Wait) -> bool {
        match wait {
            Wait::Never => false,
            Wait::Sleep(until, _) => *until <= self.clock.now(),
            Wait::Event(event) => self.events.contains(event),
            Wait::Join(task, _) => self.ended(*task),
            Wait::Start(task) => !self.tasks[*task].starting || self.ended(*task),
            Wait::Call(call) => self.calls[*call].ended(),
            Wait::Drain(group) => self.groups[*group].members.is_empty(),
            Wait::Taken(group) => {
                self.has_next_end(*group) && !self.tree.cancelled(self.tasks[t].here())
            }
            Wait::Promise(promise) => self.promises[*promise as usize].is_some(),
            Wait::Turn(turn) => self.tasks[t].granted.is_some() || self.gives_up(turn),
        }
    }

    /// Whether what a task waits for is dropped: its region is effectively cancelled, and the operation does not hold
    /// (SC3).
    pub(super) fn is_dropped(&self, t: TaskIx) -> bool {
        let task = &self.tasks[t];
        let Phase::Waiting(wait) = &task.phase else {
            return false;
        };
        !self.is_ready(t, wait) && !self.holds(wait) && self.tree.cancelled(task.here())
    }

    fn holds(&self, wait: &Wait) -> bool {
        match wait {
            Wait::Call(call) => !self.calls[*call].abandon,
            Wait::Start(_) | Wait::Drain(_) => true,
            Wait::Never
            | Wait::Sleep(..)
            | Wait::Event(_)
            | Wait::Join(..)
            | Wait::Taken(_)
            | Wait::Promise(_)
            | Wait::Turn(_) => false,
        }
    }

    /// Drops what a task waits for.
    pub(super) fn drop_wait(&mut self, t: TaskIx) -> Step {
        let phase = std::mem::replace(&mut self.tasks[t].phase, Phase::Running);
        match phase {
            Phase::Waiting(Wait::Sleep(until, _)) => self.clock.clear(until),
            // TH3: the caller leaves at once.
            Phase::Waiting(Wait::Call(call)) => self.calls[call].abandoned = true,
            Phase::Waiting(Wait::Turn(turn)) => {
                self.withdraw(t, turn);
                self.turn_is_dropped(turn);
            }
            _ => {}
        }
        Step::Leave(Flow::Cut)
    }

    /// The first thing that a poll does.
    pub(super) fn resume(&mut self, t: TaskIx) -> Step {
        if self.is_dropped(t) {
            return self.drop_wait(t);
        }
        match std::mem::replace(&mut self.tasks[t].phase, Phase::Running) {
            Phase::Fresh => self.begin_task(t),
            Phase::Between(step) => step,
            Phase::Waiting(wait) => self.wake(t, wait),
            _ => unreachable!("it cannot be polled"),
        }
    }

    /// What a task waited for is ready.
    fn wake(&mut self, t: TaskIx, wait: Wait<'p>) -> Step {
        match wait {
            Wait::Never => unreachable!("never ready"),
            Wait::Sleep(_, Then::Note(note)) => self.done(t, note),
            Wait::Sleep(_, Then::Act(op)) => self.act(t, op),
            Wait::Event(event) => self.done(t, Note::Seen(event)),
            Wait::Join(task, op) => self.sleep_joined(t, op, self.joined(task)),
            Wait::Start(task) => self.start_returns(t, task),
            Wait::Call(call) => self.done(t, Note::Returned(self.calls[call].id)),
            Wait::Drain(group) => self.host(t, group),
            Wait::Taken(_) => self.takes_end(t),
            Wait::Promise(promise) => {
                let item = self.promises[promise as usize].flatten();
                self.done(t, Note::Promised(promise, item))
            }
            Wait::Turn(turn) => self.take_turn(t, turn),
        }
    }

    /// An operation is over.
    pub(super) fn done(&mut self, t: TaskIx, note: Note) -> Step {
        self.note(t, note);
        Step::Next
    }

    pub(super) fn pend(&mut self, t: TaskIx, wait: Wait<'p>) -> Step {
        self.tasks[t].phase = Phase::Waiting(wait);
        Step::Pend
    }

    /// The first poll of an operation: ready at once, or waiting; in a cancelled region it does nothing (SC4).
    pub(super) fn operation(&mut self, t: TaskIx, wait: Wait<'p>) -> Step {
        if self.tree.cancelled(self.tasks[t].here()) {
            self.pend(t, Wait::Never)
        } else if self.is_ready(t, &wait) {
            self.wake(t, wait)
        } else {
            if let Wait::Sleep(until, _) = wait {
                self.clock.set(until, super::Timer::Wake);
            }
            self.pend(t, wait)
        }
    }

    /// The first poll of a wait for a turn, which stands in its queue. What is there is granted at once; in a cancelled
    /// region nothing is (SC4).
    pub(super) fn ask(&mut self, t: TaskIx, turn: Turn<'p>) -> Step {
        if self.tasks[t].granted.is_some() {
            self.take_turn(t, turn)
        } else {
            self.pend(t, Wait::Turn(turn))
        }
    }

    /// Whether a task that waits for a turn may be granted it: who is cancelled is passed over (PR1).
    pub(super) fn may_have_turn(&self, t: TaskIx) -> bool {
        self.tasks[t].granted.is_none() && !self.tree.cancelled(self.tasks[t].here())
    }

    /// Whether the event has come that a wait for a turn ends with.
    fn gives_up(&self, turn: &Turn<'p>) -> bool {
        matches!(turn, Turn::Permit(_, Some(event), _) if self.events.contains(event))
    }

    fn take_turn(&mut self, t: TaskIx, turn: Turn<'p>) -> Step {
        self.withdraw(t, turn);
        if let Turn::Permit(of, ..) = turn
            && self.gives_up(&turn)
        {
            return self.give_up(t, of);
        }
        let Some(note) = self.tasks[t].granted.take() else {
            unreachable!("it is granted");
        };
        match turn {
            // It is there once the lock is, too.
            Turn::Notice(lock, body) => {
                return self.want(t, Of::Lock(lock), note, Turn::Again(lock, body));
            }
            Turn::Publish(broadcast, item) => return self.send_to_all(t, broadcast, item),
            Turn::Hear(broadcast, listener) => return self.hears(t, broadcast, listener, note),
            Turn::Make(wish) => return self.makes(t, wish, note),
            _ => {}
        }
        let is_reserved = matches!(note, Note::Reserved(_));
        self.note(t, note);
        match turn {
            Turn::Permit(of, _, body) => self.tasks[t].push(Frame::Hold(of), body),
            Turn::Watch(lock, Op::Watch { first, body, .. }) => {
                self.tasks[t].push(Frame::Watch(lock, body), first)
            }
            Turn::Again(lock, body) => self.tasks[t].push(Frame::Hold(Of::Lock(lock)), body),
            Turn::Reserve(stream, item, body) if is_reserved => {
                self.tasks[t].push(Frame::Reserve(stream, item), body)
            }
            Turn::Send(_) | Turn::Receive(_) | Turn::Reserve(..) | Turn::Meet(_) => Step::Next,
            _ => unreachable!("it is dealt with"),
        }
    }

    /// The wait for a turn is over, granted or not.
    fn withdraw(&mut self, t: TaskIx, turn: Turn<'p>) {
        match turn {
            Turn::Send(stream) | Turn::Reserve(stream, ..) => self.sender_leaves(t, stream),
            Turn::Publish(broadcast, _) => self.no_longer_waits(t, Of::Room(broadcast)),
            Turn::Hear(broadcast, listener) => self.does_not_wait(broadcast, listener),
            Turn::Make(wish) => self.no_longer_waits(t, Of::Cell(wish.cell)),
            Turn::Receive(stream) => self.receiver_leaves(t, stream),
            Turn::Permit(of, ..) => self.no_longer_waits(t, of),
            Turn::Watch(lock, _) | Turn::Again(lock, _) => {
                self.no_longer_waits(t, Of::Lock(lock));
            }
            Turn::Notice(lock, _) => self.is_not_told(t, lock),
            Turn::Meet(barrier) => self.has_not_come(t, barrier),
        }
    }

    /// A wait for a turn was dropped before it was granted. A notice that it had goes on (PR2).
    fn turn_is_dropped(&mut self, turn: Turn<'p>) {
        match turn {
            Turn::Permit(Of::Lock(_), ..) | Turn::Watch(..) => self.comes_to(Moment::WaiterCut),
            Turn::Notice(..) => self.comes_to(Moment::UntoldCut),
            Turn::Again(lock, _) => {
                self.comes_to(Moment::ToldCut);
                self.tell_next(lock);
            }
            Turn::Meet(_) => self.comes_to(Moment::ComerCut),
            Turn::Publish(broadcast, _) => {
                self.comes_to(Moment::PublisherCut);
                self.sender_is_gone(broadcast);
            }
            Turn::Make(wish) => {
                self.comes_to(Moment::WisherCut);
                self.no_longer_asks(wish);
            }
            Turn::Hear(..) => self.comes_to(Moment::ListenerCut),
            Turn::Reserve(..) => self.comes_to(Moment::ReserverCut),
            Turn::Permit(..) | Turn::Send(_) | Turn::Receive(_) => {}
        }
    }

    /// The second wait of a `join`: the first told how the task had ended.
    pub(super) fn sleep_joined(&mut self, t: TaskIx, op: &'p Op, joined: Joined) -> Step {
        let Op::Join { task, at } = op else {
            unreachable!("a join");
        };
        let note = Note::Joined(*task, joined);
        self.sleep(t, *at, 1, Then::Note(note))
    }

    /// How a task that has ended did so (HA1).
    fn joined(&self, task: TaskIx) -> Joined {
        match &self.tasks[task].phase {
            Phase::Ended(Flow::Done) => Joined::Completed,
            Phase::Ended(Flow::Failed(_)) => Joined::Failed,
            Phase::Ended(Flow::Panicked(_)) => Joined::Panicked,
            Phase::Ended(Flow::Cut) => Joined::Cancelled,
            _ => unreachable!("it has ended"),
        }
    }
}
