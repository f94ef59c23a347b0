//! The plan as a script for bash. It is read before it is run: each block says what it mends, and the end what is left.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::super::alternatives::LeftFinding;
use super::super::plan::RegistryPlan;
use crate::model::finding::Finding;
use crate::model::visible::visible;

/// The least version of `az` that knows all commands that a script may hold.
pub const LEAST_AZ: &str = "2.75.0";

/// All plans, in numbers.
pub struct Totals {
    /// Registries that have commands.
    pub registries: usize,
    /// Commands.
    pub commands: usize,
    /// Findings that are mended.
    pub mended: usize,
    /// Findings that are left.
    pub left: usize,
}

impl Totals {
    /// Counts.
    pub fn of(plans: &[RegistryPlan]) -> Totals {
        Totals {
            registries: plans.iter().filter(|plan| !plan.steps.is_empty()).count(),
            commands: plans.iter().map(|plan| plan.steps.len()).sum(),
            mended: plans.iter().map(|plan| plan.mended.len()).sum(),
            left: plans.iter().map(|plan| plan.left.len()).sum(),
        }
    }

    /// The first line of a script.
    pub fn sentence(&self) -> String {
        let count = |count: usize, one: &str, many: &str| format!("{count} {}", if count == 1 { one } else { many });
        let left = match self.left {
            0 => "none is left".to_owned(),
            1 => "1 is left (told at the end)".to_owned(),
            left => format!("{left} are left (listed at the end)"),
        };
        format!(
            "{}, {}, mends {}; {left}",
            count(self.registries, "registry", "registries"),
            count(self.commands, "command", "commands"),
            count(self.mended, "finding", "findings")
        )
    }
}

/// `policy (task a, task b), policy`
pub fn headline(findings: &[Finding]) -> String {
    let mut by_policy: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in findings {
        let keys = by_policy.entry(&finding.policy).or_default();
        keys.extend(finding.key.as_deref().map(|key| visible(key).into_owned()));
    }
    let spoken = |(policy, keys): (&str, Vec<String>)| match keys.as_slice() {
        [] => policy.to_owned(),
        keys => format!("{policy} ({})", keys.join(", ")),
    };
    by_policy.into_iter().map(spoken).collect::<Vec<_>>().join(", ")
}

/// Text behind the mark of a comment: one line, whatever it holds.
pub fn comment(script: &mut String, text: &str) {
    let _ = writeln!(script, "# {}", visible(text).replace(['\n', '\r'], " "));
}

/// What every script says of itself.
pub fn head(script: &mut String, totals: &Totals) {
    comment(script, &format!("acrscan fix: {}.", totals.sentence()));
    comment(script, "Changes Azure when you run it, not before.");
    comment(
        script,
        "Order: what opens a way comes before what closes one. Tried on the state that was read: after no command does",
    );
    comment(script, "a task, or a range that a rule lets in, lose its way.");
}

/// The script.
pub fn script(plans: &[RegistryPlan]) -> String {
    let totals = Totals::of(plans);
    let mut script = String::from("#!/usr/bin/env bash\n");
    head(&mut script, &totals);
    if totals.commands > 0 {
        script.push_str("set -euo pipefail\n\n");
        comment(&mut script, &format!("Needs az {LEAST_AZ} or newer."));
        let _ = write!(
            script,
            "az_version=$(az version --query '\"azure-cli\"' --output tsv)\n\
             if [ -n \"$az_version\" ] && [ \"$(printf '%s\\n' {LEAST_AZ} \"$az_version\" | sort -V | head -n 1)\" != {LEAST_AZ} ]; then\n  \
             echo \"az $az_version is too old: this script needs {LEAST_AZ} or newer\" >&2\n  exit 1\nfi\n"
        );
    }
    blocks(&mut script, plans, |command| command.to_owned());
    left(&mut script, plans);
    script
}

/// A block for each registry, each of its commands written by a dialect.
pub fn blocks(script: &mut String, plans: &[RegistryPlan], dialect: impl Fn(&str) -> String) {
    for plan in plans.iter().filter(|plan| !plan.steps.is_empty()) {
        script.push('\n');
        comment(script, &format!("── {}: {}", plan.names.name, headline(&plan.mended)));
        for planned in &plan.steps {
            if let Some(note) = &planned.note {
                comment(script, note);
            }
            let _ = writeln!(script, "{}", dialect(&planned.step.bash(&plan.names)));
        }
        if !plan.gained.is_empty() {
            comment(script, "Prove it, once roles and rules have spread (minutes):");
            for task in &plan.gained {
                comment(script, &format!("  {}", plan.names.run(task)));
            }
        }
    }
}

/// What is left, numbered, with what would mend it at a price.
pub fn left(script: &mut String, plans: &[RegistryPlan]) {
    let left: Vec<(&RegistryPlan, &LeftFinding)> =
        plans.iter().flat_map(|plan| plan.left.iter().map(move |left| (plan, left))).collect();
    script.push('\n');
    if left.is_empty() {
        comment(script, "Nothing is left.");
        return;
    }
    comment(script, &format!("Left for you: {}", left.len()));
    for (number, (plan, LeftFinding { finding, why, commands })) in left.into_iter().enumerate() {
        let key = finding.key.as_ref().map_or_else(String::new, |key| format!(" ({key})"));
        let severity = finding.severity.as_str();
        comment(script, &format!("{}. {}: {}{key}, {severity}: {why}.", number + 1, plan.names.name, finding.policy));
        for command in commands {
            comment(script, &format!("     {command}"));
        }
    }
}
