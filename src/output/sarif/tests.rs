use super::*;
use crate::finding::{Location, Region};
use crate::output::sample;
use serde_json::Value;

fn sarif(report: &Report, target: SarifTarget) -> Value {
    let text = render(report, &SarifOptions { target, category: None }).expect("SARIF");
    serde_json::from_str(&text).expect("JSON")
}

/// The results of the source code's run.
fn source_results(sarif: &Value) -> &Vec<Value> {
    let runs = sarif["runs"].as_array().expect("runs");
    let run = runs.iter().find(|run| run["automationDetails"]["id"] == "acrscan/iac/").expect("a run of source code");
    run["results"].as_array().expect("results")
}

#[test]
fn github_gets_what_fails_in_source_code_and_is_not_waived() {
    let sarif = sarif(&sample::compared(), SarifTarget::Github);
    let results = source_results(&sarif);
    assert_eq!(results.len(), 1, "neither what is unknown nor what is waived");
    let result = &results[0];
    assert_eq!(result["ruleId"], "public-network-access");
    for name in ["suppressions", "baselineState", "kind"] {
        assert_eq!(result.get(name), None, "{name}");
    }
    assert_eq!(
        result["locations"],
        json!([{
            "physicalLocation": {
                "artifactLocation": { "uri": "infra/variables.tf" },
                "region": {
                    "startLine": 2, "startColumn": 13, "endLine": 2, "endColumn": 17, "snippet": { "text": "true" }
                },
                "contextRegion": { "startLine": 2, "endLine": 2, "snippet": { "text": "  default = true" } },
            },
            "logicalLocations": [{
                "name": "prod", "fullyQualifiedName": "azurerm_container_registry.prod", "kind": "resource"
            }],
        }])
    );
    let message = "Registry prod accepts connections from every network: `a|b` <b>@contoso/all</b>.";
    assert_eq!(result["message"]["text"], format!("{message} See also: [used here](1)."));
    assert_eq!(result["properties"]["acrscan/message"], message);
    let related = &result["relatedLocations"][0];
    assert_eq!((&related["id"], &related["message"]["text"]), (&json!(1), &json!("used here")));
    let physical = &related["physicalLocation"];
    assert_eq!(physical["artifactLocation"]["uri"], "infra/main.tf");
    assert_eq!(physical["region"]["snippet"]["text"], "var.open");
    let shown = "\tpublic_network_access_enabled = var.open # \\u{202e}gnp.exe";
    assert_eq!(physical["contextRegion"]["snippet"]["text"], shown);
    let report = sample::report();
    let Location::Source { file, .. } = &report.findings[1].location else { panic!("a finding in source code") };
    let fingerprints = &result["partialFingerprints"];
    assert_eq!(fingerprints["primaryLocationLineHash"], file.line_hash(2).expect("a hash"));
    assert_eq!(fingerprints["acrscan/v1"], report.findings[1].fingerprint);
}

#[test]
fn the_archive_has_all_and_says_how_it_compares() {
    let sarif = sarif(&sample::compared(), SarifTarget::Archive);
    let shown = |result: &Value| {
        let word = |name: &str| result[name].as_str().unwrap_or_default().to_owned();
        let suppressed = result["suppressions"].as_array().map(Vec::len);
        (word("ruleId"), word("kind"), word("baselineState"), suppressed)
    };
    let row = |policy: &str, kind: &str, state: &str, suppressed| {
        (policy.to_owned(), kind.to_owned(), state.to_owned(), Some(suppressed))
    };
    let results = source_results(&sarif);
    assert_eq!(
        results.iter().map(shown).collect::<Vec<_>>(),
        [
            row("public-network-access", "fail", "new", 0),
            row("quarantine", "fail", "new", 1),
            row("admin-user", "open", "new", 0),
            row("anonymous-pull", "open", "new", 0),
            row("firewall-quota", "open", "new", 0),
            row("admin-user", "fail", "absent", 0),
        ]
    );
    assert_eq!(
        results[1]["suppressions"],
        json!([{
            "kind": "external",
            "status": "accepted",
            "justification": "agreed with @contoso/security | until the move",
            "location": { "physicalLocation": {
                "artifactLocation": { "uri": "acrscan.toml" }, "region": { "startLine": 12 }
            } },
            "properties": { "acrscan/expires": "2027-03-31", "acrscan/approvedBy": "Ada" },
        }])
    );
    let live = &sarif["runs"][0]["results"];
    assert_eq!((live.as_array().map(Vec::len), live[0]["baselineState"].as_str()), (Some(1), Some("unchanged")));
    let source = &sarif["runs"][1]["invocations"][0];
    assert_eq!(source["executionSuccessful"], false, "a file was not read");
}

#[test]
fn a_cause_outside_the_repository_gives_way_to_the_nearest_place_within() {
    let mut report = sample::report();
    let Location::Source { file, region } = report.findings[1].location.clone() else { panic!("source code") };
    let outside = crate::text_file::TextFile::new("/opt/modules/acr/variables.tf", file.text.clone());
    report.findings[1].location = Location::Source { file: outside.into(), region };
    let place = |report: &Report| {
        let sarif = sarif(report, SarifTarget::Github);
        let result = source_results(&sarif)[0].clone();
        let uri =
            |location: &Value| location["physicalLocation"]["artifactLocation"]["uri"].as_str().map(str::to_owned);
        (uri(&result["locations"][0]), uri(&result["relatedLocations"][0]), result)
    };
    let (own, related, result) = place(&report);
    assert_eq!(own.as_deref(), Some("infra/main.tf"));
    assert_eq!(related.as_deref(), Some("external/opt/modules/acr/variables.tf"));
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(1));
    let main = &report.findings[1].related[0];
    let hash = main.file.line_hash(main.region.start_line).expect("a hash");
    assert_eq!(result["partialFingerprints"]["primaryLocationLineHash"], hash);
    report.findings[1].related.clear();
    let (own, related, _) = place(&report);
    assert_eq!((own.as_deref(), related), (Some("external/opt/modules/acr/variables.tf"), None));
}

#[test]
fn source_code_that_was_not_listed_to_its_end_has_no_run_for_github() {
    let mut report = sample::report();
    report.scopes[1].complete = false;
    let ids = |sarif: Value| sarif["runs"].as_array().map(Vec::len);
    assert_eq!(ids(sarif(&report, SarifTarget::Github)), Some(1));
    assert_eq!(ids(sarif(&report, SarifTarget::Archive)), Some(2));
}

#[test]
fn no_name_makes_a_link_of_its_own() {
    let mut report = sample::report();
    report.findings[1].message = "task [x](https://evil.example) is [y]".to_owned();
    report.findings[1].related[0].message = "[z](2)".to_owned();
    let sarif = sarif(&report, SarifTarget::Github);
    let text = &source_results(&sarif)[0]["message"]["text"];
    assert_eq!(text, "task \\[x\\](https://evil.example) is \\[y\\] See also: [\\[z\\](2)](1).");
}

#[test]
fn a_snippet_of_a_minified_file_is_short() {
    let mut report = sample::report();
    let text = format!("[{}true]", "1,".repeat(100_000));
    let region = Region { start_line: 1, start_column: 200_002, end_line: 1, end_column: 200_006 };
    let file = crate::text_file::TextFile::new("a.json", text);
    report.findings[1].location = Location::Source { file: file.into(), region };
    let sarif = sarif(&report, SarifTarget::Github);
    let physical = &source_results(&sarif)[0]["locations"][0]["physicalLocation"];
    assert_eq!(physical["region"]["startColumn"], 200_002);
    assert_eq!(physical["region"]["snippet"]["text"], "true");
    let context = physical["contextRegion"]["snippet"]["text"].as_str().expect("a snippet");
    assert!(context.starts_with('…') && context.ends_with("1,true]") && context.len() < 60, "{context}");
}

#[test]
fn tmp_dump() {
    std::fs::create_dir_all("/tmp/outw").ok();
    for (name, target) in [("github", SarifTarget::Github), ("archive", SarifTarget::Archive)] {
        let text = render(&sample::compared(), &SarifOptions { target, category: None }).expect("SARIF");
        std::fs::write(format!("/tmp/outw/{name}.sarif"), text).ok();
    }
    for finding in &sample::compared().findings {
        if let Location::Source { file, .. } = &finding.location {
            for file in [file, &finding.related[0].file] {
                let path = format!("/tmp/outw/repo/{}", file.path);
                std::fs::create_dir_all("/tmp/outw/repo/infra").ok();
                std::fs::write(path, &file.text).ok();
            }
        }
    }
}
