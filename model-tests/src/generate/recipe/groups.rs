//! Groups whose tasks fail, wait for their places, outlive their spawners, or were never there.

use crate::generate::maker::{Maker, Traits};
use crate::place::Place;
use crate::program::{Block, Op};

/// An error, or a panic where the profile has them.
fn fault(maker: &mut Maker<'_>, place: &Place) -> Op {
    let panic = maker.full() && maker.rng.percent(if maker.caught > 0 { 22 } else { 6 });
    match (place.fallible, panic) {
        (_, true) => maker.panic(),
        (true, false) => maker.fail(),
        (false, false) => maker.sleep(),
    }
}

/// Errors of several tasks, some of them raised when the group is failing already.
pub(super) fn errors_while_unwinding(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.failing(place);
    let protected = |maker: &mut Maker<'_>, place: &Place| {
        vec![maker.shield(place, 20, |maker, place| {
            vec![maker.sleep(), fault(maker, place)]
        })]
    };
    let cleaned = |maker: &mut Maker<'_>, place: &Place| {
        vec![maker.finally(place, 20, Maker::nap, |maker, place| {
            let traits = maker.failing(place);
            let failing =
                |maker: &mut Maker<'_>, place: &Place, _| vec![maker.sleep(), fault(maker, place)];
            vec![maker.group(place, traits, failing)]
        })]
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = vec![
            maker.spawn(place, group, protected),
            maker.spawn(place, group, |maker, place| vec![fault(maker, place)]),
        ];
        match maker.rng.below(3) {
            0 => body.push(maker.spawn(place, group, cleaned)),
            1 => body.append(&mut protected(maker, place)),
            _ => {}
        }
        body.append(&mut maker.few(place, 2));
        body
    })]
}

/// A host that sits in a shield while its group fails or is cancelled.
pub(super) fn host_in_shield(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.failing(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let cancels = maker.rng.percent(35);
        let trouble = maker.spawn(place, group, |maker, place| {
            let last = if cancels {
                maker.cancel(group.id)
            } else {
                fault(maker, place)
            };
            vec![maker.sleep(), last]
        });
        let mut body = vec![trouble];
        if maker.rng.percent(50) {
            body.push(maker.spawn(place, group, Maker::nap));
        }
        body.push(maker.shield(place, 30, |maker, place| {
            let mut body = vec![maker.sleep_for(2)];
            body.append(&mut maker.few(place, 2));
            body
        }));
        body.push(maker.state());
        body
    })]
}

/// Tasks that wait for their places, and are cancelled there.
pub(super) fn limited(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = Traits {
        limit: Some(maker.rng.small(1, 2)),
        ..maker.traits(place)
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = Block::new();
        let mut tasks = Vec::new();
        for _ in 0..maker.rng.within(2, 4) {
            let task = maker.spawn(place, group, Maker::nap);
            tasks.push(super::task_of(&task));
            body.push(task);
        }
        if let (Some(task), true) = (maker.rng.pick(&tasks), maker.rng.percent(60)) {
            body.push(maker.cancel_task(task));
        }
        if maker.rng.percent(35) {
            body.push(maker.cancel(group.id));
        }
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Daemons that are cancelled when nobody else is left.
pub(super) fn daemons(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.traits(place);
    let daemon = |maker: &mut Maker<'_>, place: &Place| {
        let endless = place.bounded() && maker.rng.percent(60);
        vec![maker.finally(
            place,
            25,
            |maker, _| {
                vec![if endless {
                    maker.forever()
                } else {
                    maker.sleep_for(3)
                }]
            },
            Maker::nap,
        )]
    };
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = vec![maker.spawn_as(place, group, true, daemon)];
        if maker.rng.percent(50) {
            body.push(maker.spawn_as(place, group, true, Maker::nap));
        }
        body.push(maker.spawn_as(place, group, false, Maker::nap));
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Hooks that fail, after tasks and a body that may have failed.
pub(super) fn failing_hooks(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.failing(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let mut body = vec![maker.defer(place, group, Maker::nap)];
        body.push(maker.spawn(place, group, |maker, place| {
            let mut body = Block::new();
            if maker.rng.percent(50) {
                body.push(maker.defer(place, group, Maker::busy));
            }
            body.append(&mut maker.nap(place));
            body
        }));
        body.push(maker.defer(place, group, Maker::busy));
        if maker.rng.percent(50) {
            body.push(fault(maker, place));
        }
        body
    })]
}

/// Local groups in tasks of local groups.
pub(super) fn local_in_local(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = |maker: &mut Maker<'_>, place: &Place| Traits {
        local: place.local,
        ..maker.traits(place)
    };
    let outer = traits(maker, place);
    vec![maker.group(place, outer, |maker, place, group| {
        let nested = maker.spawn(place, group, |maker, place| {
            let inner = traits(maker, place);
            let nested = maker.group(place, inner, |maker, place, inner| {
                let mut body = vec![maker.spawn(place, inner, Maker::nap)];
                body.push(maker.spawn(place, group, Maker::nap));
                body.append(&mut maker.few(place, 1));
                body
            });
            vec![nested, maker.sleep()]
        });
        let task = super::task_of(&nested);
        let mut body = vec![nested, maker.spawn(place, group, Maker::some)];
        if maker.rng.percent(40) {
            body.push(maker.cancel_task(task));
        }
        body.append(&mut maker.few(place, 1));
        body
    })]
}

/// Tasks that are spawned into an outer group from inside of scopes, shields and groups, and that name
/// an inner group which may have closed.
pub(super) fn outward(maker: &mut Maker<'_>, place: &Place) -> Block {
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, outer| {
        let until = maker.until();
        let scope = maker.scope(place, until, |maker, place| {
            // The inner group is named from a task of the outer one, so it cannot be local.
            let traits = Traits {
                local: false,
                ..maker.traits(place)
            };
            let group = maker.group(place, traits, |maker, place, inner| {
                let late = |maker: &mut Maker<'_>, place: &Place| {
                    let start = maker.rng.percent(40) && (!inner.limited || place.bounded());
                    let task = if start {
                        maker.start(place, inner, Maker::start_body)
                    } else {
                        maker.spawn(place, inner, Maker::nap)
                    };
                    let turns = maker.rng.small(1, 3);
                    vec![maker.sleep_for(turns), task]
                };
                let shield = maker.shield(place, 30, |maker, place| {
                    vec![maker.spawn(place, outer, late), maker.sleep()]
                });
                let mut body = vec![shield];
                body.append(&mut maker.few(place, 1));
                body
            });
            vec![group, maker.sleep()]
        });
        vec![scope, maker.state()]
    })]
}

/// Bodies, groups and cleanups with nothing in them, where the region may be cancelled already.
pub(super) fn empty(maker: &mut Maker<'_>, place: &Place) -> Block {
    let nothing = |_: &mut Maker<'_>, _: &Place| Block::new();
    let target = maker.id();
    let cancel = maker.cancel(target);
    let until = maker.until();
    let scope = maker.scope_as(target, place, until, |maker, place| {
        let traits = maker.traits(place);
        let group = maker.group(place, traits, |maker, place, group| {
            if maker.rng.percent(50) {
                return Block::new();
            }
            vec![maker.spawn(place, group, nothing)]
        });
        vec![
            group,
            maker.shield(place, 30, nothing),
            maker.finally(place, 30, nothing, nothing),
        ]
    });
    vec![cancel, scope]
}
