//! The demo snapshot: what it holds, what it shows, and that it shows the same however it is read.

use std::path::Path;

use serde_json::Value;
use snapbox::{assert_data_eq, file};

use crate::arm_server::{ArmServer, Options};
use crate::harness::{
    Acrscan, CONTOSO, MISSION, contoso, contoso_copy, contoso_folder, contoso_server, files, results, text, verdicts,
    without_locations,
};

/// What the mission's policies find: policy, kind, registry, field. Whoever changes the demo or one of them changes this
/// on purpose.
const SHOWN: [[&str; 4]; 13] = [
    ["bypass-without-system-identity", "fail", "contosobuild", "/tasks/2/identity"],
    ["bypass-without-system-identity", "fail", "contosobuild", "/tasks/4/identity"],
    [
        "bypass-without-system-identity",
        "unknown",
        "ContosoLegacy",
        "/registry/properties/networkRuleBypassAllowedForTasks",
    ],
    ["ipv6-firewall-rule", "fail", "contosoedge", "/registry/properties/networkRuleSet/ipRules/14/value"],
    ["ipv6-firewall-rule", "fail", "contosoedge", "/registry/properties/networkRuleSet/ipRules/15/value"],
    ["ipv6-firewall-rule", "fail", "contosoiot", "/registry/properties/networkRuleSet/ipRules/0/value"],
    ["ipv6-firewall-rule", "fail", "contosoiot", "/registry/properties/networkRuleSet/ipRules/1/value"],
    ["missing-service-tag-ips", "fail", "contosoorders", "/registry/properties/networkRuleSet/ipRules"],
    ["missing-service-tag-ips", "fail", "contosopayments", "/registry/properties/networkRuleSet/ipRules"],
    ["missing-service-tag-ips", "unknown", "contosonordic", "/service_tag"],
    ["public-network-access", "fail", "contosodev", "/registry/properties/publicNetworkAccess"],
    ["public-network-access", "fail", "contosotest", "/registry/properties/publicNetworkAccess"],
    ["public-network-access", "fail", "contosoweb", "/registry/properties/networkRuleSet/defaultAction"],
];

#[test]
fn the_missions_policies_find_what_the_demo_holds_and_no_more() {
    let (run, sarif) = Acrscan::new(["scan", "fixtures/contoso"]).args(MISSION).sarif();
    assert_eq!(verdicts(&sarif), SHOWN);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
}

#[test]
fn all_policies_find_what_was_recorded() {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--profile", "all"]).sarif();
    let lines: String = verdicts(&sarif).into_iter().map(|verdict| format!("{}\n", verdict.join(" "))).collect();
    assert_data_eq!(lines, file!["golden/contoso-verdicts.txt"].raw());
}

#[test]
fn text_is_as_recorded() {
    let run = Acrscan::new(["scan", "fixtures/contoso"]).run();
    assert!(run.stdout.lines().count() < 120, "the demo is read at a glance");
    assert_data_eq!(run.stdout, file!["golden/contoso.txt"].raw());
}

#[test]
fn findings_point_at_the_property_in_the_file() {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso"]).sarif();
    let places: String = results(&sarif).map(|result| format!("{}\n", place(result))).collect();
    assert_data_eq!(places, file!["golden/contoso-places.txt"].raw());
}

/// File, line and column of a result, and the first line of what stands there.
fn place(result: &Value) -> String {
    let physical = &result["locations"][0]["physicalLocation"];
    let uri = text(&physical["artifactLocation"]["uri"]);
    let content = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(&uri)).unwrap();
    let region = &physical["region"];
    let number = |name: &str| usize::try_from(region[name].as_u64().unwrap()).unwrap();
    let (line, column) = (number("startLine"), number("startColumn"));
    let text: String = content.lines().nth(line - 1).unwrap().chars().skip(column - 1).collect();
    let end = match number("endLine") == line {
        true => number("endColumn") - column,
        false => text.len(),
    };
    format!("{}:{line}:{column} {}", uri.rsplit('/').next().unwrap_or_default(), &text[..end])
}

#[test]
fn live_and_pulled_and_again_it_shows_the_same() {
    let server = contoso_server();
    let snapshot = Acrscan::new(["scan", "fixtures/contoso"]).sarif();
    let live = Acrscan::scan(&server).sarif();
    let again = Acrscan::scan(&server).sarif();
    assert_eq!(verdicts(&live.1), verdicts(&snapshot.1));
    assert_eq!(without_locations(&live.1), without_locations(&snapshot.1));
    assert_eq!(live, again);
    assert_eq!(live.0.code, 1);
}

#[test]
fn pull_writes_the_very_bytes_of_the_demo() {
    let server = contoso_server();
    let parent = tempfile::tempdir().unwrap();
    let run =
        Acrscan::live(&server, ["pull", "--subscription", CONTOSO, "-o", "contoso"]).in_folder(parent.path()).run();
    assert_eq!(run.code, 0, "{run:?}");
    let without_time = |folder: &Path| {
        let mut files = files(folder);
        for (name, content) in files.iter_mut().filter(|(name, _)| name == "manifest.json") {
            let text = std::str::from_utf8(content).expect(name);
            let lines: Vec<&str> = text.lines().filter(|line| !line.trim_start().starts_with("\"time\":")).collect();
            assert_eq!(lines.len() + 1, text.lines().count(), "one line holds the time");
            *content = lines.join("\n").into_bytes();
        }
        files
    };
    let pulled = without_time(&parent.path().join("contoso"));
    let demo = without_time(&contoso_folder());
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&pulled), names(&demo));
    for ((name, pulled), (_, demo)) in pulled.iter().zip(&demo) {
        assert_eq!(String::from_utf8_lossy(pulled), String::from_utf8_lossy(demo), "{name}");
    }

    let demo = contoso_copy();
    let scan = |parent: &Path| {
        let run = Acrscan::new(["scan", "contoso", "-o", "text", "-o", "sarif=s.sarif"]).in_folder(parent).run();
        // The one was taken just now.
        let (findings, summary) = run.stdout.rsplit_once(" as of ").unwrap();
        (run.code, findings.to_owned(), summary["2026-11-20".len()..].to_owned(), run.stderr)
    };
    assert_eq!(scan(parent.path()), scan(demo.path()));
    let sarif = |parent: &Path| std::fs::read_to_string(parent.join("s.sarif")).unwrap();
    assert_eq!(sarif(parent.path()), sarif(demo.path()));
}

#[test]
fn a_saved_snapshot_is_what_the_findings_point_into() {
    let server = contoso_server();
    let parent = contoso_copy();
    let from_folder = Acrscan::new(["scan", "contoso"]).in_folder(parent.path()).sarif();
    let saved = Acrscan::scan(&server).args(["--save-snapshot", "contoso"]).in_folder(parent.path()).sarif();
    assert_eq!(saved.1, from_folder.1);
    assert_eq!(saved.0.code, 1);
}

#[test]
fn the_order_and_size_of_pages_change_nothing() {
    let one_page = Acrscan::scan(&contoso_server()).sarif();
    let server = ArmServer::start(&contoso(), Options { page_size: 3, ..Options::default() });
    assert_eq!(Acrscan::scan(&server).sarif(), one_page);
}
