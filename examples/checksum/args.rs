//! The command line.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::thread::available_parallelism;
use std::time::Duration;

/// Print the SHA-256 of every file below some directories, as `sha256sum` does
#[derive(clap::Parser)]
#[command(name = "checksum")]
#[command(
    after_help = "Exit status: 0 all hashed, 1 something could not be read or written, \
    2 wrong usage, 124 the deadline passed, 130 interrupted."
)]
pub(crate) struct Args {
    /// Directories to walk, without following links, and files to read
    #[arg(required = true, value_name = "PATH")]
    pub(crate) paths: Vec<PathBuf>,

    /// Read at most N files at once
    #[arg(short, long, value_name = "N", default_value_t = processors())]
    pub(crate) jobs: NonZeroUsize,

    /// Give up after this long: 500ms, 2s, 1.5m, 1h
    #[arg(short, long, value_name = "TIME", value_parser = duration)]
    pub(crate) deadline: Option<Duration>,

    /// Write to FILE, which is replaced at once when all is done and else left alone
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Take the entries of each directory in the order of their names
    #[arg(short, long)]
    pub(crate) sort: bool,
}

fn processors() -> NonZeroUsize {
    available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn duration(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let seconds = match &text[digits.len()..] {
        "ms" => 0.001,
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("a number and ms, s, m or h, like 2s".into()),
    };
    let number: f64 = digits.parse().map_err(|_| "not a number")?;
    Duration::try_from_secs_f64(number * seconds).map_err(|error| error.to_string())
}
