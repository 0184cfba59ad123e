//! Whole situations in which rules meet. Each is a few operations to be put into a block.
//!
//! Always true: a recipe fits at every place; where a part of it may not stand, the recipe leaves that
//! part out. What follows the situation is random again.

use super::maker::Maker;
use crate::place::Place;
use crate::program::{Block, Op};

mod arms;
mod broadcasts;
mod cancels;
mod conditions;
mod groups;
mod hands;
mod locks;
mod tasks;
mod values;

type Recipe = fn(&mut Maker<'_>, &Place) -> Block;

/// How often each is picked, and whether `AnyIO` has what it is about.
const RECIPES: [(u64, bool, Recipe); 45] = [
    (5, true, cancels::raced),
    (4, true, cancels::expiring),
    (5, true, cancels::shielded),
    (7, false, cancels::restored),
    (4, true, cancels::endless),
    (4, true, cancels::before_entry),
    (4, true, cancels::moved),
    (5, true, cancels::nested_finallys),
    (4, false, cancels::blocking),
    (3, true, cancels::crossfire),
    (8, true, groups::errors_while_unwinding),
    (5, true, groups::host_in_shield),
    (4, false, groups::limited),
    (4, false, groups::daemons),
    (6, false, groups::failing_hooks),
    (4, false, groups::local_in_local),
    (5, true, groups::outward),
    (2, true, groups::empty),
    (6, true, tasks::starter_cancelled),
    (5, true, tasks::started_while_cancelled),
    (4, true, tasks::joins),
    (4, true, tasks::by_handle),
    (3, true, tasks::event),
    (7, false, arms::first),
    (7, false, arms::failing),
    (6, false, arms::cancelled),
    (6, false, arms::limited),
    (6, false, arms::taken),
    (5, false, arms::selected),
    (10, true, hands::passed_on),
    (6, true, hands::closed),
    (10, true, hands::in_turn),
    (16, true, locks::contended),
    (16, true, locks::given_up),
    (4, true, locks::too_late),
    (14, false, conditions::told),
    (8, false, conditions::meeting),
    (7, false, hands::reserved),
    (10, false, broadcasts::heard),
    (7, false, broadcasts::held_up),
    (7, false, broadcasts::hushed),
    (14, false, values::made),
    (7, false, values::kept),
    (6, false, values::promised),
    (5, false, values::used),
];

/// Any situation that the profile has.
pub(super) fn any(maker: &mut Maker<'_>, place: &Place) -> Block {
    let full = maker.full();
    let weights = RECIPES.map(|(weight, portable, recipe)| {
        let weight = if full || portable { weight } else { 0 };
        (weight, recipe)
    });
    match maker.rng.weighted(&weights) {
        Some(recipe) => recipe(maker, place),
        None => Block::new(),
    }
}

/// The number of a task that was just made; 0, which leaves the aim open, for anything else.
fn task_of(op: &Op) -> u32 {
    match op {
        Op::Spawn { task, .. } | Op::Start { task, .. } => *task,
        _ => 0,
    }
}
