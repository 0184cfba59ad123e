//! Makes programs, runs them, and compares traces. `FORMAT.md` has the formats; `--help` the commands.

use std::error::Error;
use std::io::{BufRead, Write, stdin, stdout};
use std::process::ExitCode;
use std::{fs, panic};

use anyrt_model_tests::compare::{Difference, Verdict, compare_smallest, without_causes};
use anyrt_model_tests::confluence::only_trace;
use anyrt_model_tests::generate::{Profile, from_seed};
use anyrt_model_tests::model::{self, Dialect};
use anyrt_model_tests::program::Program;
use anyrt_model_tests::runner::Runner;
use anyrt_model_tests::trace::Trace;
use anyrt_model_tests::validate::validate;
use lexopt::prelude::*;
use serde_json::Value;

const HELP: &str = "\
generate --seed S --count N [--portable]
    Writes N programs, one a line: those of the seeds from S on that have one trace.
    --portable: only with what AnyIO has.
run --backend NAME [--programs FILE] [--seed S]
    Runs the programs of a file or of the standard input, and writes their traces.
    Backends: model, sim, tokio-current-thread, tokio, smol, smol-4, async-std.
    The seed is that of the simulation.
compare --backend NAME --seed S --count N
    Runs N generated programs on a backend and compares each trace with the model's. What differs is
    made as small as can be and shown.
check --programs FILE --traces FILE
    Compares AnyIO's traces with what the model gives under AnyIO's rules, without the causes of cancels.
";

type Failed = Box<dyn Error>;

#[derive(Default)]
struct Options {
    command: String,
    seed: u64,
    count: u64,
    portable: bool,
    backend: Option<Runner>,
    programs: Option<String>,
    traces: Option<String>,
}

fn main() -> ExitCode {
    // Panics are a part of many programs.
    panic::set_hook(Box::new(|_| {}));
    match options().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}\n\n{HELP}");
            ExitCode::from(2)
        }
    }
}

fn options() -> Result<Options, Failed> {
    let mut options = Options {
        count: 1,
        ..Options::default()
    };
    let mut parser = lexopt::Parser::from_env();
    while let Some(argument) = parser.next()? {
        match argument {
            Long("seed") => options.seed = parser.value()?.parse()?,
            Long("count") => options.count = parser.value()?.parse()?,
            Long("portable") => options.portable = true,
            Long("backend") => {
                let name = parser.value()?.string()?;
                let found = Runner::named(&name);
                options.backend = Some(found.ok_or_else(|| format!("no backend {name}"))?);
            }
            Long("programs") => options.programs = Some(parser.value()?.string()?),
            Long("traces") => options.traces = Some(parser.value()?.string()?),
            Long("help") => options.command = "help".to_owned(),
            Value(command) if options.command.is_empty() => options.command = command.string()?,
            other => return Err(other.unexpected().into()),
        }
    }
    Ok(options)
}

/// Tells whether all is well.
fn run(options: &Options) -> Result<bool, Failed> {
    match options.command.as_str() {
        "generate" => generate(options),
        "run" => run_programs(options),
        "compare" => compare(options),
        "check" => check(options),
        "help" => {
            print!("{HELP}");
            Ok(true)
        }
        other => Err(format!("no command {other:?}").into()),
    }
}

fn generated(options: &Options) -> impl Iterator<Item = (u64, Program)> {
    let profile = if options.portable {
        Profile::Portable
    } else {
        Profile::Full
    };
    (options.seed..).map(move |seed| (seed, from_seed(seed, profile)))
}

fn generate(options: &Options) -> Result<bool, Failed> {
    let mut out = stdout().lock();
    let programs = generated(options).filter(|(_, program)| only_trace(program).is_some());
    for (_, program) in programs.take(usize::try_from(options.count)?) {
        writeln!(out, "{}", serde_json::to_string(&program)?)?;
    }
    Ok(true)
}

fn backend(options: &Options) -> Result<Runner, Failed> {
    options
        .backend
        .ok_or_else(|| "which --backend is to run them?".into())
}

fn run_programs(options: &Options) -> Result<bool, Failed> {
    let backend = backend(options)?;
    let mut out = stdout().lock();
    for line in lines(options.programs.as_deref())? {
        let program: Program = serde_json::from_str(&line?)?;
        validate(&program)?;
        let trace = backend.run(&program, options.seed)?;
        writeln!(out, "{}", serde_json::to_string(&trace)?)?;
    }
    Ok(true)
}

type Lines = Box<dyn Iterator<Item = std::io::Result<String>>>;

fn lines(file: Option<&str>) -> Result<Lines, Failed> {
    Ok(match file {
        None => Box::new(stdin().lock().lines()),
        Some(file) => {
            let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
            let lines: Vec<_> = text.lines().map(|line| Ok(line.to_owned())).collect();
            Box::new(lines.into_iter())
        }
    })
}

fn compare(options: &Options) -> Result<bool, Failed> {
    let backend = backend(options)?;
    let (mut differ, mut racy) = (0, 0);
    for (seed, program) in generated(options).take(usize::try_from(options.count)?) {
        let difference = match compare_smallest(backend, &program, seed) {
            Verdict::Same => continue,
            Verdict::Racy => {
                racy += 1;
                continue;
            }
            Verdict::Differs(difference) => difference,
        };
        differ += 1;
        let Difference {
            program,
            expected,
            found,
        } = *difference;
        println!("seed {seed}: {}", serde_json::to_string(&program)?);
        println!("  the model: {}", serde_json::to_string(&expected)?);
        match found {
            Ok(found) => println!("  {backend}: {}", serde_json::to_string(&found)?),
            Err(error) => println!("  {backend}: {error}"),
        }
    }
    let count = options.count;
    println!(
        "{backend}: {count} programs, {differ} differ, {racy} left out since they have more than one trace"
    );
    Ok(differ == 0)
}

fn check(options: &Options) -> Result<bool, Failed> {
    let programs = lines(Some(
        options.programs.as_deref().ok_or("which --programs?")?,
    ))?;
    let traces = lines(Some(options.traces.as_deref().ok_or("which --traces?")?))?;
    let (mut compared, mut differ) = (0, 0);
    for (number, (program, trace)) in programs.zip(traces).enumerate() {
        let (program, found): (Program, Value) = (
            serde_json::from_str(&program?)?,
            serde_json::from_str(&trace?)?,
        );
        if found.is_null() {
            continue;
        }
        compared += 1;
        let expected = without_causes(&model::trace_in(Dialect::AnyIo, &program));
        let same = serde_json::from_value::<Trace>(found.clone());
        if same.is_ok_and(|found| without_causes(&found) == expected) {
            continue;
        }
        differ += 1;
        println!("line {}: {}", number + 1, serde_json::to_string(&program)?);
        println!("  the model: {}", serde_json::to_string(&expected)?);
        println!("  found: {found}");
    }
    println!("{compared} compared, {differ} differ");
    Ok(differ == 0)
}
