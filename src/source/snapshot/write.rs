//! Writing a snapshot: beside its place first, then moved there whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, bail};
use chrono::{DateTime, SecondsFormat, Utc};

use super::{MANIFEST, Manifest, ManifestScope, ManifestTags, SERVICE_TAGS, SUBSCRIPTIONS, VERSION};
use crate::model::finding::ScopeName;
use crate::model::inventory::Inventory;
use crate::model::open;
use crate::model::private_file;
use crate::model::registry_id::RegistryId;
use crate::model::writable;
use crate::net::service_tags::ServiceTags;

/// How folders begin that are written before they are moved into place.
const STAGING: &str = ".acrscan-snapshot-";

/// Writes everything that was read into `folder`, in place of an earlier snapshot that stands there. `api_versions` says
/// what was read at which api-version.
///
/// # Errors
/// The folder holds something that is no snapshot, or cannot be written. What stood there is left as it was.
pub fn write(
    folder: &Path,
    inventory: &Inventory,
    tags: &ServiceTags,
    api_versions: &[(&str, &str)],
    time: DateTime<Utc>,
) -> anyhow::Result<()> {
    check_target(folder)?;
    if folder.exists() {
        return replace(folder, inventory, tags, api_versions, time)
            .with_context(|| format!("cannot write {}", folder.display()));
    }
    let parent = writable::parent(folder);
    fs::create_dir_all(parent).with_context(|| format!("cannot create {}", parent.display()))?;
    let staging = tempfile::Builder::new()
        .prefix(STAGING)
        .tempdir_in(parent)
        .with_context(|| format!("cannot write beside {}", folder.display()))?;
    fill(staging.path(), inventory, tags, api_versions, time)
        .with_context(|| format!("cannot write {}", folder.display()))?;
    move_into_place(staging, folder).with_context(|| format!("cannot write {}", folder.display()))
}

/// A snapshot replaces the one before it. It must not replace somebody's repository.
///
/// # Errors
/// The folder holds something that is no part of a snapshot, or cannot be read.
pub fn check_target(folder: &Path) -> anyhow::Result<()> {
    if open::output_leads_out(folder) {
        bail!("cannot write a snapshot to {}: {}", folder.display(), open::OUTPUT_LEADS_OUT);
    }
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let above = writable::nearest(writable::parent(folder));
            return writable::check(above).with_context(|| format!("cannot write a snapshot to {}", folder.display()));
        }
        Err(error) => return Err(error).with_context(|| format!("cannot write a snapshot to {}", folder.display())),
    };
    for entry in entries {
        let name = entry?.file_name();
        if !name.to_string_lossy().starts_with(STAGING)
            && ![MANIFEST, SERVICE_TAGS, SUBSCRIPTIONS].iter().any(|ours| name == *ours)
        {
            bail!(
                "{} holds {}, which is no part of a snapshot: give an empty folder, a new one, or an earlier snapshot's",
                folder.display(),
                name.display()
            );
        }
    }
    writable::check(folder).with_context(|| format!("cannot write a snapshot to {}", folder.display()))
}

fn fill(
    folder: &Path,
    inventory: &Inventory,
    tags: &ServiceTags,
    api_versions: &[(&str, &str)],
    time: DateTime<Utc>,
) -> anyhow::Result<()> {
    let mut paths: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    // Source code is no part of a subscription.
    let is_live = |name: &ScopeName| *name != ScopeName::Source;
    for record in inventory.registries.iter().filter(|record| is_live(&record.scope)) {
        let id = RegistryId::parse(&record.id).with_context(|| format!("{:?} is no registry's id", record.id))?;
        let path = format!("{}.json", id.path());
        let file = folder.join(&path);
        private_file::create_folders(file.parent().unwrap_or(folder))?;
        private_file::write(&file, &record.document)?;
        paths.entry(record.scope.as_str()).or_default().push(path);
    }
    let scopes = inventory.scopes.iter().filter(|scope| is_live(&scope.name)).map(|scope| {
        let mut registries = paths.remove(scope.name.as_str()).unwrap_or_default();
        registries.sort();
        ManifestScope {
            complete: scope.complete,
            only: scope.only.clone(),
            registries,
            subscription: scope.name.as_str().to_owned(),
        }
    });
    let manifest = Manifest {
        acrscan_snapshot: VERSION,
        api_versions: api_versions.iter().map(|&(what, version)| (what.to_owned(), version.to_owned())).collect(),
        cloud: tags.cloud.as_str().to_owned(),
        gaps: inventory.gaps.iter().filter(|gap| is_live(&gap.scope)).cloned().collect(),
        scopes: scopes.collect(),
        service_tags: ManifestTags { change_number: tags.change_number.clone(), date: tags.date, source: tags.source },
        time: time.to_rfc3339_opts(SecondsFormat::Secs, true),
    };
    private_file::write(&folder.join(SERVICE_TAGS), ServiceTags::to_compact([tags], true))?;
    let mut text = serde_json::to_string_pretty(&manifest)?;
    text.push('\n');
    private_file::write(&folder.join(MANIFEST), text)?;
    Ok(())
}

fn move_into_place(staging: tempfile::TempDir, folder: &Path) -> std::io::Result<()> {
    private_file::open_to_group(staging.path(), &staging.path().join(SERVICE_TAGS))?;
    fs::rename(staging.keep(), folder)
}

/// Writes within a folder that is there, which may be the working directory or a mount point and cannot be moved. What
/// stood there is put back where something fails.
fn replace(
    folder: &Path,
    inventory: &Inventory,
    tags: &ServiceTags,
    api_versions: &[(&str, &str)],
    time: DateTime<Utc>,
) -> anyhow::Result<()> {
    remove_leftovers(folder)?;
    let staging = tempfile::Builder::new().prefix(STAGING).tempdir_in(folder)?;
    let (new, old) = (staging.path().join("new"), staging.path().join("old"));
    fs::create_dir(&new)?;
    fs::create_dir(&old)?;
    fill(&new, inventory, tags, api_versions, time)?;
    // The manifest goes first and comes last: without it, nobody takes the rest for a snapshot.
    let entries = [MANIFEST, SERVICE_TAGS, SUBSCRIPTIONS];
    let moved = move_entries(folder, &old, entries.iter());
    let moved = moved.and_then(|()| move_entries(&new, folder, entries.iter().rev()));
    if moved.is_err() {
        let _ = move_entries(folder, &new, entries.iter());
        let _ = move_entries(&old, folder, entries.iter().rev());
    }
    Ok(moved?)
}

fn move_entries<'a>(from: &Path, to: &Path, names: impl Iterator<Item = &'a &'a str>) -> std::io::Result<()> {
    for name in names.filter(|name| from.join(name).exists()) {
        fs::rename(from.join(name), to.join(name))?;
    }
    Ok(())
}

/// What a run left that was killed while it wrote.
fn remove_leftovers(folder: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(STAGING) && entry.file_type()?.is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}
