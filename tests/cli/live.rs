//! What a live scan asks of Azure: every page once, two lists a registry and little else, and never more at once than
//! allowed.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Value, json};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options, Seen};
use crate::harness::{Acrscan, CONTOSO, OTHER, contoso, contoso_server, document_path, verdicts, without_locations};

/// What a request was for: the last segment of its path.
fn kinds(seen: &[Seen]) -> BTreeMap<&str, usize> {
    let mut kinds = BTreeMap::new();
    for request in seen {
        let path = request.target.split('?').next().unwrap_or_default();
        *kinds.entry(path.rsplit('/').next().unwrap_or_default()).or_default() += 1;
    }
    kinds
}

#[test]
fn requests_are_one_a_page_two_a_registry_and_the_few_others() {
    let server = ArmServer::start(&contoso(), Options { page_size: 5, ..Options::default() });
    let run = Acrscan::scan(&server).run();
    assert_eq!(run.code, 1, "{run:?}");
    let seen = server.seen();
    let fixed = [("registries", 4), ("serviceTags", 1), ("token", 1)];
    let of_each_registry = [("agentPools", 16), ("tasks", 16)];
    let where_it_matters = [("listUsages", 10), ("roleAssignments", 3), ("roleDefinitions", 1)];
    let expected = fixed.into_iter().chain(of_each_registry).chain(where_it_matters);
    assert_eq!(kinds(&seen), expected.collect());
    assert!(seen.iter().all(|request| request.bearer.is_some() != request.target.ends_with("/oauth2/v2.0/token")));
    let versions = ["/registries?api-version=2025-11-01", "/tasks?api-version=2025-03-01-preview"];
    assert_eq!(versions.map(|part| server.seen_with(part).len()), [4, 16]);
}

#[test]
fn no_more_requests_are_in_flight_than_allowed() {
    let latency = Duration::from_millis(3);
    for concurrency in [1, 3] {
        let server = ArmServer::start(&contoso(), Options { latency, page_size: 2, ..Options::default() });
        let run = Acrscan::scan(&server).args(["--concurrency", &concurrency.to_string()]).run();
        assert_eq!(run.code, 1, "{run:?}");
        assert_eq!(server.peak_in_flight(), concurrency);
    }
}

#[test]
fn a_refused_api_version_of_tasks_falls_back_and_is_told() {
    for code in ["InvalidApiVersionParameter", "NoRegisteredProviderFound", "InvalidResourceType"] {
        let server = contoso_server();
        server.spoil(Fault::answer("2025-03-01-preview", Response::error(400, code, "No such version here.")));
        let folder = tempfile::tempdir().unwrap();
        let arguments = ["pull", "--subscription", CONTOSO, "-o", "d"];
        let run = Acrscan::live(&server, arguments).in_folder(folder.path()).run();
        assert_eq!(run.code, 0, "{run:?}");
        let path = folder.path().join("d").join(document_path("rg-devtools", "contosobuild"));
        let document: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let versions = ["api_version", "tasks_api_version"].map(|member| &document["origin"][member]);
        assert_eq!(versions, ["2025-11-01", "2019-06-01-preview"]);
        assert_eq!(document["tasks"].as_array().unwrap().len(), 6);
        assert_eq!(document["agent_pools"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_region_without_agent_pools_has_none() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let server = contoso_server();
    let refusal =
        Response::error(400, "LocationNotAvailableForResourceType", "The provided location is not available.");
    server.spoil(Fault::answer("/contosoweb/agentPools", refusal));
    assert_eq!(Acrscan::scan(&server).sarif(), healthy);
}

#[test]
fn refused_service_tags_give_way_to_the_embedded_table_which_says_so() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let server = contoso_server();
    server.spoil(Fault::answer("/serviceTags", Response::error(403, "AuthorizationFailed", "No.")));
    let (run, sarif) = Acrscan::scan(&server).args(["--sarif-target", "archive"]).sarif();
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("gave no service tags: HTTP 403 AuthorizationFailed"), "{}", run.stderr);
    assert_eq!(verdicts(&sarif), verdicts(&healthy.1));
    assert!(run.stdout.contains("\"source\": \"embedded\"") && !run.stdout.contains("\"source\": \"arm\""));
}

#[test]
fn service_tags_of_a_file_are_not_asked_of_azure() {
    let server = contoso_server();
    let (run, sarif) = Acrscan::scan(&server).args(["--service-tags", "fixtures/contoso/service-tags.json"]).sarif();
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(server.seen_with("/serviceTags").len(), 0);
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    assert_eq!(without_locations(&sarif).len(), without_locations(&healthy.1).len());
}

#[test]
fn the_id_of_a_subscription_may_be_in_any_casing_and_given_twice() {
    let healthy = Acrscan::scan(&contoso_server()).sarif();
    let server = contoso_server();
    let upper = CONTOSO.to_uppercase();
    assert_eq!(Acrscan::scan(&server).args(["--subscription", &upper]).sarif(), healthy);
    assert_eq!(server.seen_with("/registries?").len(), 1);
}

#[test]
fn a_subscription_without_registries_is_a_complete_run_without_results() {
    let server = ArmServer::start(&contoso().with_subscription(OTHER, Vec::new()), Options::default());
    let (run, sarif) = Acrscan::live(&server, ["scan", "--subscription", OTHER]).sarif();
    assert_eq!((run.code, run.stderr.as_str()), (0, ""));
    assert_eq!(sarif["runs"][0]["results"], json!([]));
    assert_eq!(sarif["runs"][0]["automationDetails"]["id"], format!("acrscan/live/{OTHER}/"));
}

#[test]
fn a_proxy_is_used_for_azure() {
    let proxy = contoso_server();
    let entra = contoso_server();
    let run = Acrscan::new(["scan", "--subscription", CONTOSO, "--arm-endpoint", "https://arm.invalid"])
        .signed_in(&entra)
        .env("HTTPS_PROXY", proxy.url())
        .run();
    assert_eq!(run.code, 2, "{run:?}");
    let seen = proxy.seen();
    assert!(!seen.is_empty() && seen.iter().all(|seen| seen.method == "CONNECT" && seen.bearer.is_none()), "{seen:?}");
    assert!(seen.iter().all(|seen| seen.target == "arm.invalid:443"), "{seen:?}");
}
