//! The script of `fix`, run command by command against the documents with the semantics of `az`, read from its text alone:
//! nobody who got in is locked out by any command, what the script says that it mends is mended, and nothing new is found.

use std::collections::BTreeSet;
use std::path::Path;

use acrscan::document::input;
use acrscan::evaluate::{AccessEvaluator, Answer, Evaluator, Standing, Worker};
use acrscan::fix::{ClientRange, Judge, PlanOptions, ScriptFormat, plan, ranges, script};
use acrscan::model::finding::ResultKind;
use acrscan::model::inventory::{Origin, RegistryRecord};
use acrscan::net::service_tags::ServiceTags;
use acrscan::policy::{PolicySet, Selection};
use acrscan::source::snapshot;
use serde_json::{Value, json};

use crate::documents;

/// The words of a line, as bash splits it; a substitution stays as it stands.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut rest = line;
    while let Some(character) = rest.chars().next() {
        let mut taken = character.len_utf8();
        match character {
            ' ' => words.push(String::new()),
            '\'' => {
                let end = rest[1..].find('\'').expect("a quote ends");
                words.last_mut().expect("a word").push_str(&rest[1..=end]);
                taken = end + 2;
            }
            '"' => {
                assert!(rest.starts_with("\"$("), "{line}");
                let end = rest.find(")\"").expect("a substitution ends");
                words.last_mut().expect("a word").push_str(&rest[1..=end]);
                taken = end + 2;
            }
            '\\' => {
                words.last_mut().expect("a word").push_str(&rest[1..2]);
                taken = 2;
            }
            other => {
                assert!(!"$`|&;<>()#".contains(other), "{other} is not quoted: {line}");
                words.last_mut().expect("a word").push(other);
            }
        }
        rest = &rest[taken..];
    }
    words
}

/// The values of an option.
fn values<'a>(words: &'a [String], key: &str) -> Vec<&'a str> {
    let after = words.iter().skip_while(|word| *word != key).skip(1);
    after.take_while(|word| !word.starts_with("--")).map(String::as_str).collect()
}

fn named<'a>(document: &'a mut Value, list: &str, name: &str) -> &'a mut Value {
    let items = document[list].as_array_mut().unwrap_or_else(|| panic!("{list} were read"));
    items.iter_mut().find(|item| item["name"] == name).unwrap_or_else(|| panic!("{list} has {name}"))
}

fn merge(place: &mut Value, value: &Value) {
    match (place, value) {
        (Value::Object(members), Value::Object(others)) => {
            others.iter().for_each(|(name, value)| merge(members.entry(name.clone()).or_insert(Value::Null), value));
        }
        (place, value) => *place = value.clone(),
    }
}

fn role(name: &str) -> &'static str {
    match name {
        "AcrPull" => "7f951dda-4ed3-4680-a7ca-43fe172d538d",
        "AcrPush" => "8311e382-0749-4cb8-b61a-304f252e45ec",
        "AcrDelete" => "c2f4ef07-c644-48eb-af81-4b1b4947fb11",
        "Container Registry Repository Reader" => "b93aa761-3e63-49ed-ac28-beffa264f7ac",
        "Container Registry Repository Writer" => "2a1e307c-b015-4ebd-883e-5b7698a07328",
        "Container Registry Repository Contributor" => "2efddaa5-3f1f-4df3-97df-af3f13818f4c",
        "Container Registry Repository Catalog Lister" => "bfdb9389-c9a5-478a-bb2f-ba9ca092c3c7",
        "Container Registry Data Importer and Data Reader" => "577a9874-89fd-4f24-9dbd-b5034d0ad23a",
        other => panic!("which role is {other}?"),
    }
}

/// What `az` does.
fn az(document: &mut Value, line: &str) {
    let words = words(line);
    let option = |key: &str| match values(&words, key)[..] {
        [value] => Some(value),
        _ => None,
    };
    let need = |key: &str| option(key).unwrap_or_else(|| panic!("{line}: {key} has one value"));
    assert!(!need("--subscription").is_empty());
    let id = document["registry"]["id"].as_str().expect("an id").to_owned();
    let command: Vec<&str> = words.iter().map(String::as_str).take_while(|word| !word.starts_with("--")).collect();
    match command.join(" ").as_str() {
        "az acr task identity assign" => {
            let task = named(document, "tasks", need("--name"));
            let mut identity = json!({"type": "SystemAssigned", "principalId": format!("of-{}", need("--name"))});
            if let Some(principal) = task["identity"]["principalId"].as_str() {
                identity["principalId"] = json!(principal);
            }
            let assigned = values(&words, "--identities");
            assert!(assigned.contains(&"[system]"));
            for user in assigned.iter().filter(|user| **user != "[system]") {
                identity["type"] = json!("SystemAssigned, UserAssigned");
                let old = &task["identity"]["userAssignedIdentities"][*user];
                identity["userAssignedIdentities"][*user] = if old.is_null() { json!({}) } else { old.clone() };
            }
            let lost = task["identity"]["userAssignedIdentities"].as_object().into_iter().flatten();
            for (user, _) in lost {
                assert!(assigned.contains(&user.as_str()), "{line}: {user} is lost");
            }
            task["identity"] = identity;
        }
        "az role assignment create" => {
            let assignee = need("--assignee-object-id").to_owned();
            let principal = match assignee.strip_prefix("$(").and_then(|inner| inner.strip_suffix(')')) {
                None => assignee,
                Some(inner) => {
                    let inner = self::words(inner);
                    assert_eq!(inner[..4], ["az", "acr", "task", "show"]);
                    assert_eq!(values(&inner, "--query"), ["identity.principalId"]);
                    let task = named(document, "tasks", values(&inner, "--name")[0]);
                    task["identity"]["principalId"].as_str().unwrap_or_else(|| panic!("{line}: no identity")).to_owned()
                }
            };
            assert_eq!(need("--scope"), id);
            let list = document["role_assignments"].as_array_mut().expect("assignments were read");
            let number = list.len();
            list.push(json!({
                "id": format!("{id}/providers/Microsoft.Authorization/roleAssignments/new-{number}"),
                "properties": {
                    "roleDefinitionId": format!("/providers/Microsoft.Authorization/roleDefinitions/{}", role(need("--role"))),
                    "principalId": principal, "principalType": "ServicePrincipal", "scope": id,
                },
            }));
        }
        "az role assignment delete" => {
            let list = document["role_assignments"].as_array_mut().expect("assignments were read");
            let before = list.len();
            list.retain(|item| item["id"] != need("--ids"));
            assert_eq!(list.len() + 1, before, "{line}");
        }
        head @ ("az acr task credential add" | "az acr task credential update") => {
            let (name, server) = (need("--name"), need("--login-server"));
            assert_eq!(need("--use-identity"), "[system]");
            let held = |servers: &Value| {
                servers.as_object().into_iter().flatten().any(|(own, _)| own.eq_ignore_ascii_case(server))
            };
            let details = document["task_credentials"][name].clone();
            let task = named(document, "tasks", name);
            let has =
                held(&task["properties"]["credentials"]["customRegistries"]) || held(&details["custom_registries"]);
            assert_eq!(has, head.ends_with("update"), "{line}: the entry is there, or is not");
            let entry = json!({"credentials": {"customRegistries": {server: {"identity": "[system]"}}}});
            merge(&mut task["properties"], &entry);
            if details.is_object() {
                merge(&mut document["task_credentials"][name], &json!({"custom_registries": {server: "[system]"}}));
            }
        }
        "az acr task update" => {
            let name = need("--name");
            let details = document["task_credentials"][name].is_object();
            let task = named(document, "tasks", name);
            let (own, told) = match (option("--auth-mode"), option("--source-acr-auth-id"), option("--agent-pool")) {
                (Some(mode), None, None) => {
                    (json!({"credentials": {"sourceRegistry": {"loginMode": mode}}}), json!({"login_mode": mode}))
                }
                (None, Some(identity), None) => (
                    json!({"credentials": {"sourceRegistry": {"identity": identity}}}),
                    json!({"source_identity": identity}),
                ),
                (None, None, Some(pool)) => (json!({"agentPoolName": pool}), json!({})),
                _ => panic!("{line}: one change at a time"),
            };
            merge(&mut task["properties"], &own);
            if details {
                merge(&mut document["task_credentials"][name], &told);
            }
        }
        "az acr private-endpoint-connection approve" => {
            let list = &mut document["registry"]["properties"]["privateEndpointConnections"];
            let list = list.as_array_mut().expect("connections");
            let connection = list.iter_mut().find(|item| item["name"] == need("--name")).expect("the connection");
            connection["properties"]["privateLinkServiceConnectionState"]["status"] = json!("Approved");
        }
        "az acr agentpool update" => {
            named(document, "agent_pools", need("--name"))["properties"]["count"] =
                json!(need("--count").parse::<u64>().expect("a number"));
        }
        "az resource patch" => {
            assert_eq!(need("--ids"), id);
            let properties: Value = serde_json::from_str(need("--properties")).expect("JSON");
            merge(&mut document["registry"]["properties"], &properties);
        }
        other => panic!("what does {other} do?"),
    }
}

struct Checker {
    evaluator: Evaluator,
    access: AccessEvaluator,
    tags: ServiceTags,
}

impl Checker {
    fn new() -> Checker {
        let policies = PolicySet::load(&Selection::default()).expect("the policies load");
        Checker {
            evaluator: Evaluator::new(&policies).expect("they compile"),
            access: AccessEvaluator::new().expect("the library compiles"),
            tags: snapshot::read(Path::new("fixtures/contoso")).expect("the demo").service_tags.expect("its tags"),
        }
    }

    fn look(&self, worker: &mut Worker, record: &RegistryRecord) -> (Value, Standing) {
        let document = input::build(record, &self.tags).expect("a document");
        (document, self.access.standing(worker, record, &self.tags).expect("a standing"))
    }

    /// Runs the script of a registry; how many commands it has, and how many findings are mended and left.
    fn check(&self, record: &RegistryRecord) -> [usize; 3] {
        let judge = Judge { evaluator: &self.evaluator, access: &self.access, tags: &self.tags };
        let waived = BTreeSet::new();
        let options = PlanOptions { only: &[], prefer: None, waived: &waived, quota: 100 };
        let plan = plan(&judge, &mut judge.workers(), record, &options).expect("a plan");
        let text = script(std::slice::from_ref(&plan), ScriptFormat::Bash);
        let mut workers = (self.evaluator.worker(), self.access.worker());
        let findings = |worker: &mut Worker, record: &RegistryRecord| {
            let found = self.evaluator.evaluate_one(worker, record, &self.tags).findings;
            found.into_iter().map(|finding| (finding.fingerprint, finding.kind)).collect::<BTreeSet<_>>()
        };
        let known = findings(&mut workers.0, record);
        let mut document: Value = serde_json::from_str(&record.document).expect("JSON");
        let mut before = self.look(&mut workers.1, record);
        let rules: Vec<_> = ranges(&before.0, &before.1).into_iter().filter(|net| net.prefix_len() >= 16).collect();
        let mut commands = 0;
        for line in text.lines().filter(|line| line.starts_with("az ")) {
            commands += 1;
            az(&mut document, line);
            let changed = RegistryRecord { document: document.to_string(), ..record.clone() };
            let after = self.look(&mut workers.1, &changed);
            for task in before.1.tasks.iter().filter(|task| task.answer == Answer::Yes) {
                let now = after.1.tasks.iter().find(|other| other.field == task.field).expect("the task");
                assert_eq!(now.answer, Answer::Yes, "{}: {line}\nlocks out {}\n{text}", record.id, task.task);
            }
            let [was, is] = [&before, &after].map(|(document, standing)| ClientRange::new(document, standing));
            for range in rules.iter().filter(|range| was.lets_in(**range) == Answer::Yes) {
                assert_eq!(is.lets_in(*range), Answer::Yes, "{}: {line}\nshuts out {range}\n{text}", record.id);
            }
            before = after;
        }
        let changed = RegistryRecord { document: document.to_string(), ..record.clone() };
        let left = findings(&mut workers.0, &changed);
        for mended in &plan.mended {
            let there = left.iter().any(|(fingerprint, _)| *fingerprint == mended.fingerprint);
            assert!(!there, "{}: {} is left\n{text}", record.id, mended.policy);
        }
        for (fingerprint, kind) in &left {
            let new = !known.iter().any(|(other, _)| other == fingerprint);
            assert!(!(new && *kind == ResultKind::Fail), "{}: a finding is new\n{text}", record.id);
        }
        // Once more: there is nothing left that it would mend.
        let again = self::plan_of(&judge, &changed, &options);
        assert!(again.is_empty(), "{}: it does not end: {again:?}\n{text}", record.id);
        [commands, plan.mended.len(), plan.left.len()]
    }
}

fn plan_of(judge: &Judge, record: &RegistryRecord, options: &PlanOptions) -> Vec<String> {
    let plan = plan(judge, &mut judge.workers(), record, options).expect("a plan");
    let text = script(&[plan], ScriptFormat::Bash);
    text.lines().filter(|line| line.starts_with("az ")).map(str::to_owned).collect()
}

#[test]
fn the_demo_is_mended_and_nobody_is_locked_out() {
    let checker = Checker::new();
    let demo = snapshot::read(Path::new("fixtures/contoso")).expect("the demo").inventory;
    let mut totals = [0; 3];
    for record in &demo.registries {
        let counts = checker.check(record);
        totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    }
    assert!(totals[0] >= 20 && totals[1] >= 25, "{totals:?}");
}

#[test]
fn generated_registries_are_mended_and_nobody_is_locked_out() {
    let checker = Checker::new();
    let tag = checker.tags.region("eastus").expect("eastus");
    let tag: Vec<String> = tag.ipv4.iter().map(ToString::to_string).collect();
    let combinations = documents::paths::combinations();
    let mut totals = [0; 3];
    for combination in combinations.iter().step_by(combinations.len() / 200) {
        let document = combination.document(&tag);
        let record = RegistryRecord {
            scope: acrscan::model::finding::ScopeName::Subscription("5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4".to_owned()),
            id: document["registry"]["id"].as_str().expect("an id").to_owned(),
            document: document.to_string(),
            origin: Origin::Azure,
            alternatives: Vec::new(),
            secrets: Vec::new(),
        };
        let counts = checker.check(&record);
        totals.iter_mut().zip(counts).for_each(|(total, count)| *total += count);
    }
    assert!(totals[0] > 100 && totals[1] > 100, "{totals:?}");
}
