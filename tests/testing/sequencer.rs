//! Turns.

use anyrt::testing::{Sequencer, Sim};
use anyrt::{CancelScope, checkpoint, task_group};
use std::sync::{Arc, Mutex};

#[anyrt::test(sim, seeds = 50, backends = "tokio, smol, async-std")]
async fn turns_come_in_order() {
    let (sequence, seen) = (Sequencer::new(), Arc::new(Mutex::new(Vec::new())));
    let group = task_group(async |g| {
        for number in [3, 1, 4, 0, 2] {
            let (sequence, seen) = (sequence.clone(), seen.clone());
            g.spawn(async move {
                let turn = sequence.turn(number).await;
                seen.lock().unwrap().push(number);
                checkpoint().await;
                seen.lock().unwrap().push(number);
                drop(turn);
            });
        }
    });
    group.await.expect("nobody cancels");
    assert_eq!(*seen.lock().unwrap(), [0, 0, 1, 1, 2, 2, 3, 3, 4, 4]);
}

#[test]
#[should_panic(expected = "turn 1 of a sequencer is taken by two")]
fn a_turn_is_taken_once() {
    let sequence = Sequencer::new();
    drop(sequence.turn(1));
    drop(sequence.turn(1));
}

#[test]
#[should_panic(expected = "turn 1 of a sequencer will never come: turn 0 was given up")]
fn a_turn_after_one_that_was_given_up_says_so() {
    let run = anyrt::run(Sim::new(1), async {
        let sequence = Sequencer::new();
        let scope = CancelScope::new();
        scope.handle().cancel();
        assert!(scope.run(sequence.turn(0)).await.is_err());
        drop(sequence.turn(1).await);
    });
    run.expect("no deadlock");
}
