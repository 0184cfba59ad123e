//! Deadlines and signals: they end a run that hangs, and the finalizers run.

use std::fs;
use std::io::{BufRead, BufReader};

use crate::lines::sha256sum;
use crate::program::{
    BACKENDS, checksum, finish, or_panic, read_all, run, signal, wait_for_reader,
};
use crate::trees::{hanging, names};

#[test]
fn the_deadline_passes_while_a_read_hangs() {
    let dir = hanging();
    for backend in BACKENDS {
        fs::write(dir.path().join("out/sums"), "old").unwrap();
        let args = [
            "--deadline",
            "200ms",
            "--output",
            "out/sums",
            "hello",
            "pipe",
        ];
        let done = run(backend, dir.path(), &args);
        done.expect_code(124, backend);
        let told = "checksum: deadline passed after ";
        assert!(done.stderr.starts_with(told), "{backend}: {}", done.stderr);
        // The file is as it was, and nothing is beside it.
        assert_eq!(
            fs::read(dir.path().join("out/sums")).unwrap(),
            b"old",
            "{backend}"
        );
        assert_eq!(names(&dir.path().join("out")), ["sums"], "{backend}");
    }
}

#[test]
fn a_deadline_that_does_not_pass_changes_nothing() {
    let dir = hanging();
    let expected = sha256sum(dir.path(), "hello");
    for backend in BACKENDS {
        for time in ["1h", "1.5m", "1e15h"] {
            let done = run(backend, dir.path(), &["--deadline", time, "hello"]);
            done.expect_code(0, backend);
            assert_eq!(done.stdout, expected, "{backend}");
        }
    }
}

#[test]
fn an_interrupt_runs_the_finalizers() {
    let dir = hanging();
    let out = dir.path().join("out");
    for backend in BACKENDS {
        for name in ["INT", "TERM"] {
            // One job: when the pipe is opened, the files before it are done.
            let args = [
                "--jobs", "1", "--output", "out/sums", "hello", "empty", "pipe",
            ];
            let child = checksum(backend, dir.path(), &args);
            let _writer = wait_for_reader(dir.path().join("pipe"), &child);
            let temporary = names(&out);
            assert!(
                temporary[0].starts_with(".checksum-"),
                "{backend}: {temporary:?}"
            );

            signal(child.id(), name);
            let done = finish(child);
            done.expect_code(130, backend);
            let told = "checksum: interrupted after 2 files, 6 B\n";
            assert_eq!(done.stderr, told, "{backend}");
            assert_eq!(names(&out), [""; 0], "{backend}");
        }
    }
}

#[test]
fn lines_are_there_before_a_read_that_hangs() {
    let dir = hanging();
    let expected = sha256sum(dir.path(), "hello");
    for backend in BACKENDS {
        let mut child = checksum(backend, dir.path(), &["hello", "pipe", "empty"]);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let id = child.id();
        let first_line = move || {
            let mut line = Vec::new();
            stdout.read_until(b'\n', &mut line).unwrap();
            (line, stdout)
        };
        let (line, mut stdout) = or_panic(first_line, || signal(id, "KILL"));
        assert_eq!(line, expected, "{backend}");

        signal(child.id(), "INT");
        finish(child).expect_code(130, backend);
        // What comes after the pipe in the walk is not printed out of its turn.
        assert_eq!(read_all(Some(&mut stdout)), b"", "{backend}");
    }
}
