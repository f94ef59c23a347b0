//! Reports: one file per format, each a function from a report to text.

mod azure_devops;
mod csv;
pub mod escape;
mod github;
mod gitlab;
#[cfg(test)]
mod hostile_text;
mod html;
mod json;
mod junit;
mod markdown;
mod ndjson;
mod ocsf;
pub mod policy_tests;
pub mod report;
mod sarif;
mod text;

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, bail};

pub use self::escape::visible;
pub use self::report::links::Links;
pub use self::report::verdict::{ScanVerdict, plural};
pub use self::sarif::category::parse_prefix;
pub use self::sarif::options::{CategoryOptions, SarifOptions, SarifTarget};
pub use self::text::{TextOptions, Verbosity};

use self::report::Report;
use self::report::location::Repository;
use self::sarif::category::category;
use self::text::Terminal;
use crate::model::finding::ScopeName;
use crate::model::masked::masked;
use crate::model::open;
use crate::model::visible::{visible_json, visible_lines, visible_lines_xml};
use crate::model::writable;

/// A report format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// For people, grouped by registry
    Text,
    /// SARIF 2.1.0, as GitHub code scanning takes it
    Sarif,
    /// A page for a job summary or a comment on a pull request
    Markdown,
    /// Workflow commands, which GitHub Actions shows beside the lines
    Github,
    /// Everything, for programs; `src/output/json/report.schema.json` says what is where
    Json,
    /// JUnit's XML: a suite for each registry, a case for each policy
    Junit,
    /// Logging commands of Azure Pipelines
    AzureDevops,
    /// GitLab's code quality report
    Gitlab,
    /// A line of JSON for each finding, flat, for log analytics
    Ndjson,
    /// Compliance findings of the Open Cybersecurity Schema Framework, with what was judged right
    Ocsf,
    /// A table, for spreadsheets
    Csv,
    /// One page to read in a browser, which loads nothing
    Html,
}

/// What outputs need to know beside the report.
#[derive(Debug, Clone)]
pub struct Options {
    /// For SARIF.
    pub sarif: SarifOptions,
    /// For text.
    pub text: TextOptions,
    /// What the scan came to.
    pub verdict: ScanVerdict,
    /// Where a reader may go from a report.
    pub links: Links,
    /// Milliseconds since 1970, for formats that ask for a time.
    pub time: i64,
}

/// One `-o`: a format and where it goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// The format.
    pub format: Format,
    /// The file; standard output where there is none.
    pub path: Option<PathBuf>,
    /// Whether that is a folder, to be filled with files.
    pub is_folder: bool,
}

impl Output {
    /// Whether all SARIF goes into one file.
    pub fn is_one_sarif(&self) -> bool {
        self.format == Format::Sarif && !self.is_folder
    }
}

impl Format {
    /// Whether it says of each registry which document was judged.
    pub fn names_documents(self) -> bool {
        matches!(self, Format::Json | Format::Ocsf)
    }

    /// What the command line calls each.
    fn names() -> Vec<String> {
        let values =
            <Format as clap::ValueEnum>::value_variants().iter().filter_map(clap::ValueEnum::to_possible_value);
        values.map(|value| value.get_name().to_owned()).collect()
    }
}

impl FromStr for Output {
    type Err = String;

    fn from_str(text: &str) -> Result<Output, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("a path is missing after `=`".to_owned()),
            Some((name, "-")) => (name, None),
            // Without the separator at its end, by which a folder is told.
            Some((name, path)) => (name, Some(Path::new(path).components().collect::<PathBuf>())),
            None => (text, None),
        };
        let format = <Format as clap::ValueEnum>::from_str(name, false)
            .map_err(|_| format!("unknown format {name:?}; there are: {}", Format::names().join(", ")))?;
        let is_folder = path.as_ref().is_some_and(|path| text.ends_with(std::path::is_separator) || path.is_dir());
        if is_folder && format != Format::Sarif {
            return Err(format!("{name} goes to a file, and that is a folder; sarif alone fills one"));
        }
        Ok(Output { format, path, is_folder })
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
        plan.push(Output { format: Format::Text, path: None, is_folder: false });
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

/// Refuses outputs that could not be written in the end, before all the rest is read.
///
/// # Errors
/// A file's folder is not there, or cannot be written to.
pub fn check(outputs: &[Output]) -> anyhow::Result<()> {
    for output in outputs {
        let Some(path) = &output.path else { continue };
        if path.exists() && !path.is_file() && !output.is_folder {
            // A device or a pipe: to open it may wait for somebody.
            continue;
        }
        if output.is_folder && path.is_file() {
            bail!("cannot write to {}: it is a file, and a folder was asked for", path.display());
        }
        let folder = if output.is_folder { writable::nearest(path) } else { writable::parent(path) };
        writable::check(folder).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}

/// Writes every output. A file is written whole or not at all.
///
/// # Errors
/// An output cannot be written; the others are.
pub fn write_all(report: &Report, outputs: &[Output], options: &Options) -> anyhow::Result<()> {
    let mut first_error = Ok(());
    for output in outputs {
        if let Err(error) = write_one(report, output, options) {
            first_error = first_error.and(Err(error));
        }
    }
    first_error
}

fn write_one(report: &Report, output: &Output, options: &Options) -> anyhow::Result<()> {
    if let (true, Some(folder)) = (output.is_folder, &output.path) {
        let files = sarif::render_files(report, &options.sarif, &options.links)?;
        return fill_folder(folder, &files).with_context(|| format!("cannot write to {}", folder.display()));
    }
    let terminal = if output.path.is_none() { terminal() } else { Terminal::NONE };
    let text = render(report, output.format, options, terminal)?;
    // What Azure answered was masked as it came; this is for what nobody thought of.
    let text = masked(&text);
    match &output.path {
        Some(path) => write_file(path, &text).with_context(|| format!("cannot write {}", path.display())),
        None => match io::stdout().lock().write_all(text.as_bytes()) {
            // The reader has seen enough, as with `| head`.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other.context("cannot write to standard output"),
        },
    }
}

/// The categories that the SARIF of some scopes has.
pub fn categories(scopes: &[ScopeName], options: &CategoryOptions) -> Vec<String> {
    let repository = Repository::find();
    scopes.iter().map(|scope| category(scope, options, &repository)).collect()
}

/// What standard output takes: colours unless NO_COLOR or the like says otherwise, links where the terminal is known to
/// open them.
fn terminal() -> Terminal {
    if !io::stdout().is_terminal() {
        return Terminal::NONE;
    }
    let colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let links = colour && supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout);
    let columns = terminal_size::terminal_size().map(|(terminal_size::Width(columns), _)| columns);
    Terminal::new(colour, links, columns)
}

/// A report in a format. Whatever names and files hold, nothing in it steers a terminal or commands a CI agent: the formats
/// make each piece of text visible, and what they put together is looked at once more here.
fn render(report: &Report, format: Format, options: &Options, terminal: Terminal) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => visible_lines(&text::render(report, &options.text, terminal)).into_owned(),
        Format::Sarif => visible_json(&sarif::render(report, &options.sarif, &options.links)?).into_owned(),
        Format::Markdown => visible_lines_xml(&markdown::render(report, &options.verdict, &options.links)).into_owned(),
        // Its lines are commands, each of them one that was meant.
        Format::Github => github::render(report, &options.verdict),
        Format::Json => visible_json(&json::render(report, &options.verdict)?).into_owned(),
        Format::AzureDevops => azure_devops::render(report, &options.verdict),
        Format::Gitlab => visible_json(&gitlab::render(report)?).into_owned(),
        Format::Ndjson => visible_json(&ndjson::render(report)?).into_owned(),
        Format::Ocsf => visible_json(&ocsf::render(report, &options.links, options.time)?).into_owned(),
        // Its cells are visible.
        Format::Csv => csv::render(report)?,
        Format::Junit => visible_lines_xml(&junit::render(report, &options.verdict)?).into_owned(),
        Format::Html => visible_lines_xml(&html::render(report, options)?).into_owned(),
    })
}

/// Writes the files, and removes those of an earlier scan that this one has none for: whoever uploads the folder would
/// upload yesterday's.
fn fill_folder(folder: &Path, files: &[(String, String)]) -> io::Result<()> {
    if open::output_leads_out(&folder.join("any")) {
        return Err(io::Error::other(open::OUTPUT_LEADS_OUT));
    }
    std::fs::create_dir_all(folder)?;
    for (name, text) in files {
        write_file(&folder.join(name), &masked(&visible_json(text)))?;
    }
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if sarif::is_file_name(&name) && !files.iter().any(|(written, _)| *written == name) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Beside its place first, then moved there, so that nobody uploads half a report. A device or pipe cannot be
/// replaced, and is written to.
///
/// # Errors
/// The folder or the file cannot be written.
pub fn write_file(path: &Path, text: &str) -> io::Result<()> {
    if open::output_leads_out(path) {
        return Err(io::Error::other(open::OUTPUT_LEADS_OUT));
    }
    if path.exists() && !path.is_file() {
        return std::fs::write(path, text);
    }
    let folder = writable::parent(path);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_format_names_those_there_are() {
        let error = "pdf=x".parse::<Output>().expect_err("no such format");
        assert_eq!(
            error,
            "unknown format \"pdf\"; there are: text, sarif, markdown, github, json, junit, azure-devops, gitlab, ndjson, ocsf, csv, html"
        );
    }

    #[test]
    fn text_goes_to_standard_output_unless_it_is_taken() {
        let plan = |asked: &[&str]| {
            let asked: Vec<Output> = asked.iter().map(|text| text.parse().expect("an output")).collect();
            plan(&asked).map(|plan| plan.iter().map(|output| output.format).collect::<Vec<_>>())
        };
        assert_eq!(plan(&["sarif=a"]).expect("a plan"), [Format::Sarif, Format::Text]);
        assert_eq!(plan(&["github", "markdown=a"]).expect("a plan"), [Format::Github, Format::Markdown]);
        assert!(plan(&["github", "json"]).is_err() && plan(&["junit=a", "json=a"]).is_err());
    }
}
