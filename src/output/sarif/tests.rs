use super::super::report::sample;
use super::*;
use crate::model::finding::{Location, Region, Severity};
use crate::output::{CategoryOptions, Links};
use serde_json::Value;

fn sarif(report: &Report, target: SarifTarget) -> Value {
    let text = render(report, &SarifOptions { target, category: CategoryOptions::default() }, &Links::default())
        .expect("SARIF");
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
    let row = |rule: &str, kind: &str, state: &str, suppressed| {
        (rule.to_owned(), kind.to_owned(), state.to_owned(), Some(suppressed))
    };
    let results = source_results(&sarif);
    assert_eq!(
        results.iter().map(shown).collect::<Vec<_>>(),
        [
            row("public-network-access", "fail", "new", 0),
            row("quarantine.high", "fail", "new", 1),
            row("unknown-admin-user", "open", "new", 0),
            row("unknown-anonymous-pull", "open", "new", 0),
            row("unknown-firewall-quota", "open", "new", 0),
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
    assert_eq!((live.as_array().map(Vec::len), live[0]["baselineState"].as_str()), (Some(2), Some("unchanged")));
    assert_eq!((&live[1]["baselineState"], &live[1]["suppressions"]), (&json!("unchanged"), &json!([])), "carried");
    let source = &sarif["runs"][1]["invocations"][0];
    assert_eq!(source["executionSuccessful"], false, "a file was not read");
}

#[test]
fn a_cause_outside_the_repository_gives_way_to_the_nearest_place_within() {
    let mut report = sample::report();
    let Location::Source { file, region } = report.findings[1].location.clone() else { panic!("source code") };
    let outside = crate::model::text_file::TextFile::new("/opt/modules/acr/variables.tf", file.text.clone());
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
    let file = crate::model::text_file::TextFile::new("a.json", text);
    report.findings[1].location = Location::Source { file: file.into(), region };
    let sarif = sarif(&report, SarifTarget::Github);
    let physical = &source_results(&sarif)[0]["locations"][0]["physicalLocation"];
    assert_eq!(physical["region"]["startColumn"], 200_002);
    assert_eq!(physical["region"]["snippet"]["text"], "true");
    let context = physical["contextRegion"]["snippet"]["text"].as_str().expect("a snippet");
    assert!(context.starts_with('…') && context.ends_with("1,true]") && context.len() < 60, "{context}");
}

/// Findings of one policy at one line: their registries, keys and severities.
fn on_one_line(count: usize) -> Report {
    let mut report = sample::report();
    let first = report.findings[1].clone();
    report.findings = (0..count)
        .map(|number| {
            let resource = format!("infra:azurerm_container_registry.prod[{number}]");
            let mut finding = Finding {
                message: format!("Registry prod[{number}] is open."),
                name: format!("prod[{number}]"),
                logical: format!("azurerm_container_registry.prod[{number}]"),
                key: Some(number.to_string()),
                fingerprint: crate::model::finding::fingerprint(&first.policy, &resource, &number.to_string()),
                resource,
                ..first.clone()
            };
            if number > 0 {
                finding.severity = Severity::Critical;
            }
            finding
        })
        .collect();
    report
}

#[test]
fn what_github_takes_for_one_alert_is_one_result() {
    let report = on_one_line(6);
    let github = sarif(&report, SarifTarget::Github);
    let results = source_results(&github);
    assert_eq!(results.len(), 1);
    let result = &results[0];
    let said = "Registry prod[0] is open. Also here: Registry prod[1] is open. Registry prod[2] is open. \
                Registry prod[3] is open. 2 more of this policy are here. See also: [used here](1).";
    assert_eq!(result["message"]["text"], said);
    assert_eq!(result["level"], "error");
    let properties = &result["properties"];
    assert_eq!(properties["acrscan/severity"], "critical");
    assert_eq!(properties["acrscan/severities"][0], "high");
    assert_eq!(properties["acrscan/keys"], json!(["0", "1", "2", "3", "4", "5"]));
    let fingerprints: Vec<&str> = report.findings.iter().map(|finding| finding.fingerprint.as_str()).collect();
    assert_eq!(properties["acrscan/fingerprints"], json!(fingerprints));
    assert_eq!(result["partialFingerprints"]["acrscan/v1"], fingerprints[0]);
    assert_eq!(result["locations"][0]["logicalLocations"].as_array().map(Vec::len), Some(6));
    assert_eq!(result["relatedLocations"].as_array().map(Vec::len), Some(1), "each place once");
    let archive = sarif(&report, SarifTarget::Archive);
    let single = source_results(&archive).iter().filter(|result| result["baselineState"] != "absent");
    assert!(single.clone().all(|result| result["properties"].get("acrscan/fingerprints").is_none()));
    assert_eq!(single.count(), 6);
}

#[test]
fn another_policy_or_line_is_another_result() {
    let mut report = on_one_line(4);
    report.findings[1].policy = "quarantine".to_owned();
    let column = Region { start_line: 2, start_column: 3, end_line: 2, end_column: 10 };
    let line = Region { start_line: 1, start_column: 1, end_line: 1, end_column: 9 };
    for (index, moved) in [(2, column), (3, line)] {
        let Location::Source { region, .. } = &mut report.findings[index].location else { panic!("source code") };
        *region = moved;
    }
    let github = sarif(&report, SarifTarget::Github);
    let keys: Vec<&Value> =
        source_results(&github).iter().map(|result| &result["properties"]["acrscan/keys"]).collect();
    assert_eq!(keys, [&json!(["0", "2"]), &Value::Null, &Value::Null]);
    let also = &source_results(&github)[0]["relatedLocations"];
    let also: Vec<_> = also.as_array().expect("places").iter().map(|place| &place["message"]["text"]).collect();
    assert_eq!(also, ["used here", "also here"]);
}

/// A report of one subscription with so many failures.
fn crowded(count: usize) -> Report {
    let mut report = sample::report();
    let live = report.findings.iter().find(|finding| is_live(finding)).expect("a finding in Azure").clone();
    let name = live.scope.clone();
    report.findings = (0..count)
        .map(|n| Finding { fingerprint: format!("{n:064x}"), key: Some(n.to_string()), waived: None, ..live.clone() })
        .collect();
    report.scopes.retain(|scope| scope.name == name);
    report.scopes.iter_mut().for_each(|scope| (scope.complete, scope.lost_sight) = (true, false));
    report
}

fn is_live(finding: &Finding) -> bool {
    finding.scope != ScopeName::Source && finding.kind == ResultKind::Fail
}

#[test]
fn what_github_would_not_show_is_split_and_nothing_is_cut() {
    let options = |target| SarifOptions { target, category: CategoryOptions::default() };
    let files = render_files(&crowded(5_100), &options(SarifTarget::Github), &Links::default()).expect("files");
    assert_eq!(files.len(), 2);
    let mut fingerprints = std::collections::BTreeSet::new();
    let mut categories = std::collections::BTreeSet::new();
    for (index, (name, text)) in files.iter().enumerate() {
        assert!(name.ends_with(&format!(".part-{}-of-2.sarif", index + 1)), "{name}");
        let sarif: Value = serde_json::from_str(text).expect("JSON");
        categories.insert(sarif["runs"][0]["automationDetails"]["id"].to_string());
        let results = sarif["runs"][0]["results"].as_array().expect("results");
        assert!(results.len() <= limits::SHOWN_RESULTS);
        fingerprints.extend(results.iter().map(|result| result["partialFingerprints"]["acrscan/v1"].to_string()));
    }
    assert_eq!((fingerprints.len(), categories.len()), (5_100, 2));
    assert_eq!(
        render_files(&crowded(5_100), &options(SarifTarget::Archive), &Links::default()).expect("files").len(),
        1
    );
}

#[test]
fn a_run_that_github_would_refuse_is_refused_by_its_name() {
    let render = |count, target| {
        let options = SarifOptions { target, category: CategoryOptions::default() };
        render(&crowded(count), &options, &Links::default())
    };
    let refused = render(25_001, SarifTarget::Github).expect_err("too many").to_string();
    assert!(refused.contains("would have 25001 results, and GitHub refuses more than 25000"), "{refused}");
    assert!(refused.contains("the run acrscan/live/") && refused.contains("-o sarif=findings/"), "{refused}");
    assert!(render(25_001, SarifTarget::Archive).is_ok());
}
