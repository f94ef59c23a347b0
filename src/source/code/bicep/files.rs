//! Bicep files on disk, each read and parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::declared::Span;
use super::syntax::parser::parse;
use super::syntax::{DeclarationKind, Module, Syntax};
use crate::model::file_gap::FileGap;
use crate::model::path::normalize;
use crate::model::text_file::TextFile;

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
        normalize(&self.path.parent().unwrap_or(Path::new("")).join(path))
    }

    /// Its modules that are files.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.syntax.declarations.iter().filter_map(|declaration| match &declaration.what {
            DeclarationKind::Module(module) if is_local(&module.path) => Some(module),
            _ => None,
        })
    }

    /// A stretch of it.
    pub fn span(&self, range: &std::ops::Range<usize>) -> Span {
        Span::new(&self.file, range.clone())
    }
}

/// The files that were read so far.
#[derive(Debug, Default)]
pub struct Files {
    units: BTreeMap<PathBuf, Result<Arc<Unit>, FileGap>>,
    mentions: BTreeMap<(PathBuf, &'static str), bool>,
    /// What could not be parsed of them.
    pub gaps: Vec<FileGap>,
}

impl Files {
    /// A file that was found or named.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn load(&mut self, path: &Path) -> Result<Arc<Unit>, FileGap> {
        self.load_with(path, TextFile::read)
    }

    /// A file that another one leads to.
    ///
    /// # Errors
    /// It cannot be read, or is not of the same repository.
    pub fn load_led_to(&mut self, by: &Path, path: &Path) -> Result<Arc<Unit>, FileGap> {
        self.load_with(path, |path| TextFile::read_led_to(by, path))
    }

    fn load_with(
        &mut self,
        path: &Path,
        read: impl FnOnce(&Path) -> Result<TextFile, FileGap>,
    ) -> Result<Arc<Unit>, FileGap> {
        let path = normalize(path);
        if let Some(known) = self.units.get(&path) {
            return known.clone();
        }
        let unit = read(&path).map(|file| self.parsed(&path, file));
        self.units.insert(path, unit.clone());
        unit
    }

    fn parsed(&mut self, path: &Path, file: TextFile) -> Arc<Unit> {
        let syntax = parse(&file.text);
        for error in &syntax.errors {
            let what = format!("{}; the declaration around it is not read", error.message);
            self.gaps.push(FileGap::new(file.file_position(error.at), what));
        }
        Arc::new(Unit { path: path.to_owned(), file: Arc::new(file), syntax })
    }

    /// A file and the modules that it leads to.
    pub fn reachable(&mut self, by: &Unit, path: &Path) -> BTreeSet<PathBuf> {
        let mut reached = BTreeSet::new();
        let mut next = vec![(by.path.clone(), normalize(path))];
        while let Some((by, path)) = next.pop() {
            if reached.insert(path.clone())
                && let Ok(unit) = self.load_led_to(&by, &path)
            {
                next.extend(unit.modules().map(|module| (path.clone(), unit.beside(&module.path))));
            }
        }
        reached
    }

    /// Whether a file, or a module of it, has this word in it; lower case. A module that is a template counts.
    pub fn mentions(&mut self, path: &Path, word: &'static str) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![(normalize(path), normalize(path))];
        while let Some((by, path)) = next.pop() {
            let key = (path, word);
            if let Some(known) = self.mentions.get(&key) {
                if *known {
                    return true;
                }
                continue;
            }
            if !seen.insert(key.0.clone()) {
                continue;
            }
            let Ok(unit) = self.load_led_to(&by, &key.0) else { continue };
            if unit.file.text.to_lowercase().contains(word) {
                self.mentions.insert(key, true);
                return true;
            }
            for module in unit.modules() {
                match module.path.ends_with(".bicep") {
                    true => next.push((unit.path.clone(), unit.beside(&module.path))),
                    false if module.path.ends_with(".json") => return true,
                    false => {}
                }
            }
        }
        // None of these has it, nor what they lead to.
        self.mentions.extend(seen.into_iter().map(|path| ((path, word), false)));
        false
    }
}

/// Whether a module's path is one of a file, not of a registry of modules.
pub fn is_local(path: &str) -> bool {
    !path.starts_with("br:") && !path.starts_with("br/") && !path.starts_with("ts:") && !path.starts_with("ts/")
}
