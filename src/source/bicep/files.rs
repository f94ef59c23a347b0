//! Bicep files on disk, each read and parsed once.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::parser::parse;
use super::syntax::Syntax;
use crate::source::declared::Place;
use crate::text_file::TextFile;

/// A file that was read and parsed.
#[derive(Debug)]
pub struct Unit {
    /// Where it is.
    pub path: PathBuf,
    /// Its text.
    pub file: Arc<TextFile>,
    /// What was made of it.
    pub syntax: Syntax,
}

impl Unit {
    /// A path that this file refers to.
    pub fn beside(&self, path: &str) -> PathBuf {
        normal(&self.path.parent().unwrap_or(Path::new("")).join(path))
    }

    /// A stretch of it.
    pub fn place(&self, range: &std::ops::Range<usize>) -> Place {
        Place::new(&self.file, range.clone())
    }
}

/// The files that were read so far.
#[derive(Debug, Default)]
pub struct Files {
    units: BTreeMap<PathBuf, Option<Arc<Unit>>>,
    /// What could not be read of them.
    pub gaps: Vec<String>,
}

impl Files {
    /// A file; `None` where it cannot be read, which is told once.
    pub fn load(&mut self, path: &Path) -> Option<Arc<Unit>> {
        let path = normal(path);
        if let Some(known) = self.units.get(&path) {
            return known.clone();
        }
        let unit = match TextFile::read(&path) {
            Ok(file) => Some(self.parsed(&path, file)),
            Err(error) => {
                self.gaps.push(error);
                None
            }
        };
        self.units.insert(path, unit.clone());
        unit
    }

    fn parsed(&mut self, path: &Path, file: TextFile) -> Arc<Unit> {
        let syntax = parse(&file.text);
        for error in &syntax.errors {
            let (line, column) = file.position(error.at);
            self.gaps.push(format!(
                "{}:{line}:{column}: {}; correct it, the declaration that it is in is not read",
                file.path, error.message
            ));
        }
        Arc::new(Unit { path: path.to_owned(), file: Arc::new(file), syntax })
    }
}

/// Whether a module's path is one of a file, not of a registry of modules.
pub fn is_local(path: &str) -> bool {
    !path.starts_with("br:") && !path.starts_with("br/") && !path.starts_with("ts:") && !path.starts_with("ts/")
}

/// The path without `.` and, where a folder stands before it, `..`.
pub fn normal(path: &Path) -> PathBuf {
    let mut made = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if matches!(made.components().next_back(), Some(Component::Normal(_))) => {
                made.pop();
            }
            other => made.push(other),
        }
    }
    made
}
