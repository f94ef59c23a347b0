//! The acrscan binary: parse, run, exit code.

use std::process::ExitCode;

use acrscan::cli::{Cli, console};
use clap::Parser as _;

/// Evaluation makes and drops small values by the million; this allocator saves about a tenth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            console::usage(&error);
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    match cli.command.run() {
        Ok(outcome) => ExitCode::from(outcome.exit_code()),
        Err(error) => {
            console::error(&format!("{error:#}"));
            ExitCode::from(2)
        }
    }
}
