//! `--baseline git:REF`: the same paths at a commit, scanned as the baseline. Its objects alone are read: no checkout, no
//! filter, no hook.

use std::fs;
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, anyhow, bail};
use chrono::{NaiveDate, Utc};
use tempfile::TempDir;

use super::collect::collect_paths;
use super::console;
use crate::evaluate::Evaluator;
use crate::model::git::{Commit, PREFIX};
use crate::model::path::display_path;
use crate::model::repository::repository_path;
use crate::net::service_tags::ServiceTags;
use crate::policy::PolicySet;
use crate::source::code::VariableValues;
use crate::triage::baseline::Baseline;
use crate::triage::coverage::Coverage;
use crate::triage::waiver::Waivers;

/// What a scan at a commit is done with: as the scan that is compared with it.
pub struct SameScan<'a> {
    pub paths: &'a [PathBuf],
    pub variables: VariableValues,
    pub tags: &'a ServiceTags,
    pub policies: &'a PolicySet,
    pub evaluator: &'a Evaluator,
    /// `None` where waivers do not count.
    pub waivers: Option<&'a Waivers>,
    pub today: NaiveDate,
}

/// What an argument that names a commit names.
pub fn revision(baseline: &Path) -> Option<&str> {
    baseline.to_str()?.strip_prefix(PREFIX)
}

/// Scans the paths at a commit.
///
/// # Errors
/// There is no such commit, or the files of it cannot be laid out.
pub fn scan(revision: &str, scan: SameScan<'_>) -> anyhow::Result<Baseline> {
    if scan.paths.is_empty() {
        bail!(
            "--baseline git:{revision}: a commit holds no registries of Azure; name the paths of source code as well"
        );
    }
    let refused = |why: String| anyhow!("--baseline git:{revision}: {why}");
    let commit = Commit::open(revision).map_err(refused)?;
    let folder = tempfile::tempdir().context("no folder for the files of the commit")?;
    lay_out(&commit, &folder).map_err(refused)?;
    // What it is called within the repository, it is called there.
    let at = |path: &Path| folder.path().join(repository_path(&display_path(path)));
    let paths: Vec<PathBuf> = scan.paths.iter().map(|path| at(path)).filter(|path| path.exists()).collect();
    if paths.is_empty() {
        return Ok(Baseline::default());
    }
    let mut variables = scan.variables;
    for (root, files) in &mut variables.roots {
        for path in std::iter::once(root).chain(files) {
            *path = Some(at(path)).filter(|at| at.exists()).unwrap_or_else(|| path.clone());
        }
    }
    let inventory = collect_paths(&paths, scan.tags, variables)?;
    for gap in &inventory.gaps {
        console::warn(&format!("at the baseline's commit, {}", gap.notification().text()));
    }
    let mut evaluation = scan.evaluator.evaluate(&inventory, scan.tags);
    let ids = scan.policies.policies.iter().map(|policy| policy.id.as_str());
    let named = paths.iter().map(|path| repository_path(&display_path(path))).collect();
    let coverage = Coverage::new(&inventory, ids, &evaluation.notifications, named);
    if let Some(waivers) = scan.waivers {
        // What there is to say of those is said of those in force.
        waivers.apply(&mut evaluation.findings, &coverage, scan.today);
    }
    Ok(Baseline::of_findings(&evaluation.findings))
}

/// The day of a scan.
pub fn today() -> NaiveDate {
    Utc::now().date_naive()
}

/// Writes what a scan may read of a commit into a folder that passes for its repository.
fn lay_out(commit: &Commit, folder: &TempDir) -> Result<(), String> {
    let cannot = |error: std::io::Error| format!("its files cannot be written: {error}");
    fs::create_dir(folder.path().join(".git")).map_err(cannot)?;
    for file in commit.files(is_source)? {
        let path = Path::new(&file.path);
        // No tree that git itself would make has any other.
        if !path.components().all(|part| matches!(part, Component::Normal(name) if name != ".git")) {
            continue;
        }
        let path = folder.path().join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(cannot)?;
        }
        fs::write(path, file.bytes).map_err(cannot)?;
    }
    Ok(())
}

/// Whether a file may be source code, or be read by some.
fn is_source(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    [".tf", ".tofu", ".tfvars", ".hcl", ".json", ".jsonc", ".bicep", ".bicepparam", ".yaml", ".yml", ".txt", ".tftpl"]
        .iter()
        .any(|end| name.ends_with(end))
}
