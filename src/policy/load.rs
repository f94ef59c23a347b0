//! From Rego files to a [`PolicySet`].

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use regorus::Engine;
use serde_json::Value;

use super::engine_message::line_and_message;
use super::lint::{self, Loaded};
use super::metadata::check_blocks;
use super::module::Module;
use super::preflight::Outline;
use super::select::select;
use super::{Metadata, Policy, PolicyError, PolicySet, Selection};
use super::{data, folder, preflight};
use crate::model::finding::UNKNOWN_PREFIX;
use crate::model::text_file;

/// The files that ship with the binary, Rego and examples: path and text.
const BUILTIN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/policies.rs"));

/// Path and text of each file that ships with the binary, Rego and examples.
pub fn builtin_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    BUILTIN.iter().copied()
}

impl PolicySet {
    /// Loads the selected policies.
    ///
    /// # Errors
    /// Anything that would make a policy fail later for reasons of its own: Rego that does not parse, METADATA that
    /// does not hold, a call to a function that does not exist, an id taken twice, an id that selects nothing.
    pub fn load(selection: &Selection) -> Result<PolicySet, PolicyError> {
        let mut modules: Vec<Module> = BUILTIN
            .iter()
            .filter(|(path, _)| path.ends_with(".rego"))
            .filter(|(path, _)| !selection.no_builtin || path.starts_with("policies/lib/"))
            .map(builtin)
            .collect();
        let mut builtin_count = modules.len();
        let mut data_files = Vec::new();
        for folder in &selection.folders {
            let before = modules.len();
            let read = folder::read(folder)?;
            data_files.extend(read.data);
            modules.extend(read.modules.into_iter().filter(|module| !module.is_test()));
            if !modules[before..].iter().any(|module| module.policy_name().is_some()) {
                return Err(PolicyError::Empty(folder.display().to_string()));
            }
        }
        if selection.no_builtin {
            // A library that comes with the policies is the one that they were tried with.
            let own: BTreeSet<String> =
                modules[builtin_count..].iter().map(|module| module.package().to_owned()).collect();
            modules.retain(|module| !module.builtin || !own.contains(module.package()));
            builtin_count = modules.iter().filter(|module| module.builtin).count();
        }
        let data = data::merge(&data_files)?;
        let UsersCheck { faults, warnings } = match modules.len() > builtin_count {
            true => check_users_modules(&modules, builtin_count, &data)?,
            false => UsersCheck::default(),
        };
        let mut policies = find_policies(&modules)?;
        for policy in &mut policies {
            policy.fault = faults.get(&policy.file).map(ToString::to_string);
        }
        let known = known_ids(&policies);
        let (policies, settings) = select(policies, selection)?;
        // A policy that is not run is not loaded either: its errors would not be this scan's.
        modules.retain(|module| {
            let runs = |policy: &Policy| policy.file == module.path && policy.fault.is_none();
            module.policy_name().is_none() || policies.iter().any(runs)
        });
        Ok(PolicySet { policies, modules, data, known, settings, warnings })
    }
}

fn builtin(&(path, rego): &(&str, &str)) -> Module {
    let (path, rego) = (path.to_owned(), rego.to_owned());
    Module { path, rego, builtin: true, folder: None, at_root: false }
}

/// The ids of these policies and of all that ship with the binary; sorted.
fn known_ids(policies: &[Policy]) -> Vec<String> {
    let builtin = BUILTIN.iter().map(builtin);
    let builtin = builtin.filter_map(|module| module.policy_name().map(|name| name.replace('_', "-")));
    let ids: BTreeSet<String> = policies.iter().map(|policy| policy.id.clone()).chain(builtin).collect();
    ids.into_iter().collect()
}

/// The libraries that ship with the binary.
pub fn builtin_libraries() -> impl Iterator<Item = Module> {
    let libraries = BUILTIN.iter().filter(|(path, _)| path.starts_with("policies/lib/"));
    libraries.map(builtin)
}

/// The text of a policy's `examples.yaml`, and where it is.
///
/// # Errors
/// A user's policy has none, or one that cannot be read.
pub fn examples(policy: &Policy) -> (String, Result<String, String>) {
    let file = Path::new(&policy.file).with_file_name("examples.yaml").display().to_string();
    let builtin = BUILTIN.iter().find(|(path, _)| policy.builtin && *path == file);
    let text = builtin.map_or_else(|| text_file::read_text(Path::new(&file)), |(_, text)| Ok((*text).to_owned()));
    (file, text)
}

/// Checks what only the modules' syntax trees show. The built-in ones are held to it by the tests, so that a scan
/// without policies of its own starts at once. What it returns costs only the policy of that file: it cannot be asked.
pub fn check_users_modules(modules: &[Module], builtin_count: usize, data: &Value) -> Result<UsersCheck, PolicyError> {
    let mut engine = Engine::new();
    add_modules(&mut engine, modules)?;
    let trees = preflight::trees(&engine).map_err(PolicyError::Compile)?;
    let outlines = preflight::outlines(&trees);
    let users: Vec<(&Module, &Outline)> = modules.iter().zip(&outlines).skip(builtin_count).collect();
    for (module, _) in &users {
        check_blocks(&module.path, &module.rego)?;
    }
    for (module, outline) in &users {
        let at = |line: usize, message: String| PolicyError::At { file: module.path.clone(), line, message };
        let is_policy = module.policy_name().is_some();
        for rule in ["deny", "unknown"] {
            if !is_policy {
                continue;
            }
            if !outline.defines.contains(rule) {
                return Err(at(1, format!("the policy defines no `{rule}`: write `{rule} contains …`")));
            }
            if let Some((_, line)) = outline.not_sets.iter().find(|(name, _)| name == rule) {
                return Err(at(*line, format!("`{rule}` is not a set of results: write `{rule} contains …`")));
            }
        }
        // Silence here would be a policy that its author believes to be running.
        if !is_policy && outline.defines.contains("deny") {
            let package = &outline.package;
            return Err(at(1, format!("package {package} defines `deny`, but a policy's package is acr.<name>")));
        }
    }
    let recursions = preflight::recursions(&outlines);
    let mut faults = BTreeMap::new();
    for (&index, (function, line)) in &recursions {
        let (module, line) = (&modules[index], *line);
        let message = format!("recursion: function {function} comes back to itself");
        let fault = PolicyError::At { file: module.path.clone(), line, message };
        // Who else rests on the module would be lost with it.
        let package = format!("data.{}", module.package());
        let used = modules
            .iter()
            .any(|other| other.path != module.path && !other.is_test() && mentions_package(other, &package));
        if module.policy_name().is_none() || used {
            return Err(fault);
        }
        faults.insert(module.path.clone(), fault);
    }
    let sound = |(module, _): &(&Module, &Outline)| !faults.contains_key(&module.path);
    preflight::check_calls(&users.into_iter().filter(sound).collect::<Vec<_>>(), &outlines)?;
    let policies = find_policies(modules)?;
    let trees: Vec<Value> = trees.into_iter().map(|mut module| module["ast"].take()).collect();
    let loaded = Loaded { modules, builtin_count, trees: &trees, outlines: &outlines, policies: &policies, data };
    let warnings = lint::check(&loaded)?;
    Ok(UsersCheck { faults, warnings })
}

/// What a look at the user's modules gives.
#[derive(Default)]
pub struct UsersCheck {
    /// By file: why its policy cannot be asked.
    pub faults: BTreeMap<String, PolicyError>,
    /// What may be right and is unusual: sentences with their places.
    pub warnings: Vec<String>,
}

/// Whether a module's text names a package, be it in an import.
fn mentions_package(module: &Module, package: &str) -> bool {
    let goes_on = |rest: &str| rest.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_');
    module.rego.split(package).skip(1).any(|rest| !goes_on(rest))
}

/// Parses modules into an engine.
pub fn add_modules(engine: &mut Engine, modules: &[Module]) -> Result<(), PolicyError> {
    for module in modules {
        if let Some(line) = preflight::too_deep(&module.rego) {
            let message =
                format!("brackets are nested more than {} deep: give the inner ones a rule", preflight::MAX_BRACKETS);
            return Err(PolicyError::At { file: module.path.clone(), line, message });
        }
        engine.add_policy(module.path.clone(), module.rego.clone()).map_err(|error| rego_error(module, &error))?;
    }
    Ok(())
}

/// The engine's message with the place it names, as `file:line: message`.
fn rego_error(module: &Module, error: &anyhow::Error) -> PolicyError {
    let text = error.to_string();
    let (line, message) = line_and_message(&text, &module.path);
    PolicyError::At { file: module.path.clone(), line, message: message.to_owned() }
}

pub fn find_policies(modules: &[Module]) -> Result<Vec<Policy>, PolicyError> {
    let mut policies: BTreeMap<String, Policy> = BTreeMap::new();
    for module in modules {
        let Some(name) = module.policy_name() else { continue };
        let id = name.replace('_', "-");
        if id.starts_with(UNKNOWN_PREFIX) {
            let line = module.rego.lines().position(|line| line.starts_with("package ")).map_or(1, |index| index + 1);
            let message =
                format!("a policy's id may not begin with `{UNKNOWN_PREFIX}`: results that could not tell do");
            return Err(PolicyError::At { file: module.path.clone(), line, message });
        }
        let metadata = Metadata::parse(&module.path, &module.rego)?;
        let (name, file) = (name.to_owned(), module.path.clone());
        let parameters = metadata.custom.parameters.iter().map(|(name, p)| (name.clone(), p.default.clone())).collect();
        let first_line = |rule: &str| {
            let begins = |line: &str| line.strip_prefix(rule).is_some_and(|rest| rest.starts_with([' ', '[', '.']));
            module.rego.lines().position(begins).map_or(1, |index| index + 1)
        };
        let lines = ["deny", "unknown"].map(first_line);
        let builtin = module.builtin;
        let policy = Policy {
            id: id.clone(),
            name,
            file,
            builtin,
            metadata,
            configured_severity: None,
            parameters,
            lines,
            fault: None,
        };
        if let Some(first) = policies.insert(id.clone(), policy) {
            let place = |file: &str| {
                let of = modules.iter().find(|module| module.path == file);
                let line = of.and_then(|of| of.rego.lines().position(|line| line.starts_with("package ")));
                format!("{file}:{}", line.unwrap_or_default() + 1)
            };
            return Err(PolicyError::Twice { id, first: place(&first.file), second: place(&module.path) });
        }
    }
    Ok(policies.into_values().collect())
}
