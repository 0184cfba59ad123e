//! Builds the program, runs it, and waits for it.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

/// Only for runs that would otherwise hang for ever; no test measures it.
const HANGS: Duration = Duration::from_secs(120);

pub(crate) const BACKENDS: &[&str] = &[
    #[cfg(feature = "tokio")]
    "tokio",
    #[cfg(feature = "smol")]
    "smol",
    #[cfg(feature = "async-std")]
    "async-std",
];

/// The program, built with the features of this test.
///
/// `cargo test --test checksum` builds no examples, and one built earlier may be out of date.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let this = std::env::current_exe().unwrap();
    let profile_dir = this.ancestors().nth(2).unwrap();
    let profile = match profile_dir.file_name().unwrap().to_str().unwrap() {
        "debug" => "dev",
        other => other,
    };
    let status = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--example", "checksum"])
        .args([
            "--manifest-path",
            concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
        ])
        .args(["--profile", profile, "--no-default-features"])
        .args(["--features", &format!("macros,{}", BACKENDS.join(","))])
        .status()
        .unwrap();
    assert!(status.success(), "the example does not build");
    profile_dir.join("examples/checksum")
});

/// What a run has left behind.
pub(crate) struct Done {
    pub(crate) status: ExitStatus,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Done {
    #[track_caller]
    pub(crate) fn expect_code(&self, code: i32, backend: &str) {
        let found = self.status.code();
        assert_eq!(found, Some(code), "{backend}: {}", self.stderr);
    }
}

/// `checksum` in `dir`, with both streams caught.
pub(crate) fn checksum<S: AsRef<OsStr>>(backend: &str, dir: &Path, args: &[S]) -> Child {
    Command::new(&*PROGRAM)
        .env("ANYRT_BACKEND", backend)
        .current_dir(dir)
        .args(args)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

pub(crate) fn run<S: AsRef<OsStr>>(backend: &str, dir: &Path, args: &[S]) -> Done {
    finish(checksum(backend, dir, args))
}

/// Waits for the end of a run, reading what it says meanwhile.
pub(crate) fn finish(mut child: Child) -> Done {
    let (mut out, mut err) = (child.stdout.take(), child.stderr.take());
    let out = thread::spawn(move || read_all(out.as_mut()));
    let err = thread::spawn(move || read_all(err.as_mut()));
    let id = child.id();
    let status = or_panic(
        move || child.wait().unwrap(),
        move || {
            signal(id, "KILL");
        },
    );
    Done {
        status,
        stdout: out.join().unwrap(),
        stderr: String::from_utf8(err.join().unwrap()).unwrap(),
    }
}

pub(crate) fn read_all(stream: Option<&mut impl Read>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.read_to_end(&mut bytes).unwrap();
    }
    bytes
}

/// The value of a call that may hang; then `rescue` is called and the test fails.
pub(crate) fn or_panic<T: Send + 'static>(
    call: impl FnOnce() -> T + Send + 'static,
    rescue: impl FnOnce(),
) -> T {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || sender.send(call()));
    receiver.recv_timeout(HANGS).unwrap_or_else(|_| {
        rescue();
        panic!("it hangs");
    })
}

pub(crate) fn signal(id: u32, name: &str) {
    let kill = Command::new("kill")
        .arg(format!("-{name}"))
        .arg(id.to_string())
        .status();
    assert!(kill.unwrap().success());
}

/// Returns once a reader has opened the pipe, which then hangs until the value is dropped.
pub(crate) fn wait_for_reader(fifo: PathBuf, child: &Child) -> File {
    let id = child.id();
    let open = move || OpenOptions::new().write(true).open(fifo).unwrap();
    or_panic(open, || signal(id, "KILL"))
}
