//! Object streams: items go from hand to hand, through room for some.
//!
//! The program has one end of each kind until it closes it, and each operation has one of its own while it is under way.
//! Whoever comes joins a queue; then whatever can be matched is.
//!
//! What is always true:
//! 1. Items come out in the order in which they went in, and those who wait have their turns in order; who is cancelled
//!    is passed over (MS1, MS2).
//! 2. At rest, nobody waits who may go on: no receiver while there is an item or no sender is left, no sender while there
//!    is room or no receiver is left (MS3).

use std::collections::VecDeque;

use super::World;
use super::task::{Step, TaskIx, Turn};
use crate::program::End;
use crate::trace::Note;

pub(super) type StreamIx = u32;

pub(super) struct Stream {
    room: usize,
    items: VecDeque<u32>,
    /// The program's own ends.
    has_sender: bool,
    has_receiver: bool,
    /// The operations that are under way, in order. One that was first polled in a cancelled region is among them, and
    /// is never granted anything.
    senders: Vec<(TaskIx, u32)>,
    receivers: Vec<TaskIx>,
}

impl Stream {
    pub(super) fn new(room: u32) -> Self {
        Self {
            room: room as usize,
            items: VecDeque::new(),
            has_sender: true,
            has_receiver: true,
            senders: Vec::new(),
            receivers: Vec::new(),
        }
    }

    fn has_room(&self) -> bool {
        self.items.len() < self.room
    }

    fn no_sender_is_left(&self) -> bool {
        !self.has_sender && self.senders.is_empty()
    }

    fn no_receiver_is_left(&self) -> bool {
        !self.has_receiver && self.receivers.is_empty()
    }
}

impl World<'_> {
    pub(super) fn send(&mut self, t: TaskIx, s: StreamIx, item: u32) -> Step {
        if !self.stream(s).has_sender {
            return self.done(t, Note::Unsent(item));
        }
        self.stream(s).senders.push((t, item));
        self.match_up(s);
        self.ask(t, Turn::Send(s))
    }

    pub(super) fn receive(&mut self, t: TaskIx, s: StreamIx) -> Step {
        if !self.stream(s).has_receiver {
            return self.done(t, Note::StreamEnd(s));
        }
        self.stream(s).receivers.push(t);
        self.match_up(s);
        self.ask(t, Turn::Receive(s))
    }

    pub(super) fn close(&mut self, t: TaskIx, s: StreamIx, end: End) -> Step {
        match end {
            End::Sender => self.stream(s).has_sender = false,
            End::Receiver => self.stream(s).has_receiver = false,
        }
        self.match_up(s);
        self.done(t, Note::Close(s, end))
    }

    pub(super) fn sender_leaves(&mut self, t: TaskIx, s: StreamIx) {
        self.stream(s).senders.retain(|&(sender, _)| sender != t);
        self.match_up(s);
    }

    pub(super) fn receiver_leaves(&mut self, t: TaskIx, s: StreamIx) {
        self.stream(s).receivers.retain(|&receiver| receiver != t);
        self.match_up(s);
    }

    fn match_up(&mut self, s: StreamIx) {
        if self.stream(s).no_receiver_is_left() {
            while let Some((sender, item)) = self.next_sender(s) {
                self.tasks[sender].granted = Some(Note::Unsent(item));
            }
            return;
        }
        loop {
            while self.stream(s).has_room()
                && let Some(item) = self.take_from_sender(s)
            {
                self.stream(s).items.push_back(item);
            }
            let Some(receiver) = self.next_receiver(s) else {
                return;
            };
            let item = self.stream(s).items.pop_front();
            let note = match item.or_else(|| self.take_from_sender(s)) {
                Some(item) => Note::Received(s, item),
                None if self.stream(s).no_sender_is_left() => Note::StreamEnd(s),
                None => return,
            };
            self.tasks[receiver].granted = Some(note);
        }
    }

    /// Takes the item of the first who waits.
    fn take_from_sender(&mut self, s: StreamIx) -> Option<u32> {
        let (sender, item) = self.next_sender(s)?;
        self.tasks[sender].granted = Some(Note::Sent(item));
        Some(item)
    }

    fn next_sender(&self, s: StreamIx) -> Option<(TaskIx, u32)> {
        let mut senders = self.streams[s as usize].senders.iter().copied();
        senders.find(|&(sender, _)| self.may_have_turn(sender))
    }

    fn next_receiver(&self, s: StreamIx) -> Option<TaskIx> {
        let mut receivers = self.streams[s as usize].receivers.iter().copied();
        receivers.find(|&receiver| self.may_have_turn(receiver))
    }

    fn stream(&mut self, s: StreamIx) -> &mut Stream {
        &mut self.streams[s as usize]
    }
}
