//! Standard output, for what a command prints. Whoever reads it may have seen enough, as with `| head`.

use std::io::{self, Write as _};

use anyhow::Context as _;

/// Prints a text as it is.
pub fn print(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// Prints lines.
pub fn print_lines(lines: &[String]) -> anyhow::Result<()> {
    print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}
