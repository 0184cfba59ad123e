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
//! 3. What is reserved counts as used, until an item takes its place or it is given back (MS2).

use std::collections::VecDeque;

use super::World;
use super::task::{Flow, Step, TaskIx, Turn};
use crate::program::{Block, End};
use crate::trace::Note;

pub(super) type StreamIx = u32;

pub(super) struct Stream {
    room: usize,
    items: VecDeque<u32>,
    /// How much of the room is reserved.
    reserved: usize,
    /// The program's own ends.
    has_sender: bool,
    has_receiver: bool,
    /// The operations that are under way, in order. One that was first polled in a cancelled region is among them, and
    /// is never granted anything.
    senders: Vec<(TaskIx, Sends)>,
    receivers: Vec<TaskIx>,
}

/// What a sender waits to do.
#[derive(Clone, Copy)]
enum Sends {
    Item(u32),
    /// It reserves room. Where nobody is left to receive, this item is not sent.
    Room(u32),
}

impl Sends {
    fn item(self) -> u32 {
        match self {
            Self::Item(item) | Self::Room(item) => item,
        }
    }
}

impl Stream {
    pub(super) fn new(room: u32) -> Self {
        Self {
            room: room as usize,
            items: VecDeque::new(),
            reserved: 0,
            has_sender: true,
            has_receiver: true,
            senders: Vec::new(),
            receivers: Vec::new(),
        }
    }

    fn no_sender_is_left(&self) -> bool {
        !self.has_sender && self.senders.is_empty() && self.reserved == 0
    }

    fn no_receiver_is_left(&self) -> bool {
        !self.has_receiver && self.receivers.is_empty()
    }
}

impl<'p> World<'p> {
    pub(super) fn send(&mut self, t: TaskIx, s: StreamIx, item: u32) -> Step {
        if !self.stream(s).has_sender {
            return self.done(t, Note::Unsent(item));
        }
        self.stream(s).senders.push((t, Sends::Item(item)));
        self.match_up(s);
        self.ask(t, Turn::Send(s))
    }

    /// Asks for room for an item, which is sent when the block is gone.
    pub(super) fn reserve(&mut self, t: TaskIx, s: StreamIx, item: u32, body: &'p Block) -> Step {
        if !self.stream(s).has_sender {
            return self.done(t, Note::Unsent(item));
        }
        self.stream(s).senders.push((t, Sends::Room(item)));
        self.match_up(s);
        self.ask(t, Turn::Reserve(s, item, body))
    }

    /// The block that had room reserved is gone: the room is used, or given back.
    pub(super) fn commit(&mut self, t: TaskIx, s: StreamIx, item: u32, flow: Flow) -> Step {
        let stream = self.stream(s);
        stream.reserved -= 1;
        let is_sent = matches!(flow, Flow::Done) && !stream.no_receiver_is_left();
        stream.items.extend(is_sent.then_some(item));
        self.match_up(s);
        match flow {
            Flow::Done if is_sent => self.done(t, Note::Sent(item)),
            Flow::Done => self.done(t, Note::Unsent(item)),
            flow => Step::Leave(flow),
        }
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
            while let Some((sender, sends)) = self.next_sender(s) {
                self.tasks[sender].granted = Some(Note::Unsent(sends.item()));
            }
            return;
        }
        loop {
            while let Some(receiver) = self.next_receiver(s)
                && let Some(item) = self.stream(s).items.pop_front()
            {
                self.tasks[receiver].granted = Some(Note::Received(s, item));
            }
            if !self.has_room(s) {
                break;
            }
            let Some((sender, sends)) = self.next_sender(s) else {
                break;
            };
            self.tasks[sender].granted = Some(match sends {
                Sends::Item(item) => {
                    self.stream(s).items.push_back(item);
                    Note::Sent(item)
                }
                Sends::Room(_) => {
                    self.stream(s).reserved += 1;
                    Note::Reserved(s)
                }
            });
        }
        if self.stream(s).no_sender_is_left() {
            while let Some(receiver) = self.next_receiver(s) {
                self.tasks[receiver].granted = Some(Note::StreamEnd(s));
            }
        }
    }

    /// Whether one more item, or the promise of one, has room: in the stream, or with one who waits for it.
    fn has_room(&self, s: StreamIx) -> bool {
        let stream = &self.streams[s as usize];
        let mut waiting = stream.receivers.iter().copied();
        let beyond = (stream.items.len() + stream.reserved).checked_sub(stream.room);
        beyond.is_none_or(|beyond| {
            let next = waiting
                .by_ref()
                .filter(|&receiver| self.may_have_turn(receiver));
            next.count() > beyond
        })
    }

    fn next_sender(&self, s: StreamIx) -> Option<(TaskIx, Sends)> {
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
