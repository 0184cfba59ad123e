//! Locks whose holders and waiters are cancelled, or give up.

use crate::generate::maker::{Maker, Traits, Until};
use crate::place::Place;
use crate::program::{Block, Op};

/// Several tasks want one lock. The first to come and one that waits have scopes of their own, one of which, or both, are
/// cancelled; in some cases all of them are.
pub(super) fn contended(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (holder, waiter, lock) = (maker.id(), maker.id(), maker.any_lock());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = Block::new();
        for (target, turns) in [(holder, 2), (waiter, 1)] {
            let until = maker.until();
            body.push(maker.spawn(place, group, |maker, place| {
                maker.aimed(target, place, until, |maker, place| {
                    locked(maker, place, lock, turns)
                })
            }));
        }
        body.push(maker.spawn(place, group, |maker, place| locked(maker, place, lock, 1)));
        let (first, second) = if maker.rng.percent(30) {
            (holder, waiter)
        } else {
            (waiter, holder)
        };
        body.push(maker.cancel(first));
        if maker.rng.percent(30) {
            body.push(maker.cancel(second));
        }
        if maker.rng.percent(20) {
            body.push(maker.cancel(group.id));
        }
        body.append(&mut locked(maker, place, lock, 1));
        body
    })]
}

/// A lock that is given back right after one who waits for it was cancelled, or was told to give up: whatever was granted
/// to it, the next one has it.
pub(super) fn given_up(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, lock) = (maker.id(), maker.any_lock());
    let event = (maker.full() && maker.rng.percent(60)).then(|| maker.event());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = Block::new();
        if place.bounded() {
            body.push(maker.lock(place, lock, None, |maker, place| {
                let waiter = maker.spawn(place, group, |maker, place| {
                    let waits = |maker: &mut Maker<'_>, place: &Place| {
                        if place.bounded() {
                            vec![maker.lock(place, lock, event, Maker::nap)]
                        } else {
                            maker.nap(place)
                        }
                    };
                    maker.aimed(target, place, Until::Never, waits)
                });
                let next = maker.spawn(place, group, |maker, place| locked(maker, place, lock, 1));
                let last = match event {
                    Some(event) => maker.set_one(event),
                    None => maker.cancel(target),
                };
                vec![waiter, next, maker.sleep_for(2), last]
            }));
        }
        body.append(&mut maker.few(place, 2));
        body
    })]
}

/// A lock that is asked for in a scope that was cancelled just before, while others have it or want it.
pub(super) fn too_late(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, lock) = (maker.id(), maker.any_lock());
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, place| locked(maker, place, lock, 1));
        let until = maker.until();
        let scope = maker.scope_as(target, place, until, |maker, place| {
            let mut body = vec![maker.cancel(target)];
            let mut late = locked(maker, place, lock, 1);
            if let Some(Op::Lock { at, .. }) = late.first_mut() {
                *at = None;
            }
            body.append(&mut late);
            body
        });
        let mut body = vec![task, scope, maker.state()];
        body.append(&mut locked(maker, place, lock, 1));
        body
    })]
}

/// A block that has the lock for a while, where one may wait for it.
pub(super) fn locked(maker: &mut Maker<'_>, place: &Place, lock: u32, turns: u32) -> Block {
    if !place.bounded() {
        return maker.nap(place);
    }
    let (unless, cleaned) = (maker.unless(), maker.rng.percent(30));
    vec![maker.lock(place, lock, unless, |maker, place| {
        let mut body = vec![maker.sleep_for(turns)];
        if cleaned {
            body.push(maker.finally(place, 30, Maker::nap, Maker::nap));
        } else {
            body.append(&mut maker.few(place, 1));
        }
        body
    })]
}

/// A group whose tasks do not wait for a place.
pub(super) fn unlimited(maker: &mut Maker<'_>, place: &Place) -> Traits {
    Traits {
        limit: None,
        ..maker.traits(place)
    }
}
