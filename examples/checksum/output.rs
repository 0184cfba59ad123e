//! The last stage: lines to stdout, or to a temporary file that takes its final name at the end.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::mem;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyrt::{Cause, Exit};
use tempfile::TempPath;

use crate::hash::Sum;
use crate::progress::Progress;
use crate::walk::Unreadable;

/// Lines are written when this many bytes have been gathered, or earlier.
const FULL: usize = 64 * 1024;

/// Gathers lines and complaints, and writes them from worker threads.
pub(crate) struct Output {
    lines: Vec<u8>,
    complaints: String,
    unreadable: usize,
    file: Option<NewFile>,
    progress: Arc<Progress>,
}

impl Output {
    /// Writes stdout, or else a temporary file beside `target`.
    pub(crate) async fn create(
        target: Option<PathBuf>,
        progress: Arc<Progress>,
    ) -> io::Result<Self> {
        let file = match target {
            Some(target) => Some(anyrt::run_in_threadpool(|| NewFile::create(target)).await?),
            None => None,
        };
        Ok(Output {
            lines: Vec::new(),
            complaints: String::new(),
            unreadable: 0,
            file,
            progress,
        })
    }

    pub(crate) fn add(&mut self, result: Result<Sum, Unreadable>) {
        match result {
            Ok(sum) => push_line(&mut self.lines, &sum),
            Err(Unreadable { path, error }) => {
                self.unreadable += 1;
                self.complaints += &format!("checksum: {}: {error}\n", path.display());
            }
        }
    }

    pub(crate) fn is_full(&self) -> bool {
        self.lines.len() >= FULL
    }

    pub(crate) fn all_readable(&self) -> bool {
        self.unreadable == 0
    }

    /// The name that the walk must not take for a file of the tree.
    pub(crate) fn temporary_name(&self) -> Option<OsString> {
        let name = self.file.as_ref()?.temporary.file_name()?;
        Some(name.to_owned())
    }

    /// Writes what has been gathered.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.lines.is_empty() && self.complaints.is_empty() {
            return Ok(());
        }
        let (lines, complaints) = (mem::take(&mut self.lines), mem::take(&mut self.complaints));
        let file = self.file.as_ref().map(|file| file.open.clone());
        let progress = self.progress.clone();
        let is_file = file.is_some();
        let write = anyrt::run_in_threadpool(move || {
            if !complaints.is_empty() {
                progress.pause(|| io::stderr().write_all(complaints.as_bytes()))?;
            }
            match file {
                Some(file) => (&*file).write_all(&lines),
                None if io::stdout().is_terminal() => progress.pause(|| print(&lines)),
                None => print(&lines),
            }
        });
        // Whoever reads stdout may have stopped, so a cancel does not wait for it. It does wait
        // for the file, which is removed afterwards.
        if is_file {
            write.await
        } else {
            write.abandon_on_cancel().await
        }
    }

    /// Writes the rest and gives the file its name.
    ///
    /// A rename under way is not abandoned: a cancel finds it done or not begun.
    pub(crate) async fn commit(&mut self) -> io::Result<()> {
        self.flush().await?;
        match self.file.take() {
            Some(file) => anyrt::run_in_threadpool(|| file.rename()).await,
            None => Ok(()),
        }
    }

    /// The finalizer: says how far a run came that was cut short, and removes its file.
    pub(crate) async fn close(&mut self, exit: Exit) {
        self.progress.clear();
        if let Exit::Cancelled(reason) = exit {
            let what = match reason.cause() {
                Cause::Deadline => "deadline passed",
                _ => "interrupted",
            };
            eprintln!("checksum: {what} after {}", self.progress);
        }
        if let Some(file) = self.file.take() {
            // On the default limiter: reads left behind may hold every token of the readers'.
            let removed = anyrt::run_in_threadpool(|| file.temporary.close()).await;
            if let Err(error) = removed {
                eprintln!("checksum: {error}");
            }
        }
    }
}

/// A file that does not have its name yet. Dropped, it is removed.
struct NewFile {
    temporary: TempPath,
    open: Arc<File>,
    target: PathBuf,
}

impl NewFile {
    fn create(target: PathBuf) -> io::Result<Self> {
        let folder = match target.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut builder = tempfile::Builder::new();
        builder.prefix(".checksum-").rand_bytes(16);
        #[cfg(unix)]
        {
            // What the umask leaves of it, as for any new file.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(std::fs::Permissions::from_mode(0o666));
        }
        let (open, temporary) = builder.tempfile_in(folder)?.into_parts();
        Ok(NewFile {
            temporary,
            open: Arc::new(open),
            target,
        })
    }

    fn rename(self) -> io::Result<()> {
        drop(self.open);
        Ok(self.temporary.persist(self.target)?)
    }
}

fn print(lines: &[u8]) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(lines)?;
    stdout.flush()
}

/// `sha256sum`'s format: a line whose name has escapes begins with a backslash.
fn push_line(lines: &mut Vec<u8>, sum: &Sum) {
    let name = sum.path.as_os_str().as_encoded_bytes();
    if name.iter().any(|byte| b"\\\n\r".contains(byte)) {
        lines.push(b'\\');
    }
    lines.extend_from_slice(sum.hex.as_bytes());
    lines.extend_from_slice(b"  ");
    for &byte in name {
        match byte {
            b'\\' => lines.extend_from_slice(b"\\\\"),
            b'\n' => lines.extend_from_slice(b"\\n"),
            b'\r' => lines.extend_from_slice(b"\\r"),
            _ => lines.push(byte),
        }
    }
    lines.push(b'\n');
}
