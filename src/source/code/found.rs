//! Finds source code, and tells it apart by content.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// The source code in the files and folders that were named. Paths are as a user would open them; every list is sorted.
#[derive(Debug, Default)]
pub struct Found {
    /// Terraform configurations: folder -> its `.tf`, `.tf.json`, `.tfvars` and `.tfvars.json` files.
    pub terraform: BTreeMap<PathBuf, Vec<PathBuf>>,
    /// Terraform plans, as JSON or binary.
    pub plans: Vec<PathBuf>,
    /// ARM templates, but for those compiled from a Bicep file beside them.
    pub templates: Vec<PathBuf>,
    /// Parameter files of ARM templates.
    pub parameters: Vec<PathBuf>,
    /// What `az deployment … what-if --no-pretty-print` printed.
    pub what_if: Vec<PathBuf>,
    /// Bicep files.
    pub bicep: Vec<BicepFile>,
    /// `.bicepparam` files.
    pub bicep_parameters: Vec<PathBuf>,
    /// What looked like source code and was left, and why.
    pub left: Vec<(String, String)>,
    /// What could not be told apart because it could not be read.
    pub gaps: Vec<String>,
}

/// A Bicep file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct BicepFile {
    /// The file.
    pub path: PathBuf,
    /// The ARM template that was compiled from it and lies beside it.
    pub compiled: Option<PathBuf>,
}

/// Finds the source code in files and folders.
///
/// # Errors
/// A path cannot be read, or nothing in it is recognised.
pub fn find(_paths: &[PathBuf]) -> anyhow::Result<Found> {
    Ok(Found::default())
}
