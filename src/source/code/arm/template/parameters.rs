//! Parameter files, and the templates that they are for.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::expression::{Expr, NameScope, Names, Work, evaluate};
use super::super::syntax::json;
use super::super::syntax::json::Strings;
use super::names::ParameterValues;
use super::placeholders::resolved;
use crate::model::file_gap::FileGap;
use crate::model::text_file::TextFile;
use crate::source::code::declared::Node;

/// A parameter file.
#[derive(Debug)]
pub struct ParameterFile {
    /// The file.
    pub path: PathBuf,
    /// Its values.
    pub values: ParameterValues,
}

impl ParameterFile {
    /// Reads a parameter file.
    ///
    /// # Errors
    /// It cannot be read, or is no JSON.
    pub fn read(path: &Path, gaps: &mut Vec<FileGap>) -> Result<ParameterFile, FileGap> {
        let file = Arc::new(TextFile::read(path)?);
        let root = json::read(&file, Strings::Plain, gaps)?;
        let (names, work) = (Names::default(), Work::default());
        let scope = NameScope::new(&names, &work);
        let value = |(name, values, span): (&str, &Expr, &_)| {
            let value = match values.get("value") {
                Some(value) => resolved(evaluate(value, &scope)),
                None => {
                    let why = match values.get("reference") {
                        Some(_) => format!("Parameter `{name}` is a secret of a key vault."),
                        None => format!("Parameter `{name}` has no value that could be read."),
                    };
                    Node::unknown(why).or_span(span)
                }
            };
            (name.to_lowercase(), value)
        };
        let values = root.get("parameters").into_iter().flat_map(Expr::pairs).map(value).collect();
        gaps.extend(work.into_gaps());
        Ok(ParameterFile { path: path.to_owned(), values })
    }
}

/// A template or a Bicep file, and the names of its parameters in lower case.
pub type Candidate = (PathBuf, BTreeSet<String>);

/// The names, in lower case, of what a template declares.
pub fn declared_by(template: &Expr) -> BTreeSet<String> {
    let declared = template.get("parameters").into_iter().flat_map(Expr::pairs);
    declared.map(|(name, ..)| name.to_lowercase()).collect()
}

/// The file whose name a parameter file's own begins with, beside it or above it.
pub fn named_after<'a>(file: &Path, candidates: &'a [Candidate]) -> Option<&'a Path> {
    let name = file.file_name()?.to_string_lossy().to_lowercase();
    let named = |path: &Path| {
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase())?;
        name.strip_prefix(&stem).is_some_and(|rest| rest.starts_with(['.', '-', '_'])).then_some(stem.len())
    };
    let folder = file.parent();
    [folder, folder.and_then(Path::parent)].into_iter().flatten().find_map(|folder| {
        let beside = candidates.iter().filter(|(path, _)| path.parent() == Some(folder));
        let longest = beside.filter_map(|(path, _)| Some((named(path)?, path))).max_by_key(|(length, _)| *length);
        longest.map(|(_, path)| path.as_path())
    })
}

/// Which of these a parameter file is for: the one whose name its own begins with, else the only one beside it, or else
/// above it, that declares all its parameters. `None` where that does not tell.
pub fn template_of<'a>(file: &ParameterFile, candidates: &'a [Candidate]) -> Option<&'a Path> {
    if let Some(path) = named_after(&file.path, candidates) {
        return Some(path);
    }
    let folder = file.path.parent();
    let fits =
        |declared: &BTreeSet<String>| !file.values.is_empty() && file.values.keys().all(|name| declared.contains(name));
    [folder, folder.and_then(Path::parent)].into_iter().flatten().find_map(|folder| {
        let mut fitting = candidates.iter().filter(|(path, declared)| path.parent() == Some(folder) && fits(declared));
        match (fitting.next(), fitting.next()) {
            (Some((path, _)), None) => Some(path.as_path()),
            _ => None,
        }
    })
}
