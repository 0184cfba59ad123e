//! Laws: two programs that are one, whatever is in them. Each is tried on many random blocks, and in random places.

use anyrt_model_tests::confluence::only_trace;
use anyrt_model_tests::generate::{Profile, from_seed};
use anyrt_model_tests::program::{Block, Op, Program};
use anyrt_model_tests::runner::Runner;
use anyrt_model_tests::trace::{Entry, Note, Trace};
use anyrt_model_tests::validate::validate;
use anyrt_model_tests::visit::{each, each_mut};

/// An id that no program has.
const FRESH: u32 = 1_000_000;

/// Rewrites every operation it applies to in many programs, alone, and compares the traces without what the rewrite adds.
fn law(rewrite: impl Fn(&Op) -> Option<Op>) {
    let mut tried = 0;
    for seed in 0..700 {
        let program = from_seed(seed, Profile::Full);
        let mut places = Vec::new();
        each(&program.main, &mut |op| places.push(rewrite(op).is_some()));
        // The outermost scope of main stays what it is.
        for place in (1..places.len()).filter(|&place| places[place]).take(3) {
            let rewritten = at(&program, place, &rewrite);
            if validate(&rewritten).is_err() {
                continue;
            }
            // A race says nothing about a law.
            let (Some(before), Some(after)) = (only_trace(&program), only_trace(&rewritten)) else {
                continue;
            };
            tried += 1;
            let (before, after) = (plain(&before), plain(&after));
            assert_eq!(before, after, "the model, seed {seed}, place {place}");
            let found = Runner::Sim.run(&rewritten, seed).expect("no deadlock");
            assert_eq!(
                before,
                plain(&found),
                "the simulation, seed {seed}, place {place}"
            );
        }
    }
    assert!(
        tried > 100,
        "only {tried} programs have something to rewrite"
    );
}

/// The program with one operation rewritten, counted in the order of the text.
fn at(program: &Program, place: usize, rewrite: impl Fn(&Op) -> Option<Op>) -> Program {
    let mut rewritten = program.clone();
    let mut position = 0;
    each_mut(&mut rewritten.main, &mut |op| {
        if position == place
            && let Some(new) = rewrite(op)
        {
            *op = new;
        }
        position += 1;
    });
    rewritten
}

/// A trace without the notes of what a law adds.
fn plain(trace: &Trace) -> Trace {
    let mut trace = trace.clone();
    for entries in trace.values_mut() {
        entries.retain(|Entry(_, note)| {
            !matches!(note, Note::Scope(id, _) | Note::Shield(id, _) | Note::Restore(id, _) | Note::Group(id, _)
                | Note::Cleanup(id, _) | Note::Cleaned(id) | Note::Cancel(id) if *id >= FRESH)
        });
    }
    trace
}

fn scope(body: Block) -> Op {
    Op::Scope {
        id: FRESH,
        deadline: None,
        body,
    }
}

fn shield(id: u32, body: Block) -> Op {
    Op::Shield {
        id,
        grace: None,
        body,
    }
}

/// `scope(f)` is `f` where nobody cancels the scope.
#[test]
fn a_scope_that_nobody_cancels_is_nothing() {
    law(|op| is_structure(op).then(|| scope(vec![op.clone()])));
}

/// `shield(shield(f))` is `shield(f)`.
#[test]
fn a_shield_in_a_shield_is_one_shield() {
    law(|op| match op {
        Op::Shield {
            id,
            grace: None,
            body,
        } if !has_restore(body) => Some(shield(*id, vec![shield(FRESH, body.clone())])),
        _ => None,
    });
}

/// A restore of an outer shield inside an inner one has no effect.
#[test]
fn a_restore_undoes_no_outer_shield() {
    law(|op| match op {
        Op::Shield {
            id,
            grace: None,
            body,
        } if !has_restore(body) => {
            let restored = Op::Restore {
                id: FRESH,
                body: body.clone(),
            };
            Some(shield(*id, vec![shield(FRESH + 1, vec![restored])]))
        }
        _ => None,
    });
}

/// A plain group with no children is its body; it has no errors to gather.
#[test]
fn a_group_without_children_is_its_body() {
    law(|op| {
        let body = match op {
            Op::Shield { .. } | Op::Restore { .. } => vec![op.clone()],
            _ => return None,
        };
        Some(Op::Group {
            id: FRESH,
            failing: true,
            local: false,
            limit: None,
            catch: false,
            body,
        })
    });
}

/// A cleanup that does nothing is none.
#[test]
fn a_cleanup_that_does_nothing_is_nothing() {
    law(|op| {
        is_structure(op).then(|| Op::Finally {
            id: FRESH,
            grace: None,
            body: vec![op.clone()],
            cleanup: Vec::new(),
        })
    });
}

/// `scope(scope(f))` is `scope(f)`.
#[test]
fn a_scope_in_a_scope_is_one_scope() {
    law(|op| match op {
        Op::Scope {
            id,
            deadline: None,
            body,
        } if !body.is_empty() => Some(Op::Scope {
            id: *id,
            deadline: None,
            body: vec![scope(body.clone())],
        }),
        _ => None,
    });
}

/// Whether a shield more would be the one that a restore undoes.
fn has_restore(body: &Block) -> bool {
    let mut found = false;
    each(body, &mut |op| found |= matches!(op, Op::Restore { .. }));
    found
}

/// What has a region of its own, and no error or start that would be moved out of its task.
fn is_structure(op: &Op) -> bool {
    matches!(
        op,
        Op::Shield { .. } | Op::Restore { .. } | Op::Group { .. } | Op::Finally { .. }
    )
}
