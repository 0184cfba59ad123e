//! What is printed when all goes well: the lines of `sha256sum`, in the order of the walk.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use crate::program::{BACKENDS, run};
use crate::trees::{hanging, tree};

pub(crate) fn sorted(lines: &[u8]) -> Vec<&[u8]> {
    let mut lines: Vec<_> = lines.split_inclusive(|&byte| byte == b'\n').collect();
    lines.sort();
    lines
}

pub(crate) fn shown(lines: &[&[u8]]) -> String {
    lines
        .iter()
        .map(|line| line.escape_ascii().to_string() + "\n")
        .collect()
}

/// `checksum` must print these lines, in any order.
#[track_caller]
pub(crate) fn expect_lines(found: &[u8], expected: &[u8], backend: &str) {
    let (found, expected) = (sorted(found), sorted(expected));
    let (missing, extra): (Vec<_>, Vec<_>) = (
        expected
            .iter()
            .filter(|line| !found.contains(line))
            .copied()
            .collect(),
        found
            .iter()
            .filter(|line| !expected.contains(line))
            .copied()
            .collect(),
    );
    let same = found == expected;
    assert!(
        same,
        "{backend}: missing:\n{}extra:\n{}",
        shown(&missing),
        shown(&extra)
    );
}

/// What `sha256sum` says of every regular file below `path`.
pub(crate) fn sha256sum(dir: &Path, path: &str) -> Vec<u8> {
    let find = Command::new("find")
        .arg(path)
        .args(["-type", "f", "-exec", "sha256sum", "{}", "+"])
        .current_dir(dir)
        .output()
        .unwrap();
    assert!(
        find.status.success(),
        "{}",
        String::from_utf8_lossy(&find.stderr)
    );
    find.stdout
}

#[test]
fn it_prints_the_lines_of_sha256sum() {
    let dir = tree();
    for path in ["tree", "tree/", "./tree", ".", "tree/plain"] {
        let expected = sha256sum(dir.path(), path);
        for backend in BACKENDS {
            let done = run(backend, dir.path(), &[path]);
            done.expect_code(0, backend);
            assert_eq!(done.stderr, "", "{backend}");
            expect_lines(&done.stdout, &expected, backend);
        }
    }
}

#[test]
fn the_number_of_jobs_changes_nothing() {
    let dir = tree();
    let expected = sha256sum(dir.path(), "tree");
    for backend in BACKENDS {
        for jobs in ["1", "3", "500"] {
            let done = run(backend, dir.path(), &["--jobs", jobs, "tree"]);
            done.expect_code(0, backend);
            expect_lines(&done.stdout, &expected, backend);
        }
    }
}

#[test]
fn sort_takes_paths_in_order() {
    let dir = tempfile::tempdir().unwrap();
    // By components, as `Path` compares: what is in `a` comes before `a.txt`.
    let paths = ["t/0", "t/a/1", "t/a/2/x", "t/a/3", "t/a.txt", "t/b"];
    for path in paths {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "").unwrap();
    }
    for backend in BACKENDS {
        let done = run(backend, dir.path(), &["--sort", "--jobs", "4", "t"]);
        done.expect_code(0, backend);
        let stdout = String::from_utf8(done.stdout).unwrap();
        let found: Vec<_> = stdout.lines().map(|line| &line[66..]).collect();
        assert_eq!(found, paths, "{backend}");
    }
}

#[test]
fn a_carriage_return_is_escaped() {
    // Apart from the tree, because older versions of `sha256sum` do not do so.
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a\rb"), "").unwrap();
    for backend in BACKENDS {
        let done = run(backend, dir.path(), &["a\rb"]);
        done.expect_code(0, backend);
        let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let expected = format!("\\{of_nothing}  a\\rb\n");
        assert_eq!(String::from_utf8_lossy(&done.stdout), expected, "{backend}");
    }
}

#[test]
fn links_that_are_named_are_followed() {
    let dir = hanging();
    symlink("hello", dir.path().join("link")).unwrap();
    fs::create_dir(dir.path().join("folder")).unwrap();
    fs::write(dir.path().join("folder/file"), "x").unwrap();
    symlink("folder", dir.path().join("folder link")).unwrap();
    let expected = [
        Command::new("sha256sum")
            .arg("link")
            .current_dir(dir.path())
            .output()
            .unwrap()
            .stdout,
        sha256sum(dir.path(), "folder link/"),
    ]
    .concat();
    for backend in BACKENDS {
        let done = run(backend, dir.path(), &["link", "folder link"]);
        done.expect_code(0, backend);
        expect_lines(&done.stdout, &expected, backend);
    }
}
