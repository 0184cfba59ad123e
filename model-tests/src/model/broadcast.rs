//! Broadcasts: every item goes to all who listen; or the latest one alone does, where there is no room for any.
//!
//! What is always true:
//! 1. Who listens has an inbox of its own, from when it begins to listen until it leaves (MS4).
//! 2. An item has a place, a permit, until all who listened when it was sent have received it or left (MS4).
//! 3. At rest, nobody waits for an item who has one in its inbox, or after the last sender is gone.

use std::collections::{BTreeMap, VecDeque};

use super::World;
use super::moments::Moment;
use super::permits::{Of, Permits};
use super::task::{Flow, Frame, Step, TaskIx, Turn, Wait};
use crate::program::Block;
use crate::trace::Note;

pub(super) type BroadcastIx = u32;
pub(super) type ListenerId = u32;

pub(super) struct Broadcast {
    /// The places of items; none where the latest one is all there is.
    room: Option<Permits>,
    /// The program's own.
    has_sender: bool,
    /// How many operations with a sender of their own are under way.
    sending: usize,
    listeners: BTreeMap<ListenerId, Listener>,
    /// How many have still to receive each item.
    wanted: BTreeMap<u32, usize>,
    latest: u32,
}

struct Listener {
    task: TaskIx,
    inbox: VecDeque<u32>,
    /// Whether it waits for an item.
    waits: bool,
}

impl Broadcast {
    pub(super) fn new(room: u32) -> Self {
        Self {
            room: (room > 0).then(|| Permits::new(room)),
            has_sender: true,
            sending: 0,
            listeners: BTreeMap::new(),
            wanted: BTreeMap::new(),
            latest: 0,
        }
    }

    pub(super) fn room(&mut self) -> &mut Permits {
        self.room.as_mut().expect("only those with room are asked")
    }

    fn has_ended(&self) -> bool {
        !self.has_sender && self.sending == 0
    }
}

impl<'p> World<'p> {
    /// Sends with a sender of its own. The latest item takes no place, so there is nothing to wait for (MS5).
    pub(super) fn publish(&mut self, t: TaskIx, b: BroadcastIx, item: u32) -> Step {
        if !self.broadcast(b).has_sender {
            return self.done(t, Note::Unheard(item));
        }
        if self.broadcast(b).room.is_none() {
            self.broadcast(b).latest = item;
            let listeners: Vec<ListenerId> = self.broadcast(b).listeners.keys().copied().collect();
            for l in listeners {
                self.listener(b, l).inbox = VecDeque::from([item]);
                self.hand_out(b, l);
            }
            return self.done(t, Note::Published(item));
        }
        self.broadcast(b).sending += 1;
        self.want(
            t,
            Of::Room(b),
            Note::Published(item),
            Turn::Publish(b, item),
        )
    }

    /// It has a place for its item. Without anybody who listens there is nothing to be had (MS4).
    pub(super) fn send_to_all(&mut self, t: TaskIx, b: BroadcastIx, item: u32) -> Step {
        let listeners: Vec<ListenerId> = self.broadcast(b).listeners.keys().copied().collect();
        let note = if listeners.is_empty() {
            self.give_back(Of::Room(b));
            Note::Unheard(item)
        } else {
            self.broadcast(b).wanted.insert(item, listeners.len());
            for l in listeners {
                self.listener(b, l).inbox.push_back(item);
                self.hand_out(b, l);
            }
            Note::Published(item)
        };
        self.sender_is_gone(b);
        self.done(t, note)
    }

    /// A send is over, or given up.
    pub(super) fn sender_is_gone(&mut self, b: BroadcastIx) {
        self.broadcast(b).sending -= 1;
        self.end_if_silent(b);
    }

    pub(super) fn hush(&mut self, t: TaskIx, b: BroadcastIx) -> Step {
        self.broadcast(b).has_sender = false;
        self.end_if_silent(b);
        self.done(t, Note::Hush(b))
    }

    fn end_if_silent(&mut self, b: BroadcastIx) {
        if self.broadcast(b).has_ended() {
            let listeners: Vec<ListenerId> = self.broadcast(b).listeners.keys().copied().collect();
            listeners.into_iter().for_each(|l| self.hand_out(b, l));
        }
    }

    /// Gives one who waits the next item, or tells it the end.
    fn hand_out(&mut self, b: BroadcastIx, l: ListenerId) {
        let Listener { task, waits, .. } = *self.listener(b, l);
        if waits && self.may_have_turn(task) {
            self.tasks[task].granted = self.next_heard(b, l);
        }
    }

    /// Takes the next item out of an inbox; or else the end.
    fn next_heard(&mut self, b: BroadcastIx, l: ListenerId) -> Option<Note> {
        match self.listener(b, l).inbox.pop_front() {
            Some(item) => Some(Note::Heard(l, item)),
            None => self.broadcast(b).has_ended().then_some(Note::Silent(l)),
        }
    }

    /// Begins to listen: to what is sent from now on, or to the latest item, which is there (MS5).
    pub(super) fn listen(
        &mut self,
        t: TaskIx,
        (b, l): (BroadcastIx, ListenerId),
        take: u32,
        body: &'p Block,
    ) -> Step {
        let broadcast = self.broadcast(b);
        if !broadcast.has_sender {
            return self.done(t, Note::Silent(l));
        }
        let first = broadcast.room.is_none().then_some(broadcast.latest);
        let listener = Listener {
            task: t,
            inbox: first.into_iter().collect(),
            waits: false,
        };
        broadcast.listeners.insert(l, listener);
        self.note(t, Note::Listens(l));
        self.tasks[t].push(Frame::Listen(b, l, take), body)
    }

    /// The block is gone, or an item was received: so many others are wanted.
    pub(super) fn listen_on(
        &mut self,
        t: TaskIx,
        b: BroadcastIx,
        l: ListenerId,
        left: u32,
    ) -> Step {
        if left == 0 {
            return self.stop_listening(b, l, Flow::Done);
        }
        self.tasks[t].frames.push(Frame::Listen(b, l, left));
        if self.tree.cancelled(self.tasks[t].here()) {
            return self.pend(t, Wait::Never);
        }
        self.listener(b, l).waits = true;
        self.hand_out(b, l);
        self.ask(t, Turn::Hear(b, l))
    }

    /// What it waited for has come.
    pub(super) fn hears(&mut self, t: TaskIx, b: BroadcastIx, l: ListenerId, note: Note) -> Step {
        let Some(Frame::Listen(_, _, left)) = self.tasks[t].frames.pop() else {
            unreachable!("it listens");
        };
        // Of the latest there may be a later one.
        let is_latest = self.broadcast(b).room.is_none();
        let later = is_latest
            .then(|| self.listener(b, l).inbox.pop_front())
            .flatten();
        let note = later.map_or(note, |item| Note::Heard(l, item));
        self.note(t, note.clone());
        let Note::Heard(_, item) = note else {
            self.comes_to(Moment::ToldTheEnd);
            return self.stop_listening(b, l, Flow::Done);
        };
        self.item_is_received(b, item);
        // Others may go on before it asks for the next one, or leaves.
        self.tasks[t].frames.push(Frame::Listen(b, l, left - 1));
        Step::Leave(Flow::Done)
    }

    /// The end of a listener makes the room that its items took (MS4).
    pub(super) fn stop_listening(&mut self, b: BroadcastIx, l: ListenerId, flow: Flow) -> Step {
        let gone = self.broadcast(b).listeners.remove(&l);
        for item in gone.into_iter().flat_map(|listener| listener.inbox) {
            self.item_is_received(b, item);
        }
        match flow {
            Flow::Done => Step::Next,
            flow => Step::Leave(flow),
        }
    }

    pub(super) fn does_not_wait(&mut self, b: BroadcastIx, l: ListenerId) {
        self.listener(b, l).waits = false;
    }

    fn item_is_received(&mut self, b: BroadcastIx, item: u32) {
        let wanted = &mut self.broadcast(b).wanted;
        let Some(left) = wanted.get_mut(&item) else {
            // The latest takes no place.
            return;
        };
        *left -= 1;
        if *left == 0 {
            wanted.remove(&item);
            self.give_back(Of::Room(b));
        }
    }

    fn listener(&mut self, b: BroadcastIx, l: ListenerId) -> &mut Listener {
        let listener = self.broadcast(b).listeners.get_mut(&l);
        listener.expect("it has not left")
    }

    fn broadcast(&mut self, b: BroadcastIx) -> &mut Broadcast {
        &mut self.broadcasts[b as usize]
    }
}
