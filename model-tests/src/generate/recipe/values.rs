//! Values that one makes for all, and what becomes of them where that one is cancelled or fails.

use super::locks::unlimited;
use crate::generate::maker::{Maker, Until};
use crate::place::Place;
use crate::program::{Block, Op};

/// Several tasks want the value of one cell, or of one key. The first to come makes it; it, or one that waits for it, is in
/// a scope of its own, which is cancelled in most cases.
pub(super) fn made(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let keyed = maker.rng.percent(60);
    let cell = maker.other_cell().filter(|_| !keyed);
    let key = maker.other_key().filter(|_| keyed);
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let wants = |maker: &mut Maker<'_>, place: &Place| -> Block {
            let waits = place.bounded();
            match (cell, key) {
                (Some(cell), _) if waits => vec![maker.fill(place, cell, makes)],
                (_, Some(key)) if waits => vec![maker.get(place, key, makes)],
                _ => maker.nap(place),
            }
        };
        let mut body = vec![
            maker.spawn(place, group, |maker, place| {
                let until = maker.until();
                maker.aimed(target, place, until, wants)
            }),
            maker.spawn(place, group, |maker, place| {
                let mut body = wants(maker, place);
                body.append(&mut wants(maker, place));
                body
            }),
        ];
        if maker.rng.percent(40) {
            body.swap(0, 1);
        }
        if maker.rng.percent(70) {
            body.push(maker.cancel(target));
        }
        body.append(&mut wants(maker, place));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Two tasks ask for some keys of a flight again and again, and find a value that is kept, or one that was kept before
/// another key was asked for.
pub(super) fn kept(maker: &mut Maker<'_>, place: &Place) -> Block {
    let Some((flight, _)) = maker.other_key().filter(|_| place.bounded()) else {
        return maker.nap(place);
    };
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let asks = |maker: &mut Maker<'_>, place: &Place| -> Block {
            let count = maker.rng.within(2, 4);
            let mut body = Block::new();
            for _ in 0..count {
                if let Some((_, key)) = maker.other_key().filter(|_| place.bounded()) {
                    body.push(maker.get(place, (flight, key), |maker, _| vec![maker.sleep()]));
                }
            }
            body
        };
        let mut body = vec![maker.spawn(place, group, asks)];
        body.append(&mut asks(maker, place));
        body
    })]
}

/// Several tasks ask what a promise comes to. One of them is cancelled.
pub(super) fn promised(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, promise) = (maker.id(), maker.promise());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let asks = |maker: &mut Maker<'_>, place: &Place| -> Block {
            let first = if place.bounded() {
                maker.ask(promise)
            } else {
                maker.sleep()
            };
            let mut body = vec![maker.sleep(), first];
            body.append(&mut maker.few(place, 1));
            body
        };
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            maker.aimed(target, place, Until::Never, asks)
        })];
        body.push(maker.spawn(place, group, asks));
        if maker.rng.percent(60) {
            body.push(maker.cancel(target));
        }
        body.push(maker.give(promise));
        body.append(&mut asks(maker, place));
        if maker.rng.percent(20) {
            body.push(maker.give(promise));
        }
        body
    })]
}

/// Tasks that use one resource at about the same time. One of them is cancelled.
pub(super) fn used(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, resource) = (maker.id(), maker.resource());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let uses = |maker: &mut Maker<'_>, place: &Place| -> Block {
            vec![maker.use_one(place, resource, |maker, place| {
                let mut body = vec![maker.sleep_for(2)];
                body.append(&mut maker.few(place, 1));
                body
            })]
        };
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            maker.aimed(target, place, Until::Never, uses)
        })];
        body.push(maker.spawn(place, group, uses));
        if maker.rng.percent(50) {
            body.push(maker.cancel(target));
        }
        body.append(&mut uses(maker, place));
        body
    })]
}

/// What a maker does: it takes its time, and fails in some cases.
fn makes(maker: &mut Maker<'_>, place: &Place) -> Block {
    let last: Option<Op> = match maker.rng.below(4) {
        0 if place.fallible => Some(maker.fail()),
        1 => Some(maker.finally(place, 30, Maker::nap, Maker::nap)),
        _ => None,
    };
    let turns = maker.rng.small(1, 3);
    let mut body = vec![maker.sleep_for(turns)];
    body.extend(last);
    body
}
