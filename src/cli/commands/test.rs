//! The `test` command: the Rego tests and the contract tests of a folder of policies.

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args;

use super::super::{console, stdout};
use crate::model::visible::visible;
use crate::output::policy_tests;
use crate::output::report::Outcome;
use crate::policy::contract;
use crate::policy::contract::TestSummary;

/// `acrscan test`
#[derive(Debug, Args)]
pub struct TestArgs {
    /// The folder
    #[arg(value_name = "DIR", default_value = ".")]
    pub folder: PathBuf,
    /// Run the Rego tests only that have this in their names, or match it where it has `*`
    #[arg(long, value_name = "PATTERN")]
    pub run: Option<String>,
    /// Name every Rego test, with what it printed
    #[arg(short, long)]
    pub verbose: bool,
    /// List the lines of policies that no test and no example runs, by file
    #[arg(long)]
    pub coverage: bool,
    /// A report of the Rego tests besides: `junit=FILE`
    #[arg(short, long, value_name = "FORMAT=PATH", value_parser = parse_report)]
    pub output: Option<PathBuf>,
}

fn parse_report(text: &str) -> Result<PathBuf, String> {
    match text.split_once('=') {
        Some(("junit", path)) if !path.is_empty() => Ok(PathBuf::from(path)),
        _ => Err("a format and a file, as in junit=tests.xml".to_owned()),
    }
}

/// Tests a folder of policies: what fails, with file and line, and a closing line.
///
/// # Errors
/// The folder holds no policy, or one that cannot be loaded at all; the report cannot be written.
pub fn run(args: &TestArgs) -> anyhow::Result<Outcome> {
    if args.run.is_some() && args.coverage {
        bail!("--run and --coverage: a part of the tests covers a part of the lines; leave one of them out");
    }
    let summary = contract::test(&args.folder, args.run.as_deref())?;
    summary.warnings.iter().for_each(|warning| console::warn(warning));
    let mut text = tests(&summary, args.verbose);
    for failure in &summary.failures {
        text += &format!("{}:{}: {}\n", failure.file, failure.line, visible(&failure.message));
    }
    if args.coverage {
        for (file, line) in &summary.uncovered {
            text += &format!("not covered: {file}:{line}\n");
        }
    }
    let lines = summary.covered_lines + summary.uncovered_lines;
    text += &format!("{} passed, {} failed", summary.passed, summary.failures.len());
    text += &match args.run {
        Some(_) => "\n".to_owned(),
        None => format!("; {} of {lines} policy lines covered\n", summary.covered_lines),
    };
    stdout::print(&text)?;
    if let Some(path) = &args.output {
        let report = policy_tests::junit(&summary)?;
        std::fs::write(path, report).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(if summary.failures.is_empty() { Outcome::Clean } else { Outcome::Findings })
}

/// The tests that ran, where they are wanted, or had something to print.
fn tests(summary: &TestSummary, verbose: bool) -> String {
    let mut text = String::new();
    for test in summary.tests.iter().filter(|test| verbose || !test.printed.is_empty()) {
        let word = if test.failure.is_some() { "FAIL" } else { "pass" };
        text += &format!("{word} {}\n", test.name);
        for line in &test.printed {
            text += &format!("    {}\n", visible(line));
        }
    }
    text
}
