//! How much of the language the programs use, and in which nestings. Every operation is named, with what is of interest in
//! it, so the file is longer than others.
//!
//! `cargo test coverage -- --nocapture` prints the table.

use super::*;
use crate::program::{End, Kind, Step, When};
use crate::visit::blocks;

const PROGRAMS: u64 = part(20_000);

#[derive(Default)]
struct Table {
    programs: u64,
    // In how many programs.
    features: BTreeMap<&'static str, u64>,
    pairs: BTreeMap<(&'static str, &'static str), u64>,
    sizes: Vec<usize>,
    depths: BTreeMap<usize, u64>,
    slots: u64,
}

#[derive(Default)]
struct Seen {
    features: BTreeMap<&'static str, u64>,
    pairs: BTreeMap<(&'static str, &'static str), u64>,
    deepest: usize,
}

const BLOCKS: [&str; 19] = [
    "scope", "group", "shield", "restore", "finally", "cleanup", "start", "spawn", "hook", "hold",
    "lock", "watch", "reserve", "listen", "fill", "get", "use", "arm", "taking",
];

/// What each block of an operation is called.
fn names(op: &Op) -> &'static [&'static str] {
    match op {
        Op::Scope { .. } => &["scope"],
        Op::Group { .. } => &["group"],
        Op::Shield { .. } => &["shield"],
        Op::Restore { .. } => &["restore"],
        Op::Finally { .. } => &["finally", "cleanup"],
        Op::Start { .. } => &["start"],
        Op::Spawn { .. } => &["spawn"],
        Op::Defer { .. } => &["hook"],
        Op::Hold { .. } => &["hold"],
        Op::Lock { .. } => &["lock"],
        Op::Watch { .. } => &["watch"; 2],
        Op::Reserve { .. } => &["reserve"],
        Op::Listen { .. } => &["listen"],
        Op::Fill { .. } => &["fill"],
        Op::Get { .. } => &["get"],
        Op::Use { .. } => &["use"],
        // The last one is the body.
        Op::Together { arms, .. } => {
            const ARMS: [&str; 5] = ["arm", "arm", "arm", "arm", "taking"];
            &ARMS[ARMS.len() - 1 - arms.len()..]
        }
        _ => &[],
    }
}

fn deadline(when: Option<When>) -> &'static str {
    match when {
        None => "none",
        Some(When { turns: 0, .. }) => "0 turns",
        Some(When { turns: 1, .. }) => "1 turn",
        Some(_) => "more turns",
    }
}

/// The operation, and its options.
fn features(op: &Op, around: &[&str]) -> Vec<&'static str> {
    let inside = |what: &str| around.contains(&what);
    let flag = |set: bool, name| if set { name } else { "" };
    match op {
        Op::Sleep { turns, .. } => vec!["sleep", flag(*turns > 1, "sleep turns")],
        Op::Checkpoint { .. } => vec!["checkpoint"],
        Op::State { .. } => vec!["state", flag(inside("shield"), "state in shield")],
        Op::Set { .. } => vec!["set"],
        Op::Wait { .. } => vec!["wait", flag(inside("cleanup"), "wait in cleanup")],
        Op::Forever => vec![
            "forever",
            flag(inside("shield"), "forever in shield"),
            flag(inside("cleanup"), "forever in cleanup"),
            flag(inside("hook"), "forever in hook"),
            flag(inside("start"), "forever in start"),
        ],
        Op::Cancel { .. } => vec!["cancel", flag(inside("cleanup"), "cancel in cleanup")],
        Op::Deadline { to, .. } => match deadline(*to) {
            "none" => vec!["deadline", "deadline to never"],
            "0 turns" => vec!["deadline", "deadline to now"],
            _ => vec!["deadline", "deadline to later"],
        },
        Op::Spawn { daemon, body, .. } => vec![
            "spawn",
            flag(*daemon, "spawn daemon"),
            flag(body.is_empty(), "spawn empty"),
        ],
        Op::Start { .. } => vec!["start"],
        Op::Started { .. } => vec![
            "started",
            flag(
                !matches!(around.last(), Some(&"start")),
                "started in a structure",
            ),
        ],
        Op::Join { .. } => vec!["join"],
        Op::CancelTask { .. } => vec!["cancel_task"],
        Op::Send { .. } => vec!["send", flag(inside("hold"), "send in hold")],
        Op::Receive { .. } => vec!["receive", flag(inside("cleanup"), "receive in cleanup")],
        Op::Close { end, .. } => match end {
            End::Sender => vec!["close sender"],
            End::Receiver => vec!["close receiver"],
        },
        Op::Hold { .. } => vec!["hold"],
        Op::Lock { unless, .. } => vec!["lock", flag(unless.is_some(), "lock unless")],
        Op::Watch { .. } => vec!["watch"],
        Op::Notify { all, .. } => vec!["notify", flag(*all, "notify all")],
        Op::Meet { .. } => vec!["meet"],
        Op::Reserve { .. } => vec!["reserve"],
        Op::Publish { broadcast, .. } => vec![if *broadcast == 1 {
            "publish latest"
        } else {
            "publish"
        }],
        Op::Listen {
            broadcast, take, ..
        } => vec![
            if *broadcast == 1 {
                "listen latest"
            } else {
                "listen"
            },
            flag(*take == 0, "listen and take none"),
        ],
        Op::Hush { .. } => vec!["hush"],
        Op::Fill { .. } => vec!["fill"],
        Op::Get { .. } => vec!["get"],
        Op::Give { item, .. } => vec![if item.is_some() { "give" } else { "break" }],
        Op::Ask { .. } => vec!["ask"],
        Op::Use { .. } => vec!["use"],
        Op::Together {
            kind,
            catch,
            limit,
            take,
            body,
            ..
        } => vec![
            match kind {
                Kind::Gather => "gather",
                Kind::TryGather => "try_gather",
                Kind::Race => "race",
                Kind::RaceOk => "race_ok",
                Kind::Select => "select",
                Kind::Amap => "amap",
                Kind::TryAmap => "try_amap",
                Kind::AsCompleted => "as_completed",
            },
            flag(*catch, "together catch"),
            flag(limit.is_some(), "together limit"),
            flag(take.is_some(), "together take"),
            flag(!body.is_empty(), "together body"),
        ],
        Op::Fail { .. } => vec![
            "fail",
            flag(inside("shield"), "fail in shield"),
            flag(inside("start"), "fail in start"),
        ],
        Op::Panic { .. } => vec![
            "panic",
            flag(inside("cleanup"), "panic in cleanup"),
            flag(inside("hook"), "panic in hook"),
        ],
        Op::Scope {
            deadline: when,
            body,
            ..
        } => vec![
            "scope",
            match deadline(*when) {
                "none" => "scope no deadline",
                "0 turns" => "scope 0 turns",
                "1 turn" => "scope 1 turn",
                _ => "scope more turns",
            },
            flag(body.is_empty(), "scope empty"),
        ],
        Op::Group {
            failing,
            local,
            limit,
            catch,
            body,
            ..
        } => vec![
            "group",
            flag(*failing, "group failing"),
            flag(*local, "group local"),
            flag(*limit == Some(0), "group limit 0"),
            flag(matches!(limit, Some(1..)), "group limit"),
            flag(*catch, "group catch"),
            flag(body.is_empty(), "group empty"),
        ],
        Op::Shield { grace, .. } => vec!["shield", flag(grace.is_some(), "shield grace")],
        Op::Restore { .. } => vec!["restore"],
        Op::Finally { grace, .. } => vec!["finally", flag(grace.is_some(), "finally grace")],
        Op::Defer { error, .. } => vec!["defer", flag(error.is_some(), "defer error")],
        Op::Blocking { abandon, body, .. } => vec![
            "blocking",
            flag(*abandon, "blocking abandon"),
            flag(
                body.iter().any(|step| matches!(step, Step::Sleep { .. })),
                "blocking sleep",
            ),
            flag(body.contains(&Step::Check), "blocking check"),
            flag(inside("shield"), "blocking in shield"),
            flag(inside("cleanup"), "blocking in cleanup"),
        ],
    }
}

impl Seen {
    fn block(&mut self, block: &Block, around: &mut Vec<&'static str>) {
        self.deepest = self.deepest.max(around.len());
        for op in block {
            for feature in features(op, around) {
                self.features.insert(feature, 1);
            }
            for (inner, name) in blocks(op).into_iter().zip(names(op)) {
                // Main's own scope would make everything stand in a scope.
                if around.is_empty() && self.deepest == 0 {
                    self.deepest = 1;
                    self.block(inner, around);
                    continue;
                }
                for outer in around.iter() {
                    self.pairs.insert((*name, *outer), 1);
                }
                around.push(name);
                self.block(inner, around);
                around.pop();
            }
        }
    }
}

impl Table {
    fn take(profile: Profile) -> Self {
        let mut table = Self::default();
        for seed in 0..PROGRAMS {
            let program = from_seed(seed, profile);
            let mut seen = Seen::default();
            seen.block(&program.main, &mut Vec::new());
            table.programs += 1;
            table.sizes.push(size(&program.main));
            table.slots += u64::from(program.slots);
            *table.depths.entry(seen.deepest).or_default() += 1;
            seen.features.remove("");
            for (feature, _) in seen.features {
                *table.features.entry(feature).or_default() += 1;
            }
            for (pair, _) in seen.pairs {
                *table.pairs.entry(pair).or_default() += 1;
            }
        }
        table.sizes.sort_unstable();
        table
    }

    /// In thousandths.
    fn share(&self, count: u64) -> String {
        let share = count * 1000 / self.programs;
        format!("{}.{}%", share / 10, share % 10)
    }

    fn print(&self, profile: Profile) {
        println!("{profile:?}: {} programs", self.programs);
        let count = self.sizes.len();
        let average = self.sizes.iter().sum::<usize>() * 10 / count;
        let decile = |tenths: usize| self.sizes[(count - 1) * tenths / 10];
        let deciles: Vec<usize> = (0..=10).map(decile).collect();
        println!(
            "operations: {}.{} on average, deciles {deciles:?}",
            average / 10,
            average % 10
        );
        println!(
            "slots: {} on average; depths {:?}",
            self.slots / self.programs,
            self.depths
        );
        for (feature, count) in &self.features {
            println!("  {feature:24} {:>6}", self.share(*count));
        }
        println!(
            "{:>10} in {}",
            "",
            BLOCKS.map(|name| format!("{name:>8}")).join("")
        );
        for inner in BLOCKS {
            let row = BLOCKS.map(|outer| {
                let count = self.pairs.get(&(inner, outer)).copied().unwrap_or(0);
                format!("{:>8}", self.share(count))
            });
            println!("{inner:>10}    {}", row.join(""));
        }
    }
}

#[test]
fn coverage_of_the_full_profile() {
    let table = Table::take(Profile::Full);
    table.print(Profile::Full);
    assert_eq!(table.features.len(), 97, "{}", table.features.len());
    for (feature, count) in &table.features {
        // Operations and options in one of a hundred; what asks for a place of its own in one of a thousand.
        let least = if feature.contains(" in ") { 1000 } else { 100 };
        assert!(count * least >= table.programs, "{feature}: {count}");
    }
    for inner in BLOCKS {
        for outer in BLOCKS {
            let count = table.pairs.get(&(inner, outer)).copied().unwrap_or(0);
            // A wait asks for a place where something ends it; few hooks and cleanups have one, and few restores.
            let waits = matches!(
                inner,
                "hold" | "lock" | "watch" | "reserve" | "listen" | "fill" | "get"
            );
            let rare = waits && matches!(outer, "hook" | "cleanup" | "restore" | "taking")
                || (inner, outer) == ("restore", "taking");
            let least = if waits
                || matches!(inner, "restore" | "start" | "hook")
                || matches!(outer, "taking" | "restore")
            {
                1000
            } else {
                500
            };
            assert!(
                rare || count * least >= table.programs,
                "{inner} in {outer}: {count}"
            );
        }
    }
}

#[test]
fn coverage_of_the_portable_profile() {
    let table = Table::take(Profile::Portable);
    table.print(Profile::Portable);
    let without = [
        "restore", "hook", "arm", "taking", "watch", "reserve", "listen", "fill", "get", "use",
    ];
    for inner in BLOCKS.into_iter().filter(|name| !without.contains(name)) {
        for outer in BLOCKS.into_iter().filter(|name| !without.contains(name)) {
            let count = table.pairs.get(&(inner, outer)).copied().unwrap_or(0);
            // A hold or a lock asks for a place where something ends its wait.
            let least = match (inner, outer) {
                // Without grace periods only a scope with a deadline inside of the cleanup ends a wait.
                ("hold" | "lock", "cleanup") => u64::MAX,
                ("hold" | "lock", _) => 1000,
                _ => 200,
            };
            assert!(
                count.saturating_mul(least) >= table.programs,
                "{inner} in {outer}: {count}"
            );
        }
    }
}
