//! Snapshots that are not as they should be: each is an error or a gap that names the file, and none is a clean scan.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::harness::{Acrscan, CONTOSO, Run, contoso_copy, document_path};

fn scan(parent: &Path) -> Run {
    Acrscan::new(["scan", "contoso"]).in_folder(parent).run()
}

/// Scans a copy of the demo after something was done to it.
fn scan_after(spoil: impl FnOnce(&Path)) -> Run {
    let parent = contoso_copy();
    spoil(&parent.path().join("contoso"));
    scan(parent.path())
}

fn assert_refused(run: &Run, named: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.starts_with("error: ") && run.stderr.contains(named), "{}", run.stderr);
}

/// The scan went on without that file, said so, and did not call the subscription complete.
fn assert_gap(run: &Run, named: &str) {
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains(named) && run.stdout.contains(named), "{run:?}");
    assert!(
        run.stdout.contains("\n  HIGH     Accepts connections from every network: "),
        "the others are reported: {}",
        run.stdout
    );
    assert!(run.stdout.ends_with("1 gap\n"), "{}", run.stdout);
}

#[test]
fn a_missing_path_an_empty_folder_and_a_folder_of_something_else_are_refused() {
    let parent = tempfile::tempdir().unwrap();
    let contoso = parent.path().join("contoso");
    assert_refused(&scan(parent.path()), "contoso");
    fs::create_dir(&contoso).unwrap();
    assert_refused(&scan(parent.path()), "contoso: the folder is empty");
    fs::write(contoso.join("notes.txt"), "nothing of ours").unwrap();
    assert_refused(&scan(parent.path()), "contoso: nothing recognised");
}

#[test]
fn a_broken_manifest_is_refused_with_line_and_column() {
    let cut = |folder: &Path| {
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, &text[..text.len() / 2]).unwrap();
    };
    assert_refused(&scan_after(cut), "contoso/manifest.json: line 29, column ");
    let other_version = |folder: &Path| {
        let path = folder.join("manifest.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("\"acrscan_snapshot\": 1", "\"acrscan_snapshot\": 2")).unwrap();
    };
    assert_refused(&scan_after(other_version), "contoso/manifest.json: not a snapshot this build reads");
}

#[test]
fn broken_service_tags_are_refused() {
    let cut = |folder: &Path| fs::write(folder.join("service-tags.json"), "{\"acrscan_service_tags\": 1,").unwrap();
    assert_refused(&scan_after(cut), "contoso/service-tags.json");
    let gone = |folder: &Path| fs::remove_file(folder.join("service-tags.json")).unwrap();
    assert_refused(&scan_after(gone), "contoso/service-tags.json");
    let no_cidr = |folder: &Path| {
        let path = folder.join("service-tags.json");
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("20.42.66.0/24", "20.42.66.0/33")).unwrap();
    };
    assert_refused(&scan_after(no_cidr), "AzureContainerRegistry.EastUS holds \"20.42.66.0/33\"");
}

#[test]
fn a_document_that_cannot_be_read_is_a_gap() {
    let path = document_path("rg-archive", "contosoarchive");
    let cut = |folder: &Path| {
        let text = fs::read_to_string(folder.join(&path)).unwrap();
        fs::write(folder.join(&path), &text[..500]).unwrap();
    };
    assert_gap(&scan_after(cut), &format!("contoso/{path}: line "));
    let latin_1 = |folder: &Path| fs::write(folder.join(&path), b"{\"registry\": \"B\xfcro\"}").unwrap();
    assert_gap(&scan_after(latin_1), &format!("contoso/{path}: not UTF-8 text, from byte 16 on"));
    let gone = |folder: &Path| fs::remove_file(folder.join(&path)).unwrap();
    assert_gap(&scan_after(gone), &format!("contoso/{path}: there is no such file"));
    let another = |folder: &Path| {
        let text = fs::read_to_string(folder.join(&path)).unwrap();
        fs::write(folder.join(&path), text.replace(CONTOSO, "11111111-2222-4333-8444-555555555555")).unwrap();
    };
    assert_gap(&scan_after(another), "is not of subscription");
    let no_object = |folder: &Path| fs::write(folder.join(&path), "[]").unwrap();
    assert_gap(&scan_after(no_object), &format!("contoso/{path}: "));
}

#[test]
fn a_subscription_with_an_unreadable_document_gets_no_run() {
    let parent = contoso_copy();
    fs::write(parent.path().join("contoso").join(document_path("rg-archive", "contosoarchive")), "").unwrap();
    let run = Acrscan::new(["scan", "contoso", "-o", "sarif=s.sarif"]).in_folder(parent.path()).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("no SARIF written"), "{}", run.stderr);
    assert!(!parent.path().join("s.sarif").exists());
}

#[test]
fn a_manifest_does_not_lead_out_of_its_folder() {
    for path in ["../secret.json", "/etc/passwd", "subscriptions/../../secret.json"] {
        let run = scan_after(|folder| {
            fs::write(folder.parent().unwrap().join("secret.json"), "{\"schema_version\": 1}").unwrap();
            let manifest = folder.join("manifest.json");
            let mut value: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
            value["scopes"][0]["registries"].as_array_mut().unwrap().push(path.into());
            fs::write(manifest, value.to_string()).unwrap();
        });
        assert_gap(&run, "which is not inside the snapshot");
    }
}

#[test]
fn a_document_that_the_manifest_does_not_name_is_a_gap() {
    let run = scan_after(|folder| {
        let from = folder.join(document_path("rg-archive", "contosoarchive"));
        fs::copy(from, folder.join(document_path("rg-archive", "stray"))).unwrap();
    });
    assert_gap(&run, "manifest.json does not name it");
}

#[test]
fn a_gap_of_the_pull_is_a_gap_of_every_scan_after_it() {
    let run = scan_after(|folder| {
        let manifest = folder.join("manifest.json");
        let mut value: Value = serde_json::from_slice(&fs::read(&manifest).unwrap()).unwrap();
        value["gaps"] = serde_json::json!([{
            "subscription": CONTOSO,
            "resource": format!("/subscriptions/{CONTOSO}/resourceGroups/rg-web-prod/providers/Microsoft.ContainerRegistry/registries/contosoweb"),
            "part": "tasks",
            "reason": "HTTP 403 AuthorizationFailed.",
        }]);
        fs::write(manifest, value.to_string()).unwrap();
    });
    assert_gap(&run, "not read: the tasks of /subscriptions/");
}

#[test]
fn one_subscription_is_not_scanned_twice() {
    let parent = contoso_copy();
    let run = Acrscan::new(["scan", "contoso", "contoso"]).in_folder(parent.path()).run();
    assert_refused(&run, "is in two of the sources");
}

/// Some editors put a byte-order mark there.
#[test]
fn a_byte_order_mark_changes_nothing() {
    let healthy = scan(contoso_copy().path());
    let marked = scan_after(|folder| {
        for (name, content) in crate::harness::files(folder) {
            fs::write(folder.join(name), [b"\xef\xbb\xbf", content.as_slice()].concat()).unwrap();
        }
    });
    assert_eq!(marked, healthy);
}
