//! Source code: found in folders, told apart by content, read language by language.

pub mod arm;
pub mod bicep;
pub mod declared;
pub(crate) mod discover;
mod extraction;
mod gaps;
pub mod terraform;

pub use self::discover::{BicepFile, SourceFiles, VariableValues};
pub use self::extraction::Extraction;

use std::path::PathBuf;

use self::declared::{DeclaredRegistry, join_elsewhere};
use crate::model::finding::ScopeName;
use crate::model::inventory::{Inventory, ScanScope};
use crate::net::service_tags::ServiceTags;

/// Finds the source code in files and folders.
///
/// # Errors
/// A path cannot be read, or nothing in all of them is recognised.
pub fn find(paths: &[PathBuf]) -> anyhow::Result<SourceFiles> {
    discover::find(paths, &bicep::file_for)
}

/// As [`find`], but nothing may be there.
pub fn search(paths: &[PathBuf]) -> SourceFiles {
    discover::search(paths, &bicep::file_for)
}

/// Reads the source code that was found. The service tags stand in for data sources that read them.
pub fn read(found: SourceFiles, tags: &ServiceTags) -> Inventory {
    let mut inventory = Inventory::default();
    let mut gaps = found.gaps.clone();
    let mut declared = Vec::new();
    let (bicep, claims) = bicep::read(&found);
    for extraction in [terraform::read(&found, tags), arm::read(&found, claims), bicep] {
        declared.extend(extraction.registries);
        gaps.extend(extraction.gaps);
        inventory.files_read.extend(extraction.files_read);
        inventory.skipped.extend(extraction.skipped);
    }
    join_elsewhere(&mut declared);
    inventory.registries.extend(declared.into_iter().map(DeclaredRegistry::into_record));
    let gaps = gaps::summarize(gaps);
    inventory.scopes.push(ScanScope { name: ScopeName::Source, complete: gaps.is_empty(), only: Vec::new() });
    inventory.gaps.extend(gaps);
    inventory.skipped.extend(found.skipped);
    inventory.sort();
    inventory
}
