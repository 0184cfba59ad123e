//! Operations with blocks, each with numbers of its own; what is in a block is told what is around it.
//!
//! Always true: slots are 0 until the clock gives them; a deadline's turns are 0 for at once, else 1 until
//! the clock decides.

use super::maker::{Make, Maker, Traits, Until, take};
use crate::place::{Known, Phase, Place};
use crate::program::{Arm, Block, Grace, Kind, Op, When};

impl<'r> Maker<'r> {
    /// A grace period, in so many cases of a hundred, for as long as there are bits.
    fn grace(&mut self, chance: u64) -> Option<Grace> {
        if !self.full() || self.next.bit >= 12 || !self.rng.percent(chance) {
            return None;
        }
        let bit = take(&mut self.next.bit) - 1;
        let cycles = self.rng.weighted(&[(8, 1), (3, 2), (1, 3)]).unwrap_or(1);
        Some(Grace { cycles, bit })
    }

    pub(super) fn scope(
        &mut self,
        place: &Place,
        until: Until,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        let id = self.id();
        self.scope_as(id, place, until, body)
    }

    /// A scope whose id was taken before, so that others may aim at it.
    pub(super) fn scope_as(
        &mut self,
        id: u32,
        place: &Place,
        until: Until,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let ends = matches!(until, Until::Fixed | Until::Now);
        if !ends {
            self.movable.push(id);
        }
        let now = until == Until::Now || until == Until::Movable && self.rng.percent(5);
        let deadline = (until != Until::Never).then_some(When {
            at: 0,
            turns: u32::from(!now),
        });
        let fused = u32::from(self.depth > 0 && deadline.is_some());
        self.fused += fused;
        let body = self.enter(&place.scope(ends), body);
        self.fused -= fused;
        Op::Scope { id, deadline, body }
    }

    /// A scope as [`scope_as`](Self::scope_as) makes one, and after it a look at the state.
    pub(super) fn aimed(
        &mut self,
        id: u32,
        place: &Place,
        until: Until,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Block {
        vec![self.scope_as(id, place, until, body), self.state()]
    }

    pub(super) fn group(
        &mut self,
        place: &Place,
        traits: Traits,
        body: impl FnOnce(&mut Self, &Place, Known) -> Block,
    ) -> Op {
        self.spend();
        let Traits {
            failing,
            local,
            limit,
            catch,
        } = traits;
        let group = Known {
            id: self.id(),
            failing,
            local,
            limited: limit.is_some(),
            bounded: place.bounded_beside(),
        };
        self.caught += u32::from(catch);
        let body = self.enter(&place.group(group), |maker, place| {
            body(maker, place, group)
        });
        self.caught -= u32::from(catch);
        Op::Group {
            id: group.id,
            failing,
            local,
            limit,
            catch,
            body,
        }
    }

    pub(super) fn spawn(
        &mut self,
        place: &Place,
        group: Known,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        let daemon = self.full() && self.rng.percent(12);
        self.spawn_as(place, group, daemon, body)
    }

    pub(super) fn spawn_as(
        &mut self,
        place: &Place,
        group: Known,
        daemon: bool,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let task = take(&mut self.next.task);
        let body = self.enter(&place.spawn(group, task), body);
        Op::Spawn {
            at: 0,
            group: group.id,
            task,
            daemon,
            body,
        }
    }

    pub(super) fn start(
        &mut self,
        place: &Place,
        group: Known,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let task = take(&mut self.next.task);
        let body = self.enter(&place.start(group, task), body);
        Op::Start {
            at: 0,
            group: group.id,
            task,
            body,
        }
    }

    /// `started`, and what may stand after it in the same block.
    pub(super) fn started(
        &mut self,
        place: &Place,
        rest: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Block {
        self.spend();
        let mut after = place.clone();
        after.starts = false;
        after.phase = Phase::After;
        let mut block = vec![Op::Started { at: 0 }];
        block.append(&mut rest(self, &after));
        block
    }

    pub(super) fn shield(
        &mut self,
        place: &Place,
        graced: u64,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let (id, grace) = (self.id(), self.grace(graced));
        let body = self.enter(&place.shield(grace.is_some()), body);
        Op::Shield { id, grace, body }
    }

    pub(super) fn restore(
        &mut self,
        place: &Place,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let id = self.id();
        let body = self.enter(&place.restore(), body);
        Op::Restore { id, body }
    }

    /// Arms that are run together, all of whose ends are taken.
    pub(super) fn together(&mut self, place: &Place, kind: Kind, arms: &[Make<'r>]) -> Op {
        self.spend();
        let id = self.id();
        let is_limited = kind.is_limited() && self.rng.percent(60);
        let limit = is_limited.then(|| self.rng.small(1, 2));
        let catch = (kind.is_failing() && !place.fallible) || self.rng.percent(60);
        self.caught += u32::from(catch);
        let arm = |body: &Make<'r>| {
            let task = take(&mut self.next.task);
            let body = self.enter(&place.arm(kind.is_failing(), task), body);
            Arm { task, body }
        };
        let arms = arms.iter().map(arm).collect();
        self.caught -= u32::from(catch);
        Op::Together {
            id,
            kind,
            catch,
            limit,
            take: None,
            arms,
            body: Block::new(),
        }
    }

    /// Arms some of whose ends are taken, after something else was done.
    pub(super) fn as_completed(&mut self, place: &Place, arms: &[Make<'r>]) -> Op {
        let is_busy = self.rng.percent(60);
        let first = if is_busy {
            Self::busy
        } else {
            |_: &mut Self, _: &Place| Block::new()
        };
        let first = self.enter(&place.beside_arms(), first);
        let mut op = self.together(place, Kind::AsCompleted, arms);
        if let Op::Together { take, body, .. } = &mut op {
            *take = self.rng.percent(60).then(|| self.rng.small(0, 2));
            *body = first;
        }
        op
    }

    pub(super) fn finally(
        &mut self,
        place: &Place,
        graced: u64,
        body: impl FnOnce(&mut Self, &Place) -> Block,
        cleanup: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let (id, grace) = (self.id(), self.grace(graced));
        let body = self.enter(place, body);
        let cleanup = self.enter(&place.cleanup(grace.is_some()), cleanup);
        Op::Finally {
            id,
            grace,
            body,
            cleanup,
        }
    }

    pub(super) fn defer(
        &mut self,
        place: &Place,
        group: Known,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Op {
        self.spend();
        let id = self.id();
        let fails = group.failing && self.rng.percent(50);
        let error = fails.then(|| self.error());
        let body = self.enter(&place.hook(), body);
        Op::Defer {
            at: 0,
            group: group.id,
            id,
            error,
            body,
        }
    }
}
