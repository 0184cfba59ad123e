//! `--output`: a file that appears whole or not at all.

use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::lines::{expect_lines, sha256sum};
use crate::program::{BACKENDS, run};
use crate::trees::{hanging, names, tree};

#[test]
fn output_becomes_the_file_and_is_not_hashed_itself() {
    let dir = tree();
    let expected = sha256sum(dir.path(), "tree");
    let usual = dir.path().join("usual");
    File::create(&usual).unwrap();
    for backend in BACKENDS {
        // In the tree that is walked: the temporary file is there while the walk passes.
        let done = run(backend, dir.path(), &["--output", "tree/many/sums", "tree"]);
        done.expect_code(0, backend);
        assert_eq!(
            (done.stdout.as_slice(), done.stderr.as_str()),
            (&b""[..], ""),
            "{backend}"
        );
        let sums = dir.path().join("tree/many/sums");
        expect_lines(&fs::read(&sums).unwrap(), &expected, backend);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&sums), mode(&usual), "{backend}");
        fs::remove_file(sums).unwrap();
        assert_eq!(
            names(&dir.path().join("tree/many")).len(),
            3000,
            "{backend}"
        );
    }
}

#[test]
fn output_replaces_an_older_file() {
    let dir = hanging();
    let expected = sha256sum(dir.path(), "hello");
    for backend in BACKENDS {
        fs::write(dir.path().join("out/sums"), "old").unwrap();
        let done = run(backend, dir.path(), &["--output", "out/sums", "hello"]);
        done.expect_code(0, backend);
        assert_eq!(
            fs::read(dir.path().join("out/sums")).unwrap(),
            expected,
            "{backend}"
        );
        assert_eq!(names(&dir.path().join("out")), ["sums"], "{backend}");
    }
}

#[test]
fn the_output_is_kept_when_a_file_cannot_be_read() {
    let dir = hanging();
    let expected = sha256sum(dir.path(), "hello");
    for backend in BACKENDS {
        let done = run(
            backend,
            dir.path(),
            &["--output", "out/sums", "gone", "hello"],
        );
        done.expect_code(1, backend);
        assert_eq!(
            fs::read(dir.path().join("out/sums")).unwrap(),
            expected,
            "{backend}"
        );
    }
}

#[test]
fn an_output_that_cannot_be_made_is_told() {
    let dir = hanging();
    for backend in BACKENDS {
        let done = run(backend, dir.path(), &["--output", "nowhere/sums", "hello"]);
        done.expect_code(1, backend);
        assert!(
            done.stderr.contains("nowhere"),
            "{backend}: {}",
            done.stderr
        );

        // The name is a folder's: the rename fails, and the temporary file goes.
        let done = run(backend, dir.path(), &["--output", "out", "hello"]);
        done.expect_code(1, backend);
        assert_ne!(done.stderr, "", "{backend}");
        assert_eq!(
            names(dir.path()),
            ["empty", "hello", "out", "pipe"],
            "{backend}"
        );
    }
}
