//! What a policy says that would never come true: a member that no document has, data that nobody defines, a rule that
//! nobody asks. Each is refused when the policy is loaded, with its line and the nearest right name.

mod data;
mod format;
mod input;
mod reference;
mod rules;
mod schema;

use std::collections::BTreeSet;

use serde_json::Value;

use super::preflight::Outline;
use super::{Module, Policy, PolicyError};

/// The schema of the input document, as it ships.
pub const SCHEMA: &str = include_str!("../../../policies/input.schema.json");

/// All that was loaded, for a look at one module of it.
pub struct Loaded<'a> {
    /// Every module, the built-in ones first.
    pub modules: &'a [Module],
    /// How many of them ship with the binary.
    pub builtin_count: usize,
    /// Their syntax trees, in the same order.
    pub trees: &'a [Value],
    /// Their outlines, in the same order.
    pub outlines: &'a [Outline],
    /// The policies that they make.
    pub policies: &'a [Policy],
    /// What the data files say.
    pub data: &'a Value,
}

/// What a check found: a line, and what is wrong there.
type Fault = (usize, String);

/// Checks the user's modules; what may be right and is unusual is returned as warnings.
///
/// # Errors
/// The first fault of the first module that has one.
pub fn check(loaded: &Loaded<'_>) -> Result<Vec<String>, PolicyError> {
    let schema: Value = serde_json::from_str(SCHEMA).map_err(|error| PolicyError::Compile(error.to_string()))?;
    let paths = data::Paths::new(loaded);
    let mut warnings = Vec::new();
    let ours: BTreeSet<&str> =
        loaded.outlines[..loaded.builtin_count].iter().map(|outline| outline.package.as_str()).collect();
    for (index, module) in loaded.modules.iter().enumerate().skip(loaded.builtin_count) {
        let (tree, outline) = (&loaded.trees[index], &loaded.outlines[index]);
        let checked = input::check(tree, &schema, module.is_test());
        let policy = loaded.policies.iter().find(|policy| policy.file == module.path);
        let mut faults = checked.faults;
        faults.extend(format::check(tree));
        faults.extend(data::check(tree, outline, module.is_test(), &paths));
        faults.extend(rules::package(module, outline));
        if ours.contains(outline.package.as_str()) && module.policy_name().is_none() {
            let message = format!("package {} is one of acrscan's own: give it another name", outline.package);
            faults.push((1, message));
        }
        if let Some(policy) = policy {
            faults.extend(rules::unasked(outline, loaded));
            faults.extend(rules::unread(policy, &checked.members));
        }
        faults.sort();
        if let Some((line, message)) = faults.into_iter().next() {
            return Err(PolicyError::At { file: module.path.clone(), line, message });
        }
        warnings
            .extend(checked.warnings.into_iter().map(|(line, message)| format!("{}:{line}: {message}", module.path)));
    }
    Ok(warnings)
}

/// `; did you mean …?`, where a name is near enough to be meant.
fn meant<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let name: String = name.chars().take(64).collect::<String>().to_lowercase();
    let known: BTreeSet<&str> = known.into_iter().collect();
    let likeness = |known: &str| strsim::jaro_winkler(&name, &known.to_lowercase());
    let best = known.iter().max_by(|one, other| likeness(one).total_cmp(&likeness(other)));
    match best.filter(|best| likeness(best) > 0.7) {
        Some(best) => format!("; did you mean `{best}`?"),
        None if known.is_empty() => String::new(),
        None => format!("; there are: {}", known.iter().take(16).copied().collect::<Vec<_>>().join(", ")),
    }
}
