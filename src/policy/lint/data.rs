//! References to `data` that nothing defines.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::reference::{Step, call, kind, reference, steps_of, walk};
use super::{Fault, Loaded, meant};
use crate::policy::preflight::Outline;

/// Everything that `data` has.
pub struct Paths<'a> {
    /// Package -> its rules.
    packages: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Policy's name -> its parameters.
    parameters: BTreeMap<&'a str, Vec<&'a str>>,
    data: &'a Value,
}

impl<'a> Paths<'a> {
    pub fn new(loaded: &'a Loaded<'_>) -> Paths<'a> {
        let mut packages: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for outline in loaded.outlines {
            let first = |name: &'a String| name.split('.').next().unwrap_or(name);
            packages.entry(&outline.package).or_default().extend(outline.defines.iter().map(first));
        }
        let parameters = loaded
            .policies
            .iter()
            .map(|policy| (policy.name.as_str(), policy.parameters.keys().map(String::as_str).collect()))
            .collect();
        Paths { packages, parameters, data: loaded.data }
    }

    /// What is wrong with a path below `data`.
    fn fault(&self, path: &[(&str, usize)]) -> Option<Fault> {
        let (first, line) = *path.first()?;
        if first == "parameters" {
            return self.parameter(&path[1..]);
        }
        let words = |count: usize| path[..count].iter().map(|(name, _)| format!(".{name}")).collect::<String>();
        // As far as packages go.
        let whole: Vec<&str> = path.iter().map(|(name, _)| *name).collect();
        let package =
            (1..=whole.len()).rev().find(|&count| self.packages.contains_key(whole[..count].join(".").as_str()));
        let above = |count: usize| {
            let prefix = format!("{}.", whole[..count].join("."));
            self.packages.keys().any(|package| package.starts_with(&prefix))
        };
        let in_data = |path: &[(&str, usize)]| {
            let mut node = Some(self.data);
            for (name, _) in path {
                node = match node {
                    Some(Value::Object(members)) => Some(members.get(*name)?),
                    // What is in a list, or no object, is not named.
                    _ => return Some(()),
                };
            }
            node.map(drop)
        };
        if in_data(path).is_some() {
            return None;
        }
        if let Some(count) = package {
            let rules = &self.packages[whole[..count].join(".").as_str()];
            let (rule, line) = path.get(count)?;
            let message = format!(
                "package {} has no rule `{rule}`, so this never holds{}",
                &words(count)[1..],
                meant(rule, rules.iter().copied())
            );
            return (!rules.contains(rule) && !above(count + 1)).then_some((*line, message));
        }
        if above(whole.len()) {
            return None;
        }
        let tops = self.packages.keys().map(|package| package.split('.').next().unwrap_or(package));
        let own = self.data.as_object().into_iter().flat_map(|members| members.keys().map(String::as_str));
        let known: Vec<&str> = tops.chain(own).chain(["parameters"]).collect();
        let hint = match known.contains(&first) {
            true => String::new(),
            false => meant(first, known),
        };
        let message = format!(
            "nothing defines `data{}`, so this never holds: no package, no parameter, and no data.json or data.yaml{hint}",
            words(path.len())
        );
        Some((line, message))
    }

    /// `data.parameters.<policy>.<parameter>`
    fn parameter(&self, path: &[(&str, usize)]) -> Option<Fault> {
        let (policy, line) = *path.first()?;
        let Some(parameters) = self.parameters.get(policy) else {
            let message = format!(
                "no policy is called `{policy}`, so it has no parameters{}",
                meant(policy, self.parameters.keys().copied())
            );
            return Some((line, message));
        };
        let (name, line) = *path.get(1)?;
        let message =
            format!("METADATA of {policy} has no parameter `{name}`{}", meant(name, parameters.iter().copied()));
        (!parameters.contains(&name)).then_some((line, message))
    }
}

/// What a module says of `data` that nothing defines. A test may define with `with` what it likes.
pub fn check(tree: &Value, outline: &Outline, is_test: bool, paths: &Paths<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let mut mocked: BTreeSet<String> = BTreeSet::new();
    if is_test {
        walk(tree, &mut |node| {
            for modifier in node["with_mods"].as_array().into_iter().flatten() {
                let names =
                    reference(&modifier["refr"]).filter(|path| path.root == "data").map(|path| names(&path.steps));
                mocked.extend(names.and_then(|names| names.first().map(|(name, _)| (*name).to_owned())));
            }
            true
        });
    }
    let mut tell = |path: &[(&str, usize)]| {
        let is_mocked = path.first().is_none_or(|(name, _)| mocked.contains(*name) && *name != "parameters");
        faults.extend(paths.fault(path).filter(|_| !is_mocked));
    };
    for import in tree["imports"].as_array().into_iter().flatten() {
        if let Some(path) = reference(&import["refr"]).filter(|path| path.root == "data") {
            tell(&names(&path.steps));
        }
    }
    walk(&tree["rules"], &mut |node| {
        if let Some((name, arguments, _)) = call(node) {
            // With a default, what is not there is provided for; a parameter is always there.
            if let ("object.get", [base, path, _]) = (name.as_str(), arguments.as_slice())
                && let Some(base) = reference(base).filter(|base| base.root == "data")
                && let Some(steps) = steps_of(path)
            {
                let whole: Vec<Step<'_>> = base.steps.into_iter().chain(steps).collect();
                if let Some(path) =
                    Some(names(&whole)).filter(|path| path.first().is_some_and(|(name, _)| *name == "parameters"))
                {
                    tell(&path);
                }
            }
            // The function itself is looked up elsewhere.
            if let Some(arguments) = node["Call"]["params"].as_array() {
                for argument in arguments {
                    let whole = matches!(kind(argument), Some(("Var", inner)) if inner["value"] == "data");
                    if !whole {
                        references(argument, outline, &mut tell);
                    }
                }
            }
            return true;
        }
        true
    });
    references(&tree["rules"], outline, &mut tell);
    faults
}

/// References to `data`, by its name or by that of an import.
fn references(node: &Value, outline: &Outline, tell: &mut impl FnMut(&[(&str, usize)])) {
    walk(node, &mut |node| {
        if let Some(call) = node.get("Call") {
            references(&call["params"], outline, tell);
            return false;
        }
        if !matches!(kind(node), Some(("RefDot" | "RefBrack", _))) {
            return true;
        }
        let Some(path) = reference(node) else { return true };
        if path.root == "data" {
            tell(&names(&path.steps));
        } else if let Some(import) = outline.import(path.root) {
            let package: Vec<(&str, usize)> = import.split('.').map(|name| (name, path.line)).collect();
            tell(&package.into_iter().chain(names(&path.steps)).collect::<Vec<_>>());
        }
        false
    });
}

/// The names of steps up to the first that is none.
fn names<'a>(steps: &[Step<'a>]) -> Vec<(&'a str, usize)> {
    let name = |step: &Step<'a>| match step {
        Step::Name(name, line) => Some((*name, *line)),
        Step::Any => None,
    };
    steps.iter().map_while(name).collect()
}
