//! Text, JSON or Markdown, for commands whose answer is no report.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context as _, bail};

use super::stdout;
use crate::model::visible::{visible_json, visible_lines, visible_lines_xml};
use crate::output::write_file;

/// A format of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerFormat {
    /// For a person at a terminal.
    Text,
    /// For a program.
    Json,
    /// For a page.
    Markdown,
}

/// A format and where it goes; to standard output where no path is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendering {
    /// The format.
    pub format: AnswerFormat,
    /// The file.
    pub path: Option<PathBuf>,
}

impl FromStr for Rendering {
    type Err = String;

    fn from_str(text: &str) -> Result<Rendering, String> {
        let (name, path) = match text.split_once('=') {
            Some((_, "")) => return Err("a path is missing after `=`".to_owned()),
            Some((name, "-")) => (name, None),
            Some((name, path)) => (name, Some(PathBuf::from(path))),
            None => (text, None),
        };
        let format = match name {
            "text" => AnswerFormat::Text,
            "json" => AnswerFormat::Json,
            "markdown" => AnswerFormat::Markdown,
            _ => return Err(format!("unknown format {name:?}; there are: text, json, markdown")),
        };
        Ok(Rendering { format, path })
    }
}

/// Writes an answer in each format that was asked for, and as text to standard output where none goes there.
///
/// # Errors
/// Two go to one place, or a place cannot be written.
pub fn write_renderings(
    asked: &[Rendering],
    render: impl Fn(AnswerFormat) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let mut plan = asked.to_vec();
    if !plan.iter().any(|rendering| rendering.path.is_none()) {
        plan.push(Rendering { format: AnswerFormat::Text, path: None });
    }
    for (index, rendering) in plan.iter().enumerate() {
        if plan[..index].iter().any(|earlier| earlier.path == rendering.path) {
            bail!("two outputs go to one place: give each a file of its own, as in -o json=answer.json");
        }
    }
    for Rendering { format, path } in &plan {
        let text = render(*format)?;
        let safe = match format {
            AnswerFormat::Text => visible_lines(&text),
            AnswerFormat::Json => visible_json(&text),
            AnswerFormat::Markdown => visible_lines_xml(&text),
        };
        match path {
            None => stdout::write(&safe)?,
            Some(path) => write_file(path, &safe).with_context(|| format!("cannot write {}", path.display()))?,
        }
    }
    Ok(())
}
