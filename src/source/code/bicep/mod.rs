//! Bicep files: parsed, evaluated, and made into registries.

mod compiled;
mod declare;
mod evaluate;
mod files;
mod instances;
mod lower;
mod parameters;
mod symbols;
mod syntax;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::compiled::RemoteModule;
use self::evaluate::{Evaluation, ModuleContext};
use self::files::{Files, Unit};
use self::syntax::{Declaration, DeclarationKind, Literal, SyntaxKind};
use super::arm;
use super::arm::expression::{Work, on_deep_stack};
use super::arm::{EvaluatedTemplate, Finder, ParameterValues};
use super::discover::{BicepFile, SourceFiles};
use super::extraction::Extraction;
use crate::model::inventory::{FileRead, Language, SkippedFile};
use crate::model::path::display_path;
use crate::model::path::normalize;

/// Reads the Bicep files, each that is no module of another, once for each of its parameter files.
pub fn read(found: &SourceFiles) -> Extraction {
    if found.bicep.is_empty() && found.bicep_parameters.is_empty() {
        return Extraction::default();
    }
    on_deep_stack(|| Reader::default().read(found))
}

/// The Bicep file on disk that a parameter file is for.
pub fn file_for(parameters: &Path) -> Option<PathBuf> {
    let unit = on_deep_stack(|| Files::default().load(parameters)).ok()?;
    parameters::file_for(&unit).filter(|path| path.extension().is_some_and(|end| end == "bicep") && path.is_file())
}

#[derive(Default)]
struct Reader {
    files: Files,
    /// The files that are read by themselves or deployed by those for certain.
    certain: BTreeSet<PathBuf>,
    extraction: Extraction,
}

/// A parameter file: its path, and the values that it gives.
struct ParameterFile {
    path: PathBuf,
    values: ParameterValues,
}

impl Reader {
    fn read(mut self, found: &SourceFiles) -> Extraction {
        let parameters = self.parameter_files(&found.bicep_parameters);
        for root in self.roots(&found.bicep, &parameters) {
            self.read_root(root, &parameters);
        }
        let mut left: Vec<&BicepFile> = found.bicep.iter().collect();
        loop {
            left.retain(|file| !self.certain.contains(&normalize(&file.path)) && self.may_declare(&file.path));
            // Of files that only include one another, the first.
            let included: BTreeSet<PathBuf> = left.iter().flat_map(|file| self.includes(file)).collect();
            let first = left.iter().position(|file| !included.contains(&normalize(&file.path))).unwrap_or_default();
            if left.is_empty() {
                break;
            }
            let root = left.remove(first);
            // What nobody deploys for certain deploys nothing for certain; it only shares a circle with others.
            let certain = self.certain.clone();
            self.read_root(root, &parameters);
            let new: Vec<PathBuf> = self.certain.difference(&certain).cloned().collect();
            self.certain = certain;
            let own = normalize(&root.path);
            for path in new {
                let reached = self.files.load(&path).map(|unit| self.files.reachable(&unit, &path));
                if path == own || reached.is_ok_and(|reached| reached.contains(&own)) {
                    self.certain.insert(path);
                }
            }
        }
        let known: BTreeSet<PathBuf> = found.bicep.iter().map(|file| normalize(&file.path)).collect();
        for (path, files) in parameters.iter().filter(|(path, _)| !known.contains(*path)) {
            for file in files {
                let why = format!("the file that it is for is not scanned: {}", display_path(path));
                self.extraction.skipped.push(SkippedFile::new(display_path(&file.path), why));
            }
        }
        self.extraction.gaps.append(&mut self.files.gaps);
        self.extraction.gaps.sort();
        self.extraction.gaps.dedup();
        self.extraction
    }

    /// The parameter files, by the file that they are for.
    fn parameter_files(&mut self, paths: &[PathBuf]) -> BTreeMap<PathBuf, Vec<ParameterFile>> {
        let mut by_file: BTreeMap<PathBuf, Vec<ParameterFile>> = BTreeMap::new();
        for path in paths {
            match self.files.load(path) {
                Err(error) => self.extraction.gaps.push(error),
                Ok(unit) => match parameters::file_for(&unit) {
                    None => self
                        .extraction
                        .skipped
                        .push(SkippedFile::new(display_path(path), "it names no file that it is for".to_owned())),
                    Some(file) => {
                        let values = parameters::values(&unit, &mut self.files, &mut self.extraction.gaps);
                        by_file.entry(file).or_default().push(ParameterFile { path: path.clone(), values });
                    }
                },
            }
        }
        by_file
    }

    /// The files that are no modules of others, or have parameters of their own. What is left of the others are those
    /// that nobody deploys for certain.
    fn roots<'a>(
        &mut self,
        bicep: &'a [BicepFile],
        parameters: &BTreeMap<PathBuf, Vec<ParameterFile>>,
    ) -> Vec<&'a BicepFile> {
        let included: BTreeSet<PathBuf> = bicep.iter().flat_map(|file| self.includes(file)).collect();
        let is_root = |file: &&BicepFile| {
            let path = normalize(&file.path);
            !included.contains(&path) || parameters.contains_key(&path)
        };
        bicep.iter().filter(is_root).collect()
    }

    /// The modules of a file, itself left out.
    fn includes(&mut self, file: &BicepFile) -> Vec<PathBuf> {
        let Ok(unit) = self.files.load(&file.path) else { return Vec::new() };
        unit.modules().map(|module| unit.beside(&module.path)).filter(|path| *path != unit.path).collect()
    }

    /// Whether a file has anything to do with registries, as far as that can be told.
    fn may_declare(&mut self, path: &Path) -> bool {
        let Ok(unit) = self.files.load(path) else { return false };
        self.files.mentions(&unit.path, "containerregistry") || !remote_modules(&unit).is_empty()
    }

    fn read_root(&mut self, root: &BicepFile, parameters: &BTreeMap<PathBuf, Vec<ParameterFile>>) {
        self.certain.insert(normalize(&root.path));
        match self.files.load(&root.path) {
            Ok(unit) => self.root(&unit, root, parameters.get(&unit.path).map_or(&[], Vec::as_slice)),
            Err(error) => self.extraction.gaps.push(error),
        }
    }

    fn root(&mut self, unit: &Arc<Unit>, root: &BicepFile, parameters: &[ParameterFile]) {
        let path = display_path(&root.path);
        let (mut used, mut registries) = (BTreeSet::from([unit.path.clone()]), 0);
        if self.may_declare(&unit.path) {
            let none = [ParameterFile { path: PathBuf::new(), values: ParameterValues::new() }];
            for file in if parameters.is_empty() { &none } else { parameters } {
                let folder = root.path.parent().unwrap_or(Path::new(""));
                let name = display_path(file.path.strip_prefix(folder).unwrap_or(&file.path));
                let label = if parameters.len() > 1 { format!("{path} ({name})") } else { path.clone() };
                let (evaluated, files) = self.evaluated(unit, &file.values, &label);
                let evaluated = self.compiled(unit, root, &file.values, &label, evaluated);
                used.extend(files);
                used.extend(evaluated.files);
                self.extraction.gaps.extend(evaluated.gaps);
                self.extraction.skipped.extend(evaluated.skipped);
                registries = registries.max(evaluated.registries.len());
                self.extraction.registries.extend(evaluated.registries.into_iter().map(|assembled| assembled.registry));
            }
            self.extraction.skipped.sort();
            self.extraction.skipped.dedup();
        }
        let files = used.len() + parameters.len();
        self.extraction.files_read.push(FileRead { path, what: "Bicep file", files, registries });
    }

    /// Evaluates a file with these values for its parameters, and the Bicep files that this read.
    fn evaluated(
        &mut self,
        unit: &Arc<Unit>,
        values: &ParameterValues,
        root: &str,
    ) -> (EvaluatedTemplate, BTreeSet<PathBuf>) {
        let variants = parameters::variants(unit, &mut self.files, values);
        let (base, used) = self.once(unit, values, root);
        let certain = self.certain.clone();
        let evaluated =
            arm::with_alternatives(base, || arm::combined(variants, values), |values| self.once(unit, values, root).0);
        // What is deployed with some value of a parameter is not deployed for certain.
        self.certain = certain;
        (evaluated, used)
    }

    fn once(
        &mut self,
        unit: &Arc<Unit>,
        values: &ParameterValues,
        root: &str,
    ) -> (EvaluatedTemplate, BTreeSet<PathBuf>) {
        let work = Work::default();
        let files = &mut self.files;
        let mut evaluation = Evaluation {
            files,
            finder: Finder::default(),
            used: BTreeSet::new(),
            certain: BTreeSet::new(),
            modules: 0,
            work: &work,
        };
        let at = ModuleContext { path: &[], related: &[], around: std::slice::from_ref(&unit.path), uncertain: false };
        evaluation.file(unit, values, None, at);
        let Evaluation { finder, used, certain, .. } = evaluation;
        self.certain.extend(certain);
        let mut registries = arm::registries(&finder.resources, root);
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for one in &mut registries {
            let own = one.symbol.clone().unwrap_or_else(|| one.registry.address.clone());
            let own = one.instance.map_or(own.clone(), |index| format!("{own}[{index}]"));
            let path: Vec<&str> = one.path.iter().map(String::as_str).chain([own.as_str()]).collect();
            let mut address = path.join(".");
            let count = seen.entry(address.clone()).and_modify(|count| *count += 1).or_insert(1);
            if *count > 1 {
                address = format!("{address}#{count}");
            }
            one.registry.address = address;
            one.registry.logical = None;
            one.registry.language = Language::Bicep;
        }
        let mut gaps = finder.gaps;
        let ran_out = work.ran_out();
        gaps.extend(work.into_gaps());
        let certain_files = finder.certain_files;
        (
            EvaluatedTemplate {
                registries,
                gaps,
                skipped: finder.skipped,
                files: finder.files,
                certain_files,
                ran_out,
            },
            used,
        )
    }

    /// What a file says, and what the template beside it has besides: the registries of modules that are not on disk, at
    /// their declarations, and those that the file lacks. Of what both have, the file's word counts.
    fn compiled(
        &mut self,
        unit: &Unit,
        root: &BicepFile,
        values: &ParameterValues,
        label: &str,
        mut own: EvaluatedTemplate,
    ) -> EvaluatedTemplate {
        let Some(path) = &root.compiled else { return own };
        let source = display_path(&root.path);
        // Which parameters were given is part of the label.
        let own_label = format!("{}{}", display_path(path), label.strip_prefix(&source).unwrap_or_default());
        let compiled = match arm::compiled(path, values, &own_label) {
            Ok(compiled) => compiled.evaluated,
            Err(error) => {
                self.extraction.gaps.push(error);
                return own;
            }
        };
        let sorted = compiled::sort_out(compiled.registries, &own.registries, &remote_modules(unit));
        for head in &sorted.called {
            let at = head.position();
            own.gaps.retain(|gap| gap.location != at || !gap.reason.starts_with("the module "));
        }
        if sorted.others > 0 {
            let why = format!(
                "it declares registries that {source} lacks, which are read as well; compile it again, or delete it"
            );
            self.extraction.skipped.push(SkippedFile::new(display_path(path), why));
        }
        own.registries.extend(sorted.registries.into_iter().map(|mut one| {
            if one.registry.language == Language::Bicep {
                label.clone_into(&mut one.registry.root);
            }
            one
        }));
        own.files.push(path.clone());
        own.gaps.extend(compiled.gaps);
        own.skipped.extend(compiled.skipped);
        own
    }
}

/// The modules of a file that are not on disk.
fn remote_modules(unit: &Unit) -> Vec<RemoteModule> {
    let module = |declaration: &Declaration| match &declaration.what {
        DeclarationKind::Module(module) if !files::is_local(&module.path) => {
            let name = module.body.body_object().and_then(|object| object.get("name")).map(|name| &name.kind);
            let name = match name {
                Some(SyntaxKind::Literal(Literal::Text(name))) => Some(name.clone()),
                _ => None,
            };
            Some(RemoteModule { symbol: module.symbol.clone(), name, head: unit.span(&module.head) })
        }
        _ => None,
    };
    unit.syntax.declarations.iter().filter_map(module).collect()
}

#[cfg(test)]
mod tests;
