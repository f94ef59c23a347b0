//! Whole templates, parameter files and what-if results, as files on disk.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::super::declared::DeclaredRegistry;
use super::super::discover::SourceFiles;
use super::super::extraction::Extraction;
use super::Claims;
use super::read;
use crate::model::inventory::SkippedFile;
use crate::model::inventory::{Origin, RegistryRecord};

/// A folder with these files; which of them are what, their names say.
fn folder(files: &[(&str, &str)]) -> (tempfile::TempDir, SourceFiles) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut found = SourceFiles::default();
    for (name, text) in files {
        let path: PathBuf = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        match name {
            name if name.contains("param") => found.parameters.push(path),
            name if name.contains("whatif") => found.what_if.push(path),
            _ => found.templates.push(path),
        }
    }
    (folder, found)
}

/// What is read, with the folder's path cut off.
fn reads(files: &[(&str, &str)]) -> Extraction {
    let (folder, found) = folder(files);
    let mut extraction = read(&found, Claims::default());
    let prefix = format!("{}/", folder.path().display());
    for gap in &mut extraction.gaps {
        gap.location.path = gap.location.path.replace(&prefix, "");
        gap.reason = gap.reason.replace(&prefix, "");
    }
    for file in &mut extraction.skipped {
        file.location.path = file.location.path.replace(&prefix, "");
    }
    for registry in &mut extraction.registries {
        registry.root = registry.root.replace(&prefix, "");
    }
    extraction
}

fn records(extraction: Extraction) -> Vec<(Value, RegistryRecord)> {
    let records = extraction.registries.into_iter().map(DeclaredRegistry::into_record);
    records.map(|record| (serde_json::from_str(&record.document).expect("JSON"), record)).collect()
}

/// The one registry of a template without gaps.
fn one(template: &str) -> (Value, RegistryRecord) {
    let extraction = reads(&[("main.json", template)]);
    assert_eq!(extraction.gaps, [""; 0]);
    let mut records = records(extraction);
    assert_eq!(records.len(), 1);
    records.remove(0)
}

/// `line:column-column text` of a property's place, its related places, and its note.
fn span(record: &RegistryRecord, pointer: &str) -> (String, Vec<String>, Option<String>) {
    let Origin::Source(declaration) = &record.origin else { panic!("no source") };
    let spot = declaration.properties.get(pointer).unwrap_or_else(|| panic!("{pointer} has no place"));
    let text = |file: &crate::model::text_file::TextFile, region: crate::model::finding::Region| {
        let units: Vec<u16> = file.line(region.start_line).encode_utf16().collect();
        let end = if region.end_line == region.start_line { region.end_column as usize - 1 } else { units.len() };
        let text = String::from_utf16_lossy(&units[region.start_column as usize - 1..end]);
        format!("{}: {text}", region.start_line)
    };
    let related = spot.related.iter().map(|related| text(&related.file, related.region));
    (text(&spot.file, spot.region), related.collect(), spot.note.as_deref().map(str::to_owned))
}

const SCHEMA: &str = "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#";

/// A template of one registry with these parameters, variables and properties.
fn template(parameters: &str, variables: &str, properties: &str) -> String {
    format!(
        r#"{{
  "$schema": "{SCHEMA}",
  "parameters": {{ {parameters} }},
  "variables": {{ {variables} }},
  "resources": [
    {{
      "type": "Microsoft.ContainerRegistry/registries",
      "apiVersion": "2025-11-01",
      "name": "contoso",
      "location": "westeurope",
      "sku": {{ "name": "Premium" }},
      "properties": {{ {properties} }}
    }}
  ]
}}"#
    )
}

#[test]
fn what_is_left_out_is_the_default_and_what_is_written_has_its_place() {
    let text =
        template("", "", r#""publicNetworkAccess": "Disabled", "networkRuleSet": {"ipRules": [{"value": "::1"}]}"#);
    let (document, record) = one(&text);
    assert!(record.id.ends_with("main.json:Microsoft.ContainerRegistry/registries/contoso"), "{}", record.id);
    let properties = &document["registry"]["properties"];
    assert_eq!(properties["publicNetworkAccess"], "Disabled");
    assert_eq!(properties["networkRuleBypassAllowedForTasks"], false);
    assert_eq!(
        properties["networkRuleSet"],
        json!({"defaultAction": "Allow", "ipRules": [{"value": "::1"}], "virtualNetworkRules": []})
    );
    assert_eq!(document["origin"]["api_version"], "2025-11-01");
    assert_eq!(
        document["partial"],
        json!(["/registry/properties/privateEndpointConnections"]),
        "of tasks, pools and roles, what is not declared is not there"
    );
    let spot = span(&record, "/registry/properties/publicNetworkAccess");
    assert_eq!(spot, (r#"12: "publicNetworkAccess": "Disabled""#.to_owned(), vec![], None));
    let rule = span(&record, "/registry/properties/networkRuleSet/ipRules/0/value");
    assert_eq!(rule.0, r#"12: "value": "::1""#);
    let Origin::Source(declaration) = &record.origin else { panic!("no source") };
    assert_eq!(declaration.logical.as_deref(), Some("/resources/0"));
    assert_eq!(declaration.block.region.start_line, 7);
}

#[test]
fn a_value_is_where_it_is_written_and_related_to_where_it_is_used() {
    let text = template(
        r#""pna": {"type": "string", "defaultValue": "Disabled"}, "ips": {"type": "array", "defaultValue": ["1.2.3.4"]}"#,
        r#""access": "[parameters('pna')]",
           "copy": [{"name": "rules", "count": "[length(parameters('ips'))]",
                     "input": {"action": "Allow", "value": "[parameters('ips')[copyIndex('rules')]]"}}]"#,
        r#""publicNetworkAccess": "[variables('access')]",
           "adminUserEnabled": "[if(equals(1, 2), true(), false())]",
           "networkRuleSet": {"defaultAction": "Deny", "ipRules": "[variables('rules')]"}"#,
    );
    let (document, record) = one(&text);
    let properties = &document["registry"]["properties"];
    assert_eq!(properties["networkRuleSet"]["ipRules"], json!([{"action": "Allow", "value": "1.2.3.4"}]));
    assert_eq!(properties["adminUserEnabled"], false);
    let (own, related, note) = span(&record, "/registry/properties/publicNetworkAccess");
    assert_eq!(own, r#"3: "defaultValue": "Disabled""#);
    assert_eq!(related, [r#"14: "publicNetworkAccess": "[variables('access')]""#]);
    assert_eq!(note, None);
    let (own, related, _) = span(&record, "/registry/properties/networkRuleSet/ipRules/0/value");
    assert_eq!(own, r#"3: "1.2.3.4""#);
    assert_eq!(related.len(), 2, "{related:?}");
}

#[test]
fn a_parameter_without_value_is_unknown_unless_all_it_may_be_says_the_same() {
    let text = template(
        r#""a": {"type": "string"}, "b": {"type": "string", "allowedValues": ["Enabled", "Disabled"]}"#,
        "",
        r#""publicNetworkAccess": "[parameters('b')]", "networkRuleBypassOptions": "[parameters('a')]""#,
    );
    let (document, record) = one(&text);
    let properties = &document["registry"]["properties"];
    assert_eq!(
        (&properties["publicNetworkAccess"], &properties["networkRuleBypassOptions"]),
        (&Value::Null, &Value::Null)
    );
    let (own, _, note) = span(&record, "/registry/properties/networkRuleBypassOptions");
    assert_eq!(own, r#"12: "networkRuleBypassOptions": "[parameters('a')]""#);
    assert_eq!(note.as_deref(), Some("Parameter `a` has no value here."));
    let values: Vec<Value> = record.alternatives.iter().map(|text| serde_json::from_str(text).expect("JSON")).collect();
    let values: Vec<&Value> =
        values.iter().map(|value| &value["registry"]["properties"]["publicNetworkAccess"]).collect();
    assert_eq!(values, ["Enabled", "Enabled", "Disabled", "Disabled"], "each with both values of what else is unknown");
    let unused = template(r#""b": {"type": "bool"}"#, "", "");
    assert!(one(&unused).1.alternatives.is_empty(), "what nothing depends on has no alternatives");
}

#[test]
fn parameter_files_give_values_each_for_itself() {
    let main = template(
        r#""pna": {"type": "string"}, "pw": {"type": "secureString"}"#,
        "",
        r#""publicNetworkAccess": "[parameters('pna')]""#,
    );
    let values =
        |value: &str| format!(r#"{{"parameters": {{"PNA": {{"value": "{value}"}}, "pw": {{"value": "hunter2"}}}}}}"#);
    let read_one = reads(&[("main.json", &main), ("main.parameters.json", &values("Disabled"))]);
    assert_eq!(read_one.gaps, [""; 0]);
    assert_eq!(read_one.registries[0].root, "main.json");
    assert_eq!((read_one.files_read[0].files, read_one.files_read[0].registries), (2, 1));
    let all = records(read_one);
    assert_eq!(all[0].0["registry"]["properties"]["publicNetworkAccess"], "Disabled");
    let (own, related, _) = span(&all[0].1, "/registry/properties/publicNetworkAccess");
    assert_eq!(own, r#"1: "value": "Disabled""#);
    assert_eq!(related.len(), 1);
    let read_two = reads(&[
        ("main.json", &main),
        ("main.parameters.dev.json", &values("Enabled")),
        ("main.parameters.prod.json", &values("Disabled")),
        ("other.parameters.json", r#"{"parameters": {"x": {"value": 1}}}"#),
    ]);
    let roots: Vec<&str> = read_two.registries.iter().map(|registry| registry.root.as_str()).collect();
    assert_eq!(roots, ["main.json (main.parameters.dev.json)", "main.json (main.parameters.prod.json)"]);
    assert_eq!(
        read_two.skipped,
        [SkippedFile::new("other.parameters.json".to_owned(), "no template declares its parameters")]
    );
    let by_fit = reads(&[("main.json", &main), ("parameters/prod.parameters.json", &values("Disabled"))]);
    assert_eq!(records(by_fit)[0].0["registry"]["properties"]["publicNetworkAccess"], "Disabled");
}

#[test]
fn a_secret_is_never_shown() {
    let text = template(
        r#""s": {"type": "secureString", "defaultValue": "hunter2"}"#,
        "",
        r#""publicNetworkAccess": "[parameters('s')]""#,
    );
    let (document, record) = one(&text);
    assert_eq!(document["registry"]["properties"]["publicNetworkAccess"], "hunter2", "it is judged");
    assert_eq!(record.secrets, ["hunter2"]);
    let Origin::Source(declaration) = &record.origin else { panic!("of source code") };
    let (place, _) = declaration.location("/registry/properties/publicNetworkAccess");
    assert!(!place.file.shown_line(place.region.start_line).contains("hunter2"));
}

#[test]
fn what_is_beside_registries_is_none_of_our_business() {
    let nested = |kind: &str| {
        of_resources(&format!(
            r#"[{{"type": "Microsoft.Resources/deployments", "name": "d", "properties": {{"expressionEvaluationOptions": {{"scope": "inner"}},
  "parameters": {{"a": {{"value": "[frob()]"}}, "pna": {{"value": null}}}},
  "template": {{"parameters": {{"a": {{"type": "string"}}, "pna": {{"type": "string", "defaultValue": "Disabled"}}}}, "resources": [
    {{"type": "{kind}", "name": "n", "properties": {{"publicNetworkAccess": "[parameters('pna')]"}}}}]}}}}}}]"#
        ))
    };
    assert_eq!(reads(&[("main.json", &nested("Microsoft.Storage/storageAccounts"))]).gaps, [""; 0]);
    let extraction = reads(&[("main.json", &nested("Microsoft.ContainerRegistry/registries"))]);
    assert!(extraction.gaps[0].reason.contains("unknown function `frob`"), "{:?}", extraction.gaps);
    assert_eq!(
        records(extraction)[0].0["registry"]["properties"]["publicNetworkAccess"],
        "Disabled",
        "null is no value"
    );
    let uncertain = of_resources(
        r#"[{"type": "Microsoft.ContainerRegistry/registries", "name": "n", "condition": "[parameters('on')]", "location": "[null().a]"}]"#,
    );
    assert_eq!(reads(&[("main.json", &uncertain)]).gaps, [""; 0]);
}

/// A template of these resources.
fn of_resources(resources: &str) -> String {
    format!(
        r#"{{"$schema": "{SCHEMA}", "parameters": {{"acr": {{"type": "string"}}, "on": {{"type": "bool"}}}}, "resources": {resources}}}"#
    )
}

#[test]
fn what_belongs_to_a_registry_is_joined_to_it() {
    let text = of_resources(
        r#"[
  {"type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2023-07-01", "name": "[parameters('acr')]", "sku": {"name": "Premium"},
   "resources": [{"type": "tasks", "apiVersion": "2019-04-01", "name": "nested", "properties": {"status": "Disabled"}}]},
  {"type": "Microsoft.ContainerRegistry/registries/tasks", "apiVersion": "2019-04-01", "name": "[concat(parameters('acr'), '/build')]",
   "identity": {"type": "SystemAssigned"},
   "properties": {"credentials": {"sourceRegistry": {"loginMode": "None"}, "customRegistries": {"a.azurecr.io": {"identity": "[[system]", "password": "hunter2"}}}}},
  {"type": "microsoft.containerregistry/Registries/agentPools", "apiVersion": "2019-06-01-preview", "name": "[format('{0}/{1}', parameters('acr'), 'pool')]",
   "properties": {"count": 1, "virtualNetworkSubnetResourceId": "[resourceId('Microsoft.Network/virtualNetworks/subnets', 'v', 's')]"}},
  {"type": "Microsoft.Network/privateEndpoints", "apiVersion": "2023-01-01", "name": "pe",
   "properties": {"privateLinkServiceConnections": [{"name": "c", "properties": {"privateLinkServiceId": "[resourceId('Microsoft.ContainerRegistry/registries', parameters('acr'))]", "groupIds": ["registry"]}}]}},
  {"type": "Microsoft.Authorization/roleAssignments", "apiVersion": "2022-04-01", "name": "[guid('x')]",
   "scope": "[format('Microsoft.ContainerRegistry/registries/{0}', parameters('acr'))]",
   "properties": {"roleDefinitionId": "[subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')]",
                  "principalId": "[reference(resourceId('Microsoft.ContainerRegistry/registries/tasks', parameters('acr'), 'build'), '2019-04-01', 'full').identity.principalId]"}},
  {"type": "Microsoft.ContainerRegistry/registries/tasks", "apiVersion": "2019-04-01", "name": "other/build"}
]"#,
    );
    let mut all = records(reads(&[("main.json", &text)]));
    assert_eq!(all.len(), 2, "one of them is somebody else's");
    let other = all.iter().position(|(_, record)| record.id.ends_with(":other")).expect("the other");
    let (other, _) = all.remove(other);
    assert_eq!((&other["registry"]["name"], &other["tasks"][0]["name"]), (&json!("other"), &json!("build")));
    let (document, record) = all.remove(0);
    assert!(record.id.ends_with(":Microsoft.ContainerRegistry/registries/{parameters('acr')}"), "{}", record.id);
    assert_eq!(document["registry"]["name"], Value::Null);
    let tasks = document["tasks"].as_array().expect("tasks");
    assert_eq!(tasks.iter().map(|task| &task["name"]).collect::<Vec<_>>(), ["build", "nested"]);
    assert_eq!(
        document["task_credentials"]["build"],
        json!({"login_mode": "None", "source_identity": null, "custom_registries": {"a.azurecr.io": null}}),
        "beside a password an identity only reads it from a vault"
    );
    assert_eq!(tasks[1].get("identity"), None);
    assert_eq!(tasks[1]["properties"]["status"], "Disabled");
    assert!(!document.to_string().contains("hunter2"));
    assert!(document["agent_pools"][0]["properties"]["virtualNetworkSubnetResourceId"].is_string());
    let connections = &document["registry"]["properties"]["privateEndpointConnections"];
    assert_eq!(connections[0]["properties"]["privateLinkServiceConnectionState"]["status"], "Approved");
    let roles = document["role_assignments"].as_array().expect("roles");
    assert_eq!(roles.len(), 1);
    assert_eq!(roles[0]["properties"]["principalId"], tasks[0]["identity"]["principalId"]);
    assert!(
        roles[0]["properties"]["roleDefinitionId"]
            .as_str()
            .expect("a role")
            .ends_with("/7f951dda-4ed3-4680-a7ca-43fe172d538d")
    );
}

#[test]
fn copies_and_conditions() {
    let text = of_resources(
        r#"[
  {"type": "Microsoft.ContainerRegistry/registries", "name": "[concat('acr', copyIndex(1))]", "copy": {"name": "l", "count": 2},
   "condition": "[equals(copyIndex('l'), 1)]", "sku": {"name": "Premium"},
   "properties": {"networkRuleSet": {"copy": [{"name": "ipRules", "count": 2, "input": {"value": "[format('10.{0}.0.{1}', copyIndex(), copyIndex('ipRules'))]"}}]}}},
  {"type": "Microsoft.ContainerRegistry/registries", "name": "gone", "condition": false},
  {"type": "Microsoft.ContainerRegistry/registries", "name": "maybe", "condition": "[parameters('on')]"},
  {"type": "Microsoft.ContainerRegistry/registries", "name": "many", "copy": {"name": "m", "count": 1000000000}}
]"#,
    );
    let extraction = reads(&[("main.json", &text)]);
    assert_eq!(extraction.gaps.len(), 1, "{:?}", extraction.gaps);
    assert!(
        extraction.gaps[0].to_string().starts_with("main.json:7:") && extraction.gaps[0].reason.contains("10000"),
        "{:?}",
        extraction.gaps
    );
    let names: Vec<&str> =
        extraction.registries.iter().map(|registry| registry.address.rsplit('/').next().expect("a name")).collect();
    assert_eq!(names, ["acr2", "maybe", "many"]);
    assert_eq!(extraction.registries[1].related[0].0, "only under this condition, which is not known");
    let all = records(extraction);
    assert_eq!(
        all[0].0["registry"]["properties"]["networkRuleSet"]["ipRules"],
        json!([{"value": "10.1.0.0"}, {"value": "10.1.0.1"}])
    );
}

#[test]
fn resources_as_an_object_have_symbolic_names() {
    let text = r#"{"$schema": "x", "languageVersion": "2.0", "parameters": {}, "resources": {
  "acr": {"type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2023-07-01", "name": "contoso", "sku": {"name": "Basic"}},
  "old": {"existing": true, "type": "Microsoft.ContainerRegistry/registries", "apiVersion": "2023-07-01", "name": "other"},
  "ep": {"type": "Microsoft.Network/privateEndpoints", "name": "p", "properties": {"manualPrivateLinkServiceConnections":
         [{"properties": {"privateLinkServiceId": "[resourceInfo('acr').id]"}}]}}
}}"#;
    let (document, record) = one(text);
    assert!(record.id.ends_with("main.json:acr"), "{}", record.id);
    let connections = &document["registry"]["properties"]["privateEndpointConnections"];
    assert_eq!(connections[0]["properties"]["privateLinkServiceConnectionState"]["status"], "Pending");
    assert_eq!(document["registry"]["properties"].get("networkRuleSet"), None);
}

#[test]
fn nested_deployments_see_what_their_scope_lets_them() {
    let nested = |scope: &str| {
        of_resources(&format!(
            r#"[{{"type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "inner", "properties": {{
  "mode": "Incremental", {scope}
  "parameters": {{"access": {{"value": "Disabled"}}}},
  "template": {{"$schema": "{SCHEMA}", "parameters": {{"access": {{"type": "string", "defaultValue": "Enabled"}}}}, "variables": {{"n": "innername"}},
    "resources": [{{"type": "Microsoft.ContainerRegistry/registries", "name": "contoso",
      "properties": {{"publicNetworkAccess": "[parameters('access')]"}}}}]}}}}}}]"#
        ))
    };
    let (document, record) = one(&nested(r#""expressionEvaluationOptions": {"scope": "inner"},"#));
    assert_eq!(document["registry"]["properties"]["publicNetworkAccess"], "Disabled");
    assert!(record.id.ends_with(":inner/Microsoft.ContainerRegistry/registries/contoso"), "{}", record.id);
    let outer = reads(&[("main.json", &nested(""))]);
    assert_eq!(outer.gaps.len(), 1, "{:?}", outer.gaps);
    assert!(outer.gaps[0].reason.contains("parameter `access` is not declared"), "{:?}", outer.gaps);
}

#[test]
fn linked_templates_are_read_from_disk_and_not_twice() {
    let link = |link: &str| {
        of_resources(&format!(
            r#"[{{"type": "Microsoft.Resources/deployments", "name": "d", "properties": {{"templateLink": {{{link}}}, "parameters": {{"pna": {{"value": "Disabled"}}}}}}}}]"#
        ))
    };
    let acr = template(r#""pna": {"type": "string"}"#, "", r#""publicNetworkAccess": "[parameters('pna')]""#);
    let extraction = reads(&[("main.json", &link(r#""relativePath": "linked/acr.json""#)), ("linked/acr.json", &acr)]);
    assert_eq!(extraction.gaps, [""; 0]);
    let all = records(extraction);
    assert_eq!(all.len(), 1);
    assert_eq!(all[0].0["registry"]["properties"]["publicNetworkAccess"], "Disabled");
    let missing = reads(&[("main.json", &link(r#""relativePath": "no.json""#))]);
    assert!(missing.gaps[0].reason.contains("linked template is not read"), "{:?}", missing.gaps);
    let remote = reads(&[("main.json", &link(r#""uri": "https://example.net/acr.json?sig=hunter2""#))]);
    assert!(
        remote.gaps[0].reason.contains("not on disk") && !remote.gaps[0].reason.contains("hunter2"),
        "{:?}",
        remote.gaps
    );
    let other = reads(&[("main.json", &link(r#""uri": "https://example.net/vm.json""#))]);
    assert_eq!((other.gaps.len(), other.skipped.len()), (0, 1));
    let own = reads(&[("main.json", &link(r#""relativePath": "main.json""#))]);
    assert!(own.gaps.iter().any(|gap| gap.reason.contains("nest too deep")), "{:?}", own.gaps);
    let circle =
        reads(&[("a.json", &link(r#""relativePath": "b.json""#)), ("b.json", &link(r#""relativePath": "a.json""#))]);
    assert_eq!(circle.files_read.len(), 1);
    assert!(circle.gaps.iter().any(|gap| gap.reason.contains("nest too deep")), "{:?}", circle.gaps);
}

#[test]
fn odd_files_are_read_and_wrong_ones_told() {
    let plain = template("", "", r#""publicNetworkAccess": "Disabled","#);
    let odd =
        format!("\u{feff}// a comment\r\n{}", plain.replace('\n', "\r\n").replace("westeurope", "west\r\neurope"));
    let (document, record) = one(&odd);
    assert_eq!(document["registry"]["location"], "west\r\neurope");
    assert_eq!(span(&record, "/registry/properties/publicNetworkAccess").0, r#"14: "publicNetworkAccess": "Disabled""#);
    for (text, gap) in [
        ("", "main.json:1:1: the file is empty"),
        ("{", "main.json:1:1: this is not JSON: unterminated object; correct it"),
        ("{\"resources\": [1 2]}", "main.json:1:17: this is not JSON: expected comma; correct it"),
        ("{\"a\": 1}", "main.json:1:1: the template has no `resources`"),
        (
            "{\"resources\": [], \"Resources\": []}",
            "main.json:1:19: the member \"Resources\" is there twice; remove one",
        ),
    ] {
        let extraction = reads(&[("main.json", text)]);
        assert_eq!(extraction.gaps, [gap], "{text}");
    }
    let deep = |depth: usize| format!("{{\"resources\": [], \"a\": {}{}}}", "[".repeat(depth), "]".repeat(depth));
    assert_eq!(reads(&[("main.json", &deep(510))]).gaps, [""; 0]);
    for depth in [600, 100_000] {
        let extraction = reads(&[("main.json", &deep(depth))]);
        assert_eq!(extraction.gaps.len(), 1);
        assert!(extraction.gaps[0].reason.contains("not JSON"), "{:?}", extraction.gaps);
    }
    let wrong = template("", "", r#""publicNetworkAccess": "[frob('x')]", "adminUserEnabled": "[nope""#);
    let extraction = reads(&[("main.json", &wrong)]);
    assert_eq!(extraction.gaps, ["main.json:12:48: unknown function `frob`; what depends on it is not known"]);
    assert_eq!(records(extraction)[0].0["registry"]["properties"].get("publicNetworkAccess"), None);
}

#[test]
fn a_change_of_nobody_knows_what_is_a_gap() {
    let read = |changes: Value| {
        reads(&[("whatif.json", &format!("{:#}", json!({"status": "Succeeded", "changes": changes})))])
    };
    let group = json!({"resourceId": "/subscriptions/s/resourceGroups/g", "changeType": "Create", "after": {}});
    let extension = json!({"changeType": "Create", "extension": {"name": "MicrosoftGraph"}, "after": {}});
    assert_eq!(read(json!([group, extension])).gaps, [""; 0]);
    let gaps = read(json!([group, {"changeType": "Create", "after": {"name": "acr"}}])).gaps;
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert!(gaps[0].reason.ends_with("a change without a resourceId; run what-if again"), "{gaps:?}");
}

#[test]
fn what_if_says_what_will_be() {
    let id = |name: &str| {
        format!("/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerRegistry/registries/{name}")
    };
    let create = |name: &str| {
        json!({"resourceId": id(name), "changeType": "Create", "before": null, "after": {
            "name": name, "location": "westeurope", "sku": {"name": "Premium"}, "apiVersion": "2025-11-01",
            "properties": {"publicNetworkAccess": "[parameters('x')]", "adminUserEnabled": true}}})
    };
    let changes = json!([
        create("new"),
        {"resourceId": format!("{}/tasks/build", id("new")), "changeType": "Create", "after": {
            "identity": {"type": "SystemAssigned"},
            "properties": {"credentials": {"customRegistries": {"new.azurecr.io": {"identity": "[system]"}}}}}},
        {"resourceId": id("old"), "changeType": "Modify",
         "before": {"location": "eastus", "sku": {"name": "Premium"}, "properties": {
            "publicNetworkAccess": "Disabled", "adminUserEnabled": false, "loginServer": "old.azurecr.io"}},
         "after": {"location": "eastus", "sku": {"name": "Premium"}, "properties": {"dataEndpointEnabled": true}}},
        {"resourceId": id("same"), "changeType": "NoChange", "before": {"properties": {"adminUserEnabled": true}}, "after": null},
        {"resourceId": id("deployed"), "changeType": "Deploy", "before": null, "after": null},
        {"resourceId": id("gone"), "changeType": "Delete", "before": {"properties": {}}},
        {"resourceId": id("odd"), "changeType": "Unsupported", "unsupportedReason": "it is odd"},
    ]);
    for body in [
        json!({"status": "Succeeded", "error": null, "changes": changes}),
        json!({"status": "Succeeded", "properties": {"changes": changes}}),
    ] {
        let text = format!("{body:#}");
        let extraction = reads(&[("whatif.json", &text)]);
        assert_eq!(extraction.gaps.len(), 1, "{:?}", extraction.gaps);
        assert!(
            extraction.gaps[0].reason.ends_with(&format!("what-if does not support `{}`: it is odd", id("odd"))),
            "{:?}",
            extraction.gaps
        );
        let all = records(extraction);
        let names: Vec<&str> =
            all.iter().map(|(document, _)| document["registry"]["name"].as_str().expect("a name")).collect();
        assert_eq!(names, ["new", "old", "same", "deployed"]);
        let properties = |index: usize| &all[index].0["registry"]["properties"];
        assert_eq!(all[0].0["registry"]["id"], json!(id("new")));
        assert!(all[0].1.id.ends_with("whatif.json:/providers/Microsoft.ContainerRegistry/registries/new"));
        assert_eq!(properties(0).get("publicNetworkAccess"), None);
        assert_eq!(
            (&properties(0)["adminUserEnabled"], &properties(0)["networkRuleBypassAllowedForTasks"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(all[0].0["task_credentials"]["build"]["custom_registries"], json!({"new.azurecr.io": "[system]"}));
        assert!(!all[0].0["partial"].as_array().expect("partial").contains(&json!("/tasks")));
        assert_eq!(properties(1).get("publicNetworkAccess"), None, "it may stay or go back to the default");
        assert_eq!(
            (&properties(1)["adminUserEnabled"], &properties(1)["dataEndpointEnabled"]),
            (&json!(false), &json!(true))
        );
        assert_eq!(properties(1)["loginServer"], "old.azurecr.io");
        assert_eq!(properties(1).get("networkRuleBypassAllowedForTasks"), None);
        assert_eq!(properties(2)["adminUserEnabled"], true);
        assert_eq!(all[3].0["registry"].get("properties"), None);
        assert!(span(&all[0].1, "/registry/properties/adminUserEnabled").0.ends_with(r#""adminUserEnabled": true"#));
    }
    let failed = reads(&[("whatif.json", r#"{"status": "Failed", "error": {"code": "Denied"}, "changes": []}"#)]);
    assert_eq!(
        failed.gaps,
        [
            "whatif.json:1:2: what-if ended as \"Failed\"; run it again",
            "whatif.json:1:22: what-if ended with an error (Denied); correct it and run it again"
        ]
    );
    let none = reads(&[("whatif.json", "{}")]);
    assert_eq!(none.gaps, ["whatif.json:1:1: this is no what-if result: it has no `changes`"]);
}

mod hostile {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn loops_that_multiply_come_to_an_end() {
        let level = |resources: &str| {
            format!(
                r#"[{{"type": "Microsoft.Resources/deployments", "name": "[concat('d', copyIndex())]", "copy": {{"name": "c", "count": 10000}},
                "properties": {{"template": {{"resources": {resources}}}}}}}]"#
            )
        };
        let registry = r#"[{"type": "Microsoft.ContainerRegistry/registries", "name": "a", "copy": {"name": "d", "count": 10000}}]"#;
        let text = of_resources(&level(&level(&level(registry))));
        let extraction = reads(&[("main.json", &text)]);
        assert!(extraction.gaps.iter().any(|gap| gap.reason.contains("too many")), "{:?}", extraction.gaps.first());
        let square = "[map(range(0, 10000), lambda('x', map(range(0, 10000), lambda('y', 1))))]";
        let extraction = reads(&[("main.json", &template("", "", &format!("\"policies\": \"{square}\"")))]);
        assert!(
            extraction.gaps.iter().any(|gap| gap.reason.contains("more work than is allowed")),
            "{:?}",
            extraction.gaps
        );
    }

    #[test]
    fn large_objects_are_not_compared() {
        let members: Vec<String> = (0..50_000).map(|n| format!("\"m{n}\": {n}")).collect();
        let object = members.join(", ");
        let variables = format!(r#""a": {{{object}}}, "b": {{{object}}}"#);
        for expression in ["union(variables('a'), variables('b'))", "equals(variables('a'), variables('b'))"] {
            let text = template("", &variables, &format!("\"adminUserEnabled\": \"[{expression}]\""));
            let (document, _) = records(reads(&[("main.json", &text)])).remove(0);
            assert_eq!(document["registry"]["properties"].get("adminUserEnabled"), None, "{expression}");
        }
    }

    /// Something of most that a template can hold.
    fn seed() -> String {
        let parameters =
            r#""a": {"type": "string"}, "b": {"type": "bool"}, "c": {"type": "array", "defaultValue": ["é1", "😀"]}"#;
        let variables = r#""v": "[concat(parameters('a'), variables('w'))]", "w": {"copy": [{"name": "x", "count": 3, "input": "[copyIndex('x')]"}]}"#;
        template(
            parameters,
            variables,
            r#""publicNetworkAccess": "[if(parameters('b'), 'Enabled', variables('w').x[1])]",
               "networkRuleSet": {"copy": [{"name": "ipRules", "count": "[length(parameters('c'))]", "input": {"value": "[parameters('c')[copyIndex('ipRules')]]"}}]}"#,
        )
    }

    fn check(text: &str) -> Result<(), TestCaseError> {
        let (_folder, found) = folder(&[("main.json", text), ("whatif.json", text), ("main.parameters.json", text)]);
        for registry in read(&found, Claims::default()).registries {
            let record = registry.into_record();
            let Origin::Source(declaration) = &record.origin else { continue };
            for spot in declaration.properties.values().chain([&declaration.block]) {
                for (file, region) in
                    [(&spot.file, spot.region)].into_iter().chain(spot.related.iter().map(|r| (&r.file, r.region)))
                {
                    let last = file.text.lines().count().max(1) as u32 + 1;
                    prop_assert!(region.start_line >= 1 && region.end_line <= last);
                    prop_assert!((region.start_line, region.start_column) <= (region.end_line, region.end_column));
                }
            }
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(150))]

        #[test]
        fn a_mutated_template_does_no_harm(at in 0usize..1000, length in 0usize..20, with in "[\\[\\](){}'\",:.a0é/ ]{0,6}") {
            let seed = seed();
            let floor = |at: usize| seed.floor_char_boundary(at.min(seed.len()));
            let text = format!("{}{with}{}", &seed[..floor(at)], &seed[floor(at + length)..]);
            check(&text)?;
        }

        #[test]
        fn any_expression_does_no_harm(expression in "(concat|if|range|map|parameters|resourceId|format|take|json|copyIndex)?[\\[\\](),'a-c0-9.?{}é -]{0,40}") {
            let text = template(r#""a": {"type": "string"}"#, "", &format!("\"adminUserEnabled\": \"[{expression}]\""));
            check(&text)?;
        }
    }
}
