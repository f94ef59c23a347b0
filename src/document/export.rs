//! `--save-inputs`: the very documents that policies saw, for `opa eval` and `conftest` to see too.

use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::input;
use crate::model::digest::sha256;
use crate::model::inventory::{Inventory, RegistryRecord};
use crate::model::open;
use crate::model::private_file;
use crate::model::registry_id::{RegistryId, file_name};
use crate::net::service_tags::ServiceTags;

/// The parameters' file, beside the documents.
const DATA: &str = "data.json";

/// Writes one document for each registry, and the parameters as `data.json`.
///
/// # Errors
/// The folder holds something already, or cannot be written.
pub fn save(folder: &Path, inventory: &Inventory, tags: &ServiceTags, parameters: &Value) -> anyhow::Result<()> {
    let cannot = || format!("cannot write inputs to {}", folder.display());
    check_target(folder)?;
    for record in &inventory.registries {
        // An address in source code is only as long as a file's name may be.
        let name = RegistryId::parse(&record.id).map_or_else(|| file_name(&record.id), |id| file_name(&id.name));
        let name = &name[..name.floor_char_boundary(150)];
        // Registry names are unique in all of Azure; a registry named `data` must not take the parameters' place.
        let taken = |name: &str| name == DATA || folder.join(name).exists();
        let mut file = format!("{name}.json");
        if taken(&file) {
            file = format!("{name}.{}.json", record.scope.as_str());
        }
        let mut count = 2;
        while taken(&file) {
            file = format!("{name}.{count}.json");
            count += 1;
        }
        let document = input::build(record, tags)?;
        write(&folder.join(file), &document).with_context(cannot)?;
    }
    write(&folder.join(DATA), &json!({ "parameters": parameters })).with_context(cannot)
}

/// Makes the folder, unless it holds something already.
///
/// # Errors
/// It does, or it cannot be made.
pub fn check_target(folder: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot write inputs to {}", folder.display());
    if open::output_leads_out(folder) {
        bail!("{}: {}", cannot(), open::OUTPUT_LEADS_OUT);
    }
    private_file::create_folders(folder).with_context(cannot)?;
    if fs::read_dir(folder).with_context(cannot)?.next().is_some() {
        bail!("{} is not empty: give --save-inputs a folder of its own", folder.display());
    }
    Ok(())
}

/// SHA-256 of what is written for a registry: whoever has the file can tell that it is what was judged.
pub fn hash(record: &RegistryRecord, tags: &ServiceTags) -> Option<String> {
    Some(sha256(text(&input::build(record, tags).ok()?).ok()?))
}

fn text(document: &Value) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(document)? + "\n")
}

fn write(path: &Path, document: &Value) -> anyhow::Result<()> {
    Ok(private_file::write(path, text(document)?)?)
}
