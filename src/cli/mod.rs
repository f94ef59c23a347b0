//! What a person types: the command line, and what each command does. Doc comments of arguments are the help text.

pub mod args;
mod at_commit;
mod collect;
pub mod commands;
pub mod console;
mod inputs;
mod one_input;
mod policy_sources;
mod rendering;
mod settings;
mod stdout;
mod trusted;

use clap::{Parser, Subcommand};

use self::commands::fix::FixArgs;
use self::commands::policies::PoliciesArgs;
use self::commands::pull::PullArgs;
use self::commands::scan::ScanArgs;
use self::commands::service_tags::ServiceTagsArgs;
use self::commands::simulate::SimulateArgs;
use self::commands::test::TestArgs;
use self::commands::{fix, policies, pull, scan, service_tags, simulate, test};
use crate::output::report::Outcome;

/// Tells, with proof, who can reach your Azure Container Registries over the network, and whether their ACR Tasks
/// still can.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  complete, and nothing at or above --fail-on
  1  findings at or above --fail-on
  2  could not tell: bad usage, unreadable input, a subscription or a part of one not read";

const SIMULATE_EXIT_CODES: &str = "\
Exit codes:
  0  nobody loses their way
  1  a task or a range of addresses loses its way, or may
  2  could not tell: bad usage, unreadable input, a subscription or a part of one not read";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Read registries from source code, snapshots or Azure, evaluate the policies, report
    #[command(after_help = EXIT_CODES)]
    Scan(Box<ScanArgs>),
    /// Write a script that mends what it can and locks nobody out; change nothing
    Fix(Box<FixArgs>),
    /// Tell what a change would break, and change nothing: which tasks and clients lose their way, or gain one
    #[command(after_help = SIMULATE_EXIT_CODES)]
    Simulate(Box<SimulateArgs>),
    /// Save subscriptions as a snapshot, for `scan` to read; nothing is evaluated
    Pull(Box<PullArgs>),
    /// List the policies, or explain one
    Policies(PoliciesArgs),
    /// Run the Rego tests and the contract tests of a folder of policies
    Test(TestArgs),
    /// Print the addresses that ACR Tasks of a region come from, one CIDR a line
    ServiceTags(ServiceTagsArgs),
}

impl Command {
    /// Runs it.
    ///
    /// # Errors
    /// What keeps a command from its answer; see each.
    pub fn run(&self) -> anyhow::Result<Outcome> {
        match self {
            Command::Scan(args) => scan::run(args),
            Command::Fix(args) => fix::run(args),
            Command::Simulate(args) => simulate::run(args),
            Command::Pull(args) => pull::run(args),
            Command::Policies(args) => policies::run(args),
            Command::Test(args) => test::run(args),
            Command::ServiceTags(args) => service_tags::run(args),
        }
    }
}
