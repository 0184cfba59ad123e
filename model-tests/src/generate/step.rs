//! One operation after the other, picked at random from what may stand at a place. Each is named twice, with its weight and
//! with how it is made, which makes the file longer than others.
//!
//! Always true: what may not stand at a place has the weight 0 there.

use super::maker::{Maker, Until};
use super::recipe;
use crate::place::{Known, Phase, Place};
use crate::program::{Block, Kind, Op};

/// How deep blocks are nested before only single operations follow.
const DEEPEST: u32 = 9;

#[derive(Clone, Copy)]
enum Leaf {
    Sleep,
    Checkpoint,
    State,
    Set,
    Wait,
    Forever,
    Cancel,
    Deadline,
    Join,
    CancelTask,
    Send,
    Receive,
    Close,
    Notify,
    Meet,
    Publish,
    Hush,
    Give,
    Ask,
    Fail,
    Panic,
    Blocking,
}

#[derive(Clone, Copy)]
enum Structure {
    Scope,
    Group,
    Shield,
    Restore,
    Finally,
    Hold,
    Lock,
    Watch,
    Reserve,
    Listen,
    Fill,
    Get,
    Use,
    Together,
    Spawn,
    Start,
    Defer,
}

/// A weight where something may stand, else 0.
fn only(holds: bool, weight: u64) -> u64 {
    if holds { weight } else { 0 }
}

impl Maker<'_> {
    /// A block of some operations, or none.
    pub(super) fn some(&mut self, place: &Place) -> Block {
        let most = if self.rng.percent(6) { 0 } else { 4 };
        self.few(place, most)
    }

    /// A block of at most so many steps.
    pub(super) fn few(&mut self, place: &Place, most: u64) -> Block {
        let steps = if most == 0 {
            0
        } else {
            self.rng.within(1, most)
        };
        let mut block = Block::new();
        for _ in 0..steps {
            if ends(&block) && self.rng.percent(85) {
                break;
            }
            if self.left == 0 {
                // A block that comes last is not left empty too often.
                if block.is_empty() && self.rng.percent(90) {
                    block.push(self.leaf(place));
                }
                break;
            }
            self.step(place, &mut block);
        }
        block
    }

    /// A sleep first, then a few steps.
    pub(super) fn nap(&mut self, place: &Place) -> Block {
        let mut block = vec![self.sleep()];
        block.append(&mut self.few(place, 2));
        block
    }

    /// Some operations, with a structure among them in half of the cases.
    pub(super) fn busy(&mut self, place: &Place) -> Block {
        if self.left < 3 || self.depth >= DEEPEST || self.rng.percent(50) {
            return self.some(place);
        }
        let mut block = vec![self.structure(place)];
        block.append(&mut self.few(place, 2));
        block
    }

    /// Adds an operation, or a recipe of several, to a block.
    pub(super) fn step(&mut self, place: &Place, block: &mut Block) {
        let room = self.depth < DEEPEST && self.left >= 3;
        let kinds = [
            (40, 0),
            (only(room, 38), 1),
            (only(room && self.left >= 7, 22), 2),
        ];
        match self.rng.weighted(&kinds) {
            Some(1) => block.push(self.structure(place)),
            Some(2) => block.append(&mut recipe::any(self, place)),
            _ => block.push(self.leaf(place)),
        }
    }

    fn leaf(&mut self, place: &Place) -> Op {
        let full = self.full();
        let bounded = place.bounded();
        let weights = [
            (16, Leaf::Sleep),
            (7, Leaf::Checkpoint),
            (9, Leaf::State),
            (6, Leaf::Set),
            (only(bounded, 7), Leaf::Wait),
            (
                only(bounded, if self.fused > 0 { 5 } else { 1 }),
                Leaf::Forever,
            ),
            (14, Leaf::Cancel),
            (6, Leaf::Deadline),
            (only(bounded, 6), Leaf::Join),
            (6, Leaf::CancelTask),
            (only(bounded, 7), Leaf::Send),
            (only(bounded, 7), Leaf::Receive),
            (1, Leaf::Close),
            (only(full, 3), Leaf::Notify),
            (only(full && bounded, 2), Leaf::Meet),
            (only(full && bounded, 4), Leaf::Publish),
            (only(full, 1), Leaf::Hush),
            (only(full, 3), Leaf::Give),
            (only(full && bounded, 3), Leaf::Ask),
            (only(place.fallible, 6), Leaf::Fail),
            (only(full && self.caught > 0, 2), Leaf::Panic),
            (only(full && self.caught == 0, 1), Leaf::Panic),
            (only(full, 5), Leaf::Blocking),
        ];
        match self.rng.weighted(&weights).unwrap_or(Leaf::Sleep) {
            Leaf::Sleep => self.sleep(),
            Leaf::Checkpoint => self.checkpoint(),
            Leaf::State => self.state(),
            Leaf::Set => self.set(),
            Leaf::Wait => self.wait(),
            Leaf::Forever => self.forever(),
            Leaf::Cancel => self.cancel(0),
            Leaf::Deadline => self.move_deadline(0),
            Leaf::Join => self.join(0),
            Leaf::CancelTask => self.cancel_task(0),
            Leaf::Send => {
                let stream = self.stream();
                self.send(stream)
            }
            Leaf::Receive => {
                let stream = self.stream();
                self.receive(stream)
            }
            Leaf::Close => {
                let stream = self.stream();
                self.close(stream)
            }
            Leaf::Notify => {
                let lock = self.any_lock();
                self.notify(lock)
            }
            Leaf::Meet => {
                let barrier = self.barrier();
                self.meet(barrier)
            }
            Leaf::Publish => {
                let broadcast = self.broadcast();
                self.publish(broadcast)
            }
            Leaf::Hush => {
                let broadcast = self.broadcast();
                self.hush(broadcast)
            }
            Leaf::Give => {
                let promise = self.promise();
                self.give(promise)
            }
            Leaf::Ask => {
                let promise = self.promise();
                self.ask(promise)
            }
            Leaf::Fail => self.fail(),
            Leaf::Panic => self.panic(),
            Leaf::Blocking => self.blocking(),
        }
    }

    /// An operation with a block.
    pub(super) fn structure(&mut self, place: &Place) -> Op {
        let full = self.full();
        let member = self.member(place, false);
        let starter = self.member(place, true);
        let lock = self.other_lock().filter(|_| place.bounded());
        let waits = full && place.bounded();
        let cell = if waits { self.other_cell() } else { None };
        let key = if waits { self.other_key() } else { None };
        let weights = [
            (14, Structure::Scope),
            (13, Structure::Group),
            (13, Structure::Shield),
            (only(full && place.in_shield(), 44), Structure::Restore),
            (13, Structure::Finally),
            (only(place.bounded(), 10), Structure::Hold),
            (only(lock.is_some(), 9), Structure::Lock),
            (only(full && lock.is_some(), 6), Structure::Watch),
            (only(waits, 5), Structure::Reserve),
            (only(waits, 5), Structure::Listen),
            (only(cell.is_some(), 5), Structure::Fill),
            (only(key.is_some(), 5), Structure::Get),
            (only(full, 4), Structure::Use),
            (only(full, 10), Structure::Together),
            (only(member.is_some(), 24), Structure::Spawn),
            (only(starter.is_some(), 22), Structure::Start),
            (only(full && member.is_some(), 16), Structure::Defer),
        ];
        match (self.rng.weighted(&weights), member, starter) {
            (Some(Structure::Group), ..) => {
                let traits = self.traits(place);
                self.group(place, traits, |maker, place, _| maker.some(place))
            }
            (Some(Structure::Shield), ..) => self.shield(place, 40, Self::some),
            (Some(Structure::Restore), ..) => self.restore(place, Self::busy),
            (Some(Structure::Finally), ..) => self.finally(place, 30, Self::some, Self::some),
            (Some(Structure::Hold), ..) => {
                let semaphore = self.semaphore();
                self.hold(place, semaphore, Self::some)
            }
            (Some(Structure::Lock), ..) => {
                let unless = self.unless();
                self.lock(place, lock.unwrap_or(0), unless, Self::some)
            }
            (Some(Structure::Watch), ..) => {
                let first = if self.rng.percent(50) { 0 } else { 2 };
                let first = |maker: &mut Self, place: &Place| maker.few(place, first);
                self.watch(place, lock.unwrap_or(0), first, Self::some)
            }
            (Some(Structure::Reserve), ..) => {
                let stream = self.stream();
                self.reserve(place, stream, Self::some)
            }
            (Some(Structure::Listen), ..) => {
                let broadcast = self.broadcast();
                self.listen(place, broadcast, Self::some)
            }
            (Some(Structure::Fill), ..) => self.fill(place, cell.unwrap_or(0), Self::some),
            (Some(Structure::Get), ..) => self.get(place, key.unwrap_or((0, 1)), Self::some),
            (Some(Structure::Use), ..) => {
                let resource = self.resource();
                self.use_one(place, resource, Self::some)
            }
            (Some(Structure::Together), ..) => match self.kind() {
                Kind::AsCompleted => self.as_completed(place, &[Self::nap, Self::nap]),
                kind => self.together(place, kind, &[Self::nap, Self::nap]),
            },
            (Some(Structure::Spawn), Some(group), _) => self.spawn(place, group, Self::some),
            (Some(Structure::Start), _, Some(group)) => self.start(place, group, Self::start_body),
            (Some(Structure::Defer), Some(group), _) => self.defer(place, group, Self::busy),
            _ => {
                let until = self.until();
                self.scope(place, until, Self::some)
            }
        }
    }

    /// A group that may be named here, the innermost in half of the cases.
    fn member(&mut self, place: &Place, start: bool) -> Option<Known> {
        // A start in a limited group may wait for its place.
        let fits = |group: &&Known| !start || !group.limited || place.bounded();
        let among: Vec<Known> = place.groups.iter().filter(fits).copied().collect();
        if self.rng.percent(50) {
            return among.last().copied();
        }
        self.rng.pick(&among)
    }

    /// The body of a task that is being started. It says so in most cases, sometimes from inside a
    /// structure.
    pub(super) fn start_body(&mut self, place: &Place) -> Block {
        let most = self.rng.within(0, 2);
        let mut block = self.few(place, most);
        if place.fallible && self.rng.percent(15) {
            block.push(self.fail());
        }
        match self.rng.weighted(&[(12, 0), (60, 1), (28, 2)]) {
            Some(1) => block.append(&mut self.started(place, Self::some)),
            Some(2) => {
                block.push(self.started_inside(place));
                let mut after = place.clone();
                after.starts = false;
                after.phase = Phase::Maybe;
                block.append(&mut self.few(&after, most));
            }
            _ => {}
        }
        block
    }

    /// A structure in which the task says that it has started.
    fn started_inside(&mut self, place: &Place) -> Op {
        let body = |maker: &mut Self, place: &Place| {
            let mut block = vec![maker.sleep()];
            block.append(&mut maker.started(place, Self::some));
            block
        };
        match self.rng.below(3) {
            0 => self.finally(place, 30, body, Self::some),
            1 => {
                let traits = self.traits(place);
                self.group(place, traits, |maker, place, _| body(maker, place))
            }
            _ => {
                let until = [Until::Never, Until::Movable, Until::Fixed];
                let until = self.rng.pick(&until).unwrap_or(Until::Never);
                self.scope(place, until, body)
            }
        }
    }
}

/// Whether nothing after this block's last operation is run.
fn ends(block: &[Op]) -> bool {
    matches!(
        block.last(),
        Some(Op::Fail { .. } | Op::Panic { .. } | Op::Forever)
    )
}
