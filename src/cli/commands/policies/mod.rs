//! The `policies` and `test` commands.

mod new;
mod reference;

use std::io::{self, Write as _};

use anyhow::Context;

use super::super::args::{PoliciesArgs, PoliciesCommand, PoliciesFormat, TestArgs};
use super::super::console;
use crate::output::report::Outcome;
use crate::output::visible;
use crate::policy::{PolicyError, PolicySet, Selection, contract};

/// Lists the policies, explains one, or starts a new one.
///
/// # Errors
/// The policies cannot be loaded, or none has that id.
pub fn run(args: &PoliciesArgs) -> anyhow::Result<Outcome> {
    if let Some(PoliciesCommand::New { id, output }) = &args.command {
        let folder = new::create(id, output)?;
        console::info(&format!("wrote {folder}; `acrscan test {}` runs its tests", output.display()));
        return Ok(Outcome::Clean);
    }
    let set = PolicySet::load(&Selection { folders: args.folders.clone(), ..Selection::default() })?;
    let policies = match &args.id {
        None => set.policies,
        Some(id) => {
            let known = set.policies.iter().map(|policy| policy.id.as_str()).collect::<Vec<_>>().join(", ");
            let one = set.policies.iter().find(|policy| policy.id == *id);
            vec![one.cloned().ok_or_else(|| PolicyError::UnknownId { id: id.clone(), known })?]
        }
    };
    let text = match (args.format, &args.id) {
        (PoliciesFormat::Text, None) => reference::list(&policies),
        (PoliciesFormat::Text, Some(_)) => policies.iter().map(reference::explain).collect(),
        (PoliciesFormat::Markdown, None) => reference::markdown(&policies)?,
        (PoliciesFormat::Markdown, Some(_)) => policies.iter().map(reference::page).collect::<anyhow::Result<_>>()?,
        (PoliciesFormat::Json, _) => reference::as_json(&policies),
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
