//! How a policy is asked: regorus' virtual machine for the policies that ship with the binary, its interpreter for the
//! user's own, and for whatever the machine does not take.
//!
//! The machine is about four times as fast, and younger: it does not make an error of a built-in that fails, and takes
//! less of the language. The built-in policies are held by the tests to say the same on both and on OPA; a user's are
//! not, and a result that goes missing there would be a pass.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};

use regorus::languages::rego::compiler::Compiler;
use regorus::rvm::program::Program;
use regorus::rvm::vm::RegoVM;
use regorus::{CompiledPolicy, Engine};
use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::rewrite::rewrite;
use crate::model::exposure::Exposure;
use crate::policy::engine_message::{is_timeout, names_a_file, one_line};
use crate::policy::limits::{TIME_LIMIT, timer};
use crate::policy::{Module, Policy, PolicyError, PolicySet, parameters};

/// The machine's own budget; the time limit is meant to strike first.
const MAX_INSTRUCTIONS: usize = 1_000_000_000;

/// The generated rules: policy id to what that policy says, of the built-in policies and of the user's.
const BUILTIN: &str = "data.acrscan_aggregate.builtin";
const USERS: &str = "data.acrscan_aggregate.users";

/// The library's rule that tells how a registry stands, and its member of the built-in policies' aggregate: no policy's id.
const EXPOSURE: &str = "data.lib.exposure.facts";
const EXPOSURE_MEMBER: &str = "";

/// What a policy says of one registry, before it is checked; or why it could not.
pub type PolicyAnswer = Result<Value, EvaluationError>;

/// What is said of one document.
pub struct DocumentAnswers {
    /// By policy id.
    pub policies: BTreeMap<String, PolicyAnswer>,
    /// All unknown where it cannot be told.
    pub exposure: Exposure,
}

/// Why a policy says nothing. The text names file and line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvaluationError {
    /// It failed on this registry.
    #[error("{0}")]
    OnRegistry(String),
    /// It is not asked of any registry: it cannot be, or took too long once.
    #[error("{0}")]
    Disabled(String),
}

/// Which of regorus' two ways to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    /// The virtual machine for the built-in policies, the interpreter for all others.
    VirtualMachine,
    /// The interpreter for all.
    Interpreter,
}

/// Compiled policies, to be shared by all workers.
pub struct CompiledPolicies {
    policies: Vec<Policy>,
    engine: Engine,
    machine: Option<VirtualMachine>,
    /// For each policy, why it is not asked any more.
    stopped: Vec<OnceLock<String>>,
}

pub struct VirtualMachine {
    compiled: CompiledPolicy,
    program: Arc<Program>,
    data: regorus::Value,
}

/// What one thread evaluates with.
pub struct Worker {
    engine: Engine,
    vm: Option<RegoVM>,
}

impl CompiledPolicies {
    pub fn new(set: &PolicySet, backend: Backend) -> Result<CompiledPolicies, PolicyError> {
        let mut engine = Engine::new();
        // A built-in that fails must be heard of: undefined, it would be a policy that does not fire.
        engine.set_strict_builtin_errors(true);
        engine.set_execution_timer_config(timer());
        for module in &set.modules {
            engine.add_policy(module.path.clone(), module.rego.clone()).map_err(compile_error)?;
        }
        engine.add_policy("aggregate.rego".to_owned(), aggregates(&set.policies, "")).map_err(compile_error)?;
        let data = regorus::Value::from(serde_json::json!({ "parameters": parameters(&set.policies) }));
        let mut whole = set.data.clone();
        whole["parameters"] = parameters(&set.policies);
        engine.add_data(regorus::Value::from(whole)).map_err(compile_error)?;
        engine.compile_with_entrypoint(&USERS.into()).map_err(compile_error)?;
        let machine = match backend {
            Backend::VirtualMachine => {
                let builtin: Vec<Policy> = set.policies.iter().filter(|policy| policy.builtin).cloned().collect();
                let more = format!("\t\"{EXPOSURE_MEMBER}\": {EXPOSURE},\n");
                VirtualMachine::compile(&set.modules, Some(aggregates(&builtin, &more)), BUILTIN, data)
            }
            Backend::Interpreter => None,
        };
        let stopped = set.policies.iter().map(|policy| policy.fault.clone().map_or_else(OnceLock::new, OnceLock::from));
        Ok(CompiledPolicies { policies: set.policies.clone(), engine, machine, stopped: stopped.collect() })
    }

    pub fn policies(&self) -> &[Policy] {
        &self.policies
    }

    pub fn worker(&self) -> Worker {
        CompiledPolicies::worker_of(&self.engine, self.machine.as_ref())
    }

    pub fn worker_of(engine: &Engine, machine: Option<&VirtualMachine>) -> Worker {
        Worker { engine: engine.clone(), vm: machine.and_then(VirtualMachine::start) }
    }

    /// Asks all policies of one document.
    pub fn evaluate(&self, worker: &mut Worker, document: &Value) -> DocumentAnswers {
        let input = match regorus::Value::deserialize(document) {
            Ok(input) => input,
            Err(error) => {
                let fault = EvaluationError::OnRegistry(format!("the engine cannot take the input document: {error}"));
                let policies = self.policies.iter().map(|policy| (policy.id.clone(), Err(fault.clone()))).collect();
                return DocumentAnswers { policies, exposure: Exposure::default() };
            }
        };
        let mut answers = BTreeMap::new();
        let mut exposure = None;
        for (rule, builtin) in [(BUILTIN, true), (USERS, false)] {
            let group = || self.policies.iter().zip(&self.stopped).filter(|(policy, _)| policy.builtin == builtin);
            let mut asked = group().filter(|(policy, _)| policy.fault.is_none()).peekable();
            // A policy that took too long once would take the whole group's time again.
            let together = (builtin || asked.peek().is_some()) && asked.all(|(_, stopped)| stopped.get().is_none());
            let mut results = together.then(|| self.evaluate_group(worker, &input, rule, builtin)).flatten();
            exposure = exposure.or(results.as_mut().and_then(|results| results.remove(EXPOSURE_MEMBER)));
            answers.extend(results.into_iter().flatten().map(|(id, said)| (id, Ok(said))));
            for (policy, stopped) in group() {
                if !answers.contains_key(&policy.id) {
                    let answer = self.evaluate_policy(&mut worker.engine, policy, stopped, &input);
                    answers.insert(policy.id.clone(), answer);
                }
            }
        }
        let exposure = exposure.or_else(|| interpret(&self.engine, &mut worker.engine, &input, EXPOSURE).ok());
        let exposure = exposure.and_then(|facts| serde_json::from_value(facts).ok()).unwrap_or_default();
        DocumentAnswers { policies: answers, exposure }
    }

    /// One query for many policies; nothing where any of them fails.
    fn evaluate_group(
        &self,
        worker: &mut Worker,
        input: &regorus::Value,
        rule: &str,
        builtin: bool,
    ) -> Option<Map<String, Value>> {
        let result = match worker.vm.is_some() && builtin {
            true => worker.run_machine(self.machine.as_ref(), input, rule),
            false => interpret(&self.engine, &mut worker.engine, input, rule).ok(),
        };
        match result {
            Some(Value::Object(results)) => Some(results),
            _ => None,
        }
    }

    /// The interpreter on one policy: who failed, and why.
    fn evaluate_policy(
        &self,
        engine: &mut Engine,
        policy: &Policy,
        stopped: &OnceLock<String>,
        input: &regorus::Value,
    ) -> PolicyAnswer {
        let mut said = Map::new();
        for rule in ["deny", "unknown"] {
            if let Some(why) = stopped.get() {
                return Err(EvaluationError::Disabled(why.clone()));
            }
            let failed = |error: String| match names_a_file(&error) {
                true => error,
                false => format!("{}: {error}", policy.rule_location(rule)),
            };
            match interpret(&self.engine, engine, input, &format!("data.acr.{}.{rule}", policy.name)) {
                Ok(result) => drop(said.insert(rule.to_owned(), result)),
                // The same words for each registry, whichever was the first.
                Err(error) if is_timeout(&error) => {
                    let limit = TIME_LIMIT.as_secs();
                    let why = format!("`{rule}` takes more than {limit} seconds; the policy is not asked any more");
                    let _ = stopped.set(format!("{}: {why}", policy.rule_location(rule)));
                }
                Err(error) => return Err(EvaluationError::OnRegistry(failed(error))),
            }
        }
        match stopped.get() {
            Some(why) => Err(EvaluationError::Disabled(why.clone())),
            None => Ok(Value::Object(said)),
        }
    }
}

impl Worker {
    /// One query of the machine; nothing where it fails.
    fn run_machine(&mut self, machine: Option<&VirtualMachine>, input: &regorus::Value, rule: &str) -> Option<Value> {
        let vm = self.vm.as_mut()?;
        let run = AssertUnwindSafe(|| {
            vm.set_input(input.clone());
            vm.execute_entry_point_by_name(rule)
        });
        let result = catch_unwind(run).ok().and_then(Result::ok);
        if result.is_none() {
            // After an error or a panic the machine is in no known state.
            self.vm = machine.and_then(VirtualMachine::start);
        }
        result.and_then(|value| serde_json::to_value(&value).ok())
    }

    /// One query of the machine, or of the interpreter where that does not answer.
    pub fn ask(
        &mut self,
        compiled: &Engine,
        machine: Option<&VirtualMachine>,
        input: &regorus::Value,
        rule: &str,
    ) -> Result<Value, String> {
        match self.run_machine(machine, input, rule) {
            Some(answer) if answer.is_object() => Ok(answer),
            _ => interpret(compiled, &mut self.engine, input, rule),
        }
    }
}

/// `compiled` takes the place of an engine that failed.
fn interpret(compiled: &Engine, engine: &mut Engine, input: &regorus::Value, rule: &str) -> Result<Value, String> {
    engine.set_input(input.clone());
    // A few built-ins panic on odd arguments. The engine is in no known state after that or an error, and is replaced.
    let error = match catch_unwind(AssertUnwindSafe(|| engine.eval_rule(rule.to_owned()))) {
        Ok(Ok(value)) => return serde_json::to_value(&value).map_err(|error| error.to_string()),
        Ok(Err(error)) => one_line(&error.to_string()),
        Err(_) => "the policy engine panicked".to_owned(),
    };
    *engine = compiled.clone();
    Err(error)
}

impl VirtualMachine {
    /// Nothing where the machine cannot take one of the policies; the interpreter takes all of them.
    pub fn compile(
        modules: &[Module],
        aggregate: Option<String>,
        entry: &str,
        data: regorus::Value,
    ) -> Option<VirtualMachine> {
        let mut engine = Engine::new();
        for module in modules.iter().filter(|module| module.builtin) {
            engine.add_policy(module.path.clone(), rewrite(&module.rego)).ok()?;
        }
        if let Some(aggregate) = aggregate {
            engine.add_policy("aggregate.rego".to_owned(), aggregate).ok()?;
        }
        engine.add_data(data.clone()).ok()?;
        let compiled = engine.compile_with_entrypoint(&entry.into()).ok()?;
        let program = Compiler::compile_from_policy(&compiled, &[entry]).ok()?;
        Some(VirtualMachine { compiled, program, data })
    }

    fn start(&self) -> Option<RegoVM> {
        let mut vm = RegoVM::new_with_policy(self.compiled.clone());
        vm.set_max_instructions(MAX_INSTRUCTIONS);
        vm.set_strict_builtin_errors(true);
        vm.set_execution_timer_config(Some(timer()));
        vm.load_program(Arc::clone(&self.program));
        vm.set_data(self.data.clone()).ok()?;
        Some(vm)
    }
}

pub fn compile_error(error: anyhow::Error) -> PolicyError {
    PolicyError::Compile(one_line(&error.to_string()))
}

/// One object for each group, that of the built-in policies with some more members. Where a policy's rules are undefined
/// so is the object, and the policies are asked singly.
///
/// How a registry stands is asked of the machine with the rest, for it shares what the policies come to; on the
/// interpreter what is asked first may change what is said next, so it is asked by itself there.
fn aggregates(policies: &[Policy], more: &str) -> String {
    let member = |Policy { id, name, .. }: &Policy| {
        format!("\t\"{id}\": {{\"deny\": data.acr.{name}.deny, \"unknown\": data.acr.{name}.unknown}},\n")
    };
    let object = |rule: &str, builtin: bool| {
        let asked = policies.iter().filter(|policy| policy.builtin == builtin && policy.fault.is_none());
        let members: String = asked.map(member).collect();
        let more = if builtin { more } else { "" };
        format!("\n{rule} := {{\n{members}{more}}}\n")
    };
    format!("package acrscan_aggregate\n{}{}", object("builtin", true), object("users", false))
}
