//! Scopes, shields and cleanups that are cancelled, or whose deadline passes, at an awkward moment.

use crate::generate::maker::{Maker, Until};
use crate::place::Place;
use crate::program::Block;

/// A scope in a task, cancelled by the host at about the time when it is entered.
pub(super) fn raced(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, place| {
            let until = if maker.rng.percent(30) {
                Until::Fixed
            } else {
                Until::Never
            };
            let mut body = vec![maker.scope_as(target, place, until, Maker::nap)];
            body.append(&mut maker.few(place, 1));
            body
        });
        let mut body = vec![task, maker.cancel(target)];
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// A deadline that passes in the middle of nested work.
pub(super) fn expiring(maker: &mut Maker<'_>, place: &Place) -> Block {
    let until = if maker.rng.percent(70) {
        Until::Fixed
    } else {
        Until::Movable
    };
    let scope = maker.scope(place, until, |maker, place| {
        let work = maker.finally(place, 30, Maker::nap, Maker::nap);
        let traits = maker.traits(place);
        let group = maker.group(place, traits, |maker, place, group| {
            let task = maker.spawn(place, group, |maker, place| {
                let inner = maker.until();
                vec![maker.scope(place, inner, Maker::nap), maker.sleep()]
            });
            let mut body = vec![task];
            body.append(&mut maker.few(place, 2));
            body
        });
        if maker.rng.percent(50) {
            vec![work, group]
        } else {
            vec![group, work]
        }
    });
    vec![scope, maker.state()]
}

/// A shield in a scope that is cancelled while the shield is at work.
pub(super) fn shielded(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let traits = maker.traits(place);
    let inside = |maker: &mut Maker<'_>, place: &Place| {
        let shield = maker.shield(place, 45, |maker, place| {
            let mut body = vec![maker.sleep(), maker.state()];
            body.append(&mut maker.few(place, 2));
            body
        });
        let mut body = vec![shield];
        body.append(&mut maker.few(place, 1));
        body.push(maker.checkpoint());
        body
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, _| vec![maker.cancel(target)]);
        vec![
            task,
            maker.scope_as(target, place, Until::Never, inside),
            maker.state(),
        ]
    })]
}

/// A part of a shield that is given up when the outside is cancelled, and a grace period for the rest.
pub(super) fn restored(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let traits = maker.traits(place);
    let cut = |maker: &mut Maker<'_>, place: &Place| {
        let mut body = if maker.rng.percent(50) {
            maker.busy(place)
        } else {
            maker.nap(place)
        };
        let last = if place.bounded() {
            maker.forever()
        } else {
            maker.sleep_for(2)
        };
        body.push(last);
        body
    };
    let inside = |maker: &mut Maker<'_>, place: &Place| {
        vec![maker.shield(place, 60, |maker, place| {
            let mut body = vec![maker.restore(place, cut), maker.state()];
            body.append(&mut maker.few(place, 1));
            body.push(maker.sleep());
            body
        })]
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, _| {
            vec![maker.sleep(), maker.cancel(target)]
        });
        vec![
            task,
            maker.scope_as(target, place, Until::Never, inside),
            maker.checkpoint(),
        ]
    })]
}

/// A scope that is cancelled before it is entered.
pub(super) fn before_entry(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let mut block = vec![maker.cancel(target)];
    let until = maker.until();
    block.push(maker.scope_as(target, place, until, |maker, place| {
        if maker.rng.percent(20) {
            return Block::new();
        }
        let shield = maker.shield(place, 30, Maker::some);
        let first = maker.rng.percent(50);
        let work = maker.structure(place);
        if first {
            vec![shield, work]
        } else {
            vec![work, shield]
        }
    }));
    block.push(maker.state());
    block
}

/// A deadline that is moved while the scope is at work.
pub(super) fn moved(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let traits = maker.traits(place);
    let until = if maker.rng.percent(75) {
        Until::Movable
    } else {
        Until::Never
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, _| {
            let mut body = vec![maker.move_deadline(target)];
            if maker.rng.percent(50) {
                body.push(maker.move_deadline(target));
            }
            body
        });
        let scope = maker.scope_as(target, place, until, |maker, place| {
            let mut body = vec![maker.sleep(), maker.state()];
            body.append(&mut maker.few(place, 2));
            body.push(maker.sleep());
            body
        });
        vec![task, scope]
    })]
}

/// Finallys in the body and in the cleanup of one another.
pub(super) fn nested_finallys(maker: &mut Maker<'_>, place: &Place) -> Block {
    let until = maker.until();
    let last = |maker: &mut Maker<'_>, place: &Place| {
        let mut body = maker.nap(place);
        let bounded = place.bounded() && maker.rng.percent(40);
        body.push(if bounded {
            maker.forever()
        } else {
            maker.sleep()
        });
        body
    };
    let inner = |maker: &mut Maker<'_>, place: &Place| {
        vec![maker.finally(place, 30, last, Maker::nap), maker.sleep()]
    };
    let cleanup = |maker: &mut Maker<'_>, place: &Place| {
        let mut body = maker.nap(place);
        if maker.rng.percent(60) {
            body.push(maker.finally(place, 30, Maker::nap, Maker::nap));
        }
        body
    };
    vec![maker.scope(place, until, |maker, place| {
        vec![maker.finally(place, 30, inner, cleanup)]
    })]
}

/// Blocking calls that are cancelled, or left behind.
pub(super) fn blocking(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, place| {
            let until = maker.until();
            maker.aimed(target, place, until, |maker, _| {
                vec![maker.blocking(), maker.sleep()]
            })
        });
        let mut body = vec![task, maker.blocking(), maker.cancel(target)];
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Scopes in one another, cancelled from the inside and from beside, the inner first or the outer.
pub(super) fn crossfire(maker: &mut Maker<'_>, place: &Place) -> Block {
    let (outer, inner) = (maker.id(), maker.id());
    let (first, second) = if maker.rng.percent(50) {
        (outer, inner)
    } else {
        (inner, outer)
    };
    let traits = maker.traits(place);
    let work = |maker: &mut Maker<'_>, place: &Place| -> Block {
        let mut body = maker.few(place, 1);
        body.push(maker.cancel(first));
        body.push(maker.checkpoint());
        body
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, _| vec![maker.cancel(second)]);
        let scope = maker.scope_as(outer, place, Until::Never, |maker, place| {
            let scope = maker.scope_as(inner, place, Until::Never, work);
            vec![scope, maker.sleep()]
        });
        vec![task, scope, maker.state()]
    })]
}

/// Something without an end in a scope with a deadline, which may stand where nothing else ends it.
pub(super) fn endless(maker: &mut Maker<'_>, place: &Place) -> Block {
    let scope = maker.scope(place, Until::Fixed, |maker, place| {
        let mut body = maker.few(place, 2);
        let (stream, semaphore) = (maker.stream(), maker.semaphore());
        body.push(match maker.rng.below(7) {
            0 => maker.wait(),
            1 => maker.join(0),
            2 => maker.receive(stream),
            3 => maker.hold(place, semaphore, Maker::nap),
            _ => maker.forever(),
        });
        body
    });
    vec![scope, maker.sleep()]
}
