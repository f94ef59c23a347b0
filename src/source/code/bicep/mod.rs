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
        for root in self.roots(&found.bicep) {
            match self.files.load(&root.path) {
                Ok(unit) => self.root(&unit, root, parameters.get(&unit.path).map_or(&[], Vec::as_slice)),
                Err(error) => self.extraction.gaps.push(error),
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

    /// The files that are no modules of others. Of files that include each other in a circle, the first.
    fn roots<'a>(&mut self, bicep: &'a [BicepFile]) -> Vec<&'a BicepFile> {
        let mut modules: BTreeMap<PathBuf, Vec<PathBuf>> = BTreeMap::new();
        for file in bicep {
            if let Ok(unit) = self.files.load(&file.path) {
                let used = unit.modules().map(|module| unit.beside(&module.path)).filter(|path| *path != unit.path);
                modules.insert(unit.path.clone(), used.collect());
            }
        }
        let included: BTreeSet<&PathBuf> = modules.values().flatten().collect();
        let (mut roots, others): (Vec<&BicepFile>, Vec<&BicepFile>) =
            bicep.iter().partition(|file| !included.contains(&normalize(&file.path)));
        let mut reached = BTreeSet::new();
        let mut reach = |path: PathBuf| {
            let mut next = vec![path];
            while let Some(path) = next.pop() {
                if reached.insert(path.clone()) {
                    next.extend(modules.get(&path).into_iter().flatten().cloned());
                }
            }
            reached.len()
        };
        let mut count = roots.iter().map(|root| reach(normalize(&root.path))).last().unwrap_or(0);
        for file in others {
            let now = reach(normalize(&file.path));
            if now > count {
                roots.push(file);
                count = now;
            }
        }
        roots
    }

    fn root(&mut self, unit: &Arc<Unit>, root: &BicepFile, parameters: &[ParameterFile]) {
        let path = display_path(&root.path);
        let (mut used, mut registries) = (BTreeSet::from([unit.path.clone()]), 0);
        if self.files.mentions(&unit.path, "containerregistry") || !remote_modules(unit).is_empty() {
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
        let evaluated =
            arm::with_alternatives(base, || arm::combined(variants, values), |values| self.once(unit, values, root).0);
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
        let mut evaluation =
            Evaluation { files, finder: Finder::default(), used: BTreeSet::new(), modules: 0, work: &work };
        let at = ModuleContext { path: &[], related: &[], around: std::slice::from_ref(&unit.path), uncertain: false };
        evaluation.file(unit, values, None, at);
        let Evaluation { finder, used, .. } = evaluation;
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
        (EvaluatedTemplate { registries, gaps, skipped: finder.skipped, files: finder.files, ran_out }, used)
    }

    /// What the template beside a file says, at the places of the file; or what the file says, where the template was
    /// not compiled from it as it is now.
    fn compiled(
        &mut self,
        unit: &Unit,
        root: &BicepFile,
        values: &ParameterValues,
        label: &str,
        own: EvaluatedTemplate,
    ) -> EvaluatedTemplate {
        let Some(path) = &root.compiled else { return own };
        let mut compiled = match arm::compiled(path, values, label) {
            Ok(compiled) => compiled.evaluated,
            Err(error) => {
                self.extraction.gaps.push(error);
                return own;
            }
        };
        let registries = std::mem::take(&mut compiled.registries);
        match compiled::placed(registries, own.registries.clone(), &remote_modules(unit)) {
            Some(registries) => {
                let files = own.files.into_iter().chain([path.clone()]).collect();
                EvaluatedTemplate { registries, files, ..compiled }
            }
            None => {
                let source = display_path(&root.path);
                let why = format!("it declares other registries than {source}, which is read in its place");
                self.extraction.skipped.push(SkippedFile::new(display_path(path), why));
                own
            }
        }
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
