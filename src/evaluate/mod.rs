//! Policies over registries: regorus and rayon live here.
//!
//! Each registry costs one query, of a rule generated at load that gathers what all policies say. A policy that fails on
//! a registry is found by asking the policies one by one: it costs that pair its result, and no other.

mod access;
mod alternatives;
mod engine;
mod redact;
mod results;
mod rewrite;

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::Value;

pub use self::access::{AccessEvaluator, Answer, Posture, Standing, TaskStanding};
pub use self::engine::{Backend, DocumentAnswers, EvaluationError, PolicyAnswer, Worker};

use self::engine::CompiledPolicies;
use self::results::Builder;
use crate::document::input;
use crate::model::finding::{Finding, Notification, RegistrySummary};
use crate::model::inventory::{Inventory, RegistryRecord};
use crate::net::service_tags::ServiceTags;
use crate::policy::{Policy, PolicyError, PolicySet};

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

/// Policies, compiled once.
pub struct Evaluator {
    prepared: CompiledPolicies,
}

impl Evaluator {
    /// Compiles a set of policies.
    ///
    /// # Errors
    /// Rego that parses and yet does not compile: an unsafe variable, a recursion, two rules in conflict.
    pub fn new(set: &PolicySet) -> Result<Evaluator, PolicyError> {
        Evaluator::with(set, Backend::VirtualMachine)
    }

    /// Compiles a set of policies for a backend of the caller's choice.
    ///
    /// # Errors
    /// As for [`Evaluator::new`].
    pub fn with(set: &PolicySet, backend: Backend) -> Result<Evaluator, PolicyError> {
        Ok(Evaluator { prepared: CompiledPolicies::new(set, backend)? })
    }

    /// Evaluates every policy over every registry, on all cores.
    pub fn evaluate(&self, inventory: &Inventory, tags: &ServiceTags) -> Evaluation {
        let parts: Vec<Evaluation> = inventory
            .registries
            .par_iter()
            .map_init(|| self.prepared.worker(), |worker, record| self.evaluate_one(worker, record, tags))
            .collect();
        let mut whole = Evaluation::default();
        for part in parts {
            whole.findings.extend(part.findings);
            whole.notifications.extend(part.notifications);
            whole.registries.extend(part.registries);
        }
        // A policy that is asked no more is reported once for each subscription.
        whole.notifications.sort();
        whole.notifications.dedup();
        whole
    }

    /// What every policy says of each of some input documents, one after the other on this thread: policy id to an
    /// object of `deny` and `unknown`; and how the registry stands.
    pub fn answers(&self, documents: &[Value]) -> Vec<DocumentAnswers> {
        let mut worker = self.prepared.worker();
        documents.iter().map(|document| self.prepared.evaluate(&mut worker, document)).collect()
    }

    /// What one thread evaluates with.
    pub fn worker(&self) -> Worker {
        self.prepared.worker()
    }

    /// Evaluates every policy over one registry.
    pub fn evaluate_one(&self, worker: &mut Worker, record: &RegistryRecord, tags: &ServiceTags) -> Evaluation {
        let mut builder = Builder::new(record);
        let documents = input::build(record, tags).and_then(|own| Ok((own, input::alternatives(record, tags)?)));
        match documents {
            Ok((document, alternatives)) => {
                let DocumentAnswers { policies: mut answers, exposure } = self.prepared.evaluate(worker, &document);
                let (mut others, exposures): (Vec<_>, Vec<_>) = alternatives
                    .iter()
                    .map(|other| self.prepared.evaluate(worker, other))
                    .map(|other| (other.policies, other.exposure))
                    .unzip();
                builder.summarise(&document, exposure.merge(&exposures));
                for policy in self.prepared.policies() {
                    let silent = || {
                        Err(EvaluationError::OnRegistry(format!("{}: it gave no result", policy.rule_location("deny"))))
                    };
                    let take = |said: &mut BTreeMap<_, _>| said.remove(&policy.id).unwrap_or_else(silent);
                    let own = take(&mut answers);
                    let others = others.iter_mut().map(take).collect();
                    builder.add(policy, merge_alternatives(policy, &document, own, &alternatives, others), &document);
                }
            }
            Err(error) => {
                for policy in self.prepared.policies() {
                    let fault = EvaluationError::OnRegistry(format!("the registry document is broken: {error}"));
                    builder.add(policy, Err(fault), &Value::Null);
                }
            }
        }
        let mut evaluation = builder.finish();
        redact::redact(&mut evaluation, &record.secrets);
        evaluation
    }
}

/// What a policy says of a registry, whichever of its alternatives it comes to.
fn merge_alternatives(
    policy: &Policy,
    document: &Value,
    own: PolicyAnswer,
    alternatives: &[Value],
    others: Vec<PolicyAnswer>,
) -> PolicyAnswer {
    if alternatives.is_empty() {
        return own;
    }
    let own = own?;
    let others = others.into_iter().collect::<Result<Vec<Value>, EvaluationError>>()?;
    let pairs: Vec<_> = alternatives.iter().zip(&others).collect();
    alternatives::merge((document, &own), &pairs)
        .map_err(|error| EvaluationError::OnRegistry(format!("{}: {error}", policy.rule_location("deny"))))
}
