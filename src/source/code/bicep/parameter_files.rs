//! Which files of values are for which Bicep file.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::parameters;
use super::parameters::Using;
use super::reader::Reader;
use super::syntax::DeclarationKind;
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::path::{display_path, normalize};
use crate::source::code::arm::{self, Candidate, ParameterFile};
use crate::source::code::discover::{BicepFile, SourceFiles};

impl Reader {
    /// The parameter files, Bicep and JSON, by the file that they are for.
    pub(super) fn parameter_files(&mut self, found: &SourceFiles) -> BTreeMap<PathBuf, Vec<ParameterFile>> {
        let mut by_file: BTreeMap<PathBuf, Vec<ParameterFile>> = BTreeMap::new();
        for path in &found.bicep_parameters {
            let unit = match self.files.load(path) {
                Ok(unit) => unit,
                Err(error) => {
                    self.extraction.gaps.push(error);
                    continue;
                }
            };
            let mut values = || parameters::values(&unit, &mut self.files, &mut self.extraction.gaps);
            match parameters::using(&unit) {
                Using::File(file) if file.is_file() => {
                    let given = ParameterFile { path: path.clone(), values: values() };
                    match file.extension().is_some_and(|end| end == "json") {
                        true => self.claims.values.entry(file).or_default().push(given),
                        false => by_file.entry(file).or_default().push(given),
                    }
                }
                Using::File(_) => {
                    let why = "it uses no Bicep file on disk: correct its `using`, or name the Bicep file";
                    self.extraction.gaps.push(FileGap::new(display_path(path), why));
                }
                Using::Remote(reference, span) => {
                    let values = values();
                    self.published(&unit, &reference, &span, &values);
                }
                // Others extend it.
                Using::Nothing => {}
                Using::NotSaid => self
                    .extraction
                    .skipped
                    .push(SkippedFile::new(display_path(path), "it names no file that it is for".to_owned())),
            }
        }
        self.json_files(found, &mut by_file);
        let others = [&found.templates, &found.plans, &found.states, &found.what_if];
        let is_alone = found.terraform.is_empty()
            && others.iter().all(|files| files.is_empty())
            && found.bicep.is_empty()
            && by_file.is_empty()
            && self.claims.values.is_empty();
        if is_alone && self.extraction.gaps.is_empty() && self.extraction.files_read.is_empty() {
            for path in &found.bicep_parameters {
                let why =
                    "parameters alone declare nothing: name the Bicep file, or the parameter file that extends it";
                self.extraction.gaps.push(FileGap::new(display_path(path), why));
            }
        }
        by_file
    }

    /// Parameter files in JSON that are for Bicep files: by their names, else by what they set.
    fn json_files(&mut self, found: &SourceFiles, by_file: &mut BTreeMap<PathBuf, Vec<ParameterFile>>) {
        if found.parameters.is_empty() {
            return;
        }
        let templates: Vec<Candidate> = found.templates.iter().map(|path| (path.clone(), BTreeSet::new())).collect();
        let modules: BTreeSet<PathBuf> = found.bicep.iter().flat_map(|file| self.includes(file)).collect();
        let (modules, roots): (Vec<&BicepFile>, Vec<&BicepFile>) =
            found.bicep.iter().partition(|file| modules.contains(&normalize(&file.path)));
        let roots: Vec<Candidate> = roots.into_iter().filter_map(|file| self.candidate(file)).collect();
        let all: Vec<Candidate> = modules.into_iter().filter_map(|file| self.candidate(file)).collect();
        let all: Vec<Candidate> = roots.iter().cloned().chain(all).collect();
        for path in &found.parameters {
            if arm::named_after(path, &all).is_none() && arm::named_after(path, &templates).is_some() {
                continue;
            }
            let mut gaps = Vec::new();
            let Ok(file) = ParameterFile::read(path, &mut gaps) else { continue };
            let named = arm::named_after(path, &all);
            let Some(target) = named.or_else(|| arm::template_of(&file, &roots)) else { continue };
            let target = normalize(target);
            self.extraction.gaps.append(&mut gaps);
            self.claims.parameters.insert(path.clone());
            by_file.entry(target).or_default().push(file);
        }
    }

    /// A Bicep file, and the names of its parameters.
    fn candidate(&mut self, file: &BicepFile) -> Option<Candidate> {
        let unit = self.files.load(&file.path).ok()?;
        let names = unit.syntax.declarations.iter().filter_map(|declaration| match &declaration.what {
            DeclarationKind::Parameter { name, .. } => Some(name.to_lowercase()),
            _ => None,
        });
        Some((file.path.clone(), names.collect()))
    }
}
