//! Tasks that are started, joined, cancelled by handle and woken.

use super::task_of;
use crate::generate::maker::{Maker, Until};
use crate::place::Place;
use crate::program::Block;

/// A start whose caller is cancelled before the task says that it has started.
pub(super) fn starter_cancelled(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let mut traits = maker.traits(place);
    if !place.bounded() {
        traits.limit = None;
    }
    let slow = |maker: &mut Maker<'_>, place: &Place| {
        let mut body = match maker.rng.below(3) {
            0 => vec![maker.shield(place, 30, |maker, _| vec![maker.sleep(), maker.sleep()])],
            1 => vec![maker.finally(place, 30, Maker::nap, Maker::nap)],
            _ => vec![maker.sleep(), maker.sleep()],
        };
        body.append(&mut maker.start_body(place));
        body
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let canceller = maker.spawn(place, group, |maker, _| vec![maker.cancel(target)]);
        let until = if maker.rng.percent(40) {
            Until::Fixed
        } else {
            Until::Never
        };
        let scope = maker.scope_as(target, place, until, |maker, place| {
            vec![maker.start(place, group, slow), maker.checkpoint()]
        });
        let mut body = vec![canceller, scope];
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// A task that says that it has started when its group is cancelled.
pub(super) fn started_while_cancelled(maker: &mut Maker<'_>, place: &Place) -> Block {
    let mut traits = maker.traits(place);
    if !place.bounded() {
        traits.limit = None;
    }
    vec![maker.group(place, traits, |maker, place, group| {
        let canceller = maker.spawn(place, group, |maker, _| vec![maker.cancel(group.id)]);
        let begin = |maker: &mut Maker<'_>, place: &Place| {
            // The shield keeps the starter where the group's cancel does not reach it. A limited group
            // needs the starter to be cut, which a shield would prevent.
            if group.limited || maker.rng.percent(50) {
                return vec![maker.start(place, group, Maker::start_body)];
            }
            vec![maker.shield(place, 30, |maker, place| {
                vec![maker.start(place, group, |maker, place| {
                    let mut body = vec![maker.sleep()];
                    body.append(&mut maker.started(place, Maker::some));
                    body
                })]
            })]
        };
        let mut body = vec![canceller];
        body.append(&mut begin(maker, place));
        body.push(maker.state());
        body
    })]
}

/// Tasks that wait for one another, and for their children; and who asks how they ended when their
/// group is over.
pub(super) fn joins(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.traits(place);
    let mut joined = 0;
    let group = maker.group(place, traits, |maker, place, group| {
        let first = maker.spawn(place, group, |maker, place| {
            let mut body = maker.nap(place);
            if place.fallible && maker.rng.percent(40) {
                body.push(maker.fail());
            } else if maker.full() && traits.catch && maker.rng.percent(15) {
                body.push(maker.panic());
            }
            body
        });
        joined = task_of(&first);
        let second = maker.spawn(place, group, |maker, place| {
            let mut body = Block::new();
            if place.bounded() {
                body.push(maker.join(joined));
            }
            body.append(&mut maker.few(place, 2));
            body
        });
        let last = task_of(&second);
        let mut body = vec![first, second];
        if place.bounded() && maker.rng.percent(60) {
            body.push(maker.join(last));
        }
        body.push(maker.state());
        body
    });
    let mut block = vec![group];
    if place.bounded() && maker.rng.percent(60) {
        block.push(maker.join(joined));
    }
    block
}

/// A task that is cancelled by its handle, amid its work, and joined.
pub(super) fn by_handle(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, place| {
            let work = match maker.rng.below(3) {
                0 => maker.shield(place, 30, Maker::nap),
                1 => maker.finally(place, 30, Maker::nap, Maker::nap),
                _ => maker.structure(place),
            };
            vec![work, maker.sleep()]
        });
        let handle = task_of(&task);
        let mut body = vec![task, maker.cancel_task(handle)];
        if place.bounded() {
            body.push(maker.join(handle));
        }
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// An event that is set when its waiter is about to be cancelled.
pub(super) fn event(maker: &mut Maker<'_>, place: &Place) -> Block {
    let event = maker.event();
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let waiter = maker.spawn(place, group, |maker, place| {
            let wait = |maker: &mut Maker<'_>, place: &Place| {
                let mut body = Block::new();
                if place.bounded() {
                    body.push(maker.wait_for(event));
                }
                body.push(maker.sleep());
                body
            };
            vec![maker.scope(place, Until::Fixed, wait), maker.state()]
        });
        let mut body = vec![waiter, maker.set_one(event)];
        body.append(&mut maker.few(place, 1));
        body
    })]
}
