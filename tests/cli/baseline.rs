//! An earlier SARIF of ours: what is new since, what was known, what is gone, and what of it makes the exit code.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use acrscan::evaluate::Evaluator;
use acrscan::policy::{PolicySet, Selection};
use acrscan::source::snapshot;
use acrscan::triage::baseline::Baseline;
use acrscan::triage::coverage::Coverage;
use serde_json::Value;
use tempfile::TempDir;

use crate::harness::{Acrscan, Run, contoso_copy, contoso_folder, contoso_server, document_path};

const TARGETS: [&str; 2] = ["github", "archive"];

/// The demo's findings as SARIF for this target.
fn demo(folder: &TempDir, target: &str, more: &[&str]) -> PathBuf {
    let file = folder.path().join(format!("{target}.sarif"));
    let output = format!("sarif={}", file.display());
    let run = Acrscan::new(["scan", "fixtures/contoso", "-o", &output, "--sarif-target", target]).args(more).run();
    assert_eq!(run.code, 1, "{}", run.stderr);
    file
}

fn scan(folder: &Path, baseline: &Path, more: &[&str]) -> Run {
    let scan = ["scan", folder.to_str().unwrap(), "--baseline", baseline.to_str().unwrap()];
    Acrscan::new(scan).args(more).run()
}

/// A copy of the demo in which one IPv6 rule is gone, another came, and a third is told in other words.
fn changed() -> TempDir {
    let copy = contoso_copy();
    let replace = |name: &str, from: &str, to: &str| {
        let file = copy.path().join("contoso").join(document_path("rg-edge-prod", name));
        let text = fs::read_to_string(&file).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        fs::write(&file, text.replace(from, to)).unwrap();
    };
    // The list of contosoiot holds more than IPv6 then, which its other finding no longer says.
    replace("contosoiot", "2603:1020:5:9::300/122", "203.0.113.0/24");
    replace("contosoedge", "2603:1030:40c:402::90/125", "2603:1030:40c:ffff::90/125");
    copy
}

/// What each finding of a folder is against a baseline, by key; and what is gone.
fn states(folder: &Path, baseline: &Path, only: &str) -> (BTreeMap<String, &'static str>, Vec<String>) {
    let selection = Selection { only: vec![only.to_owned()], ..Selection::default() };
    let policies = PolicySet::load(&selection).unwrap();
    let collected = snapshot::read(folder).unwrap();
    let mut evaluation =
        Evaluator::new(&policies).unwrap().evaluate(&collected.inventory, &collected.service_tags.unwrap());
    let coverage = Coverage::new(&collected.inventory, [only], &evaluation.notifications, Vec::new());
    let absent = Baseline::read(baseline).unwrap().compare(&mut evaluation.findings, &coverage);
    let state = |finding: &acrscan::model::finding::Finding| {
        (finding.key.clone().unwrap_or_default(), finding.baseline.unwrap().as_str())
    };
    (evaluation.findings.iter().map(state).collect(), absent.into_iter().map(|gone| gone.message).collect())
}

#[test]
fn the_same_scan_has_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    for target in TARGETS {
        let baseline = demo(&folder, target, &["--profile", "all"]);
        let run = scan(&contoso_folder(), &baseline, &["--profile", "all", "--fail-on-new"]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{target}");
        assert_eq!(scan(&contoso_folder(), &baseline, &[]).code, 1, "without --fail-on-new a known one counts");
        for only in ["ipv6-firewall-rule", "missing-service-tag-ips", "task-cannot-reach-registry"] {
            let (states, absent) = states(&contoso_folder(), &baseline, only);
            assert!(states.values().all(|state| *state == "unchanged"), "{target}: {states:?}");
            assert_eq!(absent, [""; 0], "{target}");
        }
    }
}

#[test]
fn what_is_new_what_changed_and_what_is_gone() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), changed());
    for target in TARGETS {
        let baseline = demo(&folder, target, &[]);
        let (states, absent) = states(&copy.path().join("contoso"), &baseline, "ipv6-firewall-rule");
        let expected = [
            ("2603:1020:5:402::90/125", "updated"),
            ("2603:1030:40c:d::400/122", "unchanged"),
            ("2603:1030:40c:ffff::90/125", "new"),
        ];
        assert_eq!(states, expected.map(|(key, state)| (key.to_owned(), state)).into(), "{target}");
        let named = |rule: &str| absent.iter().any(|message| message.contains(rule));
        assert!(
            absent.len() == 2 && named("2603:1020:5:9::300/122") && named("2603:1030:40c:402::90/125"),
            "{absent:?}"
        );
    }
}

/// The demo repository's findings, as `json` has them, against a baseline.
fn infra(baseline: &Path, config: &str) -> (i32, Value) {
    let scan = ["scan", "fixtures/infra", "-o", "json", "--profile", "all", "--config", config, "--baseline"];
    let run = Acrscan::new(scan).args([baseline.to_str().unwrap(), "--fail-on-new"]).run();
    (run.code, serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {run:?}")))
}

/// Its SARIF for this target.
fn infra_sarif(folder: &TempDir, target: &str, config: &str) -> PathBuf {
    let file = folder.path().join(format!("infra-{target}.sarif"));
    let output = format!("sarif={}", file.display());
    let scan = ["scan", "fixtures/infra", "--profile", "all", "--config", config, "--sarif-target", target];
    let run = Acrscan::new(scan).args(["-o", &output, "--fail-on", "never"]).run();
    assert_eq!(run.code, 0, "{}", run.stderr);
    file
}

#[test]
fn the_same_source_code_has_nothing_new() {
    let folder = tempfile::tempdir().unwrap();
    for target in TARGETS {
        let baseline = infra_sarif(&folder, target, "/dev/null");
        let (code, report) = infra(&baseline, "/dev/null");
        assert_eq!(code, 0, "{target}");
        assert_eq!(report["absent"].as_array().unwrap(), &Vec::<Value>::new(), "{target}");
        let findings = report["findings"].as_array().unwrap();
        assert!(findings.len() > 50);
        for finding in findings {
            // What source code leaves unknown is in no file for GitHub.
            let left_out = target == "github" && finding["kind"] == "unknown";
            let expected = if left_out { Value::Null } else { Value::from("unchanged") };
            assert_eq!(finding["baseline"], expected, "{target}: {finding}");
        }
    }
}

#[test]
fn what_is_no_longer_waived_is_new() {
    let folder = tempfile::tempdir().unwrap();
    let config = "fixtures/infra/acrscan.toml";
    for target in TARGETS {
        let baseline = infra_sarif(&folder, target, config);
        let (code, report) = infra(&baseline, "/dev/null");
        let count = |report: &Value, is: &dyn Fn(&Value) -> bool| {
            report["findings"].as_array().unwrap().iter().filter(|finding| is(finding)).count()
        };
        assert_eq!((code, count(&report, &|finding| finding["baseline"] == "updated")), (1, 0), "{target}");
        let (code, waived) = infra(&baseline, config);
        // What source code leaves unknown is in no file for GitHub, waived or not.
        let told = |finding: &Value| target == "archive" || finding["kind"] == "fail";
        let waived = count(&waived, &|finding| !finding["waived"].is_null() && told(finding));
        assert!(code == 0 && waived > 10, "{target}: {code}, {waived}");
        assert_eq!(count(&report, &|finding| finding["baseline"] == "new"), waived, "{target}");
    }
}

#[test]
fn only_a_new_failure_fails_where_that_is_asked_for() {
    let (folder, copy) = (tempfile::tempdir().unwrap(), changed());
    let copy = copy.path().join("contoso");
    for target in TARGETS {
        let baseline = demo(&folder, target, &[]);
        let code = |more: &[&str]| scan(&copy, &baseline, &[&["--fail-on-new"], more].concat()).code;
        assert_eq!(code(&[]), 1, "a new one of severity medium");
        assert_eq!(code(&["--fail-on", "high"]), 0, "none new of severity high");
        assert_eq!(code(&["--skip", "ipv6-firewall-rule"]), 0);
        assert_eq!(code(&["--fail-on", "high", "--fail-on-unknown"]), 2, "the demo has unknowns");
        let config = folder.path().join("acrscan.toml");
        let key = "2603:1030:40c:ffff::90/125";
        let waiver = format!(
            "[[waiver]]\npolicy = \"ipv6-firewall-rule\"\nresource = \"*\"\nkey = \"{key}\"\nreason = \"A test.\"\n"
        );
        fs::write(&config, waiver).unwrap();
        assert_eq!(code(&["--config", config.to_str().unwrap()]), 0, "what is waived is not new");
        fs::write(copy.join(document_path("rg-dev", "contosodev")), "{").unwrap();
        assert_eq!(code(&["--fail-on", "never"]), 2, "a gap is still a gap");
        fs::copy(
            contoso_folder().join(document_path("rg-dev", "contosodev")),
            copy.join(document_path("rg-dev", "contosodev")),
        )
        .unwrap();
    }
}

#[test]
fn what_this_scan_did_not_cover_is_not_gone() {
    let folder = tempfile::tempdir().unwrap();
    let baseline = demo(&folder, "github", &[]);
    let copy = contoso_copy();
    let contoso = copy.path().join("contoso");
    assert_eq!(states(&contoso, &baseline, "ipv6-firewall-rule").1, [""; 0], "other policies did not run");
    // The registry is still listed, and its document is broken.
    fs::write(contoso.join(document_path("rg-edge-prod", "contosoiot")), "{").unwrap();
    let (known, absent) = states(&contoso, &baseline, "ipv6-firewall-rule");
    assert_eq!((known.len(), absent), (2, vec![]));
}

#[test]
fn what_is_no_baseline_is_refused_before_azure_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let good = fs::read_to_string(demo(&folder, "github", &[])).unwrap();
    let line = |text: &str, what: &str| text[..text.find(what).unwrap()].lines().count();
    let name = "\"name\": \"acrscan\"";
    let table = [
        (good.replacen(name, "\"name\": \"Trivy\"", 1), line(&good, name), "run 1 is of another tool, \"Trivy\""),
        (good[..good.len() / 2].to_owned(), good[..good.len() / 2].lines().count(), "EOF while parsing"),
        (good.replacen("\"acrscan/v1\"", "\"other/v1\"", 1), 0, "no fingerprint \"acrscan/v1\""),
        (
            good.replace("\"version\": \"2.1.0\"", "\"version\": \"2.2.0\""),
            line(&good, "\"version\": \"2.1.0\""),
            "its version is not",
        ),
        ("acrscan\n".to_owned(), 1, "expected value"),
    ];
    let server = contoso_server();
    for (text, line, message) in table {
        let file = folder.path().join("old.sarif");
        fs::write(&file, text).unwrap();
        let run = Acrscan::scan(&server).args(["--baseline", file.to_str().unwrap()]).run();
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{message}");
        let told = run.stderr.split_once("old.sarif:").unwrap_or_else(|| panic!("{}", run.stderr)).1;
        assert!(told.contains(message) && (line == 0 || told.starts_with(&format!("{line}: "))), "{line}: {told}");
    }
    let missing = Acrscan::scan(&server).args(["--baseline", "nowhere.sarif"]).run();
    assert_eq!(missing.code, 2);
    assert!(missing.stderr.starts_with("error: nowhere.sarif: cannot read the baseline: "), "{}", missing.stderr);
    assert_eq!(server.seen().len(), 0);
    let alone = Acrscan::new(["scan", "fixtures/contoso", "--fail-on-new"]).run();
    assert!(alone.code == 2 && alone.stderr.contains("--baseline"), "{}", alone.stderr);
}
