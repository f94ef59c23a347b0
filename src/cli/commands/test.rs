//! The `test` command: the Rego tests and the contract tests of a folder of policies.

use std::path::PathBuf;

use clap::Args;

use super::super::stdout;
use crate::output::report::Outcome;
use crate::policy::contract;

/// `acrscan test`
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
}

/// Tests a folder of policies: what fails, with file and line, and a closing line.
///
/// # Errors
/// The folder holds no policy, or one that cannot be loaded at all.
pub fn run(args: &TestArgs) -> anyhow::Result<Outcome> {
    let verdict = contract::test(&args.folder)?;
    let mut text = String::new();
    for failure in &verdict.failures {
        text += &format!("{}:{}: {}\n", failure.file, failure.line, failure.message);
    }
    let lines = verdict.covered_lines + verdict.uncovered_lines;
    text += &format!(
        "{} passed, {} failed; {} of {lines} policy lines covered\n",
        verdict.passed,
        verdict.failures.len(),
        verdict.covered_lines
    );
    stdout::print(&text)?;
    Ok(if verdict.failures.is_empty() { Outcome::Clean } else { Outcome::Findings })
}
