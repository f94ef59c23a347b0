mod binary_plans;

use proptest::prelude::*;
use serde_json::{Value, json};

use self::binary_plans::{archive_of, binary_change};
use super::archive::tests::zip_of;
use super::*;
use crate::model::cloud::Cloud;

fn tags() -> ServiceTags {
    ServiceTags::embedded(Cloud::Public).expect("tags")
}

/// Writes files to a folder of their own.
fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content).expect("a file");
    }
    folder
}

fn read(files: &[(&str, &[u8])]) -> (tempfile::TempDir, ReadPlan) {
    let folder = folder(files);
    let path = folder.path().join(files[0].0);
    let read = read_plan(&path, &Tree::default(), &tags());
    (folder, read)
}

fn read_json(plan: &Value) -> ReadPlan {
    read(&[("plan.json", format!("{plan:#}").as_bytes())]).1
}

fn document(read: &ReadPlan, at: usize) -> Value {
    serde_json::from_str(&read.registries[at].clone().into_record().document).expect("JSON")
}

/// Where a property stands: the file's name and line, and the note.
fn spot(read: &ReadPlan, at: usize, pointer: &str) -> (String, Option<String>) {
    let record = read.registries[at].clone().into_record();
    let crate::model::inventory::Origin::Source(declaration) = record.origin else { panic!("not source code") };
    let (spot, own) = declaration.location(pointer);
    let name = spot.file.path.rsplit('/').next().unwrap_or_default();
    let note = spot.note.as_deref().filter(|_| own).map(str::to_owned);
    (format!("{name}:{}", spot.region.start_line), note)
}

fn change(address: &str, actions: &[&str], after: Value, unknown: Value) -> Value {
    let parsed = super::super::address::Address::parse(address).expect("an address");
    let name = parsed.resource.as_ref().expect("a resource").name.clone();
    let (kind, name) = name.split_once('.').expect("a type");
    json!({
        "address": address, "mode": "managed", "type": kind, "name": name,
        "provider_name": "registry.terraform.io/hashicorp/azurerm",
        "change": {
            "actions": actions, "before": null, "after": after, "after_unknown": unknown, "before_sensitive": false,
            "after_sensitive": {},
        },
    })
}

fn plan(changes: &[Value]) -> Value {
    json!({
        "format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {"root_module": {}},
        "resource_changes": changes, "configuration": {"root_module": {}}, "applyable": true, "complete": true,
        "errored": false,
    })
}

fn registry(name: &str) -> Value {
    json!({
        "name": name, "location": "westeurope", "sku": "Premium", "admin_enabled": false,
        "public_network_access_enabled": true, "network_rule_bypass_option": "AzureServices",
        "network_rule_set": [{
            "default_action": "Deny", "ip_rule": [{"action": "Allow", "ip_range": "1.2.3.0/24"}], "virtual_network": [],
        }],
    })
}

const MAIN: &str = "azurerm_container_registry.main";

#[test]
fn what_will_be_gone_or_is_only_read_is_not_there() {
    let mut data = change("azurerm_container_registry.read", &["read"], registry("read"), json!({}));
    data["mode"] = "data".into();
    let mut deposed = change("azurerm_container_registry.old", &["create"], registry("old"), json!({}));
    deposed["deposed"] = "ab12".into();
    let read = read_json(&plan(&[
        change("azurerm_container_registry.gone", &["delete"], json!(null), json!({})),
        change("azurerm_container_registry.forgotten", &["forget"], json!(null), json!({})),
        data,
        deposed,
        change("azurerm_resource_group.rg", &["create"], json!({"name": "rg"}), json!({})),
        change("azurerm_container_registry.stays", &["no-op"], registry("stays"), json!({})),
        change("azurerm_container_registry.again", &["delete", "create"], registry("again"), json!({})),
    ]));
    let addresses: Vec<&str> = read.registries.iter().map(|registry| registry.address.as_str()).collect();
    assert_eq!(addresses, ["azurerm_container_registry.again", "azurerm_container_registry.stays"]);
    let known: Vec<bool> = read.registries.iter().map(|registry| registry.all_tasks).collect();
    assert_eq!(known, [true, false], "what was within the replaced one is gone with it");
    assert_eq!(read.gaps, [""; 0]);
    let files_read = read.files_read.expect("taken");
    assert_eq!((files_read.what, files_read.registries), ("Terraform plan", 2));
}

#[test]
fn unknown_values_are_absent_and_sensitive_ones_are_never_shown() {
    let mut new = change(
        MAIN,
        &["create"],
        registry("a"),
        json!({"id": true, "public_network_access_enabled": true, "network_rule_set": [{"ip_rule": [{"ip_range": false}]}]}),
    );
    new["change"]["after"].as_object_mut().expect("after").remove("public_network_access_enabled");
    new["change"]["after_sensitive"] =
        json!({"network_rule_set": [{"ip_rule": [{"ip_range": true}]}], "admin_enabled": true});
    let read = read_json(&plan(&[new]));
    let document = document(&read, 0);
    assert!(!format!("{document} {:?}", read.registries).contains("1.2.3.0"));
    let properties = &document["registry"]["properties"];
    assert_eq!((properties.get("publicNetworkAccess"), properties.get("adminUserEnabled")), (None, None));
    assert_eq!(properties["networkRuleSet"]["ipRules"], json!([]));
    let partial = ["/registry/properties/networkRuleSet/ipRules"];
    assert_eq!(document["partial"], json!(partial));
    let (_, note) = spot(&read, 0, "/registry/properties/publicNetworkAccess");
    assert_eq!(note.as_deref(), Some("It is known only after apply."), "what stands nowhere still says why");
}

#[test]
fn without_sources_a_value_stands_in_the_plan() {
    let read = read_json(&plan(&[change(MAIN, &["create"], registry("a"), json!({"id": true}))]));
    let text = format!("{:#}", plan(&[change(MAIN, &["create"], registry("a"), json!({"id": true}))]));
    let line = |what: &str| text.lines().position(|line| line.contains(what)).expect("a line") + 1;
    assert_eq!(spot(&read, 0, "/tasks").0, format!("plan.json:{}", line("\"address\"")));
    let rule = "/registry/properties/networkRuleSet/ipRules/0/value";
    assert_eq!(spot(&read, 0, rule).0, format!("plan.json:{}", line("1.2.3.0/24")));
    assert!(read.skipped[0].reason.contains("the sources of 1 of its resources were not found"), "{:?}", read.skipped);
}

/// The configuration of a plan with a registry for each key, and a module that gets one's id.
fn configured() -> Value {
    let reference = |names: &[&str]| json!({"references": names});
    let task = |expressions: Value| {
        json!({"resources": [{
            "address": "azurerm_container_registry_task.t", "mode": "managed", "type": "azurerm_container_registry_task",
            "name": "t", "expressions": expressions,
        }], "variables": {"registry": {}}, "outputs": {}})
    };
    json!({"root_module": {
        "resources": [
            {"address": MAIN, "mode": "managed", "type": "azurerm_container_registry", "name": "main", "expressions": {}},
            {"address": "azurerm_container_registry_task.own", "type": "azurerm_container_registry_task", "name": "own",
             "expressions": {"container_registry_id": reference(&["azurerm_container_registry.main", "each.key"])}},
            {"address": "azurerm_container_registry_task.each", "type": "azurerm_container_registry_task", "name": "each",
             "expressions": {"container_registry_id": reference(&["each.value.id", "each.value"])},
             "for_each_expression": reference(&[MAIN])},
            {"address": "azurerm_container_registry_task.two", "type": "azurerm_container_registry_task", "name": "two",
             "expressions": {"container_registry_id": reference(&["azurerm_container_registry.main[\"a.b\"].id",
                "azurerm_container_registry.main[\"a.b\"]", "azurerm_container_registry.main", "var.other"])}},
        ],
        "module_calls": {
            "given": {"source": "./task", "expressions": {"registry": reference(&["module.acr[\"x\"].id", "module.acr[\"x\"]", "module.acr"])},
                "module": task(json!({"container_registry_id": reference(&["var.registry"])}))},
            "acr": {"source": "./acr", "module": {
                "resources": [{"address": MAIN, "type": "azurerm_container_registry", "name": "main", "expressions": {}}],
                "outputs": {"id": {"expression": reference(&["azurerm_container_registry.main.id", MAIN])}},
            }},
        },
    }})
}

#[test]
fn what_is_not_known_is_joined_by_what_it_refers_to() {
    let task = |address: &str, name: &str| {
        change(
            address,
            &["create"],
            json!({"name": name, "enabled": true}),
            json!({"id": true, "container_registry_id": true}),
        )
    };
    let new = |address: &str, name: &str| change(address, &["create"], registry(name), json!({"id": true}));
    let mut plan = plan(&[
        new("azurerm_container_registry.main[\"a.b\"]", "ab"),
        new("azurerm_container_registry.main[\"c\"]", "c"),
        new("module.acr[\"x\"].azurerm_container_registry.main", "x"),
        task("azurerm_container_registry_task.own[\"a.b\"]", "own"),
        task("azurerm_container_registry_task.each[\"c\"]", "each"),
        task("module.given.azurerm_container_registry_task.t", "given"),
    ]);
    plan["configuration"] = configured();
    let known = read_json(&plan);
    let tasks = |read: &ReadPlan| -> Vec<Vec<String>> {
        let names = |registry: &DeclaredRegistry| {
            registry.tasks.iter().filter_map(|task| Some(task.get("name")?.as_str()?.to_owned())).collect()
        };
        read.registries.iter().map(names).collect()
    };
    assert_eq!(tasks(&known), [["own"], ["each"], ["given"]]);
    assert!(known.registries.iter().all(|registry| registry.all_tasks && registry.all_agent_pools));
    plan["resource_changes"].as_array_mut().expect("changes").push(task("azurerm_container_registry_task.two", "two"));
    let doubtful = read_json(&plan);
    assert_eq!(tasks(&doubtful), [["own"], ["each"], ["given"]]);
    assert!(doubtful.registries.iter().all(|registry| !registry.all_tasks));
    assert!(doubtful.skipped.iter().any(|file| file.reason.contains("task.two")), "{:?}", doubtful.skipped);
}

#[test]
fn what_azurerm_computes_is_a_default_where_the_sources_do_not_write_it() {
    let mut after = registry("a");
    after.as_object_mut().expect("after").remove("network_rule_set");
    let unknown = json!({"id": true, "network_rule_set": true, "encryption": true, "trust_policy": true});
    let mut plan = plan(&[change(MAIN, &["create"], after, unknown)]);
    plan["configuration"] = configured();
    // Fewer names, for the sources to declare most of them.
    plan["configuration"]["root_module"]["resources"].as_array_mut().expect("resources").truncate(1);
    plan["configuration"]["root_module"]["module_calls"] = json!({});
    let text = format!("{plan:#}");
    let head = "resource \"azurerm_container_registry\" \"main\" {\n  name = \"a\"\n  sku = \"Premium\"\n";
    let dynamic = "  dynamic \"network_rule_set\" {\n    for_each = data.external.x.result\n    content {}\n  }\n  dynamic \"encryption\" {\n    for_each = data.external.x.result\n    content {}\n  }\n";
    let properties = |sources: Option<&str>| {
        let main = sources.map(|blocks| format!("{head}{blocks}}}\n"));
        let mut files = vec![("plan.json", text.as_bytes())];
        files.extend(main.as_ref().map(|main| ("main.tf", main.as_bytes())));
        let read = read(&files).1;
        let properties = read.registries[0].registry.get("properties").expect("properties").clone();
        let note =
            |name: &str| properties.get(name).and_then(|node| node.provenance.note.as_deref().map(str::to_owned));
        let rules = properties.get("networkRuleSet").and_then(|rules| rules.get("defaultAction")).is_some();
        let keys = properties.get("encryption").and_then(|keys| keys.get("status")).is_some();
        let trust =
            properties.get("policies").and_then(|policies| policies.get("trustPolicy")?.get("status")).is_some();
        (rules, keys, trust, note("networkRuleSet"), note("encryption"))
    };
    // The configuration lists no expression for either: the provider's defaults it is.
    assert_eq!(properties(None), (true, true, true, None, None));
    assert_eq!(properties(Some("")), (true, true, true, None, None));
    let (rules, keys, trust, ..) = properties(Some(dynamic));
    assert_eq!((rules, keys, trust), (false, false, true));
}

const SOURCE: &str = r#"variable "allowed" {
  default = [
    "10.0.0.0/8",
    "1.2.3.0/24",
  ]
}

resource "azurerm_container_registry" "main" {
  name                = "contoso"
  resource_group_name = "rg"
  location            = "West Europe"
  sku                 = "Premium"

  network_rule_set {
    default_action = "Deny"

    dynamic "ip_rule" {
      for_each = var.allowed
      content {
        action   = "Allow"
        ip_range = ip_rule.value
      }
    }
    ip_rule {
      action   = "Allow"
      ip_range = "2001:db8::/32"
    }
  }
}
"#;

fn planned() -> Value {
    let mut after = registry("contoso");
    let rule = |range: &str| json!({"action": "Allow", "ip_range": range});
    // A set, which plans sort.
    after["network_rule_set"][0]["ip_rule"] = json!([rule("1.2.3.0/24"), rule("10.0.0.0/8"), rule("2001:db8::/32")]);
    let mut plan = plan(&[change(MAIN, &["create"], after, json!({"id": true}))]);
    plan["configuration"] = json!({"root_module": {"resources": [
        {"address": MAIN, "mode": "managed", "type": "azurerm_container_registry", "name": "main", "expressions": {}},
    ]}});
    plan["variables"] = json!({"allowed": {"value": ["10.0.0.0/8", "1.2.3.0/24"]}});
    plan
}

fn assert_lines(read: &ReadPlan) {
    let line = |pointer: &str| spot(read, 0, &format!("/registry/properties{pointer}"));
    assert_eq!(spot(read, 0, "/tasks").0, "main.tf:8");
    assert_eq!(line("/networkRuleSet/defaultAction").0, "main.tf:15");
    assert_eq!(line("/networkRuleSet/ipRules/0/value").0, "main.tf:4");
    assert_eq!(line("/networkRuleSet/ipRules/1/value").0, "main.tf:3");
    assert_eq!(line("/networkRuleSet/ipRules/2/value").0, "main.tf:26");
    assert_eq!(line("/publicNetworkAccess").0, "main.tf:8", "it is written nowhere: the block");
}

#[test]
fn lines_are_those_of_the_sources() {
    let plan = format!("{:#}", planned());
    let (folder, beside) = read(&[("plan.json", plan.as_bytes()), ("main.tf", SOURCE.as_bytes())]);
    assert_lines(&beside);
    assert_eq!(beside.folder.as_deref(), Some(folder.path()));
    assert_eq!(beside.skipped, []);
    // PowerShell's `>` writes UTF-16.
    let wide: Vec<u8> = "\u{feff}".encode_utf16().chain(plan.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_lines(&read(&[("plan.json", &wide), ("main.tf", SOURCE.as_bytes())]).1);
}

#[test]
fn a_remote_module_stands_at_its_call() {
    let mut plan = planned();
    plan["resource_changes"][0]["address"] = format!("module.acr[\"eu.1\"].{MAIN}").into();
    plan["configuration"] =
        json!({"root_module": {"module_calls": {"acr": {"source": "Azure/acr/azurerm", "module": {}}}}});
    let source = "\n\nmodule \"acr\" {\n  source   = \"Azure/acr/azurerm\"\n  for_each = { \"eu.1\" = 1 }\n}\n";
    let (_folder, read) = read(&[("plan.json", format!("{plan:#}").as_bytes()), ("main.tf", source.as_bytes())]);
    assert_eq!(spot(&read, 0, "/registry/properties/networkRuleSet/ipRules/0/value").0, "main.tf:3");
    assert_eq!(read.registries[0].address, format!("module.acr[\"eu.1\"].{MAIN}"));
}

#[test]
fn every_bad_plan_says_where_and_what_to_do() {
    let whole = format!("{:#}", planned());
    let mut old = planned();
    old["format_version"] = "0.2".into();
    let mut newer = planned();
    newer["format_version"] = "2.0".into();
    newer["resource_changes"] = json!({"of": "another shape"});
    let state = json!({"format_version": "1.0", "values": {"root_module": {}}});
    let changed = planned().to_string().replace("\"actions\"", "\"acts\"");
    let (old, newer, state) = (format!("{old:#}"), format!("{newer:#}"), state.to_string());
    let cases: [(&[u8], &[&str]); 8] = [
        (&whole.as_bytes()[..whole.len() / 2], &["plan.json:", "breaks off here", "terraform show -json"]),
        (b"", &["breaks off here"]),
        (b"{\"format_version\": \"1.2\",,}", &["plan.json:1:", "show -json"]),
        (old.as_bytes(), &["format_version is 0.2, and only 1.x is known"]),
        (newer.as_bytes(), &["plan.json:", "format_version is 2.0, and only 1.x is known"]),
        (b"{}", &["no format_version"]),
        (state.as_bytes(), &["no resource_changes", "terraform plan -out"]),
        (changed.as_bytes(), &["plan.json:1:", "missing field `actions`", "show -json"]),
    ];
    for (text, parts) in cases {
        let (_folder, read) = read(&[("plan.json", text)]);
        assert_eq!(read.gaps.len(), 1, "{parts:?}");
        assert!(parts.iter().all(|part| read.gaps[0].to_string().contains(part)), "{:?}", read.gaps);
        assert!(read.registries.is_empty());
    }
    for (zip, part) in [
        (zip_of(&[("tfplan", b"\x08\x04")]), "its format is version 4"),
        (zip_of(&[("tfplan", b"\x08\x03\x1A\xFF")]), "cut off or damaged"),
        (zip_of(&[("other", b"")]), "no member tfplan"),
        (zip_of(&[("tfplan", &vec![0; 30 << 20])]), "when unpacked"),
        (archive_of(&[binary_change(MAIN, 77, &[json!({})], &[])]), "the action 77"),
    ] {
        let (_folder, read) = read(&[("tfplan", &zip)]);
        assert!(read.gaps.len() == 1 && read.gaps[0].to_string().contains(part), "{:?}", read.gaps);
    }
}

#[test]
fn a_plan_that_says_it_is_not_whole_is_a_gap() {
    let mut failed = planned();
    failed["errored"] = true.into();
    let mut part = planned();
    part["complete"] = false.into();
    let mut deferred = planned();
    deferred["deferred_changes"] = json!([
        {"reason": "instance_count_unknown", "resource_change": change(MAIN, &["create"], json!({}), json!({}))},
        {"reason": "absent_prereq", "resource_change": change("azurerm_subnet.s", &["create"], json!({}), json!({}))},
    ]);
    for (plan, part) in [(failed, "a run that failed"), (part, "not complete"), (deferred, "deferred to a later plan")]
    {
        let read = read_json(&plan);
        assert!(read.gaps.len() == 1 && read.gaps[0].to_string().contains(part), "{:?}", read.gaps);
        assert_eq!(read.registries.len(), 1);
        assert!(!read.registries[0].all_tasks && !read.registries[0].all_agent_pools);
    }
}

#[test]
fn nesting_is_held_to_512_levels_and_refused_beyond() {
    let nested = |depth: usize| {
        let tags = format!("{}1{}", "[".repeat(depth), "]".repeat(depth));
        planned().to_string().replace("\"sku\":\"Premium\"", &format!("\"sku\":\"Premium\",\"tags\":{tags}"))
    };
    for (depth, gaps) in [(400, 0), (2000, 1), (200_000, 1)] {
        let (_folder, read) = read(&[("plan.json", nested(depth).as_bytes())]);
        assert_eq!(read.gaps.len(), gaps, "{depth}: {:?}", read.gaps);
        assert_eq!(read.registries.len(), 1 - gaps);
    }
}

#[test]
fn what_does_not_matter_is_passed_over() {
    let filler = json!({"text": "x".repeat(2000), "list": [1, 2, 3], "deep": {"a": {"b": [true, null]}}});
    let mut changes: Vec<Value> =
        (0..4000).map(|at| change(&format!("azurerm_subnet.s{at}"), &["create"], filler.clone(), json!({}))).collect();
    changes.push(change(MAIN, &["create"], registry("a"), json!({})));
    let text = plan(&changes).to_string();
    let file = Arc::new(TextFile::new("plan.json", text));
    let planned = json::read(&file).expect("a plan");
    let addresses: Vec<&str> = planned.resources.iter().map(|resource| resource.address.as_str()).collect();
    assert_eq!(addresses, [MAIN]);
    assert_eq!(planned.gaps, [""; 0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_mutated_plan_is_read_or_refused(at in 0.0..1.0f64, byte in any::<u8>(), cut in 0.0..1.0f64) {
        let mut plan = planned();
        plan["configuration"] = configured();
        let mut text = plan.to_string().into_bytes();
        let position = (at * text.len() as f64) as usize;
        text[position] = byte;
        if cut < 0.3 {
            text.truncate(position);
        }
        let text = String::from_utf8_lossy(&text).into_owned();
        if let Ok(planned) = json::read(&Arc::new(TextFile::new("plan.json", text))) {
            for registry in assemble(planned.resources, "").registries {
                let _ = registry.into_record();
            }
        }
    }
}
