//! Terraform plans: what `terraform show -json` prints, and the file that `terraform plan -out` writes.

mod archive;
mod binary;
mod json;
mod locate;
mod msgpack;
mod planfile;
mod planned_values;
mod references;
mod sources;
mod values;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use self::locate::BlockLocation;
use self::sources::PlanSources;
use super::super::declared::{DeclaredRegistry, Node};
use super::address::Address;
use super::modules::Tree;
use super::resource::{Change, Resource, assemble};
use crate::model::file_gap::FileGap;
use crate::model::inventory::{FileRead, SkippedFile};
use crate::model::open;
use crate::model::path::display_path;
use crate::model::text_file::TextFile;
use crate::net::service_tags::ServiceTags;

/// What a plan came to.
#[derive(Debug, Default)]
pub struct ReadPlan {
    /// Its registries.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read.
    pub gaps: Vec<FileGap>,
    /// What was read, for the user to see.
    pub files_read: Option<FileRead>,
    /// What belongs to no registry of the plan, and why.
    pub skipped: Vec<SkippedFile>,
    /// The folder whose sources were planned, where it was found.
    pub folder: Option<PathBuf>,
    /// What those sources declare with the plan's variables; `None` where they are not on disk as they were planned.
    pub configured: Option<Vec<DeclaredRegistry>>,
}

/// What a plan holds, whichever way it is written.
#[derive(Debug, Default)]
struct Planned {
    /// The resources that matter, each with the values that it will have.
    resources: Vec<Resource>,
    /// The variables of the root module.
    variables: Vec<(String, Node)>,
    /// What the root module declares: `azurerm_container_registry.main`, `module.acr`.
    root: BTreeSet<String>,
    gaps: Vec<FileGap>,
    /// What a plan in JSON says of its configuration.
    configuration: references::Configuration,
}

/// What is said of the plan of a run that failed.
const FAILED: &str = "it is the plan of a run that failed, and lacks resources; plan again once the error is fixed";

/// What is said of a plan that leaves resources for a later one.
const INCOMPLETE: &str = "Terraform says that the plan is not complete; apply it and plan again for the rest";

/// How an archive begins.
const ARCHIVE: [u8; 4] = *b"PK\x03\x04";

/// Reads a plan. The tree holds the configurations that were found beside it; where the plan's own folder is not among
/// them, it is read from disk.
pub fn read_plan(path: &Path, tree: &Tree, tags: &ServiceTags) -> ReadPlan {
    match read_file(path, tree, tags) {
        Ok((planned, plan_sources)) => assemble_plan(path, planned, plan_sources),
        Err(gap) => ReadPlan { gaps: vec![gap], ..ReadPlan::default() },
    }
}

fn read_file(path: &Path, tree: &Tree, tags: &ServiceTags) -> Result<(Planned, Option<PlanSources>), FileGap> {
    if is_archive(path) {
        let file = Arc::new(TextFile::new(display_path(path), ""));
        let error = |why: String| FileGap::new(file.path.clone(), why);
        let archive = read_archive(path).map_err(error)?;
        let planned = binary::read(&archive.plan, &file).map_err(error)?;
        let plan_sources = sources::from_archive(path, archive.sources, tree, &planned.variables, tags);
        return Ok((planned, plan_sources));
    }
    let planned = json::read(&Arc::new(TextFile::read(path)?))?;
    // A plan without any of what matters needs no lines.
    let plan_sources = match planned.resources.is_empty() {
        true => None,
        false => sources::from_folder(path, &planned.root, tree, &planned.variables, tags),
    };
    Ok((planned, plan_sources))
}

fn assemble_plan(path: &Path, mut planned: Planned, plan_sources: Option<PlanSources>) -> ReadPlan {
    let mut nowhere = 0;
    let Planned { resources, configuration, .. } = &mut planned;
    for resource in resources {
        let location =
            plan_sources.as_ref().map_or(BlockLocation::Nowhere, |plan_sources| plan_sources.sources.span(resource));
        nowhere += usize::from(location == BlockLocation::Nowhere);
        if let BlockLocation::Call | BlockLocation::Nowhere = location {
            configuration.settle(resource);
            locate::doubt(resource);
        }
    }
    let mut skipped: Vec<SkippedFile> = Vec::new();
    if nowhere > 0 {
        let why =
            format!("the sources of {nowhere} of its resources were not found: their lines are those of the plan");
        skipped.push(SkippedFile::new(display_path(path), why));
    }
    let configured = plan_sources.as_ref().filter(|plan_sources| plan_sources.is_on_disk);
    let configured = configured.map(|plan_sources| plan_sources.sources.resources().to_vec());
    let folder = plan_sources.as_ref().and_then(|plan_sources| plan_sources.folder.clone());
    skipped.extend(
        plan_sources
            .and_then(|plan_sources| plan_sources.remark)
            .map(|remark| SkippedFile::new(display_path(path), remark)),
    );
    let root = folder.as_deref().or(path.parent()).map(display_path).unwrap_or_default();
    let configured = configured.map(|resources| assemble(resources, &root).registries);
    let mut assembled = assemble(planned.resources, &root);
    planned.gaps.extend(assembled.gaps);
    // What a plan lacks may belong to what is in it.
    if !planned.gaps.is_empty() {
        assembled.registries.iter_mut().for_each(DeclaredRegistry::doubt);
    }
    skipped.extend(assembled.skipped);
    let files_read =
        FileRead { path: display_path(path), what: "Terraform plan", files: 1, registries: assembled.registries.len() };
    ReadPlan {
        registries: assembled.registries,
        gaps: planned.gaps,
        files_read: Some(files_read),
        skipped,
        folder,
        configured,
    }
}

/// The resources that a document lists under a member as `planned_values` does.
pub fn planned_resources(file: &Arc<TextFile>, member: &str, gaps: &mut Vec<FileGap>) -> Vec<Resource> {
    let members: Option<BTreeMap<&str, &serde_json::value::RawValue>> = serde_json::from_str(&file.text).ok();
    let values = members.and_then(|members| members.get(member).copied());
    values.map_or_else(Vec::new, |values| planned_values::resources(file, values.get(), Change::Existing, gaps))
}

/// Gives resources the places of the configuration that lies beside a file, and says where it lies.
pub fn sources_beside(path: &Path, resources: &mut [Resource], tree: &Tree, tags: &ServiceTags) -> Option<PathBuf> {
    let address = |resource: &Resource| Address::parse(&resource.address);
    let root: BTreeSet<String> = resources
        .iter()
        .filter_map(address)
        .filter_map(|address| match address.modules.first() {
            Some(module) => Some(format!("module.{}", module.name)),
            None => address.resource.map(|step| step.name),
        })
        .collect();
    if root.is_empty() {
        return None;
    }
    let beside = sources::from_folder(path, &root, tree, &[], tags)?;
    resources.iter_mut().for_each(|resource| _ = beside.sources.span(resource));
    beside.folder
}

fn is_archive(path: &Path) -> bool {
    open::head(path, ARCHIVE.len()).is_ok_and(|head| head == ARCHIVE)
}

fn read_archive(path: &Path) -> Result<archive::Archive, String> {
    archive::open(&open::bytes(path)?)
}

#[cfg(test)]
mod tests;
