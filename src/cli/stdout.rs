//! Standard output, for what a command prints. Whoever reads it may have seen enough, as with `| head`.

use std::io::{self, Write as _};

use anyhow::Context as _;

use crate::model::masked::masked;
use crate::model::visible::{visible, visible_lines};

/// Prints lines, in which what other people wrote is made visible.
pub fn print(text: &str) -> anyhow::Result<()> {
    let lines: String = masked(text).lines().map(|line| format!("{}\n", visible(line))).collect();
    write(&visible_lines(&lines))
}

/// Writes text that is safe already.
pub fn write(text: &str) -> anyhow::Result<()> {
    match io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other.context("cannot write to standard output"),
    }
}

/// Prints lines.
pub fn print_lines(lines: &[String]) -> anyhow::Result<()> {
    print(&lines.iter().map(|line| format!("{line}\n")).collect::<String>())
}
