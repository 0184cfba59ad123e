//! What is known while a program is made: the numbers that are taken, how much is still wanted, how
//! deep the place is. And the program as a whole: main's scope, and groups with several tasks in it.
//!
//! Always true: ids and tasks count from 1; a scope that a `deadline` operation may move is in `movable`,
//! and is never what bounds a wait.

use super::Profile;
use crate::place::Place;
use crate::program::{Block, Kind, Op, Program};
use crate::rng::Rng;

/// What is to become of a scope's deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// None, until somebody moves it.
    Never,
    /// One that may be moved.
    Movable,
    /// One that stays.
    Fixed,
    /// One that has passed on entry, and stays.
    Now,
}

/// What kind of group.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Traits {
    pub(super) failing: bool,
    pub(super) local: bool,
    pub(super) limit: Option<u32>,
    pub(super) catch: bool,
}

/// The next numbers of each sequence.
#[derive(Default)]
pub(super) struct Next {
    pub(super) id: u32,
    pub(super) task: u32,
    pub(super) event: u32,
    pub(super) error: u32,
    pub(super) panic: u32,
    pub(super) item: u32,
    pub(super) bit: u32,
}

pub(super) struct Maker<'r> {
    pub(super) rng: &'r mut Rng,
    pub(super) profile: Profile,
    /// How many operations are still wanted.
    pub(super) left: usize,
    /// How many blocks are around.
    pub(super) depth: u32,
    /// How many groups that catch are around.
    pub(super) caught: u32,
    /// How many scopes with a deadline are around, main's own aside.
    pub(super) fused: u32,
    pub(super) movable: Vec<u32>,
    /// Events that are waited for and not set yet, and the other way round.
    pub(super) waited: Vec<u32>,
    pub(super) set: Vec<u32>,
    /// What is there before the program starts; it has no operations.
    pub(super) listed: Program,
    /// The locks that the blocks around have.
    pub(super) locked: Vec<u32>,
    /// The cells and the keys of flights whose values the blocks around make.
    pub(super) making: Vec<(Option<u32>, u32)>,
    pub(super) next: Next,
}

/// What makes a block.
pub(super) type Make<'r> = fn(&mut Maker<'r>, &Place) -> Block;

/// One to so many numbers, by weight.
fn some_of(rng: &mut Rng, most: u64, weights: &[(u64, u32)]) -> Vec<u32> {
    let count = rng.within(1, most);
    (0..count).filter_map(|_| rng.weighted(weights)).collect()
}

/// A number of a sequence that starts at 1.
pub(super) fn take(next: &mut u32) -> u32 {
    *next += 1;
    *next
}

impl<'r> Maker<'r> {
    pub(super) fn new(rng: &'r mut Rng, profile: Profile, left: usize) -> Self {
        // Few of each: items that nobody wants and permits that nobody else asks for show nothing.
        let portable = Program {
            streams: some_of(rng, 2, &[(4, 0), (3, 1), (2, 2)]),
            semaphores: some_of(rng, 2, &[(7, 1), (2, 2), (1, 0)]),
            locks: rng.small(1, 2),
            ..Program::default()
        };
        let listed = match profile {
            Profile::Full => Program {
                barriers: some_of(rng, 2, &[(7, 2), (2, 3), (1, 1)]),
                broadcasts: vec![rng.weighted(&[(5, 1), (2, 2), (1, 3)]).unwrap_or(1), 0],
                cells: rng.small(1, 2),
                flights: some_of(rng, 2, &[(4, 0), (3, 1), (2, 2)]),
                promises: rng.small(1, 3),
                resources: rng.small(1, 2),
                ..portable
            },
            Profile::Portable => portable,
        };
        Self {
            rng,
            profile,
            left,
            depth: 0,
            caught: 0,
            fused: 0,
            movable: Vec::new(),
            waited: Vec::new(),
            set: Vec::new(),
            listed,
            locked: Vec::new(),
            making: Vec::new(),
            next: Next::default(),
        }
    }

    /// Main's scope, with all that is wanted in it.
    pub(super) fn main(&mut self) -> Op {
        let place = Place::main();
        self.scope(&place, Until::Fixed, |maker, place| {
            let mut body = Block::new();
            while maker.left > 0 {
                if maker.rng.percent(60) {
                    body.push(maker.stage(place));
                } else {
                    maker.step(place, &mut body);
                }
            }
            body
        })
    }

    /// A group with some tasks and some work beside them.
    fn stage(&mut self, place: &Place) -> Op {
        let traits = self.traits(place);
        self.group(place, traits, |maker, place, group| {
            let mut body = Block::new();
            for _ in 0..maker.rng.within(1, 4) {
                body.push(maker.spawn(place, group, Self::some));
                if maker.rng.percent(60) {
                    maker.step(place, &mut body);
                }
            }
            body
        })
    }

    pub(super) fn full(&self) -> bool {
        self.profile == Profile::Full
    }

    pub(super) fn id(&mut self) -> u32 {
        take(&mut self.next.id)
    }

    pub(super) fn event(&mut self) -> u32 {
        take(&mut self.next.event)
    }

    pub(super) fn error(&mut self) -> u32 {
        take(&mut self.next.error)
    }

    pub(super) fn panic_number(&mut self) -> u32 {
        take(&mut self.next.panic)
    }

    /// One operation less is wanted.
    pub(super) fn spend(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    /// A block of an operation, one deeper, with a share of what is still wanted.
    pub(super) fn enter(
        &mut self,
        place: &Place,
        body: impl FnOnce(&mut Self, &Place) -> Block,
    ) -> Block {
        let kept = if self.depth == 0 { 0 } else { self.keep() };
        self.left -= kept;
        self.depth += 1;
        let block = body(self, place);
        self.depth -= 1;
        self.left += kept;
        block
    }

    fn keep(&mut self) -> usize {
        // A third at least: a block with much in it is worth more than two with little.
        let share = 2 + self.left / 3 + self.rng.index(self.left * 2 / 3 + 1);
        self.left.saturating_sub(share)
    }

    /// Any deadline.
    pub(super) fn until(&mut self) -> Until {
        let weights = [
            (45, Until::Never),
            (20, Until::Movable),
            (30, Until::Fixed),
            (5, Until::Now),
        ];
        self.rng.weighted(&weights).unwrap_or(Until::Never)
    }

    /// Any way to make something of arms.
    pub(super) fn kind(&mut self) -> Kind {
        let kinds = [
            Kind::Gather,
            Kind::TryGather,
            Kind::Race,
            Kind::RaceOk,
            Kind::Select,
            Kind::Amap,
            Kind::TryAmap,
            Kind::AsCompleted,
        ];
        self.rng.pick(&kinds).unwrap_or(Kind::Gather)
    }

    /// Any kind of group that may stand here.
    pub(super) fn traits(&mut self, place: &Place) -> Traits {
        let failing = self.rng.percent(60);
        let stuck = place.bounded_beside() && self.rng.percent(8);
        let limit = if stuck { 0 } else { self.rng.small(1, 3) };
        Traits {
            failing,
            local: self.full() && place.local && self.rng.percent(25),
            limit: (self.full() && self.rng.percent(15)).then_some(limit),
            catch: (failing && !place.fallible) || self.rng.percent(60),
        }
    }

    /// Any kind of failing group that may stand here.
    pub(super) fn failing(&mut self, place: &Place) -> Traits {
        let traits = self.traits(place);
        Traits {
            failing: true,
            catch: traits.catch || !place.fallible,
            ..traits
        }
    }
}
