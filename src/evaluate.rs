//! Policies over registries: regorus and rayon live here.
//!
//! One engine is prepared once and cloned for each worker; each registry costs one query, of a module generated here
//! that gathers what all policies say. A policy that fails on a registry is found by asking the policies one by one:
//! it costs that pair its result, and no other.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rayon::prelude::*;
use regorus::Engine;
use regorus::utils::limits::ExecutionTimerConfig;
use serde_json::{Map, Value};

use crate::finding::{Finding, Kind, Level, Location, Notification, RegistrySummary, Severity, fingerprint};
use crate::input;
use crate::inventory::{Inventory, Origin, RegistryRecord};
use crate::json_text::JsonText;
use crate::policy::{INPUT_MEMBERS, Policy, PolicyError, PolicySet};
use crate::service_tags::ServiceTags;

/// What one registry's evaluation may take. Policies are meant to take well under a millisecond.
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The generated module's rule: policy id to what that policy says.
const AGGREGATE: &str = "data.acrscan_aggregate.results";

/// What a policy says of one registry, before it is checked.
type Verdict = Result<Value, String>;

/// What all policies say of all registries.
#[derive(Debug, Default)]
pub struct Evaluation {
    /// Sorted by registry, worst first.
    pub findings: Vec<Finding>,
    /// A policy that failed on a registry.
    pub notifications: Vec<Notification>,
    /// One for each registry, in the inventory's order.
    pub registries: Vec<RegistrySummary>,
}

/// Prepared policies.
pub struct Evaluator {
    engine: Engine,
    policies: Vec<Policy>,
}

impl Evaluator {
    /// Compiles a set of policies.
    ///
    /// # Errors
    /// Rego that parses and yet does not compile: an unsafe variable, a recursion, two rules in conflict.
    pub fn new(set: &PolicySet) -> Result<Evaluator, PolicyError> {
        let mut engine = Engine::new();
        // A built-in that fails must be heard of: undefined, it would be a policy that does not fire.
        engine.set_strict_builtin_errors(true);
        let check_interval = NonZeroU32::new(1000).unwrap_or(NonZeroU32::MIN);
        engine.set_execution_timer_config(ExecutionTimerConfig { limit: TIME_LIMIT, check_interval });
        let refused = |error: anyhow::Error| PolicyError::Compile(format!("{error:#}").trim().to_owned());
        for module in &set.modules {
            engine.add_policy(module.path.clone(), module.rego.clone()).map_err(refused)?;
        }
        engine.add_policy("aggregate.rego".to_owned(), aggregate(&set.policies)).map_err(refused)?;
        let data = serde_json::json!({ "parameters": set.default_parameters() });
        engine.add_data(regorus::Value::from(data)).map_err(refused)?;
        engine.compile_with_entrypoint(&AGGREGATE.into()).map_err(refused)?;
        Ok(Evaluator { engine, policies: set.policies.clone() })
    }

    /// Evaluates every policy over every registry, on all cores.
    pub fn evaluate(&self, inventory: &Inventory, tags: &ServiceTags) -> Evaluation {
        let parts: Vec<Evaluation> = inventory
            .registries
            .par_iter()
            .map_init(|| self.engine.clone(), |engine, record| self.evaluate_one(engine, record, tags))
            .collect();
        let mut whole = Evaluation::default();
        for part in parts {
            whole.findings.extend(part.findings);
            whole.notifications.extend(part.notifications);
            whole.registries.extend(part.registries);
        }
        whole
    }

    fn evaluate_one(&self, engine: &mut Engine, record: &RegistryRecord, tags: &ServiceTags) -> Evaluation {
        let mut builder = Builder::new(record);
        match input::build(record, tags) {
            Ok(document) => {
                builder.summarise(&document);
                let mut verdicts = self.query(engine, &document);
                for policy in &self.policies {
                    let verdict = verdicts.remove(&policy.id).unwrap_or_else(|| Err("it gave no result".to_owned()));
                    builder.add(policy, verdict);
                }
            }
            Err(error) => {
                for policy in &self.policies {
                    builder.add(policy, Err(format!("the registry document is broken: {error}")));
                }
            }
        }
        builder.finish()
    }

    /// Asks all policies at once; where that fails, one by one, to know which it was.
    fn query(&self, engine: &mut Engine, document: &Value) -> BTreeMap<String, Verdict> {
        let input = regorus::Value::from(document.clone());
        if let Ok(Value::Object(results)) = self.eval(engine, &input, AGGREGATE) {
            return results.into_iter().map(|(id, said)| (id, Ok(said))).collect();
        }
        let one = |policy: &Policy| {
            let mut engine = self.engine.clone();
            let mut said = Map::new();
            for rule in ["deny", "unknown"] {
                let result = self.eval(&mut engine, &input, &format!("data.acr.{}.{rule}", policy.name))?;
                said.insert(rule.to_owned(), result);
            }
            Ok(Value::Object(said))
        };
        self.policies.iter().map(|policy| (policy.id.clone(), one(policy))).collect()
    }

    fn eval(&self, engine: &mut Engine, input: &regorus::Value, rule: &str) -> Verdict {
        engine.set_input(input.clone());
        // A few built-ins panic on odd arguments. The engine is in no known state then, and is replaced.
        match catch_unwind(AssertUnwindSafe(|| engine.eval_rule(rule.to_owned()))) {
            Ok(Ok(value)) => serde_json::to_value(&value).map_err(|error| error.to_string()),
            Ok(Err(error)) => Err(one_line(&error.to_string())),
            Err(_) => {
                *engine = self.engine.clone();
                Err("the policy engine panicked".to_owned())
            }
        }
    }
}

/// The engine's excerpt with a caret, as `file:line:column: message`.
fn one_line(text: &str) -> String {
    let place = text.lines().find_map(|line| line.trim().strip_prefix("--> "));
    let error = text.lines().find_map(|line| line.trim().strip_prefix("error: "));
    match (place, error) {
        (Some(place), Some(error)) => format!("{place}: {error}"),
        _ => text.split_whitespace().collect::<Vec<_>>().join(" "),
    }
}

/// One object of everything. Where a policy's rules are undefined so is the object, and the policies are asked singly.
fn aggregate(policies: &[Policy]) -> String {
    let member = |Policy { id, name, .. }: &Policy| {
        format!("\t\"{id}\": {{\"deny\": data.acr.{name}.deny, \"unknown\": data.acr.{name}.unknown}},\n")
    };
    let members: String = policies.iter().map(member).collect();
    format!("package acrscan_aggregate\n\nresults := {{\n{members}}}\n")
}

/// Turns what policies say of one registry into findings.
struct Builder<'a> {
    record: &'a RegistryRecord,
    /// Parsed for the first finding only: most registries have none to place.
    text: Option<JsonText<'a>>,
    evaluation: Evaluation,
}

impl<'a> Builder<'a> {
    fn new(record: &'a RegistryRecord) -> Builder<'a> {
        Builder { record, text: None, evaluation: Evaluation::default() }
    }

    fn summarise(&mut self, document: &Value) {
        let text = |pointer: &str| document.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        self.evaluation.registries.push(RegistrySummary {
            scope: self.record.subscription.clone(),
            resource: self.record.id.clone(),
            location: text("/registry/location"),
            sku: text("/registry/sku/name"),
        });
    }

    fn add(&mut self, policy: &Policy, verdict: Verdict) {
        let said = match verdict {
            Ok(said) => said,
            Err(error) => return self.failed(policy, &error),
        };
        for (rule, kind) in [("deny", Kind::Fail), ("unknown", Kind::Unknown)] {
            let Some(items) = said[rule].as_array() else {
                self.failed(policy, &format!("`{rule}` is not a set"));
                continue;
            };
            for item in items {
                match check(item) {
                    Ok(()) => self.push(policy, kind, item),
                    Err(error) => self.failed(policy, &format!("{}: `{rule}` gave a result {error}", policy.file)),
                }
            }
        }
    }

    /// The policy's own fault: told as an error, and as an unknown result, for the registry did not pass.
    fn failed(&mut self, policy: &Policy, error: &str) {
        let name = self.record.id.rsplit('/').next().unwrap_or_default();
        self.evaluation.notifications.push(Notification {
            scope: Some(self.record.subscription.clone()),
            resource: Some(self.record.id.clone()),
            policy: Some(policy.id.clone()),
            level: Level::Error,
            message: format!("policy {} failed on registry {name}: {error}", policy.id),
        });
        let msg = format!("Policy {} could not be evaluated on registry {name}, so nothing is known.", policy.id);
        self.push(policy, Kind::Unknown, &serde_json::json!({ "msg": msg, "field": "/registry" }));
    }

    fn push(&mut self, policy: &Policy, kind: Kind, item: &Value) {
        let text = |member: &str| item[member].as_str().map(str::to_owned);
        let field = text("field").unwrap_or_default();
        let key = text("key");
        let location = self.locate(&field);
        let fix = item["fix"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned);
        self.evaluation.findings.push(Finding {
            policy: policy.id.clone(),
            kind,
            severity: text("severity")
                .and_then(|word| Severity::parse(&word))
                .unwrap_or(policy.metadata.custom.severity),
            message: text("msg").unwrap_or_default(),
            scope: self.record.subscription.clone(),
            resource: self.record.id.clone(),
            location,
            fingerprint: fingerprint(&policy.id, &self.record.id, key.as_deref().unwrap_or(&field)),
            field,
            key,
            evidence: item["evidence"].clone(),
            fix: fix.collect(),
        });
    }

    fn locate(&mut self, field: &str) -> Location {
        match &self.record.origin {
            Origin::Azure => Location::Live,
            Origin::Snapshot { path } => {
                let text = self.text.get_or_insert_with(|| JsonText::parse(&self.record.document));
                Location::File { path: path.clone(), region: text.region(input::as_written(field)) }
            }
        }
    }

    fn finish(mut self) -> Evaluation {
        let order = |finding: &Finding| {
            let key = (finding.key.clone(), finding.field.clone(), finding.message.clone());
            (finding.kind, std::cmp::Reverse(finding.severity), finding.policy.clone(), key)
        };
        self.evaluation.findings.sort_by_cached_key(order);
        // One rule written twice is one finding: code scanning would merge the two anyway.
        let mut seen = std::collections::HashSet::new();
        self.evaluation.findings.retain(|finding| seen.insert(finding.fingerprint.clone()));
        self.evaluation.notifications.sort();
        self.evaluation
    }
}

/// Holds a result to the policy contract.
fn check(item: &Value) -> Result<(), String> {
    let Some(members) = item.as_object() else { return Err(format!("that is not an object: {item}")) };
    for name in members.keys() {
        if !["msg", "field", "key", "evidence", "fix", "severity"].contains(&name.as_str()) {
            return Err(format!("with an unknown member {name:?}: {item}"));
        }
    }
    if members.get("msg").and_then(Value::as_str).is_none_or(str::is_empty) {
        return Err(format!("without a text in \"msg\": {item}"));
    }
    let Some(field) = members.get("field").and_then(Value::as_str) else {
        return Err(format!("without a JSON pointer in \"field\": {item}"));
    };
    let top = field.strip_prefix('/').map(|rest| rest.split('/').next().unwrap_or(rest));
    if top.is_none_or(|top| !INPUT_MEMBERS.contains(&top)) {
        return Err(format!("whose \"field\" points at nothing in the input document: {item}"));
    }
    let wrong = match members {
        _ if members.get("key").is_some_and(|key| !key.is_string()) => "\"key\" is not a string",
        _ if members.get("evidence").is_some_and(|evidence| !evidence.is_object()) => "\"evidence\" is not an object",
        _ if members.get("fix").is_some_and(|fix| !fix.as_array().is_some_and(|f| f.iter().all(Value::is_string))) => {
            "\"fix\" is not a list of commands"
        }
        _ if members.get("severity").is_some_and(|word| word.as_str().and_then(Severity::parse).is_none()) => {
            "\"severity\" is not a severity"
        }
        _ => return Ok(()),
    };
    Err(format!("whose {wrong}: {item}"))
}
