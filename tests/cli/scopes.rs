//! Several subscriptions: each stands or falls for itself.

use std::net::TcpListener;

use serde_json::Value;

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, MISSION, OTHER, contoso, results, subscription, text};

const THIRD: &str = "99999999-8888-4777-8666-555555555555";

fn three() -> ArmServer {
    ArmServer::start(&contoso().copied_to(OTHER).copied_to(THIRD), Options::default())
}

fn scan_three(server: &ArmServer) -> Acrscan {
    Acrscan::scan(server).args(["--subscription", OTHER, "--subscription", THIRD]).args(MISSION)
}

fn categories(sarif: &Value) -> Vec<String> {
    sarif["runs"].as_array().unwrap().iter().map(subscription).collect()
}

#[test]
fn one_refused_subscription_among_three_leaves_two_complete_runs_and_exit_2() {
    let html = Response::new(200, "text/html", "<html>Welcome</html>".as_bytes().to_vec());
    let refusals = [
        (Response::error(403, "AuthorizationFailed", "No access."), "HTTP 403 AuthorizationFailed: No access"),
        (Response::error(404, "SubscriptionNotFound", "Not found."), "HTTP 404 SubscriptionNotFound: Not found"),
        (html, "answered text/html instead of JSON"),
    ];
    let (_, healthy) = scan_three(&three()).sarif();
    assert_eq!(categories(&healthy), [OTHER, CONTOSO, THIRD]);
    for (refusal, reason) in refusals {
        let server = three();
        server
            .spoil(Fault::answer(&format!("/subscriptions/{CONTOSO}/providers/Microsoft.ContainerRegistry"), refusal));
        let (run, sarif) = scan_three(&server).sarif();
        assert_eq!(run.code, 2, "{run:?}");
        let gap = format!("error: not read: the list of registries of subscription {CONTOSO}: {reason}");
        assert!(run.stderr.starts_with(&gap), "{}", run.stderr);
        let others = healthy["runs"].as_array().unwrap();
        assert_eq!(sarif["runs"], Value::from(vec![others[0].clone(), others[2].clone()]));

        let text = scan_three(&server).run().stdout;
        assert!(text.contains(&gap["error: ".len()..]), "{text}");
        assert!(text.ends_with("32 registries in 3 subscriptions, 12 clean: 0 critical, 14 high, 8 medium, 0 low, 0 note; 4 unknown; 1 gap\n"), "{text}");
    }
}

#[test]
fn where_no_subscription_is_complete_no_sarif_is_written_nor_an_old_one_left_to_mislead() {
    let server = three();
    server.spoil(Fault::answer("/registries?", Response::error(403, "AuthorizationFailed", "No access.")));
    let folder = tempfile::tempdir().unwrap();
    let run = scan_three(&server).args(["-o", "sarif=s.sarif"]).in_folder(folder.path()).run();
    assert_eq!(run.code, 2);
    assert_eq!(run.stderr.matches("HTTP 403 AuthorizationFailed").count(), 3, "{}", run.stderr);
    assert!(run.stderr.contains("no SARIF written"), "{}", run.stderr);
    assert!(run.stdout.ends_with("; 3 gaps\n"), "text is written all the same: {}", run.stdout);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn an_unknown_subscription_says_what_to_do() {
    let server = ArmServer::start(&contoso(), Options::default());
    let run = Acrscan::live(&server, ["scan", "--subscription", THIRD]).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("SubscriptionNotFound") && run.stderr.contains("not visible"), "{}", run.stderr);
    assert_eq!(
        run.stdout.lines().last(),
        Some("0 registries in 1 subscription, 0 clean: 0 critical, 0 high, 0 medium, 0 low, 0 note; 0 unknown; 1 gap")
    );
}

#[test]
fn equal_registries_of_two_subscriptions_are_told_apart() {
    let (_, sarif) = scan_three(&three()).sarif();
    let fingerprints: std::collections::BTreeSet<String> =
        results(&sarif).map(|result| text(&result["partialFingerprints"]["acrscan/v1"])).collect();
    assert_eq!((results(&sarif).count(), fingerprints.len()), (39, 39));
}

fn ids(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("00000000-0000-4000-8000-{n:012}")).collect()
}

#[test]
fn more_than_twenty_subscriptions_in_one_sarif_file_are_refused_before_anything_is_asked() {
    let server = three();
    let folder = tempfile::tempdir().unwrap();
    let run = Acrscan::live(&server, ["scan", "-o", "sarif=all.sarif"])
        .args(ids(21).iter().flat_map(|id| ["--subscription", id]))
        .in_folder(folder.path())
        .run();
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("21 subscriptions, and 20 are the most"), "{}", run.stderr);
    assert!(run.stderr.contains("-o sarif=findings/"), "{}", run.stderr);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    assert_eq!(server.seen().len(), 0);
    let run = Acrscan::live(&server, ["scan", "--subscription", &ids(21).join(",")]).run();
    assert!(run.stdout.contains("0 registries in 21 subscriptions"), "{run:?}");
}

/// A pull with a gap is saved with its gap; a pull that could not start leaves nothing.
#[test]
fn pull_saves_what_it_read_with_its_gaps_and_nothing_where_nothing_was() {
    let server = three();
    server.spoil(Fault::answer("/contosoweb/tasks?", Response::error(403, "AuthorizationFailed", "No access.")));
    server.spoil(Fault::answer(
        &format!("/subscriptions/{THIRD}/providers/Microsoft.ContainerRegistry"),
        Response::error(403, "AuthorizationFailed", "No access."),
    ));
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["pull", "-o", "d", "--subscription", CONTOSO, "--subscription", THIRD];
    let run = Acrscan::live(&server, arguments).in_folder(folder.path()).run();
    assert_eq!(run.code, 2, "{run:?}");
    let manifest = std::fs::read(folder.path().join("d/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let gaps: Vec<[String; 2]> = manifest["gaps"]
        .as_array()
        .unwrap()
        .iter()
        .map(|gap| [text(&gap["subscription"]), text(&gap["part"])])
        .collect();
    assert_eq!(gaps, [[CONTOSO, "tasks"], [THIRD, "registries"]]);
    let complete: Vec<bool> =
        manifest["scopes"].as_array().unwrap().iter().map(|scope| scope["complete"].as_bool().unwrap()).collect();
    assert_eq!(complete, [true, false]);

    let offline = Acrscan::new(["scan", "d", "--sarif-target", "archive"]).in_folder(folder.path()).sarif();
    assert_eq!(offline.0.code, 2, "{:?}", offline.0);
    assert!(categories(&offline.1).contains(&CONTOSO.to_owned()), "{:?}", categories(&offline.1));

    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let authority = format!("http://{closed}");
    let run = Acrscan::live(&server, ["pull", "-o", "e", "--subscription", CONTOSO, "--authority-host", &authority])
        .in_folder(folder.path())
        .run();
    assert_eq!(run.code, 2, "{run:?}");
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["d"]);
}

#[test]
fn what_could_not_be_used_in_the_end_is_refused_before_any_request() {
    let server = three();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("README.md"), "somebody's").unwrap();
    for (option, target, reason) in [
        ("--save-snapshot", ".", "which is no part of a snapshot"),
        ("--save-inputs", ".", "is not empty"),
        ("--service-tags", "README.md", "not a service-tag document"),
    ] {
        let run = scan_three(&server).args([option, target]).in_folder(folder.path()).run();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{option}: {run:?}");
        assert!(run.stderr.contains(reason), "{option}: {}", run.stderr);
    }
    assert_eq!(server.seen().len(), 0);
}
