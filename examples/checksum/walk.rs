//! The first stage: finds the files, in a thread of its own.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_channel::Sender;
use walkdir::{DirEntry, WalkDir};

use crate::progress::Progress;

/// A file to hash, or what could not be looked into.
pub(crate) type Found = Result<PathBuf, Unreadable>;

/// What could not be read, and why.
pub(crate) struct Unreadable {
    pub(crate) path: PathBuf,
    pub(crate) error: io::Error,
}

/// Sends every file below `roots`, but none that is called `skipped`.
///
/// Reading a directory may hang with its disk, and a cancel does not wait for that. The abandoned
/// thread ends at its next file: nobody receives any more.
pub(crate) async fn walk(
    roots: Vec<PathBuf>,
    sort: bool,
    skipped: Option<OsString>,
    found: Sender<Found>,
    progress: Arc<Progress>,
) -> io::Result<()> {
    let send_all = move || {
        let is_skipped = |path: &Path| skipped.is_some() && path.file_name() == skipped.as_deref();
        for file in roots.iter().flat_map(|root| below(root, sort)) {
            if file.as_deref().is_ok_and(is_skipped) {
                continue;
            }
            progress.found();
            if found.send_blocking(file).is_err() {
                break;
            }
        }
    };
    anyrt::run_in_threadpool(send_all).abandon_on_cancel().await;
    Ok(())
}

fn below(root: &Path, sort: bool) -> impl Iterator<Item = Found> {
    let mut walk = WalkDir::new(root);
    if sort {
        walk = walk.sort_by_file_name();
    }
    walk.into_iter().filter_map(move |entry| match entry {
        Ok(entry) => is_wanted(&entry).then(|| Ok(entry.into_path())),
        Err(error) => Some(Err(Unreadable {
            path: error.path().unwrap_or(root).to_owned(),
            error: error
                .into_io_error()
                .unwrap_or_else(|| io::ErrorKind::Other.into()),
        })),
    })
}

/// Below a directory regular files count; what the user named is read whatever it is.
fn is_wanted(entry: &DirEntry) -> bool {
    match entry.depth() {
        0 => !entry.path().is_dir(),
        _ => entry.file_type().is_file(),
    }
}
