//! `acrscan test`: a folder of policies, its Rego tests and its examples, held to the contract.

use std::collections::BTreeMap;
use std::path::Path;

use regorus::Engine;
use serde_json::{Map, Value, json};
use wildmatch::WildMatch;

use super::engine_message::one_line;
use super::examples::Examples;
use super::failing;
use super::limits::timer;
use super::load;
use super::module::Module;
use super::preflight;
use super::preflight::Outline;
use super::{Policy, PolicyError, parameters};
use super::{data, folder};
use crate::document::INPUT_MEMBERS;

/// What came of a folder.
#[derive(Debug, Default)]
pub struct TestSummary {
    /// How many checks held: Rego tests, examples, and the points of the contract.
    pub passed: usize,
    /// Those that did not.
    pub failures: Vec<TestFailure>,
    /// Lines of the policies that some test or example runs, and those that none does.
    pub covered_lines: usize,
    /// See `covered_lines`.
    pub uncovered_lines: usize,
    /// Lines that no test and no example runs, by file.
    pub uncovered: Vec<(String, usize)>,
    /// The Rego tests that ran, in their order.
    pub tests: Vec<RegoTest>,
    /// What is unusual: sentences with their places.
    pub warnings: Vec<String>,
}

/// A Rego test that ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegoTest {
    /// The package and the rule.
    pub name: String,
    /// The file.
    pub file: String,
    /// The line of the rule, from 1.
    pub line: usize,
    /// What `print` said.
    pub printed: Vec<String>,
    /// Why it failed, where it did.
    pub failure: Option<String>,
}

/// A check that did not hold.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestFailure {
    /// The file.
    pub file: String,
    /// The line in it, from 1.
    pub line: usize,
    /// What did not hold.
    pub message: String,
}

/// Runs everything in a folder; of the Rego tests, where a pattern is given, those whose package and name it matches, and
/// then nothing else.
///
/// # Errors
/// The folder holds no policy, or Rego or METADATA that cannot be loaded at all; or no test has a name like that.
pub fn test(folder: &Path, pattern: Option<&str>) -> Result<TestSummary, PolicyError> {
    let folder::PolicyFolder { modules: users, data } = folder::read(folder)?;
    let data = data::merge(&data)?;
    if !users.iter().any(|module| module.policy_name().is_some()) {
        return Err(PolicyError::Empty(folder.display().to_string()));
    }
    // A folder that brings all the libraries, as this project's does, is tested with them.
    let brings = |library: &Module| users.iter().any(|module| module.package() == library.package());
    let brings_all = load::builtin_libraries().all(|library| brings(&library));
    let mut modules: Vec<Module> = load::builtin_libraries().filter(|_| !brings_all).collect();
    let libraries = modules.len();
    modules.extend(users);
    let mut checked = load::check_users_modules(&modules, libraries, &data)?;
    if let Some((_, fault)) = checked.faults.pop_first() {
        return Err(fault);
    }
    let policies = load::find_policies(&modules)?;

    let mut engine = Engine::new();
    engine.set_strict_builtin_errors(true);
    engine.set_enable_coverage(true);
    engine.set_execution_timer_config(timer());
    load::add_modules(&mut engine, &modules)?;
    let trees = preflight::trees(&engine).map_err(PolicyError::Compile)?;
    let outlines = preflight::outlines(&trees);
    let mut run = Run { engine, policies: &policies, data, summary: TestSummary::default() };
    run.summary.warnings = checked.warnings;
    for ((module, outline), tree) in modules.iter().zip(&outlines).zip(&trees) {
        run.run_rego_tests(module, outline, &tree["ast"], pattern)?;
    }
    if let Some(pattern) = pattern {
        if run.summary.tests.is_empty() {
            return Err(PolicyError::NoTest(pattern.to_owned()));
        }
        run.summary.failures.sort();
        return Ok(run.summary);
    }
    for policy in &policies {
        run.check_names(policy);
        run.check_unread_is_no_pass(policy)?;
        run.run_examples(policy)?;
    }
    run.check_coverage()?;
    run.summary.failures.sort();
    Ok(run.summary)
}

struct Run<'a> {
    engine: Engine,
    policies: &'a [Policy],
    /// Of the folder's data files.
    data: Value,
    summary: TestSummary,
}

/// How many results a policy gave.
struct ResultCounts {
    deny: usize,
    unknown: usize,
}

impl ResultCounts {
    fn word(&self) -> &'static str {
        match (self.deny, self.unknown) {
            (0, 0) => "passed",
            (0, _) => "unknown",
            _ => "denied",
        }
    }
}

impl Run<'_> {
    fn check(&mut self, holds: bool, file: &str, line: usize, message: impl Into<String>) {
        if holds {
            self.summary.passed += 1;
        } else {
            self.summary.failures.push(TestFailure { file: file.to_owned(), line, message: message.into() });
        }
    }

    /// Every `test_*` rule is true.
    fn run_rego_tests(
        &mut self,
        module: &Module,
        outline: &Outline,
        tree: &Value,
        pattern: Option<&str>,
    ) -> Result<(), PolicyError> {
        for (name, line) in outline.lines.iter().filter(|(name, _)| name.starts_with("test_")) {
            let full = format!("{}.{name}", outline.package);
            // A part of the name is enough; with `*` and `?` it is the whole.
            let is_wanted = pattern.is_none_or(|pattern| match pattern.contains(['*', '?']) {
                true => WildMatch::new(pattern).matches(name) || WildMatch::new(pattern).matches(&full),
                false => full.contains(pattern),
            });
            if !is_wanted {
                continue;
            }
            self.set_parameters(parameters(self.policies))?;
            self.engine.set_gather_prints(true);
            let result = self.engine.eval_rule(format!("data.{full}"));
            let printed = self.engine.take_prints().unwrap_or_default();
            let failure = match result {
                Ok(value) if value == regorus::Value::from(true) => None,
                Ok(value) => {
                    let first = failing::first(&self.engine, module, tree, name);
                    Some(first.map_or_else(
                        || (*line, format!("{name} is {value}, not true")),
                        |first| (first.line, format!("{name}: {}", first.message)),
                    ))
                }
                Err(error) => Some((*line, format!("{name} failed: {}", one_line(&error.to_string())))),
            };
            let place = failure.as_ref().map_or(*line, |(line, _)| *line);
            let message = failure.map(|(_, message)| message);
            self.check(message.is_none(), &module.path, place, message.clone().unwrap_or_default());
            let file = module.path.clone();
            self.summary.tests.push(RegoTest { name: full, file, line: place, printed, failure: message });
        }
        Ok(())
    }

    fn check_names(&mut self, policy: &Policy) {
        let expected = format!("{0}/{0}.rego", policy.name);
        let agree = policy.file.replace('\\', "/").ends_with(&format!("/{expected}")) || policy.file == expected;
        let message = format!("package acr.{} belongs in {expected}", policy.name);
        self.check(agree, &policy.file, 1, message);
    }

    /// Of a registry of which nothing was read, no policy may say nothing.
    fn check_unread_is_no_pass(&mut self, policy: &Policy) -> Result<(), PolicyError> {
        let nulls: Map<String, Value> = INPUT_MEMBERS.iter().map(|&name| (name.to_owned(), json!(null))).collect();
        for (what, document) in [("an empty document", json!({})), ("a document of nulls", Value::Object(nulls))] {
            let message = match self.count_results(policy, &document, &Map::new())? {
                Ok(said) if said.deny + said.unknown > 0 => None,
                Ok(_) => Some(format!("passes {what}: what was not read must be `unknown`")),
                Err(error) => Some(format!("fails on {what}: {error}")),
            };
            self.check(message.is_none(), &policy.file, 1, message.unwrap_or_default());
        }
        Ok(())
    }

    fn run_examples(&mut self, policy: &Policy) -> Result<(), PolicyError> {
        let (file, text) = load::examples(policy);
        let text = match text {
            Ok(text) => text,
            Err(error) => {
                self.check(false, &file, 1, format!("every policy shows good and bad examples: {error}"));
                return Ok(());
            }
        };
        let examples = match Examples::parse(&text) {
            Ok(examples) => examples,
            Err((line, message)) => {
                self.check(false, &file, line, message);
                return Ok(());
            }
        };
        self.check(!examples.bad.is_empty(), &file, 1, "no bad example");
        self.check(!examples.good.is_empty(), &file, 1, "no good example");
        let groups = [(examples.bad, "denied"), (examples.good, "passed"), (examples.unknown, "unknown")];
        for (group, expected) in groups {
            for example in group {
                let line = text.lines().position(|line| line.contains(&example.name)).map_or(1, |index| index + 1);
                let message = match self.count_results(policy, &example.input, &example.parameters)? {
                    Ok(said) if said.word() == expected => None,
                    Ok(said) => {
                        let counts = format!("{} deny, {} unknown", said.deny, said.unknown);
                        Some(format!("example {:?} is not {expected}: {counts}", example.name))
                    }
                    Err(error) => Some(format!("example {:?} fails: {error}", example.name)),
                };
                self.check(message.is_none(), &file, line, message.unwrap_or_default());
            }
        }
        Ok(())
    }

    /// Asks one policy. The outer error is the engine's refusal to be set up at all.
    fn count_results(
        &mut self,
        policy: &Policy,
        input: &Value,
        overlay: &Map<String, Value>,
    ) -> Result<Result<ResultCounts, String>, PolicyError> {
        let mut all = parameters(self.policies);
        for (name, value) in overlay {
            all[&policy.name][name] = value.clone();
        }
        self.set_parameters(all)?;
        let mut counts = BTreeMap::new();
        for rule in ["deny", "unknown"] {
            self.engine.set_input(regorus::Value::from(input.clone()));
            match self.engine.eval_rule(format!("data.acr.{}.{rule}", policy.name)) {
                Ok(value) => match value.as_set() {
                    Ok(set) => counts.insert(rule, set.len()),
                    Err(_) => return Ok(Err(format!("`{rule}` is not a set"))),
                },
                Err(error) => return Ok(Err(one_line(&error.to_string()))),
            };
        }
        Ok(Ok(ResultCounts { deny: counts["deny"], unknown: counts["unknown"] }))
    }

    fn set_parameters(&mut self, parameters: Value) -> Result<(), PolicyError> {
        self.engine.clear_data();
        let mut data = self.data.clone();
        data["parameters"] = parameters;
        self.engine.add_data(regorus::Value::from(data)).map_err(|error| PolicyError::Compile(error.to_string()))
    }

    /// A line that no test and no example runs may say anything.
    fn check_coverage(&mut self) -> Result<(), PolicyError> {
        let report = self.engine.get_coverage_report().map_err(|error| PolicyError::Compile(error.to_string()))?;
        for file in report.files {
            if !self.policies.iter().any(|policy| policy.file == file.path) {
                continue;
            }
            self.summary.covered_lines += file.covered.len();
            self.summary.uncovered_lines += file.not_covered.len();
            for line in file.not_covered {
                self.summary.uncovered.push((file.path.to_string(), line as usize));
                self.check(false, &file.path, line as usize, "no test and no example runs this line");
            }
        }
        Ok(())
    }
}
