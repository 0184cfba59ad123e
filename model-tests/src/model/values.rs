//! Values that one makes for all who want them: of a cell for good, of a key for as long as it is asked for or kept. And
//! promises, whose values somebody gives.
//!
//! What is always true:
//! 1. One at a time makes a value, with a permit of the cell. Where it fails or is cut the next one does (PR2).
//! 2. A key has a cell of its own for as long as somebody asks for it, or its value is kept (PR2).

use std::collections::BTreeMap;

use super::World;
use super::moments::Moment;
use super::permits::{Of, Permits};
use super::task::{Flow, Frame, Step, TaskIx, Turn};
use crate::program::Block;
use crate::trace::Note;

pub(super) type CellIx = usize;

pub(super) struct Cell {
    permits: Permits,
    /// The operation that has made the value.
    made: Option<u32>,
}

impl Cell {
    pub(super) fn new() -> Self {
        Self {
            permits: Permits::new(1),
            made: None,
        }
    }

    pub(super) fn permits(&mut self) -> &mut Permits {
        &mut self.permits
    }
}

/// The keys of which values are shared.
pub(super) struct Flight {
    /// How many values are kept.
    keep: usize,
    keys: BTreeMap<u32, Key>,
    /// Counts uses.
    age: u64,
}

struct Key {
    cell: CellIx,
    /// How many ask for it.
    asking: usize,
    /// Of its last use, once its value is kept.
    age: Option<u64>,
}

impl Flight {
    pub(super) fn new(keep: u32) -> Self {
        Self {
            keep: keep as usize,
            keys: BTreeMap::new(),
            age: 0,
        }
    }
}

/// What somebody wants, and makes if need be.
#[derive(Clone, Copy)]
pub(super) struct Wish<'p> {
    pub(super) id: u32,
    pub(super) cell: CellIx,
    /// The flight and the key that the cell belongs to.
    pub(super) key: Option<(u32, u32)>,
    pub(super) body: &'p Block,
}

impl<'p> World<'p> {
    /// Takes the value that is there, or waits for whoever makes it.
    pub(super) fn want_value(&mut self, t: TaskIx, wish: Wish<'p>) -> Step {
        match self.cells[wish.cell].made {
            Some(made) => self.has_value(t, wish, made),
            None => {
                let making = Note::Making(wish.id);
                self.want(t, Of::Cell(wish.cell), making, Turn::Make(wish))
            }
        }
    }

    /// Asks for a key, which has a cell from then on.
    pub(super) fn want_key(
        &mut self,
        t: TaskIx,
        (flight, key): (u32, u32),
        id: u32,
        body: &'p Block,
    ) -> Step {
        let keys = &mut self.flights[flight as usize].keys;
        let entry = keys.entry(key).or_insert_with(|| {
            self.cells.push(Cell::new());
            Key {
                cell: self.cells.len() - 1,
                asking: 0,
                age: None,
            }
        });
        entry.asking += 1;
        let cell = entry.cell;
        let key = Some((flight, key));
        self.want_value(
            t,
            Wish {
                id,
                cell,
                key,
                body,
            },
        )
    }

    /// It is this one's turn to make the value, unless another has.
    pub(super) fn makes(&mut self, t: TaskIx, wish: Wish<'p>, making: Note) -> Step {
        match self.cells[wish.cell].made {
            Some(made) => {
                self.give_back(Of::Cell(wish.cell));
                self.has_value(t, wish, made)
            }
            None => {
                self.note(t, making);
                self.tasks[t].push(Frame::Make(wish), wish.body)
            }
        }
    }

    /// The block that makes a value is gone. Nothing but a value is kept (PR2).
    pub(super) fn has_made(&mut self, t: TaskIx, wish: Wish<'p>, flow: Flow) -> Step {
        if matches!(flow, Flow::Done) {
            self.cells[wish.cell].made = Some(wish.id);
            self.let_all_in(Of::Cell(wish.cell));
        } else {
            self.comes_to(Moment::MakerCut);
            if self.cells[wish.cell].permits.is_wanted() {
                self.comes_to(Moment::MadeByNext);
            }
        }
        self.give_back(Of::Cell(wish.cell));
        match flow {
            Flow::Done => self.has_value(t, wish, wish.id),
            flow => {
                self.no_longer_asks(wish);
                Step::Leave(flow)
            }
        }
    }

    fn has_value(&mut self, t: TaskIx, wish: Wish<'p>, made: u32) -> Step {
        self.no_longer_asks(wish);
        self.done(t, Note::Got(wish.id, made))
    }

    /// Forgets a key that nobody asks for and whose value is not kept: those are kept that were used last.
    pub(super) fn no_longer_asks(&mut self, wish: Wish<'p>) {
        let Some((flight, number)) = wish.key else {
            return;
        };
        let is_made = self.cells[wish.cell].made.is_some();
        let Flight { keep, keys, age } = &mut self.flights[flight as usize];
        let Some(key) = keys.get_mut(&number).filter(|key| key.cell == wish.cell) else {
            // It is another one by now.
            return;
        };
        key.asking -= 1;
        if is_made && *keep > 0 {
            *age += 1;
            key.age = Some(*age);
            let kept = keys
                .iter()
                .filter_map(|(number, key)| Some((key.age?, *number)));
            let kept: BTreeMap<u64, u32> = kept.collect();
            let too_many = kept.len().saturating_sub(*keep);
            let is_forgotten = too_many > 0;
            for number in kept.into_values().take(too_many) {
                keys.remove(&number);
            }
            if is_forgotten {
                self.comes_to(Moment::Forgotten);
            }
        } else if is_made || key.asking == 0 {
            keys.remove(&number);
        }
    }

    /// Keeps a promise or breaks it, if nobody has.
    pub(super) fn give(&mut self, t: TaskIx, promise: u32, item: Option<u32>) -> Step {
        let given = &mut self.promises[promise as usize];
        let is_first = given.is_none();
        given.get_or_insert(item);
        self.done(t, Note::Gave(promise, is_first))
    }
}
