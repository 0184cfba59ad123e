use std::collections::BTreeMap;

use super::*;
use crate::program::Block;
use crate::validate::validate;

mod coverage;
mod hands;

const PROFILES: [Profile; 2] = [Profile::Full, Profile::Portable];

/// All of them where the compiler optimizes, and a part elsewhere.
const fn part(count: u64) -> u64 {
    if cfg!(debug_assertions) {
        count / 10
    } else {
        count
    }
}

#[test]
fn every_program_is_valid() {
    for profile in PROFILES {
        for seed in 0..part(100_000) {
            let program = from_seed(seed, profile);
            if let Err(invalid) = validate(&program) {
                panic!("{profile:?} {seed}: {invalid}");
            }
            assert!(profile.allows(&program), "{profile:?} {seed}");
            assert!((LEAST..=MOST).contains(&size(&program.main)));
        }
    }
}

/// FNV-1a over the JSON of some programs.
fn fingerprint(profile: Profile) -> u64 {
    (0..200).fold(0xcbf2_9ce4_8422_2325, |hash, seed| {
        let text = serde_json::to_string(&from_seed(seed, profile)).unwrap();
        text.bytes().fold(hash, |hash: u64, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        })
    })
}

/// Changes whenever the generator does; corpora that are named by seed are other programs then.
#[test]
fn seeds_stay_what_they_are() {
    let found = PROFILES.map(fingerprint);
    assert_eq!(
        found,
        [0x070d_f0fc_93aa_0649, 0x0833_7bfb_e18c_85e9],
        "{found:#x?}"
    );
}

#[test]
fn programs_survive_json() {
    for seed in 0..500 {
        let program = from_seed(seed, Profile::Full);
        let text = serde_json::to_string(&program).unwrap();
        assert_eq!(serde_json::from_str::<Program>(&text).unwrap(), program);
    }
}

#[test]
fn sizes_follow_the_parameter() {
    let rng = &mut Rng::new(7);
    for wanted in [5, 15, 30, 50] {
        let sizes: usize = (0..300)
            .map(|_| size(&program(rng, Profile::Full, wanted).main))
            .sum();
        let average = sizes / 300;
        assert!(
            average * 10 >= wanted * 8 && average <= wanted + 10,
            "{wanted}: {average}"
        );
    }
}
