//! One verdict a task: need, way, login and role in every combination, against an answer worked out apart.

use std::path::Path;

use acrscan::document::input;
use acrscan::evaluate::Evaluator;
use acrscan::model::finding::ScopeName;
use acrscan::model::inventory::{Inventory, Origin, RegistryRecord};
use acrscan::net::service_tags::ServiceTags;
use acrscan::policy::{PolicySet, Selection};
use acrscan::source::snapshot;
use serde_json::Value;

use crate::documents;

const LAST: &str = "task-cannot-reach-registry";

/// The policies of ways that were begun.
const BEGUN: [&str; 6] = [
    "agent-pool-outside-vnet",
    "bypass-task-default-auth",
    "bypass-task-without-credential",
    "bypass-task-without-role",
    "bypass-without-system-identity",
    "missing-service-tag-ips",
];

fn evaluator() -> Evaluator {
    Evaluator::new(&PolicySet::load(&Selection::default()).expect("the policies load")).expect("they compile")
}

fn tags() -> ServiceTags {
    snapshot::read(Path::new("fixtures/contoso")).expect("the demo").service_tags.expect("its tags")
}

fn record(id: String, document: &Value) -> RegistryRecord {
    RegistryRecord {
        scope: ScopeName::Subscription("5d1c7a8e-4b0f-4f6e-9c3a-2e71b8d0a9f4".to_owned()),
        id,
        document: document.to_string(),
        origin: Origin::Azure,
        alternatives: Vec::new(),
        secrets: Vec::new(),
    }
}

/// Code scanning takes two results of one fingerprint for one: a policy whose findings share a key would lose some.
#[test]
fn the_built_in_policies_keep_the_contract_of_results_on_every_document() {
    let documents = documents::generate(2000);
    let id =
        |index| format!("/subscriptions/s/resourceGroups/r/providers/Microsoft.ContainerRegistry/registries/r{index}");
    let registries = documents.iter().enumerate().map(|(index, document)| record(id(index), document));
    let inventory = Inventory { registries: registries.collect(), ..Inventory::default() };
    let evaluation = evaluator().evaluate(&inventory, &tags());
    let messages: Vec<_> = evaluation.notifications.iter().map(|note| note.message.as_str()).collect();
    assert!(messages.is_empty(), "{}", messages.join("\n"));
    assert!(evaluation.findings.len() > 2000);
}

/// Whoever has no way in, no login or no role is named by the one policy that gives the verdict; whoever has all of
/// them is not, and no other policy says of it that it is refused.
#[test]
fn every_combination_has_its_verdict() {
    let (evaluator, tags) = (evaluator(), tags());
    let ranges: Vec<String> = tags.region("eastus").expect("eastus").ipv4.iter().map(ToString::to_string).collect();
    let combinations = documents::paths::combinations();
    assert!(combinations.len() > 4000, "{}", combinations.len());
    let document = |combination: &documents::paths::Combination| {
        input::build(&record("contoso".to_owned(), &combination.document(&ranges)), &tags).expect("a document")
    };
    let documents: Vec<Value> = combinations.iter().map(document).collect();
    let mut wrong = Vec::new();
    for (combination, answers) in combinations.iter().zip(evaluator.answers(&documents)) {
        let said = |policy: &str, kind: &str| {
            let found =
                answers.policies[policy].as_ref().expect("no policy fails")[kind].as_array().expect("a set").clone();
            found.into_iter().filter(|finding| finding["key"] == "build").collect::<Vec<Value>>()
        };
        let answer = match (said(LAST, "deny").len(), said(LAST, "unknown").len()) {
            (1, 0) => "no",
            (0, 1) => "unknown",
            (0, 0) => "yes",
            _ => "several",
        };
        if answer != combination.answer() {
            wrong.push(format!("{answer}, not {}: {combination:?}", combination.answer()));
        }
        let tasks = answers.exposure.tasks.as_deref().unwrap_or_default();
        let verdicts: Vec<&str> =
            tasks.iter().filter(|task| task.name == "build").map(|t| t.reaches.as_str()).collect();
        if verdicts != [answer] {
            wrong.push(format!("the report has {verdicts:?}, the policy {answer}: {combination:?}"));
        }
        for policy in BEGUN.iter().filter(|_| answer == "yes") {
            for finding in said(policy, "deny") {
                let message = finding["msg"].as_str().expect("a message");
                let grave = finding["severity"] != "low" && *policy != "bypass-task-default-auth";
                let refused = ["refused", "cannot reach", "403", "shut out"].iter().any(|word| message.contains(word));
                if grave || refused {
                    wrong.push(format!("{policy}: {} {message}: {combination:?}", finding["severity"]));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {}:\n{}",
        wrong.len(),
        combinations.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
}
