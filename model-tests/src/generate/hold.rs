//! Operations that have something while a block runs: a permit, a lock, room, an end of a broadcast, the turn to make a value.
//!
//! Always true: what a block has that nobody else may have meanwhile is listed while the block is made.

use super::maker::{Maker, take};
use crate::place::Place;
use crate::program::{Block, Op};

impl Maker<'_> {
    pub(super) fn reserve(
        &mut self,
        place: &Place,
        stream: u32,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let item = take(&mut self.next.item);
        let body = self.enter(place, body);
        Op::Reserve {
            at: 0,
            stream,
            item,
            body,
        }
    }

    pub(super) fn listen(
        &mut self,
        place: &Place,
        broadcast: u32,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let (id, take) = (self.id(), self.rng.small(0, 3));
        let body = self.enter(place, body);
        Op::Listen {
            at: 0,
            broadcast,
            id,
            take,
            body,
        }
    }

    pub(super) fn fill(
        &mut self,
        place: &Place,
        cell: u32,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let id = self.id();
        self.making.push((None, cell));
        let body = self.enter(place, body);
        self.making.pop();
        Op::Fill {
            at: 0,
            cell,
            id,
            body,
        }
    }

    pub(super) fn get(
        &mut self,
        place: &Place,
        (flight, key): (u32, u32),
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let id = self.id();
        self.making.push((Some(flight), key));
        let body = self.enter(place, body);
        self.making.pop();
        Op::Get {
            at: 0,
            flight,
            key,
            id,
            body,
        }
    }

    pub(super) fn use_one(
        &mut self,
        place: &Place,
        resource: u32,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let body = self.enter(place, body);
        Op::Use {
            at: 0,
            resource,
            body,
        }
    }

    pub(super) fn hold(
        &mut self,
        place: &Place,
        semaphore: u32,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let body = self.enter(place, body);
        Op::Hold {
            at: 0,
            semaphore,
            body,
        }
    }

    pub(super) fn lock(
        &mut self,
        place: &Place,
        lock: u32,
        unless: Option<u32>,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        self.locked.push(lock);
        let body = self.enter(place, body);
        self.locked.pop();
        let at = self.sleeps_first();
        Op::Lock {
            at,
            lock,
            unless,
            body,
        }
    }

    pub(super) fn watch(
        &mut self,
        place: &Place,
        lock: u32,
        first: impl FnOnce(&mut Self, &Place) -> Block,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        self.locked.push(lock);
        let first = self.enter(place, first);
        let body = self.enter(place, body);
        self.locked.pop();
        let at = self.sleeps_first();
        Op::Watch {
            at,
            lock,
            first,
            body,
        }
    }
}
