//! What goes wrong is told, and told apart by the exit code.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::lines::{expect_lines, sha256sum};
use crate::program::{BACKENDS, checksum, finish, run};
use crate::trees::{hanging, tree};

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_hashed() {
    let dir = tree();
    let expected = sha256sum(dir.path(), "tree");
    let mut unreadable = vec!["gone", "tree/plain/below a file"];
    // This opens, and then cannot be read, even by root.
    if Path::new("/proc/self/mem").exists() {
        unreadable.push("/proc/self/mem");
    }
    let mut args = unreadable.clone();
    args.insert(1, "tree");
    let locked = dir.path().join("tree/locked");
    fs::create_dir(&locked).unwrap();
    let set_mode = |mode| fs::set_permissions(&locked, fs::Permissions::from_mode(mode)).unwrap();
    set_mode(0o000);
    // Root looks into it all the same.
    if fs::read_dir(&locked).is_err() {
        unreadable.push("tree/locked");
    }
    for backend in BACKENDS {
        let done = run(backend, dir.path(), &args);
        done.expect_code(1, backend);
        expect_lines(&done.stdout, &expected, backend);
        for path in &unreadable {
            let told = format!("checksum: {path}: ");
            assert!(
                done.stderr.contains(&told),
                "{backend}: {path}: {}",
                done.stderr
            );
        }
        let lines = done.stderr.lines().count();
        assert_eq!(lines, unreadable.len(), "{backend}: {}", done.stderr);
    }
    set_mode(0o700);
}

#[test]
fn wrong_usage_is_told() {
    let dir = hanging();
    let wrong: &[&[&str]] = &[
        &[],
        &["--jobs", "0", "."],
        &["--deadline", "2", "."],
        &["--deadline", "-1s", "."],
        &["--deadline", "soon", "."],
        &["--unknown", "."],
    ];
    for backend in BACKENDS {
        for args in wrong {
            let done = run(backend, dir.path(), args);
            done.expect_code(2, backend);
            assert!(
                done.stderr.contains("--help"),
                "{backend}: {args:?}: {}",
                done.stderr
            );
        }
    }
}

#[test]
fn a_failed_write_cancels_a_read_that_hangs() {
    let dir = hanging();
    for backend in BACKENDS {
        let mut child = checksum(backend, dir.path(), &["hello", "pipe"]);
        drop(child.stdout.take());
        let done = finish(child);
        done.expect_code(1, backend);
        assert!(
            done.stderr.starts_with("checksum: "),
            "{backend}: {}",
            done.stderr
        );
    }
}
