//! Registries of source code: their documents keep the schema, and policies never take what is not known for a pass.

use std::fs;
use std::sync::Arc;

use acrscan::document::input;
use acrscan::evaluate::{Evaluation, Evaluator};
use acrscan::model::cloud::Cloud;
use acrscan::model::finding::ResultKind;
use acrscan::model::inventory::{Inventory, Language};
use acrscan::model::text_file::TextFile;
use acrscan::net::service_tags::ServiceTags;
use acrscan::policy::{PolicySet, Profile, Selection};
use acrscan::source::code::declared::{DeclaredRegistry, Node, NodeValue, Span};
use serde_json::{Value, json};

/// A registry with these settings, whose tasks, pools and roles may not be all.
fn registry(settings: Value) -> DeclaredRegistry {
    let file = Arc::new(TextFile::new("main.tf", "resource \"azurerm_container_registry\" \"main\" {}\n"));
    let mut registry = json!({
        "location": "eastus",
        "sku": {"name": "Premium"},
        "properties": {
            "publicNetworkAccess": "Enabled",
            "networkRuleSet": {"defaultAction": "Deny", "ipRules": [], "virtualNetworkRules": []},
            "networkRuleBypassOptions": "None",
            "networkRuleBypassAllowedForTasks": false,
            "privateEndpointConnections": [],
        },
    });
    for (name, value) in settings.as_object().expect("settings") {
        registry["properties"][name] = value.clone();
    }
    DeclaredRegistry {
        logical: None,
        resource_group: None,
        language: Language::Terraform,
        root: "infra".to_owned(),
        address: "azurerm_container_registry.main".to_owned(),
        block: Span::new(&file, 0..46),
        related: Vec::new(),
        registry: Node::from_json(registry),
        tasks: Vec::new(),
        all_tasks: false,
        agent_pools: Vec::new(),
        all_agent_pools: false,
        role_assignments: Vec::new(),
        all_role_assignments: false,
        is_elsewhere: false,
        api_version: None,
        alternatives: Vec::new(),
    }
}

/// The registry with a property of it not known.
fn hidden(mut registry: DeclaredRegistry, name: &str, value: Node) -> DeclaredRegistry {
    let mut properties = registry.registry.get("properties").cloned().expect("properties");
    properties.set(name, value);
    registry.registry.set("properties", properties);
    registry
}

fn evaluate(registry: DeclaredRegistry) -> Evaluation {
    let tags = ServiceTags::embedded(Cloud::Public).expect("the tags");
    let record = registry.into_record();
    let schema = fs::read_to_string("policies/input.schema.json").expect("the schema");
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).expect("JSON")).expect("a schema");
    let mut documents = input::alternatives(&record, &tags).expect("documents");
    documents.push(input::build(&record, &tags).expect("a document"));
    for document in &documents {
        let errors: Vec<String> = schema.iter_errors(document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {document:#}");
        assert_eq!(document["origin"]["kind"], "terraform");
        assert_eq!(document["origin"]["address"], "azurerm_container_registry.main");
        assert!(document["partial"].as_array().expect("a list").contains(&json!("/tasks")));
    }
    let inventory = Inventory { registries: vec![record], ..Inventory::default() };
    let set = PolicySet::load(&Selection::default()).expect("the policies load");
    let evaluation = Evaluator::new(&set).expect("they compile").evaluate(&inventory, &tags);
    assert_eq!(evaluation.notifications, []);
    evaluation
}

/// `policy: message` of all results of a kind, but of policies on whether a setting hardens the registry.
fn said(evaluation: &Evaluation, kind: ResultKind) -> Vec<String> {
    let network = PolicySet::load(&Selection::default()).expect("the policies load");
    let network: Vec<String> = network
        .policies
        .iter()
        .filter(|policy| policy.metadata.custom.profile == Profile::Network)
        .map(|policy| policy.id.clone())
        .collect();
    let mut said: Vec<String> = evaluation
        .findings
        .iter()
        .filter(|finding| finding.kind == kind && network.contains(&finding.policy))
        .map(|finding| format!("{}: {}", finding.policy, finding.message))
        .collect();
    said.sort();
    said
}

#[test]
fn a_restricted_registry_without_tasks_of_its_own() {
    let evaluation = evaluate(registry(json!({})));
    assert_eq!(said(&evaluation, ResultKind::Fail), [""; 0]);
    let main = "Registry azurerm_container_registry.main: tasks may exist that this source does not declare";
    assert_eq!(
        said(&evaluation, ResultKind::Unknown),
        [
            format!("agent-pool-outside-vnet: {main}, so whether its agent pools lead to it cannot be told."),
            format!("missing-service-tag-ips: {main}, so whether ACR Tasks are let in cannot be told."),
            "repository-permissions-ahead: Registry azurerm_container_registry.main: roleAssignmentMode is not known, so \
                what repository permissions would break cannot be told."
                .to_owned(),
            format!("task-cannot-reach-registry: {main}, so whether its tasks reach it cannot be told."),
            format!("task-credential-repeated: {main}, so whether its tasks' credentials are clear cannot be told."),
            format!("task-identity-overprivileged: {main}, so what its tasks' identities may do cannot be told."),
        ]
    );
}

#[test]
fn a_setting_that_is_not_known_says_why() {
    let note = "The variable `access` has no default and no value is given.";
    let file = Arc::new(TextFile::new("main.tf", "public_network_access_enabled = var.access\n"));
    let unknown = Node::unknown(note).or_span(&Span::new(&file, 32..42));
    let evaluation = evaluate(hidden(registry(json!({})), "publicNetworkAccess", unknown));
    let said = said(&evaluation, ResultKind::Unknown);
    let expected = "Registry azurerm_container_registry.main: publicNetworkAccess is not known, so whether ACR Tasks are let \
        in cannot be told. The variable `access` has no default and no value is given.";
    assert!(said.contains(&format!("missing-service-tag-ips: {expected}")), "{said:#?}");
    assert!(said.iter().all(|message| !message.contains("was not read")), "{said:#?}");
}

#[test]
fn rules_that_are_not_all_known_hide_no_denial_and_pass_for_none() {
    let rule = |value: &str| Node::from_json(json!({"action": "Allow", "value": value}));
    let rules =
        Node::new(NodeValue::List(vec![rule("2603:1030::/32"), Node::unknown("A data source."), rule("20.0.0.0/8")]));
    let mut rule_set = Node::from_json(json!({"defaultAction": "Deny", "virtualNetworkRules": []}));
    rule_set.set("ipRules", rules);
    let evaluation = evaluate(hidden(registry(json!({})), "networkRuleSet", rule_set));
    let denied: Vec<&str> =
        evaluation.findings.iter().filter(|f| f.kind == ResultKind::Fail).map(|f| f.policy.as_str()).collect();
    for policy in ["firewall-rule-too-broad", "ipv6-firewall-rule"] {
        assert!(denied.contains(&policy), "{denied:?}");
    }
    assert!(!denied.contains(&"missing-service-tag-ips"), "{denied:?}");
    let unknown = said(&evaluation, ResultKind::Unknown);
    for policy in [
        "firewall-quota",
        "firewall-rule-invalid",
        "firewall-rule-too-broad",
        "ipv6-firewall-rule",
        "missing-service-tag-ips",
    ] {
        let start = format!("{policy}: Registry azurerm_container_registry.main: its IP rules are not all known, so");
        assert!(unknown.iter().any(|message| message.starts_with(&start)), "{policy} in {unknown:#?}");
    }
}

#[test]
fn what_every_value_of_a_parameter_comes_to_is_certain() {
    let with = |name: &str, values: &[Value]| {
        let mut own = hidden(registry(json!({})), name, Node::unknown("The parameter `p` has no value here."));
        own.alternatives = values.iter().map(|value| registry(json!({ name: value }))).collect();
        own
    };
    let results = |registry: DeclaredRegistry, policy: &str| {
        let evaluation = evaluate(registry);
        let results = evaluation.findings.into_iter().filter(|finding| finding.policy == policy);
        results.map(|finding| (finding.kind, finding.message, finding.field)).collect::<Vec<_>>()
    };
    let access = "networkRuleSet";
    let set = |action: &str| json!({"defaultAction": action, "ipRules": [], "virtualNetworkRules": []});
    let policy = "public-network-access";
    let open = "Registry azurerm_container_registry.main accepts connections from every network: public network access is \
        Enabled and the firewall's default action is Allow. The commands shut out whoever is not on the list: add the \
        addresses of its other clients first.";
    let field = "/registry/properties/networkRuleSet/defaultAction".to_owned();
    let certain = results(with(access, &[set("Allow"), set("allow")]), policy);
    let [(ResultKind::Fail, message, at)] = &certain[..] else { panic!("{certain:?}") };
    assert_eq!((message.as_str(), at), (open, &field));
    let depends = format!("It depends on the value of a parameter whether this holds: {open}");
    assert_eq!(results(with(access, &[set("Deny"), set("Allow")]), policy), [(ResultKind::Unknown, depends, field)]);
    assert_eq!(results(with(access, &[set("Deny"), set("deny")]), policy), []);
    assert_eq!(results(with(access, &[set("Deny"), set("Odd")]), policy).len(), 1);
}
