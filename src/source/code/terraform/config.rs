//! A configuration, evaluated: what a folder of `.tf` files declares.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::super::declared::Node;
use super::evaluate::Evaluator;
pub use super::evaluate::{ModuleCall, UnreadModule};
use super::hcl::Body;
use super::modules::{Installed, STACK, Tree};
use super::resource::Resource;
use crate::model::file_gap::FileGap;
use crate::model::path::display_path;
use crate::net::service_tags::ServiceTags;

/// What a configuration declares.
#[derive(Debug, Default)]
pub struct EvaluatedConfiguration {
    /// Every instance of the resources that registries are made of, in all modules.
    pub resources: Vec<Resource>,
    /// The calls of modules, one for each instance.
    pub calls: Vec<ModuleCall>,
    /// The calls of modules that are not on disk; sorted.
    pub unread: Vec<UnreadModule>,
    /// The folders of all modules, the root's among them.
    pub folders: BTreeSet<PathBuf>,
    /// Those of them of which there is an instance for certain.
    pub instantiated: BTreeSet<PathBuf>,
    /// What was not evaluated; sorted.
    pub gaps: Vec<FileGap>,
}

/// Evaluates the configuration of a folder of the tree. `variable_values` are values of its variables that come from elsewhere
/// than its files, and go before those.
pub fn evaluate(
    tree: &Tree,
    root: &Path,
    installed: &Installed,
    variable_values: &HashMap<String, Node>,
    tags: &ServiceTags,
) -> EvaluatedConfiguration {
    evaluate_with(tree, root, installed, (variable_values, &[]), tags)
}

/// The same with variables files that Terraform is told to read, the later before the earlier.
pub fn evaluate_with(
    tree: &Tree,
    root: &Path,
    installed: &Installed,
    (variable_values, variable_files): (&HashMap<String, Node>, &[&Body]),
    tags: &ServiceTags,
) -> EvaluatedConfiguration {
    let work = || {
        let Some(mut evaluator) = Evaluator::new(tree, root, installed, variable_values, variable_files, tags) else {
            return EvaluatedConfiguration::default();
        };
        let resources = evaluator.resources();
        EvaluatedConfiguration {
            resources,
            calls: std::mem::take(&mut evaluator.calls),
            unread: std::mem::take(&mut evaluator.unread),
            folders: evaluator.folders(),
            instantiated: evaluator.instantiated(),
            gaps: std::mem::take(&mut evaluator.gaps).into_iter().collect(),
        }
    };
    std::thread::scope(|scope| match std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work) {
        Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
        Err(error) => {
            let gap = FileGap::new(display_path(root), format!("cannot evaluate it: {error}"));
            EvaluatedConfiguration { gaps: vec![gap], ..EvaluatedConfiguration::default() }
        }
    })
}
