//! Source code: found in folders, told apart by content, read language by language.

mod found;

use std::path::PathBuf;

pub use found::{BicepFile, Found, find};

use super::declared::DeclaredRegistry;
use super::{Collected, arm, bicep, terraform};
use crate::finding::ScopeName;
use crate::inventory::{Gap, Inventory, Part, Scope};
use crate::service_tags::ServiceTags;

/// What one language read.
#[derive(Debug, Default)]
pub struct Read {
    /// The registries, in any order.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read: `path:line:column: what is wrong, and what to do`. Nothing of it is guessed; the rest is read.
    pub gaps: Vec<String>,
    /// What was read, for the user to see.
    pub taken: Vec<Taken>,
}

/// Something that was read as a whole: a Terraform configuration, a plan, a template, a Bicep file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// Its path, as a user would open it.
    pub path: String,
    /// What it is: `Terraform configuration`.
    pub what: &'static str,
    /// Of how many files it consists.
    pub files: usize,
    /// How many registries it declares.
    pub registries: usize,
}

/// What source code came to.
#[derive(Debug)]
pub struct SourceCode {
    /// Registries and gaps.
    pub collected: Collected,
    /// What was read, sorted by path.
    pub taken: Vec<Taken>,
    /// What looked like source code and was left, and why; sorted.
    pub left: Vec<(String, String)>,
}

/// Reads the source code in these files and folders. The service tags stand in for data sources that read them.
///
/// # Errors
/// A path cannot be read, or nothing in it is recognised.
pub fn read(paths: &[PathBuf], tags: &ServiceTags) -> anyhow::Result<SourceCode> {
    let found = find(paths)?;
    let mut inventory = Inventory::default();
    let mut taken = Vec::new();
    let mut gaps = found.gaps.clone();
    for read in [terraform::read(&found, tags), arm::read(&found), bicep::read(&found)] {
        inventory.registries.extend(read.registries.into_iter().map(DeclaredRegistry::into_record));
        gaps.extend(read.gaps);
        taken.extend(read.taken);
    }
    let gap = |reason| Gap { scope: ScopeName::Source, resource: None, part: Part::File, reason };
    inventory.scopes.push(Scope { name: ScopeName::Source, complete: gaps.is_empty() });
    inventory.gaps.extend(gaps.into_iter().map(gap));
    inventory.sort();
    taken.sort();
    let collected = Collected { inventory, service_tags: None, service_tags_refused: None };
    Ok(SourceCode { collected, taken, left: found.left })
}
