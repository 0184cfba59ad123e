//! Items and permits that go from hand to hand while those who wait for them are cancelled.

use super::locks::unlimited;
use crate::generate::maker::{Maker, Until};
use crate::place::Place;
use crate::program::{Block, Op};

/// Several senders and receivers of one stream. Some wait in scopes of their own, one of which is cancelled.
pub(super) fn passed_on(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, stream) = (maker.id(), maker.stream());
    let mut traits = maker.traits(place);
    traits.limit = None;
    vec![maker.group(place, traits, |maker, place, group| {
        let turned = maker.rng.percent(50);
        let first = |maker: &mut Maker<'_>, place: &Place| hand(maker, place, stream, turned);
        let second = |maker: &mut Maker<'_>, place: &Place| hand(maker, place, stream, !turned);
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            let until = maker.until();
            maker.aimed(target, place, until, |maker, place| {
                vec![first(maker, place), maker.sleep()]
            })
        })];
        body.push(maker.spawn(place, group, |maker, place| {
            vec![first(maker, place), first(maker, place)]
        }));
        if maker.rng.percent(70) {
            body.push(maker.cancel(target));
        }
        body.push(second(maker, place));
        body.push(second(maker, place));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Room that is reserved, some of it in a scope that is cancelled, while items come and go.
pub(super) fn reserved(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, stream) = (maker.id(), maker.stream());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let reserves = |maker: &mut Maker<'_>, place: &Place| -> Block {
            if place.bounded() {
                vec![maker.reserve(place, stream, Maker::nap)]
            } else {
                maker.nap(place)
            }
        };
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            let until = maker.until();
            maker.aimed(target, place, until, reserves)
        })];
        body.push(maker.spawn(place, group, |maker, place| {
            let mut body = vec![hand(maker, place, stream, true)];
            body.append(&mut reserves(maker, place));
            body
        }));
        body.push(hand(maker, place, stream, false));
        if maker.rng.percent(60) {
            body.push(maker.cancel(target));
        }
        if maker.rng.percent(20) {
            body.push(maker.close(stream));
        }
        body.push(hand(maker, place, stream, false));
        body.push(hand(maker, place, stream, false));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// A stream whose ends are closed while others wait.
pub(super) fn closed(maker: &mut Maker<'_>, place: &Place) -> Block {
    let stream = maker.stream();
    let mut traits = maker.traits(place);
    traits.limit = None;
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = Block::new();
        for _ in 0..maker.rng.within(1, 3) {
            let sends = maker.rng.percent(50);
            body.push(maker.spawn(place, group, |maker, place| {
                vec![
                    hand(maker, place, stream, sends),
                    hand(maker, place, stream, sends),
                ]
            }));
        }
        body.push(maker.close(stream));
        let sends = maker.rng.percent(50);
        body.push(hand(maker, place, stream, sends));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Tasks that hold a permit by turns. One is cancelled while it holds or waits, and they are cancelled together in some
/// cases.
pub(super) fn in_turn(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, semaphore) = (maker.id(), maker.semaphore());
    let mut traits = maker.traits(place);
    traits.limit = None;
    vec![maker.group(place, traits, |maker, place, group| {
        let held = |maker: &mut Maker<'_>, place: &Place| -> Block {
            if !place.bounded() {
                return maker.nap(place);
            }
            let cleaned = maker.rng.percent(30);
            vec![maker.hold(place, semaphore, |maker, place| {
                if cleaned {
                    vec![maker.finally(place, 30, Maker::nap, Maker::nap)]
                } else {
                    maker.nap(place)
                }
            })]
        };
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            maker.aimed(target, place, Until::Never, held)
        })];
        for _ in 0..maker.rng.within(1, 3) {
            body.push(maker.spawn(place, group, held));
        }
        body.push(maker.cancel(target));
        if maker.rng.percent(25) {
            body.push(maker.cancel(group.id));
        }
        body.append(&mut held(maker, place));
        body
    })]
}

/// A send or a receive where one may stand, else a sleep.
fn hand(maker: &mut Maker<'_>, place: &Place, stream: u32, sends: bool) -> Op {
    match (place.bounded(), sends) {
        (true, true) => maker.send(stream),
        (true, false) => maker.receive(stream),
        (false, _) => maker.sleep(),
    }
}
