//! Random registries in many spellings of Bicep and ARM: each has the document of its twin in literals.

use std::fs;
use std::path::Path;

use acrscan::model::cloud::Cloud;
use acrscan::net::service_tags::ServiceTags;
use acrscan::source::code;
use proptest::prelude::*;
use serde_json::{Value, json};

/// What a registry says.
#[derive(Debug, Clone)]
struct Settings {
    name: String,
    sku: &'static str,
    access: &'static str,
    action: &'static str,
    rules: Vec<&'static str>,
    admin: bool,
    bypass: &'static str,
}

const RANGES: [&str; 4] = ["203.0.113.0/24", "198.51.100.7", "2001:db8::/48", "192.0.2.0/28"];

fn settings() -> impl Strategy<Value = Settings> {
    let word = |words: &'static [&'static str]| proptest::sample::select(words);
    let rules = proptest::sample::subsequence(RANGES.to_vec(), 0..=RANGES.len());
    (
        "[a-z]{5,12}",
        word(&["Premium", "Premium", "Standard"]),
        word(&["Enabled", "Disabled"]),
        word(&["Allow", "Deny"]),
        rules,
        any::<bool>(),
        word(&["AzureServices", "None"]),
    )
        .prop_map(|(name, sku, access, action, rules, admin, bypass)| {
            let access = if sku == "Premium" { access } else { "Enabled" };
            Settings { name, sku, access, action, rules, admin, bypass }
        })
}

impl Settings {
    fn rules_in_bicep(&self) -> String {
        let rules = self.rules.iter().map(|rule| format!("{{ action: 'Allow', value: '{rule}' }}"));
        format!("[ {} ]", rules.collect::<Vec<_>>().join(", "))
    }

    /// A Bicep file whose registry has these expressions for its values.
    fn bicep(&self, before: &str, values: &[(&str, &str)]) -> String {
        let value = |name: &str, literal: String| {
            values.iter().find(|(own, _)| *own == name).map_or(literal, |(_, value)| (*value).to_owned())
        };
        let quoted = |text: &str| format!("'{text}'");
        format!(
            "{before}\nresource registry 'Microsoft.ContainerRegistry/registries@2025-11-01' = {{\n  name: {}\n  location: 'eastus'\n  \
             sku: {{ name: {} }}\n  properties: {{\n    publicNetworkAccess: {}\n    adminUserEnabled: {}\n    \
             networkRuleBypassOptions: {}\n    networkRuleSet: {{ defaultAction: {}, ipRules: {} }}\n  }}\n}}\n",
            value("name", quoted(&self.name)),
            value("sku", quoted(self.sku)),
            value("access", quoted(self.access)),
            value("admin", self.admin.to_string()),
            value("bypass", quoted(self.bypass)),
            value("action", quoted(self.action)),
            value("rules", self.rules_in_bicep()),
        )
    }

    fn rules_in_json(&self) -> Value {
        self.rules.iter().map(|rule| json!({"action": "Allow", "value": rule})).collect()
    }

    fn resource(&self) -> Value {
        json!({
            "type": "Microsoft.ContainerRegistry/registries",
            "apiVersion": "2025-11-01",
            "name": self.name,
            "location": "eastus",
            "sku": {"name": self.sku},
            "properties": {
                "publicNetworkAccess": self.access,
                "adminUserEnabled": self.admin,
                "networkRuleBypassOptions": self.bypass,
                "networkRuleSet": {"defaultAction": self.action, "ipRules": self.rules_in_json()},
            },
        })
    }

    /// A registry whose values are parameters, and their values.
    fn by_parameters(&self) -> (Value, Value) {
        let mut resource = self.resource();
        resource["name"] = json!("[parameters('name')]");
        resource["sku"]["name"] = json!("[parameters('sku')]");
        resource["properties"]["publicNetworkAccess"] = json!("[parameters('access')]");
        resource["properties"]["networkRuleSet"]["ipRules"] = json!("[parameters('rules')]");
        let template = template(
            json!({"name": {"type": "string"}, "sku": {"type": "string"}, "access": {"type": "string"}, "rules": {"type": "array"}}),
            json!([resource]),
        );
        let value = |value: Value| json!({"value": value});
        let values = json!({
            "name": value(json!(self.name)), "sku": value(json!(self.sku)), "access": value(json!(self.access)),
            "rules": value(self.rules_in_json()),
        });
        (template, values)
    }
}

fn template(parameters: Value, resources: Value) -> Value {
    json!({
        "$schema": "https://schema.management.azure.com/schemas/2019-04-01/deploymentTemplate.json#",
        "contentVersion": "1.0.0.0",
        "parameters": parameters,
        "resources": resources,
    })
}

fn parameters_file(values: &Value) -> String {
    let schema = "https://schema.management.azure.com/schemas/2019-04-01/deploymentParameters.json#";
    json!({"$schema": schema, "contentVersion": "1.0.0.0", "parameters": values}).to_string()
}

type Files = Vec<(&'static str, String)>;

/// Spellings of a registry: what it is called, and its files.
fn spellings(of: &Settings) -> Vec<(&'static str, Files)> {
    let Settings { name, sku, access, action, bypass, admin, .. } = of;
    let main = |text: String| vec![("main.bicep", text)];
    let rules = of.rules_in_bicep();
    let ranges: Vec<String> = of.rules.iter().map(|rule| format!("'{rule}'")).collect();
    let ranges = ranges.join(", ");
    let (by_parameters, values) = of.by_parameters();
    let module = "param name string\nparam sku string\nparam access string\nparam rules array";
    let by_names = [("name", "name"), ("sku", "sku"), ("access", "access"), ("rules", "rules")];
    let call = |path: &str| {
        format!(
            "module images '{path}' = {{\n  name: 'images'\n  params: {{ name: '{name}', sku: '{sku}', access: '{access}', rules: {rules} }}\n}}\n"
        )
    };
    let link = |uri: Value| {
        let deployment = json!({
            "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "images",
            "properties": {"mode": "Incremental", "templateLink": uri, "parameters": values},
        });
        vec![
            ("azuredeploy.json", template(json!({}), json!([deployment])).to_string()),
            ("nested/images.json", by_parameters.to_string()),
        ]
    };
    let given =
        format!("param name = '{name}'\nparam sku = '{sku}'\nparam access = '{access}'\nparam rules = {rules}\n");
    vec![
        (
            "variables",
            main(of.bicep(
                &format!("var a = '{access}'\nvar all = {{ n: '{name}', list: {rules} }}"),
                &[("access", "a"), ("name", "all.n"), ("rules", "all.list")],
            )),
        ),
        (
            "defaults",
            main(of.bicep(
                &format!("param a string = '{access}'\nparam on bool = {admin}"),
                &[("access", "a"), ("admin", "on")],
            )),
        ),
        (
            "a choice",
            main(of.bicep(
                &format!("var open = {}", *access == "Enabled"),
                &[("access", "open ? 'Enabled' : 'Disabled'")],
            )),
        ),
        (
            "a loop in a list",
            main(of.bicep(
                &format!("var ranges = [ {ranges} ]"),
                &[("rules", "[for range in ranges: { action: 'Allow', value: range }]")],
            )),
        ),
        (
            "map with its index",
            main(of.bicep(
                &format!("var ranges = [ {ranges} ]"),
                &[("rules", "map(ranges, (range, i) => { action: 'Allow', value: ranges[i] })")],
            )),
        ),
        (
            "counted from the end",
            main(of.bicep(
                &format!("var words = [ 'x', '{access}', '{action}' ]"),
                &[("access", "words[^2]"), ("action", "words[?^1] ?? 'none'")],
            )),
        ),
        (
            "a function",
            main(of.bicep(
                "func word(on bool) string => on ? 'Allow' : 'Deny'",
                &[("action", if *action == "Allow" { "word(true)" } else { "word(false)" })],
            )),
        ),
        (
            "a spread",
            main(of.bicep(
                &format!("var more = [ {ranges} ]\nvar none = []"),
                &[("rules", "[...none, ...map(more, m => { action: 'Allow', value: m })]")],
            )),
        ),
        ("a line break", main(of.bicep("", &[]).replace("' = {", "' =\n  if (1 == 1) {"))),
        (
            "a namespace",
            main(of.bicep(
                &format!("@sys.description('x')\nparam a sys.string = sys.concat('{access}', '')"),
                &[("access", "a")],
            )),
        ),
        (
            "a nullable type",
            main(of.bicep(
                "type wanted = { access: string? }?\nparam w wanted",
                &[("access", &format!("w.?access ?? '{access}'"))],
            )),
        ),
        (
            "an unknown object before",
            main(of.bicep("param extra object", &[]).replace("properties: {", "properties: {\n    ...extra")),
        ),
        (
            "a union",
            main(of.bicep(
                &format!("var p = union({{ a: 'x' }}, {{ a: '{access}', b: '{bypass}' }})"),
                &[("access", "p.a"), ("bypass", "p.b")],
            )),
        ),
        (
            "a JSON file",
            vec![
                (
                    "main.bicep",
                    of.bicep("var r = loadJsonContent('r.json')", &[("rules", "r.rules"), ("access", "r.access")]),
                ),
                ("r.json", json!({"rules": of.rules_in_json(), "access": access}).to_string()),
            ],
        ),
        (
            "a part of a JSON file",
            vec![
                ("main.bicep", of.bicep("", &[("access", "loadJsonContent('r.json', '$.a[0].access')")])),
                ("r.json", format!("{{ // c\n \"a\": [{{\"access\": \"{access}\"}},]}}")),
            ],
        ),
        (
            "a YAML file",
            vec![
                (
                    "main.bicep",
                    of.bicep("var y = loadYamlContent('r.yaml')", &[("access", "y.access"), ("admin", "y.admin")]),
                ),
                ("r.yaml", format!("# c\naccess: {access}\nadmin: {admin}\n")),
            ],
        ),
        ("a module", vec![("main.bicep", call("images.bicep")), ("images.bicep", of.bicep(module, &by_names))]),
        (
            "a module in a loop",
            vec![
                (
                    "main.bicep",
                    call("images.bicep")
                        .replace("= {\n  name: 'images'", "= [for i in range(0, 1): {\n  name: 'images'")
                        .trim_end()
                        .trim_end_matches('}')
                        .to_owned()
                        + "}]\n",
                ),
                ("images.bicep", of.bicep(module, &by_names)),
            ],
        ),
        (
            "a template as a module",
            vec![("main.bicep", call("images.json")), ("images.json", by_parameters.to_string())],
        ),
        (
            "outputs of a template",
            vec![
                (
                    "main.bicep",
                    format!(
                        "module words 'words.json' = {{\n  name: 'words'\n  params: {{ access: '{access}' }}\n}}\n{}",
                        of.bicep("", &[("access", "words.outputs.said")])
                    ),
                ),
                ("words.json", {
                    let mut words = template(json!({"access": {"type": "string"}}), json!([]));
                    words["outputs"] = json!({"said": {"type": "string", "value": "[parameters('access')]"}});
                    words.to_string()
                }),
            ],
        ),
        (
            "a deployment as a resource",
            vec![
                (
                    "main.bicep",
                    format!(
                        "resource images 'Microsoft.Resources/deployments@2022-09-01' = {{\n  name: 'images'\n  properties: {{\n    mode: 'Incremental'\n    template: loadJsonContent('t.json')\n    parameters: {{ name: {{ value: '{name}' }}, sku: {{ value: '{sku}' }}, access: {{ value: '{access}' }}, rules: {{ value: {rules} }} }}\n  }}\n}}\n"
                    ),
                ),
                ("t.json", by_parameters.to_string()),
            ],
        ),
        (
            "a parameter file",
            vec![
                ("main.bicep", of.bicep(module, &by_names)),
                ("main.bicepparam", format!("using 'main.bicep'\n{given}")),
            ],
        ),
        (
            "an extended parameter file",
            vec![
                ("main.bicep", of.bicep(module, &by_names)),
                ("base.bicepparam", format!("using none\nparam rules = {rules}\nparam access = 'x'\n")),
                (
                    "main.bicepparam",
                    format!(
                        "using 'main.bicep'\nextends 'base.bicepparam'\nparam name = '{name}'\nparam sku = '{sku}'\nparam access = '{access}'\nparam rules = [...base.rules]\n"
                    ),
                ),
            ],
        ),
        (
            "an environment variable's default",
            vec![
                ("main.bicep", of.bicep(module, &by_names)),
                (
                    "main.bicepparam",
                    format!(
                        "using 'main.bicep'\nparam name = '{name}'\nparam sku = '{sku}'\nparam access = readEnvironmentVariable('ACCESS', '{access}')\nparam rules = {rules}\n"
                    ),
                ),
            ],
        ),
        (
            "parameters in JSON",
            vec![("main.bicep", of.bicep(module, &by_names)), ("main.parameters.json", parameters_file(&values))],
        ),
        (
            "parameters in a folder",
            vec![
                ("main.bicep", of.bicep(module, &by_names)),
                ("parameters/main.live.parameters.json", parameters_file(&values)),
            ],
        ),
        (
            "parameters of azd",
            vec![
                ("main.bicep", of.bicep("param access string = 'x'", &[("access", "access")])),
                (
                    "main.parameters.json",
                    parameters_file(&json!({"access": {"value": format!("${{ACCESS={access}}}")}})),
                ),
            ],
        ),
        ("a template", vec![("azuredeploy.json", template(json!({}), json!([of.resource()])).to_string())]),
        (
            "a template and its parameters",
            vec![
                ("azuredeploy.json", by_parameters.to_string()),
                ("azuredeploy.parameters.json", parameters_file(&values)),
            ],
        ),
        ("a link by path", link(json!({"relativePath": "nested/images.json"}))),
        (
            "a link by its own place",
            link(json!({"uri": "[uri(deployment().properties.templateLink.uri, 'nested/images.json')]"})),
        ),
        ("a copied resource", {
            let mut resource = of.resource();
            resource["name"] = json!(format!("[concat('{name}', take('', copyIndex()))]"));
            resource["copy"] = json!({"name": "c", "count": 1});
            vec![("azuredeploy.json", template(json!({}), json!([resource])).to_string())]
        }),
        ("symbolic names", {
            let mut template = template(json!({}), json!({"registry": of.resource()}));
            template["languageVersion"] = json!("2.0");
            vec![("azuredeploy.json", template.to_string())]
        }),
        ("outputs of a nested deployment", {
            let mut inner = template(json!({}), json!([]));
            inner["outputs"] = json!({"said": {"type": "string", "value": access}});
            let deployment = json!({
                "type": "Microsoft.Resources/deployments", "apiVersion": "2022-09-01", "name": "words",
                "properties": {"mode": "Incremental", "expressionEvaluationOptions": {"scope": "inner"}, "template": inner},
            });
            let mut resource = of.resource();
            resource["properties"]["publicNetworkAccess"] = json!(
                "[reference(resourceId('Microsoft.Resources/deployments', 'words'), '2022-09-01').outputs.said.value]"
            );
            vec![("azuredeploy.json", template(json!({}), json!([resource, deployment])).to_string())]
        }),
    ]
}

/// The one registry of some files, without what says where it stands.
fn document(files: &Files) -> Result<Value, String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    read(folder.path())
}

fn read(folder: &Path) -> Result<Value, String> {
    let tags = ServiceTags::embedded(Cloud::Public).expect("the tags");
    let inventory = code::read(code::find(&[folder.to_owned()]).expect("source code"), &tags);
    if !inventory.gaps.is_empty() || inventory.registries.len() != 1 {
        return Err(format!("{} registries, {:?}", inventory.registries.len(), inventory.gaps));
    }
    let mut document: Value = serde_json::from_str(&inventory.registries[0].document).expect("JSON");
    document.as_object_mut().expect("an object").remove("origin");
    Ok(document)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_spelling_has_the_document_of_its_literal_twin(settings in settings()) {
        let expected = document(&vec![("main.bicep", settings.bicep("", &[]))]).expect("the literal twin");
        let mut wrong = Vec::new();
        for (spelling, files) in spellings(&settings) {
            let found = document(&files);
            // What is spread into the properties may be more of them, and nothing that is written behind it.
            let of = |document: &Value| match spelling {
                "an unknown object before" => ["publicNetworkAccess", "adminUserEnabled", "networkRuleBypassOptions"]
                    .map(|name| document["registry"]["properties"][name].clone())
                    .to_vec(),
                _ => vec![document.clone()],
            };
            match found {
                Ok(found) if of(&found) == of(&expected) => {}
                Ok(found) => wrong.push(format!("{spelling}: {:?} is not {:?}", of(&found), of(&expected))),
                Err(why) => wrong.push(format!("{spelling}: {why}")),
            }
        }
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
