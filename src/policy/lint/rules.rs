//! Rules that nobody asks, packages that are not where they belong, and parts of the document that are not read.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::reference::{Step, reference, walk};
use super::{Fault, Loaded};
use crate::policy::preflight::Outline;
use crate::policy::{Module, Policy, Reads};

/// What the answers of other tools' policies begin with.
const ANSWERS: [&str; 9] = ["allow", "deny", "exception", "fail", "info", "unknown", "violation", "violations", "warn"];

/// Rules of a policy that look like answers, and that neither acrscan nor another rule asks.
pub fn unasked(outline: &Outline, loaded: &Loaded<'_>) -> Vec<Fault> {
    let mut asked: BTreeSet<String> = BTreeSet::new();
    let all = loaded.modules.iter().zip(loaded.trees).zip(loaded.outlines);
    for ((_, tree), other) in all.filter(|((module, _), _)| !module.is_test()) {
        for rule in tree["rules"].as_array().into_iter().flatten() {
            collect(rule, other, &outline.package, &mut asked);
        }
    }
    let is_answer = |name: &str| {
        let first = name.split('_').next().unwrap_or(name).to_lowercase();
        outline.sets.contains(name) || ANSWERS.contains(&first.as_str())
    };
    outline
        .lines
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "deny" | "unknown") && !outline.is_function(name))
        .filter(|(name, _)| is_answer(name) && !asked.contains(name.split('.').next().unwrap_or(name)))
        .map(|(name, line)| {
            (*line, format!("nobody asks the rule `{name}`: acrscan asks `deny` and `unknown`, and no rule uses it"))
        })
        .collect()
}

/// The rules of a package that a rule of some module mentions.
fn collect(rule: &Value, own: &Outline, package: &str, asked: &mut BTreeSet<String>) {
    let mut visit = |node: &Value| {
        let Some(path) = reference(node) else { return true };
        let names = path.steps.iter().map_while(|step| match step {
            Step::Name(name, _) => Some(*name),
            Step::Any => None,
        });
        let root = match own.import(path.root) {
            Some(import) => import,
            None if path.root == "data" => "",
            None => {
                if own.package == package {
                    asked.insert(path.root.to_owned());
                }
                return true;
            }
        };
        let full = names.fold(root.to_owned(), |full, name| format!("{full}.{name}"));
        let full = full.trim_start_matches('.');
        if let Some(rest) = full.strip_prefix(package).and_then(|rest| rest.strip_prefix('.')) {
            asked.insert(rest.split('.').next().unwrap_or(rest).to_owned());
        }
        true
    };
    walk(&rule["Spec"]["bodies"], &mut visit);
    walk(&rule["Default"]["value"], &mut visit);
    // The head but for the rule's own name.
    let head = rule["Spec"]["head"].as_object().and_then(|kinds| kinds.values().next());
    for (name, part) in head.and_then(Value::as_object).into_iter().flatten() {
        if name != "refr" {
            walk(part, &mut visit);
        }
    }
}

/// A package that is ours, or is not where its name says.
pub fn package(module: &Module, outline: &Outline) -> Option<Fault> {
    let line = module.rego.lines().position(|line| line.starts_with("package ")).map_or(1, |index| index + 1);
    let name = module.policy_name()?;
    let (folder, expected) = (module.folder.as_deref()?, format!("{name}/{name}.rego"));
    let stem = std::path::Path::new(&module.path).file_stem().and_then(|stem| stem.to_str());
    let fits = folder == name || (module.at_root && stem == Some(name));
    let message = format!("package {} does not fit the folder {folder}: it belongs in {expected}", outline.package);
    (!fits).then_some((line, message))
}

/// Members of `input` that are null because METADATA does not ask for them.
pub fn unread(policy: &Policy, members: &BTreeMap<String, usize>) -> Vec<Fault> {
    let needs = [
        ("tasks", Reads::Tasks, "tasks"),
        ("task_needs", Reads::Tasks, "tasks"),
        ("agent_pools", Reads::AgentPools, "agent_pools"),
        ("service_tag", Reads::ServiceTag, "service_tag"),
        ("role_assignments", Reads::RoleAssignments, "role_assignments"),
        ("role_definitions", Reads::RoleDefinitions, "role_definitions"),
        ("usages", Reads::Usages, "usages"),
        ("task_credentials", Reads::TaskCredentials, "task_credentials"),
        ("preview", Reads::Preview, "preview"),
        ("runs", Reads::Runs, "runs"),
        ("network", Reads::Network, "network"),
    ];
    let reads = &policy.metadata.custom.reads;
    let lacks = |(member, part, word): (&str, Reads, &str)| {
        let line = *members.get(member)?;
        let message =
            format!("`input.{member}` is not read for this policy: add `{word}` to `custom.reads` in METADATA");
        // What is read at a preview version for the rules of subnets is there as well.
        let is_read = reads.contains(&part) || (part == Reads::Preview && reads.contains(&Reads::SubnetRules));
        (!is_read).then_some((line, message))
    };
    needs.into_iter().filter_map(lacks).collect()
}
