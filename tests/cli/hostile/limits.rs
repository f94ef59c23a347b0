//! Memory, time and what is told have limits that hold.

use super::{REGISTRY, open_registries, scan, tree};

#[cfg(unix)]
#[test]
fn pipes_and_devices_are_not_read() {
    let folder = tree(&[("main.tf", REGISTRY)]);
    let made = std::process::Command::new("mkfifo").arg(folder.path().join("pipe.tf")).status();
    assert!(made.is_ok_and(|status| status.success()));
    for name in ["zero.tf", "zero.bicep", "zero.json", "acrscan.json"] {
        std::os::unix::fs::symlink("/dev/zero", folder.path().join(name)).unwrap();
    }
    let run = scan(folder.path(), &[]);
    assert_eq!((run.code, open_registries(&run)), (2, 1), "{run:?}");
    assert!(run.stderr.contains("pipe.tf: a pipe or a device") && run.stderr.contains("zero.tf: "), "{run:?}");
}

#[test]
fn a_larger_file_is_a_gap_and_the_rest_is_read() {
    let large = format!("{REGISTRY}# {}\n", "x".repeat(2 * 1024 * 1024)).replace("acrshop", "acrlarge");
    let folder = tree(&[("a/main.tf", REGISTRY), ("b/main.tf", &large)]);
    let run = scan(folder.path(), &["--max-file-size=1"]);
    assert_eq!((run.code, open_registries(&run)), (2, 1), "{run:?}");
    assert!(run.stderr.contains("b/main.tf: it is larger than the 1 MB that are read"), "{run:?}");
    assert_eq!(open_registries(&scan(folder.path(), &[])), 2);
}

#[test]
fn values_that_multiply_are_a_gap_and_the_rest_is_read() {
    let bomb = format!(
        "locals {{\n  text = \"{}\"\n  all = [for i in range(10000) : local.text]\n}}\n{}",
        "x".repeat(512 * 1024),
        REGISTRY.replace("\"platform\"", "local.all[0]")
    );
    let folder = tree(&[("a/main.tf", REGISTRY), ("b/main.tf", &bomb)]);
    let run = scan(folder.path(), &["--max-memory=512"]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(open_registries(&run) >= 1 && run.stderr.contains("--max-memory"), "{run:?}");
}

#[test]
fn what_is_wrong_in_every_file_is_told_and_counted() {
    let broken: Vec<(String, String)> =
        (0..400).map(|number| (format!("m{number}/main.tf"), "resource {".to_owned())).collect();
    let mut files: Vec<(&str, &str)> = broken.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    files.push(("main.tf", REGISTRY));
    let run = scan(tree(&files).path(), &[]);
    assert_eq!((run.code, open_registries(&run)), (2, 1));
    let (errors, notes) = (run.stderr.matches("error: not read").count(), run.stderr.matches("note: read ").count());
    assert!(errors <= 200 && notes <= 201, "{errors} errors, {notes} notes");
    assert!(run.stderr.contains("more gaps are not listed"), "{}", run.stderr);
}
