//! SARIF for the archive: everything, told as SARIF means it.

use serde_json::{Value, json};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, MISSION, OTHER, contoso, results, subscription, text, verdicts};

const ARCHIVE: [&str; 2] = ["--sarif-target", "archive"];

#[test]
fn unknown_results_are_open_and_the_others_fail() {
    let (run, github) = Acrscan::new(["scan", "fixtures/contoso"]).sarif();
    let (archived, archive) = Acrscan::new(["scan", "fixtures/contoso"]).args(ARCHIVE).sarif();
    assert_eq!((archived.code, verdicts(&archive)), (run.code, verdicts(&github)), "the target changes no finding");
    for result in results(&archive) {
        let expected = match result["properties"]["acrscan/kind"].as_str() {
            Some("unknown") => ("open", true),
            _ => ("fail", false),
        };
        assert_eq!((result["kind"].as_str().unwrap(), result["level"] == "none"), expected, "{result}");
        assert_eq!(result["suppressions"], json!([]));
    }
}

#[test]
fn a_failed_scope_has_a_run_that_says_so() {
    let server = ArmServer::start(&contoso().copied_to(OTHER), Options::default());
    let list = format!("/subscriptions/{CONTOSO}/providers/Microsoft.ContainerRegistry");
    server.spoil(Fault::answer(&list, Response::error(403, "AuthorizationFailed", "No access.")));
    let (run, sarif) = Acrscan::scan(&server).args(["--subscription", OTHER]).args(MISSION).args(ARCHIVE).sarif();
    assert_eq!(run.code, 2);
    let told = |run: &Value| {
        let invocation = &run["invocations"][0];
        let levels: Vec<String> = invocation["toolExecutionNotifications"]
            .as_array()
            .unwrap()
            .iter()
            .map(|note| text(&note["level"]))
            .collect();
        (subscription(run), invocation["executionSuccessful"].as_bool().unwrap(), levels)
    };
    let runs: Vec<_> = sarif["runs"].as_array().unwrap().iter().map(told).collect();
    assert_eq!(runs, [(OTHER.to_owned(), true, vec![]), (CONTOSO.to_owned(), false, vec!["error".to_owned()])]);
}

#[test]
fn controls_are_taxonomies() {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso"]).args(ARCHIVE).sarif();
    let run = &sarif["runs"][0];
    let taxonomies = run["taxonomies"].as_array().unwrap();
    assert!(taxonomies.len() > 1);
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let rule = rules.iter().find(|rule| rule["id"] == "public-network-access").unwrap();
    let relationships = rule["relationships"].as_array().unwrap();
    assert!(!relationships.is_empty());
    for relationship in relationships {
        let target = &relationship["target"];
        let index = |value: &Value| usize::try_from(value.as_u64().unwrap()).unwrap();
        let taxonomy = &taxonomies[index(&target["toolComponent"]["index"])];
        assert_eq!(taxonomy["name"], target["toolComponent"]["name"]);
        assert_eq!(taxonomy["taxa"][index(&target["index"])]["id"], target["id"]);
    }
}
