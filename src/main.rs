//! The acrscan binary: parse, run, exit code.

use std::process::ExitCode;

use acrscan::cli::args::{Cli, Command};
use acrscan::cli::commands::{policies, scan, service_tags};
use acrscan::cli::console;
use clap::Parser as _;

/// Evaluation makes and drops small values by the million; this allocator saves about a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Scan(args) => scan::scan(&args),
        Command::Pull(args) => scan::pull(&args),
        Command::Policies(args) => policies::run(&args),
        Command::Test(args) => policies::test(&args),
        Command::ServiceTags(args) => service_tags::run(&args),
    };
    match outcome {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            console::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
