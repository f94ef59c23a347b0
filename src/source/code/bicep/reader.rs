//! The Bicep files of a scan, read one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::evaluate::{Evaluation, ModuleContext};
use super::files::{Files, Unit};
use super::parameters;
use super::syntax::DeclarationKind;
use crate::model::inventory::{FileRead, Language};
use crate::model::path::{display_path, normalize};
use crate::source::code::arm::expression::{GROUP, Work};
use crate::source::code::arm::{self, Claims, EvaluatedTemplate, Finder, ParameterFile, ParameterValues, SUBSCRIPTION};
use crate::source::code::declared::DeclaredRegistry;
use crate::source::code::discover::{BicepFile, SourceFiles};
use crate::source::code::extraction::Extraction;

/// Reads all Bicep files of a scan.
#[derive(Default)]
pub struct Reader {
    pub(super) files: Files,
    /// The files that are read by themselves or deployed by those for certain.
    certain: BTreeSet<PathBuf>,
    pub(super) extraction: Extraction,
    pub(super) claims: Claims,
}

impl Reader {
    /// Reads them, and says what of the templates that were found they deploy.
    pub fn read(mut self, found: &SourceFiles) -> (Extraction, Claims) {
        let compiled = found.bicep.iter().map(|file| (normalize(&file.path), file.compiled.clone()));
        self.files.compiled = compiled.collect();
        let parameters = self.parameter_files(found);
        let roots = self.roots(&found.bicep, &parameters);
        for root in roots {
            self.read_root(root, &parameters);
        }
        let modules: BTreeSet<PathBuf> = found.bicep.iter().flat_map(|file| self.includes(file)).collect();
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
            let (certain, before) = (self.certain.clone(), self.extraction.registries.len());
            self.read_root(root, &parameters);
            // Whose tasks these are, the files say that use it as a module.
            let mut read = self.extraction.registries.split_off(before);
            let is_named = |one: &DeclaredRegistry| one.registry.get("name").is_some();
            read.retain(|one| !one.is_elsewhere || is_named(one) || !modules.contains(&normalize(&root.path)));
            self.extraction.registries.append(&mut read);
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
        // A Bicep file that only its parameter file leads to.
        let known: BTreeSet<PathBuf> = found.bicep.iter().map(|file| normalize(&file.path)).collect();
        for path in parameters.keys().filter(|path| !known.contains(*path)) {
            self.read_root(&BicepFile { path: path.clone(), compiled: Vec::new() }, &parameters);
        }
        self.extraction.gaps.append(&mut self.files.gaps);
        self.extraction.gaps.sort();
        self.extraction.gaps.dedup();
        (self.extraction, self.claims)
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
    pub(super) fn includes(&mut self, file: &BicepFile) -> Vec<PathBuf> {
        let Ok(unit) = self.files.load(&file.path) else { return Vec::new() };
        unit.modules().map(|module| unit.beside(&module.path)).filter(|path| *path != unit.path).collect()
    }

    /// Whether a file has anything to do with registries, as far as that can be told.
    fn may_declare(&mut self, path: &Path) -> bool {
        let Ok(unit) = self.files.load(path) else { return false };
        let words = ["containerregistry", "microsoft.resources/deployments"];
        words.iter().any(|word| self.files.mentions(&unit.path, word))
    }

    pub(super) fn read_root(&mut self, root: &BicepFile, parameters: &BTreeMap<PathBuf, Vec<ParameterFile>>) {
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
                self.claims.templates.extend(evaluated.certain_files.iter().map(|path| arm::real(path)));
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
        let at = ModuleContext {
            path: &[],
            related: &[],
            around: std::slice::from_ref(&unit.path),
            uncertain: false,
            scope: target_scope(unit),
        };
        evaluation.file(unit, values, None, at);
        let Evaluation { finder, used, certain, .. } = evaluation;
        self.certain.extend(certain);
        let mut registries = arm::registries(&finder.resources, root);
        let handed = &finder.handed;
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        for one in &mut registries {
            let own = one.symbol.clone().unwrap_or_else(|| one.registry.address.clone());
            let own = one.instance.map_or(own.clone(), |index| format!("{own}[{index}]"));
            let path: Vec<&str> = one.path.iter().map(String::as_str).chain([own.as_str()]).collect();
            let mut address = match one.registry.is_elsewhere {
                true => one.registry.address.clone(),
                false => path.join("."),
            };
            let count = seen.entry(address.clone()).and_modify(|count| *count += 1).or_insert(1);
            if *count > 1 {
                address = format!("{address}#{count}");
            }
            one.registry.address = address;
            one.registry.logical = None;
            one.registry.language = Language::Bicep;
            set_addresses(&mut one.registry);
            one.name_servers();
            if handed.contains(&one.name.to_lowercase()) {
                one.registry.doubt_access();
            }
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
}

/// What a file is deployed to.
fn target_scope(unit: &Unit) -> &'static str {
    let scope = unit.syntax.declarations.iter().find_map(|declaration| match &declaration.what {
        DeclarationKind::TargetScope(scope) => Some(scope.as_str()),
        _ => None,
    });
    match scope {
        None | Some("resourceGroup") => GROUP,
        Some("subscription") => SUBSCRIPTION,
        Some(_) => "",
    }
}

/// The alternatives of a registry are called as it is.
fn set_addresses(registry: &mut DeclaredRegistry) {
    let (address, language) = (registry.address.clone(), registry.language);
    for other in &mut registry.alternatives {
        other.address.clone_from(&address);
        other.language = language;
        other.logical = None;
        set_addresses(other);
    }
}
