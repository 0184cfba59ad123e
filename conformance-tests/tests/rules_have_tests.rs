//! Every rule of the semantics page has a test, and every test a rule.

use anyrt_conformance::chapters;
use std::{collections::BTreeSet, path::Path};

/// The sections whose every rule this suite covers.
const SECTIONS: [&str; 12] = [
    "SC", "SH", "FI", "TG", "ST", "HA", "DL", "TH", "RT", "PR", "MS", "CO",
];

/// The ids of the page: the first word of every line `- SC1 text`.
fn rules() -> BTreeSet<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../SEMANTICS.md");
    let text = std::fs::read_to_string(&page)
        .unwrap_or_else(|error| panic!("{} cannot be read: {error}", page.display()));
    text.lines()
        .filter_map(|line| line.strip_prefix("- "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|word| is_id(word))
        .map(str::to_owned)
        .collect()
}

fn is_id(word: &str) -> bool {
    let number = section_end(word);
    number == 2 && word.len() > 2 && word[number..].bytes().all(|b| b.is_ascii_digit())
}

/// Where the capital letters of an id end.
fn section_end(word: &str) -> usize {
    word.bytes().take_while(u8::is_ascii_uppercase).count()
}

fn is_covered_here(id: &str) -> bool {
    SECTIONS.contains(&&id[..section_end(id)])
}

/// The id a test's name starts with, as the page writes it.
fn id_of(test: &str) -> String {
    test.split('_').next().unwrap_or_default().to_uppercase()
}

fn tests() -> impl Iterator<Item = &'static str> {
    chapters::ALL
        .iter()
        .flat_map(|(_, tests)| tests.iter().map(|(name, _)| *name))
}

#[test]
fn every_rule_has_a_test() {
    let tested: BTreeSet<String> = tests().map(id_of).collect();
    let required: BTreeSet<String> = rules()
        .into_iter()
        .filter(|id| is_covered_here(id))
        .collect();
    assert!(!required.is_empty(), "the page has no rules");
    let missing: Vec<&String> = required.difference(&tested).collect();
    assert!(missing.is_empty(), "rules without a test: {missing:?}");
}

#[test]
fn every_test_has_a_rule() {
    let rules = rules();
    let strays: Vec<&str> = tests()
        .filter(|test| !rules.contains(&id_of(test)))
        .collect();
    assert!(strays.is_empty(), "tests without a rule: {strays:?}");
}

#[test]
fn every_test_stands_in_the_chapter_of_its_rule() {
    for (chapter, tests) in chapters::ALL {
        for (test, _) in *tests {
            assert!(
                test.starts_with(chapter),
                "{test} is listed in chapter {chapter}"
            );
        }
    }
}
