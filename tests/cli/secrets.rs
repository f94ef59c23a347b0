//! No secret comes out, wherever it went in, and no name from Azure does more than be a name.

use serde_json::{Value, json};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, Run, contoso, contoso_server, files};

/// `canary` plain, in Base64 at its three offsets, and percent-encoded for good measure.
const CANARIES: [&str; 5] = ["canary", "Y2FuYXJ5", "NhbmFye", "jYW5hcn", "%63anary"];

fn assert_silent(what: &str, content: &[u8]) {
    let content = String::from_utf8_lossy(content);
    for canary in CANARIES {
        assert!(!content.to_lowercase().contains(&canary.to_lowercase()), "{what} holds {canary}: {content}");
    }
}

fn assert_run_silent(run: &Run) {
    assert_silent("standard output", run.stdout.as_bytes());
    assert_silent("standard error", run.stderr.as_bytes());
}

#[test]
fn no_output_and_no_file_holds_a_secret() {
    let server = contoso_server();
    let folder = tempfile::tempdir().unwrap();
    let outputs = ["-o", "text", "-o", "sarif=s.sarif", "--save-snapshot", "saved", "--fail-on", "never"];
    let runs = [
        Acrscan::scan(&server).args(outputs).in_folder(folder.path()).run(),
        Acrscan::live(&server, ["pull", "--subscription", CONTOSO, "-o", "pulled"]).in_folder(folder.path()).run(),
        Acrscan::live(&server, ["pull", "--subscription", CONTOSO, "-o", "all", "--task-credentials", "--preview"])
            .in_folder(folder.path())
            .run(),
    ];
    for run in &runs {
        assert_eq!(run.code, 0, "{run:?}");
        assert_run_silent(run);
    }
    let written = files(folder.path());
    assert_eq!(written.len(), 1 + 3 * 18);
    for (name, content) in written {
        assert_silent(&name, &content);
        assert_silent("a file's name", name.as_bytes());
    }
    // The server did send them, passwords among them.
    assert_eq!(server.seen_with("/listDetails").len(), 5);
    assert!(server.seen().iter().any(|seen| seen.bearer.as_deref() == Some("canary-access-token-1")));
}

#[test]
fn what_an_answer_echoes_is_masked() {
    let server = contoso_server();
    let message = "The token canary-access-token-1 of the client\u{1b}[31m may not read this.";
    server.spoil(Fault::answer("/tasks?", Response::error(403, "AuthorizationFailed", message)));
    server.spoil(Fault::answer("/serviceTags", Response::error(403, "canary-access-token-1", message)));
    let (run, sarif) = Acrscan::scan(&server).args(["--sarif-target", "archive"]).sarif();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("may not read this"), "{}", run.stderr);
    assert_run_silent(&run);
    assert!(!run.stderr.contains('\u{1b}') && !sarif.to_string().contains("\\u001b"), "{}", run.stderr);

    let server = contoso_server();
    let echo = json!({"error": "invalid_client", "error_description": "AADSTS1: canary-client-secret~1 is wrong."});
    server.spoil(Fault::answer("/oauth2/", Response::json(400, &echo)));
    let run = Acrscan::scan(&server).run();
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("AADSTS1"), "{}", run.stderr);
    assert_run_silent(&run);
}

/// In whichever part of an answer it comes back, and in whatever case: media type, host of a link, header, id, value.
#[test]
fn an_echo_is_masked_wherever_it_is() {
    let token = "canary-access-token-1";
    let long = format!("{}{token}", "x".repeat(290));
    let page = |next: &str| json!({"value": [], "nextLink": next});
    let registry = json!({
        "id": format!("/subscriptions/{CONTOSO}/resourceGroups/{token}/providers/Microsoft.ContainerRegistry/registries/a"),
        "name": "a", "location": "eastus", "sku": {"name": "Premium"},
        "properties": {"loginServer": "CANARY-ACCESS-TOKEN-1.azurecr.io", "publicNetworkAccess": "Enabled"},
    });
    for (what, path, answer) in [
        ("a media type", "/tasks?", Response::new(200, &format!("text/{token}"), "no".as_bytes())),
        ("a long media type", "/tasks?", Response::new(200, &format!("text/{long}"), "no".as_bytes())),
        (
            "a redirect",
            "/tasks?",
            Response::new(302, "text/plain", "no".as_bytes()).header("Location", &format!("https://{token}.example/x")),
        ),
        ("a link", "/registries?", Response::json(200, &page(&format!("https://{token}.example/x")))),
        ("a link in capitals", "/tasks?", Response::json(200, &page(&format!("https://{}/x", token.to_uppercase())))),
        ("a code in capitals", "/tasks?", Response::error(403, &token.to_uppercase(), "no")),
        ("a long message", "/tasks?", Response::error(403, "No", &long)),
        ("an id and a value", "/registries?", Response::json(200, &json!({"value": [registry]}))),
    ] {
        let server = contoso_server();
        let folder = tempfile::tempdir().unwrap();
        server.spoil(Fault::answer(path, answer));
        let outputs =
            ["-o", "text", "-o", "sarif=s.sarif", "-o", "json=j.json", "-o", "github=g", "--save-snapshot", "saved"];
        let run = Acrscan::scan(&server).args(outputs).in_folder(folder.path()).run();
        assert_run_silent(&run);
        for (name, content) in files(folder.path()) {
            assert_silent(&format!("{what}: {name}"), &content);
            assert_silent(&format!("{what}: a file's name"), name.as_bytes());
        }
    }
}

/// Registries whose ids try to leave the folder or to steer the terminal.
fn hostile(name: &str) -> Value {
    let id =
        format!("/subscriptions/{CONTOSO}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/{name}");
    json!({
        "registry": {
            "id": id, "name": name, "type": "Microsoft.ContainerRegistry/registries", "location": "eastus",
            "sku": {"name": "Premium", "tier": "Premium"},
            "properties": {
                "publicNetworkAccess": "Enabled", "networkRuleBypassAllowedForTasks": false,
                "networkRuleSet": {"defaultAction": "Allow", "ipRules": []},
            },
        },
        "tasks": [],
        "agent_pools": [],
    })
}

#[test]
fn no_name_of_a_registry_leaves_the_snapshots_folder() {
    for name in ["../escape", "..%2fescape", "..", ".", "a/../../escape", "..\\escape", "a\u{0}b", "%2e%2e", "a\nb"] {
        let server = ArmServer::start(&contoso().with_subscription(CONTOSO, vec![hostile(name)]), Options::default());
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("here");
        std::fs::create_dir(&folder).unwrap();
        let arguments = ["pull", "--subscription", CONTOSO, "-o", "snapshot"];
        let run = Acrscan::live(&server, arguments).in_folder(&folder).run();
        assert!(matches!(run.code, 0 | 2) && !run.stderr.contains("panicked"), "{name:?}: {run:?}");
        let written = files(parent.path());
        let prefix = "here/snapshot/";
        assert!(written.iter().all(|(path, _)| path.starts_with(prefix)), "{name:?}: {written:?}");
        let registries: Vec<&str> =
            written.iter().filter_map(|(path, _)| path.strip_prefix(prefix)?.strip_prefix("subscriptions/")).collect();
        let inside = format!("{CONTOSO}/resourceGroups/rg/providers/Microsoft.ContainerRegistry/registries/");
        assert!(
            registries.iter().all(|path| path.strip_prefix(&inside).is_some_and(|name| !name.contains('/'))),
            "{name:?}: {registries:?}"
        );
        // Either it is there to be scanned, or it is a gap; never neither.
        assert_eq!(run.code == 0, registries.len() == 1, "{name:?}: {run:?}");
        let scan = Acrscan::new(["scan", "snapshot"]).in_folder(&folder).run();
        assert_eq!(scan.code, if run.code == 0 { 1 } else { 2 }, "{name:?}: {scan:?}");
    }
}

#[test]
fn what_would_steer_a_terminal_or_forge_a_line_is_shown_instead() {
    let hostile = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nerror: forged\u{202e}txt";
    let spoil = |document: &mut Value| {
        let properties = &mut document["registry"]["properties"];
        if let Some(rule) = properties["networkRuleSet"]["ipRules"].get_mut(0) {
            rule["value"] = format!("2001:db8::{hostile}").into();
        }
        document["registry"]["location"] = hostile.into();
        document["registry"]["sku"]["name"] = hostile.into();
        for task in document["tasks"].as_array_mut().into_iter().flatten() {
            task["name"] = hostile.into();
        }
    };
    let server = ArmServer::start(&contoso().edited(spoil), Options::default());
    let folder = tempfile::tempdir().unwrap();
    let run = Acrscan::scan(&server).args(["-o", "text", "-o", "sarif=s.sarif"]).in_folder(folder.path()).run();
    assert!(matches!(run.code, 1 | 2), "{run:?}");
    for said in [&run.stdout, &run.stderr] {
        let steering = |character: char| (character.is_control() && character != '\n') || character == '\u{202e}';
        assert!(!said.contains(steering), "{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("error: forged")), "{said:?}");
    }
    assert!(run.stdout.contains("\\u{1b}[2J"), "it is shown, not dropped: {}", run.stdout);
    let sarif: Value = serde_json::from_slice(&std::fs::read(folder.path().join("s.sarif")).unwrap()).unwrap();
    for result in crate::harness::results(&sarif) {
        let message = crate::harness::text(&result["message"]["text"]);
        assert!(!message.contains(|character: char| character.is_control()), "{message:?}");
    }
}
