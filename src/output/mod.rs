//! Reports: one file per format, each a function from a report to text.

mod escape;
mod sarif;
mod text;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};

pub use escape::visible;

use crate::report::Report;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, grouped by registry
    Text,
    /// SARIF 2.1.0, as GitHub code scanning takes it
    Sarif,
}

/// Who reads the SARIF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum SarifTarget {
    /// GitHub code scanning: what it takes, and nothing that it would show wrongly
    #[default]
    Github,
    /// Everything: failed scopes, unknown results as open, controls as taxonomies
    Archive,
}

/// What SARIF is written for.
#[derive(Debug, Clone, Default)]
pub struct SarifOptions {
    /// Who reads it.
    pub target: SarifTarget,
    /// Replaces `acrscan/live` in `automationDetails.id`.
    pub category: Option<String>,
}

/// One `-o`: a format and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file; standard output where there is none.
    pub path: Option<PathBuf>,
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("a path is missing after `=`".to_owned()),
            Some((name, "-")) => (name, None),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let format = <Format as clap::ValueEnum>::from_str(name, false)
            .map_err(|_| format!("unknown format {name:?}; there are: text, sarif"))?;
        Ok(Output { format, path })
    }
}

/// What was asked for, and text on standard output unless it was told otherwise.
///
/// # Errors
/// Two outputs want standard output, or the same file.
pub fn plan(asked: &[Output]) -> anyhow::Result<Vec<Output>> {
    let mut plan = asked.to_vec();
    let to_stdout = |output: &Output| output.path.is_none();
    if !plan.iter().any(|output| to_stdout(output) || output.format == Format::Text) {
        plan.push(Output { format: Format::Text, path: None });
    }
    for (index, output) in plan.iter().enumerate() {
        if plan[..index].iter().any(|earlier| earlier.path == output.path) {
            match &output.path {
                Some(path) => bail!("two outputs go to {}: give each a file of its own", path.display()),
                None => bail!("two outputs go to standard output: give one a file, as in -o sarif=findings.sarif"),
            }
        }
    }
    Ok(plan)
}

/// Writes every output. A file is written whole or not at all.
///
/// # Errors
/// An output cannot be written; the others are.
pub fn write_all(report: &Report, outputs: &[Output], options: &SarifOptions) -> anyhow::Result<()> {
    let mut first_error = Ok(());
    for output in outputs {
        if let Err(error) = write_one(report, output, options) {
            first_error = first_error.and(Err(error));
        }
    }
    first_error
}

fn write_one(report: &Report, output: &Output, options: &SarifOptions) -> anyhow::Result<()> {
    let colour = output.path.is_none()
        && io::stdout().is_terminal()
        && anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let text = match output.format {
        Format::Text => text::render(report, colour),
        Format::Sarif => sarif::render(report, options)?,
    };
    match &output.path {
        Some(path) => write_file(path, &text).with_context(|| format!("cannot write {}", path.display())),
        None => match io::stdout().lock().write_all(text.as_bytes()) {
            // The reader has seen enough, as with `| head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("cannot write to standard output"),
        },
    }
}

/// Beside its place first, then moved there, so that nobody uploads half a report. A device or pipe cannot be
/// replaced, and is written to.
fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if path.exists() && !path.is_file() {
        return std::fs::write(path, text);
    }
    let folder = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(std::fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.prefix(".acrscan-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.persist(path)?;
    Ok(())
}
