//! Source code: found in folders, told apart by content, read language by language.

pub mod arm;
pub mod bicep;
pub mod declared;
mod discover;
pub mod terraform;

pub use self::discover::{BicepFile, SourceFiles, find};

use self::declared::DeclaredRegistry;
use crate::model::finding::ScopeName;
use crate::model::inventory::{FileRead, Gap, Inventory, Part, ScanScope};
use crate::net::service_tags::ServiceTags;

/// What one language read.
#[derive(Debug, Default)]
pub struct Extraction {
    /// The registries, in any order.
    pub registries: Vec<DeclaredRegistry>,
    /// What was not read: `path:line:column: what is wrong, and what to do`. Nothing of it is guessed; the rest is read.
    pub gaps: Vec<String>,
    /// What was read, for the user to see.
    pub files_read: Vec<FileRead>,
    /// What was seen and skipped, and why.
    pub skipped: Vec<(String, String)>,
}

/// Reads the source code that was found. The service tags stand in for data sources that read them.
pub fn read(found: SourceFiles, tags: &ServiceTags) -> Inventory {
    let mut inventory = Inventory::default();
    let mut gaps = found.gaps.clone();
    for extraction in [terraform::read(&found, tags), arm::read(&found), bicep::read(&found)] {
        inventory.registries.extend(extraction.registries.into_iter().map(DeclaredRegistry::into_record));
        gaps.extend(extraction.gaps);
        inventory.files_read.extend(extraction.files_read);
        inventory.skipped.extend(extraction.skipped);
    }
    let gap = |reason| Gap { scope: ScopeName::Source, resource: None, part: Part::File, reason };
    inventory.scopes.push(ScanScope { name: ScopeName::Source, complete: gaps.is_empty() });
    inventory.gaps.extend(gaps.into_iter().map(gap));
    inventory.skipped.extend(found.skipped);
    inventory.sort();
    inventory
}
