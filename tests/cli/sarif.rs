//! SARIF, held to its schema and to what GitHub code scanning takes.

use std::collections::BTreeSet;
use std::path::Path;

use acrscan::model::text_file::TextFile;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::arm_server::{ArmServer, Options};
use crate::harness::{Acrscan, CONTOSO, MISSION, OTHER, contoso, contoso_server, policy, results, text};

#[test]
fn sarif_passes_its_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/sarif-schema-2.1.0.json");
    let Ok(schema) = std::fs::read(&path) else {
        eprintln!("skipped: no SARIF schema at {}", path.display());
        return;
    };
    let validator = jsonschema::validator_for(&serde_json::from_slice(&schema).unwrap()).unwrap();
    let (_, snapshot) = Acrscan::new(["scan", "fixtures/contoso"]).sarif();
    let (_, live) = Acrscan::scan(&contoso_server()).sarif();
    for sarif in [snapshot, live] {
        let errors: Vec<String> =
            validator.iter_errors(&sarif).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert_eq!(errors, Vec::<String>::new());
    }
}

#[test]
fn a_run_is_a_complete_subscription_with_all_rules() {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso"]).sarif();
    let runs = sarif["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0]["automationDetails"]["id"], format!("acrscan/live/{CONTOSO}/"));
    assert_eq!(runs[0]["invocations"][0]["executionSuccessful"], true);
    let rules: Vec<String> =
        runs[0]["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| text(&rule["id"])).collect();
    let mission =
        ["bypass-without-system-identity", "ipv6-firewall-rule", "missing-service-tag-ips", "public-network-access"];
    assert!(mission.iter().all(|id| rules.iter().any(|rule| rule == id)), "{rules:?}");
    assert!(rules.is_sorted());
    for result in results(&sarif) {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index], text(&result["ruleId"]));
    }
}

#[test]
fn levels_follow_severity_and_unknown_is_a_note() {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso", "--profile", "all"]).sarif();
    let mut seen = BTreeSet::new();
    for result in results(&sarif) {
        let properties = &result["properties"];
        let (kind, severity) = (text(&properties["acrscan/kind"]), text(&properties["acrscan/severity"]));
        let level = match (kind.as_str(), severity.as_str()) {
            ("fail", "critical" | "high") => "error",
            ("fail", "medium") => "warning",
            ("fail", "low" | "note") | ("unknown", _) => "note",
            other => panic!("{other:?}"),
        };
        assert_eq!(result["level"], level, "{result}");
        seen.insert((kind, severity));
    }
    let shown = |kind: &str, severity: &str| seen.contains(&(kind.to_owned(), severity.to_owned()));
    assert!(shown("fail", "high") && shown("fail", "medium") && shown("fail", "low") && shown("unknown", "high"));
}

#[test]
fn fingerprints_are_unique_and_made_of_policy_resource_and_key() {
    let (_, sarif) = Acrscan::new(["scan", "fixtures/contoso"]).sarif();
    let mut seen = BTreeSet::new();
    for result in results(&sarif) {
        let properties = &result["properties"];
        let key = properties.get("acrscan/key").unwrap_or(&properties["acrscan/field"]);
        let parts = [policy(result), text(&properties["acrscan/resourceId"]).to_lowercase(), text(key)];
        let digest = Sha256::digest(parts.join("\0"));
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        let fingerprints = &result["partialFingerprints"];
        assert_eq!(fingerprints["acrscan/v1"], hex);
        // GitHub's upload computes that of a file that it finds, as these are, and warns of any other.
        let place = &result["locations"][0]["physicalLocation"];
        let uri = text(&place["artifactLocation"]["uri"]);
        let file = TextFile::new(uri.as_str(), std::fs::read_to_string(&uri).unwrap());
        let line = u32::try_from(place["region"]["startLine"].as_u64().unwrap()).unwrap();
        assert_eq!(fingerprints["primaryLocationLineHash"], file.line_hash(line).unwrap());
        assert!(seen.insert(hex), "{result} shares its fingerprint with another");
    }
}

/// Every result of a live scan stands at a path of its own registry, whatever that is called.
#[test]
fn a_live_result_stands_at_its_registrys_path() {
    let rename = |document: &mut Value| {
        let text = document.to_string().replace("/resourceGroups/rg-dev/", "/resourceGroups/RG-Größe_(alt)/");
        *document = serde_json::from_str(&text).unwrap();
    };
    let server = ArmServer::start(&contoso().edited(rename), Options::default());
    let (_, sarif) = Acrscan::scan(&server).args(MISSION).sarif();
    for result in results(&sarif) {
        let fingerprints = &result["partialFingerprints"];
        let own = text(&fingerprints["acrscan/v1"]);
        assert_eq!(fingerprints["primaryLocationLineHash"], format!("{}:1", &own[..16]));
    }
    let base = format!("azure/subscriptions/{CONTOSO}/resourceGroups");
    let registries = "providers/Microsoft.ContainerRegistry/registries";
    let mut places = BTreeSet::new();
    for result in results(&sarif) {
        let location = &result["locations"][0];
        assert_eq!(location["logicalLocations"][0]["fullyQualifiedName"], result["properties"]["acrscan/resourceId"]);
        let physical = &location["physicalLocation"];
        let region = ["startLine", "startColumn", "endLine", "endColumn"].map(|name| physical["region"][name].as_u64());
        assert_eq!(region, [Some(1); 4]);
        places.insert(text(&physical["artifactLocation"]["uri"]));
    }
    let expected = [
        ("rg-devtools", "contosobuild"),
        ("rg-edge-prod", "contosoedge"),
        ("rg-edge-prod", "contosoiot"),
        ("rg-gr%C3%B6%C3%9Fe_(alt)", "contosodev"),
        ("rg-gr%C3%B6%C3%9Fe_(alt)", "contosotest"),
        ("rg-legacy", "contosolegacy"),
        ("rg-nordic-prod", "contosonordic"),
        ("rg-orders-prod", "contosoorders"),
        ("rg-payments-prod", "contosopayments"),
        ("rg-web-prod", "contosoweb"),
    ];
    assert_eq!(places, BTreeSet::from(expected.map(|(group, name)| format!("{base}/{group}/{registries}/{name}"))));
}

#[test]
fn several_subscriptions_are_several_runs_each_its_own_category() {
    let server = ArmServer::start(&contoso().with_subscription(OTHER, Vec::new()), Options::default());
    let two = |more: &[&str]| Acrscan::scan(&server).args(["--subscription", OTHER]).args(MISSION).args(more).sarif();
    let categories = |sarif: &Value| -> Vec<(String, usize)> {
        let runs = sarif["runs"].as_array().unwrap().iter();
        runs.map(|run| (text(&run["automationDetails"]["id"]), run["results"].as_array().unwrap().len())).collect()
    };
    let (run, sarif) = two(&[]);
    let narrow = categories(&sarif);
    let ends = |index: usize, id: &str| narrow[index].0.ends_with(&format!("/live/{id}/"));
    assert!(ends(0, OTHER) && ends(1, CONTOSO), "{narrow:?}");
    assert_eq!(narrow.iter().map(|run| run.1).collect::<Vec<_>>(), [0, 13]);
    assert_eq!((run.code, run.stderr.as_str()), (1, ""));
    let (_, sarif) = two(&["--sarif-category", "platform"]);
    assert_eq!(categories(&sarif), [(format!("platform/{OTHER}/"), 0), (format!("platform/{CONTOSO}/"), 13)]);
}

/// GitHub shows files of the repository. What lies elsewhere on this machine is no file to it.
#[test]
fn a_snapshot_outside_the_working_directory_gives_the_paths_of_a_live_scan() {
    let elsewhere = tempfile::tempdir().unwrap();
    let folder = crate::harness::contoso_folder();
    let scan = || Acrscan::new(["scan", folder.to_str().unwrap()]).in_folder(elsewhere.path());
    let (_, sarif) = scan().sarif();
    let (_, live) = Acrscan::scan(&contoso_server()).sarif();
    assert_eq!(sarif, live);
    assert!(scan().run().stdout.contains(&format!("\n{}/subscriptions/", folder.display())));
}

/// GitHub knows an alert by rule, path and line: what shares them is one result that names all it stands for.
#[test]
fn of_source_code_no_alert_hides_another() {
    let scan = |target: &str| {
        let scan = ["scan", "fixtures/infra", "--config", "/dev/null", "--sarif-target", target];
        Acrscan::new(scan).sarif().1
    };
    let words = |list: &Value| list.as_array().unwrap().iter().map(text).collect::<Vec<_>>();
    let (github, archive) = (scan("github"), scan("archive"));
    let (mut alerts, mut told, mut folded) = (BTreeSet::new(), Vec::new(), 0);
    for result in results(&github) {
        let path = text(&result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]);
        let hash = text(&result["partialFingerprints"]["primaryLocationLineHash"]);
        assert!(alerts.insert((text(&result["ruleId"]), path, hash)), "{result}");
        match result["properties"].get("acrscan/fingerprints") {
            Some(list) => told.extend(words(list)),
            None => told.push(text(&result["partialFingerprints"]["acrscan/v1"])),
        }
        folded += usize::from(result["properties"].get("acrscan/fingerprints").is_some());
    }
    let fails = results(&archive).filter(|result| result["kind"] == "fail");
    let mut expected: Vec<String> = fails.map(|result| text(&result["partialFingerprints"]["acrscan/v1"])).collect();
    expected.sort();
    told.sort();
    // The demo's plan lies beside its sources, and both are read.
    assert_eq!((folded, told), (7, expected));
}
