//! Who gets in: what `data.lib.access` says of a registry, for whoever asks what a change would break. No finding rests on
//! it, and a scan does not pay for it.

use regorus::Engine;
use serde::Deserialize as _;
use serde_json::Value;

use super::engine::{CompiledPolicies, VirtualMachine, Worker, compile_error};
use crate::document::input;
use crate::model::inventory::RegistryRecord;
use crate::net::service_tags::ServiceTags;
use crate::policy::limits::timer;
use crate::policy::{Module, PolicyError, builtin_libraries};

const STANDING: &str = "data.lib.access.standing";

/// Whether somebody gets in, as far as was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// For sure.
    Yes,
    /// For sure not.
    No,
    /// It cannot be told.
    Unknown,
}

impl Answer {
    /// The lower-case word.
    pub fn as_str(self) -> &'static str {
        match self {
            Answer::Yes => "yes",
            Answer::No => "no",
            Answer::Unknown => "unknown",
        }
    }

    /// Whether going from this answer to another takes something from whoever had it.
    pub fn loses_to(self, after: Answer) -> bool {
        match self {
            Answer::Yes => after != Answer::Yes,
            Answer::Unknown => after == Answer::No,
            Answer::No => false,
        }
    }
}

/// Whom a registry's public endpoint lets in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Posture {
    /// Everybody.
    Open,
    /// Those whom a firewall rule lets in.
    Selected,
    /// Nobody.
    Closed,
    /// It was not read.
    Unknown,
}

/// How one enabled task stands.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct TaskStanding {
    /// Its name.
    pub task: String,
    /// Where it is in the document, as a JSON pointer.
    pub field: String,
    /// Whether it reaches its registry and may do there what its steps need.
    pub answer: Answer,
    /// The way it takes, where that is sure.
    pub way: Option<String>,
    /// Why the answer is as it is.
    pub reason: String,
}

/// How a registry stands.
#[derive(Debug, Clone, PartialEq, serde::Deserialize)]
pub struct Standing {
    /// Whom the public endpoint lets in.
    pub posture: Posture,
    /// Whether a firewall rule may be there that was not read.
    pub rules_may_hold_more: bool,
    /// Why the list of tasks does not answer for all of them.
    pub tasks_unread: Option<String>,
    /// Every task that is enabled, or may be.
    pub tasks: Vec<TaskStanding>,
    /// Whether any virtual network leads there.
    pub endpoints: Answer,
    /// The rules that admit nobody, as no public client comes from there.
    pub nobody: Vec<String>,
}

/// Asks how registries stand.
pub struct AccessEvaluator {
    engine: Engine,
    machine: Option<VirtualMachine>,
}

impl AccessEvaluator {
    /// Compiles the library.
    ///
    /// # Errors
    /// The library does not compile, which the tests would have shown.
    pub fn new() -> Result<AccessEvaluator, PolicyError> {
        let modules: Vec<Module> = builtin_libraries().filter(|module| !module.is_test()).collect();
        let mut engine = Engine::new();
        engine.set_strict_builtin_errors(true);
        engine.set_execution_timer_config(timer());
        for module in &modules {
            engine.add_policy(module.path.clone(), module.rego.clone()).map_err(compile_error)?;
        }
        let data = regorus::Value::from(serde_json::json!({ "parameters": {} }));
        engine.add_data(data.clone()).map_err(compile_error)?;
        engine.compile_with_entrypoint(&STANDING.into()).map_err(compile_error)?;
        let machine = VirtualMachine::compile(&modules, None, STANDING, data);
        Ok(AccessEvaluator { engine, machine })
    }

    /// What one thread asks with.
    pub fn worker(&self) -> Worker {
        CompiledPolicies::worker_of(&self.engine, self.machine.as_ref())
    }

    /// How a registry stands; where it may come to one of several documents, what they agree on.
    ///
    /// # Errors
    /// The document is broken, or the library fails on it.
    pub fn standing(
        &self,
        worker: &mut Worker,
        record: &RegistryRecord,
        tags: &ServiceTags,
    ) -> anyhow::Result<Standing> {
        let mut own = self.ask(worker, &input::build(record, tags)?)?;
        let others = input::alternatives(record, tags)?;
        let others = others.iter().map(|other| self.ask(worker, other)).collect::<anyhow::Result<Vec<Standing>>>()?;
        if let Some(first) = others.first() {
            if others.iter().all(|other| other.posture == first.posture) {
                own.posture = first.posture;
            }
            for task in own.tasks.iter_mut().filter(|task| task.answer == Answer::Unknown) {
                let of = |standing: &Standing| standing.tasks.iter().find(|other| other.task == task.task).cloned();
                let found: Option<Vec<TaskStanding>> = others.iter().map(of).collect();
                if let Some(agreed) = found.filter(|found| found.iter().all(|other| other.answer == found[0].answer)) {
                    *task = agreed[0].clone();
                }
            }
        }
        Ok(own)
    }

    fn ask(&self, worker: &mut Worker, document: &Value) -> anyhow::Result<Standing> {
        let input = regorus::Value::deserialize(document)?;
        let answer = worker.ask(&self.engine, self.machine.as_ref(), &input, STANDING).map_err(anyhow::Error::msg)?;
        Ok(serde_json::from_value(answer)?)
    }
}
