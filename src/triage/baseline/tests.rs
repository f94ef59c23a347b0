//! Baselines made by hand.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::read::plain;
use super::*;
use crate::model::finding::{Location, Severity, Waived, fingerprint};
use crate::model::inventory::{Inventory, ScanScope};

fn refused(text: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("old.sarif");
    fs::write(&file, text).expect("it can be written");
    let error = Baseline::read(&file).expect_err(text).to_string();
    error.rsplit_once("old.sarif").expect("it names the file").1.to_owned()
}

#[test]
fn what_is_no_baseline_is_refused_with_its_line() {
    let run = |inside: &str| format!("{{\"version\": \"2.1.0\", \"runs\": [\n{inside}\n]}}");
    let ours = "{\"tool\": {\"driver\": {\"name\": \"acrscan\"}},\n\"results\": ";
    for (text, expected) in [
        (String::new(), ":1: EOF while parsing"),
        ("acrscan: nothing".to_owned(), ":1: expected value"),
        (format!("{}\n\"x", &run(ours)[..40]), ":"),
        ("[]".to_owned(), ":1: invalid"),
        ("{}".to_owned(), ":1: it has no \"runs\""),
        ("{\n\"version\": \"2.0.0\", \"runs\": []}".to_owned(), ":2: its version is not"),
        ("{\"runs\": []}".to_owned(), ":1: its version is not"),
        (run(""), ":1: it has no run"),
        (
            run("{\n\"tool\": {\"driver\": {\n\"name\": \"Trivy\"}}, \"results\": []}"),
            ":4: run 1 is of another tool, \"Trivy\"",
        ),
        (run("{\"results\": []}"), ":2: run 1 is of another tool, \"\""),
        (run(&format!("{ours} null}}")), ":2: this run has no list of results"),
        (run(&format!("{ours} [\n{{\"ruleId\": \"a\"}}]}}")), ":4: this result has no fingerprint"),
        (run(&format!("{ours} [{{}}]}}")), ":3: this result has no \"ruleId\""),
        (run(&format!("{ours} 3}}")), ":3: invalid type"),
    ] {
        let told = refused(&text);
        assert!(told.starts_with(expected), "{text}\n{told}");
        assert!(told.ends_with("; a baseline is SARIF or JSON that acrscan wrote"), "{told}");
    }
    let missing = Baseline::read(Path::new("/nowhere/old.sarif")).expect_err("missing").to_string();
    assert!(missing.starts_with("/nowhere/old.sarif: cannot read the baseline: "), "{missing}");
    assert!(Baseline::read(&std::env::temp_dir()).is_err());
}

const ID: &str = "/subscriptions/5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4/resourceGroups/g/providers/p/registries/r";

fn finding(kind: ResultKind, resource: &str, key: &str) -> Finding {
    let source = !resource.starts_with('/');
    Finding {
        policy: "p".to_owned(),
        kind,
        severity: Severity::High,
        message: "It is open.".to_owned(),
        reason: None,
        scope: match source {
            true => ScopeName::Source,
            false => ScopeName::Subscription("5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4".to_owned()),
        },
        resource: resource.to_owned(),
        name: "r".to_owned(),
        logical: resource.to_owned(),
        field: "/registry".to_owned(),
        key: Some(key.to_owned()),
        location: Location::Live,
        related: Vec::new(),
        evidence: Value::Null,
        fix: Vec::new(),
        fingerprint: fingerprint("p", resource, key),
        registry_fingerprint: None,
        waived: None,
        baseline: None,
    }
}

/// What SARIF holds of a finding.
fn result(finding: &Finding, more: Value) -> Value {
    let mut result = json!({
        "ruleId": finding.policy,
        "message": {"text": finding.message},
        "partialFingerprints": {"acrscan/v1": finding.fingerprint},
        "properties": {
            "acrscan/kind": finding.kind.as_str(),
            "acrscan/severity": finding.severity.as_str(),
            "acrscan/resourceId": finding.resource,
            "acrscan/evidence": finding.evidence,
        },
    });
    result.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
    result
}

/// The states of findings, and the keys of what is gone, where these scopes were read.
fn compare(results: Vec<Value>, findings: &mut [Finding], scopes: &[ScopeName]) -> (Vec<Option<&'static str>>, usize) {
    let driver = json!({"driver": {"name": "acrscan"}});
    let (first, second) = results.split_at(results.len() / 2);
    let runs = json!([{"tool": driver, "results": first}, {"tool": driver, "results": second}]);
    let sarif = json!({"version": "2.1.0", "runs": runs}).to_string();
    let scopes = scopes.iter().map(|name| ScanScope { name: name.clone(), complete: true, only: Vec::new() }).collect();
    let inventory = Inventory { scopes, ..Inventory::default() };
    let coverage = Coverage::new(&inventory, ["p"], &[], vec!["infra".to_owned()]);
    let Ok(mut baseline) = Baseline::parse(&sarif) else { panic!("good SARIF: {sarif}") };
    let absent = baseline.compare(findings, &coverage);
    (findings.iter().map(|finding| finding.baseline.map(BaselineState::as_str)).collect(), absent.len())
}

fn azure() -> ScopeName {
    ScopeName::Subscription("5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4".to_owned())
}

#[test]
fn of_what_github_gets_no_sarif_of_nothing_is_told() {
    let source = finding(ResultKind::Unknown, "infra:r.a", "a");
    let live = finding(ResultKind::Unknown, ID, "b");
    let mut waived = finding(ResultKind::Fail, ID, "c");
    waived.waived = Some(Waived {
        reason: "It is meant.".to_owned(),
        expires: None,
        approved_by: None,
        in_source: true,
        path: "main.tf".to_owned(),
        line: 1,
    });
    let mut findings = [source, live, waived];
    let other = finding(ResultKind::Fail, ID, "d");
    let scopes = [azure(), ScopeName::Source];
    let github = vec![result(&other, json!({}))];
    // Whether the other one is gone is behind the unknown.
    assert_eq!(compare(github, &mut findings, &scopes), (vec![None, Some("new"), None], 0));
    let archive = vec![result(&other, json!({"suppressions": []}))];
    assert_eq!(compare(archive, &mut findings, &scopes).0, [Some("new"), Some("new"), None]);
}

#[test]
fn what_was_waived_did_not_count_and_what_was_gone_was_not_there() {
    let fail = |key| finding(ResultKind::Fail, ID, key);
    let (same, waived, rejected, gone) = (fail("a"), fail("b"), fail("c"), fail("d"));
    let results = vec![
        result(&same, json!({"suppressions": []})),
        result(&waived, json!({"suppressions": [{"kind": "external", "status": "accepted"}]})),
        result(&rejected, json!({"suppressions": [{"kind": "external", "status": "rejected"}]})),
        result(&gone, json!({"suppressions": [], "baselineState": "absent"})),
    ];
    let mut findings = [same, waived, rejected, gone];
    let states = [Some("unchanged"), Some("new"), Some("unchanged"), Some("new")];
    assert_eq!(compare(results, &mut findings, &[azure()]), (states.to_vec(), 0));
}

#[test]
fn gone_is_only_what_this_scan_would_have_found() {
    let gone = |resource: &str, scopes: &[ScopeName]| {
        compare(vec![result(&finding(ResultKind::Fail, resource, "a"), json!({}))], &mut [], scopes).1 == 1
    };
    let source = [ScopeName::Source];
    assert!(gone(ID, &[azure()]) && gone(&ID.to_uppercase(), &[azure()]) && !gone(ID, &source));
    assert!(!gone(ID, &[ScopeName::Subscription("11111111-2222-4333-8444-555555555555".to_owned())]));
    assert!(gone("infra/prod:r.a", &source) && !gone("other:r.a", &source) && !gone("infra:r.a", &[azure()]));
}

#[test]
fn another_grade_or_evidence_is_an_update() {
    let old = finding(ResultKind::Fail, ID, "a");
    let mut graver = old.clone();
    graver.severity = Severity::Critical;
    let mut other = old.clone();
    other.evidence = json!({"sku": "Basic"});
    let mut reworded = old.clone();
    reworded.message.push('!');
    for (now, expected) in [(old.clone(), "unchanged"), (graver, "updated"), (other, "updated"), (reworded, "updated")]
    {
        let (states, _) = compare(vec![result(&old, json!({}))], &mut [now.clone()], &[azure()]);
        assert_eq!(states, [Some(expected)], "{now:?}");
    }
}

#[test]
fn escapes_are_no_difference() {
    assert_eq!(wording("a \\[b\\](c) \\u{1b}[3m"), wording("a [b](c) \u{1b}[3m"));
    assert_ne!(wording("missing are 1.2.3.4"), wording("missing are 1.2.34"));
    assert_eq!(wording("\\u{zz} \\u{"), "u{zz} u{");
    assert_eq!(plain("a \\[b\\](c)"), "a [b](c)");
}

#[test]
fn what_was_unknown_and_fails_now_is_new() {
    let (fails, unknown) = (finding(ResultKind::Fail, ID, "a"), finding(ResultKind::Unknown, ID, "a"));
    let state = |then: &Finding, now: &Finding| compare(vec![result(then, json!({}))], &mut [now.clone()], &[azure()]);
    assert_eq!(state(&unknown, &fails), (vec![Some("new")], 0));
    assert_eq!(state(&fails, &unknown), (vec![Some("updated")], 0));
}

#[test]
fn a_result_that_stands_for_several_is_each_of_them() {
    let finding = |key: &str| Finding {
        message: format!("It is open to {key}."),
        evidence: json!({ "key": key }),
        ..finding(ResultKind::Fail, "infra:r.a", key)
    };
    let (first, mut second, third) = (finding("a"), finding("b"), finding("c"));
    second.severity = Severity::Low;
    let mut folded = result(&first, json!({}));
    folded["message"]["text"] = json!("It is open to a. Also here: and so on. See also: [used here](1).");
    let lists = [
        ("acrscan/message", json!(first.message)),
        ("acrscan/fingerprints", json!([first.fingerprint, second.fingerprint, third.fingerprint])),
        ("acrscan/messages", json!([first.message, second.message, third.message])),
        ("acrscan/resourceIds", json!(["infra:r.a", "infra:r.a", "infra:r.a"])),
        ("acrscan/severities", json!(["high", "low", "high"])),
    ];
    for (name, value) in lists {
        folded["properties"][name] = value;
    }
    let source = [ScopeName::Source];
    let mut graver = second.clone();
    graver.severity = Severity::High;
    let mut now = [first.clone(), second.clone(), finding("d")];
    let (states, absent) = compare(vec![folded.clone()], &mut now, &source);
    assert_eq!((states, absent), (vec![Some("unchanged"), Some("unchanged"), Some("new")], 1));
    assert_eq!(compare(vec![folded.clone()], &mut [graver], &source), (vec![Some("updated")], 2));
    folded["properties"]["acrscan/messages"] = json!(["one"]);
    let run = json!({"tool": {"driver": {"name": "acrscan"}}, "results": [folded]});
    let told = refused(&json!({"version": "2.1.0", "runs": [run]}).to_string());
    assert!(told.contains("its lists of them are not of one length"), "{told}");
}

#[test]
fn the_policys_own_words_are_compared_where_they_are_kept() {
    let old = finding(ResultKind::Fail, ID, "a");
    let mut linked = result(&old, json!({"message": {"text": "It is open. See also: [used here](1)."}}));
    assert_eq!(compare(vec![linked.clone()], &mut [old.clone()], &[azure()]).0, [Some("updated")]);
    linked["properties"]["acrscan/message"] = json!(old.message);
    assert_eq!(compare(vec![linked], &mut [old], &[azure()]).0, [Some("unchanged")]);
}
