//! Blocks that are run together, and what becomes of those that are not needed any more.

use crate::generate::maker::{Make, Maker, Until};
use crate::place::Place;
use crate::program::{Block, Kind};

/// A race of which some are slow to leave.
pub(super) fn first(maker: &mut Maker<'_>, place: &Place) -> Block {
    let kind = if maker.rng.percent(60) {
        Kind::Race
    } else {
        Kind::RaceOk
    };
    let count = if maker.rng.percent(40) { 3 } else { 2 };
    let arms: [Make<'_>; 3] = [Maker::nap, Maker::slow, Maker::slow];
    vec![maker.together(place, kind, &arms[..count]), maker.state()]
}

/// Arms that fail, before the others and while they go.
pub(super) fn failing(maker: &mut Maker<'_>, place: &Place) -> Block {
    let kind = if maker.rng.percent(60) {
        Kind::TryGather
    } else {
        Kind::RaceOk
    };
    let count = if maker.rng.percent(50) { 3 } else { 2 };
    let arms: [Make<'_>; 3] = [Maker::quick, Maker::late, Maker::nap];
    vec![maker.together(place, kind, &arms[..count]), maker.state()]
}

/// Arms in a scope that is cancelled while they are at work.
pub(super) fn cancelled(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let traits = maker.traits(place);
    vec![maker.group(place, traits, |maker, place, group| {
        let task = maker.spawn(place, group, |maker, _| vec![maker.cancel(target)]);
        let scope = maker.scope_as(target, place, Until::Never, |maker, place| {
            // Errors that nobody would take are left to the recipe above.
            let kind = if maker.rng.percent(50) {
                Kind::Gather
            } else {
                Kind::Race
            };
            let together = maker.together(place, kind, &[Maker::slow, Maker::slow]);
            vec![together, maker.sleep()]
        });
        vec![task, scope, maker.state()]
    })]
}

/// Few arms at a time, in a scope that is cancelled in some cases.
pub(super) fn limited(maker: &mut Maker<'_>, place: &Place) -> Block {
    let target = maker.id();
    let fails = maker.rng.percent(50);
    let until = maker.until();
    maker.aimed(target, place, until, |maker, place| {
        if fails {
            let arms: [Make<'_>; 4] = [Maker::nap, Maker::late, Maker::quick, Maker::nap];
            vec![maker.together(place, Kind::TryAmap, &arms)]
        } else {
            let arms: [Make<'_>; 4] = [Maker::nap, Maker::slow, Maker::none, Maker::nap];
            vec![maker.together(place, Kind::Amap, &arms)]
        }
    })
}

/// Ends that are taken as they come; those that nobody wants are slow to leave.
pub(super) fn taken(maker: &mut Maker<'_>, place: &Place) -> Block {
    let arms: [Make<'_>; 3] = [Maker::slow, Maker::nap, Maker::slow];
    let from = maker.rng.index(2);
    vec![maker.as_completed(place, &arms[from..]), maker.state()]
}

/// Arms that end well all the same when they are not needed any more.
pub(super) fn selected(maker: &mut Maker<'_>, place: &Place) -> Block {
    let arms: [Make<'_>; 3] = [Maker::nap, Maker::shielded, Maker::slow];
    let count = maker.rng.index(2) + 2;
    let select = maker.together(place, Kind::Select, &arms[..count]);
    vec![select, maker.state()]
}

impl Maker<'_> {
    /// What ends at once.
    fn none(&mut self, _: &Place) -> Block {
        Block::new()
    }

    /// What is not cut.
    fn shielded(&mut self, place: &Place) -> Block {
        vec![self.shield(place, 0, |maker, _| vec![maker.sleep_for(2)])]
    }

    /// What takes its time to go.
    fn slow(&mut self, place: &Place) -> Block {
        match self.rng.below(3) {
            0 => vec![self.shield(place, 40, Self::nap)],
            1 => vec![self.finally(place, 30, Self::nap, Self::nap)],
            _ => {
                let mut body = self.nap(place);
                if place.bounded() {
                    body.push(self.forever());
                }
                body
            }
        }
    }

    /// What fails soon.
    fn quick(&mut self, _: &Place) -> Block {
        vec![self.sleep(), self.fail()]
    }

    /// What fails all the same when it is not needed any more.
    fn late(&mut self, place: &Place) -> Block {
        let fails = self.rng.percent(60);
        vec![self.shield(place, 20, |maker, _| {
            let last = if fails { maker.fail() } else { maker.sleep() };
            vec![maker.sleep(), last]
        })]
    }
}
