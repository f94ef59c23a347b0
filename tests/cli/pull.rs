//! What pull does to the folder it is given.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use crate::arm_server::fault::{Action, Fault};
use crate::arm_server::world::World;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, contoso, contoso_copy, contoso_server, files};

fn pull(server: &ArmServer, folder: &Path) -> Acrscan {
    Acrscan::live(server, ["pull", "--subscription", CONTOSO, "-o", "contoso"]).in_folder(folder)
}

#[test]
fn an_earlier_snapshot_is_replaced_whole() {
    let parent = contoso_copy();
    let one: Vec<Value> = vec![json!({
        "registry": {
            "id": format!("/subscriptions/{CONTOSO}/resourceGroups/rg-new/providers/Microsoft.ContainerRegistry/registries/contosonew"),
            "name": "contosonew",
        },
        "tasks": [],
        "agent_pools": [],
    })];
    let server = ArmServer::start(&contoso().with_subscription(CONTOSO, one), Options::default());
    let run = pull(&server, parent.path()).run();
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    let names: Vec<String> = files(parent.path()).into_iter().map(|(name, _)| name).collect();
    let document = crate::harness::document_path("rg-new", "contosonew");
    assert_eq!(names, ["manifest.json", "service-tags.json", &document].map(|name| format!("contoso/{name}")));
}

#[test]
fn a_folder_that_holds_anything_else_is_left_alone() {
    let parent = contoso_copy();
    fs::write(parent.path().join("contoso/notes.txt"), "mine").unwrap();
    let before = files(parent.path());
    let run = pull(&contoso_server(), parent.path()).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("contoso holds notes.txt, which is no part of a snapshot"), "{}", run.stderr);
    assert_eq!(files(parent.path()), before);
}

#[test]
fn a_file_in_its_place_is_left_alone() {
    let parent = tempfile::tempdir().unwrap();
    fs::write(parent.path().join("contoso"), "mine").unwrap();
    let run = pull(&contoso_server(), parent.path()).run();
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(files(parent.path()), [("contoso".to_owned(), b"mine".to_vec())]);
}

#[test]
fn a_pull_that_is_killed_leaves_the_earlier_snapshot_as_it_was() {
    let server = contoso_server();
    server.spoil(Fault::on("/contosoweb/tasks?", Action::Stall));
    let parent = contoso_copy();
    let before = files(parent.path());
    let mut child = pull(&server, parent.path()).piped();
    server.wait_for("/contosoweb/tasks?");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(files(parent.path()), before);
}

#[test]
fn nothing_to_pull_is_a_snapshot_of_nothing_and_a_clean_scan() {
    let server = ArmServer::start(&contoso().with_subscription(CONTOSO, Vec::new()), Options::default());
    let parent = tempfile::tempdir().unwrap();
    assert_eq!(pull(&server, parent.path()).run().code, 0);
    let run = Acrscan::new(["scan", "contoso"]).in_folder(parent.path()).run();
    let (scope, counts) = run.stdout.split_once(", ").unwrap();
    assert!(scope.starts_with("0 registries in 1 subscription as of 20"), "{scope}");
    let closing = "0 clean: 0 critical, 0 high, 0 medium, 0 low, 0 note; 0 unknown; 0 gaps\n";
    assert_eq!((run.code, counts), (0, closing));
}

#[test]
fn without_service_tags_in_azure_the_snapshot_holds_the_embedded_table() {
    let world = World::default().with_subscription(CONTOSO, Vec::new());
    let server = ArmServer::start(&world, Options::default());
    let parent = tempfile::tempdir().unwrap();
    let run = pull(&server, parent.path()).run();
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("service tags are old"), "{}", run.stderr);
    let manifest: Value =
        serde_json::from_slice(&fs::read(parent.path().join("contoso/manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["service_tags"]["source"], "embedded");
    assert!(manifest["service_tags"]["date"].is_string());
}
