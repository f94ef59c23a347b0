//! The `policies` and `test` commands.

use std::io::{self, Write as _};

use anyhow::Context;

use crate::cli::{PoliciesArgs, TestArgs};
use crate::output::visible;
use crate::policy::{Policy, PolicyError, PolicySet, Selection, contract};
use crate::report::Outcome;

/// Lists the policies, or explains one.
///
/// # Errors
/// The policies cannot be loaded, or none has that id.
pub fn run(args: &PoliciesArgs) -> anyhow::Result<Outcome> {
    let set = PolicySet::load(&Selection { folders: args.folders.clone(), ..Selection::default() })?;
    let text = match &args.id {
        None => list(&set),
        Some(id) => explain(set.get(id).ok_or_else(|| {
            let known = set.policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", ");
            PolicyError::UnknownId { id: id.clone(), known }
        })?),
    };
    print(&text)?;
    Ok(Outcome::Clean)
}

/// Tests a folder of policies: what fails, with file and line, and a closing line.
///
/// # Errors
/// The folder holds no policy, or one that cannot be loaded at all.
pub fn test(args: &TestArgs) -> anyhow::Result<Outcome> {
    let verdict = contract::test(&args.folder)?;
    let mut text = String::new();
    for failure in &verdict.failures {
        text += &format!("{}:{}: {}\n", failure.file, failure.line, visible(&failure.message));
    }
    let lines = verdict.covered_lines + verdict.uncovered_lines;
    text += &format!(
        "{} passed, {} failed; {} of {lines} policy lines covered\n",
        verdict.passed,
        verdict.failures.len(),
        verdict.covered_lines
    );
    print(&text)?;
    Ok(if verdict.failures.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

fn list(set: &PolicySet) -> String {
    let width = set.policies.iter().map(|policy| policy.id.len()).max().unwrap_or_default();
    let line = |policy: &Policy| {
        let severity = policy.metadata.custom.severity.as_str();
        format!("{:<width$}  {severity:<8}  {}\n", policy.id, policy.metadata.title)
    };
    set.policies.iter().map(line).collect()
}

fn explain(policy: &Policy) -> String {
    let metadata = &policy.metadata;
    let mut text = format!(
        "{} ({})\n{}\n\n{}\n\nHow to mend it: {}\n",
        policy.id,
        metadata.custom.severity.as_str(),
        metadata.title,
        metadata.description.trim(),
        metadata.custom.remediation.trim(),
    );
    for (name, parameter) in &metadata.custom.parameters {
        text += &format!("\nParameter {name} (default {}): {}\n", parameter.default, parameter.description.trim());
    }
    for reference in &metadata.related_resources {
        text += &format!("\nSee {}", reference.url);
    }
    text.trim_end().to_owned() + "\n"
}
