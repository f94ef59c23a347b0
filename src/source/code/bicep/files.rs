//! Bicep files on disk, each read and parsed once.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::super::arm::expression::Expr;
use super::super::arm::module_cache;
use super::super::arm::syntax::json;
use super::super::arm::syntax::json::Strings;
use super::super::declared::Span;
use super::aliases::Aliases;
use super::compiled;
use super::syntax::parser::parse;
use super::syntax::{Declaration, DeclarationKind, Module, Syntax, SyntaxError};
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

    /// Its modules.
    pub fn all_modules(&self) -> impl Iterator<Item = &Module> {
        self.syntax.declarations.iter().filter_map(|declaration| match &declaration.what {
            DeclarationKind::Module(module) => Some(module),
            _ => None,
        })
    }

    /// Its modules that are files.
    pub fn modules(&self) -> impl Iterator<Item = &Module> {
        self.all_modules().filter(|module| is_local(&module.path))
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
    /// The templates that were compiled from Bicep files and lie beside them.
    pub compiled: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Templates of modules from elsewhere.
    foreign: BTreeMap<PathBuf, Option<Arc<Expr>>>,
    /// What modules from elsewhere are called by, by the folder of a file.
    aliases: BTreeMap<PathBuf, Arc<Aliases>>,
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
        // A piece of something else, without a word of registries or modules, keeps nothing back.
        let lower = if syntax.errors.is_empty() { String::new() } else { file.text.to_lowercase() };
        let words = ["registr", "module", "acr", "import", "\\u{"];
        let may_matter = words.iter().any(|word| lower.contains(word));
        let told = |error: &&SyntaxError| may_matter || !error.message.starts_with("expected");
        for error in syntax.errors.iter().filter(told) {
            let what = format!("{}; the declaration around it is not read", error.message);
            self.gaps.push(FileGap::new(file.file_position(error.at), what));
        }
        Arc::new(Unit { path: path.to_owned(), file: Arc::new(file), syntax })
    }

    /// The template of a module from elsewhere, where Bicep's cache has it.
    pub fn cached_module(&mut self, by: &Path, reference: &str) -> Option<(Arc<Expr>, PathBuf)> {
        let folder = by.parent().unwrap_or(Path::new("")).to_owned();
        let aliases = self.aliases.entry(folder).or_insert_with(|| Arc::new(Aliases::of(by)));
        let file = module_cache::template(&module_cache::root()?, &aliases.resolved(reference)?)?;
        self.foreign_template(&file).map(|template| (template, file))
    }

    /// The template of a module from elsewhere, where the template that a file was compiled to has it.
    pub fn compiled_module(&mut self, unit: &Unit, module: &Module) -> Option<(Arc<Expr>, PathBuf)> {
        let compiled = self.compiled.get(&unit.path).cloned().unwrap_or_default();
        let remote: Vec<&Module> = unit.all_modules().filter(|module| !is_local(&module.path)).collect();
        compiled.into_iter().find_map(|file| {
            let template = self.foreign_template(&file)?;
            let inner = compiled::template_of_module(&template, module, &remote)?;
            Some((Arc::new(inner.clone()), file))
        })
    }

    fn foreign_template(&mut self, file: &Path) -> Option<Arc<Expr>> {
        if let Some(known) = self.foreign.get(file) {
            return known.clone();
        }
        let mut gaps = Vec::new();
        let read = TextFile::read(file).map(Arc::new);
        let template = read.and_then(|text| json::read(&text, Strings::Expressions, &mut gaps));
        let template = match template {
            Ok(template) => Some(Arc::new(template)),
            Err(gap) => {
                gaps.push(gap);
                None
            }
        };
        self.gaps.append(&mut gaps);
        self.foreign.insert(file.to_owned(), template.clone());
        template
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
            // What a module from elsewhere makes stands in no file that is searched here.
            if unit.syntax.declarations.iter().any(is_remote_module) {
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

fn is_remote_module(declaration: &Declaration) -> bool {
    matches!(&declaration.what, DeclarationKind::Module(module) if !is_local(&module.path))
}

/// Words of what registries are read from, and of what may lead to them.
const WORDS: [&str; 4] =
    ["containerregistry", "privateendpoints", "roleassignments", "microsoft.resources/deployments"];

impl Files {
    /// Whether a file, or a module of it, has to do with registries, as far as that can be told.
    pub fn concerns_registries(&mut self, path: &Path) -> bool {
        WORDS.iter().any(|word| self.mentions(path, word))
    }
}

/// Whether a module's path is one of a file, not of a registry of modules.
pub fn is_local(path: &str) -> bool {
    !path.starts_with("br:") && !path.starts_with("br/") && !path.starts_with("ts:") && !path.starts_with("ts/")
}
