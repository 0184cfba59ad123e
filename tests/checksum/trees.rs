//! Folders to hash, and how to look at them.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder `tree` with everything that can be awkward about files, apart from permissions.
pub(crate) fn tree() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    let tree = dir.path().join("tree");
    for folder in ["empty folder", "many", "a/b/c/d"] {
        fs::create_dir_all(tree.join(folder)).unwrap();
    }
    let odd = [
        "plain",
        "-dash",
        "a space",
        " ",
        "*",
        "back\\slash",
        "new\nline",
        "\\\n",
        "quote\"'",
        "naïve ☃",
        "a/b.txt",
        "a/b/file",
        "a/b/c/d/deep",
        ".hidden",
    ];
    for name in odd {
        fs::write(tree.join(name), name).unwrap();
    }
    // Some file systems take only UTF-8; then there is nothing to test.
    let _ = fs::write(tree.join(OsStr::from_bytes(b"latin \xe9\xff")), "latin");
    fs::write(tree.join("empty"), "").unwrap();
    // Several reads, the last one not full.
    let large: Vec<u8> = (0..3_000_001_u32).map(|i| (i % 251) as u8).collect();
    fs::write(tree.join("large"), large).unwrap();
    // More than the channels hold.
    for i in 0..3000 {
        fs::write(tree.join(format!("many/{i}")), i.to_string()).unwrap();
    }
    // None of these is a regular file; reading the pipe would never end.
    symlink("plain", tree.join("link")).unwrap();
    symlink("many", tree.join("link to a folder")).unwrap();
    symlink("nowhere", tree.join("dangling")).unwrap();
    fifo(&tree.join("pipe"));
    dir
}

/// A folder with `hello` (6 bytes), `empty`, a `pipe`, and an empty folder `out`.
pub(crate) fn hanging() -> TempDir {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("hello"), "hello\n").unwrap();
    fs::write(dir.path().join("empty"), "").unwrap();
    fs::create_dir(dir.path().join("out")).unwrap();
    fifo(&dir.path().join("pipe"));
    dir
}

pub(crate) fn names(dir: &Path) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

pub(crate) fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
}
