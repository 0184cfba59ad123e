//! Items for all who listen, some of whom are slow or are cancelled.

use super::locks::unlimited;
use crate::generate::maker::{Maker, Until};
use crate::place::Place;
use crate::program::{Block, Op};

/// Tasks that listen, one of them in a scope that is cancelled, and tasks that send to them until there is no room.
pub(super) fn heard(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, broadcast) = (maker.id(), maker.broadcast());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let until = maker.until();
        let mut body = vec![maker.spawn(place, group, |maker, place| {
            maker.aimed(target, place, until, |maker, place| {
                listens(maker, place, broadcast, |maker, place| maker.nap(place))
            })
        })];
        body.push(maker.spawn(place, group, |maker, place| {
            listens(maker, place, broadcast, |_, _| Block::new())
        }));
        body.push(maker.spawn(place, group, |maker, place| {
            let count = maker.rng.within(1, 3);
            (0..count).map(|_| sends(maker, place, broadcast)).collect()
        }));
        body.push(sends(maker, place, broadcast));
        if maker.rng.percent(60) {
            body.push(maker.cancel(target));
        }
        body.push(sends(maker, place, broadcast));
        if maker.rng.percent(40) {
            body.push(maker.hush(broadcast));
        }
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// A sender that waits for room, in a scope of its own, until it is cancelled or the slowest who listens leaves.
pub(super) fn held_up(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (sender, listener) = (maker.id(), maker.id());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let listening = maker.spawn(place, group, |maker, place| {
            maker.aimed(listener, place, Until::Never, |maker, place| {
                listens(maker, place, 0, |maker, _| vec![maker.sleep_for(3)])
            })
        });
        let sending = maker.spawn(place, group, |maker, place| {
            maker.aimed(sender, place, Until::Never, |maker, place| {
                let count = maker.listed.broadcasts.first().map_or(1, |room| room + 1);
                (0..count).map(|_| sends(maker, place, 0)).collect()
            })
        });
        let target = if maker.rng.percent(60) {
            sender
        } else {
            listener
        };
        let mut body = vec![listening, sending, maker.sleep(), maker.sleep()];
        body.push(maker.cancel(target));
        body.push(sends(maker, place, 0));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Tasks that listen until the end, which comes before they have heard enough, or after one of them is cancelled.
pub(super) fn hushed(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (target, broadcast) = (maker.id(), maker.broadcast());
    let traits = unlimited(maker, place);
    vec![maker.group(place, traits, |maker, place, group| {
        let to_the_end = |maker: &mut Maker<'_>, place: &Place| -> Block {
            let mut body = listens(maker, place, broadcast, |_, _| Block::new());
            if let Some(Op::Listen { take, .. }) = body.first_mut() {
                *take = 3;
            }
            body
        };
        let mut body = vec![
            maker.spawn(place, group, |maker, place| {
                maker.aimed(target, place, Until::Never, to_the_end)
            }),
            maker.spawn(place, group, to_the_end),
            sends(maker, place, broadcast),
        ];
        if maker.rng.percent(40) {
            body.push(maker.cancel(target));
        }
        body.push(maker.hush(broadcast));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

fn listens(
    maker: &mut Maker<'_>,
    place: &Place,
    broadcast: u32,
    first: impl FnOnce(&mut Maker<'_>, &Place) -> Block,
) -> Block {
    if place.bounded() {
        vec![maker.listen(place, broadcast, first)]
    } else {
        maker.nap(place)
    }
}

fn sends(maker: &mut Maker<'_>, place: &Place, broadcast: u32) -> Op {
    if place.bounded() {
        maker.publish(broadcast)
    } else {
        maker.sleep()
    }
}
