//! The bench: measures the lines, prints the table, writes it as CSV.
//!
//! The library's documentation says how to read it.

use std::env;
use std::error::Error;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use anyrt_benches::figures::Census;
use anyrt_benches::{lines, page, report};

/// Settings of glibc's allocator that keep memory once it is there; other allocators ignore them.
const KEEP_MEMORY: [(&str, &str); 3] = [
    ("MALLOC_TRIM_THRESHOLD_", "1073741824"),
    ("MALLOC_MMAP_THRESHOLD_", "33554432"),
    ("MALLOC_TOP_PAD_", "4194304"),
];

/// The command line after `cargo bench -p anyrt-benches --`.
struct Options {
    rounds: usize,
    quick: bool,
    page: bool,
    filter: String,
}

impl Options {
    fn parse(arguments: impl Iterator<Item = String>) -> Result<Self, Box<dyn Error>> {
        let mut options = Self {
            rounds: 11,
            // `cargo test` leaves `--bench` out and asks only whether the cases run.
            quick: true,
            page: false,
            filter: String::new(),
        };
        let (mut quick, mut arguments) = (false, arguments);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => options.quick = false,
                "--quick" => quick = true,
                "--page" => options.page = true,
                "--rounds" => {
                    let rounds = arguments.next().ok_or("--rounds needs a number")?;
                    options.rounds = rounds.parse::<usize>()?.max(1);
                }
                option if option.starts_with('-') => {
                    let known = "--rounds <n>, --quick, --page, <filter>";
                    return Err(format!("{option}: not among {known}").into());
                }
                filter => options.filter = filter.to_owned(),
            }
        }
        options.quick |= quick;
        if options.page && !options.filter.is_empty() {
            return Err("--page is for the whole table, not for a part of it".into());
        }
        Ok(options)
    }
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let options = Options::parse(env::args().skip(1))?;
    if options.quick {
        return try_out(&options.filter);
    }
    if env::var_os(KEEP_MEMORY[0].0).is_none() {
        let mut again = Command::new(env::current_exe()?);
        let status = again
            .args(env::args_os().skip(1))
            .envs(KEEP_MEMORY)
            .status()?;
        return Ok(if status.success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        });
    }
    measure(&options)
}

fn try_out(filter: &str) -> Result<ExitCode, Box<dyn Error>> {
    let lines = lines(filter);
    for line in &lines {
        line.try_out();
    }
    println!("{} lines ran", lines.len());
    Ok(ExitCode::SUCCESS)
}

fn measure(options: &Options) -> Result<ExitCode, Box<dyn Error>> {
    let census = count(&options.filter)?;
    let mut rows = Vec::new();
    report::print_head();
    for line in lines(&options.filter) {
        let measured = line.measure(options.rounds, &census);
        report::print_rows(&measured);
        rows.extend(measured);
    }
    let path = target()?.join("benches.csv");
    report::write_csv(&path, &rows)?;
    let (goals, missed) = report::tally(&rows);
    println!("\n{missed} of {goals} goals missed");
    println!("{} rounds; also in {}", options.rounds, path.display());
    if options.page {
        println!("and in {}", page::write(options.rounds, &rows)?.display());
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks the counting program what the cases allocate.
fn count(filter: &str) -> Result<Census, Box<dyn Error>> {
    let mut counting = Command::new(env!("CARGO_BIN_EXE_anyrt-count-allocations"));
    let output = counting.arg(filter).output()?;
    let text = String::from_utf8(output.stdout)?;
    match Census::parse(&text) {
        Some(census) if output.status.success() => Ok(census),
        _ => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}

/// The target directory: this program is `target/release/deps/compare-..`.
fn target() -> Result<PathBuf, Box<dyn Error>> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(3);
    Ok(target
        .ok_or("the program lies outside a target directory")?
        .to_owned())
}
