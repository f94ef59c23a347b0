//! Bicep files: parsed, evaluated, and made into registries.

mod compiled;
mod declare;
mod evaluate;
mod files;
mod lower;
mod parameters;
mod symbols;
mod syntax;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::compiled::Elsewhere;
use self::evaluate::{At, Evaluation};
use self::files::{Files, Unit};
use self::syntax::{Declaration, Kind, Literal, What};
use super::arm;
use super::arm::expression::{Work, on_deep_stack};
use super::arm::{Evaluated, Finder, Given};
use super::{BicepFile, Found, Read};
use crate::model::inventory::{Language, Taken};
use crate::model::path::display_path;
use crate::model::path::normalize;

/// Reads the Bicep files, each that is no module of another, once for each of its parameter files.
pub fn read(found: &Found) -> Read {
    if found.bicep.is_empty() && found.bicep_parameters.is_empty() {
        return Read::default();
    }
    on_deep_stack(|| Reader::default().read(found))
}

/// The Bicep file on disk that a parameter file is for.
pub fn used_by(parameters: &Path) -> Option<PathBuf> {
    let unit = on_deep_stack(|| Files::default().load(parameters)).ok()?;
    parameters::used_by(&unit).filter(|path| path.extension().is_some_and(|end| end == "bicep") && path.is_file())
}

#[derive(Default)]
struct Reader {
    files: Files,
    read: Read,
}

/// A parameter file: its path, and the values that it gives.
struct ParameterFile {
    path: PathBuf,
    given: Given,
}

impl Reader {
    fn read(mut self, found: &Found) -> Read {
        let parameters = self.parameter_files(&found.bicep_parameters);
        for root in self.roots(&found.bicep) {
            match self.files.load(&root.path) {
                Ok(unit) => self.root(&unit, root, parameters.get(&unit.path).map_or(&[], Vec::as_slice)),
                Err(error) => self.read.gaps.push(error),
            }
        }
        let known: BTreeSet<PathBuf> = found.bicep.iter().map(|file| normalize(&file.path)).collect();
        for (path, files) in parameters.iter().filter(|(path, _)| !known.contains(*path)) {
            for file in files {
                let why = format!("the file that it is for is not scanned: {}", display_path(path));
                self.read.left.push((display_path(&file.path), why));
            }
        }
        self.read.gaps.append(&mut self.files.gaps);
        self.read.gaps.sort();
        self.read.gaps.dedup();
        self.read
    }

    /// The parameter files, by the file that they are for.
    fn parameter_files(&mut self, paths: &[PathBuf]) -> BTreeMap<PathBuf, Vec<ParameterFile>> {
        let mut by_file: BTreeMap<PathBuf, Vec<ParameterFile>> = BTreeMap::new();
        for path in paths {
            match self.files.load(path) {
                Err(error) => self.read.gaps.push(error),
                Ok(unit) => match parameters::used_by(&unit) {
                    None => self.read.left.push((display_path(path), "it names no file that it is for".to_owned())),
                    Some(file) => {
                        let given = parameters::given(&unit, &mut self.files, &mut self.read.gaps);
                        by_file.entry(file).or_default().push(ParameterFile { path: path.clone(), given });
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
        if self.files.mentions(&unit.path, "containerregistry") || !elsewhere(unit).is_empty() {
            let none = [ParameterFile { path: PathBuf::new(), given: Given::new() }];
            for file in if parameters.is_empty() { &none } else { parameters } {
                let folder = root.path.parent().unwrap_or(Path::new(""));
                let name = display_path(file.path.strip_prefix(folder).unwrap_or(&file.path));
                let label = if parameters.len() > 1 { format!("{path} ({name})") } else { path.clone() };
                let (evaluated, files) = self.evaluated(unit, &file.given, &label);
                let evaluated = self.compiled(unit, root, &file.given, &label, evaluated);
                used.extend(files);
                used.extend(evaluated.files);
                self.read.gaps.extend(evaluated.gaps);
                self.read.left.extend(evaluated.left);
                registries = registries.max(evaluated.registries.len());
                self.read.registries.extend(evaluated.registries.into_iter().map(|assembled| assembled.registry));
            }
            self.read.left.sort();
            self.read.left.dedup();
        }
        let files = used.len() + parameters.len();
        self.read.taken.push(Taken { path, what: "Bicep file", files, registries });
    }

    /// Evaluates a file with these values for its parameters, and the Bicep files that this read.
    fn evaluated(&mut self, unit: &Arc<Unit>, given: &Given, root: &str) -> (Evaluated, BTreeSet<PathBuf>) {
        let choices = parameters::choices(unit, &mut self.files, given);
        let (base, used) = self.once(unit, given, root);
        let evaluated =
            arm::with_alternatives(base, || arm::combined(choices, given), |given| self.once(unit, given, root).0);
        (evaluated, used)
    }

    fn once(&mut self, unit: &Arc<Unit>, given: &Given, root: &str) -> (Evaluated, BTreeSet<PathBuf>) {
        let work = Work::default();
        let files = &mut self.files;
        let mut evaluation =
            Evaluation { files, finder: Finder::default(), used: BTreeSet::new(), modules: 0, work: &work };
        let at = At { path: &[], related: &[], around: std::slice::from_ref(&unit.path), perhaps: false };
        evaluation.file(unit, given, None, at);
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
        gaps.extend(work.into_gaps());
        (Evaluated { registries, gaps, left: finder.left, files: finder.files }, used)
    }

    /// What the template beside a file says, at the places of the file; or what the file says, where the template was
    /// not compiled from it as it is now.
    fn compiled(&mut self, unit: &Unit, root: &BicepFile, given: &Given, label: &str, own: Evaluated) -> Evaluated {
        let Some(path) = &root.compiled else { return own };
        let Evaluated { registries, gaps, left, mut files } = own;
        let compiled = match arm::compiled(path, given, label) {
            Ok(compiled) => compiled,
            Err(error) => {
                self.read.gaps.push(error);
                return Evaluated { registries, gaps, left, files };
            }
        };
        match compiled::placed(compiled.evaluated.registries, registries.clone(), &elsewhere(unit)) {
            Some(registries) => {
                files.push(path.clone());
                Evaluated { registries, gaps: compiled.evaluated.gaps, left: compiled.evaluated.left, files }
            }
            None => {
                let why = format!(
                    "it declares other registries than {}, which is read in its place",
                    display_path(&root.path)
                );
                self.read.left.push((display_path(path), why));
                Evaluated { registries, gaps, left, files }
            }
        }
    }
}

/// The modules of a file that are not on disk.
fn elsewhere(unit: &Unit) -> Vec<Elsewhere> {
    let module = |declaration: &Declaration| match &declaration.what {
        What::Module(module) if !files::is_local(&module.path) => {
            let name = module.body.body_object().and_then(|object| object.get("name")).map(|name| &name.kind);
            let name = match name {
                Some(Kind::Literal(Literal::Text(name))) => Some(name.clone()),
                _ => None,
            };
            Some(Elsewhere { symbol: module.symbol.clone(), name, head: unit.place(&module.head) })
        }
        _ => None,
    };
    unit.syntax.declarations.iter().filter_map(module).collect()
}

#[cfg(test)]
mod tests;
