//! A template evaluated: with values for its parameters, and once more for each that a parameter may have.

pub(crate) mod deployment;
pub(crate) mod heads;
mod links;
pub(crate) mod names;
mod order;
pub(crate) mod parameters;
pub(crate) mod placeholders;
pub(crate) mod resources;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::names::{ParameterValues, combinations};
use self::resources::Finder;
use super::assemble::{AssembledRegistry, registries};
use super::expression::{Expr, Work, on_deep_stack};
use super::syntax::json;
use super::syntax::json::Strings;
use crate::model::file_gap::FileGap;
use crate::model::inventory::SkippedFile;
use crate::model::text_file::TextFile;
use crate::source::code::declared::DeclaredRegistry;

/// How many alternatives all registries of a template may have together; with more, their values stay unknown.
const MAX_ALTERNATIVES: usize = 5_000;

/// What a template comes to.
#[derive(Debug, Default)]
pub struct EvaluatedTemplate {
    /// Its registries.
    pub registries: Vec<AssembledRegistry>,
    /// What was not read.
    pub gaps: Vec<FileGap>,
    /// What was skipped, and why.
    pub skipped: Vec<SkippedFile>,
    /// The linked templates that were read.
    pub files: Vec<PathBuf>,
    /// Those of them that are deployed for certain.
    pub certain_files: Vec<PathBuf>,
    /// Whether evaluation was given up because it was too much work.
    pub ran_out: bool,
}

/// A template that Bicep compiled.
#[derive(Debug)]
pub struct CompiledTemplate {
    /// The file.
    pub file: Arc<TextFile>,
    /// What it comes to.
    pub evaluated: EvaluatedTemplate,
    /// Whether it says that Bicep made it.
    pub is_generated: bool,
}

/// Reads and evaluates a template that was compiled from Bicep; addresses are relative to `root`.
///
/// # Errors
/// It cannot be read, or is no JSON.
pub fn compiled(path: &Path, values: &ParameterValues, root: &str) -> Result<CompiledTemplate, FileGap> {
    let file = Arc::new(TextFile::read(path)?);
    let mut gaps = Vec::new();
    let template = on_deep_stack(|| json::read(&file, Strings::Expressions, &mut gaps))?;
    let generator = template.get("metadata").and_then(|metadata| metadata.get("_generator"));
    let name = generator.and_then(|generator| generator.get("name")).and_then(Expr::as_str);
    let mut evaluated = evaluated(&template, path, values, root);
    evaluated.gaps.extend(gaps);
    Ok(CompiledTemplate { file, evaluated, is_generated: name == Some("bicep") })
}

/// Evaluates a template, and finds what its registries are for each value that a parameter without one may have.
pub fn evaluated(template: &Expr, path: &Path, values: &ParameterValues, root: &str) -> EvaluatedTemplate {
    on_deep_stack(|| {
        if template.get("resources").is_none() {
            let gaps = vec![FileGap::new(template.span.file.file_position(0), "the template has no `resources`")];
            return EvaluatedTemplate { gaps, ..EvaluatedTemplate::default() };
        }
        let base = once(template, path, values, root);
        with_alternatives(base, || combinations(template, values), |values| once(template, path, values, root))
    })
}

/// With what the registries are for each combination of values that parameters without one may have.
pub fn with_alternatives(
    mut base: EvaluatedTemplate,
    combinations: impl FnOnce() -> Vec<ParameterValues>,
    mut once: impl FnMut(&ParameterValues) -> EvaluatedTemplate,
) -> EvaluatedTemplate {
    if base.registries.is_empty() {
        return base;
    }
    let combinations = if base.ran_out { Vec::new() } else { combinations() };
    if combinations.len().saturating_mul(base.registries.len()) > MAX_ALTERNATIVES {
        return base;
    }
    let mut each: BTreeMap<_, Vec<DeclaredRegistry>> = BTreeMap::new();
    for values in combinations {
        // Its gaps are of a value that nobody gave: where they matter, this alternative is unknown.
        let other = once(&values);
        for alternative in other.registries {
            each.entry(identity(&alternative)).or_default().push(alternative.registry);
        }
    }
    for registry in &mut base.registries {
        let Some(others) = each.remove(&identity(registry)) else { continue };
        let own = &mut registry.registry;
        let says_more = |other: &DeclaredRegistry| {
            (&other.registry, &other.tasks, &other.agent_pools) != (&own.registry, &own.tasks, &own.agent_pools)
        };
        // Where a parameter decides nothing, few values of the registry itself may.
        if others.iter().any(says_more) {
            own.alternatives = others.into_iter().flat_map(DeclaredRegistry::with_few_values).collect();
        }
    }
    base.gaps.sort();
    base.gaps.dedup();
    base
}

/// What tells one registry of a template from another whatever its parameters are.
fn identity(registry: &AssembledRegistry) -> (Vec<String>, String, Option<usize>) {
    (registry.path.clone(), registry.pointer.clone(), registry.instance)
}

fn once(template: &Expr, path: &Path, values: &ParameterValues, root: &str) -> EvaluatedTemplate {
    let work = Work::default();
    let mut finder = Finder::default();
    finder.template(template, path, values, &work);
    let mut registries = registries(&finder.resources, root);
    registries.iter_mut().for_each(AssembledRegistry::name_servers);
    let ran_out = work.ran_out();
    let mut gaps = finder.gaps;
    gaps.extend(work.into_gaps());
    EvaluatedTemplate {
        registries,
        gaps,
        skipped: finder.skipped,
        files: finder.files,
        certain_files: finder.certain_files,
        ran_out,
    }
}
