//! Policies of the user's own: they run beside the built-in ones, and a broken one is refused with its place.

use std::fs;

use tempfile::TempDir;

use crate::harness::{Acrscan, Run, text, verdicts};

const METADATA: &str = "\
# METADATA
# scope: package
# title: The registry is not tagged with its environment
# description: Finds registries without the tag env.
# related_resources:
# - ref: https://contoso.example/tagging
# custom:
#   severity: low
#   profile: network
#   remediation: Tag it.
#   reads: []
#   controls: {}
#   parameters: {}
";

const RULES: &str = r#"package acr.untagged

deny contains {"msg": sprintf("%s is of env %s.", [input.registry.name, env]), "field": "/registry/tags/env"} if {
	env := input.registry.tags.env
	env != "prod"
}

unknown contains {"msg": "The tags were not read.", "field": "/registry/tags"} if object.get(input.registry, "tags", null) == null
"#;

fn folder(rego: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("untagged")).unwrap();
    fs::write(folder.path().join("untagged/untagged.rego"), rego).unwrap();
    folder
}

fn scan(folder: &TempDir) -> Acrscan {
    Acrscan::new(["scan", "fixtures/contoso", "--policies", folder.path().to_str().unwrap()])
}

/// How much the built-in policies find.
fn built_in() -> usize {
    verdicts(&Acrscan::new(["scan", "fixtures/contoso"]).sarif().1).len()
}

fn refused(rego: &str) -> String {
    let Run { code, stdout, stderr } = scan(&folder(rego)).run();
    assert_eq!((code, stdout.as_str()), (2, ""), "{stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    stderr
}

#[test]
fn they_run_alone_and_beside_the_built_in_ones() {
    let folder = folder(&format!("{METADATA}{RULES}"));
    let alone = scan(&folder).args(["--no-builtin-policies"]).sarif();
    let found = ["contosoarchive", "contosobuild", "contosodev", "contosotest"];
    assert_eq!(
        verdicts(&alone.1),
        found.map(|name| ["untagged", "fail", name, "/registry/tags/env"].map(str::to_owned))
    );
    assert_eq!(alone.0.code, 0, "its severity is below --fail-on");
    let beside = scan(&folder).sarif();
    assert_eq!((verdicts(&beside.1).len(), beside.0.code), (built_in() + 4, 1));
    assert_eq!(scan(&folder).args(["--only", "untagged"]).sarif(), alone);
}

#[test]
fn what_does_not_parse_is_refused_with_file_and_line() {
    let stderr =
        refused(&format!("{METADATA}{}", RULES.replace("contains {\"msg\": \"The", "contains {{\"msg\": \"The")));
    assert!(stderr.contains("untagged.rego:21"), "{stderr}");
}

#[test]
fn a_call_to_a_function_that_does_not_exist_is_refused_with_file_and_line() {
    for call in ["nett.cidr_contains(\"10.0.0.0/8\", env)", "data.lib.nowhere.check(env)"] {
        let stderr = refused(&format!("{METADATA}{}", RULES.replace("env != \"prod\"", call)));
        let name = call.split('(').next().unwrap_or_default();
        assert!(stderr.contains("untagged.rego:18") && stderr.contains(name), "{stderr}");
    }
}

#[test]
fn metadata_must_be_whole() {
    for field in ["title", "description", "severity", "remediation"] {
        let short: String =
            METADATA.lines().filter(|line| !line.contains(&format!("{field}:"))).map(|l| format!("{l}\n")).collect();
        let stderr = refused(&format!("{short}{RULES}"));
        assert!(stderr.contains("untagged.rego") && stderr.contains(field), "{field}: {stderr}");
    }
    let stderr = refused(&format!("{}{RULES}", METADATA.replace("severity: low", "severity: severe")));
    assert!(stderr.contains("untagged.rego") && stderr.contains("severe"), "{stderr}");
    let stderr = refused(RULES);
    assert!(stderr.contains("untagged.rego") && stderr.contains("METADATA"), "{stderr}");
}

#[test]
fn a_policy_that_could_never_say_unknown_is_refused() {
    let deny_only: String =
        RULES.lines().filter(|line| !line.starts_with("unknown")).map(|l| format!("{l}\n")).collect();
    let stderr = refused(&format!("{METADATA}{deny_only}"));
    assert!(stderr.contains("untagged.rego") && stderr.contains("unknown"), "{stderr}");
}

#[test]
fn an_id_is_taken_once() {
    let stderr = refused(&format!("{METADATA}{}", RULES.replace("acr.untagged", "acr.ipv6_firewall_rule")));
    assert!(stderr.contains("ipv6-firewall-rule") && stderr.contains("untagged.rego"), "{stderr}");
}

/// It fails on one registry, and that is all that is lost: not the other registries, and not the other policies.
#[test]
fn a_policy_that_fails_on_one_registry_is_told_and_all_else_stands() {
    let conflict = "
level := \"a\" if input.registry.name == \"contosodev\"

level := \"b\" if input.registry.location == \"eastus\"

deny contains {\"msg\": level, \"field\": \"/registry/name\"} if level == \"c\"
";
    let healthy = scan(&folder(&format!("{METADATA}{RULES}"))).sarif();
    let (run, sarif) = scan(&folder(&format!("{METADATA}{RULES}{conflict}"))).sarif();
    assert_eq!(run.code, 2, "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{}", run.stderr);
    assert!(run.stderr.starts_with("error: policy untagged failed on registry contosodev: "), "{}", run.stderr);
    let notifications = sarif["runs"][0]["invocations"][0]["toolExecutionNotifications"].as_array().unwrap();
    // An error on standard error; in SARIF that would say that the run failed, which GitHub refuses.
    assert_eq!((notifications.len(), text(&notifications[0]["level"])), (1, "warning".to_owned()));
    assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], true);
    let unknown = ["untagged", "unknown", "contosodev", "/registry"].map(str::to_owned);
    assert!(verdicts(&sarif).contains(&unknown), "losing a policy does not close its alert");
    let but = |verdicts: Vec<[String; 4]>| -> Vec<[String; 4]> {
        verdicts.into_iter().filter(|verdict| !(verdict[0] == "untagged" && verdict[2] == "contosodev")).collect()
    };
    assert_eq!(but(verdicts(&sarif)), but(verdicts(&healthy.1)));
}

#[test]
fn results_of_the_wrong_shape_are_the_policys_failure() {
    let shapes = [
        ("\"text\"", "text"),
        ("{\"field\": \"/registry\"}", "msg"),
        ("{\"msg\": \"no field\"}", "field"),
        ("{\"msg\": \"m\", \"field\": \"/no/such/member\"}", "/no/such/member"),
        ("{\"msg\": \"m\", \"field\": \"/registry\", \"severity\": \"severe\"}", "severe"),
    ];
    let built_in = built_in();
    for (shape, named) in shapes {
        let rego = format!("{METADATA}{RULES}\ndeny contains {shape} if input.registry.name == \"contosodev\"\n");
        let (run, sarif) = scan(&folder(&rego)).sarif();
        assert_eq!(run.code, 2, "{shape}: {run:?}");
        assert!(run.stderr.contains("policy untagged failed on registry contosodev"), "{shape}: {}", run.stderr);
        assert!(run.stderr.contains(named), "{shape}: {}", run.stderr);
        assert_eq!(verdicts(&sarif).len(), built_in + 4 + 1, "{shape}");
    }
}
