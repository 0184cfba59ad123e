//! Those who wait to be told, and those who wait for each other, some of whom are cancelled.

use super::locks::{locked, unlimited};
use crate::generate::maker::{Maker, Until};
use crate::place::Place;
use crate::program::Block;

/// Tasks that wait to be told. One is cancelled before it is told, or after, while the lock is not free.
pub(super) fn told(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, lock) = (maker.id(), maker.any_lock());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let waits = |maker: &mut Maker<'_>, place: &Place| -> Block {
            if !place.bounded() {
                return maker.nap(place);
            }
            let late = maker.rng.percent(10);
            let first = |maker: &mut Maker<'_>, place: &Place| match late {
                true => vec![maker.cancel(target)],
                false if maker.rng.percent(60) => Block::new(),
                false => maker.few(place, 1),
            };
            vec![maker.watch(place, lock, first, Maker::nap)]
        };
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            maker.aimed(target, place, Until::Never, waits)
        })];
        body.push(maker.spawn(place, group, waits));
        if place.bounded() {
            let before = maker.rng.percent(25);
            body.push(maker.lock(place, lock, None, |maker, place| {
                let mut body = vec![maker.sleep(), maker.notify(lock)];
                let cancel = maker.cancel(target);
                body.insert(if before { 1 } else { 2 }, cancel);
                body.append(&mut maker.few(place, 1));
                body
            }));
        }
        if maker.rng.percent(40) {
            body.append(&mut locked(maker, place, lock, 1));
        }
        body.push(maker.notify(lock));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Tasks that wait for each other at a barrier, where one is cancelled, and another one comes in its place.
pub(super) fn meeting(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, barrier) = (maker.id(), maker.barrier());
    let parties = maker.listed.barriers.get(barrier as usize);
    let parties = parties.copied().unwrap_or(1);
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let comes = |maker: &mut Maker<'_>, place: &Place| -> Block {
            let mut body = Block::new();
            if place.bounded() {
                body.push(maker.meet(barrier));
            }
            body.append(&mut maker.nap(place));
            body
        };
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            let late = maker.rng.percent(15);
            maker.aimed(target, place, Until::Never, |maker, place| {
                let mut body = Block::new();
                if late {
                    body.push(maker.cancel(target));
                }
                body.append(&mut comes(maker, place));
                body
            })
        })];
        if maker.rng.percent(70) {
            body.push(maker.cancel(target));
        }
        for _ in 0..parties {
            body.push(maker.spawn(place, group, comes));
        }
        body.append(&mut maker.few(place, 1));
        body
    })]
}
