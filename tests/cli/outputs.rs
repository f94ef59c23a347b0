//! The formats besides text and SARIF, over the demo snapshot.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use snapbox::{assert_data_eq, file};

use crate::arm_server::fault::Fault;
use crate::arm_server::http::Response;
use crate::harness::{Acrscan, MISSION, contoso_server, policy, results, text};

fn scan(format: &str) -> Acrscan {
    Acrscan::new(["scan", "fixtures/contoso", "-o", format]).args(MISSION)
}

#[test]
fn markdown_is_as_recorded() {
    let run = scan("markdown").run();
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    assert_data_eq!(run.stdout, file!["golden/contoso.md"].raw());
}

#[test]
fn github_is_as_recorded() {
    let run = scan("github").run();
    assert_eq!(run.code, 1);
    assert_data_eq!(run.stdout, file!["golden/contoso.github.txt"].raw());
}

#[test]
fn junit_is_as_recorded() {
    let run = scan("junit").run();
    assert_eq!(run.code, 1);
    assert_data_eq!(run.stdout, file!["golden/contoso.junit.xml"].raw());
}

/// JSON says what SARIF says, and is as its schema says.
#[test]
fn json_holds_every_result_and_its_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/output/json/report.schema.json");
    let schema: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let json = |run: Acrscan| -> (i32, Value) {
        let run = run.args(["--profile", "all", "-o", "json"]).run();
        (run.code, serde_json::from_str(&run.stdout).unwrap())
    };
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--profile", "all"]).sarif();
    let server = contoso_server();
    for (code, report) in [json(Acrscan::new(["scan", "fixtures/contoso"])), json(Acrscan::scan(&server))] {
        let errors: Vec<String> =
            validator.iter_errors(&report).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!((code, &report["exit_code"], text(&report["outcome"])), (1, &Value::from(1), "findings".to_owned()));
        let findings = report["findings"].as_array().unwrap();
        let mut fingerprints: Vec<String> = findings.iter().map(|finding| text(&finding["fingerprint"])).collect();
        let fingerprint = |result: &Value| text(&result["partialFingerprints"]["acrscan/v1"]);
        let mut expected: Vec<String> = results(&sarif).map(fingerprint).collect();
        fingerprints.sort();
        expected.sort();
        assert_eq!(fingerprints, expected);
        let kinds = |kind: &str| findings.iter().filter(|finding| finding["kind"] == kind).count();
        let counts = &report["counts"];
        let number = |name: &str| usize::try_from(counts[name].as_u64().unwrap()).unwrap();
        let fails: usize = ["critical", "high", "medium", "low", "note"].into_iter().map(number).sum();
        assert_eq!((fails, number("unknown")), (kinds("fail"), kinds("unknown")));
    }
}

/// A case for each policy and registry: what passed is what ran there and found nothing.
#[test]
fn junit_has_a_case_for_every_policy_of_every_registry() {
    let xml = Acrscan::new(["scan", "fixtures/contoso", "--profile", "all", "-o", "junit"]).run().stdout;
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--profile", "all"]).sarif();
    let mut expected: BTreeMap<(String, String), &str> = BTreeMap::new();
    for result in results(&sarif) {
        let properties = &result["properties"];
        let key = (text(&properties["acrscan/resourceId"]), policy(result));
        match properties["acrscan/kind"].as_str() {
            Some("fail") => expected.insert(key, "failure"),
            _ => Some(*expected.entry(key).or_insert("skipped")),
        };
    }
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    let is_policy =
        |rule: &&serde_json::Value| !text(&rule["id"]).contains('.') && !text(&rule["id"]).starts_with("unknown-");
    let rules = rules.iter().filter(is_policy).count();
    let suites = well_formed(&xml);
    assert_eq!(suites["testsuite"], 16);
    assert_eq!(suites["testcase"], 16 * rules);
    let count = |outcome: &str| expected.values().filter(|other| **other == outcome).count();
    assert_eq!((suites["failure"], suites["skipped"]), (count("failure"), count("skipped")));
    assert!(!suites.contains_key("error"));
    let totals = format!("tests=\"{}\" failures=\"{}\" errors=\"0\"", 16 * rules, count("failure"));
    assert!(xml.lines().nth(1).unwrap().contains(&totals), "{totals}");
}

/// Every tag is closed by its own name, every attribute quoted, and nothing unescaped between; the tags by name.
fn well_formed(xml: &str) -> BTreeMap<&str, usize> {
    let mut seen = BTreeMap::new();
    let mut open = Vec::new();
    let mut rest = xml.strip_prefix("<?xml version=\"1.0\" encoding=\"UTF-8\"?>").expect("a declaration");
    while let Some(start) = rest.find('<') {
        assert_plain(&rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name)),
            None => {
                let (name, attributes) = tag.trim_end_matches('/').split_once(' ').unwrap_or((tag, ""));
                *seen.entry(name).or_default() += 1;
                let quotes: Vec<&str> = attributes.split('"').collect();
                assert_eq!(quotes.len() % 2, 1, "{tag}");
                quotes.iter().skip(1).step_by(2).for_each(|value| assert_plain(value));
                if !tag.ends_with('/') {
                    open.push(name);
                }
            }
        }
    }
    assert!(open.is_empty() && rest.trim().is_empty(), "{open:?}");
    seen
}

fn assert_plain(text: &str) {
    assert!(!text.contains(['<', '>']) && !text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
    for entity in text.split('&').skip(1) {
        assert!(["amp;", "lt;", "gt;", "quot;", "apos;"].iter().any(|known| entity.starts_with(known)), "&{entity}");
    }
}

/// A gap is an error in each, and none of them changes the exit code.
#[test]
fn what_was_not_read_shows_in_each_format() {
    for (format, shown) in [
        ("text", "Not complete\n  - not read: "),
        ("markdown", "### What was not read\n\n- not read: "),
        ("github", "::error title=acrscan could not tell::not read: "),
        ("json", "\"outcome\": \"incomplete\""),
        ("html", "<li>not read: "),
        ("junit", "<error message=\"not read: "),
        ("azure-devops", "##vso[task.complete result=Failed;]acrscan: Could not tell."),
        ("gitlab", "\"check_name\": \"not-read\""),
        ("ndjson", "{\"kind\":\"not-read\","),
        ("ocsf", "\"title\":\"Not read\""),
        ("csv", "\nnot-read,"),
        ("sarif", "toolExecutionNotifications"),
    ] {
        let server = contoso_server();
        let answer = Response::error(403, "AuthorizationFailed", "No access.");
        server.spoil(Fault::answer("/registries/contosobuild/tasks", answer));
        // Code scanning would close alerts for what was not read; the archive has it.
        let run = Acrscan::scan(&server).args(MISSION).args(["-o", format, "--sarif-target", "archive"]).run();
        assert_eq!(run.code, 2, "{format}: {run:?}");
        assert!(run.stdout.contains(shown), "{format}: {}", run.stdout);
    }
}

#[test]
fn several_outputs_are_written_in_one_run_and_the_exit_code_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let contoso = crate::harness::contoso_folder();
    let formats = [
        "text",
        "sarif",
        "markdown",
        "github",
        "json",
        "junit",
        "azure-devops",
        "gitlab",
        "ndjson",
        "ocsf",
        "csv",
        "html",
    ];
    let outputs = formats.iter().flat_map(|format| ["-o".to_owned(), format!("{format}={format}.out")]);
    let run = Acrscan::new(["scan", contoso.to_str().unwrap()])
        .args(outputs)
        .env("SOURCE_DATE_EPOCH", "1796000000")
        .in_folder(folder.path())
        .run();
    assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (1, "", ""));
    for format in formats {
        let alone = Acrscan::new(["scan", contoso.to_str().unwrap(), "-o", format])
            .env("SOURCE_DATE_EPOCH", "1796000000")
            .in_folder(folder.path())
            .run();
        let written = std::fs::read_to_string(folder.path().join(format!("{format}.out"))).unwrap();
        assert_eq!((alone.code, alone.stdout), (1, written), "{format}");
    }
}

#[test]
fn an_unknown_format_is_refused_with_those_there_are() {
    let run = Acrscan::new(["scan", "fixtures/contoso", "-o", "pdf"]).run();
    assert_eq!(run.code, 2);
    let message = "unknown format \"pdf\"; there are: text, sarif, markdown, github, json, junit, azure-devops, gitlab, ndjson, ocsf, csv, html";
    assert!(run.stderr.contains(message), "{}", run.stderr);
}
