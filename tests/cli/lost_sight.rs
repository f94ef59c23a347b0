//! A permission that is lost closes no alert: what last night's scan had and tonight's could not see stays.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::TempDir;

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::arm_server::{ArmServer, Options};
use crate::harness::{
    Acrscan, CONTOSO, OTHER, Run, contoso, contoso_copy, contoso_server, document_path, policy, results, subscription,
    text,
};

/// Each part, and what its requests hold.
const PARTS: [(&str, &str); 5] = [
    ("tasks", "/tasks?"),
    ("agent-pools", "/agentPools?"),
    ("role-assignments", "/roleAssignments?"),
    ("usages", "/listUsages?"),
    ("service-tags", "/serviceTags?"),
];

fn refuse(server: &ArmServer, part: &str) {
    server.spoil(Fault::answer(part, Response::error(403, "AuthorizationFailed", "No access.")));
}

/// Scans everything; SARIF goes to a file, and JSON to standard output.
fn scan(server: &ArmServer, sarif: &Path, more: &[&str]) -> Run {
    let output = format!("sarif={}", sarif.display());
    Acrscan::scan(server).args(["--profile", "all", "-o", "json", "-o", &output]).args(more).run()
}

fn read(file: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

/// What GitHub knows each alert by.
fn alerts(sarif: &Value) -> BTreeSet<(String, String)> {
    let alert =
        |result: &Value| (text(&result["ruleId"]), text(&result["partialFingerprints"]["primaryLocationLineHash"]));
    results(sarif).map(alert).collect()
}

fn last_night() -> (TempDir, PathBuf, Value) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("last.sarif");
    let run = scan(&contoso_server(), &file, &[]);
    assert_eq!(run.code, 1, "{}", run.stderr);
    let sarif = read(&file);
    (folder, file, sarif)
}

#[test]
fn without_a_baseline_the_scope_has_no_run_and_all_other_outputs_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    for (part, request) in PARTS {
        let server = contoso_server();
        refuse(&server, request);
        let file = folder.path().join(format!("{part}.sarif"));
        let run = scan(&server, &file, &[]);
        assert_eq!(run.code, 2, "{part}: {}", run.stderr);
        assert!(!file.exists(), "{part}");
        let why = format!("warning: the SARIF holds nothing of subscription {CONTOSO}: parts of it were not read");
        assert!(run.stderr.contains(&why) && run.stderr.contains("no SARIF written"), "{part}: {}", run.stderr);
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["registries"].as_array().map(Vec::len), Some(16), "{part}");
        assert_eq!(report["exit_code"], 2, "{part}");
        let archive = Acrscan::scan(&server).args(["--sarif-target", "archive"]).sarif().1;
        assert_eq!(archive["runs"].as_array().map(Vec::len), Some(1), "{part}");
    }
}

#[test]
fn with_last_nights_sarif_each_of_its_results_is_there_tonight() {
    let (folder, last, before) = last_night();
    let known = alerts(&before);
    for (part, request) in PARTS {
        let server = contoso_server();
        refuse(&server, request);
        let file = folder.path().join("tonight.sarif");
        let run = scan(&server, &file, &["--baseline", last.to_str().unwrap()]);
        assert_eq!(run.code, 2, "{part}: {}", run.stderr);
        let tonight = read(&file);
        let lost: Vec<_> = known.difference(&alerts(&tonight)).cloned().collect();
        assert_eq!(lost, [], "{part}");
        let carried: Vec<&Value> = results(&tonight).filter(|result| !since(result).is_null()).collect();
        if part == "tasks" {
            assert!(carried.len() > 3, "{carried:?}");
        }
        let day = chrono::Utc::now().date_naive().to_string();
        for result in &carried {
            assert_eq!(since(result), &Value::from(day.clone()), "{part}");
            let said = text(&result["message"]["text"]);
            assert!(said.ends_with(&format!(" Not seen since {day}: what it rests on could not be read.")), "{said}");
        }
        let report: Value = serde_json::from_str(&run.stdout).unwrap();
        assert_eq!(report["carried"].as_array().map(Vec::len), Some(carried.len()), "{part}");
        let rules = tonight["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
        for result in results(&tonight) {
            let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
            assert_eq!(rules[index]["id"], result["ruleId"], "{part}");
        }

        // A night later it is the same, and the day the first one.
        let third = folder.path().join("third.sarif");
        assert_eq!(scan(&server, &third, &["--baseline", file.to_str().unwrap()]).code, 2);
        assert_eq!(read(&third)["runs"], tonight["runs"], "{part}");
        // With the permission back, what is carried goes again.
        let healed = folder.path().join("healed.sarif");
        assert_eq!(scan(&contoso_server(), &healed, &["--baseline", third.to_str().unwrap()]).code, 1);
        assert_eq!(alerts(&read(&healed)), known, "{part}");
    }
}

fn since(result: &Value) -> &Value {
    &result["properties"]["acrscan/notSeenSince"]
}

/// GitHub gives an analysis back without the properties, and with the rule as an object.
#[test]
fn an_analysis_as_github_gives_it_back_serves_as_well() {
    let (folder, last, mut before) = last_night();
    let known = alerts(&before);
    for run in before["runs"].as_array_mut().unwrap() {
        for result in run["results"].as_array_mut().unwrap() {
            let result = result.as_object_mut().unwrap();
            let id = result.remove("ruleId").unwrap();
            result.insert("rule".to_owned(), serde_json::json!({ "id": id }));
            result.remove("properties");
            result.remove("ruleIndex");
            for location in result["locations"].as_array_mut().unwrap() {
                location.as_object_mut().unwrap().remove("logicalLocations");
            }
        }
    }
    fs::write(&last, before.to_string()).unwrap();
    let server = contoso_server();
    refuse(&server, "/tasks?");
    let file = folder.path().join("tonight.sarif");
    let run = scan(&server, &file, &["--baseline", last.to_str().unwrap()]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert_eq!(known.difference(&alerts(&read(&file))).next(), None);
}

#[test]
fn a_subscription_that_lost_nothing_and_one_that_the_baseline_lacks() {
    let (folder, last, _) = last_night();
    let server = ArmServer::start(&contoso().copied_to(OTHER), Options::default());
    // Refused in both.
    refuse(&server, "/contosobuild/tasks?");
    let file = folder.path().join("two.sarif");
    let run = scan(&server, &file, &["--subscription", OTHER, "--baseline", last.to_str().unwrap()]);
    assert_eq!(run.code, 2);
    let ids = |sarif: &Value| -> Vec<String> { sarif["runs"].as_array().unwrap().iter().map(subscription).collect() };
    assert_eq!(ids(&read(&file)), [CONTOSO], "the baseline holds no alerts of the other");
    assert!(run.stderr.contains(&format!("the SARIF holds nothing of subscription {OTHER}")), "{}", run.stderr);
}

#[test]
fn what_nobody_asked_for_is_unknown_by_choice() {
    let folder = tempfile::tempdir().unwrap();
    for (part, request) in PARTS {
        let server = contoso_server();
        refuse(&server, request);
        let file = folder.path().join(format!("{part}.sarif"));
        let run = scan(&server, &file, &["--without", part]);
        assert_eq!(run.code, 1, "{part}: {}", run.stderr);
        assert_eq!(server.seen_with(request).len(), 0, "{part}");
        assert_eq!(read(&file)["runs"].as_array().map(Vec::len), Some(1), "{part}");
    }
}

/// The demo's snapshot with one registry's tasks gone.
fn without_tasks() -> (TempDir, String) {
    let copy = contoso_copy();
    let snapshot = copy.path().join("contoso");
    let file = snapshot.join(document_path("rg-devtools", "contosobuild"));
    let mut document: Value = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    document["tasks"] = Value::Null;
    fs::write(&file, serde_json::to_string_pretty(&document).unwrap()).unwrap();
    let folder = snapshot.to_str().unwrap().to_owned();
    (copy, folder)
}

#[test]
fn a_snapshot_without_tasks_is_not_complete() {
    let (_copy, folder) = without_tasks();
    let run = Acrscan::new(["scan", &folder]).run();
    assert_eq!(run.code, 2, "{}", run.stderr);
    assert!(run.stderr.contains("contosobuild: the snapshot does not hold them"), "{}", run.stderr);
    assert!(Acrscan::new(["scan", &folder, "-o", "sarif"]).run().stderr.contains("no SARIF written"));
    // No policy that runs needs them, or nobody wants them.
    assert_eq!(Acrscan::new(["scan", &folder, "--only", "ipv6-firewall-rule"]).run().code, 1);
    let (run, sarif) = Acrscan::new(["scan", &folder, "--without", "tasks"]).sarif();
    assert_eq!(run.code, 1, "{}", run.stderr);
    let unknown = results(&sarif).filter(|result| text(&result["ruleId"]).starts_with("unknown-"));
    assert!(unknown.map(policy).any(|policy| policy == "bypass-without-system-identity"));
}

#[test]
fn what_could_not_be_told_stands_under_a_rule_of_its_own() {
    let (_copy, folder) = without_tasks();
    let (_, sarif) = Acrscan::new(["scan", &folder, "--without", "tasks", "--profile", "all"]).sarif();
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let mut seen = 0;
    for result in results(&sarif) {
        let is_unknown = result["properties"]["acrscan/kind"] == "unknown";
        let id = text(&result["ruleId"]);
        assert_eq!(id.starts_with("unknown-"), is_unknown, "{result}");
        let rule = rules.iter().find(|rule| rule["id"] == id.as_str()).unwrap();
        if is_unknown {
            seen += 1;
            assert_eq!((&result["level"], &rule["defaultConfiguration"]["level"]), (&"note".into(), &"note".into()));
            assert_eq!(rule["properties"].get("security-severity"), None);
            assert_eq!(id, format!("unknown-{}", policy(result)));
        }
    }
    assert!(seen > 3);
    let report = Acrscan::new(["scan", &folder, "--without", "tasks", "-o", "json"]).run().stdout;
    let report: Value = serde_json::from_str(&report).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let unknown = findings.iter().filter(|finding| finding["kind"] == "unknown");
    assert!(unknown.clone().count() > 0 && unknown.clone().all(|f| !text(&f["policy"]).starts_with("unknown-")));
}
