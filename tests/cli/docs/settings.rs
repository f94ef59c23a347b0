//! The documented `acrscan.toml` is a file that is scanned with, and what the pages show of it is a part of that file.

use std::fs;

use super::pages;
use crate::harness::Acrscan;

const EXAMPLE: &str = "docs/acrscan.toml";

#[test]
fn every_setting_shown_is_of_the_example() {
    let example = fs::read_to_string(EXAMPLE).unwrap();
    let mut shown = 0;
    for page in pages() {
        for block in page.blocks("toml") {
            assert!(example.contains(&block.text), "{}:{}: not in {EXAMPLE}", page.path, block.line);
            shown += 1;
        }
    }
    assert!(shown >= 3, "{shown} blocks");
}

/// Policy and severity of each failed result, sorted.
fn failed(config: &str) -> Vec<(String, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("acrscan.toml");
    // The example is of this time, and the test is for longer.
    fs::write(&file, config.replace("expires = 2027", "expires = 2999")).unwrap();
    let (run, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--config", file.to_str().unwrap()]).sarif();
    assert_eq!((run.code, run.stderr.contains("waiver")), (1, false), "{}", run.stderr);
    let mut failed: Vec<_> = crate::harness::results(&sarif)
        .filter(|result| result["properties"]["acrscan/kind"] == "fail")
        .map(|result| (result["ruleId"].to_string(), result["level"].to_string()))
        .collect();
    failed.sort();
    failed
}

#[test]
fn the_example_is_taken_and_does_what_it_says() {
    let example = fs::read_to_string(EXAMPLE).unwrap();
    let (settings, waivers) = example.split_once("[[waiver]]").unwrap();
    let count = |results: &[(String, String)], policy: &str| {
        results.iter().filter(|(id, _)| *id == format!("{policy:?}")).count()
    };
    let (plain, set, waived) = (failed(""), failed(settings), failed(&example));
    assert!(
        count(&plain, "trusted-services-bypass") > 0 && count(&set, "trusted-services-bypass") == 0,
        "switched off"
    );
    let ipv6 = |results: &[(String, String)], level: &str| {
        results.iter().filter(|(id, at)| id == "\"ipv6-firewall-rule\"" && *at == format!("{level:?}")).count()
    };
    assert!(ipv6(&plain, "warning") > 0 && ipv6(&set, "warning") == 0, "lowered");
    assert_eq!(ipv6(&plain, "warning"), ipv6(&set, "note"), "lowered and still there");
    assert!(count(&set, "firewall-rule-too-broad") >= count(&plain, "firewall-rule-too-broad"), "stricter");
    assert_eq!(set.len(), waived.len() + waivers.matches("policy =").count(), "each waiver waives one");
}
