//! Whether what programs hold and wait for changes hands in all ways.
//!
//! `cargo test coverage -- --nocapture` prints the table.

use super::*;
use crate::model::{Moment, moments};

const PROGRAMS: u64 = part(20_000);

/// In how many programs each is met.
fn table(profile: Profile) -> BTreeMap<Moment, u64> {
    let mut table = BTreeMap::new();
    for seed in 0..PROGRAMS {
        for moment in moments(&from_seed(seed, profile)) {
            *table.entry(moment).or_default() += 1;
        }
    }
    table
}

#[track_caller]
fn are_met(profile: Profile, wanted: &[(Moment, u64)]) {
    let table = table(profile);
    println!("{profile:?}: of {PROGRAMS} programs, {table:?}");
    for (moment, one_of) in wanted {
        let count = table.get(moment).copied().unwrap_or(0);
        assert!(count * one_of >= PROGRAMS, "{moment:?}: {count}");
    }
}

#[test]
fn coverage_of_hands_in_the_full_profile() {
    let wanted = [
        (Moment::WaiterCut, 50),
        (Moment::HolderCut, 20),
        (Moment::PassedOver, 250),
        (Moment::PassedOn, 250),
        (Moment::TooLate, 200),
        (Moment::UntoldCut, 50),
        (Moment::ToldCut, 200),
        (Moment::ComerCut, 100),
        (Moment::PublisherCut, 400),
        (Moment::ListenerCut, 50),
        (Moment::ToldTheEnd, 100),
        (Moment::ReserverCut, 100),
        (Moment::WisherCut, 400),
        (Moment::MakerCut, 50),
        (Moment::MadeByNext, 250),
        (Moment::Forgotten, 250),
        (Moment::ArmHeldUp, 50),
        (Moment::ArmLeftOut, 100),
        (Moment::CameLate, 250),
        (Moment::NotTaken, 250),
    ];
    are_met(Profile::Full, &wanted);
}

#[test]
fn coverage_of_hands_in_the_portable_profile() {
    let wanted = [
        (Moment::WaiterCut, 50),
        (Moment::HolderCut, 20),
        (Moment::PassedOver, 100),
        (Moment::TooLate, 200),
    ];
    are_met(Profile::Portable, &wanted);
}
