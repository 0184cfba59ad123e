//! The second stage: a task for every file, whose value is the hash.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyrt::{CapacityLimiter, TaskHandle};
use async_channel::{Receiver, Sender};
use sha2::{Digest, Sha256};

use crate::progress::Progress;
use crate::walk::{Found, Unreadable};

const CHUNK: usize = 64 * 1024;

/// A file and its SHA-256 in hexadecimal digits.
pub(crate) struct Sum {
    pub(crate) path: PathBuf,
    pub(crate) hex: String,
}

/// A file on its way.
pub(crate) type Hashing = TaskHandle<Result<Sum, Unreadable>>;

/// Starts a task for each path and sends its handle on.
///
/// `limit` lets `jobs` tasks run at a time, the others wait without being polled. The limiter
/// counts threads: a read that a cancel left behind keeps its token until it returns.
pub(crate) async fn hash(
    paths: Receiver<Found>,
    started: Sender<Hashing>,
    jobs: usize,
    progress: Arc<Progress>,
) -> io::Result<()> {
    let readers = CapacityLimiter::new(jobs);
    let done = anyrt::task_group(async |files| {
        files.limit(jobs);
        while let Ok(found) = paths.recv().await {
            let hashing = files.spawn(hash_one(found, readers.clone(), progress.clone()));
            if started.send(hashing).await.is_err() {
                break;
            }
        }
    });
    done.await.map_err(io::Error::other)
}

/// An unreadable file is a value too: one of them does not stop the others.
async fn hash_one(
    found: Found,
    readers: CapacityLimiter,
    progress: Arc<Progress>,
) -> Result<Sum, Unreadable> {
    let path = found?;
    let reading = progress.clone();
    let read = move || match sha256(&path, &reading) {
        Ok(hex) => Ok(Sum { path, hex }),
        Err(error) => Err(Unreadable { path, error }),
    };
    // A pipe may never deliver anything: a cancel leaves the read behind.
    let sum = anyrt::run_in_threadpool(read)
        .limiter(&readers)
        .abandon_on_cancel()
        .await?;
    progress.hashed();
    Ok(sum)
}

fn sha256(path: &Path, progress: &Progress) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        match file.read(&mut chunk) {
            Ok(0) => break,
            Ok(n) => {
                hasher.update(&chunk[..n]);
                progress.read(n);
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(hasher
        .finalize()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect())
}
