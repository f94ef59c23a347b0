//! ARM templates, their parameter files, and what what-if says.

mod assemble;
mod defaults;
pub mod expression;
pub mod module_cache;
pub mod syntax;
mod template;
#[cfg(test)]
mod tests;
mod what_if;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

pub use self::assemble::{AssembledRegistry, registries, registry_of};
pub use self::defaults::{fill as fill_defaults, fill_pool, fill_task, settle_small};
use self::expression::{Expr, on_deep_stack};
use self::syntax::json::Strings;
pub use self::syntax::node::of_node as template_of_node;
pub use self::template::deployment::CalledTemplate;
use self::template::evaluated;
pub use self::template::evaluated as evaluated_template;
pub use self::template::names::{ParameterValues, combined};
use self::template::parameters::declared_by;
pub use self::template::parameters::{Candidate, ParameterFile, named_after, template_of};
pub use self::template::placeholders::{resolved as resolve_placeholders, typed};
pub use self::template::resources::{Finder, Resource, SUBSCRIPTION, WANTED, ZONE_GROUP};
pub use self::template::{CompiledTemplate, EvaluatedTemplate, compiled, with_alternatives};

use super::declared::DeclaredRegistry;
use super::discover::SourceFiles;
use super::extraction::Extraction;
use crate::model::file_gap::FileGap;
use crate::model::inventory::{FileRead, SkippedFile};
use crate::model::path::{display_path, normalize};
use crate::model::text_file::TextFile;

/// What another language has taken of the templates and parameter files that were found.
#[derive(Debug, Default)]
pub struct Claims {
    /// Templates that it deploys for certain, without links.
    pub templates: BTreeSet<PathBuf>,
    /// Parameter files that are its own.
    pub parameters: BTreeSet<PathBuf>,
    /// Values that it has for templates.
    pub values: BTreeMap<PathBuf, Vec<ParameterFile>>,
}

/// Reads the ARM templates, their parameter files and the results of what-if, but for what is claimed.
pub fn read(found: &SourceFiles, claims: Claims) -> Extraction {
    let files: Vec<Result<(Expr, Vec<FileGap>), FileGap>> =
        found.templates.par_iter().map(|path| parsed(path)).collect();
    let mut extraction = Extraction::default();
    let mut templates = Vec::new();
    for (path, file) in found.templates.iter().zip(files) {
        match file {
            Ok((template, gaps)) => {
                extraction.gaps.extend(gaps);
                templates.push((path.clone(), template));
            }
            Err(gap) => extraction.gaps.push(gap),
        }
    }
    let candidates: Vec<Candidate> =
        templates.iter().map(|(path, template)| (path.clone(), declared_by(template))).collect();
    let mut values: BTreeMap<PathBuf, Vec<ParameterFile>> = BTreeMap::new();
    for (path, mut files) in claims.values {
        let template = templates.iter().find(|(own, _)| normalize(own) == path);
        values.entry(template.map_or(path, |(own, _)| own.clone())).or_default().append(&mut files);
    }
    for path in found.parameters.iter().filter(|path| !claims.parameters.contains(*path)) {
        match ParameterFile::read(path, &mut extraction.gaps) {
            Ok(file) => match template_of(&file, &candidates) {
                Some(template) => values.entry(template.to_owned()).or_default().push(file),
                None => extraction
                    .skipped
                    .push(SkippedFile::new(display_path(path), "no template declares its parameters".to_owned())),
            },
            Err(gap) => extraction.gaps.push(gap),
        }
    }
    let all: Vec<(&Path, Vec<EvaluatedTemplate>)> =
        templates.par_iter().map(|(path, template)| (path.as_path(), of_template(path, template, &values))).collect();
    let links: Vec<(PathBuf, BTreeSet<PathBuf>)> = all
        .iter()
        .map(|(path, all)| (real(path), all.iter().flat_map(|one| &one.certain_files).map(|path| real(path)).collect()))
        .collect();
    let mains = mains(&links);
    for ((path, evaluated), (real, _)) in all.into_iter().zip(&links) {
        // One with values of its own is deployed by itself, whatever links to it besides.
        if (mains.contains(real) && !claims.templates.contains(real)) || values.contains_key(path) {
            add(&mut extraction, path, evaluated, values.get(path).map_or(0, Vec::len));
        }
    }
    what_ifs(found, &mut extraction);
    extraction
}

/// The templates that are read for themselves: what links to the others says what their parameters are. Of those that
/// link to each other in a circle, the first.
fn mains(links: &[(PathBuf, BTreeSet<PathBuf>)]) -> BTreeSet<&PathBuf> {
    let is_linked = |path: &PathBuf| links.iter().any(|(from, to)| from != path && to.contains(path));
    let mut mains: BTreeSet<&PathBuf> = BTreeSet::new();
    let mut reached: BTreeSet<&PathBuf> = BTreeSet::new();
    let (linked, roots): (Vec<_>, Vec<_>) = links.iter().partition(|(path, _)| is_linked(path));
    for (path, to) in roots.into_iter().chain(linked) {
        if !reached.contains(path) {
            mains.insert(path);
            reached.extend(to);
        }
    }
    mains
}

/// A path without links.
pub fn real(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

fn parsed(path: &Path) -> Result<(Expr, Vec<FileGap>), FileGap> {
    let file = Arc::new(TextFile::read(path)?);
    let mut gaps = Vec::new();
    on_deep_stack(|| syntax::json::read(&file, Strings::Expressions, &mut gaps)).map(|template| (template, gaps))
}

/// A template, once for each of its parameter files.
fn of_template(path: &Path, template: &Expr, values: &BTreeMap<PathBuf, Vec<ParameterFile>>) -> Vec<EvaluatedTemplate> {
    let root = display_path(path);
    let files = values.get(path).map(Vec::as_slice).unwrap_or_default();
    match files {
        [] => vec![evaluated(template, path, &ParameterValues::new(), &root)],
        [one] => vec![evaluated(template, path, &one.values, &root)],
        several => {
            let name = |file: &ParameterFile| {
                let folder = path.parent().unwrap_or(Path::new(""));
                display_path(file.path.strip_prefix(folder).unwrap_or(&file.path))
            };
            let each = several.iter();
            each.map(|file| evaluated(template, path, &file.values, &format!("{root} ({})", name(file)))).collect()
        }
    }
}

fn add(extraction: &mut Extraction, path: &Path, evaluated: Vec<EvaluatedTemplate>, parameter_files: usize) {
    let mut linked = BTreeSet::new();
    let mut count = 0;
    for one in evaluated {
        linked.extend(one.files);
        extraction.gaps.extend(one.gaps);
        extraction.skipped.extend(one.skipped);
        count = count.max(one.registries.len());
        extraction.registries.extend(one.registries.into_iter().map(|assembled| assembled.registry));
    }
    let files = 1 + parameter_files + linked.len();
    extraction.files_read.push(FileRead { path: display_path(path), what: "ARM template", files, registries: count });
}

fn what_ifs(found: &SourceFiles, extraction: &mut Extraction) {
    let each = |path: &PathBuf| -> (Result<Vec<DeclaredRegistry>, FileGap>, Vec<FileGap>) {
        let mut gaps = Vec::new();
        (on_deep_stack(|| what_if::read(path, &mut gaps)), gaps)
    };
    let all: Vec<_> = found.what_if.par_iter().map(each).collect();
    for (path, (registries, gaps)) in found.what_if.iter().zip(all) {
        extraction.gaps.extend(gaps);
        match registries {
            Ok(registries) => {
                let (path, what) = (display_path(path), "what-if result");
                extraction.files_read.push(FileRead { path, what, files: 1, registries: registries.len() });
                extraction.registries.extend(registries);
            }
            Err(gap) => extraction.gaps.push(gap),
        }
    }
}
