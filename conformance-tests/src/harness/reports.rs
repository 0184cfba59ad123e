//! What a runtime has told of, and counted.

use anyrt::Runtime;

/// How many of these reports contain a text.
pub fn reports_of(reports: &[String], text: &str) -> usize {
    reports
        .iter()
        .filter(|report| report.contains(text))
        .count()
}

/// How many regions this runtime has seen dropped while they were at work.
pub fn escapes() -> u64 {
    Runtime::current().unwrap().statistics().foreign_drops
}
