//! `scan --input NAME`: the document that policies see of one registry, to start a policy from.

use anyhow::bail;

use super::stdout;
use crate::document::input;
use crate::model::inventory::{Inventory, Origin, RegistryRecord};
use crate::net::service_tags::ServiceTags;
use crate::output::report::Outcome;

/// Prints the document of the one registry that a name, an address or an id is of.
pub fn print_one(name: &str, inventory: &Inventory, tags: &ServiceTags) -> anyhow::Result<Outcome> {
    let is_named = |record: &&RegistryRecord| names(record).iter().any(|known| known.eq_ignore_ascii_case(name));
    let found: Vec<&RegistryRecord> = inventory.registries.iter().filter(is_named).collect();
    let list = |records: &[&RegistryRecord]| {
        records.iter().take(20).map(|record| record.id.as_str()).collect::<Vec<_>>().join(", ")
    };
    match found.as_slice() {
        [one] => {
            stdout::print(&(serde_json::to_string_pretty(&input::build(one, tags)?)? + "\n"))?;
            Ok(Outcome::Clean)
        }
        [] => {
            let all: Vec<&RegistryRecord> = inventory.registries.iter().collect();
            bail!("--input {name}: no registry that was read has that name; there are: {}", list(&all))
        }
        several => bail!("--input {name}: several registries have that name; give the id: {}", list(several)),
    }
}

/// The id, the name, and the address of a registry.
fn names(record: &RegistryRecord) -> Vec<&str> {
    let more = match &record.origin {
        Origin::Source(declaration) => [declaration.registry_name.as_deref(), Some(declaration.address.as_str())],
        Origin::Azure | Origin::Snapshot { .. } => [record.id.rsplit('/').next(), None],
    };
    std::iter::once(record.id.as_str()).chain(more.into_iter().flatten()).collect()
}
