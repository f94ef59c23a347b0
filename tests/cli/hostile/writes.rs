//! What is written goes where it was told, and is for no more people than it must be.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::process::Command;

use super::{REGISTRY, tree};
use crate::arm_server::{ArmServer, Options, identity};
use crate::harness::{Acrscan, CONTOSO, contoso};

#[test]
fn a_report_does_not_follow_a_link_out() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("kept"), "kept").unwrap();
    let folder = tree(&[("main.tf", REGISTRY), ("real/there", "")]);
    symlink(outside.path(), folder.path().join("reports")).unwrap();
    symlink(outside.path().join("kept"), folder.path().join("findings.json")).unwrap();
    symlink("/dev/full", folder.path().join("device.json")).unwrap();
    symlink("real", folder.path().join("inside")).unwrap();
    for path in ["reports/findings.json", "findings.json", "device.json"] {
        let run = Acrscan::new(["scan", ".", "-o", &format!("json={path}")]).in_folder(folder.path()).run();
        assert_eq!(run.code, 2, "{path}: {run:?}");
        assert!(run.stderr.contains("a link leads elsewhere, and nothing is written there"), "{path}: {run:?}");
    }
    let run = Acrscan::new(["scan", ".", "--save-inputs", "reports/inputs"]).in_folder(folder.path()).run();
    assert!(run.code == 2 && run.stderr.contains("a link leads elsewhere"), "{run:?}");
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(outside.path().join("kept")).unwrap(), "kept");
    // Within the repository, and where the user says so, a link is a link.
    let elsewhere = outside.path().join("findings.json").display().to_string();
    for path in ["inside/findings.json", &elsewhere, "/dev/stderr"] {
        let run = Acrscan::new(["scan", "main.tf", "-o", &format!("json={path}")]).in_folder(folder.path()).run();
        assert_eq!(run.code, 1, "{path}: {run:?}");
    }
    assert!(folder.path().join("real/findings.json").is_file() && outside.path().join("findings.json").is_file());
}

#[test]
fn a_report_does_not_get_into_gits_folder() {
    let folder = tree(&[("main.tf", REGISTRY), (".git/hooks/there", "")]);
    symlink(".git/hooks", folder.path().join("reports")).unwrap();
    let run = Acrscan::new(["scan", ".", "-o", "json=reports/pre-commit"]).in_folder(folder.path()).run();
    assert!(run.code == 2 && run.stderr.contains("a link leads elsewhere"), "{run:?}");
    assert!(!folder.path().join(".git/hooks/pre-commit").exists());
}

/// The mode of the umask, and for a snapshot nothing for others.
#[test]
fn a_snapshot_is_for_its_owner_and_group() {
    let server = ArmServer::start(&contoso(), Options::default());
    for (umask, file, folder) in [("000", 0o640, 0o750), ("022", 0o640, 0o750), ("077", 0o600, 0o700)] {
        let parent = tempfile::tempdir().unwrap();
        let target = parent.path().join("snapshot");
        let mut command = Command::new("sh");
        command.args(["-c", &format!("umask {umask}; exec \"$@\""), "sh", env!("CARGO_BIN_EXE_acrscan")]);
        command.args(["pull", "--subscription", CONTOSO, "--arm-endpoint", server.url(), "--authority-host"]);
        command.args([server.url(), "--credential=service-principal", "-o"]).arg(&target);
        command.env("AZURE_TENANT_ID", identity::TENANT).env("AZURE_CLIENT_ID", identity::CLIENT);
        command.env("AZURE_CLIENT_SECRET", identity::CLIENT_SECRET);
        let output = command.output().unwrap();
        assert!(target.join("manifest.json").is_file(), "{umask}: {output:?}");
        let mut left = vec![target];
        while let Some(path) = left.pop() {
            let expected = if path.is_dir() { folder } else { file };
            assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, expected, "{umask}: {path:?}");
            if path.is_dir() {
                left.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        }
    }
}
