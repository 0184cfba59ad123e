//! `checksum`: the SHA-256 of every file below some directories, in the format of `sha256sum`.
//!
//! Three stages in one task group, joined by bounded channels:
//!
//! ```text
//! walk (one thread) ── paths ──▶ hash (a task per file, `--jobs` at once) ── handles ──▶ write
//! ```
//!
//! A stage that is ahead waits for the next one, so the memory stays flat however many files there
//! are; and since the handles travel in the order of the walk, so do the lines of the output.
//!
//! Three things end it: the last file, `--deadline`, Ctrl-C. Whichever it is, no task is left and
//! the temporary file of `--output` is renamed or gone before `main` goes on.

mod args;
mod hash;
mod output;
mod progress;
mod walk;

use std::io;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyrt::{CancelScope, Cancelled, GroupError, ScopeHandle, TimedOut};
use async_channel::Receiver;
use clap::Parser;

use args::Args;
use hash::Hashing;
use output::Output;
use progress::Progress;

/// Paths found ahead of the hashing, and hashes ahead of the writing.
const AHEAD: usize = 1024;

#[anyrt::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    let scope = CancelScope::new().name("interrupt");
    cancel_on_ctrl_c(scope.handle());

    let time = args.deadline.unwrap_or(Duration::MAX);
    match scope.run(anyrt::fail_after(time, checksum(args))).await {
        Ok(Ok(Ok(all_readable))) => ExitCode::from(if all_readable { 0 } else { 1 }),
        Ok(Ok(Err(error))) => {
            eprintln!("checksum: {error}");
            ExitCode::FAILURE
        }
        Ok(Err(TimedOut { .. })) => ExitCode::from(124),
        Err(Cancelled { .. }) => ExitCode::from(130),
    }
}

/// The first Ctrl-C cancels, so that the finalizers run; a second one does not wait for them.
fn cancel_on_ctrl_c(scope: ScopeHandle) {
    let on_signal = move || {
        if !scope.cancel_with("interrupted") {
            std::process::exit(130);
        }
    };
    ctrlc::set_handler(on_signal).expect("no other handler is set");
}

/// Hashes what the arguments name, and says whether all of it could be read.
async fn checksum(args: Args) -> io::Result<bool> {
    let progress = Arc::new(Progress::new());
    let output = Output::create(args.output.clone(), progress.clone()).await?;
    anyrt::finally_with(
        output,
        async |output| {
            pipeline(args, output, &progress).await?;
            output.commit().await?;
            Ok(output.all_readable())
        },
        async |output, exit| output.close(exit).await,
    )
    .await
}

/// Runs the stages; the last one is the body of their group.
async fn pipeline(args: Args, output: &mut Output, progress: &Arc<Progress>) -> io::Result<()> {
    let (found, paths) = async_channel::bounded(AHEAD);
    let (started, hashes) = async_channel::bounded(AHEAD);
    let skipped = output.temporary_name();

    let done = anyrt::try_task_group(async |stages| {
        let walk = walk::walk(args.paths, args.sort, skipped, found, progress.clone());
        stages.task().name("walk").spawn(walk);
        let hash = hash::hash(paths, started, args.jobs.get(), progress.clone());
        stages.task().name("hash").spawn(hash);
        // A daemon: the group does not wait for it, it ends when the others have.
        let draw = progress.clone().draw();
        stages.task().name("draw").daemon().spawn(draw);

        write(hashes, output).await
    });
    done.await.map_err(first_error)
}

/// Takes the hashes in order. Lines are written as one when a wait is ahead, so that a terminal
/// shows each at once and a fast run does not pay for a write per line.
async fn write(hashes: Receiver<Hashing>, output: &mut Output) -> io::Result<()> {
    while let Ok(hashing) = hashes.recv().await {
        if !hashing.is_finished() {
            output.flush().await?;
        }
        output.add(hashing.await.map_err(io::Error::other)?);
        if hashes.is_empty() || output.is_full() {
            output.flush().await?;
        }
    }
    Ok(())
}

fn first_error(failed: GroupError<io::Error>) -> io::Error {
    failed.into_single().unwrap_or_else(io::Error::other)
}
